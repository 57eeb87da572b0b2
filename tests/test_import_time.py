"""What must not need a net does not load torch, and the package itself loads next to nothing."""

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


@pytest.mark.parametrize("module", LIGHT_MODULES)
def test_import_leaves_torch_out(module):
    """Every public name is touched as well, in case a module loads lazily."""
    code = (
        "import sys; from importlib import import_module; module = import_module(sys.argv[1])\n"
        "for name in getattr(module, '__all__', ()): getattr(module, name)\n"
        "print(*{'torch', 'skorch', 'torchvision'}.intersection(sys.modules))"
    )
    assert run_python(code, module) == []


def test_the_package_itself_is_light():
    code = (
        "import sys, sklvision\n"
        "print(*{'numpy', 'scipy', 'sklearn', 'pandas', 'joblib', 'torch'}.intersection(sys.modules))"
    )
    assert run_python(code) == []


def test_command_line_help_leaves_torch_out():
    code = (
        "import contextlib, io, sys\n"
        "from sklvision.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    main(['--help'])\n"
        "print(*{'torch', 'skorch'}.intersection(sys.modules))"
    )
    assert run_python(code) == []


def test_a_net_that_is_loaded_to_predict_loads_no_compiler(tmp_path):
    """Making an optimizer would import torch._dynamo, which takes as long as torch itself."""
    clf = SpectrumClassifier(max_epochs=1, random_state=0).fit([[0.0], [1.0]] * 8, [0, 1] * 8)
    joblib.dump(clf, tmp_path / "clf.joblib")
    code = (
        "import sys, joblib\n"
        "clf = joblib.load(sys.argv[1])\n"
        "clf.predict([[0.5]])\n"
        "print('torch._dynamo' in sys.modules)\n"
        "print(type(clf.net_.optimizer_).__name__)\n"
        "clf.partial_fit([[0.0], [1.0]], [0, 1])"
    )
    assert run_python(code, tmp_path / "clf.joblib") == ["False", "AdamW"]
