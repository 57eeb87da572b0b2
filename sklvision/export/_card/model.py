"""Facts of a fitted model as plain values."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._costs import count_parameters, measure_pickle
from sklvision.utils._nested import (
    can_take_images,
    find_contract,
    find_input_shape,
    split_steps,
    walk_estimators,
)
from sklvision.utils._plain import to_plain
from sklvision.utils._versions import collect_versions

Facts = dict[str, Any]

_LONGEST_REPR = 100_000


def check_model(model: Any) -> None:
    """Raise unless this is a fitted classifier."""
    is_estimator = hasattr(model, "predict") and not isinstance(model, type)
    if not is_estimator or not is_classifier(model):
        name = model.__name__ if isinstance(model, type) else type(model).__name__
        raise TypeError(
            f"model must be a fitted classifier, or the manifest of an archive, got {name}."
        )
    try:
        check_is_fitted(model)
    except NotFittedError:
        raise ValueError(
            f"model: this {type(model).__name__} is not fitted; fit it before its card is made."
        ) from None
    if not hasattr(model, "classes_"):
        raise TypeError(f"model: this {type(model).__name__} has no classes_.")


def describe_model(model: Any) -> Facts:
    """Describe a fitted classifier in plain values, which JSON restores.

    Parameters
    ----------
    model : classifier
        A fitted classifier.

    Returns
    -------
    facts : dict
        ``steps``, names of the steps; ``architecture``, ``library``; ``classes``; ``contract``,
        the input contract, or None; ``kind`` and ``shape`` of a sample as far as they are known;
        ``n_parameters`` and ``pickled_bytes``, None where they cannot be known; ``parameters``,
        the estimator as text; ``seeds``; ``training``, texts about each net; ``versions``.
    """
    steps, last = split_steps(model)
    contract = find_contract(model)
    kind, shape = _describe_samples(model, contract)
    architecture = getattr(last, "architecture", None)
    return {
        "steps": [type(step).__name__ for step in (*steps, last)],
        "architecture": architecture if isinstance(architecture, str) else None,
        "library": _find_library(model),
        "classes": to_plain(model.classes_),
        "contract": contract,
        "kind": kind,
        "shape": shape,
        "n_parameters": count_parameters(model),
        "pickled_bytes": measure_pickle(model),
        "parameters": model.__repr__(N_CHAR_MAX=_LONGEST_REPR),
        "seeds": _find_seeds(model),
        "training": _describe_training(model),
        "versions": collect_versions(),
    }


def _describe_samples(model: Any, contract: Facts | None) -> tuple[str, list[int] | None]:
    """Return the kind and the shape of a sample; "unknown" and None where nothing says so."""
    if contract is not None:
        kind, shape = contract["kind"], contract.get("shape")
    elif (input_shape := find_input_shape(model)) is not None:
        kind, shape = "images" if len(input_shape) > 1 else "spectra", list(input_shape)
    elif can_take_images(model):
        return "images", None
    else:
        n_features = getattr(model, "n_features_in_", None)
        return ("unknown", None) if n_features is None else ("rows", [int(n_features)])
    if kind == "spectra" and not _has_spectra(model, contract):
        kind = "rows"
    return kind, shape


def _has_spectra(model: Any, contract: Facts | None) -> bool:
    """Whether the rows of a table are certainly spectra: by their axis, or a step for spectra."""
    if contract is not None and contract.get("axis") is not None:
        return True
    names = (type(part).__module__ for part in walk_estimators(model))
    return any(name.startswith("sklvision.spectral.") for name in names) or any(
        type(part).__name__ == "SpectrumClassifier" for part in walk_estimators(model)
    )


def _find_library(model: Any) -> str:
    parts = walk_estimators(model)
    return "sklvision" if any(isinstance(part, SklvisionEstimator) for part in parts) else "sklearn"


def _find_seeds(model: Any) -> list[str]:
    """List the different seeds of an estimator and of all inside it."""
    params = model.get_params(deep=True)
    seeds = [value for name, value in params.items() if name.endswith("random_state")]
    return list(dict.fromkeys("none" if seed is None else str(seed) for seed in seeds))


def _describe_training(model: Any) -> list[str]:
    """Describe how long the nets inside were trained, each in a sentence."""
    sentences = []
    for part in walk_estimators(model):
        n_epochs = getattr(part, "n_iter_", None)
        if not isinstance(n_epochs, (int, np.integer)) or not hasattr(part, "loss_curve_"):
            continue
        sentence = f"{type(part).__name__}: {n_epochs} epochs"
        losses = [loss for loss in np.atleast_1d(part.loss_curve_) if np.isfinite(loss)]
        if losses:
            sentence += f", training loss {losses[-1]:.4g} in the last"
        scores = np.asarray(getattr(part, "validation_scores_", None) or [], dtype=float)
        if len(scores) and np.isfinite(scores).any():
            sentence += f", best score on its validation set {np.nanmax(scores):.4f}"
        sentences.append(f"{sentence}.")
    return list(dict.fromkeys(sentences))
