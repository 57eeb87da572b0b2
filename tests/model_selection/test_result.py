"""Tables, words and pages made of a comparison."""

import html
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB

from sklvision.model_selection import ComparisonResult, compare_estimators
from sklvision.utils._files import atomic_write

NASTY = "<b>bayes</b> & co"


@pytest.fixture(scope="module")
def result(iris):
    return compare_estimators(
        {NASTY: GaussianNB()}, *iris, scoring=["accuracy", "neg_log_loss"], random_state=0
    )


def make_result(scores, *, baselines=(), name="accuracy"):
    """A result of given scores, one list per estimator."""
    rows = [
        {
            "estimator": estimator,
            "split": split,
            f"test_{name}": score,
            "fit_seconds": 1.0,
            "predict_ms_per_sample": 0.5,
            "n_parameters": None,
            "pickled_bytes": 10,
        }
        for estimator, values in scores.items()
        for split, score in enumerate(values)
    ]
    folds = pd.DataFrame(rows).astype({"n_parameters": "Int64", "pickled_bytes": "Int64"})
    n_splits = len(next(iter(scores.values())))
    return ComparisonResult(
        folds=folds,
        baselines=baselines,
        estimators=dict.fromkeys(scores),
        splits=[(np.arange(40), np.arange(40, 50))] * n_splits,
        description={"Samples": "4, each of shape 2"},
    )


def test_str_is_an_aligned_table_best_first(result):
    lines = str(result).splitlines()
    header = next(i for i, line in enumerate(lines) if line.startswith("estimator"))
    table = lines[header : header + 5]
    assert len({len(line) for line in table}) == 1
    assert [line.split("  ")[0] for line in table[2:]] == [
        "logistic regression *",
        NASTY,
        "majority class *",
    ]
    assert "simple baseline" in str(result)
    assert repr(result) == str(result)


@pytest.mark.parametrize(
    ("scores", "baselines", "words"),
    [
        (
            {"base": [0.50, 0.60, 0.70], "net": [0.70, 0.79, 0.91]},
            ("base",),
            "net beats base, the baseline, by 16.71 to 23.29 percentage points of accuracy "
            "(95 % interval; corrected resampled t-test, p = 0.001; higher in 3 of 3 folds).",
        ),
        (
            {"low": [0.1, 0.1], "high": [0.8, 0.8], "net": [0.5, 0.9]},
            ("low", "high"),
            "No difference shown between net and high, the best of the baselines: -10.00 "
            "percentage points of accuracy on average (95 % interval ",
        ),
        (
            {"base": [0.5, 0.5], "net": [0.5, 0.5]},
            ("base",),
            "No difference shown between net and base, the baseline: +0.00",
        ),
        (
            {"a": [0.40, 0.41, 0.40], "b": [0.80, 0.80, 0.81], "c": [0.3, 0.9, 0.8]},
            (),
            "No difference shown between c and b, the best of all:",
        ),
        (
            {"a": [0.40, 0.41, 0.40], "b": [0.80, 0.80, 0.81], "c": [0.3, 0.9, 0.8]},
            (),
            "Worse than b: a.",
        ),
        (
            {"base": [0.80, 0.81, 0.82], "net": [0.70, 0.71, 0.73]},
            ("base",),
            "base, the baseline, beats net, the best of the others, by ",
        ),
        (
            {"base": [0.5], "net": [0.9]},
            ("base",),
            "net scored +40.00 percentage points of accuracy against base, the baseline, in a "
            "single fold, which may be chance.",
        ),
        ({"a": [-1.5, -1.5], "b": [-1.0, -1.2]}, ("a",), "+0.40 units of accuracy on average"),
        ({"a": [0.4, 0.4]}, (), "a was compared with nothing"),
        (
            {"a": [0.4, np.nan], "b": [0.5, 0.5]},
            (),
            "Left out: a failed in 1 of 2 folds, whose accuracy is not a number there",
        ),
        ({"a": [np.nan, np.nan]}, (), "No conclusion: no estimator has its accuracy"),
    ],
)
def test_str_concludes_no_more_than_was_shown(scores, baselines, words):
    assert words in str(make_result(scores, baselines=baselines))


def test_str_shows_a_missing_score_last_as_a_dash():
    result = make_result({"a": [np.nan, 1.0], "b": [0.5, 0.5]})
    assert list(result.to_frame().index) == ["b", "a"]
    assert re.search(r"^a +–", str(result), flags=re.MULTILINE)
    assert "<svg" in result.to_html()


def test_scores_refuses_an_unknown_score(result):
    with pytest.raises(KeyError, match="roc"):
        result.scores("roc")


@pytest.mark.filterwarnings("ignore:Splits")
def test_pickled_bytes_is_the_size_of_the_pickle(iris):
    forest = RandomForestClassifier(5, random_state=0)
    X, y = iris
    frame = compare_estimators({"x": forest}, X, y, cv=[(np.arange(150), [0, 50, 100])])
    pickled = len(pickle.dumps(forest.fit(X, y), protocol=5))
    assert frame.to_frame().loc["x", "pickled_bytes"] == pytest.approx(pickled, rel=0.01)


class Unpicklable(DummyClassifier):
    def __reduce__(self):
        raise TypeError("holds a lock")


def test_pickled_bytes_is_missing_without_a_pickle(iris):
    frame = compare_estimators({"x": Unpicklable()}, *iris, cv=2).to_frame()
    assert frame.loc["x", "pickled_bytes"] is pd.NA
    assert frame.loc["majority class", "pickled_bytes"] > 0


def test_to_html_is_complete_and_escaped(result):
    page = result.to_html()
    assert page.startswith("<!DOCTYPE html>")
    assert page.rstrip().endswith("</html>")
    assert NASTY not in page
    assert html.escape(NASTY) in page
    assert not re.search(r"(src|href)\s*=|url\(|@import", page)
    for word in ("majority class", "neg_log_loss", "StratifiedKFold", "scikit-learn"):
        assert word in page


def test_repr_html_is_a_fragment(result):
    fragment = result._repr_html_()
    assert "<html" not in fragment
    assert "majority class" in fragment


def test_to_html_writes_a_file(result, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    assert result.to_html(path) is None
    assert path.read_text(encoding="utf-8") == result.to_html()
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_to_html_leaves_the_old_file_after_an_error(result, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError), atomic_write(path, text=True) as file:
        file.write("half \ud800")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(OSError, match="nowhere"):
        result.to_html(tmp_path / "nowhere" / "report.html")


def test_compare_estimators_takes_nets(iris):
    from sklvision.neural_network import SpectrumClassifier

    net = SpectrumClassifier(
        architecture_params={"hidden_layer_sizes": (8,)}, max_epochs=3, batch_size=50
    )
    frame = compare_estimators({"net": net}, *iris, cv=2, random_state=0).to_frame()
    second_frame = compare_estimators({"net": net}, *iris, cv=2, random_state=0).to_frame()
    assert frame.loc["net", "n_parameters"] > 4 * 8
    assert frame["mean_accuracy"].equals(second_frame["mean_accuracy"])
