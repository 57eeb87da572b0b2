"""LinearDiscriminantAnalysisCV: left-out samples by hand, scikit-learn's LDA, sizes and containers."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.datasets import load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import cross_val_score

from sklvision.datasets import ArrayCollection, load_spectra, make_spectra
from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV


def make_classes(n_samples, n_bands, seed=0, n_classes=3):
    rng = np.random.default_rng(seed)
    y = np.arange(n_samples) % n_classes
    X = rng.normal(size=(n_samples, n_bands)) * np.linspace(0.2, 2, n_bands)
    X[:, :n_classes] += 1.5 * np.eye(n_classes)[y]
    return X, y


def leave_one_out(X, y, alpha):
    """Refit without one sample after another; covariance and unit are divided as with all."""
    n_samples, n_bands = X.shape
    classes = np.unique(y)
    freedom = n_samples - len(classes)

    def describe(X, y):
        means = np.array([X[y == c].mean(axis=0) for c in classes])
        deviations = X - means[np.searchsorted(classes, y)]
        return means, deviations.T @ deviations / freedom

    unit = np.trace(describe(X, y)[1])
    priors = np.log(np.bincount(y) + 1)
    scores = np.empty((n_samples, len(classes)))
    for i in range(n_samples):
        is_kept = np.arange(n_samples) != i
        means, covariance = describe(X[is_kept], y[is_kept])
        inverse = np.linalg.inv(covariance + alpha * unit * np.eye(n_bands))
        distances = X[i] - means
        scores[i] = priors - 0.5 * np.einsum("cp,pq,cq->c", distances, inverse, distances)
    scores = log_softmax(scores, axis=1)

    def compute_loss(log_scale):
        chosen = log_softmax(np.exp(log_scale) * scores, axis=1)[np.arange(n_samples), y]
        return -chosen.sum() + 0.5 * (log_scale / 0.7) ** 2

    options = {"xatol": 1e-9}
    best = minimize_scalar(compute_loss, bounds=(-4, 1.5), method="bounded", options=options)
    return best.fun / n_samples


@pytest.mark.parametrize("shape", [(30, 6), (12, 25)], ids=["many samples", "many bands"])
@pytest.mark.parametrize("alpha", [1e-3, 0.1])
def test_loss_path_is_that_of_samples_left_out_one_by_one(shape, alpha):
    X, y = make_classes(*shape)
    lda = LinearDiscriminantAnalysisCV([alpha]).fit(X, y)
    np.testing.assert_allclose(lda.loss_path_, [leave_one_out(X, y, alpha)], rtol=1e-6)


def test_directions_are_those_of_scikit_learn_with_the_same_shrinkage():
    X, y = make_classes(60, 8)
    lda = LinearDiscriminantAnalysisCV().fit(X, y)
    # The identity times alpha * trace, against a mixture with the identity times trace / n_bands.
    ratio = lda.alpha_ * X.shape[1]
    reference = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=ratio / (1 + ratio)).fit(X, y)
    ours = lda.coef_ - lda.coef_.mean(axis=0)
    theirs = reference.coef_ - reference.coef_.mean(axis=0)
    np.testing.assert_allclose(
        ours / np.linalg.norm(ours), theirs / np.linalg.norm(theirs), atol=1e-8
    )
    np.testing.assert_array_equal(lda.predict(X), reference.predict(X))


def test_more_bands_without_content_change_nothing():
    """The same spectra by the formula for many samples and by that for many bands."""
    X, y = make_classes(40, 10)
    wide = np.hstack([X, np.zeros((40, 60))])
    narrow_lda = LinearDiscriminantAnalysisCV().fit(X, y)
    wide_lda = LinearDiscriminantAnalysisCV().fit(wide, y)
    assert narrow_lda.alpha_ == wide_lda.alpha_
    np.testing.assert_allclose(narrow_lda.predict_proba(X), wide_lda.predict_proba(wide), rtol=1e-7)


@settings(max_examples=20, deadline=None)
@given(st.floats(1e-6, 1e6), st.floats(-1e3, 1e3), st.booleans())
def test_unit_and_offset_of_spectra_change_no_probability(gain, offset, is_wide):
    X, y = make_classes(24, 40 if is_wide else 5)
    changed = gain * (X + offset)
    expected = LinearDiscriminantAnalysisCV().fit(X, y).predict_proba(X)
    result = LinearDiscriminantAnalysisCV().fit(changed, y).predict_proba(changed)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_few_spectra_of_many_bands_are_told_apart():
    X, y = make_spectra(1000, n_bands=200, random_state=0, return_X_y=True)
    lda = LinearDiscriminantAnalysisCV().fit(X[:40], y[:40])
    assert lda.score(X[40:], y[40:]) > 0.95


def test_noise_is_predicted_with_doubt():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 200)), np.arange(60) % 2
    probabilities = (
        LinearDiscriminantAnalysisCV().fit(X, y).predict_proba(rng.normal(size=(500, 200)))
    )
    assert np.abs(probabilities - 0.5).mean() < 0.1


def test_wine_is_as_good_as_with_scikit_learn():
    X, y = load_wine(return_X_y=True)
    ours = cross_val_score(LinearDiscriminantAnalysisCV(), X, y, cv=5).mean()
    theirs = cross_val_score(LinearDiscriminantAnalysis(), X, y, cv=5).mean()
    assert ours > theirs - 0.03


def test_class_weight_moves_the_border():
    X, y = make_classes(90, 5, n_classes=2)
    X += np.random.default_rng(1).normal(scale=3, size=X.shape)
    plain = LinearDiscriminantAnalysisCV().fit(X, y)
    weighted = LinearDiscriminantAnalysisCV(class_weight={0: 1, 1: 20}).fit(X, y)
    assert (weighted.predict(X) == 1).sum() > (plain.predict(X) == 1).sum()


def test_labels_and_names_are_kept():
    X, y = make_classes(30, 4)
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    labels = np.array(["milk", "oil", "water"])[y]
    lda = LinearDiscriminantAnalysisCV().fit(frame, labels)
    assert lda.classes_.tolist() == ["milk", "oil", "water"]
    assert lda.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    assert set(lda.predict(frame)) <= set(labels)


def test_one_class_and_classes_of_one_sample_are_fitted():
    X, y = make_classes(20, 30)
    assert (
        LinearDiscriminantAnalysisCV().fit(X, np.zeros(20)).predict_proba(X).tolist()
        == [[1.0]] * 20
    )
    few = LinearDiscriminantAnalysisCV().fit(X[:3], y[:3])
    np.testing.assert_array_equal(few.predict(X[:3]), y[:3])
    rare = LinearDiscriminantAnalysisCV().fit(X, [*[0] * 10, *[1] * 9, 2])
    assert rare.predict_proba(X).shape == (20, 3)


def test_equal_spectra_give_the_prior_probabilities():
    lda = LinearDiscriminantAnalysisCV().fit(np.ones((10, 5)), [0] * 7 + [1] * 3)
    np.testing.assert_allclose(lda.predict_proba(np.ones((1, 5))), [[0.7, 0.3]], atol=0.05)


@pytest.mark.parametrize("shape", [(200, 20), (30, 60)], ids=["many samples", "many bands"])
def test_collection_is_fitted_as_its_array(tmp_path, shape):
    X, y = make_classes(*shape)
    np.save(tmp_path / "X.npy", X)
    collection = ArrayCollection(np.load(tmp_path / "X.npy", mmap_mode="r"))
    expected = LinearDiscriminantAnalysisCV().fit(X, y)
    lda = LinearDiscriminantAnalysisCV().fit(collection, y)
    np.testing.assert_allclose(lda.coef_, expected.coef_)
    np.testing.assert_allclose(lda.predict_proba(collection), expected.predict_proba(X))


@pytest.mark.slow
def test_very_many_bands_are_averaged_by_neighbors():
    rng = np.random.default_rng(0)
    y = np.arange(2200) % 2
    X = rng.normal(size=(2200, 2100)).cumsum(axis=1)
    X[:, 500:900] += 25 * y[:, np.newaxis]
    lda = LinearDiscriminantAnalysisCV().fit(X[:2150], y[:2150])
    np.testing.assert_array_equal(lda.coef_[:, 0:2100:2], lda.coef_[:, 1:2100:2])
    assert lda.score(X[2150:], y[2150:]) > 0.95


@pytest.mark.data
def test_milk_is_told_apart_by_tiny_details(data_home):
    bunch = load_spectra(data_home / "spectra" / "milk_nir.npz")
    scores = cross_val_score(LinearDiscriminantAnalysisCV(), bunch.data, bunch.target, cv=5)
    assert scores.mean() > 0.99


@pytest.mark.parametrize("alphas", [[], [0.0], [-1.0], [np.nan], ["a"], [[1.0]]])
def test_alphas_must_be_positive_numbers(alphas):
    X, y = make_classes(20, 5)
    with pytest.raises(ValueError, match="alphas"):
        LinearDiscriminantAnalysisCV(alphas).fit(X, y)


def test_spectra_too_large_are_refused():
    X, y = make_classes(20, 5)
    with pytest.raises(ValueError, match="too large"):
        LinearDiscriminantAnalysisCV().fit(X * 1e200, y)


@pytest.mark.parametrize("weights", [np.zeros(20), -np.ones(20)])
def test_weights_must_not_be_negative_or_all_zero(weights):
    X, y = make_classes(20, 5)
    with pytest.raises(ValueError, match="weight"):
        LinearDiscriminantAnalysisCV().fit(X, y, sample_weight=weights)


@pytest.mark.parametrize("n_bands", [5, 60], ids=["many samples", "many bands"])
@pytest.mark.parametrize(("value", "message"), [(np.nan, "NaN"), (1e200, "too large")])
def test_values_of_a_collection_are_checked_as_they_are_read(value, message, n_bands):
    X, y = make_classes(30, n_bands)
    X[17, 3] = value
    with pytest.raises(ValueError, match=message):
        LinearDiscriminantAnalysisCV().fit(ArrayCollection(X), y)


@pytest.mark.parametrize("weight", [0, -3, np.nan, np.inf, "x", None])
def test_class_weights_must_be_positive_numbers(weight):
    X, y = make_classes(20, 5)
    with pytest.raises(
        ValueError, match="class_weight must give each class a positive finite number"
    ):
        LinearDiscriminantAnalysisCV(class_weight={0: weight}).fit(X, y)


@pytest.mark.parametrize(
    ("params", "factor", "weight"),
    [
        ({"class_weight": {0: 1e300, 1: 1, 2: 1}}, 1.0, 1.0),
        ({}, 1.0, 1e-300),
        ({}, 1e-309, 1.0),
        ({}, 1e-300, 1e-300),
    ],
)
def test_weights_and_values_at_the_ends_of_a_double_are_computed_with(params, factor, weight):
    X, y = make_classes(30, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lda = LinearDiscriminantAnalysisCV(**params)
        lda.fit(X * factor, y, sample_weight=np.full(30, weight))
        assert np.isfinite(lda.predict_proba(X * factor)).all()


def test_small_weights_choose_what_large_ones_choose():
    """A weight is a number of samples; where they sum to less than one, their scale is nothing."""
    X, y = make_classes(60, 5)
    small, smaller = (
        LinearDiscriminantAnalysisCV().fit(X, y, sample_weight=np.full(60, weight))
        for weight in (1e-5, 1e-9)
    )
    np.testing.assert_allclose(small.coef_ / small.scale_, smaller.coef_ / smaller.scale_)


def test_class_of_samples_without_weight_is_not_predicted():
    X, y = make_classes(60, 8)
    lda = LinearDiscriminantAnalysisCV().fit(X, y, sample_weight=(y != 2).astype(float))
    assert lda.predict_proba(X)[:, 2].max() < 1e-6
    expected = LinearDiscriminantAnalysisCV().fit(X[y != 2], y[y != 2]).predict_proba(X)
    np.testing.assert_allclose(lda.predict_proba(X)[:, :2], expected, atol=0.02)


def leave_groups_out(X, y, groups, alpha, weights=None):
    """Compute the loss of groups that are left out one by one, each by a fit on the others."""
    weights = np.ones(len(y)) if weights is None else weights
    classes = np.unique(y)
    rows, scores = [], []
    for group in np.unique(groups):
        is_train = groups != group
        lda = LinearDiscriminantAnalysisCV([alpha])
        lda.fit(X[is_train], y[is_train], sample_weight=weights[is_train])
        test = np.flatnonzero(~is_train & np.isin(y, lda.classes_))
        logits = np.full((len(test), len(classes)), -np.inf)
        if len(test):
            columns = np.searchsorted(classes, lda.classes_)
            logits[:, columns] = lda.decision_function(X[test]) / lda.scale_
        rows.extend(test)
        scores.append(logits)
    scores, labels, weights = (
        np.concatenate(scores),
        np.searchsorted(classes, y[rows]),
        weights[rows],
    )

    def compute_loss(log_scale):
        chosen = log_softmax(np.exp(log_scale) * scores, axis=1)[np.arange(len(rows)), labels]
        return -weights @ chosen + 0.5 * (log_scale / 0.7) ** 2

    options = {"xatol": 1e-9}
    best = minimize_scalar(compute_loss, bounds=(-4, 1.5), method="bounded", options=options)
    return best.fun / weights.sum()


@pytest.mark.parametrize("shape", [(40, 6), (24, 50)], ids=["many samples", "many bands"])
@pytest.mark.parametrize("n_groups", [3, 8, 40])
@pytest.mark.parametrize("alpha", [1e-3, 0.1])
def test_loss_path_is_that_of_fits_without_each_group(shape, n_groups, alpha):
    X, y = make_classes(*shape)
    groups = np.random.default_rng(1).integers(0, n_groups, len(y))
    lda = LinearDiscriminantAnalysisCV([alpha]).fit(X, y, groups=groups)
    expected = leave_groups_out(X, y, groups, alpha)
    np.testing.assert_allclose(lda.loss_path_, [expected], rtol=1e-5)


def test_loss_path_of_groups_with_weights_and_a_class_of_one_group():
    X, y = make_classes(60, 8)
    groups = np.arange(60) // 5
    y[groups == 3] = 9  # nothing is left of this class without its group
    weights = np.random.default_rng(0).uniform(0.2, 3, 60)
    names = np.array([f"patient {group}" for group in groups])
    lda = LinearDiscriminantAnalysisCV([0.01]).fit(X, y, sample_weight=weights, groups=names)
    expected = leave_groups_out(X, y, groups, 0.01, weights)
    np.testing.assert_allclose(lda.loss_path_, [expected], rtol=1e-5)


@given(st.integers(0, 10_000), st.integers(2, 12), st.booleans())
def test_every_grouping_is_fitted(seed, n_groups, is_wide):
    X, y = make_classes(30, 60 if is_wide else 4, seed=seed)
    groups = np.random.default_rng(seed).integers(0, n_groups, 30)
    lda = LinearDiscriminantAnalysisCV().fit(X, y, groups=groups)
    assert np.isfinite(lda.loss_path_).all()
    assert np.isfinite(lda.predict_proba(X)).all()


def test_groups_of_copies_are_not_taken_for_independent_samples():
    """Ten noisy copies of each spectrum: left out one by one, they find each other again."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(24), 10)
    y = groups % 2
    centers = rng.normal(size=(24, 100)) + 0.3 * np.arange(2)[np.arange(24) % 2, np.newaxis]
    X = centers[groups] + 0.05 * rng.normal(size=(240, 100))
    single = LinearDiscriminantAnalysisCV().fit(X, y)
    grouped = LinearDiscriminantAnalysisCV().fit(X, y, groups=groups)
    assert grouped.alpha_ > single.alpha_
    new_centers = rng.normal(size=(2000, 100)) + 0.3 * np.arange(2)[np.arange(2000) % 2, np.newaxis]
    new_y = np.arange(2000) % 2

    def compute_log_loss(lda):
        return -np.log(lda.predict_proba(new_centers)[np.arange(2000), new_y] + 1e-12).mean()

    assert compute_log_loss(grouped) < compute_log_loss(single)


