"""Number of training samples that a score needs, with an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

# Further than this many times the samples at hand, a curve tells no number.
_HORIZON = 100


@dataclass(frozen=True)
class SamplesNeeded:
    """How many training samples a score takes, with an interval and a word on whether it can be.

    Made by :meth:`LearningForecast.samples_for`; ``str()`` says it in words.

    Parameters
    ----------
    score : float
        The score that is wanted.
    n : float
        Number of training samples, the median of what is possible; infinite if the score
        is more likely than not out of reach.
    low, high : float
        Interval for it; ``high``, or both, may be infinite.
    reachable : {"already", "yes", "perhaps", "no"}
        "already" if the samples at hand suffice, by the median; "yes" if the whole
        interval is finite; "perhaps" if its upper end is not; "no" if not even its lower end is.
    probability : float
        Share of the possible curves that reach the score at any size.
    n_at_hand : int
        Number of samples at hand.

    See Also
    --------
    LearningForecast : What it follows from.

    Examples
    --------
    >>> from sklvision.model_selection import SamplesNeeded
    >>> print(SamplesNeeded(0.95, 9123.0, 5210.0, float("inf"), "perhaps", 0.9, n_at_hand=1200))
    0.95 may need about 9,100 (5,200 or more) samples, or may be out of reach: the upper end is
    unbounded
    """

    score: float
    n: float
    low: float
    high: float
    reachable: str
    probability: float
    n_at_hand: int = field(kw_only=True)

    def __str__(self) -> str:
        wanted = f"{self.score:g}"
        if self.reachable == "no":
            return f"{wanted} cannot be reached at this rate"
        furthest = _HORIZON * self.n_at_hand
        low, n, high = (_count(value, furthest) for value in (self.low, self.n, self.high))
        if self.reachable == "already":
            sure = "" if self.high <= self.n_at_hand else f", to be sure of it {high}"
            if math.isinf(self.high):
                sure = ", which is not certain"
            return f"{wanted} is already reached: it needs about {n} samples{sure}"
        if self.low > furthest:
            return f"{wanted} needs {low} samples, further than this curve can tell"
        if self.reachable == "yes":
            return f"{wanted} needs about {n} ({low} to {high}) samples"
        if math.isinf(self.n):
            return f"{wanted} is probably out of reach; it needs at least {low} samples"
        about = n if self.n > furthest else f"about {n}"
        return (
            f"{wanted} may need {about} ({low} or more) samples, or may be out of reach: "
            "the upper end is unbounded"
        )


def _count(n: float, furthest: float) -> str:
    """A number of samples to two digits."""
    if n > furthest:
        return f"more than {_count(furthest, math.inf)}"
    digits = 1 - math.floor(math.log10(max(n, 1)))
    return f"{round(n, min(digits, 0)):,.0f}"
