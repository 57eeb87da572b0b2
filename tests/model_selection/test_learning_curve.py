"""Learning curves: what is measured, and what is refused before any fit."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, make_classification
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import (
    GroupKFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    learning_curve,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from sklvision.model_selection import LearningForecast, learning_curve_forecast


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:600], y[:600]


NB = GaussianNB(var_smoothing=1e-3)


class NeverFit(DecisionTreeClassifier):
    def fit(self, X, y):
        raise AssertionError("fitted before the checks were done")


class TestMeasuring:
    def test_learning_curve_forecast_measures_sizes_and_scores(self, digits):
        forecast = learning_curve_forecast(NB, *digits, random_state=0)
        assert forecast.scores.shape == (8, 5)
        assert forecast.train_sizes[-1] == 480
        assert forecast.n_samples == 600
        ratios = forecast.train_sizes[1:] / forecast.train_sizes[:-1]
        assert ratios.max() / ratios.min() < 1.1
        assert forecast.scores[-1].mean() > forecast.scores[0].mean() + 0.1

    def test_learning_curve_forecast_scores_as_cross_validation(self, digits):
        folds = StratifiedKFold(4, shuffle=True, random_state=3)
        forecast = learning_curve_forecast(NB, *digits, cv=folds, random_state=0)
        _, _, scores = learning_curve(NB, *digits, cv=folds, train_sizes=[1.0])
        np.testing.assert_allclose(forecast.scores[-1], scores[0])

    def test_learning_curve_forecast_repeats_in_parallel(self, digits):
        tree = DecisionTreeClassifier(max_features=5)
        call = {"train_sizes": [100, 200, 400], "random_state": 5}
        first_forecast = learning_curve_forecast(tree, *digits, **call)
        two = learning_curve_forecast(tree, *digits, **call, n_jobs=2)
        other_score = learning_curve_forecast(tree, *digits, **call | {"random_state": 6})
        np.testing.assert_array_equal(first_forecast.scores, two.scores)
        pd.testing.assert_frame_equal(first_forecast.to_frame(), two.to_frame())
        assert not np.array_equal(first_forecast.scores, other_score.scores)
        assert tree.random_state is None

    def test_learning_curve_forecast_leaves_global_random_numbers_alone(self, digits):
        state = np.random.get_state()[1].copy()
        learning_curve_forecast(NB, *digits, train_sizes=[100, 200, 400], cv=3)
        np.testing.assert_array_equal(state, np.random.get_state()[1])

    def test_learning_curve_forecast_takes_fractions_and_numbers(self, digits):
        by_share = learning_curve_forecast(
            NB, *digits, train_sizes=[0.25, 0.5, 1.0], random_state=0
        )
        by_number = learning_curve_forecast(
            NB, *digits, train_sizes=[480, 120, 240, 120], random_state=0
        )
        assert by_share.train_sizes.tolist() == [120, 240, 480]
        np.testing.assert_array_equal(by_share.scores, by_number.scores)

    def test_learning_curve_forecast_keeps_classes_in_proportion(self):
        X, y = np.zeros((200, 1)), np.repeat(["rare", "common"], [20, 180])

        def share_of_rare(estimator, X, y):
            return estimator.class_prior_[estimator.classes_ == "rare"][0]

        forecast = learning_curve_forecast(
            DummyClassifier(), X, y, train_sizes=[20, 40, 80], scoring=share_of_rare, best_score=1
        )
        np.testing.assert_allclose(forecast.scores, 0.1, atol=0.051)

    def test_learning_curve_forecast_grows_by_whole_groups(self):
        rng = np.random.default_rng(0)
        groups = np.repeat(np.arange(24), 10)
        y = np.repeat(rng.permutation(np.arange(24) % 2), 10)
        X = np.column_stack([groups, y + rng.normal(size=240)])

        class CountingTree(DecisionTreeClassifier):
            def fit(self, X, y):
                self.n_groups_ = len(np.unique(X[:, 0]))
                return super().fit(X, y)

        def n_groups(estimator, X, y):
            return estimator.n_groups_ / 24

        forecast = learning_curve_forecast(
            CountingTree(),
            X,
            y,
            groups=groups,
            cv=4,
            train_sizes=[60, 100, 140],  # the first few groups may be of one class
            scoring=n_groups,
            best_score=1,
            random_state=0,
        )
        np.testing.assert_allclose(forecast.scores * 24, [[6] * 4, [10] * 4, [14] * 4])

    def test_learning_curve_forecast_takes_a_splitter_of_groups(self, digits):
        groups = np.arange(600) % 30
        forecast = learning_curve_forecast(
            NB, *digits, groups=groups, cv=GroupKFold(3), train_sizes=[100, 200, 400]
        )
        assert forecast.scores.shape == (3, 3)

    def test_learning_curve_forecast_takes_repeated_folds(self, digits):
        folds = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
        forecast = learning_curve_forecast(NB, *digits, cv=folds, train_sizes=[100, 200, 400])
        assert forecast.scores.shape == (3, 6)

    def test_learning_curve_forecast_takes_losses_and_text_labels(self, digits):
        X, y = digits
        names = np.array([f"digit {label}" for label in y], dtype=object)
        forecast = learning_curve_forecast(
            LogisticRegression(max_iter=50, tol=1e-2), X / 16, names, cv=3,
            train_sizes=[100, 200, 400], scoring="neg_log_loss", target=-0.1, random_state=0,
        )  # fmt: skip
        assert forecast.best_score == 0
        assert forecast.scoring == "neg_log_loss"
        assert np.all(forecast.scores < 0)

    def test_learning_curve_forecast_takes_a_table(self, digits):
        X, y = digits
        call = {"train_sizes": [100, 200, 400], "cv": 3, "random_state": 0}
        plain = learning_curve_forecast(NB, X, y, **call)
        table = learning_curve_forecast(
            NB, pd.DataFrame(X).add_prefix("pixel"), pd.Series(y, index=range(1000, 1600)), **call
        )
        np.testing.assert_array_equal(plain.scores, table.scores)

    def test_learning_curve_forecast_has_rare_classes_at_every_size(self):
        X, y = make_classification(400, weights=[0.97], flip_y=0, random_state=0)
        forecast = learning_curve_forecast(LogisticRegression(), X, y, cv=3, random_state=0)
        assert np.isfinite(forecast.scores).all()


class TestRefusedBeforeAnyFit:
    @pytest.mark.parametrize(
        ("kwargs", "message"),
        [
            ({"target": 95}, "target=95 is above 1, the best possible score"),
            ({"target": 0.1, "scoring": "neg_log_loss"}, "target=0.1 is above 0"),
            ({"confidence": 1.5}, "confidence must be between 0 and 1"),
            (
                {"train_sizes": [100, 200]},
                r"at least 3 different sizes for a curve, got \[100, 200\]",
            ),
            ({"train_sizes": [100, 200, 481]}, "between 1 and the 480 samples"),
            ({"train_sizes": [0.5, 0.7, 1.5]}, "fractions of the training set"),
            ({"train_sizes": ["a"]}, "train_sizes must list numbers"),
            (
                {"train_sizes": [1, 100, 200]},
                r"hold none of class \d; begin with \d+ samples or more",
            ),
            ({"scoring": "acuracy"}, "not the name of a scorer. Did you mean 'accuracy'"),
            (
                {"scoring": lambda e, X, y: 1.0},
                "best_score must be given for the callable 'lambda'",
            ),
            ({"groups": [1, 2]}, "groups must have one value per sample"),
            ({"cv": 1}, "cv must be at least 2"),
            ({"cv": 100}, "Every class needs at least as many samples as there are folds"),
        ],
    )
    def test_learning_curve_forecast_refuses_values(self, digits, kwargs, message):
        with pytest.raises(ValueError, match=message):
            learning_curve_forecast(NeverFit(), *digits, **kwargs)

    def test_learning_curve_forecast_needs_two_splits(self, digits):
        with pytest.raises(ValueError, match="at least 2 splits"):
            learning_curve_forecast(NeverFit(), *digits, cv=[(np.arange(300), np.arange(300, 600))])

    @pytest.mark.parametrize("scoring", [["accuracy"], None, {"a": "accuracy"}, 3])
    def test_learning_curve_forecast_takes_one_score_only(self, digits, scoring):
        with pytest.raises(TypeError, match="the name of one scorer or a callable"):
            learning_curve_forecast(NeverFit(), *digits, scoring=scoring)

    @pytest.mark.parametrize("estimator", [LinearRegression(), DecisionTreeClassifier, None, [NB]])
    def test_learning_curve_forecast_needs_a_classifier(self, digits, estimator):
        with pytest.raises(
            TypeError, match=r"not a scikit-learn classifier|not a classifier|class Dec"
        ):
            learning_curve_forecast(estimator, *digits)

    def test_learning_curve_forecast_needs_the_methods_of_the_score(self, digits):
        with pytest.raises(ValueError, match="needs predict_proba"):
            learning_curve_forecast(RidgeClassifier(), *digits, scoring="neg_log_loss")

    def test_learning_curve_forecast_needs_enough_samples(self):
        with pytest.raises(ValueError, match="too few samples for a curve: of the 4 training"):
            learning_curve_forecast(NeverFit(), np.zeros((6, 1)), np.repeat([0, 1], 3), cv=3)

    def test_learning_curve_forecast_refuses_different_lengths(self, digits):
        X, y = digits
        with pytest.raises(ValueError, match="differ in length"):
            learning_curve_forecast(NeverFit(), X, y[:-1])

    def test_learning_curve_forecast_raises_the_error_of_a_fit(self, digits):
        with pytest.raises(AssertionError, match="fitted before"):
            learning_curve_forecast(NeverFit(), *digits)


@pytest.mark.data
def test_forecast_predicts_the_second_half_of_a_curve_on_mnist(data_home):
    from sklvision.datasets import fetch_mnist

    X, y = fetch_mnist(data_home=data_home, return_X_y=True)
    X = X[:6000, ::2, ::2].reshape(6000, -1) / 255.0
    y = y[:6000]
    sizes = np.rint(np.geomspace(100, 4000, 8)).astype(int)
    full_curve = learning_curve_forecast(NB, X, y, cv=3, train_sizes=sizes, random_state=0)
    half = LearningForecast.from_scores(sizes[:4], full_curve.scores[:4])
    _, low, high = half.predict(sizes[4:])
    truth = full_curve.scores[4:].mean(axis=1)
    assert np.all((low < truth) & (truth < high))
