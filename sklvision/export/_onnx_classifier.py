"""A classifier that runs an ONNX file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from math import prod
from numbers import Integral
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d

from sklvision.export._signature import INPUT, LOGITS, Signature
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._lazy import read_blocks
from sklvision.utils._net_input import check_net_input
from sklvision.utils._optional import import_optional
from sklvision.utils._predictions import PredictionsMixin
from sklvision.utils._sklearn import Interval

# Values in one chunk, whose activations then stay in the processor's cache.
_CHUNK_VALUES, _CHUNK_ROWS = 2**19, 1024


class Content(bytes):
    """The bytes of a file, which say of themselves only how many they are."""

    def __repr__(self) -> str:
        return f"<ONNX model of {len(self):,} bytes>"


@dataclass(frozen=True)
class _Loaded:
    """An open file, and the parameters it was opened with."""

    parameters: tuple[Any, ...]
    content: bytes
    signature: Signature
    session: Any


class OnnxClassifier(ClassifierMixin, PredictionsMixin, SklvisionEstimator):
    """A scikit-learn classifier that runs a file of :func:`to_onnx` or :func:`quantize`.

    It takes the place of the net in a pipeline, a vote or an application. torch is neither needed
    nor loaded; onnxruntime computes. Nothing is learned here: the file is as it is.

    Parameters
    ----------
    model : str, path-like or bytes
        The file, or its content. It is read when first needed.
    n_threads : int, default=1
        Threads that onnxruntime computes with. One is best for single samples, and
        where several processes share a machine.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, as the net was trained with them; after a fit to their positions, those.
    n_features_in_ : int
        Number of columns of a table, or height of images: ``X.shape[1]`` in training.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where the net was trained with names.
    input_shape_ : tuple of int
        Shape of one sample: ``(n_bands,)`` or ``(height, width, channels)``.
    n_parameters_ : int
        Number of values that the net learned.

    See Also
    --------
    to_onnx : Write the file.
    quantize : Make it smaller and faster.

    Notes
    -----
    A pickle holds the content of the file, so that one joblib file of a pipeline is all that an
    application needs. A copy of this object, as scikit-learn's ``clone`` makes it, is ready to
    predict, like those of :class:`sklearn.frozen.FrozenEstimator`.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.export import OnnxClassifier, to_onnx
    >>> from sklvision.neural_network import SpectrumClassifier
    >>> X, y = make_spectra(200, random_state=0, return_X_y=True)
    >>> clf = SpectrumClassifier(random_state=0).fit(X, y)
    >>> fast = OnnxClassifier(to_onnx(clf, Path(mkdtemp()) / "net.onnx"))
    >>> fast.classes_, fast.predict(X[:3]) == clf.predict(X[:3])
    (array([0, 1, 5]), array([ True,  True,  True]))
    """

    _parameter_constraints: ClassVar[dict] = {
        "model": [str, os.PathLike, bytes],
        "n_threads": [Interval(Integral, 1, None, closed="left")],
    }

    # Whether labels are positions among those of the file, as votes and stacks encode them.
    _encoded = False

    def __init__(self, model: str | os.PathLike[str] | bytes, *, n_threads: int = 1) -> None:
        self.model = model
        self.n_threads = n_threads

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Check that samples and labels are of the kind the file takes; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, as the net takes them.
        y : array-like of shape (n_samples,)
            Labels of the file; or else their positions among these, 0, 1, ..., as a vote or a
            stack hands them on, which are then what is predicted.

        Returns
        -------
        self : object
            The classifier.

        Raises
        ------
        ValueError
            If the samples have another shape, there are not as many labels, or the file knows
            other ones.
        """
        for _ in self._chunks(X):
            break
        check_consistent_length(X, y)
        check_classification_targets(y)
        found = set(np.unique(column_or_1d(y)).tolist())
        known = self._loaded().signature.classes.tolist()
        encoded = not found.issubset(known)
        if encoded and not found.issubset(range(len(known))):
            raise ValueError(
                f"y has labels that the file does not know, {_some(found.difference(known))}; "
                f"it was trained with {_some(known)}."
            )
        self._encoded = encoded
        return self

    @property
    def classes_(self) -> np.ndarray:  # type: ignore[override]
        """Labels, as the net was trained with them, or their positions."""
        known = self._loaded().signature.classes
        return np.arange(len(known)) if self._encoded else known

    @property
    def input_shape_(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self._loaded().signature.input_shape

    @property
    def n_parameters_(self) -> int:
        """Number of values that the net learned."""
        return self._loaded().signature.n_parameters

    @property
    def n_features_in_(self) -> int:
        """Number of features, as scikit-learn counts them: ``X.shape[1]``."""
        return self._loaded().signature.n_features

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns."""
        names = self._loaded().signature.feature_names
        if names is None:
            raise AttributeError("The net was trained without names of columns.")
        return names

    def run(self, X: np.ndarray) -> np.ndarray:
        """Compute logits of samples that need no check, at once.

        Parameters
        ----------
        X : ndarray of shape (n_samples, *input_shape_), float32
            Samples.

        Returns
        -------
        logits : ndarray of shape (n_samples, n_classes), float32
            One column per class.
        """
        (logits,) = self._loaded().session.run([LOGITS], {INPUT: X})
        return logits

    def _logits(self, X: Any) -> np.ndarray:
        chunks = [self.run(chunk) for chunk in self._chunks(X)]
        return (chunks[0] if len(chunks) == 1 else np.concatenate(chunks)).astype(np.float64)

    def _chunks(self, X: Any) -> Iterator[np.ndarray]:
        """Yield checked samples as float32, some at a time."""
        shape = self.input_shape_
        n_rows = max(1, min(_CHUNK_ROWS, _CHUNK_VALUES // prod(shape)))
        has_names = self._loaded().signature.feature_names is not None
        samples = check_net_input(self, X, shape, np.float32, has_names=has_names)
        for chunk in read_blocks(samples, n_rows):
            yield chunk.astype(np.float32, copy=False)

    def _loaded(self) -> _Loaded:
        loaded = self.__dict__.get("_open_file")
        if loaded is None or loaded.parameters != (self.model, self.n_threads):
            self._validate_params()
            loaded = self._open_file = _load(self.model, self.n_threads)
        return loaded

    def __getstate__(self) -> dict[str, Any]:
        # One file is to be enough, wherever it is loaded.
        state = super().__getstate__() | {"model": Content(self._loaded().content)}
        state.pop("_open_file", None)
        return state

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.three_d_array = True
        return tags


def _some(labels: Iterable[Any]) -> str:
    """The first few, for a message."""
    labels = list(labels)
    return f"{labels[:5]}" if len(labels) <= 5 else f"{labels[:5]} and {len(labels) - 5} more"


def _load(model: Any, n_threads: int) -> _Loaded:
    onnxruntime = import_optional("onnxruntime", extra="export")
    given = isinstance(model, bytes)
    content = model if given else Path(model).read_bytes()
    source = "The content given" if given else os.fspath(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = n_threads, 1
    open_session = partial(onnxruntime.InferenceSession, providers=["CPUExecutionProvider"])
    try:
        session = open_session(bytes(content), options)
    except Exception as error:  # onnxruntime has many kinds, and no common one
        raise ValueError(f"{source} is no ONNX file that onnxruntime can run: {error}") from error
    metadata = session.get_modelmeta().custom_metadata_map
    return _Loaded((model, n_threads), content, Signature.from_metadata(metadata, source), session)
