"""Many nets of equal layers trained as one: their weights stacked along a leading axis.

Every model keeps its own samples, order, dropout, learning rate, decay and label smoothing, and
draws its random numbers from a generator of its own as it would alone. What is shared is the
overhead: one call into torch serves all models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sklvision.neural_network._optim import Schedule, get_optimizer_settings
from sklvision.neural_network._structure import DROPOUTS, find_layers


@dataclass
class Model:
    """One net of the batch, and what is its own in the training.

    Parameters
    ----------
    net : nn.Module
        Freshly initialized; :func:`train_together` leaves the trained weights in it.
    part : int
        Index of its training data among the parts.
    seed : int
        Seed of its dropout.
    state : Tensor
        State of the generator that draws its order of samples.
    lr, weight_decay, label_smoothing : float
        As for the classifiers.
    losses, lrs : list of float
        Mean training loss and the learning rate at the start of each epoch; filled in training.
    """

    net: nn.Module
    part: int
    seed: int
    state: Tensor
    lr: float
    weight_decay: float
    label_smoothing: float
    losses: list[float] = field(default_factory=list)
    lrs: list[float] = field(default_factory=list)


class _Normalize(torch.autograd.Function):
    """Batch normalization of every feature of every model, and the statistics it took."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        mean = x.mean(1, keepdim=True)
        normal = x - mean
        variance = normal.square().mean(1, keepdim=True)
        rstd = (variance + eps).rsqrt_()
        normal.mul_(rstd)
        ctx.save_for_backward(normal, rstd, weight)
        mean, variance = mean[:, 0], variance[:, 0]
        ctx.mark_non_differentiable(mean, variance)
        return torch.addcmul(bias[:, None], normal, weight[:, None]), mean, variance

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor, None]:
        # The usual gradient of batch normalization: that of the input is the gradient of the
        # output less its projections on the constant and on the normalized values.
        normal, rstd, weight = ctx.saved_tensors
        n = grad.shape[1]
        of_bias, of_weight = grad.sum(1), (grad * normal).sum(1)
        of_x = (grad - of_bias[:, None] / n).addcmul_(normal, of_weight[:, None], value=-1 / n)
        return of_x.mul_(rstd * weight[:, None]), of_weight, of_bias, None


