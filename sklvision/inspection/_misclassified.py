"""The samples a classifier gets wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from sklvision.inspection._axes import (
    BLUE,
    DARK,
    RED,
    band_axis,
    head,
    merged,
    one_axes,
    open_frame,
    percent,
    pixel_range,
    pyplot,
    several_axes,
    sheet_shape,
    show_image,
)
from sklvision.inspection._samples import (
    as_pictures,
    check_wavelengths,
    fitted_pipeline,
    n_samples,
    sample_names,
    take,
)
from sklvision.utils._lazy import is_collection

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class MisclassifiedDisplay:
    """The samples that a classifier gets wrong, those first of which it was surest.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`. Images are shown as they are,
    spectra over the means of their true class and of the one they were taken for. Above each is
    the true label, the predicted one, and the probability the classifier gave to it.

    Parameters
    ----------
    samples : list of ndarray
        The wrongly classified samples to show, images or spectra.
    true_labels, predicted_labels : sequence of length n
        What they are, and what they were taken for.
    confidences : ndarray of shape (n,), default=None
        Probabilities of the predicted labels.
    names : sequence of str, default=None
        Names of the samples.
    n_wrong : int, default=None
        How many samples were wrong, where more were than are shown.
    n_samples : int, default=None
        How many samples were classified.
    class_means : dict of label to ndarray of shape (n_bands,), default=None
        Mean spectra of the classes.
    wavelengths : ndarray of shape (n_bands,), default=None
        Positions of the bands.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n,)
        Those of the samples; a single one with a sentence if there are none.
    figure_ : Figure
        The figure that holds them.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : How many of each class are taken for which.

    Notes
    -----
    Without ``predict_proba`` samples come in the order of the decision function's margin, or, where
    there is none, in that of the data, and no probability is written.

    .. versionadded:: 0.2

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.inspection import MisclassifiedDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> model = GaussianNB().fit(X[:900], y[:900])
    >>> display = MisclassifiedDisplay.from_estimator(
    ...     model, X[900:], y[900:], image_shape=(8, 8), max_samples=12
    ... )
    >>> display.axes_.shape, display.n_wrong
    ((12,), 173)
    """

    axes_: np.ndarray
    figure_: Any

    def __init__(
        self,
        *,
        samples: list[np.ndarray],
        true_labels: Sequence[Any],
        predicted_labels: Sequence[Any],
        confidences: np.ndarray | None = None,
        names: Sequence[str] | None = None,
        n_wrong: int | None = None,
        n_samples: int | None = None,
        class_means: dict[Any, np.ndarray] | None = None,
        wavelengths: np.ndarray | None = None,
    ) -> None:
        self.samples = samples
        self.true_labels = true_labels
        self.predicted_labels = predicted_labels
        self.confidences = confidences
        self.names = names
        self.n_wrong = n_wrong
        self.n_samples = n_samples
        self.class_means = class_means
        self.wavelengths = wavelengths

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: ArrayLike, **kwargs: Any) -> Self:
        """Classify samples and show those that come out wrong.

        Parameters
        ----------
        estimator : classifier
            Fitted; any classifier of scikit-learn's protocol.
        X : array-like of shape (n, n_features), (n, height, width) or \
                (n, height, width, channels), or ImageCollection
            Samples it was not trained on, as it takes them.
        y : array-like of shape (n,)
            Their labels.
        **kwargs : dict
            Further keywords of :meth:`from_predictions`. The ``image_shape`` of the classifier is
            taken where none is given.

        Returns
        -------
        display : MisclassifiedDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the classifier is not fitted.
        ValueError
            If `X` and `y` differ in length.
        """
        pyplot()
        check_is_fitted(estimator)
        _check_length("y", y, X)
        if hasattr(estimator, "predict_proba"):
            probability = estimator.predict_proba(X)
            predicted = np.asarray(estimator.classes_)[probability.argmax(axis=1)]
            kwargs["confidence"] = probability.max(axis=1)
        else:
            predicted = estimator.predict(X)
            if hasattr(estimator, "decision_function"):
                kwargs["margin"] = _margins(estimator.decision_function(X))
        if "image_shape" not in kwargs:
            _, last = fitted_pipeline(estimator)
            kwargs["image_shape"] = getattr(last, "image_shape", None)
        return cls.from_predictions(y, predicted, X, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        X: Any,
        *,
        confidence: ArrayLike | None = None,
        margin: ArrayLike | None = None,
        names: Sequence[str] | None = None,
        max_samples: int = 24,
        image_shape: tuple[int, ...] | None = None,
        wavelengths: Any = None,
        ax: Axes | np.ndarray | None = None,
        image_kw: dict[str, Any] | None = None,
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Show samples whose predicted labels are wrong.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            True labels.
        y_pred : array-like of shape (n,)
            Predicted labels.
        X : array-like of shape (n, n_bands), (n, height, width) or \
                (n, height, width, channels), or ImageCollection
            The samples. Of a collection only those shown are read.
        confidence : array-like of shape (n,), default=None
            Probabilities of the predicted labels, by which the samples are sorted.
        margin : array-like of shape (n,), default=None
            What to sort by instead, higher where the classifier was surer.
        names : sequence of str of length n, default=None
            Names of the samples; None takes the names of the files of a collection, or none.
        max_samples : int, default=24
            How many samples are shown at most; the title says how many are wrong.
        image_shape : tuple of int, default=None
            Shape of one image where `X` holds images as rows.
        wavelengths : array-like of shape (n_bands,), default=None
            Positions of the bands of spectra.
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or as many axes as there are samples. None makes
            a new figure.
        image_kw, line_kw : dict, default=None
            Keywords of :meth:`~matplotlib.axes.Axes.imshow` for images, and of
            :meth:`~matplotlib.axes.Axes.plot` for spectra.

        Returns
        -------
        display : MisclassifiedDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If lengths differ.
        """
        pyplot()
        if not isinstance(max_samples, (int, np.integer)) or max_samples < 1:
            raise ValueError(f"max_samples must be an integer of at least 1, got {max_samples!r}.")
        given = {"y_true": y_true, "y_pred": y_pred, "confidence": confidence, "margin": margin}
        for name, values in given.items():
            if values is not None:
                _check_length(name, values, X)
        true, predicted = np.asarray(y_true), np.asarray(y_pred)
        wrong = np.flatnonzero(true != predicted)
        surest = confidence if confidence is not None else margin
        if surest is not None:
            wrong = wrong[np.argsort(-np.asarray(surest, dtype=float)[wrong], kind="stable")]
        chosen = wrong[:max_samples]
        samples: list[np.ndarray] = []
        class_means = None
        if len(chosen):
            samples, are_images = as_pictures(
                take(X, chosen), None if is_collection(X) else image_shape
            )
            if not are_images:
                table = np.asarray(X)
                class_means = {
                    label: table[true == label].mean(axis=0) for label in np.unique(true)
                }
                wavelengths = check_wavelengths(wavelengths, X, table.shape[1])
        named = names is not None or (is_collection(X) and hasattr(X, "files"))
        return cls(
            samples=samples,
            true_labels=list(true[chosen]),
            predicted_labels=list(predicted[chosen]),
            confidences=None if confidence is None else np.asarray(confidence)[chosen],
            names=sample_names(X, names, chosen) if named else None,
            n_wrong=len(wrong),
            n_samples=len(true),
            class_means=class_means,
            wavelengths=wavelengths if class_means else None,
        ).plot(ax=ax, image_kw=image_kw, line_kw=line_kw)

    def plot(
        self,
        ax: Axes | np.ndarray | None = None,
        *,
        image_kw: dict[str, Any] | None = None,
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the samples.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or as many axes as there are samples. None makes
            a new figure.
        image_kw, line_kw : dict, default=None
            Keywords of :meth:`~matplotlib.axes.Axes.imshow` for images, and of
            :meth:`~matplotlib.axes.Axes.plot` for spectra.

        Returns
        -------
        self : MisclassifiedDisplay
            The display.
        """
        n = len(self.samples)
        if n == 0:
            return self._plot_nothing(ax)
        spectra = self.samples[0].ndim == 1
        grid = sheet_shape(n, 3 if spectra else 8)
        if ax is not None and not hasattr(ax, "transAxes"):
            grid = (n, 1)
        lines = 2 + (self.names is not None)
        cell = (2.9, 1.8) if spectra else (1.15, 1.0 + 0.16 * lines)
        if not spectra:
            ratios = [image.shape[1] / image.shape[0] for image in self.samples]
            cell = (cell[0] * min(max(1.0, *ratios, 1.0), 2.5), cell[1])
        size = (max(cell[0] * grid[1], 3.6), cell[1] * grid[0] + 0.5)
        axes, self.figure_ = several_axes(ax, grid, size, sharex=spectra)
        self.axes_ = axes.ravel()[:n]
        for empty in axes.ravel()[n:]:
            empty.set_axis_off()
        limits = pixel_range(*self.samples)
        for i, panel in enumerate(self.axes_):
            if spectra:
                self._draw_spectrum(panel, i, line_kw)
                lowest = i + grid[1] >= n
                panel.tick_params(labelbottom=lowest)
                panel.set_xlabel(
                    band_axis(self.wavelengths, len(self.samples[i]))[1] if lowest else ""
                )
            else:
                show_image(panel, self.samples[i], limits, image_kw)
            panel.set_title(self._title(i, spectra), fontsize="small")
        head(ax, self.figure_, self._summary(brief=ax is not None), self.axes_)
        if spectra:
            handles, labels = self.axes_[0].get_legend_handles_labels()
            style = {"frameon": False, "fontsize": "small"}
            if ax is None:
                self.figure_.legend(handles, labels, loc="outside lower center", ncols=3, **style)
            else:
                self.axes_[0].legend(handles, labels, **style)
        return self

    def _title(self, i: int, spectra: bool) -> str:
        said = f"{self.true_labels[i]} → {self.predicted_labels[i]}"
        if self.confidences is not None:
            said += ("  " if spectra else "\n") + percent(float(self.confidences[i]))
        return said if self.names is None else f"{self.names[i]}\n{said}"

    def _summary(self, *, brief: bool) -> str:
        n_wrong = len(self.samples) if self.n_wrong is None else self.n_wrong
        said = f"{n_wrong} misclassified"
        if self.n_samples is not None:
            said = f"{n_wrong} of {self.n_samples} misclassified"
        if n_wrong > len(self.samples):
            n = len(self.samples)
            said += f", the first {n}" if self.confidences is None else f", the {n} surest"
        if brief:
            return said
        return f"{said}: true → predicted" + (
            ", probability" if self.confidences is not None else ""
        )

    def _draw_spectrum(self, panel: Axes, i: int, line_kw: dict[str, Any] | None) -> None:
        sample = self.samples[i]
        positions, _ = band_axis(self.wavelengths, len(sample))
        means = self.class_means or {}
        for label, color, role in (
            (self.true_labels[i], BLUE, "mean of true class"),
            (self.predicted_labels[i], RED, "mean of predicted class"),
        ):
            if label in means:
                panel.plot(positions, means[label], color=color, linewidth=1, label=role)
        style = merged({"color": DARK, "linewidth": 1}, line_kw, "lines.Line2D")
        panel.plot(positions, sample, **{"label": "sample", **style})
        open_frame(panel)

    def _plot_nothing(self, ax: Any) -> Self:
        first = ax if ax is None or hasattr(ax, "transAxes") else np.ravel(np.asarray(ax))[0]
        panel, self.figure_ = one_axes(first, (4.5, 1.2))
        self.axes_ = np.array([panel], dtype=object)
        panel.set_axis_off()
        total = "" if self.n_samples is None else f" of {self.n_samples} samples"
        said = f"None{total} misclassified"
        panel.text(0.5, 0.5, said, ha="center", va="center", transform=panel.transAxes)
        return self


def _margins(decision: Any) -> np.ndarray:
    """How far the highest value of a decision function is above the next."""
    decision = np.asarray(decision, dtype=float)
    if decision.ndim == 1:
        return np.abs(decision)
    ranked = np.sort(decision, axis=1)
    return ranked[:, -1] - ranked[:, -2]


def _check_length(name: str, values: Any, X: Any) -> None:
    if np.ndim(values) != 1 or len(values) != n_samples(X):
        raise ValueError(
            f"{name} must have one value per sample: it has shape {np.shape(values)}, X has "
            f"{n_samples(X)} samples."
        )
