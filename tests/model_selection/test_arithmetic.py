"""Pure functions of model selection compared with plain references."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from sklvision.model_selection._comparison.tables import tabulate_tradeoffs
from sklvision.model_selection._leaks import neighbors, relatives
from sklvision.model_selection._leaks.fingerprints import Fingerprints
from sklvision.model_selection._learning_curve import power_law, subsets
from sklvision.model_selection._robustness import corruptions
from sklvision.utils._statistics import (
    adjust_p_values,
    compute_corrected_t_test,
    compute_proportion_interval,
)

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(60, 3))


def test_corrected_t_test_with_huge_training_sets_is_the_plain_one():
    differences = np.array([0.02, 0.05, -0.01, 0.04, 0.03])
    plain = ttest_1samp(differences, 0)
    n_test, n_train = np.full(5, 20), np.full(5, 10**12)
    result = compute_corrected_t_test(differences, n_train, n_test)
    assert result.mean == pytest.approx(0.026)
    assert result.p_value == pytest.approx(plain.pvalue)
    interval = plain.confidence_interval(0.95)
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high))


def test_corrected_t_test_widens_by_the_ratio_of_test_to_training():
    differences, n_test = np.array([0.02, 0.05, -0.01, 0.04]), np.full(4, 20)
    plain = compute_corrected_t_test(differences, np.full(4, 10**12), n_test)
    result = compute_corrected_t_test(differences, np.full(4, 60), n_test)
    widening = np.sqrt((1 / 4 + 1 / 3) / (1 / 4))
    assert result.high - result.mean == pytest.approx(widening * (plain.high - plain.mean))


def test_corrected_t_test_of_equal_differences_knows_them_to_half_a_sample():
    n_test, n_train = np.full(5, 10), np.full(5, 40)
    result = compute_corrected_t_test(np.full(5, 0.1), n_train, n_test)
    error = 1 / (10 * np.sqrt(12)) * np.sqrt(1 / 5 + 1 / 4)
    assert result.high - result.mean == pytest.approx(2.7764451 * error)


def test_corrected_t_test_of_one_fold_is_unknown():
    result = compute_corrected_t_test(np.array([0.1]), np.array([40]), np.array([10]))
    assert result.mean == 0.1
    assert np.isnan([result.low, result.high, result.p_value]).all()
    two_folds = compute_corrected_t_test(np.array([0.1, 0.2]), np.full(2, 40), np.full(2, 10))
    assert np.isfinite(two_folds).all()


def test_proportion_interval_is_wilsons():
    """Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, and 0 of 20."""
    assert compute_proportion_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert compute_proportion_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert np.isnan(compute_proportion_interval(0, 0)).all()


def test_adjust_p_values_is_holms_method():
    result = adjust_p_values(np.array([0.01, np.nan, 0.04, 0.03, 0.5]))
    np.testing.assert_allclose(result, [0.04, np.nan, 0.09, 0.09, 0.5])
    np.testing.assert_allclose(adjust_p_values(np.array([0.6, 0.7])), [1, 1])


def test_tradeoffs_have_the_price_of_each_step():
    summary = pd.DataFrame(
        {"mean_accuracy": [0.5, 0.8, 0.7, 0.6], "fit_seconds": [1.0, 5.0, 3.0, 4.0]},
        index=["base", "net", "tree", "slow"],
    )
    front = tabulate_tradeoffs(summary, "accuracy", "fit_seconds")
    assert front.index.tolist() == ["base", "tree", "net"]
    expected = [[np.nan, np.nan, np.nan], [0.2, 2, 0.1], [0.1, 2, 0.05]]
    np.testing.assert_allclose(front[["gain", "added_cost", "gain_per_cost"]], expected)


@pytest.mark.parametrize("k", [1, 4, 100])
def test_find_neighbors_is_a_search_of_all_candidates(k):
    queries, candidates = np.array([3, 10, 50]), np.arange(0, 60, 2)
    distances, places = neighbors.find_neighbors(POINTS, queries, candidates, k)
    for i, query in enumerate(queries):
        expected = np.linalg.norm(POINTS[candidates] - POINTS[query], axis=1)
        expected[candidates == query] = np.inf
        order = np.argsort(expected)[:k]
        np.testing.assert_allclose(distances[i], expected[order], atol=1e-7)
        is_finite = np.isfinite(expected[order])
        np.testing.assert_array_equal(places[i][is_finite], candidates[order][is_finite])


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("radius", [0.2, 0.5])
@pytest.mark.parametrize("queries", [np.arange(60), np.array([5, 1, 40, 33])], ids=["all", "some"])
def test_points_with_neighbors_are_those_of_a_search_of_all(
    monkeypatch, queries, radius, n_threads
):
    monkeypatch.setattr(neighbors, "_BLOCK", 16)
    distances = np.linalg.norm(POINTS[:, np.newaxis] - POINTS, axis=2)
    np.fill_diagonal(distances, np.inf)
    expected = np.sort(queries[distances[queries].min(axis=1) <= radius])
    result = neighbors.find_points_with_neighbors(POINTS, queries, radius, n_threads)
    np.testing.assert_array_equal(np.intersect1d(result, queries), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_copies_are_found_at_no_distance_in_spite_of_rounding(dtype):
    points = np.random.default_rng(0).normal(size=(300, 64)).astype(dtype)
    points[200:] = points[:100]
    result = neighbors.find_points_with_neighbors(points, np.arange(300), 0.0, 1)
    assert result.tolist() == [*range(100), *range(200, 300)]


def make_prints(values, unit):
    n = len(values)
    return Fingerprints(values, np.arange(n, dtype=np.uint64), np.ones(n, bool), unit)


def test_components_keep_distances_within_them():
    values = (RNG.normal(size=(40, 5)) @ RNG.normal(size=(5, 90))).astype(np.float32)
    points = neighbors.compute_components(make_prints(values, "spectra"))
    assert points.shape == (40, 40)
    for i in range(0, 40, 7):
        np.testing.assert_allclose(
            np.linalg.norm(points - points[i], axis=1),
            np.linalg.norm(values - values[i], axis=1),
            atol=1e-3,
        )


def test_components_of_few_images_or_of_nothing():
    values = RNG.normal(size=(8, 30)).astype(np.float32)
    assert neighbors.compute_components(make_prints(values, "images")) is values
    empty = neighbors.compute_components(make_prints(values[:, :0], "samples"))
    assert empty.shape == (8, 1)
    projected = neighbors.compute_components(make_prints(np.tile(values, (126, 3)), "images"))
    assert projected.shape == (1008, 64)


@pytest.mark.parametrize("n_dimensions", [2, 5])
def test_dimension_of_even_spread_is_that_of_the_space(n_dimensions):
    points = np.random.default_rng(1).random((3000, n_dimensions))
    center = np.flatnonzero((abs(points - 0.5) < 0.3).all(axis=1))
    distances = neighbors.find_neighbors(points, center, np.arange(3000), 40)[0]
    assert relatives.estimate_dimension(distances) == pytest.approx(n_dimensions, rel=0.1)
    # Ten relatives of every sample, of another dimension, leave the estimate as it is.
    distances[:, :10] = 1e-3 * np.sort(np.random.default_rng(0).random((len(center), 10)))
    assert relatives.estimate_dimension(distances) == pytest.approx(n_dimensions, rel=0.1)


def test_relatives_end_at_the_last_gap_that_is_wider_than_by_chance():
    """Gaps of 2 at rank 3 and of 1.5 at rank 6; by chance, up to ln(1000 * 10 / .05) = 12.2."""
    steps = np.full(39, 1.02)
    steps[2], steps[5] = 2, 1.5
    distances = np.cumprod(np.concatenate([[1], steps]))[np.newaxis]
    assert relatives.count_relatives(distances, 8, 1000) == [6]  # 8 * 6 * ln 1.5 = 19
    assert relatives.count_relatives(distances, 5.1, 1000) == [6]  # 12.4 and 10.6
    assert relatives.count_relatives(distances, 4.5, 1000) == [0]  # 10.9 and 9.4
    assert relatives.count_relatives(distances, 4.5, 100) == [6]
    steps[5] = 1.35  # significant, but hardly a gap
    distances = np.cumprod(np.concatenate([[1], steps]))[np.newaxis]
    assert relatives.count_relatives(distances, 8, 1000) == [3]  # 8 * 3 * ln 2 = 16.6


LAWS = power_law.PowerLaws(
    n_ref=100.0,
    level=np.array([0.8, 0.9]),
    limit=np.array([1.0, 0.9]),
    exponent=np.array([0.5, 1.0]),
    later_exponent=np.array([1.0, 1.0]),
)


def test_power_laws_change_their_exponent_after_the_largest_size():
    scores = LAWS.evaluate(np.array([25.0, 100.0, 200.0]))
    np.testing.assert_allclose(scores, [[0.6, 0.8, 0.9], [0.9, 0.9, 0.9]])


@pytest.mark.parametrize(
    ("score", "sizes"),
    [
        (0.6, [25, 0]),
        (0.8, [100, 0]),
        (0.9, [200, 0]),
        (0.95, [400, np.inf]),
        (1.0, [np.inf, np.inf]),
        (1.1, [np.inf, np.inf]),
    ],
)
def test_power_laws_are_solved_for_a_score(score, sizes):
    np.testing.assert_allclose(LAWS.solve(score), sizes)


def test_noise_of_shared_shifts_and_of_sizes_is_told_apart():
    rng = np.random.default_rng(0)
    sizes, n_repeats = np.array([10.0, 20, 40, 80]), 4000
    shift = 0.05 * rng.normal(size=n_repeats)
    scores = 0.7 + shift + 0.02 * rng.normal(size=(4, n_repeats))
    noise = n_repeats * power_law.estimate_noise(sizes, scores)
    assert np.sqrt(np.diag(noise)) == pytest.approx(np.hypot(0.05, 0.02), rel=0.03)
    correlation = np.sqrt(1 / 2)
    assert noise[0, 1] == pytest.approx(0.05**2 + correlation * 0.02**2, rel=0.05)


def test_noise_falls_with_size_as_a_power_law():
    rng = np.random.default_rng(0)
    sizes = np.array([10.0, 40, 160])
    scores = 0.7 + 0.1 * (sizes[:, np.newaxis] / 10) ** -0.5 * rng.normal(size=(3, 3000))
    deviations = np.sqrt(np.diag(3000 * power_law.estimate_noise(sizes, scores)))
    assert (np.diff(deviations) < -0.2 * deviations[1:]).all()


def test_same_scores_give_the_same_forecast():
    """The constants of the prior were chosen once; another forecast needs the benchmark again."""
    sizes = np.array([20.0, 40, 80, 160])
    rng = np.random.default_rng(0)
    scores = 0.95 - 0.8 * sizes[:, np.newaxis] ** -0.5 + 0.01 * rng.normal(size=(4, 5))
    laws = power_law.fit_power_laws(sizes, scores, best=1.0, n_tested=200)
    forecast = np.quantile(laws.evaluate(np.array([640.0]))[:, 0], [0.1, 0.5, 0.9])
    np.testing.assert_allclose(forecast, [0.89949, 0.9176, 0.93719], atol=1e-4)


@pytest.mark.parametrize(("slope", "expected"), [(0.02, False), (0.0, False), (-0.02, True)])
def test_is_falling_where_scores_fall_by_more_than_noise(slope, expected):
    sizes = np.array([10.0, 20, 40, 80])
    noise = 0.001 * np.random.default_rng(0).normal(size=(4, 5))
    scores = 0.8 + slope * np.log2(sizes / 10)[:, np.newaxis] + noise
    assert power_law.is_falling(sizes, scores, 1.0) is expected


@pytest.mark.parametrize("seed", range(3))
def test_every_beginning_of_an_order_has_the_classes_in_proportion(seed):
    y = np.repeat([0, 1, 2], [60, 30, 10])
    train = np.random.default_rng(seed).permutation(100)
    order = subsets.order_evenly(train, y, None, np.random.RandomState(seed))
    assert sorted(order) == list(range(100))
    for n in range(1, 101):
        counts = np.bincount(y[order[:n]], minlength=3)
        assert (abs(counts - n * np.array([0.6, 0.3, 0.1])) < 2.5).all()


def test_groups_stay_together_in_an_order():
    groups = np.repeat(np.arange(12), 5)
    y = groups % 2
    order = subsets.order_evenly(np.arange(60), y, groups, np.random.RandomState(0))
    assert (np.diff(groups[order]) != 0).sum() == 11
    assert y[order[:30]].sum() == pytest.approx(15, abs=5)
    assert (np.diff(order[:5]) != 1).any()  # at random within a group


def test_smallest_size_has_every_class_twice_in_every_beginning():
    y = np.array([0, 0, 0, 1, 1, 0, 2, 2])
    splits = [(np.arange(7), np.array([7])), (np.array([3, 4, 0, 1]), np.array([2]))]
    assert subsets.find_smallest_size(splits, y) == 7  # a class of one counts once
    assert subsets.find_smallest_size(splits[1:], y) == 4
    assert subsets.find_smallest_size(splits[1:], y, n_each=1) == 3


def test_smallest_size_has_two_groups_of_every_class():
    y = np.array([0, 0, 0, 1, 1, 0, 1, 0])
    groups = np.array(["a", "a", "a", "b", "b", "c", "d", "d"])
    splits = [(np.arange(8), np.arange(0))]
    assert subsets.find_smallest_size(splits, y) == 5
    assert subsets.find_smallest_size(splits, y, groups) == 7
    assert subsets.find_smallest_size(splits, y, np.zeros(8)) == 4  # one group of each class


@pytest.mark.parametrize(
    ("train_sizes", "expected"),
    [
        ([0.1, 0.25, 1.0], [5, 12, 50]),
        ([0.001, 0.5, 0.9], [1, 25, 45]),
        ([30, 10, 50, 10], [10, 30, 50]),
        ([1, 2, 3], [1, 2, 3]),
    ],
)
def test_resolve_sizes_takes_fractions_or_numbers(train_sizes, expected):
    assert subsets.resolve_sizes(train_sizes, 50).tolist() == expected


@pytest.mark.parametrize(
    ("train_sizes", "message"),
    [
        ([0.0, 0.5, 1.0], "above 0 and at most 1; got 0 to 1"),
        ([0.2, 0.5, 1.1], "got 0.2 to 1.1"),
        ([0, 5, 10], "between 1 and the 50 .* got 0 to 10"),
        ([5, 10, 51], "got 5 to 51"),
        ([5, 10, 10], r"at least 3 different sizes for a curve, got \[5, 10\]"),
        ([[5, 10, 20]], "must list numbers"),
        (["5", "10", "20"], "must list numbers"),
        ([0.1, np.nan, 1.0], "must list numbers"),
    ],
)
def test_resolve_sizes_says_what_is_wrong(train_sizes, message):
    with pytest.raises(ValueError, match=message):
        subsets.resolve_sizes(train_sizes, 50)


@pytest.mark.parametrize("travel", [0.0, 0.4, 3.0, 7.5])
@pytest.mark.parametrize("angle", [0.0, 0.7, 2.0])
def test_motion_kernel_is_symmetric_and_as_long_as_the_movement(travel, angle):
    kernel = corruptions._make_line_kernel(travel, angle)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-12)
    assert kernel.sum() == pytest.approx(1)
    cells = np.arange(len(kernel)) - len(kernel) // 2
    position = cells * np.cos(angle) + cells[:, np.newaxis] * np.sin(angle)
    # On a line of this length the mean square is its square by 12, and cells add a little.
    assert (kernel * position**2).sum() == pytest.approx(travel**2 / 12, abs=0.3)
