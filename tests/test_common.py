"""Conformance of every public estimator, found by walking the registry."""

from __future__ import annotations

import inspect
import pkgutil
import warnings
from importlib import import_module

import pytest
from _estimators import ESTIMATORS, FROZEN_CLASSIFIERS, TRANSFORMERS, can_take_images
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
    "GeometricVotingClassifier",
    "ImageClassifier",
    "LinearDiscriminantAnalysisCV",
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

# scikit-learn skips nearly all its checks of estimators that reject tables.
TABLE_TRANSFORMERS = [e for e in TRANSFORMERS.values() if get_tags(e).input_tags.two_d_array]
OTHER_SETTINGS = [
    *(SpectralScaler(method) for method in ("msc", "minmax", "l2", "standard", None)),
    SavitzkyGolay(3, polyorder=1, deriv=1, mode="nearest"),
]
# Augmenters change the training data alone, so two checks that compare fit_transform with transform
# contradict their purpose. With these settings, which change nothing, they pass all checks; what the
# two require of other settings is tested in tests/augmentation/test_pipeline_step.py.
DRAWING_NOTHING = {
    "GaussianNoise": {"scale": 0.0},
    "SpectralGain": {"gain": 0.0, "offset": 0.0, "slope": 0.0},
    "SpectralShift": {"bands": 0},
}


def test_all_estimators_lists_expected_names():
    assert set(ESTIMATORS) >= EXPECTED


def test_all_estimators_lists_every_public_class_of_the_source():
    """A public class that no subpackage exports is found by its definition."""
    defined = set()
    for info in pkgutil.walk_packages(sklvision.__path__, prefix="sklvision."):
        if info.name.endswith(("._base", ".__main__")):  # bases, and code that runs on import
            continue
        if info.name.startswith("sklvision.utils."):  # the commands' own step, InputCheck
            continue
        for name, cls in inspect.getmembers(import_module(info.name), inspect.isclass):
            if cls.__module__ != info.name or not issubclass(cls, SklvisionEstimator):
                continue
            if name in ESTIMATORS or not cls.__subclasses__():  # a base alone is not for users
                defined.add(name)
    assert {name for name in defined if not name.startswith("_")} == set(ESTIMATORS)


def test_all_estimators_sorts_by_class_name():
    names = [name for name, _ in all_estimators()]
    assert names == sorted(names)
    assert all(cls.__name__ == name for name, cls in all_estimators())


@pytest.mark.parametrize(
    "estimator", [*TABLE_TRANSFORMERS, *OTHER_SETTINGS], ids=lambda estimator: str(estimator)
)
def test_estimator_passes_checks_of_scikit_learn(estimator):
    params = DRAWING_NOTHING.get(type(estimator).__name__, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        results = check_estimator(clone(estimator).set_params(**params), on_skip=None, on_fail=None)
    not_passed = {r["check_name"]: r["exception"] for r in results if r["status"] != "passed"}
    assert not_passed == {}
    assert len(results) > 40


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimator_takes_tables_or_images(name):
    """test_image_conformance.py checks the estimators that take only images."""
    tags = get_tags(ESTIMATORS[name])
    assert tags.input_tags.two_d_array or can_take_images(ESTIMATORS[name])


@pytest.mark.parametrize("name", ESTIMATORS)
def test_tags_hide_no_check(name):
    tags = get_tags(ESTIMATORS[name])
    assert not tags._skip_test
    assert not tags.no_validation
    assert not tags.non_deterministic
    assert tags.requires_fit is (name not in FROZEN_CLASSIFIERS)
