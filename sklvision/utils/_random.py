"""Random numbers that leave the global generators alone."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

_MAX_SEED = 2**32 - 1  # of NumPy's RandomState


def check_seed(random_state: Any) -> None:
    """Raise if an integer is not a seed of NumPy's generator."""
    if isinstance(random_state, Integral) and not 0 <= int(random_state) <= _MAX_SEED:
        raise ValueError(
            f"random_state must be an integer from 0 to {_MAX_SEED}, got {random_state!r}."
        )


def make_generator(random_state: int | np.random.RandomState | None) -> np.random.RandomState:
    """Make NumPy's generator of a parameter; ``None`` takes the global one, as in scikit-learn."""
    check_seed(random_state)
    return check_random_state(random_state)


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Draw one seed; ``None`` asks the operating system and not NumPy's global generator."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    return int(make_generator(random_state).randint(np.iinfo(np.int32).max))
