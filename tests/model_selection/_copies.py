"""Images, their copies, and folds in which copies are leaks."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

Image = pytest.importorskip("PIL.Image")
FOLDS = StratifiedKFold(5, shuffle=True, random_state=0)
seeds = st.integers(0, 2**32 - 1)


def make_images(n, seed, side=48, color=False):
    """Smooth random pictures, no two of which belong together."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((n, 6, 6, 3 if color else 1)).astype(np.float32)
    fine = np.kron(coarse, np.ones((1, side // 6, side // 6, 1), np.float32))
    fine += 0.3 * rng.random(fine.shape, dtype=np.float32)
    images = (40 + 130 * fine).clip(0, 255).astype(np.uint8)
    return images if color else images[..., 0]


def as_jpeg(image, quality=60):
    file = BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


CHANGES = {
    "noise": lambda image, rng: (
        (image + rng.normal(0, 4, image.shape)).clip(0, 255).astype(np.uint8)
    ),
    "brightness": lambda image, rng: (0.8 * image + 20).astype(np.uint8),
    "shift": lambda image, rng: np.roll(image, 1, axis=rng.integers(2)),
    "jpeg": lambda image, rng: as_jpeg(image),
}


def pairs_of(report, kind):
    frame = report.to_frame()
    frame = frame[frame["kind"] == kind]
    return {frozenset(pair) for pair in zip(frame["sample"], frame["partner"], strict=True)}


def random_labels(n, seed, n_classes=3):
    labels = np.arange(n) % n_classes
    return np.random.default_rng(seed).permutation(labels)
