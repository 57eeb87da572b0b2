"""Classifier of images."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import prod
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils.validation import validate_data

from sklvision.neural_network._base import BaseNeuralClassifier
from sklvision.neural_network._data import Data
from sklvision.neural_network._module import Architecture
from sklvision.utils._net_input import check_image_array, keep_bytes
from sklvision.utils._samples import as_samples


class ImageClassifier(BaseNeuralClassifier):
    """Neural classifier of small images.

    `X` holds images channels-last, ``(n, height, width)`` or ``(n, height, width, channels)``,
    or one flattened image per row, ``(n, n_features)``, with `image_shape` beside it. It may be
    an :class:`~sklvision.datasets.ImageCollection`, which is read batch by batch.

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
        ``(n, height, width, channels)`` in the units of `X` to one of the same shape.
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
        Number format of the computation. ``"auto"`` takes bfloat16 for convolutions over
        images of at least 16 × 16 pixels where the processor computes in it, else float32.
        Weights are kept in float32, or in float64.
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
        Height of the images, or number of columns of rows: ``X.shape[1]``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Column names, if `X` was a DataFrame with string column names.
    input_shape_ : tuple of int
        Shape of one sample, ``(height, width, channels)``.
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
        The torch module; takes images, channels-last, and returns logits.

    See Also
    --------
    SpectrumClassifier : The same for spectra.
    sklvision.image.FlattenImages : Lets other classifiers take the same `X`.

    Notes
    -----
    Every channel is standardised inside the net, with mean and standard deviation of the training
    data, so the range of the pixels does not matter; ``uint8`` images are kept as they are and
    converted batch by batch. A fitted classifier is pickled as plain arrays: no larger than
    its weights, without training data and without the optimizer's state.

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
        self.image_shape = image_shape

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _validate_training(self, X: Any, y: Any) -> tuple[Data, np.ndarray]:
        samples, dtype = as_samples(X), self._sample_dtype(self.precision)
        if samples.is_table:
            dtype = keep_bytes(samples, dtype)
            rows, y = validate_data(self, samples.data, y, dtype=dtype, order="C")
            shape = self._resolve_shape(None, rows.shape[1])
            return rows.reshape(len(rows), *shape), y
        images = check_image_array(samples, self, dtype)
        y = self._validate_target(y, images)
        shape = self._resolve_shape(images.shape[1:], prod(images.shape[1:]))
        self.n_features_in_ = shape[0]
        self.__dict__.pop("feature_names_in_", None)  # of an earlier fit on rows
        return images, y

    def _resolve_shape(self, shape: tuple[int, ...] | None, n_features: int) -> tuple[int, ...]:
        """Resolve the shape of one image (height, width, channels) from X or `image_shape`."""
        if shape is not None and shape[0] in (1, 3, 4) and min(shape[1:]) >= 8:
            warnings.warn(
                f"Images of shape {shape} look channels-first; X is read as channels-last, "
                f"(n_samples, height, width, channels). Use np.moveaxis(X, 1, -1).",
                stacklevel=6,
            )
        if self.image_shape is None:
            return (1, n_features, 1) if shape is None else shape
        expected = tuple(self.image_shape)
        if len(expected) not in (2, 3) or not all(map(_is_length, expected)):
            raise ValueError(
                "image_shape must be (height, width) or (height, width, channels), got "
                f"{self.image_shape!r}."
            )
        expected = expected if len(expected) == 3 else (*expected, 1)
        if shape not in (None, expected) or prod(expected) != n_features:
            content = f"{n_features} features" if shape is None else f"images of shape {shape}"
            raise ValueError(f"X has {content}, which do not fit image_shape={self.image_shape!r}.")
        return expected


def _is_length(value: Any) -> bool:
    return isinstance(value, Integral) and int(value) > 0
