"""Every warning has a section on the pages on messages, whose example prints it."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

from tests.docs._pages import find_sections
from tests.docs._warnings import find_exceptions, find_sentences, find_warnings

ROOT = Path(__file__).parents[2]
MESSAGES = ROOT / "docs" / "messages"
WARNINGS = list(find_warnings(ROOT / "sklvision"))
# Modules that write conclusions, apart from those that warn.
VERDICTS = (
    "reporting/_sentences.py",
    "model_selection/_learning_curve/samples_needed.py",
    "model_selection/_budget/excess.py",
    "model_selection/_robustness/result.py",
)
# Parts of sentences that need no explanation.
PLAIN_PARTS = {
    "after Holm's correction for",
    "ms more per predicted sample (",
    "less than 1 % over",
    "and, in brackets, on average over severities",
}
# Exceptions that another one replaces before a user sees them, or that are one line of a command.
INNER_EXCEPTIONS = {"CommandError", "LargeNetError", "NotBatchedError", "TrainingStopped"}


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
    if "dask" in code:
        pytest.importorskip("dask")
    if "to_onnx" in code:
        pytest.importorskip("onnx")
        pytest.importorskip("onnxruntime")
    monkeypatch.chdir(tmp_path)
    printed = normalize(collect_messages(code, capsys))
    for part in re.split(r"\.\.\.\s", message):  # dots stand for lines that are left out
        assert normalize(part) in printed, title


def test_every_section_has_an_example_and_what_to_do():
    for page in MESSAGES.glob("*.md"):
        sections = page.read_text(encoding="utf-8").split("\n## ")[1:]
        for section in sections:
            for part in ("**When:**", "**Meaning:**", "**Remedy:**", "```text"):
                assert part in section, f"{page.name}: {section.splitlines()[0]} lacks {part}"
            # Some examples need a damaged installation or another version, and cannot run.
            assert re.search(r"^```(python message|python no-run|console)$", section, re.M)


def test_index_lists_every_page():
    index = (MESSAGES / "index.md").read_text(encoding="utf-8")
    for page in MESSAGES.glob("*.md"):
        assert page.name == "index.md" or f"]({page.name})" in index, page.name


@pytest.mark.parametrize(
    ("file", "line", "parts"),
    [pytest.param(*warning, id=f"{warning[0]}:{warning[1]}") for warning in WARNINGS],
)
def test_every_warning_has_a_section(file, line, parts):
    parts = [part for part in parts if len(part.split()) > 1]
    assert parts, f"{file}:{line}: write the text of the warning where it is given"
    longest = " ".join(max(parts, key=len).split())
    shown = " ".join(" ".join(read_shown_messages()).split())
    beginning = " ".join(longest.split()[:6])  # sections may leave out the rest
    assert any(" ".join(part.split()) in shown for part in (longest, beginning)), (
        f"{file}:{line}: docs/messages has no section with {longest!r}"
    )


@pytest.mark.parametrize("file", VERDICTS)
def test_every_verdict_has_a_section(file):
    pages = read_pages()
    sentences = [
        (line, " ".join(part.split()))
        for line, part in find_sentences(ROOT / "sklvision" / file)
        if len(part.split()) > 3
    ]
    assert len(sentences) > 2
    for line, sentence in sentences:
        beginning = " ".join(sentence.split()[:6])  # sections may leave out the rest
        is_shown = sentence.rstrip(".") in pages or beginning in pages
        assert is_shown or sentence in PLAIN_PARTS, f"{file}:{line}: {sentence!r} has no section"


def test_every_exception_has_a_section():
    names = set(find_exceptions(ROOT / "sklvision"))
    assert {"ModelFileError", "CandidateError", "OutOfMemoryError"} <= names
    pages = read_pages()
    assert [name for name in sorted(names - INNER_EXCEPTIONS) if name not in pages] == []
    assert names >= INNER_EXCEPTIONS


def test_find_sentences_leaves_out_docstrings_and_errors(tmp_path):
    (tmp_path / "module.py").write_text(
        '"""A docstring."""\n\n\ndef write(n):\n    if n < 0:\n        raise ValueError(f"n={n}")\n'
        '    return f"{n} samples are enough, {n + 1} too many"\n'
    )
    assert list(find_sentences(tmp_path / "module.py")) == [(7, " samples are enough, ")]


def test_find_warnings_finds_those_of_a_package(tmp_path):
    (tmp_path / "module.py").write_text(
        "import warnings\n\n\ndef check(n):\n"
        "    warnings.warn(f'{n} samples are left out', stacklevel=2)\n"
        "    _warn('no samples')\n\n\n"
        "def _warn(message):\n    warnings.warn(message, stacklevel=3)\n"
    )
    found = [parts for _, _, parts in find_warnings(tmp_path)]
    assert found == [[" samples are left out"], ["no samples"]]
    assert len(WARNINGS) > 40


def read_pages():
    """Read the text of all pages, with one kind of space."""
    texts = [page.read_text(encoding="utf-8") for page in sorted(MESSAGES.glob("*.md"))]
    return " ".join(" ".join(texts).split())


def read_shown_messages():
    """Read the messages that the pages show."""
    pages = [page.read_text(encoding="utf-8") for page in sorted(MESSAGES.glob("*.md"))]
    return [
        block for page in pages for block in re.findall(r"^```text\n(.*?)^```$", page, re.M | re.S)
    ]
