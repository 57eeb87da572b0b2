"""Loss and validation score by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sklvision.inspection._axes import hide_upper_right_spines, import_pyplot
from sklvision.inspection._display import AxesLike, Keywords, SheetDisplay
from sklvision.inspection._drawing import COLORS, draw_artists, merge_keywords
from sklvision.utils._nested import find_learners
from sklvision.utils._optional import import_optional
from sklvision.utils._validation import check_list

_COLUMNS = ("train_loss", "valid_loss", "valid_score")


@dataclass(kw_only=True, eq=False, repr=False)
class TrainingCurveDisplay(SheetDisplay):
    """Training loss and validation score by epoch, of one net or of several.

    Make it with :meth:`from_estimator`. The loss of the training data is a solid line, that of the
    validation data (if any) a dashed line. The epoch whose weights were kept is marked.

    Parameters
    ----------
    curves : dict of str to DataFrame
        By the name of each net, its history: one row per epoch with the columns
        ``train_loss``, ``valid_loss`` and ``valid_score``, NaN where a value is missing.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (1,) or (2,)
        Axes of the loss, and of the validation score if there is one.
    %(figure)s
    lines_ : list of Line2D
        Lines of the training loss, one per net.
    best_epochs_ : dict of str to int
        Marked epoch by name, counted from 1.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores by the number of samples.

    Notes
    -----
    The best epoch is the one of the highest validation score, and among equal scores that of the
    lowest validation loss: with ``early_stopping=True`` the classifiers of this package keep the
    weights of that epoch. Without validation data no epoch is marked.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.neural_network import SpectrumClassifier
    >>> X, y = make_spectra(60, n_bands=20, random_state=0)
    >>> net = SpectrumClassifier(max_epochs=3, random_state=0).fit(X, y)

    >>> from sklvision.inspection import TrainingCurveDisplay
    >>> display = TrainingCurveDisplay.from_estimator(net)
    >>> display.axes_[0].get_ylabel()
    'training loss'
    """

    curves: Mapping[str, pd.DataFrame]
    lines_: list[Any] = field(init=False)
    best_epochs_: dict[str, int] = field(init=False)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        names: Sequence[str] | None = None,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Show the training history of a fitted net, or of several.

        Parameters
        ----------
        estimator : estimator, list of estimators or dict of str to estimator
            Fitted classifiers of this package, or others with a ``loss_curve_`` such as
            :class:`~sklearn.neural_network.MLPClassifier`. They may end a Pipeline, be the best
            of a search or be within another estimator; of an ensemble all members with a history
            are shown.
        names : sequence of str, default=None
            Names of the estimators of a list; their classes if None.
        %(drawing)s

        Raises
        ------
        NotFittedError
            If an estimator is not fitted.
        ValueError
            If neither an estimator nor any inside it has a record of its training, or names do
            not fit.
        """
        import_pyplot()
        curves: dict[str, pd.DataFrame] = {}
        for name, source in _name_estimators(estimator, names):
            check_is_fitted(source)
            histories = {
                ", ".join(filter(None, [name, inner_name])): _get_history(learner)
                for inner_name, learner in find_learners(source)
            }
            recorded = {key: curve for key, curve in histories.items() if curve is not None}
            if not recorded:
                raise ValueError(
                    f"{name} has no record of its training: {type(source).__name__} has neither "
                    "history_ nor loss_curve_, nor has an estimator inside it."
                )
            curves |= recorded
        return cls(curves=curves).plot(ax=ax, **kwargs)

    def plot(self, ax: AxesLike = None, *, line_kw: Keywords = None) -> Self:
        """Draw the curves.

        %(plot)s
        """
        has_scores = any(curve["valid_score"].notna().any() for curve in self.curves.values())
        has_validation = any(curve["valid_loss"].notna().any() for curve in self.curves.values())
        n_panels = 1 + has_scores
        self._make_grid(ax, (n_panels, 1), (5.0, 2.9 if n_panels == 1 else 4.4), sharex=True)
        self.axes_ = self.axes_[:, 0]
        self.lines_, self.best_epochs_ = [], {}
        for i, (name, curve) in enumerate(self.curves.items()):
            self._draw_net(name, curve, COLORS[i % len(COLORS)], line_kw)
        self.axes_[0].set(ylabel="loss" if has_validation else "training loss")
        if has_scores:
            self.axes_[1].set(ylabel="validation score")
            self.axes_[0].tick_params(labelbottom=False)
        self.axes_[-1].set(xlabel="epoch")
        for panel in self.axes_:
            hide_upper_right_spines(panel)
            panel.xaxis.get_major_locator().set_params(integer=True)
        self._draw_legend(has_validation)
        return self

    def _draw_net(self, name: str, curve: pd.DataFrame, color: str, line_kw: Keywords) -> None:
        epochs = np.arange(1, len(curve) + 1)
        # A line of a single epoch would be invisible.
        style: dict[str, Any] = {"color": color, "linewidth": 1.5}
        style |= {"marker": "."} if len(curve) == 1 else {}
        solid = merge_keywords(style | {"label": name}, line_kw=line_kw)
        dashed = merge_keywords(style | {"linestyle": "--"}, line_kw=line_kw) | {"label": None}

        def draw(panel: Any, column: str, style: dict[str, Any]) -> list[Any]:
            data = epochs, curve[column]
            return draw_artists(panel.plot, *data, style=style, line_kw=line_kw)

        self.lines_ += draw(self.axes_[0], "train_loss", solid)
        if curve["valid_loss"].notna().any():
            draw(self.axes_[0], "valid_loss", dashed)
        if curve["valid_score"].notna().any():
            draw(self.axes_[1], "valid_score", solid)
            best = _find_best_epoch(curve)
            self.best_epochs_[name] = best + 1
            mark = {"color": solid["color"], "marker": "o", "markersize": 7, "zorder": 3}
            self.axes_[1].plot(
                [best + 1], [curve["valid_score"].iloc[best]], markeredgecolor="white", **mark
            )
            for panel in self.axes_:
                panel.axvline(best + 1, color=solid["color"], linewidth=0.8, linestyle=":")

    def _draw_legend(self, has_validation: bool) -> None:
        lines = import_optional("matplotlib.lines", extra="plot")
        handles = list(self.lines_) if len(self.curves) > 1 else []
        if has_validation:
            handles += [
                lines.Line2D([], [], color="black", label="training"),
                lines.Line2D([], [], color="black", linestyle="--", label="validation"),
            ]
        if handles:
            self.axes_[0].legend(handles=handles, frameon=False, fontsize="small")
        if self.best_epochs_:
            dot = lines.Line2D([], [], color="black", marker="o", linestyle=":")
            if len(self.best_epochs_) == 1:
                (epoch,) = self.best_epochs_.values()
                dot.set(label=f"best epoch: {epoch}", color=self.lines_[0].get_color())
            else:
                dot.set(label="best epoch")
            self.axes_[1].legend(handles=[dot], frameon=False, fontsize="small")


