"""Samples in containers that are read, or refused with what to pass instead."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.image import FlattenImages
from sklvision.neural_network import SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler

ROWS = np.random.default_rng(0).uniform(size=(12, 6))
IMAGES = np.random.default_rng(0).integers(0, 256, size=(12, 4, 5), dtype=np.uint8)
Y = np.arange(12) % 2


class Dataset:
    """Pairs of a sample and its label, as data sets of torch are."""

    def __len__(self):
        return len(ROWS)

    def __getitem__(self, index):
        return ROWS[index], Y[index]


class Loader:
    """An object that is only iterated over."""

    def __iter__(self):
        return iter(ROWS)


def test_memoryviews_are_arrays():
    expected = LinearDiscriminantAnalysisCV().fit(ROWS, Y).predict(ROWS)
    model = LinearDiscriminantAnalysisCV().fit(memoryview(ROWS), Y)
    np.testing.assert_array_equal(model.predict(memoryview(ROWS)), expected)
    flat = FlattenImages().fit_transform(memoryview(IMAGES))
    np.testing.assert_array_equal(flat, IMAGES.reshape(12, 20))


@pytest.mark.parametrize("kind", ["List", "Array"])
def test_series_of_polars_hold_an_array_for_each_sample(kind):
    polars = pytest.importorskip("polars")
    series = polars.Series(ROWS.tolist())
    if kind == "Array":
        series = series.cast(polars.Array(polars.Float64, ROWS.shape[1]))
    model = LinearDiscriminantAnalysisCV().fit(series, Y)
    expected = LinearDiscriminantAnalysisCV().fit(ROWS, Y).predict(ROWS)
    np.testing.assert_array_equal(model.predict(series), expected)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (Dataset(), r"X \(Dataset\).* the first is a tuple of ndarray and int.*labels as y"),
        ([(row, "a") for row in ROWS], "the first is a tuple of ndarray and str"),
        (pd.DataFrame(ROWS).groupby(Y), "the first is a tuple of int and DataFrame"),
        ([{"row": row} for row in ROWS], "X is a list of dicts"),
        (Loader(), "got a Loader. Pass an array, a table"),
    ],
    ids=["dataset", "pairs", "groups", "dicts", "loader"],
)
def test_containers_that_are_no_array_are_named(samples, words):
    for model in (LinearDiscriminantAnalysisCV(), FlattenImages()):
        with pytest.raises(ValueError, match=words):
            model.fit(samples, Y)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (pd.Series(["a.png", "b.png"]), "the path 'a.png'"),
        ([io.BytesIO(b"x"), io.BytesIO(b"y")], "an open file"),
        (["QUJD" * 1000, "QUJD" * 1000], "the path 'QUJD.*…'"),
    ],
    ids=["series", "open", "base64"],
)
def test_files_in_place_of_images_are_named(files, words):
    with pytest.raises(TypeError, match=words) as error:
        FlattenImages().fit(files)
    assert len(str(error.value)) < 700


def test_decimal_commas_are_named_with_their_remedy():
    frame = (
        pd.DataFrame(ROWS).rename(columns=str).map(lambda value: f"{value:.3f}".replace(".", ","))
    )
    with pytest.raises(ValueError, match=r"column '0' holds '0,\d+', .*decimal=\",\""):
        LinearDiscriminantAnalysisCV().fit(frame, Y)


TEXT = ROWS.astype(str)


@pytest.mark.parametrize("samples", [TEXT, TEXT.tolist(), pd.DataFrame(TEXT)])
@pytest.mark.parametrize(
    "estimator",
    [
        SpectralScaler(),
        SavitzkyGolay(3, polyorder=1),
        LinearDiscriminantAnalysisCV(),
        SpectrumClassifier(max_epochs=1, random_state=0),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_numbers_as_text_are_read_by_every_estimator_and_words_named(estimator, samples):
    predict = "transform" if hasattr(estimator, "transform") else "predict"
    expected = getattr(clone(estimator).fit(ROWS, Y), predict)(ROWS)
    results = getattr(clone(estimator).fit(samples, Y), predict)(samples)
    np.testing.assert_allclose(results, expected, rtol=1e-9)  # columns are added in another order
    words = np.array(samples, dtype=object)
    words[3, 1] = "0,5"
    with pytest.raises(ValueError, match=r"holds '0,5', expected numbers. Decimal commas"):
        clone(estimator).fit(words.astype(str), Y)
