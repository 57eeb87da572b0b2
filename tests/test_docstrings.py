"""Docstrings of everything public: numpydoc's validation, true defaults, an example each."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import sklvision

docscrape = pytest.importorskip("numpydoc.docscrape")
numpydoc_validate = pytest.importorskip("numpydoc.validate")
SETTINGS = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
# "all" and the checks that don't apply, as numpydoc's own command reads them.
LEFT_OUT = set(SETTINGS["tool"]["numpydoc_validation"]["checks"]) - {"all"}
NO_SIGNATURE_DEFAULT = inspect.Parameter.empty


def find_public_modules():
    """Find every module of the package whose path holds no private name."""
    names = ["sklvision"]
    for info in pkgutil.walk_packages(sklvision.__path__, prefix="sklvision."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            names.append(info.name)
    return names


def find_public_objects(module_name):
    """Find the public classes and functions that a module lists, by their full name."""
    module = import_module(module_name)
    members = {
        f"{module_name}.{name}": getattr(module, name) for name in getattr(module, "__all__", ())
    }
    return {
        name: member
        for name, member in members.items()
        if (inspect.isclass(member) or inspect.isroutine(member)) and is_defined_here(member)
    }


def find_public_methods(objects):
    """Find the public methods and properties of classes that this package defines."""
    return {
        f"{class_name}.{name}": member
        for class_name, cls in objects.items()
        if inspect.isclass(cls)
        for name, member in inspect.getmembers(cls)
        if not name.startswith("_") and is_method_defined_here(member)
    }


def is_method_defined_here(member):
    function = member.fget if isinstance(member, property) else member
    return callable(function) and is_defined_here(function)


def is_defined_here(member):
    return (getattr(member, "__module__", None) or "").partition(".")[0] == "sklvision"


MODULES = find_public_modules()
OBJECTS = {module: find_public_objects(module) for module in MODULES}
every_module = pytest.mark.parametrize("module", [module for module in MODULES if OBJECTS[module]])


def find_problems(module, find):
    """Call a function with everything public of a module; collect its non-empty results."""
    members = OBJECTS[module] | find_public_methods(OBJECTS[module])
    results = {name: find(name, member) for name, member in members.items()}
    return {name: result for name, result in results.items() if result}


def test_public_objects_and_methods_are_found():
    objects = OBJECTS["sklvision.neural_network"]
    assert "sklvision.neural_network.ImageClassifier" in objects
    assert "sklvision.neural_network.ImageClassifier.fit" in find_public_methods(objects)


def test_every_public_module_lists_its_public_names():
    names = [name for name in MODULES if not hasattr(import_module(name), "__all__")]
    assert names in ([], ["sklvision.utils"])


@every_module
def test_docstrings_pass_numpydoc_validation(module):
    assert find_problems(module, validate_docstring) == {}


def validate_docstring(name, member):
    errors = numpydoc_validate.validate(name)["errors"]
    return [f"{code}: {text}" for code, text in errors if code not in LEFT_OUT]


@every_module
def test_docstrings_have_a_doctested_example(module):
    names = [
        name
        for name, member in OBJECTS[module].items()
        if not any(line.startswith(">>>") for line in docscrape.get_doc_object(member)["Examples"])
    ]
    assert names == []


@every_module
def test_documented_defaults_are_the_signature_defaults(module):
    assert find_problems(module, lambda name, member: find_wrong_defaults(member)) == {}


def read_parameters(member):
    """Read parameter names and types from the Parameters section."""
    for parameter in docscrape.get_doc_object(member)["Parameters"]:
        for name in parameter.name.split(", "):
            yield name.lstrip("*"), parameter.type


def find_wrong_defaults(member):
    """Find parameters whose documented default is missing or not that of the signature."""
    if isinstance(member, property):
        return []
    try:
        signature = inspect.signature(member)
    except ValueError:
        return []
    documented = dict(read_parameters(member))
    wrong = []
    for parameter in signature.parameters.values():
        # The y of scikit-learn's API that is ignored needs no documented default.
        if parameter.name not in documented or is_ignored(member, parameter.name, documented):
            continue
        default = re.search(r"default=(.+?)$", documented[parameter.name])
        if parameter.default is NO_SIGNATURE_DEFAULT:
            if default:
                wrong.append(
                    f"{parameter.name}: default={default[1]} is documented, but it has none"
                )
        elif default is None:
            wrong.append(f"{parameter.name}: default={parameter.default!r} is not documented")
        elif not is_same_value(default[1], parameter.default):
            wrong.append(
                f"{parameter.name}: default={default[1]} is documented, it is {parameter.default!r}"
            )
    return wrong


def is_ignored(member, name, documented):
    return name == "y" and documented[name].lower().startswith(("ignored", "none"))


def is_same_value(text, value):
    """Compare a documented default by value, or by name if it has no literal."""
    text = text.strip().strip("`")
    try:
        documented = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text in {repr(value), getattr(value, "__qualname__", None)}
    return type(documented) is type(value) and documented == value


def wrongly_documented(a, *, b=0.5, c=None, d=(1, 2), e="snv"):
    """Do nothing.

    Parameters
    ----------
    a : int, default=3
        First.
    b : float, default=0.1
        Second.
    c : int or None
        Third.
    d : tuple, default=(1, 2)
        Fourth.
    e : {"snv", "msc"}, default="snv"
        Fifth.
    """


def test_find_wrong_defaults_reports_each():
    assert find_wrong_defaults(wrongly_documented) == [
        "a: default=3 is documented, but it has none",
        "b: default=0.1 is documented, it is 0.5",
        "c: default=None is not documented",
    ]


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("1", 1, True),
        ("1", True, False),
        ("0.10", 0.1, True),
        ("'a'", "b", False),
        ("len", len, True),
    ],
)
def test_is_same_value_compares_by_value(text, value, expected):
    assert is_same_value(text, value) is expected
