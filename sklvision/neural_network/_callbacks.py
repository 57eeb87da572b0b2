"""skorch callbacks that the classifiers use themselves."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from skorch.callbacks import Callback
from tqdm.auto import tqdm


class BestWeights(Callback):
    """Stop after `n_iter_no_change` epochs without a better validation score; keep the best.

    The score is the accuracy; between equal accuracies the lower loss is better, since on a few
    validation samples accuracy alone moves in coarse steps.
    """

    def __init__(self, n_iter_no_change: int) -> None:
        self.n_iter_no_change = n_iter_no_change

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Forget earlier trainings."""
        self.best_: tuple[float, float] | None = None
        self.best_weights_ = None
        self.misses_ = 0

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Compare this epoch with the best one."""
        score = (net.history[-1, "valid_acc"], -net.history[-1, "valid_loss"])
        if self.best_ is None or score > self.best_:
            self.best_, self.misses_ = score, 0
            self.best_weights_ = deepcopy(net.module_.state_dict())
        else:
            self.misses_ += 1
            net.stop_training_ = self.misses_ >= self.n_iter_no_change

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        """Put the best weights back."""
        net.module_.load_state_dict(self.best_weights_)
        self.best_weights_ = None


class ProgressBar(Callback):
    """A bar over the epochs with the latest loss and score, on standard error."""

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Open the bar."""
        self.bar_ = tqdm(total=net.n_epochs_, unit="epoch")

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Advance the bar."""
        latest = net.history[-1]
        shown = {"loss": latest["train_loss"]}
        if "valid_acc" in latest:
            shown["score"] = latest["valid_acc"]
        self.bar_.set_postfix({name: f"{value:.4f}" for name, value in shown.items()})
        self.bar_.update()

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        """Close the bar."""
        self.bar_.close()
