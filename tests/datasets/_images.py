"""Images of random pixels and their files."""

from __future__ import annotations

import numpy as np
import pytest


def pixels(*shape, seed=0, dtype=np.uint8):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def save(path, array, **options):
    pytest.importorskip("PIL.Image").fromarray(array).save(path, **options)
    return path
