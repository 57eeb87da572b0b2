"""The estimator that composes a private skorch net."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data
from torch import nn

from sklvision._version import __version__
from sklvision.nets._registry import get_architecture
from sklvision.neural_network._data import Data
from sklvision.neural_network._fit import (
    check_parameters,
    make_plan,
    make_snapshot,
    prepare_data,
    read_progress,
    train_fit,
)
from sklvision.neural_network._module import Architecture
from sklvision.neural_network._net import Net
from sklvision.neural_network._optim import OPTIMIZERS, SCHEDULES
from sklvision.neural_network._rebuild import check_weights, get_weights, restore_net
from sklvision.neural_network._reporter import FitReporter
from sklvision.neural_network._settings import FitSettings
from sklvision.neural_network._target import ClassificationTarget
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._net_input import check_net_input
from sklvision.utils._predictions import PredictionsMixin
from sklvision.utils._sklearn import (
    CallbackSupportMixin,
    HasMethods,
    Interval,
    Options,
    StrOptions,
    with_callbacks,
)

# Of parameters that are one entry of `architecture_params`.
_ARCHITECTURE_PREFIX = "architecture_params__"


class BaseNeuralClassifier(
    CallbackSupportMixin, PredictionsMixin, ClassifierMixin, SklvisionEstimator
):
    """A scikit-learn classifier around a net that skorch trains.

    Subclasses name the kind of data they take (`_kind`) and check training data
    (`_validate_training`).
    """

    _kind: ClassVar[str]
    _target_type: ClassVar = ClassificationTarget

    classes_: np.ndarray
    input_shape_: tuple[int, ...]
    n_iter_: int
    _settings: FitSettings
    _net: Net

    _parameter_constraints: ClassVar[dict] = {
        "architecture": [str, callable],
        "architecture_params": [dict, None],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), Options(Integral, {-1})],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "optimizer": [StrOptions(set(OPTIMIZERS))],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "lr_schedule": [StrOptions(set(SCHEDULES))],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "augment": [callable, HasMethods(["mix"]), list, tuple, None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "time_limit": [Interval(Real, 0, None, closed="neither"), None],
        "warm_start": ["boolean"],
        "precision": [StrOptions({"auto", "float32", "bfloat16", "float64"})],
        "device": [str, torch.device],
        "callbacks": [list, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    # Names that scikit-learn, skorch and Keras give to these parameters.
    _parameter_hints: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("epochs", "n_epochs", "max_iter"), "max_epochs"),
        **dict.fromkeys(("learning_rate", "learning_rate_init"), "lr"),
        **dict.fromkeys(("model", "module", "net"), "architecture"),
        **dict.fromkeys(("alpha", "l2"), "weight_decay"),
        "hidden_layer_sizes": "architecture_params={'hidden_layer_sizes': (512, 128)}",
        "patience": "n_iter_no_change, with early_stopping=True",
        "seed": "random_state",
        "solver": "optimizer",
    }

    @abstractmethod
    def __init__(
        self,
        architecture: Architecture,
        *,
        architecture_params: dict[str, Any] | None,
        max_epochs: int,
        batch_size: int,
        lr: float,
        optimizer: str,
        weight_decay: float,
        lr_schedule: str,
        label_smoothing: float,
        class_weight: dict | str | None,
        augment: Callable | list[Callable] | None,
        early_stopping: bool,
        validation_fraction: float,
        n_iter_no_change: int,
        time_limit: float | None,
        warm_start: bool,
        precision: str,
        device: str | torch.device,
        callbacks: list | None,
        random_state: int | np.random.RandomState | None,
        verbose: int,
    ) -> None:
        self.architecture = architecture
        self.architecture_params = architecture_params
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.optimizer = optimizer
        self.weight_decay = weight_decay
        self.lr_schedule = lr_schedule
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.augment = augment
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.time_limit = time_limit
        self.warm_start = warm_start
        self.precision = precision
        self.device = device
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get parameters, with those of the architecture by name.

        Parameters
        ----------
        deep : bool, default=True
            Whether to add every entry of `architecture_params`, as in
            ``architecture_params__dropout``.

        Returns
        -------
        params : dict
            Values by name.
        """
        params = super().get_params(deep=deep)
        entries = self.architecture_params if deep else None
        if isinstance(entries, dict):
            params |= {f"{_ARCHITECTURE_PREFIX}{name}": value for name, value in entries.items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters; a fitted classifier predicts as before until the next fit.

        Parameters
        ----------
        **params : dict
            Values by name. ``architecture_params__dropout`` and the like set one entry of
            `architecture_params`, for a search over it.

        Returns
        -------
        self : object
            The classifier.
        """
        entries = {
            name.removeprefix(_ARCHITECTURE_PREFIX): params.pop(name)
            for name in list(params)
            if name.startswith(_ARCHITECTURE_PREFIX)
        }
        super().set_params(**params)
        if entries:
            self.architecture_params = {**(self.architecture_params or {}), **entries}
        return self

    @abstractmethod
    def _validate_training(self, X: Any, y: Any) -> tuple[Data, np.ndarray]:
        """Check training data; return finite samples (n_samples, *input_shape), and y."""

    def _validate_samples(self, X: Any) -> Data:
        """Check samples for the net there is; return them as (n_samples, *input_shape)."""
        dtype = self._sample_dtype(self._settings.precision)
        return check_net_input(
            self,
            X,
            self.input_shape_,
            dtype,
            has_names="feature_names_in_" in self.__dict__,
            contract=self.input_contract_,
        )

    def _validate_target(self, y: Any, X: Data) -> np.ndarray:
        """Check a target that belongs to samples that are parameters already."""
        y = validate_data(self, y=y, reset=False)
        check_consistent_length(X, y)
        return y

    @staticmethod
    def _sample_dtype(precision: str) -> type:
        """Return the type that samples are converted to."""
        return np.float64 if precision == "float64" else np.float32

    @with_callbacks
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Train a net on labeled samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Training data, as described for the class.
        y : array-like of shape (n_samples,)
            Class labels of any type: strings, booleans, any integers.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples. A sample of weight zero is left out.
        groups : array-like of shape (n_samples,), default=None
            Groups of samples, such as those of one object: early stopping holds out whole
            groups. Without `early_stopping` they are not used.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        KeyboardInterrupt
            If training is interrupted. The classifier is then fitted by the epochs that were
            completed, and a warning counts them; before the first it stays as it was.
        ValueError
            If a parameter, the data, the labels, the weights or the groups are not valid; or if
            a warm start continues with another architecture or precision than before; or if
            training diverges, which leaves the weights of a warm start as they were.
        """
        reporter = FitReporter(self, X, y, sample_weight)
        resume = self.warm_start
        return self._fit(X, y, sample_weight, groups, resume=resume, reporter=reporter)

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch on these samples, at a constant learning rate.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Training data, as described for the class. The first call sets the scale of every
            band or channel.
        y : array-like of shape (n_samples,)
            Class labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that later calls may bring. Those in the first `y` by default.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If `y` holds a label that is not among the classes of the first call.
        """
        return self._fit(X, y, sample_weight, classes=classes, resume=True, incremental=True)

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None,
        groups: ArrayLike | None = None,
        *,
        classes: ArrayLike | None = None,
        resume: bool,
        incremental: bool = False,
        reporter: FitReporter | None = None,
    ) -> Self:
        parameters = check_parameters(self)
        progress = read_progress(self) if resume else None
        data = prepare_data(self, X, y, sample_weight, groups, classes=classes, progress=progress)
        plan = make_plan(self, parameters, data, progress=progress, incremental=incremental)
        if reporter is not None:
            plan.callbacks += reporter.start(plan.epochs, partial(make_snapshot, plan))
        train_fit(self, plan)
        if reporter is not None:
            reporter.finish()
        return self

    @property
    def net_(self) -> Net:
        """The skorch net; its module takes data as this classifier does."""
        check_is_fitted(self)
        return self._net

    @property
    def module_(self) -> nn.Module:
        """The torch module, with the standardization in front; returns logits."""
        return self.net_.module_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_net")

    @contextmanager
    def _use_float32(self) -> Iterator[None]:
        """Predict in float32 inside this context, whatever the device is fastest in."""
        net = self.net_
        previous = net.precision, net.can_infer_in_bfloat16_
        if net.precision == "bfloat16":
            net.precision = "float32"
        net.can_infer_in_bfloat16_, net.predictor_ = False, None
        try:
            yield
        finally:
            net.precision, net.can_infer_in_bfloat16_ = previous
            net.predictor_ = None

    def _compute_logits(self, X: Any) -> np.ndarray:
        if not self.__sklearn_is_fitted__():
            check_is_fitted(self)  # for its message; it takes as long as asking for one row
        return self._net.compute_logits(self._validate_samples(X))

    def _compute_probabilities(self, X: Any) -> np.ndarray:
        return torch.from_numpy(self._compute_logits(X)).softmax(dim=1).numpy()

    def __getstate__(self) -> dict[str, Any]:
        # Plain arrays instead of torch objects: small, safe to load, free of device and data.
        state = super().__getstate__().copy()
        net = state.pop("_net", None)
        if net is not None:
            state["_settings"] = self._settings.to_dict()
            state["_weights"] = get_weights(net)
            state["_sklvision_version"] = __version__
        return state

    @classmethod
    def _check_state(cls, state: dict[str, Any]) -> None:
        """Raise if a state, as of a file of others, is not that of a net of its size."""
        if "_weights" in state:
            settings = FitSettings.from_dict(state["_settings"])
            if isinstance(settings.architecture, str):  # else it is what the caller passed
                get_architecture(settings.architecture, cls._kind)
                check_weights(settings, state["_weights"])

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        weights, settings = (state.pop(name, None) for name in ("_weights", "_settings"))
        saved_by = state.pop("_sklvision_version", __version__)
        super().__setstate__(state)
        if weights is None:
            return
        if saved_by != __version__:
            warnings.warn(
                f"This {type(self).__name__} was saved by sklvision {saved_by} and is loaded by "
                f"{__version__}: its predictions may differ.",
                stacklevel=2,
            )
        try:
            self._settings = FitSettings.from_dict(settings)
        except TypeError as error:
            raise ValueError(
                f"This {type(self).__name__} was saved in a format of another version, sklvision "
                f"{saved_by}, that {__version__} cannot read. Load it with that version, or fit "
                "it again."
            ) from error
        self._net = restore_net(self._settings, weights, self.history_)
