"""Classifier of spectra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import validate_data

from sklvision.neural_network._base import BaseNeuralClassifier
from sklvision.neural_network._checks import open_lazy_rows
from sklvision.neural_network._data import Data
from sklvision.neural_network._module import Architecture
from sklvision.neural_network._texts import document
from sklvision.utils._lazy import LazySamples, open_samples
from sklvision.utils._samples import as_samples


@document
class SpectrumClassifier(BaseNeuralClassifier):
    """Neural classifier of spectra, or of any table of numbers.

    .. versionadded:: 0.1

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
    %(optimization)s
    augment : callable or list of callable, default=None
        Applied one after another to every training batch, and to nothing else: augmenters of
        :mod:`sklvision.augmentation`, or functions that map a float tensor
        ``(n, n_bands)`` in the units of `X` to one of the same shape.
    %(stopping)s
    precision : {"auto", "float32", "bfloat16", "float64"}, default="auto"
        Number format of the computation. ``"auto"`` trains in float32. On a processor that is
        faster in bfloat16 it predicts in bfloat16 if layers are dense and, on some of the training
        data, no probability changed by more than 0.005. Weights are kept in float32, or in float64.
    %(execution)s

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    n_features_in_ : int
        Number of bands.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, if `X` was a DataFrame with string column names.
    input_shape_ : tuple of int
        Shape of one sample, ``(n_bands,)``.
    %(attributes)s
    module_ : torch.nn.Module
        The torch module; takes spectra as `X` holds them and returns logits.

    See Also
    --------
    ImageClassifier : The same for images.
    sklvision.spectral.SpectralScaler : Scaling of each spectrum, as a step before this one.
    sklearn.neural_network.MLPClassifier : Perceptron of scikit-learn.

    Notes
    -----
    Every band is standardized inside the net, with mean and standard deviation of the training
    data, so the units of `X` do not matter.

    %(file)s

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
        time_limit: float | None = None,
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
            time_limit=time_limit,
            warm_start=warm_start,
            precision=precision,
            device=device,
            callbacks=callbacks,
            random_state=random_state,
            verbose=verbose,
        )

    def _validate_training(self, X: Any, y: Any) -> tuple[Data, np.ndarray]:
        dtype = self._sample_dtype(self.precision)
        samples = open_samples(as_samples(X), dtype)
        if samples.is_table and samples.is_lazy:
            y = open_lazy_rows(self, samples, y)
            return LazySamples(samples.data, samples.shape[1:], dtype), y
        samples.check_numbers()
        rows, y = validate_data(self, samples.data, y, dtype=dtype, order="C")
        self._keep_contract(samples)
        return rows, y
