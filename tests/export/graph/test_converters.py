"""Every converter of the registry: a file predicts what the model does."""

from __future__ import annotations

import json
import warnings

import numpy as np
import onnx
import pytest

from sklvision.export import OnnxClassifier, to_onnx
from sklvision.export._graph.builder import CONVERTERS
from sklvision.export._graph.operators import DOMAINS
from sklvision.export._pipeline_file import make_pipeline_content  # imports all converters
from tests.export.graph._cases import CASES, EXCEPTIONS, load_data

assert make_pipeline_content


def test_every_converter_has_a_case():
    covered = {name for case in CASES.values() for name in case.converters}
    assert set(CONVERTERS) == covered | EXCEPTIONS


def fit(case):
    X, y = load_data(case.data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return case.model.fit(X, y), X


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (case.kind == "slow"))
        for name, case in CASES.items()
    ],
)
def test_to_onnx_keeps_predictions(name, tmp_path):
    model, X = fit(CASES[name])
    classifier = OnnxClassifier(to_onnx(model, tmp_path / "model.onnx"))
    # bfloat16 of the model itself shows in the third digit.
    tolerance = 2e-2 if CASES[name].kind else 1e-5
    np.testing.assert_array_equal(classifier.classes_, model.classes_)
    assert classifier.classes_.dtype == model.classes_.dtype
    for samples in (X, X[:1]):
        labels = classifier.predict(samples)
        if not CASES[name].kind:
            np.testing.assert_array_equal(labels, model.predict(samples))
        assert labels.dtype == model.classes_.dtype
        assert hasattr(classifier, "predict_proba") == hasattr(model, "predict_proba")
        if hasattr(model, "predict_proba"):
            np.testing.assert_allclose(
                classifier.predict_proba(samples), model.predict_proba(samples), atol=tolerance
            )
        if hasattr(classifier, "decision_function"):
            scores = model.decision_function(samples)
            np.testing.assert_allclose(
                classifier.decision_function(samples), scores, rtol=tolerance, atol=10 * tolerance
            )


@pytest.mark.parametrize(
    "name", ["SpectralScaler snv", "VotingClassifier hard", "LinearSVC", "SVC"]
)
def test_to_onnx_of_a_pipeline_writes_a_file_for_other_programs(name, tmp_path):
    """By onnx alone: a valid file with known operators, labels, and what describes the input."""
    model, X = fit(CASES[name])
    path = to_onnx(model, tmp_path / "model.onnx")
    file = onnx.load(path)
    onnx.checker.check_model(file, full_check=True)
    assert {node.domain for node in file.graph.node} <= set(DOMAINS)
    assert {"index", "label"} <= {output.name for output in file.graph.output}
    fields = json.loads({p.key: p.value for p in file.metadata_props}["sklvision"])
    assert fields["classes"] == model.classes_.tolist()
    assert fields["contract"]["shape"] == [X.shape[1]]
    assert fields["steps"]


def test_to_onnx_of_a_pipeline_returns_labels_of_their_type(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    for name in ("LogisticRegression of two classes", "SpectralScaler snv", "ForegroundCrop color"):
        model, X = fit(CASES[name])
        path = to_onnx(model, tmp_path / "model.onnx")
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (labels,) = session.run(["label"], {"X": X[:5].astype(np.float32)})
        assert labels.tolist() == model.predict(X[:5]).tolist()
