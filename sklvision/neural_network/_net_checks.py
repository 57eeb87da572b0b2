"""Checks of what users hand to the net itself, before its weights are replaced or its history."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from skorch.utils import is_dataset
from torch import Tensor

from sklvision.neural_network._batches import split_weights
from sklvision.neural_network._settings import FitSettings


def check_net_data(net: Any, X: Any, y: Any) -> None:
    """Raise unless samples have the shape that the net takes, and labels are among its classes.

    Datasets, whose samples come one by one, are not looked at.
    """
    if is_dataset(X):
        return
    samples, _ = split_weights(X)
    check_sample_shape(net, samples)
    if y is None:
        raise ValueError("y is None: the net needs the class of every sample, 0, 1, ....")
    _check_classes(y, len(net.classes))


def check_sample_shape(net: Any, samples: Any) -> None:
    """Raise if samples have another shape than the net was built for, where that is known."""
    settings = next(iter(getattr(net.module, "args", ())), None)  # of a partial function
    if not isinstance(settings, FitSettings):
        return
    shape = tuple(samples.shape if hasattr(samples, "shape") else np.shape(samples))[1:]
    expected = settings.input_shape
    if shape == expected:
        return
    hint = ""
    if (*shape, 1) == expected:
        hint = " Images of one channel have an axis for it: X[..., np.newaxis]."
    raise ValueError(f"X has samples of shape {shape}, and the net takes {expected}.{hint}")


def _check_classes(y: Any, n_classes: int) -> None:
    """Raise unless labels are positions among the classes."""
    labels = y.detach().cpu().numpy() if isinstance(y, Tensor) else np.asarray(y)
    is_number = labels.dtype.kind in "biuf"
    if is_number and np.isin(labels, np.arange(n_classes)).all():
        return
    wrong = labels[~np.isin(labels, np.arange(n_classes))] if is_number else labels
    raise ValueError(
        f"y must hold positions among the classes, 0 to {n_classes - 1}, got "
        f"{wrong.flat[0]!r}. For the labels of a classifier, these are "
        "np.searchsorted(classifier.classes_, y)."
    )


def set_component_params(net: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Set parameters of an initialized net that skorch itself fails on, and return the others.

    Parameters
    ----------
    net : Net
        An initialized net.
    params : dict
        Parameters by name. Those of iterators and of the dataset apply from the next batch on; a
        new optimizer begins without the state of the old one, and with those parameters of it
        that it has too.
    """
    for name in params:
        if name.startswith("module__"):
            raise ValueError(
                f"{name} is not a parameter of this net: its module is built from "
                "architecture_params of the classifier. Set them there, and fit again."
            )
    net.optimizer_  # noqa: B018  skorch knows the parameters of an optimizer once made
    prefixes = ("iterator_train__", "iterator_valid__", "dataset__")
    direct_params = {
        name: value
        for name, value in params.items()
        if name.startswith(prefixes) and not name.endswith("__batch_size")
    }
    vars(net).update(direct_params)
    optimizer = params.get("optimizer")
    if optimizer is not None:
        parameters = {*inspect.signature(optimizer).parameters, "param_groups"}
        for name in [name for name in vars(net) if name.startswith("optimizer__")]:
            if name.removeprefix("optimizer__") not in parameters:
                delattr(net, name)
        net.optimizer = optimizer
        net._initialize_optimizer()
    return {
        name: value
        for name, value in params.items()
        if name not in direct_params and (name != "optimizer" or optimizer is None)
    }
