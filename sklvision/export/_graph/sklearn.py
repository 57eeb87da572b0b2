"""Every other estimator of scikit-learn, by skl2onnx."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import numpy as np

from sklvision.export._graph.builder import (
    GraphBuilder,
    Prediction,
    UnsupportedStepError,
    Value,
    get_name,
    register,
)
from sklvision.export._graph.operators import DOMAINS
from sklvision.utils._optional import import_optional

# Classifiers of which skl2onnx returns the decision function, and for two classes its negative too.
_SCORES_ONLY = {"sklearn.SVC", "sklearn.NuSVC"}


@register("*")
def convert_by_library(builder: GraphBuilder, step: Any, value: Value) -> Value | Prediction:
    """Convert an estimator of scikit-learn that has no converter of ours.

    Raises
    ------
    UnsupportedStepError
        If skl2onnx has none either.
    """
    if not type(step).__module__.startswith("sklearn."):
        raise UnsupportedStepError(
            builder.path, f"{type(step).__name__} has no counterpart in ONNX."
        )
    if not value.is_table:
        raise UnsupportedStepError(builder.path, f"{type(step).__name__} takes tables only.")
    is_classifier = hasattr(step, "classes_")
    value = builder.convert_to_single(value)
    model = _make_model(builder, step, int(value.shape[0] or 0), is_classifier)
    outputs = builder.add_model(model, value)
    if is_classifier:
        return _read_prediction(builder, step, outputs)
    width = model.graph.output[0].type.tensor_type.shape.dim[1].dim_value
    return Value(builder.cast(outputs[0], np.float32), (width,))


def _make_model(builder: GraphBuilder, step: Any, n_features: int, is_classifier: bool) -> Any:
    skl2onnx = import_optional("skl2onnx", extra="export")
    types = import_optional("skl2onnx.common.data_types", extra="export")
    options = {id(step): {"zipmap": False}} if is_classifier else None
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return skl2onnx.convert_sklearn(
                step,
                initial_types=[("X", types.FloatTensorType([None, n_features]))],
                options=options,
                target_opset=DOMAINS,
            )
    except Exception as error:  # of many kinds, and no common one
        reason = str(error).strip().partition("\n")[0]
        raise UnsupportedStepError(
            builder.path, f"{type(step).__name__} cannot be converted by skl2onnx: {reason}"
        ) from error


def _read_prediction(builder: GraphBuilder, step: Any, outputs: list[str]) -> Prediction:
    label, probabilities = outputs[:2]
    # Labels of skl2onnx become positions: classes are compared one by one.
    labels = builder.add("Unsqueeze", label, np.array([1]))
    classes = step.classes_
    if classes.dtype.kind in "iub":
        labels, classes = builder.cast(labels, np.int64), classes.astype(np.int64)
    is_class = builder.add("Equal", labels, classes[np.newaxis])
    index = builder.add("ArgMax", builder.cast(is_class, np.int64), axis=1, keepdims=0)
    numbers = builder.cast(probabilities, np.float64)
    if hasattr(step, "predict_proba"):
        return Prediction(step.classes_, index, numbers)
    if get_name(step) in _SCORES_ONLY and len(step.classes_) == 2:
        numbers = builder.add("Gather", numbers, np.array([0]), axis=1)
    return Prediction(step.classes_, index, None, numbers)
