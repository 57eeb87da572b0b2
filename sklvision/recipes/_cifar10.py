"""Small color photographs, under a budget of parameters and time."""

from __future__ import annotations

from numpy.random import RandomState
from sklearn.base import ClassifierMixin

from sklvision.augmentation import (
    RandomErasing,
    RandomFlip,
    RandomShift,
    TestTimeAugmentation,
)
from sklvision.neural_network import ImageClassifier
from sklvision.recipes._parameters import check_parameters
from sklvision.recipes._speed_net import make_speed_net
from sklvision.recipes._texts import document


@document
@check_parameters
def cifar10(
    *,
    published: bool = False,
    random_state: int | RandomState | None = None,
    device: str = "auto",
) -> ClassifierMixin:
    """Classify small color photographs with a net of less than a million parameters.

    Images are randomly flipped, shifted and partly covered in training, and predictions are
    averaged over an image and its mirror image.

    Parameters
    ----------
    published : bool, default=False
        The published system: ``"cifar_cnn"``, trained by Adamax on flipped and moved
        images until it no longer improves.
    %(seed)s
    %(device)s

    Returns
    -------
    estimator : classifier
        For images of shape (n, 32, 32, 3), or about as small.

    See Also
    --------
    sklvision.datasets.fetch_cifar10 : The photographs it is measured on.

    %(added)s

    Examples
    --------
    >>> from sklvision.recipes import cifar10
    >>> cifar10(random_state=0).get_params()["estimator__max_epochs"]
    38
    """
    if published:
        return ImageClassifier(
            "cifar_cnn",
            augment=[RandomShift(0.1), RandomFlip()],
            max_epochs=50,
            batch_size=128,
            optimizer="adamax",
            lr=0.0035,
            lr_schedule="plateau",
            weight_decay=0.0,
            early_stopping=True,
            random_state=random_state,
            device=device,
        )
    net = make_speed_net(
        [RandomFlip(), RandomShift(0.06, 0.06), RandomErasing(0.15)],
        max_epochs=38,
        random_state=random_state,
        device=device,
    )
    return TestTimeAugmentation(net)
