"""The net that several recipes train from scratch."""

from __future__ import annotations

from typing import Any

from sklvision.neural_network import ImageClassifier


def make_speed_net(augment: list[Any], *, batch_size: int = 128, **params: Any) -> ImageClassifier:
    """Make a ``"speed_cnn"`` with the settings that trained it best in a given time."""
    return ImageClassifier(
        "speed_cnn",
        augment=augment,
        batch_size=batch_size,
        optimizer="sgd",
        lr=0.1,
        weight_decay=0.005,
        label_smoothing=0.1,
        **params,
    )
