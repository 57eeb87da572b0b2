"""States that compiled code would trust are checked before they are used."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sklvision.export import ModelFileError, load, save
from sklvision.image import FlattenImages, Resize
from tests.export.attacks._tools import X, change_array, find_node, rng, y


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("left_child", 0),
        ("right_child", 10**6),
        ("left_child", -7),
        ("feature", 5),
        ("feature", -3),
    ],
)
@pytest.mark.parametrize("model", [RandomForestClassifier(1, random_state=0)], ids=["forest"])
def test_trees_with_wrong_indices_are_refused(model, field, value, tmp_path, rewrite_archive):
    nodes = model.fit(X, y).estimators_[0].tree_.__getstate__()["nodes"]
    changed = nodes.copy()
    changed[field][0] = value
    path = save(model, tmp_path / "model.sklv")
    rewrite_archive(path, lambda members: change_array(members, nodes, changed))
    with pytest.raises(ModelFileError, match="made to do harm"):
        load(path)


@pytest.mark.parametrize(
    ("field", "value"), [("left", 0), ("right", 10**6), ("feature_idx", 99), ("is_leaf", 0)]
)
def test_boosted_trees_with_wrong_indices_are_refused(field, value, tmp_path, rewrite_archive):
    model = HistGradientBoostingClassifier(max_iter=1, max_leaf_nodes=3).fit(X, y)
    nodes = model._predictors[0][0].nodes
    changed = nodes.copy()
    changed[field][-1 if field == "is_leaf" else 0] = value
    path = save(model, tmp_path / "model.sklv")
    rewrite_archive(path, lambda members: change_array(members, nodes, changed))
    with pytest.raises(ModelFileError, match="made to do harm"):
        load(path)


def test_support_vectors_with_wrong_counts_are_refused(tmp_path, rewrite_archive):
    model = SVC().fit(X, y)
    path = save(model, tmp_path / "model.sklv")
    counts = model._n_support + np.array([1000, 0, 0], dtype=np.int32)
    rewrite_archive(path, lambda members: change_array(members, model._n_support, counts))
    with pytest.raises(ModelFileError, match="made to do harm"):
        load(path)


@pytest.mark.parametrize(
    ("model", "attribute"),
    [
        (GradientBoostingClassifier(n_estimators=1, random_state=0), "n_features_in_"),
        (GradientBoostingClassifier(n_estimators=1, random_state=0), "n_trees_per_iteration_"),
        (RandomForestClassifier(1), "n_features_in_"),
        (HistGradientBoostingClassifier(max_iter=1), "_n_features"),
        (SVC(), "n_features_in_"),
        (KNeighborsClassifier(algorithm="brute"), "n_features_in_"),
    ],
)
def test_models_of_other_widths_than_their_parts_are_refused(
    model, attribute, tmp_path, edit_nodes
):
    def edit(nodes):
        state = nodes[-1]["state"]
        next(item for item in state if item[0] == attribute)[1] = 1

    edit_nodes(edit, "made to do harm", save(model.fit(X, y), tmp_path / "model.sklv"))


def test_scores_of_another_number_than_trees_are_refused(tmp_path, edit_nodes):
    """The trees of three classes would be added to the scores of one."""
    model = GradientBoostingClassifier(n_estimators=1, random_state=0).fit(X, y)

    def edit(nodes):
        find_node(nodes, "loss").update({"class": "HalfBinomialLoss", "n": None})

    edit_nodes(edit, "made to do harm", save(model, tmp_path / "model.sklv"))


@pytest.mark.parametrize("attribute", ["transform", "set_output", "_validate_params"])
def test_attributes_in_place_of_methods_are_refused(attribute, edit_nodes):
    def edit(nodes):
        function = nodes.index(find_node(nodes, "function"))
        find_node(nodes, "object")["state"].append([attribute, {"ref": function}])

    edit_nodes(edit, "in place of its method")


@pytest.mark.parametrize("size", [[2**31, 2**31], [10**5, 10**5], [-3, 8], [0, 0]])
def test_images_of_huge_sizes_are_refused(size, tmp_path, edit_nodes):
    images = rng.integers(0, 256, (6, 8, 8), dtype=np.uint8)
    model = make_pipeline(Resize((4, 4)), FlattenImages(), GaussianNB())
    path = save(model.fit(images, [0, 1] * 3), tmp_path / "model.sklv", samples=images[:1])

    def edit(nodes):
        state = find_node(nodes, "object", **{"class": "sklvision.image.Resize"})["state"]
        place = next(item for item in state if item[0] == "size_")[1]["ref"]
        nodes[place] = {"kind": "tuple", "items": size}

    edit_nodes(edit, r"images of .* pixels", path)


def test_sparse_matrices_with_wrong_indices_are_refused(tmp_path, rewrite_archive):
    model = LogisticRegression().fit(X, y).sparsify()
    path = save(model, tmp_path / "model.sklv")
    assert sparse.issparse(load(path).coef_)
    indices = model.coef_.indices
    rewrite_archive(path, lambda members: change_array(members, indices, indices + 1000))
    with pytest.raises(ModelFileError, match="cannot be built"):
        load(path)
