"""Pipelines, searches, and classifiers that are made of classifiers."""

from __future__ import annotations

from typing import Any

import numpy as np

from sklvision.ensemble import GeometricVotingClassifier
from sklvision.export._graph.builder import (
    GraphBuilder,
    Prediction,
    UnsupportedStepError,
    Value,
    register,
)
from sklvision.export._graph.features import reverse
from sklvision.export._graph.tables import join_features
from sklvision.utils._nested import open_estimator


@register("sklearn.Pipeline")
def convert_pipeline(builder: GraphBuilder, pipeline: Any, value: Value) -> Value | Prediction:
    """Convert one step after another."""
    output: Value | Prediction = value
    for name, step in pipeline.steps:
        if step is None or (isinstance(step, str) and step == "passthrough"):
            continue
        if isinstance(output, Prediction):
            raise UnsupportedStepError(builder.path, "a classifier is not the last step.")
        output = builder.convert(name, step, output)
    return output


@register("sklearn.GridSearchCV", "sklearn.RandomizedSearchCV", "sklearn.FrozenEstimator")
@register("sklearn.HalvingGridSearchCV", "sklearn.HalvingRandomSearchCV")
@register("sklvision.BatchedGridSearchCV")
def convert_wrapper(builder: GraphBuilder, wrapper: Any, value: Value) -> Value | Prediction:
    """Convert the one estimator inside."""
    return builder.convert("best", open_inner(wrapper), value)


def open_inner(wrapper: Any) -> Any:
    """Return the one estimator inside a fitted wrapper.

    Raises
    ------
    TypeError
        If a search was not refitted, so that there is none.
    """
    nest = open_estimator(wrapper)
    members = [] if nest is None else nest.members
    if len(members) != 1 or (hasattr(wrapper, "refit") and not wrapper.refit):
        raise TypeError(f"{type(wrapper).__name__} holds no fitted estimator: set refit=True.")
    return members[0][1]


@register("sklearn.VotingClassifier", "sklvision.GeometricVotingClassifier")
def convert_vote(builder: GraphBuilder, ensemble: Any, value: Value) -> Prediction:
    """Average the probabilities of the members, or count their votes."""
    names = [name for name, member in ensemble.estimators if _is_kept(member)]
    members = [
        builder.predict(name, member, value)
        for name, member in zip(names, ensemble.estimators_, strict=True)
    ]
    weights = np.ones(len(members))
    if ensemble.weights is not None:
        pairs = zip(ensemble.estimators, ensemble.weights, strict=True)
        weights = np.array([weight for (_, member), weight in pairs if _is_kept(member)], float)
    if ensemble.voting == "soft":
        parts = [_get_probabilities(builder, member) for member in members]
        if isinstance(ensemble, GeometricVotingClassifier):
            return _multiply(builder, ensemble, parts, weights / weights.sum())
        total = _add_weighted(builder, parts, weights / weights.sum())
        return _choose(builder, ensemble.classes_, total)
    places = np.arange(len(ensemble.classes_))[np.newaxis]
    votes = []
    for member in members:
        column = builder.add("Unsqueeze", member.index, np.array([1]))
        votes.append(builder.cast(builder.add("Equal", column, places), np.float64))
    # With equal counts, the first class wins, as with bincount and argmax.
    counts = _add_weighted(builder, votes, weights)
    index = builder.add("ArgMax", counts, axis=1, keepdims=0)
    return Prediction(ensemble.classes_, index)


def _multiply(
    builder: GraphBuilder, ensemble: Any, parts: list[str], weights: np.ndarray
) -> Prediction:
    """Average logarithms of probabilities, each increased by the smallest permitted one."""
    floor = np.float64(ensemble.probability_floor)
    logarithms = [builder.add("Log", builder.add("Add", part, floor)) for part in parts]
    total = _add_weighted(builder, logarithms, weights)
    return _choose(builder, ensemble.classes_, builder.add_softmax(total))


