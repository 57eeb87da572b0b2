"""AugmentationDisplay: samples and variants of them."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from sklvision.augmentation import Compose, GaussianNoise, MixUp, RandomFlip, SpectralGain
from sklvision.datasets import make_spectra
from sklvision.image import PixelScaler
from sklvision.inspection import AugmentationDisplay
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

X, y = load_digits(return_X_y=True)
IMAGES = X.reshape(-1, 8, 8)
SPECTRA, LABELS = make_spectra(60, n_bands=30, noise=0.2, random_state=0)


def test_augmentation_display_draws_variants_of_images_as_training_sees_them():
    display = AugmentationDisplay.from_augmenters(RandomFlip(p=1.0), IMAGES[:3], n_draws=2)
    assert display.axes_.shape == (3, 3)
    for column, expected in ((0, IMAGES[1]), (2, IMAGES[1][:, ::-1])):
        pixels = display.axes_[1, column].get_images()[0].get_array()
        np.testing.assert_array_equal(pixels, expected)


def test_augmentation_display_draws_anew_and_can_be_repeated():
    state = torch.get_rng_state()
    first, second = (
        AugmentationDisplay.from_augmenters(SpectralGain(0.5), SPECTRA[:2], random_state=3).draws
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first[0], first[1])
    assert torch.equal(torch.get_rng_state(), state)


def test_augmentation_display_shows_the_augmentation_of_a_pipeline_behind_its_steps():
    net = ImageClassifier("mlp", augment=[RandomFlip(p=1.0)])
    model = make_pipeline(PixelScaler(), net)
    model[:-1].fit(IMAGES[:5])
    display = AugmentationDisplay.from_estimator(model, IMAGES[:5], max_samples=2, n_draws=1)
    pixels_scaled = model[:-1].transform(IMAGES[:2])
    np.testing.assert_allclose(display.samples, pixels_scaled)
    np.testing.assert_allclose(display.draws[0], pixels_scaled[:, :, ::-1])
    assert display.figure_.get_suptitle() == "2 of 5 samples"


def test_augmentation_display_takes_the_image_shape_of_the_classifier():
    net = ImageClassifier(augment=RandomFlip(), image_shape=(8, 8))
    assert AugmentationDisplay.from_estimator(net, X[:2]).samples.shape == (2, 8, 8)


def test_augmentation_display_shows_the_first_augmentation_in_an_ensemble():
    net = SpectrumClassifier("spectrum_mlp", augment=[SpectralGain()], max_epochs=1)
    bagging = BaggingClassifier(net, n_estimators=1).fit(SPECTRA, LABELS)
    for ensemble in (bagging, VotingClassifier([("bayes", GaussianNB()), ("net", net)])):
        display = AugmentationDisplay.from_estimator(ensemble, SPECTRA, max_samples=1, n_draws=2)
        assert display.draws.shape == (2, 1, 30)


def test_augmentation_display_takes_blends_and_plain_functions():
    for augment in ([MixUp(5.0), RandomFlip()], Compose([GaussianNoise(1.0), MixUp()])):
        display = AugmentationDisplay.from_augmenters(augment, IMAGES[:2], n_draws=1)
        assert display.draws.shape == (1, 2, 8, 8)
    halves = AugmentationDisplay.from_augmenters(lambda batch: batch / 2, IMAGES[:2], n_draws=1)
    np.testing.assert_allclose(halves.draws[0], IMAGES[:2] / 2)


def test_augmentation_display_draws_spectra_as_curves():
    nm = np.linspace(900, 1700, 30)
    display = AugmentationDisplay.from_augmenters(
        SpectralGain(), SPECTRA[:4], n_draws=5, wavelengths=nm, line_kw={"c": "red"}
    )
    panel = display.axes_[3]
    assert len(panel.lines) == 6
    np.testing.assert_array_equal(panel.lines[-1].get_ydata(), SPECTRA[3])
    np.testing.assert_array_equal(panel.lines[0].get_xdata(), nm)
    assert panel.lines[0].get_color() == "red"
    assert panel.get_xlabel() == "wavelength"


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_augmentation_display_takes_tables_and_their_wavelengths(library):
    table = pytest.importorskip(library)
    make = table.table if library == "pyarrow" else table.DataFrame
    columns = {f"{900 + i}": band for i, band in enumerate(SPECTRA.T)}
    display = AugmentationDisplay.from_augmenters(SpectralGain(), make(columns), max_samples=2)
    np.testing.assert_array_equal(display.samples, SPECTRA[:2])
    np.testing.assert_array_equal(display.wavelengths, 900 + np.arange(30))


def test_augmentation_display_refuses_bad_input():
    for model in (ImageClassifier(), GaussianNB()):
        with pytest.raises(ValueError, match=f"no augmentation.* got {type(model).__name__}"):
            AugmentationDisplay.from_estimator(model, X)
    with pytest.raises(ValueError, match="n_draws must be an integer of at least 1, got 0"):
        AugmentationDisplay.from_augmenters(SpectralGain(), SPECTRA, n_draws=0)
    with pytest.raises(ValueError, match="there is nothing to show"):
        AugmentationDisplay.from_augmenters([], SPECTRA)
    with pytest.raises(ValueError, match="wavelengths must have one value per band"):
        AugmentationDisplay.from_augmenters(SpectralGain(), SPECTRA, wavelengths=[1, 2])
    with pytest.raises(ValueError, match="does not fit samples of 64 values"):
        AugmentationDisplay.from_augmenters(RandomFlip(), X, image_shape=(8, 9))