class _Linear:
    def __init__(self, layers: list[nn.Linear]) -> None:
        self.layers = layers
        # Transposed, so that the gradient of the product has the layout of the weights.
        self.weight = torch.stack([layer.weight.detach().T for layer in layers]).requires_grad_()
        self.parameters = [self.weight]
        self.bias = None
        if layers[0].bias is not None:
            self.bias = torch.stack([layer.bias.detach() for layer in layers]).requires_grad_()
            self.parameters.append(self.bias)

    def __call__(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return torch.bmm(x, self.weight)
        return torch.baddbmm(self.bias[:, None], x, self.weight)

    def store(self) -> None:
        with torch.no_grad():
            for i, layer in enumerate(self.layers):
                layer.weight.copy_(self.weight[i].T)
                if self.bias is not None:
                    layer.bias.copy_(self.bias[i])


class _BatchNorm:
    def __init__(self, layers: list[Any]) -> None:
        self.layers = layers
        self.eps, self.momentum = layers[0].eps, layers[0].momentum
        self.weight = torch.stack([layer.weight.detach() for layer in layers]).requires_grad_()
        self.bias = torch.stack([layer.bias.detach() for layer in layers]).requires_grad_()
        self.mean = torch.stack([layer.running_mean for layer in layers])
        self.variance = torch.stack([layer.running_var for layer in layers])
        self.parameters = [self.weight, self.bias]
        self.n_batches = 0

    def __call__(self, x: Tensor) -> Tensor:
        n = x.shape[1]
        if n == 1:  # a batch of one sample has no statistics of its own
            normal = (x - self.mean[:, None]) * (self.variance[:, None] + self.eps).rsqrt()
            return torch.addcmul(self.bias[:, None], normal, self.weight[:, None])
        normal, mean, variance = _Normalize.apply(x, self.weight, self.bias, self.eps)
        with torch.no_grad():
            self.mean.lerp_(mean, self.momentum)
            self.variance.lerp_(variance * (n / (n - 1)), self.momentum)
        self.n_batches += 1
        return normal

    def store(self) -> None:
        with torch.no_grad():
            for i, layer in enumerate(self.layers):
                layer.weight.copy_(self.weight[i])
                layer.bias.copy_(self.bias[i])
                layer.running_mean.copy_(self.mean[i])
                layer.running_var.copy_(self.variance[i])
                layer.num_batches_tracked.fill_(self.n_batches)


class _Dropout:
    """Dropout by 16 random bits for each value, drawn for each model."""

    def __init__(self, layers: list[nn.Dropout], draws: list[np.random.SFC64]) -> None:
        self.draws = draws
        self.limits = np.array(
            [[min(round(layer.p * 2**16), 2**16 - 1)] for layer in layers], np.uint16
        )
        self.scales = torch.from_numpy(1 / (1 - self.limits / 2**16))[:, None]
        self.parameters: list[Tensor] = []

    def __call__(self, x: Tensor) -> Tensor:
        # 16 bits are fine enough for a rate, and four values share one number of 64 bits.
        n_values = x[0].numel()
        bits = np.stack([draw.random_raw(ceil(n_values / 4)) for draw in self.draws])
        mask = bits.view(np.uint16)[:, :n_values] >= self.limits
        return x * torch.from_numpy(mask).view(x.shape).to(x.dtype).mul_(self.scales.to(x.dtype))

    def store(self) -> None:
        """Store nothing: nothing is learned."""


class _Elementwise:
    def __init__(self, layers: list[nn.Module]) -> None:
        self.layer = layers[0]
        self.parameters: list[Tensor] = []

    def __call__(self, x: Tensor) -> Tensor:
        return self.layer(x)

    def store(self) -> None:
        """Store nothing: nothing is learned."""


def _stack(models: list[Model]) -> list[Any]:
    layers_of_all: list[Any] = []
    draws = [np.random.SFC64(model.seed) for model in models]
    for layers in zip(*(find_layers(model.net) for model in models), strict=True):
        kind = type(layers[0])
        if kind is nn.Linear:
            layers_of_all.append(_Linear(list(layers)))
        elif kind is nn.BatchNorm1d:
            layers_of_all.append(_BatchNorm(list(layers)))
        elif kind in DROPOUTS:
            layers_of_all.append(_Dropout(list(layers), draws))
        elif kind is not nn.Flatten:  # the samples are flat already
            layers_of_all.append(_Elementwise(list(layers)))
    return layers_of_all


@torch.enable_grad()
def train_together(
    models: list[Model],
    X: Tensor,
    y: Tensor,
    weights: Tensor | None,
    *,
    epochs: int,
    batch_size: int,
    optimizer: str,
    lr_schedule: str,
) -> list[Model]:
    """Train models of one structure, each as it would be trained alone, and return them.

    Parameters
    ----------
    models : list of Model
        Their nets are trained in place.
    X : Tensor of shape (n_parts, n_samples, n_features)
        Standardized samples of every part.
    y : Tensor of shape (n_parts, n_samples)
        Encoded labels.
    weights : Tensor of shape (n_parts, n_samples) or None
        Sample weights with a mean of 1 in every part.
    epochs, batch_size : int
        The length of the training.
    optimizer, lr_schedule : str
        Names.
    """
    # Every model sees its own rows of the stacked samples, and the sum of all losses has, for the
    # weights of one model, the gradient of its own loss: one backward pass trains them all apart.
    given_order, n_samples = models, X.shape[1]
    models = sorted(models, key=lambda model: model.lr)  # neighbors share a parameter group
    generators = [torch.Generator() for _ in models]
    for model, generator in zip(models, generators, strict=True):
        generator.set_state(model.state)
    layers = _stack(models)
    parameters = [parameter for layer in layers for parameter in layer.parameters]
    groups = _Groups(models, parameters, optimizer)
    steps = ceil(n_samples / batch_size)
    schedule = Schedule(lr_schedule, groups.optimizer, epochs, steps)
    starts = torch.tensor([model.part * n_samples for model in models])[:, None]
    smoothing = torch.tensor([model.label_smoothing for model in models], dtype=X.dtype)[:, None]
    X, y = X.flatten(0, 1), y.flatten()
    weights = None if weights is None else weights.flatten()
    for _ in range(epochs):
        for model, lr in zip(models, groups.get_lrs(), strict=True):
            model.lrs.append(lr)
        total = torch.zeros(len(models), dtype=X.dtype)
        for rows in _batches(generators, starts, n_samples, steps):
            logits = X.index_select(0, rows.flatten()).unflatten(0, rows.shape)
            for layer in layers:
                logits = layer(logits)
            losses = _compute_cross_entropy(logits, y[rows], smoothing)
            if weights is not None:
                losses = losses * weights[rows]
            losses = losses.mean(1)
            groups.step(torch.autograd.grad(losses.sum(), parameters))
            schedule.step_batch()
            total += losses.detach() * rows.shape[1]
        for model, loss in zip(models, (total / n_samples).tolist(), strict=True):
            model.losses.append(loss)
    for layer in layers:
        layer.store()
    return given_order


def _batches(
    generators: list[torch.Generator], starts: Tensor, n_samples: int, n_batches: int
) -> Iterator[Tensor]:
    """Yield the rows of each model's next batch, shuffled as it would be alone."""
    if n_batches == 1:
        yield starts + torch.arange(n_samples)
        return
    orders = [torch.randperm(n_samples, generator=generator) for generator in generators]
    yield from (torch.stack(orders) + starts).split(ceil(n_samples / n_batches), dim=1)


def _compute_cross_entropy(logits: Tensor, y: Tensor, smoothing: Tensor) -> Tensor:
    """Compute losses of shape (n_models, n_samples), with a label smoothing for each model."""
    logs = logits.log_softmax(-1)
    log_likelihood = logs.gather(-1, y[..., None]).squeeze(-1)
    return -torch.lerp(log_likelihood, logs.mean(-1), smoothing)


class _Groups:
    """One torch optimizer for all models: a parameter group for each learning rate."""

    def __init__(self, models: list[Model], parameters: list[Tensor], optimizer: str) -> None:
        settings = {
            name.removeprefix("optimizer__"): value
            for name, value in get_optimizer_settings(optimizer, torch.device("cpu")).items()
        }
        self.parameters = parameters
        self.slices: list[slice] = []
        for _, group in groupby(models, key=lambda model: model.lr):
            start = self.slices[-1].stop if self.slices else 0
            self.slices.append(slice(start, start + len(list(group))))
        self.decays = torch.tensor([model.weight_decay for model in models], dtype=torch.float64)
        groups = [
            {"params": [p.detach()[part] for p in parameters], "lr": models[part.start].lr}
            for part in self.slices
        ]
        self.optimizer = settings.pop("optimizer")(groups, **settings)

    def get_lrs(self) -> list[float]:
        """Return the current learning rate of each model."""
        return [
            float(group["lr"])
            for group, part in zip(self.optimizer.param_groups, self.slices, strict=True)
            for _ in range(part.start, part.stop)
        ]

    @torch.no_grad()
    def step(self, gradients: tuple[Tensor, ...]) -> None:
        """Take the optimizer's step, after the decay of the weights."""
        if self.decays.any():
            factors = (1 - torch.tensor(self.get_lrs()) * self.decays).to(self.parameters[0].dtype)
            for parameter in self.parameters:
                parameter.mul_(factors.view(-1, *[1] * (parameter.ndim - 1)))
        for group, part in zip(self.optimizer.param_groups, self.slices, strict=True):
            for parameter, gradient in zip(group["params"], gradients, strict=True):
                parameter.grad = gradient[part]
        self.optimizer.step()
