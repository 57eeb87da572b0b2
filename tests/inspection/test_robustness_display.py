"""Robustness curves, and what was done to a sample, as pictures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB

from sklvision.inspection import CorruptionDisplay, RobustnessDisplay
from sklvision.model_selection import robustness_curve

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

SPECTRA, KINDS = load_iris(return_X_y=True)
IMAGES = load_digits().images[:20] / 16
PARITY = np.arange(20) % 2


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def of_spectra():
    models = {"bayes": GaussianNB(), "majority": DummyClassifier()}
    fitted = {name: model.fit(SPECTRA, KINDS) for name, model in models.items()}
    return robustness_curve(fitted, SPECTRA, KINDS, severities=3, random_state=0)


@pytest.fixture(scope="module")
def of_images():
    model = DummyClassifier().fit(IMAGES, PARITY)
    return robustness_curve(
        model,
        IMAGES,
        PARITY,
        corruptions=["rotation", "noise", "motion_blur"],
        severities=2,
        random_state=0,
    )


def test_lines_are_the_scores(of_spectra):
    display = RobustnessDisplay.from_result(of_spectra)
    assert display.axes_.shape == (4,)
    frame = of_spectra.to_frame().set_index(["corruption", "estimator"])
    for panel, lines, corruption in zip(
        display.axes_, display.lines_, of_spectra.corruptions, strict=True
    ):
        assert panel.get_title() == corruption
        assert of_spectra.meanings[corruption] in [text.get_text() for text in panel.texts]
        for line, name in zip(lines, ["bayes", "majority"], strict=True):
            curve = frame.loc[(corruption, name)]
            np.testing.assert_array_equal(line.get_xdata(), curve["severity"])
            np.testing.assert_array_equal(line.get_ydata(), curve["score"])
            assert line.get_xdata()[0] == 0
    assert [text.get_text() for text in display.legend_.get_texts()] == ["bayes", "majority"]
    assert len({panel.get_ylim() for panel in display.axes_}) == 1
    assert display.axes_[0].get_ylabel() == "accuracy"
    assert [panel.get_ylabel() for panel in display.axes_[1:]] == [""] * 3
    display.figure_.canvas.draw()


def test_one_classifier_needs_no_legend(of_images):
    display = RobustnessDisplay.from_result(of_images, line_kw={"lw": 3, "color": "red"})
    assert display.legend_ is None
    assert display.lines_[0][0].get_linewidth() == 3
    assert display.axes_[2].get_title() == "motion blur"
    display.figure_.canvas.draw()


def test_more_classifiers_than_colours_and_panels_than_a_row():
    rows = [
        {"estimator": f"net {i}", "corruption": f"c{j}", "severity": s, "score": 1 - s * i / 20}
        for i in range(9)
        for j in range(5)
        for s in (0.0, 1.0)
    ]
    display = RobustnessDisplay(scores=pd.DataFrame(rows)).plot()
    styles = {(line.get_color(), line.get_marker()) for line in display.lines_[0]}
    assert len(styles) == 9
    assert len(display.axes_) == 5
    labelled = [bool(panel.get_xlabel()) for panel in display.axes_]
    assert labelled == [False, False, True, True, True]
    display.figure_.canvas.draw()


def test_drawn_where_it_is_told(of_spectra, of_images):
    figure, ax = plt.subplots()
    display = RobustnessDisplay.from_result(of_spectra, ax=ax)
    assert display.figure_ is figure
    assert display.legend_ in display.axes_[0].get_children()

    figure, axes = plt.subplots(1, 4)
    display.plot(ax=axes)
    assert list(display.axes_) == list(axes)
    with pytest.raises(ValueError, match="4 of them"):
        display.plot(ax=axes[:3])

    figure, axes = plt.subplots(3, 3)
    sheet = CorruptionDisplay.from_result(of_images, IMAGES[0], ax=axes)
    assert sheet.figure_ is figure
    assert (sheet.axes_ == axes).all()
    figure.canvas.draw()


def test_a_sheet_shows_what_the_classifiers_got(of_images):
    display = CorruptionDisplay.from_result(of_images, IMAGES[3])
    assert display.axes_.shape == (3, 3)
    for row, corruption in zip(display.axes_, of_images.corruptions, strict=True):
        shown = [panel.images[0].get_array() for panel in row]
        np.testing.assert_array_equal(shown[0], IMAGES[3])
        for image, severity in zip(shown[1:], [0.5, 1.0], strict=True):
            expected = of_images.corrupt(IMAGES, corruption, severity)[3]
            np.testing.assert_array_equal(image, expected)
    assert [panel.get_title() for panel in display.axes_[0]] == ["clean", "0.5", "1"]
    assert display.axes_[2, 0].get_ylabel() == "motion blur"
    display.figure_.canvas.draw()


def test_a_sheet_of_other_severities_and_in_colour():
    X = np.random.default_rng(0).integers(0, 256, (4, 12, 20, 3), dtype=np.uint8)
    model = DummyClassifier().fit(X, [0, 1, 0, 1])
    result = robustness_curve(model, X, [0, 1, 0, 1], severities=1, corruptions=["jpeg"])
    display = CorruptionDisplay.from_result(result, X[0], severities=[0.1, 0.2, 0.3])
    assert display.axes_.shape == (1, 4)
    assert display.axes_[0, 0].images[0].get_array().shape == (12, 20, 3)
    display.figure_.canvas.draw()


def test_a_spectrum_is_drawn_as_lines(of_spectra):
    display = CorruptionDisplay.from_result(of_spectra, SPECTRA[5])
    assert display.axes_.shape == (4,)
    for panel, corruption in zip(display.axes_, of_spectra.corruptions, strict=True):
        *corrupted, clean = panel.lines
        np.testing.assert_array_equal(clean.get_ydata(), SPECTRA[5])
        expected = of_spectra.corrupt(SPECTRA, corruption, 1.0)[5]
        np.testing.assert_array_equal(corrupted[-1].get_ydata(), expected)
        assert len(corrupted) == 3
    display.figure_.canvas.draw()
