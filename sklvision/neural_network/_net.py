"""The private skorch net that does the training.

It keeps skorch's components, history and callbacks, and replaces its DataLoader by slices of
tensors in memory: for small nets most of an epoch is otherwise spent on moving single samples.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from time import perf_counter
from typing import Any

import numpy as np
import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback, EarlyStopping
from skorch.dataset import Dataset
from torch import Tensor, nn

from sklvision._torch.precision import autocast, has_bfloat16
from sklvision.neural_network._data import Data, TrainingSet
from sklvision.neural_network._inference import Predictor
from sklvision.neural_network._module import frozen_batch_norm
from sklvision.neural_network._optim import Schedule

_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_grad_computed")


def unlimited(batch_size: int, n_samples: int) -> int:
    """The batch size in force; -1 stands for all samples at once."""
    return n_samples if batch_size == -1 else batch_size


class Net(NeuralNetClassifier):
    """skorch's classifier, trained and asked by slices of tensors.

    Parameters
    ----------
    module : StandardizedNet
        Built and standardised.
    precision : {"float32", "bfloat16", "float64"}
        Already resolved.
    lr_schedule : str
        Name of the schedule.
    weight_decay : float
        Decay of the weights, decoupled from the gradient as in AdamW, for every optimizer: one
        value then means the same whichever optimizer a search tries.
    augment : list of callable
        Applied in turn to every training batch, channels-last and not yet standardised.
    **kwargs : dict
        skorch's own parameters.
    """

    # Whether a net trained in float32 may be asked in bfloat16, where that is fast.
    suits_bfloat16 = False
    # Whether a callback wants to be told of every batch.
    watched_ = True
    # Made at the first prediction; neither copied nor pickled.
    _predictor: Predictor | None = None
    # A net that was loaded may never train, and making an optimizer imports half of torch.
    _waits_with_optimizer = False

    def __init__(
        self,
        module: nn.Module,
        *,
        precision: str = "float32",
        lr_schedule: str = "constant",
        weight_decay: float = 0.0,
        augment: list[Callable[[Tensor], Tensor]] | tuple = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            module,
            criterion=nn.CrossEntropyLoss,
            criterion__reduction="none",
            train_split=None,
            verbose=0,
            **kwargs,
        )
        self.precision = precision
        self.lr_schedule = lr_schedule
        self.weight_decay = weight_decay
        self.augment = augment

    def initialize_to_predict(self) -> Net:
        """Initialise all but the optimizer, which is made when it is first asked for."""
        self._waits_with_optimizer = True
        return self.initialize()

    def _initialize_optimizer(self, reason: str | None = None) -> Net:
        return self if self._waits_with_optimizer else super()._initialize_optimizer(reason)

    def _validate_params(self) -> None:
        # skorch looks for misspelt names, and knows those of an optimizer once there is one.
        if not self._waits_with_optimizer:
            super()._validate_params()

    def __getattr__(self, name: str) -> Any:
        if name != "optimizer_" or not self._waits_with_optimizer:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self._waits_with_optimizer = False
        try:
            self._initialize_optimizer()
        except BaseException:
            self._waits_with_optimizer = True  # a parameter of it is wrong, and can be set right
            raise
        return self.optimizer_

    def set_params(self, **kwargs: Any) -> Net:
        """Set parameters of the net, or of its parts by ``optimizer__lr`` and the like."""
        if self._waits_with_optimizer:
            self.optimizer_  # noqa: B018  skorch knows the parameters of an optimizer there is
        return super().set_params(**kwargs)

    def get_default_callbacks(self) -> list:
        """None of skorch's: what they measure is recorded by the epoch itself."""
        return []

    def train(self, samples: TrainingSet, validation: TrainingSet | None, epochs: int) -> None:
        """Train for some epochs. An interrupt reaches the caller."""
        self.n_epochs_, self.stop_training_ = epochs, False
        self.watched_ = any(_watches_batches(callback) for _, callback in self.callbacks_)
        self.notify("on_train_begin", X=samples.X, y=samples.y)
        self.fit_loop(samples, validation, epochs)
        self.notify("on_train_end", X=samples.X, y=samples.y)
        self._set_training(False)

    def fit_loop(
        self,
        samples: TrainingSet,
        validation: TrainingSet | None = None,
        epochs: int | None = None,
        **fit_params: Any,
    ) -> Net:
        """Run the epochs, telling the callbacks."""
        epochs = self.max_epochs if epochs is None else epochs
        batch_size = unlimited(self.batch_size, len(samples))
        steps_per_epoch = ceil(len(samples) / batch_size)
        self.schedule_ = Schedule(self.lr_schedule, self.optimizer_, epochs, steps_per_epoch)
        datasets = {
            "dataset_train": Dataset(samples.X, samples.y),
            "dataset_valid": None if validation is None else Dataset(validation.X, validation.y),
        }
        for _ in range(epochs):
            start = perf_counter()
            self.notify("on_epoch_begin", **datasets)
            self.history.record("lr", self.optimizer_.param_groups[0]["lr"])
            loss = self._train_epoch(samples, batch_size)
            if validation is not None:
                loss = self._validate_epoch(validation, batch_size)
            self.schedule_.after_epoch(loss)
            self.history.record("dur", perf_counter() - start)
            self._end_epoch(datasets)
            if self.stop_training_:
                break
        return self

    def _train_epoch(self, samples: TrainingSet, batch_size: int) -> float:
        self._set_training(True)
        total = self._zero()
        for X, y, weights in samples.batches(batch_size, shuffle=True, device=self.device):
            step = self._watched_step(self.train_step, "train", X, y, weights)
            self.schedule_.after_batch()
            total += step["loss"].detach() * len(y)
        loss = float(total) / len(samples)
        if not np.isfinite(loss):
            raise ValueError(
                f"Training diverged: the loss is {loss} in epoch {len(self.history)}. "
                f"Try a lower learning rate than lr={self.lr} or another optimizer."
            )
        self._record_best("train_loss", loss, lower_is_better=True)
        if not self.watched_:
            # skorch's checkpoints look for batches: one that stands for all.
            self.history.new_batch()
            self.history.record_batch("train_loss", loss)
            self.history.record_batch("train_batch_size", len(samples))
        return loss

    def _validate_epoch(self, samples: TrainingSet, batch_size: int) -> float:
        self._set_training(False)
        total, n_correct = self._zero(), 0
        for X, y, weights in samples.batches(batch_size, shuffle=False, device=self.device):
            step = self._watched_step(self.validation_step, "valid", X, y, weights)
            total += step["loss"] * len(y)
            n_correct += int((step["y_pred"].argmax(1) == y).sum())
        loss = float(total) / len(samples)
        self._record_best("valid_loss", loss, lower_is_better=True)
        self._record_best("valid_acc", n_correct / len(samples), lower_is_better=False)
        return loss

    def _record_best(self, name: str, value: float, *, lower_is_better: bool) -> None:
        """Record a value, and whether it is the best so far, as skorch's monitors expect."""
        earlier = [epoch[name] for epoch in self.history[:-1] if name in epoch]
        sign = -1 if lower_is_better else 1
        self.history.record(name, value)
        self.history.record(f"{name}_best", all(sign * value > sign * other for other in earlier))

    def _zero(self) -> Tensor:
        return torch.zeros((), dtype=self.module_.mean.dtype, device=self.device)

    def _watched_step(
        self, step_fn: Callable, prefix: str, X: Tensor, y: Tensor, weights: Tensor | None
    ) -> dict[str, Tensor]:
        if not self.watched_:
            return step_fn((X, y), sample_weight=weights)
        batch, training = (X, y), prefix == "train"
        self.notify("on_batch_begin", batch=batch, training=training)
        step = step_fn(batch, sample_weight=weights)
        self.history.record_batch(f"{prefix}_loss", step["loss"].item())
        self.history.record_batch(f"{prefix}_batch_size", len(y))
        self.notify("on_batch_end", batch=batch, training=training, **step)
        return step

    def _end_epoch(self, datasets: dict[str, Any]) -> None:
        try:
            self.notify("on_epoch_end", **datasets)
        except KeyboardInterrupt:
            # skorch's EarlyStopping stops by this very exception; a user's Ctrl-C must go on.
            if not any(
                isinstance(callback, EarlyStopping) and callback.misses_ >= callback.patience
                for _, callback in self.callbacks_
            ):
                raise
            self.stop_training_ = True

    def train_step(self, batch: tuple[Tensor, Tensor], **fit_params: Any) -> dict[str, Tensor]:
        """Take one optimizer step; skorch's own serves callbacks that watch gradients."""
        if self.watched_:
            return super().train_step(batch, **fit_params)
        self.optimizer_.zero_grad()
        step = self.train_step_single(batch, **fit_params)
        self.optimizer_.step()
        return step

    def train_step_single(
        self, batch: tuple[Tensor, Tensor], sample_weight: Tensor | None = None, **_: Any
    ) -> dict[str, Tensor]:
        """Compute loss and gradients of one batch."""
        X, y = batch
        targets = y
        if self.augment:
            X, targets, sample_weight = self._augmented(X, y, sample_weight)
        if len(y) == 1:
            with frozen_batch_norm(self.module_):
                logits = self.infer(X)
        else:
            logits = self.infer(X)
        loss = self.get_loss(logits, targets, sample_weight=sample_weight)
        loss.backward()
        if self.weight_decay:
            self._decay_weights()
        return {"loss": loss, "y_pred": logits}

    def _augmented(
        self, X: Tensor, y: Tensor, sample_weight: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Vary a batch; what mixes samples mixes their weighted targets as well."""
        X = X.to(self.module_.mean.dtype)
        mixes = any(hasattr(transform, "mix") for transform in self.augment)
        if not mixes:
            for transform in self.augment:
                X = _same_shape(transform, X, transform(X))
            return X, y, sample_weight
        targets = nn.functional.one_hot(y, len(self.classes)).to(X.dtype)
        smoothing = self.criterion_.label_smoothing
        targets = targets * (1 - smoothing) + smoothing / len(self.classes)
        if sample_weight is not None:
            targets = targets * sample_weight[:, None]
        for transform in self.augment:
            if hasattr(transform, "mix"):
                X, targets = transform.mix(X, targets)
            else:
                X = _same_shape(transform, X, transform(X))
        return X, targets, None

    def _decay_weights(self) -> None:
        with torch.no_grad():
            for group in self.optimizer_.param_groups:
                # Frozen weights have no gradient.
                trained = [weight for weight in group["params"] if weight.grad is not None]
                if trained:
                    torch._foreach_mul_(trained, 1 - group["lr"] * self.weight_decay)

    def validation_step(
        self, batch: tuple[Tensor, Tensor], sample_weight: Tensor | None = None, **_: Any
    ) -> dict[str, Tensor]:
        """Compute the loss of one batch."""
        X, y = batch
        with torch.no_grad():
            logits = self.infer(X)
            loss = self.get_loss(logits, y, sample_weight=sample_weight)
        return {"loss": loss, "y_pred": logits}

    def infer(self, x: Tensor, **_: Any) -> Tensor:
        """Compute logits in the precision asked for."""
        with autocast(self.precision, torch.device(self.device)):
            logits = self.module_(x)
        return logits.float() if logits.dtype == torch.bfloat16 else logits

    def get_loss(
        self,
        y_pred: Tensor,
        y_true: Tensor,
        X: Tensor | None = None,
        training: bool = False,
        sample_weight: Tensor | None = None,
    ) -> Tensor:
        """Mean cross-entropy; the weights have mean 1 over the training set, not the batch.

        Targets are class indices, or rows of probabilities, smoothed and weighted already.
        """
        if y_true.is_floating_point():
            return -(y_true * y_pred.log_softmax(1)).sum(1).mean()
        losses = self.criterion_(y_pred, y_true)
        return (losses if sample_weight is None else losses * sample_weight).mean()

    def logits(self, X: Data) -> np.ndarray:
        """Compute the logits of any number of samples.

        Parameters
        ----------
        X : ndarray or LazyImages of shape (n_samples, *input_shape)
            Validated samples.

        Returns
        -------
        logits : ndarray of shape (n_samples, n_classes)
            In float64.
        """
        predictor = self._predictor
        if predictor is None or not predictor.is_current():
            predictor = self._predictor = self._make_predictor(X.shape[1:])
        return predictor.logits(X)

    def _make_predictor(self, input_shape: tuple[int, ...]) -> Predictor:
        device = torch.device(self.device)
        rounds = self.suits_bfloat16 and has_bfloat16(device)
        precision = "bfloat16" if rounds else self.precision
        return Predictor(self.module_, precision, device, input_shape)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state["_predictor"] = None
        return state


def _same_shape(transform: Callable, batch: Tensor, result: Any) -> Tensor:
    if not isinstance(result, Tensor) or result.shape != batch.shape:
        got = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
        raise ValueError(
            f"augment must return a tensor of the shape it is given, {tuple(batch.shape)}; "
            f"{getattr(transform, '__name__', transform)!r} returned {got}."
        )
    return result


def _watches_batches(callback: Callback) -> bool:
    kind = type(callback)
    return any(getattr(kind, hook) is not getattr(Callback, hook) for hook in _BATCH_HOOKS)
