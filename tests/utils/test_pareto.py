"""The Pareto front."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sklvision.utils._pareto import find_pareto_front

number = st.integers(1, 6)


@given(points=st.lists(st.tuples(number, number), min_size=1, max_size=8))
def test_find_pareto_front_returns_all_pairs_that_nothing_cheaper_equals(points):
    scores, costs = np.array(points).T
    front = find_pareto_front(scores, costs)
    beaten = {
        (score, cost)
        for score, cost in points
        if any(s >= score and c <= cost and (s, c) != (score, cost) for s, c in points)
    }
    assert {points[i] for i in front} == set(points) - beaten
    assert list(costs[front]) == sorted(set(costs[front]))
