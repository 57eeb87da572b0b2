"""Every example of the pages on messages prints the message below it."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

from tests.docs._pages import find_sections

MESSAGES = Path(__file__).parents[2] / "docs" / "messages"


def collect_messages(code, capsys):
    """Run code, and return what it prints, warns of and refuses."""
    lines = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(compile(code, "message", "exec"), {"__name__": "__main__"})
        except Exception as error:
            lines.append(f"{type(error).__name__}: {error}")
    caught_lines = [f"{record.category.__name__}: {record.message}" for record in caught]
    return "\n".join([capsys.readouterr().out, *caught_lines, *lines])


def normalize(text):
    """Make texts comparable across machines: one kind of space, no numbers."""
    return re.sub(r"\d[\d.,]*", "#", " ".join(text.split()))


@pytest.mark.parametrize(("title", "code", "message"), list(find_sections(MESSAGES)))
def test_example_prints_its_message(title, code, message, tmp_path, monkeypatch, capsys):
    if "cryptography" in code:
        pytest.importorskip("cryptography")
    if "PIL" in code:
        pytest.importorskip("PIL")
    monkeypatch.chdir(tmp_path)
    assert normalize(message) in normalize(collect_messages(code, capsys)), title


def test_every_section_has_an_example_and_what_to_do():
    for page in MESSAGES.glob("*.md"):
        sections = page.read_text(encoding="utf-8").split("\n## ")[1:]
        for section in sections:
            for part in (
                "**When:**",
                "**Meaning:**",
                "**Remedy:**",
                "```python message",
                "```text",
            ):
                assert part in section, f"{page.name}: {section.splitlines()[0]} lacks {part}"
