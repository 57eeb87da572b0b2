"""Fits whose inner splits keep groups together."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from sklearn import config_context, get_config
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import LeaveOneOut
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from sklvision.utils._columns import convert_value_errors
from sklvision.utils._group_folds import GroupFolds, has_group_counterpart
from sklvision.utils._inner_splits import (
    can_use_groups,
    has_group_members,
    has_inner_folds,
    has_sample_holdout,
    is_group_aware,
    is_group_consumer,
    is_group_search,
)
from sklvision.utils._nested import StandIn, walk_estimators
from sklvision.utils._random import draw_seed
from sklvision.utils._sklearn import get_response_methods
from sklvision.utils._warnings import Message, record_warnings, repeat_warnings


def fit_with_groups(estimator: Any, X: Any, y: Any, groups: Any) -> Any:
    """Fit an estimator so that every split inside it keeps groups together.

    Groups reach the folds of searches, thresholds, calibrations and stacks, and the samples that
    early stopping holds out, however deep they are in pipelines and ensembles, whether metadata
    routing is enabled or not. Folds that are drawn sample by sample are drawn by groups instead,
    with a warning; the fitted estimator has the parameters and the parts that it would have without
    groups.

    Parameters
    ----------
    estimator : estimator
        Unfitted estimator, nested or not.
    X, y : array-like
        Training data, as the estimator takes them.
    groups : array-like of shape (n_samples,) or None
        Groups of the samples.

    Returns
    -------
    estimator : estimator
        The fitted estimator.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.neural_network import SpectrumClassifier
    >>> from sklvision.utils._groups import fit_with_groups
    >>> X, y = make_spectra(60, n_bands=20, random_state=0, return_X_y=True)
    >>> net = SpectrumClassifier(max_epochs=2, early_stopping=True, random_state=0)
    >>> model = fit_with_groups(make_pipeline(net), X, y, [i // 6 for i in range(60)])
    """
    with convert_value_errors(X):
        return _fit(estimator, X, y, groups)


def _fit(estimator: Any, X: Any, y: Any, groups: Any) -> Any:
    if groups is None:
        return estimator.fit(X, y)
    _warn_of_held_out_samples(estimator, len(groups))
    if not can_use_groups(estimator):
        return estimator.fit(X, y)
    # The same is done, and said, for every fold of a search or a bag.
    messages: list[Message] = []
    try:
        with record_warnings() as messages:
            has_routing = get_config()["enable_metadata_routing"]
            return _call_with_groups(estimator, "fit", X, y, groups, has_routing)
    finally:
        repeat_warnings(messages, stacklevel=4)


class _GroupTaker(StandIn, BaseEstimator):
    """An estimator that stands in for a member of another one, with a `fit` that takes groups.

    The outer estimator passes a member the groups of the samples that it is fitted on, if the
    member takes any. This one does, whatever its member is, and passes them to the splits inside
    the member. It has the parameters, attributes and predictions of its member, and is taken out of
    the outer estimator at the end of the fit.

    Parameters
    ----------
    member : estimator
        The estimator that it stands for; it is fitted in place.
    has_routing : bool
        Whether metadata routing is enabled outside this fit.
    """

    # By these names scikit-learn knows that it passes groups to `fit` and `fit_transform`.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}
    __metadata_request__fit_transform: ClassVar[dict[str, bool]] = {"groups": True}

    def __init__(self, member: Any, has_routing: bool) -> None:
        self.member = member
        self.has_routing = has_routing

    def fit(self, X: Any, y: Any = None, groups: Any = None) -> _GroupTaker:
        """Fit the member, with groups for the splits inside it."""
        _call_with_groups(self.member, "fit", X, y, groups, self.has_routing)
        return self

    @available_if(lambda self: hasattr(self.member, "fit_transform"))
    def fit_transform(self, X: Any, y: Any = None, groups: Any = None) -> Any:
        """Fit the member, and transform the samples by it."""
        return _call_with_groups(self.member, "fit_transform", X, y, groups, self.has_routing)

    @available_if(lambda self: hasattr(self.member, "score"))
    def score(self, *args: Any, **kwargs: Any) -> float:
        """Return the score of the member."""
        # Under routing, some pipelines refuse the weights of None that they pass themselves.
        with config_context(enable_metadata_routing=self.has_routing):
            return self.member.score(*args, **kwargs)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return its own parameters and, if `deep`, those of the member by their own names."""
        return {**(self.member.get_params() if deep else {}), **super().get_params(deep=False)}

    def set_params(self, **params: Any) -> _GroupTaker:
        """Set parameters of the member."""
        self.member.set_params(**params)
        return self

    def __getattr__(self, name: str) -> Any:
        # Private attributes, such as requests of metadata, are those of the object itself.
        if name.startswith("_") or name == "member":
            raise AttributeError(name)
        return getattr(self.member, name)

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        return repr(self.member)

    def __sklearn_tags__(self) -> Any:
        return get_tags(self.member)

    def __sklearn_is_fitted__(self) -> bool:
        check_is_fitted(self.member)
        return True


class _MemberScorer:
    """A scoring function of a search that receives the estimator itself, not its stand-in."""

    def __init__(self, scorer: Callable[..., Any]) -> None:
        self.scorer = scorer

    def __call__(self, estimator: Any, *args: Any, **kwargs: Any) -> Any:
        return self.scorer(_take_out(estimator), *args, **kwargs)


def _call_with_groups(
    estimator: Any, method: str, X: Any, y: Any, groups: Any, has_routing: bool
) -> Any:
    """Call `fit` or `fit_transform` so that the splits inside keep groups together."""
    call = getattr(estimator, method)
    if groups is None or not can_use_groups(estimator):
        with config_context(enable_metadata_routing=has_routing):
            return call(X, y)
    if (
        method == "fit_transform"
        and type(estimator).fit_transform is TransformerMixin.fit_transform
    ):
        # Routers of selectors of columns, for example, know no method but `fit`.
        _call_with_groups(estimator, "fit", X, y, groups, has_routing)
        return estimator.transform(X)
    if is_group_consumer(estimator):
        return call(X, y, groups=groups)
    # Without routing, a search passes groups to its folds and to nothing else.
    is_search = is_group_search(estimator)
    if not is_search or has_group_members(estimator):
        with (
            _replace_parts(estimator, has_routing),
            config_context(enable_metadata_routing=True),
        ):
            if _can_pass_groups(estimator, method):
                _warn_of_other_folds(estimator)
                return call(X, y, groups=groups)
        _warn_of_lost_groups(estimator)
    with config_context(enable_metadata_routing=False):
        if not is_search:
            return call(X, y)
        with _replace_folds(estimator):
            _warn_of_other_folds(estimator)
            return call(X, y, groups=groups)


# Exchange of folds and members for the time of a fit


@contextmanager
def _replace_folds(estimator: Any) -> Iterator[None]:
    """Replace the folds of an estimator by those that keep groups together."""
    if not has_inner_folds(estimator):
        yield
        return
    cv = estimator.cv
    # Of ridge regressions, whose None is a closed form of leaving one sample out.
    is_closed_form = cv is None and hasattr(estimator, "gcv_mode")
    seed = getattr(estimator, "random_state", None)
    estimator.cv = GroupFolds(
        LeaveOneOut() if is_closed_form else cv,
        type(estimator).__name__,
        seed if isinstance(seed, int) else draw_seed(None),
    )
    try:
        yield
    finally:
        for name, value in vars(estimator).items():
            if isinstance(value, GroupFolds):  # newer searches keep the splitter as well
                setattr(estimator, name, value.make_original())
        estimator.cv = cv


@contextmanager
def _replace_parts(estimator: Any, has_routing: bool) -> Iterator[None]:
    """Replace the folds of an estimator, and members that groups have to reach."""
    has_folds = has_inner_folds(estimator)

    def wrap(value: Any) -> Any:
        if isinstance(value, type) or not hasattr(value, "fit"):
            return value
        # Some have inner folds that get the groups of their members. Others want to know of every
        # member that takes groups whether it shall get them.
        needs_wrapper = has_folds or is_group_aware(value) or can_use_groups(value)
        return _GroupTaker(value, has_routing) if needs_wrapper else value

    # A stack passes groups on to its final estimator, a logistic regression by default.
    has_default = getattr(estimator, "final_estimator", estimator) is None
    if has_default:
        from sklearn.linear_model import LogisticRegression

        estimator.final_estimator = LogisticRegression()
    parameters = estimator.get_params(deep=False)
    # Candidates of a search become parameters of what stands in for its estimator.
    grids = [name for name in parameters if name.startswith("param_")]
    members = {name: value for name, value in parameters.items() if name not in grids}
    _map_attributes(estimator, members, wrap)
    if "scoring" in parameters:
        _map_attributes(estimator, {"scoring": estimator.scoring}, _wrap_scorer)
    try:
        with _replace_folds(estimator):
            yield
    finally:
        _map_attributes(estimator, dict(vars(estimator)), _take_out)
        if has_default:
            estimator.final_estimator = None


def _map_attributes(
    estimator: Any, attributes: dict[str, Any], function: Callable[[Any], Any]
) -> None:
    """Apply a function to the estimators of attributes, and store those that change."""
    for name, value in attributes.items():
        new_value = _map_members(value, function)
        if new_value is not value:
            setattr(estimator, name, new_value)


def _map_members(value: Any, function: Callable[[Any], Any]) -> Any:
    """Apply a function to the estimators of an attribute, such as a list of pairs."""
    if type(value) in (list, tuple):
        members = [_map_members(member, function) for member in value]
        is_same = all(new is old for new, old in zip(members, value, strict=True))
        return value if is_same else type(value)(members)
    if isinstance(value, dict):
        for name, member in value.items():
            value[name] = _map_members(member, function)
        return value
    if not isinstance(value, BaseEstimator):
        for name, member in getattr(value, "__dict__", {}).items():
            if isinstance(member, _GroupTaker):  # of a calibrated classifier or a scorer
                setattr(value, name, function(member))
    return function(value)


def _wrap_scorer(value: Any) -> Any:
    return _MemberScorer(value) if callable(value) and not get_response_methods(value) else value


def _take_out(value: Any) -> Any:
    if isinstance(value, _MemberScorer):
        return value.scorer
    return value.member if isinstance(value, _GroupTaker) else value


def _can_pass_groups(estimator: Any, method: str) -> bool:
    """Whether an estimator passes groups to its folds and members, under metadata routing."""
    try:
        return "groups" in get_routing_for_object(estimator).consumes(method, ["groups"])
    except NotImplementedError:  # of meta-estimators without metadata routing
        return False


# Warnings


def _warn_of_other_folds(estimator: Any) -> None:
    """Tell that folds are not those that an estimator was given."""
    folds = getattr(estimator, "cv", None)
    if isinstance(folds, GroupFolds) and has_group_counterpart(folds.cv):
        cv = " ".join(repr(folds.cv).split())
        n_parts = folds.cv if isinstance(folds.cv, int) else 5
        warnings.warn(
            f"The inner folds of {folds.owner} (cv={cv}) would split groups, so they are drawn by "
            f"groups. Pass cv=StratifiedGroupKFold({n_parts}), or another splitter that takes "
            "groups, to choose them yourself.",
            UserWarning,
            stacklevel=4,
        )


def _warn_of_lost_groups(estimator: Any) -> None:
    """Tell that groups do not reach what is inside an estimator."""
    inner_names = {
        type(inner).__name__
        for inner in walk_estimators(estimator)
        if inner is not estimator and (is_group_consumer(inner) or has_inner_folds(inner))
    }
    names = ", ".join(sorted(inner_names)) + " inside" if inner_names else "its inner folds"
    warnings.warn(
        f"{type(estimator).__name__} cannot pass groups to {names}, which may hold out samples of "
        "groups that are trained on.",
        UserWarning,
        stacklevel=4,
    )


def _warn_of_held_out_samples(estimator: Any, n_samples: int) -> None:
    """Warn of estimators that hold out single samples, and cannot do so by groups."""
    names = {
        type(inner).__name__
        for inner in walk_estimators(estimator)
        if not has_fit_parameter(inner, "groups") and has_sample_holdout(inner, n_samples)
    }
    if names:
        warnings.warn(
            f"{' and '.join(sorted(names))} cannot hold out whole groups for early stopping: it "
            "stops by samples of groups that it trains on. Turn early stopping off.",
            UserWarning,
            stacklevel=4,
        )
