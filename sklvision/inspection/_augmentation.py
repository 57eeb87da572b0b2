"""What augmentation makes of samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sklvision.inspection._axes import (
    BLUE,
    DARK,
    band_axis,
    frame,
    head,
    merged,
    open_frame,
    pixel_range,
    pyplot,
    several_axes,
    sheet_shape,
    show_image,
)
from sklvision.inspection._samples import (
    as_pictures,
    check_wavelengths,
    choose,
    n_asked,
    sample_names,
    take,
)
from sklvision.utils._lazy import is_collection
from sklvision.utils._random import draw_seed

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class AugmentationDisplay:
    """A contact sheet of samples and of variants as training sees them.

    Make it with :meth:`from_estimator` or :meth:`from_augmenters`. Images: one row for each, the
    original framed on the left. Spectra: one panel for each, the original in black over its
    variants.

    Parameters
    ----------
    samples : ndarray of shape (n, n_bands), (n, height, width) or (n, height, width, channels)
        The originals.
    draws : ndarray of shape (n_draws, n, ...)
        Their variants.
    names : sequence of str
        Names of the samples.
    wavelengths : ndarray of shape (n_bands,), default=None
        Positions of the bands of spectra; their numbers where None.
    n_total : int, default=None
        How many samples there were to be shown, where these are only some of them.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n, 1 + n_draws), or (n,) for spectra
        Those of the pictures.
    figure_ : Figure
        The figure that holds them.

    See Also
    --------
    sklvision.augmentation.Compose : Several augmenters, one after another.

    Notes
    -----
    Variants of whole numbers are rounded to them. An augmenter that blends samples, such as
    :class:`~sklvision.augmentation.MixUp`, blends those shown with each other.

    .. versionadded:: 0.2

    Examples
    --------
    >>> from sklvision.augmentation import SpectralGain, SpectralShift
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.inspection import AugmentationDisplay
    >>> X, y = make_spectra(4, n_bands=50, random_state=0)
    >>> display = AugmentationDisplay.from_augmenters(
    ...     [SpectralGain(), SpectralShift()], X, n_draws=8, random_state=0
    ... )
    >>> display.draws.shape
    (8, 4, 50)
    """

    axes_: np.ndarray
    figure_: Any

    def __init__(
        self,
        *,
        samples: np.ndarray,
        draws: np.ndarray,
        names: Sequence[str],
        wavelengths: np.ndarray | None = None,
        n_total: int | None = None,
    ) -> None:
        self.samples = samples
        self.draws = draws
        self.names = names
        self.wavelengths = wavelengths
        self.n_total = n_total

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, **kwargs: Any) -> Self:
        """Show what the augmentation of a classifier makes of its training samples.

        Parameters
        ----------
        estimator : classifier or Pipeline
            With the parameter ``augment``, fitted or not; or a Pipeline that ends in one, whose
            earlier steps, fitted where they need to be, the samples go through first.
        X : array-like of shape (n, n_bands), (n, height, width) or \
                (n, height, width, channels), or ImageCollection
            Samples, as the estimator takes them.
        **kwargs : dict
            Further keywords of :meth:`from_augmenters`. The ``image_shape`` of the classifier is
            taken where none is given.

        Returns
        -------
        display : AugmentationDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the estimator has no augmentation.
        """
        last, before = estimator, []
        for attribute in ("best_estimator_", "estimator_", "estimator"):
            last = last if hasattr(last, "steps") else getattr(last, attribute, last)
        if hasattr(last, "steps"):
            steps = [step for _, step in last.steps if step not in (None, "passthrough")]
            before, last = steps[:-1], steps[-1]
        if getattr(last, "augment", None) is None:
            raise ValueError(
                f"estimator has no augmentation to show: {type(last).__name__} has augment=None."
                if hasattr(last, "augment")
                else f"estimator has no augmentation to show: {type(last).__name__} has no "
                "parameter augment."
            )
        indices, names = kwargs.pop("indices", None), kwargs.pop("names", None)
        chosen = choose(X, indices, kwargs.pop("max_samples", 6))
        shown = take(X, chosen)
        for step in before:
            shown = step.transform(shown)
        kwargs.setdefault("image_shape", getattr(last, "image_shape", None))
        kwargs |= {"names": sample_names(X, names, chosen), "max_samples": len(chosen)}
        display = cls.from_augmenters(last.augment, shown, **kwargs)
        display.n_total = n_asked(X, indices)
        display._say_how_many(kwargs.get("ax"))
        return display

    @classmethod
    def from_augmenters(
        cls,
        augment: Any,
        X: Any,
        *,
        n_draws: int = 6,
        indices: Any = None,
        names: Sequence[str] | None = None,
        max_samples: int = 6,
        image_shape: tuple[int, ...] | None = None,
        wavelengths: Any = None,
        random_state: int | np.random.RandomState | None = None,
        ax: Axes | np.ndarray | None = None,
        image_kw: dict[str, Any] | None = None,
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Show what augmenters make of samples.

        Parameters
        ----------
        augment : augmenter, callable or list of these
            What a classifier takes as its parameter ``augment``.
        X : array-like of shape (n, n_bands), (n, height, width) or \
                (n, height, width, channels), or ImageCollection
            Samples. Of a collection only those shown are read.
        n_draws : int, default=6
            Variants of each.
        indices : array-like of int or bool, default=None
            Which samples to show; None shows the first ones.
        names : sequence of str of length n, default=None
            A name for each sample of `X`; None takes the names of the files or the indices.
        max_samples : int, default=6
            How many samples are shown at most; the title says how many there are.
        image_shape : tuple of int, default=None
            Shape of one image where `X` holds images as rows.
        wavelengths : array-like of shape (n_bands,), default=None
            Positions of the bands of spectra.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or as many axes as there are pictures. None makes
            a new figure.
        image_kw, line_kw : dict, default=None
            Keywords of :meth:`~matplotlib.axes.Axes.imshow` for images, and of
            :meth:`~matplotlib.axes.Axes.plot` for the variants of spectra.

        Returns
        -------
        display : AugmentationDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an augmenter does not fit the samples, or a parameter is out of range.
        """
        pyplot()
        if not isinstance(n_draws, (int, np.integer)) or n_draws < 1:
            raise ValueError(f"n_draws must be an integer of at least 1, got {n_draws!r}.")
        chosen = choose(X, indices, max_samples)
        shown = take(X, chosen)
        pictures, are_images = as_pictures(shown, None if is_collection(shown) else image_shape)
        samples = np.stack(pictures)
        draws = _draw_variants(augment, samples, n_draws, draw_seed(random_state))
        if not are_images:
            wavelengths = check_wavelengths(wavelengths, shown, samples.shape[1])
        return cls(
            samples=samples,
            draws=draws,
            names=sample_names(X, names, chosen),
            wavelengths=None if are_images else wavelengths,
            n_total=n_asked(X, indices),
        ).plot(ax=ax, image_kw=image_kw, line_kw=line_kw)

    def plot(
        self,
        ax: Axes | np.ndarray | None = None,
        *,
        image_kw: dict[str, Any] | None = None,
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the contact sheet.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or as many axes as there are pictures. None makes
            a new figure.
        image_kw, line_kw : dict, default=None
            Keywords of :meth:`~matplotlib.axes.Axes.imshow` for images, and of
            :meth:`~matplotlib.axes.Axes.plot` for the variants of spectra.

        Returns
        -------
        self : AugmentationDisplay
            The display.
        """
        if self.samples.ndim == 2:
            self._plot_spectra(ax, line_kw)
        else:
            self._plot_images(ax, image_kw)
        self._say_how_many(ax)
        return self

    def _say_how_many(self, ax: Any) -> None:
        n = len(self.samples)
        if self.n_total is not None and self.n_total > n:
            head(ax, self.figure_, f"{n} of {self.n_total} samples", self.axes_)

    def _plot_images(self, ax: Any, image_kw: dict[str, Any] | None) -> None:
        n_draws, n = self.draws.shape[:2]
        ratio = self.samples.shape[2] / self.samples.shape[1]
        size = (1.15 * (1 + n_draws) * ratio + 0.4, 1.2 * n + 0.4)
        self.axes_, self.figure_ = several_axes(ax, (n, 1 + n_draws), size)
        limits = pixel_range(self.samples)
        for i, row in enumerate(self.axes_):
            for panel, image in zip(row, [self.samples[i], *self.draws[:, i]], strict=True):
                show_image(panel, image, limits, image_kw)
                frame(panel, "none")
            frame(row[0], DARK, 2)
            row[0].set_ylabel(self.names[i], fontsize="small")
        self.axes_[0, 0].set_title("original", fontsize="small")
        self.axes_[0, 1].set_title("drawn", fontsize="small")

    def _plot_spectra(self, ax: Any, line_kw: dict[str, Any] | None) -> None:
        n = len(self.samples)
        grid = (n, 1) if ax is not None and not hasattr(ax, "transAxes") else sheet_shape(n, 3)
        size = (3.0 * grid[1] + 0.4, 1.9 * grid[0] + 0.4)
        axes, self.figure_ = several_axes(ax, grid, size, sharex=True)
        self.axes_ = axes.ravel()[:n]
        for empty in axes.ravel()[n:]:
            empty.set_axis_off()
        positions, label = band_axis(self.wavelengths, self.samples.shape[1])
        style = {"color": BLUE, "linewidth": 0.8, "alpha": 0.6}
        for i, panel in enumerate(self.axes_):
            panel.plot(positions, self.draws[:, i].T, **merged(style, line_kw, "lines.Line2D"))
            panel.plot(positions, self.samples[i], color="black", linewidth=1.3)
            panel.set_title(self.names[i], fontsize="small")
            open_frame(panel)
            if i + grid[1] >= n:
                panel.set_xlabel(label)
            else:
                panel.tick_params(labelbottom=False)


def _draw_variants(augment: Any, samples: np.ndarray, n_draws: int, seed: int) -> np.ndarray:
    """Vary the samples as training does, each draw with a seed of its own."""
    # Only here, as augmentation needs torch when it draws.
    from sklvision._torch.device import resolve_device
    from sklvision._torch.process_state import scoped_seed
    from sklvision.augmentation._arrays import augment_array
    from sklvision.neural_network._checks import check_augment

    transforms = check_augment(augment)
    if not transforms:
        raise ValueError("augment is empty: there is nothing to show.")
    images = samples[..., np.newaxis] if samples.ndim == 3 else samples
    apply: Any = _InTurn(transforms)
    draws = []
    for one in np.random.RandomState(seed).randint(2**31 - 1, size=n_draws):
        with scoped_seed(int(one), resolve_device("cpu")):
            draws.append(augment_array(apply, images, int(one)))
    return np.stack(draws).reshape(n_draws, *samples.shape)


class _InTurn:
    """Augmenters in turn, called as one."""

    def __init__(self, transforms: list[Callable]) -> None:
        self.transforms = transforms

    def __call__(self, X: Any, generator: Any = None) -> Any:
        for transform in self.transforms:
            if hasattr(transform, "mix"):
                X, _ = transform.mix(X, X.new_ones((len(X), 1)))
            else:
                X = transform(X)
        return X
