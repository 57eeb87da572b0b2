"""Fitted models as ONNX files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from sklvision.export._onnx_classifier import OnnxClassifier
from sklvision.export._signature import Signature
from sklvision.utils._docstrings import fill_docstrings
from sklvision.utils._files import atomic_write
from sklvision.utils._optional import import_optional
from sklvision.utils._validation import check_path

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
def to_onnx(
    model: Any,
    path: str | os.PathLike[str],
    *,
    samples: Any = None,
    skip_steps: Sequence[str] = (),
) -> Path:
    """Write a fitted pipeline, or a net alone, as an ONNX file, which runs without torch.

    The file holds all steps from samples in the units of the training data to labels, without the
    parts that only training needs. Its metadata hold the labels, the names of the steps and the
    input contract, so that :class:`OnnxClassifier` predicts what the model predicts.

    Parameters
    ----------
    model : estimator
        A fitted classifier: a SpectrumClassifier or ImageClassifier, a classifier of scikit-learn,
        a pipeline or ensemble of them, or a search over them.
    %(path)s

    Other Parameters
    ----------------
    samples : array-like of shape (n_samples, ...) or ImageCollection, default=None
        Samples, as the model takes them, to check the file with. None draws smooth random ones in
        the range of the training data. A model that begins with a step of another package
        needs them.
    skip_steps : sequence of str, default=()
        Names of the first steps of a pipeline that are left out, because ONNX has no operators for
        them. Run them before the file; the metadata describe them.

    Raises
    ------
    TypeError
        If `model` is not a classifier, or its labels are neither strings, numbers nor booleans.
    ValueError
        If steps cannot be expressed in ONNX; the message names all of them. If predictions of the
        file differ from those of the model; the message names the first step that differs.
    %(errors)s

    See Also
    --------
    quantize : The same file with weights of 8 or 16 bits.
    compare_backends : Accuracy, size and latency of a model and its files.
    OnnxClassifier : A scikit-learn classifier that runs the file.

    Notes
    -----
    The input ``X`` has shape ``(n, n_bands)`` or, for images, ``(n, height, width, channels)``, in
    the units of the training data. It is float32; for a net with ``precision="float64"`` it is
    float64. The number of samples is free, and so are height and width where the training images
    differed in them.

    Outputs of a pipeline are ``label``, ``index`` (the position among the classes),
    ``probabilities`` and ``scores`` (the decision function; ``logits`` where the last step is a
    net), as far as the model has them. A net alone has ``logits`` and ``probabilities``.

    Steps for spectra, and tables up to the net, are computed in float64, images and nets in
    float32. The file is checked before it is written: against the model with nets in float32,
    probabilities must be equal within 1e-4, and labels unless the two best classes are closer.

    Steps of this package, scalers, PCA, linear models, votes, stacks, calibration and test-time
    augmentation have converters in this package; every other step of scikit-learn is converted by
    skl2onnx [2]_. For :class:`~sklvision.image.ForegroundCrop`, only an upright window with a
    numeric threshold can be expressed.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] `Open Neural Network Exchange <https://onnx.ai>`_.
    .. [2] `skl2onnx <https://onnx.ai/sklearn-onnx>`_.

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
    >>> net = SpectrumClassifier(max_epochs=10, random_state=0)
    >>> model = make_pipeline(SpectralScaler("snv"), net).fit(X, y)
    >>> shipped = OnnxClassifier(to_onnx(model, Path(mkdtemp()) / "model.onnx"))
    >>> (shipped.predict(X) == model.predict(X)).all()
    np.True_
    """
    import_optional("onnx", extra="export")
    import_optional("onnxscript", extra="export")
    import_optional("onnxruntime", extra="export")
    _check_classifier(model)
    path = check_path("path", path)
    with atomic_write(path) as file:  # opened before the work: a directory may be missing
        if _is_net(model) and samples is None and not skip_steps:
            content = _make_net_content(model)
        else:
            from sklvision.export._pipeline_file import make_pipeline_content

            content = make_pipeline_content(model, samples, skip_steps)
        file.write(content)
    return path


def _make_net_content(classifier: Any) -> bytes:
    """Return the file of a net alone, whose logits are those of the net."""
    onnx = import_optional("onnx", extra="export")
    metadata = Signature.from_classifier(classifier).to_metadata()
    # Imports torch, which nothing else here needs.
    from sklvision.export._graph.net import make_graph

    model, samples, logits = make_graph(classifier.module_, classifier.input_shape_)
    onnx.helper.set_model_props(model, metadata)
    content = model.SerializeToString()
    _check_logits(OnnxClassifier(content).run(samples), logits)
    return content


def _check_logits(logits: np.ndarray, expected: np.ndarray) -> None:
    worst = float(np.abs(logits - expected).max())
    if not worst <= _TOLERANCE * (1 + float(np.abs(expected).max())):
        raise ValueError(
            "The logits of the net in ONNX differ from those in torch by up to "
            f"{worst:.3g} for random samples. Nothing was written."
        )


def _is_net(model: Any) -> bool:
    return hasattr(type(model), "module_")


def _check_classifier(model: Any) -> None:
    if not is_classifier(model):
        raise TypeError(
            "to_onnx takes a fitted classifier, or a pipeline that ends in one, got "
            f"{type(model).__name__}."
        )
    check_is_fitted(model)
