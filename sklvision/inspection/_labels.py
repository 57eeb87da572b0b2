"""Names beside points, placed so that they don't cover each other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sklvision.utils._optional import import_optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Where a name may stand beside its point: direction, and the side of the text that faces it.
_PLACES = (
    (1, 1, "left", "bottom"),
    (1, -1, "left", "top"),
    (-1, 1, "right", "bottom"),
    (-1, -1, "right", "top"),
    (0, 1, "center", "bottom"),
    (0, -1, "center", "top"),
    (1.4, 0, "left", "center"),
    (-1.4, 0, "right", "center"),
)
_DISTANCES = (4, 9, 15, 22, 32)  # in points
_LEADER_FROM = 12  # from this distance on, a thin line leads from the name to its point
_LEADER = {"arrowstyle": "-", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
_NEAR_POINT = 5  # pixels about a point that no name should cover


def annotate_points(
    ax: Axes,
    points: np.ndarray,
    names: list[str],
    styles: list[dict[str, Any]],
    obstacles: np.ndarray,
    path: np.ndarray,
) -> list[Any]:
    """Write names beside their points, each at the nearest place that is free.

    Parameters
    ----------
    ax : Axes
        Where the names are written. Places are sought when it is drawn, for its size then.
    points : ndarray of shape (n, 2)
        In data coordinates.
    names : list of str
        One per point.
    styles : list of dict
        Keywords of each text.
    obstacles : ndarray of shape (n_obstacles, 2)
        Further points, in data coordinates, that no name should cover.
    path : ndarray of shape (n_corners, 2)
        Corners of a line, in data coordinates, that names had better not cross.

    Returns
    -------
    texts : list of Annotation
        In the order of the names.
    """
    texts = [
        ax.annotate(
            name,
            point,
            xytext=(0, 0),
            textcoords="offset points",
            annotation_clip=False,
            in_layout=False,
            arrowprops=_LEADER | {"color": style.get("color", "black")},
            **style,
        )
        for name, point, style in zip(names, points, styles, strict=True)
    ]
    # An artist without a picture, drawn before the names: they are placed anew at each drawing.
    placer = import_optional("matplotlib.artist", extra="plot").Artist()
    placer.set(zorder=-1, in_layout=False)
    placer.draw = partial(_place, ax, texts, np.concatenate([points, obstacles]), path)
    ax.add_artist(placer)
    return texts


def _place(ax: Axes, texts: list[Any], points: np.ndarray, path: np.ndarray, renderer: Any) -> None:
    blocked = ax.transData.transform(points)
    crossed = _along(ax.transData.transform(path))
    inside = ax.get_window_extent(renderer)
    taken: list[Any] = []
    for text, pixel in zip(texts, blocked, strict=False):
        lowest, distance = np.inf, 0.0
        for away in _DISTANCES:
            for rank, (right, up, ha, va) in enumerate(_PLACES):
                text.set(position=(right * away, up * away), ha=ha, va=va)
                box = _text_box(text, renderer)
                cost = _cost(box, pixel, blocked, taken, inside)
                cost += 0.9 * _within(box, crossed, 0).any()
                cost += 0.01 * rank + 0.1 * away / _DISTANCES[-1]
                if cost < lowest:
                    lowest, distance = cost, away
                    place = {"position": text.get_position(), "ha": ha, "va": va}
            if lowest < 1:
                break
        text.set(**place)
        text.arrow_patch.set_visible(distance >= _LEADER_FROM)
        taken.append(_text_box(text, renderer))


def _text_box(text: Any, renderer: Any) -> Any:
    """Where the words are, without the line that leads to them."""
    kind = import_optional("matplotlib.text", extra="plot").Text
    text.update_positions(renderer)
    return kind.get_window_extent(text, renderer)


def _cost(box: Any, own: np.ndarray, blocked: np.ndarray, taken: list[Any], inside: Any) -> float:
    """What is wrong with a place: 1 and more where something is covered or cut off."""
    cost = sum(2.0 for other in taken if box.padded(1.5).overlaps(other))
    near = _within(box, blocked, _NEAR_POINT) & (np.abs(blocked - own).max(axis=1) > 1)
    beyond = box.x0 < inside.x0 or box.x1 > inside.x1 or box.y0 < inside.y0 or box.y1 > inside.y1
    return cost + float(near.sum()) + 3.0 * beyond


def _within(box: Any, points: np.ndarray, margin: float) -> Any:
    low, high = np.array([box.x0, box.y0]) - margin, np.array([box.x1, box.y1]) + margin
    return ((points > low) & (points < high)).all(axis=1)


def _along(corners: np.ndarray) -> np.ndarray:
    """Points every few pixels along a line."""
    lengths = np.abs(np.diff(corners, axis=0)).max(axis=1)
    parts = [
        np.linspace(start, end, max(int(length // 4), 2))
        for start, end, length in zip(corners[:-1], corners[1:], lengths, strict=True)
    ]
    return np.concatenate(parts) if parts else corners
