"""Reports that examples wrote are copied into the site and linked; without them there is no link."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONF = (
    "import sys; sys.path.insert(0, {path!r})\nextensions = ['sphinx.ext.autodoc', 'extra_pages']\n"
)
PAGE = """\
Belt
====

.. GENERATED FROM PYTHON SOURCE LINES 1-2

.. code-block:: Python

    result.to_html(folder / "belt.html")
"""


@pytest.fixture
def build(tmp_path):
    pytest.importorskip("sphinx")
    page = tmp_path / "docs" / "gallery" / "systems" / "plot_belt.rst"
    page.parent.mkdir(parents=True)
    page.write_text(PAGE)
    (tmp_path / "docs" / "index.rst").write_text(
        "Site\n====\n\n.. toctree::\n\n   gallery/systems/plot_belt\n"
    )
    conf = CONF.format(path=str(ROOT / "docs" / "_sphinx"))
    (tmp_path / "docs" / "conf.py").write_text(conf)

    def run():
        command = ["-m", "sphinx", "-q", "-W", "-b", "html", "docs", "site"]
        subprocess.run([sys.executable, *command], cwd=tmp_path, check=True)
        check = [sys.executable, str(ROOT / ".ci" / "check_links.py"), "site"]
        subprocess.run(check, cwd=tmp_path, check=True)
        return (tmp_path / "site/gallery/systems/plot_belt.html").read_text(encoding="utf-8")

    return run


@pytest.mark.slow
def test_site_links_a_report_only_while_there_is_one(build, tmp_path):
    assert "belt.html</a>" not in build()
    reports = tmp_path / "docs" / "gallery" / "reports"
    reports.mkdir()
    (reports / "belt.html").write_text("<p>The report</p>")
    (reports / "belt.sklv").write_bytes(b"a model")
    assert 'href="../reports/belt.html"' in build()
    copies = sorted((tmp_path / "site" / "gallery" / "reports").iterdir())
    assert [path.name for path in copies] == ["belt.html"]
    assert [path.name for path in reports.iterdir()] == ["belt.html"]
    (reports / "belt.html").unlink()
    assert "belt.html</a>" not in build()
