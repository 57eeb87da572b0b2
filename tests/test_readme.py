"""Every Python example of the README and of the documentation runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def examples():
    """File, line and code of every block fenced as ``python`` and nothing else."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, match.start()) + 2
            yield pytest.param(path, line, match[1], id=f"{path.name}:{line}")


@pytest.mark.parametrize(("path", "line", "code"), list(examples()))
def test_example_runs(path, line, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # examples may write files
    # Line numbers of an error are those of the file.
    exec(compile("\n" * (line - 1) + code, str(path), "exec"), {"__name__": "__main__"})


def test_links_within_the_project_lead_somewhere():
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name} links to {target}"
