"""Imports of optional dependencies, with errors that name the extra to install."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def import_optional(name: str, *, extra: str) -> ModuleType:
    """Import a module that only one of the extras installs.

    Parameters
    ----------
    name : str
        Module to import, such as ``"PIL.Image"``.
    extra : str
        The extra of sklvision that installs it, such as ``"images"``.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    ImportError
        If the module is missing; the message names the extra.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f"{name.partition('.')[0]} is needed here and could not be imported ({error}). "
            f"Install it with: pip install 'sklvision[{extra}]'"
        ) from error
