"""Trainings that diverge in their last step, after its loss was recorded."""

import warnings

import numpy as np
import pytest

from sklvision.neural_network import BatchedGridSearchCV, ImageClassifier, SpectrumClassifier

from ._problems import blobs_of_images, iris


def test_batched_search_fails_a_net_that_diverges_in_its_last_step():
    X, y = iris()
    clf = SpectrumClassifier(max_epochs=1, batch_size=-1, lr_schedule="constant", random_state=0)
    search = BatchedGridSearchCV(clf, {"lr": [1e-3, 1e30]}, cv=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search.fit(X, y)
    finite = np.isfinite(search.cv_results_["mean_test_score"])
    assert finite.tolist() == [True, False]
    assert search.best_params_ == {"lr": 1e-3}


def test_fit_of_a_residual_net_fails_where_its_outputs_are_not_finite():
    X, y = blobs_of_images(n=24)
    with pytest.raises(ValueError, match=r"Training diverged: (outputs|weights)"):
        ImageClassifier("resnet8", lr=1e20, max_epochs=1, random_state=0).fit(X, y)


def test_warm_start_that_diverges_leaves_the_net_as_it_was():
    X, y = iris()
    clf = SpectrumClassifier(max_epochs=2, warm_start=True, random_state=0).fit(X, y)
    expected = clf.predict_proba(X)
    with pytest.raises(ValueError, match="Training diverged"):
        clf.set_params(lr=1e30).fit(X, y)
    assert clf.n_iter_ == 2
    np.testing.assert_array_equal(clf.predict_proba(X), expected)
    clf.set_params(lr=1e-3).fit(X, y)  # nor is anything bad left in the state of the optimizer
    assert clf.n_iter_ == 4
    assert np.isfinite(clf.predict_proba(X)).all()
