"""Names of scikit-learn's scorers, and functions in their place."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from sklearn.metrics import get_scorer_names

from sklvision.utils._suggest import did_you_mean


def check_scorer_name(name: str) -> None:
    """Raise unless a name is that of a scorer; suggest the nearest without listing all sixty."""
    names = get_scorer_names()
    if name in names:
        return
    hint = did_you_mean(name, names)
    nearest = hint.partition("?")[0]
    suggestion = (
        "sklearn.metrics.get_scorer_names() lists them all."
        if nearest == hint
        else f"{nearest}? (sklearn.metrics.get_scorer_names() lists them all.)"
    )
    raise ValueError(f"scoring={name!r} is not the name of a scorer. {suggestion}")


def check_scorer_function(scorer: Callable[..., Any]) -> None:
    """Raise unless a function can be called with an estimator, samples and labels."""
    try:
        inspect.signature(scorer).bind(None, None, None)
    except ValueError:  # it does not say what it takes
        return
    except TypeError as error:
        raise TypeError(
            f"scoring={scorer!r} must be a function of an estimator, X and y ({error})."
        ) from None
