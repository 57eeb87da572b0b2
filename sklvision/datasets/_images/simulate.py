"""Simulated photographs of nails on a belt."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.utils._random import make_generator
from sklvision.utils._sklearn import Interval, validate_params

GOOD, BAD = "good", "bad"
# Sizes relative to the longer side of an image.
_LENGTH, _RADIUS, _HEAD_RADIUS = 0.2, 0.007, 0.014
# Gray values from 0 to 1: the belt, the nail's edge and its middle, the strip behind the belt.
_BELT, _EDGE, _SHINE, _STRIP = 0.13, 0.35, 0.85, 0.8
_N_POINTS = 33
# Fractions of the height and the width where nails lie.
_PLACE = np.array([0.79, 0.62])

_DESCR = """\
Simulated gray photographs of nails on a dark belt: straight ones (good) and bent ones (bad). See
sklvision.datasets.make_nails for how they are made.
"""


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "image_size": [tuple],
        "min_bend": [Interval(Real, 0, 180, closed="both")],
        "max_bend": [Interval(Real, 0, 180, closed="both")],
        "noise": [Interval(Real, 0, 1, closed="both")],
        "random_state": ["random_state"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_nails(
    n_samples: int = 200,
    *,
    image_size: tuple[int, int] = (152, 242),
    min_bend: float = 15.0,
    max_bend: float = 60.0,
    noise: float = 0.01,
    random_state: int | np.random.RandomState | None = None,
    return_X_y: bool = True,
) -> tuple[NDArray[np.uint8], NDArray[np.str_]] | Bunch:
    """Make photographs of straight and bent nails on a belt.

    They resemble those of :func:`fetch_nails`, at an eighth of the size: one nail at a random
    position and in a random direction on a dark belt, with a bright strip above the belt. Half of
    the nails are bent.

    .. versionadded:: 0.1

    Parameters
    ----------
    n_samples : int, default=200
        Number of photographs.
    image_size : tuple of int (height, width), default=(152, 242)
        Size in pixels, each side at least 32.
    min_bend : float, default=15.0
        Smallest angle, in degrees, between the two ends of a bent nail. Near 0 the classes overlap.
    max_bend : float, default=60.0
        Largest angle in degrees.
    noise : float, default=0.01
        Standard deviation of the camera's white noise, relative to white.
    random_state : int, RandomState instance or None, default=None
        Determines the photographs. Pass an int for the same data in every call.
    return_X_y : bool, default=True
        Whether to return ``(X, y)`` instead of a Bunch.

    Returns
    -------
    X : ndarray of shape (n_samples, height, width), dtype uint8
        Gray images, 0 is black and 255 white.
    y : ndarray of shape (n_samples,), dtype str
        Labels: ``"good"`` for straight nails, ``"bad"`` for bent ones.
    data : :class:`~sklearn.utils.Bunch`
        With ``return_X_y=False``: ``data``, ``target``, ``target_names`` and ``DESCR``.

    Raises
    ------
    ValueError
        If a parameter is out of its range; the message names it.

    See Also
    --------
    fetch_nails : Real photographs of nails.
    make_spectra : Spectra of a sorting line.

    Examples
    --------
    >>> from sklvision.datasets import make_nails
    >>> X, y = make_nails(10, random_state=0)
    >>> X.shape, X.dtype.name
    ((10, 152, 242), 'uint8')
    >>> [str(label) for label in y[:3]]
    ['good', 'good', 'good']
    """
    height, width = _check_image_size(image_size)
    if min_bend > max_bend:
        raise ValueError(f"min_bend={min_bend} must be at most max_bend={max_bend}.")
    rng = make_generator(random_state)
    is_bad = np.arange(n_samples) % 2 == 1
    rng.shuffle(is_bad)
    X = np.empty((n_samples, height, width), dtype=np.uint8)
    for image, is_bent in zip(X, is_bad, strict=True):
        bend = np.deg2rad(rng.uniform(min_bend, max_bend)) if is_bent else 0.0
        scene = _draw_belt(height, width, rng)
        _draw_nail(scene, _draw_centerline(height, width, bend, rng), rng)
        scene += noise * rng.standard_normal(scene.shape)
        image[:] = np.rint(255 * np.clip(scene, 0, 1))
    y = np.where(is_bad, BAD, GOOD)
    if return_X_y:
        return X, y
    return Bunch(data=X, target=y, target_names=[BAD, GOOD], DESCR=_DESCR)


def _check_image_size(image_size: tuple[int, int]) -> tuple[int, int]:
    if len(image_size) != 2 or not all(
        isinstance(side, Integral) and not isinstance(side, bool) and 32 <= side <= 10_000
        for side in image_size
    ):
        raise ValueError(
            f"image_size must be (height, width) in pixels, each from 32 to 10,000; got "
            f"{image_size!r}."
        )
    return int(image_size[0]), int(image_size[1])


def _draw_belt(height: int, width: int, rng: np.random.RandomState) -> NDArray[np.float64]:
    """Draw the empty belt: brighter in the middle, with a bright strip at the top."""
    rows = np.linspace(-1, 1, height)[:, np.newaxis]
    columns = np.linspace(-1, 1, width)
    light = rng.uniform(0.85, 1.15)
    scene = light * _BELT * (1.2 - 0.3 * (rows**2 + columns**2))
    strip = height * (0.05 + 0.01 * columns * rng.uniform(-1, 1))
    scene[np.arange(height)[:, np.newaxis] < strip] = _STRIP * light
    return scene


def _draw_centerline(
    height: int, width: int, bend: float, rng: np.random.RandomState
) -> NDArray[np.float64]:
    """Draw the middle line of a nail from head to tip, of shape (n_points, 2): row, column."""
    length = _LENGTH * max(height, width) * rng.uniform(0.9, 1.1)
    # The direction turns by the angle of the bend along a part of the length, smoothly; the line
    # is the sum of steps in these directions.
    position = np.linspace(0, 1, _N_POINTS)
    start, part = rng.uniform(0.2, 0.4), rng.uniform(0.2, 0.4)
    ramp = np.clip((position - start) / part, 0, 1)
    direction = rng.uniform(0, 2 * np.pi) + rng.choice([-1, 1]) * bend * ramp**2 * (3 - 2 * ramp)
    steps = length / (_N_POINTS - 1) * np.stack([np.sin(direction), np.cos(direction)], axis=1)
    line = np.cumsum(steps, axis=0)
    line -= (line.min(axis=0) + line.max(axis=0)) / 2
    # Nails lie within the middle of the belt, as far as an image has room for them there.
    reach = length / 2 + 0.02 * max(height, width)
    size = np.array([height, width])
    first, last = (1 - _PLACE) / 2 * size + reach, (1 + _PLACE) / 2 * size - reach
    middle = (first + last) / 2
    room = np.maximum(last - first, 0)
    return line + middle + (rng.uniform(size=2) - 0.5) * room


def _draw_nail(
    scene: NDArray[np.float64], line: NDArray[np.float64], rng: np.random.RandomState
) -> None:
    """Draw a nail over a scene, in place."""
    side = max(scene.shape)
    radius = max(_RADIUS * side, 0.8) * rng.uniform(0.9, 1.1)
    head_radius = max(_HEAD_RADIUS * side, 1.6)
    # Only the window around the nail is computed.
    margin = int(np.ceil(head_radius)) + 2
    top, left = np.maximum(np.floor(line.min(axis=0)).astype(int) - margin, 0)
    bottom, right = np.ceil(line.max(axis=0)).astype(int) + margin + 1
    window = scene[top:bottom, left:right]
    rows, columns = np.mgrid[top : top + window.shape[0], left : left + window.shape[1]]
    pixels = np.stack([rows, columns], axis=-1)
    # The distance of a pixel to the line is that to its nearest segment; the radius shrinks to
    # nothing along the last eighth, the tip. A pixel is covered as far as the radius reaches
    # into it, which keeps edges smooth, and shines in the middle as a cylinder does.
    nearest, distance = _find_nearest_segment(pixels, line)
    taper = np.clip((1 - nearest / (len(line) - 1)) * 8, 0, 1)
    local_radius = radius * taper
    coverage = np.clip(local_radius - distance + 0.5, 0, 1)
    shine = np.clip(1 - distance / (radius + 0.5), 0, 1)
    value = rng.uniform(0.9, 1.1) * (_EDGE + (_SHINE - _EDGE) * shine)
    window += coverage * (value - window)
    # The head is a short bar across the first point.
    direction = line[1] - line[0]
    normal = np.array([-direction[1], direction[0]]) / np.hypot(*direction)
    head = line[0] + np.array([[-1.0], [1.0]]) * (head_radius - 0.5) * normal
    _, distance = _find_nearest_segment(pixels, head)
    coverage = np.clip(0.6 * radius - distance + 0.5, 0, 1)
    window += coverage * (0.8 * _SHINE - window)


def _find_nearest_segment(
    pixels: NDArray[np.int64], line: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the nearest place on a line, as segments from its start, and the distance to it."""
    start, vector = line[:-1], np.diff(line, axis=0)
    offset = pixels[..., np.newaxis, :] - start
    fraction = np.clip((offset * vector).sum(axis=-1) / (vector**2).sum(axis=-1), 0, 1)
    distance = np.linalg.norm(offset - fraction[..., np.newaxis] * vector, axis=-1)
    segment = distance.argmin(axis=-1)
    place = segment + np.take_along_axis(fraction, segment[..., np.newaxis], -1)[..., 0]
    return place, distance.min(axis=-1)
