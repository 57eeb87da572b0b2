"""Check of a graph against the model that it was made of."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklvision.export._graph.builder import Value
from sklvision.export._graph.pipeline import PipelineGraph
from sklvision.export._graph.samples import Batches
from sklvision.export._onnx_file import OnnxFile
from sklvision.export._signature import INDEX, LOGITS, PROBABILITIES, SCORES
from sklvision.utils._protocols import has_probabilities

# Probabilities may differ by the rounding of sums in another order.
_TOLERANCE = 1e-4
# Most pixels that may be rounded the other way.
_ROUNDED_FRACTION = 1e-3


def check_graph(graph: PipelineGraph, reference: Any, batches: Batches) -> None:
    """Raise unless a graph predicts what the model does.

    Parameters
    ----------
    graph : PipelineGraph
        The graph.
    reference : estimator
        The fitted model, with nets in 32 bits.
    batches : list of ndarray of shape (n_samples, ...)
        Samples.

    Raises
    ------
    ValueError
        If probabilities differ by more than 1e-4, or labels although the two best classes are
        further apart; the message names the first step whose output differs.
    """
    with _ignore_names():
        _compare_batches(graph, reference, batches)


def check_batches(reference: Any, batches: Batches) -> None:
    """Raise the model's own error if it does not take the samples."""
    with _ignore_names():
        for batch in batches:
            reference.predict(batch)


@contextmanager
def _ignore_names() -> Iterator[None]:
    """Ignore warnings of missing names: samples are passed as arrays to any model."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        yield


def _compare_batches(graph: PipelineGraph, reference: Any, batches: Batches) -> None:
    file = OnnxFile(graph.model.SerializeToString(), 1)
    for batch in batches:
        problem = _find_problem(file, reference, batch)
        if problem:
            is_rounded = _find_rounded_samples(graph, reference, batch)
            if is_rounded.any() and not is_rounded.all():
                problem = _find_problem(file, reference, batch[~is_rounded])
        if problem:
            step = _find_first_difference(graph, reference, batch)
            raise ValueError(
                f"The model predicts differently in ONNX: {problem}. The first step whose output "
                f"differs is {step!r}. Nothing was written."
            )


def convert_batch(batch: np.ndarray, file: OnnxFile) -> np.ndarray:
    """Convert samples to the shape and type of a graph's input: images get an axis of channels."""
    batch = batch[..., np.newaxis] if batch.ndim == 3 else batch
    return np.ascontiguousarray(batch, dtype=file.dtype)


def _find_problem(file: OnnxFile, reference: Any, batch: np.ndarray) -> str | None:
    """Compare predictions; return the difference in words, or None if there is none."""
    names = [name for name in (PROBABILITIES, SCORES, LOGITS) if name in file.outputs]
    index, *numbers = file.compute([INDEX, *names[:1]], convert_batch(batch, file))
    classes = reference.classes_
    labels = reference.predict(batch)
    is_other = classes[index] != labels
    if PROBABILITIES in names and has_probabilities(reference):
        expected = reference.predict_proba(batch)
        worst = float(np.abs(numbers[0] - expected).max())
        if not worst <= _TOLERANCE:
            return f"probabilities differ by up to {worst:.2g}"
        is_other &= ~_has_close_classes(expected, 2 * _TOLERANCE)
    elif numbers:
        scores = reference.decision_function(batch).reshape(len(batch), -1)
        limit = _TOLERANCE * (1 + float(np.abs(scores).max()))
        worst = float(np.abs(numbers[0] - scores).max())
        if not worst <= limit:
            return f"scores differ by up to {worst:.2g}"
        if scores.shape[1] == 1:
            scores = np.hstack([np.zeros_like(scores), scores])
        is_other &= ~_has_close_classes(scores, 2 * limit)
    if is_other.any():
        return f"{int(is_other.sum())} of {len(batch)} samples get another label"
    return None


def _has_close_classes(numbers: np.ndarray, distance: float) -> np.ndarray:
    """Whether the two best classes of every sample are close to each other."""
    if numbers.shape[1] < 2:
        return np.zeros(len(numbers), dtype=bool)
    best = np.sort(numbers, axis=1)[:, -2:]
    return best[:, 1] - best[:, 0] <= distance


def _find_rounded_samples(graph: PipelineGraph, reference: Any, batch: np.ndarray) -> np.ndarray:
    """Find samples of which a whole number at exactly a half was rounded the other way.

    One resized pixel in 200,000 is: its sum depends on the order of its terms in the last digit.
    """
    is_rounded = np.zeros(len(batch), dtype=bool)
    for _, value, expected in _walk_steps(graph, reference, batch):
        output = _compute_step(graph, value, batch)
        if value.limits is None or output.shape != expected.shape:
            break
        difference = np.abs(output - expected.astype(np.float64))
        if difference.max() > 1 or np.mean(difference > 0) > _ROUNDED_FRACTION:
            break
        is_rounded |= difference.reshape(len(batch), -1).any(axis=1)
    return is_rounded


def _find_first_difference(graph: PipelineGraph, reference: Any, batch: np.ndarray) -> str:
    """Find the first step of a pipeline whose output differs from that in the graph."""
    for name, value, expected in _walk_steps(graph, reference, batch):
        output = _compute_step(graph, value, batch)
        limit = _TOLERANCE * (1 + float(np.abs(expected.astype(np.float64)).max()))
        if output.shape != expected.shape or not np.abs(output - expected).max() <= limit:
            return name
    return str(reference.steps[-1][0]) if isinstance(reference, Pipeline) else "model"


def _walk_steps(
    graph: PipelineGraph, reference: Any, batch: np.ndarray
) -> Iterator[tuple[str, Value, np.ndarray]]:
    """Yield the steps of a pipeline but the last: name, output in the graph, expected output."""
    expected = batch
    for name, step in reference.steps[:-1] if isinstance(reference, Pipeline) else ():
        value = graph.builder.outputs.get(f"model/{name}")
        if isinstance(value, Value):  # otherwise a placeholder, which changes nothing
            expected = np.asarray(step.transform(expected))
            yield str(name), value, expected


def _compute_step(graph: PipelineGraph, value: Value, batch: np.ndarray) -> np.ndarray:
    """Compute the output of one step in the graph."""
    onnx = graph.builder.onnx
    element = onnx.TensorProto.DOUBLE if value.is_double else onnx.TensorProto.FLOAT
    output = onnx.helper.make_tensor_value_info(value.name, element, None)
    model = graph.builder.make_model(graph.inputs, [output])
    file = OnnxFile(model.SerializeToString(), 1)
    (result,) = file.compute([value.name], convert_batch(batch, file))
    return result
