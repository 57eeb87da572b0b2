"""What an estimator takes, unfitted or fitted, found out by what estimators tell of themselves."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags


def takes_images(estimator: Any) -> bool:
    """Whether images go in, rather than rows of numbers."""
    first = _first_step(estimator)
    if len(getattr(first, "input_shape_", None) or ()) == 1:
        return False  # what takes both was fitted on rows
    return bool(get_tags(first).input_tags.three_d_array)


def image_shape(model: Any) -> tuple[int, ...] | None:
    """Shape of the images a model was fitted on; None where they differed in size."""
    return getattr(_first_step(model), "input_shape_", None)


def image_mode(model: Any) -> str | None:
    """Mode in which a model takes image files; None where only the files can tell.

    ``sklvision train`` notes it in the model; of others, the channels tell.
    """
    noted = getattr(model, "image_mode_", None)
    if noted is not None:
        return noted
    shape = image_shape(model) or getattr(_last_step(model), "input_shape_", None) or ()
    n_channels = shape[2] if len(shape) == 3 else 1 if len(shape) == 2 else None
    return {1: "L", 3: "RGB"}.get(n_channels) if n_channels else None


def _first_step(estimator: Any) -> Any:
    """The part that meets the data, in pipelines, searches, votes and the like."""
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step not in (None, "passthrough")]
        return _first_step(steps[0])
    for name in ("best_estimator_", "estimator_", "estimator"):
        if hasattr(estimator, name):
            return _first_step(getattr(estimator, name))
    members = getattr(estimator, "estimators_", None)
    if isinstance(members, list) and members:
        return _first_step(members[0])
    members = getattr(estimator, "estimators", None)
    if isinstance(members, list) and members:
        return _first_step(members[0][1])
    return estimator


def _last_step(estimator: Any) -> Any:
    estimator = getattr(estimator, "best_estimator_", estimator)
    return _last_step(estimator.steps[-1][1]) if isinstance(estimator, Pipeline) else estimator
