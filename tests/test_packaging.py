"""Declared versions and extras, citation, changelog and quick start agree with each other."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import sklvision

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
USER_EXTRAS = [
    "images",
    "datasets",
    "plot",
    "tracking",
    "pretrained",
    "export",
    "serve",
    "sign",
    "instruments",
    "distributed",
]
TESTED_BY_HAND = {"torch"}
# What a dependency brings along and is imported as well.
BROUGHT_ALONG = {"tqdm", "threadpoolctl"}


def requirements(*extras):
    """Requirements of the package with extras, those on the package itself left out."""
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in EXTRAS[extra])]
    parsed = [Requirement(text) for text in texts]
    return {
        canonicalize_name(requirement.name): requirement
        for requirement in parsed
        if canonicalize_name(requirement.name) != "sklvision"
    }


def pins(name):
    """Versions that a constraints file pins, by canonical name; no other kind of line is allowed."""
    pinned = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r"([\w.-]+)==([\w.]+)", line)
        assert match, f"{name}: not a plain pin: {line!r}"
        pinned[canonicalize_name(match[1])] = Version(match[2])
    return pinned


def test_every_requirement_is_pinned_within_its_bounds():
    pinned = pins("constraints.txt")
    for name, requirement in requirements(
        *USER_EXTRAS, "zoo", "mutation", "service-test", "test", "docs", "dev"
    ).items():
        assert name in pinned, f"{name} is not pinned"
        assert requirement.specifier.contains(pinned[name]), (
            f"{name} is pinned outside {requirement}"
        )
    assert pinned["torch"] == Version("2.13.0")


def test_lower_bounds_are_the_oldest_versions_tested():
    pinned = pins("constraints-oldest.txt")
    for name, requirement in requirements(*USER_EXTRAS).items():
        (bound,) = requirement.specifier
        assert bound.operator == ">="
        if name not in TESTED_BY_HAND:
            assert pinned[name] == Version(bound.version), f"{requirement} is not what is tested"


def test_installed_versions_satisfy_what_is_declared():
    pip_check = [sys.executable, "-m", "pip", "check"]
    completed = subprocess.run(pip_check, capture_output=True, text=True, check=False)
    assert "sklvision" not in completed.stdout, completed.stdout


def test_every_third_party_import_is_declared():
    declared_extras = set(requirements(*USER_EXTRAS)) | BROUGHT_ALONG
    providers = packages_distributions()
    for path in (ROOT / "sklvision").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for top in {name.partition(".")[0] for name in names} - {"sklvision"}:
                if top in sys.stdlib_module_names:
                    continue
                distributions = {canonicalize_name(name) for name in providers.get(top, [top])}
                assert distributions & declared_extras, (
                    f"{path.name} imports {top}, which is not declared"
                )


def test_test_extra_brings_the_users_extras():
    assert Requirement(EXTRAS["test"][0]).extras == set(USER_EXTRAS)
    assert Requirement(EXTRAS["dev"][0]).extras == {"test"}


def test_extras_that_errors_name_exist():
    for path in (ROOT / "sklvision").rglob("*.py"):
        for extra in re.findall(r"""\bextra=["'](\w+)["']""", path.read_text(encoding="utf-8")):
            assert extra in EXTRAS, f"{path.name} names the extra {extra!r}, which does not exist"


def test_citation_agrees_with_the_package():
    yaml = pytest.importorskip("yaml")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert citation["version"] == sklvision.__version__
    assert citation["license"] == PROJECT["license"]
    assert [author["name"] for author in citation["authors"]] == [
        author["name"] for author in PROJECT["authors"]
    ]


def test_changelog_knows_this_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\]( - \d{4}-\d\d-\d\d)?$", text, flags=re.MULTILINE)
    names = [name for name, _ in headings]
    assert names[0] == "Unreleased"
    assert all(date for name, date in headings[1:])
    if not Version(sklvision.__version__).is_devrelease:
        assert sklvision.__version__ in names
    kinds = set(re.findall(r"^### (.+)$", text, flags=re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def load_quick_start():
    spec = spec_from_file_location("quick_start", ROOT / ".ci" / "quick_start.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.find_quick_start


def test_quick_start_has_its_two_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    compare, tests = load_quick_start()(text)
    assert "sklvision compare" in compare
    assert "pytest" in tests
    for command in (compare, tests):
        assert "-m venv" in command
        assert "-c constraints.txt" in command


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# Title\n", "0 sections"),
        ("## Quick start\n```sh\na\n```\n## Next\n```sh\nb\n```\n", "1 fenced"),
        ("## Quick start\n```sh\na\n```\n```sh\nb\n```\n```\nc\n```\n", "2 fenced"),
        ("## Quick start\n```sh\na\n```\n```sh\nb\n```\n```sh\nc\n```\n", "3 fenced"),
    ],
)
def test_another_quick_start_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        load_quick_start()(text)


def test_versionadded_is_not_later_than_the_version():
    version = Version(Version(sklvision.__version__).base_version)
    versions = {
        match
        for path in (ROOT / "sklvision").rglob("*.py")
        for match in re.findall(r"versionadded:: ([\d.]+)", path.read_text("utf-8"))
    }
    assert versions
    assert {text for text in versions if Version(text) > version} == set()
