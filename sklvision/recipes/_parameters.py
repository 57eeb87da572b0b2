"""Checks of the parameters that recipes share."""

from __future__ import annotations

from sklvision.utils._sklearn import validate_params

_OPTIONS = ("average_flips", "fast", "fine_tune", "pretrained", "published", "vote")

# Decorator of a recipe; the device is checked in `fit`.
check_parameters = validate_params(
    {**{name: ["boolean"] for name in _OPTIONS}, "random_state": ["random_state"]},
    prefer_skip_nested_validation=True,
)
