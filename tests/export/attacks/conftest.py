"""An archive to attack, its editor, and a module that notices its import.

Each class of attack that was published on skops, joblib, NumPy, zip files, ONNX and BentoML is made
against archives in this folder or, for ONNX, in test_onnx_check.py: nothing is run, imported or
followed.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklvision.export import ModelFileError, load, save
from tests.export.attacks._tools import X, y


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
