"""Findings of the leak search, collected row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sklvision.model_selection._leaks.near_duplicates import Duplicates
from sklvision.model_selection._leaks.report import COLUMNS, KINDS
from sklvision.model_selection._splits import Split


class Findings:
    """Rows of the table of findings, and the samples that they affect."""

    def __init__(self, y: np.ndarray, files: np.ndarray | None, splits: list[Split]) -> None:
        self.y, self.files, self.splits = y, files, splits
        self.tables: list[pd.DataFrame] = []
        self.affected_samples: dict[str, list[np.ndarray]] = {kind: [] for kind in KINDS}
        self.remarks: dict[str, str] = {}

    def add_duplicates(self, duplicates: Duplicates) -> None:
        """Add the most similar copy in the training set of each test sample and fold."""
        cluster, n_clusters = duplicates.cluster, len(duplicates.first)
        # Every pair in both directions, the most similar first.
        source, target = np.concatenate([duplicates.pairs, duplicates.pairs[:, ::-1]]).T
        similarity, distance = (
            np.tile(values, 2) for values in (duplicates.similarity, duplicates.relative_distance)
        )
        order = np.argsort(-similarity, kind="stable")
        source, target, similarity, distance = (
            values[order] for values in (source, target, similarity, distance)
        )
        # A test sample is reported once in a fold, by its closest relation to the training set: it
        # is there itself, or a copy of it, or the near-duplicate of the highest similarity. Pairs
        # are of clusters of copies, and the first training sample of a cluster stands for it.
        for fold, (train, test) in enumerate(self.splits):
            overlap = np.intersect1d(train, test)
            self._add_rows("overlap", fold, overlap, overlap, 1.0, 0.0)
            test = np.setdiff1d(test, overlap)
            train_sample = _find_first(cluster, train, n_clusters)
            partner = train_sample[cluster[test]]
            is_copy = partner >= 0
            self._add_rows("duplicate", fold, test[is_copy], partner[is_copy], 1.0, 0.0)
            test = test[~is_copy]
            in_training = np.flatnonzero(train_sample[target] >= 0)
            clusters, first = np.unique(source[in_training], return_index=True)
            best_pair = np.full(n_clusters, -1, dtype=np.intp)
            best_pair[clusters] = in_training[first]
            pair = best_pair[cluster[test]]
            test, pair = test[pair >= 0], pair[pair >= 0]
            partner = train_sample[target[pair]]
            self._add_rows("near-duplicate", fold, test, partner, similarity[pair], distance[pair])

    def add_division(self, kind: str, codes: np.ndarray, names: list[Any]) -> None:
        """Add the groups or series that each fold splits."""
        for fold, (train, test) in enumerate(self.splits):
            test = np.setdiff1d(test, train)
            train_sample = _find_first(codes, train, len(names))
            test_sample = _find_first(codes, test, len(names))
            split_codes = np.flatnonzero((train_sample >= 0) & (test_sample >= 0))
            if not len(split_codes):
                continue
            self._add_rows(
                kind,
                fold,
                test_sample[split_codes],
                train_sample[split_codes],
                np.nan,
                np.nan,
                group=[names[code] for code in split_codes],
                n_affected=np.bincount(codes[test], minlength=len(names))[split_codes],
            )
            self.affected_samples[kind][-1] = test[train_sample[codes[test]] >= 0]

    def add_conflicts(self, duplicates: Duplicates) -> None:
        """Add the pairs of copies or near-duplicates that have different labels."""
        # Labels are compared within clusters of exact copies and between near-duplicates. Of the
        # copies of a sample the one with the lowest or with the highest label differs, if any does.
        classes = np.unique(self.y, return_inverse=True)[1]
        samples = np.arange(len(classes))
        cluster, n_clusters = duplicates.cluster, len(duplicates.first)
        lowest = _find_last(cluster, np.argsort(-classes, kind="stable"), n_clusters)[cluster]
        highest = _find_last(cluster, np.argsort(classes, kind="stable"), n_clusters)[cluster]
        copy = np.where(classes[lowest] != classes, lowest, highest)
        pairs = np.column_stack([samples, copy])[classes[copy] != classes]
        # Each pair once, the most similar first.
        near_pairs = duplicates.first[duplicates.pairs]
        differs = classes[near_pairs[:, 0]] != classes[near_pairs[:, 1]]
        similarity = np.concatenate([np.ones(len(pairs)), duplicates.similarity[differs]])
        distance = np.concatenate([np.zeros(len(pairs)), duplicates.relative_distance[differs]])
        pairs = np.sort(np.concatenate([pairs, near_pairs[differs]]), axis=1)
        order = np.unique(pairs, axis=0, return_index=True)[1]
        order = order[np.argsort(-similarity[order], kind="stable")]
        a, b = pairs[order].T
        self._add_rows("conflict", None, a, b, similarity[order], distance[order])
        self.affected_samples["conflict"].append(np.unique(pairs))

    def _add_rows(
        self,
        kind: str,
        fold: int | None,
        sample: np.ndarray,
        partner: np.ndarray,
        similarity: Any,
        distance: Any,
        **columns: Any,
    ) -> None:
        if not len(sample):
            return
        self.affected_samples[kind].append(sample)
        values = {
            "kind": kind,
            "fold": pd.NA if fold is None else fold,
            "sample": sample,
            "partner": partner,
            "similarity": similarity,
            "closeness": distance,
            "group": None,
            "n_affected": 1,
            "sample_name": None if self.files is None else self.files[sample],
            "partner_name": None if self.files is None else self.files[partner],
            "sample_label": self.y[sample],
            "partner_label": self.y[partner],
        }
        table = pd.DataFrame(values | columns, index=np.arange(len(sample)))
        self.tables.append(table.astype(COLUMNS))

    def to_frame(self) -> pd.DataFrame:
        """Return all rows, by kind, the most similar first."""
        if not self.tables:
            return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in COLUMNS.items()})
        frame = pd.concat(self.tables, ignore_index=True)
        rank = frame["kind"].map(list(KINDS).index)
        keys = frame["sample"], frame["fold"].fillna(-1), -frame["similarity"].fillna(0), rank
        order = np.lexsort(keys)
        return frame.iloc[order].reset_index(drop=True)

    def list_affected(self) -> dict[str, np.ndarray]:
        """Return for each kind the samples that it affects, each once."""
        return {
            kind: np.unique(np.concatenate(samples))
            for kind, samples in self.affected_samples.items()
            if samples
        }


def _find_first(codes: np.ndarray, samples: np.ndarray, n_codes: int) -> np.ndarray:
    """Return the lowest of some samples with each code, -1 if there is none."""
    return _find_last(codes, np.sort(samples)[::-1], n_codes)


def _find_last(codes: np.ndarray, samples: np.ndarray, n_codes: int) -> np.ndarray:
    """Return the last of some samples with each code, -1 if there is none."""
    last = np.full(n_codes, -1, dtype=np.intp)
    last[codes[samples]] = samples  # the last one assigned stays
    return last
