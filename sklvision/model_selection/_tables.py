"""What the scores of a comparison say about its estimators, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from sklvision.model_selection._statistics import corrected_t_test, holm

if TYPE_CHECKING:
    from sklvision.model_selection._result import ComparisonResult


def best_baseline(result: ComparisonResult, score: str) -> str | None:
    """The baseline of the highest mean; without baselines, the best of all."""
    means = result.scores(score).mean(axis=1, skipna=False).dropna()
    baselines = [name for name in means.index if name in result.baselines]
    means = means.loc[baselines] if baselines else means
    return None if means.empty else str(means.idxmax())


def tabulate_summary(result: ComparisonResult) -> pd.DataFrame:
    """Every estimator in one row, the best first."""
    names = list(result.estimators)
    grouped = result.folds.groupby("estimator", sort=False)
    columns: dict[str, Any] = {"baseline": [name in result.baselines for name in names]}
    for score in result.score_names:
        table = result.scores(score)
        columns[f"mean_{score}"] = table.mean(axis=1, skipna=False)
        columns[f"std_{score}"] = table.std(axis=1, ddof=0, skipna=False)
        columns.update({f"split{split}_{score}": table[split] for split in table})
    columns["fit_seconds"] = grouped["fit_seconds"].mean()
    columns["predict_ms_per_sample"] = grouped["predict_ms_per_sample"].median()
    for size in ("n_parameters", "pickled_bytes"):
        known = result.folds[size].notna().groupby(result.folds["estimator"]).all()
        medians = grouped[size].median().astype("Float64").round().astype("Int64")
        columns[size] = medians.where(known.reindex(names))
    frame = pd.DataFrame(columns, index=pd.Index(names, name="estimator"))
    first = f"mean_{result.score_names[0]}"
    return frame.sort_values(first, ascending=False, kind="stable", na_position="last")


def tabulate_differences(
    result: ComparisonResult, score: str, reference: str, confidence: float
) -> pd.DataFrame:
    """Every estimator that is no baseline against the reference."""
    table = result.scores(score)
    others = [
        name
        for name in result.estimators
        if name != reference and (name not in result.baselines or reference not in result.baselines)
    ]
    n_train, n_test = np.array([[len(train), len(test)] for train, test in result.splits]).T
    tests = [
        corrected_t_test(
            (table.loc[name] - table.loc[reference]).to_numpy(), n_train, n_test, confidence
        )
        for name in others
    ]
    frame = pd.DataFrame(
        tests,
        index=pd.Index(others, name="estimator"),
        columns=["difference", "low", "high", "p_value"],
        dtype=float,
    )
    frame["p_holm"] = holm(frame["p_value"].to_numpy())
    shown = frame["p_holm"] < 1 - confidence
    frame["verdict"] = np.select(
        [shown & (frame["difference"] > 0), shown, frame["p_holm"].isna()],
        ["better", "worse", "not tested"],
        "no difference shown",
    )
    frame.attrs = {"score": score, "reference": reference, "confidence": confidence}
    return frame.sort_values("difference", ascending=False, kind="stable", na_position="last")


def tabulate_tradeoffs(result: ComparisonResult, score: str, cost: str) -> pd.DataFrame:
    """The estimators that nothing cheaper equals, and what each step up the front pays."""
    frame = result.to_frame()
    mean = frame[f"mean_{score}"].astype(float)
    price = frame[cost].astype(float)
    known = (mean.notna() & price.notna()).to_numpy()
    candidates = pd.DataFrame({score: mean, cost: price})[known]
    # Of equally cheap ones the best comes first, so that the others are dominated by it.
    candidates = candidates.sort_values([cost, score], ascending=[True, False], kind="stable")
    before = candidates[score].cummax().shift(fill_value=-np.inf)
    front = candidates[candidates[score] > before].copy()
    front["gain"] = front[score].diff()
    front["added_cost"] = front[cost].diff()
    front["gain_per_cost"] = front["gain"] / front["added_cost"]
    front.attrs = {"score": score, "cost": cost}
    return front


def tabulate_confusion(result: ComparisonResult, name: str) -> pd.DataFrame:
    """True against predicted labels over the test parts of all folds."""
    if result.target is None or result.predictions is None:
        raise ValueError("This result was made without predictions.")
    labels = np.unique(result.target)
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    for split, predicted in result.predictions.get(name, {}).items():
        true = result.target[result.splits[split][1]]
        counts += confusion_matrix(true, predicted, labels=labels)
    return pd.DataFrame(
        counts, index=pd.Index(labels, name="true"), columns=pd.Index(labels, name="predicted")
    )
