"""Copies that were planted are found in their folds, and chance raises no alarm."""

from io import BytesIO

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.model_selection import KFold

from sklvision.datasets import ImageCollection, make_spectra
from sklvision.model_selection import LeakReport, find_leaks
from tests.model_selection._copies import CHANGES, make_images, pairs_of, random_labels, seeds

Image = pytest.importorskip("PIL.Image")


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=8)
@given(seed=seeds)
def test_find_leaks_finds_near_duplicates_of_images(change, color, seed):
    rng = np.random.default_rng(seed)
    images = make_images(100, seed, color=color)
    original, copy = rng.choice(100, 2, replace=False)
    images[copy] = CHANGES[change](images[original], rng)
    y = np.arange(100) % 2
    y[copy] = y[original]
    order = rng.permutation(100)
    halves = [(order[:50], order[50:]), (order[50:], order[:50])]
    report = find_leaks(images, y, halves)
    is_apart = (original in order[:50]) != (copy in order[:50])
    frame = report.to_frame()
    assert set(frame["kind"]) == ({"near-duplicate"} if is_apart else set())
    if is_apart:
        assert sorted(frame["sample"]) == sorted([original, copy])
        assert pairs_of(report, "near-duplicate") == {frozenset([original, copy])}
        fold_of = {i: fold for fold, (_, test) in enumerate(halves) for i in test}
        assert [fold_of[i] for i in frame["sample"]] == frame["fold"].tolist()
        assert report.counts == {"near-duplicate": 2}
        assert "2 test images have a near-duplicate in the training set" in str(report)
    groups = report.suggested_groups()
    assert groups[original] == groups[copy]
    assert len(np.unique(groups)) == 99


@settings(max_examples=15)
@given(seed=seeds, gain=st.floats(0.5, 2), offset=st.floats(-1, 1))
def test_find_leaks_finds_near_duplicates_of_spectra(seed, gain, offset):
    rng = np.random.default_rng(seed)
    # Bands of several independent heights on one large common shape: all correlate at .99 or so.
    band = np.linspace(0, 1, 120)
    peaks = np.exp(-((band - np.linspace(0.05, 0.95, 12)[:, None]) ** 2) / 0.002)
    X = 20 * np.sin(3 * band) + rng.normal(size=(150, 12)) @ peaks
    X += 0.01 * rng.normal(size=X.shape)
    X[100] = gain * X[7] + offset + 0.01 * gain * rng.normal(size=120)
    y = random_labels(150, seed)
    y[100] = y[7]
    report = find_leaks(X, y, KFold(2))
    assert pairs_of(report, "near-duplicate") == {frozenset([7, 100])}
    assert report.kinds == ["near-duplicate"]
    assert "spectra have a near-duplicate" in report.summary


@settings(max_examples=15)
@given(seed=seeds)
def test_find_leaks_finds_near_duplicates_in_tables(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 12)) * 10.0 ** np.arange(-6, 6)
    X[150] = X[3] * (1 + 1e-3 * rng.normal(size=12))
    y = random_labels(200, seed)
    y[150] = y[3]
    report = find_leaks(X, y, KFold(2))
    assert pairs_of(report, "near-duplicate") == {frozenset([3, 150])}


@pytest.mark.parametrize("n_columns", [2, 5, 40, 300])
def test_find_leaks_raises_no_more_alarms_by_chance_than_one_in_twenty(n_columns):
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(150, n_columns)) @ rng.normal(size=(n_columns, n_columns))
        alarms += bool(find_leaks(X, random_labels(150, seed), random_state=0))
    assert alarms <= 1


def test_find_leaks_raises_few_alarms_by_chance():
    """Of 60 sets, 3 are expected; ``python -m benchmarks false_alarms`` counts them in 1,000."""
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(100, 3 + seed % 10))
        alarms += bool(find_leaks(X, random_labels(100, seed), random_state=0))
    assert alarms <= 7


