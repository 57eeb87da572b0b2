"""What a classifier looks at in an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.utils.validation import check_is_fitted

from sklvision.inspection._axes import (
    head,
    merged,
    percent,
    pixel_range,
    pyplot,
    several_axes,
    show_image,
)
from sklvision.inspection._heat import class_indices, occlusion_map, respond
from sklvision.inspection._samples import (
    as_pictures,
    choose,
    fitted_pipeline,
    n_asked,
    sample_names,
    take,
)
from sklvision.utils._lazy import is_collection
from sklvision.utils._optional import import_optional
from sklvision.utils._random import draw_seed

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class OcclusionDisplay:
    """Images beside maps of what speaks for a class in them.

    Make it with :meth:`from_estimator`. Red parts speak for the class, blue ones against it.

    Parameters
    ----------
    images : list of ndarray of shape (height, width) or (height, width, channels)
        The images.
    maps : list of ndarray of shape (height, width)
        For each, what is lost where it is covered, or another measure of influence.
    targets : sequence
        The class each map is for.
    responses : ndarray of shape (n,), default=None
        Probability, or value of the decision function, of that class for the whole image.
    names : sequence of str, default=None
        Names of the images.
    quantity : str, default="probability lost if covered"
        What the maps measure, written beside the scale of colours.
    n_total : int, default=None
        How many images there were to be shown, where these are only some of them.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n, 2)
        Those of each image and of its map.
    figure_ : Figure
        The figure that holds them.
    colorbar_ : Colorbar
        The scale of colours, the same for all maps.

    See Also
    --------
    MisclassifiedDisplay : The images that a classifier gets wrong.

    Notes
    -----
    A map tells what this classifier responds to, not what is right. A patch of one value is
    itself something to be seen: where the response is large at the edge of nothing, try
    another ``fill``. Where several parts of an image each suffice, covering one loses nothing.

    .. versionadded:: 0.2

    References
    ----------
    .. [1] M. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks",
       ECCV (2014).
    .. [2] D. Smilkov et al., "SmoothGrad: removing noise by adding noise", ICML workshop on
       visualization for deep learning (2017).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.svm import SVC
    >>> from sklvision.inspection import OcclusionDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> model = SVC().fit(X[:900], y[:900])
    >>> display = OcclusionDisplay.from_estimator(
    ...     model, X[900:], image_shape=(8, 8), patch_size=2, max_samples=4
    ... )
    >>> display.maps[0].shape
    (8, 8)
    """

    axes_: np.ndarray
    figure_: Any
    colorbar_: Any

    def __init__(
        self,
        *,
        images: list[np.ndarray],
        maps: list[np.ndarray],
        targets: Sequence[Any],
        responses: np.ndarray | None = None,
        names: Sequence[str] | None = None,
        quantity: str = "probability lost if covered",
        n_total: int | None = None,
    ) -> None:
        self.images = images
        self.maps = maps
        self.targets = targets
        self.responses = responses
        self.names = names
        self.quantity = quantity
        self.n_total = n_total

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
        ax: Axes | np.ndarray | None = None,
        image_kw: dict[str, Any] | None = None,
        heat_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Show what a fitted classifier looks at.

        Parameters
        ----------
        estimator : classifier
            Fitted, with ``predict_proba`` or ``decision_function``.
        X : array-like of shape (n, height, width), (n, height, width, channels) or \
                (n, n_pixels), or ImageCollection
            Images, as the classifier takes them. Of a collection only those shown are read.
        method : {"occlusion", "gradient"}, default="occlusion"
            How influence is measured. "occlusion" covers every part of an image in turn and takes
            what the class loses, for any classifier. "gradient" multiplies pixels by the
            gradient of the class's log-odds, averaged over noisy copies: quick, but for the nets
            of this package alone, which may end a pipeline. Shown is what its earlier
            steps make of the images; each map is blurred by a fortieth of its shorter side and
            scaled to its own largest values.
        target : label or array-like of shape (n,), default=None
            The class to look for in all images or in each; None takes the predicted one.
        patch_size, stride : int or tuple of (int, int), default=None
            Height and width of the patch that covers, and its steps, in pixels. None takes a
            fifth of the shorter side, and half of the patch.
        fill : "mean" or float, default="mean"
            Value of the patch; "mean" takes that of each channel of the image.
        n_draws : int, default=16
            Noisy copies over which gradients are averaged.
        noise : float, default=0.3
            Standard deviation of their noise, in standard deviations of the training data; 0 takes
            the plain gradient.
        batch_size : int, default=64
            Covered copies that are classified at once.
        indices : array-like of int or bool, default=None
            Which images to show; None shows the first ones.
        names : sequence of str of length n, default=None
            A name for each image of `X`; None takes the names of the files of a collection.
        max_samples : int, default=8
            How many images are shown at most; the title says how many there are.
        image_shape : tuple of int, default=None
            Shape of one image where `X` holds images as rows; None takes that of the classifier.
        random_state : int, RandomState instance or None, default=None
            Seed of the noise.
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or two axes for each image. None makes a
            new figure.
        image_kw, heat_kw : dict, default=None
            Keywords of :meth:`~matplotlib.axes.Axes.imshow` for the images and for the maps.

        Returns
        -------
        display : OcclusionDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the classifier is not fitted.
        ValueError
            If a parameter is out of range or does not fit the images, or the class is not known.
        TypeError
            If the classifier gives neither probabilities nor decisions, or is no net where
            gradients are asked for.
        """
        pyplot()
        check_is_fitted(estimator)
        if method not in ("occlusion", "gradient"):
            raise ValueError(f"method must be 'occlusion' or 'gradient', got {method!r}.")
        before, last = fitted_pipeline(estimator)
        chosen = choose(X, indices, max_samples)
        shown = take(X, chosen)
        if image_shape is None and not is_collection(X) and len(np.shape(shown)) == 2:
            image_shape = getattr(last, "image_shape", None)
            if image_shape is None:
                raise ValueError("X holds rows; say by image_shape how they become images.")
        images, _ = as_pictures(shown, image_shape)
        flat = image_shape is not None
        responses = respond(estimator, images, flat)
        wanted = class_indices(estimator, target, responses, chosen, len(X))
        if method == "occlusion":
            quantity = "probability" if hasattr(estimator, "predict_proba") else "decision value"
            quantity += " lost if covered"
            maps = [
                occlusion_map(
                    estimator, image, index, flat, patch_size, stride, fill, int(batch_size)
                )
                for image, index in zip(images, wanted, strict=True)
            ]
        else:
            quantity = "influence, relative"
            images, maps = _gradient_maps(
                before, last, shown, wanted, n_draws, noise, draw_seed(random_state), image_shape
            )
        named = names is not None or (is_collection(X) and hasattr(X, "files"))
        return cls(
            images=images,
            maps=maps,
            targets=list(np.asarray(estimator.classes_)[wanted]),
            responses=responses[np.arange(len(wanted)), wanted],
            names=sample_names(X, names, chosen) if named else None,
            quantity=quantity,
            n_total=n_asked(X, indices),
        ).plot(ax=ax, image_kw=image_kw, heat_kw=heat_kw)

    def plot(
        self,
        ax: Axes | np.ndarray | None = None,
        *,
        image_kw: dict[str, Any] | None = None,
        heat_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw images and maps.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or two axes for each image. None makes a
            new figure.
        image_kw, heat_kw : dict, default=None
            Keywords of :meth:`~matplotlib.axes.Axes.imshow` for the images and for the maps.

        Returns
        -------
        self : OcclusionDisplay
            The display.
        """
        n = len(self.images)
        ratio = self.images[0].shape[1] / self.images[0].shape[0]
        pairs = max(1, min(4, n, int(9 / (2.4 * ratio))))
        n_rows = -(-n // pairs)
        pairs = -(-n // n_rows)
        size = (2.4 * ratio * pairs + 1.0, 1.6 * n_rows + 0.3)
        given = ax is not None and not hasattr(ax, "transAxes")
        shape = (n, 2) if given else (n_rows, 2 * pairs)
        axes, self.figure_ = several_axes(ax, shape, size)
        cells = axes.reshape(-1, 2)
        self.axes_ = cells[:n]
        for empty in cells[n:].ravel():
            empty.set_axis_off()
        limits = pixel_range(*self.images)
        largest = max(float(np.abs(heat).max()) for heat in self.maps) or 1.0
        for i, (left, right) in enumerate(self.axes_):
            show_image(left, self.images[i], limits, image_kw)
            left.set_title(self._title(i), fontsize="small", loc="left")
            artist = self._draw_map(right, i, limits, largest, heat_kw)
        self.colorbar_ = self.figure_.colorbar(
            _without_alpha(artist), ax=list(axes.ravel()), shrink=0.8, pad=0.02, aspect=25
        )
        self.colorbar_.set_label(self.quantity, fontsize="small")
        if self.n_total is not None and self.n_total > n:
            head(ax, self.figure_, f"{n} of {self.n_total} images", self.axes_)
        return self

    def _title(self, i: int) -> str:
        said = str(self.targets[i])
        if self.responses is not None:
            response = float(self.responses[i])
            as_percent = self.quantity.startswith("prob") or 0 <= response <= 1
            said += f": {percent(response) if as_percent else f'{response:.3g}'}"
        return said if self.names is None else f"{self.names[i]}\n{said}"

    def _draw_map(
        self,
        panel: Axes,
        i: int,
        limits: tuple[float, float],
        largest: float,
        heat_kw: dict[str, Any] | None,
    ) -> Any:
        """Draw a map over a pale picture of its image, the more opaque the stronger it is."""
        image = np.asarray(self.images[i])
        gray = image.mean(axis=2) if image.ndim == 3 else image
        show_image(panel, gray, limits, {"alpha": 0.45})
        heat = self.maps[i]
        style = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest, "interpolation": "nearest"}
        style["alpha"] = np.clip(np.abs(heat) / largest, 0, 1) ** 0.5 * 0.9
        artist = panel.imshow(heat, **merged(style, heat_kw, "image.AxesImage"))
        panel.set(xticks=[], yticks=[])
        return artist


def _without_alpha(artist: Any) -> Any:
    """The colours of a map, for a scale that is not paler than they are."""
    kind = import_optional("matplotlib.cm", extra="plot").ScalarMappable
    return kind(norm=artist.norm, cmap=artist.cmap)


def _gradient_maps(
    before: list[Any],
    last: Any,
    X: Any,
    targets: np.ndarray,
    n_draws: int,
    noise: float,
    seed: int,
    image_shape: tuple[int, ...] | None,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Images as the net sees them, and maps of its gradients times these, from -1 to 1."""
    if not hasattr(last, "module_") or not hasattr(last, "input_shape_"):
        raise TypeError(
            "method='gradient' needs a fitted net of sklvision.neural_network, alone or at the end "
            f"of a pipeline, got {type(last).__name__}; method='occlusion' takes any classifier."
        )
    if not isinstance(n_draws, (int, np.integer)) or n_draws < 1:
        raise ValueError(f"n_draws must be an integer of at least 1, got {n_draws!r}.")
    if not noise >= 0:
        raise ValueError(f"noise must be at least 0, got {noise!r}.")
    from sklvision.neural_network._saliency import gradient_times_input

    for step in before:
        X = step.transform(X)
    samples = np.asarray(X)
    products = gradient_times_input(
        last, samples, targets, n_draws=int(n_draws), noise=float(noise), seed=seed
    )
    shape = last.input_shape_ if len(last.input_shape_) == 3 else image_shape
    if shape is None:
        raise ValueError("method='gradient' needs a net that takes images.")
    heat = products.reshape(len(products), *shape).reshape(len(products), *shape[:2], -1).sum(-1)
    # Single pixels are too small to be seen, and a few of them far beyond all others.
    blur = min(shape[:2]) / 40
    heat = np.stack([gaussian_filter(one, blur) for one in heat])
    largest = np.quantile(np.abs(heat), 0.995, axis=(1, 2), keepdims=True)
    heat = np.clip(heat / np.where(largest > 0, largest, 1), -1, 1)
    images, _ = as_pictures(samples, tuple(shape) if samples.ndim == 2 else None)
    return images, list(heat)
