"""Contact sheets: crops, variants by augmentation, misclassified samples."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklvision.augmentation import Compose, GaussianNoise, MixUp, RandomFlip, SpectralGain
from sklvision.datasets import ImageCollection, make_spectra
from sklvision.image import FlattenImages, ForegroundCrop, PixelScaler, Resize
from sklvision.inspection import AugmentationDisplay, CropDisplay, MisclassifiedDisplay
from sklvision.neural_network import ImageClassifier

X, y = load_digits(return_X_y=True)
SPECTRA, LABELS = make_spectra(120, n_bands=30, noise=0.2, random_state=0)


def bars(n=5):
    images = np.full((n, 40, 60), 20, dtype=np.uint8)
    for i in range(n):
        images[i, 10 + i : 14 + i, 20 : 40 + i] = 220
    return images


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    for i, image in enumerate(bars()):
        Image.fromarray(image).save(folder / f"bar_{i}.png")
    return ImageCollection(sorted(folder.glob("*.png")))


def pixels(ax):
    return ax.get_images()[0].get_array()


def title_of(display):
    return display.figure_.get_suptitle()


# Crops


def test_the_window_drawn_is_the_one_that_is_cut():
    images = bars()
    crop = ForegroundCrop(crop_size=24, output_size=24).fit(images)
    display = CropDisplay.from_estimator(crop, images)
    for i, (whole, cut) in enumerate(display.axes_):
        np.testing.assert_array_equal(pixels(whole), images[i])
        np.testing.assert_array_equal(pixels(cut), crop.transform(images)[i])
        left, top = (display.windows_[i].get_xy()[0] + 0.5).astype(int)
        inside = images[i][max(top, 0) : top + 24, left : left + 24]
        np.testing.assert_array_equal(inside, crop.transform(images)[i][-len(inside) :])


def test_a_turned_window_stands_about_the_object():
    images = np.zeros((1, 60, 80), np.uint8)
    rows, columns = np.mgrid[:60, :80]
    images[0][(abs(rows - columns) < 3) & (abs(rows - 30) < 14)] = 200
    crop = ForegroundCrop(center_crop=None, threshold="otsu", align=True, output_size=(8, 24))
    display = CropDisplay.from_estimator(crop.fit(images), images)
    corners = display.corners[0]
    np.testing.assert_allclose(corners.mean(axis=0), 30.5, atol=1.5)
    along = corners[1] - corners[0]
    assert abs(abs(along[1] / along[0]) - 1) < 0.1
    assert display.search_areas is None


def test_a_crop_is_found_in_a_pipeline_behind_other_steps(collection):
    model = make_pipeline(
        Resize((20, 30)),
        ForegroundCrop(crop_size=12, output_size=12),
        FlattenImages(),
        GaussianNB(),
    ).fit(collection, [0, 0, 1, 1, 1])
    display = CropDisplay.from_estimator(model, collection, indices=[3, -1], max_samples=2)
    assert [image.shape for image in display.images] == [(20, 30)] * 2
    assert [whole.get_title() for whole, _ in display.axes_] == ["bar_3", "bar_4"]
    assert title_of(display) == ""


def test_images_that_are_not_shown_are_counted_in_the_title():
    images = bars()
    crop = ForegroundCrop(crop_size=24, output_size=8).fit(images)
    assert title_of(CropDisplay.from_estimator(crop, images, max_samples=2)) == "2 of 5 images"
    mask = np.array([True, True, True, False, False])
    some = CropDisplay.from_estimator(crop, images, indices=mask, max_samples=2)
    assert title_of(some) == "2 of 3 images"


@pytest.mark.parametrize("output", ["mask", "both"])
def test_masks_are_drawn(output):
    images = bars()
    crop = ForegroundCrop(crop_size=24, output_size=24, output=output).fit(images)
    _, cut = CropDisplay.from_estimator(crop, images, max_samples=1).axes_[0]
    assert pixels(cut).shape == (24, 24)
    assert len(cut.collections) == (output == "both")


def test_crops_of_bad_input_are_refused():
    images = bars()
    with pytest.raises(NotFittedError):
        CropDisplay.from_estimator(ForegroundCrop(), images)
    with pytest.raises(ValueError, match="no ForegroundCrop in it; its steps are"):
        CropDisplay.from_estimator(GaussianNB().fit(X, y), images)
    crop = ForegroundCrop(crop_size=8, output_size=8).fit(images)
    with pytest.raises(ValueError, match="names must have one name per sample: it has 1, X has 5"):
        CropDisplay.from_estimator(crop, images, names=["a"])
    with pytest.raises(ValueError, match="indices must be below 5"):
        CropDisplay.from_estimator(crop, images, indices=[7])
    with pytest.raises(ValueError, match="max_samples must be an integer of at least 1, got 0"):
        CropDisplay.from_estimator(crop, images, max_samples=0)


# Augmentation


def test_variants_are_those_that_training_sees():
    images = X[:3].reshape(-1, 8, 8)
    display = AugmentationDisplay.from_augmenters(RandomFlip(p=1.0), images, n_draws=2)
    assert display.axes_.shape == (3, 3)
    np.testing.assert_array_equal(pixels(display.axes_[1, 0]), images[1])
    np.testing.assert_array_equal(pixels(display.axes_[1, 2]), images[1][:, ::-1])


def test_draws_differ_and_can_be_repeated_and_leave_other_seeds_alone():
    import torch

    state = torch.get_rng_state()
    first, second = (
        AugmentationDisplay.from_augmenters(SpectralGain(0.5), SPECTRA[:2], random_state=3).draws
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first[0], first[1])
    assert torch.equal(torch.get_rng_state(), state)


def test_an_estimator_shows_its_own_augmentation_behind_its_own_steps(collection):
    net = ImageClassifier("mlp", augment=[RandomFlip(p=1.0)])
    model = make_pipeline(ForegroundCrop(crop_size=24, output_size=16), PixelScaler(), net)
    model[:-1].fit(collection)
    display = AugmentationDisplay.from_estimator(model, collection, max_samples=2, n_draws=1)
    seen = np.asarray(model[:-1].transform(collection[:2]))
    np.testing.assert_allclose(display.samples, seen)
    np.testing.assert_allclose(display.draws[0], seen[:, :, ::-1])
    assert title_of(display) == "2 of 5 samples"
    rows = ImageClassifier(augment=RandomFlip(), image_shape=(8, 8))
    assert AugmentationDisplay.from_estimator(rows, X[:2]).samples.shape == (2, 8, 8)


def test_blends_and_plain_functions_are_shown_too():
    images = X[:4].reshape(-1, 8, 8)
    for augment in ([MixUp(5.0), RandomFlip()], Compose([GaussianNoise(1.0), MixUp()])):
        assert AugmentationDisplay.from_augmenters(augment, images).draws.shape == (6, 4, 8, 8)
    halved = AugmentationDisplay.from_augmenters(lambda batch: batch / 2, images, n_draws=1)
    np.testing.assert_allclose(halved.draws[0], images / 2)


def test_spectra_are_curves():
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


def test_augmentation_of_bad_input_is_refused():
    with pytest.raises(ValueError, match="ImageClassifier has augment=None"):
        AugmentationDisplay.from_estimator(ImageClassifier(), X)
    with pytest.raises(ValueError, match="GaussianNB has no parameter augment"):
        AugmentationDisplay.from_estimator(GaussianNB(), X)
    with pytest.raises(ValueError, match="n_draws must be an integer of at least 1, got 0"):
        AugmentationDisplay.from_augmenters(SpectralGain(), SPECTRA, n_draws=0)
    with pytest.raises(ValueError, match="there is nothing to show"):
        AugmentationDisplay.from_augmenters([], SPECTRA)
    with pytest.raises(ValueError, match="wavelengths must have one value per band"):
        AugmentationDisplay.from_augmenters(SpectralGain(), SPECTRA, wavelengths=[1, 2])
    with pytest.raises(ValueError, match="does not fit samples of 64 values"):
        AugmentationDisplay.from_augmenters(RandomFlip(), X, image_shape=(8, 9))


# Misclassified samples


@pytest.fixture(scope="module")
def model():
    return LogisticRegression(max_iter=100, tol=0.1).fit(X[:300], y[:300])


def test_the_surest_errors_come_first(model):
    display = MisclassifiedDisplay.from_estimator(
        model, X[300:], y[300:], image_shape=(8, 8), max_samples=10
    )
    proba = model.predict_proba(X[300:])
    predicted = model.predict(X[300:])
    wrong = np.flatnonzero(predicted != y[300:])
    order = wrong[np.argsort(-proba.max(axis=1)[wrong], kind="stable")][:10]
    assert display.n_wrong == len(wrong)
    np.testing.assert_allclose(display.confidences, proba.max(axis=1)[order])
    for ax, i in zip(display.axes_, order, strict=True):
        np.testing.assert_array_equal(pixels(ax), X[300 + i].reshape(8, 8))
        assert ax.get_title().startswith(f"{y[300 + i]} → {predicted[i]}\n")
    assert title_of(display).startswith(f"{len(wrong)} of 1497 misclassified, the 10 surest")


def test_nothing_misclassified_is_said():
    display = MisclassifiedDisplay.from_predictions([0, 1], [0, 1], SPECTRA[:2])
    assert display.axes_[0].texts[0].get_text() == "None of 2 samples misclassified"


def test_spectra_are_drawn_over_the_means_of_both_classes():
    model = GaussianNB().fit(SPECTRA[:60], LABELS[:60])
    display = MisclassifiedDisplay.from_estimator(model, SPECTRA[60:], LABELS[60:], max_samples=2)
    own, other, sample = display.axes_[0].lines
    true = LABELS[60:] == display.true_labels[0]
    np.testing.assert_allclose(own.get_ydata(), SPECTRA[60:][true].mean(axis=0))
    assert other.get_label() == "mean of predicted class"
    assert any((sample.get_ydata() == row).all() for row in SPECTRA[60:])


def test_of_a_collection_only_what_is_shown_is_read(collection):
    y_true, y_pred = ["a", "b", "a", "b", "a"], ["a", "b", "b", "b", "b"]
    read = []
    watched = collection.map(lambda image: (read.append(1), image)[1])
    display = MisclassifiedDisplay.from_predictions(y_true, y_pred, watched, confidence=[0.5] * 5)
    assert [ax.get_title() for ax in display.axes_] == ["bar_2\na → b\n50 %", "bar_4\na → b\n50 %"]
    assert len(read) <= 3  # and one to know their shape


def test_without_probabilities_the_margin_decides():
    model = LinearSVC(tol=0.1).fit(X[:300], y[:300])
    display = MisclassifiedDisplay.from_estimator(
        model, X[300:], y[300:], image_shape=(8, 8), max_samples=5
    )
    ranked = np.sort(model.decision_function(X[300:]), axis=1)
    margin = (ranked[:, -1] - ranked[:, -2])[model.predict(X[300:]) != y[300:]]
    first = model.decision_function([display.samples[0].ravel()])
    np.testing.assert_allclose(np.diff(np.sort(first[0]))[-1], margin.max())
    assert display.confidences is None
    assert "%" not in display.axes_[0].get_title()


def test_certainty_is_never_rounded_up_to():
    shown = [
        MisclassifiedDisplay.from_predictions([0], [1], SPECTRA[:1], confidence=[p])
        .axes_[0]
        .get_title()
        for p in (0.9999, 1.0, 0.5)
    ]
    assert shown == ["0 → 1  > 99 %", "0 → 1  100 %", "0 → 1  50 %"]


def test_misclassified_of_bad_input_is_refused(model):
    with pytest.raises(NotFittedError):
        MisclassifiedDisplay.from_estimator(LogisticRegression(), X, y)
    with pytest.raises(ValueError, match="y must have one value per sample"):
        MisclassifiedDisplay.from_estimator(model, X, y[:-1])
    with pytest.raises(ValueError, match="confidence must have one value per sample"):
        MisclassifiedDisplay.from_predictions(y, y, X, confidence=[1.0])
    with pytest.raises(ValueError, match="max_samples must be"):
        MisclassifiedDisplay.from_predictions(y, y, X, max_samples=0)
