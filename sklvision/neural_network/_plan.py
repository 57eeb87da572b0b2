"""Preparation of a fit: checked parameters, data, and the plan of one training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch

from sklvision.neural_network._batches import resolve_batch_size
from sklvision.neural_network._data import Data, TrainingSet
from sklvision.neural_network._module import Architecture, StandardizedNet
from sklvision.neural_network._net import Net
from sklvision.neural_network._rebuild import build_module
from sklvision.neural_network._settings import FitSettings
from sklvision.neural_network._target import ClassificationTarget


class NetEstimator(Protocol):
    """Estimator, as a fit needs it: parameters, and checks of data."""

    _kind: str
    _target_type: type[ClassificationTarget]
    _net: Net
    _settings: FitSettings
    classes_: np.ndarray
    n_iter_: int
    architecture: Architecture
    architecture_params: dict[str, Any] | None
    max_epochs: int
    batch_size: int
    lr: float
    optimizer: str
    weight_decay: float
    lr_schedule: str
    label_smoothing: float
    class_weight: dict | str | None
    augment: Callable | list[Callable] | None
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    time_limit: float | None
    precision: str
    device: str | torch.device
    callbacks: list | None
    random_state: int | np.random.RandomState | None
    verbose: int

    def _validate_params(self) -> None: ...

    def _validate_training(self, X: Any, y: Any) -> tuple[Data, np.ndarray]: ...

    def _validate_samples(self, X: Any) -> Data: ...

    def _validate_target(self, y: Any, X: Data) -> np.ndarray: ...

    def get_params(self, deep: bool = True) -> dict[str, Any]: ...


@dataclass(frozen=True)
class CheckedParameters:
    """Parameters of an estimator that a fit takes in another form."""

    callbacks: list
    augment: list[Callable]
    device: torch.device


@dataclass(frozen=True)
class Progress:
    """State of a net that will be trained further."""

    net: Net
    settings: FitSettings
    target: ClassificationTarget
    n_epochs: int


@dataclass
class FitData:
    """Training data as an estimator takes them.

    Parameters
    ----------
    X : ndarray or LazySamples of shape (n_samples, *input_shape)
        Validated samples of positive weight.
    targets : ndarray of shape (n_samples,)
        Their encoded target.
    samples : TrainingSet
        Both as tensors, and the weights.
    groups : ndarray of shape (n_samples,) or None
        Their groups.
    target : ClassificationTarget
        Decodes the target.
    attributes : dict
        Fitted attributes that follow from the data.
    """

    X: Data
    targets: np.ndarray
    samples: TrainingSet
    groups: np.ndarray | None
    target: ClassificationTarget
    attributes: dict[str, Any]

    @cached_property
    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and scale of the samples."""
        return self.samples.compute_moments()


@dataclass
class FitPlan:
    """Everything that the training of one net takes."""

    settings: FitSettings
    data: FitData
    device: torch.device
    seed: int
    epochs: int
    callbacks: list = field(default_factory=list)
    augment: list[Callable] = field(default_factory=list)
    held_out: tuple[np.ndarray, np.ndarray] | None = None
    previous: Net | None = None
    is_incremental: bool = False
    verbose: int = 0

    @cached_property
    def parts(self) -> tuple[TrainingSet, TrainingSet | None]:
        """Samples to train on, and those that are held out for early stopping."""
        if self.held_out is None:
            return self.data.samples, None
        training, validation = map(self.data.samples.take, self.held_out)
        return training, validation

    @property
    def batch_size(self) -> int:
        """Number of samples of the largest batch."""
        return resolve_batch_size(self.settings.batch_size, len(self.parts[0]))

    def build_module(self) -> StandardizedNet:
        """Build a fresh module; the caller has seeded torch."""
        moments = self.data.moments if self.held_out is None else self.parts[0].compute_moments()
        return build_module(self.settings, *moments)
