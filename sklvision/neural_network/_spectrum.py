"""Classifier of spectra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import validate_data

from sklvision.neural_network._base import BaseNeuralClassifier
from sklvision.neural_network._data import Data
from sklvision.neural_network._module import Architecture
from sklvision.utils._samples import as_samples


class SpectrumClassifier(BaseNeuralClassifier):
    """Neural classifier of spectra, or of any table of numbers.

    Parameters
    ----------
    architecture : str or callable, default="spectrum_mlp"
        A name from :func:`sklvision.nets.list_architectures`, or a callable
        ``(input_shape, n_classes, **architecture_params)`` that returns a torch module, which
        maps a float batch ``(n, n_bands)`` to logits ``(n, n_classes)``. A module that is already
        built is copied at each fit, weights included.
    architecture_params : dict, default=None
        Keyword arguments for the architecture, such as ``{"dropout": 0.2}``.
    max_epochs : int, default=100
        Passes over the training data.
    batch_size : int, default=64
        Largest number of samples per optimizer step; -1 takes all of them at once. The batches
        of an epoch are of nearly equal size.
    lr : float, default=3e-3
        Learning rate; the highest one where the schedule varies it.
    optimizer : {"adamw", "adam", "adamax", "sgd", "rmsprop"}, default="adamw"
        Optimizer; ``"sgd"`` has a Nesterov momentum of 0.9.
    weight_decay : float, default=0.01
        Decay of the weights per step as a multiple of the learning rate, decoupled from the
        gradient as in AdamW, whichever the optimizer.
    lr_schedule : {"constant", "cosine", "onecycle", "cyclic", "step", "plateau"}, \
            default="onecycle"
        Course of the learning rate over the training: ``"cosine"`` falls to zero;
        ``"onecycle"`` rises to `lr` in the first 30 % of the steps, then falls to almost zero;
        ``"cyclic"`` swings ten times between `lr` / 10 and `lr`; ``"step"`` divides by 10 after
        each third; ``"plateau"`` halves after 5 epochs without a lower loss.
    label_smoothing : float, default=0.0
        Probability, in [0, 1), that is spread evenly over all classes in the training targets.
    class_weight : dict or "balanced", default=None
        Weights of the classes in the loss: by label, or inversely to their frequency.
    augment : callable or list of callable, default=None
        Applied in turn to every training batch, and to nothing else: augmenters of
        :mod:`sklvision.augmentation`, or functions that map a float tensor
        ``(n, n_bands)`` in the units of `X` to one of the same shape.
    early_stopping : bool, default=False
        Hold out a stratified part of the training data, stop when the accuracy on it no longer
        rises, and keep the weights of the best epoch.
    validation_fraction : float, default=0.1
        Part of each class that is held out, in (0, 1): at least one sample of each class of
        two or more.
    n_iter_no_change : int, default=10
        Epochs without a better validation score after which early stopping ends the training.
    warm_start : bool, default=False
        Go on from the weights of the previous fit.
    precision : {"auto", "float32", "bfloat16", "float64"}, default="auto"
        Number format of the computation. ``"auto"`` trains in float32. On a processor that computes
        in bfloat16 it predicts in that where the layers are dense and, on some of the training
        data, no probability moved by more than 0.005. Weights are kept in float32, or in float64.
    device : str or torch.device, default="auto"
        ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``; ``"auto"`` takes a GPU if there is one.
        A fitted classifier can be loaded where its device is absent.
    callbacks : list, default=None
        Callbacks of skorch, or ``(name, callback)`` pairs. They are copied before use; the
        copies are in ``net_.callbacks_``. An ``LRScheduler`` takes the place of `lr_schedule`.
        Parameters have the names that they have in the architecture; batches with weights
        are a dict of ``"X"`` and ``"sample_weight"``.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, order of samples, dropout and validation split. With an integer
        two fits give the same bits. The global generators of NumPy and torch are not used.
    verbose : int, default=0
        0 prints nothing; 1 shows a progress bar with loss and score.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    n_features_in_ : int
        Number of bands.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Column names, if `X` was a DataFrame with string column names.
    input_shape_ : tuple of int
        Shape of one sample, ``(n_bands,)``.
    n_iter_ : int
        Epochs trained.
    n_parameters_ : int
        Trainable parameters of the net.
    history_ : list of dict
        Loss, learning rate, seconds (``"dur"``) and scores of every epoch.
    loss_curve_ : list of float
        Training loss of every epoch.
    validation_scores_ : list of float
        Accuracy on the held-out samples after every epoch, with early stopping.
    net_ : skorch.NeuralNetClassifier
        The net that was trained. A fit of its own, or of a clone, takes encoded labels, starts
        from new weights and standardizes by the mean and scale of this training.
    module_ : torch.nn.Module
        The torch module; takes spectra as `X` holds them and returns logits.

    See Also
    --------
    ImageClassifier : The same for images.
    sklvision.spectral.SpectralScaler : Scaling of each spectrum, to go before this.
    sklearn.neural_network.MLPClassifier : Perceptron of scikit-learn.

    Notes
    -----
    Every band is standardised inside the net, with mean and standard deviation of the training
    data, so the units of `X` do not matter. A fitted classifier is pickled as plain arrays:
    no larger than its weights, without training data and without the optimizer's state.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklvision.neural_network import SpectrumClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> clf = SpectrumClassifier(max_epochs=20, random_state=0)
    >>> float(cross_val_score(clf, X, y, cv=3).mean()) > 0.95
    True
    """

    _kind = "spectrum"

    def __init__(
        self,
        architecture: Architecture = "spectrum_mlp",
        *,
        architecture_params: dict[str, Any] | None = None,
        max_epochs: int = 100,
        batch_size: int = 64,
        lr: float = 3e-3,
        optimizer: str = "adamw",
        weight_decay: float = 0.01,
        lr_schedule: str = "onecycle",
        label_smoothing: float = 0.0,
        class_weight: dict | str | None = None,
        augment: Callable | list[Callable] | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        warm_start: bool = False,
        precision: str = "auto",
        device: str | torch.device = "auto",
        callbacks: list | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            architecture,
            architecture_params=architecture_params,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            optimizer=optimizer,
            weight_decay=weight_decay,
            lr_schedule=lr_schedule,
            label_smoothing=label_smoothing,
            class_weight=class_weight,
            augment=augment,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            warm_start=warm_start,
            precision=precision,
            device=device,
            callbacks=callbacks,
            random_state=random_state,
            verbose=verbose,
        )

    def _validate_training(self, X: Any, y: Any) -> tuple[Data, np.ndarray]:
        dtype = self._sample_dtype(self.precision)
        return validate_data(self, as_samples(X).data, y, dtype=dtype, order="C")
