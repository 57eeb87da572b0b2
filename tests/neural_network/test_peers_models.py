"""Known pitfalls of other packages with trained models, and the behavior here instead.

The numbers are those of the table of cases that the package was designed by.
"""

import hashlib
import io
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from copy import deepcopy

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.image import FlattenImages
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from tests.neural_network._problems import QUICK, blobs_of_images, iris, three_classes

X, y = iris()


def test_04_a_module_given_as_an_instance_does_not_carry_weights_between_folds():
    rng = np.random.RandomState(0)
    noise, labels = rng.normal(size=(150, 20)), rng.randint(3, size=150)
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(20, 256), torch.nn.ReLU(), torch.nn.Linear(256, 3))
    state = deepcopy(module.state_dict())
    clf = SpectrumClassifier(module, max_epochs=100, lr=0.01, random_state=0)
    scores = cross_val_score(clf, noise, labels, cv=5)
    assert abs(scores.mean() - 1 / 3) < 0.12
    assert clf.fit(noise, labels).score(noise, labels) > 0.9  # it could have remembered
    assert all(torch.equal(state[name], module.state_dict()[name]) for name in state)


def bits(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


REPEATABLE = {"max_epochs": 5, "random_state": 0}


@pytest.mark.slow
def test_06_the_same_bits_for_any_number_of_jobs():
    clf = SpectrumClassifier(**REPEATABLE)
    one_thread, two_threads = (
        cross_val_predict(clf, X, y, cv=4, method="predict_proba", n_jobs=n) for n in (1, 2)
    )
    assert bits(one_thread) == bits(two_threads)


@pytest.mark.slow
def test_06_the_same_bits_in_a_fresh_process():
    script = """
        from tests.neural_network.test_peers_models import *
        print(bits(SpectrumClassifier(**REPEATABLE).fit(X, y).predict_proba(X)))
    """
    expected = bits(SpectrumClassifier(**REPEATABLE).fit(X, y).predict_proba(X))
    fresh = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert fresh.stdout.strip() == expected


def test_06_small_batches_give_the_same_bits_for_any_number_of_threads():
    threads = torch.get_num_threads()
    results = []
    try:
        for n in (1, 2):
            torch.set_num_threads(n)
            results.append(SpectrumClassifier(**REPEATABLE).fit(X, y).decision_function(X))
            assert torch.get_num_threads() == n
    finally:
        torch.set_num_threads(threads)
    assert bits(results[0]) == bits(results[1])


def test_06_global_random_states_are_untouched():
    numpy_before, torch_before = np.random.get_state()[1].copy(), torch.get_rng_state()
    SpectrumClassifier(max_epochs=2).fit(X, y).predict(X)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)
    assert torch.equal(torch.get_rng_state(), torch_before)


def test_08_files_are_no_larger_than_the_weights_and_go_on_training(tmp_path):
    rng = np.random.RandomState(0)
    spectra, labels = rng.normal(size=(60, 502)), np.arange(60) % 3
    clf = SpectrumClassifier(**QUICK).fit(spectra, labels)
    weights = io.BytesIO()
    torch.save(clf.module_.net.state_dict(), weights)
    path = tmp_path / "spectra.joblib"
    joblib.dump(clf, path)
    assert clf.n_parameters_ == 333_059
    assert path.stat().st_size <= 1.05 * weights.tell()
    restored = joblib.load(path)
    np.testing.assert_array_equal(restored.predict_proba(spectra), clf.predict_proba(spectra))
    restored.partial_fit(spectra, labels)
    assert restored.n_iter_ == clf.n_iter_ + 1
    restored.fit(spectra, labels)
    np.testing.assert_array_equal(restored.predict_proba(spectra), clf.predict_proba(spectra))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_08_files_hold_no_data(early_stopping):
    from skorch.callbacks import EpochScoring

    marked_spectra = np.random.RandomState(0).normal(size=(60, 40)).astype(np.float32)
    clf = SpectrumClassifier(
        early_stopping=early_stopping, callbacks=[EpochScoring("accuracy", on_train=True)], **QUICK
    ).fit(marked_spectra, np.arange(60) % 3)
    blob = pickle.dumps(clf)
    assert all(row.tobytes() not in blob for row in marked_spectra)
    assert all(row[:8].tobytes() not in blob for row in marked_spectra)


@pytest.mark.slow
def test_10_untouched_defaults_beat_the_linear_model_and_reach_the_perceptron():
    X3, y3 = three_classes()
    net, perceptron, linear = (
        np.mean(
            [
                cross_val_score(make_pipeline(StandardScaler(), clf), X3, y3, cv=3).mean()
                for clf in classifiers
            ]
        )
        for classifiers in (
            [SpectrumClassifier(random_state=seed) for seed in range(3)],
            [MLPClassifier(max_iter=500, random_state=seed) for seed in range(3)],
            [LogisticRegression()],
        )
    )
    assert net > linear + 0.05
    assert net >= perceptron


def test_11_baselines_and_a_net_vote_on_the_same_images():
    images, labels = blobs_of_images()
    members = [
        ("linear", make_pipeline(FlattenImages(), LogisticRegression(max_iter=2000))),
        ("dummy", DummyClassifier()),
        ("net", ImageClassifier(max_epochs=15, random_state=0)),
    ]
    voting = VotingClassifier(members, voting="soft").fit(images[:, :, :, None], labels)
    assert voting.score(images[:, :, :, None], labels) > 0.9
    search = GridSearchCV(
        make_pipeline(FlattenImages(), DummyClassifier()),
        [
            {"flattenimages": [FlattenImages()], "dummyclassifier": [LogisticRegression()]},
            {"flattenimages": ["passthrough"], "dummyclassifier": [ImageClassifier(**QUICK)]},
        ],
        cv=2,
        error_score="raise",
    ).fit(images[:, :, :, None], labels)
    assert len(search.cv_results_["params"]) == 2


