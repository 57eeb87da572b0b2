"""LearningForecastDisplay: a learning curve and its forecast."""

import numpy as np
import pytest

from sklvision.inspection import LearningForecastDisplay
from sklvision.model_selection import LearningForecast

plt = pytest.importorskip("matplotlib.pyplot")
to_hex = pytest.importorskip("matplotlib.colors").to_hex

SIZES = np.array([60, 100, 160, 260, 420, 680, 1100])


@pytest.fixture(scope="module")
def forecast():
    rng = np.random.default_rng(0)
    scores = 0.95 - 1.2 * SIZES[:, None] ** -0.5 + rng.normal(scale=0.003, size=(7, 10))
    return LearningForecast.from_scores(SIZES, scores, n_samples=1375, scoring="balanced_accuracy")


def test_learning_forecast_display_draws_points_curve_and_interval_of_the_forecast(forecast):
    display = LearningForecastDisplay.from_forecast(forecast)
    assert display.ax_.figure is display.figure_
    assert display.ax_.get_xscale() == "log"
    assert display.ax_.get_ylabel() == "balanced accuracy"
    points = display.points_.lines[0]
    np.testing.assert_array_equal(points.get_xdata(), SIZES)
    np.testing.assert_allclose(points.get_ydata(), forecast.scores.mean(axis=1))
    for line in (display.line_, display.forecast_line_):
        np.testing.assert_allclose(line.get_ydata(), forecast.predict(line.get_xdata())[0])
    (path,) = display.band_.get_paths()
    _, low, high = forecast.predict(SIZES[-1])
    at_last = path.vertices[np.isclose(path.vertices[:, 0], SIZES[-1]), 1]
    np.testing.assert_allclose([at_last.min(), at_last.max()], [low, high])


def test_learning_forecast_display_is_dashed_from_the_largest_size_measured(forecast):
    display = LearningForecastDisplay.from_forecast(forecast)
    assert display.line_.get_xdata().min() == 60
    assert display.line_.get_xdata().max() == display.forecast_line_.get_xdata().min() == 1100
    assert display.forecast_line_.get_xdata().max() == pytest.approx(8 * 1375)
    assert display.line_.get_linestyle() == "-"
    assert display.forecast_line_.get_linestyle() == "--"
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["forecast", "90 % interval", "measured: mean ± std"]


def test_learning_forecast_display_without_a_target_has_no_line(forecast):
    display = LearningForecastDisplay.from_forecast(forecast)
    assert display.target_line_ is None
    assert display.target_text_ is None


@pytest.mark.parametrize("target", [0.7, 0.93, 0.945, 0.96, 0.99])
def test_learning_forecast_display_marks_the_target_and_the_samples_it_takes(forecast, target):
    display = LearningForecastDisplay.from_forecast(forecast, target=target)
    n_needed = forecast.samples_for(target)
    assert set(display.target_line_.get_ydata()) == {target}
    assert display.target_text_.get_text().replace("\n", " ") == str(n_needed)
    drawn_to = display.forecast_line_.get_xdata().max()
    assert drawn_to <= 100 * 1375
    marks = [line for line in display.ax_.lines if line.get_marker() == "D"]
    assert len(marks) == (n_needed.n <= drawn_to)
    if marks:
        assert marks[0].get_xdata()[0] == pytest.approx(n_needed.n)


def test_learning_forecast_display_takes_the_target_of_the_forecast(forecast):
    with_target = LearningForecast.from_scores(SIZES, forecast.scores, target=0.9)
    assert LearningForecastDisplay.from_forecast(with_target).target_line_ is not None


def test_learning_forecast_display_takes_keywords_and_axes(forecast):
    figure, (left, right) = plt.subplots(1, 2)
    display = LearningForecastDisplay.from_forecast(
        forecast,
        target=0.93,
        n_max=5000,
        ax=left,
        line_kw={"color": "green", "lw": 3},
        band_kw={"alpha": 0.5},
        point_kw={"ms": 9},
        target_kw={"c": "black"},
    )
    assert display.ax_ is left
    assert display.figure_ is figure
    assert display.line_.get_color() == display.forecast_line_.get_color() == "green"
    assert display.line_.get_linewidth() == 3
    assert display.band_.get_alpha() == 0.5
    assert display.points_.lines[0].get_markersize() == 9
    assert to_hex(display.target_line_.get_color()) == "#000000"
    assert display.forecast_line_.get_xdata().max() == pytest.approx(5000)
    assert display.plot(ax=right).ax_ is right


@pytest.mark.parametrize("n_max", [1100, 10, np.inf, np.nan])
def test_learning_forecast_display_refuses_a_range_without_forecast(forecast, n_max):
    with pytest.raises(ValueError, match="n_max must be finite and above 1,100"):
        LearningForecastDisplay.from_forecast(forecast, n_max=n_max)


def test_learning_forecast_display_refuses_a_target_out_of_range(forecast):
    with pytest.raises(ValueError, match="score=95 is above 1"):
        LearningForecastDisplay.from_forecast(forecast, target=95)
