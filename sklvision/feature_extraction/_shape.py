"""Features of the shape of one object in each image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from sklvision.feature_extraction._functional import SHAPE_NAMES, compute_shape_features
from sklvision.image._base import ImageTransformer, transform_finite
from sklvision.image._texts import document
from sklvision.utils._samples import Samples

# Pixels of a collection that are described together: one small mask alone is mostly overhead, and
# many large ones would fill the memory.
_MOST_PIXELS = 2**20


@document
class ShapeFeatures(ImageTransformer):
    """Describe the shape of the object in each mask by five numbers.

    They distinguish straight from bent and slim from thick objects, in a tenth of a millisecond,
    and the coefficients of a linear classifier on them can be interpreted.

    Attributes
    ----------
    %(image_attributes)s

    See Also
    --------
    sklvision.image.ForegroundCrop : Masks of horizontal objects, with ``align=True`` and
        ``output="mask"``.
    PretrainedFeatures : Features of any content of images.

    Notes
    -----
    Every feature is the natural logarithm of a ratio plus 0.001: one of the lengths below, divided
    by the length of the object, which is the length of a bar whose pixels have the same variance
    along the rows. Features do not depend on the size of the object in the mask, and mirroring does
    not change them:

    - ``height``: the height of a bar whose pixels have the same variance across the rows;
    - ``thickness``: the area divided by the length;
    - ``spread``: as ``height``, once the middles of all columns lie on one line;
    - ``bend``: the distance of the middles of columns from the best straight line, as a
      root mean square over the object;
    - ``bow``: the part of ``bend`` that one parabola explains.

    Masks may have any real dtype, and are divided by their largest value; of several channels the
    mean is taken. Features are float32, or float64 for float64 masks. A collection is read a few
    masks at a time.

    .. versionadded:: 0.1

    Examples
    --------
    A straight and a bent bar:

    >>> import numpy as np
    >>> from sklvision.feature_extraction import ShapeFeatures
    >>> masks = np.zeros((2, 15, 40))
    >>> masks[0, 6:9] = 1
    >>> for column in range(40):
    ...     middle = round(3 + (column - 19.5) ** 2 / 50)
    ...     masks[1, middle - 1 : middle + 2, column] = 1
    >>> shape = ShapeFeatures().fit(masks)
    >>> shape.get_feature_names_out().tolist()
    ['height', 'thickness', 'spread', 'bend', 'bow']
    >>> np.exp(shape.transform(masks)).round(2)
    array([[0.07, 0.08, 0.07, 0.  , 0.  ],
           [0.23, 0.08, 0.07, 0.06, 0.06]])
    """

    def __init__(self) -> None:
        """Make a transformer without parameters."""

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Name the features.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Ignored, as pixels have no names.

        Returns
        -------
        feature_names_out : ndarray of str
            The five names.
        """
        check_is_fitted(self)
        return np.asarray(SHAPE_NAMES, dtype=object)

    def _transform_samples(self, samples: Samples) -> np.ndarray:
        if not samples.is_lazy:
            return super()._transform_samples(samples)
        masks = samples.map(partial(transform_finite, function=np.asarray))
        return np.concatenate([_compute_all(batch) for batch in _stack_batches(masks)])

    def _transform_images(self, images: np.ndarray) -> np.ndarray:
        return _compute_all(images)

    def _has_image_output(self) -> bool:
        return False


def _stack_batches(masks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Stack consecutive masks of one shape and type, a few at a time."""
    batch: list[np.ndarray] = []
    for mask in masks:
        is_other = batch and (mask.shape, mask.dtype) != (batch[0].shape, batch[0].dtype)
        is_full = batch and (len(batch) + 1) * mask.size > _MOST_PIXELS
        if is_other or is_full:
            yield np.stack(batch)
            batch = []
        batch.append(mask)
    yield np.stack(batch)


def _compute_all(images: np.ndarray) -> np.ndarray:
    masks = images if images.ndim == 3 else images.mean(axis=3, dtype=np.float64)
    features = compute_shape_features(masks)
    return features if images.dtype == np.float64 else features.astype(np.float32)
