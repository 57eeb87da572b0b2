"""
=========================================
Which classifier, and which bands matter?
=========================================

Spectra of a sorting line: a net, nearest neighbors and the baselines on the same
folds. Which is better than logistic regression, which is worth its time, and which wavelengths
does the net rely on?
"""

import matplotlib.pyplot as plt
from sklearn.neighbors import KNeighborsClassifier

from sklvision.datasets import make_spectra
from sklvision.inspection import (
    BandImportanceDisplay,
    ComparisonDisplay,
    MisclassifiedDisplay,
    ParetoDisplay,
)
from sklvision.model_selection import compare_estimators
from sklvision.neural_network import SpectrumClassifier

# %%
# Spectra that are hard on purpose: noise, brightness that varies, pixels that show two materials.

data = make_spectra(
    1500,
    n_bands=120,
    noise=0.04,
    brightness_spread=0.3,
    mixing=0.49,
    random_state=0,
    return_X_y=False,
)
X, y = data.data[:900], data.target[:900]
X_test, y_test = data.data[900:], data.target[900:]

net = SpectrumClassifier(max_epochs=8, random_state=0)
result = compare_estimators(
    {"net": net, "5 nearest": KNeighborsClassifier()},
    X,
    y,
    random_state=0,
)
print(result)

# %%
# Every dot is a fold. On the right, no difference is shown if an interval contains the line.

ComparisonDisplay.from_result(result)

# %%
# The front shows the best score that is possible in each time. For a gray point, another one is
# cheaper and at least as good.

ParetoDisplay.from_result(result)

# %%
# Trained on all of it: which wavelengths does the net need? Each window of bands is shuffled among
# the spectra, and the bars show how much the accuracy drops.

net.fit(X, y)
BandImportanceDisplay.from_estimator(
    net, X_test, y_test, wavelengths=data.wavelengths, window=6, n_repeats=3, random_state=0
)

# %%
# The spectra it gets wrong, over the means of their true class and of the predicted one.

MisclassifiedDisplay.from_estimator(
    net, X_test, y_test, wavelengths=data.wavelengths, max_samples=6
)

# sphinx_gallery_thumbnail_number = 3
plt.show()
