"""Positions of the marks in charts, which templates draw as SVG.

Horizontal positions are percentages of the width and vertical positions are pixels, so that a chart
stretches but its text does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

_TOP, _BOTTOM = 12, 30  # pixels left for the outermost labels
_LEFT, _RIGHT = 9.0, 97.0  # percent


class Axis(NamedTuple):
    """The range of an axis, its ticks and their labels."""

    low: float
    high: float
    ticks: Sequence[float]
    labels: Sequence[str]
    log: bool = False

    def compute_fraction(self, value: float) -> float:
        """Return the position of a value, from 0 to 1."""
        low, high, value = (
            (np.log10(v) for v in (self.low, self.high, value))
            if self.log
            else (self.low, self.high, value)
        )
        return float((value - low) / (high - low))


def make_linear_axis(values: np.ndarray, *, is_bounded: bool = False) -> Axis:
    """Make an axis with round ticks around the values; ``is_bounded`` limits it to 1."""
    low, high = float(np.min(values)), float(np.max(values))
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 0.05
    ends_at_one = is_bounded and high <= 1
    low, high = low - margin, min(high + margin, 1.0) if ends_at_one else high + margin
    step = 10 ** np.floor(np.log10(high - low))
    # About four ticks, at a round step.
    step = min((step * f for f in (0.1, 0.2, 0.5, 1)), key=lambda s: abs((high - low) / s - 4))
    ticks = step * np.arange(np.ceil(low / step), np.floor(high / step + 1e-9) + 1)
    decimals = max(0, int(np.ceil(-np.log10(step) - 1e-9)))
    return Axis(low, high, ticks, [f"{tick:.{decimals}f}" for tick in ticks])


def make_log_axis(values: np.ndarray) -> Axis:
    """Make a logarithmic axis with ticks at powers of ten, or also at 2 and 5 if few."""
    low, high = float(np.min(values)) / 1.6, float(np.max(values)) * 1.6
    # At most six ticks: powers of ten if two or more are in range, else 1, 2 and 5 times them.
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = [tick for tick in powers if low <= tick <= high]
    if len(ticks) < 2:
        ticks = [f * p for p in powers for f in (1, 2, 5) if low <= f * p <= high]
    if len(ticks) > 6:
        ticks = ticks[:: -(-len(ticks) // 6)]
    labels = [f"{tick:,.4g}" if tick < 1e5 else f"{tick:.0e}" for tick in ticks]
    return Axis(low, high, ticks, labels, log=True)


class Segment(NamedTuple):
    """A straight line between two points of a chart."""

    kind: str
    x1: float
    y1: float
    x2: float
    y2: float


class Point(NamedTuple):
    """A dot with a tooltip."""

    kind: str
    x: float
    y: float
    title: str


class Label(NamedTuple):
    """A name next to its point."""

    text: str
    x: float
    y: float
    shift: int
    anchor: str


@dataclass
class Chart:
    """Marks within two axes."""

    x_axis: Axis
    y_axis: Axis
    height: int
    x_title: str
    y_title: str
    description: str
    segments: list[Segment] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    left: float = _LEFT
    right: float = _RIGHT

    @property
    def bottom(self) -> int:
        """Pixels from the top to the horizontal axis."""
        return self.height - _BOTTOM

    @property
    def x_ticks(self) -> list[tuple[float, str]]:
        """Position and label of the ticks of the horizontal axis."""
        axis = self.x_axis
        return [(self.compute_x(t), text) for t, text in zip(axis.ticks, axis.labels, strict=True)]

    @property
    def y_ticks(self) -> list[tuple[float, str]]:
        """Position and label of the ticks of the vertical axis."""
        axis = self.y_axis
        return [(self.compute_y(t), text) for t, text in zip(axis.ticks, axis.labels, strict=True)]

    def compute_x(self, value: float) -> float:
        """Return the percentage of the width."""
        return _LEFT + (_RIGHT - _LEFT) * self.x_axis.compute_fraction(value)

    def compute_y(self, value: float) -> float:
        """Return the pixels from the top."""
        return _TOP + (self.height - _TOP - _BOTTOM) * (1 - self.y_axis.compute_fraction(value))

    def add_line(self, xs: Sequence[float], ys: Sequence[float], kind: str) -> None:
        """Add straight segments from point to point, with a gap where a value is missing."""
        points = zip(xs, ys, strict=True)
        for (x1, y1), (x2, y2) in pairwise(points):
            if np.isfinite([x1, y1, x2, y2]).all():
                ends = (
                    self.compute_x(x1),
                    self.compute_y(y1),
                    self.compute_x(x2),
                    self.compute_y(y2),
                )
                self.segments.append(Segment(kind, *ends))

    def add_point(self, x: float, y: float, kind: str, title: str) -> None:
        """Add a dot with a tooltip."""
        self.points.append(Point(kind, self.compute_x(x), self.compute_y(y), title))

    def add_labels(self, texts: Sequence[tuple[float, float, str]]) -> None:
        """Add names next to their points, shifted down if they would overlap."""
        lowest = -np.inf
        for x, y, text in sorted(texts, key=lambda item: self.compute_y(item[1])):
            x_position, y_position = self.compute_x(x), max(self.compute_y(y) - 7, lowest + 14)
            lowest = y_position
            shift, anchor = (-7, "end") if x_position > 55 else (7, "start")
            self.labels.append(Label(text, x_position, float(y_position), shift, anchor))


@dataclass(frozen=True)
class StripChart:
    """Scores of one estimator as dots on the common axis of a table."""

    description: str
    dots: list[float]
    mean: float | None
    is_cut: bool  # some dots lie beyond the axis


def make_strip(values: np.ndarray, axis: tuple[float, float], description: str) -> StripChart:
    """Place the scores of all folds, and their mean if all are within the axis."""
    low, high = axis
    places = 3 + 94 * (values[np.isfinite(values)] - low) / (high - low)
    dots = [float(x) for x in places if 0 <= x <= 100]
    is_whole = len(dots) == len(places)
    mean = float(places.mean()) if is_whole and len(places) else None
    return StripChart(description, dots, mean, not is_whole)


@dataclass(frozen=True)
class IntervalChart:
    """A mean difference with its interval, and a mark at zero."""

    description: str
    zero: float
    mean: float | None
    low: float | None
    high: float | None


def make_interval(
    mean: float, low: float, high: float, axis: tuple[float, float], description: str
) -> IntervalChart:
    """Place a mean and its interval, except for values that are not finite."""

    def place(value: float) -> float:
        return 3 + 94 * (value - axis[0]) / (axis[1] - axis[0])

    ends = [place(value) if np.isfinite(value) else None for value in (mean, low, high)]
    return IntervalChart(description, place(0.0), *ends)
