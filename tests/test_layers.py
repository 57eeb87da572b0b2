"""The floors of the package: imports go down only, siblings don't import each other."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import sklvision

PACKAGE = Path(sklvision.__file__).parent

# A part of the package (a subpackage or a top-level module) and the floor it stands on.
FLOORS = {
    "_version": -1,
    "utils": 0,
    "_torch": 1,
    "datasets": 2,
    "spectral": 2,
    "discriminant_analysis": 2,
    "ensemble": 2,
    "image": 2,
    "augmentation": 2,
    "nets": 2,
    "reporting": 2,
    "neural_network": 3,
    "feature_extraction": 3,
    "model_selection": 4,
    "recipes": 4,
    "inspection": 4,
    "export": 4,
    "distributed": 4,
    "serving": 5,
    "cli": 6,
    "__main__": 7,
}
# The package's own __init__ re-exports the version and nothing else.
ROOT_FLOOR = 1
# Parts that may use torch. Augmentation does when it draws, export when it traces a net and feature
# extraction when it loads a backbone, not when they are imported: see test_import_time.py.
TORCH_PARTS = {"_torch", "nets", "neural_network", "augmentation", "feature_extraction", "export"}
TORCH_LIBRARIES = {"torch", "torchvision", "skorch", "timm"}
# Parts whose private modules serve all floors above them, and modules of pure functions, which other
# parts may call too.
SHARED_PARTS = {"utils", "_torch", "reporting"}
SHARED_MODULES = {"_functional"}
# Parts that are built on the private modules of another one, or whose displays show its inner workings.
FRIENDS = {
    "neural_network": {"nets", "augmentation"},
    "feature_extraction": {"nets", "image"},
    "inspection": {"image", "augmentation", "neural_network"},
}
MAX_LINES = 400


@cache
def list_import_nodes(text):
    """List the statements of a module that may import: parsed once for all tests."""
    nodes = (ast.Import, ast.ImportFrom, ast.Call)
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, nodes)]


def imported_modules(path, package_root):
    """Yield (line, absolute module name) of every import in a file, wherever it stands.

    ``from package import name`` counts as an import of ``package.name`` where that
    is a module, and a constant handed to ``import_module`` counts as well.
    """
    root = package_root.name
    relative = path.relative_to(package_root.parent).with_suffix("")
    outer = relative.parts[:-1]  # the package of the file, for an __init__ as well
    for node in list_import_nodes(path.read_text(encoding="utf-8")):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            package = outer[: len(outer) - node.level + 1] if node.level else ()
            source = ".".join((*package, *filter(None, [node.module])))
            if source == root:
                for alias in node.names:
                    yield node.lineno, f"{source}.{alias.name}"
            else:
                yield node.lineno, source
        elif isinstance(node, ast.Call) and node.args:
            calls = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0]
            if calls in {"import_module", "import_optional", "__import__"} and isinstance(
                getattr(first, "value", None), str
            ):
                yield node.lineno, first.value


def violations(package_root):
    """Every import of the tree that goes up, sideways, or for torch where it must not."""
    root = package_root.name
    problems = []
    for path in sorted(package_root.rglob("*.py")):
        inner = path.relative_to(package_root)
        part = inner.parts[0].removesuffix(".py")
        if part != "__init__" and part not in FLOORS:
            problems.append(f"{inner}: {part!r} stands on no floor, add it to FLOORS")
            continue
        floor = FLOORS.get(part, ROOT_FLOOR)
        for line, module in imported_modules(path, package_root):
            top, _, remainder = module.partition(".")
            if top in TORCH_LIBRARIES and part not in TORCH_PARTS:
                problems.append(f"{inner}:{line} imports {module}: {part} must stay free of torch")
            if top != root:
                continue
            target = remainder.partition(".")[0]
            # Its own part is free to it, and so are names such as __version__.
            if target == part or target not in FLOORS:
                continue
            if FLOORS[target] == floor:
                problems.append(f"{inner}:{line} imports {module}: a sibling")
            elif FLOORS[target] > floor:
                problems.append(f"{inner}:{line} imports {module}: upwards")
    return problems


def test_imports_go_down_only():
    assert violations(PACKAGE) == []


def module_name(path, package_root):
    parts = path.relative_to(package_root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def import_graph(package_root):
    """Modules of a tree, each with the modules it imports, wherever the import stands."""
    modules = {module_name(path, package_root): path for path in package_root.rglob("*.py")}
    graph = {}
    for name, path in modules.items():
        graph[name] = {
            target
            for _, target in imported_names(path, package_root)
            if target in modules and target != name
        }
    return graph


def imported_names(path, package_root):
    """Yield imports as :func:`imported_modules` does, with ``from package import module`` resolved."""
    outer = path.relative_to(package_root.parent).parts[:-1]
    for node in list_import_nodes(path.read_text(encoding="utf-8")):
        if isinstance(node, ast.ImportFrom):
            package = outer[: len(outer) - node.level + 1] if node.level else ()
            source = ".".join((*package, *filter(None, [node.module])))
            is_package = (package_root.parent / Path(*source.split("."))).is_dir()
            for alias in node.names:
                target = f"{source}.{alias.name}"
                file = package_root.parent / Path(*target.split(".")).with_suffix(".py")
                is_module = is_package and (file.is_file() or file.with_suffix("").is_dir())
                yield node.lineno, target if is_module else source
    yield from imported_modules(path, package_root)


def find_circle(package_root):
    """Modules that import each other in a circle; an empty list where there are none."""
    graph = import_graph(package_root)
    for name, targets in graph.items():  # a submodule may import its package, which re-exports it
        graph[name] = {target for target in targets if not name.startswith(f"{target}.")}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def private_imports(package_root):
    """Imports of another part's private modules, except for those that are shared."""
    problems = []
    for path in sorted(package_root.rglob("*.py")):
        inner = path.relative_to(package_root)
        part = inner.parts[0].removesuffix(".py")
        for line, module in imported_names(path, package_root):
            top, *names = module.split(".")
            permitted = {part, *SHARED_PARTS, *FRIENDS.get(part, ())}
            if top != package_root.name or len(names) < 2 or names[0] in permitted:
                continue
            if any(name.startswith("_") and name not in SHARED_MODULES for name in names[1:]):
                problems.append(f"{inner}:{line} imports {module}: private to {names[0]}")
    return list(dict.fromkeys(problems))


