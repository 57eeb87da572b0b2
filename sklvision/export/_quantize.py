"""8-bit weights and activations for a net in an ONNX file."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from sklvision.export._onnx_classifier import OnnxClassifier
from sklvision.export._signature import INPUT
from sklvision.export._to_onnx import TEXTS
from sklvision.utils._docstrings import fill_docstrings
from sklvision.utils._files import atomic_write
from sklvision.utils._optional import import_optional

# Nets that lose no accuracy by 8 bits change less than half as many labels.
_MAX_CHANGED = 0.03


@fill_docstrings(TEXTS)
def quantize(model: str | os.PathLike[str] | bytes, X: Any, path: str | os.PathLike[str]) -> Path:
    """Write an ONNX file with 8-bit weights and activations: a quarter of the size, and faster.

    Scales of activations are set by the samples `X`, which should resemble those to be predicted.
    Compare the accuracy before and after, on samples that were not used here.

    Parameters
    ----------
    model : str, path-like or bytes
        A file of :func:`to_onnx`, or its content.
    X : array-like of shape (n_samples, ...) or ImageCollection
        Samples as the net takes them: the training data, or a few hundred of them. In a pipeline,
        the output of the steps before the net.
    %(path)s

    Raises
    ------
    ValueError
        If `model` is not a file of :func:`to_onnx`, is quantized already, or `X` does not fit it.
    %(errors)s

    See Also
    --------
    to_onnx : Write the file to be quantized.
    OnnxClassifier : A scikit-learn classifier that runs the result.

    Notes
    -----
    onnxruntime quantizes statically: weights of each layer by channel, activations by their largest
    values for `X` [1]_. So a single sample that is wrong by orders of magnitude
    spoils the file; a warning is given where more than 3 % of the labels in `X` change.
    Standardization keeps its precision, so that the scale of single bands is not lost. Processors
    with instructions for 8-bit products (VNNI, AMX, Arm's dot product) gain most.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] `Quantize ONNX models
       <https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html>`_.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.export import OnnxClassifier, quantize, to_onnx
    >>> from sklvision.neural_network import SpectrumClassifier
    >>> X, y = make_spectra(400, random_state=0, return_X_y=True)
    >>> clf = SpectrumClassifier(random_state=0).fit(X[:200], y[:200])
    >>> folder = Path(mkdtemp())
    >>> path = to_onnx(clf, folder / "net.onnx")
    >>> small = quantize(path, X[:200], folder / "net_int8.onnx")
    >>> small.stat().st_size < path.stat().st_size / 3
    True
    >>> OnnxClassifier(small).score(X[200:], y[200:]) >= clf.score(X[200:], y[200:]) - 0.01
    True
    """
    onnx = import_optional("onnx", extra="export")
    classifier = OnnxClassifier(model)
    file = classifier._file
    batches = list(classifier._read_chunks(X))
    path = Path(path)
    with atomic_write(path) as output:
        content = _quantize_content(onnx, file.content, batches, file.signature.to_metadata())
        fraction = _measure_changed(classifier, OnnxClassifier(content), batches)
        output.write(content)
    if fraction > _MAX_CHANGED:
        warnings.warn(
            f"With 8 bits {fraction:.0%} of the samples in X get another label. If one of them "
            "lies far from the others, leave it out: it makes the steps of 8 bits too coarse.",
            stacklevel=2,
        )
    return path


def _quantize_content(
    onnx: Any, content: bytes, batches: list[np.ndarray], metadata: dict[str, str]
) -> bytes:
    """Quantize the content of a file by onnxruntime, which works on files."""
    tools = import_optional("onnxruntime.quantization", extra="export")
    shape_inference = import_optional("onnxruntime.quantization.shape_inference", extra="export")
    with TemporaryDirectory() as name, _suppress_messages():
        original, prepared_file, small = (
            Path(name) / part for part in ("original", "prepared", "small")
        )
        original.write_bytes(content)
        if any(node.op_type == "QuantizeLinear" for node in onnx.load(original).graph.node):
            raise ValueError("model has 8-bit weights already; pass the file of to_onnx.")
        # Batch normalization that is still there is folded, which 8 bits need.
        shape_inference.quant_pre_process(original, prepared_file, skip_symbolic_shape=True)
        tools.quantize_static(
            prepared_file,
            small,
            _make_reader(tools.CalibrationDataReader, batches),
            per_channel=True,
            activation_type=tools.QuantType.QInt8,
            weight_type=tools.QuantType.QInt8,
        )
        model = onnx.load(small)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, metadata)
    return model.SerializeToString()


def _measure_changed(
    original: OnnxClassifier, small: OnnxClassifier, batches: list[np.ndarray]
) -> float:
    """Return the fraction of the samples that get another label."""
    is_changed = [
        original._file.predict_indices(X) != small._file.predict_indices(X) for X in batches
    ]
    return float(np.concatenate(is_changed).mean())


def _make_reader(base: Any, batches: list[np.ndarray]) -> Any:
    """Make onnxruntime's reader of samples, which returns one batch after another."""

    class Reader(base):
        def __init__(self) -> None:
            self._batches = iter(batches)

        def get_next(self) -> dict[str, np.ndarray] | None:
            batch = next(self._batches, None)
            return None if batch is None else {INPUT: batch}

    return Reader()


@contextmanager
def _suppress_messages() -> Iterator[None]:
    """Suppress warnings, and the advice that onnxruntime logs to the root logger."""
    logger = logging.getLogger()
    level = logger.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
