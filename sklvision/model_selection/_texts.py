"""Texts that docstrings of model selection share."""

from __future__ import annotations

from sklvision.utils._docstrings import fill_docstrings

document = fill_docstrings(
    {
        "samples": """\
X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
(n_samples, height, width, n_channels)
    Spectra, features or images: an array, a table of pandas, polars or pyarrow, or a lazy
    image collection.
y : array-like of shape (n_samples,)
    Class labels of any type."""
    }
)
