"""Properties that hold for any data: hypothesis looks for a counterexample."""

import pickle
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from sklvision.neural_network import ImageClassifier, SpectrumClassifier, _data
from tests.neural_network._problems import blobs_of_images

few = settings(suppress_health_check=list(HealthCheck))

IMAGES, LABELS = blobs_of_images(n=70)
SPECTRA = IMAGES.reshape(70, -1)
kinds = pytest.mark.parametrize("kind", ["spectra", "images"])


@cache
def fit_classifier(kind):
    """Fit a classifier of spectra or images; return it and its samples."""
    if kind == "spectra":
        return SpectrumClassifier(max_epochs=8, random_state=0).fit(SPECTRA, LABELS), SPECTRA
    return ImageClassifier(max_epochs=8, random_state=0).fit(IMAGES, LABELS), IMAGES


@kinds
@few
@given(
    dtype=st.sampled_from([np.uint8, np.int16, np.int64, np.float16, np.float32, np.float64]),
    order=st.sampled_from("CF"),
)
def test_predictions_do_not_depend_on_dtype_or_layout(kind, dtype, order):
    clf, X = fit_classifier(kind)
    converted_X = np.asarray(X.astype(dtype), order=order)
    np.testing.assert_array_equal(clf.predict_proba(converted_X), clf.predict_proba(X))


@kinds
@few
@given(order=st.permutations(range(70)))
def test_predictions_follow_the_order_of_the_rows(kind, order):
    clf, X = fit_classifier(kind)
    order = np.array(order)
    np.testing.assert_allclose(
        clf.decision_function(X[order]), clf.decision_function(X)[order], rtol=1e-6, atol=1e-6
    )
    np.testing.assert_array_equal(clf.predict(X[order]), clf.predict(X)[order])


@kinds
@few
@given(start=st.integers(0, 69), length=st.integers(1, 70))
def test_predictions_do_not_depend_on_the_rows_beside_them(kind, start, length):
    clf, X = fit_classifier(kind)
    rows = slice(start, start + length)
    np.testing.assert_allclose(
        clf.decision_function(X[rows]), clf.decision_function(X)[rows], rtol=1e-6, atol=1e-6
    )


@few
@given(gain=st.floats(1e-3, 1e3), offset=st.floats(-1e3, 1e3))
def test_units_do_not_matter(gain, offset):
    """The net standardizes: other units at fit and predict give the same model."""
    clf = SpectrumClassifier(max_epochs=2, precision="float64", random_state=0)
    plain = clone(clf).fit(SPECTRA, LABELS).decision_function(SPECTRA)
    scaled_spectra = SPECTRA * gain + offset
    np.testing.assert_allclose(
        clone(clf).fit(scaled_spectra, LABELS).decision_function(scaled_spectra),
        plain,
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("values_per_part", [8 * 8 * 3, 8 * 8 * 30, 2**22])
def test_data_are_standardized_by_their_weighted_moments(monkeypatch, values_per_part):
    """However many parts they are taken over, and far from zero."""
    monkeypatch.setattr(_data, "_MOMENT_VALUES", values_per_part)
    rng = np.random.default_rng(0)
    X = rng.normal([1e3, -5, 0], [0.1, 20, 0], (70, 8, 8, 3))
    weights = rng.uniform(0.1, 3, 70)
    clf = ImageClassifier(max_epochs=1, precision="float64").fit(X, LABELS, sample_weight=weights)
    pixels, weights = X.reshape(-1, 3), np.repeat(weights, 64)
    mean = np.average(pixels, axis=0, weights=weights)
    scale = np.sqrt(np.average((pixels - mean) ** 2, axis=0, weights=weights))
    np.testing.assert_allclose(clf.module_.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(clf.module_.scale[:2], scale[:2], rtol=1e-10)
    assert clf.module_.scale[2] == 1


@settings(max_examples=15)
@given(
    optimizer=st.sampled_from(["adamw", "adam", "adamax", "sgd", "rmsprop"]),
    lr_schedule=st.sampled_from(["constant", "cosine", "onecycle", "cyclic", "step", "plateau"]),
    batch_size=st.sampled_from([-1, 1, 16, 1000]),
    precision=st.sampled_from(["float32", "float64", "bfloat16"]),
    early_stopping=st.booleans(),
    label_smoothing=st.sampled_from([0.0, 0.2]),
)
def test_clones_and_pickles_are_equal_for_any_parameters(**params):
    rows = slice(0, 20)
    clf = SpectrumClassifier(max_epochs=3, random_state=0, **params)
    clf.fit(SPECTRA[rows], LABELS[rows])
    repeated_clf = clone(clf).fit(SPECTRA[rows], LABELS[rows])
    loaded_clf = pickle.loads(pickle.dumps(clf))
    expected = clf.decision_function(SPECTRA)
    np.testing.assert_array_equal(repeated_clf.decision_function(SPECTRA), expected)
    np.testing.assert_array_equal(loaded_clf.decision_function(SPECTRA), expected)
    assert loaded_clf.get_params() == clf.get_params()


@few
@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=5),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 1000),
)
def test_the_validation_split_takes_from_every_class_and_leaves_some(sizes, fraction, seed):
    from sklvision.neural_network._split import split_validation

    y = np.repeat(np.arange(len(sizes)), sizes)
    rng = np.random.RandomState(seed)
    if max(sizes) == 1:
        with pytest.raises(ValueError, match="no class has 2 samples"):
            split_validation(y, fraction, rng)
        return
    train, validation = split_validation(y, fraction, rng)
    assert sorted([*train, *validation]) == list(range(len(y)))
    assert set(y[train]) == set(y)
    assert set(y[validation]) == {label for label, size in enumerate(sizes) if size > 1}


@few
@given(
    groups=st.lists(st.integers(0, 9), min_size=12, max_size=60),
    n_classes=st.integers(1, 3),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 1000),
)
def test_split_validation_keeps_groups_apart_and_leaves_some_of_every_class(
    groups, n_classes, fraction, seed
):
    from sklvision.neural_network._split import split_validation

    groups = np.array(groups)
    y = np.arange(len(groups)) % n_classes
    classes_of = {group: set(y[groups == group]) for group in groups}
    is_needed = all(
        any(
            all(
                label not in other_classes
                for name, other_classes in classes_of.items()
                if name != group
            )
            for label in labels
        )
        for group, labels in classes_of.items()
    )  # every group has a class that no other has
    rng = np.random.RandomState(seed)
    if is_needed:
        with pytest.raises(ValueError, match="every group has a class that no other group has"):
            split_validation(y, fraction, rng, groups)
        return
    train, validation = split_validation(y, fraction, rng, groups)
    assert sorted([*train, *validation]) == list(range(len(y)))
    assert len(validation) > 0
    assert not set(groups[train]) & set(groups[validation])
    assert set(y[train]) == set(y)


def test_split_validation_of_many_small_groups_is_stratified():
    from sklvision.neural_network._split import split_validation

    y = np.repeat([0, 1, 2], [300, 200, 100])
    groups = np.arange(600) // 4
    _, validation = split_validation(y, 0.2, np.random.RandomState(0), groups)
    np.testing.assert_allclose(np.bincount(y[validation]), [60, 40, 20], atol=4)
