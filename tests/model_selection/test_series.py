"""The arithmetic behind capture series: file names and times, neighbors, order."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from sklvision.model_selection._leaks import file_names, series


@pytest.mark.parametrize(
    ("files", "seconds"),
    [
        (["a/IMG_20240102_030405.jpg", "b/20240102-030407_x.png"], [0, 2]),
        (["2024-01-02 03:04:05.png", "2024-01-02T04:04:05.png"], [0, 3600]),
        (["1704164645.png", "cam-1704164645500.png"], [0, 0.5]),
    ],
)
def test_capture_times_are_read_from_names(files, seconds):
    times = file_names.parse_capture_times(np.array(files))
    assert (times - 1704164645).tolist() == seconds


@pytest.mark.parametrize(
    "name", ["IMG_0001", "20241302_030405", "120240102030405", "2704164645", "17041646451"]
)
def test_capture_times_are_none_unless_every_name_has_one(name):
    files = np.array(["20240102_030405.png", f"{name}.png"])
    assert file_names.parse_capture_times(files) is None


def test_capture_times_come_from_exif_where_names_have_none():
    exif = np.array(["2024:01:02 03:04:05", "2024:01:02 03:05:05"])
    assert np.diff(file_names.parse_capture_times(np.array(["a.png", "b.png"]), exif)) == 60
    exif[1] = ""
    assert file_names.parse_capture_times(np.array(["a.png", "b.png"]), exif) is None


def test_files_are_ranked_by_time_or_by_numbers_in_names():
    files = np.array(["img10.png", "img9.png", "img100.png"])
    assert file_names.rank_files(files, None).tolist() == [1, 0, 2]
    assert file_names.rank_files(files, np.array([3.0, 1.0, 2.0])).tolist() == [2, 0, 1]


def list_evidence(files, times=None, labels=None):
    files = np.array(files)
    labels = np.zeros(len(files)) if labels is None else np.array(labels)
    positions = file_names.rank_files(files, times)
    divisions = file_names.list_divisions(files, labels, times, positions)
    return {evidence: codes.tolist() for codes, evidence in divisions}


def test_divisions_are_separated_by_pauses_of_a_minute_at_least():
    times = np.array([0.0, 1, 2, 61.9, 63, 64])
    files = [f"{i}.png" for i in range(6)]
    assert list_evidence(files, times) == {}
    times[3:] += 0.2
    assert list_evidence(files, times) == {
        "separated by pauses of more than 60 seconds": [0, 0, 0, 1, 1, 1]
    }


def test_divisions_are_separated_by_fifty_times_the_usual_interval():
    times = np.array([0.0, 4, 8, 207, 211, 215])
    files = [f"{i}.png" for i in range(6)]
    assert list_evidence(files, times) == {}
    times[3:] += 2
    (evidence,) = list_evidence(files, times)
    assert evidence == "separated by pauses of more than 3 minutes"


def test_divisions_by_directories_leave_out_names_of_splits():
    files = ["train/s1/1.png", "train/s1/2.png", "Test/s2/1.png", "Test/s2/2.png"]
    assert list_evidence(files) == {"by directories such as s1": [0, 0, 1, 1]}
    files = ["x/train/1.png", "x/train/2.png", "y/Test/1.png", "y/Test/2.png"]
    assert list_evidence(files) == {"by directories such as x": [0, 0, 1, 1]}


def test_divisions_by_directories_count_levels_from_the_file():
    files = ["a/s1/1.png", "b/s1/2.png", "s2/3.png", "s2/4.png"]
    assert list_evidence(files) == {"by directories such as s1": [0, 0, 1, 1]}
    files = ["a/x/1.png", "a/x/2.png", "b/y/1.png", "b/x/2.png", "b/x/3.png", "b/x/4.png"]
    assert list_evidence(files) == {
        "by directories such as x": [0, 0, 1, 0, 0, 0],
        "by directories such as a": [0, 0, 1, 1, 1, 1],
    }


def test_divisions_by_prefixes_ignore_the_last_number():
    files = ["monday_1.png", "friday 2024-1.png", "friday 2024-22.png", "monday_2.png"]
    assert list_evidence(files) == {"by names such as monday…": [1, 0, 0, 1]}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(["a1.png", "a2.png", "a3.png", "a4.png"], id="one series"),
        pytest.param(["a1.png", "a2.png", "b1.png", "c1.png", "d1.png"], id="too many"),
    ],
)
def test_divisions_have_two_series_and_two_samples_each_on_average(files):
    assert list_evidence(files) == {}


def test_divisions_into_classes_are_left_out():
    files = ["good1.png", "good2.png", "bad1.png", "bad2.png"]
    assert list_evidence(files, labels=[1, 1, 0, 0]) == {}
    assert list_evidence(files, labels=[1, 0, 1, 0]) != {}
    assert list_evidence(files, labels=[0, 0, 1, 2]) != {}
    files = [f"{name}{i}.png" for name in "abc" for i in range(2)]
    assert list_evidence(files, labels=[0, 0, 1, 1, 2, 2]) == {}
    assert list_evidence(files, labels=[0, 1, 1, 2, 2, 0]) != {}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(60, "60 seconds"), (119.4, "119 seconds"), (120, "2 minutes"), (3600, "60 minutes")],
)
def test_durations_are_in_minutes_from_two_on(seconds, text):
    assert file_names._format_duration(seconds) == text


def test_ranges_name_the_first_and_the_last_file_of_each_series():
    files = np.array(["d/a9.png", "d/a10.png", "e/b1.png", "d/a8.png"])
    positions = file_names.rank_files(files, None)
    names = file_names.name_ranges(files, np.array([0, 0, 1, 0]), positions)
    assert names == ["a8.png to a10.png", "b1.png to b1.png"]


def test_neighbor_rate_is_that_of_plain_counting():
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(40, 3)), np.repeat([0, 1], 20)
    codes = rng.integers(0, 4, 40)
    queries, candidates = np.arange(0, 40, 2), np.arange(40)
    is_same, chances = [], []
    for i in queries:
        candidates_of_class = [j for j in candidates if j != i and labels[j] == labels[i]]
        nearest = min(candidates_of_class, key=lambda j: np.linalg.norm(points[i] - points[j]))
        is_same.append(codes[nearest] == codes[i])
        chances.append(np.mean(codes[candidates_of_class] == codes[i]))
    rate = series.measure_neighbor_rate(points, labels, codes, [(queries, candidates)])
    assert rate.observed == pytest.approx(np.mean(is_same))
    assert rate.expected == pytest.approx(np.mean(chances))
    variance = sum(chance * (1 - chance) for chance in chances)
    deviations = (sum(is_same) - sum(chances)) / np.sqrt(variance)
    assert rate.deviations == pytest.approx(deviations)


def test_neighbor_rate_in_training_looks_at_training_samples_alone():
    points = np.array([[0.0], [0.1], [1.0], [1.1], [5.0], [5.2]])
    codes = np.array([0, 0, 1, 1, 2, 2])
    labels, is_comparable = np.zeros(6), np.ones(6, dtype=bool)
    separate_splits = [
        (np.array([2, 3, 4, 5]), np.array([0, 1])),
        (np.array([0, 1]), np.array([2, 3])),
    ]
    rate = series.measure_rate_in_training(points, labels, separate_splits, codes, is_comparable)
    assert rate.observed == 0
    mixed_splits = [
        (np.array([1, 2, 4]), np.array([0, 3, 5])),
        (np.array([0, 3, 5]), np.array([1, 2, 4])),
    ]
    rate = series.measure_rate_in_training(points, labels, mixed_splits, codes, is_comparable)
    assert (rate.observed, rate.expected) == (1, pytest.approx(1 / 3))


def test_neighbor_rate_of_nothing_is_zero():
    rate = series.measure_neighbor_rate(
        np.zeros((2, 1)), np.array([0, 1]), np.array([0, 0]), [(np.arange(2), np.arange(2))]
    )
    assert rate == (0, 0, 0)


def test_mean_log_distance_is_over_pairs_of_a_class_at_a_lag():
    points = np.array([[0.0], [1.0], [3.0], [3.0], [7.0]])
    classes = np.array([0, 0, 0, 1, 1])
    expected = np.log([1, 2, 4]).mean()
    assert series._compute_mean_log_distance(points, classes, 1) == pytest.approx(expected)
    assert series._compute_mean_log_distance(points, classes, 2) == pytest.approx(np.log(3))
    order = np.array([2, 0, 1, 4, 3])
    expected = np.log([3, 1, 4]).mean()
    assert series._compute_mean_log_distance(points, classes, 1, order) == pytest.approx(expected)


def test_mean_log_distance_takes_copies_for_a_hundredth_of_the_median():
    points, classes = np.array([[0.0], [0.0], [2.0], [4.0]]), np.zeros(4)
    expected = np.log([0.02, 2, 2]).mean()
    assert series._compute_mean_log_distance(points, classes, 1) == pytest.approx(expected)


def test_sequence_is_cut_where_samples_or_classes_differ():
    points = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2], [5.3], [5.4]])
    classes = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    codes = series._cut_sequence(points, classes, length=4)
    assert codes.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]


@pytest.mark.parametrize(("n", "n_chosen"), [(10, 10), (1999, 1999), (2000, 1000), (3500, 1167)])
def test_rows_are_skipped_at_regular_intervals_where_there_are_many(n, n_chosen):
    rows = series._skip_rows(np.arange(n))
    assert len(rows) == n_chosen
    assert len(set(np.diff(rows))) == 1


@pytest.mark.parametrize(("level", "length"), [(0.6, 10), (1.5, 10), (1.5, 25)])
def test_length_of_series_is_estimated_from_their_order(level, length):
    """Samples of a series share a part, of which weak ones have less than they have alone."""
    rng = np.random.default_rng(0)
    n = 1000
    shared_part = np.repeat(rng.normal(size=(n // length, 6)), length, axis=0)
    points = level * shared_part + rng.normal(size=(n, 6))
    found_series = series._find_series_by_order(
        points, np.zeros(n, dtype=int), np.arange(n), np.ones(n, dtype=bool)
    )
    percentage, estimate = map(
        int, re.findall(r"(\d+)% closer.*about (\d+)", found_series.evidence)[0]
    )
    assert estimate == pytest.approx(length, rel=0.4)
    log_distances = np.log(pdist(points))
    log_adjacent = np.log(np.linalg.norm(np.diff(points, axis=0), axis=1))
    expected = 100 * (1 - np.exp(log_adjacent.mean() - log_distances.mean()))
    assert percentage == pytest.approx(expected, abs=1)
