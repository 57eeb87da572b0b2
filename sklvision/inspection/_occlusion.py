"""Maps of the parts of an image that a classifier relies on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklvision.inspection._axes import import_pyplot
from sklvision.inspection._display import AxesLike, Keywords, SheetDisplay
from sklvision.inspection._drawing import (
    draw_artists,
    draw_image,
    find_display_range,
    format_percent,
    merge_keywords,
)
from sklvision.inspection._influence import (
    compute_gradient_maps,
    compute_occlusion_map,
    find_target_columns,
    predict_scores,
)
from sklvision.inspection._samples import read_arrays, select_samples
from sklvision.utils._images import convert_to_gray
from sklvision.utils._nested import split_steps
from sklvision.utils._optional import import_optional
from sklvision.utils._random import draw_seed
from sklvision.utils._samples import as_samples


@dataclass(kw_only=True, eq=False, repr=False)
class OcclusionDisplay(SheetDisplay):
    """Images, and maps of the parts that support a class.

    Make it with :meth:`from_estimator`. Red parts support the class, blue parts contradict it.

    Parameters
    ----------
    images : list of ndarray of shape (height, width) or (height, width, channels)
        The images.
    maps : list of ndarray of shape (height, width)
        For each, the loss where it is covered, or another measure of influence.
    targets : sequence
        Class of each map.
    responses : ndarray of shape (n,), default=None
        Probability, or value of the decision function, of that class for the whole image.
    names : sequence of str, default=None
        Names of the images.
    quantity : str, default="probability lost if covered"
        Quantity of the maps, written next to the color scale.
    %(n_total)s

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n, 2)
        Axes of each image and of its map.
    %(figure)s
    colorbar_ : Colorbar
        Color scale, the same for all maps.

    See Also
    --------
    MisclassifiedDisplay : The images that a classifier gets wrong.

    Notes
    -----
    A map shows the parts to which this classifier responds, right or wrong. The classifier sees the
    patch itself, too: if the response is large in empty parts, try another ``fill``. If several
    parts of an image are each sufficient, covering one of them changes nothing.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] M. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks",
       ECCV (2014).
    .. [2] D. Smilkov et al., "SmoothGrad: removing noise by adding noise", ICML workshop on
       visualization for deep learning (2017).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> digits = load_digits()
    >>> X, y = digits.data, digits.target

    >>> from sklearn.svm import SVC
    >>> from sklvision.inspection import OcclusionDisplay
    >>> model = SVC().fit(X[:900], y[:900])
    >>> display = OcclusionDisplay.from_estimator(
    ...     model, X[900:], image_shape=(8, 8), patch_size=2, max_samples=4
    ... )
    >>> display.maps[0].shape
    (8, 8)
    """

    images: list[np.ndarray]
    maps: list[np.ndarray]
    targets: Sequence[Any]
    responses: np.ndarray | None = None
    names: Sequence[str] | None = None
    quantity: str = "probability lost if covered"
    n_total: int | None = None
    colorbar_: Any = field(init=False)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        method: str = "occlusion",
        target: Any = None,
        patch_size: int | tuple[int, int] | None = None,
        stride: int | tuple[int, int] | None = None,
        fill: str | float = "mean",
        n_draws: int = 16,
        noise: float = 0.3,
        batch_size: int = 64,
        indices: Any = None,
        names: Sequence[str] | None = None,
        max_samples: int = 8,
        image_shape: tuple[int, ...] | None = None,
        random_state: int | np.random.RandomState | None = None,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Show the parts of images that a fitted classifier relies on.

        Parameters
        ----------
        estimator : classifier
            Fitted, with ``predict_proba`` or ``decision_function``.
        X : array-like of shape (n, height, width), (n, height, width, channels) or \
                (n, n_pixels), or ImageCollection
            Images, as the classifier takes them. From a collection, only those shown are read.
        method : {"occlusion", "gradient"}, default="occlusion"
            Measure of influence. "occlusion" covers every part of an image in turn and takes the
            loss of the class, for any classifier. "gradient" multiplies pixels by the gradient of
            the class's log-odds, averaged over noisy copies. It is fast, but needs a net of this
            package, which may be the last step of a pipeline. The images are then those that its
            earlier steps make; each map is blurred by a fortieth of its shorter side and scaled to
            its own largest values.
        target : label or array-like of shape (n,), default=None
            Class to look for in all images or in each; None takes the predicted one.
        patch_size, stride : int or tuple of (int, int), default=None
            Height and width of the covering patch, and its steps, in pixels. None takes a
            fifth of the shorter side, and half of the patch.
        fill : "mean" or float, default="mean"
            Value of the patch; "mean" takes the mean of each channel of the image.
        n_draws : int, default=16
            Noisy copies over which gradients are averaged.
        noise : float, default=0.3
            Standard deviation of their noise, in standard deviations of the training data; 0 takes
            the plain gradient.
        batch_size : int, default=64
            Number of covered copies that are classified at once.
        %(indices)s
        %(names)s
        max_samples : int, default=8
            %(max_samples)s
        %(image_shape)s
        random_state : int, RandomState instance or None, default=None
            Seed of the noise.
        %(drawing)s

        Raises
        ------
        NotFittedError
            If the classifier is not fitted.
        ValueError
            If a parameter is out of range or does not fit the images, or `target` is not a class.
        TypeError
            If the classifier has neither probabilities nor decision values, or is not a net and
            the method is "gradient".
        """
        import_pyplot()
        check_is_fitted(estimator)
        if method not in ("occlusion", "gradient"):
            raise ValueError(f"method must be 'occlusion' or 'gradient', got {method!r}.")
        steps, classifier = split_steps(estimator)
        samples = as_samples(X)
        selection = select_samples(samples, indices, max_samples, names)
        if image_shape is None and samples.is_table:
            image_shape = getattr(classifier, "image_shape", None)
            if image_shape is None:
                raise ValueError(
                    "X holds rows of pixels; set image_shape to the shape of an image."
                )
        images = read_arrays(selection.samples, image_shape)
        flatten = image_shape is not None
        scores = predict_scores(estimator, images, flatten=flatten)
        columns = find_target_columns(estimator, target, scores, selection.indices, len(samples))
        if method == "occlusion":
            score = "probability" if hasattr(estimator, "predict_proba") else "decision value"
            quantity = f"{score} lost if covered"
            options: dict[str, Any] = {"patch_size": patch_size, "stride": stride, "fill": fill}
            options |= {"batch_size": batch_size, "flatten": flatten}
            maps = [
                compute_occlusion_map(estimator, image, column, **options)
                for image, column in zip(images, columns, strict=True)
            ]
        else:
            quantity = "influence, relative"
            images, maps = compute_gradient_maps(
                steps,
                classifier,
                selection.samples.data,
                columns,
                n_draws=n_draws,
                noise=noise,
                seed=draw_seed(random_state),
                image_shape=image_shape,
            )
        return cls(
            images=images,
            maps=maps,
            targets=list(np.asarray(estimator.classes_)[columns]),
            responses=scores[np.arange(len(columns)), columns],
            names=selection.names,
            quantity=quantity,
            n_total=selection.n_total,
        ).plot(ax=ax, **kwargs)

    def plot(
        self, ax: AxesLike = None, *, image_kw: Keywords = None, heat_kw: Keywords = None
    ) -> Self:
        """Draw images and maps.

        %(plot)s
        """
        n = len(self.images)
        pair_width = 2.4 * self.images[0].shape[1] / self.images[0].shape[0]
        max_columns = max(1, min(4, n, int(9 / pair_width)))
        self._make_pairs(ax, n, max_columns, (1, 1), (pair_width, 1.6), (1.0, 0.3))
        limits = find_display_range(*self.images)
        largest = max(float(np.abs(heat).max()) for heat in self.maps) or 1.0
        for i, (image_ax, map_ax) in enumerate(self.axes_):
            draw_image(image_ax, self.images[i], limits, image_kw)
            image_ax.set_title(self._format_title(i), fontsize="small", loc="left")
            artist = self._draw_map(map_ax, i, limits, largest, heat_kw)
        self._draw_colorbar(artist)
        self._add_count_title(ax, n, "images")
        return self

    def _format_title(self, i: int) -> str:
        title = str(self.targets[i])
        if self.responses is not None:
            response = float(self.responses[i])
            is_probability = self.quantity.startswith("prob") or 0 <= response <= 1
            title += f": {format_percent(response) if is_probability else f'{response:.3g}'}"
        return title if self.names is None else f"{self.names[i]}\n{title}"

    def _draw_map(
        self,
        ax: Any,
        i: int,
        limits: tuple[float, float],
        largest: float,
        heat_kw: Keywords,
    ) -> Any:
        """Draw a map over its pale image, the more opaque the larger its values are."""
        image = np.asarray(self.images[i])
        gray = convert_to_gray(image) if image.ndim == 3 else image
        draw_image(ax, gray, limits, {"alpha": 0.45})
        heat = self.maps[i]
        style = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest, "interpolation": "nearest"}
        style["alpha"] = np.clip(np.abs(heat) / largest, 0, 1) ** 0.5 * 0.9
        style = merge_keywords(style, heat_kw=heat_kw)
        artist = draw_artists(ax.imshow, heat, style=style, heat_kw=heat_kw)
        ax.set(xticks=[], yticks=[])
        return artist

    def _draw_colorbar(self, artist: Any) -> None:
        """Draw the scale of colors, which is opaque although the maps are not."""
        mappable = import_optional("matplotlib.cm", extra="plot").ScalarMappable
        opaque = mappable(norm=artist.norm, cmap=artist.cmap)
        self.colorbar_ = self.figure_.colorbar(
            opaque, ax=list(self.axes_.ravel()), shrink=0.8, pad=0.02, aspect=25
        )
        self.colorbar_.set_label(self.quantity, fontsize="small")
