"""
=========================================
A vote: do several nets err less often?
=========================================

Nets of different architectures err on different samples, so a vote of them should err less often
than its members. Does it, by how much, what does it cost, and what does it still get wrong?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline

from sklvision.augmentation import RandomRotation, RandomShift
from sklvision.ensemble import GeometricVotingClassifier
from sklvision.image import FlattenImages, PixelScaler
from sklvision.inspection import MisclassifiedDisplay
from sklvision.model_selection import file_size, latency_scorer
from sklvision.neural_network import ImageClassifier
from sklvision.recipes import digits
from sklvision.reporting import format_bytes, format_time

# %%
# 600 of scikit-learn's digits to learn from; the other 1,197 are the test.

data = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    data.images, data.target, train_size=600, stratify=data.target, random_state=0
)

# %%
# Four different members. The vote is scikit-learn's own: it averages their probabilities.


def make_net(architecture, n_epochs, **params):
    return ImageClassifier(
        architecture,
        architecture_params=params or None,
        augment=[RandomRotation(10), RandomShift(1, 1)],
        max_epochs=n_epochs,
        random_state=0,
    )


members = {
    "resnet8": make_net("resnet8", 12),
    "cifar_cnn": make_net("cifar_cnn", 12, channels=(16, 32, 32), hidden=64, dropout=(0, 0, 0, 0)),
    "mlp": make_net("mlp", 30),
    "logistic regression": make_pipeline(
        FlattenImages(), PixelScaler(), LogisticRegression(max_iter=300)
    ),
}
vote = VotingClassifier(list(members.items()), voting="soft").fit(X_train, y_train)

# %%
# Errors and costs, side by side. The vote needs the time and the space of all its members.

models = dict(zip(members, vote.estimators_, strict=True)) | {"vote of the four": vote}
probability = vote.predict_proba(X_test)
latency = latency_scorer(n_repeats=5)
wrong, costs = {}, {}
for name, model in models.items():
    wrong[name] = model.predict(X_test) != y_test
    costs[name] = latency(model, X_test[:10], y_test[:10])
    print(
        f"{name:20} accuracy {1 - wrong[name].mean():.4f},",
        f"{format_time(costs[name])} ms per image, {format_bytes(file_size(model))}",
    )

# %%
# Where the fractions on the right are small, two members err on different digits: these errors can
# be outvoted.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(11.5, 4), layout="constrained", width_ratios=[1, 1.1]
)
counts = [errors.sum() for errors in wrong.values()]
bars = left.barh(list(wrong), counts, color=["#8ecae6"] * len(members) + ["#fb8500"])
left.bar_label(bars, padding=4)
left.invert_yaxis()
left.set(title=f"errors among {len(y_test):,} digits", xlim=(0, 1.12 * max(counts)))
left.spines[["top", "right"]].set_visible(False)

errors = np.array([wrong[name] for name in members], dtype=float)
fractions = errors @ errors.T / errors.sum(axis=1, keepdims=True)
right.imshow(fractions, cmap="Blues", vmin=0, vmax=1)
for (row, column), fraction in np.ndenumerate(fractions):
    color = "white" if fraction > 0.6 else "black"
    right.text(column, row, f"{fraction:.0%}", ha="center", va="center", color=color)
right.set_xticks(range(len(members)), [name.replace(" ", "\n") for name in members])
right.set_yticks(range(len(members)), members)
right.set_title("part of the row's errors that\nthe column makes as well", fontsize=10)

# %%
# The mean is not the only way to vote. With the geometric mean, a member that is certain what a
# digit is *not* can exclude that class: :class:`~sklvision.ensemble.GeometricVotingClassifier`,
# with two of the members on three folds of the training digits, so that the test set does not
# choose.

small = [("mlp", members["mlp"]), ("logistic regression", members["logistic regression"])]
for kind in (VotingClassifier(small, voting="soft"), GeometricVotingClassifier(small)):
    mean = cross_val_score(kind, X_train, y_train, cv=3, scoring="neg_log_loss").mean()
    print(f"{type(kind).__name__:25} log loss {-mean:.3f}")

# %%
# Digits that the vote still gets wrong, the most confident errors first.

MisclassifiedDisplay.from_predictions(
    y_test,
    vote.classes_[probability.argmax(axis=1)],
    X_test,
    confidence=probability.max(axis=1),
    max_samples=12,
    image_kw={"cmap": "gray_r"},
)

# %%
# :func:`sklvision.recipes.digits` holds a vote of larger nets for MNIST, with the settings that
# were measured there.

print([name for name, _ in digits(vote=True).estimators])

plt.show()
