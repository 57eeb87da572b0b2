"""The findings of find_leaks, collected row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sklvision.model_selection._leaks.fingerprints import Fingerprints
from sklvision.model_selection._leaks.near_duplicates import Copies
from sklvision.model_selection._leaks.report import COLUMNS, KINDS
from sklvision.model_selection._splits import Split


class Findings:
    """Collects rows of the table, and the samples that they concern."""

    def __init__(self, y: np.ndarray, prints: Fingerprints, splits: list[Split]) -> None:
        self.y, self.prints, self.splits = y, prints, splits
        self.parts: list[pd.DataFrame] = []
        self.concerned: dict[str, list[np.ndarray]] = {kind: [] for kind in KINDS}
        self.remarks: dict[str, str] = {}

    def add_copies(self, copies: Copies) -> None:
        """For each test sample and fold the copy in training, the most similar one."""
        source = np.concatenate([copies.pairs[:, 0], copies.pairs[:, 1]])
        target = np.concatenate([copies.pairs[:, 1], copies.pairs[:, 0]])
        likeness, closeness = np.tile(copies.similarity, 2), np.tile(copies.closeness, 2)
        order = np.argsort(-likeness, kind="stable")
        source, target, likeness, closeness = (
            values[order] for values in (source, target, likeness, closeness)
        )
        for fold, (train, test) in enumerate(self.splits):
            shared = np.intersect1d(train, test)
            self._add("overlap", fold, shared, shared, 1.0, 0.0)
            test = np.setdiff1d(test, shared)
            trained = _first_of_each(copies.cluster, train, len(copies.first))
            partner = trained[copies.cluster[test]]
            self._add("duplicate", fold, test[partner >= 0], partner[partner >= 0], 1.0, 0.0)
            test = test[partner < 0]
            usable = trained[target] >= 0
            which, at = np.unique(source[usable], return_index=True)
            at = np.flatnonzero(usable)[at]
            best = np.full(len(copies.first), -1, dtype=np.intp)
            best[which] = at
            found = best[copies.cluster[test]]
            test, found = test[found >= 0], found[found >= 0]
            self._add(
                "near-duplicate",
                fold,
                test,
                trained[target[found]],
                likeness[found],
                closeness[found],
            )

    def add_division(self, kind: str, codes: np.ndarray, names: list[Any]) -> bool:
        """For each fold the groups that it splits."""
        found = False
        for fold, (train, test) in enumerate(self.splits):
            test = np.setdiff1d(test, train)
            trained = _first_of_each(codes, train, len(names))
            tested = _first_of_each(codes, test, len(names))
            split = np.flatnonzero((trained >= 0) & (tested >= 0))
            if not len(split):
                continue
            found = True
            concerned = test[trained[codes[test]] >= 0]
            self._add(
                kind,
                fold,
                tested[split],
                trained[split],
                np.nan,
                np.nan,
                group=[names[code] for code in split],
                n_affected=np.bincount(codes[test], minlength=len(names))[split],
            )
            self.concerned[kind][-1] = concerned
        return found

    def add_conflicts(self, copies: Copies) -> None:
        """For each sample a copy with another label, each pair once."""
        classes = np.unique(self.y, return_inverse=True)[1]
        samples = np.arange(len(classes))
        lowest, highest = (
            _extreme_of_each(copies.cluster, classes, len(copies.first), largest=largest)
            for largest in (False, True)
        )
        other = np.where(
            classes[lowest[copies.cluster]] != classes,
            lowest[copies.cluster],
            highest[copies.cluster],
        )
        pairs = np.column_stack([samples, other])[classes[other] != classes]
        likeness, closeness = np.ones(len(pairs)), np.zeros(len(pairs))
        near = copies.first[copies.pairs]
        differ = classes[near[:, 0]] != classes[near[:, 1]]
        pairs = np.concatenate([pairs, near[differ]])
        likeness = np.concatenate([likeness, copies.similarity[differ]])
        closeness = np.concatenate([closeness, copies.closeness[differ]])
        once = np.unique(np.sort(pairs, axis=1), axis=0, return_index=True)[1]
        once = once[np.argsort(-likeness[once], kind="stable")]
        a, b = np.sort(pairs[once], axis=1).T
        self._add("conflict", None, a, b, likeness[once], closeness[once])
        self.concerned["conflict"].append(np.unique(pairs))

    def _add(
        self,
        kind: str,
        fold: int | None,
        sample: np.ndarray,
        partner: np.ndarray,
        similarity: Any,
        closeness: Any,
        **more: Any,
    ) -> None:
        if not len(sample):
            return
        self.concerned[kind].append(sample)
        files = self.prints.files
        values = {
            "kind": kind,
            "fold": pd.NA if fold is None else fold,
            "sample": sample,
            "partner": partner,
            "similarity": similarity,
            "closeness": closeness,
            "group": None,
            "n_affected": 1,
            "sample_name": None if files is None else files[sample],
            "partner_name": None if files is None else files[partner],
            "sample_label": self.y[sample],
            "partner_label": self.y[partner],
        }
        frame = pd.DataFrame(values | more, index=np.arange(len(sample)))
        self.parts.append(frame.astype(COLUMNS))

    def frame(self) -> pd.DataFrame:
        """All rows, by kind, the most similar first."""
        if not self.parts:
            return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in COLUMNS.items()})
        frame = pd.concat(self.parts, ignore_index=True)
        rank = frame["kind"].map(list(KINDS).index)
        keys = frame["sample"], frame["fold"].fillna(-1), -frame["similarity"].fillna(0), rank
        order = np.lexsort(keys)
        return frame.iloc[order].reset_index(drop=True)

    def affected(self) -> dict[str, np.ndarray]:
        """For each kind the samples that it concerns, each once."""
        return {
            kind: np.unique(np.concatenate(found))
            for kind, found in self.concerned.items()
            if found
        }


def _first_of_each(codes: np.ndarray, samples: np.ndarray, n_codes: int) -> np.ndarray:
    """The first of some samples with each code, -1 where there is none."""
    first = np.full(n_codes, -1, dtype=np.intp)
    samples = np.sort(samples)[::-1]
    first[codes[samples]] = samples  # the last one assigned stays
    return first


def _extreme_of_each(
    codes: np.ndarray, values: np.ndarray, n_codes: int, *, largest: bool
) -> np.ndarray:
    """For each code the sample of the largest or smallest value."""
    order = np.argsort(values if largest else -values, kind="stable")
    extreme = np.empty(n_codes, dtype=np.intp)
    extreme[codes[order]] = order
    return extreme
