"""Grid search that trains its candidates and folds together."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.base import BaseEstimator, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import GridSearchCV, ParameterGrid, check_cv
from sklearn.utils import get_tags, indexable
from sklearn.utils.metadata_routing import process_routing

from sklvision.neural_network._batched.evaluation import Evaluation, Evaluator, check_failures
from sklvision.neural_network._batched.fits import is_own_classifier
from sklvision.neural_network._batched.results import check_refit, find_best, make_results
from sklvision.neural_network._batched.trials import (
    Fold,
    Parameters,
    configure_estimator,
    get_classifier,
    make_trials,
    train_in_batches,
)
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._group_folds import GroupFolds
from sklvision.utils._groups import fit_with_groups
from sklvision.utils._labels import convert_labels, refuse_one_hot
from sklvision.utils._nested import walk_estimators
from sklvision.utils._parallel import run_tasks
from sklvision.utils._sklearn import has_callbacks


class BatchedGridSearchCV(SklvisionEstimator, GridSearchCV):
    """Grid search that trains all candidates and folds of small nets as one batched net.

    It replaces :class:`sklearn.model_selection.GridSearchCV`, with the same parameters, attributes,
    methods and results. Only the training differs: candidates and folds with the same architecture,
    number of epochs, batch size, optimizer and schedule are stacked, and every operation runs for
    all of them at once. For small nets, most of the training time is overhead of many operations,
    which is then needed only once.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : estimator object
        :class:`SpectrumClassifier` or :class:`ImageClassifier`, or a
        :class:`sklearn.pipeline.Pipeline` that ends in one. Its transformers are fitted once for
        each fold and each of their settings. Any other estimator is searched as by GridSearchCV.
    param_grid : dict or list of dict
        Names of parameters and the values to try of each, or several such grids.
    scoring : str, callable, list, tuple or dict, default=None
        One or more scores, as for GridSearchCV; the estimator's `score` by default.
    n_jobs : int, default=None
        Number of batches trained, and then of models scored, at the same time. ``None`` means 1
        unless in a :obj:`joblib.parallel_backend` context; ``-1`` means all processors. The results
        do not depend on it.
    refit : bool, str or callable, default=True
        Fit the best candidate on all data; with several scores the name of the one that counts,
        or a callable that maps `cv_results_` to the index of the best.
    cv : int, cross-validation generator or iterable, default=None
        The folds; 5, stratified by class, by default.
    verbose : int, default=0
        Messages, as for GridSearchCV, and one on how many fits were batched.
    pre_dispatch : int or str, default="2*n_jobs"
        Number of scoring jobs handed out ahead.
    error_score : "raise" or float, default=nan
        Score of a candidate whose fit fails.
    return_train_score : bool, default=False
        Score on the training parts as well.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        Parameters, scores and times of every candidate. The ``fit_time`` of a model that was
        trained in a batch is an equal part of the time of the batch.
    best_estimator_ : estimator
        The best candidate, fitted on all data, if `refit`.
    best_score_ : float
        Its mean score over the folds, unless `refit` is a callable.
    best_params_ : dict
        Its parameters.
    best_index_ : int
        Its row in `cv_results_`.
    scorer_ : callable or dict
        The scorer, or scorers by name.
    n_splits_ : int
        Number of folds.
    refit_time_ : float
        Seconds that the fit on all data took.
    multimetric_ : bool
        Whether there are several scores.
    n_batched_ : int
        Number of fits that were trained in batches.
    not_batched_ : dict of {str : int}
        Number of the fits that were trained one by one, by the reason.
    classes_ : ndarray of shape (n_classes,)
        Labels, if `refit`.
    n_features_in_ : int
        Number of features, if `refit` and the best estimator has it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if `refit` and the best estimator has them.

    See Also
    --------
    sklearn.model_selection.GridSearchCV : Trains one model after the other.
    SpectrumClassifier : Classifier of spectra.
    ImageClassifier : Classifier of images.

    Notes
    -----
    Batches contain nets that are sequences of dense layers, batch normalization, dropout and
    activations, such as ``"spectrum_mlp"`` and ``"mlp"``, trained on a CPU in float32 or float64.
    Other nets, and options that observe or change a single training (`early_stopping`, `callbacks`,
    `augment`, ``lr_schedule="plateau"``, collections of files, parameters of `fit` such as
    `sample_weight`), are fitted one by one; `not_batched_` counts them. Folds of equal size are
    trained together. Progress bars of the estimator (its `verbose`) are not shown.

    Every model starts from the same weights and sees the same batches as in a single fit with its
    random state, so without dropout both give the same model except for rounding. Dropout uses a
    faster generator, so these models differ like those of two random states.

    Only overhead is saved, so wide nets gain less than narrow ones. Nets of more than 100,000
    weights gain nothing, and are fitted one by one.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklvision.neural_network import BatchedGridSearchCV, SpectrumClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> clf = SpectrumClassifier(max_epochs=10, random_state=0)
    >>> grid = {"lr": [1e-3, 3e-3, 1e-2], "label_smoothing": [0.0, 0.1]}
    >>> search = BatchedGridSearchCV(clf, grid, cv=3).fit(X, y)
    >>> search.n_batched_
    18
    >>> float(search.best_score_) > 0.95
    True
    """

    def __init__(
        self,
        estimator: BaseEstimator,
        param_grid: dict[str, Any] | list[dict[str, Any]],
        *,
        scoring: str | Callable | list | tuple | dict | None = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        error_score: str | float = np.nan,
        return_train_score: bool = False,
    ) -> None:
        GridSearchCV.__init__(
            self,
            estimator,
            param_grid,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )

    def fit(self, X: ArrayLike, y: ArrayLike | None = None, **params: Any) -> Self:
        """Train and score every candidate on every fold, then fit the best on all data.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Training data, as the estimator takes them.
        y : array-like of shape (n_samples,), default=None
            Labels.
        **params : dict
            Parameters of the estimator's `fit`, of the scorer and of the splitter. With any but
            `groups` the fits are not batched. Folds and early stopping keep `groups` together,
            unless metadata routing is enabled, whose requests decide then.

        Returns
        -------
        self : object
            The fitted search.

        Raises
        ------
        ValueError
            If `param_grid` holds no candidates, `cv` yields no folds, or all fits failed.
        """
        self._validate_params()
        if y is not None:
            y = convert_labels(y)
            refuse_one_hot(y)
        is_inner_call = isinstance(self.cv, GroupFolds) or get_config()["enable_metadata_routing"]
        if y is not None and not is_inner_call and set(params) == {"groups"}:
            return fit_with_groups(self, X, y, params["groups"])
        candidates = list(ParameterGrid(self.param_grid))
        if not candidates:
            raise ValueError(f"param_grid holds no candidates, got {self.param_grid!r}.")
        obstacle = self._find_obstacle(params, candidates)
        if obstacle is None:
            self._search(X, y, params, candidates)
        else:
            super().fit(X, y, **params)
            self.n_batched_ = 0
            self.not_batched_ = {obstacle: len(candidates) * self.n_splits_}
        if self.verbose:
            reasons = [f"{n} not ({reason})" for reason, n in self.not_batched_.items()]
            print(f"Trained in batches: {', '.join([f'{self.n_batched_} fits', *reasons])}")
        return self

    def _find_obstacle(self, params: dict[str, Any], candidates: list[Parameters]) -> str | None:
        """Return why no fit of this search can be batched, or None."""
        classifier = get_classifier(self.estimator)
        # A candidate may bring a classifier as the last step of a pipeline.
        values = [value for parameters in candidates for value in parameters.values()]
        if not any(map(is_own_classifier, [classifier, *values])):
            return f"{type(classifier).__name__} is not a classifier of the package"
        if get_tags(self.estimator).input_tags.pairwise:
            return "samples are rows of pairwise distances"
        if has_callbacks(self) or any(map(has_callbacks, walk_estimators(self.estimator))):
            return "callbacks of scikit-learn follow trainings of their own"
        names = set(params) - {"groups"}
        if get_config()["enable_metadata_routing"] and params:
            routed = process_routing(self, "fit", **params)
            names = {*routed.estimator.fit, *routed.scorer.score}
        return f"fit is passed {', '.join(sorted(names))}" if names else None

    def _search(self, X: Any, y: Any, params: dict[str, Any], candidates: list[Parameters]) -> None:
        scorer, names = self._make_scorer()
        X, y = indexable(X, y)
        folds = self._split(X, y, params)
        if self.verbose:
            n_fits = len(candidates) * len(folds)
            print(
                f"Fitting {len(folds)} folds for each of {len(candidates)} candidates, totalling "
                f"{n_fits} fits"
            )
        trials = make_trials(self.estimator, candidates, len(folds))
        reasons = train_in_batches(trials, X, y, folds, self.n_jobs)
        self.not_batched_ = dict(reasons)
        self.n_batched_ = sum(trial.is_fitted for trial in trials)
        evaluator = Evaluator(
            scorer=scorer,
            names=names,
            error_score=self.error_score,
            has_train_scores=self.return_train_score,
            verbose=self.verbose,
            n_candidates=len(candidates),
            n_folds=len(folds),
        )
        evaluations = list(
            run_tasks(
                evaluator.evaluate,
                ((trial, *folds[trial.fold]) for trial in trials),
                shared_args=(X, y),
                n_jobs=self.n_jobs,
                pre_dispatch=self.pre_dispatch,
            )
        )
        check_failures(evaluations, self.error_score)
        self._choose(candidates, evaluations)
        if self.refit:
            self._refit(X, y)

    def _make_scorer(self) -> tuple[Callable, tuple[str, ...] | None]:
        """Return the scorer, and the names of its scores if there are several."""
        if callable(self.scoring) or self.scoring is None or isinstance(self.scoring, str):
            single = self.scoring
            scorer = single if callable(single) else check_scoring(self.estimator, single)
            self.scorer_ = scorer
            return scorer, None
        scorer = check_scoring(self.estimator, self.scoring, raise_exc=self.error_score == "raise")
        scorings = self.scoring if isinstance(self.scoring, dict) else {s: s for s in self.scoring}
        self.scorer_ = {name: check_scoring(self.estimator, s) for name, s in scorings.items()}
        check_refit(self.refit, self.scorer_)
        return scorer, tuple(self.scorer_)

    def _split(self, X: Any, y: Any, params: dict[str, Any]) -> list[Fold]:
        splitter = check_cv(_check_folds(self.cv), y, classifier=is_classifier(self.estimator))
        if get_config()["enable_metadata_routing"]:
            split_params = process_routing(self, "fit", **params).splitter.split if params else {}
        else:
            split_params = {"groups": params.get("groups")}
        self.n_splits_ = splitter.get_n_splits(X, y, **split_params)
        folds = list(splitter.split(X, y, **split_params))
        if len(folds) != self.n_splits_:
            raise ValueError(
                "cv.split and cv.get_n_splits return inconsistent results. Expected "
                f"{self.n_splits_} splits, got {len(folds)}"
            )
        if not folds:
            raise ValueError("No fits were performed. Was the CV iterator empty?")
        return folds

    def _choose(self, candidates: list[Parameters], evaluations: list[Evaluation]) -> None:
        """Store the results and the best candidate."""
        results = make_results(
            candidates,
            evaluations,
            has_train_scores=self.return_train_score,
            error_score=self.error_score,
        )
        self.multimetric_ = "mean_test_score" not in results
        metric = "score"
        if self.multimetric_:
            names = [
                key.removeprefix("rank_test_") for key in results if key.startswith("rank_test_")
            ]
            check_refit(self.refit, names)
            metric = self.refit
        if self.refit or not self.multimetric_:
            self.best_index_ = find_best(self.refit, metric, results)
            if not callable(self.refit):
                self.best_score_ = results[f"mean_test_{metric}"][self.best_index_]
            self.best_params_ = results["params"][self.best_index_]
        self.cv_results_ = results

    def _refit(self, X: Any, y: Any) -> None:
        """Fit the best candidate on all samples."""
        best = configure_estimator(self.estimator, self.best_params_)
        start = perf_counter()
        self.best_estimator_ = best.fit(X, y)
        self.refit_time_ = perf_counter() - start
        if hasattr(best, "feature_names_in_"):
            self.feature_names_in_ = best.feature_names_in_


def _check_folds(cv: Any) -> Any:
    """Return `cv`; raise if it lists folds that are not pairs of indices."""
    if hasattr(cv, "split") or not np.iterable(cv):
        return cv
    folds = list(cv)
    for fold in folds:
        if not isinstance(fold, tuple | list | np.ndarray) or len(fold) != 2:
            raise ValueError(
                "cv must be a number of folds, a splitter or a list of pairs of indices of "
                f"training and test samples, got the fold {fold!r}."
            )
    return folds
