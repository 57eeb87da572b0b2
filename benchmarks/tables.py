"""Write the tables of ``docs/results`` from the figures in ``benchmarks/results``."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from benchmarks import accuracy
from sklvision.utils._files import atomic_write

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGES = ROOT / "docs" / "results"


class Table(NamedTuple):
    """A page: its file of figures, title, introduction, headings in place of names, command."""

    file: str
    title: str
    introduction: str
    headings: Mapping[str, str] = MappingProxyType({})
    omitted_columns: tuple[str, ...] = ()
    command: str = ""  # where it is not the name of the file


TABLES = [
    Table(
        "accuracy",
        "Accuracy of the recipes",
        "*Published* is the accuracy that was reported for the data set elsewhere, *its settings, "
        "here* that model trained and tested in the same run as ours, and *reference* linear "
        "discriminant analysis.",
    ),
    Table(
        "features",
        "Photographs: pretrained features",
        "Accuracy of classifiers on features of pretrained nets: the last layer alone, or all "
        "layers. The vote is `recipes.images()` (one net) and `recipes.flowers()` (three nets).",
        omitted_columns=(
            "last layer, logistic regression: lowest",
            "all layers, discriminant analysis: lowest",
            "all layers, logistic regression: lowest",
            "all layers, vote: lowest",
        ),
    ),
    Table(
        "spectra",
        "Spectra: the recipe and other models",
        "Accuracy on real spectra, on the same folds, of `recipes.spectra()` and of models that "
        "users would take otherwise, with one setting each for all sets. *Grouped* folds keep the "
        "samples of one physical sample or patient together.",
    ),
    Table(
        "spectra_few",
        "Spectra: few training samples",
        "Accuracy on real spectra with small training sets, which are drawn 20 times; the test "
        "spectra are of other groups where a set has groups.",
        command="spectra --sizes 20 30 60 120",
    ),
    Table(
        "spectra_choice",
        "Spectra: choice of the vote",
        "The members of the vote and their weights were chosen on these sets. *Choice* leaves the "
        "set of the row out of the choice: the vote that is best on the other sets is judged on "
        "it. Means over the five folds and over small training sets.",
        command="spectra_choice --draws 3",
    ),
    Table(
        "speed",
        "Speed against torch, skorch and scikit-learn",
        "*Ratio* is our time (or size) divided by that of the reference, both measured in "
        "turns: below 1 is faster. *skorch's ratio* is that of skorch's own classifier to the"
        " same reference. This processor multiplies bfloat16 no faster than float32, so "
        '`precision="auto"` takes float32 here; see [the same with fast bfloat16]'
        "(speed_bfloat16.md).",
        {"what": "task", "theirs": "reference, measured", "bar": "at most"},
    ),
    Table(
        "speed_bfloat16",
        "Speed on a processor with fast bfloat16",
        "The same as [Speed](speed.md), measured earlier on a processor that multiplies bfloat16 "
        'faster than float32, which `precision="auto"` makes use of.',
        {"what": "task", "theirs": "reference, measured", "bar": "at most"},
        command="speed",
    ),
    Table(
        "service",
        "Service against LitServe",
        "Images answered per second by a server on one core. *Offline* is the same model "
        "without a server, in batches.",
        {"per_second": "answers/s", "fraction_of_offline": "of offline", "cpu_ms": "processor, ms"}
        | {"p50_ms": "median, ms", "p99_ms": "99 %, ms"},
        ("first_MB", "last_MB"),
    ),
    Table(
        "segmentation",
        "Crops against OpenCV and scikit-image",
        "Milliseconds per image of the steps that find an object, and of other libraries' "
        "functions for the same step.",
    ),
    Table(
        "quantization",
        "Accuracy and speed with 8 bits",
        "A net, its ONNX file and the file with 8-bit weights. *net / int8* is how many times"
        " faster the 8-bit file is.",
    ),
    Table(
        "leaks",
        "Leaks in public data",
        "Samples of public data sets that have copies or relatives, and the seconds of the search.",
        {"set": "data set", "full s": "search, s", "one fit s": "one fit of a net, s"},
    ),
    Table(
        "forecast",
        "Forecasts of learning curves",
        "How often the 90 % interval of a forecast, made from the first six sizes, holds the "
        "score that was measured at larger ones.",
    ),
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a table is out of date"
    )


def run(args: argparse.Namespace) -> None:
    """Write every table, or check them."""
    outdated = [name for name, text in make_pages().items() if read_page(name) != text]
    if args.check and outdated:
        sys.exit(f"Out of date: {', '.join(outdated)}. Run python -m benchmarks tables.")
    for name, text in make_pages().items():
        if name in outdated:
            with atomic_write(PAGES / name, text=True) as file:
                file.write(text)
    print("\n".join(f"Written: docs/results/{name}" for name in outdated) or "All are up to date.")


def read_page(name: str) -> str | None:
    """Read a page as it is; None if there is none."""
    path = PAGES / name
    return path.read_text(encoding="utf-8") if path.exists() else None


def make_pages() -> dict[str, str]:
    """Make the text of every page, by its file name."""
    return {f"{table.file}.md": format_page(table) for table in TABLES}


def format_page(table: Table) -> str:
    """Format a page: introduction, table, and how the figures were measured."""
    path = RESULTS / f"{table.file}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    if table.file == "accuracy":
        body = accuracy.format_markdown(accuracy.read_runs(path)).strip()
        source = f"sklvision {content['sklvision']}"
    else:
        body = f"{content['title']}.\n\n{format_rows(content['rows'], table)}"
        source = ", ".join(f"{k} {v}" for k, v in content["machine"].items() if v is not None)
    command = f"python -m benchmarks {table.command or table.file}"
    return (
        f"<!-- Written by python -m benchmarks tables; do not edit. -->\n# {table.title}\n\n"
        f"{table.introduction}\n\n{body}\n\n"
        f"`{command}`; {source}; recorded {content['date']}.\n"
    )


def format_rows(rows: list[dict[str, object]], table: Table) -> str:
    """Format rows as a table of Markdown."""
    names = [name for name in rows[0] if name not in table.omitted_columns]
    lines = [
        [table.headings.get(name, name) for name in names],
        ["---"] * len(names),
        *([format_value(row.get(name)) for name in names] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def format_value(value: object) -> str:
    """Format a value: four significant digits, thousands separated, nothing for nothing."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        digits = f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
        return "0" if re.fullmatch(r"-?0|-?\d\.\d+e-1\d", digits) else digits
    return str(value).strip()
