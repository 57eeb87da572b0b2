"""Build the private net, train it further, and rebuild it from plain arrays."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn.modules.module import (
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)

from sklvision._torch.device import resolve_device
from sklvision._torch.precision import resolve_precision
from sklvision._torch.process_state import limit_forked_threads, seed_torch, use_one_thread
from sklvision.nets._registry import get_architecture
from sklvision.neural_network._module import StandardizedNet, build_net
from sklvision.neural_network._net import Net
from sklvision.neural_network._optim import get_optimizer_settings
from sklvision.neural_network._settings import FitSettings
from sklvision.utils._protocols import has_lr_scales

# Activations, dropout and containers of a net per array of weights, generously.
_PARTS_PER_WEIGHT = 8


def build_module(
    settings: FitSettings, mean: np.ndarray, scale: np.ndarray, *, is_trained: bool = False
) -> StandardizedNet:
    """Build the module, freshly initialized."""
    net = build_net(
        settings.architecture,
        settings.architecture_params,
        settings.input_shape,
        settings.n_outputs,
        is_trained=is_trained,
    )
    return StandardizedNet(net, mean, scale).to(settings.module_dtype)


def make_net(
    module: StandardizedNet,
    settings: FitSettings,
    *,
    callbacks: list | None = None,
    augment: list | None = None,
    verbose: int = 0,
    previous: Net | None = None,
    can_train: bool = True,
) -> Net:
    """Put an initialized net around a module.

    Parameters
    ----------
    module : StandardizedNet
        The module to train or to predict with.
    settings : FitSettings
        Settings of the module and of its training.
    callbacks, augment : list, default=None
        Callbacks of skorch and augmenters, already checked.
    verbose : int, default=0
        Whether callbacks may print.
    previous : Net, default=None
        The net that trained this module before: its history is continued, and its optimizer's
        state where the optimizer is of the same kind.
    can_train : bool, default=True
        Whether to make an optimizer now, which a net that was loaded may never need.
    """
    device = torch.device(settings.device)
    groups: dict[str, Any] = {}
    if has_lr_scales(module.net) and module.net.lr_scales:
        # Parameters of a slower or faster part, by name.
        groups["optimizer__param_groups"] = [
            (pattern, {"lr": settings.lr * scale}) for pattern, scale in module.net.lr_scales
        ]
    net = Net(
        module,
        precision=resolve_precision(settings.precision, device, module, settings.input_shape),
        classes=np.arange(settings.n_outputs),
        device=str(device),
        lr=settings.lr,
        lr_schedule=settings.lr_schedule,
        weight_decay=settings.weight_decay,
        max_epochs=settings.max_epochs,
        batch_size=settings.batch_size,
        criterion__label_smoothing=settings.label_smoothing,
        callbacks=callbacks or [],
        augment=augment or [],
        verbose=verbose,
        **get_optimizer_settings(settings.optimizer, device),
        **groups,
    )
    net.initialize() if can_train else net.initialize_to_predict()
    # A fit of the net itself, or of a clone of it, begins with new weights.
    mean, scale = (tensor.numpy(force=True).copy() for tensor in (module.mean, module.scale))
    net.module = partial(build_module, settings, mean, scale)
    net.can_infer_in_bfloat16_ = settings.rounds_inference
    if previous is not None:
        net.resume(previous)
    return net


def get_weights(net: Net) -> dict[str, np.ndarray]:
    """Return everything that the module learned, as arrays."""
    return {
        name: tensor.detach().cpu().numpy() for name, tensor in net.module_.state_dict().items()
    }


def restore_net(
    settings: FitSettings, weights: dict[str, np.ndarray], history: list[dict[str, Any]]
) -> Net:
    """Rebuild a fitted net, on the device it was fitted on or, where that is absent, the CPU.

    Nothing is computed on several threads, so that a process may load a net and fork.
    """
    device = _find_device(settings.device)
    settings = replace(settings, device=str(device))
    limit_forked_threads()
    with seed_torch(0, device), use_one_thread():
        module = build_module(
            _skip_download(settings), weights["mean"], weights["scale"], is_trained=True
        )
        module.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    module.eval()
    net = make_net(module, settings, can_train=False)
    for epoch in history:
        net.history.new_epoch()
        for name, value in epoch.items():
            net.history.record(name, value)
    return net


def _find_device(name: str) -> torch.device:
    """Find a device by its name, or another of its type; the CPU if there is none."""
    for candidate in (name, torch.device(name).type):
        with suppress(ValueError):
            return resolve_device(candidate)
    return torch.device("cpu")


def check_weights(settings: FitSettings, weights: dict[str, np.ndarray]) -> None:
    """Raise unless the weights of a file are those of the net, before the net takes memory.

    The net is built without memory for weights, and the building ends once it has many more
    parts than the weights account for: settings in a file may be wrong by any factor.

    Parameters
    ----------
    settings : FitSettings
        Settings of a registered architecture.
    weights : dict of str to ndarray
        Everything that the module learned.
    """
    for name in ("mean", "scale"):
        if name not in weights or np.shape(weights[name]) != settings.input_shape[-1:]:
            raise ValueError(f"The {name} of the samples does not fit {settings.input_shape}.")
    n_parts, most_parts = 0, _PARTS_PER_WEIGHT * (len(weights) + _PARTS_PER_WEIGHT)

    def count_part(*_: Any) -> None:
        nonlocal n_parts
        n_parts += 1
        if n_parts > most_parts:
            raise ValueError(f"The net has more parts than its {len(weights)} weights account for.")

    hooks = [
        register_hook(count_part)
        for register_hook in (
            register_module_module_registration_hook,
            register_module_parameter_registration_hook,
        )
    ]
    try:
        with torch.device("meta"):
            module = build_module(
                _skip_download(settings), np.zeros(1), np.ones(1), is_trained=True
            )
    finally:
        for hook in hooks:
            hook.remove()
    expected = {name: tuple(tensor.shape) for name, tensor in module.net.state_dict().items()}
    shapes = {
        name.removeprefix("net."): np.shape(array)
        for name, array in weights.items()
        if name.startswith("net.")
    }
    names = expected.keys() | shapes.keys()
    wrong = sorted(name for name in names if expected.get(name) != shapes.get(name))
    if wrong:
        raise ValueError(
            f"The weights {wrong[0]!r} do not fit the architecture "
            f"{settings.architecture!r}: shape {shapes.get(wrong[0])}, expected "
            f"{expected.get(wrong[0])}."
        )


def _skip_download(settings: FitSettings) -> FitSettings:
    """Exclude published weights, which the fitted ones replace anyway."""
    name, params = settings.architecture, settings.architecture_params
    if isinstance(name, str) and "pretrained" in get_architecture(name).params:
        return replace(settings, architecture_params=params | {"pretrained": False})
    return settings
