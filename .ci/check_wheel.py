"""Import every module of the installed package, which must not be the checkout's.

A private module may need a package of an extra, which is not installed; public ones may not.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from importlib.metadata import requires
from importlib.resources import files
from pathlib import Path
from pkgutil import walk_packages

import sklvision

location = Path(sklvision.__file__).resolve()
if not location.is_relative_to(Path(sys.prefix).resolve()):
    sys.exit(f"sklvision was imported from {location}, not from the environment {sys.prefix}")
if not (files("sklvision") / "py.typed").is_file():
    sys.exit("the wheel has no py.typed")
optional = {
    re.match(r"[\w.-]+", requirement)[0].replace("-", "_").lower()
    for requirement in requires("sklvision")
    if "extra ==" in requirement
}
for info in walk_packages(sklvision.__path__, prefix="sklvision."):
    if info.name == "sklvision.__main__":
        continue
    try:
        import_module(info.name)
    except ModuleNotFoundError as error:
        is_private = any(part.startswith("_") for part in info.name.split("."))
        if not is_private or error.name.partition(".")[0] not in optional:
            raise
print(f"sklvision {sklvision.__version__} imported from its wheel")
