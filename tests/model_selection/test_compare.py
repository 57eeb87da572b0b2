"""Comparison of estimators: candidates, folds, scores and repeatability."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_digits, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_validate,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.image import FlattenImages
from sklvision.model_selection import compare_estimators

TIMES = ["fit_seconds", "predict_ms_per_sample"]


@pytest.fixture(scope="module")
def digits():
    digits = load_digits()
    return digits.images[:150], digits.target[:150]


class Recorder(ClassifierMixin, BaseEstimator):
    """Fits nothing and remembers, outside its clones, which rows it saw."""

    def __init__(self, tag, name="recorder"):
        self.tag = tag
        self.name = name

    def __deepcopy__(self, memo):
        return self

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        RECORDS[self.tag].append((self.name, "fit", tuple(X[:, 0])))
        return self

    def predict(self, X):
        RECORDS[self.tag].append((self.name, "predict", tuple(X[:, 0])))
        return np.full(len(X), self.classes_[0])


RECORDS = {}


def test_compare_estimators_gives_all_the_same_folds_of_a_splitter_without_a_seed():
    RECORDS["same"] = []
    X, y = np.arange(40.0).reshape(40, 1), np.tile([0, 1], 20)
    estimators = {name: Recorder("same", name) for name in "ab"}
    compare_estimators(estimators, X, y, cv=ShuffleSplit(4), baselines=False)
    parts = {
        name: [
            rows for who_name, kind, rows in RECORDS["same"] if (who_name, kind) == (name, "fit")
        ]
        for name in "ab"
    }
    assert len(parts["a"]) == 4
    assert parts["a"] == parts["b"]


def test_compare_estimators_scores_as_cross_validate(iris):
    X, y = iris
    folds = StratifiedKFold(5, shuffle=True, random_state=3)
    result = compare_estimators({"bayes": GaussianNB()}, X, y, random_state=3)
    expected = cross_validate(GaussianNB(), X, y, cv=folds)["test_score"]
    assert result.scores().loc["bayes"].tolist() == expected.tolist()
    row = result.to_frame().loc["bayes"]
    assert row["mean_accuracy"] == pytest.approx(expected.mean())
    assert row["std_accuracy"] == pytest.approx(expected.std())
    assert row["split4_accuracy"] == expected[4]


def test_compare_estimators_adds_the_standard_baselines(iris):
    X, y = iris
    result = compare_estimators(GaussianNB(), X, y, random_state=0)
    assert list(result.estimators) == ["majority class", "logistic regression", "GaussianNB"]
    expected = cross_validate(
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        X,
        y,
        cv=StratifiedKFold(5, shuffle=True, random_state=0),
    )["test_score"]
    assert result.scores().loc["logistic regression"].tolist() == expected.tolist()
    assert result.to_frame()["baseline"].to_dict() == {
        "majority class": True,
        "logistic regression": True,
        "GaussianNB": False,
    }


@pytest.mark.parametrize(
    "estimators",
    [[LogisticRegression(C=0.1)], {"Logistic_Regression": LogisticRegression(C=0.1)}],
)
def test_compare_estimators_does_not_repeat_a_given_baseline(iris, estimators):
    result = compare_estimators(estimators, *iris, cv=3)
    assert len(result.estimators) == 2
    assert len(result.baselines) == 2


def test_compare_estimators_takes_names_of_more_baselines(iris):
    estimators = {"bayes": GaussianNB(), "knn": KNeighborsClassifier()}
    result = compare_estimators(estimators, *iris, baselines=["bayes"], cv=3)
    assert result.baselines == ("majority class", "logistic regression", "bayes")
    assert not result.to_frame().loc["knn", "baseline"]


def test_compare_estimators_works_without_baselines(iris):
    result = compare_estimators([GaussianNB(), KNeighborsClassifier()], *iris, baselines=False)
    assert list(result.estimators) == ["GaussianNB", "KNeighborsClassifier"]
    assert result.baselines == ()


def test_compare_estimators_derives_names(iris):
    estimators = [
        make_pipeline(StandardScaler(), KNeighborsClassifier(1)),
        KNeighborsClassifier(3),
        KNeighborsClassifier(5),
    ]
    result = compare_estimators(estimators, *iris, cv=2, baselines=False)
    assert list(result.estimators) == [
        "StandardScaler + KNeighborsClassifier",
        "KNeighborsClassifier-1",
        "KNeighborsClassifier-2",
    ]


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (4, 4, 4), (64,)])
def test_compare_estimators_has_baselines_for_images(digits, shape):
    X, y = digits
    result = compare_estimators(
        {"knn": make_pipeline(FlattenImages(), KNeighborsClassifier())},
        X.reshape(-1, *shape),
        y,
        cv=3,
        random_state=0,
    )
    means = result.to_frame()["mean_accuracy"]
    assert means["logistic regression"] > 0.8
    assert means["majority class"] < 0.2


def test_compare_estimators_takes_frames_lists_and_text_labels(iris):
    X, y = iris
    frame = pd.DataFrame(X, columns=list("abcd"))
    names = pd.Series(np.array(["setosa", "versicolor", "virginica"])[y])
    result = compare_estimators(GaussianNB(), frame, names, random_state=0)
    plain = compare_estimators(GaussianNB(), X.tolist(), y.tolist(), random_state=0)
    assert result.scores().equals(plain.scores())


def test_compare_estimators_takes_a_lazy_collection(tmp_path):
    image = pytest.importorskip("PIL.Image")
    from sklvision.datasets import load_image_folder

    rng = np.random.default_rng(0)
    for label, level in (("dark", 40), ("light", 200)):
        (tmp_path / label).mkdir()
        for i in range(6):
            pixels = rng.normal(level, 5, (6, 5)).clip(0, 255).astype(np.uint8)
            image.fromarray(pixels).save(tmp_path / label / f"{i}.png")
    X, y = load_image_folder(tmp_path, return_X_y=True)
    estimators = {"knn": make_pipeline(FlattenImages(), KNeighborsClassifier(1))}
    lazy = compare_estimators(estimators, X, y, cv=3, random_state=0)
    eager = compare_estimators(estimators, np.asarray(X), y, cv=3, random_state=0)
    assert lazy.to_frame()["mean_accuracy"].to_dict() == {
        "logistic regression": 1.0,
        "knn": 1.0,
        "majority class": 0.5,
    }
    assert lazy.scores().equals(eager.scores())


def test_compare_estimators_keeps_groups_together(iris):
    X, y = iris
    groups = np.arange(150) // 5
    result = compare_estimators(GaussianNB(), X, y, groups=groups, random_state=0)
    for train, test in result.splits:
        assert not set(groups[train]) & set(groups[test])
        assert set(y[test]) == {0, 1, 2}
    assert result.description["Groups"] == "30"


def test_compare_estimators_passes_groups_to_a_splitter(iris):
    X, y = iris
    groups = np.arange(150) % 10
    result = compare_estimators(GaussianNB(), X, y, groups=groups, cv=GroupKFold(5))
    expected = list(GroupKFold(5).split(X, y, groups))
    for (train, test), (expected_train, expected_test) in zip(result.splits, expected, strict=True):
        assert train.tolist() == expected_train.tolist()
        assert test.tolist() == expected_test.tolist()


def test_compare_estimators_takes_folds_as_indices_or_masks(iris):
    X, y = iris
    is_test = np.arange(150) % 3 == 0
    by_index = [(np.flatnonzero(~is_test), np.flatnonzero(is_test))]
    by_mask = iter([(~is_test, is_test)])
    scores = [compare_estimators(GaussianNB(), X, y, cv=cv).scores() for cv in (by_index, by_mask)]
    assert scores[0].shape == (3, 1)
    assert scores[0].equals(scores[1])


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


@settings(max_examples=15)
@given(
    n_classes=st.integers(2, 4),
    per_class=st.integers(4, 9),
    n_splits=st.integers(2, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_compare_estimators_tests_every_sample_once(n_classes, per_class, n_splits, seed):
    y = np.repeat(np.arange(n_classes), per_class)
    X = np.random.default_rng(0).normal(size=(len(y), 2))
    result = compare_estimators(
        {"majority class": DummyClassifier()}, X, y, cv=n_splits, random_state=seed, baselines=False
    )
    test_indices = np.concatenate([test for _, test in result.splits])
    assert sorted(test_indices) == list(range(len(y)))
    rightly = sum(
        result.scores().loc["majority class", i] * len(test)
        for i, (_, test) in enumerate(result.splits)
    )
    assert 0 < rightly / len(y) <= 1 / n_classes + 0.2


@pytest.mark.parametrize("as_frame", [False, True])
def test_compare_estimators_imputes_missing_values_for_the_baseline(iris, as_frame):
    X, y = iris
    X = X.copy()
    X[::7, 1] = X[:, 3] = np.nan
    X = pd.DataFrame(X) if as_frame else X
    own_baseline = make_pipeline(SimpleImputer(keep_empty_features=True), GaussianNB())
    result = compare_estimators({"own": own_baseline}, X, y, cv=3, random_state=0)
    assert result.folds.groupby("estimator")["test_accuracy"].mean()["logistic regression"] > 0.8
    assert "simpleimputer" in result.estimators["logistic regression"].named_steps


def test_compare_estimators_imputes_nothing_without_missing_values(iris):
    result = compare_estimators(GaussianNB(), *iris, cv=3, random_state=0)
    assert list(result.estimators["logistic regression"].named_steps) == [
        "standardscaler",
        "logisticregression",
    ]


def test_compare_estimators_notes_the_estimator_of_a_wrong_parameter():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(
        ValueError, match="'C' parameter of LogisticRegression must be"
    ) as error_info:
        compare_estimators({"mine": LogisticRegression(C=-1)}, X, y, cv=2, baselines=False)
    assert "Raised by 'mine' in fold 0." in error_info.value.__notes__
