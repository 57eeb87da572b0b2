"""What find_leaks found: for programs a table, for people words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

KINDS = {
    "overlap": "the same sample is in the training and in the test part",
    "duplicate": "an exact copy of the test sample is in the training part",
    "near-duplicate": "a near-copy of the test sample is in the training part",
    "group": "samples of the group are in both parts",
    "series": "samples of the capture series are in both parts",
    "conflict": "an exact or near-copy bears another label, in whichever part",
}
COLUMNS = {
    "kind": "object",
    "fold": "Int64",
    "sample": "int64",
    "partner": "int64",
    "similarity": "float64",
    "closeness": "float64",
    "group": "object",
    "n_affected": "int64",
    "sample_name": "object",
    "partner_name": "object",
    "sample_label": "object",
    "partner_label": "object",
}
_SHOWN = 3


@dataclass(frozen=True, repr=False, eq=False)
class LeakReport:
    """Leaks between the training and test parts of folds, and labels that contradict.

    Made by :func:`~sklvision.model_selection.find_leaks`. Printed, it says in words what was
    found; it is true if anything was.

    Parameters
    ----------
    findings : DataFrame of shape (n_findings, 12)
        One row per finding, as :meth:`to_frame` describes it.
    affected : dict of str to ndarray
        For each kind of finding, the samples that it concerns.
    groups : ndarray of shape (n_samples,)
        What belongs together by all that was found.
    n_splits : int
        Number of folds.
    unit : str, default="samples"
        What the samples are: "images", "spectra" or "samples".
    remarks : dict of str to str, default=None
        What speaks for a kind of finding.
    notes : tuple of str, default=()
        What could not be looked at, or not fully.

    See Also
    --------
    find_leaks : Makes one.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklvision.model_selection import find_leaks
    >>> report = find_leaks(*load_iris(return_X_y=True), random_state=0)
    >>> report.counts
    {'duplicate': 2}
    >>> report.n_affected
    2
    >>> print(report)
    2 test samples have an exact copy in training, in 2 of 5 folds: 142 = 101, 101 = 142.
    """

    findings: pd.DataFrame
    affected: Mapping[str, np.ndarray]
    groups: np.ndarray
    n_splits: int
    unit: str = "samples"
    remarks: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()

    @property
    def kinds(self) -> list[str]:
        """Kinds of findings that there are, out of those :meth:`to_frame` lists."""
        return [kind for kind in KINDS if len(self.affected.get(kind, ()))]

    @property
    def counts(self) -> dict[str, int]:
        """For each kind of finding, the number of samples that it concerns, each once."""
        return {kind: len(self.affected[kind]) for kind in self.kinds}

    @property
    def n_affected(self) -> int:
        """Number of samples whose test is easier than it should be, or whose label is doubtful."""
        found = [self.affected[kind] for kind in self.kinds]
        return len(np.unique(np.concatenate(found))) if found else 0

    @property
    def summary(self) -> str:
        """What was found, in words, a line for each kind."""
        lines = [self._sentence(kind) for kind in self.kinds]
        if not lines:
            lines = [
                f"No leaks found among {len(self.groups):,} {self.unit} in {self.n_splits} folds."
            ]
        return "\n".join([*lines, *self.notes])

    def to_frame(self) -> pd.DataFrame:
        """Return the findings as a table.

        Returns
        -------
        frame : DataFrame of shape (n_findings, 12)
            One row for each test sample and fold with a copy in training (the most similar
            one), for each group or series and fold that splits it, and for each sample
            whose copy bears another label. Columns: ``kind`` ("overlap", "duplicate",
            "near-duplicate", "group", "series" or "conflict"); ``fold``, missing for a
            conflict; ``sample`` and ``partner``, the indices in the test and in the training
            part, for a group the first ones; ``similarity``, 1 for the same; ``closeness``,
            the distance in terms of the usual one between neighbours; ``group``, its
            name; ``n_affected``, the number of test samples that the row stands for;
            ``sample_name`` and ``partner_name``, the files, if any; ``sample_label`` and
            ``partner_label``.
        """
        return self.findings.copy()

    def suggested_groups(self) -> np.ndarray:
        """Number what belongs together, for a splitter that takes groups.

        Copies, groups that were given and capture series that were found are joined, wherever
        they share a sample.

        Returns
        -------
        groups : ndarray of shape (n_samples,)
            Integers from 0, to be passed as ``groups=``. Samples without company are groups of
            their own.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklvision.model_selection import find_leaks
        >>> X, y = load_iris(return_X_y=True)
        >>> groups = find_leaks(X, y, random_state=0).suggested_groups()
        >>> bool(find_leaks(X, y, groups=groups, random_state=0))
        False
        """
        return self.groups.copy()

    def __bool__(self) -> bool:
        return bool(self.kinds)

    def __str__(self) -> str:
        return self.summary

    __repr__ = __str__

    def _sentence(self, kind: str) -> str:
        rows = self.findings[self.findings["kind"] == kind]
        n, n_folds = len(self.affected[kind]), rows["fold"].nunique()
        unit = self.unit if n != 1 else self.unit.replace("spectra", "spectrum").rstrip("s")
        where = f"in {n_folds} of {self.n_splits} folds"
        have = "have" if n != 1 else "has"
        if kind in ("group", "series"):
            names = list(dict.fromkeys(rows["group"]))
            shown = ", ".join(map(str, names[:_SHOWN])) + (", …" if len(names) > _SHOWN else "")
            advice = (
                "Keep groups together, as StratifiedGroupKFold does."
                if kind == "group"
                else "If that is so, pass groups=; suggested_groups() has some."
            )
            what = kind.replace("group", "groups" if len(names) != 1 else "group")
            return (
                f"{n:,} test {unit} {have} others of their {kind} in training"
                f"{self._remark(kind)}. {len(names):,} {what} split, {where}: {shown}. {advice}"
            )
        shown = ", ".join(self._pair(row) for _, row in rows.head(_SHOWN).iterrows())
        shown += ", …" if len(rows) > _SHOWN else ""
        if kind == "conflict":
            return f"{n:,} {unit} {have} an exact or near-copy with another label: {shown}."
        if kind == "overlap":
            return f"{n:,} test {unit} {'are' if n != 1 else 'is'} in training too, {where}."
        copy = "an exact copy" if kind == "duplicate" else "a near-copy"
        return f"{n:,} test {unit} {have} {copy} in training, {where}: {shown}."

    def _remark(self, kind: str) -> str:
        return (self.remarks or {}).get(kind, "")

    def _pair(self, row: Any) -> str:
        names = [
            PurePath(row[f"{who}_name"]).name if row[f"{who}_name"] else str(row[who])
            for who in ("sample", "partner")
        ]
        exact = row["similarity"] == 1 and row["closeness"] == 0
        if row["kind"] == "conflict":
            labels = [row["sample_label"], row["partner_label"]]
            return f"{names[0]} ({labels[0]}) {'=' if exact else '~'} {names[1]} ({labels[1]})"
        return f"{names[0]} {'=' if exact else '~'} {names[1]}"
