"""Many classifiers fitted in batches, each as it would be fitted alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import ceil, prod
from time import perf_counter
from typing import Any

import joblib
import numpy as np
import torch
from torch import Tensor

from sklvision._torch.precision import resolve_precision
from sklvision._torch.process_state import seed_torch
from sklvision.neural_network._base import BaseNeuralClassifier
from sklvision.neural_network._batched.stacked_net import Model, train_together
from sklvision.neural_network._divergence import find_divergence
from sklvision.neural_network._fit import (
    CheckedParameters,
    FitData,
    FitPlan,
    check_parameters,
    finish_fit,
    make_plan,
    prepare_data,
)
from sklvision.neural_network._image import ImageClassifier
from sklvision.neural_network._module import StandardizedNet
from sklvision.neural_network._rebuild import make_net
from sklvision.neural_network._spectrum import SpectrumClassifier
from sklvision.neural_network._structure import describe_structure
from sklvision.utils._lazy import LazySamples
from sklvision.utils._parallel import run_tasks

# Overhead is shared by many models; beyond this number little of it is left. It does not depend on
# the number of jobs, since the rounding of products depends on the models that are in a batch. The
# values a batch of models keeps (weights, gradients, moments, activations) are bounded.
_MOST_MODELS, _MOST_VALUES = 32, 2**26
_COPIES_OF_WEIGHTS, _COPIES_OF_ACTIVATIONS = 5, 6
# In larger nets the products take most of a step, and there is no overhead left to share. Fitted
# alone, they stay in the processor's cache, and no weights travel between processes.
_MOST_WEIGHTS = 100_000

_CPU = torch.device("cpu")
# What decides, besides the data, what a classifier makes of them before training.
_OF_DATA = ("class_weight", "image_shape", "precision")


class NotBatchedError(Exception):
    """Says why a classifier has to be fitted alone."""


class LargeNetError(NotBatchedError):
    """Raised for a net that is too large to gain from a batch, whatever the fold is."""


@dataclass
class BatchedFit:
    """One classifier to be fitted together with others."""

    classifier: BaseNeuralClassifier
    plan: FitPlan
    module: StandardizedNet
    state: Tensor

    def make_key(self) -> Hashable:
        """Return what fits of one batch have in common."""
        settings, samples = self.plan.settings, self.plan.data.samples
        return (
            (len(samples), samples.weights is not None, self.plan.batch_size),
            describe_structure(self.module.net, settings.input_shape),
            (settings.max_epochs, settings.optimizer, settings.lr_schedule),
        )

    def make_model(self, part: int) -> Model:
        """Return what is the net's own in the training on one of the parts."""
        settings = self.plan.settings
        return Model(
            self.module.net,
            part,
            self.plan.seed,
            self.state,
            float(settings.lr),
            float(settings.weight_decay),
            float(settings.label_smoothing),
        )

    def standardize(self) -> Tensor:
        """Return the samples as the net takes them, flattened."""
        samples = torch.as_tensor(self.plan.data.samples.X)
        return self.module.standardize(samples).flatten(1)

    def is_finite(self, model: Model) -> bool:
        """Whether the trained net computes finite numbers after its last step."""
        self.module.net = model.net
        samples = torch.as_tensor(self.plan.data.samples.X)
        return find_divergence(self.module.eval(), self.module, samples) is None

    def finish(self, model: Model, seconds: float) -> None:
        """Make the classifier a fitted one of the trained net."""
        net = make_net(self.module.eval(), self.plan.settings)
        best, n_batches = np.inf, ceil(len(self.plan.data.samples) / self.plan.batch_size)
        for epoch, (loss, lr) in enumerate(zip(model.losses, model.lrs, strict=True), start=1):
            net.history.new_epoch()
            values = {"epoch": epoch, "lr": lr, "train_loss": loss, "train_loss_best": loss < best}
            values["train_batch_count"] = n_batches
            for name, value in (values | {"dur": seconds / len(model.losses)}).items():
                net.history.record(name, value)
            best = min(best, loss)
        finish_fit(self.classifier, self.plan, net)


def hash_data_settings(classifier: BaseNeuralClassifier) -> str:
    """Hash what decides, besides the data, how a classifier takes them."""
    settings = {name: getattr(classifier, name, None) for name in _OF_DATA}
    return joblib.hash((type(classifier).__name__, settings))


def is_own_classifier(classifier: Any) -> bool:
    """Whether this is a classifier of the package, and not a subclass with a fit of its own."""
    return type(classifier) in (SpectrumClassifier, ImageClassifier)


def check_batchable(classifier: Any) -> CheckedParameters:
    """Return parameters parameters, or raise NotBatchedError if this can only be fitted alone."""
    if not is_own_classifier(classifier):
        raise NotBatchedError(f"{type(classifier).__name__} is not a classifier of the package")
    parameters = check_parameters(classifier)
    for name in ("callbacks", "augment", "early_stopping", "time_limit"):
        if getattr(classifier, name):
            raise NotBatchedError(f"{name} needs a training of its own")
    if classifier.lr_schedule == "plateau":
        raise NotBatchedError("lr_schedule='plateau' follows the loss of one net")
    if parameters.device.type != "cpu":
        raise NotBatchedError("it is fitted on another device than the CPU")
    return parameters


