"""Choice of the members of ``recipes.spectra()`` and of their weights, with sets left out in turn.

    python -m benchmarks spectra_choice

Every member is fitted on the folds and on the small training sets of ``python -m benchmarks
spectra``. Each set is left out in turn: the vote that is best on the other sets is judged on it.
The table has the score of that choice, which is an honest estimate, and of the recipe as it is.
"""

from __future__ import annotations

import argparse
import warnings
from collections import defaultdict
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from scipy.special import softmax
from sklearn.pipeline import make_pipeline

from benchmarks._spectrum_peers import make_derivative
from benchmarks.spectra import SETS, iterate_splits, load_spectrum_set
from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.ensemble import GeometricVotingClassifier
from sklvision.neural_network import SpectrumClassifier
from sklvision.spectral import SpectralScaler

_LINEAR = {
    "raw": lambda: (),
    "snv": lambda: (SpectralScaler("snv"),),
    "derivative": make_derivative,
}
_NET_WEIGHTS = (0.5, 1, 2, 3, 5)


class Vote(NamedTuple):
    """A vote that may be chosen."""

    mean: str
    linear: tuple[str, ...]
    net_weight: float

    def __str__(self) -> str:
        return f"{self.mean}, {self.net_weight:g} × net, {' + '.join(self.linear)}"

    def combine(self, members: dict[str, np.ndarray]) -> np.ndarray:
        """Combine probabilities; the linear members have equal weights that sum to 1."""
        weights = {name: 1 / len(self.linear) for name in self.linear}
        weights["net"] = self.net_weight
        if self.mean == "arithmetic":
            return sum(weight * members[name] for name, weight in weights.items())
        floor = GeometricVotingClassifier.probability_floor
        logarithms = [weight * np.log(members[name] + floor) for name, weight in weights.items()]
        return softmax(np.sum(logarithms, axis=0), axis=1)


RECIPE_VOTE = Vote("geometric", ("raw", "snv", "derivative"), 1)
VOTES = [
    Vote(mean, linear, weight)
    for mean in ("arithmetic", "geometric")
    for size in (1, 2, 3)
    for linear in combinations(_LINEAR, size)
    for weight in _NET_WEIGHTS
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--sizes", nargs="+", type=int, default=[20, 30, 60, 120])
    parser.add_argument("--draws", type=int, default=5, help="of each size; default: 5")
    parser.add_argument("--n-jobs", type=int, default=2, help="default: 2")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Measure the fixed vote, and the vote chosen on the other sets, on every set."""
    splits = list(iterate_splits(args.sizes, args.draws))
    results = Parallel(args.n_jobs)(delayed(_measure_split)(*split) for split in splits)
    # Mean accuracy of each vote by set and kind: the folds, or a number of training spectra.
    accuracies: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    for (name, kind, _, _), result in zip(splits, results, strict=True):
        accuracies[name, kind].append(result)
    means = {key: np.mean(values, axis=0) for key, values in accuracies.items()}
    rows: list[dict[str, object]] = []
    for left_out in SETS:
        other_means = [mean for (name, _), mean in means.items() if name != left_out]
        choice = int(np.mean(other_means, axis=0).argmax())
        row: dict[str, object] = {"set": left_out, "chosen on the others": str(VOTES[choice])}
        set_means = [mean for (name, _), mean in means.items() if name == left_out]
        row["choice"] = round(float(np.mean([mean[choice] for mean in set_means])), 4)
        row["recipe"] = round(
            float(np.mean([mean[VOTES.index(RECIPE_VOTE)] for mean in set_means])), 4
        )
        row["best of all"] = round(float(np.mean(set_means, axis=0).max()), 4)
        rows.append(row)
    columns = ("choice", "recipe", "best of all")
    total = {key: np.mean([float(str(row[key])) for row in rows]) for key in columns}
    means_row = {key: round(float(mean), 4) for key, mean in total.items()}
    rows.append({"set": "mean", "chosen on the others": "", **means_row})
    return f"Votes chosen without the set that judges them, {args.draws} draws of each size", rows


def _measure_split(name: str, kind: str, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return the accuracy of every vote on one split."""
    X, y, _ = load_spectrum_set(name)
    labels = np.unique(y)
    models: dict[str, Any] = {
        key: make_pipeline(*make_steps(), LinearDiscriminantAnalysisCV())
        for key, make_steps in _LINEAR.items()
    }
    models["net"] = make_pipeline(*make_derivative(), SpectrumClassifier(random_state=0))
    members = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for key, model in models.items():
            model.fit(X[train], y[train])
            members[key] = np.zeros((len(test), len(labels)))
            columns = np.searchsorted(labels, model.classes_)
            members[key][:, columns] = model.predict_proba(X[test])
    predictions = [labels[vote.combine(members).argmax(axis=1)] for vote in VOTES]
    return np.array([np.mean(prediction == y[test]) for prediction in predictions])
