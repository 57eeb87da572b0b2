"""Docstrings that share texts: each text is written once and filled in where it is named."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Documented = TypeVar("Documented")

# Sections of ``fit``, or the first of them, for which a set of texts has the text "training_X".
FIT_PARAMETERS = """\
Parameters
----------
%(training_X)s
y : None
    Ignored."""
FIT_SECTIONS = f"""\
{FIT_PARAMETERS}

Returns
-------
self : object
    The fitted transformer.

Raises
------
ValueError
    If a parameter is out of range, or ``X`` does not hold finite samples of the kind
    described."""

_PLACEHOLDER = re.compile(r"^([ ]*)(.*?)%\((\w+)\)s", flags=re.MULTILINE)


def fill_docstrings(texts: Mapping[str, str]) -> Callable[[Documented], Documented]:
    """Make a decorator that fills shared texts into the docstrings of a class or function.

    In a docstring, ``%(name)s`` stands for the text of that name; further lines of the text are
    indented as the line that names it. For a class, the docstrings of its own methods and
    properties are filled as well. The result is an ordinary docstring, which ``help`` and numpydoc
    read.

    Parameters
    ----------
    texts : dict of str to str
        Text by name, without indentation.

    Returns
    -------
    decorator : callable
        Fills in the docstrings of a class or function, and returns it.

    Raises
    ------
    KeyError
        By the decorator, if a docstring names a text that does not exist.

    Examples
    --------
    >>> from sklvision.utils._docstrings import fill_docstrings
    >>> @fill_docstrings({"unit": "nanometers"})
    ... def read_wavelengths():
    ...     '''Read wavelengths in %(unit)s.'''
    >>> read_wavelengths.__doc__
    'Read wavelengths in nanometers.'
    """

    def decorate(documented: Documented) -> Documented:
        members = vars(documented).values() if inspect.isclass(documented) else ()
        for member in (documented, *members):
            function: Any = getattr(member, "__func__", member)  # of a class or static method
            if not _has_own_docstring(function):  # a method that scikit-learn's available_if wraps
                function = getattr(member, "__wrapped__", function)
            if _has_own_docstring(function):
                function.__doc__ = _fill(function.__doc__, texts)
        return documented

    return decorate


def _has_own_docstring(member: Any) -> bool:
    documentable = inspect.isclass(member) or inspect.isfunction(member)
    return (documentable or isinstance(member, property)) and bool(member.__doc__)


def _fill(docstring: str, texts: Mapping[str, str]) -> str:
    def replace(match: re.Match[str]) -> str:
        indentation, prefix, name = match.groups()
        return indentation + prefix + re.sub(r"\n(?=.)", f"\n{indentation}", texts[name])

    count = 1
    while count:  # a line may name several texts
        docstring, count = _PLACEHOLDER.subn(replace, docstring)
    return docstring
