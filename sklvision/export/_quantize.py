"""Weights of 8 and 16 bits in ONNX files."""

from __future__ import annotations

import os
import warnings
from numbers import Real
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from sklvision.export._half import store_half_weights
from sklvision.export._onnx_classifier import OnnxClassifier
from sklvision.export._static_quantization import (
    MAX_CHANGED,
    measure_changed,
    quantize_content,
)
from sklvision.export._to_onnx import TEXTS
from sklvision.utils._docstrings import fill_docstrings
from sklvision.utils._files import atomic_write
from sklvision.utils._labels import read_labels
from sklvision.utils._optional import import_optional
from sklvision.utils._paired import bound_accuracy_drop
from sklvision.utils._validation import check_path, is_option


@fill_docstrings(TEXTS)
def quantize(
    model: str | os.PathLike[str] | bytes,
    X: Any,
    path: str | os.PathLike[str],
    *,
    bits: int = 8,
    max_accuracy_drop: float | None = None,
    validation: tuple[Any, ArrayLike] | None = None,
) -> Path:
    """Write an ONNX file with weights of 8 or 16 bits: a quarter or a half of the size.

    With 8 bits, activations have 8 bits as well, which is faster. Their scales are set by the
    samples `X`, which should resemble those to be predicted.

    Parameters
    ----------
    model : str, path-like or bytes
        A file of :func:`to_onnx`, or its content.
    X : array-like of shape (n_samples, ...) or ImageCollection
        Samples in the form that the file takes: the training data, or a few hundred of them. For
        the file of a net alone, the output of the steps before the net.
    %(path)s

    Other Parameters
    ----------------
    bits : {8, 16}, default=8
        Size of the weights. In a pipeline, 8 bits apply to its nets, 16 bits to all weights.
    max_accuracy_drop : float, default=None
        Accuracy that may be lost, such as 0.01. None writes the file in any case.
    validation : tuple of (X, y), default=None
        Labeled samples that were not used before, for `max_accuracy_drop`: the file must be
        non-inferior on them with 95 % confidence.

    Raises
    ------
    ValueError
        If `model` is not a file of :func:`to_onnx`, is quantized already or holds no net, or `X`
        does not fit it. If accuracy may drop by more than permitted; nothing is written then.
    %(errors)s

    Warns
    -----
    UserWarning
        If more than 3 % of the samples in `X` get another label.

    See Also
    --------
    to_onnx : Write the file to be quantized.
    compare_backends : Accuracy, size and latency before and after.
    OnnxClassifier : A scikit-learn classifier that runs the result.

    Notes
    -----
    onnxruntime quantizes statically: weights of each layer by channel, activations by their largest
    values for `X` [1]_. A single sample that is wrong by orders of magnitude therefore ruins the
    file. You get a warning if more than 3 % of the labels in `X` change. In this case, layers are
    quantized one by one, and layers that alone change more than 1 % of the labels keep 32 bits if
    they hold less than half of the weights (in nets of up to 32 layers). Standardization keeps its
    precision, so the scale of single bands is not lost. Processors with instructions for 8-bit
    products (VNNI, AMX, Arm's dot product) gain most.

    Weights of 16 bits are converted to float32 for the computation, so labels hardly ever change,
    and a prediction takes as long as before.

    The test of `max_accuracy_drop` compares both files sample by sample [2]_. It takes about
    2.7 / `max_accuracy_drop` samples if no label changes, and more if some do.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] `Quantize ONNX models
       <https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html>`_.
    .. [2] T. Tango, "Equivalence test and confidence interval for the difference in proportions
       for the paired-sample design", Statistics in Medicine 17 (1998), 891-908.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.export import OnnxClassifier, quantize, to_onnx
    >>> from sklvision.neural_network import SpectrumClassifier
    >>> X, y = make_spectra(400, random_state=0, return_X_y=True)
    >>> clf = SpectrumClassifier(max_epochs=20, random_state=0).fit(X[:200], y[:200])
    >>> folder = Path(mkdtemp())
    >>> path = to_onnx(clf, folder / "net.onnx")
    >>> small = quantize(path, X[:200], folder / "net_int8.onnx")
    >>> small.stat().st_size < path.stat().st_size / 3
    True
    >>> OnnxClassifier(small).score(X[200:], y[200:]) >= clf.score(X[200:], y[200:]) - 0.01
    True
    """
    onnx = import_optional("onnx", extra="export")
    _check_options(bits, max_accuracy_drop, validation)
    classifier = OnnxClassifier(model)
    file = classifier._file
    batches = list(classifier._read_chunks(X))
    _check_precision(onnx, file.content)
    path = check_path("path", path)
    with atomic_write(path) as output:
        if bits == 16:
            half_model = store_half_weights(onnx, onnx.load_model_from_string(bytes(file.content)))
            content = half_model.SerializeToString()
        else:
            content = quantize_content(file, batches)
        small = OnnxClassifier(content)
        if max_accuracy_drop is not None and validation is not None:
            _check_accuracy(classifier, small, validation, max_accuracy_drop, bits)
        fraction = measure_changed(file, content, batches)
        output.write(content)
    if fraction > MAX_CHANGED:
        warnings.warn(
            f"With {bits} bits, {fraction:.0%} of the samples in X get a different label. If one "
            "sample is far from the others, leave it out: it makes the 8-bit steps too coarse.",
            stacklevel=2,
        )
    return path


def _check_options(bits: int, max_accuracy_drop: float | None, validation: Any) -> None:
    if not is_option(bits, (8, 16)):
        raise ValueError(f"bits={bits!r} must be 8 or 16.")
    if (max_accuracy_drop is None) != (validation is None):
        raise ValueError(
            "max_accuracy_drop and validation=(X, y), labeled samples to test it with, belong "
            "together: pass both or neither."
        )
    is_number = isinstance(max_accuracy_drop, Real)
    if max_accuracy_drop is not None and not (is_number and 0 < max_accuracy_drop < 1):
        raise ValueError(
            f"max_accuracy_drop={max_accuracy_drop!r} must be a fraction between 0 and 1."
        )


def _check_precision(onnx: Any, content: bytes) -> None:
    """Raise if weights have 8 or 16 bits already."""
    graph = onnx.load_model_from_string(bytes(content)).graph
    if any(node.op_type == "QuantizeLinear" for node in graph.node):
        raise ValueError("model has 8-bit weights already; pass the file of to_onnx.")
    if any(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in graph.initializer):
        raise ValueError("model has 16-bit weights already; pass the file of to_onnx.")


def _check_accuracy(
    classifier: OnnxClassifier,
    small: OnnxClassifier,
    validation: tuple[Any, ArrayLike],
    max_accuracy_drop: float,
    bits: int,
) -> None:
    """Raise unless the smaller file is non-inferior."""
    X, y = validation
    labels = read_labels(y)
    was_correct, is_correct = (model.predict(X) == labels for model in (classifier, small))
    bound = bound_accuracy_drop(was_correct, is_correct)
    if bound > max_accuracy_drop:
        raise ValueError(
            f"With {bits} bits accuracy goes from {was_correct.mean():.4f} to "
            f"{is_correct.mean():.4f} on {len(labels)} samples: with 95 % confidence it falls by "
            f"up to {bound:.4f}, more than max_accuracy_drop={max_accuracy_drop:g}. Nothing was "
            f"written. {'Try bits=16, or more' if bits == 8 else 'Pass more'} validation samples."
        )
