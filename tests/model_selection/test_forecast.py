"""Forecasts from known scores: known curves are found again, and limits are reported."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklvision.model_selection import LearningForecast, SamplesNeeded

SIZES = np.array([60, 100, 160, 260, 420, 680, 1100])


def power_law(n, limit=0.95, b=1.2, c=0.5):
    return limit - b * np.asarray(n, dtype=float) ** -c


def noisy(curve, noise=0.004, n_repeats=10, seed=0):
    rng = np.random.default_rng(seed)
    return np.asarray(curve)[:, None] + rng.normal(scale=noise, size=(len(curve), n_repeats))


def forecast_of(limit=0.95, b=1.2, c=0.5, sizes=SIZES, noise=0.004, seed=0, **kwargs):
    scores = noisy(power_law(sizes, limit, b, c), noise, seed=seed)
    return LearningForecast.from_scores(sizes, scores, **kwargs)


class TestKnownCurves:
    @pytest.mark.parametrize(
        ("limit", "b", "c"), [(0.95, 1.2, 0.5), (0.8, 3.0, 0.8), (0.99, 1, 0.3)]
    )
    def test_predict_interval_contains_the_truth(self, limit, b, c):
        n = np.array([2000, 5000, 20_000])
        median, low, high = forecast_of(limit, b, c).predict(n)
        truth = power_law(n, limit, b, c)
        assert np.all((low < truth) & (truth < high))
        assert np.all(np.abs(median - truth) < 0.03)

    def test_predict_interval_contains_the_truth_of_noisy_curves(self):
        truth = power_law(5000)
        is_covered = []
        for seed in range(40):
            _, low, high = forecast_of(noise=0.01, seed=seed).predict(5000)
            is_covered.append(low <= truth <= high)
        assert np.mean(is_covered) >= 0.9

    def test_samples_for_contains_the_truth(self):
        truth = (1.2 / (0.95 - 0.92)) ** 2  # 1,600
        samples_needed = forecast_of(noise=0.002).samples_for(0.92)
        assert samples_needed.low < truth < samples_needed.high
        assert samples_needed.n == pytest.approx(truth, rel=0.25)
        assert samples_needed.reachable == "yes"
        assert samples_needed.probability == 1

    def test_samples_for_reports_a_target_above_the_asymptote(self):
        forecast = forecast_of(limit=0.8, b=4, c=0.9, noise=0.002, target=0.95)
        samples_needed = forecast.samples_for(0.95)
        assert samples_needed.reachable == "no"
        assert samples_needed.n == samples_needed.low == samples_needed.high == np.inf
        assert "0.95 cannot be reached at this rate" in str(forecast)
        assert forecast.asymptote[2] < 0.95

    def test_samples_for_reports_an_uncertain_target(self):
        forecast = forecast_of(noise=0.01)
        samples_needed = forecast.samples_for(0.955)
        assert samples_needed.reachable == "perhaps"
        assert np.isfinite(samples_needed.low)
        assert np.isinf(samples_needed.high)
        assert 0.05 < samples_needed.probability < 0.95
        assert "out of reach" in str(samples_needed)

    def test_samples_for_reports_a_target_already_reached(self):
        samples_needed = forecast_of().samples_for(0.7)
        assert samples_needed.reachable == "already"
        assert samples_needed.high <= 60
        assert "already reached" in str(samples_needed)

    def test_predict_intervals_widen_with_noise_and_distance(self):
        def width(forecast, n):
            _, low, high = forecast.predict(n)
            return high - low

        quiet, loud = forecast_of(noise=0.002), forecast_of(limit=0.9, noise=0.03)
        assert width(quiet, 5000) < width(loud, 5000)
        assert width(quiet, 1100) < width(quiet, 5000) < width(quiet, 50_000)

    def test_predict_intervals_narrow_with_repeats(self):
        few = LearningForecast.from_scores(SIZES, noisy(power_law(SIZES), 0.03, 3))
        with_repeats = LearningForecast.from_scores(SIZES, noisy(power_law(SIZES), 0.03, 60))
        widths = [high - low for _, low, high in (f.predict(2000) for f in (few, with_repeats))]
        assert widths[1] < widths[0]

    def test_predict_intervals_widen_with_a_shift_of_whole_folds(self):
        """An easy test part raises all scores of its fold: the mean is no surer for many sizes."""
        shift = np.random.default_rng(1).normal(scale=0.03, size=6)
        scores = noisy(power_law(SIZES), 0.002, 6)
        independent = LearningForecast.from_scores(SIZES, scores).predict(1100)
        correlated = LearningForecast.from_scores(SIZES, scores + shift - shift.mean()).predict(
            1100
        )
        assert correlated[2] - correlated[1] > 1.5 * (independent[2] - independent[1])
        assert correlated[2] - correlated[1] > 2 * 1.645 * shift.std(ddof=1) / np.sqrt(6) * 0.8

    def test_from_scores_takes_negated_losses(self):
        scores = -0.05 - 3 * SIZES[:, None] ** -0.6 + noisy(np.zeros(7), 0.01)
        forecast = LearningForecast.from_scores(SIZES, scores, best_score=0, target=-0.07)
        _, _, high = forecast.predict(10**7)
        assert high <= 0
        _, low, high = forecast.predict(5000)
        assert low < -0.05 - 3 * 5000**-0.6 < high
        with pytest.raises(ValueError, match=r"score=0.1 is above 0, the best possible score"):
            forecast.samples_for(0.1)


class TestShapesOfCurves:
    def test_from_scores_takes_a_flat_curve(self):
        forecast = LearningForecast.from_scores(SIZES, noisy(np.full(7, 0.7), 0.01))
        median, low, high = forecast.predict(10_000)
        assert low < 0.7 < high
        assert median == pytest.approx(0.7, abs=0.02)
        assert forecast.samples_for(0.9).reachable == "no"

    def test_from_scores_takes_constant_scores(self):
        forecast = LearningForecast.from_scores(SIZES, np.full((7, 5), 0.7))
        median, low, high = forecast.predict(5000)
        assert low <= median <= high
        assert median == pytest.approx(0.7, abs=0.01)

    def test_from_scores_is_not_certain_of_few_perfect_scores(self):
        unit_scores = np.ones((4, 5))
        sure = LearningForecast.from_scores(SIZES[:4], unit_scores, target=1.0)
        assert sure.samples_for(1.0).reachable == "already"
        assert sure.predict(1000)[0] == 1
        _, low, high = LearningForecast.from_scores(SIZES[:4], unit_scores, n_tested=50).predict(
            1000
        )
        assert 0.9 < low < 0.99
        assert high == 1

    def test_from_scores_warns_of_falling_scores(self):
        scores = noisy(np.linspace(0.9, 0.8, 7), 0.005)
        with pytest.warns(UserWarning, match=r"scores fall as samples are added, from 0\.9"):
            forecast = LearningForecast.from_scores(SIZES, scores)
        median, low, high = forecast.predict(2000)
        assert low <= median <= high
        assert forecast.samples_for(0.95).reachable in ("no", "perhaps")

    @pytest.mark.filterwarnings("error")
    def test_from_scores_does_not_warn_of_noise(self):
        for seed in range(20):
            LearningForecast.from_scores(SIZES, noisy(np.full(7, 0.8), 0.02, 5, seed))

    def test_from_scores_takes_sizes_from_one_sample_on(self):
        sizes = np.array([1, 2, 4])
        _, low, high = forecast_of(b=0.5, sizes=sizes, noise=0.01).predict(1)
        assert low < power_law(1, b=0.5) < high

    def test_from_scores_takes_three_sizes(self):
        _, low, high = forecast_of(sizes=SIZES[[0, 3, 6]], noise=0.01).predict(5000)
        assert low < power_law(5000) < high

    def test_from_scores_does_not_depend_on_the_order(self):
        scores = noisy(power_law(SIZES))
        plain = LearningForecast.from_scores(SIZES, scores).predict([500, 5000])
        reversed_forecast = LearningForecast.from_scores(
            SIZES[::-1].tolist(), scores[::-1, ::-1].tolist()
        )
        np.testing.assert_allclose(plain, reversed_forecast.predict([500, 5000]), rtol=1e-6)


curves = st.builds(
    forecast_of,
    limit=st.floats(0.3, 1.0),
    b=st.floats(0.0, 2.0),
    c=st.floats(0.1, 1.5),
    noise=st.floats(0.001, 0.05),
    seed=st.integers(0, 99),
    confidence=st.sampled_from([0.5, 0.8, 0.9, 0.99]),
    best_score=st.just(1.5),
)


class TestProperties:
    @given(curves)
    def test_predict_rises_within_its_interval(self, forecast):
        n = np.geomspace(60, 10**9, 40)
        median, low, high = forecast.predict(n)
        for band in (median, low, high):
            assert np.all(np.diff(band) >= -1e-9)
        assert np.all((low <= median) & (median <= high))
        assert np.all(high <= 1.5)
        assert np.all(median <= forecast.asymptote[0] + 1e-9)

    @given(curves, st.floats(60, 10**5))
    def test_samples_for_inverts_predict(self, forecast, n):
        """The curve that is the median at n reaches its score at n, and so do the interval's ends."""
        for band, end in zip(forecast.predict(n), ("n", "high", "low"), strict=True):
            n_samples = getattr(forecast.samples_for(float(band)), end)
            if np.isfinite(n_samples) and n_samples > 60:
                score_at_n = dict(
                    zip(("n", "high", "low"), forecast.predict(n_samples), strict=True)
                )[end]
                assert score_at_n == pytest.approx(float(band), abs=2e-3)

    @given(curves, st.floats(0.0, 1.5), st.floats(0.0, 1.5))
    def test_samples_for_rises_with_the_score(self, forecast, first_forecast, other_score):
        fewer, larger = (
            forecast.samples_for(score) for score in sorted([first_forecast, other_score])
        )
        assert fewer.n <= larger.n
        assert fewer.low <= larger.low
        assert fewer.high <= larger.high
        assert fewer.probability >= larger.probability
        assert fewer.low <= fewer.n <= fewer.high
        assert str(fewer)

    @given(st.floats(0.1, 10.0), st.floats(-3.0, 3.0))
    def test_from_scores_does_not_depend_on_scale_and_origin(self, scale, origin):
        scores = noisy(power_law(SIZES))
        plain = LearningForecast.from_scores(SIZES, scores).predict(4000)
        shifted_forecast = LearningForecast.from_scores(
            SIZES, scale * scores + origin, best_score=scale + origin
        ).predict(4000)
        np.testing.assert_allclose(
            scale * np.array(plain) + origin, shifted_forecast, atol=1e-6 * scale
        )

    @given(st.integers(1, 1000))
    def test_from_scores_does_not_depend_on_the_unit_of_n(self, factor):
        scores = noisy(power_law(SIZES))
        plain = LearningForecast.from_scores(SIZES, scores).predict([300, 4000])
        scaled_forecast = LearningForecast.from_scores(factor * SIZES, scores)
        np.testing.assert_allclose(
            plain, scaled_forecast.predict(factor * np.array([300, 4000])), atol=1e-9
        )


