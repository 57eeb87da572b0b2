"""Flowers in an app."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from sklearn.base import ClassifierMixin
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklvision.augmentation import (
    RandomBrightness,
    RandomErasing,
    RandomFlip,
    RandomRotation,
    RandomShift,
    RandomZoom,
    TestTimeAugmentation,
)
from sklvision.feature_extraction import PretrainedFeatures
from sklvision.image import Resize
from sklvision.neural_network import ImageClassifier
from sklvision.recipes._linear_vote import make_linear_vote
from sklvision.recipes._parameters import check_parameters
from sklvision.recipes._seeds import draw_seeds
from sklvision.recipes._speed_net import make_speed_net
from sklvision.recipes._texts import document


@document
@check_parameters
def flowers(
    *,
    pretrained: bool = True,
    fine_tune: bool = False,
    vote: bool = False,
    published: bool = False,
    random_state: int | RandomState | None = None,
    device: str = "auto",
) -> ClassifierMixin:
    """Classify flowers with pretrained features, or a net trained from scratch.

    Features of all stages of three nets trained on ImageNet go side by side into the vote of
    discriminant analysis and logistic regression that :func:`~sklvision.recipes.images` has.

    Parameters
    ----------
    pretrained : bool, default=True
        Use pretrained nets (extra ``pretrained``). False trains a convolutional net from scratch,
        on images that are randomly flipped, rotated, shifted, scaled, brightened and partly
        covered.
    fine_tune : bool, default=False
        Add the vote of a pretrained net that is trained further, which takes some minutes. Not
        for ``pretrained=False``.
    vote : bool, default=False
        Average the probabilities of three nets from scratch, each trained from other initial
        weights. Only for ``pretrained=False``.
    published : bool, default=False
        The published system: ``"flowers_cnn"`` from scratch on 180 × 180 pixels.
        Not together with `fine_tune` or `vote`.
    %(seed)s
    %(device)s

    Returns
    -------
    estimator : Pipeline or VotingClassifier
        For color images of any size, as an array or a collection.

    Raises
    ------
    ValueError
        If ``fine_tune=True`` is combined with a net from scratch, or ``vote=True`` with pretrained
        nets or the published one.

    See Also
    --------
    sklvision.datasets.fetch_flowers17 : The photographs it is measured on.

    %(added)s

    Examples
    --------
    >>> from sklvision.recipes import flowers
    >>> list(flowers().named_steps)
    ['featureunion', 'geometricvotingclassifier']
    """
    if fine_tune and (published or not pretrained):
        raise ValueError("fine_tune=True needs pretrained=True and published=False.")
    if vote and (published or pretrained):
        raise ValueError("vote=True needs pretrained=False and published=False.")
    if published:
        return _make_published(random_state, device)
    if not pretrained:
        return _make_from_scratch(3 if vote else 1, random_state, device)
    features = _make_features(device)
    if not fine_tune:
        return features
    fine_tuned = _make_fine_tuned(random_state, device)
    return VotingClassifier([("features", features), ("tuned", fine_tuned)], voting="soft")


def _make_features(device: str) -> Pipeline:
    features = FeatureUnion(
        [
            (name, PretrainedFeatures(name, layers="all", average_flips=True, device=device))
            for name in ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
        ]
    )
    return make_pipeline(features, make_linear_vote())


def _make_fine_tuned(random_state: int | RandomState | None, device: str) -> Pipeline:
    net = ImageClassifier(
        "efficientnet_lite0",
        # The backbone learns more slowly than the new head.
        architecture_params={"pretrained": True, "backbone_lr_scale": 0.3},
        augment=[
            RandomFlip(),
            RandomRotation(20),
            RandomZoom(0.25),
            RandomShift(0.08),
            RandomBrightness(0.2),
        ],
        max_epochs=8,
        batch_size=32,
        weight_decay=0.02,
        label_smoothing=0.1,
        random_state=random_state,
        device=device,
    )
    return make_pipeline(Resize(192), FunctionTransformer(np.asarray), TestTimeAugmentation(net))


def _make_from_scratch(
    n_nets: int, random_state: int | RandomState | None, device: str
) -> Pipeline:
    if n_nets == 1:
        classifier: ClassifierMixin = _make_net(random_state, device)
    else:
        seeds = draw_seeds(random_state, n_nets)
        nets = [(f"net{i}", _make_net(seed, device)) for i, seed in enumerate(seeds)]
        classifier = VotingClassifier(nets, voting="soft")
    # As an array, images are decoded once and not in every epoch.
    return make_pipeline(
        Resize(64), FunctionTransformer(np.asarray), TestTimeAugmentation(classifier)
    )


def _make_net(random_state: int | RandomState | None, device: str) -> ImageClassifier:
    return make_speed_net(
        [
            RandomFlip(),
            RandomRotation(25),
            RandomZoom(0.25),
            RandomShift(0.1),
            RandomBrightness(0.2),
            RandomErasing(0.3),
        ],
        max_epochs=60,
        batch_size=32,
        random_state=random_state,
        device=device,
    )


def _make_published(random_state: int | RandomState | None, device: str) -> Pipeline:
    net = ImageClassifier(
        "flowers_cnn",
        augment=[RandomFlip(), RandomRotation(36)],
        max_epochs=24,
        batch_size=32,
        optimizer="adam",
        lr=1e-3,
        lr_schedule="constant",
        weight_decay=0.0,
        # A fifth is held out, and its accuracy reported.
        early_stopping=True,
        validation_fraction=0.2,
        n_iter_no_change=24,
        random_state=random_state,
        device=device,
    )
    return make_pipeline(Resize(180), FunctionTransformer(np.asarray), net)
