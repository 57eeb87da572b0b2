"""
=======================================================
Flowers by species: pretrained features or from scratch
=======================================================

Photographs of 17 kinds of flowers, 80 of each, are too few to learn from scratch what petals and
leaves look like. A net that was trained on a million other photographs can be used without any
further training. How far apart are the two, and which flowers are still confused?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer

from sklvision.augmentation import RandomFlip, RandomRotation
from sklvision.datasets import fetch_flowers17
from sklvision.feature_extraction import PretrainedFeatures
from sklvision.image import FlattenImages, PixelScaler, Resize
from sklvision.inspection import MisclassifiedDisplay
from sklvision.neural_network import ImageClassifier

# %%
# 1,156 photographs to learn from, 204 to be tested on, stratified. They differ in size and
# are read when they are needed.

X, y = fetch_flowers17(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=204, stratify=y, random_state=0)

# %%
# From scratch, on 64 x 64 pixels: four convolutions with flips and small rotations in training. A
# fifth of the training images is held out for validation. The baselines are logistic regression on
# pixels and the majority class.

small_train, small_test = (np.asarray(Resize(64).fit_transform(part)) for part in (X_train, X_test))
scratch = ImageClassifier(
    "flowers_cnn",
    augment=[RandomFlip(), RandomRotation(20)],
    max_epochs=14,
    batch_size=32,
    lr=1e-3,
    early_stopping=True,
    validation_fraction=0.2,
    n_iter_no_change=14,
    random_state=0,
)
pixels = make_pipeline(Resize(16), FlattenImages(), PixelScaler(), LogisticRegression(max_iter=500))
models = {
    "majority class": DummyClassifier(),
    "logistic regression\non pixels": pixels,
    "net from scratch": scratch,
}
scores = {n: m.fit(small_train, y_train).score(small_test, y_test) for n, m in models.items()}

# %%
# Pretrained features, and logistic regression on them. Square roots of unit length suit features
# that count how often a pattern occurs.

pretrained = make_pipeline(
    PretrainedFeatures("efficientnet_lite0", image_size=160),
    FunctionTransformer(np.sqrt),
    Normalizer(),
    LogisticRegression(C=100, max_iter=1000),
)
probability = pretrained.fit(X_train, y_train).predict_proba(X_test)
predicted = pretrained.classes_[probability.argmax(axis=1)]
scores["logistic regression\non pretrained features"] = np.mean(predicted == y_test)

# %%
# Fourteen epochs on small images take the net from scratch beyond logistic regression on pixels,
# and no further. To come near, it needs larger images, more epochs and stronger augmentation.

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
epochs = np.arange(1, scratch.n_iter_ + 1)
left.plot(epochs, scratch.loss_curve_, "o-", color="#457b9d", label="training loss")
left.set(title="training from scratch", xlabel="epoch", ylabel="training loss", ylim=(0, None))
twin = left.twinx()
twin.plot(epochs, scratch.validation_scores_, "s-", color="#e63946", label="validation accuracy")
twin.set(ylabel="validation accuracy", ylim=(0, 1))
left.legend(handles=[*left.lines, *twin.lines], frameon=False, loc="upper right")

bars = right.barh(list(scores), scores.values(), color=["#adb5bd", "#adb5bd", "#e63946", "#2a9d8f"])
right.bar_label(bars, fmt="%.2f", padding=4)
right.invert_yaxis()
right.set(title="accuracy on 204 test photographs", xlim=(0, 1.1))
right.spines[["top", "right"]].set_visible(False)

# %%
# Which flowers does the better one confuse? Twelve of each are in the test set.

fig, ax = plt.subplots(figsize=(7.5, 7), layout="constrained")
ConfusionMatrixDisplay.from_predictions(
    y_test, predicted, ax=ax, cmap="Greens", colorbar=False, xticks_rotation="vertical"
)
for number in ax.texts:
    number.set_visible(number.get_text() != "0")
ax.set(title="confusion matrix of the pretrained features", xlabel="predicted", ylabel="true")

# %%
# The wrong photographs, the most confident errors first. Several are tulips of a kind that is
# yellow and open like a star, others are white crocuses.

MisclassifiedDisplay.from_predictions(
    y_test,
    predicted,
    Resize(120).fit_transform(X_test),
    confidence=probability.max(axis=1),
    max_samples=10,
)

# %%
# :func:`sklvision.recipes.flowers` joins the features of three nets, on larger images; the full
# figures come from ``python -m benchmarks accuracy``.

plt.show()