def test_no_modules_import_each_other_in_a_circle():
    assert find_circle(PACKAGE) == []


def test_private_modules_stay_in_their_part():
    assert private_imports(PACKAGE) == []


def test_find_circle_sees_imports_inside_functions(tmp_path):
    root = tmp_path / "sklvision"
    files = {
        "__init__.py": "",
        "utils/__init__.py": "",
        "utils/_a.py": "from sklvision.utils import _b",
        "utils/_b.py": "def f():\n    from sklvision.utils._c import g",
        "utils/_c.py": "",
    }
    write_tree(root, files)
    assert find_circle(root) == []
    write_tree(root, {"utils/_c.py": "from . import _a"})
    assert set(find_circle(root)) == {f"sklvision.utils.{name}" for name in ("_a", "_b", "_c")}


def test_private_imports_names_a_module_of_another_part(tmp_path):
    root = tmp_path / "sklvision"
    files = {
        "image/_functional.py": "",
        "image/_resize.py": "",
        "utils/_base.py": "",
        "export/_a.py": "from sklvision.image import _functional\nfrom sklvision.utils._base import B",
        "inspection/_a.py": "from sklvision.image._resize import Resize",
    }
    write_tree(root, files)
    assert private_imports(root) == []
    write_tree(root, {"export/_b.py": "def f():\n    from ..image import _resize"})
    (problem,) = private_imports(root)
    assert problem == "export/_b.py:2 imports sklvision.image._resize: private to image"


def write_tree(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("spectral/_a.py", "from sklvision.image import Resize", "a sibling"),
        ("spectral/_a.py", "from ..image import Resize", "a sibling"),
        ("spectral/_a.py", "from sklvision import image", "a sibling"),
        ("spectral/_a.py", "def f():\n    import sklvision.nets._cnn", "a sibling"),
        ("nets/_a.py", "from sklvision.neural_network._base import fit", "upwards"),
        ("nets/sub/_a.py", "from ...neural_network import fit", "upwards"),
        (
            "utils/_a.py",
            "from importlib import import_module\nimport_module('sklvision.nets')",
            "upwards",
        ),
        ("utils/_a.py", "if True:\n    from sklvision import cli", "upwards"),
        ("__init__.py", "from sklvision.cli import main", "upwards"),
        ("model_selection/_a.py", "def f():\n    import torch.nn as nn", "free of torch"),
        ("cli.py", "from skorch import NeuralNet", "free of torch"),
        ("extras/_a.py", "", "stands on no floor"),
    ],
)
def test_a_violation_is_found(tmp_path, name, text, complaint):
    root = tmp_path / "sklvision"
    write_tree(root, {name: text})
    (problem,) = violations(root)
    assert complaint in problem
    assert problem.startswith(name)


def test_what_is_allowed_is_not_a_violation(tmp_path):
    root = tmp_path / "sklvision"
    write_tree(
        root,
        {
            "__init__.py": "from sklvision._version import __version__",
            "spectral/__init__.py": "from sklvision.spectral._scaler import SpectralScaler",
            "spectral/_scaler.py": "from . import _functional\nfrom ..utils._base import Base\nimport numpy",
            "neural_network/_base.py": "import torch\nfrom sklvision import __version__, nets",
            "cli.py": "def main():\n    from sklvision.neural_network import SpectrumClassifier",
            "__main__.py": "from sklvision.cli import main",
        },
    )
    assert violations(root) == []


def test_no_file_is_too_long():
    lengths = {
        str(path.relative_to(folder.parent)): len(path.read_text(encoding="utf-8").splitlines())
        for folder in (PACKAGE, Path(__file__).parent)
        for path in folder.rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}
