"""Interrupts and requests to end, by real signals: control at once, and nothing half-written."""

import os
import signal
import sys
import time

import numpy as np
import pytest
from sklearn.datasets import load_digits

from sklvision.export import save
from sklvision.neural_network import SpectrumClassifier

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

# Seconds until the process has ended, on a machine that does nothing else.
LIMIT = 2.0

# Of every long command: its arguments, and a pattern that it prints where it is in the midst.
COMMANDS = {
    "train": (
        [
            "spectrum_mlp",
            "--data",
            "line.npz",
            "--no-estimate",
            "--epochs",
            10**6,
            "--out",
            "x.sklv",
        ],
        r"epoch [1-9]",
    ),
    "compare": (
        ["line.npz", "--n-jobs", 2, "--models", "spectrum_cnn", "--cv", 5, "--memory", "kept"],
        r"fit [1-9]\d*/",
    ),
    "predict": (["model.sklv", *["line.npz"] * 3000, "--out", "labels.csv"], r"sample [1-9]"),
    "info": (["many.npz", "--leaks"], r""),
    "export": (["model.sklv", "--onnx", "--int8", "--samples", "line.npz"], r""),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A table of spectra, a larger one, and a model."""
    folder = tmp_path_factory.mktemp("files")
    X, y = load_digits(return_X_y=True)
    np.savez(folder / "line.npz", X=X[:500], y=y[:500])
    rng = np.random.default_rng(0)
    np.savez(folder / "many.npz", X=rng.normal(size=(60_000, 64)), y=np.arange(60_000) % 3)
    model = SpectrumClassifier("spectrum_mlp", max_epochs=1, random_state=0).fit(X, y)
    save(model, folder / "model.sklv", data=(X, y))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "name"),
    [
        *((command, "SIGINT") for command in COMMANDS),
        ("compare", "SIGTERM"),
        ("train", "SIGHUP"),  # the tracker of joblib's workers ends with an error of its own
    ],
)
def test_command_ends_by_a_signal(files, start, tmp_path, command, name):
    for path in files.iterdir():
        os.link(path, tmp_path / path.name)
    arguments, pattern = COMMANDS[command]
    program = start(command, *arguments)
    program.wait_until(pattern)
    if not pattern:
        time.sleep(4)  # somewhere after the start
    begin = time.monotonic()
    program.send(getattr(signal, name))
    status = program.wait()
    seconds = time.monotonic() - begin
    assert status == 128 + getattr(signal, name)
    word = "interrupted" if name == "SIGINT" else f"ended by {name}"
    assert program.errors.endswith(f"\nsklvision {command}: {word}\n")
    assert "Traceback" not in program.errors
    assert seconds < LIMIT * max(1, os.getloadavg()[0] / os.cpu_count())
    # Finished outcomes and parts of predictions, with which the next call goes on.
    files_left = {path.name for path in tmp_path.iterdir()} - {"kept", "labels.csv.parts"}
    assert files_left == {"line.npz", "many.npz", "model.sklv"}
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("delay", [0.1, 0.3])
def test_interrupt_of_the_start_is_one_line(start, delay):
    """A command that was started by mistake."""
    code = "import sklvision.cli, sys; print('go', flush=True); sys.exit(sklvision.cli.main())"
    program = start("train", "mlp", "--data", "digits", "--out", "x.sklv", code=code)
    program.wait_until("go")
    time.sleep(delay)
    program.send(signal.SIGINT)
    assert program.wait() == 130
    assert "Traceback" not in program.errors
    assert program.errors.endswith(": interrupted\n")


def test_start_loads_no_package_of_models(run):
    code = """
import sys
from sklvision.cli import main
try:
    main(["--version"])
except SystemExit:
    print([name for name in ("torch", "sklearn", "scipy", "pandas") if name in sys.modules])
"""
    assert run(code=code).output.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_service_ends_by_an_interrupt(files, start):
    pytest.importorskip("uvicorn")
    program = start("serve", files / "model.sklv", "--port", 0)
    program.wait_until("serves on")
    program.send(signal.SIGINT)
    assert program.wait() == 0
    assert "Traceback" not in program.errors


SEARCH = """
import sys
import numpy as np
from sklvision.model_selection import find_leaks
X = np.random.default_rng(0).normal(size=(60_000, 64))
print("ready", flush=True)
try:
    find_leaks(X, np.arange(60_000) % 3)
except KeyboardInterrupt:
    print("control", flush=True)
"""


@pytest.mark.slow
def test_leak_search_returns_control(start):
    program = start(code=SEARCH)
    program.wait_until("ready")
    time.sleep(2)
    program.send(signal.SIGINT)
    begin = time.monotonic()
    program.wait_until("control")
    assert time.monotonic() - begin < LIMIT * max(1, os.getloadavg()[0] / os.cpu_count())
