"""Folds in the order of time."""

import numpy as np
import pytest
from sklearn.model_selection import TimeSeriesSplit

from sklvision.model_selection import make_time_folds


def test_make_time_folds_of_different_times_are_those_of_scikit_learn():
    times = np.random.default_rng(0).permutation(23)
    order = np.argsort(times)
    for (train, test), (first, second) in zip(
        make_time_folds(times, 4), TimeSeriesSplit(4).split(order), strict=True
    ):
        assert train.tolist() == sorted(order[first])
        assert test.tolist() == sorted(order[second])


def test_make_time_folds_never_split_a_time():
    times = np.array(["2026-03-02", "2026-03-04", "2026-03-03"] * 5, dtype="datetime64[D]")
    folds = make_time_folds(times, 2)
    assert len(folds) == 2
    for train, test in folds:
        assert times[train].max() < times[test].min()
    assert set(times[folds[1][1]]) == {np.datetime64("2026-03-04")}


@pytest.mark.parametrize(
    ("times", "n_splits", "message"),
    [
        ([1, 1, 2, 2, 3, 3], 3, "cv=3 folds .* at least 4 different times, got 3"),
        ([1.0, np.nan, 3.0], 2, "1 are missing"),
        (np.array(["2026-01-01", "NaT"], "datetime64[D]"), 2, "1 are missing"),
        ([[1], [2]], 2, "one value per sample"),
        ([], 2, "one value per sample"),
        ([1, 2, 3], 1, "n_splits must be an integer of at least 2, got 1"),
        ([1, 2, 3], 2.5, "n_splits must be an integer of at least 2, got 2.5"),
    ],
)
def test_make_time_folds_refuses_bad_input(times, n_splits, message):
    with pytest.raises(ValueError, match=message):
        make_time_folds(times, n_splits)
