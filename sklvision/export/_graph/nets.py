"""Classifiers with nets."""

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


@register("sklvision.SpectrumClassifier", "sklvision.ImageClassifier")
def convert_net(builder: GraphBuilder, classifier: Any, value: Value) -> Prediction:
    """Add the net of a classifier, with its standardization.

    Raises
    ------
    UnsupportedStepError
        If the net cannot be traced.
    """
    from sklvision.export._graph.net import make_graph

    shape = tuple(classifier.input_shape_)
    if value.shape != shape:  # rows of pixels, or gray images without an axis of channels
        name = builder.add("Reshape", value.name, np.array([-1, *shape]))
        value = value.change(name, shape=shape)
    try:
        model, samples, _ = make_graph(classifier.module_, shape)
    except ValueError as error:
        raise UnsupportedStepError(builder.path, str(error)) from error
    is_double = samples.dtype == np.float64
    convert = builder.convert_to_double if is_double else builder.convert_to_single
    logits, _ = builder.add_model(model, convert(value), is_net=True)
    scores = builder.cast(logits, np.float64)
    probabilities = builder.add_softmax(scores)
    index = builder.add("ArgMax", logits, axis=1, keepdims=0)
    if len(classifier.classes_) == 2:
        first, second = (builder.add("Gather", scores, np.array([i]), axis=1) for i in (0, 1))
        scores = builder.add("Sub", second, first)
    return Prediction(classifier.classes_, index, probabilities, scores, logits)


@register("sklvision.OnnxClassifier")
def convert_file(builder: GraphBuilder, classifier: Any, value: Value) -> Prediction:
    """Refuse a file inside a graph."""
    raise UnsupportedStepError(builder.path, "it is an ONNX file already; export the net itself.")
