"""Search for the classifier of a comparison that a fitted model is."""

from __future__ import annotations

from typing import Any

import numpy as np

from sklvision.utils._plain import to_plain
from sklvision.utils._suggest import did_you_mean

# Parameters that change neither the kind of a model nor its expected score.
_IRRELEVANT = ("random_state", "n_jobs", "verbose", "device")
_METHODS = ("to_frame", "scores", "confusion_matrix", "differences")


class CandidateError(ValueError):
    """The model is not one of the classifiers of a comparison, or could be several of them."""


def check_comparison(comparison: Any, model: Any) -> None:
    """Raise unless this is the result of a comparison, of the classes of the model."""
    if not all(callable(getattr(comparison, name, None)) for name in _METHODS):
        raise TypeError(
            f"comparison must be a result of compare_estimators, got {type(comparison).__name__}."
        )
    if not comparison.predictions:
        raise ValueError("comparison has no predictions: pass a result of compare_estimators.")
    labels, classes = to_plain(np.unique(comparison.target)), to_plain(model.classes_)
    if set(map(str, labels)) != set(map(str, classes)):
        raise ValueError(
            f"comparison: its classes are {_list(labels)}, those of the model {_list(classes)}. "
            "Pass a comparison on the data that the model was trained on."
        )


def find_candidate(comparison: Any, model: Any, candidate: str | None) -> str:
    """Return the name of the model in a comparison.

    Raises
    ------
    CandidateError
        If there is no classifier of the given name; or, without a name, not exactly one with the
        steps and parameters of the model.
    """
    names = [name for name in comparison.estimators if comparison.predictions.get(name)]
    if candidate is not None:
        if candidate not in names:
            raise CandidateError(
                f"candidate={candidate!r} has no scores in the comparison. "
                f"{did_you_mean(str(candidate), map(str, names))}"
            )
        return candidate
    settings = _list_settings(model)
    matches = [name for name in names if _list_settings(comparison.estimators[name]) == settings]
    if len(matches) == 1:
        return str(matches[0])
    problem = (
        f"has several classifiers with the parameters of the model: {_list(matches)}"
        if matches
        else f"has no classifier with the steps and parameters of the model, only {_list(names)}"
    )
    raise CandidateError(
        f"comparison {problem}. Pass the name of the model's candidate as candidate=."
    )


def _list_settings(estimator: Any) -> dict[str, str]:
    """Return the class of an estimator and all its parameters as texts."""
    if estimator is None:
        return {}
    params = estimator.get_params(deep=True)
    settings = {
        name: type(value).__name__ if hasattr(value, "get_params") else repr(value)
        for name, value in params.items()
        if name.rpartition("__")[2] not in _IRRELEVANT and name != "steps"
    }
    return {"": type(estimator).__name__, **settings}


def _list(values: list[Any]) -> str:
    texts = [repr(value) for value in values[:10]]
    return ", ".join(texts) + (", …" if len(values) > 10 else "")
