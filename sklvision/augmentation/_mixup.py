"""Samples mixed in pairs, and their labels with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sklvision.augmentation._base import FRACTION
from sklvision.augmentation._texts import document
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._sklearn import Interval, Real

if TYPE_CHECKING:
    from torch import Tensor


@document
class MixUp(SklvisionEstimator):
    """Mix every sample with another of its batch, and their labels in the same proportion.

    It works only in training, as ``augment`` of a classifier. A step of a pipeline cannot change
    labels, so this class has neither ``fit`` nor ``transform``.

    Parameters
    ----------
    alpha : float, default=0.2
        Both parameters of the beta distribution that weights are drawn from, from a millionth
        to a million: near 0, one of the two samples nearly vanishes; at 1, every proportion is
        equally likely.
    p : float, default=1.0
        Probability, per sample, of being mixed.

    See Also
    --------
    RandomErasing : Random rectangles erased from images.
    Compose : Augmenters one after another, this one among them.

    Notes
    -----
    Draws come from torch's default generator, which classifiers seed with their own
    ``random_state`` while they train.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] H. Zhang, M. Cisse, Y. N. Dauphin and D. Lopez-Paz, "mixup: beyond empirical risk
       minimization", International Conference on Learning Representations (2018).

    Examples
    --------
    >>> import torch
    >>> from sklvision.augmentation import MixUp
    >>> spectra, targets = 10 * torch.eye(3), torch.eye(3)
    >>> mixed, soft_targets = MixUp(1.0).mix(spectra, targets)
    >>> bool(torch.allclose(mixed, 10 * soft_targets))
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "alpha": [Interval(Real, 1e-6, 1e6, closed="both")],
        "p": FRACTION,
    }
    _n_dims = (2, 3, 4)

    def __init__(self, alpha: float = 0.2, *, p: float = 1.0) -> None:
        self.alpha = alpha
        self.p = p

    def mix(self, X: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Mix a batch.

        %(mix_sections)s

        Raises
        ------
        ValueError
            If the targets are not one row of floats per sample.
        """
        import torch
        from torch.distributions import Beta

        from sklvision.augmentation import _functional

        if targets.ndim != 2 or len(targets) != len(X) or not targets.is_floating_point():
            raise ValueError(
                "MixUp mixes targets of shape (n, n_classes) with float values, one row per "
                f"sample; got {targets.dtype} of shape {tuple(targets.shape)} for {len(X)} samples."
            )
        # On the processor: not every device draws from this distribution.
        weight = Beta(float(self.alpha), float(self.alpha)).sample((len(X),))
        weight[torch.rand(len(X)) >= self.p] = 1.0
        partner = torch.randperm(len(X)).to(X.device)
        weight = weight.to(X.device)
        return (
            _functional.mix(X, partner, weight.to(X.dtype)),
            _functional.mix(targets, partner, weight.to(targets.dtype)),
        )
