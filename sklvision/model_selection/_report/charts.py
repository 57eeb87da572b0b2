"""Charts as SVG that lasts without scripts and keeps its text readable at any width.

Positions across are percentages of the width, positions down are pixels: so a chart stretches and
its letters do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

import numpy as np

_TOP, _BOTTOM = 12, 30  # pixels left for the outermost labels
_LEFT, _RIGHT = 9.0, 97.0  # percent


class Axis(NamedTuple):
    """What runs from one end of a chart to the other."""

    low: float
    high: float
    ticks: Sequence[float]
    labels: Sequence[str]
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies, from 0 to 1."""
        low, high, value = (
            (np.log10(v) for v in (self.low, self.high, value))
            if self.log
            else (self.low, self.high, value)
        )
        return float((value - low) / (high - low))


def linear_axis(values: np.ndarray, *, bounded: bool = False, zero: bool = False) -> Axis:
    """An axis of round ticks around the values; ``bounded`` ends it at 1, if they do."""
    low, high = float(np.min(values)), float(np.max(values))
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 0.05
    ends_at_one = bounded and high <= 1
    low, high = low - margin, min(high + margin, 1.0) if ends_at_one else high + margin
    step = 10 ** np.floor(np.log10(high - low))
    # Some four ticks, of a step that people count in.
    step = min((step * f for f in (0.1, 0.2, 0.5, 1)), key=lambda s: abs((high - low) / s - 4))
    ticks = step * np.arange(np.ceil(low / step), np.floor(high / step + 1e-9) + 1)
    decimals = max(0, int(np.ceil(-np.log10(step) - 1e-9)))
    return Axis(low, high, ticks, [f"{tick:.{decimals}f}" for tick in ticks])


def log_axis(values: np.ndarray) -> Axis:
    """A logarithmic axis with a tick at every power of ten, or at 1, 2 and 5 where few."""
    low, high = float(np.min(values)) / 1.6, float(np.max(values)) * 1.6
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = [tick for tick in powers if low <= tick <= high]
    if len(ticks) < 2:
        ticks = [f * p for p in powers for f in (1, 2, 5) if low <= f * p <= high]
    if len(ticks) > 6:
        ticks = ticks[:: -(-len(ticks) // 6)]
    labels = [f"{tick:,.4g}" if tick < 1e5 else f"{tick:.0e}" for tick in ticks]
    return Axis(low, high, ticks, labels, log=True)


class Chart:
    """A frame with two axes that marks are put in."""

    def __init__(self, x: Axis, y: Axis, height: int, *, x_title: str, y_title: str) -> None:
        self.x, self.y, self.height = x, y, height
        self.marks: list[str] = []
        self.titles = x_title, y_title

    def across(self, value: float) -> float:
        """Percent of the width."""
        return _LEFT + (_RIGHT - _LEFT) * self.x.share(value)

    def down(self, value: float) -> float:
        """Pixels from the top."""
        return _TOP + (self.height - _TOP - _BOTTOM) * (1 - self.y.share(value))

    def line(self, xs: Sequence[float], ys: Sequence[float], kind: str) -> None:
        """Straight pieces from point to point."""
        points = [(self.across(x), self.down(y)) for x, y in zip(xs, ys, strict=True)]
        for (x1, y1), (x2, y2) in pairwise(points):
            self.marks.append(
                f'<line class="{kind}" x1="{x1:.2f}%" y1="{y1:.1f}" x2="{x2:.2f}%" y2="{y2:.1f}"/>'
            )

    def point(self, x: float, y: float, kind: str, title: str = "") -> None:
        """A dot, with words for who points at it."""
        self.marks.append(
            f'<circle class="{kind}" cx="{self.across(x):.2f}%" cy="{self.down(y):.1f}" r="4.5">'
            f"<title>{escape(title)}</title></circle>"
        )

    def label(self, texts: Sequence[tuple[float, float, str]]) -> None:
        """Names beside their points, moved apart where they would overlap."""
        lowest = -np.inf
        for x, y, text in sorted(texts, key=lambda item: self.down(item[1])):
            across, down = self.across(x), max(self.down(y) - 7, lowest + 14)
            lowest = down
            right = across > 55
            shift, anchor = (-7, "end") if right else (7, "start")
            self.marks.append(
                f'<text x="{across:.2f}%" dx="{shift}" y="{down:.1f}" text-anchor="{anchor}" '
                f'class="name">{escape(text)}</text>'
            )

    def render(self, description: str) -> str:
        """The SVG; ``description`` is for who cannot see it."""
        bottom = self.height - _BOTTOM
        frame = []
        for tick, label in zip(self.y.ticks, self.y.labels, strict=True):
            y = self.down(tick)
            frame.append(
                f'<line class="grid" x1="{_LEFT}%" x2="{_RIGHT}%" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text x="{_LEFT}%" dx="-6" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
            )
        for tick, label in zip(self.x.ticks, self.x.labels, strict=True):
            x = f"{self.across(tick):.2f}%"
            frame.append(
                f'<line class="grid" x1="{x}" x2="{x}" y1="{bottom}" y2="{bottom + 4}"/>'
                f'<text x="{x}" y="{bottom + 17}" text-anchor="middle">{label}</text>'
            )
        x_title, y_title = self.titles
        return (
            f'<p class="axis">{escape(y_title)}</p>'
            f'<svg class="chart" role="img" aria-label="{escape(description)}" '
            f'style="height:{self.height}px">{"".join(frame)}{"".join(self.marks)}</svg>'
            f'<p class="axis across">{escape(x_title)}</p>'
        )


def strip(values: np.ndarray, axis: tuple[float, float], label: str) -> str:
    """Scores as dots on an axis shared by the rows of a table, with a stroke at their mean."""
    low, high = axis
    seen = values[np.isfinite(values)]
    share = 3 + 94 * (seen - low) / (high - low)
    inside = [x for x in share if 0 <= x <= 100]
    marks = [f'<circle cx="{x:.2f}%" cy="11" r="4"/>' for x in inside]
    if len(inside) == len(seen) > 0:
        x = f"{share.mean():.2f}%"
        marks.append(f'<line class="mean" x1="{x}" x2="{x}" y1="2" y2="20"/>')
    elif len(inside) < len(seen):
        marks.append('<text x="0" y="15">◂ below the axis</text>')
    return _row(label, f'<line x1="0" x2="100%" y1="11" y2="11"/>{"".join(marks)}')


def interval(mean: float, low: float, high: float, axis: tuple[float, float], label: str) -> str:
    """A mean with its interval, against a stroke at zero."""
    first, last = axis
    at = {
        key: f"{3 + 94 * (value - first) / (last - first):.2f}%"
        for key, value in {"zero": 0.0, "mean": mean, "low": low, "high": high}.items()
        if np.isfinite(value)
    }
    zero = f'<line class="zero" x1="{at["zero"]}" x2="{at["zero"]}" y1="0" y2="22"/>'
    bar = (
        f'<line class="bar" x1="{at["low"]}" x2="{at["high"]}" y1="11" y2="11"/>'
        if "low" in at
        else ""
    )
    dot = f'<circle cx="{at["mean"]}" cy="11" r="4.5"/>' if "mean" in at else ""
    return _row(label, zero + bar + dot)


def _row(label: str, marks: str) -> str:
    return (
        f'<svg role="img" aria-label="{escape(label)}"><title>{escape(label)}</title>{marks}</svg>'
    )
