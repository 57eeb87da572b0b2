"""What a crop takes of each image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sklvision.image import ForegroundCrop
from sklvision.image._window import crop_foreground, find_foreground, find_window
from sklvision.inspection._axes import (
    RED,
    frame,
    head,
    merged,
    pixel_range,
    pyplot,
    several_axes,
    show_image,
)
from sklvision.inspection._samples import choose, fitted_pipeline, n_asked, sample_names, take

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SETTINGS = ("center_crop", "threshold", "polarity")


class CropDisplay:
    """A contact sheet of images, the window of the crop drawn in, and the crop beside each.

    Make it with :meth:`from_estimator`.

    Parameters
    ----------
    images : list of ndarray of shape (height, width) or (height, width, channels)
        Whole images.
    crops : list of ndarray
        What was cut out of each.
    corners : list of ndarray of shape (4, 2)
        Corners of each window as (column, row) in pixels of its image.
    names : sequence of str
        What is written above each image.
    search_areas : list of tuple of (int, int, int, int), default=None
        Left, top, width and height of where the object was looked for.
    n_total : int, default=None
        How many images there were to be shown, where these are only some of them.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n_images, 2)
        Those of each image and of its crop.
    figure_ : Figure
        The figure that holds them.
    windows_ : list of Polygon
        The windows, in the order of the images.

    See Also
    --------
    sklvision.image.ForegroundCrop : Finds the object and cuts it out.

    Notes
    -----
    The dotted rectangle, where there is one, is where the object was looked for. With
    ``output="mask"`` the crop is the mask; with ``output="both"`` the mask is the outline on the
    crop.

    .. versionadded:: 0.2

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

    axes_: np.ndarray
    figure_: Any
    windows_: list[Any]

    def __init__(
        self,
        *,
        images: list[np.ndarray],
        crops: list[np.ndarray],
        corners: list[np.ndarray],
        names: Sequence[str],
        search_areas: list[tuple[int, int, int, int]] | None = None,
        n_total: int | None = None,
    ) -> None:
        self.images = images
        self.crops = crops
        self.corners = corners
        self.names = names
        self.search_areas = search_areas
        self.n_total = n_total

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        indices: Any = None,
        names: Sequence[str] | None = None,
        max_samples: int = 12,
        ax: Axes | np.ndarray | None = None,
        image_kw: dict[str, Any] | None = None,
        window_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Show what a fitted crop takes of images.

        Parameters
        ----------
        estimator : ForegroundCrop or estimator
            A fitted :class:`~sklvision.image.ForegroundCrop`, or a pipeline with one among its
            steps, which may be the best of a search. Images go through the steps before it.
        X : array-like of shape (n, height, width) or (n, height, width, channels), \
                or ImageCollection
            Images, as the estimator takes them. Of a collection only those shown are read.
        indices : array-like of int or bool, default=None
            Which images to show; None shows the first ones.
        names : sequence of str of length n, default=None
            A name for each image of `X`; None takes the names of the files or the indices.
        max_samples : int, default=12
            How many images are shown at most; the title says how many there are.
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or two axes for each image. None makes a
            new figure.
        image_kw, window_kw : dict, default=None
            Keywords of :meth:`~matplotlib.axes.Axes.imshow` and of the
            :class:`~matplotlib.patches.Polygon` of the window.

        Returns
        -------
        display : CropDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If there is no ForegroundCrop in it, or indices or names do not fit the images.
        """
        pyplot()
        before, last = fitted_pipeline(estimator)
        steps = [*before, last]
        places = [i for i, step in enumerate(steps) if isinstance(step, ForegroundCrop)]
        if not places:
            raise ValueError(
                "estimator has no ForegroundCrop in it; its steps are "
                f"{[type(step).__name__ for step in steps]}."
            )
        chosen = choose(X, indices, max_samples)
        shown = take(X, chosen)
        for step in steps[: places[0]]:
            shown = step.transform(shown)
        crop = steps[places[0]]
        crop.transform(shown)  # says what is wrong with the images
        images = [np.asarray(shown[i]) for i in range(len(chosen))]
        settings = crop._settings
        windows, areas = [], []
        for image in images:
            foreground = find_foreground(image, *(settings[name] for name in _SETTINGS))
            window = find_window(
                foreground, settings["crop_size"], settings["output_size"], align=settings["align"]
            )
            windows.append(_corners(window))
            height, width = (side * foreground.step for side in foreground.level.shape)
            areas.append((foreground.left, foreground.top, width, height))
        return cls(
            images=images,
            crops=[crop_foreground(image, **settings) for image in images],
            corners=windows,
            names=sample_names(X, names, chosen),
            search_areas=None if settings["center_crop"] is None else areas,
            n_total=n_asked(X, indices),
        ).plot(ax=ax, image_kw=image_kw, window_kw=window_kw)

    def plot(
        self,
        ax: Axes | np.ndarray | None = None,
        *,
        image_kw: dict[str, Any] | None = None,
        window_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the contact sheet.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or two axes for each image. None makes a
            new figure.
        image_kw, window_kw : dict, default=None
            Keywords of :meth:`~matplotlib.axes.Axes.imshow` and of the
            :class:`~matplotlib.patches.Polygon` of the window.

        Returns
        -------
        self : CropDisplay
            The display.
        """
        n = len(self.images)
        ratios = [image.shape[1] / image.shape[0] for image in (self.images[0], self.crops[0])]
        pairs = max(1, min(3, n, int(9 / (1.3 * sum(ratios)))))
        n_rows = -(-n // pairs)
        shape = (n_rows, 2 * pairs)
        size = (1.3 * sum(ratios) * pairs + 0.2, 1.55 * n_rows + 0.35)
        given = ax is not None and not hasattr(ax, "transAxes")
        axes, self.figure_ = (
            several_axes(ax, (n, 2), size)
            if given
            else several_axes(ax, shape, size, width_ratios=ratios * pairs)
        )
        cells = axes.reshape(-1, 2)
        self.axes_ = cells[:n]
        for empty in cells[n:].ravel():
            empty.set_axis_off()
        limits = pixel_range(*self.images)
        self.windows_ = []
        for i, (whole, cut) in enumerate(self.axes_):
            show_image(whole, self.images[i], limits, image_kw)
            self.windows_.append(self._draw_window(whole, i, window_kw))
            self._draw_crop(cut, i, limits, image_kw)
            whole.set_title(self.names[i], fontsize="small")
        if self.n_total is not None and self.n_total > n:
            head(ax, self.figure_, f"{n} of {self.n_total} images", self.axes_)
        return self

    def _draw_window(self, whole: Axes, i: int, window_kw: dict[str, Any] | None) -> Any:
        from matplotlib.patches import Polygon, Rectangle

        if self.search_areas is not None:
            left, top, width, height = self.search_areas[i]
            place = (left - 0.5, top - 0.5), width, height
            whole.add_patch(Rectangle(*place, fill=False, edgecolor=RED, linestyle=":"))
        height, width = self.images[i].shape[:2]
        ours = {"fill": False, "edgecolor": RED, "linewidth": 1.5}
        style = merged(ours, window_kw, "patches.Polygon")
        # Pixel (0, 0) is drawn about its middle; windows are given from the corner.
        window = whole.add_patch(Polygon(self.corners[i] - 0.5, clip_on=False, **style))
        whole.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
        return window

    def _draw_crop(
        self, cut: Axes, i: int, limits: tuple[float, float], image_kw: dict[str, Any] | None
    ) -> None:
        crop = self.crops[i]
        has_mask = crop.ndim == 3 and crop.shape[2] in (2, 4)
        picture, mask = (crop[..., :-1], crop[..., -1]) if has_mask else (crop, None)
        show_image(cut, picture, limits, image_kw)
        if mask is not None and mask.min() < mask.max():
            cut.contour(mask, levels=[(float(mask.min()) + mask.max()) / 2], colors=[RED])
        frame(cut, RED)


def _corners(window: Any) -> np.ndarray:
    """Corners of a window as (column, row), clockwise from the upper left one."""
    pixels = window.find_whole_pixels()
    if pixels:
        top, left, (height, width) = pixels
        right, bottom = left + width, top + height
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=float)
    along = np.array([window.cos, window.sin]) * window.width / 2
    across = np.array([-window.sin, window.cos]) * window.height / 2
    middle = np.array([window.column, window.row])
    return middle + np.array([-along - across, along - across, along + across, -along + across])
