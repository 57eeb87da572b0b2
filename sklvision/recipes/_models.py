"""Models by name: recipes, and architectures behind the steps that their samples need."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklvision._torch.device import resolve_device
from sklvision._torch.process_state import seed_torch
from sklvision.image import Resize
from sklvision.nets import build, get_architecture, list_architectures
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.recipes._cifar10 import cifar10
from sklvision.recipes._digits import digits
from sklvision.recipes._flowers import flowers
from sklvision.recipes._images import images
from sklvision.recipes._nails import nails
from sklvision.recipes._spectra import spectra
from sklvision.recipes._texts import document
from sklvision.utils._images import compute_reduced_size
from sklvision.utils._nested import can_take_images, check_estimator
from sklvision.utils._samples import Samples, as_samples
from sklvision.utils._suggest import did_you_mean
from sklvision.utils._validation import check_count

RECIPES: dict[str, Callable[..., Any]] = {
    "cifar10": cifar10,
    "digits": digits,
    "flowers": flowers,
    "images": images,
    "nails": nails,
    "spectra": spectra,
}
_CLASSIFIERS: dict[str, Any] = {"spectrum": SpectrumClassifier, "image": ImageClassifier}
_DEFAULT_SIDE = 64  # pixels of the longer side of images for an architecture
# Reduced images that take fewer bytes than this are read once, and not in every epoch.
_MAX_BYTES = 2**30
# Parameters of recipes and classifiers that are arguments of get_model, or of no use there.
_RESERVED = {"random_state", "device", "verbose", "architecture", "architecture_params"}


@dataclass(frozen=True)
class NamedModel:
    """A recipe or an architecture by name; its estimator is built once the samples are known.

    Attributes
    ----------
    name : str
        Name of the recipe or the architecture.
    kind : {"images", "spectra"}
        Kind of samples that it takes.
    """

    name: str
    kind: str
    _build: Callable[[Samples], Any]

    def build(self, X: Any) -> Any:
        """Build the unfitted estimator for given samples.

        Parameters
        ----------
        X : array-like, table or collection of n_samples samples
            The samples; an architecture for images comes behind a step that brings them to one
            size.

        Returns
        -------
        estimator : estimator
            An unfitted classifier or pipeline.
        """
        return self._build(as_samples(X))


@document
def get_model(
    name: str,
    *,
    options: Mapping[str, Any] | None = None,
    max_epochs: int | None = None,
    image_size: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    device: str = "auto",
) -> NamedModel:
    """Get a recipe or an architecture by its name, with all parameters checked.

    The command ``sklvision train`` uses this function.

    Parameters
    ----------
    name : str
        One of :func:`list_models`.
    options : dict of str to object, default=None
        Parameters of the recipe, of the classifier or of its architecture, such as
        ``{"batch_size": 32, "dropout": 0.2}``.
    max_epochs : int, default=None
        Passes over the training set of every net; None keeps the default.
    image_size : int, default=None
        Longer side, in pixels, of the images that an architecture receives. None takes 64 or, if
        smaller, their own, and for pretrained weights the size they were trained on.
    %(seed)s
    %(device)s

    Returns
    -------
    model : NamedModel
        Its attributes are ``name`` and ``kind`` ("images" or "spectra"); ``model.build(X)`` returns
        an unfitted estimator for the samples `X`.

    Raises
    ------
    ValueError
        If a name of a model or a parameter, or a device, does not exist; the message suggests the
        nearest name.

    See Also
    --------
    list_models : All names.

    %(added)s

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.recipes import get_model
    >>> model = get_model("resnet8", max_epochs=5, random_state=0)
    >>> model.kind
    'images'
    >>> list(model.build(np.zeros((10, 80, 100))).named_steps)
    ['resize', 'imageclassifier']
    """
    if not isinstance(name, str):
        raise TypeError(f"The name of a model must be a string, got {name!r}.")
    if not isinstance(options, Mapping | None):
        raise TypeError(f"options must be a dict of values by name, got {options!r}.")
    options = dict(options or {})
    if image_size is not None:
        check_count("image_size", image_size)
    resolve_device(device)
    if name in RECIPES:
        if image_size is not None:
            raise ValueError(f"image_size={image_size}: the recipe {name} has sizes of its own.")
        recipe = RECIPES[name]
        _check_options(options, _list_parameters(recipe), f"the recipe {name}")
        estimator = recipe(random_state=random_state, device=device, **options)
        if max_epochs is not None:
            set_net_params(estimator, max_epochs=max_epochs)
        kind = "images" if can_take_images(estimator) else "spectra"
        return NamedModel(name, kind, lambda samples: estimator)
    return _get_architecture_model(name, options, max_epochs, image_size, random_state, device)


def _get_architecture_model(
    name: str,
    options: dict[str, Any],
    max_epochs: int | None,
    image_size: int | None,
    random_state: Any,
    device: str,
) -> NamedModel:
    architecture = _find_architecture(name)
    if architecture.kind == "spectrum" and image_size is not None:
        raise ValueError(f"image_size={image_size}: is for images only, {name} takes spectra.")
    classifier_class = _CLASSIFIERS[architecture.kind]
    parameters = _list_parameters(classifier_class)
    _check_options(options, [*parameters, *architecture.params], f"the architecture {name}")
    net_params = {key: value for key, value in options.items() if key not in parameters}
    settings = {key: value for key, value in options.items() if key in parameters}
    if max_epochs is not None:
        settings["max_epochs"] = max_epochs
    classifier = classifier_class(
        name,
        architecture_params=net_params or None,
        random_state=random_state,
        device=device,
        **settings,
    )
    classifier._validate_params()

    def build_for_spectra(samples: Samples) -> Any:
        _try_params(architecture, net_params, samples.sample_shape)
        return classifier

    def build_for_images(samples: Samples) -> Any:
        size = _choose_size(architecture, net_params, image_size, samples.sample_shape)
        channels = (samples.sample_shape or (*size, 3))[2:] or (1,)
        _try_params(architecture, net_params, (*size, *channels))
        return add_resize(classifier, size, samples)

    if architecture.kind == "spectrum":
        return NamedModel(name, "spectra", build_for_spectra)
    return NamedModel(name, "images", build_for_images)


@document
def list_models() -> list[tuple[str, str, str]]:
    """List the recipes and architectures that :func:`get_model` knows.

    Returns
    -------
    models : list of (str, str, str) tuples
        Name, kind ("recipe", "spectrum" or "image") and one line of description; recipes first.

    See Also
    --------
    sklvision.nets.list_architectures : The architectures alone.

    %(added)s

    Examples
    --------
    >>> from sklvision.recipes import list_models
    >>> [name for name, kind, _ in list_models() if kind == "recipe"]
    ['cifar10', 'digits', 'flowers', 'images', 'nails', 'spectra']
    """
    models = [(name, "recipe", _read_first_line(recipe)) for name, recipe in RECIPES.items()]
    for name in list_architectures():
        library, _, model = name.partition(":")
        if model:
            models.append((name, "image", f"A model of {library}."))
        else:
            architecture = get_architecture(name)
            models.append((name, architecture.kind, _read_first_line(architecture.builder)))
    return models


@document
def set_net_params(estimator: Any, **params: Any) -> Any:
    """Set parameters of every net inside an estimator.

    Parameters
    ----------
    estimator : estimator
        A classifier, or a pipeline or ensemble of classifiers.
    **params : dict
        Parameters of :class:`~sklvision.neural_network.ImageClassifier`, such as
        ``max_epochs=5``.

    Returns
    -------
    estimator : estimator
        The estimator itself.

    Raises
    ------
    ValueError
        If the estimator contains no net.

    See Also
    --------
    get_model : A model by its name.

    %(added)s

    Examples
    --------
    >>> from sklvision.recipes import set_net_params, spectra
    >>> set_net_params(spectra(vote=False), max_epochs=5)[-1].max_epochs
    5
    """
    check_estimator(estimator)
    suffix = "max_epochs"
    prefixes = [
        key.removesuffix(suffix) for key in estimator.get_params() if key.split("__")[-1] == suffix
    ]
    if not prefixes:
        values = ", ".join(f"{name}={value!r}" for name, value in params.items())
        raise ValueError(f"{values}: the {type(estimator).__name__} contains no net to train.")
    return estimator.set_params(
        **{prefix + name: value for prefix in prefixes for name, value in params.items()}
    )


def _find_architecture(name: str) -> Any:
    known_names = [*RECIPES, *list_architectures(library="sklvision")]
    if name in known_names or ":" in name:  # of another library
        return get_architecture(name)
    raise ValueError(
        f"No recipe or architecture is named {name!r}. {did_you_mean(name, known_names)} Models of "
        "other libraries are named 'torchvision:NAME' or 'timm:NAME'."
    )


def _list_parameters(function: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in _RESERVED]


def _check_options(options: Iterable[str], names: list[str], owner: str) -> None:
    for key in options:
        if key not in names:
            hint = did_you_mean(key, names) if names else "It has none."
            raise ValueError(f"option {key}: {owner} has no option of that name. {hint}")


def _try_params(
    architecture: Any, params: dict[str, Any], input_shape: tuple[int, ...] | None
) -> None:
    """Raise if an architecture cannot be built with parameters, which fits would find out later.

    Weights are not read for this, and memory that does not suffice is left to the fit.
    """
    if not params or input_shape is None:
        return
    tried_params = params | ({"pretrained": False} if "pretrained" in params else {})
    try:
        with seed_torch(0), suppress(MemoryError, RuntimeError):
            build(architecture.name, input_shape, 2, **tried_params)
    except (TypeError, ValueError) as error:
        noun = "option" if len(params) == 1 else "options"
        raise type(error)(
            f"{noun} {', '.join(params)} of the architecture {architecture.name}: {error}"
        ) from error


def _choose_size(
    architecture: Any,
    params: dict[str, Any],
    image_size: int | None,
    sample_shape: tuple[int, ...] | None,
) -> tuple[int, int]:
    """Choose height and width of the images that an architecture receives."""
    shape = sample_shape or ()
    if len(shape) not in (0, 2, 3):
        raise ValueError(
            f"{architecture.name} takes images, (n, height, width) or (n, height, width, channels);"
            f" each sample of X has the shape {shape}."
        )
    native_side = architecture.native_side if params.get("pretrained") else None
    max_side = image_size or native_side or _DEFAULT_SIDE
    size = compute_reduced_size(shape, max_side, enlarge=image_size is not None) or shape[:2]
    if image_size is None and min(size) < architecture.min_side:
        factor = architecture.min_side / min(size)
        size = round(factor * size[0]), round(factor * size[1])
    if min(size) < architecture.min_side:
        raise ValueError(
            f"image_size={image_size}: {architecture.name} needs at least {architecture.min_side} "
            f"pixels a side, and the images become {size[0]} × {size[1]}."
        )
    return size[0], size[1]


def add_resize(classifier: Any, size: tuple[int, int], samples: Samples) -> Any:
    """Make a pipeline that takes images of any size."""
    steps: list[Any] = [Resize(size)]
    if samples.is_lazy and len(samples) * size[0] * size[1] * 3 <= _MAX_BYTES:
        steps.append(FunctionTransformer(np.asarray))
    return make_pipeline(*steps, classifier)


def _read_first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]
