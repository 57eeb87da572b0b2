"""Results of a comparison by class: confusions, recall, precision, reliability, doubtful labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier

from sklvision.model_selection._comparison.classes import (
    count_repeats,
    find_tested_label_errors,
    stack_tests,
    tabulate_reliability,
)
from sklvision.model_selection._comparison.tables import pick_best, tabulate_confusion
from sklvision.model_selection._splits import Split
from sklvision.reporting._classes import render_class_report
from sklvision.reporting._comparison import ClassReport
from sklvision.utils._statistics import tabulate_class_scores
from sklvision.utils._suggest import did_you_mean
from sklvision.utils._validation import check_count

_NO_PREDICTIONS = (
    "This result has no predictions: expected one of compare_estimators, in which at least one "
    "estimator could be fitted."
)


class ClassResults:
    """Methods of a comparison that look at classes; a base of its result."""

    estimators: Mapping[str, Any]
    baselines: tuple[str, ...]
    splits: list[Split]
    target: np.ndarray | None
    predictions: Mapping[str, Mapping[int, np.ndarray]] | None
    probabilities: Mapping[str, Mapping[int, np.ndarray]] | None
    is_grouped: bool

    def to_frame(self) -> pd.DataFrame:
        """Summarize every estimator in one row, the best first."""
        raise NotImplementedError

    def confusion_matrix(self, name: str | None = None) -> pd.DataFrame:
        """Count true against predicted labels over the test sets of all folds.

        Parameters
        ----------
        name : str, default=None
            Name of an estimator; None takes the best that is not a baseline.

        Returns
        -------
        counts : DataFrame of shape (n_labels, n_labels)
            Rows are true labels, columns are predicted labels, those without samples last. In
            repeated cross-validation a sample counts once in every repeat. Folds in which the
            estimator failed are left out.

        Raises
        ------
        KeyError
            If the estimator does not exist.
        ValueError
            If the result has no predictions.
        """
        name = self._choose_name(name)
        if self.target is None or self.predictions is None:
            raise ValueError(_NO_PREDICTIONS)
        return tabulate_confusion(self.target, self.predictions.get(name, {}), self.splits)

    def score_classes(self, name: str | None = None, *, confidence: float = 0.95) -> pd.DataFrame:
        """Compute recall and precision of every class over the test sets of all folds.

        Parameters
        ----------
        name : str, default=None
            Name of an estimator; None takes the best that is not a baseline.
        confidence : float, default=0.95
            Confidence level of each interval.

        Returns
        -------
        frame : DataFrame of shape (n_labels, 8)
            Indexed by ``label``. Columns: ``recall`` (fraction of the samples of a class that got
            its label), ``recall_low`` and ``recall_high``, ``precision`` (fraction of the samples
            with that label that belong to the class), ``precision_low`` and ``precision_high``,
            ``n_true`` and ``n_predicted``. Fractions without samples are NaN. Intervals are those
            of Wilson [1]_ for independent samples, and count a sample once however often it was
            tested; they are NaN where samples come in groups, for which they would be too narrow.

        Raises
        ------
        KeyError
            If the estimator does not exist.
        ValueError
            If ``confidence`` is not between 0 and 1, or the result has no predictions.

        References
        ----------
        .. [1] E. Wilson, "Probable inference, the law of succession, and statistical inference",
           Journal of the American Statistical Association 22 (1927), 209-212.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.naive_bayes import GaussianNB
        >>> from sklvision.model_selection import compare_estimators
        >>> X, y = load_iris(return_X_y=True)
        >>> result = compare_estimators({"bayes": GaussianNB()}, X, y, random_state=0)
        >>> result.score_classes("bayes").loc[2, ["recall", "recall_low", "recall_high"]].round(2)
        recall         0.94
        recall_low     0.84
        recall_high    0.98
        Name: 2, dtype: float64
        """
        counts = self.confusion_matrix(name)
        return tabulate_class_scores(
            counts,
            n_repeats=count_repeats(self.splits),
            is_grouped=self.is_grouped,
            confidence=confidence,
        )

    def measure_reliability(
        self, name: str | None = None, *, label: Any = None, n_bins: int = 10
    ) -> pd.DataFrame:
        """Compute the reliability curve: predicted probabilities against observed frequencies.

        Parameters
        ----------
        name : str, default=None
            Name of an estimator; None takes the best that is not a baseline.
        label : object, default=None
            Class whose probability is compared with the fraction of its samples. None compares the
            probability of the most probable class with the fraction of samples that belong to it.
        n_bins : int, default=10
            Number of bins of equal width from 0 to 1; those without a sample are left out.

        Returns
        -------
        frame : DataFrame of shape (n_bins_with_samples, 5)
            Columns: ``mean_probability``, ``fraction``, the ends ``low`` and ``high`` of its 95 %
            interval (Wilson, NaN where samples come in groups) and ``n_tests``. A calibrated
            classifier has equal values in the first two. ``frame.attrs`` has the same of all
            tests.

        Raises
        ------
        KeyError
            If the estimator or the label does not exist.
        ValueError
            If the estimator predicts no probabilities, or ``n_bins`` is not a positive integer.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.naive_bayes import GaussianNB
        >>> from sklvision.model_selection import compare_estimators
        >>> X, y = load_iris(return_X_y=True)
        >>> result = compare_estimators({"bayes": GaussianNB()}, X, y, random_state=0)
        >>> curve = result.measure_reliability("bayes", n_bins=4)
        >>> curve[["mean_probability", "fraction", "n_tests"]].round(2)
           mean_probability  fraction  n_tests
        0              0.66      0.83        6
        1              0.99      0.97      144
        """
        n_bins = check_count("n_bins", n_bins, maximum=1000)
        true, values = self._stack_probabilities(self._choose_name(name))
        labels = np.unique(np.asarray(self.target))
        if label is None:
            probability, is_hit = values.max(axis=1), labels[values.argmax(axis=1)] == true
        elif label in labels.tolist():
            probability, is_hit = values[:, labels.tolist().index(label)], true == label
        else:
            hint = did_you_mean(str(label), map(str, labels))
            raise KeyError(f"No class {label!r}. {hint}")
        return tabulate_reliability(
            probability,
            is_hit,
            n_bins=n_bins,
            n_repeats=count_repeats(self.splits),
            is_grouped=self.is_grouped,
        )

    def find_label_errors(self, name: str | None = None) -> pd.DataFrame:
        """Find the samples whose label is probably wrong, by out-of-fold probabilities.

        Parameters
        ----------
        name : str, default=None
            Name of an estimator; None takes the best with probabilities, baselines included.

        Returns
        -------
        errors : DataFrame of shape (n_errors, 5)
            As :func:`~sklvision.model_selection.find_label_errors` returns it, the most doubtful
            first. ``frame.attrs`` has the name of the ``estimator`` and the number ``n_tested``
            of samples that were in a test set. Probabilities of repeats are averaged.

        Raises
        ------
        KeyError
            If the estimator does not exist.
        ValueError
            If it predicts no probabilities, or no estimator does.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.naive_bayes import GaussianNB
        >>> from sklvision.model_selection import compare_estimators
        >>> X, y = load_iris(return_X_y=True)
        >>> y[10] = 2  # a mistake
        >>> result = compare_estimators({"bayes": GaussianNB()}, X, y, random_state=0)
        >>> result.find_label_errors("bayes")[["sample", "label", "suggested"]].head(1)
           sample  label  suggested
        0      10      2          0
        """
        if name is None:
            names = self._list_informed()
            if not names:
                raise ValueError("No estimator of this result predicts probabilities.")
            name = names[0]
        name = self._choose_name(name)
        self._check_probabilities(name)
        probabilities = (self.probabilities or {})[name]
        errors = find_tested_label_errors(np.asarray(self.target), probabilities, self.splits)
        test_rows = np.concatenate([self.splits[fold][1] for fold in probabilities])
        errors.attrs = {"estimator": name, "n_tested": len(np.unique(test_rows))}
        return errors

    def describe_classes(self, name: str | None = None) -> str:
        """Describe the classes in text: recall, precision, confusion matrix and calibration.

        Parameters
        ----------
        name : str, default=None
            Name of an estimator; None takes the best that is not a baseline.

        Returns
        -------
        text : str
            Tables and sentences; for many classes, those of the lowest recall and the most
            frequent confusions.

        Raises
        ------
        KeyError
            If the estimator does not exist.
        ValueError
            If the result has no predictions.
        """
        return render_class_report(self._make_class_report(self._choose_name(name)))

    def _make_class_report(self, name: str) -> ClassReport:
        return ClassReport(
            name=name,
            counts=self.confusion_matrix(name),
            scores=self.score_classes(name),
            reliability=self.measure_reliability(name) if self._has_probabilities(name) else None,
        )

    def _choose_name(self, name: str | None) -> str:
        """Return a name that exists; None stands for the best that is not a baseline."""
        if name is None:
            ranking = [key for key in self.to_frame().index if (self.predictions or {}).get(key)]
            if not ranking:
                raise ValueError(_NO_PREDICTIONS)
            return pick_best(ranking, self.baselines)[0]
        if name not in self.estimators:
            raise KeyError(f"No estimator {name!r}; there are {list(self.estimators)}.")
        return name

    def _has_probabilities(self, name: str) -> bool:
        return bool((self.probabilities or {}).get(name))

    def _list_informed(self) -> list[str]:
        """List the estimators with probabilities that depend on the sample, the best first."""
        return [
            name
            for name in self.to_frame().index
            if self._has_probabilities(name)
            and not isinstance(self.estimators[name], DummyClassifier)
        ]

    def _check_probabilities(self, name: str) -> None:
        if not self._has_probabilities(name):
            raise ValueError(f"{name} predicts no probabilities: it has no predict_proba.")

    def _stack_probabilities(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return true labels and probabilities of all test sets."""
        self._check_probabilities(name)
        arrays = (self.probabilities or {})[name]
        return stack_tests(np.asarray(self.target), arrays, self.splits)
