"""Steps of the segmentation by OpenCV and by scikit-image, with the signatures of ours."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from sklvision.image._window import Window

Steps = dict[str, Callable[..., Any]]


def load_steps(library: str) -> Steps | None:
    """Return the steps that a library has, by the names of ours, or None if it is missing."""
    try:
        return {"OpenCV": make_opencv_steps, "scikit-image": make_skimage_steps}[library]()
    except ImportError:
        return None


def make_opencv_steps() -> Steps:
    """Return the steps by OpenCV."""
    import cv2

    cv2.setNumThreads(1)
    square = np.ones((3, 3), np.uint8)

    def average_squares(gray: np.ndarray, step: int) -> np.ndarray:
        height, width = (side // step for side in gray.shape)
        image_part = gray[: height * step, : width * step].astype(np.float32)
        return cv2.resize(image_part, (width, height), interpolation=cv2.INTER_AREA)

    def filter_median(blocks: np.ndarray) -> np.ndarray:
        return cv2.medianBlur(blocks.astype(np.float32), 5)

    def compute_otsu_threshold(values: np.ndarray, low: float, high: float) -> float:
        bins = ((values - low) * (255 / (high - low))).astype(np.uint8)
        index, _ = cv2.threshold(bins, 0, 255, cv2.THRESH_OTSU)
        return low + (index + 1) * (high - low) / 255

    def close_gaps(mask: np.ndarray) -> np.ndarray:
        frame = cv2.copyMakeBorder(mask.view(np.uint8), 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=0)
        return cv2.morphologyEx(frame, cv2.MORPH_CLOSE, square)[2:-2, 2:-2].astype(bool)

    def label_parts(mask: np.ndarray) -> tuple[np.ndarray, int]:
        n_labels, labels = cv2.connectedComponents(
            np.ascontiguousarray(mask).view(np.uint8), connectivity=8
        )
        return labels, n_labels - 1

    def take_local_maximum(values: np.ndarray) -> np.ndarray:
        return cv2.dilate(values, square, borderType=cv2.BORDER_REPLICATE)

    def compute_principal_axis(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        m = cv2.moments(np.ascontiguousarray(mask).view(np.uint8), binaryImage=True)
        centroid = np.array([m["m01"], m["m10"]]) / m["m00"]
        third = m["mu03"], m["mu12"], m["mu21"], m["mu30"]
        return centroid, find_axis(m["mu02"], m["mu11"], m["mu20"], third)

    def compute_bounding_box(mask: np.ndarray) -> tuple[slice, slice]:
        left, top, width, height = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
        return add_margin(top, left, top + height, left + width)

    def crop_window(image: np.ndarray, top: int, left: int, size: tuple[int, int]) -> np.ndarray:
        bottom, right = top + size[0], left + size[1]
        height, width = image.shape[:2]
        borders = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
        if any(borders):
            image = cv2.copyMakeBorder(image, *borders, cv2.BORDER_REFLECT_101)
        top, left = max(top, 0), max(left, 0)
        return image[top : top + size[0], left : left + size[1]]

    def sample_window(
        image: np.ndarray, window: Window, size: tuple[int, int], *, n_samples: int = 1
    ) -> np.ndarray:
        shape = n_samples * size[0], n_samples * size[1]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        matrix = make_matrix(window, shape)[:2]
        samples = cv2.warpAffine(image, matrix, shape[::-1], flags=flags)
        if n_samples == 1:
            return samples
        return cv2.resize(samples, size[::-1], interpolation=cv2.INTER_AREA)

    return {
        function.__name__: function
        for function in (
            average_squares,
            filter_median,
            compute_otsu_threshold,
            close_gaps,
            label_parts,
            take_local_maximum,
            compute_principal_axis,
            compute_bounding_box,
            crop_window,
            sample_window,
        )
    }


def make_skimage_steps() -> Steps:
    """Return the steps by scikit-image; it has no crop that mirrors borders the border."""
    from skimage import filters, measure, morphology, transform

    square = np.ones((3, 3))

    def average_squares(gray: np.ndarray, step: int) -> np.ndarray:
        height, width = (side // step for side in gray.shape)
        image_part = gray[: height * step, : width * step]
        return transform.downscale_local_mean(image_part, (step, step)).astype(np.float32)

    def filter_median(blocks: np.ndarray) -> np.ndarray:
        return filters.median(blocks, np.ones((5, 5)), mode="nearest")

    def compute_otsu_threshold(values: np.ndarray, low: float, high: float) -> float:
        bins = ((values - low) * (255 / (high - low))).astype(np.uint8)
        counts = np.bincount(bins.ravel(), minlength=256)
        index = filters.threshold_otsu(hist=(counts, np.arange(256)))
        return low + (int(index) + 1) * (high - low) / 255

    def close_gaps(mask: np.ndarray) -> np.ndarray:
        return morphology.closing(np.pad(mask, 2), square)[2:-2, 2:-2]

    def label_parts(mask: np.ndarray) -> tuple[np.ndarray, int]:
        return measure.label(mask, return_num=True, connectivity=2)

    def take_local_maximum(values: np.ndarray) -> np.ndarray:
        return morphology.dilation(values, square)

    def compute_principal_axis(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        raw = measure.moments(mask.astype(np.uint8), order=3)
        centroid = np.array([raw[1, 0], raw[0, 1]]) / raw[0, 0]
        m = measure.moments_central(mask.astype(np.uint8), centroid, order=3)
        axis = find_axis(m[2, 0], m[1, 1], m[0, 2], (m[3, 0], m[2, 1], m[1, 2], m[0, 3]))
        return centroid, axis

    def compute_bounding_box(mask: np.ndarray) -> tuple[slice, slice]:
        return add_margin(*measure.regionprops(mask.astype(np.uint8))[0].bbox)

    def sample_window(
        image: np.ndarray, window: Window, size: tuple[int, int], *, n_samples: int = 1
    ) -> np.ndarray:
        shape = n_samples * size[0], n_samples * size[1]
        matrix = transform.AffineTransform(make_matrix(window, shape))
        samples = transform.warp(
            image.astype(np.float32), matrix, output_shape=shape, preserve_range=True
        )
        if n_samples > 1:
            samples = transform.downscale_local_mean(samples, (n_samples, n_samples))
        return (np.rint(samples) if image.dtype.kind in "iu" else samples).astype(image.dtype)

    return {
        function.__name__: function
        for function in (
            average_squares,
            filter_median,
            compute_otsu_threshold,
            close_gaps,
            label_parts,
            take_local_maximum,
            compute_principal_axis,
            compute_bounding_box,
            sample_window,
        )
    }


def find_axis(
    rows: float, mixed_moment: float, columns: float, third: tuple[float, float, float, float]
) -> np.ndarray:
    """Find the principal axis (row, column) of central moments, its sign by the third ones."""
    angle = math.atan2(2 * mixed_moment, columns - rows) / 2
    sin, cos = math.sin(angle), math.cos(angle)
    terms = sin**3, 3 * sin**2 * cos, 3 * sin * cos**2, cos**3
    skewness = sum(term * moment for term, moment in zip(terms, third, strict=True))
    return np.array([sin, cos]) * (-1 if skewness < 0 else 1)


def add_margin(top: int, left: int, bottom: int, right: int) -> tuple[slice, slice]:
    """Return a box with one pixel more on each side."""
    return slice(max(top - 1, 0), bottom + 1), slice(max(left - 1, 0), right + 1)


def make_matrix(window: Window, size: tuple[int, int]) -> np.ndarray:
    """Make the matrix from indices (x, y) in a window to indices in the image."""
    per_row, per_column = window.height / size[0], window.width / size[1]
    cos, sin = window.cos, window.sin
    turn = np.array([[cos * per_column, -sin * per_row], [sin * per_column, cos * per_row]])
    center = np.array([window.column, window.row]) - turn @ np.array(size[::-1]) / 2
    matrix = np.eye(3)
    matrix[:2, :2] = turn
    # Both libraries count from the center of the first pixel, the window from its corner.
    matrix[:2, 2] = center + turn @ [0.5, 0.5] - 0.5
    return matrix
