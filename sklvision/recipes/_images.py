"""Images of any kind: pretrained features and a linear classifier."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer

from sklvision.feature_extraction import PretrainedFeatures
from sklvision.recipes._parameters import check_parameters
from sklvision.recipes._texts import document


@document
@check_parameters
def images(
    *,
    average_flips: bool = False,
    random_state: int | RandomState | None = None,
    device: str = "auto",
) -> Pipeline:
    """Classify images of any kind and size by pretrained features and logistic regression.

    The first model to try on some hundred photographs (extra ``pretrained``).

    .. versionadded:: 0.1

    Parameters
    ----------
    average_flips : bool, default=False
        Average the features of each image and its mirror image, which takes twice as long.
    random_state : int, RandomState instance or None, default=None
        Not used: nothing is drawn at random. It is there as in the other recipes.
    %(device)s

    Returns
    -------
    estimator : Pipeline
        For images of any size, gray or in color, as an array or a collection.

    See Also
    --------
    flowers : Features of three nets, for photographs in color.
    nails : Features of an object after a crop and alignment.

    Examples
    --------
    >>> from sklvision.recipes import images
    >>> list(images().named_steps)
    ['pretrainedfeatures', 'functiontransformer', 'normalizer', 'logisticregression']
    """
    return make_pipeline(
        PretrainedFeatures(average_flips=average_flips, device=device),
        FunctionTransformer(np.sqrt),
        Normalizer(),
        LogisticRegression(C=10, max_iter=1000),
    )
