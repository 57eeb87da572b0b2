"""The API reference lists every public name, once, and nothing else."""

from __future__ import annotations

import pkgutil
import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import sklvision

REFERENCE = Path(__file__).parents[2] / "docs" / "api"


def find_public_names():
    """Find the names that the public modules list, with their module."""
    names = ["sklvision"]
    for info in pkgutil.walk_packages(sklvision.__path__, prefix="sklvision."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            names.append(info.name)
    return {
        f"{module}.{name}"
        for module in names
        for name in getattr(import_module(module), "__all__", ())
    }


def read_reference():
    """Read the names of the reference, each as often as it is listed."""
    listed = Counter()
    for page in REFERENCE.glob("*.md"):
        module = ""
        for line in page.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"\.\. currentmodule:: (\S+)", line):
                module = match[1]
            elif match := re.match(r"   (\w+)$", line):
                listed[f"{module}.{match[1]}"] += 1
    return listed


def test_reference_lists_every_public_name_once():
    listed = read_reference()
    assert set(listed) == find_public_names()
    assert {name for name, count in listed.items() if count > 1} == set()


def test_reference_names_every_page_in_its_overview():
    overview = (REFERENCE / "index.md").read_text(encoding="utf-8")
    for page in REFERENCE.glob("*.md"):
        if page.name != "index.md":
            assert f"({page.name})" in overview
            assert re.search(rf"^{page.stem}$", overview, flags=re.MULTILINE)
