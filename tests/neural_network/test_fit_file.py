"""Trainings that are resumed have the bits of trainings without an interruption."""

import numpy as np
import pytest
from sklearn.ensemble import VotingClassifier

from sklvision.augmentation import GaussianNoise, RandomShift
from sklvision.neural_network import ImageClassifier, SpectrumClassifier, _fit_file
from sklvision.utils._fit_folder import resume_fits

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(96, 20)), np.arange(96) % 3
IMAGES = RNG.integers(0, 255, size=(96, 8, 8), dtype=np.uint8)
OPTIONS = {"max_epochs": 8, "batch_size": 32, "random_state": 3}


class KilledError(BaseException):
    """Ends a training without anything that follows an epoch, as a kill does."""


class EpochCounter(_fit_file.ProgressBar):
    """Counts the epochs that begin, and ends the training at one of them."""

    n_begun = 0
    last = None

    def on_epoch_begin(self, net, **kwargs):
        EpochCounter.n_begun += 1
        if EpochCounter.n_begun == EpochCounter.last:
            raise KilledError


@pytest.fixture
def begin_and_resume(monkeypatch, tmp_path):
    """Return a function that fits until an epoch begins, fits again, and counts the epochs then."""
    monkeypatch.setattr(_fit_file, "_FEWEST_SECONDS", 0.0)
    monkeypatch.setattr(_fit_file, "_LARGEST_PART", 1e9)
    monkeypatch.setattr(EpochCounter, "n_begun", 0)
    folder = tmp_path / "fits"

    def begin_and_resume(estimator, data, last, between=None):
        monkeypatch.setattr(EpochCounter, "last", last)
        with pytest.raises(KilledError), resume_fits(folder):
            estimator.fit(*data)
        files = list(folder.iterdir())
        assert files
        if between is not None:
            between(files)
        monkeypatch.setattr(EpochCounter, "last", None)
        monkeypatch.setattr(EpochCounter, "n_begun", 0)
        with resume_fits(folder):
            estimator.fit(*data)
        return EpochCounter.n_begun, list(folder.iterdir())

    return begin_and_resume


def check_same(classifier, expected):
    assert classifier.n_iter_ == expected.n_iter_
    assert classifier.loss_curve_ == expected.loss_curve_
    state = classifier.module_.state_dict()
    for name, tensor in expected.module_.state_dict().items():
        np.testing.assert_array_equal(state[name].numpy(), tensor.numpy(), err_msg=name)


CASES = {
    "dense": ({"architecture": "spectrum_mlp"}, X),
    "noise": ({"augment": GaussianNoise(0.1), "lr": 0.003}, X),
    "early stopping": ({"early_stopping": True, "n_iter_no_change": 8}, X),
    "plateau": ({"lr_schedule": "plateau", "optimizer": "sgd", "lr": 0.01}, X),
    "cyclic": ({"lr_schedule": "cyclic", "optimizer": "adam"}, X),
    "step": ({"lr_schedule": "step", "optimizer": "adamax"}, X),
    "onecycle": ({"lr_schedule": "onecycle", "optimizer": "rmsprop", "lr": 0.001}, X),
    "images": ({"architecture": "resnet8", "augment": RandomShift(0.2)}, IMAGES),
}


@pytest.mark.parametrize("last", [2, 6])
@pytest.mark.parametrize("name", CASES)
def test_resumed_training_has_the_bits_of_one_without_interruption(begin_and_resume, name, last):
    params, data = CASES[name]
    cls = ImageClassifier if data is IMAGES else SpectrumClassifier
    expected = cls(**OPTIONS | params).fit(data, Y)
    classifier = cls(**OPTIONS | params, callbacks=[EpochCounter()])
    n_epochs, files = begin_and_resume(classifier, (data, Y), last)
    assert n_epochs == 8 - (last - 1)
    assert not files  # the result stands for them
    check_same(classifier, expected)


def test_nets_of_a_vote_are_resumed_one_by_one(begin_and_resume):
    def make_vote(**params):
        nets = [SpectrumClassifier("spectrum_mlp", **OPTIONS | params) for _ in range(2)]
        nets[1].set_params(random_state=4)
        return VotingClassifier(list(zip("ab", nets, strict=True)), voting="soft")

    expected = make_vote().fit(X, Y)
    vote = make_vote(callbacks=[EpochCounter()])
    n_epochs, _ = begin_and_resume(vote, (X, Y), 8 + 5)
    assert n_epochs == 1 + 4  # the last epoch of the first, and the rest of the second
    for net, other in zip(vote.estimators_, expected.estimators_, strict=True):
        check_same(net, other)


def test_training_of_other_data_begins_anew(begin_and_resume):
    classifier = SpectrumClassifier(**OPTIONS, callbacks=[EpochCounter()])
    changed = X.copy()

    def change(files):
        changed[0, 0] += 1

    n_epochs, _ = begin_and_resume(classifier, (changed, Y), 4, between=change)
    assert n_epochs == 8
    check_same(classifier, SpectrumClassifier(**OPTIONS).fit(changed, Y))


def test_damaged_file_is_never_resumed_from(begin_and_resume):
    classifier = SpectrumClassifier(**OPTIONS, callbacks=[EpochCounter()])

    def damage(files):
        content = bytearray(files[0].read_bytes())
        content[len(content) // 2] ^= 1
        files[0].write_bytes(content)

    with pytest.warns(UserWarning, match="cannot be read, and it begins again"):
        n_epochs, _ = begin_and_resume(classifier, (X, Y), 4, between=damage)
    assert n_epochs == 8
    check_same(classifier, SpectrumClassifier(**OPTIONS).fit(X, Y))
