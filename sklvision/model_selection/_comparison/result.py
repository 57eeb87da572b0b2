"""Result of a comparison: scores and costs as tables, text, page and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from sklvision.model_selection._comparison.class_results import ClassResults
from sklvision.model_selection._comparison.details import collect_details, list_parameters
from sklvision.model_selection._comparison.tables import (
    find_best_baseline,
    pick_best,
    tabulate_comparison,
    tabulate_differences,
    tabulate_tradeoffs,
)
from sklvision.reporting._comparison import Comparison
from sklvision.reporting._mlflow import log_runs
from sklvision.reporting._page import render_fragment, render_page, write_page
from sklvision.reporting._text import render_markdown, render_text


@dataclass(frozen=True, repr=False, eq=False)
class ComparisonResult(ClassResults):
    """Scores, times and sizes of classifiers compared on the same folds.

    Made by :func:`~sklvision.model_selection.compare_estimators`. Printed, it is a text
    table; in a notebook, an HTML one.

    .. versionadded:: 0.1

    Parameters
    ----------
    folds : DataFrame of shape (n_estimators * n_splits, n_columns)
        One row per estimator and fold: ``estimator``, ``split``, ``test_<score>`` for each
        score, ``fit_seconds``, ``predict_ms_per_sample``, ``n_parameters``, ``pickled_bytes``,
        ``chosen`` (the parameters a search chose), ``error`` (why it failed, or None) and
        ``log_loss``, missing where an estimator predicts no probabilities.
    baselines : tuple of str
        Names of the estimators that count as simple baselines.
    estimators : dict of str to classifier
        The unfitted classifiers as they were compared, seeds set: a clone of one, fitted on a
        training set, is the model that a score belongs to.
    splits : list of (ndarray, ndarray) tuples
        Training and test indices of every fold.
    description : dict of str to str
        Samples, classes, folds, seed and versions, as strings.
    target : ndarray of shape (n_samples,), default=None
        The labels.
    predictions : dict of str to dict of int to ndarray, default=None
        Labels that each estimator predicted for the test set of each split where it did not
        fail.
    leaks : LeakReport, default=None
        Data leakage between the folds, if it was searched for.
    probabilities : dict of str to dict of int to ndarray, default=None
        Probabilities that each estimator predicted for the test set of each split, of shape
        (n_test, n_labels) with the sorted labels of `target` as columns; estimators without
        ``predict_proba`` are missing.
    is_grouped : bool, default=False
        Whether samples come in groups, so that they are not independent.

    See Also
    --------
    compare_estimators : Makes one.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.model_selection import compare_estimators
    >>> X, y = load_iris(return_X_y=True)
    >>> result = compare_estimators({"bayes": GaussianNB()}, X, y, random_state=0)
    >>> result.baselines
    ('majority class', 'logistic regression')
    >>> result.scores("accuracy").shape
    (3, 5)
    >>> result.to_html("report.html")  # doctest: +SKIP
    """

    folds: pd.DataFrame
    baselines: tuple[str, ...]
    estimators: Mapping[str, Any]
    splits: list[tuple[np.ndarray, np.ndarray]]
    description: Mapping[str, str]
    target: np.ndarray | None = None
    predictions: Mapping[str, Mapping[int, np.ndarray]] | None = None
    leaks: Any = None
    probabilities: Mapping[str, Mapping[int, np.ndarray]] | None = None
    is_grouped: bool = False

    @property
    def score_names(self) -> list[str]:
        """Return the names of the scores, the one that decides the order first."""
        return [c.removeprefix("test_") for c in self.folds.columns if c.startswith("test_")]

    def to_frame(self) -> pd.DataFrame:
        """Summarize every estimator in one row, the best first.

        Returns
        -------
        frame : DataFrame of shape (n_estimators, n_columns)
            Indexed by ``estimator`` and sorted by the mean of the first score. Columns,
            in this order: ``baseline`` (bool); for each score ``mean_<score>``, ``std_<score>``
            (over folds, with n in the denominator, as scikit-learn's searches have it) and
            ``split0_<score>``, ``split1_<score>``, …; ``log_loss`` (mean over folds, missing
            without ``predict_proba``); ``fit_seconds`` (mean over folds);
            ``predict_ms_per_sample`` (median over folds of the time of one ``predict`` of the
            whole test set, divided by its samples); ``n_parameters`` and ``pickled_bytes``
            (medians over folds, missing where they cannot be known).

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklvision.model_selection import compare_estimators
        >>> X, y = load_iris(return_X_y=True)
        >>> from sklearn.naive_bayes import GaussianNB
        >>> frame = compare_estimators(GaussianNB(), X, y, cv=3, random_state=0).to_frame()
        >>> list(frame.columns[:6])
        ['baseline', 'mean_accuracy', 'std_accuracy', 'split0_accuracy', 'split1_accuracy',
        'split2_accuracy']
        """
        return self._tabulate().summary

    def scores(self, name: str | None = None) -> pd.DataFrame:
        """Tabulate one score by estimator and fold.

        Parameters
        ----------
        name : str, default=None
            Name of the score; None takes the first.

        Returns
        -------
        table : DataFrame of shape (n_estimators, n_splits)
            Estimators in the order they were given, baselines before them.

        Raises
        ------
        KeyError
            If no score has that name.
        """
        name = self._check_score(name)
        table = self.folds.pivot(index="estimator", columns="split", values=f"test_{name}")
        return table.loc[list(self.estimators)]

    def differences(
        self, score: str | None = None, *, reference: str | None = None, confidence: float = 0.95
    ) -> pd.DataFrame:
        """Test every estimator against the best baseline on the same folds.

        The corrected resampled t-test [1]_ accounts for overlapping training sets, which the plain
        paired t-test ignores. Holm's correction [2]_ accounts for several estimators.

        Parameters
        ----------
        score : str, default=None
            Name of the score; None takes the first.
        reference : str, default=None
            Estimator that the others are compared with. None takes the baseline of the highest
            mean; without baselines, the best of all, whose mean is probably optimistic.
        confidence : float, default=0.95
            Confidence level of each interval. A difference counts as shown where its corrected
            p-value is below ``1 - confidence``.

        Returns
        -------
        frame : DataFrame of shape (n_others, 6)
            Indexed by ``estimator``, the best first; baselines are not compared with a
            baseline. Columns: ``difference`` (mean over folds, positive where better than the
            reference), ``low`` and ``high`` (its interval), ``p_value``, ``p_holm`` and
            ``verdict``: "better", "worse", "no difference shown", or "not tested" for a single
            fold or scores that are not numbers. ``frame.attrs`` names ``score``, ``reference`` and
            ``confidence``.

        Raises
        ------
        KeyError
            If the score or the reference does not exist.
        ValueError
            If ``confidence`` is not between 0 and 1.

        References
        ----------
        .. [1] C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning
           52 (2003), 239-281.
        .. [2] S. Holm, "A simple sequentially rejective multiple test procedure",
           Scandinavian Journal of Statistics 6 (1979), 65-70.

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from sklvision.model_selection import compare_estimators
        >>> X, y = load_wine(return_X_y=True)
        >>> stump = DecisionTreeClassifier(max_depth=1)
        >>> result = compare_estimators({"stump": stump}, X, y, random_state=0)
        >>> result.differences()[["difference", "low", "high", "verdict"]].round(3)
                   difference    low   high verdict
        estimator
        stump          -0.365 -0.448 -0.282   worse
        """
        score = self._check_score(score)
        if reference is not None:
            _check_name("estimator", reference, list(self.estimators))
        table = self.scores(score)
        if reference is None:
            reference = find_best_baseline(table, self.baselines)
        if reference is None:
            raise ValueError(f"No estimator has a {score} in every fold.")
        return tabulate_differences(
            table, score, reference, self.baselines, self.splits, confidence
        )

    def tradeoffs(
        self, score: str | None = None, *, cost: str = "predict_ms_per_sample"
    ) -> pd.DataFrame:
        """List the Pareto front of score and cost, the cheapest estimator first.

        Parameters
        ----------
        score : str, default=None
            Name of the score; None takes the first.
        cost : {"predict_ms_per_sample", "fit_seconds", "n_parameters", "pickled_bytes"}, \
                default="predict_ms_per_sample"
            Name of the cost; estimators for which it is not known are left out.

        Returns
        -------
        frame : DataFrame of shape (n_front, 5)
            Indexed by ``estimator``, the cheapest first: those that no estimator beats at the same
            or a lower cost (the Pareto front). Columns: the mean score and the cost, by their
            names; ``gain`` and ``added_cost`` over the previous row, and ``gain_per_cost``, their
            ratio, such as the gain per added millisecond.

        Raises
        ------
        KeyError
            If the score or the cost does not exist.

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from sklearn.ensemble import RandomForestClassifier
        >>> from sklvision.model_selection import compare_estimators
        >>> X, y = load_wine(return_X_y=True)
        >>> result = compare_estimators(RandomForestClassifier(), X, y, cv=3, random_state=0)
        >>> list(result.tradeoffs(cost="pickled_bytes").index)
        ['majority class', 'logistic regression']
        """
        score = self._check_score(score)
        return tabulate_tradeoffs(self.to_frame(), score, cost)

    def choices(self) -> pd.DataFrame:
        """List the parameters that each search among the estimators chose in each fold.

        Returns
        -------
        frame : DataFrame
            One row per search and fold, indexed by ``estimator`` and ``split``, with a column for
            each parameter; empty if no estimator is a search.
        """
        if "chosen" not in self.folds:
            return pd.DataFrame()
        rows = self.folds[self.folds["chosen"].notna()]
        if rows.empty:
            return pd.DataFrame()
        index = pd.MultiIndex.from_frame(rows[["estimator", "split"]])
        return pd.DataFrame(list(rows["chosen"]), index=index)

    def to_markdown(self) -> str:
        """Format the summary as a table in Markdown, with the conclusions.

        Returns
        -------
        markdown : str
            For a README, an issue or a wiki page.
        """
        return render_markdown(self._tabulate())

    def to_html(
        self,
        path: str | PathLike[str] | None = None,
        *,
        robustness: Any = None,
        forecast: Any = None,
        sample_names: Sequence[str] | None = None,
    ) -> str | None:
        """Write the comparison as one self-contained HTML page.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write, completely or not at all. None returns the page instead.
        robustness : RobustnessResult, default=None
            Scores on corrupted data to add.
        forecast : LearningForecast or dict of str to LearningForecast, default=None
            Learning curves to add, by the names of classifiers if there are several.
        sample_names : sequence of str, default=None
            Names of the samples, such as their files, in the list of labels that are probably
            wrong. None writes their indices.

        Returns
        -------
        html : str or None
            The page, if no path was given.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        names = [name for name in self.to_frame().index if (self.predictions or {}).get(name)]
        details = collect_details(
            classes=[self._make_class_report(name) for name in names],
            shown_first=pick_best(names, self.baselines),
            label_errors=self.find_label_errors() if self._list_informed() else None,
            sample_names=sample_names,
            target=self.target,
            choices=self.choices(),
            estimators=self.estimators,
            leaks=self.leaks,
            robustness=robustness,
            forecast=forecast,
        )
        page = render_page(self._tabulate(), details)
        if path is None:
            return page
        write_page(page, path)
        return None

    def to_mlflow(
        self,
        experiment: str | None = None,
        *,
        run_name: str = "comparison",
        tracking_uri: str | None = None,
    ) -> str:
        """Log the comparison to MLflow (extra ``tracking``).

        Parameters
        ----------
        experiment : str, default=None
            Name of the experiment, created if it is new; None: MLflow's own or "sklvision".
        run_name : str, default="comparison"
            Name of the run. It contains the report and a run per estimator with all numbers.
        tracking_uri : str, default=None
            Server or store, such as ``"sqlite:///runs.db"``; None takes MLflow's own setting.

        Returns
        -------
        run_id : str
            Identifier of the run that contains the others.

        Raises
        ------
        ImportError
            If MLflow is not installed.
        """
        artifacts = {"report.html": str(self.to_html()), "comparison.md": self.to_markdown()}
        return log_runs(
            self._tabulate(),
            list_parameters(self.estimators),
            artifacts,
            experiment=experiment,
            run_name=run_name,
            tracking_uri=tracking_uri,
        )

    def _check_score(self, name: str | None) -> str:
        return _check_name("score", name or self.score_names[0], self.score_names)

    def _tabulate(self) -> Comparison:
        scores = {name: self.scores(name) for name in self.score_names}
        settings = self.baselines, self.splits, self.description
        return tabulate_comparison(self.folds, scores, *settings)

    def __str__(self) -> str:
        return render_text(self._tabulate())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return render_fragment(self._tabulate())


def _check_name(kind: str, name: str, names: list[str]) -> str:
    if name not in names:
        raise KeyError(f"No {kind} {name!r}; there are {names}.")
    return name
