"""Handwritten digits, by one net or by a vote."""

from __future__ import annotations

from numpy.random import RandomState
from sklearn.base import ClassifierMixin
from sklearn.ensemble import VotingClassifier
from sklearn.utils import check_random_state

from sklvision.augmentation import (
    RandomRotation,
    RandomShift,
    RandomZoom,
    TestTimeAugmentation,
)
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
# Members of the vote: architecture and its parameters. What differs errs on different digits.
_MEMBERS: tuple[tuple[str, dict], ...] = (
    ("speed_cnn", {}),
    ("speed_cnn", {"activation": "relu"}),
    ("wide_resnet16_2", {}),
    ("speed_cnn", {"channels": (48, 160, 192)}),
    ("speed_cnn", {"channels": (64, 192, 160), "activation": "silu"}),
)


def digits(
    *,
    vote: bool = False,
    published: bool = False,
    random_state: int | RandomState | None = None,
    device: str = "auto",
) -> ClassifierMixin:
    """Classify handwritten digits by a small convolutional net, or by a vote of five.

    Digits are turned, moved and scaled a little at random in training, and predictions are
    averaged over the image and four that are moved by one pixel.

    Parameters
    ----------
    vote : bool, default=False
        Average the probabilities of five nets of different architectures, which takes five
        times as long.
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
    >>> X, y = load_digits(return_X_y=True)
    >>> model = digits(random_state=0).set_params(estimator__max_epochs=3)
    >>> model.fit(X[:500].reshape(-1, 8, 8), y[:500]).n_views_
    5
    """
    if published:
        return _published(vote, random_state, device)
    if not vote:
        return _member("speed_cnn", {}, random_state, device)
    seeds = _seeds(random_state, len(_MEMBERS))
    return VotingClassifier(
        [
            (f"net{i}", _member(name, params, seed, device))
            for i, ((name, params), seed) in enumerate(zip(_MEMBERS, seeds, strict=True))
        ],
        voting="soft",
    )


def _member(
    architecture: str, params: dict, random_state: int | RandomState | None, device: str
) -> TestTimeAugmentation:
    net = ImageClassifier(
        architecture,
        architecture_params=params or None,
        augment=[RandomRotation(15), RandomShift(2, 2), RandomZoom(0.15)],
        max_epochs=12,
        batch_size=128,
        optimizer="sgd",
        lr=0.1,
        weight_decay=0.005,
        label_smoothing=0.1,
        random_state=random_state,
        device=device,
    )
    return TestTimeAugmentation(net, flip=None, shift=1)


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
