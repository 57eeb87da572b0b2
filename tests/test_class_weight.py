"""Weights of classes through pipelines, searches and ensembles of the recipes."""

import numpy as np
import pytest
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision import recipes
from sklvision.neural_network import SpectrumClassifier

RNG = np.random.default_rng(0)
Y = np.array(["good"] * 90 + ["foreign"] * 10)
X = RNG.normal(size=(100, 3)) + (Y == "foreign")[:, np.newaxis] * [1.0, 0.5, 0]


@pytest.mark.parametrize("name", ["spectra", "digits", "flowers", "images", "nails", "cifar10"])
def test_set_class_weight_of_every_recipe(name):
    estimator = getattr(recipes, name)()
    assert recipes.set_class_weight(estimator, "balanced", Y) is estimator
    values = [value for key, value in estimator.get_params().items() if "class_weight" in key]
    assert values
    assert set(values) == {"balanced"}


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_pipeline(StandardScaler(), LogisticRegression()),
        lambda: VotingClassifier([("a", LogisticRegression()), ("b", GaussianNB())], voting="soft"),
        lambda: StackingClassifier([("a", LogisticRegression())], LogisticRegression(), cv=3),
        lambda: BaggingClassifier(LogisticRegression(), 5, random_state=0),
        lambda: GridSearchCV(make_pipeline(LogisticRegression()), {}, cv=3),
    ],
    ids=["pipeline", "vote", "stack", "bagging", "search"],
)
def test_set_class_weight_finds_more_of_the_weighted_class(make):
    """Also inside ensembles that pass positions of labels to their members."""
    n_plain = (make().fit(X, Y).predict(X) == "foreign").sum()
    estimator = recipes.set_class_weight(make(), {"foreign": 50}, Y)
    assert (estimator.fit(X, Y).predict(X) == "foreign").sum() > n_plain + 10


def test_set_class_weight_names_labels_by_their_text():
    y = np.repeat([0, 5], 50)
    model = recipes.set_class_weight(LogisticRegression(), {"5": 3}, y)
    assert model.class_weight == {5: 3.0}
    with pytest.raises(ValueError, match="two weights for the label 5"):
        recipes.set_class_weight(LogisticRegression(), {"5": 3, 5: 2}, y)
    assert recipes.set_class_weight(model, None, y).class_weight is None


@pytest.mark.parametrize(
    ("y", "label"),
    [
        (np.repeat([1.0, 2.0], 50), 1),
        (np.repeat(np.array(["2026-03-04", "2026-03-05"], "datetime64[D]"), 50), None),
    ],
    ids=["float", "date"],
)
def test_set_class_weight_finds_labels_of_any_type(y, label):
    """Labels that are equal but have other texts, as 1 and 1.0, and dates of NumPy and Python."""
    label = y[0] if label is None else label
    model = recipes.set_class_weight(SpectrumClassifier(max_epochs=1), {label: 9}, y)
    assert model.class_weight == {y[0].item(): 9.0}
    assert set(model.fit(X, y).predict(X)) <= set(y)


@pytest.mark.parametrize(
    ("estimator", "weight", "message"),
    [
        (GaussianNB(), "balanced", "GaussianNB has no parameter class_weight, and no step"),
        (LogisticRegression(), {"forreign": 3}, "has 'forreign', .* Did you mean 'foreign'"),
        (LogisticRegression(), {"foreign": 0}, "a positive finite number, got 0 for 'foreign'"),
        (LogisticRegression(), {"foreign": "3"}, "a positive finite number, got '3'"),
        (LogisticRegression(), {"foreign": True}, "a positive finite number, got True"),
        (LogisticRegression(), "balancd", "must be 'balanced' or weights by label"),
        (LogisticRegression(), [1, 2], "must be 'balanced' or weights by label"),
    ],
)
def test_set_class_weight_refuses_bad_input(estimator, weight, message):
    with pytest.raises(ValueError, match=message):
        recipes.set_class_weight(estimator, weight, Y)
