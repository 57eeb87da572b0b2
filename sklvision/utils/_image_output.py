"""Transformers whose output may be images: without feature names, and not in data frames."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.metaestimators import available_if


def _has_table_output(transformer: ImageOutputMixin) -> bool:
    if transformer._has_image_output():
        raise AttributeError(
            f"{type(transformer).__name__} outputs images, which have no feature names; "
            "FlattenImages makes features of them."
        )
    return True


class ImageOutputMixin:
    """Mixin of transformers that output images, always or for some input.

    It stands before scikit-learn's mixins in the list of bases. Subclasses implement
    `_has_image_output`, and call `_check_container` at the end of ``fit``.
    """

    def _has_image_output(self) -> bool:
        """Whether the output is known to be images."""
        raise NotImplementedError

    @available_if(_has_table_output)
    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Name the output features, where the output is a table.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the input features; the names seen in ``fit``, or x0, x1, ... where
            None.

        Returns
        -------
        feature_names_out : ndarray of str
            One name per column of the output.

        Raises
        ------
        AttributeError
            If the output is images.
        """
        return super().get_feature_names_out(input_features)  # type: ignore[misc]

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose the container of the output, where the output is a table.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            The container that ``transform`` and ``fit_transform`` return. None changes
            nothing.

        Returns
        -------
        self : object
            The transformer.

        Raises
        ------
        ValueError
            If the output is images, which a data frame cannot hold.
        """
        if self._has_image_output():
            self._refuse_container(transform)
            return self
        return super().set_output(transform=transform)  # type: ignore[misc]

    def _check_container(self) -> None:
        """Raise if a data frame was chosen before it was known that the output is images."""
        if self._has_image_output():
            config: dict[str, Any] = getattr(self, "_sklearn_output_config", {})
            self._refuse_container(config.get("transform"))

    def _refuse_container(self, transform: str | None) -> None:
        if transform not in (None, "default"):
            raise ValueError(
                f"set_output(transform={transform!r}) needs a table, and {type(self).__name__} "
                "outputs images. Set it on a FlattenImages step after it."
            )
