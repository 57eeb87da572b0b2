"""The samples that a classifier gets wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from sklvision.inspection._axes import (
    get_axes,
    hide_upper_right_spines,
    import_pyplot,
    is_axes_array,
    label_outer_panels,
)
from sklvision.inspection._display import AxesLike, Keywords, SheetDisplay
from sklvision.inspection._drawing import (
    BLUE,
    DARK,
    RED,
    draw_artists,
    draw_image,
    find_display_range,
    format_percent,
    get_band_positions,
    merge_keywords,
)
from sklvision.inspection._samples import (
    check_not_empty,
    check_one_per_sample,
    check_wavelengths,
    read_arrays,
    read_values,
    select_samples,
)
from sklvision.utils._labels import read_labels
from sklvision.utils._nested import split_steps
from sklvision.utils._samples import Samples, as_samples, to_host
from sklvision.utils._validation import check_count


@dataclass(kw_only=True, eq=False, repr=False)
class MisclassifiedDisplay(SheetDisplay):
    """The samples that a classifier gets wrong, in descending order of confidence.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`. Images are shown unchanged,
    spectra together with the means of their true and predicted class. Above each are the true
    label, the predicted one, and its probability.

    Parameters
    ----------
    samples : list of ndarray
        The wrongly classified samples to show, images or spectra.
    true_labels, predicted_labels : sequence of length n
        Their true and predicted labels.
    confidences : ndarray of shape (n,), default=None
        Probabilities of the predicted labels.
    names : sequence of str, default=None
        Names of the samples.
    n_wrong : int, default=None
        Number of wrongly classified samples, if only some of them are shown.
    n_samples : int, default=None
        Number of classified samples.
    class_means : dict of label to ndarray of shape (n_bands,), default=None
        Mean spectra of the classes.
    wavelengths : ndarray of shape (n_bands,), default=None
        Positions of the bands.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n,)
        Axes of the samples; a single one with a sentence if there are none.
    %(figure)s

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : Counts of true and predicted labels.

    Notes
    -----
    Without ``predict_proba`` samples come in the order of the decision function's margin, or, where
    there is none, in that of the data, and no probability is written.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)

    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.inspection import MisclassifiedDisplay
    >>> model = GaussianNB().fit(X[:900], y[:900])
    >>> display = MisclassifiedDisplay.from_estimator(
    ...     model, X[900:], y[900:], image_shape=(8, 8), max_samples=12
    ... )
    >>> display.axes_.shape, display.n_wrong
    ((12,), 173)
    """

    samples: list[np.ndarray]
    true_labels: Sequence[Any]
    predicted_labels: Sequence[Any]
    confidences: np.ndarray | None = None
    names: Sequence[str] | None = None
    n_wrong: int | None = None
    n_samples: int | None = None
    class_means: dict[Any, np.ndarray] | None = None
    wavelengths: np.ndarray | None = None

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: ArrayLike, **kwargs: Any) -> Self:
        """Predict labels and show the samples where they are wrong.

        Parameters
        ----------
        estimator : classifier
            Fitted; any classifier with scikit-learn's interface.
        %(X)s
            They should not be training data.
        y : array-like of shape (n,)
            Their labels.
        **kwargs : dict
            Further keywords of :meth:`from_predictions`. The ``image_shape`` of the classifier is
            used if none is given.

        %(returned)s

        Raises
        ------
        NotFittedError
            If the classifier is not fitted.
        ValueError
            If `X` and `y` differ in length.
        """
        import_pyplot()
        check_is_fitted(estimator)
        samples = as_samples(X)
        y = read_labels(y)
        check_one_per_sample("y", y, samples)
        if hasattr(estimator, "predict_proba"):
            probabilities = estimator.predict_proba(samples.data)
            y_pred = np.asarray(estimator.classes_)[probabilities.argmax(axis=1)]
            kwargs["confidence"] = probabilities.max(axis=1)
        else:
            y_pred = estimator.predict(samples.data)
            if hasattr(estimator, "decision_function"):
                kwargs["margin"] = _compute_margins(estimator.decision_function(samples.data))
        _, classifier = split_steps(estimator)
        kwargs.setdefault("image_shape", getattr(classifier, "image_shape", None))
        return cls.from_predictions(y, y_pred, samples, **kwargs)

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
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Show samples whose predicted labels are wrong.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            True labels.
        y_pred : array-like of shape (n,)
            Predicted labels.
        %(X)s
        confidence : array-like of shape (n,), default=None
            Probabilities of the predicted labels, by which the samples are sorted.
        margin : array-like of shape (n,), default=None
            Values to sort by instead, higher where the classifier is more confident.
        %(names)s
        max_samples : int, default=24
            Largest number of samples shown; the title gives the number of wrong ones.
        image_shape : tuple of int, default=None
            Shape of one image if `X` holds images as rows.
        %(wavelengths)s
        %(drawing)s

        Raises
        ------
        ValueError
            If lengths differ.
        """
        import_pyplot()
        check_count("max_samples", max_samples)
        samples = as_samples(X)
        check_not_empty(samples)
        true, predicted = read_labels(y_true), read_labels(y_pred)
        confidence, margin = to_host(confidence), to_host(margin)
        columns = {"y_true": true, "y_pred": predicted, "confidence": confidence, "margin": margin}
        for name, values in columns.items():
            if values is not None:
                check_one_per_sample(name, values, samples)
        wrong = np.flatnonzero(true != predicted)
        certainty = margin if confidence is None else confidence
        if certainty is not None:
            wrong = wrong[np.argsort(-np.asarray(certainty, dtype=float)[wrong], kind="stable")]
        display = cls(
            samples=[],
            true_labels=list(true[wrong[:max_samples]]),
            predicted_labels=list(predicted[wrong[:max_samples]]),
            confidences=None if confidence is None else np.asarray(confidence)[wrong[:max_samples]],
            n_wrong=len(wrong),
            n_samples=len(true),
        )
        if len(wrong):
            selection = select_samples(samples, wrong, max_samples, names)
            display.names = selection.names
            display.samples = read_arrays(
                selection.samples, None if samples.is_lazy else image_shape
            )
            if display.samples[0].ndim == 1:
                display.class_means = _compute_class_means(samples, true)
                n_bands = len(display.samples[0])
                display.wavelengths = check_wavelengths(wavelengths, samples, n_bands)
        return display.plot(ax=ax, **kwargs)

    def plot(
        self, ax: AxesLike = None, *, image_kw: Keywords = None, line_kw: Keywords = None
    ) -> Self:
        """Draw the samples.

        %(plot)s
        """
        if len(self.samples) == 0:
            return self._plot_nothing(ax)
        if self.samples[0].ndim == 1:
            self._plot_spectra(ax, line_kw)
        else:
            self._plot_images(ax, image_kw)
        self._add_title(ax, self._format_summary(is_brief=ax is not None))
        return self

    def _plot_images(self, ax: Any, image_kw: Keywords) -> None:
        n_lines = 2 + (self.names is not None)
        ratios = [image.shape[1] / image.shape[0] for image in self.samples]
        panel_size = (1.15 * min(max(1.0, *ratios, 1.0), 2.5), 1.0 + 0.16 * n_lines)
        self._make_panels(ax, len(self.samples), 8, panel_size, (0.0, 0.5), min_width=3.6)
        limits = find_display_range(*self.samples)
        for i, panel in enumerate(self.axes_):
            draw_image(panel, self.samples[i], limits, image_kw)
            panel.set_title(self._format_title(i, "\n"), fontsize="small")

    def _plot_spectra(self, ax: Any, line_kw: Keywords) -> None:
        n = len(self.samples)
        n_columns = self._make_panels(ax, n, 3, (2.9, 1.8), (0.0, 0.5), min_width=3.6, sharex=True)
        positions, label = get_band_positions(self.wavelengths, len(self.samples[0]))
        for i, panel in enumerate(self.axes_):
            self._draw_spectrum(panel, i, positions, line_kw)
            panel.set_title(self._format_title(i, "  "), fontsize="small")
        label_outer_panels(self.axes_, n_columns, label)
        handles, labels = self.axes_[0].get_legend_handles_labels()
        style: dict[str, Any] = {"frameon": False, "fontsize": "small"}
        if ax is None:
            self.figure_.legend(handles, labels, loc="outside lower center", ncols=3, **style)
        else:
            self.axes_[0].legend(handles, labels, **style)

    def _format_title(self, i: int, separator: str) -> str:
        title = f"{self.true_labels[i]} → {self.predicted_labels[i]}"
        if self.confidences is not None:
            title += separator + format_percent(float(self.confidences[i]))
        return title if self.names is None else f"{self.names[i]}\n{title}"

    def _format_summary(self, *, is_brief: bool) -> str:
        n, n_wrong = len(self.samples), self.n_wrong
        n_wrong = n if n_wrong is None else n_wrong
        total = "" if self.n_samples is None else f" of {self.n_samples}"
        summary = f"{n_wrong}{total} misclassified"
        if n_wrong > n:
            summary += f", the first {n}" if self.confidences is None else f", the {n} surest"
        if is_brief:
            return summary
        return f"{summary}: true → predicted" + (
            "" if self.confidences is None else ", probability"
        )

    def _draw_spectrum(self, panel: Any, i: int, positions: np.ndarray, line_kw: Keywords) -> None:
        means = self.class_means or {}
        for label, color, role in (
            (self.true_labels[i], BLUE, "mean of true class"),
            (self.predicted_labels[i], RED, "mean of predicted class"),
        ):
            if label in means:
                panel.plot(positions, means[label], color=color, linewidth=1, label=role)
        style = {"color": DARK, "linewidth": 1, "label": "sample"}
        style = merge_keywords(style, line_kw=line_kw)
        draw_artists(panel.plot, positions, self.samples[i], style=style, line_kw=line_kw)
        hide_upper_right_spines(panel)

    def _plot_nothing(self, ax: Any) -> Self:
        if is_axes_array(ax) and np.size(ax):
            ax = np.ravel(np.asarray(ax))[0]
        panel, self.figure_ = get_axes(ax, (4.5, 1.2))
        self.axes_ = np.array([panel], dtype=object)
        panel.set_axis_off()
        total = "" if self.n_samples is None else f" of {self.n_samples} samples"
        style: dict[str, Any] = {"ha": "center", "va": "center", "transform": panel.transAxes}
        panel.text(0.5, 0.5, f"None{total} misclassified", **style)
        return self


def _compute_class_means(samples: Samples, labels: np.ndarray) -> dict[Any, np.ndarray]:
    values = read_values(samples)
    return {label: values[labels == label].mean(axis=0) for label in np.unique(labels)}


def _compute_margins(decision: Any) -> np.ndarray:
    """Compute the distance of the highest value of a decision function from the next."""
    decision = np.asarray(decision, dtype=float)
    if decision.ndim == 1:
        return np.abs(decision)
    ascending = np.sort(decision, axis=1)
    return ascending[:, -1] - ascending[:, -2]
