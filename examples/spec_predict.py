"""Class probabilities of spectra in ten lines, for programs that know ``SpecPredict``.

A line spectrometer's data come as a pickled dict of 502 bands and the labels 0 (product), 1
(background) and 5 (foreign material). The programs around it call ``SpecPredict(path).predict(X)``
and take the array of shape (n_samples, n_classes) that it returns.
"""

import pickle
import tempfile
from pathlib import Path
from time import perf_counter

from sklvision.cli import main
from sklvision.datasets import make_spectra
from sklvision.export import load


# %%
# All that these programs need: the class, on a file of ``sklvision train``.
class SpecPredict:
    """Predict probabilities of product, background and foreign material."""

    def __init__(self, path):
        self.model = load(path)

    def predict(self, X):
        return self.model.predict_proba(X)


# %%
# Training takes the pickle as it is; unpickling must be allowed, since it can run any code.
with tempfile.TemporaryDirectory() as folder:
    data, file = Path(folder) / "line.pickle", Path(folder) / "line.sklv"
    X, Y = make_spectra(600, n_bands=502, random_state=0)
    data.write_bytes(pickle.dumps({"X": X, "Y": Y}))
    train = ["train", "spectra", "--data", str(data), "--allow-pickle", "--epochs", "10"]
    main([*train, "--no-estimate", "--quiet", "--out", str(file)])

    # %%
    # A sample run, and the time of 10,000 predictions.
    predictor = SpecPredict(file)
    print(predictor.predict(X[:3]).round(3))
    many, _ = make_spectra(10_000, n_bands=502, random_state=1)
    start = perf_counter()
    probabilities = predictor.predict(many)
    print(f"{probabilities.shape} in {perf_counter() - start:.3f} s")
