"""Optuna's search prunes trials by partial_fit, which is one epoch."""

import pytest
from sklearn.datasets import load_digits

from sklvision.neural_network import SpectrumClassifier

optuna = pytest.importorskip("optuna", reason="Optuna is absent")
integration = pytest.importorskip("optuna_integration", reason="its integration is absent")


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_optuna_prunes_trials_after_a_few_epochs():
    X, y = load_digits(return_X_y=True)
    X, y, n_epochs = X[:400], y[:400], 4
    study = optuna.create_study(
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=1, n_warmup_steps=1),
        sampler=optuna.samplers.GridSampler({"lr": [1e-2, 1e-6, 3e-3]}, seed=0),
    )
    search = integration.OptunaSearchCV(
        SpectrumClassifier(max_epochs=n_epochs, lr_schedule="constant", random_state=0),
        {"lr": optuna.distributions.FloatDistribution(1e-6, 1e-2, log=True)},
        cv=2,
        enable_pruning=True,
        max_iter=n_epochs,
        n_trials=6,
        random_state=0,
        study=study,
    ).fit(X, y)
    n_steps = {
        trial.params["lr"]: len(trial.intermediate_values)
        for trial in study.trials
        if trial.state is optuna.trial.TrialState.PRUNED
    }
    assert n_steps[1e-6] < n_epochs
    assert search.best_params_["lr"] > 1e-3
    assert search.best_estimator_.n_iter_ == n_epochs
    assert search.score(X, y) > 0.8
