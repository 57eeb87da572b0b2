"""Results of a comparison by class: recall, precision, calibration, doubtful labels."""

import re
from time import sleep

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report, log_loss
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklvision.model_selection import compare_estimators, estimate_accuracy
from sklvision.neural_network import SpectrumClassifier
from sklvision.reporting._classes import render_label_errors

pytestmark = pytest.mark.filterwarnings("ignore:Scores on these folds")


@pytest.fixture(scope="module")
def digits():
    """Three classes, one of them rare."""
    X, y = load_digits(return_X_y=True)
    rows = np.concatenate([np.flatnonzero(y == 1)[:60], np.flatnonzero(y == 7)[:60]])
    rows = np.concatenate([rows, np.flatnonzero(y == 8)[:12]])
    names = np.array(["one", "seven", "eight"])
    return X[rows], names[np.searchsorted([1, 7, 8], y[rows])]


ESTIMATORS = {"bayes": GaussianNB(), "svc": LinearSVC(), "near": KNeighborsClassifier(3)}


@pytest.fixture(scope="module")
def result(digits):
    with pytest.warns(UserWarning, match="probably optimistic"):
        return compare_estimators(ESTIMATORS, *digits, cv=4, random_state=0)


def stack_out_of_fold(result, name, X, y):
    """Predict every sample by a model that has not seen it."""
    predictions, probabilities = np.empty_like(y), np.full((len(y), 3), np.nan)
    for train, test in result.splits:
        model = clone(result.estimators[name]).fit(X[train], y[train])
        predictions[test] = model.predict(X[test])
        probabilities[test] = model.predict_proba(X[test])
    return predictions, probabilities


def test_score_classes_agrees_with_scikit_learn(result, digits):
    X, y = digits
    predictions, _ = stack_out_of_fold(result, "bayes", X, y)
    expected = classification_report(y, predictions, output_dict=True)
    scores = result.score_classes("bayes")
    for label in ("one", "seven", "eight"):
        assert scores.loc[label, "recall"] == pytest.approx(expected[label]["recall"])
        assert scores.loc[label, "precision"] == pytest.approx(expected[label]["precision"])
        assert scores.loc[label, "n_true"] == expected[label]["support"]
    row = scores.loc["eight"]
    interval = binomtest(round(row["recall"] * 12), 12).proportion_ci(method="wilson")
    assert (row["recall_low"], row["recall_high"]) == pytest.approx((interval.low, interval.high))
    narrow = result.score_classes("bayes", confidence=0.5).loc["eight"]
    assert row["recall_low"] < narrow["recall_low"] <= narrow["recall"] <= narrow["recall_high"]


def test_score_classes_of_the_best_candidate_is_the_default(result):
    best = next(name for name in result.to_frame().index if name not in result.baselines)
    assert result.score_classes().equals(result.score_classes(best))
    assert result.confusion_matrix().equals(result.confusion_matrix(best))
    assert result.describe_classes() == result.describe_classes(best)


@pytest.mark.slow
def test_score_classes_counts_a_sample_once_in_repeats(digits):
    kwargs = {"cv": 3, "random_state": 0, "check_leaks": False}
    single_result = compare_estimators({"near": KNeighborsClassifier()}, *digits, **kwargs)
    repeated_result = compare_estimators(
        {"near": KNeighborsClassifier()}, *digits, n_repeats=8, **kwargs
    )
    widths = [
        (result.score_classes("near").eval("recall_high - recall_low")).to_numpy()
        for result in (single_result, repeated_result)
    ]
    assert widths[1] == pytest.approx(widths[0], abs=0.05)  # plain counts would give a third


def test_score_classes_has_no_intervals_for_groups(digits):
    X, y = digits
    groups = np.arange(len(y)) // 2
    result = compare_estimators(GaussianNB(), X, y, groups=groups, cv=3, random_state=0)
    scores = result.score_classes()
    assert scores["recall"].notna().all()
    assert scores[["recall_low", "recall_high", "precision_low"]].isna().all(axis=None)
    text = result.describe_classes()
    assert "Wilson" not in text
    assert "samples of one group are not independent" in text


