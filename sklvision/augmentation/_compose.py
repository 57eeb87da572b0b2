"""Augmenters one after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils.metaestimators import available_if

from sklvision.augmentation._affine import gather_warps
from sklvision.augmentation._base import Augmenter
from sklvision.augmentation._mixup import MixUp
from sklvision.utils._sklearn import InvalidParameterError

if TYPE_CHECKING:
    from torch import Tensor

    from sklvision.augmentation._draws import Draws

_OFF = "passthrough"


def _mixes_labels(augmenter: Compose) -> bool:
    if not any(hasattr(part, "mix") for part in augmenter._parts()):
        raise AttributeError("There is no MixUp among these augmenters.")
    return True


class Compose(Augmenter):
    """Apply several augmenters, one after another.

    Flips, rotations, shifts and zooms that stand next to each other and fill alike are
    applied at once, so that pixels are interpolated a single time.

    Parameters
    ----------
    augmenters : sequence of augmenters or of (str, augmenter) pairs, default=()
        What to apply, in this order. Those without a name get the name of their class in lower
        case, with a number where a class is there twice. A name serves to set parameters, such
        as ``randomrotation__degrees``, and to replace or switch off the augmenter by setting it
        to another one or to "passthrough".
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_transform``; that of the single augmenters is not used. In training, the
        classifier's seed rules.

    Attributes
    ----------
    input_shape_ : tuple of int
        Shape of one sample seen in ``fit``.
    n_features_in_ : int
        Number of values in one sample.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the bands, where ``X`` was a table with names that are all strings.

    See Also
    --------
    sklearn.pipeline.make_pipeline : The same for transformers and a final estimator.

    Notes
    -----
    With a :class:`MixUp` among them it works in training only.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklvision.augmentation import Compose, RandomFlip, RandomRotation
    >>> augment = Compose([RandomFlip(), RandomRotation(10)])
    >>> augment.set_params(randomrotation__degrees=30)
    Compose(augmenters=[RandomFlip(), RandomRotation(degrees=30)])
    >>> augment.set_params(randomflip="passthrough").named_augmenters
    {'randomflip': 'passthrough', 'randomrotation': RandomRotation(degrees=30)}
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "augmenters": [list, tuple],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        augmenters: Sequence[Augmenter | MixUp | tuple[str, Augmenter | MixUp | str]] = (),
        *,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.augmenters = augmenters
        self.random_state = random_state

    @property
    def named_augmenters(self) -> Bunch:
        """The augmenters by name."""
        return Bunch(**dict(self._pairs()))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the augmenters by name, and their parameters.

        Returns
        -------
        params : dict
            Values by name.
        """
        params = super().get_params(deep=False)
        if deep:
            for name, part in self._pairs():
                params[name] = part
                if hasattr(part, "get_params"):
                    params |= {f"{name}__{k}": value for k, value in part.get_params().items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, of single augmenters too.

        Parameters
        ----------
        **params : dict
            Values by name: ``augmenters`` or ``random_state``; the name of an augmenter, to
            replace it or switch it off ("passthrough"); or ``name__parameter``.

        Returns
        -------
        self : Compose
            This object.

        Raises
        ------
        ValueError
            If there is no such parameter.
        """
        # From the outside in: the whole list, then single augmenters, then what is theirs.
        if "augmenters" in params:
            self.augmenters = params.pop("augmenters")
        pairs = self._pairs()
        replaced = {name: params.pop(name) for name, _ in pairs if name in params}
        if replaced:
            self.augmenters = [(name, replaced.get(name, part)) for name, part in pairs]
        return super().set_params(**params)

    @available_if(_mixes_labels)
    def mix(self, X: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Vary a batch and blend it, where there is a :class:`MixUp` among the augmenters.

        Parameters
        ----------
        X : Tensor of shape (n, ...)
            Samples, of a floating-point dtype.
        targets : Tensor of shape (n, n_classes)
            Probabilities of the classes, or those times weights of the samples.

        Returns
        -------
        X_new : Tensor of shape (n, ...)
            Varied and blended samples.
        mixed_targets : Tensor of shape (n, n_classes)
            Targets blended as their samples are.
        """
        from sklvision.augmentation._draws import Draws

        self._check_ndim(X.shape)
        draws, gray = Draws(X, None), X.ndim == 3
        X = X[..., None] if gray else X
        for stage in gather_warps(self._parts()):
            if hasattr(stage, "mix"):
                X, targets = stage.mix(X, targets)
            else:
                X = stage._augment(X, draws)
        return X[..., 0] if gray else X, targets

    def _augment(self, X: Tensor, draws: Draws) -> Tensor:
        self._refuse_mixing()
        for stage in gather_warps(self._parts()):
            X = stage._augment(X, draws)
        return X

    def _pairs(self) -> list[tuple[str, Any]]:
        """Names and augmenters, those that are switched off as well."""
        given = self.augmenters if isinstance(self.augmenters, list | tuple) else ()
        pairs = [
            item if isinstance(item, tuple) and len(item) == 2 else (None, item) for item in given
        ]
        generic = [type(part).__name__.lower() for name, part in pairs if name is None]
        total, seen = Counter(generic), Counter[str]()
        named = []
        for name, part in pairs:
            if name is None:
                name = type(part).__name__.lower()
                seen[name] += 1
                name = f"{name}-{seen[name]}" if total[name] > 1 else name
            named.append((name, part))
        return named

    def _parts(self) -> list[Any]:
        """The augmenters that are switched on."""
        return [part for _, part in self._pairs() if not (isinstance(part, str) and part == _OFF)]

    @property
    def _ndims(self) -> tuple[int, ...]:  # type: ignore[override]
        """Numbers of dimensions that all of the augmenters take."""
        return tuple(
            ndim
            for ndim in (2, 3, 4)
            if all(ndim in getattr(part, "_ndims", (ndim,)) for part in self._parts())
        )

    def _validate_params(self) -> None:
        super()._validate_params()
        names = [name for name, _ in self._pairs()]
        for name in names:
            if not isinstance(name, str) or "__" in name or names.count(name) > 1:
                raise InvalidParameterError(
                    "The names in 'augmenters' must be different strings without '__', and "
                    f"{name!r} is not. All names: {names!r}."
                )
            if name in self._get_param_names():
                raise InvalidParameterError(
                    f"{name!r} in 'augmenters' is the name of a parameter of Compose; take another."
                )
        for part in self._parts():
            if not isinstance(part, Augmenter | MixUp):
                raise InvalidParameterError(
                    "The 'augmenters' parameter of Compose must hold augmenters of "
                    f"sklvision.augmentation, alone or as (name, augmenter), got {part!r}."
                )
            part._validate_params()
        if not self._ndims:
            raise InvalidParameterError(
                "The 'augmenters' parameter of Compose holds augmenters of images and of spectra, "
                f"which take no data in common: {self._parts()!r}."
            )

    def _fit(self, X: Any) -> np.ndarray:
        self._refuse_mixing()
        return super()._fit(X)

    def _refuse_mixing(self) -> None:
        if hasattr(self, "mix"):
            raise TypeError(
                "MixUp blends labels too, and neither a step of a pipeline nor a call with X "
                "alone can change those: give it to a classifier as augment, or call mix."
            )
