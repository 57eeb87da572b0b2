"""Texts that docstrings of augmenters share."""

from __future__ import annotations

from sklvision.utils._docstrings import FIT_PARAMETERS, FIT_SECTIONS, fill_docstrings

_P = """\
p : float, default={default}
    Probability, per sample, of being augmented.
%(random_state)s

Attributes
----------
%({kind}_attributes)s"""

document = fill_docstrings(
    {
        "X": """\
X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_bands)""",
        "fit_parameters": FIT_PARAMETERS,
        "fit_sections": FIT_SECTIONS,
        "training_X": """\
%(X)s
    Training samples of any real dtype.""",
        "random_state": """\
random_state : int, RandomState instance or None, default=None
    Seed of ``fit_transform``. In training, the seed of the classifier decides.""",
        "fill": """\
fill : {"reflect", "edge", "constant"}, default="reflect"
    Values of pixels beyond the edges: the image mirrored there, its edge pixels
    repeated, or ``fill_value``.
fill_value : float, default=0.0
    Value of pixels with ``fill="constant"``, in the units of the images.""",
        # The end of the parameters, from p on, and the attributes; always or half: default of p.
        **{
            f"{kind}_common_{name}": _P.format(default=default, kind=kind)
            for kind in ("image", "spectrum", "sample")
            for name, default in (("always", 1.0), ("half", 0.5))
        },
        "image_attributes": """\
input_shape_ : tuple of int
    Shape of one image seen in ``fit``.
n_features_in_ : int
    Height of the images, ``X.shape[1]``.""",
        "spectrum_attributes": """\
input_shape_ : tuple of int
    Shape of one spectrum seen in ``fit``.
n_features_in_ : int
    Number of bands seen in ``fit``.
%(names_attribute)s""",
        "sample_attributes": """\
input_shape_ : tuple of int
    Shape of one sample seen in ``fit``.
n_features_in_ : int
    Number of bands of spectra, or height of images: ``X.shape[1]``.
%(names_attribute)s""",
        "names_attribute": """\
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the bands, where ``X`` was a table with names that are all strings.""",
        "mix_sections": """\
Parameters
----------
X : Tensor of shape (n, ...)
    Samples, of a floating-point dtype.
targets : Tensor of shape (n, n_classes)
    Probabilities of the classes, possibly multiplied by sample weights: each row is mixed as its
    sample is.

Returns
-------
X_mixed : Tensor of shape (n, ...)
    Mixed samples.
mixed_targets : Tensor of shape (n, n_classes)
    Targets mixed in the same proportions.""",
    }
)
