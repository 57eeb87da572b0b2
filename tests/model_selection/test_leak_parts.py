"""Parts of the search for leaks: thumbnails, cut series, samples that belong together."""

from __future__ import annotations

import numpy as np
import pytest

from sklvision.datasets import ImageCollection
from sklvision.model_selection import find_leaks
from sklvision.model_selection._leaks import digests, find, findings, fingerprints, thumbnails
from sklvision.model_selection._leaks.near_duplicates import Duplicates
from sklvision.model_selection._leaks.series import Series
from sklvision.utils._images import convert_to_gray
from sklvision.utils._samples import as_samples


@pytest.mark.parametrize(
    ("height", "width", "n_images", "expected"),
    [
        (256, 300, 20_000, (64, 64)),
        (256, 300, 20_001, (32, 32)),
        (255, 300, 10, (32, 32)),
        (64, 900, 10, (32, 32)),
        (63, 900, 10, (16, 16)),
        (8, 8, 10, (8, 8)),
        (100, 9, 10, (16, 9)),
    ],
)
def test_thumbnails_of_large_images_are_larger(height, width, n_images, expected):
    assert thumbnails.choose_thumbnail_sides(height, width, n_images) == expected


@pytest.mark.parametrize(("old", "new"), [(12, 4), (10, 4), (7, 7), (5, 3)])
def test_area_weights_average_equal_stretches(old, new):
    weights = thumbnails._compute_area_weights(old, new)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
    fine = np.repeat(np.eye(old), new, axis=1).reshape(old, new, old).mean(axis=2).T
    np.testing.assert_allclose(weights, fine, atol=1e-6)