@register("sklearn.StackingClassifier")
def convert_stack(builder: GraphBuilder, ensemble: Any, value: Value) -> Prediction:
    """Combine the outputs of the members by the final classifier."""
    names = [name for name, member in ensemble.estimators if _is_kept(member)]
    parts = []
    for name, member, method in zip(
        names, ensemble.estimators_, ensemble.stack_method_, strict=True
    ):
        prediction = builder.predict(name, member, value)
        parts.append(_make_meta_features(builder, prediction, method))
    if ensemble.passthrough:
        if not value.is_table:
            raise UnsupportedStepError(builder.path, "passthrough=True needs a table.")
        parts.append(value)
    final = builder.predict("final", ensemble.final_estimator_, join_features(builder, parts))
    return Prediction(ensemble.classes_, final.index, final.probabilities, final.scores)


@register("sklvision.TestTimeAugmentation")
def convert_views(builder: GraphBuilder, ensemble: Any, value: Value) -> Prediction:
    """Average the probabilities of several views, which one classifier computes."""
    views = [_make_view(builder, value, *view) for view in ensemble._views]
    all_views = builder.add("Concat", *views, axis=0) if len(views) > 1 else views[0]
    prediction = builder.predict("estimator", ensemble.estimator_, value.change(all_views))
    probabilities = _get_probabilities(builder, prediction)
    shape = np.array([len(views), -1, len(prediction.classes)])
    parts = builder.add("Reshape", probabilities, shape)
    mean = builder.add("ReduceMean", parts, np.array([0]), keepdims=0)
    return _choose(builder, ensemble.classes_, mean)


def _make_view(
    builder: GraphBuilder, value: Value, axes: tuple[int, ...], distance: tuple[int, int]
) -> str:
    """Flip images along axes and shift them, with edge pixels repeated."""
    name = value.name
    for axis in axes:
        name = reverse(builder, name, axis + 1)
    for axis, step in enumerate(distance):
        if not step:
            continue
        side = builder.get_side(value, axis)
        if isinstance(side, int):
            places: Any = np.clip(np.arange(side) - step, 0, side - 1)
        else:
            places = builder.add("Range", np.int64(0), side, np.int64(1))
            places = builder.add("Sub", places, np.int64(step))
            places = builder.add("Max", places, np.int64(0))
            places = builder.add("Min", places, builder.add("Sub", side, np.int64(1)))
        name = builder.add("Gather", name, places, axis=axis + 1)
    return name


def _make_meta_features(builder: GraphBuilder, prediction: Prediction, method: str) -> Value:
    n_classes = len(prediction.classes)
    if method == "predict":
        column = builder.add("Unsqueeze", prediction.index, np.array([1]))
        return Value(builder.cast(column, np.float64), (1,), is_double=True)
    if method == "decision_function":
        if prediction.scores is None:
            raise UnsupportedStepError(builder.path, "a member has no decision function in ONNX.")
        width = 1 if n_classes == 2 else n_classes
        return Value(prediction.scores, (width,), is_double=True)
    probabilities = _get_probabilities(builder, prediction)
    if n_classes == 2:  # the first column says nothing new
        second = builder.add("Gather", probabilities, np.array([1]), axis=1)
        return Value(second, (1,), is_double=True)
    return Value(probabilities, (n_classes,), is_double=True)


def _is_kept(member: Any) -> bool:
    return not (isinstance(member, str) and member == "drop")


def _get_probabilities(builder: GraphBuilder, prediction: Prediction) -> str:
    if prediction.probabilities is None:
        raise UnsupportedStepError(builder.path, "a member has no probabilities.")
    return prediction.probabilities


def _add_weighted(builder: GraphBuilder, parts: list[str], weights: np.ndarray) -> str:
    products = [
        builder.add("Mul", part, np.float64(weight))
        for part, weight in zip(parts, weights, strict=True)
    ]
    return builder.add("Sum", *products)


def _choose(builder: GraphBuilder, classes: np.ndarray, probabilities: str) -> Prediction:
    index = builder.add("ArgMax", probabilities, axis=1, keepdims=0)
    return Prediction(classes, index, probabilities)
