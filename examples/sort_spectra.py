"""Foreign material on a sorting line: which classifier, and is a net worth it?

Simulates spectra of product, background and foreign material (labels 0, 1, 5) whose brightness
varies widely and whose baseline drifts, compares a net with two linear baselines on the same folds,
and saves the better one as one file.
"""

import tempfile
from pathlib import Path

import joblib
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline

from sklvision.datasets import make_spectra
from sklvision.model_selection import compare_estimators
from sklvision.neural_network import SpectrumClassifier
from sklvision.spectral import SpectralScaler

# %%
# Foreign material is rare, and often covers only a part of a pixel.
settings = {"weights": [0.6, 0.3, 0.1], "brightness_spread": 0.3, "noise": 0.02, "mixing": 0.4}
X, y = make_spectra(n_samples=600, random_state=0, **settings)

# %%
# All candidates are scored on the same folds, and so are the majority class and logistic
# regression.
candidates = {
    "SNV + net": make_pipeline(SpectralScaler("snv"), SpectrumClassifier(max_epochs=30)),
    "PCA + LDA": make_pipeline(PCA(20), LinearDiscriminantAnalysis()),
}
result = compare_estimators(
    candidates, X, y, cv=3, scoring=["balanced_accuracy", "accuracy"], random_state=0
)
print(result)

# %%
# The better of the two, on all samples, as one file that another program loads.
best = result.to_frame().loc[list(candidates), "mean_balanced_accuracy"].idxmax()
model = candidates[best].fit(X, y)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "sorter.joblib"
    joblib.dump(model, path)
    new, truth = make_spectra(n_samples=600, random_state=1, **settings)
    print(f"\n{best}: {path.stat().st_size / 1e6:.1f} MB on disk,", end=" ")
    print(f"{joblib.load(path).score(new, truth):.3f} accuracy on 600 new spectra")
