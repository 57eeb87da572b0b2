"""Callbacks of scikit-learn (1.9 and later): they follow a fit and each of its epochs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from skorch.callbacks import Callback

from sklvision.utils._sklearn import has_callbacks, open_callback_context

MakeAttributes = Callable[[Any], dict[str, Any]]


class FitReporter:
    """Reports the beginning and the end of a fit, and has a callback report the epochs.

    With an older scikit-learn it does nothing.

    Parameters
    ----------
    estimator : estimator
        The estimator that is fitted.
    X, y, sample_weight : array-like
        Arguments of its `fit`.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self.estimator = estimator
        self.arguments = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.context: Any = None

    def start(self, n_epochs: int, make_attributes: MakeAttributes) -> list[tuple[str, Callback]]:
        """Report the beginning of a fit, and return the callback that reports its epochs.

        Parameters
        ----------
        n_epochs : int
            Largest number of epochs.
        make_attributes : callable
            Makes the attributes of an estimator fitted so far of the net that is trained.

        Returns
        -------
        callbacks : list of (str, Callback)
            Empty where no callback follows the fit, which then takes no longer.
        """
        self.context = open_callback_context(self.estimator, "fit", n_epochs)
        if self.context is None:
            return []
        self.context.call_on_fit_task_begin(**self.arguments)
        if not has_callbacks(self.estimator):
            return []
        return [("reporter", EpochReporter(self.context, self.arguments, make_attributes))]

    def finish(self) -> None:
        """Report the end of a fit; the estimator is fitted."""
        if self.context is not None:
            self.context.call_on_fit_task_end(**self.arguments, reconstruction_attributes={})


class EpochReporter(Callback):
    """Reports each epoch as a task of the fit."""

    def __init__(
        self, context: Any, arguments: dict[str, Any], make_attributes: MakeAttributes
    ) -> None:
        self.context = context
        self.arguments = arguments
        self.make_attributes = make_attributes

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Open a task; the attributes are made only for callbacks that need them."""
        if self.context is not None:
            self.task_ = self.context.subcontext(task_name="epoch")
            attributes = partial(self.make_attributes, net)
            self.task_.call_on_fit_task_begin(
                **self.arguments, reconstruction_attributes=attributes
            )

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Close the task; a callback may ask for the end of the training."""
        if self.context is not None:
            attributes = partial(self.make_attributes, net)
            if self.task_.call_on_fit_task_end(
                **self.arguments, reconstruction_attributes=attributes
            ):
                net.stop_training_ = True

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        """Drop the data: the net keeps its callbacks."""
        self.context = self.arguments = self.make_attributes = self.task_ = None  # type: ignore[assignment]
