"""A comparison as runs of MLflow."""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sklvision.reporting._comparison import Comparison
from sklvision.utils._optional import import_optional

_LONGEST_VALUE = 6000  # what every store of MLflow takes
_COSTS = ("log_loss", "fit_seconds", "predict_ms_per_sample", "n_parameters", "pickled_bytes")


def log_runs(
    comparison: Comparison,
    parameters: Mapping[str, Mapping[str, Any]],
    artifacts: Mapping[str, str],
    *,
    experiment: str | None,
    run_name: str,
    tracking_uri: str | None,
) -> str:
    """Log one run for the comparison, with a nested run for each estimator.

    ``parameters`` holds the constructor parameters of every estimator, ``artifacts`` the texts
    of files by their names. Returns the id of the outer run.
    """
    tracking = import_optional("mlflow.tracking", extra="tracking")
    entities = import_optional("mlflow.entities", extra="tracking")
    # A client of its own: the caller's active run and tracking URI stay as they are.
    client = tracking.MlflowClient(tracking_uri)
    experiment_id = _resolve_experiment(client, experiment, tracking_uri)
    timestamp = int(1000 * time.time())

    def log(name: str, params: Mapping[str, Any], metrics: list[Any], tags: dict[str, str]) -> str:
        run = client.create_run(experiment_id, run_name=name, tags={"mlflow.runName": name, **tags})
        run_id: str = run.info.run_id
        texts = [entities.Param(key, str(value)[:_LONGEST_VALUE]) for key, value in params.items()]
        for start in range(0, len(texts), 100):
            client.log_batch(run_id, params=texts[start : start + 100])
        for start in range(0, len(metrics), 1000):
            client.log_batch(run_id, metrics=metrics[start : start + 1000])
        return run_id

    parent = log(
        run_name, comparison.description, [], {"baselines": ", ".join(comparison.baselines)}
    )
    for name in comparison.summary.index:
        metrics = [
            entities.Metric(key, value, timestamp, step)
            for key, value, step in _list_metrics(comparison, name)
        ]
        child = log(name, parameters[name], metrics, {"mlflow.parentRunId": parent})
        client.set_terminated(child)
    with tempfile.TemporaryDirectory() as folder:
        for file_name, text in artifacts.items():
            path = Path(folder, file_name)
            path.write_text(text, encoding="utf-8")
            client.log_artifact(parent, str(path))
    client.set_terminated(parent)
    return parent


def _resolve_experiment(client: Any, name: str | None, tracking_uri: str | None) -> str:
    """Resolve the id of the named experiment, else of MLflow's own setting, else "sklvision"."""
    # ``mlflow.set_experiment`` leaves the id in this variable; ids belong to one store.
    experiment_id = os.environ.get("MLFLOW_EXPERIMENT_ID")
    if name is None and experiment_id and tracking_uri is None:
        return experiment_id
    name = name or os.environ.get("MLFLOW_EXPERIMENT_NAME") or "sklvision"
    existing = client.get_experiment_by_name(name)
    return str(existing.experiment_id if existing else client.create_experiment(name))


def _list_metrics(comparison: Comparison, name: str) -> list[tuple[str, float, int]]:
    """List key, value and step of every finite number of an estimator."""
    row: Any = comparison.summary.loc[name]
    entries: list[tuple[str, Any, int]] = [
        (str(key), row[key], 0)
        for key in comparison.summary.columns
        if key.startswith(("mean_", "std_")) or key in _COSTS
    ]
    entries += [
        (f"fold_{score}", value, step)
        for score, table in comparison.scores.items()
        for step, value in enumerate(table.loc[name])
    ]
    return [(key, float(value), step) for key, value, step in entries if _is_finite(value)]


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except TypeError:  # pandas' missing value
        return False
