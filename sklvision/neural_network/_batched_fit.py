"""Many classifiers fitted in batches, each as it would be fitted alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from time import perf_counter
from typing import Any

import joblib
import numpy as np
import torch
from sklearn.utils.multiclass import check_classification_targets
from torch import Tensor

from sklvision._torch.device import resolve_device
from sklvision._torch.precision import resolve_precision
from sklvision._torch.process_state import scoped_seed
from sklvision.neural_network._base import BaseNeuralClassifier
from sklvision.neural_network._batched_net import Model, structure, train_together
from sklvision.neural_network._checks import combine_weights, encode_labels
from sklvision.neural_network._data import Samples
from sklvision.neural_network._image import ImageClassifier
from sklvision.neural_network._inference import suits_bfloat16
from sklvision.neural_network._module import StandardizedNet, check_architecture
from sklvision.neural_network._net import unlimited
from sklvision.neural_network._rebuild import make_module, make_net, module_dtype
from sklvision.neural_network._spectrum import SpectrumClassifier
from sklvision.utils._lazy import LazyImages
from sklvision.utils._random import draw_seed

# Overhead is shared by as many models as possible; beyond this number little of it is left. The
# values a batch of models keeps (weights, gradients, moments, activations) are bounded.
_MOST_MODELS, _MOST_VALUES = 64, 2**26
_COPIES_OF_WEIGHTS, _COPIES_OF_ACTIVATIONS = 5, 6

_CPU = torch.device("cpu")
# What decides, besides the data, what a classifier makes of them before training.
_OF_DATA = ("class_weight", "image_shape", "precision")


class NotBatchedError(Exception):
    """Says why a classifier has to be fitted alone."""


@dataclass
class Part:
    """Training data as one kind of classifier takes them."""

    X: Any
    samples: Samples
    classes: np.ndarray
    moments: tuple[np.ndarray, np.ndarray]
    attributes: dict[str, Any]
    standardized: Any = None


@dataclass
class Fit:
    """One classifier to be fitted, and what it takes."""

    classifier: BaseNeuralClassifier
    part: Part
    recipe: dict[str, Any]
    module: StandardizedNet
    seed: int
    state: Tensor

    def key(self) -> Hashable:
        """What fits of one batch have in common."""
        n_samples, params = len(self.part.samples), self.classifier
        batch_size = min(unlimited(params.batch_size, n_samples), n_samples)
        settings = (params.max_epochs, batch_size, params.optimizer, params.lr_schedule)
        weighted = self.part.samples.weights is not None
        same = structure(self.module.net, self.recipe["input_shape"])
        return n_samples, weighted, same, settings

    def finish(self, model: Model, seconds: float) -> BaseNeuralClassifier:
        """Make the classifier a fitted one of the trained net."""
        classifier, part = self.classifier, self.part
        self.module.net = model.net
        net = make_net(
            self.module.eval(),
            self.recipe,
            classifier._net_settings() | {"callbacks": [], "augment": []},
        )
        best = np.inf
        for epoch, (loss, lr) in enumerate(zip(model.losses, model.lrs, strict=True), start=1):
            net.history.new_epoch()
            values = {"epoch": epoch, "lr": lr, "train_loss": loss, "train_loss_best": loss < best}
            for name, value in (values | {"dur": seconds / len(model.losses)}).items():
                net.history.record(name, value)
            best = min(best, loss)
        net.suits_bfloat16 = self.recipe["suits_bfloat16"] = (
            classifier.precision == "auto"
            and net.precision == "float32"
            and suits_bfloat16(net.module_, _CPU, part.X)
        )
        classifier.__dict__.update(part.attributes)
        classifier._net, classifier._recipe = net, self.recipe
        classifier.classes_ = part.classes
        classifier._store_history()
        return classifier


def part_key(classifier: BaseNeuralClassifier) -> str:
    """Hash of what decides, besides the data, what a classifier makes of them."""
    chosen = {name: getattr(classifier, name, None) for name in _OF_DATA}
    return joblib.hash((type(classifier).__name__, chosen))


def check_batchable(classifier: Any) -> None:
    """Raise NotBatchedError with the reason if this can only be fitted alone."""
    if type(classifier) not in (SpectrumClassifier, ImageClassifier):
        raise NotBatchedError(f"{type(classifier).__name__} is not a classifier of the package")
    for name in ("callbacks", "augment", "early_stopping"):
        if getattr(classifier, name):
            raise NotBatchedError(f"{name} watches or changes a training of its own")
    if classifier.lr_schedule == "plateau":
        raise NotBatchedError("lr_schedule='plateau' follows the loss of one net")
    if resolve_device(classifier.device).type != "cpu":
        raise NotBatchedError("it is fitted on another device than the CPU")


def prepare_part(classifier: BaseNeuralClassifier, X: Any, y: Any) -> Part:
    """Validate the training data as the classifier would."""
    X, y = classifier._validate_samples(X, y, reset=True)
    if isinstance(X, LazyImages):
        raise NotBatchedError("X is a collection of images that are read from files")
    check_classification_targets(y)
    classes, encoded = encode_labels(y, None)
    weights = combine_weights(X, y, None, classifier.class_weight)
    if weights is not None and not weights.all():
        raise NotBatchedError("class_weight leaves samples out")
    samples = Samples.from_arrays(X, encoded, weights, module_dtype(classifier.precision))
    names = ("n_features_in_", "feature_names_in_")
    attributes = {name: vars(classifier)[name] for name in names if name in vars(classifier)}
    return Part(X, samples, classes, samples.moments(), attributes)


def prepare_fit(classifier: BaseNeuralClassifier, part: Part) -> Fit:
    """Draw what the classifier would draw before training: seeds and weights."""
    classifier._validate_params()
    check_architecture(classifier.architecture, classifier.architecture_params, classifier._kind)
    entropy = np.random.SeedSequence([draw_seed(classifier.random_state), 0])
    seed = np.random.RandomState(entropy.generate_state(1)).randint(2**31 - 1)
    recipe = classifier._make_recipe(part.samples.X.shape[1:], len(part.classes), _CPU)
    with scoped_seed(seed, _CPU):
        module = make_module(recipe, *part.moments)
        state = torch.get_rng_state()
    if resolve_precision(classifier.precision, _CPU, module, recipe["input_shape"]) == "bfloat16":
        raise NotBatchedError("it is trained in bfloat16")
    if structure(module.net, recipe["input_shape"]) is None:
        raise NotBatchedError(
            f"architecture {classifier.architecture!r} is more than dense layers in sequence"
        )
    if part.standardized is None:
        part.standardized = module.standardize(torch.as_tensor(part.samples.X)).flatten(1)
    return Fit(classifier, part, recipe, module, seed, state)


def fit_together(fits: list[Fit], n_jobs: int | None) -> list[bool]:
    """Fit all classifiers, and return which of them are: where training diverged one is not.

    Parameters
    ----------
    fits : list of Fit
        In any mixture; those that have enough in common are trained in batches.
    n_jobs : int or None
        Batches trained at a time, by joblib.
    """
    groups: dict[Hashable, list[Fit]] = defaultdict(list)
    for fit in fits:
        groups[fit.key()].append(fit)
    chunks = [chunk for group in groups.values() for chunk in _chunks(group)]
    tasks = (joblib.delayed(_train)(**_task(chunk)) for chunk in chunks)
    for chunk, (models, seconds) in zip(chunks, joblib.Parallel(n_jobs)(tasks), strict=True):
        for fit, model in zip(chunk, models, strict=True):
            if np.isfinite(model.losses).all():
                fit.finish(model, seconds / len(chunk))
    return [hasattr(fit.classifier, "_net") for fit in fits]


def _chunks(group: list[Fit]) -> list[list[Fit]]:
    """Split into batches of nearly equal size, neighbours in learning rate together."""
    values = _values(group[0])
    n_models = min(max(1, _MOST_VALUES // values), _MOST_MODELS)
    n_chunks = -(-len(group) // n_models)
    ordered = sorted(group, key=lambda fit: fit.classifier.lr)
    bounds = np.linspace(0, len(group), n_chunks + 1).round().astype(int)
    return [ordered[a:b] for a, b in pairwise(bounds)]


def _values(fit: Fit) -> int:
    """Numbers that the training of one model keeps."""
    sizes = [parameter.shape for parameter in fit.module.parameters()]
    n_samples = len(fit.part.samples)
    batch_size = min(unlimited(int(fit.classifier.batch_size), n_samples), n_samples)
    activations = batch_size * sum(size[0] for size in sizes)
    return _COPIES_OF_WEIGHTS * sum(map(prod, sizes)) + _COPIES_OF_ACTIVATIONS * activations


def _task(chunk: list[Fit]) -> dict[str, Any]:
    """What training a batch takes: nothing but nets, tensors and numbers."""
    parts = list({id(fit.part): fit.part for fit in chunk}.values())
    index = {id(part): i for i, part in enumerate(parts)}
    samples = [part.samples for part in parts]
    weights = [part.weights for part in samples if part.weights is not None]
    params = chunk[0].classifier
    return {
        "models": [
            Model(
                fit.module.net,
                index[id(fit.part)],
                fit.seed,
                fit.state,
                float(fit.classifier.lr),
                float(fit.classifier.weight_decay),
                float(fit.classifier.label_smoothing),
            )
            for fit in chunk
        ],
        "X": torch.stack([part.standardized for part in parts]),
        "y": torch.stack([part.y for part in samples]),
        "weights": torch.stack(weights) if weights else None,
        "epochs": int(params.max_epochs),
        "batch_size": unlimited(int(params.batch_size), len(samples[0])),
        "optimizer": params.optimizer,
        "lr_schedule": params.lr_schedule,
    }


def _train(**task: Any) -> tuple[list[Model], float]:
    start = perf_counter()
    models = train_together(**task)
    return models, perf_counter() - start
