"""
=================================
Nails on a belt: find, then judge
=================================

A camera takes pictures of nails on dark cardboard; straight nails are good, bent nails are bad. The
nail covers a few per cent of the image, and a hundred and sixty labeled images are few. The client
asks: how does a net compare with the simplest method, does it hold on another day, what happens
when the light changes, and does it keep up with 100 nails a second?
"""

import os
import tempfile
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.pipeline import make_pipeline

from sklvision.datasets import fetch_nails, load_image_folder, make_nails
from sklvision.export import model_card, save
from sklvision.feature_extraction import ShapeFeatures
from sklvision.image import FlattenImages, PixelScaler, Resize
from sklvision.inspection import ComparisonDisplay, CropDisplay, RobustnessDisplay
from sklvision.model_selection import compare_estimators, robustness_curve
from sklvision.recipes import nails, set_net_params

IS_FULL = os.environ.get("SKLVISION_EXAMPLES") == "full"
temporary = tempfile.TemporaryDirectory()
folder = Path(os.environ.get("SKLVISION_REPORTS") or temporary.name)

# %%
# From a folder of files
# ----------------------
# A data set of images needs only one subfolder per class. The images stay on disk and are read when
# they are needed. The real photographs are 1936 × 1216 pixels, in three series of different days;
# if they are absent, smaller ones are generated, also in three series with increasing noise of the
# camera.

try:
    data = fetch_nails(subset="all", download_if_missing=False)
    X, y, series = data.data, data.target, data.groups
    print(f"Photographs of {len(y)} nails in {len(np.unique(series))} series")
    if not IS_FULL:
        rng = np.random.default_rng(0)
        chosen = np.sort(rng.permutation(len(y))[:24])
        X, y, series = X[chosen], y[chosen], series[chosen]
        print("This page takes 24 of them.")
except OSError:
    print("The photographs are absent: generated ones.")
    raw = Path(temporary.name, "raw")
    for day, noise in enumerate((0.01, 0.03, 0.06)):
        photographs = make_nails(12, noise=noise, random_state=day)
        for i, (image, label) in enumerate(zip(*photographs, strict=True)):
            (raw / label).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(raw / label / f"day{day}_{i:02}.png")
    loaded = load_image_folder(raw)
    X, y = loaded.data, loaded.target
    series = np.array([Path(file).stem[:4] for file in loaded.data.files])
print(X)

# %%
# Find the nail
# -------------
# Look at crops before you train on them. The object is found by its contrast with a smooth
# background, rotated to the horizontal, and scaled. It is then easy to see whether it is bent.

is_real = X.shape[1] > 1000
recipe = nails(random_state=0)
crop = recipe.named_steps["foregroundcrop"]
if not is_real:
    crop.set_params(center_crop=None)
indices = [*np.flatnonzero(y == "good")[:2], *np.flatnonzero(y == "bad")[:2]]
CropDisplay.from_estimator(crop.fit(X), X, indices=indices, names=y)

# %%
# Judge it
# --------
# The simplest method is logistic regression on pixels. The recipe uses pretrained features of the
# crop; the fast recipe uses five numbers that describe the outline. Each fold is a whole series, so
# it is tested by models that were trained on other days, as in production.

shapes = nails(fast=True)
if not is_real:
    shapes.named_steps["foregroundcrop"].set_params(center_crop=None)
assert isinstance(shapes[1], ShapeFeatures)
models = {
    "majority class": DummyClassifier(),
    "pixels of the photograph": make_pipeline(
        Resize(24), FlattenImages(), PixelScaler(), LogisticRegression(max_iter=500)
    ),
    "pixels of the crop": make_pipeline(
        crop, Resize((12, 48)), FlattenImages(), PixelScaler(), LogisticRegression(max_iter=500)
    ),
    "features of the crop": recipe,
    "outline": shapes,
}
if IS_FULL:
    published = nails(published=True, random_state=0)
    models["published net"] = set_net_params(published, max_epochs=200)
result = compare_estimators(
    models, X, y, groups=series, cv=LeaveOneGroupOut(), baselines=list(models)[:2], random_state=0
)
print(result)
ComparisonDisplay.from_result(result)

# %%
# Pixels of the whole photograph say almost nothing, because most of them show the belt. After the
# crop, five numbers that describe the outline are enough.

# %%
# A factory is not a laboratory
# -----------------------------
# The lamp ages, the belt runs faster, the focus drifts. The models are trained on all series but
# the last, and tested on increasingly corrupted images of the last.

last = series == np.unique(series)[-1]
train, test = np.flatnonzero(~last), np.flatnonzero(last)[:18]
fitted = {
    name: models[name].fit(X[train], y[train]) for name in ("features of the crop", "outline")
}
robustness = robustness_curve(
    fitted if IS_FULL else {"outline": fitted["outline"]},
    np.asarray(X[test]),
    y[test],
    corruptions=["motion_blur", "brightness", "noise"],
    severities=5 if IS_FULL else 3,
    random_state=0,
)
RobustnessDisplay.from_result(robustness)

# %%
# A hundred a second?
# -------------------
# Images are in memory here, so the times include neither the camera nor the disk.

frames = np.asarray(X[test])
for name, model in fitted.items():
    start = perf_counter()
    model.predict(frames)
    print(f"{name:21} {len(frames) / (perf_counter() - start):4.0f} nails per second on one core")

# %%
# The report, the file, and its card
# ----------------------------------
# The :class:`~sklvision.export.ModelCard` describes what the model is for, how it was tested, and
# what nobody measured.

result.to_html(folder / "nails.html", robustness=robustness)
shapes.fit(X, y)
file = save(shapes, folder / "nails.sklv", comparison=result, candidate="outline", data=(X, y))
card = model_card(
    shapes,
    result,
    candidate="outline",
    robustness=robustness,
    files=[file],
    title="Bent nails",
    intended_use="Nails of one kind, one at a time, on dark card",
    limits="Other kinds of nails, nails that touch, another camera",
)
card.save(folder / "nails.md")
print("\n".join(card.to_markdown().split("---", 2)[2].strip().splitlines()[:14]))

temporary.cleanup()
plt.show()
