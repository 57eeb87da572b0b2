"""Lists of images that differ in size, until a step brings them to one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from sklvision.utils._optional import import_optional
from sklvision.utils._samples import is_image_file

_PLAIN_MODES = {"L", "RGB", "I;16", "I", "F"}


class ImageList:
    """Images in memory that may differ in size, in the form of a collection.

    Parameters
    ----------
    images : list of ndarray
        Images of shape (height, width) or (height, width, channels).
    """

    def __init__(self, images: list[np.ndarray]) -> None:
        self.images = images
        self.dtype = np.result_type(*images)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of images, and the shape of one where all have the same."""
        shapes = {image.shape for image in self.images}
        return (len(self.images), *(shapes.pop() if len(shapes) == 1 else ()))

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return ImageList(self.images[key])
        return ImageList([self.images[i] for i in np.arange(len(self))[key]])

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self.images)

    def map(self, func: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Apply a function that brings every image to one shape."""
        images = [func(image) for image in self.images]
        shapes = list(dict.fromkeys(image.shape for image in images))
        if len(shapes) > 1:
            raise ValueError(
                f"X holds images with different channels: they become {shapes[0]} and {shapes[1]}. "
                "Convert all to gray or all to color first."
            )
        return np.stack(images)

    def batches(self, batch_size: int, *, n_threads: int | None = None) -> Iterator[np.ndarray]:
        """Yield the images in order; those of a batch must have one shape."""
        for start in range(0, len(self), batch_size):
            yield np.stack(self.images[start : start + batch_size])


def as_image_list(X: Any) -> Any:
    """Return a list of images of Pillow, or of arrays that differ in size, as an ImageList.

    Anything else is returned as it is.
    """
    is_list = isinstance(X, list | tuple) or (isinstance(X, np.ndarray) and X.dtype == object)
    if not is_list or not len(X):
        return X
    if all(is_image_file(image) and hasattr(image, "getexif") for image in X):
        return ImageList([_convert_image(image) for image in X])
    if not all(isinstance(image, np.ndarray) and image.ndim in (2, 3) for image in X):
        return X
    if len({image.shape for image in X}) == 1 or not all(image.size for image in X):
        return X
    if any(image.dtype.kind not in "biuf" for image in X):
        return X
    return ImageList(list(X))


def _convert_image(image: Any) -> np.ndarray:
    """Convert an image of Pillow to an upright array of gray or color."""
    pillow = import_optional("PIL.Image", extra="images")
    image = import_optional("PIL.ImageOps", extra="images").exif_transpose(image)
    if image.mode == "1":
        image = image.convert("L")
    elif image.mode not in _PLAIN_MODES:
        color = image.convert("RGBA")
        ground = pillow.new("RGBA", color.size, "white")
        image = pillow.alpha_composite(ground, color).convert("RGB")
    return np.asarray(image)
