"""
==============================================
Spectra: foreign material in a stream of food
==============================================

A client sorts food on a belt. A line spectrometer measures 502 bands in every pixel, and each pixel
is product (label 0), empty belt (1) or foreign material (5), which is rare and must not be missed.
The client sends a file and asks: is a neural net worth it, what will it miss, is it fast enough,
and may we have it in one file?
"""

import os
import pickle
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sklvision.datasets import get_data_home, load_labeled, make_spectra
from sklvision.export import load, read_manifest, save
from sklvision.inspection import ComparisonDisplay, MisclassifiedDisplay
from sklvision.model_selection import (
    compare_estimators,
    find_leaks,
    forecast_best,
    measure_robustness,
)
from sklvision.recipes import make_candidates, set_class_weight, set_net_params, spectra

IS_FULL = os.environ.get("SKLVISION_EXAMPLES") == "full"
temporary = tempfile.TemporaryDirectory()
folder = Path(os.environ.get("SKLVISION_REPORTS") or temporary.name)

# %%
# The raw file
# ------------
# A pickled dict ``{"X", "Y"}``, as the client's program writes it. The client's own file is not
# public, so spectra are generated here: brightness varies by 30 %, the baseline drifts, and foreign
# material may cover only half of a pixel.

print("The client's spectra are not public: generated ones.")
belt = make_spectra(
    20_000 if IS_FULL else 1600,
    n_bands=502,
    weights=[0.6, 0.3, 0.1],
    brightness_spread=0.3,
    baseline_drift=0.05,
    noise=0.02,
    mixing=0.49,
    random_state=0,
    return_X_y=False,
)
raw_file = Path(temporary.name, "belt.pkl")
raw_file.write_bytes(pickle.dumps({"X": belt.data, "Y": belt.target}))

# A pickle can run code when it is opened, so open only files from people you trust.
data = load_labeled(raw_file, allow_pickle=True)
print(data.DESCR)

# %%
# Half of the data is for choosing; the other half is used once, at the end.

half = len(data.target) // 2
X, y = data.data[:half], data.target[:half]
X_test, y_test = data.data[half:], data.target[half:]

# %%
# Look before training
# --------------------
# Raw spectra of one class differ more in brightness than the classes differ from each other. A
# derivative and SNV, the first steps of the recipe's net, remove these differences, and the shape
# becomes visible.

recipe, net = spectra(random_state=0), spectra(vote=False, random_state=0)
views = {"raw": X, "after a derivative and SNV": net[:-1].fit_transform(X)}
colors = {0: "#2a9d8f", 1: "#6c757d", 5: "#e76f51"}
names = dict(zip(colors, belt.target_names, strict=True))
fig, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
for ax, (title, values) in zip(axes, views.items(), strict=True):
    for label, color in colors.items():
        rows = values[y == label]
        mean, std = rows.mean(axis=0), rows.std(axis=0)
        ax.fill_between(belt.wavelengths, mean - std, mean + std, color=color, alpha=0.2, lw=0)
        ax.plot(belt.wavelengths, mean, color=color, label=f"{names[label]} ({label})")
    ax.set(title=f"{title}: mean ± standard deviation", xlabel="wavelength (nm)")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("reflectance")
axes[1].set(ylabel="slope, standardized", ylim=(-4, 4))
axes[0].legend(frameon=False)

# %%
# The comparison
# --------------
# Linear discriminant analysis on principal components is a baseline that nets rarely beat on
# spectra. It is compared as well, next to logistic regression and the majority class. The recipe is
# a vote of a net and three discriminant analyses. Foreign material is rare, so the nets weight
# classes by their inverse frequency, and the score is the mean recall of the three classes.
# Where reading the samples takes long, :func:`~sklvision.recipes.check_candidates` checks names of
# candidates before.

nets = {
    "recipe: a vote": recipe,
    "derivative + SNV + net": net,
    "net on raw spectra": spectra(published=True, random_state=0),
}
for name, estimator in nets.items():
    nets[name] = set_class_weight(estimator, "balanced", y)
    if not IS_FULL:
        nets[name] = set_net_params(nets[name], max_epochs=15)
simple, _ = make_candidates(X, ["lda"])
result = compare_estimators(nets | simple, X, y, cv=3, scoring="balanced_accuracy", random_state=0)
print(result)
ComparisonDisplay.from_result(result)

# %%
# Each dot is a fold. If an interval on the right contains the line, no difference is shown, and the
# simpler model is the better choice.

# %%
# Mistakes
# --------
# Errors of the best net on spectra that it has never seen. Discuss the most confident errors with
# the client: these labels may be wrong.

best = result.to_frame().loc[list(nets), "mean_balanced_accuracy"].idxmax()
model = nets[best].fit(X, y)
predicted = model.predict(X_test)
for label, name in names.items():
    is_class, is_named = y_test == label, predicted == label
    recall, precision = (predicted[is_class] == label).mean(), (y_test[is_named] == label).mean()
    print(f"{name:17} found {recall:.1%}, of those named so {precision:.1%} are right")
MisclassifiedDisplay.from_estimator(
    model, X_test, y_test, wavelengths=belt.wavelengths, max_samples=4
)

# %%
# The report to the client, and the file
# --------------------------------------
# The report is one HTML page: scores of every fold, recall by class, calibration, doubtful labels,
# and, added here, what happens as the lamp ages and whether more labeled spectra would help. The
# file holds the model and the evidence, without a pickle; :func:`~sklvision.export.load` predicts
# some samples again before it returns the model.

robustness = measure_robustness(result, X, y, random_state=0) if IS_FULL else None
forecast = forecast_best(result, X, y, random_state=0) if IS_FULL else None
result.to_html(folder / "spectra.html", robustness=robustness, forecast=forecast)
file = save(model, folder / "spectra.sklv", comparison=result, candidate=best, data=(X, y))
shipped, manifest = load(file), read_manifest(file)
assert np.array_equal(shipped.predict(X_test), predicted)
print(f"{file.name}: {file.stat().st_size / 1e6:.2f} MB, classes {manifest['classes']}")
print(f"spectra.html: {(folder / 'spectra.html').stat().st_size / 1e3:.0f} kB")

# %%
# On measured spectra
# -------------------
# Generated classes are easy to separate. If the public data are present, the same comparison runs
# on 14 plastics measured in the near infrared. All spectra of one object stay on the same side of
# every split; where the search for leaks finds near-duplicates of different objects, these stay
# together as well.

plastics_file = get_data_home() / "spectra" / "plastics_nir_avantes.npz"
if plastics_file.exists():
    plastics = np.load(plastics_file, allow_pickle=False)
    classes, counts = np.unique(plastics["y"], return_counts=True)
    is_common = np.isin(plastics["y"], classes[counts >= 10])
    X, y, objects = (plastics[key][is_common] for key in ("X", "y", "group"))
    leaks = find_leaks(X, y, groups=objects, cv=3, random_state=0)
    print(leaks)
    measured = compare_estimators(
        {
            "recipe: a vote": set_net_params(
                spectra(random_state=0), max_epochs=60 if IS_FULL else 15
            )
        },
        X,
        y,
        groups=leaks.suggested_groups(),
        cv=3,
        random_state=0,
    )
    print(measured)
else:
    print("The measured spectra of plastics are absent: this part is left out.")

# %%
# Next: :ref:`which bands matter <sphx_glr_gallery_inspecting_plot_bands.py>`, and
# :ref:`eight bits <sphx_glr_gallery_shipping_plot_quantization.py>` for a small device.

temporary.cleanup()
plt.show()
