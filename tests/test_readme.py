"""Every Python example of the README and of the documentation runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from sklvision.export import load

ROOT = Path(__file__).parents[1]


def find_examples(fence):
    """Find the blocks with this word after their opening fence, by page."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        pattern = rf"^```{fence}\n(.*?)^```$"
        blocks = [
            (text.count("\n", 0, match.start()) + 2, match[1])
            for match in re.finditer(pattern, text, flags=re.MULTILINE | re.DOTALL)
        ]
        if blocks:
            marks = [] if path.name == "README.md" else [pytest.mark.slow]
            yield pytest.param(path, blocks, id=path.name, marks=marks)


def run_blocks(path, blocks, **names):
    """Run the blocks of a page one after the other, as a reader does."""
    names["__name__"] = "__main__"
    for line, code in blocks:
        # Line numbers of an error are those of the file.
        exec(compile("\n" * (line - 1) + code, str(path), "exec"), names)


@pytest.mark.parametrize(("path", "blocks"), list(find_examples("python")))
def test_pages_run_as_written(path, blocks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # examples may write files
    run_blocks(path, blocks)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "blocks"), list(find_examples("python images")))
def test_pages_run_on_photographs(path, blocks, tmp_path, monkeypatch):
    """The same, with bright bars on dark card for the user's images; bent ones are bad."""
    monkeypatch.chdir(tmp_path)
    labels = np.array(["bad", "good"] * 5)
    images = np.zeros((len(labels), 960, 960), np.uint8)
    images[:, 470:490, 300:660] = 255
    images[labels == "bad", 490:560, 300:330] = 255
    run_blocks(path, blocks, images=images, labels=labels)
    assert load("inspector.sklv").predict(images).shape == labels.shape


def test_links_within_the_project_exist():
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name} links to {target}"
