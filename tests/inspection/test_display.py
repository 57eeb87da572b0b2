"""Conventions of scikit-learn's displays, which every display keeps."""

from __future__ import annotations

import inspect
import io
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from sklvision import inspection
from sklvision.augmentation import RandomFlip
from sklvision.datasets import make_spectra
from sklvision.image import ForegroundCrop
from sklvision.model_selection import LearningForecast, robustness_curve

matplotlib = pytest.importorskip("matplotlib")
plt = pytest.importorskip("matplotlib.pyplot")

# Releases of matplotlib older than the pyparsing they find use names that it deprecates.
STRICT = pytest.mark.filterwarnings(
    "error", r"ignore:'\w+' (argument is )?deprecated:DeprecationWarning"
)
SCORES = pd.DataFrame([[0.1, 0.1, 0.2], [0.8, 0.7, 0.9], [0.9, 0.8, 0.8]], index=["a", "b", "c"])
DIFFERENCES = pd.DataFrame(
    {"difference": [0.1], "low": [-0.1], "high": [0.3], "p_holm": [0.2]}, index=["c"]
)
SIZES = np.array([50, 100, 200, 400, 800])


@pytest.fixture(scope="module")
def makers():
    """Functions of keywords that make each display, by its name."""
    X, y = load_digits(return_X_y=True)
    images = X.reshape(-1, 8, 8)
    spectra, labels = make_spectra(90, n_bands=30, random_state=0)
    digits_model = LogisticRegression(max_iter=100, tol=0.1).fit(X[:200], y[:200])
    spectra_model = LogisticRegression(max_iter=100, tol=0.1).fit(spectra[:40], labels[:40])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = MLPClassifier(max_iter=4, early_stopping=True, random_state=0).fit(X[:200], y[:200])
    crop = ForegroundCrop(center_crop=None, threshold=2, crop_size=4, output_size=4).fit(images)
    curve = robustness_curve(
        DummyClassifier().fit(spectra, labels), spectra, labels, severities=2, random_state=0
    )
    forecast = LearningForecast.from_scores(
        SIZES, 0.9 - SIZES[:, None] ** -0.5 + [[0, 0.01, -0.01]], n_samples=1000
    )
    return {
        "AugmentationDisplay": lambda **kwargs: inspection.AugmentationDisplay.from_augmenters(
            RandomFlip(), images[:2], n_draws=2, **kwargs
        ),
        "BandImportanceDisplay": lambda **kwargs: inspection.BandImportanceDisplay.from_estimator(
            spectra_model, spectra[40:], labels[40:], n_repeats=2, window=10, **kwargs
        ),
        "ComparisonDisplay": lambda **kwargs: inspection.ComparisonDisplay(
            scores=SCORES, baselines=["b"], differences=DIFFERENCES
        ).plot(**kwargs),
        "CorruptionDisplay": lambda **kwargs: inspection.CorruptionDisplay.from_result(
            curve, spectra[0], **kwargs
        ),
        "CropDisplay": lambda **kwargs: inspection.CropDisplay.from_estimator(
            crop, images, max_samples=3, **kwargs
        ),
        "LearningForecastDisplay": lambda **kwargs: (
            inspection.LearningForecastDisplay.from_forecast(forecast, **kwargs)
        ),
        "MisclassifiedDisplay": lambda **kwargs: inspection.MisclassifiedDisplay.from_estimator(
            digits_model, X[200:], y[200:], image_shape=(8, 8), max_samples=5, **kwargs
        ),
        "OcclusionDisplay": lambda **kwargs: inspection.OcclusionDisplay.from_estimator(
            digits_model, X[200:], image_shape=(8, 8), max_samples=2, **kwargs
        ),
        "ParetoDisplay": lambda **kwargs: inspection.ParetoDisplay(
            names=["a", "b", "c"],
            scores=[0.1, 0.8, 0.9],
            costs=[1, 20, 10],
            spreads=[0.1, 0.1, 0.1],
        ).plot(**kwargs),
        "RobustnessDisplay": lambda **kwargs: inspection.RobustnessDisplay.from_result(
            curve, **kwargs
        ),
        "TrainingCurveDisplay": lambda **kwargs: inspection.TrainingCurveDisplay.from_estimator(
            net, **kwargs
        ),
    }


@pytest.fixture(params=inspection.__all__)
def make(request, makers):
    return makers[request.param]


