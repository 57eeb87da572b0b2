"""What was compared and how, in words: what a reader needs to judge a table and to repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import Any

import numpy as np


def describe(
    X: Any, y: np.ndarray, groups: np.ndarray | None, how: str, random_state: Any
) -> Mapping[str, str]:
    """Samples, classes, folds, seed and versions."""
    classes, counts = np.unique(y, return_counts=True)
    shown = [f"{label} ({count})" for label, count in zip(classes[:30], counts[:30], strict=True)]
    more = [f"and {len(classes) - 30} more"] if len(classes) > 30 else []
    description = {
        "Samples": f"{len(y)}, each of shape {' × '.join(map(str, X.shape[1:]))}",
        "Classes": f"{len(classes)}: {', '.join(shown + more)}",
        "Folds": how,
    }
    if groups is not None:
        description["Groups"] = f"{len(np.unique(groups))}"
    return {
        **description,
        "Seed": "none" if random_state is None else str(random_state),
        "Versions": ", ".join([f"Python {python_version()}", *package_versions()]),
        "Made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def package_versions() -> list[str]:
    """Of what computes."""
    found = []
    for package in ("sklvision", "scikit-learn", "numpy", "scipy", "torch", "skorch"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return found
