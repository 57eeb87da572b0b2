"""Names next to points that cover neither each other nor other points."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sklvision.utils._optional import import_optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Places of a name next to its point: direction, and the side of the text that faces the point.
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
_LEADER_DISTANCE = 12  # from this distance on, a thin line leads from the name to its point
_LEADER = {"arrowstyle": "-", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
_CLEARANCE = 5  # pixels about a point that no name should cover


def annotate_points(
    ax: Axes,
    points: np.ndarray,
    names: list[str],
    styles: list[dict[str, Any]],
    obstacles: np.ndarray,
    path: np.ndarray,
) -> list[Any]:
    """Write names next to their points, each at the nearest free place.

    Parameters
    ----------
    ax : Axes
        Axes to write in. Places are sought whenever they are drawn, for their size then.
    points : ndarray of shape (n, 2)
        Points in data coordinates.
    names : list of str
        One per point.
    styles : list of dict
        Keywords of each text.
    obstacles : ndarray of shape (n_obstacles, 2)
        Further points, in data coordinates, that no name should cover.
    path : ndarray of shape (n_corners, 2)
        Corners of a line, in data coordinates, that names should rather not cross.

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
    # An invisible artist, drawn before the names, places them again at each drawing.
    placer = import_optional("matplotlib.artist", extra="plot").Artist()
    placer.set(zorder=-1, in_layout=False)
    placer.draw = partial(_place_texts, ax, texts, np.concatenate([points, obstacles]), path)
    ax.add_artist(placer)
    return texts


def _place_texts(
    ax: Axes, texts: list[Any], points: np.ndarray, path: np.ndarray, renderer: Any
) -> None:
    """Move each text to the place of the lowest cost, the first text first."""
    points, path = ax.transData.transform(points), _fill_path(ax.transData.transform(path))
    frame = ax.get_window_extent(renderer)
    boxes: list[Any] = []
    for text, point in zip(texts, points, strict=False):
        lowest_cost, best_distance = np.inf, 0.0
        for distance in _DISTANCES:
            for rank, (right, upward, ha, va) in enumerate(_PLACES):
                text.set(position=(right * distance, upward * distance), ha=ha, va=va)
                box = _get_box(text, renderer)
                cost = _compute_cost(box, point, points, boxes, frame)
                cost += 0.9 * _find_inside(box, path, 0).any()
                cost += 0.01 * rank + 0.1 * distance / _DISTANCES[-1]
                if cost < lowest_cost:
                    lowest_cost, best_distance = cost, distance
                    place = {"position": text.get_position(), "ha": ha, "va": va}
            if lowest_cost < 1:
                break
        text.set(**place)
        text.arrow_patch.set_visible(best_distance >= _LEADER_DISTANCE)
        boxes.append(_get_box(text, renderer))


def _get_box(text: Any, renderer: Any) -> Any:
    """Return the box about the words, without the line that leads to them."""
    plain_text = import_optional("matplotlib.text", extra="plot").Text
    text.update_positions(renderer)
    return plain_text.get_window_extent(text, renderer)


def _compute_cost(
    box: Any, point: np.ndarray, points: np.ndarray, boxes: list[Any], frame: Any
) -> float:
    """Compute the cost of a place: 1 and more where something is covered or cut off."""
    n_overlaps = sum(box.padded(1.5).overlaps(text_box) for text_box in boxes)
    is_other_point = np.abs(points - point).max(axis=1) > 1
    n_covered = (_find_inside(box, points, _CLEARANCE) & is_other_point).sum()
    is_cut = box.x0 < frame.x0 or box.x1 > frame.x1 or box.y0 < frame.y0 or box.y1 > frame.y1
    return 2.0 * n_overlaps + float(n_covered) + 3.0 * is_cut


def _find_inside(box: Any, points: np.ndarray, margin: float) -> Any:
    """Return the mask of the points inside a box with a margin."""
    low, high = np.array([box.x0, box.y0]) - margin, np.array([box.x1, box.y1]) + margin
    return ((points > low) & (points < high)).all(axis=1)


def _fill_path(corners: np.ndarray) -> np.ndarray:
    """Return points every few pixels along a line."""
    lengths = np.abs(np.diff(corners, axis=0)).max(axis=1)
    segments = [
        np.linspace(start, end, max(int(length // 4), 2))
        for start, end, length in zip(corners[:-1], corners[1:], lengths, strict=True)
    ]
    return np.concatenate(segments) if segments else corners
