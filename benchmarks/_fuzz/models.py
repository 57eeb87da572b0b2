"""Fitted models, results and files that many cases use: made once in a process, never changed."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.augmentation import TestTimeAugmentation
from sklvision.export import save, to_onnx
from sklvision.image import FlattenImages, PixelScaler, Resize
from sklvision.model_selection import compare_estimators, robustness_curve
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler

N_BANDS, SIDE = 8, 8
SMALL_NET: dict[str, Any] = {"max_epochs": 1, "random_state": 0}
SMALL_MLP: dict[str, Any] = {
    "architecture": "mlp",
    "architecture_params": {"hidden_layer_sizes": (4,)},
    **SMALL_NET,
}


def make_spectrum_net() -> SpectrumClassifier:
    """Make a small net for spectra."""
    return SpectrumClassifier(architecture_params={"hidden_layer_sizes": (4,)}, **SMALL_NET)


@cache
def load_data(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return 24 samples of three classes that can be separated, and their labels."""
    rng = np.random.default_rng(0)
    y = np.array(["a", "b", "c"])[np.arange(24) % 3]
    offset = (np.arange(24) % 3)[:, None]
    if kind == "spectra":
        return rng.normal(size=(24, N_BANDS)) + offset, y
    pixels = rng.integers(0, 80, (24, SIDE, SIDE)) + 60 * offset[:, :, None]
    return pixels.astype(np.uint8), y


def make_estimators(kind: str) -> dict[str, Any]:
    """Make small estimators of a kind of samples, unfitted."""
    if kind == "spectra":
        return {
            "net": make_spectrum_net(),
            "pipeline": make_pipeline(SavitzkyGolay(5), SpectralScaler(), make_spectrum_net()),
            "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=20)),
            "dummy": DummyClassifier(),
            "forest": RandomForestClassifier(2, max_depth=2, random_state=0),
            "bagging": BaggingClassifier(make_spectrum_net(), n_estimators=2, random_state=0),
            "vote": VotingClassifier([("a", make_spectrum_net()), ("b", DummyClassifier())]),
            "search": GridSearchCV(make_spectrum_net(), {"lr": [1e-2]}, cv=2),
        }
    net = ImageClassifier(**SMALL_MLP)
    return {
        "net": net,
        "pipeline": make_pipeline(Resize(4), PixelScaler(), ImageClassifier(**SMALL_MLP)),
        "flat": make_pipeline(FlattenImages(), LogisticRegression(max_iter=20)),
        "views": TestTimeAugmentation(ImageClassifier(**SMALL_MLP)),
        "dummy": make_pipeline(FlattenImages(), DummyClassifier()),
    }


@cache
def fit_models(kind: str) -> dict[str, Any]:
    """Fit the small estimators of a kind."""
    X, y = load_data(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: model.fit(X, y) for name, model in make_estimators(kind).items()}


@cache
def make_comparison(kind: str) -> Any:
    """Compare two estimators of a kind."""
    X, y = load_data(kind)
    estimators = make_estimators(kind)
    candidates = {name: estimators[name] for name in ("net", "dummy")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compare_estimators(candidates, X, y, cv=2, random_state=0)


@cache
def make_robustness(kind: str) -> Any:
    """Measure the robustness of one estimator of a kind."""
    X, y = load_data(kind)
    model = fit_models(kind)["net"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return robustness_curve(model, X, y, severities=2, random_state=0)


@cache
def make_model_files() -> dict[str, Path]:
    """Write the small models as archives and ONNX files."""
    folder = Path(mkdtemp(prefix="fuzz-models-"))
    files = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind in ("spectra", "images"):
            X, _ = load_data(kind)
            for name in ("net", "pipeline", "logistic"):
                model = fit_models(kind).get(name)
                if model is not None:
                    path = folder / f"{kind}_{name}.sklv"
                    files[path.stem] = save(model, path, samples=X[:2])
            path = folder / f"{kind}_net.onnx"
            files[path.name] = to_onnx(fit_models(kind)["net"], path, samples=X[:3])
    return files
