"""Groups and series that folds split are named, in made and in real data."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import KFold, LeaveOneGroupOut, StratifiedGroupKFold

from sklvision.datasets import ImageCollection, fetch_nails, load_spectra
from sklvision.model_selection import find_leaks
from tests.model_selection._copies import FOLDS, make_images

Image = pytest.importorskip("PIL.Image")


def test_find_leaks_names_split_groups():
    X, y = load_iris(return_X_y=True)
    groups = np.array([f"plant {i // 10:02}" for i in range(150)])
    report = find_leaks(X, y, FOLDS, groups)
    frame = report.to_frame().query("kind == 'group'")
    assert set(frame["group"]) == set(groups)
    for fold, (_, test) in enumerate(FOLDS.split(X, y)):
        assert frame.loc[frame["fold"] == fold, "n_affected"].sum() == len(test)
    assert report.counts["group"] == 150
    assert "15 groups split, in 5 of 5 folds: plant 0" in str(report)
    grouped_report = find_leaks(X, y, StratifiedGroupKFold(5), groups)
    assert "group" not in grouped_report.kinds


def test_find_leaks_finds_series_by_the_order_of_rows():
    rng = np.random.default_rng(0)
    parts = np.repeat(rng.normal(size=(40, 20)), 15, axis=0)
    X = parts + 0.5 * rng.normal(size=parts.shape)
    y = np.arange(600) // 300
    report = find_leaks(X, y, FOLDS)
    assert report.kinds == ["series"]
    assert "series of about 1" in str(report)
    stretches = report.suggested_groups()
    true = np.arange(600) // 15
    assert np.mean([len(np.unique(stretches[true == part])) == 1 for part in range(40)]) > 0.8
    assert not find_leaks(X, y, KFold(6))  # consecutive folds cut at their borders only
    assert not find_leaks(X, y, StratifiedGroupKFold(5), stretches)
    order = rng.permutation(600)
    assert not find_leaks(X[order], y[order], FOLDS)


@pytest.mark.parametrize("way", ["times", "exif", "folders", "prefixes"])
def test_find_leaks_finds_series_by_the_names_of_files(way, tmp_path):
    rng = np.random.default_rng(0)
    backgrounds = make_images(4, 5)
    start = pd.Timestamp("2024-03-01 08:00:00")
    files, true = [], []
    for i in rng.permutation(80):
        series, number = divmod(int(i), 20)
        pixels = (0.7 * backgrounds[series] + 60 * rng.random((48, 48))).astype(np.uint8)
        timestamp = start + pd.Timedelta(hours=series, seconds=7 * number)
        exif = Image.Exif()
        name = {
            "times": f"{timestamp:%Y%m%d_%H%M%S}.png",
            "exif": f"{rng.integers(1e6)}.png",
            "folders": f"session {series}/{rng.integers(1e6)}.png",
            "prefixes": f"part{'ABCD'[series]}_{number:03}.png",
        }[way]
        if way == "exif":
            exif[306] = f"{timestamp:%Y:%m:%d %H:%M:%S}"
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path, exif=exif)
        files.append(path)
        true.append(series)
    true = np.array(true)
    report = find_leaks(ImageCollection(files), np.arange(80) % 2, FOLDS)
    assert report.kinds == ["series"]
    groups = report.suggested_groups()
    assert len(np.unique(groups)) == 4
    assert all(len(np.unique(groups[true == series])) == 1 for series in range(4))
    assert not find_leaks(
        ImageCollection(files), np.arange(80) % 2, StratifiedGroupKFold(4), groups
    )


def test_find_leaks_does_not_trust_names_alone(tmp_path):
    files = []
    for i, image in enumerate(make_images(60, 6)):
        files.append(tmp_path / f"part{'AB'[i // 30]}_{i}.png")
        Image.fromarray(image).save(files[-1])
    assert not find_leaks(ImageCollection(files), np.arange(60) % 2, FOLDS)


@pytest.mark.data
def test_find_leaks_finds_the_series_of_nails(data_home):
    nails = fetch_nails(subset="all", data_home=data_home, download_if_missing=False)
    report = find_leaks(nails.data, nails.target, FOLDS)
    assert report.counts["series"] == 198
    frame = report.to_frame().query("kind == 'series'")
    assert frame["group"].nunique() == 3
    assert "1522072644_bad.jpeg to 1522073834_good.jpeg" in set(frame["group"])
    assert len(frame) == 15
    assert "pauses of more than" in str(report)
    pairs = pd.crosstab(report.suggested_groups(), nails.groups)
    assert sorted(pairs.to_numpy().max(axis=0)) == [18, 81, 99]
    assert (pairs > 0).sum().tolist() == [1, 1, 1]
    grouped_report = find_leaks(nails.data, nails.target, LeaveOneGroupOut(), nails.groups)
    assert "group" not in grouped_report.kinds


@pytest.mark.data
def test_find_leaks_finds_the_patients_of_saliva(data_home):
    saliva = load_spectra(data_home / "spectra" / "saliva_raman_pd_ad.npz")
    X, y, patients = saliva.data, saliva.target, saliva.groups
    report = find_leaks(X, y, FOLDS, patients)
    assert set(report.to_frame().query("kind == 'group'")["group"]) == set(patients)
    assert report.counts["group"] == len(y)
    assert "70 groups split" in str(report)

    unknown = find_leaks(X, y, FOLDS)
    assert "series of about 25" in str(unknown)  # 1751 spectra of 70 patients
    stretches = unknown.suggested_groups()
    _, group_codes = np.unique(
        np.column_stack([stretches, np.unique(patients, return_inverse=True)[1]]),
        axis=0,
        return_counts=True,
    )
    assert (group_codes**2).sum() / sum(
        n**2 for n in np.unique(patients, return_counts=True)[1]
    ) > 0.75

    order = np.random.default_rng(0).permutation(len(y))
    shuffled_report = find_leaks(X[order], y[order], FOLDS)  # nobody could see series
    assert "series" not in shuffled_report.kinds
    assert shuffled_report.n_affected <= 10  # nearly equal spectra


@pytest.mark.data
def test_find_leaks_raises_no_alarm_on_mnist(data_home):
    with np.load(data_home / "mnist.npz") as mnist:
        X, y = mnist["x_train"][:10_000], mnist["y_train"][:10_000]
    assert not find_leaks(X, y, FOLDS)


def test_find_leaks_finds_the_writers_of_digits():
    X, y = load_digits(return_X_y=True)
    report = find_leaks(X.reshape(-1, 8, 8), y, FOLDS)
    assert report.kinds == ["series"]
