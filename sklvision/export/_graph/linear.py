"""Linear classifiers: one product, in the precision of its input."""

from __future__ import annotations

from typing import Any

import numpy as np

from sklvision.export._graph.builder import (
    GraphBuilder,
    Prediction,
    UnsupportedStepError,
    Value,
    register,
)


@register("sklearn.LogisticRegression", "sklearn.LogisticRegressionCV")
def convert_logistic_regression(builder: GraphBuilder, classifier: Any, value: Value) -> Prediction:
    """Compute scores, and probabilities by softmax, of two classes by the logistic function."""
    is_one_against_rest = getattr(classifier, "multi_class", "") == "ovr" or (
        classifier.solver == "liblinear"
    )
    return _predict(builder, classifier, value, "rest" if is_one_against_rest else "softmax")


@register("sklearn.LinearDiscriminantAnalysis")
def convert_discriminant(builder: GraphBuilder, classifier: Any, value: Value) -> Prediction:
    """Compute scores, and probabilities by softmax, of two classes by the logistic function."""
    return _predict(builder, classifier, value, "softmax")


@register("sklvision.LinearDiscriminantAnalysisCV")
def convert_regularized_discriminant(
    builder: GraphBuilder, classifier: Any, value: Value
) -> Prediction:
    """Compute scores in double precision: large coefficients of neighboring bands cancel out."""
    if len(classifier.classes_) == 1:
        raise UnsupportedStepError(builder.path, "it was fitted on one class only.")
    return _predict(builder, classifier, builder.convert_to_double(value), "softmax")


@register("sklearn.RidgeClassifier", "sklearn.RidgeClassifierCV", "sklearn.LinearSVC")
@register("sklearn.Perceptron")
def convert_linear(builder: GraphBuilder, classifier: Any, value: Value) -> Prediction:
    """Compute scores alone."""
    return _predict(builder, classifier, value, "")


@register("sklearn.SGDClassifier")
def convert_sgd(builder: GraphBuilder, classifier: Any, value: Value) -> Prediction:
    """Compute scores, and probabilities for the logistic loss."""
    return _predict(builder, classifier, value, "rest" if classifier.loss == "log_loss" else "")


def _predict(builder: GraphBuilder, classifier: Any, value: Value, kind: str) -> Prediction:
    value = value.change(value.name, limits=None)
    coefficients = np.ascontiguousarray(np.atleast_2d(classifier.coef_).astype(value.dtype).T)
    scores = builder.add("MatMul", value.name, _learn(builder, coefficients))
    intercept = np.atleast_1d(np.asarray(classifier.intercept_, dtype=value.dtype))
    scores = builder.add("Add", scores, _learn(builder, intercept))
    scores = scores if value.is_double else builder.cast(scores, np.float64)
    index = choose_class(builder, scores, coefficients.shape[1])
    probabilities = _compute_probabilities(builder, scores, coefficients.shape[1], kind)
    return Prediction(classifier.classes_, index, probabilities, scores)


def _compute_probabilities(
    builder: GraphBuilder, scores: str, n_columns: int, kind: str
) -> str | None:
    if not kind:
        return None
    if n_columns == 1:
        return complete(builder, builder.add("Sigmoid", scores))
    if kind == "softmax":
        return builder.add_softmax(scores)
    # The logistic function of every score, divided by their sum, is softmax of its logarithm:
    # min(s, 0) - log(1 + exp(-|s|)). Of scores below -100 or so, the function itself would be 0.
    size = builder.add("Neg", builder.add("Abs", scores))
    correction = builder.add("Log", builder.add("Add", builder.add("Exp", size), np.float64(1)))
    logarithm = builder.add("Sub", builder.add("Min", scores, np.float64(0)), correction)
    return builder.add_softmax(logarithm)


def choose_class(builder: GraphBuilder, scores: str, n_columns: int) -> str:
    """Choose the class of the highest score, or the second of two where the score is above 0."""
    if n_columns == 1:
        is_second = builder.add("Greater", scores, np.float64(0.0))
        return builder.add("Squeeze", builder.cast(is_second, np.int64), np.array([1]))
    return builder.add("ArgMax", scores, axis=1, keepdims=0)


def complete(builder: GraphBuilder, second: str) -> str:
    """Complete the probability of the second of two classes by that of the first."""
    first = builder.add("Sub", np.float64(1.0), second)
    return builder.add("Concat", first, second, axis=1)


def _learn(builder: GraphBuilder, values: np.ndarray) -> str:
    return builder.add_constant(values, is_learned=True)
