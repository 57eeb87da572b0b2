"""A model card as Markdown and as an HTML page, both made of the same sections."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from sklvision.reporting._class_sections import make_confusion_views
from sklvision.reporting._page import load_environment
from sklvision.reporting._text import format_markdown_table
from sklvision.reporting._yaml import format_yaml

# Confusion matrices of more classes are left to the page, which lists the most frequent confusions.
_MAX_CLASSES = 20
_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]>#|~])")
_ENTITY = re.compile(r"&(?=#?\w+;)")


@dataclass(frozen=True)
class Text:
    """A paragraph; its role is "text", "note", "warning", "verdict" or "placeholder"."""

    kind: ClassVar[str] = "text"
    text: str
    role: str = "text"


@dataclass(frozen=True)
class FactList:
    """Names of facts and the facts."""

    kind: ClassVar[str] = "facts"
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Bar:
    """A value and its interval, as percentages of the width of a cell."""

    description: str
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Table:
    """Rows of texts, with a chart for each where values have intervals."""

    kind: ClassVar[str] = "table"
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    bars: Sequence[Bar] = ()
    scale: Sequence[str] = ()
    marked_row: int | None = None
    n_left: int = 1


@dataclass(frozen=True)
class Code:
    """Text of a program, or of a terminal."""

    kind: ClassVar[str] = "code"
    text: str
    language: str = "python"


@dataclass(frozen=True)
class Section:
    """A title and what stands below it; confusion matrices come last."""

    title: str
    items: Sequence[Text | FactList | Table | Code]
    confusions: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """Title, first sentence and sections of a model card.

    Parameters
    ----------
    title : str
        Name of the model.
    lead : str
        One sentence: the kind of the model and the task.
    sections : sequence of Section
        The sections in their order.
    metadata : dict
        Metadata as Hugging Face's specification of model cards names them.
    """

    title: str
    lead: str
    sections: Sequence[Section]
    metadata: Mapping[str, Any]


def render_card_page(card: Card) -> str:
    """Render a card as one self-contained HTML page."""
    confusions = {
        section.title: make_confusion_views(section.confusions) for section in card.sections
    }
    template = load_environment().get_template("card.html")
    return template.render(card=card, confusion_views=confusions)


def render_card_markdown(card: Card) -> str:
    """Render a card as Markdown with its metadata in YAML in front."""
    lines = ["---", *format_yaml(card.metadata), "---", "", f"# {escape_markdown(card.title)}", ""]
    lines += [escape_markdown(card.lead), ""]
    for section in card.sections:
        lines += [f"## {escape_markdown(section.title)}", ""]
        for item in section.items:
            lines += [*_write_item(item), ""]
        for name, counts in section.confusions.items():
            lines += [*_write_confusion(name, counts), ""]
    return "\n".join(lines).rstrip() + "\n"


def check_readme(directory: Path) -> None:
    """Raise if a directory has a README.md that is not a card, which a card would replace."""
    readme = directory / "README.md"
    if not readme.is_file():
        return
    with readme.open("rb") as file:
        if file.read(4) != b"---\n":
            raise ValueError(
                f"{readme}: is not a model card and would be replaced. Choose another directory, "
                "or remove it."
            )


def escape_markdown(text: str) -> str:
    """Write a text so that Markdown shows it as it is, in one line."""
    text = _ENTITY.sub("&amp;", " ".join(text.split()))
    return _MARKDOWN_SIGNS.sub(r"\\\1", text).replace("<", "&lt;")


def _write_item(item: Text | FactList | Table | Code) -> list[str]:
    if isinstance(item, Text):
        return _write_text(item)
    if isinstance(item, FactList):
        return [
            f"- **{escape_markdown(name)}:** {escape_markdown(fact)}"
            for name, fact in item.facts.items()
        ]
    if isinstance(item, Code):
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", item.text)), default=0))
        return [f"{fence}{item.language}", item.text, fence]
    return _write_table(item.headers, item.rows, item.marked_row, item.n_left)


def _write_text(item: Text) -> list[str]:
    paragraphs = [escape_markdown(line) for line in item.text.splitlines() if line.strip()]
    if item.role in ("warning", "placeholder"):
        return [f"> **{paragraph}**" for paragraph in paragraphs]
    return "\n\n".join(paragraphs).splitlines()


def _write_table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    marked_row: int | None = None,
    n_left: int = 1,
) -> list[str]:
    cells = [[escape_markdown(cell) for cell in row] for row in rows]
    if marked_row is not None:
        cells[marked_row] = [f"**{cell}**" if cell else "" for cell in cells[marked_row]]
    # Escaped here already, with every other sign.
    table = format_markdown_table(headers, [["" for _ in headers]], n_left=n_left)[:2]
    return [*table, *(f"| {' | '.join(row)} |" for row in cells)]


def _write_confusion(name: str, counts: pd.DataFrame) -> list[str]:
    if len(counts) > _MAX_CLASSES:
        return [f"The page has the most frequent confusions of these {len(counts)} classes."]
    headers = ["true, predicted →", *(escape_markdown(str(label)) for label in counts.columns)]
    rows = [
        [str(label), *map(str, row)]
        for label, row in zip(counts.index, counts.to_numpy().tolist(), strict=True)
    ]
    return [f"Confusion matrix, {escape_markdown(name)}:", "", *_write_table(headers, rows)]
