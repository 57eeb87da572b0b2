"""Settings of a fit, frozen."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import torch

from sklvision.neural_network._module import Architecture


@dataclass(frozen=True)
class FitSettings:
    """Everything that a fitted net is rebuilt from, besides its weights and its history.

    The constructor's parameters may be changed after a fit; these stay as they were.

    Parameters
    ----------
    architecture, architecture_params, precision
        As for the classifiers.
    input_shape : tuple of int
        Shape of one sample.
    n_outputs : int
        Width of the net's output.
    device : str
        Device that the net was trained on.
    optimizer, weight_decay, lr, lr_schedule, max_epochs, batch_size, label_smoothing
        As for the classifiers.
    split_seed : int
        Seed of the held-out part: training that goes on later holds out the same samples.
    rounds_inference : bool, default=False
        Whether inference may run in bfloat16 although training ran in float32.
    """

    architecture: Architecture
    architecture_params: dict[str, Any]
    input_shape: tuple[int, ...]
    n_outputs: int
    precision: str
    device: str
    optimizer: str
    weight_decay: float
    lr: float
    lr_schedule: str
    max_epochs: int
    batch_size: int
    label_smoothing: float
    split_seed: int
    rounds_inference: bool = False

    @property
    def module_dtype(self) -> torch.dtype:
        """Type of the weights; bfloat16 is a format of computation, not of storage."""
        return torch.float64 if self.precision == "float64" else torch.float32

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a plain dict, which needs no class of ours to be loaded."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Restore settings from a plain dict."""
        return cls(**values)

    def check_unchanged(self, params: dict[str, Any]) -> None:
        """Raise if a net that is to be trained further would now be built in another way."""
        for name in ("architecture", "architecture_params", "precision"):
            previous, current = getattr(self, name), params[name]
            current = dict(current or {}) if name == "architecture_params" else current
            if current is not previous and current != previous:
                raise ValueError(
                    f"Training continues with a net that was fitted with {name}={previous!r}, but "
                    f"{name} is now {current!r}. Fit a new classifier, or set it back."
                )
