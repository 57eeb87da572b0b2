"""The outcome of a comparison: numbers for programs, tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from sklvision.model_selection._html import render_fragment, render_page
from sklvision.model_selection._text import render_text
from sklvision.utils._files import written_whole


@dataclass(frozen=True, repr=False, eq=False)
class ComparisonResult:
    """Scores, times and sizes of classifiers compared on the same folds.

    Made by :func:`~sklvision.model_selection.compare_estimators`. Printed, it is a text
    table; in a notebook, an HTML one.

    Parameters
    ----------
    folds : DataFrame of shape (n_estimators * n_splits, n_columns)
        One row per estimator and fold: ``estimator``, ``split``, ``test_<score>`` for each
        score, ``fit_seconds``, ``predict_ms_per_sample``, ``n_parameters``, ``pickled_bytes``.
    baselines : tuple of str
        Names of the estimators that count as simple baselines.
    estimators : dict of str to classifier
        The unfitted classifiers as they were compared, seeds set: a clone of one, fitted on a
        training part, is the model behind a score.
    splits : list of (ndarray, ndarray) tuples
        Training and test indices of every fold.
    description : dict of str to str
        What was compared and how, in words.

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

    @property
    def score_names(self) -> list[str]:
        """Names of the scores, the one that decides the order first."""
        return [c.removeprefix("test_") for c in self.folds.columns if c.startswith("test_")]

    def to_frame(self) -> pd.DataFrame:
        """Summarise every estimator in one row, the best first.

        Returns
        -------
        frame : DataFrame of shape (n_estimators, n_columns)
            Indexed by ``estimator`` and sorted by the mean of the first score. Columns,
            in this order: ``baseline`` (bool); for each score ``mean_<score>``, ``std_<score>``
            (over folds, with n in the denominator, as scikit-learn's searches have it) and
            ``split0_<score>``, ``split1_<score>``, …; ``fit_seconds`` (mean over folds);
            ``predict_ms_per_sample`` (median over folds of the time of one ``predict`` of the
            whole test part, divided by its samples); ``n_parameters`` and ``pickled_bytes``
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
        names = list(self.estimators)
        grouped = self.folds.groupby("estimator", sort=False)
        columns: dict[str, Any] = {"baseline": [name in self.baselines for name in names]}
        for score in self.score_names:
            table = self.scores(score)
            columns[f"mean_{score}"] = table.mean(axis=1, skipna=False)
            columns[f"std_{score}"] = table.std(axis=1, ddof=0, skipna=False)
            columns.update({f"split{split}_{score}": table[split] for split in table})
        columns["fit_seconds"] = grouped["fit_seconds"].mean()
        columns["predict_ms_per_sample"] = grouped["predict_ms_per_sample"].median()
        for size in ("n_parameters", "pickled_bytes"):
            known = self.folds[size].notna().groupby(self.folds["estimator"]).all()
            medians = grouped[size].median().astype("Float64").round().astype("Int64")
            columns[size] = medians.where(known.reindex(names))
        frame = pd.DataFrame(columns, index=pd.Index(names, name="estimator"))
        first = f"mean_{self.score_names[0]}"
        return frame.sort_values(first, ascending=False, kind="stable", na_position="last")

    def scores(self, name: str | None = None) -> pd.DataFrame:
        """Lay out one score by estimator and fold.

        Parameters
        ----------
        name : str, default=None
            Which score; None takes the first.

        Returns
        -------
        table : DataFrame of shape (n_estimators, n_splits)
            Estimators in the order they were given, baselines before them.

        Raises
        ------
        KeyError
            If there is no score of that name.
        """
        name = self.score_names[0] if name is None else name
        if name not in self.score_names:
            raise KeyError(f"No score {name!r}; there are {self.score_names}.")
        table = self.folds.pivot(index="estimator", columns="split", values=f"test_{name}")
        return table.loc[list(self.estimators)]

    def to_html(self, path: str | PathLike[str] | None = None) -> str | None:
        """Write the comparison as one self-contained HTML page.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write; it appears whole or not at all. None returns the page instead.

        Returns
        -------
        html : str or None
            The page, if no path was given.
        """
        page = render_page(self)
        if path is None:
            return page
        with written_whole(path, text=True) as file:
            file.write(page)
        return None

    def __str__(self) -> str:
        return render_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return render_fragment(self)
