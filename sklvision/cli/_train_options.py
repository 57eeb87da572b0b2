"""Values of the options of ``sklvision train``."""

from __future__ import annotations

import argparse
import ast
from typing import Any

# Parameters of models that have an option of their own.
_OWN_OPTIONS = {
    "random_state": "--seed",
    "device": "--device",
    "verbose": "--quiet",
    "max_epochs": "--epochs",
}


def parse_class_weight(texts: list[str] | None) -> Any:
    """Convert ``["foreign=20", "dust=5"]`` to weights by label; "balanced" stays."""
    if texts is None:
        return None
    if texts == ["balanced"]:
        return "balanced"
    weights: dict[str, float] = {}
    for text in texts:
        label, equals, value = text.rpartition("=")
        try:
            weight = float(value)
        except ValueError:
            weight = 0.0
        if not equals or not label or not 0 < weight < float("inf"):
            raise ValueError(
                f"--class-weight {text}: expected 'balanced', or LABEL=WEIGHT with a positive "
                "number, such as foreign=20."
            )
        if label in weights:
            raise ValueError(f"--class-weight {text}: {label} is set twice.")
        weights[label] = weight
    return weights


def parse_options(texts: list[str]) -> dict[str, Any]:
    """Convert ``["dropout=0.2", "optimizer=sgd"]`` to keywords."""
    options: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.isidentifier():
            raise ValueError(f"--option {text}: expected NAME=VALUE, such as dropout=0.2.")
        if key in _OWN_OPTIONS:
            raise ValueError(f"Use {_OWN_OPTIONS[key]} instead of --option {key}.")
        if key in options:
            raise ValueError(f"--option {text}: {key} is set twice.")
        options[key] = _parse_value(value)
    return options


def _parse_value(text: str) -> Any:
    if text.lower() in ("true", "false", "none"):
        text = text.capitalize()
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def parse_image_shape(text: str) -> tuple[int, ...]:
    """Convert "28x28" or "32x32x3" to the shape of an image."""
    sides = text.lower().replace(",", "x").replace("×", "x").split("x")
    if len(sides) not in (2, 3) or not all(side.isdecimal() and int(side) > 0 for side in sides):
        raise argparse.ArgumentTypeError(f"expected HEIGHTxWIDTH, such as 28x28, got {text!r}")
    return tuple(map(int, sides))
