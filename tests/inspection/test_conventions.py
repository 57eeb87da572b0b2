"""Every display keeps scikit-learn's conventions, whatever it shows."""

from __future__ import annotations

import inspect
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
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

# Releases of matplotlib older than the pyparsing they find use names that it deprecates.
STRICT = pytest.mark.filterwarnings(
    "error", r"ignore:'\w+' (argument is )?deprecated:DeprecationWarning"
)

X, y = load_digits(return_X_y=True)
IMAGES = X.reshape(-1, 8, 8)
SPECTRA, LABELS = make_spectra(90, n_bands=30, random_state=0)
digits_model = LogisticRegression(max_iter=100, tol=0.1).fit(X[:200], y[:200])
spectra_model = LogisticRegression(max_iter=100, tol=0.1).fit(SPECTRA[:40], LABELS[:40])
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    net = MLPClassifier(max_iter=4, early_stopping=True, random_state=0).fit(X[:200], y[:200])
SCORES = pd.DataFrame([[0.1, 0.1, 0.2], [0.8, 0.7, 0.9], [0.9, 0.8, 0.8]], index=["a", "b", "c"])
DIFFERENCES = pd.DataFrame(
    {"difference": [0.1], "low": [-0.1], "high": [0.3], "p_holm": [0.2]}, index=["c"]
)

ROBUST = robustness_curve(
    DummyClassifier().fit(SPECTRA, LABELS), SPECTRA, LABELS, severities=2, random_state=0
)
SIZES = np.array([50, 100, 200, 400, 800])
FORECAST = LearningForecast.from_scores(
    SIZES, 0.9 - SIZES[:, None] ** -0.5 + [[0, 0.01, -0.01]], n_samples=1000
)

# How each display is made, on given axes or on new ones.
CASES = {
    "AugmentationDisplay": lambda ax=None: inspection.AugmentationDisplay.from_augmenters(
        RandomFlip(), IMAGES[:2], n_draws=2, ax=ax
    ),
    "BandImportanceDisplay": lambda ax=None: inspection.BandImportanceDisplay.from_estimator(
        spectra_model, SPECTRA[40:], LABELS[40:], n_repeats=2, window=10, ax=ax
    ),
    "ComparisonDisplay": lambda ax=None: inspection.ComparisonDisplay(
        scores=SCORES, baselines=["b"], differences=DIFFERENCES
    ).plot(ax=ax),
    "CorruptionDisplay": lambda ax=None: inspection.CorruptionDisplay.from_result(
        ROBUST, SPECTRA[0], ax=ax
    ),
    "CropDisplay": lambda ax=None: inspection.CropDisplay.from_estimator(
        ForegroundCrop(center_crop=None, threshold=2, crop_size=4, output_size=4).fit(IMAGES),
        IMAGES,
        max_samples=3,
        ax=ax,
    ),
    "LearningForecastDisplay": lambda ax=None: inspection.LearningForecastDisplay.from_forecast(
        FORECAST, ax=ax
    ),
    "MisclassifiedDisplay": lambda ax=None: inspection.MisclassifiedDisplay.from_estimator(
        digits_model, X[200:], y[200:], image_shape=(8, 8), max_samples=5, ax=ax
    ),
    "OcclusionDisplay": lambda ax=None: inspection.OcclusionDisplay.from_estimator(
        digits_model, X[200:], image_shape=(8, 8), max_samples=2, ax=ax
    ),
    "ParetoDisplay": lambda ax=None: inspection.ParetoDisplay(
        names=["a", "b", "c"], scores=[0.1, 0.8, 0.9], costs=[1, 20, 10], spreads=[0.1, 0.1, 0.1]
    ).plot(ax=ax),
    "RobustnessDisplay": lambda ax=None: inspection.RobustnessDisplay.from_result(ROBUST, ax=ax),
    "TrainingCurveDisplay": lambda ax=None: inspection.TrainingCurveDisplay.from_estimator(
        net, ax=ax
    ),
}


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture(params=CASES)
def make(request):
    return CASES[request.param]


def drawn_axes(display):
    return np.ravel(display.axes_ if hasattr(display, "axes_") else display.ax_)


def test_every_display_is_tested():
    assert set(inspection.__all__) == set(CASES)


@STRICT
def test_it_is_drawn_without_a_warning_and_on_one_new_figure(make):
    display = make()
    assert len(plt.get_fignums()) == 1
    display.figure_.draw_without_rendering()
    assert all(ax.figure is display.figure_ for ax in drawn_axes(display))
    assert any(ax.has_data() for ax in drawn_axes(display))


@STRICT
@pytest.mark.parametrize("layout", ["constrained", "none"])
def test_it_is_drawn_in_the_place_it_is_given(make, layout):
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 6), layout=layout)
    display = make(ax=right)
    figure.draw_without_rendering()
    assert len(plt.get_fignums()) == 1
    assert display.figure_ is figure
    assert not left.has_data()
    middle = (left.get_position().x1 + right.get_position().x0) / 2 - 0.05
    for ax in drawn_axes(display):
        assert ax.get_position().x0 > middle


@STRICT
def test_it_is_drawn_on_axes_placed_by_hand_and_in_a_subfigure(make):
    figure = plt.figure(figsize=(8, 6))
    assert make(ax=figure.add_axes([0.5, 0.2, 0.4, 0.6])).figure_ is figure
    parent = plt.figure(figsize=(12, 6), layout="constrained")
    part = parent.subfigures(1, 2)[1]
    assert make(ax=part.subplots()).figure_ is part
    parent.draw_without_rendering()


def test_it_is_drawn_again_on_as_many_axes_as_it_has(make):
    display = make()
    n_axes = len(drawn_axes(display))
    _, axes = plt.subplots(1, n_axes, squeeze=False)
    given = axes[0, 0] if hasattr(display, "ax_") else axes[0]
    assert display.plot(ax=given) is display
    assert list(drawn_axes(display)) == list(axes.ravel())


def test_the_style_of_others_is_left_alone(make):
    before = dict(matplotlib.rcParams)
    make()
    assert dict(matplotlib.rcParams) == before


def test_it_keeps_what_it_shows(make):
    display = make()
    names = list(inspect.signature(type(display).__init__).parameters)[1:]
    again = type(display)(**{name: getattr(display, name) for name in names})
    assert all(getattr(again, name) is getattr(display, name) for name in names)
    again.plot()


def test_it_is_saved_as_pdf(make, tmp_path):
    make().figure_.savefig(tmp_path / "figure.pdf")
    assert (tmp_path / "figure.pdf").stat().st_size > 1000


def test_what_is_no_axes_is_refused(make):
    display = make()
    with pytest.raises((TypeError, ValueError), match="ax must be one matplotlib Axes"):
        display.plot(ax="here")


def test_without_matplotlib_it_is_imported_and_the_extra_is_named():
    code = """
import sys
sys.modules["matplotlib"] = None
from sklvision.inspection import MisclassifiedDisplay
assert "torch" not in sys.modules
try:
    MisclassifiedDisplay.from_predictions([0], [1], [[0.0]])
except ImportError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "sklvision[plot]" in ran.stdout


def test_nothing_of_matplotlib_is_imported_beforehand():
    code = "import sys, sklvision.inspection; print('matplotlib' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
