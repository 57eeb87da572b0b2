"""Estimators inside estimators: the one walk over pipelines, searches and ensembles.

Every question about the inside of an estimator is answered from :func:`open_estimator`, which knows
how each kind of meta-estimator stores its members.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

NamedEstimators = tuple[str, Any]
# Entries of pipelines and ensembles that stand for no estimator.
_PLACEHOLDERS = (None, "passthrough", "drop")


@dataclass(frozen=True)
class Nest:
    """Members of a meta-estimator.

    Attributes
    ----------
    members : list of (str, estimator)
        Direct members with their names; a single wrapped estimator has the name "". Fitted
        members where the meta-estimator is fitted, the given ones otherwise.
    is_sequence : bool
        Whether each member takes the output of the one before, as in a pipeline. Otherwise
        every member takes the samples.
    final : estimator or None
        Estimator that takes the outputs of all members, as that of a stack.
    """

    members: list[NamedEstimators]
    is_sequence: bool = False
    final: Any = None


class StandIn:
    """An estimator that stands in the place of another, its `member`, for the time of a fit."""

    member: Any


def check_estimator(estimator: Any, name: str = "estimator") -> None:
    """Raise unless a parameter is an instance of an estimator, with parameters."""
    if isinstance(estimator, type):
        raise TypeError(
            f"{name} is the class {estimator.__name__}, not an instance of it: write "
            f"{estimator.__name__}()."
        )
    if not hasattr(estimator, "get_params"):
        raise TypeError(
            f"{name} must be an estimator with scikit-learn's interface, got {estimator!r}."
        )


def open_estimator(estimator: Any) -> Nest | None:
    """Return the members of a meta-estimator, or None for a single estimator."""
    if isinstance(estimator, StandIn):
        return open_estimator(estimator.member)
    if isinstance(estimator, Pipeline):
        return Nest(_drop_placeholders(estimator.steps), is_sequence=True)
    if isinstance(estimator, FeatureUnion):
        return Nest(_drop_placeholders(estimator.transformer_list))
    if isinstance(estimator, ColumnTransformer):
        transformers = getattr(estimator, "transformers_", estimator.transformers)
        return Nest(_drop_placeholders([(name, member) for name, member, _ in transformers]))
    if isinstance(estimator, FrozenEstimator):
        return Nest([("", estimator.estimator)])
    if (calibrated := getattr(estimator, "calibrated_classifiers_", None)) is not None:
        return Nest(_number([classifier.estimator for classifier in calibrated]))
    if (best := getattr(estimator, "best_estimator_", None)) is not None:
        return Nest([("", best)])
    # Before `estimator_`, which in a fitted ensemble is the template that was never fitted.
    if (fitted_estimators := getattr(estimator, "estimators_", None)) is not None:
        final = getattr(estimator, "final_estimator_", None)
        return Nest(_name_fitted(estimator, fitted_estimators), final=final)
    if (inner := getattr(estimator, "estimator_", None)) is not None:
        return Nest([("", inner)])
    return _open_unfitted(estimator)


def _open_unfitted(estimator: Any) -> Nest | None:
    """Return the members that a meta-estimator was constructed with."""
    pairs = getattr(estimator, "estimators", None)
    if isinstance(pairs, (list, tuple)) and all(isinstance(pair, tuple) for pair in pairs):
        final = getattr(estimator, "final_estimator", None)
        return Nest(_drop_placeholders(pairs), final=final)
    inner = getattr(estimator, "estimator", None)
    return Nest([("", inner)]) if hasattr(inner, "fit") else None


def _drop_placeholders(pairs: Any) -> list[NamedEstimators]:
    return [
        (name, member)
        for name, member in pairs
        if not any(member is entry or member == entry for entry in _PLACEHOLDERS)
        and (hasattr(member, "fit") or hasattr(member, "transform"))
    ]


def _name_fitted(ensemble: Any, fitted_estimators: Any) -> list[NamedEstimators]:
    """Name the fitted members of an ensemble as the user did, or by number."""
    named_estimators = getattr(ensemble, "named_estimators_", None)
    if named_estimators is not None:
        return _drop_placeholders(named_estimators.items())
    return _number(_flatten(fitted_estimators))


def _number(members: list[Any]) -> list[NamedEstimators]:
    return _drop_placeholders([(str(i), member) for i, member in enumerate(members)])


def _flatten(members: Any) -> list[Any]:
    # Not by NumPy, which would take a Pipeline for a sequence of its steps.
    if isinstance(members, (list, tuple, np.ndarray)):
        return [inner for member in members for inner in _flatten(member)]
    return [members]


def walk_estimators(estimator: Any) -> Iterator[Any]:
    """Yield an estimator and every estimator inside it, outermost first."""
    yield estimator
    nest = open_estimator(estimator)
    if nest is None:
        return
    for _, member in nest.members:
        yield from walk_estimators(member)
    if nest.final is not None:
        yield from walk_estimators(nest.final)


def find_learners(estimator: Any) -> Iterator[NamedEstimators]:
    """Yield the single estimators that predict, with their names inside `estimator`.

    For a pipeline, this is the last step; for an ensemble, all members and the final estimator.

    Parameters
    ----------
    estimator : estimator
        Any estimator, nested or not.

    Yields
    ------
    name : str
        Names of the members of ensembles on the way, joined by spaces; "" if there are none.
    learner : estimator
        A single estimator.

    Examples
    --------
    >>> from sklearn.ensemble import VotingClassifier
    >>> from sklearn.naive_bayes import BernoulliNB, GaussianNB
    >>> from sklvision.utils._nested import find_learners
    >>> list(find_learners(VotingClassifier([("a", BernoulliNB()), ("b", GaussianNB())])))
    [('a', BernoulliNB()), ('b', GaussianNB())]
    """
    nest = open_estimator(estimator)
    if nest is None or not nest.members:
        yield "", estimator
        return
    members = [("", nest.members[-1][1])] if nest.is_sequence else nest.members
    if nest.final is not None:
        members = [*members, ("final", nest.final)]
    for name, member in members:
        for inner_name, learner in find_learners(member):
            yield " ".join(filter(None, [name, inner_name])), learner


def find_input_steps(estimator: Any) -> Iterator[Any]:
    """Yield the single estimators that receive the samples unchanged.

    For a pipeline, this is the first step; for a union or an ensemble, all members.
    """
    nest = open_estimator(estimator)
    if nest is None or not nest.members:
        yield estimator
        return
    for _, member in nest.members[:1] if nest.is_sequence else nest.members:
        yield from find_input_steps(member)


def split_steps(estimator: Any) -> tuple[list[Any], Any]:
    """Return the steps before the last one, and the last one, of what wraps one pipeline.

    Searches, frozen estimators and other wrappers of one estimator are opened. An ensemble
    counts as one step.
    """
    nest = open_estimator(estimator)
    if nest is None or nest.final is not None or not nest.members:
        return [], estimator
    if nest.is_sequence:
        *previous_steps, (_, last) = nest.members
        inner_steps, last = split_steps(last)
        return [*(step for _, step in previous_steps), *inner_steps], last
    if len(nest.members) == 1 and nest.members[0][0] == "":
        return split_steps(nest.members[0][1])
    return [], estimator


def is_search(estimator: Any) -> bool:
    """Whether an estimator chooses its parameters by an inner cross-validation."""
    return all(hasattr(estimator, name) for name in ("cv", "refit", "scoring"))


def can_take_images(estimator: Any) -> bool:
    """Whether an estimator takes images rather than rows of numbers.

    A fitted estimator that takes both is judged by the samples it was fitted on.
    """
    return any(_can_step_take_images(step) for step in find_input_steps(estimator))


def _can_step_take_images(step: Any) -> bool:
    if len(getattr(step, "input_shape_", None) or ()) == 1:
        return False
    return bool(get_tags(step).input_tags.three_d_array)


def find_input_shape(estimator: Any) -> tuple[int, ...] | None:
    """Return the shape of one sample in training, or None if it is unknown or not unique."""
    for step in find_input_steps(estimator):
        shape = getattr(step, "input_shape_", None)
        if shape is not None:
            return shape
    return None


def find_contract(estimator: Any) -> dict[str, Any] | None:
    """Return the input contract of a fitted model, from the first step that keeps one."""
    for step in (estimator, *find_input_steps(estimator)):
        contract = getattr(step, "input_contract_", None)
        if contract is not None:
            return contract
    return None


def find_image_reading(estimator: Any) -> dict[str, Any]:
    """Return the parameters with which image files were read in training.

    Estimators of the package keep them in ``input_contract_``. For others the channels of the
    images decide the mode, and nothing is known where these are unknown.

    Returns
    -------
    reading_options : dict
        Arguments of :class:`~sklvision.datasets.ImageCollection`.
    """
    for inner in walk_estimators(estimator):
        reading_options = (getattr(inner, "input_contract_", None) or {}).get("reading")
        if reading_options is not None:
            return dict(reading_options)
    _, last = split_steps(estimator)
    shape = find_input_shape(estimator) or getattr(last, "input_shape_", None) or ()
    n_channels = shape[2] if len(shape) == 3 else 1 if len(shape) == 2 else 0
    mode = {1: "L", 3: "RGB"}.get(n_channels)
    return {} if mode is None else {"mode": mode}


def check_loaded_model(model: Any, path: Any) -> None:
    """Raise if the content of a file is not a fitted model that predicts.

    Parameters
    ----------
    model : object
        The content of the file.
    path : str or path-like
        The file, which the message names.
    """
    kind = type(model).__name__
    if not hasattr(model, "predict") or isinstance(model, type):
        raise ValueError(f"{path}: holds a {kind}, not a model that predicts.")
    try:
        check_is_fitted(model)
    except NotFittedError:
        raise ValueError(f"{path}: holds a {kind} that is not fitted.") from None


def check_no_step_is_left_out(model: Any, path: Any) -> None:
    """Raise if a file holds the last steps of a pipeline alone, so that samples of files are wrong.

    Parameters
    ----------
    model : estimator
        The model of the file; an ``OnnxClassifier`` knows the steps that its file leaves out.
    path : str or path-like
        The file, which the message names.
    """
    names = [step["name"] for step in getattr(model, "skipped_steps_", ())]
    if names:
        raise ValueError(
            f"{path}: takes the output of the steps {names}, which are not in it. Use the whole "
            "model, or do these steps in a program of your own and pass their output to "
            "OnnxClassifier."
        )
