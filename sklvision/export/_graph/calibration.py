"""Calibrated classifiers, around any classifier that can be converted."""

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
from sklvision.export._graph.linear import complete


@register("sklearn.CalibratedClassifierCV")
def convert_calibrated(builder: GraphBuilder, ensemble: Any, value: Value) -> Prediction:
    """Average the calibrated probabilities of the members."""
    parts = []
    for i, member in enumerate(ensemble.calibrated_classifiers_):
        prediction = builder.predict(str(i), member.estimator, value)
        parts.append(_apply_calibrators(builder, member, prediction))
    total = builder.add("Sum", *parts) if len(parts) > 1 else parts[0]
    probabilities = builder.add("Div", total, np.float64(len(parts)))
    index = builder.add("ArgMax", probabilities, axis=1, keepdims=0)
    return Prediction(ensemble.classes_, index, probabilities)


def _apply_calibrators(builder: GraphBuilder, member: Any, prediction: Prediction) -> str:
    scores, n_classes = _get_scores(builder, prediction), len(member.classes)
    if member.method == "temperature":
        return _scale_temperature(builder, member.calibrators[0], prediction, scores)
    if len(prediction.classes) != n_classes:
        raise UnsupportedStepError(builder.path, "a member was fitted on fewer classes.")
    columns = []
    for i, calibrator in enumerate(member.calibrators):
        column = builder.add("Gather", scores, np.array([i]), axis=1)
        columns.append(_CALIBRATIONS[member.method](builder, calibrator, column))
    if n_classes == 2:
        return complete(builder, columns[0])
    odds = builder.add("Concat", *columns, axis=1)
    total = builder.add("ReduceSum", odds, np.array([1]), keepdims=1)
    is_zero = builder.add("Equal", total, np.float64(0))
    divisor = builder.add("Where", is_zero, np.float64(1), total)
    return builder.add(
        "Where", is_zero, np.float64(1 / n_classes), builder.add("Div", odds, divisor)
    )


def _get_scores(builder: GraphBuilder, prediction: Prediction) -> str:
    """Return what calibrators take: the decision function, or else probabilities."""
    if prediction.scores is not None:
        return prediction.scores
    if prediction.probabilities is None:
        raise UnsupportedStepError(builder.path, "a member has neither scores nor probabilities.")
    if len(prediction.classes) > 2:
        return prediction.probabilities
    return builder.add("Gather", prediction.probabilities, np.array([1]), axis=1)


def _scale_temperature(
    builder: GraphBuilder, calibrator: Any, prediction: Prediction, scores: str
) -> str:
    """Divide logits by the temperature; logits of probabilities are their logarithms."""
    if prediction.scores is None:
        assert prediction.probabilities is not None
        tiny = np.finfo(np.float64).eps
        logits = builder.add("Log", builder.add("Add", prediction.probabilities, tiny))
    elif len(prediction.classes) == 2:
        logits = builder.add("Concat", builder.add("Neg", scores), scores, axis=1)
    else:
        logits = scores
    product = builder.add("Mul", logits, np.float64(calibrator.beta_))
    return builder.add_softmax(product)


def _apply_sigmoid(builder: GraphBuilder, calibrator: Any, scores: str) -> str:
    product = builder.add("Mul", scores, np.float64(-calibrator.a_))
    return builder.add("Sigmoid", builder.add("Sub", product, np.float64(calibrator.b_)))


def _interpolate(builder: GraphBuilder, calibrator: Any, scores: str) -> str:
    """Interpolate linearly between the thresholds of an isotonic regression."""
    places, values = (
        np.asarray(array, dtype=np.float64)
        for array in (calibrator.X_thresholds_, calibrator.y_thresholds_)
    )
    if len(places) == 1:
        zero = builder.add("Mul", scores, np.float64(0))
        return builder.add("Add", zero, values[0])
    # The interval of every score is the number of thresholds that it reaches, from 1 to n - 1.
    scores = builder.add("Clip", scores, places[0], places[-1])
    is_reached = builder.add("GreaterOrEqual", scores, places[np.newaxis])
    count = builder.add("ReduceSum", builder.cast(is_reached, np.int64), np.array([1]), keepdims=1)
    interval = builder.add("Sub", count, np.int64(1))
    interval = builder.add("Min", interval, np.int64(len(places) - 2))
    slopes = np.diff(values) / np.diff(places)
    start, slope, value = (
        builder.add("Gather", array, interval) for array in (places[:-1], slopes, values[:-1])
    )
    rise = builder.add("Mul", slope, builder.add("Sub", scores, start))
    return builder.add("Add", value, rise)


_CALIBRATIONS = {"sigmoid": _apply_sigmoid, "isotonic": _interpolate}
