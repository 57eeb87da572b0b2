"""Texts that docstrings of transformers of images share."""

from __future__ import annotations

from sklvision.utils._docstrings import FIT_SECTIONS, fill_docstrings

document = fill_docstrings(
    {
        "X": """\
X : array-like of shape (n, height, width) or (n, height, width, channels)
    Images of the shape seen in ``fit``, or an
    :class:`~sklvision.datasets.ImageCollection`.""",
        "fit_sections": FIT_SECTIONS,
        "training_X": """\
X : array-like of shape (n, height, width) or (n, height, width, channels)
    Training images of any real dtype, or an
    :class:`~sklvision.datasets.ImageCollection`.""",
        "image_attributes": """\
input_shape_ : tuple of int or None
    Shape of one image seen in ``fit``; None for a collection of images that differ.
n_features_in_ : int
    Height of the images, ``X.shape[1]``, where all have one shape.""",
        "table_attributes": """\
input_shape_ : tuple of int or None
    Shape of one image seen in ``fit``, or ``(n_features,)`` for a table; None for a
    collection of images that differ.
n_features_in_ : int
    Number of columns of a table, or height of images of one shape: ``X.shape[1]``.
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the columns, where ``X`` was a table with names that are all strings.""",
    }
)
