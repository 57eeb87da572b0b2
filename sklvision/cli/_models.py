"""Models by name: the package's recipes, and pipelines about its architectures."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from sklvision.cli._data import LAZY_BEYOND, Data, reduced_size
from sklvision.cli._inspect import takes_images
from sklvision.utils._lazy import is_collection
from sklvision.utils._suggest import did_you_mean

DEFAULT_SIDE = 64  # pixels of the longer side that an architecture sees
# Parameters that have an option of their own, or none.
_SET_APART = {"random_state": "--seed", "device": "--device", "verbose": "--quiet"}
_NOT_SET = {*_SET_APART, "architecture", "architecture_params"}


@dataclass(frozen=True)
class Model:
    """A choice whose estimator is made once the data are known."""

    name: str
    takes_images: bool
    make: Callable[[Data], Any]


def choose_model(
    name: str,
    *,
    seed: int,
    device: str | None,
    options: dict[str, Any],
    epochs: int | None,
    image_size: int | None,
) -> Model:
    """Find a recipe or an architecture, and check what is asked of it."""
    from sklvision import recipes

    settings: dict[str, Any] = {"random_state": seed} | ({"device": device} if device else {})
    if name in recipes.__all__:
        if image_size is not None:
            raise ValueError(f"--image-size {image_size}: the recipe {name} has sizes of its own.")
        function = getattr(recipes, name)
        _refuse_unknown(options, _keywords(function), f"The recipe {name}")
        estimator = _with_epochs(function(**settings, **options), epochs)
        return Model(name, takes_images(estimator), lambda data: estimator)

    from sklvision._torch.device import resolve_device
    from sklvision.nets._registry import get_architecture

    try:
        architecture = get_architecture(name)
    except ValueError as error:
        near = get_close_matches(name, recipes.__all__, n=1)
        hint = f"Did you mean the recipe {near[0]!r}? " if near else ""
        raise ValueError(
            f"{hint}{error} The recipes and all others: sklvision train --list."
        ) from None
    if architecture.kind == "spectrum" and image_size is not None:
        raise ValueError(f"--image-size {image_size}: is for images only, {name} takes spectra.")
    resolve_device(device or "auto")
    classifier_class = _classifier_class(architecture.kind)
    keywords = _keywords(classifier_class)
    _refuse_unknown(options, [*keywords, *architecture.params], f"The architecture {name}")
    own = {key: value for key, value in options.items() if key not in keywords}
    settings |= {key: value for key, value in options.items() if key in keywords}
    classifier = classifier_class(name, architecture_params=own or None, **settings)
    _with_epochs(classifier, epochs)._validate_params()
    if architecture.kind == "spectrum":
        return Model(name, False, lambda data: classifier)

    def make(data: Data) -> Any:
        return _behind_resize(classifier, _side(architecture, own, image_size, data), data)

    return Model(name, True, make)


def list_models() -> Iterator[str]:
    """One line for each name that :func:`choose_model` knows."""
    from sklvision import recipes
    from sklvision.nets import list_architectures
    from sklvision.nets._registry import get_architecture

    lines = [(name, "recipe", _first_line(getattr(recipes, name))) for name in recipes.__all__]
    for name in list_architectures():
        library, _, model = name.partition(":")
        if model:
            lines.append((name, "image", f"A model of {library}."))
        else:
            architecture = get_architecture(name)
            lines.append((name, architecture.kind, _first_line(architecture.builder)))
    width = max(len(name) for name, _, _ in lines)
    for name, kind, what in lines:
        yield f"{name.ljust(width)}  {kind.ljust(8)}  {what}"


def parse_options(texts: list[str]) -> dict[str, Any]:
    """Turn ``["dropout=0.2", "optimizer=sgd"]`` into keywords."""
    options: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.isidentifier():
            raise ValueError(f"--option {text}: expected NAME=VALUE, such as dropout=0.2.")
        if key in options:
            raise ValueError(f"--option {text}: {key} is given twice.")
        options[key] = _parse(value)
    return options


def set_where_trained(estimator: Any, parameter: str, value: Any) -> None:
    """Set a parameter of every net in an estimator."""
    names = [key for key in estimator.get_params() if key.split("__")[-1] == "max_epochs"]
    if names:
        new = {key.removesuffix("max_epochs") + parameter: value for key in names}
        estimator.set_params(**new)
    elif parameter == "max_epochs":
        raise ValueError(f"--epochs {value}: there is no net to train in {estimator!r}.")


def _classifier_class(kind: str) -> Any:
    from sklvision.neural_network import ImageClassifier, SpectrumClassifier

    return {"spectrum": SpectrumClassifier, "image": ImageClassifier}[kind]


def _keywords(function: Any) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in _NOT_SET]


def _refuse_unknown(options: dict[str, Any], known: list[str], whose: str) -> None:
    for key in options:
        if key in _SET_APART:
            raise ValueError(f"--option {key}: is told by {_SET_APART[key]}.")
        if key not in known:
            hint = did_you_mean(key, known) if known else "It has none."
            raise ValueError(f"--option {key}: {whose} has no such option. {hint}")


def _with_epochs(estimator: Any, epochs: int | None) -> Any:
    if epochs is not None:
        set_where_trained(estimator, "max_epochs", epochs)
    return estimator


def _side(architecture: Any, params: dict[str, Any], asked: int | None, data: Data) -> Any:
    """Height and width of the images that an architecture is to see."""
    shape = data.X.shape[1:]
    native = architecture.native_side if params.get("pretrained") else None
    longest = asked or native or DEFAULT_SIDE
    size = reduced_size(shape, longest, enlarge=asked is not None) or shape[:2]
    if asked is None and min(size) < architecture.min_side:
        factor = architecture.min_side / min(size)
        size = round(factor * size[0]), round(factor * size[1])
    if min(size) < architecture.min_side:
        raise ValueError(
            f"--image-size {asked}: {architecture.name} needs at least {architecture.min_side} "
            f"pixels a side, and the images become {size[0]} × {size[1]}."
        )
    return size


def _behind_resize(classifier: Any, size: tuple[int, int], data: Data) -> Any:
    """A pipeline that takes raw images of any size."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    from sklvision.image import Resize

    steps: list[Any] = [Resize(size)]
    if is_collection(data.X) and len(data.X) * size[0] * size[1] * 3 <= LAZY_BEYOND:
        # Small images are read from disk once, and not in every epoch.
        steps.append(FunctionTransformer(np.asarray))
    return make_pipeline(*steps, classifier)


def _parse(text: str) -> Any:
    if text.lower() in ("true", "false", "none"):
        text = text.capitalize()
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _first_line(function: Any) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]
