"""Random variants of images and spectra, drawn for every sample again.

Each class has two doors: as ``augment`` of a classifier it varies every training batch, and as
a step of a pipeline it varies the training data once. Predictions never see it: averaging them
over variants is what :class:`TestTimeAugmentation` is for.
"""

from sklvision.augmentation._compose import Compose
from sklvision.augmentation._gaussian_noise import GaussianNoise
from sklvision.augmentation._mixup import MixUp
from sklvision.augmentation._random_brightness import RandomBrightness
from sklvision.augmentation._random_erasing import RandomErasing
from sklvision.augmentation._random_flip import RandomFlip
from sklvision.augmentation._random_motion_blur import RandomMotionBlur
from sklvision.augmentation._random_rotation import RandomRotation
from sklvision.augmentation._random_shift import RandomShift
from sklvision.augmentation._random_zoom import RandomZoom
from sklvision.augmentation._spectral_gain import SpectralGain
from sklvision.augmentation._spectral_shift import SpectralShift
from sklvision.augmentation._test_time import TestTimeAugmentation

__all__ = [
    "Compose",
    "GaussianNoise",
    "MixUp",
    "RandomBrightness",
    "RandomErasing",
    "RandomFlip",
    "RandomMotionBlur",
    "RandomRotation",
    "RandomShift",
    "RandomZoom",
    "SpectralGain",
    "SpectralShift",
    "TestTimeAugmentation",
]
