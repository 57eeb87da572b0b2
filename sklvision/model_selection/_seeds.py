"""Seeds of folds and estimators, drawn once from ``random_state``."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone

from sklvision.utils._random import check_seed, draw_seed


def resolve_seed(random_state: Any) -> int | None:
    """Return one integer that stands for ``random_state`` everywhere; None stays None."""
    if random_state is None:
        return None
    check_seed(random_state)
    return int(random_state) if isinstance(random_state, Integral) else draw_seed(random_state)


def seed_estimator(estimator: Any, seed: int | None) -> Any:
    """Set every unset ``random_state`` of a clone, each to a seed of its own."""
    if seed is None:
        return estimator
    check_seed(seed)
    generator = np.random.RandomState(seed)
    seeds = {
        key: draw_seed(generator)
        for key, value in sorted(estimator.get_params(deep=True).items())
        if value is None and key.rpartition("__")[2] == "random_state"
    }
    return clone(estimator).set_params(**seeds) if seeds else estimator
