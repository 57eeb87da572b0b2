"""Votes and stacks of nets, by scikit-learn's own classes."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from sklvision.augmentation import TestTimeAugmentation
from sklvision.image import FlattenImages, PixelScaler
from sklvision.model_selection import (
    compare_estimators,
    file_size,
    latency_scorer,
    parameter_count,
    within_budget,
)
from sklvision.neural_network import ImageClassifier

N_TRAIN = 400
WORDS = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
WORDS_SORTED = np.sort(WORDS)


@pytest.fixture(scope="module")
def digits():
    """Digits named by words of different lengths, with the axis of one channel."""
    digits = load_digits()
    X, y = digits.images[:700, ..., np.newaxis], WORDS[digits.target[:700]]
    return X[:N_TRAIN], X[N_TRAIN:], y[:N_TRAIN], y[N_TRAIN:]


def net(architecture="resnet8", seed=0, **params):
    return ImageClassifier(architecture, max_epochs=2, random_state=seed, **params)


def logistic():
    return make_pipeline(FlattenImages(), PixelScaler(), LogisticRegression(max_iter=1000))


def members():
    return [
        ("resnet8", net()),
        ("mlp", net("mlp", seed=1)),
        ("logistic", logistic()),
    ]


@pytest.fixture(scope="module")
def fitted_nets(digits):
    X, _, y, _ = digits
    return {name: member.fit(X, y) for name, member in members()}


def majority(predictions):
    """The label of most members; between as many the first in order of the alphabet."""
    indices = []
    for votes in zip(*predictions, strict=True):
        labels, counts = np.unique(votes, return_counts=True)
        indices.append(labels[counts.argmax()])
    return np.array(indices)


def frozen_members(fitted_nets):
    return [(name, FrozenEstimator(member)) for name, member in fitted_nets.items()]


def test_voting_classifier_hard_vote_of_frozen_nets_is_the_majority(digits):
    X, X_test, y, _ = digits
    codes = np.searchsorted(WORDS_SORTED, y)
    ready = {name: member.fit(X, codes) for name, member in members()}
    vote = VotingClassifier(frozen_members(ready), voting="hard").fit(X, codes)
    expected = majority([member.predict(X_test) for member in ready.values()])
    assert vote.predict(X_test).tolist() == expected.tolist()


@pytest.mark.xfail(
    reason="VotingClassifier encodes labels, and members that are not fitted again never learn "
    "how: a hard vote of them needs labels 0, 1, ...; a soft one takes any",
    raises=TypeError,
)
def test_voting_classifier_hard_vote_of_frozen_nets_takes_text_labels(digits, fitted_nets):
    X, X_test, y, _ = digits
    vote = VotingClassifier(frozen_members(fitted_nets), voting="hard").fit(X, y)
    expected = majority([member.predict(X_test) for member in fitted_nets.values()])
    assert vote.predict(X_test).tolist() == expected.tolist()


def test_voting_classifier_hard_vote_of_fresh_nets_is_the_majority(digits, fitted_nets):
    X, X_test, y, _ = digits
    vote = VotingClassifier(members(), voting="hard").fit(X, y)
    expected = majority([member.predict(X_test) for member in fitted_nets.values()])
    predicted = vote.predict(X_test)
    assert predicted.tolist() == expected.tolist()
    assert set(predicted) <= set(WORDS)
    assert vote.classes_.tolist() == WORDS_SORTED.tolist()


def test_voting_classifier_soft_vote_averages_probabilities(digits, fitted_nets):
    X, X_test, y, _ = digits
    weights = [3, 1, 1]
    vote = VotingClassifier(frozen_members(fitted_nets), voting="soft", weights=weights).fit(X, y)
    member_values = [member.predict_proba(X_test) for member in fitted_nets.values()]
    expected = np.average(member_values, axis=0, weights=weights)
    np.testing.assert_allclose(vote.predict_proba(X_test), expected, rtol=1e-6)
    assert (vote.predict(X_test) == WORDS_SORTED[expected.argmax(axis=1)]).all()


def test_voting_classifier_does_not_train_frozen_members(digits, fitted_nets):
    _, X_test, _, y_test = digits
    probabilities = fitted_nets["resnet8"].predict_proba(X_test)
    vote = VotingClassifier(frozen_members(fitted_nets), voting="soft")
    clone(vote).fit(X_test[:100], y_test[:100])
    np.testing.assert_array_equal(fitted_nets["resnet8"].predict_proba(X_test), probabilities)


def test_voting_classifier_soft_vote_equals_nets_fitted_alone(digits, fitted_nets):
    X, X_test, y, _ = digits
    fresh = VotingClassifier(members(), voting="soft").fit(X, y)
    ready = VotingClassifier(frozen_members(fitted_nets), voting="soft").fit(X, y)
    np.testing.assert_array_equal(fresh.predict_proba(X_test), ready.predict_proba(X_test))


def test_voting_classifier_is_better_than_its_members_on_average(digits, fitted_nets):
    X, X_test, y, y_test = digits
    vote = VotingClassifier(frozen_members(fitted_nets), voting="soft").fit(X, y)
    scores = [member.score(X_test, y_test) for member in fitted_nets.values()]
    assert vote.score(X_test, y_test) > np.mean(scores)


@pytest.mark.parametrize("labels", ["ints with gaps", "bools"])
def test_voting_classifier_takes_labels_of_any_type(digits, labels):
    X, X_test, y, _ = digits
    y = {"ints with gaps": 10 * np.searchsorted(WORDS_SORTED, y) + 5, "bools": y > "o"}[labels]
    hard = VotingClassifier([("a", net()), ("b", net("mlp")), ("c", logistic())]).fit(X, y)
    predicted = hard.predict(X_test)
    assert predicted.dtype == y.dtype
    assert set(predicted) <= set(y)


def test_stacking_classifier_takes_nets_and_logistic_regression(digits, fitted_nets):
    X, X_test, y, y_test = digits
    stack = StackingClassifier(members(), LogisticRegression(max_iter=1000), cv=2).fit(X, y)
    scores = [member.score(X_test, y_test) for member in fitted_nets.values()]
    assert stack.score(X_test, y_test) > max(scores) - 0.03
    assert set(stack.predict(X_test)) <= set(WORDS)
    final = stack.final_estimator_
    member_values = sum(parameter_count(member) for member in fitted_nets.values())
    assert parameter_count(stack) == member_values + final.coef_.size + final.intercept_.size


def test_stacking_classifier_takes_prefitted_nets(digits, fitted_nets):
    _, X_test, _, y_test = digits
    half = len(X_test) // 2
    ready = [(name, member) for name, member in fitted_nets.items()]
    stack = StackingClassifier(ready, LogisticRegression(max_iter=1000), cv="prefit")
    stack.fit(X_test[:half], y_test[:half])
    assert stack.estimators_[0] is fitted_nets["resnet8"]
    assert stack.score(X_test[half:], y_test[half:]) > 0.8


def test_bagging_classifier_takes_nets(digits):
    X, X_test, y, y_test = digits
    X, X_test = (images.reshape(len(images), -1) for images in (X, X_test))
    bag = BaggingClassifier(net(image_shape=(8, 8)), n_estimators=3, random_state=0).fit(X, y)
    member_accuracy = np.mean(
        [(WORDS_SORTED[member.predict(X_test)] == y_test).mean() for member in bag]
    )
    assert bag.score(X_test, y_test) > member_accuracy
    assert parameter_count(bag) == 3 * bag.estimators_[0].n_parameters_


def test_voting_classifier_takes_test_time_augmentation(digits, fitted_nets):
    X, X_test, y, _ = digits
    averaged_net = TestTimeAugmentation(FrozenEstimator(fitted_nets["resnet8"]), flip=None, shift=1)
    vote = VotingClassifier(
        [("views", averaged_net), ("plain", FrozenEstimator(fitted_nets["resnet8"]))]
    )
    vote.set_params(voting="soft").fit(X, y)
    views, plain = vote.estimators_
    expected = (views.predict_proba(X_test) + plain.predict_proba(X_test)) / 2
    np.testing.assert_allclose(vote.predict_proba(X_test), expected, rtol=1e-6)
    assert parameter_count(vote) == fitted_nets["resnet8"].n_parameters_


def test_compare_estimators_measures_ensembles_and_their_cost(digits):
    X, y = digits[0][:300], digits[2][:300]
    ensembles = {
        "net": net(),
        "mlp": net("mlp"),
        "hard vote": VotingClassifier(members()),
        "soft vote": VotingClassifier(members(), voting="soft"),
        "stack": StackingClassifier(members(), LogisticRegression(max_iter=1000), cv=2),
    }
    scoring = ["accuracy", latency_scorer(n_repeats=3), parameter_count, file_size]
    result = compare_estimators(ensembles, X, y, cv=2, scoring=scoring, random_state=0)
    frame = result.to_frame()
    assert set(frame.index) == {"majority class", "logistic regression", *ensembles}
    assert (frame.loc[["hard vote", "soft vote", "stack"], "mean_accuracy"] > 0.6).all()
    for name in ("hard vote", "soft vote"):
        parts = frame.loc[["net", "mlp", "logistic regression"]]
        vote = frame.loc[name]
        assert vote["mean_parameter_count"] == parts["mean_parameter_count"].sum()
        assert vote["mean_file_size"] > parts["mean_file_size"].max()
        # Three predictions take longer than the longest of them, far beyond what a clock errs by.
        assert vote["mean_latency_ms"] > parts["mean_latency_ms"].min()
    assert frame["mean_latency_ms"].notna().all()


def test_compare_estimators_does_not_train_frozen_nets(digits, fitted_nets):
    """A vote over frozen nets is scored, not trained: its folds hold nothing it has not seen."""
    X, X_test, y, y_test = digits
    vote = VotingClassifier(frozen_members(fitted_nets), voting="soft")
    result = compare_estimators({"vote": vote}, X_test, y_test, cv=2, random_state=0)
    expected = clone(vote).fit(X, y).predict(X_test) == y_test
    scores = result.scores().loc["vote"].to_numpy()
    sizes = [len(test) for _, test in result.splits]
    assert np.average(scores, weights=sizes) == pytest.approx(expected.mean())


def test_within_budget_chooses_between_members_and_ensemble(digits):
    X, X_test, y, y_test = digits
    X, y = X[:200], y[:200]
    vote = VotingClassifier(members(), voting="soft")
    n_net = parameter_count(net().fit(X[:100], y[:100]))
    budget = within_budget(max_parameters=round(1.5 * n_net), max_latency_ms=10_000)
    search = GridSearchCV(
        make_pipeline(PixelScaler(), net()),
        {"imageclassifier": [net(), net("mlp"), vote]},
        scoring=budget.scoring,
        refit=budget,
        cv=2,
        error_score="raise",
    ).fit(X, y)
    counts = search.cv_results_["mean_test_parameter_count"]
    assert counts[2] > counts[0] + counts[1]
    assert search.best_index_ != 2
    assert search.score(X_test, y_test) > 0.5


def test_compare_takes_a_stack_with_the_default_final_estimator():
    """Such a stack has the methods of a classifier only once it is fitted."""
    X, y = load_iris(return_X_y=True)
    stack = StackingClassifier([("bayes", GaussianNB())], cv=2)
    result = compare_estimators(
        {"stack": stack}, X, y, cv=2, scoring=["accuracy", "neg_log_loss"], check_leaks=False
    )
    assert result.to_frame().loc["stack", "mean_accuracy"] > 0.8
