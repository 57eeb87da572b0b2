"""
====================================
A vote of nets on handwritten digits
====================================

Nets of different architectures err on different digits, so a vote of them should err less often
than its members. Does it, by how much, and what do the digits look like that it still gets wrong?
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
from sklvision.neural_network import ImageClassifier

# %%
# 3,000 of the 60,000 training images, and all 10,000 test images, which other people wrote.

X_train, y_train = fetch_mnist(return_X_y=True)
X_train, y_train = X_train[:3000], y_train[:3000]
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)

# %%
# Four small nets, which see every digit turned, moved and scaled a little in training. A vote of
# them is scikit-learn's own: it averages their probabilities.


def net(architecture, **architecture_params):
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
    "speed_cnn, GELU": net("speed_cnn", channels=(24, 64, 64)),
    "speed_cnn, ReLU": net("speed_cnn", channels=(24, 64, 48), activation="relu"),
    "speed_cnn, SiLU": net("speed_cnn", channels=(16, 48, 96), activation="silu"),
    "resnet8": net("resnet8"),
}
vote = VotingClassifier(list(members.items()), voting="soft").fit(X_train, y_train)

# %%
# The majority class and logistic regression come along, for the same digits.

logistic = make_pipeline(FlattenImages(), PixelScaler(), LogisticRegression(max_iter=200))
baselines = {"majority class": DummyClassifier(), "logistic regression": logistic}
wrong = {
    name: model.fit(X_train, y_train).predict(X_test) != y_test for name, model in baselines.items()
}
wrong |= {name: fitted.predict(X_test) != y_test for name, fitted in vote.named_estimators_.items()}
probability = vote.predict_proba(X_test)
predicted = vote.classes_[probability.argmax(axis=1)]
wrong["vote of the four"] = predicted != y_test
for name, errors in wrong.items():
    print(f"{name:20} {1 - errors.mean():.4f} right")

# %%
# The vote errs less often than its best member, although one of them is much worse than the others.
# About half of the errors of one net are those of another, too; the rest can be outvoted.

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
names = [*members, "vote of the four"]
counts = [wrong[name].sum() for name in names]
bars = left.barh(names, counts, color=["#8ecae6"] * len(members) + ["#fb8500"])
left.bar_label(bars, padding=4)
left.invert_yaxis()
left.set(title="errors among 10,000 digits", xlim=(0, 1.12 * max(counts)))
left.spines[["top", "right"]].set_visible(False)

errors = np.array([wrong[name] for name in members], dtype=float)
shared = errors @ errors.T / errors.sum(axis=1, keepdims=True)
right.imshow(shared, cmap="Blues", vmin=0, vmax=1)
for (row, column), share in np.ndenumerate(shared):
    color = "white" if share > 0.6 else "black"
    right.text(column, row, f"{share:.0%}", ha="center", va="center", color=color)
right.set_xticks(range(len(members)), [name.replace(", ", "\n") for name in members])
right.set_yticks(range(len(members)), members)
right.set(title="errors of the row's net that the column's shares")

# %%
# The digits that the vote gets wrong, those first of which it was surest.

worst = np.flatnonzero(wrong["vote of the four"])
worst = worst[np.argsort(-probability[worst].max(axis=1))][:24]
fig, axes = plt.subplots(3, 8, figsize=(10, 4.8), layout="constrained")
for ax in axes.flat:
    ax.axis("off")
for ax, i in zip(axes.flat, worst, strict=False):
    ax.imshow(X_test[i], cmap="gray_r")
    ax.set_title(f"{y_test[i]}, taken for {predicted[i]}", fontsize=9)
fig.suptitle("Wrong and sure of it: many of these are hard for people, too")

# %%
# :func:`sklvision.recipes.digits` has a vote of five larger nets, for all 60,000 images; the full
# figures come from ``python -m benchmarks accuracy``.

plt.show()
