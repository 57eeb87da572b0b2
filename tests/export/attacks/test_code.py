"""Code in files, as nodes of skops, pickles or object arrays, is neither imported nor run."""

from __future__ import annotations

import io
import json
import pickle

import joblib
import numpy as np
import pytest

from sklvision.export import ModelFileError, load, read_manifest
from tests.export.attacks._tools import Payload, find_node


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
