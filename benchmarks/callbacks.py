"""Time of a fit with and without callbacks of scikit-learn.

    python -m benchmarks callbacks

"bare" calls the steps of a fit and nothing else; the difference to "no callbacks" is what
every user pays for the possibility, and must stay below 1 %.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from benchmarks._harness import interleave, limit_threads
from sklvision.neural_network import ImageClassifier, SpectrumClassifier


def _fit_bare(classifier: Any, X: np.ndarray, y: np.ndarray) -> None:
    classifier._fit(X, y, None, resume=False)


def _measure_row(name: str, classifier: Any, X: np.ndarray, repeats: int) -> dict[str, object]:
    from sklearn.callback import ScoringMonitor  # of scikit-learn 1.9 and later

    y = load_digits().target
    monitored = type(classifier)(**classifier.get_params(deep=False))
    monitored.set_callbacks(ScoringMonitor(scoring="accuracy"))
    seconds = interleave(
        {
            "bare": partial(_fit_bare, classifier, X, y),
            "no callbacks": partial(classifier.fit, X, y),
            "ScoringMonitor": partial(monitored.fit, X, y),
        },
        repeats,
    )
    row: dict[str, object] = {"classifier": name, "epochs": classifier.max_epochs}
    row |= {f"{variant}, s": value for variant, value in seconds.items()}
    return row | {"no callbacks / bare": seconds["no callbacks"] / seconds["bare"]}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--repeats", type=int, default=15, help="fits of each kind")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Measure both classifiers, with fits as short as they come."""
    digits = load_digits()
    cases = {
        "SpectrumClassifier": (SpectrumClassifier(max_epochs=2, random_state=0), digits.data),
        "ImageClassifier": (ImageClassifier("mlp", max_epochs=2, random_state=0), digits.images),
    }
    with limit_threads(args.threads):
        rows = [_measure_row(name, *case, args.repeats) for name, case in cases.items()]
    return "Callbacks of scikit-learn in a fit", rows
