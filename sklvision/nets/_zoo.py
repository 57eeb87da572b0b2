"""Models of torchvision and timm, adapted to images of any size and number of channels.

A library is imported only when one of its models is requested.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

from torch import nn

from sklvision.nets._adapt import (
    DEFAULT_MIN_SIDE,
    IMAGENET_MEAN,
    IMAGENET_STD,
    AdaptedNet,
    adapt_channels,
    find_head,
    replace_head,
    resolve_size,
)
from sklvision.nets._weights_file import load_weights_file
from sklvision.utils._optional import import_optional

# Families of torchvision by the prefix of their names: those that need more than 32 pixels per
# side, and those whose attention has a fixed image size.
_MIN_SIDE = {"alexnet": 64, "inception": 80}
_FIXED_SIDE = {"vit": 224, "maxvit": 224}
# By default, these two normalize images a second time.
_INCEPTIONS = ("googlenet", "inception_v3")


def _import(library: str) -> ModuleType:
    try:
        return import_optional(library, extra="zoo")
    except ImportError:
        raise
    except Exception as error:
        # A torchvision built for another torch can fail in many ways.
        raise ImportError(
            f"{library} is installed but can't be imported ({error}). "
            "Install the version that was built for the installed torch."
        ) from error


@cache
def _list_models(library: str) -> tuple[str, ...]:
    module = _import(library)
    if library == "torchvision":
        return tuple(module.models.list_models(module=module.models))
    return tuple(module.list_models())


def list_names(library: str, *, missing_ok: bool = False) -> list[str]:
    """List the models of a library as ``"library:NAME"``."""
    try:
        return sorted(f"{library}:{model}" for model in _list_models(library))
    except ImportError as error:
        if not missing_ok:
            raise
        if not isinstance(error.__cause__, ModuleNotFoundError):
            warnings.warn(f"The models of {library} are not listed: {error}", stacklevel=3)
        return []


def _find_family(table: dict[str, int], name: str) -> int | None:
    return next((side for family, side in table.items() if name.startswith(family)), None)


def get_native_side(library: str, name: str) -> int:
    """Return the side in pixels of the images that a model's weights were trained on."""
    if library == "timm":
        return _import("timm").get_pretrained_cfg(name).input_size[-1]
    weights = _import("torchvision").models.get_model_weights(name).DEFAULT
    return int(weights.transforms().crop_size[0])


def build_torchvision_model(
    name: str,
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    pretrained: bool | str = False,
    image_size: int | None = None,
    backbone_lr_scale: float = 1.0,
) -> nn.Module:
    """Build a classifier from torchvision."""
    models = _import("torchvision").models
    fixed_side = _find_family(_FIXED_SIDE, name)
    min_side = _find_family(_MIN_SIDE, name) or DEFAULT_MIN_SIDE
    size = resolve_size(input_shape, image_size, min_side=min_side, fixed_side=fixed_side)
    params: dict[str, Any] = {}
    if name in _INCEPTIONS:
        params = {"transform_input": False}
    elif name.startswith("vit") and size[0] != fixed_side:
        params = {"image_size": size[0]}
    elif name.startswith("maxvit"):
        params = {"input_size": size}
    expected_statistics: Any = None
    if pretrained:
        if fixed_side is not None and params.get("image_size", fixed_side) != fixed_side:
            raise ValueError(
                f"image_size must be {fixed_side} or None for the weights of {name}, "
                f"got {image_size!r}."
            )
        has_own = isinstance(pretrained, bool)
        model = models.get_model(name, weights="DEFAULT" if has_own else None, **params)
        if not isinstance(pretrained, bool):
            load_weights_file(model, pretrained, [find_head(model)])
        if name == "inception_v3":
            model.aux_logits, model.AuxLogits = False, None  # they would be a second output
        replace_head(model, find_head(model), n_classes)
        half = (0.5, 0.5, 0.5)
        expected_statistics = (half, half) if name in _INCEPTIONS else (IMAGENET_MEAN, IMAGENET_STD)
    else:
        if name in _INCEPTIONS:
            params |= {"init_weights": True, "aux_logits": False}
        model = models.get_model(name, weights=None, num_classes=n_classes, **params)
    adapt_channels(model, input_shape[2])
    return AdaptedNet(
        model,
        [find_head(model)],
        size=size,
        n_channels=input_shape[2],
        any_size=fixed_side is None,
        expected_statistics=expected_statistics,
        backbone_lr_scale=backbone_lr_scale,
    )


def build_timm_model(
    name: str,
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    pretrained: bool | str = False,
    image_size: int | None = None,
    backbone_lr_scale: float = 1.0,
) -> nn.Module:
    """Build a classifier from timm."""
    timm = _import("timm")
    config = timm.get_pretrained_cfg(name)
    min_side = max(DEFAULT_MIN_SIDE, *(config.min_input_size or (0, 0, 0))[1:])
    fixed_side = config.input_size[-1] if config.fixed_input_size else None
    size = resolve_size(input_shape, image_size, min_side=min_side, fixed_side=fixed_side)
    params: dict[str, Any] = {}
    if fixed_side is not None and size[0] != fixed_side:
        params["img_size"] = size[0]
    is_file = not isinstance(pretrained, bool)
    model = timm.create_model(
        name,
        pretrained=pretrained and not is_file,
        num_classes=n_classes,
        in_chans=input_shape[2],
        **params,
    )
    if not hasattr(model, "get_classifier"):
        raise ValueError(f"timm's {name!r} is not a classifier. Choose another model.")
    heads = model.get_classifier()
    heads = heads if isinstance(heads, tuple | list) else (heads,)
    paths = [path for path, module in model.named_modules() if any(module is h for h in heads)]
    if not isinstance(pretrained, bool):
        load_weights_file(model, pretrained, paths)
    return AdaptedNet(
        model,
        paths,
        size=size,
        n_channels=input_shape[2],
        any_size=fixed_side is None,
        expected_statistics=(config.mean, config.std) if pretrained else None,
        backbone_lr_scale=backbone_lr_scale,
    )


LIBRARIES: dict[str, Callable[..., nn.Module]] = {
    "torchvision": build_torchvision_model,
    "timm": build_timm_model,
}
