"""A fitted net as an ONNX file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklvision.export._onnx_classifier import OnnxClassifier
from sklvision.export._signature import Signature
from sklvision.utils._files import atomic_write
from sklvision.utils._optional import import_optional

# Logits may differ by the rounding of float32 sums taken in another order.
_SAME = 1e-3


def to_onnx(classifier: Any, path: str | os.PathLike[str]) -> Path:
    """Write a fitted net as an ONNX file, which runs without torch.

    The file holds the standardisation, the net without what only training needs, and softmax. It
    also says the labels, so that :class:`OnnxClassifier` predicts what the classifier does.

    Parameters
    ----------
    classifier : SpectrumClassifier or ImageClassifier
        A fitted classifier. Steps of a pipeline before it stay in the pipeline; see the example.
    path : str or path-like
        The file to write, or to replace once the new one is complete.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    TypeError
        If this is no fitted net of the package, or its labels are neither strings, numbers nor
        booleans.
    ValueError
        If the net cannot be expressed in ONNX, or computes something else there.
    OSError
        If `path` cannot be written.
    ImportError
        If the extra ``export`` is not installed.

    See Also
    --------
    quantize : The same file with 8-bit weights.
    OnnxClassifier : A scikit-learn classifier that runs the file.

    Notes
    -----
    The input ``X`` is float32, of shape ``(n, n_bands)`` or, for images, ``(n, height, width,
    channels)``, in the units of the training data; outputs are ``logits`` and
    ``probabilities``, one column per class. The number of samples is free. The file is tried
    before it is written: on samples drawn at random its logits must be those of the classifier in
    float32, to rounding.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] `Open Neural Network Exchange <https://onnx.ai>`_.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.export import OnnxClassifier, to_onnx
    >>> from sklvision.neural_network import SpectrumClassifier
    >>> from sklvision.spectral import SpectralScaler
    >>> X, y = make_spectra(200, random_state=0, return_X_y=True)
    >>> model = make_pipeline(SpectralScaler("snv"), SpectrumClassifier(random_state=0)).fit(X, y)
    >>> path = to_onnx(model[-1], Path(mkdtemp()) / "net.onnx")
    >>> shipped = make_pipeline(*model[:-1], OnnxClassifier(path))
    >>> (shipped.predict(X) == model.predict(X)).all()
    np.True_
    """
    onnx = import_optional("onnx", extra="export")
    import_optional("onnxscript", extra="export")
    import_optional("onnxruntime", extra="export")
    _check_classifier(classifier)
    metadata = Signature.of(classifier).to_metadata()
    from sklvision.export._graph import make_graph  # loads torch, which the rest does without

    path = Path(path)
    with atomic_write(path) as file:  # opened before the work: a folder may be missing
        model, samples, expected = make_graph(classifier.module_, classifier.input_shape_)
        onnx.helper.set_model_props(model, metadata)
        content = model.SerializeToString()
        _compare(OnnxClassifier(content).run(samples), expected)
        file.write(content)
    return path


def _compare(found: np.ndarray, expected: np.ndarray) -> None:
    worst = float(np.abs(found - expected).max())
    if not worst <= _SAME * (1 + float(np.abs(expected).max())):
        raise ValueError(
            f"The ONNX file computes something else: logits differ by up to {worst:.3g}."
        )


def _check_classifier(classifier: Any) -> None:
    if hasattr(classifier, "steps"):
        raise TypeError(
            "to_onnx takes the net alone: to_onnx(pipeline[-1], path). The steps before it stay "
            "scikit-learn's: make_pipeline(*pipeline[:-1], OnnxClassifier(path))."
        )
    if not hasattr(type(classifier), "module_"):
        raise TypeError(
            "to_onnx takes a fitted SpectrumClassifier or ImageClassifier, got "
            f"{type(classifier).__name__}."
        )
    check_is_fitted(classifier)