def test_thumbnail_of_a_color_image_is_that_of_its_brightness():
    image = np.random.default_rng(0).random((12, 8, 3))
    gray = image @ [0.299, 0.587, 0.114]
    expected = gray.reshape(4, 3, 4, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(thumbnails.make_thumbnail(image, (4, 4)), expected, atol=2e-3)
    two_thumbnails = thumbnails.make_thumbnail(np.stack([image, image]), (4, 4))
    np.testing.assert_allclose(two_thumbnails, [expected, expected], atol=2e-3)


def make_series(codes):
    codes = np.array(codes)
    return Series(codes, [], "", sequence=np.arange(len(codes)))


def test_series_at_the_borders_of_consecutive_folds_alone_are_not_cut():
    codes = np.arange(40) // 10
    consecutive = [(np.setdiff1d(np.arange(40), test), test) for test in np.split(np.arange(40), 4)]
    assert not find._is_cut(make_series(codes), consecutive)
    shifted_folds = [((train + 5) % 40, (test + 5) % 40) for train, test in consecutive]
    interleaved = [(np.arange(1, 40, 2), np.arange(0, 40, 2))]
    assert find._is_cut(make_series(codes), interleaved)
    assert find._is_cut(Series(codes, [], ""), consecutive)
    # Of forty test samples, eight are at a border within a series: a fifth.
    assert find._is_cut(make_series(codes), shifted_folds)


def test_joined_divisions_are_connected_by_pairs_and_codes():
    duplicates = Duplicates(
        cluster=np.array([0, 1, 2, 3, 4, 0]),
        first=np.array([0, 1, 2, 3, 4]),
        pairs=np.array([[1, 2]]),
        similarity=np.ones(1),
        relative_distance=np.zeros(1),
        notes=(),
    )
    joined_codes = find._join_divisions([duplicates.cluster], duplicates)
    assert joined_codes.tolist() == [0, 1, 1, 2, 3, 0]
    joined_codes = find._join_divisions(
        [duplicates.cluster, np.array([7, 7, 8, 9, 5, 4])], duplicates
    )
    assert joined_codes.tolist() == [0, 0, 0, 1, 2, 0]


def test_first_and_last_of_samples_with_each_code():
    codes = np.array([2, 0, 2, 2, 0])
    assert findings._find_first(codes, np.array([3, 2, 4]), 3).tolist() == [4, -1, 2]
    assert findings._find_last(codes, np.array([3, 4, 2]), 3).tolist() == [4, -1, 2]


def test_leaks_of_the_first_sample_are_found():
    """Sample 0 counts as a partner, although 0 is falsy."""
    X = np.random.default_rng(0).normal(size=(30, 6))
    X[20] = X[0]
    y, groups = np.arange(30) % 2, np.arange(30)
    groups[21] = 0
    splits = [(np.arange(20), np.arange(20, 30))]
    report = find_leaks(X, y, splits, groups, similarity=1.0)
    frame = report.to_frame().set_index("kind")
    assert frame.loc["duplicate", ["sample", "partner"]].tolist() == [20, 0]
    assert frame.loc["group", ["sample", "partner", "group"]].tolist() == [21, 0, 0]
    assert report.counts == {"duplicate": 1, "group": 1}


@pytest.mark.parametrize("n", [12, 90])
@pytest.mark.parametrize("similarity", [0.9, 0.99])
def test_near_duplicates_of_a_given_similarity_are_those_of_all_pairs(n, similarity):
    rng = np.random.default_rng(0)
    noise = np.array([0.02, 0.1, 0.3, 0.6])[np.arange(n // 2) % 4, np.newaxis]
    spectra = np.cumsum(rng.normal(size=(n // 2, 40)), axis=1)
    X = np.concatenate([spectra, spectra + noise * rng.normal(size=spectra.shape)])
    half = np.arange(n // 2)
    report = find_leaks(X, np.arange(n) % 2, [(half, half + n // 2)], similarity=similarity)
    frame = report.to_frame()
    pairs = frame.loc[frame["kind"] == "near-duplicate", "sample"]
    correlation = np.corrcoef(X)[n // 2 :, : n // 2]
    expected = np.flatnonzero(correlation.max(axis=1) >= similarity) + n // 2
    assert sorted(set(pairs)) == expected.tolist()


def test_near_duplicates_of_some_samples_tell_how_many_to_expect():
    X = np.random.default_rng(0).normal(size=(80, 5))
    report = find_leaks(X, np.arange(80) % 2, max_samples=40)
    # Half of the samples are in three quarters of the pairs.
    assert "sought of 40 of 80 different samples, among all: expect about 1.3 times" in str(report)


def test_report_shows_three_examples_of_a_kind():
    X = np.random.default_rng(0).normal(size=(40, 5))
    y = np.arange(40) % 2
    for n, dots in ((2, False), (3, False), (4, True)):
        copies = X.copy()
        copies[20 : 20 + n] = copies[:n]
        text = str(find_leaks(copies, y, [(np.arange(20), np.arange(20, 40))]))
        assert text.count(" = ") == min(n, 3)
        assert ("…" in text) is dots
        groups = np.arange(40)
        groups[20 : 20 + n] = groups[:n]
        text = str(find_leaks(X, y, [(np.arange(20), np.arange(20, 40))], groups))
        assert ("0, 1, 2, …" in text) is dots


@pytest.mark.parametrize("shape", [(20, 24), (6, 90), (90, 6)])
def test_mapped_collection_has_the_leaks_of_the_array(shape, tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    images = np.random.default_rng(0).integers(0, 256, (24, *shape), dtype=np.uint8)
    images[13] = images[2]
    images[17] = images[5] // 2 + 40
    for i, image in enumerate(images):
        pillow.fromarray(image).save(tmp_path / f"{i:02}.png")
    collection = ImageCollection(sorted(tmp_path.glob("*.png"))).map(np.flipud)
    prints, expected = (
        fingerprints.compute_fingerprints(as_samples(X)) for X in (collection, images[:, ::-1])
    )
    np.testing.assert_allclose(prints.values, expected.values, atol=1e-5)
    splits = [(np.arange(12), np.arange(12, 24))]
    expected = find_leaks(images[:, ::-1], np.arange(24) % 2, splits).to_frame()
    result = find_leaks(collection, np.arange(24) % 2, splits).to_frame()
    columns = ["kind", "sample", "partner"]
    assert result[columns].to_numpy().tolist() == expected[columns].to_numpy().tolist()
    assert ["duplicate", 13, 2] in result[columns].to_numpy().tolist()
    assert ["near-duplicate", 17, 5] in result[columns].to_numpy().tolist()


def test_similarity_of_spectra_is_their_correlation():
    X = np.cumsum(np.random.default_rng(0).normal(size=(10, 40)), axis=1)
    prints = fingerprints.compute_fingerprints(as_samples(X))
    first, second = np.array([0, 2, 5]), np.array([1, 9, 5])
    expected = np.corrcoef(X)[first, second]
    np.testing.assert_allclose(prints.compute_similarity(first, second), expected, atol=1e-5)


def test_digests_differ_with_values_and_not_with_their_container():
    rows = np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0], [0.5, 1e-9], [0.5, 1e-99], [0.5, 2e-99]])
    codes = digests.digest_rows(rows)
    assert len(set(codes.tolist())) == 5
    assert codes[0] == codes[1]
    np.testing.assert_array_equal(digests.digest_rows(np.asfortranarray(rows)), codes)


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_thumbnails_of_every_number_of_channels(n_channels):
    image = np.random.default_rng(0).random((8, 12, n_channels))
    expected = thumbnails.make_thumbnail(convert_to_gray(image), (4, 4))
    stack = thumbnails.make_thumbnail(np.stack([image, image]), (4, 4))
    np.testing.assert_allclose(stack, [expected, expected], rtol=1e-5)
    if n_channels != 2:  # two channels of one image would be taken for a stack
        np.testing.assert_allclose(thumbnails.make_thumbnail(image, (4, 4)), expected, rtol=1e-5)


@pytest.mark.parametrize(("n", "is_enough"), [(14, False), (15, True)])
def test_near_duplicates_are_sought_among_fifteen_samples_or_more(n, is_enough):
    X = np.random.default_rng(0).normal(size=(n, 5))
    splits = [(np.arange(n // 2), np.arange(n // 2, n))]
    report = find_leaks(X, np.arange(n) % 2, splits)
    assert ("too few to tell near-duplicates from neighbors" in str(report)) is not is_enough
    # Two are enough where a threshold is given.
    assert "too few" not in str(find_leaks(X, np.arange(n) % 2, splits, similarity=0.9))


@pytest.mark.filterwarnings("error")
def test_samples_that_differ_in_scale_alone_are_near_duplicates_of_each_other():
    X = 2.0 ** np.arange(8)[:, np.newaxis] * (2 + np.sin(np.arange(40)))
    splits = [(np.arange(4), np.arange(4, 8))]
    frame = find_leaks(X, np.arange(8) % 2, splits, similarity=0.99).to_frame()
    pairs = frame[frame["kind"] == "near-duplicate"]
    assert pairs["sample"].tolist() == [4, 5, 6, 7]
    assert pairs[["similarity", "closeness"]].to_numpy().tolist() == [[1, 0]] * 4


def write_report(kind, n):
    """Search twenty samples of which ``n`` in the test set leak in one way."""
    X = np.random.default_rng(0).normal(size=(20, 5))
    y, groups = np.arange(20) % 2, None
    train, test = np.arange(10), np.arange(10, 20)
    leaking = test[:n]
    if kind == "duplicate":
        X[leaking] = X[:n]
    elif kind == "near-duplicate":
        X[leaking] = X[:n] + 1e-3
    elif kind == "overlap":
        train = np.concatenate([train, leaking])
    elif kind == "conflict":
        X[leaking], y[leaking] = X[:n], 1 - y[:n]
    elif kind == "group":
        groups = np.array([f"p{i}" for i in range(20)])
        groups[leaking] = groups[:n]
    return str(find_leaks(X, y, [(train, test), (train[:10], test)], groups, similarity=0.99))


@pytest.mark.parametrize(
    ("kind", "singular", "plural"),
    [
        (
            "duplicate",
            "1 test sample has an exact copy in the training set, in 2 of 2 folds: 10 = 0, 10 = 0.",
            "2 test samples have an exact copy in the training set, in 2 of 2 folds: "
            "10 = 0, 11 = 1, 10 = 0, ….",
        ),
        (
            "near-duplicate",
            "1 test sample has a near-duplicate in the training set, in 2 of 2 folds: "
            "10 ~ 0, 10 ~ 0.",
            "2 test samples have a near-duplicate in the training set, in 2 of 2 folds: ",
        ),
        (
            "overlap",
            "1 test sample is in the training set too, in 1 of 2 folds.",
            "2 test samples are in the training set too, in 1 of 2 folds.",
        ),
        (
            "conflict",
            "1 sample has an exact copy or near-duplicate with another label: ",
            "4 samples have an exact copy or near-duplicate with another label: "
            "0 (0) = 10 (1), 1 (1) = 11 (0).",
        ),
        (
            "group",
            "1 test sample has others of their group in the training set; for 10% the nearest",
            "2 groups split, in 2 of 2 folds: p0, p1. Keep groups together",
        ),
    ],
)
def test_report_counts_in_the_singular_and_the_plural(kind, singular, plural):
    assert plural in write_report(kind, 2)
    if kind != "conflict":  # which always affects both samples of a pair
        assert singular in write_report(kind, 1)


@pytest.mark.parametrize("scale", [1e-4, 1e4])
def test_spectra_and_tables_are_told_apart_in_any_unit(scale):
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    spectra = np.cumsum(rng.normal(size=(60, 40)), axis=1) + 5 * rng.normal(size=(60, 1))
    assert find_leaks(scale * spectra, y).unit == "spectra"
    # Columns that correlate negatively, by turns, are no bands.
    signs = np.where(np.arange(40) % 2, -1, 1)
    assert find_leaks(scale * signs * spectra, y).unit == "samples"
    assert find_leaks(scale * np.abs(rng.normal(size=(60, 40))), y).unit == "samples"


@pytest.mark.parametrize(("n_values", "n_rows"), [(2**23 + 1, 1), (2**22, 2), (3, 5)])
def test_blocks_hold_eight_million_values_or_a_single_sample(n_values, n_rows):
    rows = np.broadcast_to(np.uint8(0), (5, n_values))
    assert len(rows[next(digests.cut_blocks(rows))]) == n_rows
    assert sum(len(rows[place]) for place in digests.cut_blocks(rows)) == 5
