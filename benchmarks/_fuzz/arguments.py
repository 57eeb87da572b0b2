"""Values of parameters: valid ones, edges and wrong ones, by their constraints and their names."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
    make_constraint,
)

from benchmarks._fuzz.case import Case
from benchmarks._fuzz.samples import JUNK

NUMBERS: tuple[Any, ...] = (
    *(0, 1, 2, 3, 5, 7, -1, 10**6, 2**31, 2**63, 10**30, 0.0, 0.5, 1.0, 1e-9, 1e-300, 1e-320),
    *(1e9, 1e38, 1e300, -0.5, -1e300, float("nan"), float("inf"), -float("inf"), True, False),
    *(np.int8(3), np.float32(0.5), np.float64(0.25), np.uint8(200), np.bool_(True), np.array(2)),
    *("1", "", "auto", None, [1], (1, 2), 1j),
)
# Values of parameters that decide how long a call takes, by name. Any number is valid there;
# large ones would only take long.
CHEAP: dict[str, tuple[Any, ...]] = {
    "max_epochs": (1, 1, 1, 2, 2, 3, 0, -1, 1.5, "2", None, True, np.int64(1)),
    "n_samples": (0, 1, 2, 3, 5, 10, 30, 100, -1, 1.5, "3", None, np.int64(4), True),
    "n_bands": (0, 1, 2, 3, 5, 30, 502, -1, 1.5, "3", None),
    "n_repeats": (1, 1, 2, 3, 0, -1, 1.5, None, "2"),
    "n_draws": (1, 2, 3, 0, -1, 1.5, None),
    "n_jobs": (None, None, 1, 1, 0, 1.5, "2"),
    "pre_dispatch": ("2*n_jobs", "all", 1, 2, "n_jobs", "x", 0, None),
    "cv": (2, 2, 2, 3, 3, 5, 1, 0, -1, 1.5, "2", None, 40, [], [([0, 1, 2], [3, 4, 5])], (2, 3)),
    "max_samples": (1, 2, 6, 12, 10**6, 0, -1, 1.5, None),
    "batch_size": (1, 2, 3, 4, 8, 64, -1, 0, -2, 10**9, 1.5, "2", None),
    "image_size": (1, 2, 8, 16, 32, 0, -1, 1.5, None, "8"),
    "n_threads": (1, 1, 0, -1, 1.5, None),
    "severities": (
        1,
        2,
        3,
        (0, 1),
        (0.0, 0.5, 2.0),
        0,
        -1,
        [],
        (1, 0),
        (-1, 0),
        "x",
        None,
        (0, 1e300),
    ),
    "train_sizes": (None, [2, 4], [0.3, 0.6, 1.0], [1], [], [0], [-1], [1e9], "x", 3, [0.5, 0.5]),
    "device": ("auto", "cpu", "cpu", "cuda", "cuda:9", "x", "", "meta", 3, None, "cpu:0", "mps"),
    "random_state": (0, 0, 0, 1, 2**32 - 1, 2**32, -1, "x", 1.5, [1], np.int64(3), True),
    "time_limit": (None, 1e-9, 0.5, 1e300, 0, -1, float("nan"), "x"),
    "verbose": (0, 0, 0, 0, False, -1, 1.5, "x", None),
    "max_side": (None, 1, 4, 64, 0, -1, 1.5, "x"),
    "size": (
        None,
        1,
        4,
        8,
        (3, 5),
        (0, 3),
        [4, 4],
        (1,),
        0,
        -1,
        1.5,
        "x",
        (2.5, 3),
        (1, 2, 3),
        True,
    ),
    "crop_size": (1, 3, 8, (3, 5), (0, 3), [4, 4], (1,), 0, -1, 1.5, "x", None, (2.5, 3), 200),
    "output_size": (1, 3, 8, (3, 5), (0, 3), [4, 4], (1,), 0, -1, 1.5, "x", None, (2.5, 3), 64),
    "tracking_uri": (None,),
    "window": (None, 1, 2, 3, 1000, 0, -1, 1.5),
    "patch_size": (None, 1, 2, (1, 2), (0, 1), 1000, 0, -1, 1.5, "x"),
    "stride": (None, 1, 2, (1, 2), (0, 1), 1000, 0, -1, 1.5, "x"),
}
SHAPES = (
    (8, 8),
    (8, 8, 1),
    (4, 2),
    (1, 8),
    (2, 2, 2),
    (0, 3),
    (-1, 8),
    (2.5, 2),
    (8,),
    (),
    [4, 2],
    "88",
    8,
)
STRINGS = ("", "x", "auto", "a b", "é", "\0", "a" * 5000, "x/y", "..", "%s", "[", "{0}", "*")


def draw_constraint(case: Case, constraints: list[Any]) -> Any:
    """Draw a value that constraints of scikit-learn's kind allow, or nearly."""
    if case.has_luck(0.08):
        return case.pick(JUNK) if case.has_luck(0.5) else case.pick(NUMBERS)
    return _draw_valid(case, case.pick(constraints))


