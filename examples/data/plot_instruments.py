"""
===========================================
Files of instruments: JCAMP-DX, OPUS, Excel
===========================================

Instruments write one file for each measurement, in formats of their own. A folder of such files,
one subfolder for each class, is a data set.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline

from sklvision.datasets import load_labeled, load_spectra, make_spectra, read_samples
from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.spectral import SavitzkyGolay, SpectralScaler

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)

# %%
# JCAMP-DX files, generated here: each states its axis, unit and measured quantity in lines above
# the numbers.

spectra = make_spectra(60, n_bands=80, noise=0.003, random_state=0, return_X_y=False)
axis = spectra.wavelengths
names = dict(zip((0, 1, 5), spectra.target_names, strict=True))


def write_jcamp(path, values):
    """Write one spectrum as a JCAMP-DX file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "\n".join(f"{x:.3f} {value:.5f}" for x, value in zip(axis, values, strict=True))
    path.write_text(
        "##TITLE=chip\n##JCAMP-DX=4.24\n##DATA TYPE=INFRARED SPECTRUM\n##XUNITS=NANOMETERS\n"
        f"##YUNITS=REFLECTANCE\n##FIRSTX={axis[0]:.3f}\n##LASTX={axis[-1]:.3f}\n"
        f"##NPOINTS={len(axis)}\n##XYDATA=(X++(Y..Y))\n{rows}\n##END=\n"
    )


for i, (values, label) in enumerate(zip(spectra.data[:48], spectra.target, strict=False)):
    write_jcamp(folder / "line" / names[label] / f"{i:02}.jdx", values)
print("\n".join(next((folder / "line" / "product").glob("*.jdx")).read_text().splitlines()[:11]))

# %%
# One call reads the folder: labels are the names of subfolders, and the axis, its unit and the
# measured quantity come from the files. All must agree; an error names two that differ.

data = load_labeled(folder / "line")
print(data.DESCR)
print(data.roles)

fig, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
for name, color in zip(np.unique(data.target), ["#6c757d", "#e76f51", "#2a9d8f"], strict=True):
    rows = np.asarray(data.data)[data.target == name]
    ax.plot(axis, rows.T, color=color, lw=0.5, alpha=0.35)
    ax.plot(axis, rows.mean(axis=0), color=color, lw=2, label=f"{name}: {len(rows)} files")
ax.set(xlabel="wavelength (nm)", ylabel="reflectance", title="Spectra of a folder of files")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %%
# A model that was trained on them matches new files by their positions on the axis. The linear one
# here has more bands than spectra to learn from; it chooses its regularization by leave-one-out,
# without a grid search.

model = make_pipeline(
    SavitzkyGolay(7, deriv=1),
    SpectralScaler("snv"),
    LinearDiscriminantAnalysisCV(),
)
frame = load_spectra(folder / "line", as_frame=True)
model.fit(frame.data, frame.target)
for i, values in enumerate(spectra.data[48:52]):
    write_jcamp(folder / "today" / f"{i}.jdx", values)
files = sorted((folder / "today").glob("*.jdx"))
predicted = np.concatenate([model.predict(batch.data) for batch in read_samples(files, model)])
for file, label, true in zip(files, predicted, spectra.target[48:52], strict=True):
    print(f"{file.name}: {label} (true: {names[true]})")

# %%
# Files of Bruker OPUS and workbooks of Excel are read in the same way, and so does the terminal:
# ``sklvision train spectra --data line/ --out line.sklv``, then ``sklvision predict line.sklv
# today/``.

temporary.cleanup()
plt.show()
