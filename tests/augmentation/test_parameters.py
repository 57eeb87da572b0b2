"""Parameters out of range are named, with the value and what was expected."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sklvision import augmentation

from ._augmenters import CLASSES, WITH_P, samples_for

WRONG = [
    ("GaussianNoise", "scale", -0.1),
    ("GaussianNoise", "relative", "yes"),
    ("RandomBrightness", "brightness", 1.0),
    ("RandomBrightness", "contrast", -0.5),
    ("RandomErasing", "area", 1.5),
    ("RandomErasing", "max_aspect", 0.5),
    ("RandomErasing", "value", "median"),
    ("RandomErasing", "value", np.nan),
    ("RandomFlip", "direction", "sideways"),
    ("RandomMotionBlur", "length", 0.5),
    ("RandomMotionBlur", "direction", "left"),
    ("RandomRotation", "degrees", 181),
    ("RandomRotation", "step", 0),
    ("RandomRotation", "fill", "wrap"),
    ("RandomRotation", "fill_value", None),
    ("RandomShift", "height", -1),
    ("RandomShift", "width", 1.5),
    ("RandomShift", "width", "5px"),
    ("RandomZoom", "zoom", 1.0),
    ("SpectralGain", "gain", 1.0),
    ("SpectralGain", "slope", -1),
    ("SpectralShift", "bands", -1),
    # Values of extreme size overflow, or take more memory than there is.
    ("GaussianNoise", "scale", 1e300),
    ("RandomErasing", "max_aspect", 1e300),
    ("RandomErasing", "value", 1e300),
    ("RandomMotionBlur", "direction", 1e300),
    ("RandomMotionBlur", "length", 1e6),
    ("RandomRotation", "fill_value", -1e300),
    ("RandomRotation", "step", 1e-300),
    ("RandomShift", "fill_value", 1e300),
    ("RandomShift", "height", 10**30),
    ("SpectralGain", "offset", 1e300),
    ("SpectralGain", "slope", 1e300),
    ("SpectralShift", "bands", 1e300),
    *((name, "p", 1.1) for name in WITH_P),
    *((name, "random_state", "seed") for name in CLASSES),
]


@pytest.mark.parametrize(("name", "parameter", "value"), WRONG)
def test_augmenters_name_wrong_values(name, parameter, value):
    augmenter = CLASSES[name](**{parameter: value})
    message = rf"'{parameter}' parameter of {name} must be .* Got {re.escape(repr(value))} instead"
    with pytest.raises(ValueError, match=message):
        augmenter._validate_params()
    with pytest.raises(ValueError, match=message):
        augmenter.fit(samples_for(name))
    with pytest.raises(ValueError, match=message):
        augmenter.fit_transform(samples_for(name))


def test_augmenters_refuse_unknown_parameters():
    with pytest.raises(TypeError, match="degree"):
        augmentation.RandomRotation(degree=3)


@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_take_only_magnitudes_by_position(name):
    parameters = list(CLASSES[name]().get_params(deep=False))
    with pytest.raises(TypeError):
        CLASSES[name](*([0.5] * len(parameters)))


@pytest.mark.parametrize("value", [np.float32(5), np.int64(5), 5])
def test_augmenters_take_numbers_of_numpy(value):
    for augmenter in (
        augmentation.RandomRotation(value),
        augmentation.RandomMotionBlur(value),
        augmentation.GaussianNoise(value),
    ):
        assert augmenter.fit_transform(samples_for("RandomFlip")).shape == (64, 9, 11, 3)


def test_augmenters_name_data_too_large_for_their_settings():
    spectra = np.float32(1e20) * samples_for("SpectralGain", 3).astype(np.float32)
    with pytest.raises(ValueError, match=r"GaussianNoise\(.*\) made values .*not finite"):
        augmentation.GaussianNoise(1e30, random_state=0).fit_transform(spectra)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("GaussianNoise", {"scale": 1e6}),
        ("RandomErasing", {"max_aspect": 1e6, "value": 1e30, "p": 1.0}),
        ("RandomMotionBlur", {"length": 1000, "direction": 360}),
        ("RandomRotation", {"step": 1e-3, "fill": "constant", "fill_value": 1e30}),
        ("RandomShift", {"height": 10**6, "width": 1.0, "fill": "edge"}),
        ("SpectralGain", {"offset": 1e6, "slope": 1e6}),
        ("SpectralShift", {"bands": 1e6}),
    ],
)
def test_augmenters_stay_finite_at_the_ends_of_their_ranges(name, parameters):
    X = samples_for(name, 2).astype(np.float32)
    result = CLASSES[name](**parameters, random_state=0).fit_transform(X)
    assert result.dtype == np.float32
    assert np.isfinite(result).all()


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("RandomErasing", "area", 1.0),
        ("RandomErasing", "max_aspect", 1),
        ("RandomMotionBlur", "length", 1),
        ("RandomRotation", "degrees", 180),
        ("RandomRotation", "step", 180),
        ("RandomShift", "height", 1.0),
        *((name, "p", p) for name in WITH_P for p in (0, 1)),
    ],
)
def test_augmenters_take_values_at_the_bounds(name, parameter, value):
    CLASSES[name](**{parameter: value}).fit(samples_for(name, n=2))


@pytest.mark.parametrize(
    "augmenter",
    [
        augmentation.RandomRotation(45, fill="constant"),
        augmentation.RandomZoom(0.5, fill="constant"),
        augmentation.RandomShift(4, 4, fill="constant"),
    ],
    ids=lambda augmenter: type(augmenter).__name__,
)
def test_augmenters_fill_with_black_by_default(augmenter):
    images = np.full((32, 9, 11), 50.0)
    variants = augmenter.set_params(random_state=0).fit_transform(images)
    assert variants.min() == 0
    assert variants.max() == pytest.approx(50)


@pytest.mark.parametrize(("direction", "axis"), [("horizontal", 2), ("vertical", 1)])
def test_random_flip_flips_in_its_direction_alone(direction, axis):
    images = samples_for("RandomFlip")
    variants = augmentation.RandomFlip(direction, random_state=0).fit_transform(images)
    is_flipped = (variants == np.flip(images, axis)).all(axis=(1, 2, 3))
    is_same = (variants == images).all(axis=(1, 2, 3))
    assert (is_flipped ^ is_same).all()
    assert 16 < is_flipped.sum() < 48


def test_gaussian_noise_is_a_twentieth_by_default():
    images = np.tile([[0.0, 2.0], [2.0, 0.0]], (4, 25, 25))  # of standard deviation 1
    noise = augmentation.GaussianNoise(random_state=0).fit_transform(images) - images
    assert noise.std() == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
def test_limits_of_any_integer_type_are_symmetric(dtype):
    X = np.tile(np.arange(40.0), (30, 1))
    shifted = [
        augmentation.SpectralShift(bands=bands, random_state=0).fit_transform(X)
        for bands in (dtype(100), 100)
    ]
    np.testing.assert_array_equal(*shifted)
    assert len(np.unique(shifted[0][:, 20])) > 2  # to both sides
