"""
========================================
Small photographs on a budget: CIFAR-10
========================================

The budget: fewer than a million parameters, and less than 20 ms for an image. ``"cifar_cnn"``, six
convolutions and a dense layer, stays well below. Which of its parts matter can be measured for
every part that is a parameter: here the activation and the dropout.
"""

import tempfile
from time import perf_counter

import joblib
import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.pipeline import make_pipeline

from sklvision.augmentation import RandomFlip
from sklvision.datasets import fetch_cifar10
from sklvision.image import FlattenImages, PixelScaler
from sklvision.neural_network import ImageClassifier

# %%
# 2,500 of the 50,000 training images and 1,000 of the 10,000 test images keep this example short.

train, test = fetch_cifar10(), fetch_cifar10(subset="test")
X_train, y_train = train.data[:2500], train.target[:2500]
X_test, y_test = test.data[:1000], test.target[:1000]
names = train.target_names

# %%
# Three variants of one net that differ in one thing each, and two baselines.


def make_cifar_cnn(**architecture_params):
    return ImageClassifier(
        "cifar_cnn",
        architecture_params=architecture_params,
        augment=[RandomFlip()],
        max_epochs=3,
        random_state=0,
    )


models = {
    "majority class": DummyClassifier(),
    "PCA + logistic regression": make_pipeline(
        FlattenImages(), PixelScaler(), PCA(60, random_state=0), LogisticRegression(max_iter=500)
    ),
    "ReLU": make_cifar_cnn(activation="relu"),
    "GELU": make_cifar_cnn(activation="gelu"),
    "GELU, no dropout": make_cifar_cnn(activation="gelu", dropout=(0, 0, 0, 0)),
}
scores = {name: model.fit(X_train, y_train).score(X_test, y_test) for name, model in models.items()}

# %%
# Within three epochs dropout only slows the learning, and GELU and ReLU hardly differ. The
# result of an ablation holds for its number of images and epochs: dropout is for long training.

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
colors = ["#ced4da", "#adb5bd", "#8ecae6", "#219ebc", "#fb8500"]
bars = left.barh(list(scores), scores.values(), color=colors)
left.bar_label(bars, fmt="%.3f", padding=4)
left.invert_yaxis()
left.set(title="accuracy on 1,000 test images", xlim=(0, 1.15 * max(scores.values())))
for name, color in list(zip(models, colors, strict=True))[2:]:
    right.plot([1, 2, 3], models[name].loss_curve_, "o-", color=color, label=name)
right.set(title="training", xlabel="epoch", ylabel="loss", xticks=[1, 2, 3])
right.legend(frameon=False)

# %%
# The confusion matrix: each row adds up to one.

best = max(list(models)[2:], key=scores.get)
fig, ax = plt.subplots(figsize=(7, 6.2), layout="constrained")
ConfusionMatrixDisplay.from_predictions(
    y_test,
    models[best].predict(X_test),
    display_labels=names,
    normalize="true",
    values_format=".2f",
    cmap="Blues",
    xticks_rotation=45,
    ax=ax,
)
ax.set(title=f"{best}, after three epochs", xlabel="predicted", ylabel="true")

# %%
# The model is one file. Loaded again, it predicts the same, and keeps to the budget.

with tempfile.TemporaryDirectory() as folder:
    joblib.dump(models[best], f"{folder}/cifar.joblib")
    loaded_model = joblib.load(f"{folder}/cifar.joblib")
assert np.array_equal(loaded_model.predict_proba(X_test), models[best].predict_proba(X_test))

start = perf_counter()
for image in X_test[:50]:
    loaded_model.predict(image[np.newaxis])
milliseconds = 20 * (perf_counter() - start)
print(f"{loaded_model.n_parameters_:,} parameters, {milliseconds:.1f} ms for one image")

# %%
# The score of a variant that was chosen by test images is too optimistic: for a choice, use
# :class:`~sklearn.model_selection.GridSearchCV` on the training images. The full figures, with all
# images and many epochs, come from ``python -m benchmarks accuracy``.

plt.show()
