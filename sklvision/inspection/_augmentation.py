"""Samples and variants of them, as training sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sklvision.inspection._axes import (
    hide_upper_right_spines,
    import_pyplot,
    label_outer_panels,
)
from sklvision.inspection._display import AxesLike, Keywords, SheetDisplay
from sklvision.inspection._drawing import (
    BLUE,
    DARK,
    draw_artists,
    draw_border,
    draw_image,
    find_display_range,
    get_band_positions,
    merge_keywords,
)
from sklvision.inspection._samples import check_wavelengths, read_arrays, select_samples
from sklvision.utils._nested import open_estimator, split_steps
from sklvision.utils._protocols import is_label_mixer
from sklvision.utils._random import draw_seed
from sklvision.utils._validation import check_count


@dataclass(kw_only=True, eq=False, repr=False)
class AugmentationDisplay(SheetDisplay):
    """Samples, and variants of them as the net sees them in training.

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
        Positions of the bands of spectra; None uses their numbers.
    %(n_total)s

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n, 1 + n_draws), or (n,) for spectra
        Axes of the images or spectra.
    %(figure)s

    See Also
    --------
    sklvision.augmentation.Compose : Several augmenters, one after another.

    Notes
    -----
    Variants of integer samples are rounded. An augmenter that blends samples, such as
    :class:`~sklvision.augmentation.MixUp`, blends those of the sheet with each other.

    .. versionadded:: 0.1

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

    samples: np.ndarray
    draws: np.ndarray
    names: Sequence[str]
    wavelengths: np.ndarray | None = None
    n_total: int | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        indices: Any = None,
        names: Sequence[str] | None = None,
        max_samples: int = 6,
        **kwargs: Any,
    ) -> Self:
        """Show the augmentation of a classifier on some of its training samples.

        Parameters
        ----------
        estimator : classifier or Pipeline
            A classifier with the parameter ``augment``, fitted or not, or a Pipeline that ends in
            one. The samples first go through its earlier steps, which must be fitted if they learn
            anything. For an ensemble, the first member with augmentation is used.
        %(X)s
        %(indices)s
        %(names_or_indices)s
        max_samples : int, default=6
            %(max_samples)s
        **kwargs : dict
            Further keywords of :meth:`from_augmenters`. The ``image_shape`` of the classifier is
            used if none is given.

        %(returned)s

        Raises
        ------
        ValueError
            If the estimator has no augmentation.
        """
        steps, classifier = _find_augmented(estimator)
        augment = getattr(classifier, "augment", None)
        if augment is None:
            raise ValueError(
                "estimator has no augmentation to show: expected a classifier whose parameter "
                f"augment is set, got {type(classifier).__name__}."
            )
        selection = select_samples(X, indices, max_samples, names)
        data = selection.samples.data
        for step in steps:
            data = step.transform(data)
        image_shape = getattr(classifier, "image_shape", None)
        labels = selection.get_labels()
        options: dict[str, Any] = {"image_shape": image_shape} | kwargs
        display = cls.from_augmenters(
            augment, data, names=labels, max_samples=len(labels), **options
        )
        display.n_total = selection.n_total
        display._add_count_title(kwargs.get("ax"), len(labels), "samples")
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
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Show variants of samples by augmenters.

        Parameters
        ----------
        augment : augmenter, callable or list of these
            Augmenters, as a classifier takes them in its parameter ``augment``.
        %(X)s
        n_draws : int, default=6
            Variants of each.
        %(indices)s
        %(names_or_indices)s
        max_samples : int, default=6
            %(max_samples)s
        image_shape : tuple of int, default=None
            Shape of one image if `X` holds images as rows.
        %(wavelengths)s
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.
        %(drawing)s

        Raises
        ------
        ValueError
            If an augmenter does not fit the samples, or a parameter is out of range.
        """
        import_pyplot()
        check_count("n_draws", n_draws)
        selection = select_samples(X, indices, max_samples, names)
        shape = None if selection.samples.is_lazy else image_shape
        samples = np.stack(read_arrays(selection.samples, shape))
        if samples.ndim == 2:
            wavelengths = check_wavelengths(wavelengths, selection.samples, samples.shape[1])
        return cls(
            samples=samples,
            draws=_draw_variants(augment, samples, n_draws, draw_seed(random_state)),
            names=selection.get_labels(),
            wavelengths=wavelengths if samples.ndim == 2 else None,
            n_total=selection.n_total,
        ).plot(ax=ax, **kwargs)

    def plot(
        self, ax: AxesLike = None, *, image_kw: Keywords = None, line_kw: Keywords = None
    ) -> Self:
        """Draw the contact sheet.

        %(plot)s
        """
        if self.samples.ndim == 2:
            self._plot_spectra(ax, line_kw)
        else:
            self._plot_images(ax, image_kw)
        self._add_count_title(ax, len(self.samples), "samples")
        return self

    def _plot_images(self, ax: Any, image_kw: Keywords) -> None:
        n_draws, n = self.draws.shape[:2]
        ratio = self.samples.shape[2] / self.samples.shape[1]
        size = (1.15 * (1 + n_draws) * ratio + 0.4, 1.2 * n + 0.4)
        self._make_grid(ax, (n, 1 + n_draws), size)
        limits = find_display_range(self.samples)
        for i, row in enumerate(self.axes_):
            for panel, image in zip(row, [self.samples[i], *self.draws[:, i]], strict=True):
                draw_image(panel, image, limits, image_kw)
                draw_border(panel, "none")
            draw_border(row[0], DARK, 2)
            row[0].set_ylabel(self.names[i], fontsize="small")
        self.axes_[0, 0].set_title("original", fontsize="small")
        self.axes_[0, 1].set_title("drawn", fontsize="small")

    def _plot_spectra(self, ax: Any, line_kw: Keywords) -> None:
        n, n_bands = self.samples.shape
        n_columns = self._make_panels(ax, n, 3, (3.0, 1.9), (0.4, 0.4), sharex=True)
        positions, label = get_band_positions(self.wavelengths, n_bands)
        style = merge_keywords({"color": BLUE, "linewidth": 0.8, "alpha": 0.6}, line_kw=line_kw)
        for i, panel in enumerate(self.axes_):
            draw_artists(panel.plot, positions, self.draws[:, i].T, style=style, line_kw=line_kw)
            panel.plot(positions, self.samples[i], color="black", linewidth=1.3)
            panel.set_title(self.names[i], fontsize="small")
            hide_upper_right_spines(panel)
        label_outer_panels(self.axes_, n_columns, label)


def _find_augmented(estimator: Any) -> tuple[list[Any], Any]:
    """Return the first classifier with augmentation in an estimator, and the steps before it."""
    steps, classifier = split_steps(estimator)
    nest = open_estimator(classifier)
    for _, member in nest.members if nest else ():
        inner_steps, inner = _find_augmented(member)
        if getattr(inner, "augment", None) is not None:
            return [*steps, *inner_steps], inner
    return steps, classifier


def _draw_variants(augment: Any, samples: np.ndarray, n_draws: int, seed: int) -> np.ndarray:
    """Draw variants of the samples as training does, each draw with a seed of its own."""
    # Only here, as augmentation needs torch when it draws.
    from sklvision._torch.device import resolve_device
    from sklvision._torch.process_state import seed_torch
    from sklvision.augmentation._arrays import augment_array
    from sklvision.neural_network._checks import check_augment

    transforms = check_augment(augment)
    if not transforms:
        raise ValueError("augment is empty: there is nothing to show.")
    images = samples[..., np.newaxis] if samples.ndim == 3 else samples
    sequence: Any = _Sequence(transforms)
    draws = []
    for draw_state in np.random.RandomState(seed).randint(2**31 - 1, size=n_draws):
        with seed_torch(int(draw_state), resolve_device("cpu")):
            draws.append(augment_array(sequence, images, int(draw_state)))
    return np.stack(draws).reshape(n_draws, *samples.shape)


class _Sequence:
    """Augmenters applied one after another."""

    def __init__(self, transforms: list[Callable]) -> None:
        self.transforms = transforms

    def __call__(self, X: Any, generator: Any = None) -> Any:
        for transform in self.transforms:
            if is_label_mixer(transform):
                X, _ = transform.mix(X, X.new_ones((len(X), 1)))
            else:
                X = transform(X)
        return X
