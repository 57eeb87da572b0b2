"""Grid search that trains its candidates and folds together."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from copy import copy
from time import perf_counter
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.model_selection import GridSearchCV, ParameterGrid, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from sklvision.neural_network._batched_fit import (
    BatchedFit,
    NotBatchedError,
    check_batchable,
    fit_together,
    hash_data_settings,
    plan_batched_fit,
    prepare_batched_data,
)
from sklvision.neural_network._fit import FitData
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._sklearn import index_samples


class BatchedGridSearchCV(SklvisionEstimator, GridSearchCV):
    """Grid search that trains all candidates and folds of small nets as one batched net.

    It takes the place of :class:`sklearn.model_selection.GridSearchCV`, with its parameters,
    attributes, methods and results. What differs is the training: candidates of one architecture,
    number of epochs, batch size, optimizer and schedule are stacked, folds included, and every
    operation runs for all of them at once. With small nets most of a training's time is the
    overhead of its many operations, and that is then paid once for all.

    Parameters
    ----------
    estimator : estimator object
        :class:`SpectrumClassifier` or :class:`ImageClassifier`, or a
        :class:`sklearn.pipeline.Pipeline` that ends in one. Its transformers are fitted once for
        each fold and each setting of theirs. Any other estimator is searched as
        GridSearchCV does.
    param_grid : dict or list of dict
        Names of parameters and the values to try of each, or several such grids.
    scoring : str, callable, list, tuple or dict, default=None
        One or more scores, as for GridSearchCV; the estimator's `score` by default.
    n_jobs : int, default=None
        Batches trained at a time, then models scored at a time. ``None`` means 1 unless in a
        :obj:`joblib.parallel_backend` context; ``-1`` means all processors.
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
        trained in a batch is an equal share of what all of them took.
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
        Why the other fits were trained one by one, and how many of them.
    classes_ : ndarray of shape (n_classes,)
        Labels, if `refit`.
    n_features_in_ : int
        Number of features, if `refit` and the best estimator has it.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if `refit` and the best estimator has them.

    See Also
    --------
    sklearn.model_selection.GridSearchCV : Trains one model after the other.
    SpectrumClassifier : Classifier of spectra.
    ImageClassifier : Classifier of images.

    Notes
    -----
    Nets are batched that are sequences of dense layers, batch normalisation, dropout and
    activations, as ``"spectrum_mlp"`` and ``"mlp"``, trained on a CPU in float32 or float64.
    Others, and whatever watches or changes a training of its own (`early_stopping`, `callbacks`,
    `augment`, ``lr_schedule="plateau"``, collections of files, parameters of `fit` such as
    `sample_weight`), are fitted one by one; `not_batched_` counts them. Folds of equal size are
    trained together. Progress bars of the estimator (its `verbose`) are not shown.

    Every model starts from the weights and sees the batches that its random state gives it in a
    fit of its own, so without dropout both give the same model but for rounding. Dropout draws
    from a faster generator: the models differ as those of two random states do.

    Wide nets are bound by arithmetic and gain less than narrow ones: what is saved is overhead.

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
        super().__init__(
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
            Parameters of the estimator's `fit`, of the scorer and of the splitter, such as
            `groups`. With any but `groups` the fits are not batched.

        Returns
        -------
        self : object
            The fitted search.
        """
        # scikit-learn's own search runs on a copy whose estimator hands out fitted models where
        # it is cloned for a fit; folds, scores, failures, results and refit are scikit-learn's.
        search = copy(self)
        search.cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        search._handover = _Handover(self.estimator, sorted(set(params) - {"groups"}))
        if isinstance(self.estimator, BaseEstimator):
            search.estimator = copy(self.estimator)
            search.estimator.__sklearn_clone__ = search._handover
        super(BatchedGridSearchCV, search).fit(X, y, **params)
        fitted = dict(vars(search), estimator=self.estimator, cv=self.cv)
        handover = fitted.pop("_handover")
        self.__dict__.update(fitted)
        self.n_batched_, self.not_batched_ = handover.n_batched, dict(handover.not_batched)
        return self

    def _run_search(self, evaluate_candidates: Callable, **_: Any) -> None:
        candidates = list(ParameterGrid(self.param_grid))
        folds = _TrainingFolds(self.cv, self._handover, candidates, self.n_jobs)
        evaluate_candidates(candidates, cv=folds)
        if self.verbose:
            print(self._handover.describe())

    def _format_results(
        self, candidate_params: Any, n_splits: int, out: list[dict], more_results: Any = None
    ) -> dict:
        for result, seconds in zip(out, self._handover.seconds, strict=False):
            result["fit_time"] += seconds
        return super()._format_results(candidate_params, n_splits, out, more_results)


class _Handover:
    """Stands in for the cloning of an estimator: hands out the fits of a search in its order."""

    def __init__(self, estimator: BaseEstimator, fit_params: list[str]) -> None:
        self.estimator = estimator
        self.fit_params = fit_params
        self.waiting: deque[_ToFit] | None = None
        self.seconds: list[float] = []
        self.n_batched = 0
        self.not_batched: Counter[str] = Counter()

    def __getstate__(self) -> dict[str, Any]:
        # A search goes to other processes with each of its fits; the others stay here.
        return vars(self) | {"waiting": None}

    def __call__(self) -> Any:
        if self.waiting is None:  # the search clones its estimator before it has folds
            base = copy(self.estimator)
            base.__sklearn_clone__ = self
            return base
        return self.waiting.popleft() if self.waiting else clone(self.estimator)

    def describe(self) -> str:
        """Say how many fits were batched, and why others were not."""
        reasons = [f"{n} not ({reason})" for reason, n in self.not_batched.items()]
        return f"Trained in batches: {', '.join([f'{self.n_batched} fits', *reasons])}"

    def train(
        self, X: Any, y: Any, candidates: list[dict], folds: list[tuple], n_jobs: int | None
    ) -> None:
        """Train what can be trained together, and line up all fits."""
        start = perf_counter()
        tasks = [
            _ToFit(clone(self.estimator), candidate, fold)
            for candidate in candidates
            for fold in range(len(folds))
        ]
        if self.fit_params:
            self.not_batched[f"fit is passed {', '.join(self.fit_params)}"] = len(tasks)
        else:
            for same in _by_transformers(tasks):
                self._train_together(same, X, y, folds, n_jobs)
        self.n_batched = sum(task.fitted is not None for task in tasks)
        share = (perf_counter() - start) / max(1, self.n_batched)
        self.seconds = [0.0 if task.fitted is None else share for task in tasks]
        self.waiting = deque(tasks)

    def _train_together(
        self, tasks: list[_ToFit], X: Any, y: Any, folds: list[tuple], n_jobs: int | None
    ) -> None:
        parts = _Parts(X, y, folds)
        prepared: list[tuple[_ToFit, Any, BatchedFit]] = []
        for task in tasks:
            try:
                prepared.append((task, *parts.prepare(task)))
            except NotBatchedError as reason:
                self.not_batched[str(reason)] += 1
            except Exception as error:  # the fit alone will raise it, where it is dealt with
                self.not_batched[f"{type(error).__name__}: {error}"] += 1
        done = fit_together([fit for *_, fit in prepared], n_jobs)
        for (task, estimator, _), is_fitted in zip(prepared, done, strict=True):
            if is_fitted:
                task.fitted = estimator
            else:
                self.not_batched["training diverged"] += 1


class _Parts:
    """Training parts of the folds, as transformers and classifiers with equal settings see them."""

    def __init__(self, X: Any, y: Any, folds: list[tuple]) -> None:
        self.X, self.y, self.folds = X, y, folds
        self.transformed: dict[int, tuple[list, Any, Any]] = {}
        self.parts: dict[tuple[int, str], FitData] = {}

    def prepare(self, task: _ToFit) -> tuple[Any, BatchedFit]:
        """Return the estimator that will be fitted, and the fit of its classifier."""
        estimator = task.configured()
        classifier = _last_step(estimator)
        checked = check_batchable(classifier)
        steps, X, y = self._transform(estimator, task.fold)
        key = task.fold, hash_data_settings(classifier)
        if key not in self.parts:
            self.parts[key] = prepare_batched_data(classifier, X, y)
        if type(estimator) is Pipeline:
            estimator.steps = [*steps, estimator.steps[-1]]
        return estimator, plan_batched_fit(classifier, checked, self.parts[key])

    def _transform(self, estimator: Any, fold: int) -> tuple[list, Any, Any]:
        if fold not in self.transformed:
            train = self.folds[fold][0]
            X, y = index_samples(self.X, train), index_samples(self.y, train)
            steps: list = []
            if type(estimator) is Pipeline and len(estimator.steps) > 1:
                transformers = estimator[:-1]
                X = transformers.fit_transform(X, y)
                steps = transformers.steps
            self.transformed[fold] = steps, X, y
        return self.transformed[fold]


class _ToFit:
    """In the search's place of one estimator; its fit turns it into the one that was trained."""

    def __init__(self, estimator: Any, candidate: dict[str, Any], fold: int) -> None:
        self.estimator, self.candidate, self.fold = estimator, candidate, fold
        self.fitted: Any = None

    def __sklearn_tags__(self) -> Any:
        return get_tags(self.estimator)

    def configured(self) -> Any:
        """A fresh estimator with the candidate's parameters."""
        return clone(self.estimator).set_params(**clone(self.candidate, safe=False))

    def set_params(self, **params: Any) -> _ToFit:
        """The search sets the candidate's parameters; they are set already."""
        return self

    def fit(self, X: Any, y: Any = None, **params: Any) -> _ToFit:
        """Become the estimator, fitted."""
        fitted = self.fitted
        if fitted is None:
            fitted = self.configured().fit(X, y, **params)
        self.__class__, self.__dict__ = type(fitted), vars(fitted)
        return self


class _TrainingFolds:
    """Splits as a splitter does, and trains the models of all folds when it does."""

    def __init__(
        self, splitter: Any, handover: _Handover, candidates: list[dict], n_jobs: int | None
    ) -> None:
        self.splitter, self.handover = splitter, handover
        self.candidates, self.n_jobs = candidates, n_jobs

    def split(self, X: Any, y: Any = None, **params: Any) -> Iterator[tuple]:
        """Yield the folds, once their models are trained."""
        folds = list(self.splitter.split(X, y, **params))
        self.handover.train(X, y, self.candidates, folds, self.n_jobs)
        return iter(folds)


def _last_step(estimator: Any) -> Any:
    return estimator.steps[-1][1] if type(estimator) is Pipeline else estimator


def _by_transformers(tasks: list[_ToFit]) -> list[list[_ToFit]]:
    """Group fits by the settings of the steps before the classifier."""
    found: dict[tuple, list[_ToFit]] = {}
    for task in tasks:
        key: tuple = ()
        if type(task.estimator) is Pipeline:
            last = task.estimator.steps[-1][0]
            # A grid gives the same objects to all its candidates.
            key = tuple(
                (name, id(value))
                for name, value in sorted(task.candidate.items())
                if name != last and not name.startswith(f"{last}__")
            )
        found.setdefault(key, []).append(task)
    return list(found.values())
