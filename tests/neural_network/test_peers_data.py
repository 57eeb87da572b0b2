"""Known pitfalls of other packages with data, labels and weights, and the behavior here instead.

The numbers are those of the table of cases that the package was designed by.
"""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import AdaBoostClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.neural_network import SpectrumClassifier
from tests.neural_network._problems import QUICK, iris, three_classes

X, y = iris()


@pytest.mark.parametrize(
    "convert",
    [
        lambda X: X.astype(np.float64),
        lambda X: X.astype(np.float16),
        lambda X: (10 * X).astype(np.int64),
        lambda X: (10 * X).astype(np.uint8),
        lambda X: X.tolist(),
        pd.DataFrame,
    ],
    ids=["float64", "float16", "int64", "uint8", "list", "DataFrame"],
)
def test_01_any_input_type_in_a_search(convert):
    pipeline = make_pipeline(StandardScaler(), SpectrumClassifier(max_epochs=12, random_state=0))
    grid = {"spectrumclassifier__lr": [1e-3, 1e-2]}
    search = GridSearchCV(pipeline, grid, cv=3, error_score="raise").fit(convert(X), y)
    assert search.best_score_ > 0.9


def test_01_column_names_are_kept_and_checked():
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    clf = SpectrumClassifier(**QUICK).fit(frame, y)
    assert clf.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="feature names should match"):
        clf.predict(frame[["b", "a", "c", "d"]])


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["setosa", "versicolor", "virginica"])[y],
        y > 0,
        np.where(y > 0, 1, -1),
        np.array([10, 20, 30])[y],
        np.array([0, 1, 5])[y],
        np.array(["one class"] * len(y)),
        pd.Series(pd.Categorical(np.array(["x", "y", "z"])[y])),
    ],
    ids=["strings", "bool", "-1/1", "10/20/30", "0/1/5", "one class", "categorical"],
)
def test_02_any_labels_and_columns_that_match_them(labels):
    clf = SpectrumClassifier(max_epochs=30, random_state=0).fit(X, labels)
    np.testing.assert_array_equal(clf.classes_, np.unique(labels))
    proba = clf.predict_proba(X)
    assert proba.shape == (len(X), len(clf.classes_))
    np.testing.assert_array_equal(clf.classes_[proba.argmax(axis=1)], clf.predict(X))
    assert clf.score(X, labels) > 0.9
    assert clf.predict(X).dtype == clf.classes_.dtype


def test_03_widths_and_heads_are_inferred_in_a_search():
    pipeline = make_pipeline(SelectKBest(), SpectrumClassifier(**QUICK))
    search = GridSearchCV(pipeline, {"selectkbest__k": [3, 5, 10]}, cv=3, error_score="raise").fit(
        *three_classes(200)
    )
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_09_sample_and_class_weights():
    noise = np.random.RandomState(0).normal(size=(400, 3))
    labels = (noise[:, 0] + np.random.RandomState(1).normal(size=400) > 1).astype(int)

    def share(**fit_params):
        weight = fit_params.pop("class_weight", None)
        clf = SpectrumClassifier(max_epochs=20, class_weight=weight, random_state=0)
        return clf.fit(noise, labels, **fit_params).predict(noise).mean()

    plain = share()
    assert share(class_weight="balanced") > plain + 0.1
    assert share(class_weight={0: 1, 1: 10}) > plain + 0.1
    assert share(sample_weight=np.where(labels == 1, 10, 1)) > plain + 0.1


def test_09_boosting_and_metadata_routing():
    from sklearn import config_context

    boosted = AdaBoostClassifier(SpectrumClassifier(max_epochs=20), n_estimators=3, random_state=0)
    assert boosted.fit(X, y).score(X, y) > 0.9
    with config_context(enable_metadata_routing=True):
        clf = SpectrumClassifier(max_epochs=20, random_state=0).set_fit_request(sample_weight=True)
        plain_labels = cross_val_predict(
            clf, X, y, params={"sample_weight": np.ones(len(y))}, method="predict_proba"
        )
        weighted_labels = cross_val_predict(
            clf, X, y, params={"sample_weight": 1.0 + 9 * (y == 2)}, method="predict_proba"
        )
    assert weighted_labels[:, 2].mean() > plain_labels[:, 2].mean()


def test_12_early_stopping_in_cross_validation_by_groups():
    groups = np.arange(len(y)) // 5
    clf = SpectrumClassifier(max_epochs=100, early_stopping=True, random_state=0)
    scores = cross_val_score(clf, X, y, groups=groups, cv=GroupKFold(3), error_score="raise")
    assert scores.mean() > 0.85


def test_12_early_stopping_from_two_samples_a_class():
    rows = [0, 1, 50, 51, 100, 101]
    clf = SpectrumClassifier(max_epochs=5, early_stopping=True, random_state=0)
    clf.fit(X[rows], y[rows])
    assert len(clf.validation_scores_) == clf.n_iter_


def test_13_rows_sum_to_one_and_a_softmax_at_the_end_is_refused():
    def ends_in_softmax(input_shape, n_classes):
        return torch.nn.Sequential(torch.nn.Linear(*input_shape, n_classes), torch.nn.Softmax(1))

    proba = SpectrumClassifier(**QUICK).fit(X, y).predict_proba(1000 * X)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    assert (proba >= 0).all()
    with pytest.raises(ValueError, match="remove the softmax"):
        SpectrumClassifier(ends_in_softmax, **QUICK).fit(X, y)


@pytest.mark.parametrize("n_samples", [1, 33, 65])
@pytest.mark.parametrize("batch_size", [1, 32])
def test_21_a_batch_of_one_sample(n_samples, batch_size):
    X1, y1 = three_classes(65)
    clf = SpectrumClassifier(batch_size=batch_size, max_epochs=2, random_state=0)
    clf.fit(X1[:n_samples], y1[:n_samples])
    assert np.isfinite(clf.predict_proba(X1)).all()
