"""
=================================
How many more images are needed?
=================================

Labels are expensive. With 1,500 labeled digits, a classifier is right in 94 of 100 cases, and 96
are required. Are 1,000 more images enough, are 30,000, or would no number be? Here the
answer can be checked, for MNIST holds tens of thousands more.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sklvision.datasets import fetch_mnist
from sklvision.inspection import LearningForecastDisplay
from sklvision.model_selection import learning_curve_forecast

X, y = fetch_mnist(return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
X, X_test = (images.reshape(len(images), -1) / np.float32(255) for images in (X, X_test))
order = np.random.default_rng(0).permutation(len(y))
X, y = X[order], y[order]
N_AT_HAND, TARGET = 1500, 0.96

# %%
# The score is measured on growing subsets of the samples at hand, in five folds, and a power
# law is fitted to the points. Printed, the forecast is a few sentences.

models = {
    "support vectors": make_pipeline(PCA(40, random_state=0), SVC(C=5)),
    "naive Bayes": GaussianNB(var_smoothing=0.01),
}
forecasts = {
    name: learning_curve_forecast(
        model, X[:N_AT_HAND], y[:N_AT_HAND], target=TARGET, random_state=0
    )
    for name, model in models.items()
}
for name, forecast in forecasts.items():
    print(f"{name}: {forecast}\n")

# %%
# Now the check that is usually impossible: train on more samples, and see. The forecast did not
# know the crosses. They were measured on MNIST's test images, by other writers than those of the
# training images.

fig, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
larger_sizes = [1500, 3000, 6000, 12_000]
for ax, (name, forecast) in zip(axes, forecasts.items(), strict=True):
    display = LearningForecastDisplay.from_forecast(forecast, ax=ax)
    truth = [models[name].fit(X[:n], y[:n]).score(X_test, y_test) for n in larger_sizes]
    display.ax_.plot(larger_sizes, truth, "x", color="#d55e00", ms=8, mew=2, label="measured later")
    display.ax_.legend(loc="lower right", frameon=False, fontsize="small", title=name)
    for n, score in zip(larger_sizes, truth, strict=True):
        median, low, high = forecast.predict(n)
        print(f"{name}, {n:6,}: forecast {median:.3f} ({low:.3f} to {high:.3f}), true {score:.3f}")

# %%
# With naive Bayes no number of images is enough to be right in 96 of 100 cases: time
# to try another model before labeling more. With the support vectors, twice the images or a little
# more are enough, as predicted; the interval showed that this was not certain.

plt.show()
