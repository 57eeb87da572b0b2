"""The bound of a drop in accuracy."""

from __future__ import annotations

import numpy as np
import pytest

from sklvision.utils._paired import bound_accuracy_drop


@pytest.mark.parametrize("drop", [0.0, 0.02, 0.1])
def test_bound_accuracy_drop_covers_the_true_drop_as_often_as_it_says(drop):
    rng = np.random.default_rng(0)
    n_samples, n_changed = 200, 0.15
    covered = 0
    for _ in range(2000):
        draws = rng.random(n_samples)
        n_lost = (n_changed + drop) / 2
        was_correct = draws < 0.9
        is_correct = was_correct.copy()
        is_correct[draws < n_lost] = False
        is_correct[(draws >= 0.9) & (rng.random(n_samples) < (n_changed - drop) / 2 / 0.1)] = True
        covered += bound_accuracy_drop(was_correct, is_correct) >= drop
    assert 0.935 <= covered / 2000 <= 0.975


def test_bound_accuracy_drop_shrinks_with_the_number_of_samples():
    bounds = [bound_accuracy_drop(np.ones(n, bool), np.ones(n, bool)) for n in (10, 100, 1000)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] > 0.1
    gained = bound_accuracy_drop(np.zeros(100, bool), np.ones(100, bool))
    assert gained < 0