def test_probabilities_are_those_of_the_folds(result, digits):
    X, y = digits
    _, expected = stack_out_of_fold(result, "bayes", X, y)
    for split, (_, test) in enumerate(result.splits):
        values = result.probabilities["bayes"][split]
        np.testing.assert_allclose(values, expected[test], atol=1e-6)
        row = result.folds.query("estimator == 'bayes' and split == @split").iloc[0]
        assert row["log_loss"] == pytest.approx(log_loss(y[test], expected[test]))
    frame = result.to_frame()
    folds = result.folds[result.folds["estimator"] == "bayes"]
    assert frame.loc["bayes", "log_loss"] == pytest.approx(folds["log_loss"].mean())


def test_log_loss_is_empty_without_probabilities(result):
    frame = result.to_frame()
    assert np.isnan(frame.loc["svc", "log_loss"])
    assert frame["log_loss"].drop("svc").notna().all()
    text = str(result)
    assert re.search(r"^svc +0\.\d{4} ± 0\.\d{4} +– ", text, flags=re.MULTILINE)
    assert "– without probabilities: svc" in text
    assert "svc predicts no probabilities" in result.describe_classes("svc")
    page = " ".join(result.to_html().split())
    assert "Without probabilities: svc." in page
    for method in (result.measure_reliability, result.find_label_errors):
        with pytest.raises(ValueError, match="svc predicts no probabilities"):
            method("svc")


def test_log_loss_of_no_estimator_leaves_no_column(digits):
    result = compare_estimators(LinearSVC(), *digits, cv=3, baselines=False, check_leaks=False)
    assert "log loss" not in str(result)
    with pytest.raises(ValueError, match="No estimator of this result predicts probabilities"):
        result.find_label_errors()
    assert "Calibration" in result.to_html()


ROWS = []
NET = SpectrumClassifier(architecture_params={"hidden_layer_sizes": (4,)}, max_epochs=1)


class FeatureCounter(TransformerMixin, BaseEstimator):
    """A step that counts the rows that it transforms, in training and in tests."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        sleep(0.02)  # long enough to be timed once
        ROWS.append(len(X))
        return X


def test_compare_estimators_transforms_a_test_set_once(digits):
    X, y = digits
    for classifier in (GaussianNB(), LinearSVC(), NET):
        ROWS.clear()
        pipeline = make_pipeline(FeatureCounter(), classifier)
        result = compare_estimators(
            {"x": pipeline}, X, y, cv=2, baselines=False, check_leaks=False, random_state=0
        )
        assert sum(ROWS) == 2 * len(y)  # every sample is trained on once, and tested once
        train, test = result.splits[0]
        model = clone(result.estimators["x"]).fit(X[train], y[train])
        assert result.predictions["x"][0].tolist() == model.predict(X[test]).tolist()
        if hasattr(model, "predict_proba"):
            np.testing.assert_allclose(
                result.probabilities["x"][0][:, [0, 1, 2]], model.predict_proba(X[test]), atol=1e-6
            )


class CautiousNet(SpectrumClassifier):
    """A net whose predictions are not its most probable classes."""

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


def test_compare_estimators_keeps_predictions_of_a_subclass(digits):
    net = CautiousNet(architecture_params={"hidden_layer_sizes": (4,)}, max_epochs=1)
    result = compare_estimators({"net": net}, *digits, cv=2, check_leaks=False)
    assert set(np.concatenate(list(result.predictions["net"].values()))) == {"eight"}


class BrokenClassifier(GaussianNB):
    """A classifier whose probabilities cannot be computed."""

    def predict_proba(self, X):
        raise RuntimeError("no memory left")

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


def test_probabilities_that_fail_do_not_end_the_comparison(digits):
    with pytest.warns(UserWarning, match="predict_proba failed with RuntimeError: no memory left"):
        result = compare_estimators(
            {"broken": BrokenClassifier()}, *digits, cv=3, check_leaks=False
        )
    assert np.isnan(result.to_frame().loc["broken", "log_loss"])


class Unscaled(GaussianNB):
    """A classifier whose probabilities sum to two."""

    def predict_proba(self, X):
        return 2 * super().predict_proba(X)


def test_probabilities_that_are_none_are_left_out(digits):
    result = compare_estimators({"x": Unscaled()}, *digits, cv=3, check_leaks=False)
    assert np.isnan(result.to_frame().loc["x", "log_loss"])


def test_log_loss_of_a_class_that_was_not_trained_on(digits):
    X, y = digits
    is_rare = y == "eight"
    split = (np.flatnonzero(~is_rare)[::2], np.concatenate([[0], np.flatnonzero(is_rare)[:3]]))
    with pytest.warns(UserWarning, match="never trained on"):
        result = compare_estimators(GaussianNB(), X, y, cv=[split])
    assert result.probabilities["GaussianNB"][0][1:, 0].tolist() == [0, 0, 0]
    assert 5 < result.to_frame().loc["GaussianNB", "log_loss"] < 40


@pytest.mark.parametrize("scoring", ["roc_auc", "average_precision", "neg_brier_score"])
def test_compare_estimators_scores_of_two_classes_by_probabilities(scoring):
    """Scorers know a method by its name, and take one column of it."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 90)
    X = rng.normal(size=(90, 3)) + y[:, np.newaxis]
    model = KNeighborsClassifier()  # has no decision_function
    result = compare_estimators(model, X, y, cv=3, scoring=scoring, random_state=0)
    cv = [(train, test) for train, test in result.splits]
    expected = cross_val_score(model, X, y, cv=cv, scoring=scoring)
    values = result.scores().loc["KNeighborsClassifier"].to_numpy()
    np.testing.assert_allclose(values, expected)


