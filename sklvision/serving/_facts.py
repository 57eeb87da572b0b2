"""Facts about the model of a service, as plain values for JSON."""

from __future__ import annotations

from typing import Any

from sklvision._version import __version__
from sklvision.reporting._contract import format_contract
from sklvision.serving._model import ServedModel
from sklvision.utils._nested import split_steps
from sklvision.utils._plain import to_plain

# The card has styles of its own, and nothing else than text and drawings.
CARD_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}


def describe_served_model(model: ServedModel, manifest: dict[str, Any] | None) -> dict[str, Any]:
    """Describe a model: its steps, its classes, the samples that it takes, and its evidence.

    Parameters
    ----------
    model : ServedModel
        The model.
    manifest : dict or None
        Manifest of the archive that it was loaded from.
    """
    steps, last = split_steps(model.estimator)
    facts = {
        "model": " → ".join(type(step).__name__ for step in (*steps, last)),
        "classes": model.labels,
        "takes": "images" if model.takes_images else "spectra",
        "input_shape": model.input_shape,
        "input": {} if model.contract is None else format_contract(model.contract),
        "n_parameters": getattr(last, "n_parameters_", None),
        "served_by": f"sklvision {__version__}",
        "manifest": manifest,
    }
    return {name: to_plain(value) for name, value in facts.items()}


def make_card(model: ServedModel, manifest: dict[str, Any] | None) -> str | None:
    """Make the page of the model's card; None for what is not a classifier of scikit-learn."""
    from sklvision.export import model_card

    try:
        return model_card(model.estimator if manifest is None else manifest).to_html()
    except (TypeError, ValueError):
        return None
