"""Values of an epoch in skorch's history."""

from __future__ import annotations

from skorch.history import History


def record_best(history: History, name: str, value: float, *, lower_is_better: bool) -> None:
    """Record a value, and whether it is the best so far, as skorch's monitors expect."""
    scores = [epoch[name] for epoch in history[:-1] if name in epoch]
    sign = -1 if lower_is_better else 1
    history.record(name, value)
    history.record(f"{name}_best", all(sign * value > sign * score for score in scores))


def record_single_batch(history: History, loss: float, n_samples: int) -> None:
    """Record one batch that stands for all: skorch's checkpoints look for batches."""
    history.new_batch()
    history.record_batch("train_loss", loss)
    history.record_batch("train_batch_size", n_samples)
