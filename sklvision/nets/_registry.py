"""The registry of architectures: names that list and build every net."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from torch import nn

from sklvision.utils._suggest import did_you_mean

Builder = Callable[..., nn.Module]

# How many numbers describe one sample of each kind.
_SHAPE_OF_KIND = {"spectrum": ("(n_bands,)", 1), "image": ("(height, width, channels)", 3)}


@dataclass(frozen=True)
class Architecture:
    """A registered architecture: what it classifies and how it is built."""

    name: str
    kind: str
    builder: Builder

    @property
    def params(self) -> tuple[str, ...]:
        """Names of the parameters that ``build`` passes on."""
        signature = inspect.signature(self.builder)
        return tuple(
            name
            for name, parameter in signature.parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        )


_ARCHITECTURES: dict[str, Architecture] = {}


def register(name: str, *, kind: str) -> Callable[[Builder], Builder]:
    """Register a function ``(input_shape, n_classes, *, ...) -> nn.Module``."""

    def decorate(builder: Builder) -> Builder:
        _ARCHITECTURES[name] = Architecture(name, kind, builder)
        return builder

    return decorate


def list_architectures(kind: str | None = None) -> list[str]:
    """List the names that :func:`build` knows.

    Parameters
    ----------
    kind : {"spectrum", "image"}, default=None
        List only the architectures for spectra, or only those for images. The
        default lists all of them.

    Returns
    -------
    names : list of str
        Registered names, sorted.

    Raises
    ------
    ValueError
        If `kind` is neither ``"spectrum"`` nor ``"image"``.

    See Also
    --------
    build : Build a net by its name.

    Examples
    --------
    >>> from sklvision.nets import list_architectures
    >>> list_architectures("spectrum")
    ['spectrum_cnn', 'spectrum_mlp']
    """
    if kind is not None and kind not in _SHAPE_OF_KIND:
        raise ValueError(f"kind must be 'spectrum', 'image' or None, got {kind!r}.")
    return sorted(a.name for a in _ARCHITECTURES.values() if kind in (None, a.kind))


def get_architecture(name: str, kind: str | None = None) -> Architecture:
    """Look a name up, or raise a ValueError that suggests the nearest one."""
    if name not in _ARCHITECTURES:
        hint = did_you_mean(name, list_architectures(kind))
        raise ValueError(f"No architecture is named {name!r}. {hint}")
    architecture = _ARCHITECTURES[name]
    if kind is not None and architecture.kind != kind:
        raise ValueError(
            f"Architecture {name!r} is built for one {architecture.kind}, not for one {kind}. "
            f"Architectures for one {kind}: {', '.join(list_architectures(kind))}."
        )
    return architecture


def build(name: str, input_shape: tuple[int, ...], n_classes: int, **params: Any) -> nn.Module:
    """Build a registered net.

    Parameters
    ----------
    name : str
        One of :func:`list_architectures`.
    input_shape : tuple of int
        Shape of one sample: ``(n_bands,)`` for spectra, ``(height, width, channels)`` in
        pixels for images.
    n_classes : int
        Number of classes, at least 1.
    **params : dict
        Parameters of the architecture, such as ``dropout=0.2``.

    Returns
    -------
    net : torch.nn.Module
        A net that maps a float batch, ``(n_samples, n_bands)`` or
        ``(n_samples, channels, height, width)``, to logits of shape ``(n_samples, n_classes)``.

    Raises
    ------
    ValueError
        If the name is not registered, or the shape does not fit the architecture.
    TypeError
        If the architecture does not have one of the parameters.

    See Also
    --------
    list_architectures : The names.

    Examples
    --------
    >>> from sklvision.nets import build
    >>> net = build("spectrum_mlp", (502,), 3)
    >>> sum(parameter.numel() for parameter in net.parameters())
    333059
    """
    architecture = get_architecture(name)
    described, n_dims = _SHAPE_OF_KIND[architecture.kind]
    shape = tuple(input_shape)
    if len(shape) != n_dims or not all(isinstance(n, Integral) and n >= 1 for n in shape):
        raise ValueError(
            f"Architecture {name!r} needs an input_shape {described} of positive integers, "
            f"got {input_shape!r}."
        )
    if not isinstance(n_classes, Integral) or n_classes < 1:
        raise ValueError(f"n_classes must be an integer of at least 1, got {n_classes!r}.")
    for param in params:
        if param not in architecture.params:
            hint = did_you_mean(param, architecture.params)
            raise TypeError(f"Architecture {name!r} has no parameter {param!r}. {hint}")
    return architecture.builder(shape, int(n_classes), **params)
