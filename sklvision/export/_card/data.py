"""Number and checksum of labeled samples."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from sklvision.export._card.model import Facts
from sklvision.utils._labels import read_labels
from sklvision.utils._plain import to_plain
from sklvision.utils._samples import as_samples

_BLOCK = 1024


def describe_data(X: Any, y: Any) -> Facts:
    """Count the training samples by class, and compute a checksum of values and labels."""
    samples, labels = as_samples(X), read_labels(y)
    sha = hashlib.sha256()
    for block in samples.images() if samples.is_lazy else samples.blocks(_BLOCK):
        array = np.ascontiguousarray(block)
        sha.update(f"{array.dtype.str}{array.shape[1:]}".encode())
        sha.update(str(array.tolist()).encode() if array.dtype == object else array.tobytes())
    sha.update(str(labels.tolist()).encode())
    names, counts = np.unique(labels, return_counts=True)
    return {
        "n_samples": len(samples),
        "class_counts": [list(pair) for pair in zip(to_plain(names), counts.tolist(), strict=True)],
        "sha256": sha.hexdigest(),
    }