class TestTexts:
    def test_forecast_prints_sentences(self):
        forecast = forecast_of(noise=0.002, target=0.93, n_samples=1375, scoring="accuracy")
        text = str(forecast)
        assert repr(forecast) == text
        assert text.startswith("accuracy by number of training samples, measured at 7 sizes")
        assert "90% intervals" in text
        assert "with 1,100 samples 0.91" in text
        assert "with all 1,375 samples about 0.91" in text
        assert "1,375 more samples would give about 0.92" in text
        assert "0.93 needs about" in text

    @pytest.mark.parametrize(
        ("n", "low", "high", "reachable", "expected"),
        [
            (9123, 5210, 31_234, "yes", "0.9 needs about 9,100 (5,200 to 31,000) samples"),
            (9123, 5210, 1e9, "yes", "0.9 needs about 9,100 (5,200 to more than 100,000) samples"),
            (np.inf, 5210, np.inf, "perhaps", "probably out of reach; it needs at least 5,200"),
            (
                9123,
                5210,
                np.inf,
                "perhaps",
                "may need about 9,100 (5,200 or more) samples, or may be",
            ),
            (1e6, 5210, np.inf, "perhaps", "may need more than 100,000 (5,200 or more) samples"),
            (np.inf, np.inf, np.inf, "no", "0.9 cannot be reached at this rate"),
            (
                1e7,
                1e6,
                1e9,
                "yes",
                "more than 100,000 samples, too many to extrapolate this curve",
            ),
            (512, 312, 912, "already", "0.9 is already reached: it needs about 510 samples"),
            (512, 312, 2345, "already", "about 510 samples, to be sure of it 2,300"),
            (512, 312, np.inf, "already", "about 510 samples, which is not certain"),
            (7, 4, 9, "already", "about 7 samples"),
        ],
    )
    def test_samples_needed_prints_a_sentence(self, n, low, high, reachable, expected):
        assert expected in str(SamplesNeeded(0.9, n, low, high, reachable, 0.7, n_at_hand=1000))

    def test_to_frame_has_measured_and_forecast_scores(self):
        forecast = forecast_of(n_samples=1375)
        frame = forecast.to_frame()
        assert frame.index.tolist() == [*SIZES, 1375, 2750, 5500, 11_000]
        assert frame.columns.tolist() == ["mean_score", "std_score", "forecast", "low", "high"]
        assert frame["mean_score"].notna().sum() == 7
        np.testing.assert_allclose(frame.loc[SIZES, "mean_score"], forecast.scores.mean(axis=1))
        np.testing.assert_allclose(frame["forecast"], forecast.predict(frame.index)[0])
        assert forecast.to_frame([5000]).index.tolist() == [*SIZES, 5000]

    def test_to_frame_counts_in_whole_numbers_where_all_are(self):
        forecast = forecast_of()
        assert forecast.to_frame([2000]).index.dtype == np.int64
        assert forecast.to_frame([2000.5]).index.tolist()[-1] == 2000.5

    def test_forecast_prints_as_many_digits_as_the_interval_is_worth(self):
        certain_forecast = LearningForecast.from_scores(SIZES, np.ones((7, 5)))
        assert "with 1,100 samples 1.00000, measured" in str(certain_forecast)
        losses = noisy(np.full(7, -50.0), 30, 3)
        uncertain_forecast = LearningForecast.from_scores(SIZES, losses, best_score=0)
        assert re.search(r"with 1,100 samples -\d\d, measured", str(uncertain_forecast))

    def test_report_draws_the_curve_up_to_four_times_the_largest_size(self):
        curve = forecast_of(target=0.93)._to_report()
        assert curve.sizes[[0, -1]] == pytest.approx([60, 4400])
        np.testing.assert_allclose(np.diff(np.log(curve.sizes), 2), 0, atol=1e-9)
        assert (curve.low <= curve.forecast).all()
        assert (curve.forecast <= curve.high).all()
        assert len(curve.sentences) == 6

    def test_predict_keeps_the_shape(self):
        forecast = forecast_of()
        assert forecast.predict(500)[0].shape == ()
        assert forecast.predict([500, 600, 700])[2].shape == (3,)


