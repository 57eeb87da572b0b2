"""Classifier of images."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import prod
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils.validation import validate_data

from sklvision.neural_network._base import BaseNeuralClassifier
from sklvision.neural_network._checks import open_lazy_rows
from sklvision.neural_network._data import Data
from sklvision.neural_network._module import Architecture
from sklvision.neural_network._texts import document
from sklvision.utils._images import check_image_shape, warn_of_channels_first
from sklvision.utils._lazy import LazySamples, open_samples
from sklvision.utils._net_input import check_image_array, keep_bytes
from sklvision.utils._samples import as_samples


@document
class ImageClassifier(BaseNeuralClassifier):
    """Neural classifier of small images.

    `X` holds images channels-last, ``(n, height, width)`` or ``(n, height, width, channels)``,
    or one flattened image per row, ``(n, n_features)``, with `image_shape` in addition. It may be
    an :class:`~sklvision.datasets.ImageCollection`, which is read batch by batch, or an array of
    zarr, Dask or h5py, which is read block by block (:class:`~sklvision.datasets.ArrayCollection`).

    .. versionadded:: 0.1

    Parameters
    ----------
    architecture : str or callable, default="resnet8"
        A name from :func:`sklvision.nets.list_architectures`, or a callable
        ``(input_shape, n_classes, **architecture_params)`` that returns a torch module, which
        maps a float batch ``(n, channels, height, width)`` to logits ``(n, n_classes)``;
        `input_shape` is ``(height, width, channels)``. A module that is already built is copied
        at each fit, weights included.
    image_shape : tuple of int, default=None
        ``(height, width)`` or ``(height, width, channels)`` of the images in the rows of a 2-D
        `X`. By default a row is one strip of pixels, ``(1, n_features, 1)``.
    architecture_params : dict, default=None
        Keyword arguments for the architecture, such as ``{"dropout": 0.2}``.
    max_epochs : int, default=30
        Passes over the training data.
    %(optimization)s
    augment : callable or list of callable, default=None
        Applied one after another to every training batch, and to nothing else: augmenters of
        :mod:`sklvision.augmentation`, or functions that map a float tensor
        ``(n, height, width, channels)`` in the units of `X` to one of the same shape.
    %(stopping)s
    precision : {"auto", "float32", "bfloat16", "float64"}, default="auto"
        Number format of the computation. ``"auto"`` takes bfloat16 for convolutions over
        images of at least 16 × 16 pixels where the processor is faster in it, else float32.
        Weights are kept in float32, or in float64.
    %(execution)s

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    n_features_in_ : int
        Height of the images, or number of columns of rows: ``X.shape[1]``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, if `X` was a DataFrame with string column names.
    input_shape_ : tuple of int
        Shape of one sample, ``(height, width, channels)``.
    %(attributes)s
    module_ : torch.nn.Module
        The torch module; takes images, channels-last, and returns logits.

    See Also
    --------
    SpectrumClassifier : The same for spectra.
    sklvision.image.FlattenImages : Makes other classifiers accept the same `X`.

    Notes
    -----
    Every channel is standardized inside the net, with mean and standard deviation of the training
    data, so the range of the pixels does not matter; ``uint8`` images are kept unchanged and
    converted batch by batch.

    %(file)s

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklvision.neural_network import ImageClassifier
    >>> digits = load_digits()
    >>> clf = ImageClassifier("resnet8", max_epochs=5, random_state=0)
    >>> clf = clf.fit(digits.images[:1000], digits.target[:1000])
    >>> clf.score(digits.images[1000:], digits.target[1000:]) > 0.85
    True
    >>> clf.input_shape_
    (8, 8, 1)
    """

    _kind = "image"

    _parameter_constraints: ClassVar[dict] = {
        **BaseNeuralClassifier._parameter_constraints,
        "image_shape": [tuple, list, None],
    }

    def __init__(
        self,
        architecture: Architecture = "resnet8",
        *,
        image_shape: tuple[int, ...] | None = None,
        architecture_params: dict[str, Any] | None = None,
        max_epochs: int = 30,
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
        self.image_shape = image_shape

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _validate_training(self, X: Any, y: Any) -> tuple[Data, np.ndarray]:
        dtype = self._sample_dtype(self.precision)
        samples = open_samples(as_samples(X), dtype)
        if samples.is_table and samples.is_lazy:
            shape = self._resolve_shape(None, samples.shape[1])
            y = open_lazy_rows(self, samples, y)
            return LazySamples(samples.data, shape, dtype), y
        if samples.is_table:
            samples.check_numbers()
            dtype = keep_bytes(samples, dtype)
            rows, y = validate_data(self, samples.data, y, dtype=dtype, order="C")
            shape = self._resolve_shape(None, rows.shape[1])
            self._keep_contract(samples)
            return rows.reshape(len(rows), *shape), y
        images = check_image_array(samples, self, dtype)
        y = self._validate_target(y, images)
        shape = self._resolve_shape(images.shape[1:], prod(images.shape[1:]))
        self.n_features_in_ = shape[0]
        self.__dict__.pop("feature_names_in_", None)  # of an earlier fit on rows
        self._keep_contract(samples)
        return images, y

    def _resolve_shape(self, shape: tuple[int, ...] | None, n_features: int) -> tuple[int, ...]:
        """Resolve the shape of one image (height, width, channels) from X or `image_shape`."""
        warn_of_channels_first(shape, stacklevel=6)
        if self.image_shape is None and shape is None and n_features > 1:
            warnings.warn(
                f"The rows of X are read as images with one row of {n_features} pixels. Give their "
                "height and width with image_shape=, or use a SpectrumClassifier for spectra.",
                stacklevel=6,
            )
        if self.image_shape is None:
            return (1, n_features, 1) if shape is None else shape
        expected = check_image_shape("image_shape", self.image_shape)
        expected = expected if len(expected) == 3 else (*expected, 1)
        if shape not in (None, expected) or prod(expected) != n_features:
            content = f"{n_features} features" if shape is None else f"images of shape {shape}"
            raise ValueError(f"X has {content}, which do not fit image_shape={self.image_shape!r}.")
        return expected
