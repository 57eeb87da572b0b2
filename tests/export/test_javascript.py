"""The JavaScript example: npm's onnxruntime runs a file of to_onnx and returns the same labels."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from sklvision.export import quantize, to_onnx
from tests.export.graph._cases import CASES, load_data

EXAMPLE = Path(__file__).parents[2] / "examples" / "onnx_js"
# npm's folder of packages: that of the example, or another one.
PACKAGES = Path(os.environ.get("SKLVISION_NODE_MODULES", EXAMPLE / "node_modules"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.skipif(
    not (PACKAGES / "onnxruntime-node").is_dir(),
    reason="onnxruntime-node is not installed: npm install --ignore-scripts in examples/onnx_js",
)
@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("SpectralScaler snv", 32),
        ("VotingClassifier hard", 32),
        ("SavitzkyGolay interp", 16),
        ("SVC of two classes", 32),
        ("ForegroundCrop both", 32),
        ("Resize bilinear (23, 11), color", 32),
        ("SpectrumClassifier", 32),
        ("SpectrumClassifier", 8),
    ],
)
def test_javascript_returns_the_labels_of_the_model(name, bits, tmp_path):
    X, y = load_data(CASES[name].data)
    y = np.array([f"class {label}" for label in y])
    model = CASES[name].model.fit(X, y)
    path = to_onnx(model, tmp_path / "model.onnx")
    if bits < 32:
        path = quantize(path, X, tmp_path / "small.onnx", bits=bits)
    np.savetxt(tmp_path / "samples.csv", X.reshape(len(X), -1), delimiter=",", fmt="%.9g")
    shutil.copy(EXAMPLE / "predict.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    output = subprocess.run(
        ["node", "predict.mjs", path.name, "samples.csv"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout.splitlines()
    is_equal = np.array(output) == model.predict(X)
    assert is_equal.mean() >= (0.95 if bits == 8 else 1)
