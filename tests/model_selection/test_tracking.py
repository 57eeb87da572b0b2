"""A comparison in a real store of MLflow."""

import pytest
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

from sklvision.model_selection import compare_estimators


@pytest.fixture(autouse=True)
def mlflow():
    """MLflow, whose import takes a second that fast tests need not spend."""
    return pytest.importorskip("mlflow")


@pytest.mark.slow
def test_to_mlflow_logs_runs_in_a_local_store(tmp_path, monkeypatch):
    from mlflow.tracking import MlflowClient

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_ID", raising=False)
    uri = f"sqlite:///{tmp_path / 'runs.db'}"
    scoring = ["accuracy", "neg_log_loss"]
    result = compare_estimators(
        {"bayes": GaussianNB(var_smoothing=1e-8)},
        *load_iris(return_X_y=True),
        scoring=scoring,
        random_state=0,
    )
    run_id = result.to_mlflow("nails", run_name="first try", tracking_uri=uri)
    second_run = result.to_mlflow("nails", tracking_uri=uri)
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("nails")
    runs = client.search_runs([experiment.experiment_id])
    assert len(runs) == 8
    assert second_run != run_id

    parent = client.get_run(run_id)
    assert parent.info.status == "FINISHED"
    assert parent.info.run_name == "first try"
    assert parent.data.params["Seed"] == "0"
    artifacts = {file.path for file in client.list_artifacts(run_id)}
    assert artifacts == {"report.html", "comparison.md"}

    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == run_id]
    bayes = next(run for run in children if run.info.run_name == "bayes")
    assert float(bayes.data.params["var_smoothing"]) == 1e-8
    row = result.to_frame().loc["bayes"]
    assert bayes.data.metrics["mean_accuracy"] == row["mean_accuracy"]
    assert bayes.data.metrics["pickled_bytes"] == row["pickled_bytes"]
    assert "n_parameters" not in bayes.data.metrics  # not known
    folds = client.get_metric_history(bayes.info.run_id, "fold_neg_log_loss")
    expected = result.scores("neg_log_loss").loc["bayes"].tolist()
    assert [metric.value for metric in sorted(folds, key=lambda m: m.step)] == expected


@pytest.mark.slow
def test_to_mlflow_goes_to_the_experiment_that_is_set(tmp_path, monkeypatch):
    import mlflow

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "")
    result = compare_estimators(
        {"bayes": GaussianNB()}, *load_iris(return_X_y=True), cv=2, random_state=0
    )
    previous_uri = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'runs.db'}")
    try:
        experiment = mlflow.set_experiment("weld seams")
        run = mlflow.get_run(result.to_mlflow())
        assert run.info.experiment_id == experiment.experiment_id
        monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "")
        monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "paint")
        run = mlflow.get_run(result.to_mlflow())
        assert mlflow.get_experiment(run.info.experiment_id).name == "paint"
    finally:
        mlflow.set_tracking_uri(previous_uri)
