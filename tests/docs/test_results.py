"""The tables of results are those that the recorded figures make."""

from __future__ import annotations

import json

import pytest

from benchmarks import tables
from benchmarks.__main__ import BENCHMARKS, main


@pytest.mark.parametrize("name", [f"{table.file}.md" for table in tables.TABLES])
def test_table_is_up_to_date(name):
    assert tables.read_page(name) == tables.make_pages()[name]


@pytest.mark.parametrize("table", tables.TABLES, ids=lambda table: table.file)
def test_table_names_command_versions_and_date(table):
    text = tables.read_page(f"{table.file}.md")
    command = table.command or table.file
    assert f"`python -m benchmarks {command}`" in text
    assert command.split()[0] in BENCHMARKS
    assert "torch" in text
    assert "sklvision 0." in text
    date = json.loads((tables.RESULTS / f"{table.file}.json").read_text(encoding="utf-8"))["date"]
    assert f"recorded {date}." in text


def test_every_table_is_in_the_overview():
    overview = (tables.PAGES / "index.md").read_text(encoding="utf-8")
    assert all(f"\n{table.file}\n" in overview for table in tables.TABLES)


def test_check_reports_an_outdated_table(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "PAGES", tmp_path)
    with pytest.raises(SystemExit, match="accuracy"):
        main(["tables", "--check"])
    assert list(tmp_path.iterdir()) == []
    main(["tables"])
    main(["tables", "--check"])


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), ("", "–"), (True, "yes"), (12345, "12,345"), (0.97214, "0.9721"), (2.7e-14, "0")],
)
def test_format_value(value, text):
    assert tables.format_value(value) == text
