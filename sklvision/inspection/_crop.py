"""Images and their crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklvision.image import ForegroundCrop
from sklvision.image._window import find_foreground, find_window
from sklvision.inspection._axes import import_pyplot
from sklvision.inspection._display import AxesLike, Keywords, SheetDisplay
from sklvision.inspection._drawing import (
    RED,
    draw_artists,
    draw_border,
    draw_image,
    find_display_range,
    merge_keywords,
)
from sklvision.inspection._samples import select_samples
from sklvision.utils._nested import split_steps

_FOREGROUND_SETTINGS = ("center_crop", "threshold", "polarity")


@dataclass(kw_only=True, eq=False, repr=False)
class CropDisplay(SheetDisplay):
    """Images with the window of the crop, and the crop next to each image.

    Make it with :meth:`from_estimator`.

    Parameters
    ----------
    images : list of ndarray of shape (height, width) or (height, width, channels)
        Whole images.
    crops : list of ndarray
        Crop of each.
    corners : list of ndarray of shape (4, 2)
        Corners of each window as (column, row) in pixels of its image.
    names : sequence of str
        Names of the images, written above them.
    search_areas : list of tuple of (int, int, int, int), default=None
        Left, top, width and height of the area in which the object was searched.
    %(n_total)s

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n_images, 2)
        Axes of each image and of its crop.
    %(figure)s
    windows_ : list of Polygon
        Windows, in the order of the images.

    See Also
    --------
    sklvision.image.ForegroundCrop : Finds the object and crops the image to it.

    Notes
    -----
    A dotted rectangle is the area in which the object was searched. With ``output="mask"`` the crop
    is the mask; with ``output="both"`` the mask is the outline on the crop.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.image import ForegroundCrop
    >>> from sklvision.inspection import CropDisplay
    >>> images = np.zeros((2, 40, 60))
    >>> images[:, 10:14, 20:40] = 200
    >>> crop = ForegroundCrop(crop_size=24, output_size=12).fit(images)
    >>> display = CropDisplay.from_estimator(crop, images)
    >>> display.corners[0][0].tolist()  # the upper left one: column, row
    [18.0, 0.0]
    """

    images: list[np.ndarray]
    crops: list[np.ndarray]
    corners: list[np.ndarray]
    names: Sequence[str]
    search_areas: list[tuple[int, int, int, int]] | None = None
    n_total: int | None = None
    windows_: list[Any] = field(init=False)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        indices: Any = None,
        names: Sequence[str] | None = None,
        max_samples: int = 12,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Show the windows of a fitted crop on images.

        Parameters
        ----------
        estimator : ForegroundCrop or estimator
            A fitted :class:`~sklvision.image.ForegroundCrop`, or a pipeline with one among its
            steps, which may be the best of a search. Images go through the steps before it.
        %(X_images)s
        %(indices)s
        %(names_or_indices)s
        max_samples : int, default=12
            %(max_samples)s
        %(drawing)s

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If the estimator does not hold a ForegroundCrop, or indices or names do not fit the
            images.
        """
        import_pyplot()
        check_is_fitted(estimator)
        steps, last_step = split_steps(estimator)
        steps = [*steps, last_step]
        crops = [step for step in steps if isinstance(step, ForegroundCrop)]
        if not crops:
            raise ValueError(
                "estimator has no ForegroundCrop in it; its steps are "
                f"{[type(step).__name__ for step in steps]}."
            )
        crop = crops[0]
        selection = select_samples(X, indices, max_samples, names)
        data = selection.samples.data
        for step in steps[: steps.index(crop)]:
            data = step.transform(data)
        crop_images = crop.transform(data)
        images = [_as_numbers(data[i]) for i in range(len(selection.samples))]
        corners, search_areas = zip(*(_find_window(image, crop) for image in images), strict=True)
        return cls(
            images=images,
            crops=[np.asarray(crop_images[i]) for i in range(len(images))],
            corners=list(corners),
            names=selection.get_labels(),
            search_areas=None if crop._settings["center_crop"] is None else list(search_areas),
            n_total=selection.n_total,
        ).plot(ax=ax, **kwargs)

    def plot(
        self, ax: AxesLike = None, *, image_kw: Keywords = None, window_kw: Keywords = None
    ) -> Self:
        """Draw the contact sheet.

        %(plot)s
        """
        n = len(self.images)
        ratios = tuple(image.shape[1] / image.shape[0] for image in (self.images[0], self.crops[0]))
        pair_width = 1.3 * sum(ratios)
        max_columns = max(1, min(3, n, int(9 / pair_width)))
        self._make_pairs(ax, n, max_columns, ratios, (pair_width, 1.55), (0.2, 0.35))
        limits = find_display_range(*self.images)
        self.windows_ = []
        for i, (image_ax, crop_ax) in enumerate(self.axes_):
            draw_image(image_ax, self.images[i], limits, image_kw)
            self.windows_.append(self._draw_window(image_ax, i, window_kw))
            self._draw_crop(crop_ax, i, limits, image_kw)
            image_ax.set_title(self.names[i], fontsize="small")
        self._add_count_title(ax, n, "images")
        return self

    def _draw_window(self, ax: Any, i: int, window_kw: Keywords) -> Any:
        from matplotlib.patches import Polygon, Rectangle

        if self.search_areas is not None:
            left, top, width, height = self.search_areas[i]
            area = Rectangle((left - 0.5, top - 0.5), width, height)
            area.set(fill=False, edgecolor=RED, linestyle=":")
            ax.add_patch(area)
        height, width = self.images[i].shape[:2]
        style: dict[str, Any] = {"fill": False, "edgecolor": RED, "linewidth": 1.5}
        style["clip_on"] = False
        style = merge_keywords(style, window_kw=window_kw)
        # Matplotlib draws pixel (0, 0) about its center; windows count from its corner.
        corners = self.corners[i] - 0.5
        window = draw_artists(Polygon, corners, style=style, window_kw=window_kw)
        ax.add_patch(window)
        ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
        return window

    def _draw_crop(self, ax: Any, i: int, limits: tuple[float, float], image_kw: Keywords) -> None:
        crop = self.crops[i]
        has_mask = crop.ndim == 3 and crop.shape[2] in (2, 4)
        image, mask = (crop[..., :-1], crop[..., -1]) if has_mask else (crop, None)
        draw_image(ax, image, limits, image_kw)
        if mask is not None and mask.min() < mask.max():
            ax.contour(mask, levels=[(float(mask.min()) + mask.max()) / 2], colors=[RED])
        draw_border(ax, RED)


