"""Kernels of convolutions, for arrays and tensors alike."""

from __future__ import annotations

from typing import Any, TypeVar

Array = TypeVar("Array", bound=Any)


def make_path_kernels(x_points: Array, y_points: Array, cells: Array) -> Array:
    """Make kernels that smear along paths: each sums to 1 if its path stays on the kernel.

    Parameters
    ----------
    x_points, y_points : ndarray or Tensor of shape (n, n_points)
        Points at equal times on each path, in pixels to the right of and below its center.
    cells : ndarray or Tensor of shape (size,)
        Positions of the kernel's rows and columns, in the same unit.

    Returns
    -------
    kernels : ndarray or Tensor of shape (n, size, size)
        The fraction of the time that is spent in each cell. A point between the centers of
        four cells is divided among them by bilinear weights.
    """
    x, y = ((1 - abs(place[:, :, None] - cells)).clip(0) for place in (x_points, y_points))
    return y.swapaxes(1, 2) @ x / x_points.shape[1]
