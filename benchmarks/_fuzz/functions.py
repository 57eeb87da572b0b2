"""Cases of public functions and of the methods of their results."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GroupKFold, StratifiedKFold, TimeSeriesSplit

from benchmarks._fuzz import models
from benchmarks._fuzz.arguments import SHAPES, STRINGS, draw_arguments
from benchmarks._fuzz.case import Case
from benchmarks._fuzz.labels import make_labels
from benchmarks._fuzz.samples import (
    JUNK,
    count_samples,
    make_groups,
    make_samples,
)

SCORES = ("accuracy", "accuracy", "f1_macro", "neg_log_loss", "roc_auc", "r2", "x", "", None)


class OtherClassifier(DummyClassifier):
    """Classifier whose labels are not those of the training data."""

    def predict(self, X: Any) -> Any:
        return np.full(len(X), "other", dtype=object)


def make_makers(case: Case, kind: str) -> dict[str, Callable[[], Any]]:
    """Make the makers of values by the name of a parameter; `X` and `y` fit together."""
    is_small = case.has_luck(0.5)
    X = models.load_data(kind)[0] if is_small else make_samples(case, kind)
    n = count_samples(X)
    y = models.load_data(kind)[1] if is_small and case.has_luck(0.7) else make_labels(case, n)
    folder = case.folder

    def draw_estimator() -> Any:
        fitted_models, new_models = models.fit_models(kind), models.make_estimators(kind)
        return case.pick(
            [
                *fitted_models.values(),
                *fitted_models.values(),
                *new_models.values(),
                OtherClassifier(),
            ]
        )

    def draw_estimators() -> Any:
        cheap = models.make_estimators(kind)
        cheap = {name: cheap[name] for name in ("net", "dummy", "pipeline")}
        name = case.pick(list(cheap))
        return case.pick(
            ({name: cheap[name]}, {name: cheap[name]}, {"o": OtherClassifier(), name: cheap[name]})
            + (
                [cheap["dummy"]],
                cheap["dummy"],
                {},
                [],
                {1: cheap["dummy"]},
                {"a": None},
                {"": cheap[name]},
            )
            + ({"a": "x"}, {"majority class": cheap["dummy"]}, {"<b>|": cheap["dummy"]})
        )

    def draw_scoring() -> Any:
        extra = (
            ["accuracy", "f1_macro"],
            {"a": "accuracy"},
            {"predict seconds": "accuracy"},
            [],
            {},
        )
        extra += (
            {"fold": "accuracy"},
            {"<b>": "accuracy"},
            len,
            ["accuracy", "accuracy"],
            {1: "accuracy"},
        )
        extra += (lambda *_: float("nan"), lambda *_: "x", lambda *_: 1)
        return case.pick((*SCORES, *extra))

    def draw_cv() -> Any:
        splitters = (StratifiedKFold(2), GroupKFold(2), TimeSeriesSplit(2), "x", 2, 3, 2, 1, 1000)
        pairs = (
            [(np.arange(n // 2), np.arange(n // 2, n))],
            [([0], [0])],
            [([], [0, 1])],
            [([0, 9999], [1])],
        )
        return case.pick((*splitters, *pairs, iter([([0, 1, 2], [3, 4])]), [(1, 2)], ["ab"]))

    def draw_path() -> Any:
        name = case.pick(
            ("out", "out.sklv", "out.onnx", "out.html", "a b.é", "no/such/folder", ".")
        )
        return case.pick((str, lambda path: path))(folder / name)

    return {
        "X": lambda: X,
        "y": lambda: y,
        "y_true": lambda: y,
        "y_pred": lambda: case.pick((y, make_labels(case, n))),
        "groups": lambda: make_groups(case, n),
        "estimator": draw_estimator,
        "model": draw_estimator,
        "models": lambda: case.pick(
            ({"a": draw_estimator()}, {"a": draw_estimator(), "b": draw_estimator()}, {})
        ),
        "estimators": draw_estimators,
        "scoring": draw_scoring,
        "score": lambda: case.pick(SCORES),
        "cv": draw_cv,
        "times": lambda: make_times(case, n),
        "probabilities": lambda: make_probabilities(case, n, y),
        "classes": lambda: case.pick((None, y, ["a", "b", "c"], [0, 1], [])),
        "result": lambda: models.make_comparison(kind),
        "comparison": lambda: case.pick((None, models.make_comparison(kind))),
        "robustness": lambda: case.pick((None, models.make_robustness(kind))),
        "forecast": lambda: case.pick((None, {})),
        "data": lambda: case.pick((None, (X, y), models.load_data(kind), (X,), X)),
        "test_data": lambda: case.pick((None, (X, y), models.load_data(kind), (X,), X)),
        "validation": lambda: case.pick((None, (X, y), models.load_data(kind), (X,), X)),
        "samples": lambda: case.pick((None, X, models.load_data(kind)[0])),
        "path": draw_path,
        "memory": lambda: case.pick((None, str(folder / "memory"))),
        "input_shape": lambda: case.pick(((8,), (8, 8, 1), (8, 8, 3), *SHAPES)),
        "n_classes": lambda: case.pick((1, 2, 3, 0, -1, 2.5, None, "2")),
        "image_shape": lambda: case.pick((None, *SHAPES)),
        "name": lambda: draw_name(case),
        "names": lambda: case.pick(
            (None, ["net", "dummy"], [], ["mlp"], ["logistic"], "mlp", ["x"])
        ),
        "options": lambda: case.pick(
            (None, {}, {"fast": True}, {"vote": True}, {"lr": 0.1}, {"x": 1}, {"lr": "x"}, "x")
        ),
        "class_weight": lambda: case.pick(("balanced", None, {"a": 1}, {"x": 1}, {0: 1}, "x", {})),
        "corruptions": lambda: case.pick(
            (None, ["noise"], "noise", ["x"], [], {}, {"n": len}, [1])
        ),
        "baselines": lambda: case.pick((True, False, ["majority class"], ["x"], [], "x", ["net"])),
        "error_score": lambda: case.pick(("raise", np.nan, 0.0, "x", None, float("inf"))),
        "similarity": lambda: case.pick(("auto", 0.9, 1.0, 0.0, -1.0, 2, "x", float("nan"))),
        "skip_steps": lambda: case.pick(((), ["resize"], ["x"], "resize", [1], ("savitzkygolay",))),
        "candidate": lambda: case.pick((None, "net", "dummy", "x", 1)),
        "files": lambda: case.pick(((), ["no-file"], [b"x"], "x", [1])),
        "pixel_range": lambda: case.pick(
            ("auto", (0, 255), (0.0, 1.0), (1, 0), (0, 0), "x", (0, np.inf))
        ),
        "value": lambda: case.pick(
            (0, 1, 1e3, 1e300, -1, float("nan"), float("inf"), "x", None, 10**30)
        ),
    }


def draw_name(case: Case) -> Any:
    """Draw the name of an architecture, a recipe, a candidate or nothing."""
    from sklvision.nets import list_architectures
    from sklvision.recipes import list_models

    names = [*list_architectures(), *(row[0] for row in list_models()), "net", "dummy", "a"]
    if case.has_luck(0.2):
        return case.pick((*STRINGS, *JUNK))
    return case.pick([name for name in names if "efficientnet" not in name])


def make_times(case: Case, n: int) -> Any:
    """Make times of samples as numbers, dates, texts or something else."""
    days = case.rng.integers(0, 9, n)
    dates = pd.Timestamp("2020-01-01") + pd.to_timedelta(days, unit="D")
    kinds: tuple[Callable[[], Any], ...] = (
        *(lambda: days, lambda: days.tolist(), lambda: days * 1.5, lambda: dates),
        *(
            lambda: dates.to_numpy(),
            lambda: [str(date) for date in dates],
            lambda: pd.Series(dates),
        ),
        *(lambda: [*dates[:-1], pd.NaT], lambda: np.where(days == 3, np.nan, days)),
        *(
            lambda: [*days[:-1].tolist(), "x"],
            lambda: make_labels(case, n),
            lambda: dates.tz_localize("UTC"),
        ),
        *(
            lambda: days[:-1],
            lambda: days[:, None],
            lambda: days.astype(bool),
            lambda: case.pick(JUNK),
        ),
        *(lambda: [f"{day}.13.2020" for day in days], lambda: np.where(days == 3, np.inf, days)),
    )
    return case.pick(kinds)()


def make_probabilities(case: Case, n: int, y: Any) -> Any:
    """Make probabilities of labels, most of them proper."""
    try:
        k = len(set(y))
    except TypeError:
        k = 2
    p = case.rng.random((n, max(k + case.pick((0, 0, 0, 0, 1, -1)), 1)))
    p /= p.sum(axis=1, keepdims=True)
    kinds: tuple[Any, ...] = (
        p,
        p,
        p,
        p.tolist(),
        p * 2,
        -p,
        p[:-1],
        p[:, 0],
        p * np.nan,
        p.round(),
    )
    kinds += (p.astype("float16"), pd.DataFrame(p), p.astype(object), p.astype(str))
    return case.pick(kinds)


def try_function(case: Case, function: Callable[..., Any]) -> None:
    """Draw arguments for a public function, call it, and use the result."""
    kind = case.pick(("spectra", "images"))
    makers = make_makers(case, kind)
    name = getattr(function, "__name__", "")
    kwargs = draw_arguments(case, function, makers, skip=("tracking_uri", "experiment"))
    if name in ("make_spectra", "list_models"):
        kwargs.pop("return_X_y", None)
    if name == "build":
        kwargs |= case.pick(({}, {}, {"width": 2}, {"hidden_layer_sizes": (4,)}, {"width": "x"}))
    if name == "set_net_params":
        kwargs |= case.pick(({}, {"max_epochs": 1}, {"lr": "x"}, {"x": 1}, {"device": "cpu"}))
    if "random_state" in inspect.signature(function).parameters:
        case.may_draw = kwargs.get("random_state") is None
    if name == "build":  # a module of torch, whose weights torch draws
        case.may_draw = True
    may_modify = name.startswith("set_")
    may_print = bool(kwargs.get("verbose"))
    result = case.call(function, may_modify=may_modify, may_print=may_print, **kwargs)
    use_result(case, result, kind)


def use_result(case: Case, result: Any, kind: str) -> None:
    """Call the public methods of a result with drawn arguments; look at numbers otherwise."""
    cls = type(result)
    if isinstance(result, tuple):
        for part in result:
            if isinstance(part, np.ndarray):
                case.check_finite(part, "output")
    if callable(result) and not hasattr(result, "fit"):  # a scorer, a net
        return
    if not cls.__module__.startswith("sklvision."):
        return
    case.call(repr, result)
    if hasattr(result, "fit"):
        return
    names = [name for name in dir(result) if not name.startswith("_") and name != "to_mlflow"]
    methods = [
        name for name in names if inspect.isfunction(inspect.getattr_static(cls, name, None))
    ]
    makers = make_makers(case, kind)
    makers |= {
        "path": lambda: case.pick((None, str(case.folder / "page.html"))),
        "sample_names": lambda: case.pick((None, ["a"] * 24, ["a"], 3)),
        "label": lambda: case.pick((None, "a", "x", 0)),
        "n": lambda: case.pick((None, 10, [10, 100], 0, -1, 1e300, "x", [], [np.nan])),
        "corruption": lambda: case.pick(("noise", "x", None, *getattr(result, "corruptions", ()))),
        "cost": lambda: case.pick(("predict_ms_per_sample", "fit_seconds", "n_parameters", "x")),
        "score": lambda: case.pick((None, "accuracy", "x", 0.9, 1.5, float("nan"))),
        "reference": lambda: case.pick((None, "net", "dummy", "x")),
        "name": lambda: case.pick((None, "net", "dummy", "x", 3)),
        "severity": lambda: case.pick((0, 1, 0.5, -1, 1e300, "x", float("nan"))),
    }
    for method in case.random.sample(methods, min(len(methods), 3)):
        function = getattr(result, method)
        output = case.call(function, **draw_arguments(case, function, makers))
        if isinstance(output, str):
            case.check(" nan " not in output and ">nan<" not in output, "nan in a text", method)


def try_comparison_method(case: Case) -> None:
    """Call methods of the result of a comparison that was made once."""
    kind = case.pick(("spectra", "images"))
    makers: tuple[Callable[[], Any], ...] = (
        lambda: models.make_comparison(kind),
        lambda: models.make_comparison(kind),
        lambda: models.make_robustness(kind),
    )
    use_result(case, case.pick(makers)(), kind)
