"""
=========================================
An ensemble of nets on handwritten digits
=========================================

Nets of different architectures err on different digits, so an ensemble of them should err less
often than its members. Does it, by how much, and which digits does it still get wrong?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklvision.augmentation import RandomRotation, RandomShift, RandomZoom
from sklvision.datasets import fetch_mnist
from sklvision.image import FlattenImages, PixelScaler
from sklvision.inspection import MisclassifiedDisplay
from sklvision.neural_network import ImageClassifier

# %%
# 3,000 of the 60,000 training images, and all 10,000 test images, which other people wrote.

X_train, y_train = fetch_mnist(return_X_y=True)
X_train, y_train = X_train[:3000], y_train[:3000]
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)

# %%
# Four small nets, which see every digit rotated, shifted and scaled a little in training. The
# ensemble is scikit-learn's own: it averages their probabilities.


def make_net(architecture, **architecture_params):
    sgd = {"optimizer": "sgd", "lr": 0.1, "weight_decay": 0.005}
    return ImageClassifier(
        architecture,
        architecture_params=architecture_params or None,
        augment=[RandomRotation(15), RandomShift(2, 2), RandomZoom(0.15)],
        max_epochs=5,
        random_state=0,
        **(sgd if architecture == "speed_cnn" else {}),
    )


members = {
    "speed_cnn, GELU": make_net("speed_cnn", channels=(24, 64, 64)),
    "speed_cnn, ReLU": make_net("speed_cnn", channels=(24, 64, 48), activation="relu"),
    "speed_cnn, SiLU": make_net("speed_cnn", channels=(16, 48, 96), activation="silu"),
    "resnet8": make_net("resnet8"),
}
ensemble = VotingClassifier(list(members.items()), voting="soft").fit(X_train, y_train)

# %%
# The majority class and logistic regression come along, for the same digits.

logistic = make_pipeline(FlattenImages(), PixelScaler(), LogisticRegression(max_iter=200))
baselines = {"majority class": DummyClassifier(), "logistic regression": logistic}
wrong = {
    name: model.fit(X_train, y_train).predict(X_test) != y_test for name, model in baselines.items()
}
wrong |= {
    name: model.predict(X_test) != y_test for name, model in ensemble.named_estimators_.items()
}
probability = ensemble.predict_proba(X_test)
predicted = ensemble.classes_[probability.argmax(axis=1)]
wrong["ensemble of the four"] = predicted != y_test
for name, errors in wrong.items():
    print(f"{name:20} accuracy {1 - errors.mean():.4f}")

# %%
# The ensemble errs less often than its best member, although one of them is much worse than the
# others. About half of the errors of one net are those of another, too; the rest can be outvoted.

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
names = [*members, "ensemble of the four"]
counts = [wrong[name].sum() for name in names]
bars = left.barh(names, counts, color=["#8ecae6"] * len(members) + ["#fb8500"])
left.bar_label(bars, padding=4)
left.invert_yaxis()
left.set(title="errors among 10,000 digits", xlim=(0, 1.12 * max(counts)))
left.spines[["top", "right"]].set_visible(False)

errors = np.array([wrong[name] for name in members], dtype=float)
fractions = errors @ errors.T / errors.sum(axis=1, keepdims=True)
right.imshow(fractions, cmap="Blues", vmin=0, vmax=1)
for (row, column), fraction in np.ndenumerate(fractions):
    color = "white" if fraction > 0.6 else "black"
    right.text(column, row, f"{fraction:.0%}", ha="center", va="center", color=color)
right.set_xticks(range(len(members)), [name.replace(", ", "\n") for name in members])
right.set_yticks(range(len(members)), members)
right.set(title="fraction of the row's errors that are the column's, too")

# %%
# The digits that the ensemble gets wrong, the most confident errors first: many of these are hard
# for people, too.

MisclassifiedDisplay.from_predictions(
    y_test, predicted, X_test, confidence=probability.max(axis=1), image_kw={"cmap": "gray_r"}
)

# %%
# :func:`sklvision.recipes.digits` is an ensemble of five larger nets, for all 60,000 images; the
# full figures come from ``python -m benchmarks accuracy``.

plt.show()
