"""Checks of states that compiled code would follow without looking.

Trees, support vectors and stored neighbors are read by compiled code of scikit-learn, which trusts
the indices and sizes in them: a wrong one reads or writes memory that is not the model's.
"""

from __future__ import annotations

import inspect
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from sklvision.export._errors import ModelFileError

State = dict[str, Any]

_MOST_PIXELS = 2**22  # of an image that a step makes


def check_tree(n_features: Any, n_classes: np.ndarray, n_outputs: Any, state: State) -> None:
    """Raise unless every node of a decision tree leads to nodes behind it, or is a leaf.

    Parameters
    ----------
    n_features, n_outputs : int
        Numbers of features and outputs.
    n_classes : ndarray of shape (n_outputs,)
        Number of classes of each output.
    state : dict
        State as scikit-learn pickles it.
    """
    sizes = (n_features, n_outputs)
    _require(all(type(n) is int and 0 < n < 2**31 for n in sizes), "sizes that are not positive")
    has_classes = n_classes.shape == (n_outputs,) and (n_classes > 0).all()
    _require(has_classes, "numbers of classes that do not fit its outputs")
    nodes, values, n_nodes = state["nodes"], state["values"], state["node_count"]
    is_whole = (
        type(n_nodes) is int
        and isinstance(nodes, np.ndarray)
        and isinstance(values, np.ndarray)
        and nodes.shape == (n_nodes,)
        and values.shape == (n_nodes, n_outputs, int(n_classes.max()))
        and values.dtype == np.float64
        and n_nodes > 0
        and type(state["max_depth"]) is int
    )
    _require(is_whole, "nodes and values that do not fit each other")
    left, right, feature = nodes["left_child"], nodes["right_child"], nodes["feature"]
    is_leaf = left == -1
    _require_order(left[~is_leaf], right[~is_leaf], np.flatnonzero(~is_leaf), n_nodes)
    _require((right[is_leaf] == -1).all(), "leaves with a child")
    _require_range(feature[~is_leaf], n_features, "features")


def _require_order(left: np.ndarray, right: np.ndarray, places: np.ndarray, n_nodes: int) -> None:
    """Raise unless both children stand behind their parent: then every path ends."""
    for child in (left, right):
        is_behind = (child > places) & (child < n_nodes)
        _require(bool(is_behind.all()), "nodes that lead to no node behind them")


def _require_range(indices: Any, n: int, name: str) -> None:
    is_within = np.issubdtype(indices.dtype, np.integer) and bool(
        ((indices >= 0) & (indices < n)).all()
    )
    _require(is_within, f"{name} that are not among its {n}")


def _require(is_valid: Any, problem: str) -> None:
    if not is_valid:
        raise ModelFileError(f"has {problem}: it is damaged or made to do harm")


def check_object(cls: type, state: State) -> None:
    """Raise if the state of an object would lead compiled code, or a reader of files, astray.

    Parameters
    ----------
    cls : type
        Class of the object.
    state : dict
        Its attributes.
    """
    if state.get("memory") is not None:
        raise ModelFileError("names a directory of cached results, whose pickles a fit would load")
    for name in state:
        if _is_method(inspect.getattr_static(cls, name, None)):
            raise ModelFileError(f"has an attribute {name!r} in place of its method")
    if hasattr(cls, "_check_state"):  # estimators of ours that take memory by their state
        cls._check_state(state)
    for base in cls.__mro__:
        check = _CHECKS.get(base.__name__)
        if check is not None:
            check(state)


def _is_method(attribute: Any) -> bool:
    """Whether an attribute of a class acts, and would give way to one of the object."""
    is_binding = hasattr(type(attribute), "__get__") and not hasattr(type(attribute), "__set__")
    return is_binding and not isinstance(attribute, cached_property)


def _check_tree_estimator(state: State) -> None:
    tree = state.get("tree_")
    if tree is not None:
        _require(type(tree).__name__ == "Tree", "something else in place of its tree")
        _require(tree.n_features == state["n_features_in_"], "a tree of other features")


def _check_members(state: State) -> None:
    """Check an ensemble whose members receive the samples without a look at them."""
    members = state.get("estimators_")
    if members is None:
        return
    if isinstance(members, np.ndarray):
        _require(members.ndim == 2, "members in no table")
        _require(members.shape[1] == state["n_trees_per_iteration_"], "another number of trees")
        members = members.ravel().tolist()
    for member in members:
        tree = getattr(member, "tree_", None)
        if tree is not None:
            _require(tree.n_features == state["n_features_in_"], "members of other features")
            _require(
                type(state.get("n_outputs_", 1)) is int
                and tree.n_outputs == state.get("n_outputs_", 1),
                "members of other outputs",
            )


def _check_predictors(state: State) -> None:
    """Check the trees of histogram-based boosting against the number of features."""
    n_features = state["_n_features"] if "_n_features" in state else state.get("n_features_in_", 0)
    for predictors in state.get("_predictors") or ():
        _require(len(predictors) == state["n_trees_per_iteration_"], "another number of trees")
        for predictor in predictors:
            nodes = predictor.nodes
            inner = ~nodes["is_leaf"].astype(bool)
            is_categorical = inner & nodes["is_categorical"].astype(bool)
            _require_range(nodes["feature_idx"][inner], n_features, "features")
            n_sets = len(predictor.raw_left_cat_bitsets)
            _require_range(nodes["bitset_idx"][is_categorical], n_sets, "sets of categories")
            # The sets of known categories exist for the features that the mapper bins as such.
            has_categories = np.asarray(state["_bin_mapper"].is_categorical_, dtype=bool)
            _require(has_categories.shape == (n_features,), "categories of other features")
            has_sets = has_categories[nodes["feature_idx"][is_categorical]].all()
            _require(has_sets, "categories of a feature that has none")


