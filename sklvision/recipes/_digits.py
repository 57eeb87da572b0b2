"""Handwritten digits, by one net or by a vote."""

from __future__ import annotations

from typing import Any

from numpy.random import RandomState
from sklearn.base import ClassifierMixin
from sklearn.ensemble import VotingClassifier

from sklvision.augmentation import RandomRotation, RandomShift, RandomZoom
from sklvision.neural_network import ImageClassifier
from sklvision.recipes._parameters import check_parameters
from sklvision.recipes._seeds import draw_seeds
from sklvision.recipes._speed_net import make_speed_net
from sklvision.recipes._texts import document

# The architectures of the published vote.
_PUBLISHED_ARCHITECTURES = (
    "resnet18",
    "resnet34",
    "mobilenet_v2",
    "mobilenet_v3_large",
    "squeezenet1_0",
    "efficientnet_b0",
)
# Channels and activation of the one net, and of those that vote: nets that differ make errors
# on different digits.
_NET_PARAMS: dict[str, Any] = {"channels": (32, 96, 128)}
_MEMBER_PARAMS: tuple[dict[str, Any], ...] = (
    _NET_PARAMS,
    {"channels": (32, 96, 128), "activation": "relu"},
    {"channels": (32, 96, 128), "activation": "silu"},
    {"channels": (24, 112, 144)},
    {"channels": (48, 80, 128), "activation": "relu"},
)


@document
@check_parameters
def digits(
    *,
    vote: bool = False,
    published: bool = False,
    random_state: int | RandomState | None = None,
    device: str = "auto",
) -> ClassifierMixin:
    """Classify handwritten digits with a small convolutional net, or a vote of five.

    Digits are randomly rotated, shifted and scaled a little in training.

    Parameters
    ----------
    vote : bool, default=False
        Average the probabilities of five nets that differ a little, each trained for a
        shorter time.
    published : bool, default=False
        The published system: torchvision's resnet18, or the majority vote of
        six of its architectures (extra ``zoo``).
    %(seed)s
    %(device)s

    Returns
    -------
    estimator : classifier
        For images of shape (n, 28, 28), or about as small.

    See Also
    --------
    sklvision.datasets.fetch_mnist : The digits it is measured on.

    %(added)s

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> digit_images = load_digits()
    >>> X, y = digit_images.images, digit_images.target
    >>> from sklvision.recipes import digits
    >>> digits(random_state=0).fit(X[:900], y[:900]).score(X[900:], y[900:]) > 0.95
    True
    """
    if published:
        return _make_published(vote, random_state, device)
    if not vote:
        return _make_net(_NET_PARAMS, 20, random_state, device)
    seeds = draw_seeds(random_state, len(_MEMBER_PARAMS))
    members = [
        _make_net(params, 14, seed, device)
        for params, seed in zip(_MEMBER_PARAMS, seeds, strict=True)
    ]
    names = [f"net{i}" for i in range(len(members))]
    return VotingClassifier(list(zip(names, members, strict=True)), voting="soft")


def _make_net(
    params: dict[str, Any], epochs: int, random_state: int | RandomState | None, device: str
) -> ImageClassifier:
    return make_speed_net(
        [RandomRotation(15), RandomShift(0.07, 0.07), RandomZoom(0.15)],
        architecture_params=params,
        max_epochs=epochs,
        random_state=random_state,
        device=device,
    )


def _make_published(
    vote: bool, random_state: int | RandomState | None, device: str
) -> ClassifierMixin:
    names = _PUBLISHED_ARCHITECTURES if vote else _PUBLISHED_ARCHITECTURES[:1]
    seeds = draw_seeds(random_state, len(names))
    # The optimizer and the number of epochs were not published: these are the usual ones.
    nets = [
        ImageClassifier(
            f"torchvision:{name}",
            optimizer="adam",
            lr=1e-3,
            weight_decay=0.0,
            max_epochs=10,
            random_state=seed,
            device=device,
        )
        for name, seed in zip(names, seeds, strict=True)
    ]
    return VotingClassifier(list(zip(names, nets, strict=True))) if vote else nets[0]
