"""Report of the leak search, as a table and as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

KINDS = {
    "overlap": "the same sample is in the training and in the test set",
    "duplicate": "an exact copy of the test sample is in the training set",
    "near-duplicate": "a near-duplicate of the test sample is in the training set",
    "group": "samples of the group are in both sets",
    "series": "samples of the capture series are in both sets",
    "conflict": "an exact copy or near-duplicate has another label, in either set",
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
_MAX_EXAMPLES = 3


@dataclass(frozen=True, repr=False, eq=False)
class LeakReport:
    """Leaks between the training and test sets of folds, and contradicting labels.

    Made by :func:`~sklvision.model_selection.find_leaks`. ``print`` shows the findings in
    sentences; ``bool`` is True if there are any.

    .. versionadded:: 0.1

    Parameters
    ----------
    findings : DataFrame of shape (n_findings, 12)
        One row per finding, as :meth:`to_frame` describes it.
    affected : dict of str to ndarray
        For each kind of finding, the samples that it affects.
    groups : ndarray of shape (n_samples,)
        Group of each sample, joined by all findings.
    n_splits : int
        Number of folds.
    unit : str, default="samples"
        Noun for the samples: "images", "spectra" or "samples".
    remarks : dict of str to str, default=None
        Evidence for a kind of finding.
    notes : tuple of str, default=()
        Limits of the search.

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
    2 test samples have an exact copy in the training set, in 2 of 5 folds: 142 = 101, 101 = 142.
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
        """Return the kinds of findings that there are, out of those :meth:`to_frame` lists."""
        return [kind for kind in KINDS if len(self.affected.get(kind, ()))]

    @property
    def counts(self) -> dict[str, int]:
        """Count for each kind of finding the samples that it affects, each once."""
        return {kind: len(self.affected[kind]) for kind in self.kinds}

    @property
    def n_affected(self) -> int:
        """Count the samples that are affected by a leak or have a doubtful label."""
        samples = [self.affected[kind] for kind in self.kinds]
        return len(np.unique(np.concatenate(samples))) if samples else 0

    @property
    def summary(self) -> str:
        """Write the findings in sentences, a line for each kind."""
        lines = [self._format_sentence(kind) for kind in self.kinds]
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
            One row for each test sample and fold with a copy in the training set (the most similar
            one), for each group or series and fold that splits it, and for each sample whose copy
            has another label. Columns: ``kind`` ("overlap", "duplicate", "near-duplicate", "group",
            "series" or "conflict"); ``fold``, missing for a conflict; ``sample`` and ``partner``,
            the indices in the test and in the training set, for a group the first ones;
            ``similarity``, 1 for equal samples; ``closeness``, the distance divided by that to the
            nearest sample that is not a relative; ``group``, its name; ``n_affected``, the number
            of test samples that the row stands for; ``sample_name`` and ``partner_name``, the
            files, if any; ``sample_label`` and ``partner_label``.
        """
        return self.findings.copy()

    def suggested_groups(self) -> np.ndarray:
        """Number the samples that belong together, for a splitter that takes groups.

        Copies, the groups that you passed and capture series are joined wherever they share a
        sample.

        Returns
        -------
        groups : ndarray of shape (n_samples,)
            Integers from 0, to be passed as ``groups=``. Single samples are groups of
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

    def _format_sentence(self, kind: str) -> str:
        rows = self.findings[self.findings["kind"] == kind]
        n, n_folds = len(self.affected[kind]), rows["fold"].nunique()
        unit = self.unit if n != 1 else self.unit.replace("spectra", "spectrum").rstrip("s")
        in_folds = f"in {n_folds} of {self.n_splits} folds"
        have = "have" if n != 1 else "has"
        if kind in ("group", "series"):
            names = list(dict.fromkeys(rows["group"]))
            examples = ", ".join(map(str, names[:_MAX_EXAMPLES]))
            examples += ", …" if len(names) > _MAX_EXAMPLES else ""
            advice = (
                "Keep groups together, as StratifiedGroupKFold does."
                if kind == "group"
                else "If these are series, pass groups=, for example suggested_groups()."
            )
            noun = kind.replace("group", "groups" if len(names) != 1 else "group")
            return (
                f"{n:,} test {unit} {have} others of their {kind} in the training set"
                f"{(self.remarks or {}).get(kind, '')}. {len(names):,} {noun} split, {in_folds}: "
                f"{examples}. {advice}"
            )
        n_parts = _count_name_parts(self.findings)
        examples = ", ".join(
            _format_pair(row, n_parts) for _, row in rows.head(_MAX_EXAMPLES).iterrows()
        )
        examples += ", …" if len(rows) > _MAX_EXAMPLES else ""
        if kind == "conflict":
            return (
                f"{n:,} {unit} {have} an exact copy or near-duplicate with another label: "
                f"{examples}."
            )
        if kind == "overlap":
            are = "are" if n != 1 else "is"
            return f"{n:,} test {unit} {are} in the training set too, {in_folds}."
        copy = "an exact copy" if kind == "duplicate" else "a near-duplicate"
        return f"{n:,} test {unit} {have} {copy} in the training set, {in_folds}: {examples}."


def _count_name_parts(findings: pd.DataFrame) -> int:
    """Count the parts of a path that tell files apart: 2 if folders hold files of one name."""
    paths = {*findings["sample_name"].dropna(), *findings["partner_name"].dropna()}
    return 1 if len({PurePath(path).name for path in paths}) == len(paths) else 2


def _format_pair(row: Any, n_parts: int) -> str:
    names = [
        "/".join(PurePath(row[f"{role}_name"]).parts[-n_parts:])
        if row[f"{role}_name"]
        else str(row[role])
        for role in ("sample", "partner")
    ]
    sign = "=" if row["similarity"] == 1 and row["closeness"] == 0 else "~"
    if row["kind"] == "conflict":
        return f"{names[0]} ({row['sample_label']}) {sign} {names[1]} ({row['partner_label']})"
    return f"{names[0]} {sign} {names[1]}"
