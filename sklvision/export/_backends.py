"""Accuracy, size and latency of a model and of its files."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import joblib
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_consistent_length

from sklvision.export._onnx_classifier import OnnxClassifier
from sklvision.reporting._formats import MISSING, format_bytes, format_number, format_time
from sklvision.reporting._text import align_table, format_markdown_table
from sklvision.utils._docstrings import fill_docstrings
from sklvision.utils._labels import read_labels
from sklvision.utils._predictions import predict_with_probabilities
from sklvision.utils._samples import Samples, as_samples
from sklvision.utils._validation import check_count

_TEXTS = {
    "columns": """\
``accuracy``
    Fraction of correct labels; NaN without labels.
``equal_labels``
    Fraction of labels that are those of the first model.
``probability_difference``
    Largest difference of a probability from that of the first model; NaN without probabilities.
``bytes``
    Size of the file; of an estimator, that of its joblib file.
``ms_one``
    Milliseconds of a prediction of one sample.
``ms_per_sample``
    Milliseconds per sample of a prediction of all samples."""
}


@fill_docstrings(_TEXTS)
@dataclass(frozen=True)
class BackendComparison:
    """The same model run in several ways, as :func:`compare_backends` measured it.

    Printed, it is a table.

    Parameters
    ----------
    table : DataFrame
        One row for each model, with its name as the index.
    n_samples : int
        Number of samples that were predicted.

    See Also
    --------
    compare_backends : Make the comparison.

    Notes
    -----
    The columns of the table:

    %(columns)s

    .. versionadded:: 0.1

    Examples
    --------
    >>> import pandas as pd
    >>> from sklvision.export import BackendComparison
    >>> row = {"accuracy": 0.98, "equal_labels": 1.0, "probability_difference": 1e-6}
    >>> row |= {"bytes": 1_300_000, "ms_one": 0.12, "ms_per_sample": 0.01}
    >>> print(BackendComparison(pd.DataFrame([row], index=["ONNX"]), n_samples=100))
    100 samples
    <BLANKLINE>
    model  accuracy  equal labels  probabilities    size  ms, one sample  ms per sample, all
    ─────  ────────  ────────────  ─────────────  ──────  ──────────────  ──────────────────
    ONNX     0.9800        1.0000          1e-06  1.3 MB           0.120               0.010
    """

    table: pd.DataFrame
    n_samples: int

    def to_frame(self) -> pd.DataFrame:
        """Return the figures, a row for each model.

        Returns
        -------
        table : DataFrame
            A copy of the table.
        """
        return self.table.copy()

    def to_markdown(self) -> str:
        """Format the figures as a Markdown table.

        Returns
        -------
        text : str
            The table.
        """
        return "\n".join(format_markdown_table(*self._format_cells()))

    def __str__(self) -> str:
        headers, rows = self._format_cells()
        return "\n".join([f"{self.n_samples} samples", "", *align_table(headers, rows)])

    def _format_cells(self) -> tuple[list[str], list[list[str]]]:
        headers = ["model", "accuracy", "equal labels", "probabilities", "size"]
        headers += ["ms, one sample", "ms per sample, all"]
        rows = []
        for name, row in self.table.iterrows():
            difference = row["probability_difference"]
            rows.append(
                [
                    str(name),
                    format_number(row["accuracy"]),
                    format_number(row["equal_labels"]),
                    MISSING if np.isnan(difference) else f"{difference:.0e}",
                    format_bytes(row["bytes"]),
                    format_time(row["ms_one"]),
                    format_time(row["ms_per_sample"]),
                ]
            )
        return headers, rows


@fill_docstrings(_TEXTS)
def compare_backends(
    models: Mapping[str, Any], X: Any, y: ArrayLike | None = None, *, n_repeats: int = 5
) -> BackendComparison:
    """Compare a fitted model and its files: labels, accuracy, size and latency.

    .. versionadded:: 0.1

    Parameters
    ----------
    models : dict of str to estimator, path or bytes
        Fitted classifiers, and ONNX files or their content, by name. The others are compared with
        the first.
    X : array-like of shape (n_samples, ...) or ImageCollection
        Samples in the form that all models take, preferably samples that no model was fitted on.
    y : array-like of shape (n_samples,), default=None
        Labels, for the accuracy.
    n_repeats : int, default=5
        Number of repeated predictions; the models take turns, and times are medians.

    Returns
    -------
    comparison : BackendComparison
        Its attribute ``table`` has the columns

        %(columns)s

    Raises
    ------
    TypeError
        If a model has no ``predict`` and is not an ONNX file.
    ValueError
        If there are no models or samples, the number of labels differs, or the models have
        different numbers of classes.

    See Also
    --------
    to_onnx : Write a model as a file.
    quantize : Make the file smaller.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.export import compare_backends, to_onnx
    >>> from sklvision.spectral import SpectralScaler
    >>> X, y = make_spectra(200, random_state=0, return_X_y=True)
    >>> model = make_pipeline(SpectralScaler(), LogisticRegression()).fit(X[:100], y[:100])
    >>> path = to_onnx(model, Path(mkdtemp()) / "model.onnx")
    >>> comparison = compare_backends({"pipeline": model, "ONNX": path}, X[100:], y[100:])
    >>> comparison.to_frame()["equal_labels"].tolist()
    [1.0, 1.0]
    """
    if not isinstance(models, Mapping):
        raise TypeError(f"models must be a dict of models by name, got {models!r}.")
    if not models:
        raise ValueError("models must hold at least one model, got none.")
    n_repeats = check_count("n_repeats", n_repeats)
    samples = as_samples(X)
    if not len(samples):
        raise ValueError("X must hold at least one sample, got none.")
    if y is not None:
        check_consistent_length(samples.data, y)
    estimators = {name: _open_model(name, model) for name, model in models.items()}
    answers = {
        name: predict_with_probabilities(estimator, X) for name, estimator in estimators.items()
    }
    _check_classes(answers)
    seconds_one = _time_models(estimators, samples.take(slice(0, 1)), n_repeats)
    seconds_all = _time_models(estimators, samples, n_repeats)
    first_labels, first_probabilities = next(iter(answers.values()))
    rows = {}
    for name, (labels, probabilities) in answers.items():
        difference = np.nan
        if probabilities is not None and first_probabilities is not None:
            difference = float(np.abs(probabilities - first_probabilities).max())
        rows[name] = {
            "accuracy": np.nan if y is None else float(np.mean(labels == read_labels(y))),
            "equal_labels": float(np.mean(labels == first_labels)),
            "probability_difference": difference,
            "bytes": _measure_size(models[name]),
            "ms_one": 1000 * seconds_one[name],
            "ms_per_sample": 1000 * seconds_all[name] / len(samples),
        }
    return BackendComparison(pd.DataFrame.from_dict(rows, orient="index"), len(samples))


def _check_classes(answers: Mapping[str, tuple[np.ndarray, np.ndarray | None]]) -> None:
    """Raise if models give probabilities of different numbers of classes."""
    counts = {
        name: probabilities.shape[1]
        for name, (_, probabilities) in answers.items()
        if probabilities is not None
    }
    for name, count in counts.items():
        first_name, first_count = next(iter(counts.items()))
        if count != first_count:
            raise ValueError(
                f"models must have the same classes; {first_name!r} has {first_count}, and "
                f"{name!r} has {count}."
            )


def _open_model(name: Any, model: Any) -> Any:
    if isinstance(model, str | os.PathLike | bytes):
        return OnnxClassifier(model)
    if isinstance(model, type) or not hasattr(model, "predict"):
        raise TypeError(
            f"models[{name!r}] must be a fitted model with predict, or an ONNX file; got {model!r}."
        )
    return model


def _time_models(estimators: dict[str, Any], samples: Samples, n_repeats: int) -> dict[str, float]:
    """Time predictions by the models in turn, after one that warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in estimators}
    for repeat in range(n_repeats + 1):
        for name, estimator in estimators.items():
            start = perf_counter()
            estimator.predict(samples.data)
            if repeat:
                seconds[name].append(perf_counter() - start)
    return {name: median(values) for name, values in seconds.items()}


def _measure_size(model: Any) -> int:
    if isinstance(model, bytes):
        return len(model)
    if isinstance(model, str | os.PathLike):
        return Path(model).stat().st_size
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    return buffer.tell()
