"""Published attacks on files of models, made against archives: nothing is run, imported or followed.

Each class of attack that was published on skops, joblib, NumPy, zip files, ONNX and BentoML has a
test here or, for ONNX, in test_onnx_check.py.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import sys
import zipfile

import joblib
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
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from sklvision.export import ModelFileError, load, read_manifest, save
from sklvision.image import FlattenImages, Resize
from sklvision.neural_network import SpectrumClassifier

rng = np.random.default_rng(0)
X = rng.random((60, 5))
y = np.repeat([0, 1, 2], 20)


@pytest.fixture
def canary(tmp_path, monkeypatch):
    """A module whose import, and whose functions, leave a trace."""
    folder = tmp_path / "canary"
    folder.mkdir()
    trace = tmp_path / "trace"
    code = (
        f"from pathlib import Path\n"
        f"Path({str(trace)!r}).write_text('imported')\n"
        f"class Estimator:\n    pass\n"
        f"def run(*arguments): Path({str(trace)!r}).write_text('run')\n"
    )
    (folder / "canary_of_attacks.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    yield "canary_of_attacks"
    assert not trace.exists()
    assert "canary_of_attacks" not in sys.modules


class Payload:
    """What a pickle runs when it is loaded."""

    def __init__(self, trace):
        self.trace = str(trace)

    def __reduce__(self):
        return open, (self.trace, "w")


@pytest.fixture
def archive(tmp_path):
    model = make_pipeline(FunctionTransformer(np.sqrt), GaussianNB()).fit(X, y)
    return save(model, tmp_path / "model.sklv", samples=X[:2])


@pytest.fixture
def edit_nodes(archive, rewrite_archive):
    """A function that edits the nodes of the model, and expects that the file is refused."""

    def edit_nodes(edit, message, path=archive):
        def edit_structure(members):
            structure = json.loads(members["model.json"])
            edit(structure["nodes"])
            members["model.json"] = json.dumps(structure).encode()

        rewrite_archive(path, edit_structure)
        with pytest.raises(ModelFileError, match=message):
            load(path)

    return edit_nodes


def find_node(nodes, kind, **entries):
    return next(
        node
        for node in nodes
        if node["kind"] == kind and all(node.get(key) == value for key, value in entries.items())
    )


# --- skops: files that name what is to be built ---------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "{canary}.Estimator",  # CVE-2024-37065: a type of the attacker's
        "os.system",
        "builtins.eval",
        "subprocess.Popen",
        "sklearn.pipeline.Pipeline.fit",  # a method in place of a type
        "sklearn.datasets.fetch_openml",
        "sklearn.utils._testing.ignore_warnings",
        "sklearn.base.BaseEstimator",
        "sklvision.export._archive.load.load",
        "numpy.memmap",
        "",
    ],
)
def test_types_that_are_not_permitted_are_not_imported(name, canary, edit_nodes):
    def edit(nodes):
        find_node(nodes, "object", **{"class": "sklearn.naive_bayes.GaussianNB"})["class"] = (
            name.format(canary=canary)
        )

    edit_nodes(edit, "neither scikit-learn's nor sklvision's")


@pytest.mark.parametrize(
    "name",
    [
        "{canary}.run",
        "os.system",
        "posix.system",
        "builtins.exec",
        "numpy.load",  # would unpickle
        "numpy.fromfile",
        "numpy.lib.npyio.load",
        "operator.methodcaller",  # CVE-2025-54412: an operator that calls any method
        "operator.attrgetter",
        "sklearn.pipeline.os.system",
        "sklvision.utils._files.atomic_write",
    ],
)
def test_functions_that_are_not_permitted_are_not_imported(name, canary, edit_nodes):
    def edit(nodes):
        find_node(nodes, "function")["name"] = name.format(canary=canary)

    edit_nodes(edit, "names the function")


@pytest.mark.parametrize("kind", ["MethodNode", "OperatorFuncNode", "ReduceNode", "JsonNode", None])
def test_nodes_of_other_loaders_are_refused(kind, edit_nodes):
    """CVE-2025-54413: a method of an object, under the name of a type that is trusted."""

    def edit(nodes):
        find_node(nodes, "function").update(kind=kind, content={"func": "fit", "obj": {"ref": 0}})

    edit_nodes(edit, "unknown kind")


def test_partials_of_other_functions_are_refused(canary, edit_nodes):
    def edit(nodes):
        find_node(nodes, "function").update(
            {"kind": "partial", "function": f"{canary}.run", "keywords": [["shell", True]]}
        )

    edit_nodes(edit, "names the function")


def test_permitted_types_in_a_manifest_permit_nothing(archive, canary, rewrite_archive):
    """A file must not say of itself what may be trusted."""

    def edit(members):
        manifest = json.loads(members["manifest.json"])
        manifest["types"] = [f"{canary}.Estimator"]
        members["manifest.json"] = json.dumps(manifest).encode()
        structure = json.loads(members["model.json"])
        node = find_node(
            structure["nodes"], "object", **{"class": "sklearn.naive_bayes.GaussianNB"}
        )
        node["class"] = f"{canary}.Estimator"
        members["model.json"] = json.dumps(structure).encode()

    rewrite_archive(archive, edit)
    assert read_manifest(archive)["types"] == [f"{canary}.Estimator"]
    with pytest.raises(ModelFileError, match="not imported"):
        load(archive)


@pytest.mark.parametrize("attribute", ["__class__", "__dict__", "__reduce__", "__init__"])
def test_special_attributes_are_refused(attribute, edit_nodes):
    def edit(nodes):
        find_node(nodes, "object")["state"].append([attribute, None])

    edit_nodes(edit, "attribute whose name is not permitted")


def test_nodes_that_refer_to_themselves_or_ahead_are_refused(edit_nodes):
    for place in (10**6, -1, True, "0", None):

        def edit(nodes, place=place):
            find_node(nodes, "object")["state"][0][1] = {"ref": place}

        edit_nodes(edit, "refers to")


def test_a_cache_directory_is_refused(edit_nodes):
    """A fit would load pickles from it."""

    def edit(nodes):
        state = find_node(nodes, "object", **{"class": "sklearn.pipeline.Pipeline"})["state"]
        next(item for item in state if item[0] == "memory")[1] = "//attacker/share"

    edit_nodes(edit, "cached results, whose pickles")


# --- joblib, pickle and NumPy: code in data ---------------------------------------------------------


def test_pickles_are_not_loaded_whatever_their_name(tmp_path):
    trace = tmp_path / "trace"
    for dump in (joblib.dump, lambda value, path: path.write_bytes(pickle.dumps(value))):
        dump(Payload(trace), tmp_path / "model.sklv")
        for function in (load, read_manifest):
            with pytest.raises(ModelFileError, match="pickle"):
                function(tmp_path / "model.sklv")
    assert not trace.exists()


def test_pickles_inside_an_archive_are_refused(archive, tmp_path, rewrite_archive):
    """BentoML: a payload that the server unpickles because the content names the format."""
    rewrite_archive(
        archive,
        lambda members: members.update({"model.pkl": pickle.dumps(Payload(tmp_path / "x"))}),
    )
    with pytest.raises(ModelFileError, match=r"member 'model\.pkl', which no archive has"):
        load(archive)


def test_object_arrays_are_not_unpickled(archive, tmp_path, rewrite_archive):
    file = io.BytesIO()
    np.save(file, np.array([Payload(tmp_path / "trace")], dtype=object), allow_pickle=True)

    def edit(members):
        for name in members:
            if name.endswith(".npy"):
                members[name] = file.getvalue()

    rewrite_archive(archive, edit)
    with pytest.raises(ModelFileError, match="has the type object, expected plain values"):
        load(archive)
    assert not (tmp_path / "trace").exists()


# --- zip files ------------------------------------------------------------------------------------------


def write_zip(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members:
            file.writestr(name, content)
        file.comment = json.dumps({"sha256": "0" * 64}).encode()


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "/etc/passwd",
        "model/../../x.npy",
        "C:\\evil",
        "model/1.npy\0.json",
        "model/x.npy",
    ],
)
def test_zip_slip_is_refused(name, archive):
    members = [(info, b"1") for info in ("manifest.json", name)]
    write_zip(archive, members)
    with pytest.raises(ModelFileError):
        load(archive)


def test_compressed_members_are_refused(archive):
    write_zip(archive, [("manifest.json", b" " * 10**7)], zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelFileError, match="damaged"):
        load(archive)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicated_members_are_refused(archive):
    content = archive.read_bytes()
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("manifest.json", b"{}")
    with pytest.raises(ModelFileError):
        load(archive)
    archive.write_bytes(b"prefix" + content)  # a file that is also another one
    with pytest.raises(ModelFileError):
        load(archive)


def test_overlapping_members_are_refused(archive):
    content = bytearray(archive.read_bytes())
    (directory,) = struct.unpack_from("<L", content, content.rindex(b"PK\5\6") + 16)
    second = content.index(b"PK\1\2", directory + 4)
    struct.pack_into("<L", content, second + 42, 0)  # the offset of the second is that of the first
    archive.write_bytes(content)
    with pytest.raises(ModelFileError, match="headers of its member"):
        load(archive)


def test_huge_directories_are_refused(archive):
    content = bytearray(archive.read_bytes())
    place = content.rindex(b"PK\5\6")
    struct.pack_into("<2H2L", content, place + 8, 65535, 65535, 2**32 - 1, 0)
    archive.write_bytes(content)
    with pytest.raises(ModelFileError):
        load(archive)


# --- sizes that a file declares -----------------------------------------------------------------------


def test_arrays_of_other_sizes_than_declared_are_refused(archive, rewrite_archive):
    def edit(members):
        name = next(name for name in members if name.startswith("model/"))
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}\n"
        members[name] = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header

    rewrite_archive(archive, edit)
    with pytest.raises(ModelFileError, match="do not fit each other"):
        load(archive)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"nodes":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper"),
        (b'{"nodes": [' + b"[]," * 100_000 + b"[]]}", "lists in"),
        (b'"' + b'\\"' * 1_000_000, "not readable JSON"),  # in time that grows with its size
        (b'{"nodes": [], "nodes": []}', "a key occurs twice"),
        (b'{"nodes": [], "root": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"nodes": [], "root": NaN}', "NaN is not a number"),
        (b'{"nodes": [], "root": 1e999}', "too large"),
        (b'{"nodes": []}', "names no root"),
        (b"[]", "no list of nodes"),
        (b"\xff", "not readable JSON"),
    ],
)
def test_json_is_bounded(text, message, archive, rewrite_archive):
    rewrite_archive(archive, lambda members: members.update({"model.json": text}))
    with pytest.raises(ModelFileError, match=message):
        load(archive)


def test_nets_of_another_size_than_their_weights_are_refused(tmp_path, edit_nodes):
    params = {"hidden_layer_sizes": [4]}
    net = SpectrumClassifier(max_epochs=1, architecture_params=params, random_state=0).fit(X, y)
    for sizes, message in (
        ([10**9, 10**9], "cannot be built"),
        ([10**6, 10**6], "do not fit the architecture"),
        ([1] * 10_000, "more parts than its"),
        ([-4], "cannot be built"),
    ):

        def edit(nodes, sizes=sizes):
            for node in nodes:
                if node["kind"] == "plain" and node["value"] == params:
                    node["value"] = {"hidden_layer_sizes": sizes}

        edit_nodes(edit, message, save(net, tmp_path / "net.sklv"))


# --- state that compiled code trusts ------------------------------------------------------------------


def change_array(members, array, values):
    """Put other values in place of an array, in whatever member it is."""
    old = np.ascontiguousarray(array).tobytes()
    (name,) = [name for name, content in members.items() if content.endswith(old)]
    members[name] = members[name][: -len(old)] + np.ascontiguousarray(values).tobytes()


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
