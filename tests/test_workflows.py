"""Workflows, templates and declared versions agree with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def load(name):
    return yaml.safe_load((GITHUB / "workflows" / name).read_text(encoding="utf-8"))


def test_wheels_are_tested_on_all_versions_and_systems():
    matrix = load("wheels.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert {name.partition("-")[0] for name in matrix["system"]} == {"ubuntu", "macos", "windows"}
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["requires-python"] == f">={matrix['python'][0]}"


def test_files_that_workflows_name_exist():
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8")
        names = set(re.findall(r"(?<![\w/])((?:tests/|\.ci/)[\w/]+(?:\.py)?)", text))
        missing = [name for name in names if not (ROOT / name).exists()]
        assert not missing, f"{path.name} names {missing}"


def test_extras_that_workflows_install_exist():
    for path in WORKFLOWS:
        for extras in re.findall(r"\[([a-z,-]+)\]['\"]", path.read_text(encoding="utf-8")):
            assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_limits_its_time_and_rights(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/[!c]*.yml"),
        ("github-issue-config", "ISSUE_TEMPLATE/config.yml"),
    ],
)
def test_files_agree_with_their_schema(schema, pattern):
    checker = pytest.importorskip("check_jsonschema")
    paths = [str(path) for path in sorted(GITHUB.glob(pattern))]
    assert paths
    # Its main function exits with a status.
    with pytest.raises(SystemExit) as exit_:
        checker.main(["--builtin-schema", f"vendor.{schema}", *paths])
    assert exit_.value.code == 0
