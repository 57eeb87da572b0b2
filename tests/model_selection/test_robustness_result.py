"""Results of robustness curves: summaries, conclusions and tables."""

from __future__ import annotations

import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from sklvision.model_selection import RobustnessResult, robustness_curve
from tests.model_selection._robustness import KINDS, SPECTRA


def made_up(scores, n_samples=1000, score_name="accuracy"):
    rows = [
        {"estimator": name, "corruption": corruption, "severity": s, "score": score}
        for (name, corruption), values in scores.items()
        for s, score in zip((0.0, 0.5, 1.0), values, strict=True)
    ]
    names = dict.fromkeys(corruption for _, corruption in scores)

    class Corruption:
        description = "a | b"

    return RobustnessResult(
        scores=pd.DataFrame(rows),
        score_name=score_name,
        corruptions=dict.fromkeys(names, Corruption()),
        n_samples=n_samples,
        seed=0,
    )


RESULT = made_up(
    {
        ("net", "dust"): (0.9, 0.8, 0.3),
        ("net", "fog"): (0.9, 0.88, 0.86),
        ("line", "dust"): (0.8, 0.7, 0.6),
        ("line", "fog"): (0.8, 0.8, 0.8),
    }
)


def test_summary_has_drops_and_crossings():
    summary = RESULT.summary().set_index(["estimator", "corruption"])
    row = summary.loc[("net", "dust")]
    assert row["clean_score"] == 0.9
    assert row["full_score"] == 0.3
    assert row["mean_score"] == pytest.approx(0.55)
    assert row["relative_drop"] == pytest.approx(2 / 3)
    assert row["severity_at_drop"] == pytest.approx(0.25)
    assert np.isnan(summary.loc[("net", "fog"), "severity_at_drop"])
    assert RESULT.summary(drop=0.3)["severity_at_drop"].round(3).tolist()[0] == 0.7
    with pytest.raises(ValueError, match="drop must be above 0, got 0"):
        RESULT.summary(drop=0)


def test_str_names_the_worst_corruption_and_the_best_estimator():
    text = str(RESULT)
    assert "dust has the largest effect: accuracy falls by 25.0 percentage points" in text
    assert "40.0 percentage points at severity 1." in text
    assert "line is the most robust, 0.725 on average" in text
    assert "against 0.710 of net, the next" in text
    assert "1,000 samples" in text
    assert repr(RESULT) == text


@pytest.mark.parametrize(
    ("scores", "n_samples", "expected_text"),
    [
        ({("a", "fog"): (0.9, 0.9, 0.9)}, 100, "No corruption lowered accuracy"),
        ({("a", "fog"): (0.9, np.nan, 0.9)}, 100, r"No conclusion: .* for \['a'\]"),
        ({("a", "fog"): (-0.9, -1.9, -2.9)}, 100, "accuracy falls by 1.5 on average"),
        (
            {("a", "fog"): (0.9, 0.8, 0.7), ("b", "fog"): (0.9, 0.81, 0.7)},
            38,
            "b and a are about equally robust, 0.755 and 0.750.*too close to call",
        ),
    ],
)
def test_str_concludes_with_care(scores, n_samples, expected_text):
    assert re.search(expected_text, str(made_up(scores, n_samples)))


def test_str_compares_the_best_two_of_several_estimators():
    levels = {"a": 0.3, "b": 0.8, "c": 0.6}
    scores = {(name, "fog"): (0.9, level, level) for name, level in levels.items()}
    assert "b is the most robust, 0.800 on average" in str(made_up(scores))
    assert "against 0.600 of c, the next" in str(made_up(scores))


def test_str_counts_in_percentage_points_of_fractions_alone():
    assert "falls by 10.0 percentage points" in str(made_up({("a", "fog"): (1.0, 0.9, 0.9)}))
    assert "falls by 0.3 on average" in str(made_up({("a", "fog"): (1.6, 1.3, 1.3)}))


def test_to_markdown_is_a_table():
    lines = RESULT.to_markdown().splitlines()
    assert lines[2] == "| corruption | severity 1 | net | line |"
    assert lines[3] == "| --- | --- | ---: | ---: |"
    assert lines[4] == "| none |  | 0.900 | 0.800 |"
    assert lines[5] == "| dust | a \\| b | 0.300 (0.550) | 0.600 (0.650) |"


def test_robustness_result_survives_pickling(bayes):
    result = robustness_curve(bayes, SPECTRA, KINDS, severities=2, random_state=0)
    restored = pickle.loads(pickle.dumps(result))
    assert str(restored) == str(result)
    np.testing.assert_array_equal(
        restored.corrupt(SPECTRA, "noise", 0.5), result.corrupt(SPECTRA, "noise", 0.5)
    )


def test_corrupt_refuses_unknown_names_and_severities(bayes):
    result = robustness_curve(bayes, SPECTRA, KINDS, corruptions=["gain"])
    with pytest.raises(ValueError, match=r"'gian' is not part.*Did you mean 'gain'"):
        result.corrupt(SPECTRA, "gian", 0.5)
    with pytest.raises(ValueError, match=r"severity must be above 0.*got 2"):
        result.corrupt(SPECTRA, "gain", 2)


@pytest.mark.parametrize(("high", "warns"), [(127, True), (128, False), (1, False)])
def test_floats_below_the_middle_of_the_range_are_pointed_out(high, warns):
    images = np.linspace(0, high, 4 * 25).reshape(4, 5, 5)
    y = np.array([0, 1, 0, 1])
    model = DummyClassifier().fit(images, y)
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        robustness_curve(model, images, y, corruptions=["brightness"], severities=1)
    texts = [str(record.message) for record in records]
    assert any("their range is assumed to be 0 to 255" in text for text in texts) is warns
