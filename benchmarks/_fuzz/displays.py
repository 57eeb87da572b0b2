"""Cases of displays: drawn from estimators and results, on a figure that is closed again."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
import numpy as np

from benchmarks._fuzz import models
from benchmarks._fuzz.arguments import draw_arguments
from benchmarks._fuzz.case import Case
from benchmarks._fuzz.estimators import draw_augmenters
from benchmarks._fuzz.functions import make_makers
from benchmarks._fuzz.samples import JUNK
from sklvision.augmentation import GaussianNoise
from sklvision.image import ForegroundCrop
from sklvision.model_selection import LearningForecast


def try_display(case: Case, cls: Any) -> None:
    """Make a display by one of its constructors, and plot it again."""
    constructors = [name for name in dir(cls) if name.startswith("from_")]
    constructor = getattr(cls, case.pick(constructors))
    is_of_images = any(word in cls.__name__ for word in ("Crop", "Occlusion"))
    kind = "images" if is_of_images else case.pick(("spectra", "images"))
    kind = "spectra" if "Band" in cls.__name__ else kind
    X, y = models.load_data(kind)
    makers = make_makers(case, kind)
    if case.has_luck(0.7):
        makers |= {"X": lambda: X, "y": lambda: y}
    fitted_models = models.fit_models(kind)
    makers |= {
        "augment": lambda: draw_augmenters(case, kind),
        "indices": lambda: case.pick(
            (None, [0, 1], [0], [], [99], [-1], np.arange(24) < 3, "x", 0, [0.5])
        ),
        "names": lambda: case.pick((None, ["a"] * 24, ["a"], "ab", [1] * 24, 3, ["$x^$"] * 24)),
        "wavelengths": lambda: case.pick(
            (None, np.arange(8) + 900, np.arange(8)[::-1], [1], ["a"] * 8, [np.nan] * 8, "x")
        ),
        "confidence": lambda: case.pick((None, 0.95, 0.5, 0, 1, -1, np.linspace(0, 1, 24), [0.5])),
        "margin": lambda: case.pick((None, np.linspace(-1, 1, 24), [0.5], "x", [np.nan] * 24)),
        "scores": lambda: case.pick(
            ([0.5, 0.6, 0.7], [], [np.nan], [0.9] * 3, [[0.5, 0.6]] * 3, [2, 3, 4])
        ),
        "train_sizes": lambda: case.pick(([10, 20, 40], [], [1, 1, 1], [0, 1, 2], [-1, 2, 3], "x")),
        "sample": lambda: case.pick((X[0], X, X[:1], None, "x", [])),
        "forecast": make_forecast,
        "result": lambda: (
            models.make_robustness(kind)
            if "Robust" in cls.__name__ or "Corrupt" in cls.__name__
            else models.make_comparison(kind)
        ),
        "search": lambda: fitted_models.get("search", fitted_models["net"]),
        "method": lambda: case.pick(("occlusion", "gradient", "x")),
        "target": lambda: case.pick((None, "a", "x", 0, 0.9, float("nan"))),
        "fill": lambda: case.pick(("mean", 0, 1e300, "x", float("nan"), None)),
        "cost": lambda: case.pick(
            ("predict_ms_per_sample", "mean_score_time", "n_parameters", "x")
        ),
        "score": lambda: case.pick((None, "accuracy", "x", "mean_test_score")),
        "ax": lambda: case.pick((None, plt.subplots()[1], plt.subplots(2)[1], *JUNK[:5])),
    }
    if case.is_calm:
        augmenter = GaussianNoise(random_state=0)
        net = type(fitted_models["net"])(augment=augmenter, **models.SMALL_NET)
        makers["estimator"] = lambda: (
            net if "Augmentation" in cls.__name__ else fitted_models["net"]
        )
        makers["augment"] = lambda: augmenter
    if "Crop" in cls.__name__:
        crop = ForegroundCrop(center_crop=None, crop_size=8, output_size=4).fit(X)
        makers["estimator"] = lambda: crop
    try:
        kwargs = draw_arguments(case, constructor, makers)
        display = case.call(constructor, **kwargs)
        if hasattr(display, "plot") and case.has_luck(0.2):
            case.call(display.plot, **draw_arguments(case, display.plot, {"ax": lambda: None}))
    finally:
        plt.close("all")


def make_forecast() -> LearningForecast:
    """Make the forecast of a plain learning curve."""
    return LearningForecast.from_scores(
        [10, 20, 40, 80], [[0.6, 0.61], [0.7, 0.69], [0.76, 0.75], [0.8, 0.79]], n_samples=80
    )
