"""What is measured in fresh processes or on files: imports, loading, sizes and memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import mkdtemp

import joblib
import numpy as np
import torch

from benchmarks._harness import peak_memory
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


def _python(code: str, *arguments: Path) -> None:
    subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True)


def importing(module: str) -> Functions:
    """Import a module, in a process of its own."""
    return {
        "ours": lambda: _python(f"import {module}"),
        "reference": lambda: _python("import sklearn.preprocessing"),
    }


def _fitted() -> tuple[SpectrumClassifier, np.ndarray]:
    X, y = make_spectra(300, random_state=0)[:2]
    return SpectrumClassifier(max_epochs=2, random_state=0).fit(X, y), X


def loading(onnx: bool) -> Functions:
    """Load a classifier, or its ONNX file, and predict one row, in a process of its own."""
    folder = Path(mkdtemp())
    clf, X = _fitted()
    shipped = OnnxClassifier(to_onnx(clf, folder / "net.onnx")) if onnx else clf
    joblib.dump(shipped, folder / "clf")
    np.save(folder / "row.npy", X[:1])
    torch.save(clf.module_.state_dict(), folder / "weights")
    return {
        "ours": lambda: _python(_LOAD, folder / "clf", folder / "row.npy"),
        "reference": lambda: _python(_LOAD_RAW, folder / "weights"),
    }


def file_size() -> tuple[float, float]:
    """Bytes of the joblib file of `spectrum_mlp`, and of its weights."""
    clf, _ = _fitted()
    path = Path(mkdtemp()) / "clf"
    joblib.dump(clf, path)
    return path.stat().st_size, sum(t.nbytes for t in clf.module_.state_dict().values())


def _peak_of_fit(n: int) -> float:
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
    return peak_memory()


def memory_of_fit() -> tuple[float, float]:
    """Bytes by which the peak of a fit on 50,000 images is above that on 500; and the pixels'."""
    peaks = []
    for n in (500, 50_000):
        # Not forked: a fork starts with the memory of its parent.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            peaks.append(pool.submit(_peak_of_fit, n).result())
    return peaks[1] - peaks[0], 49_500 * 32 * 32 * 3
