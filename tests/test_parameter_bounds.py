"""Values of extreme size are refused by name, or computed with: no transformer fails from below."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest

from sklvision.utils.discovery import all_estimators

RNG = np.random.RandomState(0)
SAMPLES = {
    "bytes": RNG.randint(0, 255, (3, 12, 12)).astype(np.uint8),
    "color": RNG.uniform(size=(3, 12, 12, 3)),
    "spectra": RNG.uniform(size=(3, 12)).astype(np.float32),
}
VALUES = [
    *(1e300, -1e300, 1e30, 1e-300, 5e-324, np.inf, np.nan),
    *(10**9, 10**30, True),
    *((0, 1e300), (0, 1e-300), (-1e308, 1e308), (1, 10**9), (10**5, 10**5)),
]
# Names of parameters that are no settings of the computation, and classes that train nets.
OTHER_PARAMETERS = {"estimator", "estimators", "n_jobs", "random_state", "verbose"}
TRANSFORMERS = {
    name: cls
    for name, cls in all_estimators()
    if hasattr(cls, "fit_transform") and name not in {"MixUp", "PretrainedFeatures"}
}
# Of estimators, whose own parameters these tests try.
OTHER_TRANSFORMERS = {"Compose", "GeometricVotingClassifier"}


def list_parameters():
    return [
        (name, parameter)
        for name, cls in TRANSFORMERS.items()
        for parameter in inspect.signature(cls).parameters
        if parameter not in OTHER_PARAMETERS and name not in OTHER_TRANSFORMERS
    ]


def make_settings(name, parameter, value):
    parameters = inspect.signature(TRANSFORMERS[name]).parameters
    settings = {"p": 1.0} if "p" in parameters else {}
    if name == "Resize":
        settings["size"] = 6
    if name == "ForegroundCrop":
        settings |= {"crop_size": 8, "output_size": 6}
    if name == "SavitzkyGolay":
        settings["deriv"] = 1
    return settings | {parameter: value}


@pytest.mark.parametrize(("name", "parameter"), list_parameters())
def test_extreme_values_are_named_or_computed_with(name, parameter):
    for value in VALUES:
        for samples in SAMPLES.values():
            transformer = TRANSFORMERS[name](**make_settings(name, parameter, value))
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)
                warnings.filterwarnings("ignore", message="Polyfit")  # of scipy; the result holds
                try:
                    result = np.asarray(transformer.fit_transform(samples))
                except (ValueError, TypeError) as error:
                    place = inspect.getinnerframes(error.__traceback__)[-1].filename
                    assert "sklvision" in place or "sklearn/utils" in place.replace("\\", "/")
                    continue
            assert result.dtype.kind not in "f" or np.isfinite(result).all()
