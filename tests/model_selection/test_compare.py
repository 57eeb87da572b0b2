"""Comparison of estimators: candidates, baselines, data and folds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, ShuffleSplit, StratifiedKFold, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.image import FlattenImages
from sklvision.model_selection import compare_estimators


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