def prepare_batched_data(classifier: BaseNeuralClassifier, X: Any, y: Any) -> FitData:
    """Validate the training data as the classifier would."""
    data = prepare_data(classifier, X, y)
    if isinstance(data.X, LazySamples):
        raise NotBatchedError("X is a collection that is read when it is needed")
    if len(data.X) < len(y):
        raise NotBatchedError("class_weight leaves samples out")
    return data


def prepare_batched_fit(
    classifier: BaseNeuralClassifier, parameters: CheckedParameters, data: FitData
) -> BatchedFit:
    """Draw what the classifier would draw before training: seeds and weights."""
    plan = make_plan(classifier, parameters, data)
    input_shape = plan.settings.input_shape
    with seed_torch(plan.seed, _CPU):
        module = plan.build_module()
        state = torch.get_rng_state()
    if resolve_precision(classifier.precision, _CPU, module, input_shape) == "bfloat16":
        raise NotBatchedError("it is trained in bfloat16")
    if describe_structure(module.net, input_shape) is None:
        raise NotBatchedError(
            f"architecture {classifier.architecture!r} is more than dense layers in sequence"
        )
    if sum(parameter.numel() for parameter in module.parameters()) > _MOST_WEIGHTS:
        raise LargeNetError(f"a net of more than {_MOST_WEIGHTS:,} weights is as fast alone")
    return BatchedFit(classifier, plan, module, state)


def fit_together(fits: list[BatchedFit], n_jobs: int | None) -> list[bool]:
    """Fit all classifiers, and return which of them are: where training diverged one is not.

    Parameters
    ----------
    fits : list of BatchedFit
        In any mixture; those that have enough in common are trained in batches.
    n_jobs : int or None
        Batches trained at a time, by joblib.
    """
    groups: dict[Hashable, list[BatchedFit]] = defaultdict(list)
    for fit in fits:
        groups[fit.make_key()].append(fit)
    batches = [
        (data, chunk)
        for group in groups.values()
        for data in [BatchedData(group)]
        for chunk in _split_into_chunks(group)
    ]
    tasks = (data.make_task(chunk) for data, chunk in batches)
    results = run_tasks(_train, tasks, n_jobs=n_jobs)
    for (_, chunk), (models, seconds) in zip(batches, results, strict=True):
        for fit, model in zip(chunk, models, strict=True):
            if np.isfinite(model.losses).all() and fit.is_finite(model):
                fit.finish(model, seconds / len(chunk))
    return [hasattr(fit.classifier, "_net") for fit in fits]


def _split_into_chunks(group: list[BatchedFit]) -> list[list[BatchedFit]]:
    """Split into batches of nearly equal size, neighbors in learning rate together."""
    values = _count_values(group[0])
    n_models = min(max(1, _MOST_VALUES // values), _MOST_MODELS)
    n_chunks = -(-len(group) // n_models)
    fits = sorted(group, key=lambda fit: fit.classifier.lr)
    bounds = np.linspace(0, len(group), n_chunks + 1).round().astype(int)
    return [fits[a:b] for a, b in pairwise(bounds)]


def _count_values(fit: BatchedFit) -> int:
    """Count the numbers that the training of one model keeps."""
    sizes = [parameter.shape for parameter in fit.module.parameters()]
    activations = fit.plan.batch_size * sum(size[0] for size in sizes)
    return _COPIES_OF_WEIGHTS * sum(map(prod, sizes)) + _COPIES_OF_ACTIVATIONS * activations


class BatchedData:
    """Samples of all fits that may be trained in one batch, and the tasks of training on them.

    They are NumPy's, and the same for all batches: engines send them to a process once.
    """

    def __init__(self, fits: list[BatchedFit]) -> None:
        # Fits on the same data share them.
        self.fits = {id(fit.plan.data): fit for fit in reversed(fits)}
        self.parts = {key: part for part, key in enumerate(self.fits)}

    @cached_property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Standardized samples, labels and weights of every part."""
        fits = self.fits.values()
        samples = [fit.plan.data.samples for fit in fits]
        weights = [part.weights for part in samples if part.weights is not None]
        return (
            torch.stack([fit.standardize() for fit in fits]).numpy(),
            torch.stack([part.y for part in samples]).numpy(),
            torch.stack(weights).numpy() if weights else None,
        )

    def make_task(self, chunk: list[BatchedFit]) -> tuple[Any, ...]:
        """Collect the arguments of training a batch: nothing but nets, arrays and numbers."""
        plan = chunk[0].plan
        settings = {
            "epochs": plan.epochs,
            "batch_size": plan.batch_size,
            "optimizer": plan.settings.optimizer,
            "lr_schedule": plan.settings.lr_schedule,
        }
        models = [fit.make_model(self.parts[id(fit.plan.data)]) for fit in chunk]
        return *self.arrays, models, settings


def _train(
    X: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray | None,
    models: list[Model],
    settings: dict[str, Any],
) -> tuple[list[Model], float]:
    start = perf_counter()
    tensors = map(_make_tensor, (X, y, weights))
    train_together(models, *tensors, **settings)
    return models, perf_counter() - start


def _make_tensor(array: np.ndarray | None) -> Any:
    if array is None:
        return None
    # Engines hand out arrays of shared memory that are read-only.
    return torch.from_numpy(array if array.flags.writeable else array.copy())
