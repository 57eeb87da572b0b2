"""OcclusionDisplay: maps of the parts of images that classifiers rely on."""

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklvision.datasets import ImageCollection
from sklvision.image import FlattenImages, PixelScaler, Resize
from sklvision.inspection import OcclusionDisplay
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

X, y = load_digits(return_X_y=True)
IMAGES = X.reshape(-1, 8, 8)


class CornerClassifier(ClassifierMixin, BaseEstimator):
    """Probability of class 1 is the mean of the upper left quarter, for images from 0 to 1."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.batch_sizes_ = []
        return self

    def predict_proba(self, X):
        self.batch_sizes_.append(len(X))
        bright = np.asarray(X)[:, :4, :4].mean(axis=(1, 2))
        return np.column_stack([1 - bright, bright])


@pytest.fixture(scope="module")
def linear_net():
    """A net without a hidden layer behind a scaler, for digits above 4 against the others."""

    def build(input_shape, n_classes):
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, n_classes))

    net = ImageClassifier(build, max_epochs=2, random_state=0)
    return make_pipeline(PixelScaler(), net).fit(IMAGES[:400], y[:400] > 4)


def test_occlusion_map_shows_the_part_that_counts():
    images = np.ones((1, 8, 8))
    model = CornerClassifier().fit(images, [0, 1])
    options = {"patch_size": 4, "stride": 4, "fill": 0}
    display = OcclusionDisplay.from_estimator(model, images, batch_size=3, **options)
    expected = np.zeros((8, 8))
    expected[:4, :4] = 1
    np.testing.assert_allclose(display.maps[0], expected)
    assert max(model.batch_sizes_) <= 3
    against = OcclusionDisplay.from_estimator(model, images, target=0, **options)
    np.testing.assert_allclose(against.maps[0], -expected)
    heat = display.axes_[0, 1].get_images()[1]
    np.testing.assert_allclose(heat.get_array(), expected)
    assert heat.get_clim() == (-1, 1)


def test_occlusion_map_reaches_the_borders():
    images = np.random.default_rng(0).random((1, 7, 9))
    model = CornerClassifier().fit(images, [0, 1])
    heat = OcclusionDisplay.from_estimator(model, images, patch_size=(3, 4), stride=2).maps[0]
    assert heat.shape == (7, 9)
    assert np.isfinite(heat).all()


def test_occlusion_display_takes_rows_and_decision_values():
    model = LinearSVC(tol=0.1).fit(X[:300], y[:300])
    display = OcclusionDisplay.from_estimator(model, X[300:], image_shape=(8, 8), max_samples=3)
    assert display.quantity == "decision value lost if covered"
    assert list(display.targets) == list(model.predict(X[300:303]))
    assert display.figure_.get_suptitle() == "3 of 1497 images"


def test_occlusion_display_takes_pipelines_and_masks():
    model = make_pipeline(FlattenImages(), GaussianNB()).fit(IMAGES[:300] > 8, y[:300])
    display = OcclusionDisplay.from_estimator(model, IMAGES[300:302] > 8)
    assert display.colorbar_.ax.get_ylabel() == "probability lost if covered"


def test_gradient_map_of_a_linear_net_is_weight_times_pixel(linear_net):
    display = OcclusionDisplay.from_estimator(
        linear_net, IMAGES[400:403], method="gradient", target=True, n_draws=1, noise=0
    )
    pixels_scaled = linear_net[0].transform(IMAGES[400:403])
    np.testing.assert_allclose(display.images, pixels_scaled)
    module = linear_net[-1].module_
    weight = module.net[1].weight.detach().numpy().astype(float)
    expected = (pixels_scaled - float(module.mean)) / float(module.scale)
    expected = expected * (weight[1] - weight[0]).reshape(8, 8)
    for heat, product in zip(display.maps, expected, strict=True):
        # Blurred by a fifth of a pixel and pixels_scaled to the largest values.
        assert np.corrcoef(heat.ravel(), product.ravel())[0, 1] > 0.999
        assert abs(heat).max() == 1


def test_gradient_map_can_be_repeated_and_leaves_net_and_generators_unchanged(linear_net):
    state, probabilities = torch.get_rng_state(), linear_net.predict_proba(IMAGES[:3])
    maps = [
        OcclusionDisplay.from_estimator(
            linear_net, IMAGES[400:402], method="gradient", random_state=0
        ).maps
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*maps)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(linear_net.predict_proba(IMAGES[:3]), probabilities)


def test_occlusion_display_refuses_bad_input(linear_net):
    with pytest.raises(NotFittedError):
        OcclusionDisplay.from_estimator(ImageClassifier(), IMAGES)
    for message, options in {
        r"target 12 is not among the classes \[False, True\]": {"target": 12},
        "target must be one label, or one per sample of X": {"target": [1, 2, 3]},
        "patch_size must be one or two integers": {"patch_size": 9},
        "fill must be 'mean' or a number, got 'black'": {"fill": "black"},
        "method must be 'occlusion' or 'gradient'": {"method": "lime"},
        "batch_size must be an integer of at least 1, got 0": {"batch_size": 0},
        "n_draws must be an integer of at least 1, got 0": {"method": "gradient", "n_draws": 0},
        "noise must be at least 0": {"method": "gradient", "noise": -1},
    }.items():
        with pytest.raises(ValueError, match=message):
            OcclusionDisplay.from_estimator(linear_net, IMAGES[:2], **options)


@pytest.mark.parametrize(
    ("fill", "message"),
    [(300, "fill=300 does not fit images of uint8"), (np.nan, "fill must be 'mean' or a number")],
)
def test_occlusion_display_refuses_a_fill_that_images_cannot_hold(fill, message):
    images = (16 * IMAGES[:300].clip(0, 15)).astype(np.uint8)
    model = make_pipeline(FlattenImages(), GaussianNB()).fit(images, y[:300])
    with pytest.raises(ValueError, match=message):
        OcclusionDisplay.from_estimator(model, images[:2], fill=fill)
    display = OcclusionDisplay.from_estimator(model, images[:2], fill=255)
    assert np.isfinite(display.maps).all()


def test_occlusion_display_shows_files_of_different_sizes(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    images = (16 * IMAGES[:3].clip(0, 15)).astype(np.uint8)
    for i, image in enumerate([images[0], np.pad(images[1], ((0, 4), (0, 2))), images[2]]):
        pillow.fromarray(image).save(tmp_path / f"{i}.png")
    files = ImageCollection(sorted(tmp_path.iterdir()))
    model = make_pipeline(Resize(8), FlattenImages(), GaussianNB()).fit(files, [0, 1, 0])
    display = OcclusionDisplay.from_estimator(model, files)
    assert [heat.shape for heat in display.maps] == [(8, 8), (12, 10), (8, 8)]


def test_occlusion_display_needs_scores_of_classes():
    hard_vote = VotingClassifier([("bayes", GaussianNB()), ("svc", LinearSVC(tol=0.1))])
    model = hard_vote.fit(X[:300], y[:300])
    with pytest.raises(TypeError, match="must have predict_proba or decision_function"):
        OcclusionDisplay.from_estimator(model, X[:2], image_shape=(8, 8))


def test_occlusion_display_needs_an_image_shape_for_rows():
    bayes = GaussianNB().fit(X, y)
    with pytest.raises(ValueError, match="set image_shape"):
        OcclusionDisplay.from_estimator(bayes, X)
    with pytest.raises(TypeError, match="method='gradient' needs a fitted net"):
        OcclusionDisplay.from_estimator(bayes, X, image_shape=(8, 8), method="gradient")
    spectra = SpectrumClassifier(max_epochs=1).fit(X[:100], y[:100])
    with pytest.raises(ValueError, match="set image_shape"):
        OcclusionDisplay.from_estimator(spectra, X, method="gradient")
