"""Augmenters that the tests walk, found in the registry, and samples for them."""

from __future__ import annotations

import numpy as np
import torch

from sklvision import augmentation
from sklvision.augmentation import RandomBrightness, RandomFlip, RandomMotionBlur, RandomZoom

# Settings under which every sample changes, whatever is drawn (for all but a hair of the draws).
_CERTAIN = {"p": 1.0}
_SETTINGS = {
    "Compose": {"augmenters": [RandomBrightness(), RandomMotionBlur(p=1.0), RandomFlip(p=1.0)]},
    "RandomFlip": {"direction": "both", "p": 0.5},
    "RandomShift": {"height": 4, "width": 4},
    "SpectralGain": {"gain": 0.3, "offset": 0.2, "slope": 0.2},
}
# Settings that ask for no change at all.
_ZERO = {
    "Compose": {"augmenters": [RandomFlip(p=0.0), RandomZoom(0.0)]},
    "GaussianNoise": {"scale": 0.0},
    "RandomBrightness": {"brightness": 0.0, "contrast": 0.0},
    "RandomErasing": {"area": 0.0},
    "RandomFlip": {"p": 0.0},
    "RandomMotionBlur": {"length": 1.0},
    "RandomRotation": {"degrees": 0.0},
    "RandomShift": {"height": 0, "width": 0},
    "RandomZoom": {"zoom": 0.0},
    "SpectralGain": {"gain": 0.0},
    "SpectralShift": {"bands": 0.0},
}
CLASSES = {
    name: getattr(augmentation, name)
    for name in augmentation.__all__
    if name not in {"MixUp", "TestTimeAugmentation"}
}
WITH_P = [name for name in CLASSES if "p" in CLASSES[name]().get_params()]
BANDS = [name for name in CLASSES if name.startswith("Spectral")]


def changing(name, **params):
    """An augmenter of this class that changes samples."""
    certain = _CERTAIN if name in WITH_P else {}
    return CLASSES[name](**{**certain, **_SETTINGS.get(name, {}), **params})


def idle(name, **params):
    """An augmenter of this class whose magnitudes are zero."""
    return CLASSES[name](**{**_ZERO[name], **params})


def samples_for(name, n=64, seed=0, channels=3):
    """Whole-numbered samples without symmetries, as float64."""
    shape = (n, 24) if name in BANDS else (n, 9, 11, channels)
    return np.random.default_rng(seed).integers(5, 250, shape).astype(np.float64)


def batch_for(name, n=64, dtype=torch.float32, **kwargs):
    return torch.from_numpy(samples_for(name, n, **kwargs)).to(dtype)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def find_changed_samples(original, variants):
    """Find the samples that were changed."""
    return (original != variants).flatten(1).any(dim=1)
