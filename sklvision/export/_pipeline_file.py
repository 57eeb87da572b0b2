"""A fitted pipeline as the content of an ONNX file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklvision.export._graph.builder import CONVERTERS, UnsupportedStepError, get_name
from sklvision.export._graph.check import check_batches, check_graph
from sklvision.export._graph.ensembles import convert_wrapper, open_inner
from sklvision.export._graph.pipeline import (
    ModelInput,
    PipelineGraph,
    describe_input,
    has_double_net,
    make_pipeline_graph,
)
from sklvision.export._graph.samples import (
    Batches,
    convert_batches,
    draw_samples,
    make_reference,
    read_batches,
)
from sklvision.export._signature import Signature
from sklvision.utils._nested import find_contract, find_input_steps


def make_pipeline_content(model: Any, samples: Any, skip_steps: Sequence[str]) -> bytes:
    """Convert a fitted model, check the graph and return the content of the file.

    Parameters
    ----------
    model : estimator
        A fitted classifier, or a pipeline that ends in one.
    samples : array-like, collection or None
        Samples to check the graph with; None draws some.
    skip_steps : sequence of str
        Names of the first steps of the pipeline, which are left out.

    Returns
    -------
    content : bytes
        The file.
    """
    model = _open_wrappers(model)
    skipped_steps, remainder = _split(model, skip_steps)
    reference = make_reference(model)
    given_batches = None if samples is None else read_batches(samples)
    check_batches(reference, given_batches or [])
    model_input, batches = _prepare(model, given_batches)
    if skipped_steps:
        skipped_reference, reference = (
            reference[: len(skipped_steps)],
            reference[len(skipped_steps) :],
        )
        batches = [np.asarray(skipped_reference.transform(batch)) for batch in batches]
        model_input = _describe_batches(remainder, batches)
    try:
        graph = make_pipeline_graph(remainder, model_input)
    except UnsupportedStepError as error:
        raise ValueError(_make_message(model, error)) from error
    signature = _make_signature(model, remainder, skipped_steps, model_input, graph)
    metadata = signature.to_metadata()
    check_graph(graph, reference, convert_batches(batches, model_input))
    graph.builder.onnx.helper.set_model_props(graph.model, metadata)
    return graph.model.SerializeToString()


def _open_wrappers(model: Any) -> Any:
    """Return the pipeline or classifier inside a search or another wrapper of one estimator."""
    while CONVERTERS.get(get_name(model)) is convert_wrapper:
        model = open_inner(model)
    return model


def _split(model: Any, skip_steps: Sequence[str]) -> tuple[list[tuple[str, Any]], Any]:
    """Split off the first steps of a pipeline by their names."""
    skip_steps = [skip_steps] if isinstance(skip_steps, str) else list(skip_steps)
    if not skip_steps:
        return [], model
    names = [name for name, _ in model.steps] if isinstance(model, Pipeline) else []
    n_skipped = len(skip_steps)
    if names[:n_skipped] != skip_steps or n_skipped >= len(names):
        raise ValueError(
            f"skip_steps={skip_steps} must be the first steps of the pipeline, in order, and not "
            f"the last one; its steps are {names}."
        )
    return model.steps[:n_skipped], model[n_skipped:]


def _prepare(model: Any, given_batches: Batches | None) -> tuple[ModelInput, Batches]:
    """Describe the input of a model, and find samples for it."""
    contract = find_contract(model)
    if contract is None and given_batches is not None:
        return _describe_batches(model, given_batches), given_batches
    if contract is None and given_batches is None:
        names = [type(step).__name__ for step in find_input_steps(model)]
        raise ValueError(
            f"The training samples are not described in the model, which begins with {names}. "
            "Pass samples=X, some samples as the model takes them."
        )
    model_input = describe_input(model, contract)
    return model_input, given_batches or draw_samples(model_input, contract)


def _describe_batches(model: Any, batches: Batches) -> ModelInput:
    shapes = {batch.shape[1:] for batch in batches}
    shape: tuple[int | None, ...] = batches[0].shape[1:]
    if len(shapes) > 1:
        shape = (None, None, *shape[2:])
    return ModelInput(shape, batches[0].dtype, has_double_net(model))


def _make_signature(
    model: Any,
    remainder: Any,
    skipped_steps: list[tuple[str, Any]],
    model_input: ModelInput,
    graph: PipelineGraph,
) -> Signature:
    first_steps = list(find_input_steps(remainder))
    names = None if skipped_steps else getattr(first_steps[0], "feature_names_in_", None)
    n_features = model_input.shape[0]
    return Signature(
        graph.prediction.classes,
        model_input.graph_shape,
        names,
        graph.builder.n_parameters,
        n_features,
        find_contract(remainder),
        tuple(name for name, _ in remainder.steps)
        if isinstance(remainder, Pipeline)
        else (type(remainder).__name__.lower(),),
        tuple(_describe_step(name, step) for name, step in skipped_steps),
        find_contract(model) if skipped_steps else None,
    )


def _describe_step(name: str, step: Any) -> dict[str, Any]:
    parameters = step.get_params(deep=False) if hasattr(step, "get_params") else {}
    return {
        "name": name,
        "class": f"{type(step).__module__.partition('.')[0]}.{type(step).__name__}",
        "parameters": {key: repr(value) for key, value in parameters.items()},
    }


def _make_message(model: Any, error: UnsupportedStepError) -> str:
    """Make the message about steps that stay outside, and how to export the others."""
    problems = [(error.path.removeprefix("model/"), error.reason)]
    names = [name for name, _ in model.steps] if isinstance(model, Pipeline) else []
    n_skipped = _count_skipped(names, error)
    while names and n_skipped < len(names):
        later_error = _find_error(model, n_skipped)
        if later_error is None:
            break
        problems.append((later_error.path.removeprefix("model/"), later_error.reason))
        n_skipped = _count_skipped(names, later_error)
    descriptions = "; ".join(f"{path!r}: {reason}" for path, reason in problems)
    count = "A step has" if len(problems) == 1 else f"{len(problems)} steps have"
    message = f"{count} no counterpart in ONNX. {descriptions}"
    if names and n_skipped < len(names):
        return (
            f"{message} To export the steps behind, leave these out and do them before: "
            f"to_onnx(pipeline, path, skip_steps={names[:n_skipped]})."
        )
    return f"{message} Ship the model by joblib, or as an archive."


def _count_skipped(names: list[str], error: UnsupportedStepError) -> int:
    """Count the steps up to the one that has no counterpart."""
    top = error.path.removeprefix("model/").partition("/")[0]
    return names.index(top) + 1 if top in names else len(names)


def _find_error(model: Any, n_skipped: int) -> UnsupportedStepError | None:
    """Find the next step that has no counterpart, behind those that are left out."""
    remainder = model[n_skipped:]
    contract = find_contract(remainder)
    if contract is None:
        return None
    try:
        make_pipeline_graph(remainder, describe_input(remainder, contract))
    except UnsupportedStepError as error:
        return error
    return None
