"""Import every public module of the installed package, which must not be the checkout's."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from pkgutil import walk_packages

import sklvision

location = Path(sklvision.__file__).resolve()
if not location.is_relative_to(Path(sys.prefix).resolve()):
    sys.exit(f"sklvision was imported from {location}, not from the environment {sys.prefix}")
if not (files("sklvision") / "py.typed").is_file():
    sys.exit("the wheel has no py.typed")
for info in walk_packages(sklvision.__path__, prefix="sklvision."):
    if info.name != "sklvision.__main__":
        import_module(info.name)
print(f"sklvision {sklvision.__version__} imported from its wheel")
