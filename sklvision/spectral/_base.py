"""Base of the transformers of spectra: checked input, and names of bands."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._docstrings import FIT_SECTIONS, fill_docstrings
from sklvision.utils._samples import Samples, as_samples

_FLOATS = [np.float64, np.float32]
# Spectra of a collection that are looked at together.
_N_BLOCK_ROWS = 4096

document = fill_docstrings(
    {
        "fit_sections": FIT_SECTIONS,
        "training_X": """\
X : array-like of shape (n_samples, n_bands)
    Training spectra.""",
        "attributes": """\
n_features_in_ : int
    Number of bands seen in ``fit``.
feature_names_in_ : ndarray of shape (n_bands,)
    Names of the bands, if all column names of ``X`` were strings.""",
        "dtypes": """\
float32 and float64 spectra keep their dtype; all others become float64. A fitted
transformer keeps its settings until the next ``fit``.""",
    }
)


@document
class SpectrumTransformer(OneToOneFeatureMixin, TransformerMixin, SklvisionEstimator):
    """Base of the transformers of spectra.

    Subclasses implement ``_fit_spectra`` and ``_transform_spectra``.
    """

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn from training spectra, and check the settings.

        %(fit_sections)s
        """
        self._validate_params()
        samples = as_samples(X)
        samples.check_numbers()
        if samples.is_table and samples.is_lazy:
            self._fit_blocks(self._check_blocks(samples))
        else:
            # Integers need no conversion here (and no copy); numbers as text do.
            dtype = "numeric" if samples.is_numeric else _FLOATS
            self._fit_spectra(validate_data(self, samples.data, dtype=dtype))
        self._keep_contract(samples)
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Transform spectra.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_bands)
            Spectra with the bands seen in ``fit``.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_bands), or ArrayCollection
            The transformed spectra; of a collection one that transforms them as they are read.

        Raises
        ------
        ValueError
            If the bands are not those seen in ``fit``, or values are not finite or too large
            to compute with.
        """
        samples = as_samples(X)
        if samples.is_table and samples.is_lazy:
            check_is_fitted(self)
            self._check_spectra(samples.data[:1].load())
            self._check_contract(samples)
            return samples.data.map_blocks(partial(_transform_block, copy(self)))
        spectra = self._check_spectra(X)
        self._check_contract(samples)
        return self._transform_spectra(spectra)

    def _fit_spectra(self, spectra: np.ndarray) -> None:
        """Learn from checked spectra."""
        raise NotImplementedError

    def _check_blocks(self, samples: Samples) -> Iterator[np.ndarray]:
        """Check spectra that are read in blocks."""
        for i, block in enumerate(samples.data.batches(_N_BLOCK_ROWS)):
            yield validate_data(self, block, reset=i == 0)

    def _fit_blocks(self, blocks: Iterator[np.ndarray]) -> None:
        """Learn from blocks of checked spectra; here of the first, which shows the bands."""
        self._fit_spectra(next(blocks))

    def _transform_spectra(self, spectra: np.ndarray) -> np.ndarray:
        """Transform checked spectra."""
        raise NotImplementedError

    def _check_spectra(self, X: ArrayLike, **options: Any) -> np.ndarray:
        """Check spectra against those of ``fit``, and convert them to floats."""
        check_is_fitted(self)
        samples = as_samples(X)
        samples.check_numbers()
        return validate_data(self, samples.data, reset=False, dtype=_FLOATS, **options)

    def _check_result(self, values: np.ndarray) -> None:
        """Raise if values computed of finite spectra are not finite."""
        if not np.isfinite(values).all():
            raise ValueError(
                f"The values of X are too large for {type(self).__name__} to compute with; divide "
                "them by a constant first."
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _transform_block(transformer: SpectrumTransformer, spectra: np.ndarray) -> np.ndarray:
    """Transform a block of a collection, which is checked as it is read."""
    return transformer._transform_spectra(transformer._check_spectra(spectra))
