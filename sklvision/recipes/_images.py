"""Images of any kind: pretrained features and two linear classifiers."""

from __future__ import annotations

from numpy.random import RandomState
from sklearn.pipeline import Pipeline, make_pipeline

from sklvision.feature_extraction import PretrainedFeatures
from sklvision.recipes._linear_vote import make_linear_vote
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
    """Classify images of any kind and size with pretrained features and a linear vote.

    The first model to try on some hundred photographs (extra ``pretrained``). Features of all
    stages of the net count, colors and textures as well as whole objects, and two linear
    classifiers vote on them: discriminant analysis, which is better with few images or classes that
    differ in details, and logistic regression, which is better with thousands of images.

    .. versionadded:: 0.1

    Parameters
    ----------
    average_flips : bool, default=False
        Average the features of each image and its mirror image, which takes twice as long.
    random_state : int, RandomState instance or None, default=None
        Not used: nothing is drawn at random. It exists because the other recipes have it.
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
    ['pretrainedfeatures', 'geometricvotingclassifier']
    """
    return make_pipeline(
        PretrainedFeatures(layers="all", average_flips=average_flips, device=device),
        make_linear_vote(),
    )
