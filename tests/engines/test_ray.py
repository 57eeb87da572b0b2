"""Searches and comparisons on Ray: the same bits as in one process."""

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from sklvision.model_selection import compare_estimators, find_leaks, robustness_curve
from sklvision.neural_network import SpectrumClassifier

ray = pytest.importorskip("ray", reason="the extra distributed is absent")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def ray_engine():
    from ray.util.joblib import register_ray

    ray.init(num_cpus=2, object_store_memory=2**27, include_dashboard=False, logging_level="ERROR")
    register_ray()
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:300], y[:300]


def test_search_and_comparison_on_ray_have_the_same_bits(digits):
    net = SpectrumClassifier(max_epochs=2, random_state=0)
    search = GridSearchCV(net, {"lr": [1e-3, 1e-2]}, cv=2)
    expected = search.fit(*digits).cv_results_["mean_test_score"]
    settings = {"cv": 2, "random_state": 0, "check_leaks": False}
    reference = compare_estimators({"net": net}, *digits, **settings)
    with joblib.parallel_config("ray", n_jobs=2):
        scores = search.fit(*digits).cv_results_["mean_test_score"]
        result = compare_estimators({"net": net}, *digits, **settings)
    np.testing.assert_array_equal(scores, expected)
    for fold in (0, 1):
        np.testing.assert_array_equal(
            result.probabilities["net"][fold], reference.probabilities["net"][fold]
        )


def test_leaks_and_robustness_on_ray_have_the_same_bits(digits):
    X, y = digits
    model = SpectrumClassifier(max_epochs=2, random_state=0).fit(X[:200], y[:200])

    def measure():
        curve = robustness_curve(model, X[200:], y[200:], corruptions=["noise"], random_state=0)
        return curve.to_frame()["score"].to_numpy(), str(find_leaks(X, y, random_state=0))

    scores, leaks = measure()
    with joblib.parallel_config("ray", n_jobs=2):
        ray_scores, ray_leaks = measure()
    np.testing.assert_array_equal(ray_scores, scores)
    assert ray_leaks == leaks
