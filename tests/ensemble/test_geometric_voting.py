"""GeometricVotingClassifier: the mean by hand, labels, weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklvision.ensemble import GeometricVotingClassifier

X, y = load_iris(return_X_y=True)
LABELS = np.array(["setosa", "versicolor", "virginica"])[y]


def make_members():
    return [
        ("logistic", LogisticRegression(max_iter=1000)),
        ("bayes", GaussianNB()),
        ("tree", DecisionTreeClassifier(random_state=0)),
    ]


def test_probabilities_are_the_geometric_mean():
    vote = GeometricVotingClassifier(make_members(), weights=[1, 2, 1]).fit(X, LABELS)
    members = [member.predict_proba(X) + vote.probability_floor for member in vote.estimators_]
    product = members[0] ** 0.25 * members[1] ** 0.5 * members[2] ** 0.25
    expected = product / product.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(vote.predict_proba(X), expected)
    np.testing.assert_array_equal(vote.predict(X), vote.classes_[expected.argmax(axis=1)])


def test_member_that_rules_a_class_out_is_heard():
    """The arithmetic mean follows the surer member, the geometric one what both can accept."""

    class Fixed(LogisticRegression):
        probabilities = None

        def predict_proba(self, X):
            return np.tile(self.probabilities, (len(X), 1))

    vote = GeometricVotingClassifier(
        [("sure", Fixed(max_iter=1000)), ("doubting", Fixed(max_iter=1000))]
    ).fit(X, y)
    vote.estimators_[0].probabilities = np.array([0.9, 0.1, 0.0])
    vote.estimators_[1].probabilities = np.array([0.0, 0.4, 0.6])
    assert np.mean([m.probabilities for m in vote.estimators_], axis=0).argmax() == 0
    assert vote.predict(X[:1])[0] == 1


def test_member_is_dropped():
    vote = GeometricVotingClassifier(make_members(), weights=[1, 2, 1])
    vote.set_params(bayes="drop").fit(X, y)
    rest = GeometricVotingClassifier([make_members()[0], make_members()[2]]).fit(X, y)
    np.testing.assert_allclose(vote.predict_proba(X), rest.predict_proba(X))


def test_weights_are_searched():
    grid = {"weights": [[1, 1, 1], [3, 1, 1]], "tree__max_depth": [2, None]}
    search = GridSearchCV(GeometricVotingClassifier(make_members()), grid, cv=3).fit(X, LABELS)
    assert search.best_score_ > 0.9


@pytest.mark.parametrize("weights", [[0, 0, 0], [1, -1, 1], [1, np.nan, 1], ["a", "b", "c"]])
def test_weights_must_be_positive_numbers(weights):
    with pytest.raises(ValueError, match="weights"):
        GeometricVotingClassifier(make_members(), weights=weights).fit(X, y)


def test_voting_is_no_parameter():
    with pytest.raises(TypeError, match="no parameter 'voting'"):
        GeometricVotingClassifier(make_members(), voting="hard")


def test_member_without_probabilities_is_named_before_any_fit():
    members = [*make_members(), ("svc", LinearSVC())]
    with pytest.raises(ValueError, match=r"member 'svc' \(LinearSVC\) predicts no probabilities"):
        GeometricVotingClassifier(members).fit(X, y)


@pytest.mark.parametrize("estimators", [["x"], [("a", GaussianNB(), 1)], [GaussianNB()]])
def test_members_must_be_pairs(estimators):
    with pytest.raises(
        ValueError, match=r"estimators must be a list of \(name, classifier\) pairs"
    ):
        GeometricVotingClassifier(estimators).fit(X, y)


def test_labels_that_are_missing_are_no_class():
    labels = np.ma.masked_array(y, mask=np.arange(len(y)) == 3)
    with pytest.raises(ValueError, match="missing"):
        GeometricVotingClassifier(make_members()).fit(X, labels)
    with pytest.raises(ValueError, match="1d array"):
        GeometricVotingClassifier(make_members()).fit(X, np.eye(3, dtype=int)[y])


def test_samples_of_any_type_reach_the_members():
    torch = pytest.importorskip("torch")
    vote = GeometricVotingClassifier(make_members()).fit(X, y)
    tensor = torch.tensor(X, requires_grad=True)
    from_tensor = GeometricVotingClassifier(make_members()).fit(tensor, y)
    np.testing.assert_array_equal(from_tensor.predict_proba(tensor), vote.predict_proba(X))
    with pytest.raises(ValueError, match=r"several columns named 'b'"):
        vote.predict(pd.DataFrame(X, columns=["a", "b", "b", "c"]))
    for value, words in ((pd.Timestamp("2026-01-01"), "holds dates"), ("x", "holds 'x'")):
        table = pd.DataFrame(X, columns=list("abcd")).assign(e=value)
        with pytest.raises(ValueError, match=f"column 'e' {words}"):
            GeometricVotingClassifier(make_members()).fit(table, y)
