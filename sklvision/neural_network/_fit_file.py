"""Files that a training is resumed from, with the bits of one that was never interrupted."""

from __future__ import annotations

import io
import sys
import warnings
from pathlib import Path
from time import perf_counter
from typing import Any

import joblib
import torch
from skorch.callbacks import Callback, EpochTimer
from skorch.history import History

from sklvision.neural_network._callbacks import BestWeights, ProgressBar, TimeLimit
from sklvision.neural_network._data import TrainingSet
from sklvision.neural_network._plan import FitPlan
from sklvision.utils._data_key import hash_data
from sklvision.utils._files import read_with_digest, write_with_digest
from sklvision.utils._fit_folder import get_fit_folder
from sklvision.utils._lazy import LazySamples
from sklvision.utils._samples import as_samples
from sklvision.utils._versions import collect_versions

# A file is written at most so often, and takes at most this part of the time.
_FEWEST_SECONDS = 5.0
_LARGEST_PART = 0.05

# Callbacks whose state is known; that of others, such as those of users, is not.
_KNOWN_CALLBACKS = (BestWeights, EpochTimer, ProgressBar, TimeLimit)


def make_fit_file(plan: FitPlan) -> FitFile | None:
    """Make the file of a training; None where its context keeps none, or it cannot be resumed."""
    folder = get_fit_folder()
    is_known = all(isinstance(callback, _KNOWN_CALLBACKS) for callback in _list_callbacks(plan))
    if folder is None or plan.previous is not None or plan.is_incremental or not is_known:
        return None
    return FitFile(folder.add_file(_hash_plan(plan)))


def _list_callbacks(plan: FitPlan) -> list[Callback]:
    return [item[-1] if isinstance(item, tuple) else item for item in plan.callbacks]


def _hash_plan(plan: FitPlan) -> str:
    """Return one key for everything that a training depends on."""
    callbacks = [(type(item).__name__, vars(item)) for item in _list_callbacks(plan)]
    return str(
        joblib.hash(
            (
                collect_versions(),
                plan.settings.to_dict(),
                (plan.seed, plan.epochs, plan.augment, callbacks, plan.held_out),
                _hash_samples(plan.data.samples),
            )
        )
    )


def _hash_samples(dataset: TrainingSet) -> str:
    X = dataset.X
    arrays = [None if part is None else part.numpy() for part in (dataset.y, dataset.weights)]
    if isinstance(X, LazySamples):
        return hash_data(as_samples(X.collection), *arrays)
    return str(joblib.hash([X.numpy(), *arrays]))


class FitFile(Callback):
    """Keeps the latest epoch of a training on disk, and resumes from it.

    It must be the last of the callbacks, whose states at the end of an epoch it keeps.

    Parameters
    ----------
    path : Path
        The file. One that is damaged, or a disk that is full, costs the resumption, not the fit.
    """

    def __init__(self, path: Path) -> None:
        self.path: Path | None = path

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Resume what does not depend on the batches: weights, optimizer, history, callbacks."""
        self.state_: dict[str, Any] | None = self._load()
        self.latest_, self.seconds_ = perf_counter(), 0.0
        state = self.state_
        if state is None:
            return
        net.module_.load_state_dict(state["weights"])
        net.optimizer_.load_state_dict(state["optimizer"])
        net.history = History(state["history"])
        net.checkpoint_.save()
        net.n_resumed_ = net.checkpoint_.n_saved = len(net.history)
        best = _find_best_weights(net)
        if best is not None:
            best.__dict__.update(state["best"])
        if net.verbose:
            print(f"resumed after epoch {len(net.history)}", file=sys.stderr, flush=True)

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Resume the schedule, which the first epoch makes, and the generators of draws."""
        state, self.state_ = self.state_, None
        if state is None:
            return
        net.schedule_.load_state(state["schedule"])
        net.optimizer_.load_state_dict(state["optimizer"])  # the new schedule set its rates
        torch.set_rng_state(state["generator"])
        if state["cuda_generator"] is not None:
            torch.cuda.set_rng_state(state["cuda_generator"], net.device)

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Keep an epoch, unless it is the last or one was kept shortly before."""
        is_last = net.stop_training_ or len(net.history) >= net.n_epochs_
        start = perf_counter()
        interval = max(_FEWEST_SECONDS, self.seconds_ / _LARGEST_PART)
        if self.path is None or is_last or start - self.latest_ < interval:
            return
        best = _find_best_weights(net)
        on_cuda = torch.device(net.device).type == "cuda"
        state = {
            "weights": net.module_.state_dict(),
            "optimizer": net.optimizer_.state_dict(),
            "schedule": net.schedule_.get_state(),
            "history": list(net.history),
            "best": {} if best is None else vars(best),
            "generator": torch.get_rng_state(),
            "cuda_generator": torch.cuda.get_rng_state(net.device) if on_cuda else None,
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_with_digest(self.path, buffer.getvalue())
        except OSError as error:
            warnings.warn(
                f"The state of the training could not be kept ({error}): after an interruption it "
                "would begin again.",
                UserWarning,
                stacklevel=2,
            )
            self.path = None
        self.latest_ = perf_counter()
        self.seconds_ = self.latest_ - start

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        """Write no more: the net keeps its callbacks, and may be trained further."""
        self.path = self.state_ = None

    def _load(self) -> dict[str, Any] | None:
        if self.path is None:
            return None
        try:
            content = read_with_digest(self.path)
            # Its callbacks' states are more than tensors; the digest shows it is our own.
            return torch.load(io.BytesIO(content), map_location="cpu", weights_only=False)
        except FileNotFoundError:
            return None
        except Exception as error:  # damaged files raise anything
            warnings.warn(
                f"The state of a training that was kept cannot be read, and it begins again "
                f"({error}).",
                UserWarning,
                stacklevel=2,
            )
            return None


def _find_best_weights(net: Any) -> BestWeights | None:
    callbacks = (callback for _, callback in net.callbacks_)
    return next((c for c in callbacks if isinstance(c, BestWeights)), None)
