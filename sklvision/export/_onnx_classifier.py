"""A classifier that runs an ONNX file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d

from sklvision.export._onnx_file import OnnxFile
from sklvision.export._onnx_input import read_chunks
from sklvision.export._signature import INDEX, LOGITS, PROBABILITIES, SCORES
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._contract import Contract
from sklvision.utils._labels import convert_labels
from sklvision.utils._predictions import PredictionsMixin
from sklvision.utils._sklearn import Integral, Interval


def _has_output(classifier: OnnxClassifier, *names: str) -> bool:
    """Whether the file has one of some outputs; one that cannot be read is reported later."""
    try:
        outputs = classifier._file.outputs
    except (OSError, ValueError, ImportError):
        return True
    if any(name in outputs for name in names):
        return True
    raise AttributeError(
        f"The model in the file has no {' or '.join(names)}: its outputs are {outputs}."
    )


def _has_probabilities(classifier: OnnxClassifier) -> bool:
    return _has_output(classifier, LOGITS, PROBABILITIES)


def _has_scores(classifier: OnnxClassifier) -> bool:
    return _has_output(classifier, LOGITS, SCORES)


class OnnxClassifier(PredictionsMixin, ClassifierMixin, SklvisionEstimator):
    """A scikit-learn classifier that runs a file of :func:`to_onnx` or :func:`quantize`.

    It replaces a model, or the net in a pipeline or an ensemble. onnxruntime computes; torch is
    neither needed nor loaded. The file never changes, because nothing is learned here.

    Parameters
    ----------
    model : str, path-like or bytes
        Path of the file, or its content. It is read when it is first needed.
    n_threads : int, default=1
        Threads of onnxruntime, up to the number of cores. One is best for single samples, and
        where several processes share a machine.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels that the net was trained with; after a fit to their positions, the positions.
    n_features_in_ : int
        Number of columns of a table, or height of images: ``X.shape[1]`` in training.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where the net was trained with names.
    input_contract_ : dict or None
        Description of the training samples; None if the file has none.
    input_shape_ : tuple of int or None
        Shape of one sample: ``(n_bands,)`` or ``(height, width, channels)``; None for images that
        differ in size.
    n_parameters_ : int
        Number of values that the model learned.
    skipped_steps_ : list of dict
        Steps of the pipeline that are not in the file and must be run before it: ``name``,
        ``class`` and ``parameters`` of each.

    See Also
    --------
    to_onnx : Write the file.
    quantize : Make it smaller and faster.

    Notes
    -----
    No fit is needed. Without a fit, predictions are those of the file in the parameters. After a
    fit, they are those of the file at that time, and ``set_params`` affects only the next fit.

    A pickle holds the content of the file, so an application needs only one joblib file of a
    pipeline. A file whose weights are in other files (external data of ONNX) is an error. A copy of
    this object, as scikit-learn's ``clone`` makes it, is ready to predict, like those of
    :class:`sklearn.frozen.FrozenEstimator`.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.export import OnnxClassifier, to_onnx
    >>> from sklvision.neural_network import SpectrumClassifier
    >>> X, y = make_spectra(200, random_state=0, return_X_y=True)
    >>> clf = SpectrumClassifier(max_epochs=10, random_state=0).fit(X, y)
    >>> fast = OnnxClassifier(to_onnx(clf, Path(mkdtemp()) / "net.onnx"))
    >>> fast.classes_, fast.predict(X[:3]) == clf.predict(X[:3])
    (array([0, 1, 5]), array([ True,  True,  True]))
    """

    _parameter_constraints: ClassVar[dict] = {
        "model": [str, os.PathLike, bytes],
        "n_threads": [Interval(Integral, 1, 256, closed="both")],
    }

    # Whether labels are positions among those of the file, as ensembles encode them.
    _is_encoded = False
    # File of the last fit, and the last one that was read from the parameters.
    _fitted_file: OnnxFile | None = None
    _read_file: OnnxFile | None = None

    def __init__(self, model: str | os.PathLike[str] | bytes, *, n_threads: int = 1) -> None:
        self.model = model
        self.n_threads = n_threads

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Check that samples and labels fit the file; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, as the net takes them.
        y : array-like of shape (n_samples,)
            Labels of the file, or their positions 0, 1, ..., as ensembles encode labels;
            predictions are then positions.

        Returns
        -------
        self : object
            The classifier.

        Raises
        ------
        ValueError
            If the samples have another shape, there are not as many labels, or some are not
            among those of the file.
        """
        self._fitted_file, self._is_encoded = None, False
        y = convert_labels(y)
        for _ in self._read_chunks(X):
            break
        check_consistent_length(X, y)
        check_classification_targets(y)
        labels = set(np.unique(column_or_1d(y)).tolist())
        file_labels = self._file.signature.classes.tolist()
        is_encoded = not labels.issubset(file_labels)
        if is_encoded and not labels.issubset(range(len(file_labels))):
            raise ValueError(
                f"y has labels that are not in the file: {_list(labels.difference(file_labels))}; "
                f"expected labels among {_list(file_labels)}."
            )
        self._fitted_file, self._is_encoded = self._file, is_encoded
        return self

    @property
    def classes_(self) -> np.ndarray:  # type: ignore[override]
        """Labels, as the net was trained with them, or their positions."""
        labels = self._file.signature.classes
        return np.arange(len(labels)) if self._is_encoded else labels

    @property
    def input_shape_(self) -> tuple[int, ...] | None:
        """Shape of one sample; None for images that differ in size."""
        shape = self._file.signature.input_shape
        sides = tuple(side for side in shape if side is not None)
        return sides if len(sides) == len(shape) else None

    @property
    def n_parameters_(self) -> int:
        """Number of values that the net learned."""
        return self._file.signature.n_parameters

    @property
    def n_features_in_(self) -> int:
        """Number of features, as scikit-learn counts them: ``X.shape[1]``."""
        n_features = self._file.signature.n_features
        if n_features is None:
            raise AttributeError("The model takes images that differ in size.")
        return n_features

    @property
    def skipped_steps_(self) -> list[dict[str, Any]]:
        """Steps of the pipeline that are to be done before: name, class and parameters."""
        return list(self._file.signature.skipped_steps)

    @property
    def input_contract_(self) -> Contract | None:  # type: ignore[override]
        """Description of the training samples; None for older files without one."""
        return self._file.signature.contract

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns."""
        names = self._file.signature.feature_names
        if names is None:
            raise AttributeError("The net was trained without names of columns.")
        return names

    def run(self, X: np.ndarray) -> np.ndarray:
        """Compute logits of all samples at once, without checks.

        Parameters
        ----------
        X : ndarray of shape (n_samples, `*input_shape_`)
            Samples, float32, or float64 for nets of that precision.

        Returns
        -------
        logits : ndarray of shape (n_samples, n_classes), float32
            One column per class.
        """
        return self._file.run(X)

    @available_if(_has_probabilities)
    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Predict class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, as described for the class.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Columns in the order of `classes_`; every row sums to 1.

        Raises
        ------
        AttributeError
            If the model in the file has none, such as a vote by majority.
        """
        return super().predict_proba(X)

    @available_if(_has_probabilities)
    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Predict logarithms of class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, as described for the class.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Columns in the order of `classes_`.

        Raises
        ------
        AttributeError
            If the model in the file has no probabilities.
        """
        return super().predict_log_proba(X)

    @available_if(_has_scores)
    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Compute the logits of a net, or the scores of another classifier.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, as described for the class.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
            One column per class in the order of `classes_`; for two classes the score of the
            second.

        Raises
        ------
        AttributeError
            If the model in the file has no scores, such as a vote.
        """
        if self._is_net:
            return super().decision_function(X)
        scores = self._compute(SCORES, X).astype(np.float64)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    @property
    def _is_net(self) -> bool:
        """Whether the file has logits, of which everything else is made."""
        return LOGITS in self._file.outputs

    def _compute_logits(self, X: Any) -> np.ndarray:
        return self._compute(LOGITS, X).astype(np.float64)

    def _compute_probabilities(self, X: Any) -> np.ndarray:
        if self._is_net:
            return super()._compute_probabilities(X)
        probabilities = self._compute(PROBABILITIES, X).astype(np.float64)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def _compute_log_probabilities(self, X: Any) -> np.ndarray:
        if self._is_net:
            return super()._compute_log_probabilities(X)
        with np.errstate(divide="ignore"):  # the logarithm of 0
            return np.log(self._compute_probabilities(X))

    def _predict_indices(self, X: Any) -> np.ndarray:
        return super()._predict_indices(X) if self._is_net else self._compute(INDEX, X)

    def _compute(self, name: str, X: Any) -> np.ndarray:
        """Compute one output of checked samples, some at a time."""
        chunks = [self._file.compute([name], chunk)[0] for chunk in self._read_chunks(X)]
        return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)

    def _read_chunks(self, X: Any) -> Iterator[np.ndarray]:
        """Yield checked samples in the shape and type of the file's input, some at a time."""
        return read_chunks(self, self._file, X)

    @property
    def _file(self) -> OnnxFile:
        """File of the last fit, or else of the parameters."""
        if self._fitted_file is not None:
            return self._fitted_file
        if self._read_file is None or not self._read_file.has_source(self.model, self.n_threads):
            self._validate_params()
            self._read_file = OnnxFile(self.model, self.n_threads)
        return self._read_file

    def __getstate__(self) -> dict[str, Any]:
        # One file of joblib is enough, on any machine.
        file = self._file
        state = {
            name: value for name, value in super().__getstate__().items() if name != "_read_file"
        }
        if file.has_source(self.model):
            state["model"] = file.content
        return state

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.three_d_array = True
        return tags


def _list(labels: Iterable[Any]) -> str:
    """List the first few labels for a message."""
    labels = list(labels)
    return f"{labels[:5]}" if len(labels) <= 5 else f"{labels[:5]} and {len(labels) - 5} more"
