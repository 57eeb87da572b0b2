"""Description of a comparison: what a reader needs to judge a table and to repeat it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from sklvision.utils._samples import Samples
from sklvision.utils._versions import collect_versions

_MAX_CLASSES = 30


def describe_comparison(
    samples: Samples, y: np.ndarray, groups: np.ndarray | None, folds: str, random_state: Any
) -> dict[str, str]:
    """Describe samples, classes, folds, seed and versions."""
    classes, counts = np.unique(y, return_counts=True)
    pairs = zip(classes[:_MAX_CLASSES], counts[:_MAX_CLASSES], strict=True)
    texts = [f"{label} ({count})" for label, count in pairs]
    if len(classes) > _MAX_CLASSES:
        texts.append(f"and {len(classes) - _MAX_CLASSES} more")
    shape = " × ".join(map(str, samples.shape[1:]))
    description = {
        "Samples": f"{len(y)}, each of shape {shape}",
        "Classes": f"{len(classes)}: {', '.join(texts)}",
        "Folds": folds,
    }
    if groups is not None:
        description["Groups"] = f"{len(np.unique(groups))}"
    return {
        **description,
        "Seed": "none" if random_state is None else str(random_state),
        "Versions": ", ".join(f"{name} {number}" for name, number in collect_versions().items()),
        "Made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
