"""The skorch net that does the training.

It is a net of skorch in all that skorch documents. Two of skorch's own seams make it fast: its
iterators yield slices of tensors (`_batches.py`) in place of a DataLoader, which for small nets
takes most of an epoch, and an epoch notifies callbacks of batches only where one has such a hook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import EpochTimer
from skorch.dataset import unpack_data
from skorch.history import History
from torch import Tensor, nn

from sklvision._torch.precision import autocast, has_fast_bfloat16
from sklvision.neural_network._augment import augment_batch
from sklvision.neural_network._batches import Inputs, make_batches, split_weights
from sklvision.neural_network._callbacks import (
    FROZEN_MESSAGE,
    call_hooks,
    check_monitors,
    check_patterns,
    has_batch_hook,
)
from sklvision.neural_network._data import Data, TrainingSet, move_data
from sklvision.neural_network._dense import DenseEpochs, find_dense_epochs
from sklvision.neural_network._divergence import make_divergence_error
from sklvision.neural_network._history import record_best, record_single_batch
from sklvision.neural_network._inference import Predictor
from sklvision.neural_network._lr_schedulers import (
    has_lr_scheduler,
    read_schedulers,
    resume_schedulers,
)
from sklvision.neural_network._module import freeze_batch_norm
from sklvision.neural_network._net_checks import (
    check_net_data,
    check_sample_shape,
    set_component_params,
)
from sklvision.neural_network._optim import Schedule, copy_state, resolve_schedule, shrink_weights
from sklvision.neural_network._target import ClassificationTarget


class TrainingStopped(Exception):  # noqa: N818 - no error
    """Ends the epochs after a callback has set ``stop_training_``."""


class Net(NeuralNetClassifier):
    """skorch's classifier, trained by slices of tensors.

    Parameters
    ----------
    module : StandardizedNet or callable
        The module, or what builds a fresh one.
    criterion, criterion__reduction, train_split, verbose, dataset, iterator_train, \
