"""Augmenters one after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Bunch
from sklearn.utils.metaestimators import available_if

from sklvision.augmentation._affine import combine_warps
from sklvision.augmentation._base import (
    Augmenter,
    RandomSource,
    RandomState,
    Tensor,
)
from sklvision.augmentation._mixup import MixUp
from sklvision.augmentation._texts import document
from sklvision.utils._images import check_image_dimensions
from sklvision.utils._protocols import is_label_mixer
from sklvision.utils._sklearn import InvalidParameterError

_PASSTHROUGH = "passthrough"


def _has_label_mixer(augmenter: Compose) -> bool:
    if not any(map(is_label_mixer, augmenter._list_parts())):
        raise AttributeError("None of these augmenters is a MixUp.")
    return True


@document
class Compose(Augmenter):
    """Apply several augmenters, one after another.

    Neighboring flips, rotations, shifts and zooms with the same fill are applied together, and
    pixels are interpolated only once.

    Parameters
    ----------
    augmenters : sequence of augmenters or of (str, augmenter) pairs, default=()
        Augmenters to apply, in this order. Those without a name get the name of their class in
        lower case, with a number where a class occurs more than once. Use a name to set parameters,
        such as ``randomrotation__degrees``, to replace the augmenter by another one, or to switch
        it off with "passthrough".
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_transform``; the seeds of the single augmenters are not used. In training, the
        seed of the classifier decides.

    Attributes
    ----------
    %(sample_attributes)s

    See Also
    --------
    sklearn.pipeline.make_pipeline : The same for transformers and a final estimator.

    Notes
    -----
    A `Compose` with a :class:`MixUp` works only in training.

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
        random_state: RandomState = None,
    ) -> None:
        self.augmenters = augmenters
        self.random_state = random_state

    @property
    def named_augmenters(self) -> Bunch:
        """The augmenters by name."""
        return Bunch(**dict(self._list_pairs()))

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
            for name, part in self._list_pairs():
                params[name] = part
                if isinstance(part, BaseEstimator):
                    params |= {f"{name}__{k}": value for k, value in part.get_params().items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, also those of single augmenters.

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
            If a parameter does not exist.
        """
        # From the outside in: the whole list, then single augmenters, then their parameters.
        if "augmenters" in params:
            self.augmenters = params.pop("augmenters")
        pairs = self._list_pairs()
        new_parts = {name: params.pop(name) for name, _ in pairs if name in params}
        if new_parts:
            self.augmenters = [(name, new_parts.get(name, part)) for name, part in pairs]
        return super().set_params(**params)

    @available_if(_has_label_mixer)
    def mix(self, X: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Augment a batch and mix it, where there is a :class:`MixUp` among the augmenters.

        %(mix_sections)s
        """
        from sklvision.augmentation._random_source import RandomSource

        check_image_dimensions(X.shape, type(self).__name__, self._n_dims)
        source, is_gray = RandomSource(X, None), X.ndim == 3
        X = X[..., None] if is_gray else X
        for stage in combine_warps(self._list_parts()):
            if is_label_mixer(stage):
                X, targets = stage.mix(X, targets)
            else:
                X = stage._augment(X, source)
        return X[..., 0] if is_gray else X, targets

    def _augment(self, X: Tensor, source: RandomSource) -> Tensor:
        self._refuse_mixing()
        for stage in combine_warps(self._list_parts()):
            X = stage._augment(X, source)
        return X

    def _list_pairs(self) -> list[tuple[str, Any]]:
        """List names and augmenters, those that are switched off as well."""
        items = self.augmenters if isinstance(self.augmenters, list | tuple) else ()
        pairs = [
            item if isinstance(item, tuple) and len(item) == 2 else (None, item) for item in items
        ]
        class_names = [type(part).__name__.lower() for name, part in pairs if name is None]
        total, n_so_far = Counter(class_names), Counter[str]()
        named_pairs = []
        for name, part in pairs:
            if name is None:
                name = type(part).__name__.lower()
                n_so_far[name] += 1
                name = f"{name}-{n_so_far[name]}" if total[name] > 1 else name
            named_pairs.append((name, part))
        return named_pairs

    def _list_parts(self) -> list[Any]:
        """List the augmenters that are switched on."""
        return [
            part
            for _, part in self._list_pairs()
            if not (isinstance(part, str) and part == _PASSTHROUGH)
        ]

    @property
    def _n_dims(self) -> tuple[int, ...]:  # type: ignore[override]
        """Numbers of dimensions that all of the augmenters take."""
        return tuple(
            ndim
            for ndim in (2, 3, 4)
            if all(ndim in getattr(part, "_n_dims", (ndim,)) for part in self._list_parts())
        )

    def _validate_params(self) -> None:
        super()._validate_params()
        names = [name for name, _ in self._list_pairs()]
        for name in names:
            if not isinstance(name, str) or "__" in name or names.count(name) > 1:
                raise InvalidParameterError(
                    "The names in 'augmenters' must be unique strings without '__', and "
                    f"{name!r} is not. All names: {names!r}."
                )
            if name in self._get_param_names():
                raise InvalidParameterError(
                    f"{name!r} in 'augmenters' is the name of a parameter of Compose; take another."
                )
        for part in self._list_parts():
            if not isinstance(part, Augmenter | MixUp):
                raise InvalidParameterError(
                    "The 'augmenters' parameter of Compose must hold augmenters of "
                    f"sklvision.augmentation, alone or as (name, augmenter), got {part!r}."
                )
            part._validate_params()
        if not self._n_dims:
            raise InvalidParameterError(
                "The 'augmenters' parameter of Compose holds augmenters of images and of spectra, "
                f"which do not accept the same data: {self._list_parts()!r}."
            )

    def _fit(self, X: Any) -> np.ndarray:
        self._refuse_mixing()
        return super()._fit(X)

    def _refuse_mixing(self) -> None:
        if is_label_mixer(self):
            raise TypeError(
                "MixUp mixes labels too, and neither a step of a pipeline nor a call with X alone "
                "can change those: pass it to a classifier as augment, or call mix."
            )
