"""scikit-learn's own battery, whole: nothing failed, nothing skipped, nothing expected to fail."""

import pickle

import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

from sklvision.nets import list_architectures
from sklvision.nets._registry import get_architecture
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

# Those of other libraries are too large to train here; tests/nets builds and runs them.
OWN_ARCHITECTURES = list_architectures(library="sklvision")

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


def run_battery(estimator, missing_checks=()):
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    names = {result["check_name"] for result in results}
    assert "check_classifiers_train" in names
    assert "check_sample_weight_equivalence_on_dense_data" in names
    unmet = {
        result["check_name"]: f"{result['status']}: {result['exception']}"
        for result in results
        if result["status"] != "passed"
    }
    for name in missing_checks:
        unmet.pop(name, None)
    assert not unmet
    return len(results)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "estimator",
    [
        SpectrumClassifier("spectrum_mlp", **EXACT),
        pytest.param(ImageClassifier("mlp", **EXACT), marks=pytest.mark.slow),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_exact_settings_pass_every_check(estimator):
    assert run_battery(estimator) >= 55


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "estimator",
    [SpectrumClassifier(max_epochs=60), ImageClassifier(max_epochs=10)],
    ids=lambda estimator: type(estimator).__name__,
)
def test_defaults_pass_every_other_check(estimator):
    """Batches, dropout and batch statistics tell a repeated sample from a weighted one.

    Nets take fewer epochs than by default: no check needs more.
    """
    run_battery(estimator, missing_checks=["check_sample_weight_equivalence_on_dense_data"])


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN_ARCHITECTURES)
def test_every_architecture_is_fitted_pickled_and_predicts(name):
    """A short version of the battery for every net, so that a new one is tested by being added."""
    architecture = get_architecture(name)
    rng = np.random.RandomState(0)
    y = np.arange(30) % 3
    if architecture.kind == "spectrum":
        X, Classifier = rng.normal(size=(30, 30)) + y[:, None], SpectrumClassifier
    else:
        side = max(12, architecture.min_side)
        X, Classifier = rng.normal(size=(30, side, side + 1, 2)), ImageClassifier
        for image, label in zip(X, y, strict=True):  # a bright third
            image[:, label * side // 3 : (label + 1) * side // 3] += 3
    # The published dropout of nail_cnn takes hundreds of epochs to learn anything at all.
    params = {"dropout": 0.0} if name == "nail_cnn" else None
    clf = Classifier(
        name,
        architecture_params=params,
        max_epochs=6,
        batch_size=10,
        precision="float32",
        random_state=0,
    ).fit(X, y)
    assert min(clf.loss_curve_[1:]) < 0.9 * clf.loss_curve_[0]
    restored = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(restored.decision_function(X), clf.decision_function(X))
    np.testing.assert_allclose(
        clf.decision_function(X[:7]), clf.decision_function(X)[:7], rtol=1e-4, atol=1e-4
    )
