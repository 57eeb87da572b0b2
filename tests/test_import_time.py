"""Imports stay light: modules without nets load no torch, the package itself almost nothing."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import joblib
import pytest

import sklvision
from sklvision.neural_network import SpectrumClassifier

NEED_TORCH = {"nets", "neural_network", "recipes"}
LIGHT_MODULES = ["sklvision", "sklvision.utils.discovery"] + [
    f"sklvision.{info.name}"
    for info in pkgutil.iter_modules(sklvision.__path__)
    if info.name not in NEED_TORCH and not info.name.startswith("_") and info.name != "utils"
]


def run_python(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout.split()


def test_light_modules_leave_torch_out():
    """Every public name is used as well, in case a module loads it lazily."""
    code = (
        "import sys; from importlib import import_module\n"
        "for name in sys.argv[1:]:\n"
        "    module = import_module(name)\n"
        "    for public in getattr(module, '__all__', ()): getattr(module, public)\n"
        "    heavy = {'torch', 'skorch', 'torchvision'}.intersection(sys.modules)\n"
        "    if heavy: sys.exit(print(name, *heavy))"
    )
    assert run_python(code, *LIGHT_MODULES) == []


def test_package_lists_its_subpackages():
    public = {info.name for info in pkgutil.iter_modules(sklvision.__path__)}
    public = {name for name in public if not name.startswith("_")}
    assert {name for name in dir(sklvision) if not name.startswith("_")} >= public
    assert set(sklvision._SUBPACKAGES) == public
    with pytest.raises(AttributeError, match="no attribute 'neural_networks'"):
        sklvision.neural_networks  # noqa: B018


def test_command_line_help_leaves_torch_out():
    code = (
        "import contextlib, io, sys\n"
        "from sklvision.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    main(['--help'])\n"
        "print(*{'torch', 'skorch'}.intersection(sys.modules))"
    )
    assert run_python(code) == []


def test_modules_are_loaded_when_they_are_used(tmp_path):
    """Step by step, in one process.

    The package alone loads no library of numbers, its part for nets loads torch, and a net that is
    loaded and predicts loads neither searches nor augmenters nor torch's compiler: making an
    optimizer would import torch._dynamo, which takes as long as torch itself.
    """
    net = SpectrumClassifier(max_epochs=1, random_state=0)
    joblib.dump(net.fit([[0.0, 1.0], [1.0, 0.0]] * 5, [0, 1] * 5), tmp_path / "net.joblib")
    code = (
        "import sys, sklvision\n"
        "def find(*names): return sorted({*names}.intersection(sys.modules))\n"
        "print(find('numpy', 'scipy', 'sklearn', 'pandas', 'joblib', 'torch'))\n"
        "assert 'neural_network' in dir(sklvision)\n"
        "assert 'torch' not in sys.modules\n"
        "print(sklvision.neural_network.SpectrumClassifier.__name__, find('torch'))\n"
        "import joblib\n"
        "print(joblib.load(sys.argv[1]).predict([[0.0, 1.0]])[0])\n"
        "print(find('sklearn.linear_model', 'sklvision.augmentation', 'torch._dynamo'))"
    )
    assert run_python(code, str(tmp_path / "net.joblib")) == [
        "[]", "SpectrumClassifier", "['torch']", "0", "[]",
    ]  # fmt: skip
