"""Conformance of every public estimator, found by walking the registry."""

from __future__ import annotations

import inspect
import pkgutil
import warnings
from importlib import import_module

import pytest
from _estimators import ESTIMATORS, FROZEN, TRANSFORMERS, takes_images
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator

import sklvision
from sklvision.spectral import SavitzkyGolay, SpectralScaler
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils.discovery import all_estimators

# Written out, as a registry that lost an estimator would not miss it.
EXPECTED = {
    "Compose",
    "FlattenImages",
    "ForegroundCrop",
    "GaussianNoise",
    "ImageClassifier",
    "MixUp",
    "OnnxClassifier",
    "PixelScaler",
    "PretrainedFeatures",
    "RandomBrightness",
    "RandomErasing",
    "RandomFlip",
    "RandomMotionBlur",
    "RandomRotation",
    "RandomShift",
    "RandomZoom",
    "Resize",
    "SavitzkyGolay",
    "ShapeFeatures",
    "SpectralGain",
    "SpectralScaler",
    "SpectralShift",
    "SpectrumClassifier",
    "TestTimeAugmentation",
}

OTHER_SETTINGS = [
    *(SpectralScaler(method) for method in ("msc", "minmax", "l2", "standard", None)),
    SavitzkyGolay(3, polyorder=1, deriv=1, mode="nearest"),
]
# Augmenters change the training data alone, so two checks that compare fit_transform with transform
# contradict what they are for; drawing nothing they meet the whole battery, and what those two
# checks say where something is drawn is tested in tests/augmentation/test_pipeline_step.py.
DRAWING_NOTHING = {
    "GaussianNoise": {"scale": 0.0},
    "SpectralGain": {"gain": 0.0, "offset": 0.0, "slope": 0.0},
    "SpectralShift": {"bands": 0},
}


def test_registry_lists_what_is_expected():
    assert set(ESTIMATORS) >= EXPECTED


def test_registry_lists_every_public_estimator_of_the_source():
    """A public class that no subpackage exports is found by its definition."""
    defined = set()
    for info in pkgutil.walk_packages(sklvision.__path__, prefix="sklvision."):
        if info.name.endswith(("._base", ".__main__")):  # bases, and code that runs on import
            continue
        for name, cls in inspect.getmembers(import_module(info.name), inspect.isclass):
            if cls.__module__ != info.name or not issubclass(cls, SklvisionEstimator):
                continue
            if name in ESTIMATORS or not cls.__subclasses__():  # a base alone is not for users
                defined.add(name)
    assert {name for name in defined if not name.startswith("_")} == set(ESTIMATORS)


def test_names_are_the_classes_own_and_sorted():
    names = [name for name, _ in all_estimators()]
    assert names == sorted(names)
    assert all(cls.__name__ == name for name, cls in all_estimators())


@pytest.mark.parametrize(
    "estimator", [*TRANSFORMERS.values(), *OTHER_SETTINGS], ids=lambda estimator: str(estimator)
)
def test_battery_of_scikit_learn(estimator):
    still = DRAWING_NOTHING.get(type(estimator).__name__, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        results = check_estimator(clone(estimator).set_params(**still), on_skip=None, on_fail=None)
    not_passed = {r["check_name"]: r["exception"] for r in results if r["status"] != "passed"}
    assert not_passed == {}
    # The battery falls silent where tables are refused: only image transformers may do so.
    if get_tags(estimator).input_tags.two_d_array:
        assert len(results) > 40
    else:
        assert takes_images(estimator)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_no_tag_hides_a_check(name):
    tags = get_tags(ESTIMATORS[name])
    assert not tags._skip_test
    assert not tags.no_validation
    assert not tags.non_deterministic
    assert tags.requires_fit is (name not in FROZEN)