@pytest.mark.parametrize("kind", ["images", "rows", "frame", "files", "mapped files"])
def test_find_leaks_finds_exact_copies(kind, tmp_path):
    X = make_images(12, 0)  # too few for near-duplicates
    X[9] = X[2]
    y = np.array(["a", "b"] * 6)
    y[9] = y[2]
    if kind == "rows":
        X = X.reshape(12, -1)
    elif kind == "frame":
        X = pd.DataFrame(X.reshape(12, -1)[:, :5]).assign(place=list("abcdefghijkl"))
        X.loc[9, "place"] = X.loc[2, "place"]
    elif "files" in kind:
        for i, image in enumerate(X):
            Image.fromarray(image).save(tmp_path / f"{i:02}.png")
        X = ImageCollection(sorted(tmp_path.glob("*.png")))
        X = X.map(np.negative) if kind == "mapped files" else X
    if kind == "frame":
        with pytest.raises(ValueError, match="cv"):
            find_leaks(X, y, 1)
    report = find_leaks(X, y, KFold(2))
    assert pairs_of(report, "duplicate") == {frozenset([2, 9])}
    assert report.counts == {"duplicate": 2}
    assert any("too few" in note for note in report.notes)
    if "files" in kind:
        assert "02.png = 09.png" in str(report) or "09.png = 02.png" in str(report)
        assert report.to_frame()["sample_name"].str.endswith(".png").all()


def test_find_leaks_reports_one_row_per_test_sample():
    X = np.repeat(np.random.default_rng(0).random((40, 20)), 10, axis=0)
    report = find_leaks(X, np.arange(400) // 200, KFold(4, shuffle=True, random_state=0))
    assert len(report.to_frame().query("kind == 'duplicate'")) <= 400
    assert len(np.unique(report.suggested_groups())) == 40


def test_find_leaks_finds_contradicting_labels():
    X = make_images(60, 1)
    X[50] = X[1]
    X[51] = CHANGES["jpeg"](X[2], None)
    y = np.arange(60) % 2
    y[50], y[51] = 1 - y[1], 1 - y[2]
    frame = find_leaks(X, y).to_frame().query("kind == 'conflict'")
    assert sorted(zip(frame["sample"], frame["partner"], strict=True)) == [(1, 50), (2, 51)]
    assert frame["fold"].isna().all()
    assert (frame["sample_label"] != frame["partner_label"]).all()


def test_find_leaks_takes_a_threshold():
    X = make_images(60, 2)
    X[30] = CHANGES["noise"](X[3], np.random.default_rng(0))
    y = np.arange(60) % 2
    findings = find_leaks(X, y, KFold(2), similarity=0.95).to_frame()
    assert pairs_of(find_leaks(X, y, KFold(2), similarity=0.95), "near-duplicate") == {
        frozenset([3, 30])
    }
    assert (findings["similarity"] >= 0.95).all()
    assert not len(find_leaks(X, y, KFold(2), similarity=0.99999).to_frame())


def test_find_leaks_reports_a_limited_search():
    X = make_images(300, 3)
    X[200:250] = X[:50]
    report = find_leaks(X, np.arange(300) % 2, KFold(2), max_samples=40)
    assert report.counts["duplicate"] >= 40  # exact copies among all
    assert any("40 of 250" in note for note in report.notes)
    assert "40 of 250" in str(report)


@settings(max_examples=10)
@given(seed=seeds)
def test_find_leaks_does_not_depend_on_the_order_of_samples(seed):
    rng = np.random.default_rng(seed)
    images = make_images(120, seed)
    images[60] = images[5]
    images[61] = CHANGES["jpeg"](images[6], rng)
    y = random_labels(120, seed)
    test = rng.permutation(120)[:60]
    train = np.setdiff1d(np.arange(120), test)
    order = rng.permutation(120)
    place = np.argsort(order)
    report = find_leaks(images, y, [(train, test)])
    reordered = find_leaks(images[order], y[order], [(place[train], place[test])])
    reordered_findings = reordered.to_frame()
    reordered_findings[["sample", "partner"]] = order[reordered_findings[["sample", "partner"]]]
    columns = ["kind", "fold", "sample", "partner", "similarity", "closeness"]
    want, result = (
        frame[columns].assign(pair=[frozenset(p) for p in frame[["sample", "partner"]].to_numpy()])
        for frame in (report.to_frame(), reordered_findings)
    )
    keys = ["kind", "fold", "pair", "similarity"]
    assert round_frame(want, keys) == round_frame(result, keys)
    assert report.counts == reordered.counts


def round_frame(frame, keys):
    return sorted(
        (kind, str(fold), sorted(map(int, pair)), round(similarity, 5))
        for kind, fold, pair, similarity in frame[keys].itertuples(index=False)
    )


def test_find_leaks_does_not_depend_on_threads(tmp_path):
    images = make_images(80, 4)
    images[70] = CHANGES["noise"](images[1], np.random.default_rng(0))
    for i, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"{i:02}.png")
    files = ImageCollection(sorted(tmp_path.glob("*.png")))
    y = np.arange(80) % 2
    y[70] = y[1]
    serial, parallel = (find_leaks(files, y, KFold(2), n_jobs=n).to_frame() for n in (1, 2))
    pd.testing.assert_frame_equal(serial, parallel)
    assert len(serial)
    serial, eager = (
        frame.sort_values("sample")
        for frame in (serial, find_leaks(images, y, KFold(2)).to_frame())
    )
    assert eager["sample"].tolist() == serial["sample"].tolist() == [1, 70]
    np.testing.assert_allclose(eager["similarity"], serial["similarity"], atol=1e-4)


