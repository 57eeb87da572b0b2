"""The registry of architectures: names that list and build every net."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from torch import nn

from sklvision.nets import _zoo
from sklvision.utils._suggest import did_you_mean
from sklvision.utils._validation import is_option

Builder = Callable[..., nn.Module]

# The shape of one sample of each kind, and its number of dimensions.
_SHAPE_OF_KIND = {"spectrum": ("(n_bands,)", 1), "image": ("(height, width, channels)", 3)}
_PLURALS = {"spectrum": "spectra", "image": "images"}


@dataclass(frozen=True)
class Architecture:
    """A registered architecture: its kind of samples and the function that builds it.

    `min_side` is the smallest height and width, in pixels, that an image may have;
    `published_side` returns the side of the images that its published weights were trained on.
    """

    name: str
    kind: str
    builder: Builder
    min_side: int = 1
    published_side: Callable[[], int] | None = None

    @property
    def native_side(self) -> int | None:
        """Side in pixels of the images that published weights were trained on, or None."""
        return self.published_side() if self.published_side else None

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


def register(
    name: str,
    *,
    kind: str,
    min_side: int = 1,
    published_side: Callable[[], int] | None = None,
) -> Callable[[Builder], Builder]:
    """Register a function ``(input_shape, n_classes, *, ...) -> nn.Module``."""

    def decorate(builder: Builder) -> Builder:
        _ARCHITECTURES[name] = Architecture(name, kind, builder, min_side, published_side)
        return builder

    return decorate


def list_architectures(kind: str | None = None, *, library: str | None = None) -> list[str]:
    """List the names that :func:`build` accepts.

    .. versionadded:: 0.1

    Parameters
    ----------
    kind : {"spectrum", "image"}, default=None
        List only the architectures for spectra, or only those for images. The
        default lists all of them.
    library : {"sklvision", "torchvision", "timm"}, default=None
        List only the nets of the package itself, or only the classifiers of another
        library, named ``"torchvision:resnet18"`` or ``"timm:convnext_tiny"``. The default
        lists those of every installed library (extra ``zoo``), which is imported unless
        ``kind="spectrum"``.

    Returns
    -------
    names : list of str
        Names, sorted; those of the package come first.

    Raises
    ------
    ValueError
        If `kind` or `library` is not one of the values listed.
    ImportError
        If `library` is named and cannot be imported.

    See Also
    --------
    build : Build a net by its name.

    Examples
    --------
    >>> from sklvision.nets import list_architectures
    >>> list_architectures("spectrum")
    ['spectrum_cnn', 'spectrum_mlp']
    """
    if kind is not None and not is_option(kind, _SHAPE_OF_KIND):
        raise ValueError(f"kind must be 'spectrum', 'image' or None, got {kind!r}.")
    if library is not None and not is_option(library, ("sklvision", *_zoo.LIBRARIES)):
        raise ValueError(
            f"library must be 'sklvision', {', '.join(map(repr, _zoo.LIBRARIES))} or None, "
            f"got {library!r}."
        )
    names: list[str] = []
    if library in (None, "sklvision"):
        names += sorted(a.name for a in _ARCHITECTURES.values() if kind in (None, a.kind))
    if kind != "spectrum":
        for library_name in _zoo.LIBRARIES if library is None else {library} & set(_zoo.LIBRARIES):
            names += _zoo.list_names(library_name, missing_ok=library is None)
    return names


def get_architecture(name: str, kind: str | None = None) -> Architecture:
    """Get the entry of an architecture in the registry.

    .. versionadded:: 0.1

    Parameters
    ----------
    name : str
        One of :func:`list_architectures`.
    kind : {"spectrum", "image"}, default=None
        Kind of samples that it must be for; None accepts both.

    Returns
    -------
    architecture : Architecture
        Its ``name``, ``kind``, ``builder``, ``params`` (names of its parameters), ``min_side``
        (smallest height and width in pixels) and ``native_side`` (that of the images its published
        weights were trained on, None without weights).

    Raises
    ------
    TypeError
        If `name` is not a string.
    ValueError
        If no architecture has that name, or it is of the other kind.

    See Also
    --------
    build : Build a net by its name.

    Examples
    --------
    >>> from sklvision.nets import get_architecture
    >>> get_architecture("spectrum_mlp").kind
    'spectrum'
    """
    if not isinstance(name, str):
        raise TypeError(f"The name of an architecture must be a string, got {name!r}.")
    library, _, model = name.partition(":")
    if library in _zoo.LIBRARIES:
        names = _zoo.list_names(library)
        if name not in names:
            suggestions = get_close_matches(name, names, n=5) or names[:5]
            raise ValueError(f"{library} has no model {model!r}. {did_you_mean(name, suggestions)}")
        architecture = Architecture(
            name,
            "image",
            partial(_zoo.LIBRARIES[library], model),
            published_side=partial(_zoo.get_native_side, library, model),
        )
    elif name in _ARCHITECTURES:
        architecture = _ARCHITECTURES[name]
    else:
        hint = did_you_mean(name, list_architectures(kind, library="sklvision"))
        zoo_names = " or ".join(f"'{library}:NAME'" for library in _zoo.LIBRARIES)
        raise ValueError(
            f"No architecture is named {name!r}. {hint} Models of other libraries are named "
            f"{zoo_names}."
        )
    if kind is not None and not is_option(kind, _SHAPE_OF_KIND):
        raise ValueError(f"kind must be 'spectrum', 'image' or None, got {kind!r}.")
    if kind is not None and architecture.kind != kind:
        raise ValueError(
            f"Architecture {name!r} is for {_PLURALS[architecture.kind]}, not for "
            f"{_PLURALS[kind]}. Architectures for {_PLURALS[kind]}: "
            f"{', '.join(list_architectures(kind, library='sklvision'))}."
        )
    return architecture


def build(name: str, input_shape: tuple[int, ...], n_classes: int, **params: Any) -> nn.Module:
    """Build a registered net.

    .. versionadded:: 0.1

    Parameters
    ----------
    name : str
        One of :func:`list_architectures`: a net of the package, or a model of another library
        as ``"torchvision:NAME"`` or ``"timm:NAME"``.
    input_shape : tuple of int
        Shape of one sample: ``(n_bands,)`` for spectra, ``(height, width, channels)`` in
        pixels for images.
    n_classes : int
        Number of classes, at least 1.
    **params : dict
        Parameters of the architecture, such as ``dropout=0.2``. Nets that come with weights
        take ``pretrained`` (default False), ``image_size`` (side in pixels of the squares that
        images are resized to inside the net; by default only sides that are shorter than
        32 pixels, or too short for the net, are enlarged) and ``backbone_lr_scale``: the factor
        of the learning rate for all layers except the last; 0 freezes them.

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
    ImportError
        If the library, or the package with the weights, is not installed.

    See Also
    --------
    list_architectures : List the names.

    Examples
    --------
    >>> from sklvision.nets import build
    >>> net = build("spectrum_mlp", (502,), 3)
    >>> sum(parameter.numel() for parameter in net.parameters())
    333059
    """
    architecture = get_architecture(name)
    shape_text, n_dims = _SHAPE_OF_KIND[architecture.kind]
    shape = tuple(input_shape) if np.iterable(input_shape) else ()
    if len(shape) != n_dims or not all(isinstance(n, Integral) and n >= 1 for n in shape):
        raise ValueError(
            f"Architecture {name!r} needs an input_shape {shape_text} of positive integers, "
            f"got {input_shape!r}."
        )
    if not isinstance(n_classes, Integral) or n_classes < 1:
        raise ValueError(f"n_classes must be an integer of at least 1, got {n_classes!r}.")
    if architecture.kind == "image" and min(shape[:2]) < architecture.min_side:
        raise ValueError(
            f"Architecture {name!r} needs images of at least {architecture.min_side} pixels per "
            f"side, got an input_shape {input_shape!r}. Enlarge them with sklvision.image.Resize."
        )
    for param in params:
        if param not in architecture.params:
            hint = did_you_mean(param, architecture.params)
            raise TypeError(f"Architecture {name!r} has no parameter {param!r}. {hint}")
    return architecture.builder(shape, int(n_classes), **params)
