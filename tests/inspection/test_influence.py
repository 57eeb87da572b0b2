"""What classifiers rely on: bands of spectra, parts of images."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklvision.image import FlattenImages, PixelScaler
from sklvision.inspection import BandImportanceDisplay, OcclusionDisplay
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

X, y = load_digits(return_X_y=True)
IMAGES = X.reshape(-1, 8, 8)
rng = np.random.default_rng(0)
SPECTRA = rng.normal(size=(300, 20))
LABELS = (SPECTRA[:, 8:12].sum(axis=1) > 0).astype(int)


class Corner(ClassifierMixin, BaseEstimator):
    """Probability of class 1 is the mean of the upper left quarter, for images from 0 to 1."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        self.sizes_ = [*getattr(self, "sizes_", []), len(X)]
        bright = np.asarray(X)[:, :4, :4].mean(axis=(1, 2))
        return np.column_stack([1 - bright, bright])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.fixture(scope="module")
def linear():
    return LogisticRegression().fit(SPECTRA[:150], LABELS[:150])


def test_only_the_windows_that_matter_are_important(linear):
    display = BandImportanceDisplay.from_estimator(
        linear, SPECTRA[150:], LABELS[150:], window=4, random_state=0
    )
    table = display.importances_
    assert table["mean"].idxmax() == 2
    assert table.loc[2, "mean"] > 0.3
    assert (table["mean"].drop(2).abs() < 0.05).all()
    assert list(table.loc[2, ["first", "last"]]) == [8, 11]
    heights = [bar.get_height() for bar in display.axes_[1].patches]
    np.testing.assert_allclose(heights, table["mean"])


def test_windows_of_one_band_agree_with_scikit_learn(linear):
    ours = BandImportanceDisplay.from_estimator(
        linear, SPECTRA[150:], LABELS[150:], window=1, n_repeats=60, random_state=0
    ).importances_["mean"]
    theirs = permutation_importance(
        linear, SPECTRA[150:], LABELS[150:], n_repeats=60, random_state=0
    ).importances_mean
    np.testing.assert_allclose(ours, theirs, atol=0.02)


def test_the_result_does_not_depend_on_jobs_and_data_are_left_alone(linear):
    held_out = SPECTRA[150:].copy()
    held_out.flags.writeable = False
    drops = [
        BandImportanceDisplay.from_estimator(
            linear, held_out, LABELS[150:], window=5, random_state=1, n_jobs=n_jobs
        ).drops
        for n_jobs in (1, 2)
    ]
    np.testing.assert_array_equal(*drops)


@pytest.mark.filterwarnings("error")
def test_a_table_keeps_its_names_and_gives_the_wavelengths():
    table = pd.DataFrame(SPECTRA, columns=[f"{900 + 10 * i}" for i in range(20)])
    model = GaussianNB().fit(table[:150], LABELS[:150])
    display = BandImportanceDisplay.from_estimator(
        model, table[150:], LABELS[150:], window=7, n_repeats=2, scoring="neg_log_loss"
    )
    assert display.windows.tolist() == [[0, 7], [7, 14], [14, 20]]
    assert display.importances_["first"].tolist() == [900, 970, 1040]
    assert display.axes_[1].get_xlabel() == "wavelength"
    assert display.axes_[1].get_ylabel().startswith("neg log loss lost")
    np.testing.assert_allclose(
        display.axes_[0].lines[1].get_ydata(), SPECTRA[150:][LABELS[150:] == 1].mean(axis=0)
    )


