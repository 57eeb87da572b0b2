"""How well an estimator can be expected to do, measured on samples that it did not see."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklvision.cli._data import Data

_HOLD_OUT_PARTS = 5  # one of them is held out
# Values of the table that logistic regression is given; with more it would take minutes.
_BASELINE_VALUES = 2e7


@dataclass(frozen=True)
class Estimate:
    """Accuracy by name, and how it was measured."""

    name: str
    how: str
    accuracy: dict[str, float]
    n_tested: int
    independent: bool

    def __str__(self) -> str:
        width = max(map(len, self.accuracy))
        lines = [f"Accuracy, {self.how}:"]
        for name, accuracy in self.accuracy.items():
            interval = f"  (95 % interval {self._interval(accuracy)})" if self.independent else ""
            lines.append(f"  {name.ljust(width)}  {accuracy:.4f}{interval}")
        rivals = {name: score for name, score in self.accuracy.items() if name != self.name}
        rival = max(rivals, key=lambda name: rivals[name])
        if self.accuracy[self.name] <= rivals[rival]:
            lines.append(f"{self.name} was no better than {rival} on these samples.")
        return "\n".join(lines)

    def _interval(self, accuracy: float) -> str:
        from scipy.stats import binomtest

        right = round(accuracy * self.n_tested)
        interval = binomtest(right, self.n_tested).proportion_ci(method="wilson")
        return f"{interval.low:.4f} to {interval.high:.4f}"


def estimate_accuracy(
    name: str, estimator: Any, data: Data, *, cv: int | None, seed: int, verbose: bool
) -> Estimate:
    """Fit to a part of the data and score on the rest, beside simple baselines.

    `cv` parts take turns to be the rest, or a fifth of the samples is, if it is None.
    """
    from sklearn.dummy import DummyClassifier

    from sklvision.model_selection import compare_estimators

    splits = draw_splits(data, cv, seed)
    n_tested = sum(len(test) for _, test in splits)
    result = compare_estimators(
        {
            name: estimator,
            "logistic regression": _logistic_regression(data, len(splits[0][0])),
            "majority class": DummyClassifier(),
        },
        data.X,
        data.y,
        cv=splits,
        groups=data.groups,
        baselines=False,
        n_jobs=1,
        random_state=seed,
        verbose=int(verbose),
    )
    weights = [len(test) / n_tested for _, test in splits]
    scores = result.scores("accuracy")
    accuracy = {key: float(scores.loc[key].to_numpy() @ weights) for key in result.estimators}
    kept = f"groups kept together by {data.grouped_by}" if data.groups is not None else "stratified"
    if cv is None:
        share = round(100 * n_tested / len(data.y))
        how = f"trained without {n_tested} of {len(data.y)} samples ({share} %, {kept}) and asked"
        how += " about these"
    else:
        how = f"{cv} times trained without and asked about another part of the samples ({kept})"
    return Estimate(name, how, accuracy, n_tested, independent=data.groups is None)


def draw_splits(data: Data, cv: int | None, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw all folds, or the one that is held out: about 20 % of every class."""
    from sklvision.model_selection._splits import make_splits

    if cv is not None:
        return make_splits(cv, data.X, data.y, data.groups, seed)[0]
    classes, counts = np.unique(data.y, return_counts=True)
    n_parts = min(_HOLD_OUT_PARTS, int(counts.min()))
    if n_parts < 2:
        raise ValueError(
            f"{data.name}: of class {str(classes[counts.argmin()])!r} there is one sample only, "
            "too few to hold any out. --no-estimate trains without an estimate of the accuracy."
        )
    if data.groups is not None:
        n_parts = min(n_parts, len(np.unique(data.groups)))
        if n_parts < 2:
            raise ValueError(
                f"{data.name}: all samples are of one group, so none can be held out. "
                "--no-groups takes samples apart, --no-estimate trains without an estimate."
            )
    return make_splits(n_parts, data.X, data.y, data.groups, seed)[0][:1]


def _logistic_regression(data: Data, n_train: int) -> Any:
    """Logistic regression on pixels or bands; large images are reduced before."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from sklvision.cli._data import reduced_size
    from sklvision.image import FlattenImages, Resize

    steps: list[Any] = []
    if data.is_images:
        shape = data.X.shape[1:]
        n_channels = shape[2] if len(shape) == 3 else 1 if shape or data.mode == "L" else 3
        size = shape[:2] or (64, 64)
        longest = math.sqrt(_BASELINE_VALUES / (n_train * n_channels) * max(size) / min(size))
        longest = max(8, min(64, int(longest)))
        size = reduced_size(shape, longest)
        steps = [Resize(size)] if size else []
        steps.append(FlattenImages())
    return make_pipeline(*steps, StandardScaler(), LogisticRegression(max_iter=1000))
