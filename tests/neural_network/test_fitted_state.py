"""What a fit keeps: its settings, its held-out part, the groups of it and the input contract."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.model_selection import GroupKFold, cross_validate

from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from tests.neural_network._problems import QUICK, blobs_of_images, iris

X, y = iris()


@pytest.fixture(scope="module")
def fitted_clf():
    return SpectrumClassifier(precision="float64", **QUICK).fit(X, y)


@pytest.mark.parametrize(
    "params",
    [
        {"optimizer": "adamm"},
        {"lr": -1, "batch_size": 0, "label_smoothing": 7},
        {"lr_schedule": "none", "max_epochs": "many", "weight_decay": None},
        {"architecture": "spectrum_mpl", "architecture_params": [3], "precision": "float8"},
        {"device": "gpu"},
    ],
    ids=lambda params: next(iter(params)),
)
def test_pickle_does_not_read_current_parameters(fitted_clf, params):
    expected = fitted_clf.decision_function(X)
    changed_clf = pickle.loads(pickle.dumps(fitted_clf)).set_params(**params)
    np.testing.assert_array_equal(changed_clf.decision_function(X), expected)
    restored = pickle.loads(pickle.dumps(changed_clf))
    np.testing.assert_array_equal(restored.decision_function(X), expected)
    assert restored.get_params() == changed_clf.get_params()
    assert restored.net_.optimizer_.param_groups[0]["lr"] == 3e-3


def test_pickle_of_images_does_not_read_image_shape():
    images, labels = blobs_of_images()
    rows = images.reshape(len(images), -1)
    clf = ImageClassifier("mlp", image_shape=(8, 8), **QUICK).fit(rows, labels)
    expected = clf.decision_function(rows)
    restored = pickle.loads(pickle.dumps(clf.set_params(image_shape=(4, 16))))
    np.testing.assert_array_equal(restored.decision_function(rows), expected)


@pytest.mark.parametrize("settings", [None, {"architecture": "spectrum_mlp"}, {"unheard_of": 1}])
def test_setstate_refuses_files_of_another_format(fitted_clf, settings):
    state = fitted_clf.__getstate__() | {"_settings": settings, "_sklvision_version": "0.0.1"}
    with (
        pytest.warns(UserWarning, match="was saved by sklvision 0.0.1"),
        pytest.raises(
            ValueError, match=r"format of another version, sklvision 0\.0\.1.*fit it again"
        ),
    ):
        SpectrumClassifier().__setstate__(state)


@pytest.mark.parametrize("random_state", [0, None])
def test_warm_start_holds_out_the_same_samples(random_state):
    """The held-out samples are in no training batch, which an augmenter records."""
    rng = np.random.RandomState(0)
    rows = np.c_[np.arange(60), rng.normal(size=(60, 4))]
    batches = []

    def record(batch):
        batches.append(batch[:, 0].numpy().copy())
        return batch

    clf = SpectrumClassifier(
        augment=record,
        early_stopping=True,
        warm_start=True,
        max_epochs=1,
        random_state=random_state,
    )
    training_sets = []
    for _ in range(4):
        batches.clear()
        clf.fit(rows, np.arange(60) % 2)
        training_sets.append(set(np.concatenate(batches)))
        clf = pickle.loads(pickle.dumps(clf.set_params(augment=None))).set_params(augment=record)
    assert len(training_sets[0]) == 54
    assert all(ids == training_sets[0] for ids in training_sets)


class GroupSpy:
    """An augmenter that records the groups it sees; they are in the first column."""

    def __init__(self):
        self.groups = set()

    def __call__(self, batch):
        self.groups |= set(batch[:, 0].tolist())
        return batch


def grouped_problem():
    rng = np.random.RandomState(0)
    groups = np.arange(60) // 3
    return np.c_[groups, rng.normal(size=(60, 4))], np.arange(60) % 3, groups


def test_early_stopping_holds_out_whole_groups():
    rows, labels, groups = grouped_problem()
    spy = GroupSpy()
    clf = SpectrumClassifier(early_stopping=True, validation_fraction=0.2, **QUICK)
    clf.set_params(augment=spy).fit(rows, labels, groups=groups)
    assert len(spy.groups) == 16  # of 20: the others were never trained on
    spy.groups.clear()
    clf.fit(rows, labels)
    assert len(spy.groups) > 16
    weights = np.where(groups == 0, 0.0, 1.0)
    clf.fit(rows, labels, sample_weight=weights, groups=[f"object {group}" for group in groups])
    with pytest.raises(ValueError, match=r"\[60, 59\]"):
        clf.fit(rows, labels, groups=groups[1:])


def test_groups_are_routed_as_metadata():
    rows, labels, groups = grouped_problem()
    settings = {"cv": GroupKFold(2), "params": {"groups": groups}, "error_score": "raise"}
    with config_context(enable_metadata_routing=True):
        clf = SpectrumClassifier(early_stopping=True, augment=GroupSpy(), **QUICK)
        clf.set_fit_request(groups=True)
        result = cross_validate(clf, rows, labels, return_estimator=True, **settings)
    for fitted_clf in result["estimator"]:
        assert 0 < len(fitted_clf.augment.groups) < 10


def test_contract_of_training_is_kept_and_other_units_are_warned_of(fitted_clf):
    assert fitted_clf.input_contract_["kind"] == "spectra"
    assert fitted_clf.input_contract_["shape"] == [4]
    loaded_clf = pickle.loads(pickle.dumps(fitted_clf))
    assert loaded_clf.input_contract_ == fitted_clf.input_contract_
    for rows in (X, X[:1], X[:1].tolist()):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            loaded_clf.predict(rows)
        with pytest.warns(UserWarning, match="another scale or unit"):
            loaded_clf.predict(100 * np.asarray(rows))