def test_bands_of_bad_input_are_refused(linear):
    held_out = SPECTRA[150:], LABELS[150:]
    with pytest.raises(NotFittedError):
        BandImportanceDisplay.from_estimator(LogisticRegression(), *held_out)
    with pytest.raises(ValueError, match="window must be an integer of at least 1 and at most 20"):
        BandImportanceDisplay.from_estimator(linear, *held_out, window=21)
    with pytest.raises(ValueError, match="n_repeats must be an integer of at least 1, got 0"):
        BandImportanceDisplay.from_estimator(linear, *held_out, n_repeats=0)
    with pytest.raises(ValueError, match=r"X must hold spectra \(n, n_bands\)"):
        BandImportanceDisplay.from_estimator(linear, IMAGES, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        BandImportanceDisplay.from_estimator(linear, SPECTRA, LABELS[:-1])


def test_covering_what_counts_loses_the_probability():
    images = np.ones((1, 8, 8))
    model = Corner().fit(images, [0, 1])
    display = OcclusionDisplay.from_estimator(
        model, images, patch_size=4, stride=4, fill=0, batch_size=3
    )
    expected = np.zeros((8, 8))
    expected[:4, :4] = 1
    np.testing.assert_allclose(display.maps[0], expected)
    assert max(model.sizes_) <= 3
    against = OcclusionDisplay.from_estimator(
        model, images, target=0, patch_size=4, stride=4, fill=0
    )
    np.testing.assert_allclose(against.maps[0], -expected)
    heat = display.axes_[0, 1].get_images()[1]
    np.testing.assert_allclose(heat.get_array(), expected)
    assert heat.get_clim() == (-1, 1)


def test_patches_reach_the_borders_and_overlap_evenly():
    images = rng.random((1, 7, 9))
    model = Corner().fit(images, [0, 1])
    heat = OcclusionDisplay.from_estimator(model, images, patch_size=(3, 4), stride=2).maps[0]
    assert heat.shape == (7, 9)
    assert np.isfinite(heat).all()


def test_rows_collections_and_decisions_will_do():
    rows = LinearSVC(tol=0.1).fit(X[:300], y[:300])
    display = OcclusionDisplay.from_estimator(rows, X[300:], image_shape=(8, 8), max_samples=3)
    assert display.quantity == "decision value lost if covered"
    assert list(display.targets) == list(rows.predict(X[300:303]))
    assert display.figure_.get_suptitle() == "3 of 1497 images"
    piped = make_pipeline(FlattenImages(), GaussianNB()).fit(IMAGES[:300] > 8, y[:300])
    colour = OcclusionDisplay.from_estimator(piped, IMAGES[300:302] > 8)
    assert colour.colorbar_.ax.get_ylabel() == "probability lost if covered"


@pytest.fixture(scope="module")
def net():
    return ImageClassifier("mlp", max_epochs=4, random_state=0).fit(IMAGES[:400], y[:400])


def test_gradients_point_where_a_linear_net_has_its_weights():
    import torch

    def linear_net(input_shape, n_classes):
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, n_classes))

    labels = (y[:400] > 4).astype(int)
    model = ImageClassifier(linear_net, max_epochs=2, random_state=0).fit(IMAGES[:400], labels)
    from sklvision.neural_network._saliency import gradient_times_input

    products = gradient_times_input(
        model, IMAGES[400:403], np.ones(3, int), n_draws=1, noise=0.0, seed=0
    )
    weight = model.module_.net[1].weight.detach().numpy().astype(float)
    mean, scale = (float(t) for t in (model.module_.mean, model.module_.scale))
    expected = (IMAGES[400:403] - mean) / scale * (weight[1] - weight[0]).reshape(8, 8)
    np.testing.assert_allclose(products[..., 0], expected, rtol=1e-3, atol=1e-5)


def test_gradients_are_for_nets_behind_their_own_steps(net):
    import torch

    state = torch.get_rng_state()
    piped = make_pipeline(PixelScaler(), ImageClassifier("mlp", max_epochs=2, random_state=0))
    piped.fit(IMAGES[:200], y[:200])
    display = OcclusionDisplay.from_estimator(
        piped, IMAGES[400:], method="gradient", max_samples=2, random_state=0
    )
    np.testing.assert_allclose(display.images, piped[0].transform(IMAGES[400:402]))
    assert all(abs(heat).max() == 1 for heat in display.maps)
    assert torch.equal(torch.get_rng_state(), state)
    again = OcclusionDisplay.from_estimator(
        piped, IMAGES[400:], method="gradient", max_samples=2, random_state=0
    )
    np.testing.assert_array_equal(display.maps, again.maps)
    before = net.predict_proba(IMAGES[:3])
    OcclusionDisplay.from_estimator(net, IMAGES[400:402], method="gradient")
    np.testing.assert_array_equal(net.predict_proba(IMAGES[:3]), before)


def test_influence_of_bad_input_is_refused(net):
    with pytest.raises(NotFittedError):
        OcclusionDisplay.from_estimator(ImageClassifier(), IMAGES)
    with pytest.raises(ValueError, match="target 12 is not among the classes"):
        OcclusionDisplay.from_estimator(net, IMAGES, target=12)
    with pytest.raises(ValueError, match=r"target must be one label, or one per sample of X"):
        OcclusionDisplay.from_estimator(net, IMAGES, target=[1, 2])
    with pytest.raises(ValueError, match="patch_size must be one or two integers"):
        OcclusionDisplay.from_estimator(net, IMAGES, patch_size=9)
    with pytest.raises(ValueError, match="fill must be 'mean' or a number, got 'black'"):
        OcclusionDisplay.from_estimator(net, IMAGES, fill="black")
    with pytest.raises(ValueError, match="method must be 'occlusion' or 'gradient'"):
        OcclusionDisplay.from_estimator(net, IMAGES, method="lime")
    bayes = GaussianNB().fit(X, y)
    with pytest.raises(ValueError, match="say by image_shape"):
        OcclusionDisplay.from_estimator(bayes, X)
    with pytest.raises(TypeError, match="method='gradient' needs a fitted net"):
        OcclusionDisplay.from_estimator(bayes, X, image_shape=(8, 8), method="gradient")
    spectra = SpectrumClassifier(max_epochs=1).fit(X[:100], y[:100])
    with pytest.raises(ValueError, match="say by image_shape"):
        OcclusionDisplay.from_estimator(spectra, X, method="gradient")
