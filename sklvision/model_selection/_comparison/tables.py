"""Tables of a comparison: summary, differences, trade-offs and confusion matrices."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sklvision.model_selection._splits import Split
from sklvision.reporting._comparison import Comparison, Failure
from sklvision.utils._labels import make_index
from sklvision.utils._pareto import find_pareto_front
from sklvision.utils._statistics import (
    adjust_p_values,
    check_confidence,
    compute_corrected_t_test,
)

COSTS = ["predict_ms_per_sample", "fit_seconds", "n_parameters", "pickled_bytes"]
# Columns of tables that also have a column by the name of a score.
RESERVED_NAMES = [*COSTS, "log_loss", "gain", "added_cost", "gain_per_cost"]


def find_best_baseline(scores: pd.DataFrame, baselines: Collection[str]) -> str | None:
    """Return the baseline of the highest mean score; without baselines, the best of all."""
    means = scores.mean(axis=1, skipna=False).dropna()
    present = [name for name in means.index if name in baselines]
    means = means.loc[present] if present else means
    return None if means.empty else str(means.idxmax())


def pick_best(names: Iterable[str], baselines: Collection[str]) -> list[str]:
    """Return the first candidate and the first baseline of names that are sorted by score."""
    names = list(names)
    candidates = [name for name in names if name not in baselines]
    return candidates[:1] + [name for name in names if name in baselines][:1]


def tabulate_summary(
    folds: pd.DataFrame, scores: Mapping[str, pd.DataFrame], baselines: Collection[str]
) -> pd.DataFrame:
    """Summarize every estimator in one row, the best first."""
    names = list(next(iter(scores.values())).index)
    by_estimator = folds.groupby("estimator", sort=False)
    columns: dict[str, Any] = {"baseline": [name in baselines for name in names]}
    for score, table in scores.items():
        columns[f"mean_{score}"] = table.mean(axis=1, skipna=False)
        columns[f"std_{score}"] = table.std(axis=1, ddof=0, skipna=False)
        columns.update({f"split{split}_{score}": table[split] for split in table})
    if "log_loss" in folds:
        columns["log_loss"] = by_estimator["log_loss"].apply(lambda x: x.mean(skipna=False))
    columns["fit_seconds"] = by_estimator["fit_seconds"].mean()
    columns["predict_ms_per_sample"] = by_estimator["predict_ms_per_sample"].median()
    for size in ("n_parameters", "pickled_bytes"):
        is_known = folds[size].notna().groupby(folds["estimator"]).all()
        medians = by_estimator[size].median().astype("Float64").round().astype("Int64")
        columns[size] = medians.where(is_known.reindex(names))
    frame = pd.DataFrame(columns, index=pd.Index(names, name="estimator"))
    first = f"mean_{next(iter(scores))}"
    return frame.sort_values(first, ascending=False, kind="stable", na_position="last")


def tabulate_differences(
    scores: pd.DataFrame,
    score: str,
    reference: str,
    baselines: Collection[str],
    splits: list[Split],
    confidence: float,
) -> pd.DataFrame:
    """Test the difference of every estimator from the reference."""
    check_confidence(confidence)
    names = [
        name
        for name in scores.index
        if name != reference and (name not in baselines or reference not in baselines)
    ]
    n_train, n_test = np.array([[len(train), len(test)] for train, test in splits]).T
    tests = [
        compute_corrected_t_test(
            (scores.loc[name] - scores.loc[reference]).to_numpy(), n_train, n_test, confidence
        )
        for name in names
    ]
    frame = pd.DataFrame(
        tests,
        index=pd.Index(names, name="estimator"),
        columns=["difference", "low", "high", "p_value"],
        dtype=float,
    )
    frame["p_holm"] = adjust_p_values(frame["p_value"].to_numpy())
    is_significant = frame["p_holm"] < 1 - confidence
    frame["verdict"] = np.select(
        [is_significant & (frame["difference"] > 0), is_significant, frame["p_holm"].isna()],
        ["better", "worse", "not tested"],
        "no difference shown",
    )
    frame.attrs = {"score": score, "reference": reference, "confidence": confidence}
    return frame.sort_values("difference", ascending=False, kind="stable", na_position="last")


def tabulate_tradeoffs(summary: pd.DataFrame, score: str, cost: str) -> pd.DataFrame:
    """List the Pareto front of a score and a cost, with the price of each step."""
    if cost not in COSTS:
        raise KeyError(f"No cost {cost!r}; there are {COSTS}.")
    mean, price = summary[f"mean_{score}"].astype(float), summary[cost].astype(float)
    candidates = pd.DataFrame({score: mean, cost: price}).dropna()
    indices = find_pareto_front(candidates[score].to_numpy(), candidates[cost].to_numpy())
    front = candidates.iloc[indices].copy()
    front["gain"] = front[score].diff()
    front["added_cost"] = front[cost].diff()
    front["gain_per_cost"] = front["gain"] / front["added_cost"]
    front.attrs = {"score": score, "cost": cost}
    return front


def tabulate_confusion(
    target: np.ndarray, predictions: Mapping[int, np.ndarray], splits: list[Split]
) -> pd.DataFrame:
    """Count true against predicted labels over the test sets of all folds."""
    try:
        return _count_labels(target, predictions, splits, make_index)
    except UnicodeEncodeError:  # an index with surrogates cannot be compared with one without
        return _count_labels(target, predictions, splits, partial(pd.Index, dtype=object))


def _count_labels(
    target: np.ndarray,
    predictions: Mapping[int, np.ndarray],
    splits: list[Split],
    make_index: Callable[[np.ndarray], pd.Index],
) -> pd.DataFrame:
    labels = make_index(np.unique(target))
    for predicted in predictions.values():  # labels that are not in the target come last
        names = make_index(predicted).unique()
        unknown = names[labels.get_indexer(names) < 0]
        if len(unknown):
            labels = make_index(np.array([*labels, *unknown], dtype=object))
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    for split, predicted in predictions.items():
        true = labels.get_indexer(make_index(target[splits[split][1]]))
        np.add.at(counts, (true, labels.get_indexer(make_index(predicted))), 1)
    return pd.DataFrame(counts, index=labels.rename("true"), columns=labels.rename("predicted"))


def tabulate_comparison(
    folds: pd.DataFrame,
    scores: Mapping[str, pd.DataFrame],
    baselines: Sequence[str],
    splits: list[Split],
    description: Mapping[str, str],
) -> Comparison:
    """Collect the tables that every report shows, with the default reference and confidence."""
    score, table = next(iter(scores.items()))
    reference = find_best_baseline(table, baselines)
    summary = tabulate_summary(folds, scores, baselines)
    return Comparison(
        summary=summary,
        scores=scores,
        differences=None
        if reference is None
        else tabulate_differences(table, score, reference, baselines, splits, confidence=0.95),
        tradeoffs=tabulate_tradeoffs(summary, score, COSTS[0]),
        baselines=baselines,
        description=description,
        failures=_list_failures(folds, score),
    )


def _list_failures(folds: pd.DataFrame, score: str) -> list[Failure]:
    """List the estimators that failed or have no score in some folds, with their first error."""
    scores = folds[f"test_{score}"]
    has_failed = scores.isna()
    if "error" in folds:
        has_failed |= folds["error"].notna()
    failures = []
    for name, rows in folds[has_failed].groupby("estimator", sort=False):
        errors = list(rows["error"].dropna()) if "error" in rows else []
        numbers = rows[f"test_{score}"]
        replacement = None if numbers.isna().any() else float(numbers.iloc[0])
        failures.append(Failure(str(name), len(rows), errors[0] if errors else None, replacement))
    return failures
