"""Checks of the parameters that recipes share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from sklvision.utils._sklearn import validate_params
from sklvision.utils._suggest import did_you_mean

_OPTIONS = ("average_flips", "fast", "fine_tune", "pretrained", "published", "vote")

# The device is checked in `fit`.
_validate = validate_params(
    {**{name: ["boolean"] for name in _OPTIONS}, "random_state": ["random_state"]},
    prefer_skip_nested_validation=True,
)


def check_parameters(recipe: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a recipe, so that wrong values and names of parameters raise clear errors."""
    names = list(inspect.signature(recipe).parameters)
    call = _validate(recipe)

    @wraps(recipe)
    def call_with_known_names(*args: Any, **kwargs: Any) -> Any:
        for name in kwargs:
            if name not in names:
                hint = did_you_mean(name, names)
                raise TypeError(f"The recipe {recipe.__name__} has no parameter {name!r}. {hint}")
        return call(*args, **kwargs)

    return call_with_known_names
