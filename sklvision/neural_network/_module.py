"""The module inside every classifier: standardization in front of the architecture."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sklvision.nets._registry import build, get_architecture

Architecture = str | Callable[..., nn.Module]

# Messages of torch's allocators.
_MEMORY_MESSAGES = re.compile("allocate memory|not enough memory|out of memory|size .* overflow")


class StandardizedNet(nn.Module):
    """A net that takes data as users hold it.

    Spectra come as ``(n, n_bands)``, images channels-last as ``(n, height, width, channels)``,
    both of any real dtype. They are standardized by the training data's mean and scale, per
    band or per channel; images are turned to the channels-first layout of torch.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, net: nn.Module, mean: np.ndarray, scale: np.ndarray) -> None:
        super().__init__()
        self.net = net
        # Copies: an array may be read-only or mapped from a file.
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("scale", torch.tensor(scale))

    def forward(self, x: Tensor) -> Tensor:
        """Map a batch of samples to logits ``(n, n_classes)``."""
        return self.net(self.standardize(x))

    def standardize(self, x: Tensor) -> Tensor:
        """Map a batch of samples to what the net takes."""
        return standardize(x, self.mean, self.scale)


def standardize(x: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """Map a batch of samples to what a net takes."""
    x = (x.to(mean.dtype) - mean) / scale
    if x.ndim == 4:
        # The stride of a single channel is arbitrary, and most send convolutions down a slow
        # path; dropping and adding that axis makes it the one of channels-last.
        x = (x[..., 0].unsqueeze(3) if x.shape[3] == 1 else x).permute(0, 3, 1, 2)
    return x


def check_architecture(
    architecture: Architecture, params: dict[str, Any] | None, kind: str
) -> None:
    """Raise unless `architecture` is a registered name for this kind of data, or a callable."""
    if not all(isinstance(name, str) for name in params or ()):
        raise TypeError(f"architecture_params must be values by names, got {params!r}.")
    if isinstance(architecture, str):
        get_architecture(architecture, kind)
    elif isinstance(architecture, nn.Module) and params:
        raise ValueError(
            "architecture_params must be None when architecture is a module that is already "
            f"built, got {params!r}."
        )


def build_net(
    architecture: Architecture,
    params: dict[str, Any] | None,
    input_shape: tuple[int, ...],
    n_classes: int,
    *,
    is_trained: bool = False,
) -> nn.Module:
    """Build the net and try it on two samples, so that a wrong shape shows before training.

    A net that was trained already is not tried. A module that is already built is copied:
    training never changes what the user passed.
    """
    params = params or {}
    description = f"architecture {architecture!r}"
    if isinstance(architecture, nn.Module):
        description = f"architecture {type(architecture).__name__}"
    elif not isinstance(architecture, str):
        _check_signature(architecture, params, input_shape)
        description = f"architecture {getattr(architecture, '__name__', architecture)!r}"
    with _name_memory_error(description, params):
        if isinstance(architecture, str):
            net = build(architecture, input_shape, n_classes, **params)
        elif isinstance(architecture, nn.Module):
            net = deepcopy(architecture)
        else:
            net = architecture(input_shape, n_classes, **params)
    if not isinstance(net, nn.Module):
        raise TypeError(f"{description} must return a torch.nn.Module, got {type(net).__name__}.")
    if is_trained:
        return net
    _try_net(net, description, input_shape, n_classes)
    if not any(parameter.requires_grad for parameter in net.parameters()):
        raise ValueError(f"{description} has no parameters to train.")
    return net


@contextmanager
def _name_memory_error(description: str, params: dict[str, Any]) -> Iterator[None]:
    """Name the net whose weights do not fit into memory, and its parameters."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _MEMORY_MESSAGES.search(str(error)):
            raise
        raise MemoryError(
            f"{description} needs more memory than there is, with architecture_params={params!r}. "
            "Lower its sizes."
        ) from error


def _check_signature(
    architecture: Callable[..., nn.Module], params: dict[str, Any], input_shape: tuple[int, ...]
) -> None:
    """Raise an error that says how an architecture is called, where it cannot be."""
    try:
        signature = inspect.signature(architecture)
    except (TypeError, ValueError):  # of compiled code
        return
    try:
        signature.bind(input_shape, 2, **params)
    except TypeError as error:
        name = getattr(architecture, "__name__", repr(architecture))
        keywords = "".join(f", {key}={value!r}" for key, value in params.items())
        raise TypeError(
            f"architecture {name!r} is called as {name}(input_shape, n_classes{keywords}), here "
            f"with input_shape={input_shape}, and its signature is {name}{signature}: {error}."
        ) from error


def _try_net(
    net: nn.Module, description: str, input_shape: tuple[int, ...], n_classes: int
) -> None:
    *space, last = input_shape
    batch = torch.zeros((2, last, *space))  # channels first for images, (2, n_bands) for spectra
    training = net.training
    net.eval()
    parameter = next(net.parameters(), None)
    if parameter is not None:
        batch = batch.to(parameter)
    try:
        with torch.no_grad():
            logits = net(batch)
    except Exception as error:
        raise ValueError(
            f"{description} failed on a batch of shape {tuple(batch.shape)}: {error}"
        ) from error
    net.train(training)
    shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
    if shape != (2, n_classes):
        raise ValueError(
            f"{description} must return logits of shape (n_samples, {n_classes}) for "
            f"{n_classes} classes; for 2 samples it returned {shape}."
        )
    if n_classes > 1 and _has_probabilities(logits):
        raise ValueError(
            f"{description} returns probabilities: remove the softmax at its end. Expected logits, "
            "of which the loss makes probabilities itself."
        )


def _has_probabilities(output: Tensor) -> bool:
    """Whether rows are from 0 to 1 and sum to 1, as those of a softmax."""
    rows = output.double()
    return bool((rows >= 0).all() and ((rows.sum(dim=1) - 1).abs() < 1e-5).all())


@contextmanager
def freeze_batch_norm(module: nn.Module) -> Iterator[None]:
    """Use the running statistics: a batch of one sample has none of its own."""
    norms = [m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    training = [norm for norm in norms if norm.training]
    for norm in training:
        norm.eval()
    try:
        yield
    finally:
        for norm in training:
            norm.train()