def test_groups_of_one_sample_are_nearly_samples_left_out():
    X, y = make_classes(200, 5)
    grouped = LinearDiscriminantAnalysisCV().fit(X, y, groups=np.arange(200))
    np.testing.assert_allclose(
        grouped.loss_path_, LinearDiscriminantAnalysisCV().fit(X, y).loss_path_, rtol=0.05
    )


def test_groups_that_are_classes_leave_single_samples_out():
    X, y = make_classes(30, 40)
    with pytest.warns(UserWarning, match="all samples of each class are in one group"):
        lda = LinearDiscriminantAnalysisCV().fit(X, y, groups=y)
    assert np.array_equal(lda.coef_, LinearDiscriminantAnalysisCV().fit(X, y).coef_)


def test_groups_are_checked():
    X, y = make_classes(30, 4)
    with pytest.raises(ValueError, match="groups"):
        LinearDiscriminantAnalysisCV().fit(X, y, groups=[1, 2])


def test_groups_of_many_samples_are_left_out_whole(monkeypatch):
    from sklvision.discriminant_analysis import _coordinates

    X, y = make_classes(400, 5)
    groups = np.arange(400) // 8
    complete = LinearDiscriminantAnalysisCV().fit(X, y, groups=groups)
    monkeypatch.setattr(_coordinates, "MAX_LEFT_OUT", 100)
    sampled = LinearDiscriminantAnalysisCV().fit(X, y, groups=groups)
    assert not np.array_equal(sampled.loss_path_, complete.loss_path_)
    np.testing.assert_allclose(sampled.loss_path_, complete.loss_path_, atol=0.3)


