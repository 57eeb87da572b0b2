"""RobustnessDisplay and CorruptionDisplay: scores by severity, and samples at each severity."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB

from sklvision.inspection import CorruptionDisplay, RobustnessDisplay
from sklvision.model_selection import robustness_curve

plt = pytest.importorskip("matplotlib.pyplot")

SPECTRA, KINDS = load_iris(return_X_y=True)
IMAGES = load_digits().images[:20] / 16
PARITY = np.arange(20) % 2


@pytest.fixture(scope="module")
def spectra_curve():
    models = {"bayes": GaussianNB(), "majority": DummyClassifier()}
    models = {name: model.fit(SPECTRA, KINDS) for name, model in models.items()}
    return robustness_curve(models, SPECTRA, KINDS, severities=3, random_state=0)


@pytest.fixture(scope="module")
def image_curve():
    model = DummyClassifier().fit(IMAGES, PARITY)
    return robustness_curve(
        model,
        IMAGES,
        PARITY,
        corruptions=["rotation", "noise", "motion_blur"],
        severities=2,
        random_state=0,
    )


def test_robustness_display_draws_the_scores_as_lines(spectra_curve):
    display = RobustnessDisplay.from_result(spectra_curve)
    assert display.axes_.shape == (4,)
    frame = spectra_curve.to_frame().set_index(["corruption", "estimator"])
    for panel, lines, corruption in zip(
        display.axes_, display.lines_, spectra_curve.corruptions, strict=True
    ):
        assert panel.get_title() == corruption
        assert spectra_curve.meanings[corruption] in [text.get_text() for text in panel.texts]
        for line, name in zip(lines, ["bayes", "majority"], strict=True):
            curve = frame.loc[(corruption, name)]
            np.testing.assert_array_equal(line.get_xdata(), curve["severity"])
            np.testing.assert_array_equal(line.get_ydata(), curve["score"])
            assert line.get_xdata()[0] == 0
    assert [text.get_text() for text in display.legend_.get_texts()] == ["bayes", "majority"]
    assert len({panel.get_ylim() for panel in display.axes_}) == 1
    assert display.axes_[0].get_ylabel() == "accuracy"
    assert [panel.get_ylabel() for panel in display.axes_[1:]] == [""] * 3


def test_robustness_display_of_one_classifier_has_no_legend(image_curve):
    display = RobustnessDisplay.from_result(image_curve, line_kw={"lw": 3, "color": "red"})
    assert display.legend_ is None
    assert display.lines_[0][0].get_linewidth() == 3
    assert display.axes_[2].get_title() == "motion blur"


def test_robustness_display_repeats_colors_with_other_markers_and_labels_the_lowest_panels():
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
    has_label = [bool(panel.get_xlabel()) for panel in display.axes_]
    assert has_label == [False, False, True, True, True]


@pytest.mark.slow
def test_robustness_and_corruption_displays_use_the_axes_of_the_user(spectra_curve, image_curve):
    figure, ax = plt.subplots()
    display = RobustnessDisplay.from_result(spectra_curve, ax=ax)
    assert display.figure_ is figure
    assert display.legend_ in display.axes_[0].get_children()

    figure, axes = plt.subplots(1, 4)
    display.plot(ax=axes)
    assert list(display.axes_) == list(axes)
    with pytest.raises(ValueError, match="4 of them"):
        display.plot(ax=axes[:3])

    figure, axes = plt.subplots(3, 3)
    sheet = CorruptionDisplay.from_result(image_curve, IMAGES[0], ax=axes)
    assert sheet.figure_ is figure
    assert (sheet.axes_ == axes).all()


def test_corruption_display_shows_the_images_that_the_classifiers_got(image_curve):
    display = CorruptionDisplay.from_result(image_curve, IMAGES[3])
    assert display.axes_.shape == (3, 3)
    for row, corruption in zip(display.axes_, image_curve.corruptions, strict=True):
        pixels = [panel.images[0].get_array() for panel in row]
        np.testing.assert_array_equal(pixels[0], IMAGES[3])
        for image, severity in zip(pixels[1:], [0.5, 1.0], strict=True):
            expected = image_curve.corrupt(IMAGES, corruption, severity)[3]
            np.testing.assert_array_equal(image, expected)
    assert [panel.get_title() for panel in display.axes_[0]] == ["clean", "0.5", "1"]
    assert display.axes_[2, 0].get_ylabel() == "motion blur"


def test_corruption_display_takes_other_severities_and_color():
    X = np.random.default_rng(0).integers(0, 256, (4, 12, 20, 3), dtype=np.uint8)
    model = DummyClassifier().fit(X, [0, 1, 0, 1])
    result = robustness_curve(model, X, [0, 1, 0, 1], severities=1, corruptions=["jpeg"])
    display = CorruptionDisplay.from_result(result, X[0], severities=[0.1, 0.2, 0.3])
    assert display.axes_.shape == (1, 4)
    assert display.axes_[0, 0].images[0].get_array().shape == (12, 20, 3)


def test_corruption_display_draws_spectra_as_lines(spectra_curve):
    display = CorruptionDisplay.from_result(spectra_curve, SPECTRA[5])
    assert display.axes_.shape == (4,)
    for panel, corruption in zip(display.axes_, spectra_curve.corruptions, strict=True):
        *corrupted_lines, clean = panel.lines
        np.testing.assert_array_equal(clean.get_ydata(), SPECTRA[5])
        expected = spectra_curve.corrupt(SPECTRA, corruption, 1.0)[5]
        np.testing.assert_array_equal(corrupted_lines[-1].get_ydata(), expected)
        assert len(corrupted_lines) == 3
