"""
==========================================
Flowers: a light model for an app
==========================================

A client builds an app that names flowers, and has some dozens of photographs of each kind. How far
does a net get that starts from nothing, how far one that borrows features from a million other
photographs, and what should run on the telephone?
"""

import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sklvision.augmentation import RandomBrightness, RandomFlip, RandomRotation, RandomZoom
from sklvision.datasets import fetch_flowers17
from sklvision.export import save
from sklvision.image import Resize
from sklvision.inspection import (
    AugmentationDisplay,
    ComparisonDisplay,
    MisclassifiedDisplay,
    TrainingCurveDisplay,
)
from sklvision.model_selection import compare_estimators, find_leaks
from sklvision.neural_network import ImageClassifier
from sklvision.recipes import flowers, images
from sklvision.reporting import format_bytes

IS_FULL = os.environ.get("SKLVISION_EXAMPLES") == "full"
temporary = tempfile.TemporaryDirectory()
folder = Path(os.environ.get("SKLVISION_REPORTS") or temporary.name)

# %%
# The photographs
# ---------------
# The public set has 17 kinds of 80 photographs each; this page takes 5 kinds. If it is absent,
# flowers are drawn: the kinds differ in the number of petals and in color, and both vary.


def draw_flower(n_petals, color, rng, size=64):
    rows, columns = np.mgrid[:size, :size] - size / 2
    x, y = columns - rng.normal(0, 4), rows - rng.normal(0, 4)
    angle, radius = np.arctan2(y, x) + rng.uniform(0, 7), np.hypot(x, y)
    edge = size * rng.uniform(0.22, 0.36) * (0.62 + 0.38 * np.cos(n_petals * angle))
    ground = rng.uniform([30, 70, 20], [90, 130, 60])
    image = ground + rng.normal(0, 14, (size, size, 1))
    image[radius < edge] = color + rng.normal(0, 25, 3) - 1.5 * (edge - radius)[radius < edge, None]
    image[radius < size * 0.06] = [230, 190, 40]
    return np.clip(image + rng.normal(0, 6, image.shape), 0, 255).astype(np.uint8)


try:
    X, y = fetch_flowers17(return_X_y=True, download_if_missing=False)
    if not IS_FULL:
        kinds = ["crocus", "daisy", "iris", "pansy", "tulip"]
        chosen = np.concatenate([np.flatnonzero(y == kind)[:24] for kind in kinds])
        X, y = X[chosen], y[chosen]
    print(f"Flowers 17: {len(y)} photographs of {len(np.unique(y))} kinds")
except OSError:
    print("The photographs are absent: drawn flowers.")
    rng = np.random.default_rng(0)
    kinds = {
        "aster": (8, [150, 110, 210]),
        "flax": (5, [110, 110, 220]),
        "rose": (5, [220, 200, 60]),
        "lily": (8, [215, 195, 70]),
        "iris": (6, [165, 100, 205]),
    }
    y = np.repeat(list(kinds), 30)
    X = np.stack([draw_flower(*kinds[kind], rng) for kind in y])

X_small = np.asarray(Resize(48).fit_transform(X))
X_train, X_test, X_small_train, X_small_test, y_train, y_test = train_test_split(
    X, X_small, y, test_size=0.3, stratify=y, random_state=0
)

# %%
# Augmentation: is it still the same flower?
# ------------------------------------------
# A flower may be mirrored, rotated, closer, or in other light. These are images that the training
# will see:

augment = [
    RandomFlip(),
    RandomRotation(30),
    RandomZoom(0.15),
    RandomBrightness(0.15, contrast=0.15),
]
first = [np.flatnonzero(y_train == kind)[0] for kind in np.unique(y_train)[:5]]
AugmentationDisplay.from_augmenters(
    augment, X_small_train, indices=first, names=y_train, n_draws=7, random_state=0
)

# %%
# The comparison
# --------------
# The first candidate is trained from scratch: four convolutions on small images, with augmentation.
# The second uses features of a pretrained net and a vote of two linear classifiers
# (:func:`~sklvision.recipes.images`, for photographs of any kind;
# :func:`~sklvision.recipes.flowers` joins three nets for flowers). Photographs that are nearly the
# same, if there are any, stay on the same side of every split.

scratch = ImageClassifier(
    "flowers_cnn",
    architecture_params={"channels": (16, 32, 64, 64), "hidden": 128} if not IS_FULL else None,
    augment=augment,
    max_epochs=60 if IS_FULL else 18,
    batch_size=32,
    early_stopping=True,
    validation_fraction=0.2,
    n_iter_no_change=60,
    random_state=0,
)
pretrained = flowers(random_state=0) if IS_FULL else images(random_state=0)
if not IS_FULL:
    # As large as the drawn flowers, or nearly as large as what the net was made for.
    pretrained.set_params(pretrainedfeatures__image_size=64 if X.shape[1:3] == (64, 64) else 96)
models = {
    "net from nothing": make_pipeline(Resize(96 if IS_FULL else 48), scratch),
    "pretrained features": pretrained,
}
leaks = find_leaks(X_train, y_train, cv=3, random_state=0)
print(leaks)
result = compare_estimators(
    models, X_train, y_train, groups=leaks.suggested_groups(), cv=3, random_state=0
)
print(result)
ComparisonDisplay.from_result(result)

# %%
# Was it trained long enough?
# ---------------------------
# The validation score shows this, although it varies strongly with so few images. The weights of
# the marked epoch were kept.

scratch.fit(X_small_train, y_train)
TrainingCurveDisplay.from_estimator(scratch)

# %%
# The test set, opened once
# -------------------------

model = pretrained.fit(X_train, y_train)
predictions = {
    "net from nothing": scratch.predict(X_small_test),
    "pretrained features": model.predict(X_test),
}
fig, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
for ax, (name, predicted) in zip(axes, predictions.items(), strict=True):
    ConfusionMatrixDisplay.from_predictions(
        y_test, predicted, ax=ax, cmap="Greens", colorbar=False, xticks_rotation=45
    )
    ax.set(title=f"{name}: {np.mean(predicted == y_test):.2f}", xlabel="predicted", ylabel="true")

# %%
# Which flowers does the net that was trained from scratch get wrong? The most confident mistakes
# come first.

MisclassifiedDisplay.from_estimator(scratch, X_small_test, y_test, max_samples=10)

# %%
# Advice to the builder of the app
# --------------------------------
# The features come from a net of 3.4 million parameters, small enough for a phone, and the program
# needs no preprocessing: the file resizes and scales as in training.

result.to_html(folder / "flowers.html")
file = save(
    model,
    folder / "flowers.sklv",
    comparison=result,
    candidate="pretrained features",
    data=(X_train, y_train),
)
print(f"{file.name}: {format_bytes(file.stat().st_size)}; the pretrained net is a package")

temporary.cleanup()
plt.show()