def test_measure_reliability_of_the_predicted_label(result, digits):
    X, y = digits
    predictions, probabilities = stack_out_of_fold(result, "near", X, y)
    curve = result.measure_reliability("near", n_bins=3)
    confidence = probabilities.max(axis=1)
    # Three neighbors vote: 1/3 is impossible as the largest of three, 2/3 and 1 are not.
    assert curve["n_tests"].sum() == len(y)
    is_sure = confidence > 0.9
    last = curve.iloc[-1]
    members = np.minimum((confidence * 3).astype(int), 2) == 2
    assert last["n_tests"] == members.sum()
    assert last["fraction"] == pytest.approx((predictions == y)[members].mean())
    assert last["low"] <= last["fraction"] <= last["high"]
    assert is_sure.sum() <= last["n_tests"]
    overall = curve.attrs
    assert overall["fraction"] == pytest.approx((predictions == y).mean())
    assert overall["mean_probability"] == pytest.approx(confidence.mean(), abs=1e-6)


def test_measure_reliability_of_one_class(result, digits):
    X, y = digits
    _, probabilities = stack_out_of_fold(result, "near", X, y)
    curve = result.measure_reliability("near", label="eight", n_bins=2)
    is_high = probabilities[:, 0] >= 0.5
    assert curve["n_tests"].tolist() == [(~is_high).sum(), is_high.sum()]
    assert curve["fraction"].iloc[1] == pytest.approx((y == "eight")[is_high].mean())
    with pytest.raises(KeyError, match=r"No class 'eightt'\. Did you mean 'eight'"):
        result.measure_reliability("near", label="eightt")
    with pytest.raises(
        ValueError, match="n_bins must be an integer of at least 1 and at most 1000, got 0"
    ):
        result.measure_reliability("near", n_bins=0)


def test_describe_classes_says_which_way_probabilities_are_wrong():
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(400, 1)), 12, axis=1)  # twelve times the same evidence
    y = (X[:, 0] + rng.normal(size=400) > 0).astype(int)
    result = compare_estimators(
        {"bayes": GaussianNB(), "logistic": LogisticRegression()}, X, y, check_leaks=False
    )
    assert "The probabilities are too high on average" in result.describe_classes("bayes")
    assert "on average." not in result.describe_classes("logistic").replace("average, and", "")


def test_find_label_errors_lists_exchanged_labels(digits):
    X, y = digits
    y = y.copy()
    y[[3, 70]] = ["seven", "one"]
    result = compare_estimators(KNeighborsClassifier(5), X, y, n_repeats=2, random_state=0)
    errors = result.find_label_errors("KNeighborsClassifier")
    assert {3, 70} <= set(errors["sample"])
    assert errors.set_index("sample").loc[3, "suggested"] == "one"
    assert errors.attrs == {"estimator": "KNeighborsClassifier", "n_tested": len(y)}
    best = result.find_label_errors().attrs["estimator"]
    assert best == result.to_frame().index[0]
    page = result.to_html(sample_names=[f"file{i}.png" for i in range(len(y))])
    assert "Doubtful labels" in page
    assert "file3.png" in page


