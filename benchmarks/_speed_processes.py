"""Speed cases in new processes or on files: imports, loading, sizes and memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

import joblib
import numpy as np
import torch

from benchmarks._harness import read_peak_memory, run_in_new_process
from sklvision.datasets import make_spectra
from sklvision.export import OnnxClassifier, to_onnx
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

Functions = dict[str, Callable[[], object]]

_LOAD = """
import sys
import joblib
import numpy as np
joblib.load(sys.argv[1]).predict(np.load(sys.argv[2]))
"""
_LOAD_RAW = """
import sys
import torch
torch.load(sys.argv[1])
"""
_IMPORT = """
import torch
import sklearn.base
"""


def _run_python(code: str, *arguments: Path) -> None:
    subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True)


def prepare_import(module: str) -> Functions:
    """Prepare imports of a module, each in a process of its own."""
    return {
        "ours": lambda: _run_python(f"import {module}"),
        "reference": lambda: _run_python("import sklearn.preprocessing"),
    }


def _fit_classifier() -> tuple[SpectrumClassifier, np.ndarray]:
    X, y = make_spectra(300, random_state=0)[:2]
    return SpectrumClassifier(max_epochs=2, random_state=0).fit(X, y), X


def prepare_loading(onnx: bool, *, reads_weights: bool = True) -> Functions:
    """Prepare loading a classifier, or its ONNX file, and a prediction in a new process.

    The reference imports torch and reads the weights, or imports what any classifier of
    scikit-learn that is made of a net needs.
    """
    reference = _LOAD_RAW if reads_weights else _IMPORT
    folder = Path(mkdtemp())
    model, row, weights = (folder / name for name in ("clf", "row.npy", "weights"))
    clf, X = _fit_classifier()
    joblib.dump(OnnxClassifier(to_onnx(clf, folder / "net.onnx")) if onnx else clf, model)
    np.save(row, X[:1])
    torch.save(clf.module_.state_dict(), weights)
    return {
        "ours": lambda: _run_python(_LOAD, model, row),
        "reference": lambda: _run_python(reference, weights),
    }


def measure_file_size() -> tuple[float, float]:
    """Measure the bytes of the joblib file of `spectrum_mlp`, and of its weights."""
    clf, _ = _fit_classifier()
    path = Path(mkdtemp()) / "clf"
    joblib.dump(clf, path)
    return path.stat().st_size, sum(t.nbytes for t in clf.module_.state_dict().values())


def _measure_peak_of_fit(n: int) -> float:
    torch.set_num_threads(1)
    X = np.random.RandomState(0).randint(256, size=(n, 32, 32, 3), dtype=np.uint8)
    y = np.arange(n) % 10
    ImageClassifier(
        "mlp",
        architecture_params={"hidden_layer_sizes": (16,)},
        max_epochs=1,
        batch_size=128,
        random_state=0,
    ).fit(X, y)
    return read_peak_memory()


def measure_memory_of_fit() -> tuple[float, float]:
    """Measure how much the peak of a fit grows from 500 to 50,000 images, and their bytes."""
    small, large = (run_in_new_process(_measure_peak_of_fit, n) for n in (500, 50_000))
    return large - small, 49_500 * 32 * 32 * 3
