"""A fit in three steps, the same for one classifier and for many that are trained together.

`check_parameters`, `prepare_data` and `make_plan` prepare it, `train_fit` trains a net and, by
`finish_fit`, makes the classifier a fitted one. A batched search prepares the data of a fold once
for all its candidates, trains in another way, and finishes each as it would be finished alone.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import check_consistent_length

from sklvision._torch.device import resolve_device
from sklvision._torch.process_state import hold_warning_filters, limit_threads, seed_torch
from sklvision.neural_network._callbacks import BestWeights, ProgressBar, TimeLimit
from sklvision.neural_network._checks import (
    check_augment,
    check_callbacks,
    combine_weights,
)
from sklvision.neural_network._data import TrainingSet
from sklvision.neural_network._fit_file import make_fit_file
from sklvision.neural_network._inference import can_infer_in_bfloat16
from sklvision.neural_network._module import check_architecture
from sklvision.neural_network._net import Net
from sklvision.neural_network._plan import (
    CheckedParameters,
    FitData,
    FitPlan,
    NetEstimator,
    Progress,
)
from sklvision.neural_network._rebuild import get_weights, make_net, restore_net
from sklvision.neural_network._settings import FitSettings
from sklvision.neural_network._training import train_net
from sklvision.utils._labels import convert_groups, convert_labels, refuse_one_hot
from sklvision.utils._memory import convert_memory_errors
from sklvision.utils._random import draw_seed

_MEMORY_ADVICE = (
    "Lower batch_size, the size of the images (size= or reduce= where they are read) or the number "
    "of fits at the same time (n_jobs=)."
)
_DATA_ATTRIBUTES = ("n_features_in_", "feature_names_in_", "input_contract_")


def check_parameters(estimator: NetEstimator) -> CheckedParameters:
    """Check the parameters of an estimator before its data are looked at."""
    estimator._validate_params()
    check_architecture(estimator.architecture, estimator.architecture_params, estimator._kind)
    return CheckedParameters(
        check_callbacks(estimator.callbacks),
        check_augment(estimator.augment),
        resolve_device(estimator.device),
    )


def read_progress(estimator: NetEstimator) -> Progress | None:
    """Return the net that is to be trained further, where the estimator has one."""
    if not hasattr(estimator, "_net"):
        return None
    estimator._settings.check_unchanged(estimator.get_params(deep=False))
    target = estimator._target_type(estimator.classes_)
    return Progress(estimator._net, estimator._settings, target, estimator.n_iter_)


def prepare_data(
    estimator: NetEstimator,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    groups: Any = None,
    *,
    classes: Any = None,
    progress: Progress | None = None,
) -> FitData:
    """Validate the data, encode the target, and leave out samples of weight zero."""
    with hold_warning_filters(), convert_memory_errors("Checking the data", _MEMORY_ADVICE):
        y = convert_labels(y)
        refuse_one_hot(y)
        classes = None if classes is None else convert_labels(classes)
        if progress is None:
            X, y = estimator._validate_training(X, y)
            target = estimator._target_type.from_labels(y, classes)
            target.warn_of_one_class()
        else:
            X = estimator._validate_samples(X)
            y, target = estimator._validate_target(y, X), progress.target
            target.check_classes(classes)
    targets = target.encode(y)
    check_consistent_length(X, groups)
    groups = convert_groups(groups, len(X)) if estimator.early_stopping else None
    weights = combine_weights(X, sample_weight, target.compute_weights(y, estimator.class_weight))
    if weights is not None and not weights.all():
        positive = weights > 0
        X, targets, weights = X[positive], targets[positive], weights[positive]
        groups = None if groups is None else groups[positive]
    dtype = torch.float64 if estimator.precision == "float64" else torch.float32
    samples = TrainingSet.from_arrays(X, targets, weights, dtype)
    present = [name for name in _DATA_ATTRIBUTES if name in vars(estimator)]
    attributes = {name: getattr(estimator, name) for name in present}
    return FitData(X, targets, samples, groups, target, attributes)


def make_plan(
    estimator: NetEstimator,
    parameters: CheckedParameters,
    data: FitData,
    *,
    progress: Progress | None = None,
    incremental: bool = False,
) -> FitPlan:
    """Draw seeds, hold samples out, and freeze the settings.

    Parameters
    ----------
    estimator : NetEstimator
        The classifier to fit.
    parameters : CheckedParameters
        Its parameters.
    data : FitData
        Its training data.
    progress : Progress, default=None
        The net to train further.
    incremental : bool, default=False
        Train for one epoch, at a constant learning rate, on all samples.
    """
    seed = draw_seed(estimator.random_state)
    n_before = 0 if progress is None else progress.n_epochs
    # Training that goes on holds out what it held out before: the net has seen all the rest.
    split_seed = seed if progress is None else progress.settings.split_seed
    rng = _make_generator(split_seed, 0)
    callbacks, held_out = list(parameters.callbacks), None
    if estimator.early_stopping and not incremental:
        held_out = data.target.split_validation(
            data.targets, estimator.validation_fraction, rng, data.groups
        )
        callbacks.insert(0, ("best_weights", BestWeights(estimator.n_iter_no_change)))
    if estimator.time_limit is not None:
        callbacks.append(("time_limit", TimeLimit(float(estimator.time_limit))))
    if estimator.verbose:
        callbacks.append(("progress_bar", ProgressBar()))
    if progress is not None:
        # Every call that goes on with a net draws new numbers, and repeatably.
        rng = _make_generator(seed, n_before)
    return FitPlan(
        settings=_freeze_settings(estimator, parameters, data, split_seed, incremental),
        data=data,
        device=parameters.device,
        seed=rng.randint(2**31 - 1),
        epochs=1 if incremental else int(estimator.max_epochs),
        callbacks=callbacks,
        augment=parameters.augment,
        held_out=held_out,
        previous=None if progress is None else progress.net,
        is_incremental=incremental,
        verbose=int(estimator.verbose),
    )


def train_fit(estimator: Any, plan: FitPlan) -> None:
    """Train a net as planned, and make the estimator a fitted one of it.

    Torch's generators and threads are left as they were. After an interrupt, or a file that could
    not be read any more, the estimator is a fitted one of the epochs that were completed; without
    any it stays as it was.
    """
    training, validation = plan.parts
    fit_file = make_fit_file(plan)
    if fit_file is not None:
        plan.callbacks.append(("fit_file", fit_file))
    with (
        convert_memory_errors("Training", _MEMORY_ADVICE),
        seed_torch(plan.seed, plan.device),
        limit_threads(plan.batch_size, plan.settings.input_shape),
    ):
        net = _prepare_net(plan)
        n_before = len(net.history)
        try:
            train_net(net, training, validation, plan.epochs)
        except (KeyboardInterrupt, OSError) as error:
            n_epochs = len(net.history) - n_before
            if n_epochs:
                finish_fit(estimator, plan, net)
                is_interrupt = isinstance(error, KeyboardInterrupt)
                reason = "was interrupted" if is_interrupt else "stopped at a file"
                warnings.warn(
                    f"Training {reason} after epoch {n_epochs} of {plan.epochs}. This "
                    f"{type(estimator).__name__} is fitted with the completed epochs.",
                    UserWarning,
                    stacklevel=5,
                )
            raise
    finish_fit(estimator, plan, net)


def _prepare_net(plan: FitPlan) -> Net:
    if plan.previous is None:
        module = plan.build_module()
    else:
        module = plan.previous.module_.to(plan.device)
    return make_net(
        module,
        plan.settings,
        callbacks=plan.callbacks,
        augment=plan.augment,
        verbose=plan.verbose,
        previous=plan.previous,
    )


def finish_fit(estimator: Any, plan: FitPlan, net: Net) -> None:
    """Make the estimator a fitted one of the trained net."""
    settings = plan.settings
    is_exact = settings.precision != "auto" or net.precision != "float32" or plan.is_incremental
    rounds = False
    with suppress(OSError):  # samples in files, one of which may be gone
        rounds = not is_exact and can_infer_in_bfloat16(net.module_, plan.device, plan.data.X)
    net.can_infer_in_bfloat16_ = rounds
    vars(estimator).pop("validation_scores_", None)  # of an earlier fit
    attributes = _make_attributes(plan, net)
    vars(estimator).update(
        attributes, _net=net, _settings=replace(settings, rounds_inference=rounds)
    )


def make_snapshot(plan: FitPlan, net: Net) -> dict[str, Any]:
    """Make the attributes of an estimator as if training had ended here."""
    net_copy = restore_net(plan.settings, get_weights(net), [])
    return _make_attributes(plan, net) | {"_net": net_copy, "_settings": plan.settings}


def _make_attributes(plan: FitPlan, net: Net) -> dict[str, Any]:
    """Make the attributes that describe a training, its history as plain numbers."""
    history = [
        {name: _make_plain(value) for name, value in epoch.items() if name != "batches"}
        for epoch in net.history
        if "train_loss" in epoch
    ]
    attributes = plan.data.attributes | {
        "classes_": plan.data.target.classes,
        "input_shape_": plan.settings.input_shape,
        "n_parameters_": sum(p.numel() for p in net.module_.parameters() if p.requires_grad),
        "history_": history,
        "n_iter_": len(history),
        "loss_curve_": [epoch["train_loss"] for epoch in history],
    }
    name = plan.data.target.score_name
    scores = [epoch[name] for epoch in history if name in epoch]
    return attributes | ({"validation_scores_": scores} if scores else {})


def _make_plain(value: Any) -> Any:
    """Return a number of NumPy, as scores of skorch are, as one of Python."""
    return value.item() if isinstance(value, np.generic) else value


def _make_generator(seed: int, n_before: int) -> np.random.RandomState:
    entropy = np.random.SeedSequence([seed, n_before])
    return np.random.RandomState(entropy.generate_state(1))


def _freeze_settings(
    estimator: NetEstimator,
    parameters: CheckedParameters,
    data: FitData,
    split_seed: int,
    incremental: bool,
) -> FitSettings:
    return FitSettings(
        architecture=estimator.architecture,
        architecture_params=dict(estimator.architecture_params or {}),
        input_shape=tuple(int(n) for n in data.samples.X.shape[1:]),
        n_outputs=data.target.n_outputs,
        precision=estimator.precision,
        device=str(parameters.device),
        optimizer=estimator.optimizer,
        weight_decay=estimator.weight_decay,
        lr=estimator.lr,
        lr_schedule="constant" if incremental else estimator.lr_schedule,
        max_epochs=int(estimator.max_epochs),
        batch_size=int(estimator.batch_size),
        label_smoothing=estimator.label_smoothing,
        split_seed=split_seed,
    )
