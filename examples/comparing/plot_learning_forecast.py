"""
=================================
How many more images are needed?
=================================

Labels are expensive. With some hundred labeled digits, a classifier is right in some nine of ten
cases, and 97 of 100 are required. Are 1,000 more images enough, are 30,000, or would no number be?
Here the answer can be checked, because there are more digits than the forecast uses.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sklvision.datasets import fetch_mnist
from sklvision.inspection import LearningForecastDisplay
from sklvision.model_selection import learning_curve_forecast

# %%
# MNIST where it is present, with a test set by other writers; elsewhere the digits of scikit-learn,
# of which there are fewer to check the forecast with.

rng = np.random.default_rng(0)
try:
    X, y = fetch_mnist(return_X_y=True, download_if_missing=False)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True, download_if_missing=False)
    order = rng.permutation(len(y))[:5000]
    X, y, X_test, y_test = X[order], y[order], X_test[:2000], y_test[:2000]
    n_at_hand, later_sizes = 600, [600, 1200, 2400, 5000]
    print("MNIST: 5,000 images")
except OSError:
    digits = load_digits()
    order = rng.permutation(1797)
    X, y = digits.images[order[:1200]], digits.target[order[:1200]]
    X_test, y_test = digits.images[order[1200:]], digits.target[order[1200:]]
    n_at_hand, later_sizes = 500, [500, 700, 900, 1200]
    print("MNIST is absent: the digits of scikit-learn.")
X, X_test = (images.reshape(len(images), -1) / np.float32(images.max()) for images in (X, X_test))
TARGET = 0.97

# %%
# The score is measured on growing subsets of the available samples, in five folds, and a power law
# is fitted to the points. The :class:`~sklvision.model_selection.LearningForecast` is a few
# sentences when it is printed, and its answer for one score a
# :class:`~sklvision.model_selection.SamplesNeeded`.

models = {
    "support vectors": make_pipeline(PCA(20, random_state=0), SVC(C=5)),
    "naive Bayes": GaussianNB(var_smoothing=0.01),
}
forecasts = {
    name: learning_curve_forecast(
        model, X[:n_at_hand], y[:n_at_hand], target=TARGET, random_state=0
    )
    for name, model in models.items()
}
for name, forecast in forecasts.items():
    print(f"{name}: {forecast}\n")

# %%
# Now the check that is usually impossible: train on more samples, and see. The forecast did not
# know the crosses.

fig, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
for ax, (name, forecast) in zip(axes, forecasts.items(), strict=True):
    display = LearningForecastDisplay.from_forecast(forecast, ax=ax)
    truth = [models[name].fit(X[:n], y[:n]).score(X_test, y_test) for n in later_sizes]
    display.ax_.plot(later_sizes, truth, "x", color="#d55e00", ms=8, mew=2, label="measured later")
    display.ax_.legend(loc="lower right", frameon=False, fontsize="small", title=name)
    for n, score in zip(later_sizes, truth, strict=True):
        median, low, high = forecast.predict(n)
        print(f"{name}, {n:6,}: forecast {median:.3f} ({low:.3f} to {high:.3f}), true {score:.3f}")

# %%
# With naive Bayes, no number of images is enough: try another model before you label more. With
# support vectors, several times as many images may be enough, and the interval shows how certain
# this is.

plt.show()
