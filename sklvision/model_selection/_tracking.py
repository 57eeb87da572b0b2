"""A comparison as runs of MLflow, beside those of everything else."""

from __future__ import annotations

import math
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklvision.utils._optional import import_optional

if TYPE_CHECKING:
    from sklvision.model_selection._result import ComparisonResult

_LONGEST_VALUE = 6000  # what every store of MLflow takes


def log_runs(
    result: ComparisonResult, experiment: str, run_name: str, tracking_uri: str | None
) -> str:
    """Log one run for the comparison, with a nested one for each estimator."""
    tracking = import_optional("mlflow.tracking", extra="tracking")
    entities = import_optional("mlflow.entities", extra="tracking")
    # A client of its own: the caller's active run and tracking URI stay as they are.
    client = tracking.MlflowClient(tracking_uri)
    found = client.get_experiment_by_name(experiment)
    experiment_id = found.experiment_id if found else client.create_experiment(experiment)

    def log(name: str, params: dict[str, Any], metrics: list[Any], tags: dict[str, str]) -> str:
        run = client.create_run(experiment_id, run_name=name, tags={"mlflow.runName": name, **tags})
        run_id: str = run.info.run_id
        logged = [entities.Param(key, str(value)[:_LONGEST_VALUE]) for key, value in params.items()]
        for start in range(0, len(logged), 100):
            client.log_batch(run_id, params=logged[start : start + 100])
        for start in range(0, len(metrics), 1000):
            client.log_batch(run_id, metrics=metrics[start : start + 1000])
        return run_id

    now = int(1000 * time.time())

    def metric(key: str, value: Any, step: int = 0) -> Any:
        return entities.Metric(key, float(value), now, step)

    parent = log(run_name, dict(result.description), [], {"baselines": ", ".join(result.baselines)})
    summary = result.to_frame()
    for name, estimator in result.estimators.items():
        params = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
        row = summary.loc[name]
        metrics = [
            metric(key, row[key])
            for key in summary.columns
            if key.startswith(("mean_", "std_"))
            or key in ("fit_seconds", "predict_ms_per_sample", "n_parameters", "pickled_bytes")
            if _is_number(row[key])
        ]
        for score in result.score_names:
            metrics += [
                metric(f"fold_{score}", value, step)
                for step, value in enumerate(result.scores(score).loc[name])
                if _is_number(value)
            ]
        child = log(name, params, metrics, {"mlflow.parentRunId": parent})
        client.set_terminated(child)
    with tempfile.TemporaryDirectory() as folder:
        page, table = Path(folder, "report.html"), Path(folder, "comparison.md")
        result.to_html(page)
        table.write_text(result.to_markdown(), encoding="utf-8")
        for file in (page, table):
            client.log_artifact(parent, str(file))
    client.set_terminated(parent)
    return parent


def _is_number(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except TypeError:  # pandas' missing value
        return False