def _find_window(
    image: np.ndarray, crop: ForegroundCrop
) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """Return the corners of the window of a crop, and the area that was searched."""
    settings = crop._settings
    foreground = find_foreground(image, *(settings[name] for name in _FOREGROUND_SETTINGS))
    window = find_window(
        foreground, settings["crop_size"], settings["output_size"], align=settings["align"]
    )
    height, width = (side * foreground.step for side in foreground.level.shape)
    return _compute_corners(window), (foreground.left, foreground.top, width, height)


def _compute_corners(window: Any) -> np.ndarray:
    """Return the corners of a window as (column, row), clockwise from the upper left one."""
    pixels = window.find_whole_pixels()
    if pixels:
        top, left, (height, width) = pixels
        right, bottom = left + width, top + height
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=float)
    # Half the sides as vectors: corners are the center plus or minus both.
    axis = np.array([window.cos, window.sin]) * window.width / 2
    normal = np.array([-window.sin, window.cos]) * window.height / 2
    center = np.array([window.column, window.row])
    return center + np.array([-axis - normal, axis - normal, axis + normal, -axis + normal])


def _as_numbers(image: Any) -> np.ndarray:
    """Return an image as an array of numbers: of objects the crop makes numbers as well."""
    image = np.asarray(image)
    return image.astype(np.float64) if image.dtype.kind == "O" else image