iterator_train__shuffle, iterator_valid, **kwargs
        skorch's own parameters, with defaults of this package.
    precision : {"float32", "bfloat16", "float64"}, default="float32"
        Precision of training.
    lr_schedule : str, default="constant"
        Name of the schedule. An ``LRScheduler`` among the callbacks takes its place.
    weight_decay : float, default=0.0
        Decay of the weights, decoupled from the gradient as in AdamW, for every optimizer: one
        value then means the same whichever optimizer a search tries.
    augment : sequence of callable or LabelMixer, default=()
        Applied in turn to every training batch, channels-last and not yet standardized.
    target : type, default=ClassificationTarget
        Computes loss, score and soft targets.

    Attributes
    ----------
    has_batch_callbacks_ : bool
        Whether any callback defines a per-batch hook.
    stop_training_ : bool
        A callback sets it to end the training after the epoch.
    n_epochs_ : int
        Number of epochs of the present training.
    can_infer_in_bfloat16_ : bool
        Whether inference may run in bfloat16 although training ran in float32.
    """

    can_infer_in_bfloat16_ = False
    has_batch_callbacks_ = True
    stop_training_ = False
    schedule_: Any = None  # a Schedule from the first epoch on
    # Neither copied nor pickled: the predictor is made at the first prediction, and the batch
    # shows whether the last step left a net that computes finite numbers.
    predictor_: Predictor | None = None
    last_batch_: Tensor | None = None
    dense_epochs_: DenseEpochs | None = None  # while a dense net trains
    checkpoint_: Any = None  # a Checkpoint while a classifier trains
    n_resumed_ = 0  # epochs that a training of this net took in a process before
    scheduler_states_: Any = ()  # of the schedulers of a training that goes on
    history: Any
    train_split: Any

    def __init__(
        self,
        module: Callable[..., nn.Module],
        *,
        criterion: Any = ClassificationTarget.criterion,
        criterion__reduction: str = "none",
        train_split: Any = None,
        verbose: int = 0,
        dataset: Any = TrainingSet,
        iterator_train: Any = make_batches,
        iterator_train__shuffle: bool = True,
        iterator_valid: Any = make_batches,
        precision: str = "float32",
        lr_schedule: str = "constant",
        weight_decay: float = 0.0,
        augment: list[Any] | tuple = (),
        target: Any = ClassificationTarget,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            module,
            criterion=criterion,
            criterion__reduction=criterion__reduction,
            train_split=train_split,
            verbose=verbose,
            dataset=dataset,
            iterator_train=iterator_train,
            iterator_train__shuffle=iterator_train__shuffle,
            iterator_valid=iterator_valid,
            **kwargs,
        )
        self.precision = precision
        self.lr_schedule = lr_schedule
        self.weight_decay = weight_decay
        self.augment = augment
        self.target = target

    @property
    def _default_callbacks(self) -> list:
        # Losses and scores are recorded by the epoch itself.
        return [("epoch_timer", EpochTimer())]

    def initialize_to_predict(self) -> Net:
        """Initialize all but the optimizer: making one imports half of torch."""
        self._initialize_virtual_params()
        self._initialize_callbacks()
        self._initialize_module()
        self._initialize_criterion()
        self._initialize_history()
        self.initialized_ = True
        return self

    @cached_property
    def optimizer_(self) -> torch.optim.Optimizer:
        """The optimizer; that of a net that was loaded is made when it is first read."""
        if not self.initialized_:
            raise AttributeError(f"{type(self).__name__!r} has no 'optimizer_' until initialized.")
        self._initialize_optimizer()
        return vars(self)["optimizer_"]

    def set_params(self, **kwargs: Any) -> Net:
        """Set parameters of the net, or of its parts by ``optimizer__lr`` and the like."""
        if self.initialized_:
            kwargs = set_component_params(self, kwargs)
        return super().set_params(**kwargs)

    def fit(self, X: Any, y: Any = None, **fit_params: Any) -> Net:
        """Train from new weights; data that do not fit leave the old ones as they are."""
        self.check_data(X, y)
        return super().fit(X, y, **fit_params)

    def partial_fit(self, X: Any, y: Any = None, classes: Any = None, **fit_params: Any) -> Net:
        """Train further; data that do not fit leave the history as it is."""
        self.check_data(X, y)
        return super().partial_fit(X, y, classes, **fit_params)

    def check_data(self, X: Any, y: Any) -> None:
        """Raise unless samples and labels are those that this net takes."""
        check_net_data(self, X, y)
        super().check_data(X, y)

    def get_all_learnable_params(self) -> Iterator[tuple[str, nn.Parameter]]:
        """Yield the parameters by the names that they have in the architecture."""
        for name, parameter in super().get_all_learnable_params():
            yield name.removeprefix("net."), parameter

    def resume(self, previous: Net) -> None:
        """Resume the history and the optimizer's state of a net that trained this module."""
        self.history = History(previous.history)
        state = copy_state(previous.optimizer_)  # that of a training that may fail
        if type(previous.optimizer_) is type(self.optimizer_) and state["state"]:
            groups = self.optimizer_.state_dict()["param_groups"]
            scheduled = map(has_lr_scheduler, (previous.callbacks_, self.callbacks_))
            if all(scheduled) and previous.lr == self.lr:
                groups = state["param_groups"]  # the rate goes on from where it ended
                self.scheduler_states_ = read_schedulers(previous.callbacks_)
            self.optimizer_.load_state_dict({"state": state["state"], "param_groups": groups})
        for group in self.optimizer_.param_groups:
            # Schedulers of torch that begin after the first epoch expect it.
            group.setdefault("initial_lr", group["lr"])

    def fit_loop(self, X: Any, y: Any = None, epochs: int | None = None, **fit_params: Any) -> Net:
        """Run the epochs, until a callback sets ``stop_training_``."""
        self.n_epochs_ = self.max_epochs if epochs is None else epochs
        self.stop_training_, self.schedule_ = False, None
        self.has_batch_callbacks_ = any(has_batch_hook(callback) for _, callback in self.callbacks_)
        try:
            with suppress(TrainingStopped):
                super().fit_loop(X, y, self.n_epochs_ - self.n_resumed_, **fit_params)
        finally:
            self.dense_epochs_ = None
        return self

    def notify(self, method_name: str, **cb_kwargs: Any) -> None:
        """Call a hook of the net and of all callbacks."""
        getattr(self, method_name)(self, **cb_kwargs)
        call_hooks(self, method_name, **cb_kwargs)
        if method_name == "on_train_begin" and self.scheduler_states_:
            resume_schedulers(self, self.scheduler_states_, self.rates_)
            self.scheduler_states_ = ()

    def on_train_begin(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Keep what a training that goes on continues."""
        super().on_train_begin(net, X, y, **kwargs)
        self.scheduler_states_ = self.scheduler_states_ or read_schedulers(self.callbacks_)
        self.rates_ = [group["lr"] for group in self.optimizer_.param_groups]

    def on_epoch_begin(
        self, net: Any, dataset_train: Any = None, dataset_valid: Any = None, **kwargs: Any
    ) -> None:
        """Open an epoch of the history, unless the training is to stop."""
        if self.stop_training_:
            raise TrainingStopped
        if self.schedule_ is None:  # the first epoch of this training
            check_monitors(self.callbacks_, has_validation=dataset_valid is not None)
            check_patterns(self)
            n_steps = len(self.get_iterator(dataset_train, training=True))
            name = resolve_schedule(self.lr_schedule, has_lr_scheduler(self.callbacks_))
            self.schedule_ = Schedule(name, self.optimizer_, self.n_epochs_, n_steps)
        super().on_epoch_begin(net, dataset_train, dataset_valid, **kwargs)

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Step a schedule that follows the loss, and keep the weights of the whole epoch."""
        latest = self.history[-1]
        self.schedule_.step_epoch(latest.get("valid_loss", latest["train_loss"]))
        if self.checkpoint_ is not None:
            self.checkpoint_.save()

    def run_single_epoch(
        self, iterator: Any, training: bool, prefix: str, step_fn: Callable, **fit_params: Any
    ) -> None:
        """Run one epoch of training or validation, and record its loss and score."""
        if iterator is None:
            return
        if training:
            self.history.record("lr", self.optimizer_.param_groups[0]["lr"])
        self._set_training(training)
        total: Any = 0.0
        n_samples = total_score = n_batches = 0
        batch: Any = None
        if training and not fit_params:
            self.dense_epochs_ = find_dense_epochs(self, iterator)
            if self.dense_epochs_ is not None:
                total, n_samples, n_batches = self.dense_epochs_.run()
                iterator = ()
        for batch in iterator:
            step = self._run_step(batch, training, prefix, step_fn, **fit_params)
            n_rows = len(step["y_pred"])
            # Added where it was computed: a number read from a device waits for all its work.
            total = total + step["loss"].detach() * n_rows
            n_samples, n_batches = n_samples + n_rows, n_batches + 1
            if training:
                self.schedule_.step_batch()
            else:
                total_score += self.target.sum_scores(step["y_pred"], batch[1])
        if batch is not None:
            self.last_batch_, _ = split_weights(batch[0])
        loss = float(total) / n_samples
        if training and not np.isfinite(loss):
            raise make_divergence_error(self, f"the loss is {loss}")
        record_best(self.history, f"{prefix}_loss", loss, lower_is_better=True)
        if not training:
            score = total_score / n_samples
            record_best(self.history, self.target.score_name, score, lower_is_better=False)
        self.history.record(f"{prefix}_batch_count", n_batches)
        if training and not self.has_batch_callbacks_:
            record_single_batch(self.history, loss, n_samples)

    def _run_step(
        self, batch: Any, training: bool, prefix: str, step_fn: Callable, **fit_params: Any
    ) -> dict[str, Tensor]:
        if not self.has_batch_callbacks_:
            return step_fn(batch, **fit_params)
        self.notify("on_batch_begin", batch=batch, training=training)
        step = step_fn(batch, **fit_params)
        self.history.record_batch(f"{prefix}_loss", step["loss"].item())
        self.history.record_batch(f"{prefix}_batch_size", len(step["y_pred"]))
        self.notify("on_batch_end", batch=batch, training=training, **step)
        return step

    def train_step(self, batch: Any, **fit_params: Any) -> dict[str, Tensor]:
        """Take one optimizer step; skorch's own serves callbacks that follow gradients."""
        if self.has_batch_callbacks_:
            return super().train_step(batch, **fit_params)
        self.optimizer_.zero_grad()
        step = self.train_step_single(batch, **fit_params)
        self.optimizer_.step()
        return step

    def train_step_single(self, batch: Any, **fit_params: Any) -> dict[str, Tensor]:
        """Compute loss and gradients of one batch, varied by the augmenters."""
        if not self.module_.training:
            self._set_training(True)
        X, y = self._load_batch(batch)
        if self.augment:
            make_targets = partial(
                self.target.make_soft_targets, y, len(self.classes), self.criterion_
            )
            X, y = augment_batch(self.augment, X, y, self.module_.mean.dtype, make_targets)
        if len(y) == 1:
            with freeze_batch_norm(self.module_):
                logits = self.infer(X, **fit_params)
        else:
            logits = self.infer(X, **fit_params)
        loss = self.get_loss(logits, y, X=X, training=True)
        if not loss.requires_grad:
            raise ValueError(FROZEN_MESSAGE)
        loss.backward()
        if self.weight_decay:
            shrink_weights(self.optimizer_, self.weight_decay)
        return {"loss": loss, "y_pred": logits}

    def validation_step(self, batch: Any, **fit_params: Any) -> dict[str, Tensor]:
        """Compute the loss of one batch."""
        if self.module_.training:
            self._set_training(False)
        X, y = self._load_batch(batch)
        with torch.no_grad():
            logits = self.infer(X, **fit_params)
            loss = self.get_loss(logits, y, X=X)
        return {"loss": loss, "y_pred": logits}

    def _load_batch(self, batch: Any) -> tuple[Inputs, Tensor]:
        """Move a batch to the device."""
        X, y = unpack_data(batch)
        return self._load(X), self._load(y)

    def _load(self, data: Any) -> Any:
        return move_data(data, self.device)

    def infer(self, x: Any, **fit_params: Any) -> Tensor:
        """Compute logits of samples, weighted or not, in the precision of the net."""
        samples, _ = split_weights(x)
        with autocast(self.precision, torch.device(self.device)):
            samples = self._load(samples)
            try:
                logits = self.module_(samples, **fit_params)
            except RuntimeError:
                check_sample_shape(self, samples)
                raise
        return logits.float() if logits.dtype == torch.bfloat16 else logits

    def get_loss(
        self, y_pred: Tensor, y_true: Tensor, X: Any = None, training: bool = False
    ) -> Tensor:
        """Compute the mean loss of samples, weighted or not."""
        _, weights = split_weights(X)
        return self.target.compute_loss(self.criterion_, y_pred, self._load(y_true), weights)

    def compute_logits(self, X: Data) -> np.ndarray:
        """Compute the logits of any number of samples.

        Parameters
        ----------
        X : ndarray or LazySamples of shape (n_samples, *input_shape)
            Validated samples.

        Returns
        -------
        logits : ndarray of shape (n_samples, n_classes)
            In float64.
        """
        predictor = self.predictor_
        if predictor is None or not predictor.is_current(self.module_):
            device = torch.device(self.device)
            rounds = self.can_infer_in_bfloat16_ and has_fast_bfloat16(device)
            precision = "bfloat16" if rounds else self.precision
            predictor = self.predictor_ = Predictor(self.module_, precision, device, X.shape[1:])
        return predictor.compute_logits(X)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state["predictor_"] = state["last_batch_"] = state["dense_epochs_"] = None
        return state
