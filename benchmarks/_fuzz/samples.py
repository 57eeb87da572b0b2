"""Samples, labels, weights and groups of every type, shape, layout and container."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sp
import torch

from benchmarks._fuzz.case import Case

Array = np.ndarray
N_ROWS = (0, 1, 2, 3, 4, 6, 6, 8, 8, 10, 12, 12, 16, 20, 24, 30)
N_BANDS = (1, 2, 3, 5, 8, 8, 8, 8, 12, 16, 33)
SIDES = (1, 2, 3, 5, 6, 8, 8, 9, 12)
JUNK: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, float("nan"), float("inf"), 10**30, "x", "", b"x", "no\0name"),
    *([], (), {}, [1], [[]], [None], {"a": 1}, set(), object, len, np.array(3.0), np.zeros(0)),
    *(np.array("x"), 1j, slice(2), pd.NA, pd.NaT, np.datetime64("2020-01-01"), range(3), "é" * 99),
)


def make_samples(case: Case, kind: str | None = None, *, n: int | None = None) -> Any:
    """Make samples: plain ones in a third of the cases, else with one to three oddities."""
    kind = kind or case.pick(("spectra", "spectra", "images"))
    n_oddities = case.pick((0, 0, 0, 1, 1, 1, 1, 2, 2, 3))
    if case.is_calm:
        n_oddities = case.pick((0, 0, 1))
    if case.has_luck(0.01):
        case.note("X: junk")
        return case.pick(JUNK)
    X = make_plain_samples(case, kind, n)
    if case.is_calm and kind == "spectra":
        X = case.rng.normal(size=(len(X), 8))
    elif case.is_calm:
        X = case.rng.integers(0, 256, (len(X), 8, 8), dtype=np.uint8)
    oddities: list[Callable[[Case, Any], Any]] = [_change_values, _change_dtype, _change_layout]
    for oddity in case.random.sample([*oddities, _change_container], min(n_oddities, 3)):
        if isinstance(X, Array) or oddity is _change_container:
            X = _try_change(case, oddity, X)
    shape, dtype = getattr(X, "shape", None), getattr(X, "dtype", None)
    case.note(f"X: {kind} {type(X).__module__}.{type(X).__name__} {shape} {dtype}")
    return X


def make_plain_samples(case: Case, kind: str, n: int | None = None) -> Array:
    """Make samples that every estimator of the kind takes."""
    n = case.pick(N_ROWS[5:] if case.has_luck(0.8) else N_ROWS) if n is None else n
    if kind == "spectra":
        return case.rng.normal(size=(n, case.pick(N_BANDS))) + 3
    shape: tuple[int, ...] = (n, 8, 8)
    if case.has_luck(0.6):
        shape = (n, case.pick(SIDES), case.pick(SIDES))
    if case.has_luck(0.5):
        shape += (case.pick((1, 3, 3, 4, 2, 5)),)
    if case.has_luck(0.6):
        return case.rng.integers(0, 256, shape, dtype=np.uint8)
    return case.rng.random(shape)


def _try_change(case: Case, change: Callable[[Case, Any], Any], X: Any) -> Any:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return change(case, X)
        except Exception:  # a library knows no such value, such as a sparse matrix of images
            return X


def _change_values(case: Case, X: Array) -> Array:
    X = X.astype(float)
    is_chosen = case.rng.random(X.shape) < case.pick((0.01, 0.2, 1.0))
    name = case.pick(
        ("nan", "inf", "-inf", "huge", "large", "tiny", "offset", "zero", "constant", "rows")
        + ("column", "mixed", "whole", "negative", "subnormal", "copies")
    )
    case.note(f"values: {name}")
    values = {
        **{"nan": np.nan, "inf": np.inf, "-inf": -np.inf, "huge": 1e300, "large": 1e30},
        **{"tiny": X * 1e-30, "offset": X + 1e9, "zero": 0 * X, "constant": 7 + 0 * X},
        **{"mixed": X * 10.0 ** case.rng.integers(-300, 300, X.shape), "whole": np.rint(100 * X)},
        **{"negative": -X, "subnormal": X * 1e-310},
    }
    if name in values:
        return np.where(is_chosen, values[name], X)
    if name == "rows":
        X[..., :] = X[..., :1]
    elif name == "column":
        X[:, 0] = 3
    elif len(X):
        X[:] = X[case.rng.integers(0, len(X), len(X))]
    return X


def _change_dtype(case: Case, X: Array) -> Array:
    dtype = case.pick(
        ("float32", "float32", "float16", "uint8", "int8", "int16", "uint16", "int32", "int64")
        + (
            "uint64",
            "bool",
            "longdouble",
            ">f8",
            ">i4",
            "complex128",
            "object",
            "U9",
            "S9",
            "M8[s]",
        )
    )
    case.note(f"dtype: {dtype}")
    return X.astype(dtype)


def _change_layout(case: Case, X: Array) -> Array:
    name = case.pick(("fortran", "strided", "reversed", "read-only", "memmap", "axes", "shape"))
    case.note(f"layout: {name}")
    if name == "fortran":
        return np.asfortranarray(X)
    if name == "strided":
        return np.repeat(X, 2, axis=-1)[..., ::2]
    if name == "reversed":
        return X[:, ::-1]
    if name == "read-only":
        X.flags.writeable = False
        return X
    if name == "memmap":
        path = case.folder / f"memmap{case.random.randrange(10**6)}"
        memory = np.memmap(path, X.dtype, "w+", shape=X.shape)
        memory[:] = X
        return memory
    if name == "axes":
        return np.moveaxis(X, -1, 1)
    shapes = ((-1,), (len(X), -1), (1, *X.shape), (*X.shape, 1), (len(X), 1, -1), ())
    return X.reshape(case.pick(shapes))


def _change_container(case: Case, X: Any) -> Any:
    name = case.pick(
        ("list", "lists", "tuple", "arrays", "ragged", "tensor", "grad", "bfloat16", "masked")
        + ("matrix", "sparse", "frame", "frame", "nullable", "missing", "arrow", "polars", "table")
        + ("duplicates", "numbers", "mixed names", "text", "categories", "series", "files", "one")
        + ("index", "polars missing", "dates", "interface", "iterator", "object rows", "collection")
    )
    case.note(f"container: {name}")
    array = np.asarray(X)
    if name in _ANY_CONTAINERS:
        return _ANY_CONTAINERS[name](case, array)
    rows = array.reshape(len(array), -1)
    frame = pd.DataFrame(rows, columns=[f"b{i}" for i in range(rows.shape[1])])
    if name in _TABLES:
        return _TABLES[name](case, frame)
    raise AssertionError(name)


class _Interface:
    """Object that is an array to NumPy alone."""

    def __init__(self, array: Array) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return np.asarray(self.array, dtype=dtype)


def _make_ragged(case: Case, array: Array) -> Any:
    rows = list(array)
    rows[case.random.randrange(len(rows))] = rows[0][:-1]
    return rows


def _make_files(case: Case, array: Array) -> Any:
    from benchmarks._fuzz.files import encode_image

    images = [encode_image(case, np.asarray(image, dtype=np.uint8)) for image in array]
    from sklvision.datasets import ImageCollection

    return ImageCollection(images)


_ANY_CONTAINERS: dict[str, Callable[[Case, Array], Any]] = {
    "list": lambda case, array: list(array),
    "lists": lambda case, array: array.tolist(),
    "tuple": lambda case, array: tuple(array),
    "arrays": lambda case, array: [*array],
    "ragged": _make_ragged,
    "tensor": lambda case, array: torch.from_numpy(np.ascontiguousarray(array)),
    "grad": lambda case, array: torch.tensor(array, dtype=torch.float32, requires_grad=True),
    "bfloat16": lambda case, array: torch.tensor(array, dtype=torch.bfloat16),
    "masked": lambda case, array: np.ma.masked_array(array, case.rng.random(array.shape) < 0.1),
    "matrix": lambda case, array: np.asmatrix(array),
    "sparse": lambda case, array: case.pick((sp.csr_matrix, sp.csc_array, sp.coo_array))(array),
    "files": lambda case, array: [b"x"] * len(array),
    "one": lambda case, array: array[0],
    "interface": lambda case, array: _Interface(array),
    "iterator": lambda case, array: iter(array),
    "collection": _make_files,
    "object rows": lambda case, array: pd.Series(list(array)).to_numpy(),
    "series": lambda case, array: pd.Series(list(array)),
}


def _remove_some(case: Case, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.mask(case.rng.random(frame.shape) < 0.1)


_TABLES: dict[str, Callable[[Case, pd.DataFrame], Any]] = {
    "frame": lambda case, frame: frame,
    "nullable": lambda case, frame: frame.round().convert_dtypes(),
    "missing": lambda case, frame: _remove_some(case, frame.round().convert_dtypes()),
    "arrow": lambda case, frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "polars": lambda case, frame: pl.from_pandas(frame),
    "polars missing": lambda case, frame: pl.from_pandas(_remove_some(case, frame)),
    "table": lambda case, frame: pa.Table.from_pandas(frame),
    "duplicates": lambda case, frame: frame.set_axis(["b"] * frame.shape[1], axis=1),
    "numbers": lambda case, frame: frame.set_axis(range(frame.shape[1]), axis=1),
    "mixed names": lambda case, frame: frame.rename(columns={"b0": 0}),
    "text": lambda case, frame: frame.assign(b0="x"),
    "categories": lambda case, frame: frame.astype("category"),
    "dates": lambda case, frame: frame.assign(b0=pd.Timestamp("2020-01-01")),
    "index": lambda case, frame: frame.set_axis([3] * len(frame), axis=0),
}


def make_weights(case: Case, n: int) -> Any:
    """Make weights of samples; None in most cases."""
    if case.has_luck(0.8):
        return None
    name = case.pick(
        ("ones", "random", "zeros", "some", "negative", "nan", "short", "column", "list", "huge")
        + ("tiny", "text", "series", "tensor", "junk")
    )
    case.note(f"weights: {name}")
    weights = case.rng.random(n) + 0.1
    makers: dict[str, Callable[[], Any]] = {
        "ones": lambda: np.ones(n),
        "random": lambda: weights,
        "zeros": lambda: 0 * weights,
        "some": lambda: np.where(case.rng.random(n) < 0.5, 0, weights),
        "negative": lambda: weights - 0.5,
        "nan": lambda: np.where(case.rng.random(n) < 0.3, np.nan, weights),
        "short": lambda: weights[:-1],
        "column": lambda: weights[:, None],
        "list": weights.tolist,
        "huge": lambda: weights * case.pick((1e30, 1e300)),
        "tiny": lambda: weights * case.pick((1e-30, 1e-300)),
        "text": lambda: ["x"] * n,
        "series": lambda: pd.Series(weights, index=range(5, n + 5)),
        "tensor": lambda: torch.from_numpy(weights),
        "junk": lambda: case.pick(JUNK),
    }
    return makers[name]()


def make_groups(case: Case, n: int) -> Any:
    """Make groups of samples; None in half of the cases."""
    if case.has_luck(0.5):
        return None
    if case.has_luck(0.05):
        case.note("groups: junk")
        return case.pick(JUNK)
    from benchmarks._fuzz.labels import make_labels

    return make_labels(case, n, n_classes=case.pick((1, 2, 3, 4, max(n, 1))))


def count_samples(X: Any) -> int:
    """Return the number of samples, 6 where there is none."""
    try:
        return len(X) if not hasattr(X, "shape") else int(X.shape[0])
    except (TypeError, IndexError):
        return 6


def has_samples(X: Any) -> bool:
    """Whether samples can be counted."""
    return hasattr(X, "__len__") or len(getattr(X, "shape", ())) > 0
