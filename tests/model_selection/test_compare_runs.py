"""Runs of a comparison: scorers, jobs, seeds, warnings and errors."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.model_selection import compare_estimators

TIMES = ["fit_seconds", "predict_ms_per_sample"]


@pytest.mark.parametrize(
    ("scoring", "names"),
    [
        ("f1_macro", ["f1_macro"]),
        (["f1_macro", "accuracy", "neg_log_loss"], ["f1_macro", "accuracy", "neg_log_loss"]),
        ({"acc": "accuracy", "f1": make_scorer(f1_score, average="macro")}, ["acc", "f1"]),
        (make_scorer(f1_score, average="macro"), ["f1_score"]),
        (["accuracy", make_scorer(f1_score, average="macro")], ["accuracy", "f1_score"]),
    ],
)
def test_compare_estimators_takes_scorers_of_every_kind(iris, scoring, names):
    X, y = iris
    result = compare_estimators(GaussianNB(), X, y, scoring=scoring, cv=3, random_state=0)
    assert result.score_names == names
    frame = result.to_frame()
    assert list(frame.columns) == [
        "baseline",
        *(
            f"{kind}_{name}"
            for name in names
            for kind in ("mean", "std", "split0", "split1", "split2")
        ),
        "log_loss",
        *TIMES,
        "n_parameters",
        "pickled_bytes",
    ]
    assert frame[f"mean_{names[0]}"].is_monotonic_decreasing


def two_scores(estimator, X, y):
    right = accuracy_score(y, estimator.predict(X))
    return {"right": right, "wrong": 1 - right}


def test_compare_estimators_takes_several_scores_of_a_callable(iris):
    result = compare_estimators(GaussianNB(), *iris, scoring=two_scores, cv=3)
    assert result.score_names == ["right", "wrong"]
    assert (result.scores("right") + result.scores("wrong")).to_numpy() == pytest.approx(1)


@pytest.mark.slow
def test_compare_estimators_n_jobs_changes_times_only(digits):
    X, y = digits
    flat = X[:100].reshape(100, -1)
    y = y[:100]
    estimators = {
        "mlp": MLPClassifier(max_iter=20),
        "forest": RandomForestClassifier(5),
        "vote": VotingClassifier([("adam", MLPClassifier(max_iter=5)), ("b c", GaussianNB())]),
        "knn": KNeighborsClassifier(),
    }
    scoring = ["accuracy", "f1_macro"]
    with pytest.warns(match="in 5 of 5 folds"):
        frames = [
            compare_estimators(estimators, flat, y, scoring=scoring, random_state=0, n_jobs=n_jobs)
            .to_frame()
            .drop(columns=TIMES)
            for n_jobs in (1, 2)
        ]
    # Another process pickles equal strings more than once: some tens of bytes.
    sizes = [frame.pop("pickled_bytes") for frame in frames]
    np.testing.assert_allclose(*sizes, atol=300)
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_compare_estimators_scores_do_not_depend_on_other_candidates(iris):
    forest = RandomForestClassifier(3)
    single_result = compare_estimators({"forest": forest}, *iris, random_state=1, baselines=False)
    joint_result = compare_estimators(
        {"a": RandomForestClassifier(2), "forest": forest}, *iris, random_state=1
    )
    assert single_result.scores().loc["forest"].equals(joint_result.scores().loc["forest"])


def test_compare_estimators_sets_different_seeds_in_clones(iris):
    members = [(name, RandomForestClassifier(2)) for name in "ab"]
    seeded_forest = RandomForestClassifier(2, random_state=7)
    vote = make_pipeline(StandardScaler(), VotingClassifier([*members, ("fixed", seeded_forest)]))
    result = compare_estimators({"vote": vote}, *iris, cv=2, random_state=0)
    members_by_name = dict(result.estimators["vote"][-1].estimators)
    assert members_by_name["fixed"].random_state == 7
    assert isinstance(members_by_name["a"].random_state, int)
    assert members_by_name["a"].random_state != members_by_name["b"].random_state
    assert [member.random_state for _, member in members] == [None, None]


def test_compare_estimators_returns_estimators_that_reproduce_scores(iris):
    X, y = iris
    result = compare_estimators({"forest": RandomForestClassifier(3)}, X, y, random_state=0)
    train, test = result.splits[2]
    forest = clone(result.estimators["forest"]).fit(X[train], y[train])
    assert forest.score(X[test], y[test]) == result.scores().loc["forest", 2]


def test_compare_estimators_sets_no_seeds_without_random_state(iris):
    result = compare_estimators({"forest": RandomForestClassifier(2)}, *iris, cv=2)
    assert result.estimators["forest"].random_state is None


def test_compare_estimators_repeats_with_a_random_state_instance(iris):
    tables = [
        compare_estimators(
            RandomForestClassifier(2), *iris, random_state=np.random.RandomState(5)
        ).scores()
        for _ in range(2)
    ]
    assert tables[0].equals(tables[1])


def test_compare_estimators_does_not_change_estimators(iris):
    forest = RandomForestClassifier(2)
    compare_estimators(forest, *iris, cv=2, random_state=0)
    assert forest.random_state is None
    assert not hasattr(forest, "classes_")


class InterruptedClassifier(DummyClassifier):
    def fit(self, X, y, sample_weight=None):
        raise KeyboardInterrupt


def test_compare_estimators_passes_an_interrupt_on(iris):
    with pytest.raises(KeyboardInterrupt):
        compare_estimators({"stopped": InterruptedClassifier()}, *iris)


class Failing(DummyClassifier):
    def fit(self, X, y, sample_weight=None):
        raise RuntimeError("out of order")


def test_compare_estimators_notes_the_estimator_of_a_failed_fit(iris):
    with pytest.raises(RuntimeError, match="out of order") as error_info:
        compare_estimators({"good": GaussianNB(), "bad": Failing()}, *iris)
    assert error_info.value.__notes__ == ["Raised by 'bad' in fold 0."]


def test_compare_estimators_repeats_warnings_once_per_estimator(iris):
    with pytest.warns(match="mlp, in 3 of 3 folds: Stochastic") as error_info:
        compare_estimators({"mlp": MLPClassifier(max_iter=2)}, *iris, cv=3, random_state=0)
    assert len([w for w in error_info if "mlp" in str(w.message)]) == 1


def test_compare_estimators_shows_progress_on_standard_error(iris, capsys):
    compare_estimators(GaussianNB(), *iris, cv=2)
    assert capsys.readouterr() == ("", "")
    compare_estimators(GaussianNB(), *iris, cv=2, verbose=1)
    out, err = capsys.readouterr()
    assert out == ""
    assert "6/6" in err


def test_compare_estimators_takes_searches(iris):
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2)
    frame = compare_estimators({"search": search}, *iris, cv=3).to_frame()
    assert frame.loc["search", "n_parameters"] == 3 * 4 + 3


@pytest.mark.slow  # tests/test_without_torch.py has a quick one
def test_compare_estimators_needs_no_torch():
    code = (
        "import sys; from sklvision.model_selection import compare_estimators;"
        "from sklearn.datasets import load_iris; from sklearn.naive_bayes import GaussianNB;"
        "compare_estimators(GaussianNB(), *load_iris(return_X_y=True), cv=2);"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_compare_estimators_notes_the_estimator_of_a_wrong_parameter():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(
        ValueError, match="'C' parameter of LogisticRegression must be"
    ) as error_info:
        compare_estimators({"mine": LogisticRegression(C=-1)}, X, y, cv=2, baselines=False)
    assert "Raised by 'mine' in fold 0." in error_info.value.__notes__