def test_to_html_lists_label_errors_by_whole_numbers(digits):
    X, y = digits
    y = np.array([1, 7, 8])[np.searchsorted(["eight", "one", "seven"], y)]
    y[3] = 8
    result = compare_estimators(KNeighborsClassifier(5), X, y, random_state=0)
    table = result.to_html().partition("Doubtful labels")[2]
    assert re.search(r"<tr><td>3</td><td>8</td><td>7</td>", table)


def test_find_label_errors_of_samples_that_were_tested(digits):
    X, y = digits
    y = y.copy()
    y[[1, 3]] = "seven"
    split = (np.arange(2, len(y), 2), np.arange(1, len(y), 2))
    result = compare_estimators(KNeighborsClassifier(5), X, y, cv=[split], check_leaks=False)
    errors = result.find_label_errors()
    assert errors.attrs["n_tested"] == len(y) // 2
    assert {1, 3} <= set(errors["sample"])
    assert (errors["sample"] % 2 == 1).all()


def test_label_errors_of_a_weak_classifier_are_not_listed():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 4)), rng.integers(0, 3, 90)
    result = compare_estimators(KNeighborsClassifier(), X, y, check_leaks=False, random_state=0)
    lines = render_label_errors(result.find_label_errors(), list(map(str, range(90))))
    assert re.fullmatch(
        r"\d+ of 90 labels contradict the out-of-fold probabilities of .*, so many that the "
        r"classes overlap, or the classifier is weak\.",
        lines[0],
    )
    assert len(lines) == 1
    section = result.to_html().partition("Doubtful labels")[2].partition("<h2>")[0]
    assert "or the classifier is weak." in section
    assert "<table" not in section


def test_describe_classes_of_many_classes_lists_the_worst():
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(30), 8)
    X = y[:, np.newaxis] + rng.normal(scale=1.5, size=(240, 2))
    result = compare_estimators(KNeighborsClassifier(), X, y, cv=4, check_leaks=False)
    text = result.describe_classes()
    assert "12 of 30 classes, of the lowest recall" in text
    assert "The most frequent of" in text
    worst = result.score_classes()["recall"].min()
    assert f"{worst:.3f} (" in text
    assert max(map(len, text.partition("Calibration")[0].splitlines())) <= 100


def test_class_methods_name_what_does_not_exist(result):
    for method in (result.score_classes, result.describe_classes, result.measure_reliability):
        with pytest.raises(KeyError, match="No estimator 'bay'"):
            method("bay")
    with pytest.raises(ValueError, match="confidence must be between 0 and 1, got 95"):
        result.score_classes("bayes", confidence=95)


def test_estimate_accuracy_scores_classes(digits):
    X, y = digits
    estimate = estimate_accuracy(
        GaussianNB(), X, y, name="bayes", cv=4, scoring="balanced_accuracy", random_state=0
    )
    scores = estimate.score_classes()
    assert scores["n_true"].sum() == len(y)
    assert estimate.confusion.to_numpy().sum() == len(y)
    balanced = estimate.scores["balanced_accuracy"]
    assert list(balanced) == ["bayes", "logistic regression", "majority class"]
    assert balanced["majority class"] == pytest.approx(1 / 3)
    assert estimate.accuracy["majority class"] > 0.4
    text = str(estimate)
    assert "balanced_accuracy on the same samples, mean over folds:" in text
    assert "Wilson's method" in text
    assert "true \\ predicted" in text
    assert "Calibration: the predicted label has a probability of" in text


def test_estimate_accuracy_refuses_an_unknown_score(digits):
    with pytest.raises(ValueError, match="Did you mean 'f1_macro'"):
        estimate_accuracy(GaussianNB(), *digits, scoring="f1_makro")


def test_estimate_accuracy_on_given_splits(digits):
    X, y = digits
    split = (np.arange(0, len(y), 2), np.arange(1, len(y), 2))
    estimate = estimate_accuracy(GaussianNB(), X, y, cv=[split], split="the official test set")
    assert str(estimate).startswith("Accuracy on 66 of 132 samples, the official test set:")
    assert (estimate.n_tested, estimate.n_folds) == (66, 1)
