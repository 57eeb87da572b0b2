"""TrainingCurveDisplay: loss and score by epoch, with the best epoch marked."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
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


def test_training_curve_display_draws_losses_and_scores_of_the_history(stopped):
    display = TrainingCurveDisplay.from_estimator(stopped)
    loss, score = display.axes_
    lines = {line.get_linestyle(): line for line in loss.lines if len(line.get_xdata()) == 8}
    np.testing.assert_allclose(lines["-"].get_ydata(), stopped.loss_curve_)
    held_out = [epoch["valid_loss"] for epoch in stopped.history_]
    np.testing.assert_allclose(lines["--"].get_ydata(), held_out)
    np.testing.assert_allclose(score.lines[0].get_ydata(), stopped.validation_scores_)
    assert list(lines["-"].get_xdata()) == list(range(1, 9))


def test_training_curve_display_marks_the_epoch_of_the_final_weights(stopped):
    display = TrainingCurveDisplay.from_estimator(stopped)
    (best,) = display.best_epochs_.values()
    history = stopped.history_[best - 1]
    best_values = max((e["valid_acc"], -e["valid_loss"]) for e in stopped.history_)
    assert (history["valid_acc"], -history["valid_loss"]) == best_values
    assert f"best epoch: {best}" in [t.get_text() for t in display.axes_[1].get_legend().texts]


def test_training_curve_display_without_validation_has_one_panel_and_no_mark():
    display = TrainingCurveDisplay.from_estimator(spectrum_net().fit(X, y), line_kw={"lw": 3})
    assert len(display.axes_) == 1
    assert display.best_epochs_ == {}
    assert display.lines_[0].get_linewidth() == 3


def test_training_curve_display_gives_several_nets_names_and_colors(stopped):
    display = TrainingCurveDisplay.from_estimator(
        {"long": stopped, "short": spectrum_net().fit(X, y)}
    )
    assert [line.get_label() for line in display.lines_] == ["long", "short"]
    assert len({line.get_color() for line in display.lines_}) == 2
    two_curves = TrainingCurveDisplay.from_estimator([stopped, stopped])
    assert list(two_curves.curves) == ["SpectrumClassifier-1", "SpectrumClassifier-2"]


def test_training_curve_display_finds_nets_inside_other_estimators(stopped):
    piped = make_pipeline(SpectralScaler(), spectrum_net()).fit(X, y)
    search = GridSearchCV(piped, {"spectrumclassifier__lr": [1e-3]}, cv=2).fit(X, y)
    small = ImageClassifier("mlp", max_epochs=2, random_state=0)
    test_time = TestTimeAugmentation(small).fit(X.reshape(-1, 4, 5), y)
    for estimator, name in (
        (search, "SpectrumClassifier"),
        (test_time, "ImageClassifier"),
        (FrozenEstimator(stopped), "SpectrumClassifier"),
    ):
        assert list(TrainingCurveDisplay.from_estimator(estimator).curves) == [name]


def test_training_curve_display_shows_every_net_of_an_ensemble():
    net, piped = spectrum_net(), make_pipeline(SpectralScaler(), spectrum_net(max_epochs=2))
    members = [("a", net), ("b", piped), ("linear", LogisticRegression())]
    for ensemble, names in (
        (BaggingClassifier(net, n_estimators=2, random_state=0), ["0", "1"]),
        (BaggingClassifier(piped, n_estimators=2, random_state=0), ["0", "1"]),
        (CalibratedClassifierCV(net, cv=2), ["0", "1"]),
        (VotingClassifier(members), ["a", "b"]),
        (StackingClassifier(members, cv=2), ["a", "b"]),
    ):
        curves = TrainingCurveDisplay.from_estimator(ensemble.fit(X, y)).curves
        assert list(curves) == [f"{type(ensemble).__name__}, {name}" for name in names]
        assert all(curve["train_loss"].notna().all() for curve in curves.values())


def test_training_curve_display_aligns_epochs_after_partial_fit(stopped):
    net = spectrum_net(early_stopping=True).fit(X, y)
    net.partial_fit(X, y)
    curve = TrainingCurveDisplay.from_estimator(net).curves["SpectrumClassifier"]
    assert len(curve) == net.n_iter_ == 5
    assert list(curve["valid_score"].isna()) == [False] * 4 + [True]


def test_training_curve_display_refuses_bad_input(stopped):
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