def _check_predictor(state: State) -> None:
    nodes = state["nodes"]
    _require(isinstance(nodes, np.ndarray) and nodes.ndim == 1 and len(nodes), "no nodes")
    for name in ("binned_left_cat_bitsets", "raw_left_cat_bitsets"):
        sets = state[name]
        has_shape = isinstance(sets, np.ndarray) and sets.dtype == np.uint32 and sets.ndim == 2
        _require(has_shape and sets.shape[1] == 8, "sets of categories of another size")
    places = np.flatnonzero(~nodes["is_leaf"].astype(bool))
    left, right = (nodes[name][places].astype(np.int64) for name in ("left", "right"))
    _require_order(left, right, places, len(nodes))


def _check_support_vectors(state: State) -> None:
    """Check the sizes that libsvm computes with."""
    _require("_impl" not in state, "another algorithm than its own")
    if "support_vectors_" not in state:
        return
    vectors, counts = state["support_vectors_"], state["_n_support"]
    _require(isinstance(vectors, np.ndarray) and not state.get("_sparse"), "sparse vectors")
    n_vectors, n_features = vectors.shape
    n_classes = len(counts)
    n_pairs = n_classes * (n_classes - 1) // 2
    _require(counts.dtype == np.int32 and (counts >= 0).all(), "counts that are not positive")
    _require(counts.sum() == n_vectors == len(state["support_"]), "other counts of vectors")
    _require(n_classes >= 2 or "classes_" not in state, "fewer than two classes")
    for name in ("_dual_coef_", "dual_coef_"):
        _require(state[name].shape == (max(n_classes - 1, 1), n_vectors), "other coefficients")
    for name in ("_intercept_", "intercept_"):
        _require(state[name].shape == (max(n_pairs, 1),), "another number of intercepts")
    for name in ("_probA", "_probB"):
        _require(state[name].shape in ((0,), (max(n_pairs, 1),)), "another number of scales")
    n_columns = state["shape_fit_"][1] if "shape_fit_" in state else n_features
    _require(n_columns == n_features == state["n_features_in_"], "vectors of other features")
    kernel = state.get("kernel")
    _require(kernel in ("linear", "poly", "rbf", "sigmoid"), "a kernel of others")


def _check_neighbors(state: State) -> None:
    if "_fit_X" not in state:
        return
    points, n_features = state["_fit_X"], state["n_features_in_"]
    _require(points.ndim == 2 and points.shape[1] == n_features, "points of other features")
    tree = state.get("_tree")
    if tree is not None:
        _require(np.shape(tree.data) == points.shape, "a tree of other points")
    labels = state.get("_y")
    if labels is not None:
        _require(len(labels) == points.shape[0], "another number of labels than points")
        if "classes_" in state:
            is_single = isinstance(state["classes_"], np.ndarray) and labels.ndim == 1
            _require(is_single, "labels of several outputs")
            _require_range(labels, len(state["classes_"]), "labels")


def _check_centers(state: State) -> None:
    centers = state.get("cluster_centers_")
    if centers is not None:
        has_width = centers.ndim == 2 and centers.shape[1] == state["n_features_in_"]
        _require(has_width, "centers of other features")


def _check_image_size(state: State) -> None:
    """Check the sizes that images are brought to, whatever size they come in."""
    settings = state.get("_settings", {})
    for size in (state.get("size_"), settings.get("crop_size"), settings.get("output_size")):
        if size is not None:
            is_bounded = prod(size) <= _MOST_PIXELS and all(type(n) is int for n in size)
            _require(is_bounded and min(size) > 0, f"images of {size} pixels")


def check_built(value: Any) -> None:
    """Raise if parts of an object that is built do not fit each other.

    Boosting adds the outputs of its trees to scores that another part makes, without a look at
    their number.
    """
    if not any(base.__name__ == "BaseGradientBoosting" for base in type(value).__mro__):
        return
    n_features = value.n_features_in_
    _require(type(n_features) is int and 0 < n_features <= 2**20, "too many features")
    scores = value._raw_predict_init(np.zeros((1, n_features), dtype=np.float32))
    _require(scores.shape == (1, value.estimators_.shape[1]), "another number of trees than scores")


def _check_onnx(state: State) -> None:
    """Refuse a path in place of the content: what it names would be read."""
    _require(isinstance(state.get("model"), bytes), "the path of a file in place of its content")


_CHECKS = {
    "BaseDecisionTree": _check_tree_estimator,
    "BaseForest": _check_members,
    "BaseGradientBoosting": _check_members,
    "BaseHistGradientBoosting": _check_predictors,
    "TreePredictor": _check_predictor,
    "BaseLibSVM": _check_support_vectors,
    "NeighborsBase": _check_neighbors,
    "_BaseKMeans": _check_centers,
    "Resize": _check_image_size,
    "ForegroundCrop": _check_image_size,
    "OnnxClassifier": _check_onnx,
}
