"""Number of training samples that a score needs, with an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

# Multiple of the available samples beyond which a curve gives no number.
_MAX_EXTRAPOLATION = 100


@dataclass(frozen=True)
class SamplesNeeded:
    """Number of training samples that a score needs, with an interval.

    Made by :meth:`LearningForecast.samples_for`; ``str()`` gives a sentence.

    .. versionadded:: 0.1

    Parameters
    ----------
    score : float
        The target score.
    n : float
        Number of training samples, the median of what is possible; infinite if the score is
        probably out of reach.
    low, high : float
        Interval for it; ``high``, or both, may be infinite.
    reachable : {"already", "yes", "perhaps", "no"}
        "already" if the available samples suffice, by the median; "yes" if the whole
        interval is finite; "perhaps" if its upper end is not; "no" if not even its lower end is.
    probability : float
        Fraction of the possible curves that reach the score at any size.
    n_at_hand : int
        Number of available samples.

    See Also
    --------
    LearningForecast : The curve that it is read from.

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
        score = f"{self.score:g}"
        if self.reachable == "no":
            return f"{score} cannot be reached at this rate"
        n_max = _MAX_EXTRAPOLATION * self.n_at_hand
        low, n, high = (_format_number(value, n_max) for value in (self.low, self.n, self.high))
        if self.reachable == "already":
            certainty = "" if self.high <= self.n_at_hand else f", to be sure of it {high}"
            if math.isinf(self.high):
                certainty = ", which is not certain"
            return f"{score} is already reached: it needs about {n} samples{certainty}"
        if self.low > n_max:
            return f"{score} needs {low} samples, too many to extrapolate this curve"
        if self.reachable == "yes":
            return f"{score} needs about {n} ({low} to {high}) samples"
        if math.isinf(self.n):
            return f"{score} is probably out of reach; it needs at least {low} samples"
        median = n if self.n > n_max else f"about {n}"
        return (
            f"{score} may need {median} ({low} or more) samples, or may be out of reach: "
            "the upper end is unbounded"
        )


def _format_number(n: float, n_max: float) -> str:
    """Format a number of samples to two digits."""
    if n > n_max:
        return f"more than {_format_number(n_max, math.inf)}"
    digits = 1 - math.floor(math.log10(max(n, 1)))
    return f"{round(n, min(digits, 0)):,.0f}"
