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
from sklvision.utils._files import atomic_write
from sklvision.utils._optional import import_optional

# Nets that lose nothing by 8 bits change less than half as many labels.
_MANY_MOVED = 0.03


def quantize(model: str | os.PathLike[str] | bytes, X: Any, path: str | os.PathLike[str]) -> Path:
    """Write an ONNX file with 8-bit weights and activations: a quarter of the size, and faster.

    Scales of activations are set by the samples `X`, which should look like those to come. Compare
    the accuracy before and after, on samples that were not used here.

    Parameters
    ----------
    model : str, path-like or bytes
        A file of :func:`to_onnx`, or its content.
    X : array-like of shape (n_samples, ...) or ImageCollection
        Samples as the net takes them: the training data, or a few hundred of them. In a pipeline,
        what comes out of the steps before the net.
    path : str or path-like
        The file to write, or to replace once the new one is complete.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If `model` is no file of :func:`to_onnx`, is quantized already, or `X` does not fit it.
    OSError
        If `path` cannot be written.
    ImportError
        If the extra ``export`` is not installed.

    See Also
    --------
    to_onnx : Write the file to be quantized.
    OnnxClassifier : A scikit-learn classifier that runs the result.

    Notes
    -----
    onnxruntime quantizes statically: each layer's weights by channel, activations by the largest
    values that `X` brings about [1]_. So a single sample that is wrong by orders of magnitude
    spoils the file; a warning says so where more than 3 % of the labels in `X` change.
    Standardisation stays in float32, so that the scale of single bands is not lost. Processors
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
    import_optional("onnxruntime", extra="export")
    onnx = import_optional("onnx", extra="export")
    tools = import_optional("onnxruntime.quantization", extra="export")
    shape_inference = import_optional("onnxruntime.quantization.shape_inference", extra="export")
    classifier = OnnxClassifier(model)
    samples = list(classifier._chunks(X))
    path = Path(path)
    with atomic_write(path) as file, TemporaryDirectory() as name, _quiet():
        folder = Path(name)
        whole, prepared, small = (folder / part for part in ("whole", "prepared", "small"))
        whole.write_bytes(classifier._loaded().content)
        if any(node.op_type == "QuantizeLinear" for node in onnx.load(whole).graph.node):
            raise ValueError("model has 8-bit weights already; give the file of to_onnx.")
        # Batch normalisation that is still there is folded, which 8 bits need.
        shape_inference.quant_pre_process(whole, prepared, skip_symbolic_shape=True)
        tools.quantize_static(
            prepared,
            small,
            _reader(tools.CalibrationDataReader, samples),
            per_channel=True,
            activation_type=tools.QuantType.QInt8,
            weight_type=tools.QuantType.QInt8,
        )
        quantized = onnx.load(small)
        del quantized.metadata_props[:]
        onnx.helper.set_model_props(quantized, classifier._loaded().signature.to_metadata())
        content = quantized.SerializeToString()
        moved = _moved(classifier, OnnxClassifier(content), samples)
        file.write(content)
    if moved > _MANY_MOVED:
        warnings.warn(
            f"With 8 bits {moved:.0%} of the samples in X get another label. If one of them lies "
            "far from the others, leave it out: it makes the steps of 8 bits too coarse.",
            stacklevel=2,
        )
    return path


def _moved(whole: OnnxClassifier, small: OnnxClassifier, samples: list[np.ndarray]) -> float:
    """Share of the samples that get another label."""
    moved = [whole.run(X).argmax(axis=1) != small.run(X).argmax(axis=1) for X in samples]
    return float(np.concatenate(moved).mean())


def _reader(base: Any, samples: list[np.ndarray]) -> Any:
    """Samples as onnxruntime wants them: a reader that is asked for the next batch."""

    class Reader(base):
        def __init__(self) -> None:
            self._batches = iter(samples)

        def get_next(self) -> dict[str, np.ndarray] | None:
            batch = next(self._batches, None)
            return None if batch is None else {INPUT: batch}

    return Reader()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the advice that onnxruntime logs to the root logger."""
    logger = logging.getLogger()
    disabled = logger.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
