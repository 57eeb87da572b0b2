"""``python .ci/check_links.py`` finds links of a built site that lead nowhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "check_links.py"


@pytest.fixture
def site(tmp_path):
    (tmp_path / "guide").mkdir()
    (tmp_path / "index.html").write_text(
        '<h1 id="top-of-all">A</h1><a href="guide/">B</a><a href="https://example.org/#x">C</a>'
    )
    (tmp_path / "guide" / "index.html").write_text(
        '<a name="old"></a><a href="../index.html#top-of-all">A</a><a href="#old">here</a>'
    )
    return tmp_path


def check(folder):
    command = [sys.executable, str(SCRIPT), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_check_links_accepts_files_folders_and_anchors(site):
    completed = check(site)
    assert completed.returncode == 0, completed.stdout
    assert completed.stdout.splitlines()[-1] == "2 pages, 0 broken links"


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("guide/missing.html", "no such file"),
        ("../outside.html", "no such file"),
        ("guide/index.html#missing", "no such anchor"),
        ("#missing", "no such anchor"),
    ],
)
def test_check_links_names_page_link_and_reason(site, link, reason):
    page = site / "page.html"
    page.write_text(f'<a href="{link}">A</a>')
    completed = check(site)
    assert completed.returncode == 1
    assert f"page.html: {link}: there is {reason}" in completed.stdout


def test_check_links_refuses_an_empty_folder(tmp_path):
    assert check(tmp_path).returncode == 1
