"""Training curves show the history, and mark the epoch whose weights were kept."""

import numpy as np
import pytest
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklvision.augmentation import TestTimeAugmentation
from sklvision.datasets import make_spectra
from sklvision.inspection import TrainingCurveDisplay
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SpectralScaler

X, y = make_spectra(90, n_bands=20, noise=0.05, random_state=0)


def spectrum_net(**params):
    return SpectrumClassifier("spectrum_mlp", **{"max_epochs": 4, "random_state": 0} | params)


@pytest.fixture(scope="module")
def stopped():
    return spectrum_net(early_stopping=True, max_epochs=8, n_iter_no_change=8).fit(X, y)


def test_losses_and_scores_are_those_of_the_history(stopped):
    display = TrainingCurveDisplay.from_estimator(stopped)
    loss, score = display.axes_
    lines = {line.get_linestyle(): line for line in loss.lines if len(line.get_xdata()) == 8}
    np.testing.assert_allclose(lines["-"].get_ydata(), stopped.loss_curve_)
    held_out = [epoch["valid_loss"] for epoch in stopped.history_]
    np.testing.assert_allclose(lines["--"].get_ydata(), held_out)
    np.testing.assert_allclose(score.lines[0].get_ydata(), stopped.validation_scores_)
    assert list(lines["-"].get_xdata()) == list(range(1, 9))


def test_the_marked_epoch_is_that_of_the_kept_weights(stopped):
    display = TrainingCurveDisplay.from_estimator(stopped)
    (best,) = display.best_epochs_.values()
    history = stopped.history_[best - 1]
    ranked = max((e["valid_acc"], -e["valid_loss"]) for e in stopped.history_)
    assert (history["valid_acc"], -history["valid_loss"]) == ranked
    assert f"best epoch: {best}" in [t.get_text() for t in display.axes_[1].get_legend().texts]


def test_without_validation_there_is_one_panel_and_no_mark():
    display = TrainingCurveDisplay.from_estimator(spectrum_net().fit(X, y), line_kw={"lw": 3})
    assert len(display.axes_) == 1
    assert display.best_epochs_ == {}
    assert display.lines_[0].get_linewidth() == 3


def test_several_are_told_apart_by_name_and_colour(stopped):
    display = TrainingCurveDisplay.from_estimator(
        {"long": stopped, "short": spectrum_net().fit(X, y)}
    )
    assert [line.get_label() for line in display.lines_] == ["long", "short"]
    assert len({line.get_color() for line in display.lines_}) == 2
    twice = TrainingCurveDisplay.from_estimator([stopped, stopped])
    assert list(twice.curves) == ["SpectrumClassifier-1", "SpectrumClassifier-2"]


def test_nets_are_found_within_other_estimators(stopped):
    piped = make_pipeline(SpectralScaler(), spectrum_net()).fit(X, y)
    search = GridSearchCV(piped, {"spectrumclassifier__lr": [1e-3]}, cv=2).fit(X, y)
    images = X.reshape(-1, 4, 5)
    small = ImageClassifier("mlp", max_epochs=2, random_state=0)
    averaged = TestTimeAugmentation(small).fit(images, y)
    vote = VotingClassifier([("a", spectrum_net()), ("b", spectrum_net(lr=1e-3))]).fit(X, y)
    for fitted, names in (
        (search, ["SpectrumClassifier"]),
        (averaged, ["ImageClassifier"]),
        (vote, ["VotingClassifier, a", "VotingClassifier, b"]),
    ):
        assert list(TrainingCurveDisplay.from_estimator(fitted).curves) == names


def test_a_net_trained_on_after_early_stopping_keeps_its_epochs_in_line(stopped):
    net = spectrum_net(early_stopping=True).fit(X, y)
    net.partial_fit(X, y)
    curve = TrainingCurveDisplay.from_estimator(net).curves["SpectrumClassifier"]
    assert len(curve) == net.n_iter_ == 5
    assert list(curve["valid_score"].isna()) == [False] * 4 + [True]


def test_bad_input_is_refused(stopped):
    with pytest.raises(NotFittedError):
        TrainingCurveDisplay.from_estimator(spectrum_net())
    with pytest.raises(ValueError, match="LogisticRegression has neither history_ nor"):
        TrainingCurveDisplay.from_estimator(LogisticRegression().fit(X, y))
    with pytest.raises(ValueError, match="one name per estimator: 1 names, 2"):
        TrainingCurveDisplay.from_estimator([stopped, stopped], names=["a"])
    with pytest.raises(ValueError, match="names must differ"):
        TrainingCurveDisplay.from_estimator([stopped, stopped], names=["a", "a"])
    with pytest.raises(ValueError, match="nothing to show"):
        TrainingCurveDisplay.from_estimator([])
