"""
===================================
Too good to be true: finding leaks
===================================

A part is photographed five times, a patient is measured twice, a folder holds copies. If one of two
such samples is in the training set and the other in the test set, the score measures memorization.
How optimistic is the score, and how can you find out?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from sklvision.datasets import make_nails, make_spectra
from sklvision.image import FlattenImages, Resize
from sklvision.model_selection import (
    estimate_accuracy,
    find_label_errors,
    find_leaks,
    fit_with_groups,
    make_time_folds,
)

# %%
# 60 bent and straight nails, each photographed four times: the same nail under slightly other
# light, with the noise of the camera. Nobody recorded which photograph shows which nail.

nails, labels = make_nails(60, random_state=0)
rng = np.random.default_rng(0)
X = np.repeat(nails, 4, axis=0) * rng.uniform(0.95, 1.05, (240, 1, 1)) + rng.normal(
    0, 2, (240, *nails.shape[1:])
)
X, y = X.clip(0, 255).astype(np.uint8), np.repeat(labels, 4)
order = rng.permutation(240)
X, y, nail = X[order], y[order], np.repeat(np.arange(60), 4)[order]

# %%
# The nearest neighbor in pixels seems to be nearly perfect. But it only recognizes each nail.

model = make_pipeline(Resize(20), FlattenImages(), KNeighborsClassifier(1))
random_folds = StratifiedKFold(5, shuffle=True, random_state=0)
apparent = cross_val_score(model, X, y, cv=random_folds)
print(f"five random folds: accuracy {apparent.mean():.3f}")

# %%
# The search for leaks needs only the samples. It returns a
# :class:`~sklvision.model_selection.LeakReport`, which describes the findings in sentences and
# suggests groups.

report = find_leaks(X, y, cv=random_folds, random_state=0)
print(report)
groups = report.suggested_groups()
print(f"{len(np.unique(groups))} groups are proposed; there are 60 nails")

# %%
# Now photographs of one nail stay together, and the score is honest. The suggested groups give the
# same result as the true groups, which the search did not know: this model has learned nothing
# about bent nails.

honest = cross_val_score(model, X, y, groups=groups, cv=GroupKFold(5))
truth = cross_val_score(model, X, y, groups=nail, cv=GroupKFold(5))
scores = {"random folds": apparent, "groups found": honest, "true groups": truth}

fig, (left, right) = plt.subplots(
    1, 2, figsize=(11, 3.6), layout="constrained", width_ratios=[1.1, 1]
)
for place, (name, values) in enumerate(scores.items()):
    color = "#e76f51" if name == "random folds" else "#2a9d8f"
    left.barh(place, values.mean(), 0.5, color=color, alpha=0.35)
    left.plot(values, np.full(5, place), "o", color=color, mec="white")
left.axvline(max(np.mean(y == c) for c in np.unique(y)), color="gray", ls="--", lw=1)
left.text(0.51, 0.5, "majority class", color="gray", fontsize=8, va="center")
left.set_yticks(range(3), scores)
left.invert_yaxis()
left.set(title="nearest neighbor in pixels", xlabel="accuracy; dots are folds", xlim=(0, 1.03))
left.spines[["top", "right"]].set_visible(False)
right.axis("off")
copies = np.flatnonzero(nail == nail[0])
for i, index in enumerate(copies):
    inset = right.inset_axes((0.52 * (i % 2), 0.5 * (1 - i // 2), 0.48, 0.46))
    inset.imshow(X[index], cmap="gray")
    inset.axis("off")
right.set_title("one nail, four samples")

# %%
# One fit instead of five: :func:`~sklvision.model_selection.estimate_accuracy` holds out whole
# groups and returns an :class:`~sklvision.model_selection.AccuracyEstimate` with baselines.

print(estimate_accuracy(model, X, y, name="1 nearest", groups=nail, random_state=0))

# %%
# A model that splits its training set again has the same problem inside: a calibration with random
# folds trusts the nearest neighbor, which finds the same nail. With
# :func:`~sklvision.model_selection.fit_with_groups`, its folds keep nails together.

calibration = CalibratedClassifierCV(model, cv=StratifiedGroupKFold(5), ensemble=False)
fair = fit_with_groups(calibration, X, y, nail)
naive = CalibratedClassifierCV(model, cv=random_folds, ensemble=False).fit(X, y)
for name, fitted in (("random folds", naive), ("folds by nail", fair)):
    print(f"calibrated by {name}: {fitted.predict_proba(X).max(axis=1).mean():.2f} sure")

# %%
# Time leaks as well
# ------------------
# A lamp that ages, a lens that gets dirty: a model is always used later than it was trained. Here
# spectra get darker from day to day. Folds in the order of time show the score on the next day.

S, material = make_spectra(300, n_bands=60, noise=0.05, mixing=0.45, random_state=0)
days = np.repeat(np.arange(6), 50)
S = S * (1 - 0.12 * days[:, None]) + 0.03 * days[:, None]
linear = LogisticRegression(max_iter=500)
at_random = cross_val_score(linear, S, material, cv=random_folds)
later = cross_val_score(linear, S, material, cv=make_time_folds(days, n_splits=5))
print(f"random folds {at_random.mean():.3f}; the next day {later.mean():.3f}")

# %%
# Labels that are wrong
# ---------------------
# Five labels of other spectra are exchanged here. Labels that a model finds improbable are worth a
# second look.

S, material = make_spectra(300, n_bands=60, noise=0.03, mixing=0.2, random_state=0)
wrong = rng.choice(300, 5, replace=False)
doubtful = material.copy()
doubtful[wrong] = np.where(material[wrong] == 0, 1, 0)
probabilities = cross_val_predict(linear, S, doubtful, method="predict_proba", cv=5)
suspects = find_label_errors(doubtful, probabilities)
print(suspects.head(8).to_string(index=False))
print(f"found: {np.isin(wrong, suspects['sample']).sum()} of 5")

plt.show()
