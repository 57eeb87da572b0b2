"""
========================
Looking at a trained net
========================

Was it trained long enough, which samples does it get wrong, which pixels does it rely on, and can
its probabilities be trusted? Displays of :mod:`sklvision.inspection` answer the first three;
confusion matrices, ROC curves and calibration are drawn by scikit-learn's own, which take any
classifier.
"""

import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, RocCurveDisplay
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sklvision.augmentation import RandomRotation, RandomShift
from sklvision.image import FlattenImages, PixelScaler
from sklvision.inspection import (
    AugmentationDisplay,
    MisclassifiedDisplay,
    OcclusionDisplay,
    TrainingCurveDisplay,
)
from sklvision.neural_network import ImageClassifier

# %%
# Handwritten digits of 8 × 8 pixels: half of them for training, half for everything below.

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.images, digits.target, test_size=0.5, stratify=digits.target, random_state=0
)

# %%
# Training sees every digit rotated and shifted a little. Are the variants still digits?

net = ImageClassifier(
    "resnet8",
    augment=[RandomRotation(10), RandomShift(1, 1)],
    early_stopping=True,
    validation_fraction=0.2,
    max_epochs=14,
    random_state=0,
)
AugmentationDisplay.from_estimator(net, X_train, max_samples=4, random_state=0)

# %%
# Loss and validation score by epoch. The weights of the marked epoch were kept.

net.fit(X_train, y_train)
TrainingCurveDisplay.from_estimator(net)

# %%
# The net and logistic regression, on digits that neither has seen. Which digits do they confuse?

logistic = make_pipeline(FlattenImages(), PixelScaler(), LogisticRegression(max_iter=500))
logistic.fit(X_train, y_train)
fig, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
for ax, (name, model) in zip(
    axes, {"logistic regression": logistic, "net": net}.items(), strict=True
):
    ConfusionMatrixDisplay.from_estimator(model, X_test, y_test, ax=ax, colorbar=False)
    ax.set_title(f"{name}: accuracy {model.score(X_test, y_test):.3f}")

# %%
# The digits that the net gets wrong, the most confident errors first.

MisclassifiedDisplay.from_estimator(net, X_test, y_test)

# %%
# The pixels that support the predicted digit: how much its probability drops if a patch of 2 × 2
# pixels is covered.

OcclusionDisplay.from_estimator(net, X_test, patch_size=2, stride=1, fill=0, max_samples=9)

# %%
# Eights against all others: how many are found, with how many false alarms? And of the predictions
# with a probability of 90 %, are 90 % right?

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
for name, model in {"logistic regression": logistic, "net": net}.items():
    probability = model.predict_proba(X_test)
    RocCurveDisplay.from_predictions(y_test == 8, probability[:, 8], name=name, ax=left)
    is_right = model.predict(X_test) == y_test
    CalibrationDisplay.from_predictions(
        is_right, probability.max(axis=1), n_bins=8, strategy="quantile", name=name, ax=right
    )
left.set(title="eight or not", xlabel="false alarms", ylabel="eights found")
left.set(xlim=(-0.005, 0.2), ylim=(0.8, 1.005), aspect="auto")
right.set(title="calibration", xlabel="mean probability", ylabel="fraction of right labels")
right.set(xlim=(0.4, 1.01), ylim=(0.4, 1.01))

# sphinx_gallery_thumbnail_number = 5
plt.show()
