"""Callbacks of scikit-learn follow the fits of classifiers, alone and inside searches."""

import gc
import pickle
import weakref

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.neural_network import BatchedGridSearchCV, ImageClassifier, SpectrumClassifier
from tests.neural_network._problems import QUICK, blobs_of_images, iris

try:
    from sklearn.callback import ProgressBar, ScoringMonitor
except ImportError:
    pytestmark = pytest.mark.skip(reason=f"scikit-learn {sklearn.__version__} has no callbacks")

X, y = iris()
IMAGES, LABELS = blobs_of_images(n=30)
KINDS = {
    "spectra": (SpectrumClassifier(**QUICK), X, y),
    "images": (ImageClassifier("mlp", **QUICK), IMAGES, LABELS),
    "rows": (ImageClassifier("mlp", image_shape=(8, 8), **QUICK), IMAGES.reshape(30, -1), LABELS),
}


class Recorder:
    """Records the tasks and the data of the last one."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.begun, self.ended, self.estimators, self.set_up = [], [], [], 0

    def setup(self, estimator, context):
        self.set_up += 1

    def teardown(self, estimator, context):
        self.set_up -= 1

    def on_fit_task_begin(self, estimator, context):
        self.begun.append((context.task_name, context.task_id, context.max_subtasks))

    def on_fit_task_end(self, estimator, context, *, X, y, metadata):
        self.ended.append((context.task_name, context.task_id))
        self.data = X, y, metadata
        return context.task_name == "epoch" and context.task_id + 1 == self.stop_after


class Keeper(Recorder):
    """A recorder that asks for estimators fitted so far."""

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.estimators.append(fitted_estimator)
        return super().on_fit_task_end(estimator, context, X=X, y=y, metadata=metadata)


@pytest.fixture(params=KINDS)
def problem(request):
    clf, samples, labels = KINDS[request.param]
    return clone(clf), samples, labels


def test_set_callbacks_has_every_epoch_reported(problem):
    clf, samples, labels = problem
    recorder, weights = Recorder(), np.ones(len(labels))
    clf.set_callbacks(recorder).fit(samples, labels, sample_weight=weights)
    assert recorder.begun == [("fit", 0, 3), *(("epoch", i, 0) for i in range(3))]
    assert recorder.ended == [*(("epoch", i) for i in range(3)), ("fit", 0)]
    assert recorder.data[0] is samples
    assert recorder.data[1] is labels
    assert recorder.data[2]["sample_weight"] is weights
    assert recorder.set_up == 0


def test_scoring_monitor_scores_every_epoch(problem):
    clf, samples, labels = problem
    plain = clone(clf).fit(samples, labels)
    monitor = ScoringMonitor(scoring="accuracy")
    clf.set_callbacks(monitor).fit(samples, labels)
    log = monitor.get_logs().data_as_pandas
    assert log.task_name.tolist() == ["fit", "epoch", "epoch", "epoch"]
    assert log.accuracy[0] == log.accuracy.iloc[-1] == clf.score(samples, labels)
    assert log.accuracy.iloc[1] < log.accuracy.iloc[-1]
    # Who is followed is trained as who is not.
    np.testing.assert_array_equal(clf.decision_function(samples), plain.decision_function(samples))
    assert clf.loss_curve_ == plain.loss_curve_


def test_fitted_estimator_stays_as_it_was_at_its_epoch(problem):
    clf, samples, labels = problem
    keeper = Keeper()
    clf.set_callbacks(keeper).fit(samples, labels)
    *snapshots, final = keeper.estimators
    assert [snapshot.n_iter_ for snapshot in snapshots] == [1, 2, 3]
    outputs = [snapshot.decision_function(samples) for snapshot in snapshots]
    assert not np.array_equal(outputs[0], outputs[2])
    for snapshot in (snapshots[2], final, pickle.loads(pickle.dumps(snapshots[2]))):
        np.testing.assert_allclose(
            snapshot.predict_proba(samples), clf.predict_proba(samples), atol=1e-2
        )
        assert snapshot.loss_curve_ == clf.loss_curve_


def test_attributes_are_not_made_for_callbacks_that_do_not_need_them(monkeypatch):
    def refuse(*args):
        raise AssertionError("a copy of the net was made")

    monkeypatch.setattr("sklvision.neural_network._base.make_snapshot", refuse)
    SpectrumClassifier(**QUICK).set_callbacks(Recorder()).fit(X, y)


def test_callback_ends_the_training():
    clf = SpectrumClassifier(max_epochs=10, random_state=0)
    clf.set_callbacks(Recorder(stop_after=4)).fit(X, y)
    assert clf.n_iter_ == 4


def test_early_stopping_ends_the_reports():
    recorder = Recorder()
    clf = SpectrumClassifier(max_epochs=200, early_stopping=True, lr=0.1, n_iter_no_change=2)
    clf.set_params(random_state=0).set_callbacks(recorder).fit(X, y)
    assert len(recorder.ended) == clf.n_iter_ + 1 < 100


def test_callbacks_are_torn_down_after_an_error():
    recorder = Recorder()
    clf = SpectrumClassifier(optimizer="sgd", lr=1e30, **QUICK).set_callbacks(recorder)
    with pytest.raises(ValueError, match="diverged"):
        clf.fit(X, y)
    assert recorder.set_up == 0
    assert set(vars(clf)) - set(clf.get_params()) <= {
        *("n_features_in_", "input_contract_", "_skl_callbacks")
    }


def test_fitted_classifier_holds_no_data():
    samples = X.copy()
    keeper = Keeper()
    clf = SpectrumClassifier(**QUICK).set_callbacks(keeper)
    reference = weakref.ref(samples)
    clf.fit(samples, y)
    del samples, keeper.data
    gc.collect()
    assert reference() is None
    assert clf.score(X, y) > 0.5


@pytest.mark.parametrize("Search", [GridSearchCV, BatchedGridSearchCV])
@pytest.mark.parametrize("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_callbacks_work_through_pipelines_searches_and_jobs(Search, n_jobs, capsys):
    monitor = ScoringMonitor(scoring="accuracy")
    pipeline = make_pipeline(StandardScaler(), SpectrumClassifier(**QUICK).set_callbacks(monitor))
    grid = {"spectrumclassifier__lr": [1e-3, 1e-2]}
    search = Search(pipeline, grid, cv=2, n_jobs=n_jobs).set_callbacks(ProgressBar()).fit(X, y)
    log = monitor.get_logs().data_as_pandas
    assert (log.task_name == "epoch").sum() == 5 * 3  # two folds of two candidates, and the best
    assert log.accuracy.between(0.3, 1).all()
    assert search.best_score_ > 0.5
    out, err = capsys.readouterr()
    assert "search" in out + err
    assert "100%" in out + err
    if Search is BatchedGridSearchCV:
        reason = "callbacks of scikit-learn follow trainings of their own"
        assert search.not_batched_ == {reason: 4}


def test_progress_bar_shows_epochs(capsys):
    SpectrumClassifier(**QUICK).set_callbacks(ProgressBar()).fit(X, y)
    assert "SpectrumClassifier - fit" in capsys.readouterr().out


def test_progress_bar_belongs_to_the_outermost_estimator():
    clf = SpectrumClassifier(**QUICK).set_callbacks(ProgressBar())
    with pytest.raises(TypeError, match="auto-propagated"):
        make_pipeline(StandardScaler(), clf).fit(X, y)


def test_partial_fit_is_not_reported():
    recorder = Recorder()
    SpectrumClassifier(**QUICK).set_callbacks(recorder).partial_fit(X, y)
    assert recorder.begun == []
