"""Every callback of skorch, passed to the constructor of a classifier."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from skorch.callbacks import (
    BatchScoring,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    EpochTimer,
    Freezer,
    GradientNormClipping,
    Initializer,
    InputShapeSetter,
    LoadInitState,
    LRScheduler,
    ParamMapper,
    PassthroughScoring,
    PrintLog,
    ProgressBar,
    TensorBoard,
    TrainEndCheckpoint,
    Unfreezer,
)
from torch.optim.lr_scheduler import OneCycleLR

from sklvision.neural_network import SpectrumClassifier

from ._problems import iris

X, y = iris()
SMALL = {"architecture_params": {"hidden_layer_sizes": (8,), "dropout": 0.0}, "random_state": 0}


def fit(*callbacks, **params):
    clf = SpectrumClassifier(
        **{"max_epochs": 4, "batch_size": 32, "lr_schedule": "constant"} | SMALL | params,
        callbacks=list(callbacks),
    )
    return clf.fit(X, y)


class Writer:
    """The part of a writer of TensorBoard that the callback uses."""

    def __init__(self):
        self.tags = []

    def add_scalar(self, tag, **kwargs):
        self.tags.append(tag)

    def close(self):
        pass


def make_callback(name, path):
    files = {"dirname": path, "monitor": "train_loss_best"}
    return {
        "batch scoring": lambda: BatchScoring("accuracy", name="share", on_train=True),
        "checkpoint": lambda: Checkpoint(**files, load_best=True),
        "early stopping": lambda: EarlyStopping("train_loss", load_best=True),
        "epoch scoring": lambda: EpochScoring("accuracy", name="share", on_train=True),
        "epoch timer": EpochTimer,
        "freezer": lambda: Freezer("0.*"),
        "gradient clipping": lambda: GradientNormClipping(0.1),
        "initializer": lambda: Initializer("*weight", fn=torch.nn.init.normal_),
        "initial state": lambda: LoadInitState(Checkpoint(**files)),
        "parameter mapper": lambda: ParamMapper("*", fn=torch.linalg.vector_norm),
        "print log": PrintLog,
        "progress bar": ProgressBar,
        "tensorboard": lambda: TensorBoard(Writer()),
        "final checkpoint": lambda: TrainEndCheckpoint(dirname=path),
        "unfreezer": lambda: Unfreezer("0.*", at=2),
    }[name]()


@pytest.mark.parametrize(
    "name",
    [
        *("batch scoring", "checkpoint", "early stopping", "epoch scoring", "epoch timer"),
        *("final checkpoint", "freezer", "gradient clipping", "initial state", "initializer"),
        *("parameter mapper", "print log", "progress bar", "tensorboard", "unfreezer"),
    ],
)
def test_fit_takes_every_callback_of_skorch(name, tmp_path):
    clf = fit(make_callback(name, str(tmp_path)), verbose=0)
    assert clf.n_iter_ == 4
    if "scoring" in name:
        assert [type(epoch["share"]) for epoch in clf.history_] == [float] * 4
    copy = pickle.loads(pickle.dumps(clf))
    np.testing.assert_allclose(copy.predict_proba(X), clf.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize(
    "hook",
    [
        *("initialize", "on_train_begin", "on_epoch_begin", "on_batch_begin"),
        *("on_grad_computed", "on_batch_end", "on_epoch_end", "on_train_end"),
    ],
)
def test_every_hook_set_on_an_object_is_called(hook):
    callback, calls = Callback(), []
    setattr(callback, hook, lambda *args, **kwargs: calls.append(hook))
    fit(callback)
    assert calls


# What a callback follows


@pytest.mark.parametrize(
    ("callback", "advice"),
    [
        (EarlyStopping(), "monitor='train_loss'"),
        (EarlyStopping("valid_acc", lower_is_better=False), "monitor='train_loss'"),
        (Checkpoint(dirname="unused"), "monitor='train_loss_best'"),
        (LRScheduler("ReduceLROnPlateau", monitor="valid_loss"), "monitor='train_loss'"),
        (PassthroughScoring("valid_loss"), "on_train=True"),
    ],
    ids=["early stopping", "accuracy", "checkpoint", "plateau", "passthrough"],
)
def test_callbacks_that_follow_validation_need_it(callback, advice):
    with pytest.raises(ValueError, match=f"validation data. Set early_stopping=True .*{advice}"):
        fit(callback)


@pytest.mark.parametrize(
    "callback", [EarlyStopping("share"), Checkpoint("share_best", dirname="unused")]
)
def test_callbacks_that_follow_an_unknown_value_name_it(callback):
    with pytest.raises(
        ValueError, match=r"no such value in the history\. It holds: lr, train_loss"
    ):
        fit(callback)


def test_a_score_that_is_never_computed_warns():
    with pytest.warns(UserWarning, match=r"EpochScoring\('accuracy'\) computes no score"):
        fit(EpochScoring("accuracy"))


# Names


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        ([("log", PrintLog()), ("log", PrintLog())], "the name 'log' is used twice"),
        ([("best_weights", PrintLog())], "'best_weights' is used by the classifier itself"),
        ([("epoch_timer", PrintLog())], "'epoch_timer' is used by the classifier itself"),
        ([(1, PrintLog())], "list of skorch callbacks, or of .name, callback. pairs"),
        ([("log", PrintLog(), 1)], "list of skorch callbacks, or of .name, callback. pairs"),
        ([InputShapeSetter()], "which is not needed: an architecture receives the shape"),
        ([LRScheduler("OneCycleLR")], "torch.optim.lr_scheduler.OneCycleLR"),
    ],
)
def test_callbacks_are_checked_before_training(callbacks, message):
    with pytest.raises(ValueError, match=message):
        fit(*callbacks)


# Freezing


def test_a_net_with_every_parameter_frozen_is_refused():
    with pytest.raises(ValueError, match="Nothing is left to train"):
        fit(Freezer("*"))


# Rates of a training that goes on

POLICIES = {
    "step": {"policy": "StepLR", "step_size": 2},
    "many steps": {"policy": "MultiStepLR", "milestones": [2, 4]},
    "exponential": {"policy": "ExponentialLR", "gamma": 0.5},
    "cosine": {"policy": "CosineAnnealingLR", "T_max": 5},
    "function": {"policy": "LambdaLR", "lr_lambda": lambda epoch: 0.5**epoch},
    "restarts": {"policy": "WarmRestartLR", "max_lr": 0.01},
    "plateau": {"policy": "ReduceLROnPlateau", "patience": 1, "threshold": 1.0},
    "batches": {"policy": OneCycleLR, "max_lr": 0.01, "total_steps": 40, "step_every": "batch"},
}


def read_rates(clf):
    return [epoch["lr"] for epoch in clf.history_]


@pytest.mark.parametrize("name", POLICIES)
def test_a_scheduler_goes_on_as_in_one_training(name):
    params = POLICIES[name]
    expected = read_rates(fit(LRScheduler(**params), max_epochs=6))
    warm = SpectrumClassifier(
        **SMALL,
        **{"max_epochs": 2, "batch_size": 32, "lr_schedule": "constant", "warm_start": True},
        callbacks=[LRScheduler(**params)],
    )
    for _ in range(3):
        warm.fit(X, y)
    np.testing.assert_allclose(read_rates(warm), expected)


def test_a_scheduler_goes_on_in_partial_fit_of_classifier_and_net():
    clf = SpectrumClassifier(
        **SMALL, batch_size=32, callbacks=[LRScheduler("StepLR", step_size=2)], lr=0.1
    )
    for _ in range(3):
        clf.partial_fit(X, y)
    np.testing.assert_allclose(read_rates(clf), [0.1, 0.1, 0.01])
    clf.net_.set_params(lr_schedule="constant", max_epochs=1)
    for _ in range(2):
        clf.net_.partial_fit(X, y)
    np.testing.assert_allclose(clf.net_.history[:, "lr"], [0.1, 0.1, 0.01, 0.01, 0.001])
