"""ONNX files as data from outside: published attacks and damage are refused before they are run."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sklvision.export import ModelFileError, OnnxClassifier

onnx = pytest.importorskip("onnx")
helper, numpy_helper, TensorProto = onnx.helper, onnx.numpy_helper, onnx.TensorProto
FLOAT = TensorProto.FLOAT


def make_model(
    nodes=(), initializers=(), *, n_bands=4, metadata=None, opsets=(("", 20),), **options
):
    """A small file like those of to_onnx, with further nodes and initializers."""
    weights = numpy_helper.from_array(np.eye(n_bands, 2, dtype=np.float32), "W")
    nodes = [
        helper.make_node("MatMul", ["X", "W"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        *nodes,
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("X", FLOAT, ["n", n_bands])],
        [
            helper.make_tensor_value_info(name, FLOAT, ["n", 2])
            for name in ("logits", "probabilities")
        ],
        [weights, *initializers],
    )
    imports = [helper.make_opsetid(*pair) for pair in opsets]
    model = helper.make_model(graph, opset_imports=imports, ir_version=10, **options)
    fields = {
        "classes": ["bad", "good"],
        "dtype": "<U4",
        "input_shape": [n_bands],
        "feature_names": None,
        "n_parameters": 8,
        "n_features": n_bands,
        "contract": None,
    }
    helper.set_model_props(model, {"sklvision": json.dumps(fields | (metadata or {}))})
    return model


def open_file(model):
    return OnnxClassifier(model if isinstance(model, bytes) else model.SerializeToString()).classes_


def test_files_like_those_of_to_onnx_are_run():
    clf = OnnxClassifier(make_model().SerializeToString())
    assert clf.predict(np.eye(2, 4)).tolist() == ["bad", "good"]


def make_external(location, name="E"):
    tensor = TensorProto(name=name, data_type=FLOAT, dims=[2])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return tensor


@pytest.mark.parametrize(
    "location",
    # CVE-2022-25882, CVE-2024-27318 and CVE-2026-27489: a parent, a parent behind a directory, and
    # an absolute path; a plain name is refused as well.
    ["../../etc/passwd", "a/../../etc/passwd", "/etc/passwd", "..\\secrets", "weights.bin", ""],
)
def test_external_data_are_refused_wherever_they_lie(location):
    tensor = make_external(location)
    constant = helper.make_node("Constant", [], ["c"], value=tensor)
    branch = helper.make_graph([constant], "branch", [], [])
    condition = helper.make_node("If", ["flag"], ["c"], then_branch=branch, else_branch=branch)
    for model in (
        make_model(initializers=[tensor]),
        make_model([constant]),
        make_model([condition]),
    ):
        with pytest.raises(ModelFileError, match=r"keeps the weights 'E' in another file"):
            open_file(model)


def test_external_location_without_an_entry_is_refused():
    tensor = TensorProto(name="E", data_type=FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
    with pytest.raises(ModelFileError, match="in another file"):
        open_file(make_model(initializers=[tensor]))


@pytest.mark.parametrize(
    ("operator", "domain"),
    [
        ("EPContext", "com.microsoft"),  # names a file of compiled code
        ("FusedMatMul", "com.microsoft"),
        ("Run", "evil.custom.ops"),
        ("Gradient", "ai.onnx.preview.training"),
        ("ATen", "org.pytorch.aten"),
        ("PyOp", "ai.onnx.contrib"),  # Python code in a graph
    ],
)
def test_operators_of_other_domains_are_refused(operator, domain):
    node = helper.make_node(operator, ["X"], ["Y"], domain=domain)
    with pytest.raises(ModelFileError, match=f"the operator '{operator}' of the domain '{domain}'"):
        open_file(make_model([node], opsets=[("", 20), (domain, 1)]))


def test_operators_of_quantization_are_accepted():
    nodes = [helper.make_node("QuantizeLinear", ["X", "s", "z"], ["q"], domain="com.microsoft")]
    tensors = [
        numpy_helper.from_array(np.array(1.0, dtype=np.float32), "s"),
        numpy_helper.from_array(np.array(0, dtype=np.int16), "z"),
    ]
    opsets = [("", 20), ("com.microsoft", 1)]
    assert open_file(make_model(nodes, tensors, opsets=opsets)).tolist() == ["bad", "good"]


def test_functions_which_may_call_themselves_are_refused():
    node = helper.make_node("Again", ["x"], ["y"], domain="loop")
    opsets = [helper.make_opsetid("loop", 1)]
    function = helper.make_function("loop", "Again", ["x"], ["y"], [node], opsets)
    with pytest.raises(ModelFileError, match="its Model has a field 25"):
        open_file(make_model(functions=[function]))


@pytest.mark.parametrize("operator", ["Loop", "Scan", "RandomNormal"])
def test_loops_and_random_numbers_are_refused(operator):
    with pytest.raises(ModelFileError, match=f"has the operator '{operator}'"):
        open_file(make_model([helper.make_node(operator, ["X"], ["Y"])]))


def test_graphs_nested_deeply_are_refused():
    graph = helper.make_graph([], "inner", [], [])
    for _ in range(10):
        node = helper.make_node("If", ["flag"], ["Y"], then_branch=graph, else_branch=graph)
        graph = helper.make_graph([node], "outer", [], [])
    with pytest.raises(ModelFileError, match="graphs nested deeper than 4"):
        open_file(make_model(list(graph.node)))


@pytest.mark.parametrize(
    ("dims", "content"),
    [
        ([2**40], bytes(8)),
        ([2**32, 2**32], b""),
        ([3], bytes(8)),
        ([-1], bytes(4)),
        ([1] * 40, bytes(4)),
    ],
)
def test_tensors_that_their_data_do_not_fill_are_refused(dims, content):
    tensor = TensorProto(name="T", data_type=FLOAT, dims=dims, raw_data=content)
    with pytest.raises(ModelFileError, match="tensor 'T' of the shape"):
        open_file(make_model(initializers=[tensor]))


def test_tensors_resized_by_huge_factors_are_refused():
    factors = numpy_helper.from_array(np.array([1, 2**15, 2**15], dtype=np.float32), "factors")
    node = helper.make_node("Resize", ["X", "", "factors"], ["Y"])
    with pytest.raises(ModelFileError, match="makes a tensor of the shape"):
        open_file(make_model([node], [factors]))


@pytest.mark.parametrize("operator", ["ConstantOfShape", "Expand", "Tile"])
def test_tensors_made_of_huge_shapes_are_refused(operator):
    shape = numpy_helper.from_array(np.array([2**20, 2**20], dtype=np.int64), "shape")
    inputs = ["shape"] if operator == "ConstantOfShape" else ["X", "shape"]
    with pytest.raises(ModelFileError, match="makes a tensor of the shape"):
        open_file(make_model([helper.make_node(operator, inputs, ["Y"])], [shape]))
    constant = helper.make_node("Constant", [], ["shape"], value=shape)
    numbers = helper.make_node("Constant", [], ["shape"], value_ints=[2**20, 2**20])
    for each_constant in (constant, numbers):
        with pytest.raises(ModelFileError, match="makes a tensor of the shape"):
            open_file(make_model([each_constant, helper.make_node(operator, inputs, ["Y"])]))


@pytest.mark.parametrize(
    "metadata",
    [
        {"classes": "good"},
        {"classes": []},
        {"classes": [["good", "bad"]]},
        {"classes": [{}, {}], "dtype": "object"},
        {"dtype": "<U100000000"},
        {"dtype": "no type"},
        {"dtype": [["a", "O"]]},
        {"input_shape": [-4]},
        {"input_shape": [4, 4, 4, 4]},
        {"input_shape": None},
        {"feature_names": [1, 2, 3, 4]},
        {"feature_names": ["a"]},
        {"n_parameters": "8"},
        {"contract": []},
        {"input_shape": [5], "n_features": 5},
    ],
)
def test_wrong_metadata_are_refused(metadata):
    clf = OnnxClassifier(make_model(metadata=metadata).SerializeToString())
    with pytest.raises(ModelFileError, match="metadata"):
        clf.predict(np.eye(2, 4))


def test_metadata_that_differ_are_refused():
    model = make_model()
    model.metadata_props.add(key="sklvision", value="{}")
    with pytest.raises(ModelFileError, match="the metadata 'sklvision' twice"):
        open_file(model)


@pytest.mark.parametrize("content", [b"", b"ORTM" + bytes(100), b"\x80\x04K\x01.", b"text" * 9])
def test_other_files_are_refused(content):
    with pytest.raises(ModelFileError, match=r"is not an ONNX file|damaged"):
        open_file(content)


def test_truncated_files_are_refused():
    content = make_model().SerializeToString()
    for length in range(len(content)):
        with pytest.raises(ModelFileError):
            OnnxClassifier(content[:length]).predict(np.eye(2, 4))
