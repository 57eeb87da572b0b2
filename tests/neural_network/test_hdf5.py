"""Data sets of HDF5 files as samples of fit, predict, splits, comparisons and other processes."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sklvision.datasets import ArrayCollection
from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.image import Resize
from sklvision.model_selection import compare_estimators
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

h5py = pytest.importorskip("h5py")

RNG = np.random.RandomState(0)
IMAGES = RNG.randint(0, 256, (60, 8, 8)).astype(np.uint8)
SPECTRA = RNG.normal(size=(60, 12))
LABELS = np.arange(60) % 3
NET = ImageClassifier("mlp", max_epochs=2, random_state=0)


@pytest.fixture
def file(tmp_path):
    """An HDF5 file, open for reading; in chunks, and as one block."""
    path = tmp_path / "samples.h5"
    with h5py.File(path, "w") as new_file:
        new_file.create_dataset("images", data=IMAGES, chunks=(7, 8, 8))
        new_file.create_dataset("block", data=IMAGES)
        new_file.create_dataset("spectra", data=SPECTRA)
    with h5py.File(path, "r") as file:
        yield file


@pytest.mark.parametrize("name", ["images", "block"])
def test_images_are_fitted_and_predicted_with_the_same_bits(file, name):
    expected = clone(NET).fit(IMAGES, LABELS).predict_proba(IMAGES)
    net = clone(NET).fit(file[name], LABELS)
    np.testing.assert_array_equal(net.predict_proba(file[name]), expected)
    pipeline = make_pipeline(Resize(6), clone(NET)).fit(file[name], LABELS)
    np.testing.assert_array_equal(pipeline.predict(file[name]), pipeline.predict(IMAGES))


def test_spectra_are_fitted_and_predicted_with_the_same_bits(file):
    for model in (SpectrumClassifier(max_epochs=2, random_state=0), LinearDiscriminantAnalysisCV()):
        expected = clone(model).fit(SPECTRA, LABELS).predict_proba(SPECTRA)
        model.fit(file["spectra"], LABELS)
        np.testing.assert_array_equal(model.predict_proba(file["spectra"]), expected)


def test_collection_of_a_data_set_goes_to_other_processes(file):
    """A data set itself cannot be pickled; its collection opens the file again."""
    images = ArrayCollection(file["images"], buffer_size=20)[::2]
    copy = pickle.loads(pickle.dumps(images))
    np.testing.assert_array_equal(np.concatenate(list(copy.batches(7))), IMAGES[::2])


@pytest.mark.slow
def test_comparison_by_processes_reads_a_data_set(file):
    options = {"cv": 2, "random_state": 0, "check_leaks": False, "baselines": False}
    results = [
        compare_estimators({"net": NET}, X, LABELS, n_jobs=n_jobs, **options).folds
        for X, n_jobs in ((IMAGES, 1), (file["images"], 2))
    ]
    np.testing.assert_array_equal(*(folds["test_accuracy"] for folds in results))


def test_comparison_is_not_resumed_on_other_values_at_the_same_place(tmp_path):
    """What is kept in memory= belongs to the values, also of an array that is read in blocks."""
    options = {"cv": 2, "random_state": 0, "check_leaks": False, "baselines": False}
    scores = []
    for images in (IMAGES, IMAGES[::-1], IMAGES):
        with h5py.File(tmp_path / "samples.h5", "w") as file:
            file["images"] = images
            X = ArrayCollection(file["images"])
            result = compare_estimators({"net": NET}, X, LABELS, memory=tmp_path / "m", **options)
        scores.append(result.folds)
    assert len(list((tmp_path / "m").rglob("output.pkl"))) == 4
    assert scores[0]["fit_seconds"].equals(scores[2]["fit_seconds"])


def test_data_set_of_a_closed_file_is_named(tmp_path):
    with h5py.File(tmp_path / "samples.h5", "w") as file:
        images = file.create_dataset("images", data=IMAGES)
    with pytest.raises(ValueError, match="data set of an HDF5 file that is closed"):
        clone(NET).fit(images, LABELS)
