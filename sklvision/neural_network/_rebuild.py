"""Build the private net, carry it on into another fit, and rebuild it from plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from sklvision._torch.device import resolve_device
from sklvision._torch.precision import resolve_precision
from sklvision._torch.process_state import scoped_seed
from sklvision.nets._registry import get_architecture
from sklvision.neural_network._module import StandardizedNet, build_net
from sklvision.neural_network._net import Net
from sklvision.neural_network._optim import optimizer_settings

# Everything that decides what the module computes, as it was when it was fitted: architecture,
# architecture_params, input_shape, n_classes, precision and device, and suits_bfloat16.
Recipe = dict[str, Any]


def module_dtype(precision: str) -> torch.dtype:
    """Type of the weights; bfloat16 is for computing, not for keeping."""
    return torch.float64 if precision == "float64" else torch.float32


def make_module(recipe: Recipe, mean: np.ndarray, scale: np.ndarray) -> StandardizedNet:
    """Build the module, freshly initialised."""
    net = build_net(
        recipe["architecture"],
        recipe["architecture_params"],
        recipe["input_shape"],
        recipe["n_classes"],
    )
    return StandardizedNet(net, mean, scale).to(module_dtype(recipe["precision"]))


def make_net(
    module: StandardizedNet,
    recipe: Recipe,
    settings: dict[str, Any],
    previous: Net | None = None,
    *,
    trains: bool = True,
) -> Net:
    """Put an initialised net around a module.

    Parameters
    ----------
    module : StandardizedNet
        The module to train or to ask.
    recipe : dict
        How the module was built.
    settings : dict
        The net's own settings; ``optimizer`` is a name.
    previous : Net, default=None
        The net that trained this module before: its history goes on, and its optimizer's
        state where the optimizer is of the same kind.
    trains : bool, default=True
        Whether the net will be trained for certain, as one that was loaded may not.
    """
    settings = dict(settings)
    device = torch.device(recipe["device"])
    precision = resolve_precision(recipe["precision"], device, module, recipe["input_shape"])
    scales = getattr(module.net, "lr_scales", None)
    if scales:
        # Parameters of a slower or faster part, by name.
        settings["optimizer__param_groups"] = [
            (f"net.{pattern}", {"lr": settings["lr"] * scale}) for pattern, scale in scales
        ]
    net = Net(
        module,
        precision=precision,
        classes=np.arange(recipe["n_classes"]),
        device=str(device),
        **optimizer_settings(settings.pop("optimizer"), device),
        **settings,
    )
    net.initialize() if trains else net.initialize_to_predict()
    net.suits_bfloat16 = recipe.get("suits_bfloat16", False)
    if previous is not None:
        net.history = previous.history
        state = previous.optimizer_.state_dict()["state"]
        if state and type(previous.optimizer_) is type(net.optimizer_):
            groups = net.optimizer_.state_dict()["param_groups"]
            net.optimizer_.load_state_dict({"state": state, "param_groups": groups})
    return net


def get_weights(net: Net) -> dict[str, np.ndarray]:
    """Everything the module learned, as arrays."""
    return {
        name: tensor.detach().cpu().numpy() for name, tensor in net.module_.state_dict().items()
    }


def restore_net(
    recipe: Recipe,
    weights: dict[str, np.ndarray],
    settings: dict[str, Any],
    history: list[dict[str, Any]],
) -> Net:
    """Rebuild a fitted net, on the device it was fitted on or, where that is absent, the CPU."""
    try:
        device = resolve_device(recipe["device"])
    except ValueError:
        device = torch.device("cpu")
    with scoped_seed(0, device):
        module = make_module(_without_download(recipe), weights["mean"], weights["scale"])
    module.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    module.eval()
    net = make_net(module, recipe | {"device": str(device)}, settings, trains=False)
    for epoch in history:
        net.history.new_epoch()
        for name, value in epoch.items():
            net.history.record(name, value)
    return net


def _without_download(recipe: Recipe) -> Recipe:
    """The same net, but for published weights that the fitted ones replace anyway."""
    name, params = recipe["architecture"], recipe["architecture_params"]
    if isinstance(name, str) and "pretrained" in get_architecture(name).params:
        return recipe | {"architecture_params": params | {"pretrained": False}}
    return recipe