def test_leak_report_returns_copies_and_survives_pickling():
    X, y = load_iris(return_X_y=True)
    report = find_leaks(X, y, random_state=0)
    assert isinstance(report, LeakReport)
    frame = report.to_frame()
    frame["kind"] = "none"
    assert report.counts == {"duplicate": 2}
    assert report.n_affected == 2
    file = BytesIO()
    joblib.dump(report, file)
    assert str(joblib.load(file)) == str(report) == repr(report)
    clean = find_leaks(*make_spectra(90, random_state=0), random_state=0)
    assert clean.to_frame().columns.tolist() == report.to_frame().columns.tolist()
    assert not clean
    assert len(clean.to_frame()) == 0
    assert str(clean) == "No leaks found among 90 spectra in 5 folds."


def test_find_leaks_finds_samples_in_both_sets():
    X, y = load_iris(return_X_y=True)
    half = np.arange(0, 150, 2)
    with pytest.warns(UserWarning, match="also train on"):
        report = find_leaks(X, y, [(np.arange(150), half)])
    assert report.counts["overlap"] == 75
    assert "75 test samples are in the training set too" in str(report)


@pytest.mark.parametrize("X", [np.ones((40, 20)), np.zeros((40, 8, 8), np.uint8)])
def test_find_leaks_takes_data_that_are_all_copies(X):
    report = find_leaks(X, np.arange(40) % 2, KFold(2))
    assert report.kinds == ["duplicate", "conflict"]
    assert len(np.unique(report.suggested_groups())) == 1


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"X": np.arange(150.0)}, ValueError, "X must be 2-D .* got 1-D of shape"),
        ({"y": np.zeros(149)}, ValueError, "X has 150 samples, y has 149"),
        ({"groups": [1, 2, 3]}, ValueError, "groups must have one value per sample: it has 3"),
        ({"cv": 1}, ValueError, "at least 2 folds"),
        ({"cv": "five"}, TypeError, "cv must be a number of folds, .* got 'five'"),
        ({"cv": 2.5}, TypeError, "cv must be a number of folds, .* got 2.5"),
        ({"cv": 51}, ValueError, "Every class needs at least as many samples"),
        ({"cv": []}, ValueError, "cv yields no splits"),
        ({"similarity": "high"}, TypeError, "similarity must be 'auto' or a number, got 'high'"),
        ({"similarity": 1.2}, ValueError, "at most 1, got 1.2"),
        ({"similarity": True}, TypeError, "got True"),
        ({"max_samples": 0}, ValueError, "max_samples .* got 0"),
        ({"max_samples": 2.0}, ValueError, "max_samples .* got 2.0"),
    ],
)
def test_find_leaks_refuses_bad_input(params, error, message):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(error, match=message):
        find_leaks(**{"X": X, "y": y} | params)


@pytest.mark.parametrize("shape", [(30, 4), (30, 40), (30, 8, 8)])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_find_leaks_names_missing_values(shape, value):
    X = np.random.default_rng(0).random(shape)
    X[7, 2] = value
    with pytest.raises(ValueError, match=r"NaN or infinity in 1 of 30 .* the first is .* 7"):
        find_leaks(X, np.arange(30) % 2)


def test_find_leaks_refuses_words():
    with pytest.raises(ValueError, match="X must hold numbers"):
        find_leaks(np.array([["a", "b"]] * 30), np.arange(30) % 2)


def test_find_leaks_names_an_unreadable_file(tmp_path):
    files = []
    for i, image in enumerate(make_images(20, 0)):
        files.append(tmp_path / f"{i}.png")
        Image.fromarray(image).save(files[-1])
    collection = ImageCollection(files)
    files[3].write_bytes(files[3].read_bytes()[:200])
    with pytest.raises(OSError, match=r"3\.png"):
        find_leaks(collection, np.arange(20) % 2)
