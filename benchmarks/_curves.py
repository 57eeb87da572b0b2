"""Learning curves of real data, at sizes that span a factor of 4 to 80.

Kept in ``results/learning_curves.json``: measuring takes about half an hour of one core.
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

from benchmarks.spectra import data_home, load
from sklvision.datasets import fetch_cifar10, fetch_flowers17, fetch_mnist
from sklvision.feature_extraction import PretrainedFeatures
from sklvision.image import Resize
from sklvision.model_selection import learning_curve_forecast
from sklvision.utils._files import atomic_write

CURVES = Path(__file__).parent / "results" / "learning_curves.json"
N_SIZES = 12

Curve = dict[str, Any]


def _scaled(*steps: Any) -> Any:
    return make_pipeline(StandardScaler(), *steps)


def _scaled_pca(n_components: int, *steps: Any) -> Any:
    return _scaled(PCA(n_components, random_state=0), *steps)


def _pca(n_components: int, *steps: Any) -> Any:
    return make_pipeline(PCA(n_components, random_state=0), *steps)


_SHRUNK_LDA = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
# By data: the smallest size, and models with the names of their scores.
_DIGITS = {
    "logistic regression": _scaled(LogisticRegression(max_iter=300)),
    "SVM": SVC(),
    "neighbours": KNeighborsClassifier(3),
    "random forest": RandomForestClassifier(random_state=0),
    "naive Bayes": GaussianNB(var_smoothing=1e-3),
    "tree": DecisionTreeClassifier(random_state=0),
    "LDA": _SHRUNK_LDA,
}
_MNIST = {
    "LDA": LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1),
    "logistic regression": _scaled_pca(50, LogisticRegression(max_iter=200)),
    "neighbours": _pca(40, KNeighborsClassifier(3)),
    "random forest": RandomForestClassifier(30, random_state=0),
    "SVM": _pca(40, SVC(C=5)),
    "naive Bayes": GaussianNB(var_smoothing=1e-2),
    "small net": MLPClassifier((64,), max_iter=12, random_state=0),
    "QDA": _pca(15, QuadraticDiscriminantAnalysis(reg_param=0.1)),
    "tree": DecisionTreeClassifier(random_state=0),
    "extra trees": ExtraTreesClassifier(30, random_state=0),
}
_CIFAR10 = {
    "logistic regression": _scaled_pca(60, LogisticRegression(max_iter=200)),
    "random forest": RandomForestClassifier(30, max_features=30, random_state=0),
    "LDA": _scaled_pca(60, LinearDiscriminantAnalysis()),
    "QDA": _scaled_pca(15, QuadraticDiscriminantAnalysis(reg_param=0.1)),
    "naive Bayes": GaussianNB(),
    "neighbours": _scaled_pca(40, KNeighborsClassifier(10)),
}
_SPECTRA = {
    "LDA": _scaled_pca(15, LinearDiscriminantAnalysis()),
    "logistic regression": _scaled(LogisticRegression(max_iter=300)),
    "SVM": _scaled(SVC(C=10)),
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
    "logistic regression": _scaled(LogisticRegression(max_iter=300)),
    "neighbours": _scaled(KNeighborsClassifier(5)),
    "LDA": _scaled_pca(40, LinearDiscriminantAnalysis()),
    "SVM": _scaled(SVC(C=10)),
}


def stored() -> list[Curve]:
    """The curves measured so far, in the order in which they were."""
    return json.loads(CURVES.read_text(encoding="utf-8")) if CURVES.exists() else []


def measure() -> None:
    """Measure the curves that are not stored yet, and store each as it ends."""
    curves = stored()
    known = {(curve["data"], curve["model"], curve["scoring"]) for curve in curves}
    for data, smallest, models, provide in _tasks():
        missing = [task for task in models if (data, task[0], task[2]) not in known]
        if not missing:
            continue
        X, y, groups, splits = provide()
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
            write(curves)


def write(curves: list[Curve]) -> None:
    """Store the curves, one a line."""
    with atomic_write(CURVES, text=True) as file:
        file.write("[\n" + ",\n".join(json.dumps(curve) for curve in curves) + "\n]\n")


def _tasks() -> Iterator[tuple[str, int, list[tuple[str, Any, str]], Any]]:
    extra = [
        ("logistic regression", _DIGITS["logistic regression"], "neg_log_loss"),
        ("random forest", _DIGITS["random forest"], "f1_macro"),
    ]
    yield "digits", 30, _by_accuracy(_DIGITS) + extra, _digits
    yield "MNIST", 250, _by_accuracy(_MNIST), lambda: _images(fetch_mnist)
    for name, smallest in _SPECTRA_SETS.items():
        yield name, smallest, _by_accuracy(_SPECTRA), lambda name=name: _spectra(name)
    yield "CIFAR-10", 250, _by_accuracy(_CIFAR10), lambda: _images(fetch_cifar10)
    yield "flowers17, pretrained", 51, _by_accuracy(_FLOWERS), _flowers


def _by_accuracy(models: dict[str, Any]) -> list[tuple[str, Any, str]]:
    return [(name, estimator, "accuracy") for name, estimator in models.items()]


def _digits() -> tuple[Any, ...]:
    X, y = load_digits(return_X_y=True)
    return X, y, None, _folds(X, y)


def _spectra(name: str) -> tuple[Any, ...]:
    X, y, groups = load(name)
    if len(y) > 4000:
        kept = np.random.RandomState(0).permutation(len(y))[:4000]
        X, y = X[kept], y[kept]
    return X, y, groups, _folds(X, y, groups, n_repeats=1 if len(y) > 3000 else 2)


def _flowers() -> tuple[Any, ...]:
    images, y = fetch_flowers17(data_home=data_home(), return_X_y=True)
    X = make_pipeline(Resize((160, 160)), PretrainedFeatures()).fit_transform(images)
    return X, np.asarray(y), None, _folds(X, np.asarray(y))


def _images(fetch: Any) -> tuple[Any, ...]:
    """All images, and five times the official split, whose training part grows anew each time."""
    X, y = fetch(subset="all", data_home=data_home(), return_X_y=True)
    X = X.reshape(len(X), -1).astype(np.float32) / 255
    first_test = len(y) - 10_000
    return X, y, None, [(np.arange(first_test), np.arange(first_test, len(y)))] * 5


def _folds(X: Any, y: Any, groups: Any = None, n_repeats: int = 2) -> list[tuple[Any, Any]]:
    folds = StratifiedKFold if groups is None else StratifiedGroupKFold
    return [
        split
        for seed in range(n_repeats)
        for split in folds(5, shuffle=True, random_state=seed).split(X, y, groups)
    ]
