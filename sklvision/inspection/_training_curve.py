"""Loss and validation score by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sklvision.inspection._axes import COLORS, merged, open_frame, pyplot, several_axes
from sklvision.inspection._samples import inner_estimators
from sklvision.utils._optional import import_optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = ("train_loss", "valid_loss", "valid_score")


class TrainingCurveDisplay:
    """Training loss and validation score by epoch, of one net or of several.

    Make it with :meth:`from_estimator`. The loss of the training data is a line, that of
    the validation data, where there is any, a dashed one; the epoch whose weights were kept
    is marked.

    Parameters
    ----------
    curves : dict of str to DataFrame
        By the name of each net, its history: one row per epoch with the columns
        ``train_loss``, ``valid_loss`` and ``valid_score``, NaN where a value is not known.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (1,) or (2,)
        Those of the loss, and of the validation score where there is one.
    figure_ : Figure
        The figure that holds them.
    lines_ : list of Line2D
        The lines of the training loss, one per net.
    best_epochs_ : dict of str to int
        By name, the epoch that is marked, counted from 1.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores by the number of samples.

    Notes
    -----
    The best epoch is the one of the highest validation score, and among equal scores that of the
    lowest validation loss: with ``early_stopping=True`` the classifiers of this package keep the
    weights of that epoch. Without validation data no epoch is marked.

    .. versionadded:: 0.2

    Examples
    --------
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.inspection import TrainingCurveDisplay
    >>> from sklvision.neural_network import SpectrumClassifier
    >>> X, y = make_spectra(60, n_bands=20, random_state=0)
    >>> net = SpectrumClassifier(max_epochs=3, random_state=0).fit(X, y)
    >>> display = TrainingCurveDisplay.from_estimator(net)
    >>> display.axes_[0].get_ylabel()
    'training loss'
    """

    axes_: np.ndarray
    figure_: Any
    lines_: list[Any]
    best_epochs_: dict[str, int]

    def __init__(self, *, curves: Mapping[str, pd.DataFrame]) -> None:
        self.curves = curves

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        names: Sequence[str] | None = None,
        ax: Axes | np.ndarray | None = None,
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Show how a fitted net was trained, or several at once.

        Parameters
        ----------
        estimator : estimator, list of estimators or dict of str to estimator
            Fitted classifiers of this package, or others with a ``loss_curve_`` such as
            :class:`~sklearn.neural_network.MLPClassifier`. They may end a Pipeline, be the best
            of a search or be within another estimator; of a vote all members are shown.
        names : sequence of str, default=None
            Names of the estimators of a list; their classes where None.
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or as many axes as there are panels. None makes
            a new figure.
        line_kw : dict, default=None
            Keywords for all lines, as :meth:`~matplotlib.axes.Axes.plot` takes them.

        Returns
        -------
        display : TrainingCurveDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If an estimator is not fitted.
        ValueError
            If an estimator has no record of its training, or names do not fit.
        """
        pyplot()
        curves: dict[str, pd.DataFrame] = {}
        for name, fitted in _named(estimator, names):
            check_is_fitted(fitted)
            for inside, net in inner_estimators(fitted):
                curves[", ".join(filter(None, [name, inside]))] = _history(net, name)
        return cls(curves=curves).plot(ax=ax, line_kw=line_kw)

    def plot(
        self, ax: Axes | np.ndarray | None = None, *, line_kw: dict[str, Any] | None = None
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or as many axes as there are panels. None makes
            a new figure.
        line_kw : dict, default=None
            Keywords for all lines, as :meth:`~matplotlib.axes.Axes.plot` takes them.

        Returns
        -------
        self : TrainingCurveDisplay
            The display.
        """
        scored = any(curve["valid_score"].notna().any() for curve in self.curves.values())
        held_out = any(curve["valid_loss"].notna().any() for curve in self.curves.values())
        n_panels = 1 + scored
        axes, self.figure_ = several_axes(
            ax, (n_panels, 1), (5.0, 2.9 if n_panels == 1 else 4.4), sharex=True
        )
        self.axes_ = axes[:, 0]
        self.lines_, self.best_epochs_ = [], {}
        for i, (name, curve) in enumerate(self.curves.items()):
            self._draw_net(name, curve, COLORS[i % len(COLORS)], line_kw)
        self.axes_[0].set(ylabel="loss" if held_out else "training loss")
        if scored:
            self.axes_[1].set(ylabel="validation score")
            self.axes_[0].tick_params(labelbottom=False)
        self.axes_[-1].set(xlabel="epoch")
        for panel in self.axes_:
            open_frame(panel)
            panel.xaxis.get_major_locator().set_params(integer=True)
        self._draw_legend(held_out)
        return self

    def _draw_net(
        self, name: str, curve: pd.DataFrame, color: str, line_kw: dict[str, Any] | None
    ) -> None:
        epochs = np.arange(1, len(curve) + 1)
        # A line of a single epoch would be invisible.
        style: dict[str, Any] = {"color": color, "linewidth": 1.5}
        style |= {"marker": "."} if len(curve) == 1 else {}
        solid = merged(style | {"label": name}, line_kw, "lines.Line2D")
        dashed = merged(style | {"linestyle": "--"}, line_kw, "lines.Line2D") | {"label": None}
        self.lines_ += self.axes_[0].plot(epochs, curve["train_loss"], **solid)
        if curve["valid_loss"].notna().any():
            self.axes_[0].plot(epochs, curve["valid_loss"], **dashed)
        if curve["valid_score"].notna().any():
            self.axes_[1].plot(epochs, curve["valid_score"], **solid)
            best = _best_epoch(curve)
            self.best_epochs_[name] = best + 1
            mark = {"color": solid["color"], "marker": "o", "markersize": 7, "zorder": 3}
            self.axes_[1].plot(
                [best + 1], [curve["valid_score"].iloc[best]], markeredgecolor="white", **mark
            )
            for panel in self.axes_:
                panel.axvline(best + 1, color=solid["color"], linewidth=0.8, linestyle=":")

    def _draw_legend(self, held_out: bool) -> None:
        lines = import_optional("matplotlib.lines", extra="plot")
        handles = list(self.lines_) if len(self.curves) > 1 else []
        if held_out:
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


def _named(estimator: Any, names: Sequence[str] | None) -> list[tuple[str, Any]]:
    """Pairs of names and estimators; names that several share are numbered."""
    if isinstance(estimator, Mapping):
        if names is not None:
            raise ValueError("names must be None where estimators come as a dict with names.")
        pairs = [(str(name), fitted) for name, fitted in estimator.items()]
    else:
        fitted = list(estimator) if isinstance(estimator, list | tuple) else [estimator]
        if names is None:
            found = [type(one).__name__ for one in (_innermost(one) for one in fitted)]
            names = [
                f"{name}-{found[: i + 1].count(name)}" if found.count(name) > 1 else name
                for i, name in enumerate(found)
            ]
        if len(names) != len(fitted):
            raise ValueError(
                f"names must have one name per estimator: {len(names)} names, "
                f"{len(fitted)} estimators."
            )
        pairs = list(zip(map(str, names), fitted, strict=True))
    if not pairs:
        raise ValueError("estimator is empty: there is nothing to show.")
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError(f"names must differ, got {[name for name, _ in pairs]}.")
    return pairs


def _innermost(estimator: Any) -> Any:
    """What gives an estimator its name: the last step of a pipeline, the best of a search."""
    inner = [one for _, one in inner_estimators(estimator)]
    return inner[0] if len(inner) == 1 else estimator


def _history(net: Any, name: str) -> pd.DataFrame:
    """The history of one net; of others than ours, what scikit-learn's nets keep."""
    if hasattr(net, "history_"):
        rows = pd.DataFrame(net.history_).rename(columns={"valid_acc": "valid_score"})
        return rows.reindex(columns=list(_COLUMNS)).astype(float)
    if getattr(net, "loss_curve_", None) is None:
        raise ValueError(
            f"{name} has no record of its training: {type(net).__name__} has neither history_ nor "
            "loss_curve_."
        )
    losses = np.asarray(net.loss_curve_, dtype=float)
    scores = getattr(net, "validation_scores_", None)
    if scores is None or len(scores) != len(losses):
        scores = np.full(len(losses), np.nan)
    return pd.DataFrame({"train_loss": losses, "valid_loss": np.nan, "valid_score": scores})


def _best_epoch(curve: pd.DataFrame) -> int:
    """Place of the epoch of the best score, the first of those that share the lowest loss."""
    order = pd.DataFrame({"score": -curve["valid_score"], "loss": curve["valid_loss"]})
    return int(order.reset_index(drop=True).sort_values(["score", "loss"], kind="stable").index[0])
