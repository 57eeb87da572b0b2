"""Samples of files for a fitted model, with their labels where the files have them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BATCH_SIZE = 10**9  # of one batch for each file
_FEW_SAMPLES = 100


@dataclass(frozen=True)
class LabeledSamples:
    """Samples as a model takes them, and labels, or the reason why there are none."""

    X: Any
    y: Any = None
    reason: str | None = None

    def __len__(self) -> int:
        return len(self.X)

    def take(self, n_samples: int) -> LabeledSamples:
        """Take at most some number of samples, spread evenly over all."""
        import numpy as np

        n_samples = min(n_samples, len(self))
        return self._select(np.linspace(0, len(self) - 1, n_samples).astype(int))

    def split(self, n_samples: int) -> tuple[LabeledSamples, LabeledSamples]:
        """Split off at most some number of samples, and half of all; of few, return all twice."""
        import numpy as np

        if len(self) < _FEW_SAMPLES:
            return self, self
        n_samples = min(n_samples, len(self) // 2)
        is_taken = np.zeros(len(self), dtype=bool)
        is_taken[np.linspace(0, len(self) - 1, n_samples).astype(int)] = True
        return self._select(np.flatnonzero(is_taken)), self._select(np.flatnonzero(~is_taken))

    def _select(self, indices: Any) -> LabeledSamples:
        from sklvision.utils._samples import as_samples

        X = as_samples(self.X).take(indices).data
        return LabeledSamples(X, None if self.y is None else self.y[indices], self.reason)


def read_labeled_samples(
    source: Path, model: Any, *, target: str | None = None, **options: Any
) -> LabeledSamples:
    """Read samples by the input contract of a model, and labels by folder, column or array.

    Parameters
    ----------
    source : Path
        Folder, table, ``.npz`` or instrument files, as ``sklvision predict`` takes them.
    model : classifier
        The fitted classifier.
    target : str, default=None
        Name of the column or array of labels; None finds it as in training.
    **options : dict
        Keywords of :func:`~sklvision.datasets.read_samples`.

    Returns
    -------
    samples : LabeledSamples
        The samples; ``y`` is None where no labels of the model's classes were found.
    """
    import numpy as np

    from sklvision.datasets import read_samples

    batches = list(read_samples([source], model, batch_size=_BATCH_SIZE, **options))
    X = batches[0].data if len(batches) == 1 else _join([batch.data for batch in batches])
    names = [name for batch in batches for name in batch.names]
    try:
        labels = _find_labels(source, names, model, target)
        classes = {str(label): label for label in model.classes_}
        unknown = sorted({str(label) for label in labels} - set(classes))
        if unknown:
            raise ValueError(f"{source}: the model does not know the label {unknown[0]!r}")
    except ValueError as error:
        if target is not None:
            raise
        return LabeledSamples(X, None, str(error).rstrip("."))
    return LabeledSamples(X, np.array([classes[str(label)] for label in labels]), None)


def _find_labels(source: Path, names: list[tuple], model: Any, target: str | None) -> list[Any]:
    """Return a label for each sample: the name of its folder, or those that the file has."""
    from sklvision.datasets import load_labeled
    from sklvision.utils._nested import find_contract

    if source.is_dir() and target is None:
        folders = [Path(name[0]).parent.name for name in names]
        if set(folders) <= {str(label) for label in model.classes_}:
            return folders
    if target is None:
        target = ((find_contract(model) or {}).get("roles") or {}).get("target")
    labels = load_labeled(source, target=target).target
    if len(labels) != len(names):
        raise ValueError(f"{source}: has {len(labels)} labels for {len(names)} samples")
    return list(labels)


def _join(parts: list[Any]) -> Any:
    import numpy as np
    import pandas as pd

    if isinstance(parts[0], pd.DataFrame):
        return pd.concat(parts, ignore_index=True)
    return np.concatenate(parts)
