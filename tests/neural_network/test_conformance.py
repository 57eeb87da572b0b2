"""scikit-learn's own battery, whole: nothing failed, nothing skipped, nothing expected to fail."""

import pytest
from sklearn.utils.estimator_checks import check_estimator

from sklvision.nets import list_architectures
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

# One full batch, in double precision, without dropout, batch statistics or decay: here weighting a
# sample by 2 and repeating it are the same computation, to the last digits that the check compares.
EXACT = {
    "architecture_params": {"hidden_layer_sizes": (16,), "dropout": 0.0, "batch_norm": False},
    "precision": "float64",
    "batch_size": -1,
    "max_epochs": 100,
    "lr": 0.02,
    "lr_schedule": "constant",
    "weight_decay": 0.0,
}


def run_battery(estimator, absent=()):
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    names = {result["check_name"] for result in results}
    assert "check_classifiers_train" in names
    assert "check_sample_weight_equivalence_on_dense_data" in names
    unmet = {
        result["check_name"]: f"{result['status']}: {result['exception']}"
        for result in results
        if result["status"] != "passed"
    }
    for name in absent:
        unmet.pop(name, None)
    assert not unmet
    return len(results)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "estimator",
    [SpectrumClassifier("spectrum_mlp", **EXACT), ImageClassifier("mlp", **EXACT)],
    ids=lambda estimator: type(estimator).__name__,
)
def test_exact_settings_pass_every_check(estimator):
    assert run_battery(estimator) >= 55


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "estimator",
    [SpectrumClassifier(max_epochs=60), ImageClassifier(max_epochs=25)],
    ids=lambda estimator: type(estimator).__name__,
)
def test_defaults_with_fewer_epochs_pass_every_other_check(estimator):
    """Batches, dropout and batch statistics tell a repeated sample from a weighted one."""
    run_battery(estimator, absent=["check_sample_weight_equivalence_on_dense_data"])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", list_architectures())
def test_every_architecture_is_fitted_pickled_and_asked(name):
    """A short version of the battery for every net, so that a new one is tested by being added."""
    import pickle

    import numpy as np

    spectral = name in list_architectures("spectrum")
    rng = np.random.RandomState(0)
    y = np.arange(60) % 3
    X = rng.normal(size=(60, 30) if spectral else (60, 10, 12, 2)) + y.reshape(
        (-1,) + (1,) * (1 if spectral else 3)
    )
    Classifier = SpectrumClassifier if spectral else ImageClassifier
    clf = Classifier(name, max_epochs=30, lr=0.01, random_state=0).fit(X, y)
    assert clf.score(X, y) > 0.9
    copy = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(copy.decision_function(X), clf.decision_function(X))
    np.testing.assert_allclose(
        clf.decision_function(X[:7]), clf.decision_function(X)[:7], rtol=1e-5, atol=1e-5
    )
