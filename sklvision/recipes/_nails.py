"""Nails on a belt, straight or bent."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer

from sklvision.augmentation import RandomFlip, RandomRotation
from sklvision.feature_extraction import PretrainedFeatures, ShapeFeatures
from sklvision.image import ForegroundCrop
from sklvision.neural_network import ImageClassifier
from sklvision.recipes._parameters import check_parameters
from sklvision.recipes._texts import document


@document
@check_parameters
def nails(
    *,
    fast: bool = False,
    published: bool = False,
    random_state: int | RandomState | None = None,
    device: str = "auto",
) -> Pipeline:
    """Classify nails as good or bad: crop and align them, then use pretrained features.

    If an object is horizontal and fills the image, only its shape matters, and its position and the
    light do not.

    Parameters
    ----------
    fast : bool, default=False
        Classify the object's outline by a few numbers, in milliseconds: twice the time of decoding
        a JPEG. Pass images read at a quarter of their size, by
        ``ImageCollection(files, reduce=4)``; larger ones take longer and are no better.
    published : bool, default=False
        The published system: an upright window around the brightest pixels and
        ``"nail_cnn"`` from scratch, in 2,000 epochs.
    random_state : int, RandomState instance or None, default=None
        Seed of the training, which is needed for ``published=True`` only.
    %(device)s

    Returns
    -------
    estimator : Pipeline
        For whole images, gray or in color, as an array or a collection.

    See Also
    --------
    sklvision.datasets.fetch_nails : The nails it is measured on.
    sklvision.feature_extraction.ShapeFeatures : The features of ``fast=True``.

    Notes
    -----
    The settings of :class:`~sklvision.image.ForegroundCrop` are for images of about 1900 × 1200
    pixels with one object in the middle. With ``fast=True`` they are fractions of the image, which
    may have any size at which the object is a few pixels thick.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklvision.recipes import nails
    >>> nails().named_steps["foregroundcrop"]
    ForegroundCrop(align=True, center_crop=(960, 1200), output_size=(96, 384),
                   polarity='both', threshold='otsu')
    >>> list(nails(fast=True).named_steps)
    ['foregroundcrop', 'shapefeatures', 'lineardiscriminantanalysis']
    """
    if fast and published:
        raise ValueError("fast=True and published=True exclude each other.")
    if fast:
        return _make_fast()
    if published:
        return _make_published(random_state, device)
    return make_pipeline(
        ForegroundCrop(
            center_crop=(960, 1200),
            threshold="otsu",
            polarity="both",
            align=True,
            output_size=(96, 384),
        ),
        PretrainedFeatures("efficientnet_lite0", image_size=96, average_flips=True, device=device),
        FunctionTransformer(np.sqrt),
        Normalizer(),
        LogisticRegression(C=10, max_iter=1000),
    )


def _make_fast() -> Pipeline:
    crop = ForegroundCrop(
        center_crop=(0.79, 0.62),
        threshold="otsu",
        polarity="both",
        align=True,
        output_size=(24, 96),
        output="mask",
    )
    return make_pipeline(crop, ShapeFeatures(), LinearDiscriminantAnalysis())


def _make_published(random_state: int | RandomState | None, device: str) -> Pipeline:
    net = ImageClassifier(
        "nail_cnn",
        augment=[RandomFlip("both"), RandomRotation(180)],
        max_epochs=2000,
        batch_size=16,
        optimizer="adam",
        lr=1e-4,
        lr_schedule="cyclic",
        weight_decay=0.0,
        random_state=random_state,
        device=device,
    )
    # As an array, images are decoded once and not in every epoch.
    return make_pipeline(ForegroundCrop(), FunctionTransformer(np.asarray), net)
