"""
==================================
A table of spectra, and its roles
==================================

A spectrometer's program exports a table: some lines about the device, names of patients, a date, a
label, and a column for every wavelength. Which column is what is decided once, printed in one line,
and stays with the model.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from sklvision.cli import main
from sklvision.datasets import load_spectra, make_spectra, read_samples
from sklvision.spectral import SpectralScaler

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)

# %%
# Such a table, generated here: 40 objects, each measured three times.

spectra = make_spectra(40, n_bands=60, noise=0.03, random_state=0, return_X_y=False)
rng = np.random.default_rng(0)
values = np.repeat(spectra.data, 3, axis=0) + rng.normal(0, 0.01, (120, 60))
table = pd.DataFrame(values.round(4), columns=[f"{w:.0f} nm" for w in spectra.wavelengths])
table.insert(0, "operator", rng.choice(["A", "B"], 120))
names = dict(zip((0, 1, 5), spectra.target_names, strict=True))
table.insert(0, "material", np.repeat([names[label] for label in spectra.target], 3))
table.insert(0, "object", np.repeat(np.arange(40), 3))
path = folder / "line.csv"
path.write_text("Spectrometer: NIR-4\nOperator mode: fast\n" + table.to_csv(index=False, sep=";"))
print("\n".join(line[:76] for line in path.read_text().splitlines()[:4]))

# %%
# Read it. The separator, the lines above the names, the axis and its unit are detected. Roles that
# you name replace guesses. ``roles`` describes what was read.

data = load_spectra(path, target="material", group="object", drop=["operator"], as_frame=True)
print(data.roles)
fig, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
for name, color in zip(np.unique(data.target), ["#6c757d", "#e76f51", "#2a9d8f"], strict=True):
    rows = np.asarray(data.data)[data.target == name]
    ax.plot(spectra.wavelengths, rows.T, color=color, lw=0.5, alpha=0.3)
    ax.plot(spectra.wavelengths, rows.mean(axis=0), color=color, lw=2, label=name)
ax.set(xlabel="wavelength (nm)", ylabel="reflectance", title="What was read, and class means")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %%
# The terminal shows the same before anything is trained. ``sklvision info line.csv …`` is:

main(["info", str(path), "--target", "material", "--groups", "object", "--drop", "operator"])

# %%
# A range of bands is an option, too: is a third of the axis enough? The three measurements of
# an object stay together.

model = make_pipeline(SpectralScaler("snv"), LogisticRegression(max_iter=500))
for bands in (None, "900:1150", "1400:1650"):
    part = load_spectra(
        path, target="material", group="object", drop=["operator"], bands=bands, as_frame=True
    )
    score = cross_val_score(
        model, part.data, part.target, groups=part.groups, cv=GroupKFold(4)
    ).mean()
    print(f"{bands or 'all bands':10} {part.data.shape[1]:3} bands: accuracy {score:.3f}")

# %%
# The model keeps names, axis and unit. A new table may have its columns in any order, and no
# labels: :func:`~sklvision.datasets.read_samples` puts them in the training order.

model.fit(data.data, data.target)
new = table.drop(columns=["material", "operator"]).sample(frac=1, axis=1, random_state=0)
new.head(5).to_csv(folder / "today.csv", index=False)
for batch in read_samples([folder / "today.csv"], model):
    print("today:", *model.predict(batch.data))

# %%
# Another axis is an error that names both axes.

wrong = new.rename(columns=lambda name: name.replace("1650 nm", "1700 nm"))
wrong.head(5).to_csv(folder / "other.csv", index=False)
try:
    list(read_samples([folder / "other.csv"], model))
except ValueError as error:
    print(str(error).replace(str(folder), "…"))

temporary.cleanup()
plt.show()
