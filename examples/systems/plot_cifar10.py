"""
================================================
Small color photographs under a budget: CIFAR-10
================================================

A client wants the best classifier of 32 × 32 pixels with fewer than a million parameters and less
than 20 ms for an image. Which part of the net matters, is the choice honest, and does the file on
the disk keep what the notebook promised?
"""

import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from sklvision.augmentation import RandomFlip, RandomShift, TestTimeAugmentation
from sklvision.datasets import fetch_cifar10
from sklvision.export import load, save
from sklvision.inspection import MisclassifiedDisplay, ParetoDisplay, TrainingCurveDisplay
from sklvision.model_selection import compare_estimators, latency_scorer, parameter_count
from sklvision.neural_network import ImageClassifier
from sklvision.recipes import cifar10
from sklvision.reporting import format_bytes, format_count

IS_FULL = os.environ.get("SKLVISION_EXAMPLES") == "full"
temporary = tempfile.TemporaryDirectory()
folder = Path(os.environ.get("SKLVISION_REPORTS") or temporary.name)

# %%
# The photographs
# ---------------
# A part of CIFAR-10 if it is present; otherwise, small and noisy traffic signs are drawn.


def draw_sign(kind, rng, size=32):
    rows, columns = np.mgrid[:size, :size] - size / 2
    x, y = columns - rng.normal(0, 2), rows - rng.normal(0, 2)
    r = rng.uniform(7, 11)
    disk = np.hypot(x, y) < r
    shapes = {
        "limit": (disk, np.hypot(x, y) < 0.65 * r, [200, 40, 40], [235, 235, 230]),
        "no entry": (disk, (abs(y) < 0.2 * r) & (abs(x) < 0.7 * r), [200, 40, 40], [235, 235, 230]),
        "give way": (abs(x) < (r - y) / 2, abs(x) < (0.45 * r - y) / 2, [200, 40, 40], [235] * 3),
        "duty": (disk, (abs(x) < 0.2 * r) & (abs(y) < 0.6 * r), [40, 80, 190], [235] * 3),
        "priority": (
            abs(x) + abs(y) < r,
            abs(x) + abs(y) < 0.6 * r,
            [235, 235, 230],
            [225, 180, 40],
        ),
    }
    outer, inner, ring, field = shapes[kind]
    outer, inner = outer & (y > -r), inner & (y > -0.7 * r)
    image = (
        rng.uniform(40, 200, 3)
        + rng.normal(0, 12, (size, size, 3))
        + 3 * rng.normal() * rows[..., None]
    )
    light = rng.uniform(0.45, 1.0)
    image[outer], image[inner & outer] = light * np.array(ring), light * np.array(field)
    return np.clip(image + rng.normal(0, 22, image.shape), 0, 255).astype(np.uint8)


try:
    train = fetch_cifar10(download_if_missing=False)
    test = fetch_cifar10(subset="test", download_if_missing=False)
    n_train, n_test = (50_000, 10_000) if IS_FULL else (360, 300)
    short = {"automobile": "car", "airplane": "plane"}  # for titles of small pictures
    names = np.array([short.get(name, name) for name in train.target_names])
    X, y = train.data[:n_train], names[train.target[:n_train]]
    X_test, y_test = test.data[:n_test], names[test.target[:n_test]]
    print(f"CIFAR-10: {len(y)} photographs for choosing, {len(y_test)} for the test")
except OSError:
    print("CIFAR-10 is absent: drawn signs.")
    rng = np.random.default_rng(0)
    y = np.repeat(["give way", "limit", "duty", "no entry", "priority"], 80)
    X = np.stack([draw_sign(kind, rng) for kind in y])
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)

fig, axes = plt.subplots(4, 12, figsize=(9, 3.3), layout="constrained")
for ax, image in zip(axes.flat, X_test, strict=False):
    ax.imshow(image)
    ax.axis("off")

# %%
# What matters in the net?
# ------------------------
# ``"cifar_cnn"`` has three blocks of two convolutions. An ablation changes one thing at a time, on
# folds of the training images alone: the test set is not used for any choice.


def make_net(activation="gelu", dropout=(0.1, 0.1, 0.1, 0.2), augment=None):
    return ImageClassifier(
        "cifar_cnn",
        architecture_params={
            "activation": activation,
            "dropout": dropout,
            **({} if IS_FULL else {"channels": (8, 16, 16), "hidden": 64}),
        },
        optimizer="adamax",
        lr=0.0035,
        augment=augment,
        batch_size=32 if IS_FULL else 16,
        max_epochs=20 if IS_FULL else 5,
        random_state=0,
    )


shifted = [RandomFlip(), RandomShift(2, 2)]
candidates = {
    "ReLU": make_net("relu"),
    "GELU": make_net(),
    "GELU, no dropout": make_net(dropout=(0, 0, 0, 0)),
    "GELU, augmented": make_net(augment=shifted),
}
if IS_FULL:
    candidates["recipe"] = cifar10(random_state=0)
result = compare_estimators(candidates, X, y, cv=2, random_state=0)
print(result)

# %%
# Few images and epochs: differences of parts of the net are smaller than those between folds. An
# ablation holds for its number of images and epochs, and must be repeated for others.

ParetoDisplay.from_result(result)

# %%
# The best, on the test set
# -------------------------
# Predictions that are averaged over an image and copies of it, shifted by a pixel, are often better
# than one prediction, and always slower: test-time augmentation is an estimator like any other.

best = result.to_frame().loc[list(candidates), "mean_accuracy"].idxmax()
net = candidates[best].fit(X, y)
averaged = TestTimeAugmentation(candidates[best], flip=None, shift=1).fit(X, y)
latency = latency_scorer(n_repeats=5)
for name, model in {best: net, f"{best}, 5 views": averaged}.items():
    print(
        f"{name:25} accuracy {model.score(X_test, y_test):.3f}, "
        f"{latency(model, X_test[:20], y_test[:20]):.2f} ms per image, "
        f"{format_count(int(parameter_count(model)))} parameters"
    )
assert parameter_count(net) < 1_000_000

if best != "recipe":  # which is several views already
    TrainingCurveDisplay.from_estimator(net)

# %%
# Confusion matrices, in numbers and in fractions of each row.

fig, axes = plt.subplots(1, 2, figsize=(12, 5.4), layout="constrained")
predicted = net.predict(X_test)
for ax, normalize, values_format in zip(axes, (None, "true"), ("d", ".2f"), strict=True):
    ConfusionMatrixDisplay.from_predictions(
        y_test,
        predicted,
        normalize=normalize,
        values_format=values_format,
        cmap="Blues",
        colorbar=False,
        xticks_rotation=45,
        ax=ax,
    )
axes[0].set(title="numbers", xlabel="predicted", ylabel="true")
axes[1].set(title="fractions of each class", xlabel="predicted", ylabel="")

# %%
# The most confident mistakes.

MisclassifiedDisplay.from_estimator(net, X_test, y_test, max_samples=12)

# %%
# The report and the file
# -----------------------
# Loaded again, in another process or a year later, the file must predict the same.

result.to_html(folder / "cifar10.html")
file = save(net, folder / "cifar10.sklv", comparison=result, candidate=best, data=(X, y))
assert np.array_equal(load(file).predict_proba(X_test), net.predict_proba(X_test))
print(f"{file.name}: {format_bytes(file.stat().st_size)}")

# %%
# :func:`sklvision.recipes.cifar10` is the net that the package recommends for such photographs.

temporary.cleanup()
plt.show()
