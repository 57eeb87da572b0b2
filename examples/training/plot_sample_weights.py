"""
======================================================
Weights: rare classes, and samples that count for more
======================================================

Foreign material is one spectrum in twenty-five, and to miss it costs more than a false alarm. Some
labels were given in a hurry and deserve less trust. Both are weights: of a class or of a sample.
"""

import matplotlib.pyplot as plt
import numpy as np
import sklearn
from sklearn.metrics import precision_score, recall_score
from sklearn.model_selection import GridSearchCV, cross_val_score

from sklvision.datasets import make_spectra
from sklvision.neural_network import SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler

# %%
# Foreign material (label 5) is rare, and half of it covers only a part of its pixel.

X, y = make_spectra(
    2600, n_bands=60, weights=[0.62, 0.34, 0.04], noise=0.08, mixing=0.49, random_state=0
)
X = SpectralScaler("snv").fit_transform(SavitzkyGolay(7).fit_transform(X))
X_train, y_train, X_test, y_test = X[:800], y[:800], X[800:], y[800:]
net = SpectrumClassifier(max_epochs=8, random_state=0)

# %%
# Weights of classes
# ------------------
# ``class_weight`` is a parameter of the net. With a larger weight of the rare class, the net finds
# more of it, and more alarms are false. Costs, not statistics, decide which weight is right.

weights = [1, 3, 10, 30, 100]
recalls, precisions = [], []
for weight in weights:
    net.set_params(class_weight={0: 1, 1: 1, 5: weight}).fit(X_train, y_train)
    found = net.predict(X_test) == 5
    recalls.append(recall_score(y_test == 5, found))
    precisions.append(precision_score(y_test == 5, found))

# %%
# The cost of a missed foreign body, in false alarms, decides. The lower figure includes both.

fig, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4), layout="constrained")
left.plot(weights, recalls, "o-", color="#2a9d8f", label="found (recall)")
left.plot(weights, precisions, "s-", color="#e76f51", label="right alarms (precision)")
left.set(xscale="log", xlabel="weight of foreign material", ylim=(0, 1.03), title="What is found")
left.legend(frameon=False, loc="lower left")
n_foreign = (y_test == 5).sum()
found, missed = np.array(recalls) * n_foreign, (1 - np.array(recalls)) * n_foreign
false_alarms = found / np.array(precisions) - found
for cost, color in ((1, "#adb5bd"), (10, "#219ebc"), (50, "#023047")):
    costs = cost * missed + false_alarms
    right.plot(weights, costs, "o-", color=color, label=f"a miss costs {cost} alarms")
    right.plot(weights[costs.argmin()], costs.min(), "o", ms=13, mfc="none", color=color)
right.set(xscale="log", yscale="log", xlabel="weight of foreign material", title="What it costs")
right.set_ylabel("costs, in false alarms")
right.legend(frameon=False)
for ax in (left, right):
    ax.set_xticks(weights, weights)
    ax.minorticks_off()
    ax.spines[["top", "right"]].set_visible(False)

# %%
# Weights of samples
# ------------------
# Two thirds of the labels were made in a hurry, and half of the samples that are not product were
# labeled as product. It is known which labels were made in a hurry, but not which are wrong. A
# sample with weight 0.2 counts as a fifth of a sample.

rng = np.random.default_rng(0)
is_hurried = np.arange(800) % 3 != 0
is_wrong = is_hurried & (rng.random(800) < 0.5)
noisy = np.where(is_wrong, 0, y_train)
net = SpectrumClassifier(max_epochs=8, random_state=0)
accuracies = {}
for weight in (1.0, 0.5, 0.2, 0.0):
    sample_weight = np.where(is_hurried, weight, 1.0)
    net.fit(X_train, noisy, sample_weight=sample_weight)
    accuracies[weight] = net.score(X_test, y_test)
    print(f"hurried labels weigh {weight:3}: accuracy {accuracies[weight]:.3f}")

# %%
# Within a search
# ---------------
# scikit-learn's metadata routing passes the weights through a search and its folds to the steps
# that request them.

with sklearn.config_context(enable_metadata_routing=True):
    routed = net.set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
    search = GridSearchCV(routed, {"lr": [1e-3, 3e-3]}, cv=2)
    search.fit(X_train, noisy, sample_weight=np.where(is_hurried, 0.2, 1.0))
    print(f"chosen with weights: {search.best_params_}, {search.score(X_test, y_test):.3f}")
print(f"and without: {cross_val_score(net, X_train, noisy, cv=2).mean():.3f} on noisy labels")

plt.show()
