"""
=============================================
Digits: which net of a zoo, and does it pay?
=============================================

A client reads handwritten digits. The program should be able to train any architecture of a zoo,
and the client wants the list, the accuracy, the time for an image, and a table ``ImageId,Label``
for digits that nobody has labeled.
"""

import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from sklvision.datasets import fetch_mnist
from sklvision.export import save
from sklvision.inspection import ComparisonDisplay, MisclassifiedDisplay, ParetoDisplay
from sklvision.model_selection import compare_estimators, forecast_best
from sklvision.recipes import digits, get_model, list_models, set_net_params

IS_FULL = os.environ.get("SKLVISION_EXAMPLES") == "full"
temporary = tempfile.TemporaryDirectory()
folder = Path(os.environ.get("SKLVISION_REPORTS") or temporary.name)

# %%
# The digits
# ----------
# MNIST if it is present: 28 × 28 pixels, and a test set by other writers. Otherwise the digits of
# scikit-learn, 8 × 8 pixels.

try:
    X, y = fetch_mnist(return_X_y=True, download_if_missing=False)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True, download_if_missing=False)
    if not IS_FULL:
        X, y, X_test, y_test = X[:600], y[:600], X_test[:1000], y_test[:1000]
    print(f"MNIST: {len(y)} images for choosing, {len(y_test)} for the test")
except OSError:
    print("MNIST is absent: the digits of scikit-learn.")
    X, X_test, y, y_test = train_test_split(
        *(load_digits()[key] for key in ("images", "target")), test_size=0.5, random_state=0
    )

fig, axes = plt.subplots(3, 12, figsize=(9, 2.5), layout="constrained")
for ax, image in zip(axes.flat, X, strict=False):
    ax.imshow(image, cmap="gray_r")
    ax.axis("off")

# %%
# The zoo
# -------
# Every name is an architecture or a recipe, and is trained in the same way; with the extra ``zoo``,
# there are also the names of torchvision and timm, such as ``"torchvision/mobilenet_v2"``.

table = pd.DataFrame(list_models(), columns=["name", "kind", "description"]).set_index("name")
print(table["kind"].value_counts().to_string())

# %%
# Three of them, for this page narrow and trained for a few epochs; in full size, with the recipe
# for digits, a net below a million parameters that sees every digit rotated, shifted and scaled.

if IS_FULL:
    names = ("mlp", "resnet8", "speed_cnn")
    candidates = {name: get_model(name, random_state=0).build(X) for name in names}
    candidates["recipe"] = digits(random_state=0)
else:
    widths = {
        "mlp": None,
        "resnet8": {"width": 8},
        "speed_cnn": {"channels": (16, 32, 32)},
    }
    candidates = {
        name: set_net_params(
            get_model(name, random_state=0).build(X),
            architecture_params=params,
            max_epochs=20 if name == "mlp" else 6,
            batch_size=32,
        )
        for name, params in widths.items()
    }
result = compare_estimators(candidates, X, y, cv=3, random_state=0)
print(result)

# %%
# The :class:`~sklvision.model_selection.ComparisonResult` prints as a table, and is drawn by the
# displays of :mod:`sklvision.inspection`. Score against time for one image. Gray points: another
# net is as good and cheaper.

ParetoDisplay.from_result(result)

# %%
# Is the best of them better than logistic regression, or only higher?

ComparisonDisplay.from_result(result)

# %%
# The test set, opened once
# -------------------------

best = result.to_frame().drop(index=list(result.baselines))["mean_accuracy"].idxmax()
model = candidates[best].fit(X, y)
predicted = model.predict(X_test)
print(f"{best}: {np.mean(predicted == y_test):.4f} on {len(y_test)} test images")

fig, ax = plt.subplots(figsize=(5.6, 5.2), layout="constrained")
ConfusionMatrixDisplay.from_predictions(y_test, predicted, ax=ax, cmap="Blues", colorbar=False)
ax.set(title=f"{best}: which digits are confused")

# %%
# The most confident errors. Some of these digits no reader would recognize.

MisclassifiedDisplay.from_estimator(
    model, X_test, y_test, max_samples=12, image_kw={"cmap": "gray_r"}
)

# %%
# What the client gets
# --------------------
# The table of labels, the report with a forecast (would more labeled digits help?), and the model.

submission = pd.DataFrame({"ImageId": np.arange(1, len(X_test) + 1), "Label": predicted})
submission.to_csv(folder / "submission.csv", index=False)
forecast = forecast_best(result, X, y, random_state=0) if IS_FULL else None
result.to_html(folder / "digits.html", forecast=forecast)
save(model, folder / "digits.sklv", comparison=result, candidate=best, data=(X, y))
print(submission.head(3).to_string(index=False))
for name in ("submission.csv", "digits.html", "digits.sklv"):
    print(f"{name:15} {(folder / name).stat().st_size / 1000:6.0f} kB")

# %%
# ``result.to_mlflow()`` adds all of it to an experiment of MLflow. A :ref:`vote of several nets
# <sphx_glr_gallery_comparing_plot_vote.py>` makes even fewer errors, at several times the cost.

temporary.cleanup()
plt.show()
