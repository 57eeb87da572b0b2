"""Estimators of images, fitted to images of either layout, and the comparison of their outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from _estimators import ESTIMATORS, FROZEN_CLASSIFIERS, can_take_images
from sklearn.base import BaseEstimator, clone
from sklearn.utils import get_tags

from sklvision.image import ForegroundCrop, PixelScaler, Resize

METHODS = ("transform", "predict", "predict_proba", "predict_log_proba", "decision_function")
IMAGE_ESTIMATORS = {
    **{
        name: e
        for name, e in ESTIMATORS.items()
        if can_take_images(e) and name not in FROZEN_CLASSIFIERS
    },
    "ForegroundCrop, aligned": ForegroundCrop(
        threshold="otsu", align=True, polarity="both", output_size=(4, 9)
    ),
    "Resize, nearest": Resize(9, resample="nearest"),
    "PixelScaler, clipped": PixelScaler((-1, 1), data_range=(0, 255), clip=True),
}


def make_gray_images():
    """Make 8 images whose whole-numbered pixels fit every dtype, of two classes."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 200, (8, 6, 7)).astype(np.float64)
    y = np.array(["good", "bad"] * 4)
    images[y == "bad", :3] += 55
    return images, y


def make_color_images():
    images, y = make_gray_images()
    return np.stack([images, images[:, ::-1], 255 - images], axis=-1), y


LAYOUTS = {"gray": make_gray_images, "color": make_color_images}


def compute_outputs(estimator, X):
    """Call every method of prediction or transformation."""
    return {name: getattr(estimator, name)(X) for name in METHODS if hasattr(estimator, name)}


def assert_same(actual, expected, *, rtol=1e-6, atol=1e-6):
    assert actual.keys() == expected.keys()
    for method, values in expected.items():
        if values.dtype.kind in "fiub":
            a, b = (v.astype(np.float64) for v in (actual[method], values))
            np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, err_msg=method)
        else:
            np.testing.assert_array_equal(actual[method], values, err_msg=method)


def assert_equal(actual, expected):
    assert_same(actual, expected, rtol=0, atol=0)


@dataclass(frozen=True)
class Case:
    """An estimator, images in one layout, and the estimator fitted to them, which all tests share."""

    estimator: BaseEstimator
    X: np.ndarray
    y: np.ndarray
    model: BaseEstimator
    outputs: dict[str, np.ndarray]

    def fit(self, X, y=None):
        """Fit a clone, to the labels of the case where none are passed."""
        return clone(self.estimator).fit(X, self.y[: len(X)] if y is None else y)

    @property
    def takes_tables(self):
        return get_tags(self.estimator).input_tags.two_d_array


def select_cases(estimators, layouts=LAYOUTS):
    """Mark a test to run with every one of these estimators and layouts."""
    cases = {
        f"{name}-{layout}": (e, layout) for name, e in estimators.items() for layout in layouts
    }
    return pytest.mark.parametrize("case", cases.values(), ids=cases, indirect=True, scope="module")


every_estimator = select_cases(IMAGE_ESTIMATORS)
every_transformer = select_cases(
    {n: e for n, e in IMAGE_ESTIMATORS.items() if hasattr(e, "transform")}
)


# For what does not depend on the images.
every_estimator_once = select_cases(IMAGE_ESTIMATORS, ["color"])