@pytest.fixture(scope="module")
def displays(makers):
    """Every display, drawn once; tests draw it again where they need it."""
    drawn_displays = {name: maker() for name, maker in makers.items()}
    plt.close("all")
    return drawn_displays


@pytest.fixture(params=inspection.__all__)
def display(request, displays):
    return displays[request.param]


def get_drawn_axes(display):
    return np.ravel(getattr(display, "axes_", None) if hasattr(display, "axes_") else display.ax_)


@STRICT
def test_display_is_drawn_on_one_new_figure_without_a_warning(make):
    style = dict(matplotlib.rcParams)
    display = make()
    assert len(plt.get_fignums()) == 1
    assert dict(matplotlib.rcParams) == style
    assert all(ax.figure is display.figure_ for ax in get_drawn_axes(display))
    assert any(ax.has_data() for ax in get_drawn_axes(display))
    content = io.BytesIO()
    display.figure_.savefig(content, format="pdf")
    assert content.tell() > 1000


@STRICT
@pytest.mark.parametrize("layout", ["constrained", "none"])
def test_display_is_drawn_in_the_users_axes(display, layout):
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 6), layout=layout)
    display.plot(ax=right)
    figure.draw_without_rendering()
    assert len(plt.get_fignums()) == 1
    assert display.figure_ is figure
    assert not left.has_data()
    middle = (left.get_position().x1 + right.get_position().x0) / 2 - 0.05
    assert all(ax.get_position().x0 > middle for ax in get_drawn_axes(display))


def test_display_takes_keywords_of_plot_when_made(make):
    _, ax = plt.subplots()
    assert make(ax=ax).figure_ is ax.figure
    with pytest.raises(TypeError, match="unexpected keyword argument 'color'"):
        make(color="red")


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"nothing": 1}, r"{name}=.*: matplotlib's \S+ takes no keyword 'nothing'"),
        ({"alpha": "much"}, r"{name}=.*: matplotlib's \S+ does not take a value: .*alpha"),
        ({3: 1}, r"{name} must be a dict of keywords or None, got {{3: 1}}"),
        ({"ec": "red", "edgecolor": "red", "c": 1, "color": 1}, "{name}=.*: Got both 'e?c'"),
    ],
)
def test_display_names_the_parameter_of_keywords_that_matplotlib_does_not_take(
    display, keywords, message
):
    # Those that style other samples than the display holds are not used.
    unused = {"AugmentationDisplay": "line_kw", "MisclassifiedDisplay": "line_kw"}
    unused |= {"CorruptionDisplay": "image_kw", "LearningForecastDisplay": "target_kw"}
    names = [name for name in inspect.signature(display.plot).parameters if name.endswith("_kw")]
    for name in set(names) - {unused.get(type(display).__name__)}:
        if "color" in keywords and name in ("image_kw", "heat_kw"):
            continue  # images have no other name of a keyword
        with pytest.raises((TypeError, ValueError), match=message.format(name=name)):
            display.plot(**{name: keywords})


@STRICT
def test_display_is_drawn_on_axes_placed_by_hand_and_in_a_subfigure(display):
    figure = plt.figure(figsize=(8, 6))
    assert display.plot(ax=figure.add_axes([0.5, 0.2, 0.4, 0.6])).figure_ is figure
    subfigure = plt.figure(layout="constrained").subfigures(1, 2)[1]
    assert display.plot(ax=subfigure.subplots()).figure_ is subfigure


def test_display_is_drawn_again_from_its_parameters_on_as_many_axes(display):
    names = list(inspect.signature(type(display).__init__).parameters)[1:]
    copy = type(display)(**{name: getattr(display, name) for name in names})
    _, axes = plt.subplots(1, len(get_drawn_axes(display)), squeeze=False)
    assert copy.plot(ax=axes[0, 0] if hasattr(display, "ax_") else axes[0]) is copy
    assert list(get_drawn_axes(copy)) == list(axes.ravel())


def test_display_refuses_other_objects_than_axes(display):
    with pytest.raises((TypeError, ValueError), match="ax must be one matplotlib Axes"):
        display.plot(ax="here")


def test_displays_need_matplotlib_only_when_drawing_and_name_the_extra():
    code = """
import sys
sys.modules["matplotlib"] = None
from sklvision.inspection import LearningForecastDisplay, MisclassifiedDisplay
assert "torch" not in sys.modules
try:
    MisclassifiedDisplay.from_predictions([0], [1], [[0.0]])
except ImportError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "sklvision[plot]" in ran.stdout