def test_groups_of_constant_spectra_are_fitted():
    y = np.arange(20) % 2
    lda = LinearDiscriminantAnalysisCV().fit(np.ones((20, 4)), y, groups=np.arange(20) // 4)
    assert np.isfinite(lda.predict_proba(np.ones((1, 4)))).all()


def test_many_columns_are_averaged_unless_max_bands_is_none():
    """One of 40 columns tells the classes apart; its average with a noisy neighbor does less."""
    rng = np.random.default_rng(0)
    columns, labels = rng.normal(size=(400, 40)), np.arange(400) % 2
    columns[:, 7] = 8 * labels + 0.5 * rng.normal(size=400)
    columns[:, 6] *= 20
    exact = LinearDiscriminantAnalysisCV(max_bands=None).fit(columns, labels)
    assert exact.score(columns, labels) == 1
    averaged = LinearDiscriminantAnalysisCV(max_bands=20).fit(columns, labels)
    assert averaged.score(columns, labels) < 0.8
    # The average of two bands counts the same for both of them.
    np.testing.assert_allclose(averaged.coef_[:, ::2], averaged.coef_[:, 1::2])
    wide = LinearDiscriminantAnalysisCV(max_bands=40).fit(columns, labels)
    np.testing.assert_array_equal(wide.coef_, exact.coef_)
