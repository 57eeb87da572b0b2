"""Labels of every type, and none at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import torch

from benchmarks._fuzz.case import Case
from benchmarks._fuzz.samples import JUNK


def make_labels(case: Case, n: int, *, n_classes: int | None = None) -> Any:
    """Make labels: plain ones in half of the cases."""
    k = case.pick((1, 2, 2, 2, 3, 3, 4, 7)) if n_classes is None else n_classes
    codes = case.rng.integers(0, k, n) if case.has_luck(0.5) else np.arange(n) % k
    if case.has_luck(0.5):
        return np.array([f"class {i}" for i in range(k)])[codes] if case.has_luck(0.5) else codes
    name = case.pick(list(_MAKERS))
    case.note(f"labels: {name}, {k} classes")
    try:
        return _MAKERS[name](case, codes)
    except (ValueError, IndexError):  # no labels to change
        return codes


def _replace_some(case: Case, codes: np.ndarray, value: Any) -> np.ndarray:
    labels = codes.astype(object)
    labels[case.random.randrange(len(labels))] = value
    return labels


def _to_texts(codes: np.ndarray) -> list[str]:
    return [f"c{code}" for code in codes]


_MAKERS: dict[str, Callable[[Case, np.ndarray], Any]] = {
    "list": lambda case, codes: codes.tolist(),
    "tuple": lambda case, codes: tuple(codes.tolist()),
    "texts": lambda case, codes: _to_texts(codes),
    "objects": lambda case, codes: np.array(_to_texts(codes), dtype=object),
    "bool": lambda case, codes: codes == 0,
    "bools": lambda case, codes: (codes == 0).tolist(),
    "bytes": lambda case, codes: np.array(_to_texts(codes), dtype="S"),
    "int8": lambda case, codes: codes.astype(np.int8),
    "uint64": lambda case, codes: codes.astype(np.uint64) + np.uint64(2**63),
    "large": lambda case, codes: codes + 2**62,
    "negative": lambda case, codes: -5 * codes,
    "24 digits": lambda case, codes: (codes.astype(object) + 10**24).tolist(),
    "whole floats": lambda case, codes: codes.astype(float),
    "half floats": lambda case, codes: codes + 0.5,
    "float16": lambda case, codes: codes.astype(np.float16),
    "float32": lambda case, codes: codes.astype(np.float32),
    "large floats": lambda case, codes: codes * 1e300,
    "complex": lambda case, codes: codes + 1j,
    "nan": lambda case, codes: np.where(codes == codes[0], np.nan, codes),
    "inf": lambda case, codes: np.where(codes == codes[0], np.inf, codes),
    "none": lambda case, codes: _replace_some(case, codes, None),
    "missing text": lambda case, codes: [None, *_to_texts(codes)[1:]],
    "nan text": lambda case, codes: np.array([np.nan, *_to_texts(codes)[1:]], dtype=object),
    "mixed": lambda case, codes: _replace_some(case, codes, "x"),
    "mixed list": lambda case, codes: ["x", *codes[1:].tolist()],
    "object ints": lambda case, codes: codes.astype(object),
    "object bools": lambda case, codes: (codes == 0).astype(object),
    "objects of Python": lambda case, codes: [object()] * len(codes),
    "tuples": lambda case, codes: [(code, code) for code in codes],
    "dates": lambda case, codes: np.datetime64("2020-01-01") + codes.astype("m8[D]"),
    "timestamps": lambda case, codes: pd.Series(
        pd.Timestamp("2020-01-01") + pd.to_timedelta(codes)
    ),
    "series": lambda case, codes: pd.Series(codes, index=range(9, 9 + len(codes))),
    "text series": lambda case, codes: pd.Series(_to_texts(codes)),
    "string series": lambda case, codes: pd.Series(_to_texts(codes), dtype="string"),
    "missing strings": lambda case, codes: pd.Series(
        [pd.NA, *_to_texts(codes)[1:]], dtype="string"
    ),
    "nullable": lambda case, codes: pd.Series(codes, dtype="Int64"),
    "nullable bool": lambda case, codes: pd.Series(codes == 0, dtype="boolean"),
    "missing": lambda case, codes: pd.Series([pd.NA, *codes[1:]], dtype="Int64"),
    "nullable floats": lambda case, codes: pd.Series(codes, dtype="Float64"),
    "arrow": lambda case, codes: pd.Series(codes, dtype="int64[pyarrow]"),
    "arrow text": lambda case, codes: pd.Series(_to_texts(codes), dtype="string[pyarrow]"),
    "arrow missing": lambda case, codes: pd.Series([pd.NA, *codes[1:]], dtype="int64[pyarrow]"),
    "categories": lambda case, codes: pd.Series(_to_texts(codes)).astype("category"),
    "categorical": lambda case, codes: pd.Categorical(_to_texts(codes)),
    "missing category": lambda case, codes: pd.Categorical([None, *_to_texts(codes)[1:]]),
    "index": lambda case, codes: pd.Index(codes),
    "frame": lambda case, codes: pd.DataFrame({"y": codes}),
    "two columns": lambda case, codes: np.stack([codes, codes], axis=1),
    "column": lambda case, codes: codes[:, None],
    "one hot": lambda case, codes: np.eye(codes.max() + 1)[codes],
    "polars": lambda case, codes: pl.Series(codes),
    "polars text": lambda case, codes: pl.Series(_to_texts(codes)),
    "polars missing": lambda case, codes: pl.Series([None, *codes[1:].tolist()]),
    "pyarrow": lambda case, codes: pa.array(codes),
    "pyarrow text": lambda case, codes: pa.chunked_array([_to_texts(codes)]),
    "tensor": lambda case, codes: torch.from_numpy(codes),
    "grad": lambda case, codes: torch.tensor(codes, dtype=torch.float32, requires_grad=True),
    "short": lambda case, codes: codes[:-1],
    "long": lambda case, codes: np.append(codes, 0),
    "empty texts": lambda case, codes: np.where(codes == 0, "", "x"),
    "spaces": lambda case, codes: np.where(codes == 0, " a", "a"),
    "long texts": lambda case, codes: np.where(codes == 0, "a" * 3000, "<b>|\n,"),
    "surrogates": lambda case, codes: np.where(codes == 0, "\udcff", "é"),
    "unique": lambda case, codes: np.arange(len(codes)),
    "read-only": lambda case, codes: np.frombuffer(codes.tobytes(), codes.dtype),
    "big-endian": lambda case, codes: codes.astype(">i4"),
    "masked": lambda case, codes: np.ma.masked_array(codes, codes == 0),
    "structured": lambda case, codes: codes.astype([("a", "i4")]),
    "ragged": lambda case, codes: [[1], [1, 2], *codes[2:].tolist()],
    "sets": lambda case, codes: [{1}] * len(codes),
    "junk": lambda case, codes: case.pick(JUNK),
}
