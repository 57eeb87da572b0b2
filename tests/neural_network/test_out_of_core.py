"""Training on arrays that are never in memory as a whole."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklvision.datasets import ArrayCollection
from sklvision.image import Resize
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler

zarr = pytest.importorskip("zarr")
da = pytest.importorskip("dask.array")

DIGITS = load_digits()
BY_CLASS = np.argsort(DIGITS.target, kind="stable")[::3]  # the worst order for blocks
ROWS, LABELS = DIGITS.data[BY_CLASS].astype(np.float32), DIGITS.target[BY_CLASS]
IMAGES = DIGITS.images[BY_CLASS].astype(np.uint8)
SETTINGS = {"max_epochs": 3, "random_state": 0}


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Rows and images in zarr stores, in chunks of ten."""
    folder = tmp_path_factory.mktemp("stores")
    arrays = []
    for name, values in (("rows", ROWS), ("images", IMAGES)):
        array = zarr.open(str(folder / name), mode="w", shape=values.shape,
                          chunks=(10, *values.shape[1:]), dtype=values.dtype)  # fmt: skip
        array[:] = values
        arrays.append(array)
    return arrays


def test_fit_on_data_within_the_buffer_has_the_bits_of_an_array(stores):
    expected = SpectrumClassifier(**SETTINGS).fit(ROWS, LABELS).predict_proba(ROWS)
    for X in (stores[0], da.from_array(ROWS, chunks=(300, 16))):
        clf = SpectrumClassifier(**SETTINGS).fit(X, LABELS)
        np.testing.assert_array_equal(clf.predict_proba(X), expected)
        assert clf.n_features_in_ == 64


def test_fit_on_a_large_memmap_has_the_bits_of_an_array():
    """Rows of a memmap are read one by one, in the same order as from memory."""
    lazy = SpectrumClassifier(**SETTINGS).fit(ArrayCollection(ROWS, buffer_size=9), LABELS)
    eager = SpectrumClassifier(**SETTINGS).fit(ROWS, LABELS)
    assert lazy.loss_curve_ == eager.loss_curve_
    np.testing.assert_array_equal(lazy.decision_function(ROWS), eager.decision_function(ROWS))


def test_fit_through_a_buffer_learns_data_sorted_by_class(stores):
    rows, images = (ArrayCollection(array, buffer_size=120) for array in stores)
    test = np.arange(len(LABELS)) % 3 == 0
    settings = SETTINGS | {"max_epochs": 12}
    clf = SpectrumClassifier(**settings, early_stopping=True).fit(rows[~test], LABELS[~test])
    assert clf.score(rows[test], LABELS[test]) > 0.85
    contract = clf.input_contract_
    assert (contract["kind"], contract["shape"], contract["range"]) == ("spectra", [64], [0, 16])
    model = make_pipeline(Resize(6), ImageClassifier(**SETTINGS))
    model.fit(images[~test], LABELS[~test])
    assert model.score(images[test], LABELS[test]) > 0.6
    np.testing.assert_array_equal(model.predict(images[test]), model.predict(IMAGES[test]))


def test_partial_fit_takes_blocks_and_weights(stores):
    rows = ArrayCollection(stores[0], buffer_size=120)
    clf = SpectrumClassifier(**SETTINGS)
    for _ in range(2):
        clf.partial_fit(rows, LABELS, sample_weight=np.where(LABELS == 3, 0, 1))
    assert 3 not in clf.predict(rows)
    assert clf.score(rows, LABELS) > 0.5


def test_image_rows_are_reshaped_block_by_block(stores):
    rows = ArrayCollection(stores[0], buffer_size=120)
    clf = ImageClassifier(image_shape=(8, 8), max_epochs=1, random_state=0).fit(rows, LABELS)
    assert clf.input_shape_ == (8, 8, 1)
    np.testing.assert_array_equal(clf.predict(rows[:50]), clf.predict(ROWS[:50]))


def test_searches_split_a_collection_without_reading_it():
    rows = ArrayCollection(ROWS, buffer_size=500)
    clf, grid = SpectrumClassifier(max_epochs=1, random_state=0), {"lr": [3e-3]}
    lazy, eager = (GridSearchCV(clf, grid, cv=2).fit(X, LABELS) for X in (rows, ROWS))
    assert (
        lazy.cv_results_["mean_test_score"].tolist()
        == eager.cv_results_["mean_test_score"].tolist()
    )


def test_fit_names_the_sample_that_is_not_finite():
    values = ROWS.copy()
    values[456, 5] = np.nan
    X = ArrayCollection(da.from_array(values, chunks=(100, 64)), buffer_size=400)
    with pytest.raises(ValueError, match=r"NaN, infinity .* first in sample 456"):
        SpectrumClassifier(**SETTINGS).fit(X, LABELS)


def test_fit_refuses_what_does_not_fit(stores):
    rows = ArrayCollection(stores[0], buffer_size=100)
    clf = SpectrumClassifier(**SETTINGS)
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[599, 598\]"):
        clf.fit(rows, LABELS[1:])
    with pytest.raises(ValueError, match="must hold numbers"):
        clf.fit(ArrayCollection(np.array([["a"], ["b"]]), buffer_size=1), [0, 1])
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        clf.fit(rows[:0], [])
    clf.partial_fit(ROWS, LABELS)
    with pytest.raises(ValueError, match="X has 32 features"):
        clf.predict(ArrayCollection(ROWS[:, :32], buffer_size=100))


def test_predict_warns_of_another_scale(stores):
    clf = SpectrumClassifier(max_epochs=1, random_state=0).fit(stores[0], LABELS)
    X = ArrayCollection(da.from_array(ROWS * 1000, chunks=(100, 64)), buffer_size=100)
    with pytest.warns(UserWarning, match="another scale or unit"):
        clf.predict(X)


@pytest.mark.parametrize("method", ["msc", "standard"])
def test_pipeline_of_spectra_is_trained_block_by_block(method):
    """The steps before the net see blocks, and learn what they learn of an array."""
    rows = ArrayCollection(da.from_array(ROWS, chunks=(40, 64)), buffer_size=400)
    smoothing = SavitzkyGolay(window_length=5)
    model = make_pipeline(SpectralScaler(method), clone(smoothing), SpectrumClassifier(**SETTINGS))
    model.fit(rows, LABELS)
    assert model.score(rows, LABELS) > 0.5
    np.testing.assert_array_equal(model.predict(rows), model.predict(ROWS))
    scaler = SpectralScaler(method).fit(ROWS)
    scaled_rows = scaler.transform(ROWS)
    expected = smoothing.fit(scaled_rows).transform(scaled_rows)
    result = model[:-1].transform(rows)
    assert isinstance(result, ArrayCollection)
    np.testing.assert_allclose(result.load(), expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="32 features"):
        model[:-1].transform(ArrayCollection(ROWS[:, :32], buffer_size=100))