class TestKnownScoresRefused:
    @pytest.mark.parametrize(
        ("sizes", "scores", "kwargs", "message"),
        [
            ([10, 20], np.ones((2, 3)), {}, "at least 3 train_sizes, got 2"),
            ([10, 20, 20], np.ones((3, 3)), {}, "contains a size twice"),
            ([0, 20, 30], np.ones((3, 3)), {}, "list of positive numbers"),
            ([10, 20, np.nan], np.ones((3, 3)), {}, "list of positive numbers"),
            ([10, 20, 30], np.ones((3, 1)), {}, "at least 2 repeats"),
            ([10, 20, 30], np.ones(3), {}, r"got shape \(3,\)"),
            ([10, 20, 30], np.ones((4, 2)), {}, r"n_sizes=3"),
            ([10, 20, 30], [[1, 1], [1, np.nan], [1, 1]], {}, r"train_sizes \[20\] are not"),
            ([10, 20, 30], np.full((3, 2), 1.2), {}, "scores reach 1.2, above best_score=1"),
            (
                [10, 20, 30],
                np.ones((3, 2)),
                {"target": 95},
                "target=95 is above 1, the best possible score",
            ),
            ([10, 20, 30], np.ones((3, 2)), {"target": "high"}, "target must be a finite number"),
            ([10, 20, 30], np.ones((3, 2)), {"target": np.nan}, "target must be a finite number"),
            ([10, 20, 30], np.ones((3, 2)), {"confidence": 90}, "confidence must be between 0"),
            ([10, 20, 30], np.ones((3, 2)), {"best_score": np.inf}, "best_score must be a finite"),
            ([10, 20, 30], np.ones((3, 2)), {"n_samples": 0}, "n_samples must be a positive"),
            ([10, 20, 30], np.ones((3, 2)), {"n_tested": 2.5}, "n_tested must be a positive"),
        ],
    )
    def test_from_scores_refuses_bad_values(self, sizes, scores, kwargs, message):
        with pytest.raises(ValueError, match=message):
            LearningForecast.from_scores(sizes, scores, **kwargs)

    @pytest.mark.parametrize("n", [10, [100, np.inf], [np.nan], -5])
    def test_predict_refuses_sizes_below_the_curve(self, n):
        with pytest.raises(ValueError, match="at least 60, the smallest size measured"):
            forecast_of().predict(n)


def test_forecast_intervals_contain_most_real_curves():
    """Use the measured curves of the benchmark, and those alone that did not set the priors."""
    from benchmarks._curves import read_curves
    from benchmarks.forecast import compare_forecast

    comparisons = [compare_forecast(curve, 0.9) for curve in read_curves()]
    assert len(comparisons) >= 40
    assert np.mean([comparison["inside"] for comparison in comparisons]) >= 0.8
    assert np.mean([comparison["inside"] for comparison in comparisons[1::2]]) >= 0.8
    # Wide intervals would hold everything: the forecast has to be nearer than "no gain", too.
    errors = {
        key: np.median([comparison[key] for comparison in comparisons])
        for key in ("error", "naive error")
    }
    assert errors["error"] < errors["naive error"] / 3
    assert (
        np.median([comparison["width"] for comparison in comparisons]) < 1.2 * errors["naive error"]
    )