def _draw_valid(case: Case, constraint: Any) -> Any:
    if constraint is callable:
        return case.pick((lambda *args, **kwargs: args[0], lambda *args, **kwargs: None))
    rule = make_constraint(constraint) if not isinstance(constraint, type) else constraint
    if isinstance(rule, Interval):
        return _draw_interval(case, rule)
    if isinstance(rule, StrOptions | Options):
        return case.pick(sorted(rule.options, key=str))
    if isinstance(rule, HasMethods):
        return case.pick(JUNK)
    name = str(constraint)
    simple: dict[str, tuple[Any, ...]] = {
        "boolean": (True, False, np.bool_(True)),
        "array-like": (
            *((0, 1), (0.0, 1.0), [0.2, 0.8], (1, 0), (3, 3), (0, 1e-300), (-1e300, 1e300), ()),
            *((1,), (1, 2, 3), ("a", "b"), (0, float("nan")), (0, float("inf")), np.array([0, 9])),
            *((-1, 1), (5, 7), (1, 2.5), (None, 1), [[0, 1]], (True, False)),
        ),
        "random_state": (*CHEAP["random_state"], np.random.RandomState(0)),
        "verbose": CHEAP["verbose"],
        "cv_object": CHEAP["cv"],
    }
    if name in simple:
        return case.pick(simple[name])
    types: dict[Any, tuple[Any, ...]] = {
        str: STRINGS,
        dict: ({}, {"a": 1}, {0: 1.0}, {"lr": [0.1]}, {1: -1}),
        list: ([], [1], [None], ["x"], [len]),
        tuple: ((), (1,), (0, 1), (None,), ("x", "y")),
    }
    return case.pick(types.get(constraint, (None,) if constraint is None else JUNK))


def _draw_interval(case: Case, interval: Interval) -> Any:
    """Draw the edges of an interval, numbers just inside and outside, and any number."""
    low, high = interval.left, interval.right
    is_whole = "Integral" in str(interval.type)
    edges = [edge for edge in (low, high) if edge is not None and abs(edge) < np.inf]
    values: list[Any] = []
    for edge in edges:
        step = 1 if is_whole else case.pick((1e-12, 0.1, 0.5, 1.0))
        values += [edge, edge + step, edge - step, edge + 2 * step] if case.has_luck(0.3) else []
    if len(edges) == 2:
        middle = (edges[0] + edges[1]) / 2
        values += [middle if not is_whole else round(middle)] * 4
    else:
        values += [1, 2, 3, 5] if is_whole else [0.1, 0.5, 1.0, 1.5, 3.0]
    is_open = len(edges) < 2
    return case.pick(NUMBERS) if case.has_luck(0.2 if is_open else 0.06) else case.pick(values)


def draw_parameters(case: Case, constraints: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Draw parameters of an estimator: most stay at their default."""
    n_changes = case.pick((0, 0, 0, 1, 1, 1, 2, 2, 3, 5))
    params = {}
    for name in case.random.sample(names, min(n_changes, len(names))):
        # Every process that a large n_jobs asks for is started.
        if name in CHEAP and (case.has_luck(0.95) or name == "n_jobs"):
            params[name] = case.pick_early(CHEAP[name])
        else:
            params[name] = draw_constraint(case, constraints.get(name, [None]))
    if params:
        case.note(f"params: {params!r}"[:500])
    return params


def draw_by_default(case: Case, parameter: inspect.Parameter) -> Any:
    """Draw a value for a parameter of a function, by its name, its default and its annotation."""
    name, default = parameter.name, parameter.default
    if name in CHEAP:
        return case.pick_early(CHEAP[name])
    if case.has_luck(0.05):
        return case.pick(JUNK)
    if isinstance(default, bool):
        return case.pick_early((True, False, True, None, 1, "x"))
    if isinstance(default, int | float):
        return case.pick_early((default, *NUMBERS))
    if isinstance(default, str):
        return case.pick((default, default, *STRINGS))
    annotation = str(parameter.annotation)
    pools: list[tuple[str, tuple[Any, ...]]] = [
        ("bool", (True, False)),
        ("float", NUMBERS),
        ("int", NUMBERS),
        ("str", STRINGS),
        ("ArrayLike", ([0.1, 0.2], np.arange(5), [], [float("nan")], "x", [[1]], [1], [2, 1])),
        ("Sequence", ([], ["a"], ["a", "b"], "ab", [1], [None], ("x",))),
        ("Mapping", ({}, {"a": 1}, {"a": None}, [], {"x": "y"})),
    ]
    fits: list[Any] = [value for word, pool in pools if word in annotation for value in pool]
    return case.pick(fits or [default, *JUNK])


def draw_arguments(
    case: Case,
    function: Callable[..., Any],
    makers: dict[str, Callable[[], Any]],
    *,
    skip: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Draw the keywords of a function.

    Parameters
    ----------
    case : Case
        Source of draws.
    function : callable
        The function, of which the signature is read.
    makers : dict of callable
        Makers of values, by the name of the parameter. Parameters without a default that are not
        among them are drawn by their annotation.
    skip : tuple of str
        Names of parameters to leave at their default.
    """
    kwargs: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name in skip or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        is_required = parameter.default is parameter.empty
        is_common = name in ("y", "cv")
        if not is_required and case.has_luck(0.3 if is_common else 0.92 if case.is_calm else 0.75):
            continue
        if name in makers and case.has_luck(0.96):
            kwargs[name] = makers[name]()
        else:
            kwargs[name] = draw_by_default(case, parameter)
    case.note(", ".join(f"{name}={describe(value)}"[:150] for name, value in kwargs.items()))
    return kwargs


def describe(value: Any) -> str:
    """Describe an argument; pandas cannot print a table of the other byte order."""
    try:
        return repr(value)
    except ValueError:
        return f"<{type(value).__name__}>"
