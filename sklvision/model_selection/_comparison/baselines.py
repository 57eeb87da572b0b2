"""Simple baselines that every comparison includes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.image import FlattenImages, Resize
from sklvision.utils._columns import check_values
from sklvision.utils._samples import Samples

# Logistic regression on millions of pixels takes hours, and is no better.
MAX_SIDE = 64


def add_baselines(
    candidates: dict[str, Any],
    baselines: bool | Sequence[str],
    samples: Samples,
    *,
    may_fail: bool = False,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Put the standard baselines first, and return the names of all baselines."""
    names = _check_names(baselines, candidates)
    if names is None:
        return candidates, ()
    if samples.kind == "other":
        raise ValueError(
            f"The baselines need X of 2 (features), 3 or 4 (images) dimensions, got shape "
            f"{samples.shape}; pass baselines=False to compare without them."
        )
    standard = {
        "majority class": DummyClassifier(),
        "logistic regression": make_logistic_regression(samples),
    }
    given_names = {_normalize_name(name): name for name in candidates}
    additions = {
        name: est for name, est in standard.items() if _normalize_name(name) not in given_names
    }
    if "logistic regression" in additions and not may_fail:
        _check_numbers(samples)
    standard_names = [given_names.get(_normalize_name(name), name) for name in standard]
    return {**additions, **candidates}, tuple(dict.fromkeys(standard_names + names))


def _check_numbers(samples: Samples) -> None:
    """Raise if a column holds text, which logistic regression does not take."""
    if not samples.is_table or samples.is_numeric:
        return
    is_text_array = isinstance(samples.data, np.ndarray) and samples.data.dtype.kind in "OUS"
    try:
        check_values(pd.DataFrame(samples.data) if is_text_array else samples.data)
    except ValueError as error:
        raise ValueError(
            f"{error} Logistic regression, a baseline of every comparison, takes numbers only: "
            "encode that column; or call compare_estimators with baselines=False."
        ) from None


def _check_names(baselines: Any, candidates: dict[str, Any]) -> list[str] | None:
    """Return the names of candidates that are baselines; None to go without baselines."""
    if isinstance(baselines, (bool, np.bool_)):
        return [] if baselines else None
    if isinstance(baselines, str) or not all(isinstance(name, str) for name in baselines):
        raise TypeError(f"baselines must be a bool or a list of names, got {baselines!r}.")
    unknown = [name for name in baselines if name not in candidates]
    if unknown:
        raise ValueError(f"baselines names {unknown}, not among {list(candidates)}.")
    return list(baselines)


def make_logistic_regression(samples: Samples, max_side: int = MAX_SIDE) -> Any:
    """Make logistic regression on standardized features, of images on their reduced pixels."""
    steps: list[Any] = []
    if samples.is_images:
        shape = samples.sample_shape
        if shape is None or (len(shape) > 1 and max(shape[:2]) > max_side):
            steps.append(Resize(max_side))
        steps.append(FlattenImages())
    elif _has_missing_values(samples):
        steps.append(SimpleImputer(keep_empty_features=True))
    return make_pipeline(*steps, StandardScaler(), LogisticRegression(max_iter=1000))


def _has_missing_values(samples: Samples) -> bool:
    frame = samples.to_frame()
    if frame is not None:
        return bool(frame.select_dtypes("number").isna().any(axis=None))
    values = samples.to_array()
    return values.dtype.kind == "f" and bool(np.isnan(values).any())


def _normalize_name(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