def test_12_the_best_weights_come_back():
    train, test, y_train, _ = train_test_split(*three_classes(300), random_state=0)
    clf = SpectrumClassifier(
        max_epochs=300, early_stopping=True, lr_schedule="constant", lr=0.01, random_state=0
    ).fit(train, y_train)
    assert clf.n_iter_ < 300
    ranks = [(e["valid_acc"], -e["valid_loss"]) for e in clf.history_]
    best = ranks.index(max(ranks)) + 1
    assert clf.n_iter_ == best + clf.n_iter_no_change
    # The same training cut off at the best epoch ends in the same weights.
    shorter_clf = clone(clf).set_params(max_epochs=best).fit(train, y_train)
    np.testing.assert_array_equal(shorter_clf.decision_function(test), clf.decision_function(test))


def test_14_set_params_leaves_a_fitted_net_as_it_is():
    clf = SpectrumClassifier(**QUICK).fit(X, y)
    probabilities = clf.predict_proba(X)
    clf.set_params(
        max_epochs=1, architecture="spectrum_cnn", precision="float64", batch_size=7, lr=1
    )
    np.testing.assert_array_equal(clf.predict_proba(X), probabilities)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(clf)).predict_proba(X), probabilities)
    assert clf.fit(X, y).n_iter_ == 1


def test_17_skops_loads_with_no_type_but_our_own():
    skops = pytest.importorskip("skops.io")
    clf = SpectrumClassifier(early_stopping=True, **QUICK).fit(X, y)
    dumped = skops.dumps(clf)
    untrusted = skops.get_untrusted_types(data=dumped)
    assert all(name.startswith("sklvision.neural_network.") for name in untrusted)
    assert len(untrusted) == 1
    assert b"__reduce__" not in dumped
    restored = skops.loads(dumped, trusted=untrusted)
    np.testing.assert_array_equal(restored.predict_proba(X), clf.predict_proba(X))


def test_19_a_search_prints_nothing(capfd):
    clf = SpectrumClassifier(**QUICK)
    GridSearchCV(clf, {"early_stopping": [False, True]}, cv=5).fit(X, y)
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_20_an_interrupt_ends_the_search():
    script = """
        from sklearn.datasets import load_iris
        from sklearn.model_selection import GridSearchCV
        from skorch.callbacks import Callback
        from sklvision.neural_network import SpectrumClassifier

        class Tell(Callback):
            def on_epoch_end(self, net, **kwargs):
                if len(net.history) == 2:
                    print("training", flush=True)

        clf = SpectrumClassifier(max_epochs=1_000_000, callbacks=[Tell()])
        try:
            GridSearchCV(clf, {"lr": [1e-3, 1e-4]}, cv=2).fit(*load_iris(return_X_y=True))
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "training\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert output == "interrupted\n"
    assert process.returncode == 0


COPIES = {
    "clone": clone,
    "pickle": lambda clf: pickle.loads(pickle.dumps(clf)),
    "deepcopy": deepcopy,
}


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("is_fitted", [False, True])
@pytest.mark.parametrize("Classifier", [SpectrumClassifier, ImageClassifier])
def test_23_copies(Classifier, is_fitted, copy):
    clf = Classifier(**QUICK)
    if is_fitted:
        clf.fit(X, y)
    copied_clf = COPIES[copy](clf)
    assert copied_clf.get_params() == clf.get_params()
    if is_fitted and copy != "clone":
        np.testing.assert_array_equal(copied_clf.predict_proba(X), clf.predict_proba(X))
        assert copied_clf.history_ == clf.history_
        for name in ("epoch", "train_loss", "lr"):
            assert copied_clf.net_.history[:, name] == clf.net_.history[:, name]
    else:
        np.testing.assert_array_equal(
            copied_clf.fit(X, y).predict_proba(X), clone(clf).fit(X, y).predict_proba(X)
        )


@pytest.mark.skipif(torch.cuda.is_available(), reason="the device is there")
def test_23_a_model_trained_on_an_absent_device_loads_on_the_cpu():
    clf = SpectrumClassifier(device="cuda:1", **QUICK)
    with pytest.raises(ValueError, match="not available on this machine"):
        clf.fit(X, y)
    clf.set_params(device="cpu").fit(X, y).set_params(device="cuda:1")
    state = clf.__getstate__()
    state["_settings"] = state["_settings"] | {"device": "cuda:1"}  # as a GPU would have left it
    restored = SpectrumClassifier()
    restored.__setstate__(state)
    np.testing.assert_array_equal(restored.predict_proba(X), clf.predict_proba(X))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_23_gpu_and_cpu_agree():
    images, labels = blobs_of_images()
    gpu = ImageClassifier(device="cuda", max_epochs=10, random_state=0).fit(images, labels)
    assert next(gpu.module_.parameters()).device.type == "cuda"
    assert gpu.score(images, labels) > 0.9
    state = gpu.__getstate__()
    state["_settings"] = state["_settings"] | {"device": "cpu"}
    cpu = ImageClassifier()
    cpu.__setstate__(state)
    np.testing.assert_allclose(cpu.predict_proba(images), gpu.predict_proba(images), atol=1e-3)
