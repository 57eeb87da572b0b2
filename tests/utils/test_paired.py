"""The bound of a drop in accuracy."""

from __future__ import annotations

import numpy as np
import pytest

from sklvision.utils._paired import bound_accuracy_drop


@pytest.mark.parametrize(("loss", "gain"), [(0.075, 0.075), (0.08, 0.06), (0.1, 0.0), (0.02, 0.0)])
def test_bound_accuracy_drop_covers_the_true_drop_as_often_as_it_says(loss, gain):
    rng = np.random.default_rng(0)
    n_covered = 0
    for _ in range(1000):
        draws = rng.random(200)
        was_correct, is_correct = draws >= gain, draws < 1 - loss
        n_covered += bound_accuracy_drop(was_correct, is_correct) >= loss - gain
    assert 0.93 <= n_covered / 1000 <= 0.985


def test_bound_accuracy_drop_shrinks_with_the_number_of_samples():
    bounds = [bound_accuracy_drop(np.ones(n, bool), np.ones(n, bool)) for n in (10, 100, 1000)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] > 0.1
    gained = bound_accuracy_drop(np.zeros(100, bool), np.ones(100, bool))
    assert gained < 0
