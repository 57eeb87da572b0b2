"""
==========================================
How much augmentation? A grid tells
==========================================

Augmentation varies training samples like future ones. Too little has no effect, too much makes
other objects of them: a six that is turned far enough is a nine. How much is right is a question
like any other hyperparameter's, and a grid search answers it.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

from sklvision.augmentation import (
    Compose,
    GaussianNoise,
    MixUp,
    RandomBrightness,
    RandomErasing,
    RandomFlip,
    RandomMotionBlur,
    RandomRotation,
    RandomShift,
    RandomZoom,
    SpectralGain,
    SpectralShift,
)
from sklvision.datasets import make_nails, make_spectra
from sklvision.inspection import AugmentationDisplay
from sklvision.neural_network import BatchedGridSearchCV, ImageClassifier, SpectrumClassifier

# %%
# Each augmenter on its own
# -------------------------
# A photograph of a nail, six draws of each. For each, check whether the label is still right, and
# whether such images will occur.

photograph, _ = make_nails(1, image_size=(76, 121), random_state=4)
augmenters = [
    RandomFlip("both"),
    RandomRotation(30),
    RandomShift(0.15, 0.15),
    RandomZoom(0.3),
    RandomBrightness(0.3, contrast=0.3),
    RandomErasing(0.1, p=1.0),
    RandomMotionBlur(11, p=1.0),
    GaussianNoise(0.3),
]
fig, axes = plt.subplots(len(augmenters), 7, figsize=(10, 7.6), layout="constrained")
for row, augmenter in zip(axes, augmenters, strict=True):
    augmenter.set_params(random_state=0)
    draws = augmenter.fit_transform(np.repeat(photograph, 6, axis=0))
    for ax, image in zip(row, [photograph[0], *draws], strict=True):
        ax.imshow(image, cmap="gray", vmin=0, vmax=150)
        ax.set(xticks=[], yticks=[])
    name = type(augmenter).__name__
    row[0].set_ylabel(name, rotation=0, ha="right", va="center")
axes[0, 0].set_title("original")

# %%
# Spectra have their own augmenters: a brighter lamp, an uncalibrated spectrometer.

spectra, materials = make_spectra(300, n_bands=80, noise=0.04, mixing=0.4, random_state=0)
AugmentationDisplay.from_augmenters(
    [SpectralGain(0.2, slope=0.1), SpectralShift(3)], spectra[:2], n_draws=6, random_state=0
)

# %%
# A grid over a list of augmenters
# --------------------------------
# :class:`~sklvision.augmentation.Compose` gives a name to each augmenter, so a grid can search its
# parameters, and ``"passthrough"`` leaves one out. Only training images are varied; the scores are
# those of unchanged images.

# The digits here are rotated, as they would be under a camera, and only a few are labeled.

digits = load_digits()
askew = Compose([RandomRotation(30), RandomShift(1, 1)], random_state=0)
X_train, X_test, y_train, y_test = train_test_split(
    askew.fit_transform(digits.images),
    digits.target,
    train_size=300,
    stratify=digits.target,
    random_state=0,
)
net = ImageClassifier(
    "mlp",
    augment=Compose([RandomRotation(10), RandomShift(1, 1), MixUp(0.2)]),
    max_epochs=24,
    random_state=0,
)
grid = {
    "augment__randomrotation__degrees": [0, 15, 45, 180],
    "augment__randomshift": [RandomShift(1, 1), "passthrough"],
    "augment__mixup": ["passthrough"],
}
search = GridSearchCV(net, grid, cv=2).fit(X_train, y_train)

results = pd.DataFrame(search.cv_results_)
degrees = results["param_augment__randomrotation__degrees"].astype(int)
is_shifted = results["param_augment__randomshift"].astype(str) != "passthrough"
fig, ax = plt.subplots(figsize=(7.5, 4), layout="constrained")
for shift, color in ((True, "#2a9d8f"), (False, "#e76f51")):
    rows = is_shifted == shift
    label = "rotation and shift" if shift else "rotation alone"
    scores, stds = results["mean_test_score"][rows], results["std_test_score"][rows]
    ax.errorbar(range(rows.sum()), scores, stds, fmt="o-", capsize=3, color=color, label=label)
ax.set_xticks(range(degrees.nunique()), [f"±{d}°" for d in sorted(degrees.unique())])
ax.set(xlabel="rotation in training", ylabel="accuracy (mean ± std of 2 folds)")
ax.set_title(f"Chosen: ±{search.best_params_['augment__randomrotation__degrees']}°")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)
print(f"accuracy of the choice on {len(y_test)} test images: {search.score(X_test, y_test):.3f}")
for mixup in ("passthrough", MixUp(0.2)):
    mixed = search.best_estimator_.set_params(augment__mixup=mixup).fit(X_train, y_train)
    print(f"mix-up {mixup}: {mixed.score(X_test, y_test):.3f}")

# %%
# After a rotation by any angle, sixes and nines look alike: the curve falls where augmentation
# turns digits into other digits.

# %%
# All candidates as one net
# -------------------------
# A small net uses only a small part of a processor. For grids over numbers,
# :class:`~sklvision.neural_network.BatchedGridSearchCV` trains all candidates and folds as one
# stacked net, and finds the same as a usual search. Nets of more than 100,000 weights, which keep a
# processor busy, are fitted one by one.

batched = BatchedGridSearchCV(
    SpectrumClassifier(
        architecture_params={"hidden_layer_sizes": (64,)}, max_epochs=10, random_state=0
    ),
    {"lr": [1e-3, 3e-3, 1e-2], "label_smoothing": [0.0, 0.1]},
    cv=3,
).fit(spectra, materials)
print(f"{batched.n_batched_} nets at once; chosen: {batched.best_params_}")

# sphinx_gallery_thumbnail_number = 3
plt.show()
