"""Cases of estimators: parameters, data, fit, answers, and what must hold of them."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from benchmarks._fuzz import models
from benchmarks._fuzz.arguments import draw_parameters
from benchmarks._fuzz.case import Case, to_numbers
from benchmarks._fuzz.labels import make_labels
from benchmarks._fuzz.samples import (
    JUNK,
    count_samples,
    has_samples,
    make_groups,
    make_samples,
    make_weights,
)

_NETS = {
    "spectra": ("spectrum_mlp", "spectrum_mlp", "spectrum_mlp", "spectrum_cnn"),
    "images": ("mlp", "mlp", "mlp", "mlp", "nail_cnn", "resnet8"),
}
_SPECTRAL_CLASSES = ("SavitzkyGolay", "LinearDiscriminantAnalysisCV", "GeometricVotingClassifier")
_NET_PARAMS = (
    *(None, {"hidden_layer_sizes": (4,)}, {"hidden_layer_sizes": (4,), "dropout": 0.5}),
    *({"hidden_layer_sizes": ()}, {"hidden_layer_sizes": 4}, {"hidden_layer_sizes": (0,)}),
    *({"hidden_layer_sizes": (-1,)}, {"hidden_layer_sizes": (2.5,)}, {"hidden_layer_sizes": "4"}),
    *({"hidden_layer_sizes": (True,)}, {"dropout": 1.0}, {"dropout": -1}, {"dropout": (0,)}),
    *({"dropout": None}, {"width": True}, {"width": 0}, {"width": 2.5}, {"x": 1}, {1: 2}),
    *({"dropout": float("nan")}, {"batch_norm": "x"}, {"batch_norm": 0}, {"width": 1}, {}),
)


def try_estimator(case: Case, cls: type, kind: str | None = None) -> None:
    """Draw parameters and data for an estimator, fit it, and use it."""
    kind = kind or _get_kind(case, cls)
    params = _make_required(case, cls, kind) | _draw_constructor(case, cls, kind)
    estimator = case.call(cls, **params)
    case.may_draw = getattr(estimator, "random_state", 0) is None
    if not hasattr(cls, "predict"):
        _try_transformer(case, estimator, kind)
    else:
        _try_classifier(case, estimator, kind)


def _get_kind(case: Case, cls: type) -> str:
    name = cls.__name__
    is_spectral = "Spectr" in name or name in _SPECTRAL_CLASSES
    usual_kind = "spectra" if is_spectral else "images"
    if name in ("Compose", "GaussianNoise", "MixUp", "BatchedGridSearchCV", "OnnxClassifier"):
        usual_kind = case.pick(("spectra", "images"))
    return usual_kind if case.has_luck(0.93) else case.pick(("spectra", "images"))


def _make_required(case: Case, cls: type, kind: str) -> dict[str, Any]:
    """Make the arguments without a default, and those that keep a fit short."""
    name = cls.__name__
    parameters = inspect.signature(cls).parameters
    params: dict[str, Any] = {}
    if "max_epochs" in parameters:
        params |= {**models.SMALL_NET, "architecture": case.pick(_NETS[kind])}
        if "mlp" in params["architecture"]:
            params["architecture_params"] = {"hidden_layer_sizes": (4,)}
    elif "random_state" in parameters:
        params["random_state"] = 0
    if name == "Resize":
        params["size"] = case.pick(((4, 3), 5, 8))
    if name == "PretrainedFeatures":
        params["image_size"] = 32
    if name == "OnnxClassifier":
        path = models.make_model_files()[f"{kind}_net.onnx"]
        params["model"] = case.pick_early(
            (path, path, path, str(path), path.read_bytes(), "x.onnx", *JUNK[:3])
        )
    if "estimator" in parameters:
        params["estimator"] = models.make_estimators(kind)["net"]
        if case.has_luck(0.2):
            params["estimator"] = case.pick([*models.make_estimators(kind).values(), *JUNK])
    if "estimators" in parameters:
        params["estimators"] = _draw_members(case, kind)
    if "param_grid" in parameters:
        grids: tuple[Any, ...] = (
            *({"lr": [1e-2, 1e-3]}, {"lr": [1e-3], "weight_decay": [0, 0.1]}, {"lr": []}, {}, []),
            *({"max_epochs": [1, 2]}, [{"lr": [1e-3]}, {"label_smoothing": [0.1]}], {"x": [1]}),
            *({"lr": 1e-3}, {"lr": [0.0]}, {"lr": ["x"]}, {"lr": [None]}, {"optimizer": ["adam"]}),
            *({"lr": np.array([1e-3, 1e-2])}, {"random_state": [0, 1]}, {"lr": [1e30]}, "x"),
        )
        params |= {"param_grid": case.pick(grids), "cv": 2}
    return params


def _draw_members(case: Case, kind: str) -> Any:
    """Draw the members of a vote: mostly two or three pairs of a name and a classifier."""
    estimators = models.make_estimators(kind)
    estimators.pop("logistic", None)  # the scaler of scikit-learn warns of huge values
    names = case.random.sample(sorted(estimators), case.pick((1, 2, 2, 2, 3)))
    members = [(name, estimators[name]) for name in names]
    if case.has_luck(0.1):
        members.append(case.pick((("dropped", "drop"), ("x", None), (names[0], "drop"), ("a__b",))))
    if case.has_luck(0.05):
        return case.pick((*JUNK, [], members[0], [members[0][1]], tuple(members)))
    return members


def _draw_constructor(case: Case, cls: Any, kind: str) -> dict[str, Any]:
    names = [
        name
        for name in cls._get_param_names()
        if name not in ("estimator", "estimators", "param_grid", "model")
    ]
    params = draw_parameters(case, cls._parameter_constraints, names)
    if "architecture_params" in params and case.has_luck(0.9):
        params["architecture_params"] = case.pick(_NET_PARAMS)
        case.note(f"architecture_params: {params['architecture_params']}")
    if "architecture" in params and case.has_luck(0.8):
        params["architecture"] = case.pick(
            (*_NETS[kind], *_NETS[kind], *_NETS["images"], *_NETS["spectra"], "x", "mpl")
        )
    if "augment" in params and case.has_luck(0.9):
        params["augment"] = draw_augmenters(case, kind)
    if "augmenters" in params or cls.__name__ == "Compose":
        params["augmenters"] = case.pick((draw_augmenters(case, kind), draw_augmenters(case, kind)))
    if "backbone" in params and case.has_luck(0.9):
        params["backbone"] = case.pick(("efficientnet_lite0", "x", "mlp", "efficientnet_lite9"))
    if "weights" in params and "estimators" in inspect.signature(cls).parameters:
        weights = (
            None,
            [1, 2],
            [2, 1, 0.5],
            [1],
            [0, 0],
            [-1, 2],
            [1e300, 1e-300],
            (1, float("nan")),
        )
        params["weights"] = case.pick((*weights, params["weights"]))
    if "class_weight" in params and case.has_luck(0.9):
        params["class_weight"] = case.pick(
            ("balanced", None, {}, {0: 1, 1: 2, 2: 3}, {"class 0": 2.0, "class 1": 1}, {0: -1})
            + (
                {0: float("nan"), 1: 1},
                {0: "x"},
                {"x": 1},
                {0: 1e300, 1: 1},
                {0: 0, 1: 0},
                {0: None},
            )
        )
    return params


def draw_augmenters(case: Case, kind: str) -> Any:
    """Draw what the parameter `augment` takes: an augmenter, several, or something else."""
    from sklvision import augmentation
    from sklvision.augmentation._base import Augmenter

    if case.has_luck(0.05):
        return case.pick(JUNK)
    spectral = ("SpectralShift", "SpectralGain", "GaussianNoise", "MixUp")
    names = [
        name
        for name in augmentation.__all__
        if name not in ("TestTimeAugmentation", "Compose")
        and ((name in spectral) == (kind == "spectra") or name in spectral[2:])
    ]
    augmenters: list[Any] = []
    for _ in range(case.pick((1, 1, 1, 2, 3, 0))):
        cls: Any = getattr(augmentation, case.pick(names))
        params = draw_parameters(case, cls._parameter_constraints, list(cls._get_param_names()))
        augmenter = cls(**params)
        assert isinstance(augmenter, Augmenter) or hasattr(augmenter, "mix")
        augmenters.append(
            (case.pick(("a", "b", "a__b")), augmenter) if case.has_luck(0.1) else augmenter
        )
    return augmenters if len(augmenters) != 1 or case.has_luck(0.5) else augmenters[0]


def _try_transformer(case: Case, estimator: Any, kind: str) -> None:
    """Fit a transformer, and look at its output."""
    X = make_samples(case, kind)
    n = count_samples(X)
    y = make_labels(case, n) if case.has_luck(0.3) else None
    if not hasattr(estimator, "fit"):  # such as MixUp, which works on batches in training
        case.call(repr, estimator)
        case.call(clone, estimator)
        return
    if case.has_luck(0.1) and hasattr(estimator, "set_output"):
        case.call(estimator.set_output, transform=case.pick(("pandas", "polars", "default", "x")))
    may_modify = getattr(estimator, "copy", True) is not True
    has_drawn = case.has_luck(0.5)
    if has_drawn:
        output = case.call(estimator.fit_transform, X, y, may_modify=may_modify)
    else:
        case.call(estimator.fit, X, y)
        output = case.call(estimator.transform, X, may_modify=may_modify)
    if has_samples(X):
        _check_output(case, output, n, type(estimator).__name__)
    if may_modify:
        return
    if has_drawn and case.has_luck(0.5):
        copy = clone(estimator)
        first_output = case.call_again(copy.fit_transform, X, y)
        second_output = case.call_again(clone(estimator).fit_transform, X, y)
        case.check(
            _is_same(first_output, second_output),
            "another result with the same seed",
            repr(estimator),
        )
        case.call_again(pickle.loads, case.call_again(pickle.dumps, estimator))
    if case.has_luck(0.3) and hasattr(estimator, "get_feature_names_out"):
        case.call(estimator.get_feature_names_out)
    if case.has_luck(0.2):
        new = make_samples(case, kind)
        output = case.call(estimator.transform, new)
        if has_samples(new):
            _check_output(case, output, count_samples(new), "transform")


def _check_output(case: Case, output: Any, n: int, name: str) -> None:
    if hasattr(output, "map"):  # a collection
        output = case.call(np.asarray, output)
    case.check(count_samples(output) == n, "wrong shape", f"{name}: {np.shape(output)} of {n}")
    case.check_finite(output, name)


def _try_classifier(case: Case, estimator: Any, kind: str) -> None:
    """Fit a classifier, compare what it returns with the labels it was given."""
    X = make_samples(case, kind)
    n = count_samples(X)
    y = make_labels(case, n)
    kwargs: dict[str, Any] = {}
    parameters = inspect.signature(estimator.fit).parameters
    if "sample_weight" in parameters:
        kwargs["sample_weight"] = make_weights(case, n)
    if "groups" in parameters and case.has_luck(0.2):
        kwargs["groups"] = make_groups(case, n)
    if hasattr(estimator, "partial_fit") and case.has_luck(0.15):
        kwargs.pop("groups", None)
        classes = case.pick(
            (None, None, ["class 0", "class 1", "class 2"], y, [0, 1], [0, 1, 2, 3], "x")
        )
        case.call(estimator.partial_fit, X, y, classes=classes, **kwargs)
        check_predictions(case, estimator, X, None)
        case.call(estimator.partial_fit, X, y, **kwargs)
        check_predictions(case, estimator, X, None)
        return
    case.call(estimator.fit, X, y, **{k: v for k, v in kwargs.items() if v is not None})
    labels = None if type(estimator).__name__ == "OnnxClassifier" else y
    check_predictions(case, estimator, X, labels)
    if getattr(estimator, "refit", True) is False:
        return
    if case.has_luck(0.15):
        _check_repetition(case, estimator, X, y, kwargs)
    if case.has_luck(0.2):
        new = make_samples(case, kind)
        case.note("new samples")
        predicted = case.call(estimator.predict, new)
        is_right = not has_samples(new) or len(predicted) == count_samples(new)
        case.check(is_right, "wrong shape", "predict")
        case.check_finite(case.call(estimator.predict_proba, new), "predict_proba of new samples")
    if case.has_luck(0.05):
        case.call(estimator.fit, make_samples(case, kind), y)
        case.note("fit again")


def _check_repetition(case: Case, estimator: Any, X: Any, y: Any, kwargs: dict[str, Any]) -> None:
    if not hasattr(estimator, "predict_proba") or getattr(estimator, "time_limit", None):
        return
    probabilities = case.call_again(estimator.predict_proba, X)
    unpickled_estimator = case.call_again(pickle.loads, case.call_again(pickle.dumps, estimator))
    case.check(
        _is_same(probabilities, unpickled_estimator.predict_proba(X)), "another result after pickle"
    )
    if isinstance(getattr(estimator, "random_state", 0), int | np.integer):
        copy = clone(estimator)
        case.call_again(copy.fit, X, y, **{k: v for k, v in kwargs.items() if v is not None})
        case.check(
            _is_same(probabilities, copy.predict_proba(X)), "another result with the same seed"
        )


def check_predictions(case: Case, estimator: Any, X: Any, y: Any) -> None:
    """Check labels, probabilities and shapes of predictions of training samples."""
    if getattr(estimator, "refit", True) is False:
        return
    predicted = case.call_again(estimator.predict, X)
    n = count_samples(X) if has_samples(X) else len(predicted)
    case.check(np.shape(predicted) == (n,), "wrong shape", f"predict: {np.shape(predicted)}")
    if y is not None:
        labels = _list_labels(y)
        values = predicted.astype(str) if predicted.dtype.kind == "M" else predicted
        wrong = [p for p in values.tolist() if p not in labels]
        case.check(not wrong, "wrong label", f"{wrong[:3]!r} of {labels[:5]!r}")
    if not hasattr(estimator, "predict_proba"):
        return
    probabilities = case.call_again(estimator.predict_proba, X)
    case.check_finite(probabilities, "predict_proba")
    classes = estimator.classes_
    case.check(probabilities.shape == (n, len(classes)), "wrong shape", "predict_proba")
    sums = probabilities.sum(axis=1)
    case.check(np.allclose(sums, 1, atol=1e-5), "probabilities without sum 1", str(sums[:3]))
    top_labels = np.asarray(classes)[probabilities.argmax(axis=1)]
    agree = np.asarray(top_labels == predicted)
    top = np.sort(probabilities, axis=1)
    is_tie = top[:, -1] - top[:, -2] < 1e-3 if len(classes) > 1 else np.zeros(n, dtype=bool)
    case.check((agree | is_tie).all(), "label without the largest probability")
    if hasattr(estimator, "decision_function"):
        case.check_finite(case.call_again(estimator.decision_function, X), "decision_function")


def _list_labels(y: Any) -> list[Any]:
    y = y.detach() if hasattr(y, "detach") else y
    if isinstance(y, pd.DataFrame):
        y = y.iloc[:, 0]
    if getattr(getattr(y, "dtype", None), "kind", "") == "M":  # whose tolist gives nanoseconds
        y = np.asarray(y).astype(str)
    for method in ("to_list", "to_pylist", "tolist"):
        if hasattr(y, method):
            values = getattr(y, method)()
            break
    else:
        values = [v.item() if hasattr(v, "item") else v for v in y]
    return [v[0] if isinstance(v, list) and len(v) == 1 else v for v in values]


def _is_same(first: Any, second: Any) -> bool:
    a, b = to_numbers(first), to_numbers(second)
    if a is None or b is None:
        return np.shape(first) == np.shape(second)
    return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=True))
