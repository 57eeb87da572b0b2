"""
=================================
More than one machine: Dask
=================================

A comparison of many candidates, and predictions for an array that is larger than memory. Both run
on a cluster of Dask without other code: one that was started here, in threads, or one of a hundred
machines.
"""

import tempfile
from pathlib import Path

import dask.array as da
import joblib
import matplotlib.pyplot as plt
import numpy as np
from dask.distributed import Client
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline

from sklvision.datasets import ArrayCollection, make_spectra
from sklvision.distributed import predict_blocks
from sklvision.inspection import ComparisonDisplay
from sklvision.model_selection import compare_estimators, register_dask
from sklvision.neural_network import SpectrumClassifier
from sklvision.spectral import SpectralScaler

# %%
# Give ``Client`` the address of your scheduler in place of these arguments.
# :func:`~sklvision.model_selection.register_dask` makes searches of scikit-learn survive killed
# workers; comparisons of the package do this in any case.

register_dask()
client = Client(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0")

# %%
# Each candidate on each fold is a task. Results are the same as on one processor, to the last bit.

X, y = make_spectra(500, n_bands=80, noise=0.05, mixing=0.45, random_state=0)
candidates = {
    "SNV + net": make_pipeline(
        SpectralScaler("snv"), SpectrumClassifier(max_epochs=8, random_state=0)
    ),
    "SNV + LDA": make_pipeline(SpectralScaler("snv"), LinearDiscriminantAnalysis()),
    "MSC + LDA": make_pipeline(SpectralScaler("msc"), LinearDiscriminantAnalysis()),
}
with joblib.parallel_config("dask"):
    result = compare_estimators(candidates, X, y, cv=3, random_state=0)
print(result.to_frame()["mean_accuracy"].round(3).to_string())
ComparisonDisplay.from_result(result)

# %%
# A file with a scene of a camera that measures a spectrum in every pixel. It is read in blocks.
# Dask plans the predictions, and computes them on the workers that hold the blocks.

height, width, n_bands = 120, 200, 80
rows, columns = np.mgrid[:height, :width]
stones = [(30, 60, 9), (75, 130, 14), (95, 40, 6), (50, 165, 7)]
is_stone = np.any([np.hypot(rows - r, columns - c) < size for r, c, size in stones], axis=0)
is_food = abs(rows - 60 + 12 * np.sin(columns / 25)) < 38
kind = np.where(is_stone, 5, np.where(is_food, 0, 1))
pool, pool_labels = make_spectra(3000, n_bands=n_bands, noise=0.05, mixing=0.3, random_state=1)
rng = np.random.default_rng(0)
scene = np.empty((height * width, n_bands), np.float32)
for label in (0, 1, 5):
    pixels = np.flatnonzero(kind.ravel() == label)
    scene[pixels] = pool[rng.choice(np.flatnonzero(pool_labels == label), len(pixels))]

temporary = tempfile.TemporaryDirectory()
path = Path(temporary.name, "scene.npy")
np.save(path, scene)
blocks = da.from_array(np.load(path, mmap_mode="r"), chunks=(6000, n_bands))

model = candidates["SNV + net"].fit(X, y)
labels = predict_blocks(model, blocks)
print(f"planned: {labels.numblocks[0]} blocks")
found = labels.compute().reshape(height, width)

fig, axes = plt.subplots(1, 3, figsize=(12, 3), layout="constrained")
axes[0].imshow(scene[:, 40].reshape(height, width), cmap="gray")
axes[1].imshow(np.searchsorted([0, 1, 5], found), cmap="Set2", vmin=0, vmax=7)
axes[2].imshow(found != kind, cmap="Reds")
titles = (
    "one band",
    "labels of every pixel",
    f"errors: {np.mean(found != kind):.1%} of the pixels",
)
for ax, title in zip(axes, titles, strict=True):
    ax.set(title=title, xticks=[], yticks=[])

# %%
# Without a cluster, :class:`~sklvision.datasets.ArrayCollection` reads the same file block by
# block: for training and predictions on one machine, in little memory.

stored = ArrayCollection(np.load(path, mmap_mode="r"))
assert np.array_equal(model.predict(stored), found.ravel())
print(f"{stored.shape[0]:,} pixels, block by block: the same labels")

client.close()
temporary.cleanup()

# sphinx_gallery_thumbnail_number = 2
plt.show()
