"""Learning curves of real data, at sizes that span a factor of 4 to 80.

They are stored in ``results/learning_curves.json``, because measuring takes about half an hour
on one core.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from benchmarks.spectra import get_data_home, load_spectrum_set
from sklvision.datasets import fetch_cifar10, fetch_flowers17, fetch_mnist
from sklvision.feature_extraction import PretrainedFeatures
from sklvision.image import Resize
from sklvision.model_selection import learning_curve_forecast
from sklvision.utils._files import atomic_write

CURVES = Path(__file__).parent / "results" / "learning_curves.json"
N_SIZES = 12

Curve = dict[str, Any]


def _make_scaled(*steps: Any) -> Any:
    return make_pipeline(StandardScaler(), *steps)


def _make_scaled_pca(n_components: int, *steps: Any) -> Any:
    return _make_scaled(PCA(n_components, random_state=0), *steps)


def _make_pca(n_components: int, *steps: Any) -> Any:
    return make_pipeline(PCA(n_components, random_state=0), *steps)


_SHRINKAGE_LDA = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
# Models by data set.
_DIGITS = {
    "logistic regression": _make_scaled(LogisticRegression(max_iter=300)),
    "SVM": SVC(),
    "neighbors": KNeighborsClassifier(3),
    "random forest": RandomForestClassifier(random_state=0),
    "naive Bayes": GaussianNB(var_smoothing=1e-3),
    "tree": DecisionTreeClassifier(random_state=0),
    "LDA": _SHRINKAGE_LDA,
}
_MNIST = {
    "LDA": LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1),
    "logistic regression": _make_scaled_pca(50, LogisticRegression(max_iter=200)),
    "neighbors": _make_pca(40, KNeighborsClassifier(3)),
    "random forest": RandomForestClassifier(30, random_state=0),
    "SVM": _make_pca(40, SVC(C=5)),
    "naive Bayes": GaussianNB(var_smoothing=1e-2),
    "small net": MLPClassifier((64,), max_iter=12, random_state=0),
    "QDA": _make_pca(15, QuadraticDiscriminantAnalysis(reg_param=0.1)),
    "tree": DecisionTreeClassifier(random_state=0),
    "extra trees": ExtraTreesClassifier(30, random_state=0),
}
_CIFAR10 = {
    "logistic regression": _make_scaled_pca(60, LogisticRegression(max_iter=200)),
    "random forest": RandomForestClassifier(30, max_features=30, random_state=0),
    "LDA": _make_scaled_pca(60, LinearDiscriminantAnalysis()),
    "QDA": _make_scaled_pca(15, QuadraticDiscriminantAnalysis(reg_param=0.1)),
    "naive Bayes": GaussianNB(),
    "neighbors": _make_scaled_pca(40, KNeighborsClassifier(10)),
}
_SPECTRA = {
    "LDA": _make_scaled_pca(15, LinearDiscriminantAnalysis()),
    "logistic regression": _make_scaled(LogisticRegression(max_iter=300)),
    "SVM": _make_scaled(SVC(C=10)),
}
_SPECTRA_SETS = {
    "fruit_puree_mir": 20,
    "salinas_a_hsi": 40,
    "plastics_nir_avantes": 40,
    "milk_nir": 36,
    "saliva_raman_pd_ad": 60,
    "milk_powder_nir": 44,
}
_FLOWERS = {
    "logistic regression": _make_scaled(LogisticRegression(max_iter=300)),
    "neighbors": _make_scaled(KNeighborsClassifier(5)),
    "LDA": _make_scaled_pca(40, LinearDiscriminantAnalysis()),
    "SVM": _make_scaled(SVC(C=10)),
}


def read_curves() -> list[Curve]:
    """Read the measured curves, in the order of measurement."""
    return json.loads(CURVES.read_text(encoding="utf-8")) if CURVES.exists() else []


def measure_missing_curves() -> None:
    """Measure the curves that are not stored yet, and store each one when it is complete."""
    curves = read_curves()
    finished_curves = {(curve["data"], curve["model"], curve["scoring"]) for curve in curves}
    for data, smallest, models, load_data in _list_tasks():
        missing = [task for task in models if (data, task[0], task[2]) not in finished_curves]
        if not missing:
            continue
        X, y, groups, splits = load_data()
        largest = 16_000 if len(y) > 50_000 else min(len(train) for train, _ in splits)
        sizes = np.unique(np.rint(np.geomspace(smallest, largest, N_SIZES)).astype(int))
        for model, estimator, scoring in missing:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                forecast = learning_curve_forecast(
                    estimator, X, y, groups=groups, cv=splits, train_sizes=sizes,
                    scoring=scoring, random_state=0,
                )  # fmt: skip
            curve = {
                "data": data,
                "model": model,
                "scoring": scoring,
                "n_tested": len(np.unique(np.concatenate([test for _, test in splits]))),
                "train_sizes": sizes.tolist(),
                "scores": np.round(forecast.scores, 5).tolist(),
            }
            curves.append(curve)
            print(data, model, scoring, forecast.scores.mean(axis=1).round(3), flush=True)
            write_curves(curves)


def write_curves(curves: list[Curve]) -> None:
    """Write the curves, one per line."""
    with atomic_write(CURVES, text=True) as file:
        file.write("[\n" + ",\n".join(json.dumps(curve) for curve in curves) + "\n]\n")


def _list_tasks() -> Iterator[tuple[str, int, list[tuple[str, Any, str]], Any]]:
    extra = [
        ("logistic regression", _DIGITS["logistic regression"], "neg_log_loss"),
        ("random forest", _DIGITS["random forest"], "f1_macro"),
    ]
    yield "digits", 30, _score_by_accuracy(_DIGITS) + extra, _load_digits
    yield "MNIST", 250, _score_by_accuracy(_MNIST), lambda: _load_images(fetch_mnist)
    for name, smallest in _SPECTRA_SETS.items():
        yield name, smallest, _score_by_accuracy(_SPECTRA), lambda name=name: _load_spectra(name)
    yield "CIFAR-10", 250, _score_by_accuracy(_CIFAR10), lambda: _load_images(fetch_cifar10)
    yield "flowers17, pretrained", 51, _score_by_accuracy(_FLOWERS), _load_flowers


def _score_by_accuracy(models: dict[str, Any]) -> list[tuple[str, Any, str]]:
    return [(name, estimator, "accuracy") for name, estimator in models.items()]


def _load_digits() -> tuple[Any, ...]:
    X, y = load_digits(return_X_y=True)
    return X, y, None, _make_folds(X, y)


def _load_spectra(name: str) -> tuple[Any, ...]:
    X, y, groups = load_spectrum_set(name)
    if len(y) > 4000:
        rows = np.random.RandomState(0).permutation(len(y))[:4000]
        X, y = X[rows], y[rows]
    return X, y, groups, _make_folds(X, y, groups, n_repeats=1 if len(y) > 3000 else 2)


def _load_flowers() -> tuple[Any, ...]:
    images, y = fetch_flowers17(data_home=get_data_home(), return_X_y=True)
    X = make_pipeline(Resize((160, 160)), PretrainedFeatures()).fit_transform(images)
    return X, np.asarray(y), None, _make_folds(X, np.asarray(y))


def _load_images(fetch: Any) -> tuple[Any, ...]:
    """Load all images, and repeat the official split for five series of training subsets."""
    X, y = fetch(subset="all", data_home=get_data_home(), return_X_y=True)
    X = X.reshape(len(X), -1).astype(np.float32) / 255
    first_test = len(y) - 10_000
    return X, y, None, [(np.arange(first_test), np.arange(first_test, len(y)))] * 5


def _make_folds(X: Any, y: Any, groups: Any = None, n_repeats: int = 2) -> list[tuple[Any, Any]]:
    folds = StratifiedKFold if groups is None else StratifiedGroupKFold
    return [
        split
        for seed in range(n_repeats)
        for split in folds(5, shuffle=True, random_state=seed).split(X, y, groups)
    ]
