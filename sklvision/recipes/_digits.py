"""Handwritten digits, by one net or by a vote."""

from __future__ import annotations

from typing import Any

from numpy.random import RandomState
from sklearn.base import ClassifierMixin
from sklearn.ensemble import VotingClassifier
from sklearn.utils import check_random_state

from sklvision.augmentation import RandomRotation, RandomShift, RandomZoom
from sklvision.neural_network import ImageClassifier

# The architectures of the published vote.
_PUBLISHED = (
    "resnet18",
    "resnet34",
    "mobilenet_v2",
    "mobilenet_v3_large",
    "squeezenet1_0",
    "efficientnet_b0",
)
# Channels and activation of the one net, and of those that vote: what differs errs on
# different digits.
_NET: dict[str, Any] = {"channels": (32, 96, 128)}
_MEMBERS: tuple[dict[str, Any], ...] = (
    _NET,
    {"channels": (32, 96, 128), "activation": "relu"},
    {"channels": (32, 96, 128), "activation": "silu"},
    {"channels": (24, 112, 144)},
    {"channels": (48, 80, 128), "activation": "relu"},
)


def digits(
    *,
    vote: bool = False,
    published: bool = False,
    random_state: int | RandomState | None = None,
    device: str = "auto",
) -> ClassifierMixin:
    """Classify handwritten digits by a small convolutional net, or by a vote of five.

    Digits are turned, moved and scaled a little at random in training.

    Parameters
    ----------
    vote : bool, default=False
        Average the probabilities of five nets that differ a little, each trained for a
        shorter time.
    published : bool, default=False
        As the published system had it: torchvision's resnet18, or the majority vote of
        six of its architectures (extra ``zoo``).
    random_state : int, RandomState instance or None, default=None
        Seed of the training.
    device : str, default="auto"
        Where to train: ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``; ``"auto"`` takes a GPU if
        there is one.

    Returns
    -------
    estimator : classifier
        For images of shape (n, 28, 28), or about as small.

    See Also
    --------
    sklvision.datasets.fetch_mnist : The digits it is measured on.

    Notes
    -----
    .. versionadded:: 0.2

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklvision.recipes import digits
    >>> digit_images = load_digits()
    >>> X, y = digit_images.images, digit_images.target
    >>> digits(random_state=0).fit(X[:900], y[:900]).score(X[900:], y[900:]) > 0.95
    True
    """
    if published:
        return _published(vote, random_state, device)
    if not vote:
        return _net(_NET, 20, random_state, device)
    seeds = _seeds(random_state, len(_MEMBERS))
    members = [_net(params, 14, seed, device) for params, seed in zip(_MEMBERS, seeds, strict=True)]
    names = [f"net{i}" for i in range(len(members))]
    return VotingClassifier(list(zip(names, members, strict=True)), voting="soft")


def _net(
    params: dict[str, Any], epochs: int, random_state: int | RandomState | None, device: str
) -> ImageClassifier:
    return ImageClassifier(
        "speed_cnn",
        architecture_params=params,
        augment=[RandomRotation(15), RandomShift(0.07, 0.07), RandomZoom(0.15)],
        max_epochs=epochs,
        batch_size=128,
        optimizer="sgd",
        lr=0.1,
        weight_decay=0.005,
        label_smoothing=0.1,
        random_state=random_state,
        device=device,
    )


def _published(vote: bool, random_state: int | RandomState | None, device: str) -> ClassifierMixin:
    names = _PUBLISHED if vote else _PUBLISHED[:1]
    seeds = _seeds(random_state, len(names))
    # The optimizer and the number of epochs are not told: these are the usual ones.
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


def _seeds(random_state: int | RandomState | None, n: int) -> list[int]:
    """Different seeds for the members."""
    return check_random_state(random_state).randint(2**31 - 1, size=n).tolist()