def _name_estimators(estimator: Any, names: Sequence[str] | None) -> list[tuple[str, Any]]:
    """Return pairs of names and estimators; names that several share are numbered."""
    if isinstance(estimator, Mapping):
        if names is not None:
            raise ValueError("names must be None if estimator is a dict, whose keys are the names.")
        pairs = [(str(name), source) for name, source in estimator.items()]
    else:
        estimators = list(estimator) if isinstance(estimator, list | tuple) else [estimator]
        names = _name_by_class(estimators) if names is None else check_list("names", names)
        if len(names) != len(estimators):
            raise ValueError(
                f"names must have one name per estimator: {len(names)} names, "
                f"{len(estimators)} estimators."
            )
        pairs = list(zip(map(str, names), estimators, strict=True))
    if not pairs:
        raise ValueError("estimator is empty: there is nothing to show.")
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError(f"names must differ, got {[name for name, _ in pairs]}.")
    return pairs


def _name_by_class(estimators: list[Any]) -> list[str]:
    """Name estimators by their classes: that of the net, of ensembles their own."""
    names = []
    for estimator in estimators:
        learners = [learner for _, learner in find_learners(estimator)]
        names.append(type(learners[0] if len(learners) == 1 else estimator).__name__)
    return [
        f"{name}-{names[: i + 1].count(name)}" if names.count(name) > 1 else name
        for i, name in enumerate(names)
    ]


def _get_history(net: Any) -> pd.DataFrame | None:
    """Return the history of a net of this package or of scikit-learn, None of anything else."""
    history = getattr(net, "history_", None)
    if history is not None:
        rows = pd.DataFrame(history).rename(columns={"valid_acc": "valid_score"})
        return rows.reindex(columns=list(_COLUMNS)).astype(float)
    losses = getattr(net, "loss_curve_", None)
    if losses is None:
        return None
    scores = getattr(net, "validation_scores_", None)
    if scores is None or len(scores) != len(losses):
        scores = np.full(len(losses), np.nan)
    columns = (np.asarray(losses, dtype=float), np.nan, scores)
    return pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True)))


def _find_best_epoch(curve: pd.DataFrame) -> int:
    """Return the index of the epoch of the best score, of equals the one of the lowest loss."""
    order = pd.DataFrame({"score": -curve["valid_score"], "loss": curve["valid_loss"]})
    return int(order.reset_index(drop=True).sort_values(["score", "loss"], kind="stable").index[0])
