"""Callbacks of skorch and MLflow watch a training, stop it and keep its weights."""

import numpy as np
import pytest
from skorch.callbacks import BatchScoring, EarlyStopping, EpochScoring, LRScheduler

from sklvision.neural_network import SpectrumClassifier
from tests.neural_network._problems import QUICK, iris

X, y = iris()


def test_skorch_callbacks_see_batches_and_scores():
    accuracy = EpochScoring("accuracy", on_train=True, name="train_acc", lower_is_better=False)
    macro = EpochScoring("f1_macro", name="valid_f1", lower_is_better=False)
    batch = BatchScoring("accuracy", on_train=True, name="batch_acc", lower_is_better=False)
    clf = SpectrumClassifier(
        max_epochs=8,
        early_stopping=True,
        callbacks=[("one", accuracy), macro, batch],
        random_state=0,
    ).fit(X, y)
    for name in ("train_acc", "valid_f1", "batch_acc"):
        assert 0.3 < clf.history_[-1][name] <= 1
    assert not hasattr(accuracy, "best_score_")  # the parameter itself is as it was
    assert "one" in dict(clf.net_.callbacks_)
    assert not any("batches" in epoch for epoch in clf.history_)


def test_watching_batches_changes_nothing():
    plain = SpectrumClassifier(**QUICK).fit(X, y)
    clf_with_callback = SpectrumClassifier(
        callbacks=[BatchScoring("accuracy", on_train=True, name="a")], **QUICK
    ).fit(X, y)
    np.testing.assert_array_equal(plain.predict_proba(X), clf_with_callback.predict_proba(X))
    np.testing.assert_allclose(plain.loss_curve_, clf_with_callback.loss_curve_)


def test_skorchs_early_stopping_and_scheduler_work():
    stop = EarlyStopping("train_loss", patience=2, threshold=10, sink=lambda _: None)
    clf = SpectrumClassifier(max_epochs=50, callbacks=[stop], random_state=0).fit(X, y)
    assert clf.n_iter_ < 10
    decay = LRScheduler("ExponentialLR", gamma=0.5)
    clf = SpectrumClassifier(
        lr_schedule="constant", max_epochs=4, callbacks=[decay], lr=0.08, random_state=0
    ).fit(X, y)
    np.testing.assert_allclose([e["lr"] for e in clf.history_], [0.08, 0.04, 0.02, 0.01])


@pytest.mark.slow
def test_mlflow_logger_writes_to_a_real_store(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    from skorch.callbacks import MlflowLogger

    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'runs.db'}")
    # Of its own: another test may have left an active experiment of its store.
    with mlflow.start_run(experiment_id=mlflow.create_experiment("nets")) as run:
        SpectrumClassifier(callbacks=[MlflowLogger(create_artifact=False)], **QUICK).fit(X, y)
    client = mlflow.tracking.MlflowClient()
    metrics = client.get_metric_history(run.info.run_id, "train_loss")
    assert len(metrics) == 3


def test_skorchs_checkpoints_work(tmp_path):
    from skorch.callbacks import Checkpoint, TrainEndCheckpoint

    callbacks = [
        ("best", Checkpoint(dirname=tmp_path / "best")),
        ("end", TrainEndCheckpoint(dirname=tmp_path / "end")),
        ("every", Checkpoint(monitor=None, dirname=tmp_path / "every")),
    ]
    SpectrumClassifier(early_stopping=True, callbacks=callbacks, **QUICK).fit(X, y)
    for name in ("best", "end", "every"):
        assert list((tmp_path / name).glob("*params.pt"))
