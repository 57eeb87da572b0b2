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


def public_modules():
    """Every module of the package whose path holds no private name."""
    names = ["sklvision"]
    for info in pkgutil.walk_packages(sklvision.__path__, prefix="sklvision."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            names.append(info.name)
    return names


def public_objects():
    """Name and object of every public class and function of our own, once each."""
    found = {}
    for module_name in public_modules():
        module = import_module(module_name)
        for name in getattr(module, "__all__", ()):
            member = getattr(module, name)
            if (inspect.isclass(member) or inspect.isroutine(member)) and is_ours(member):
                found[f"{module_name}.{name}"] = member
    return found


def public_methods(cls):
    """Names of the public methods and properties of a class that this package defines."""
    for name, member in inspect.getmembers(cls):
        function = member.fget if isinstance(member, property) else member
        if not name.startswith("_") and callable(function) and is_ours(function):
            yield name


def is_ours(member):
    return (getattr(member, "__module__", None) or "").partition(".")[0] == "sklvision"


OBJECTS = public_objects()
METHODS = {
    f"{name}.{method}": getattr(cls, method)
    for name, cls in OBJECTS.items()
    if inspect.isclass(cls)
    for method in public_methods(cls)
}
EVERYTHING = OBJECTS | METHODS


def test_something_public_was_found():
    assert len(OBJECTS) > 10
    assert len(METHODS) > 10


def test_every_public_module_says_what_is_public():
    without = [name for name in public_modules() if not hasattr(import_module(name), "__all__")]
    assert without in ([], ["sklvision.utils"])


@pytest.mark.parametrize("name", EVERYTHING)
def test_numpydoc_validation(name):
    errors = numpydoc_validate.validate(name)["errors"]
    assert [f"{code}: {text}" for code, text in errors if code not in LEFT_OUT] == []


@pytest.mark.parametrize("name", OBJECTS)
def test_has_a_doctested_example(name):
    examples = docscrape.get_doc_object(OBJECTS[name])["Examples"]
    assert any(line.startswith(">>>") for line in examples), f"{name} shows no example"


@pytest.mark.parametrize("name", EVERYTHING)
def test_documented_defaults_are_the_signature_defaults(name):
    assert wrong_defaults(EVERYTHING[name]) == []


@pytest.mark.parametrize("name", EVERYTHING)
def test_public_surface_is_typed(name):
    assert untyped(EVERYTHING[name]) == []


def untyped(member):
    """Parameters without an annotation, and "return" where the result has none."""
    if inspect.isclass(member):
        if member.__init__ is object.__init__:
            return []
        function, results = member.__init__, []
    else:
        function, results = inspect.unwrap(getattr(member, "fget", None) or member), ["return"]
    expected = [name for name in inspect.signature(function).parameters if name != "self"]
    return [name for name in expected + results if name not in function.__annotations__]


def documented_parameters(member):
    """Parameter names and their types as the Parameters section gives them."""
    for parameter in docscrape.get_doc_object(member)["Parameters"]:
        for name in parameter.name.split(", "):
            yield name.lstrip("*"), parameter.type


def wrong_defaults(member):
    """Parameters whose documented default is missing or not the one of the signature."""
    if isinstance(member, property):
        return []
    try:
        signature = inspect.signature(member)
    except ValueError:
        return []
    documented = dict(documented_parameters(member))
    wrong = []
    for parameter in signature.parameters.values():
        # The y that scikit-learn's API asks for and that is ignored has no default worth a word.
        if parameter.name not in documented or is_ignored(member, parameter.name, documented):
            continue
        said = re.search(r"default=(.+?)$", documented[parameter.name])
        if parameter.default is NO_SIGNATURE_DEFAULT:
            if said:
                wrong.append(f"{parameter.name}: default={said[1]} is documented, but it has none")
        elif said is None:
            wrong.append(f"{parameter.name}: default={parameter.default!r} is not documented")
        elif not same_value(said[1], parameter.default):
            wrong.append(
                f"{parameter.name}: default={said[1]} is documented, it is {parameter.default!r}"
            )
    return wrong


def is_ignored(member, name, documented):
    return name == "y" and documented[name].lower().startswith(("ignored", "none"))


def same_value(text, value):
    """Whether a documented default is the default: by value, or by name for what has no literal."""
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


def test_a_wrong_default_is_found():
    assert wrong_defaults(wrongly_documented) == [
        "a: default=3 is documented, but it has none",
        "b: default=0.1 is documented, it is 0.5",
        "c: default=None is not documented",
    ]


@pytest.mark.parametrize(
    ("text", "value", "same"),
    [
        ("1", 1, True),
        ("1", True, False),
        ("0.10", 0.1, True),
        ("'a'", "b", False),
        ("len", len, True),
    ],
)
def test_defaults_are_compared_by_value(text, value, same):
    assert same_value(text, value) is same


def test_a_missing_type_is_found():
    assert untyped(wrongly_documented) == ["a", "b", "c", "d", "e", "return"]
