"""Seeds of the members of a vote."""

from __future__ import annotations

from numpy.random import RandomState

from sklvision.utils._random import make_generator


def draw_seeds(random_state: int | RandomState | None, n: int) -> list[int]:
    """Draw different seeds for the members."""
    return make_generator(random_state).randint(2**31 - 1, size=n).tolist()
