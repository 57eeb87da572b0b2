"""
=========================================
Eight bits: smaller, but as good?
=========================================

A net for spectra should run on a small computer at the belt, without torch. An ONNX file holds the
whole model, and weights of eight bits take a quarter of the space. Does it still give the same
answers, and is it faster? Measured, not believed.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sklvision.datasets import make_spectra
from sklvision.export import (
    OnnxClassifier,
    compare_backends,
    load,
    quantize,
    read_manifest,
    save,
    to_onnx,
)
from sklvision.recipes import set_net_params, spectra

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)

# %%
# The recipe for spectra: a vote of a net and three linear models, each behind its preprocessing.
# The classes overlap, so there are some errors to count.

X, y = make_spectra(4000, noise=0.02, mixing=0.49, brightness_spread=0.3, random_state=0)
X_train, y_train = X[:700], y[:700]
X_valid, y_valid, X_test, y_test = X[700:2700], y[700:2700], X[2700:], y[2700:]
model = set_net_params(spectra(random_state=0), max_epochs=15).fit(X_train, y_train)

# %%
# The whole vote as one graph; then with 16 and with 8 bits. For 8 bits the ranges of activations
# are measured on training spectra, and validation spectra show whether the accuracy drops by more
# than half a percentage point. If it did, no file would be written.

files = {"ONNX, 32 bits": to_onnx(model, folder / "belt.onnx")}
files["ONNX, 16 bits"] = quantize(files["ONNX, 32 bits"], X_train, folder / "belt_16.onnx", bits=16)
files["ONNX, 8 bits"] = quantize(
    files["ONNX, 32 bits"],
    X_train,
    folder / "belt_8.onnx",
    max_accuracy_drop=0.005,
    validation=(X_valid, y_valid),
)

# %%
# The same test spectra by all of them: a :class:`~sklvision.export.BackendComparison`.

comparison = compare_backends({"vote, torch": model} | files, X_test, y_test, n_repeats=3)
print(comparison)

# %%
# Size, time and equality of labels at a glance.

table = comparison.to_frame()
colors = ["#8d99ae", "#219ebc", "#2a9d8f", "#fb8500"]
fig, axes = plt.subplots(1, 3, figsize=(11, 3), layout="constrained", sharey=True)
columns = {
    "bytes": ("size (kB)", 1000, "{:.0f}"),
    "ms_one": ("one spectrum (ms)", 1, "{:.2f}"),
    "accuracy": ("errors (%)", 1, "{:.1f}"),
}
for ax, (column, (title, unit, text)) in zip(axes, columns.items(), strict=True):
    values = table[column] / unit if column != "accuracy" else 100 * (1 - table[column])
    bars = ax.barh(table.index, values, color=colors)
    ax.bar_label(bars, [text.format(value) for value in values], padding=4)
    ax.set(title=title, xlim=(0, 1.25 * values.max()))
    ax.spines[["top", "right"]].set_visible(False)
axes[0].invert_yaxis()

# %%
# On the device
# -------------
# :class:`~sklvision.export.OnnxClassifier` runs a file without torch, and is a classifier like any
# other. Where probabilities of 8 bits differ, they differ most near the border between two labels.

device = OnnxClassifier(files["ONNX, 8 bits"])
exact, rounded = model.predict_proba(X_test), device.predict_proba(X_test)
fig, ax = plt.subplots(figsize=(5, 4.4), layout="constrained")
for label, color in zip(device.classes_, ["#2a9d8f", "#8d99ae", "#e76f51"], strict=True):
    column = np.searchsorted(device.classes_, label)
    ax.plot(exact[:, column], rounded[:, column], ".", color=color, ms=4, label=f"class {label}")
ax.plot([0, 1], [0, 1], color="gray", lw=0.8, zorder=0)
ax.set(xlabel="probability, 32 bits", ylabel="probability, 8 bits", title="1,300 test spectra")
ax.legend(frameon=False)

# %%
# One archive may hold both the model and its graph. When it is loaded, it predicts some stored
# spectra again.

archive = save(model, folder / "belt.sklv", data=(X_train, y_train), samples=X_test[:5], onnx=True)
print("classes", read_manifest(archive)["classes"])
on_device = load(archive, backend="onnx")
print(f"labels as in training: {np.mean(on_device.predict(X_test) == model.predict(X_test)):.1%}")

temporary.cleanup()
plt.show()
