"""A fitted net as an ONNX file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklvision.export._onnx_classifier import OnnxClassifier
from sklvision.export._signature import Signature
from sklvision.utils._docstrings import fill_docstrings
from sklvision.utils._files import atomic_write
from sklvision.utils._optional import import_optional

# Texts of the functions that write a file.
TEXTS = {
    "path": (
        "path : str or path-like\n"
        "    The file to write, or to replace once the new one is complete.\n\n"
        "Returns\n"
        "-------\n"
        "path : pathlib.Path\n"
        "    The file."
    ),
    "errors": (
        "OSError\n"
        "    If `path` cannot be written.\n"
        "ImportError\n"
        "    If the extra ``export`` is not installed."
    ),
}
# Logits may differ by the rounding of float32 sums in another order.
_TOLERANCE = 1e-3


@fill_docstrings(TEXTS)
def to_onnx(classifier: Any, path: str | os.PathLike[str]) -> Path:
    """Write a fitted net as an ONNX file, which runs without torch.

    The file holds the standardization, the net without the parts that only training needs, and
    softmax. Its metadata hold the labels, so that :class:`OnnxClassifier` predicts the labels of
    the classifier.

    Parameters
    ----------
    classifier : SpectrumClassifier or ImageClassifier
        A fitted classifier. Steps of a pipeline before it stay in the pipeline; see the example.
    %(path)s

    Raises
    ------
    TypeError
        If this is not a fitted net of the package, or its labels are neither strings, numbers nor
        booleans.
    ValueError
        If the net cannot be expressed in ONNX, or its logits differ there.
    %(errors)s

    See Also
    --------
    quantize : The same file with 8-bit weights.
    OnnxClassifier : A scikit-learn classifier that runs the file.

    Notes
    -----
    The input ``X`` has shape ``(n, n_bands)`` or, for images, ``(n, height, width, channels)``, in
    the units of the training data. It is float32; for a net with ``precision="float64"`` it is
    float64 and standardized as such, so that bands with a large offset keep their digits. The
    net itself computes in float32. Outputs are ``logits`` and ``probabilities``, one column per
    class. The number of samples is free. The file is checked before it is written: for random
    samples, distributed as the training data, its logits must equal those of the net, to rounding.

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
    metadata = Signature.from_classifier(classifier).to_metadata()
    # Imports torch, which nothing else here needs.
    from sklvision.export._graph.net import make_graph

    path = Path(path)
    with atomic_write(path) as file:  # opened before the work: a directory may be missing
        model, samples, logits = make_graph(classifier.module_, classifier.input_shape_)
        onnx.helper.set_model_props(model, metadata)
        content = model.SerializeToString()
        _check_logits(OnnxClassifier(content).run(samples), logits)
        file.write(content)
    return path


def _check_logits(logits: np.ndarray, expected: np.ndarray) -> None:
    worst = float(np.abs(logits - expected).max())
    if not worst <= _TOLERANCE * (1 + float(np.abs(expected).max())):
        raise ValueError(
            "The net computes other logits in ONNX than in torch: they differ by up to "
            f"{worst:.3g} for random samples. Nothing was written."
        )


def _check_classifier(classifier: Any) -> None:
    if isinstance(classifier, Pipeline):
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
