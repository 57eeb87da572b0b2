"""The report as HTML: a page that needs no other file, and a fragment for notebooks."""

from __future__ import annotations

import os
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from sklvision.reporting import _sections
from sklvision.reporting._comparison import Comparison, Details
from sklvision.reporting._sentences import format_conclusions
from sklvision.utils._files import atomic_write


@cache
def _environment() -> Environment:
    """Load templates from the folder beside this file; everything in them is escaped."""
    return Environment(
        loader=PackageLoader("sklvision.reporting"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def render_page(comparison: Comparison, details: Details) -> str:
    """Render a complete page."""
    return (
        _environment()
        .get_template("page.html")
        .render(
            **_context(comparison, has_leaks=details.has_leaks),
            differences=_sections.view_differences(comparison),
            tradeoffs=_sections.view_tradeoffs(comparison),
            confusions=_sections.view_confusions(details.confusions),
            robustness=_sections.view_robustness(details.robustness),
            forecasts=_sections.view_forecasts(details.forecasts),
            choices=_sections.view_choices(details.choices),
            leaks=details.leaks,
            settings=details.settings,
        )
    )


def write_page(page: str, path: str | PathLike[str]) -> None:
    """Write a page to a file, completely or not at all."""
    directory = Path(path).absolute().parent
    if not directory.is_dir():
        raise FileNotFoundError(
            f"path={os.fspath(path)!r}: there is no directory {directory}; make it first."
        )
    with atomic_write(path, text=True) as file:
        file.write(page)


def render_fragment(comparison: Comparison) -> str:
    """Render the table alone, with its style, for a notebook."""
    return _environment().get_template("fragment.html").render(**_context(comparison))


def _context(comparison: Comparison, *, has_leaks: bool = False) -> dict[str, Any]:
    """Collect what the page and the fragment show both."""
    return {
        "comparison": comparison,
        "conclusions": format_conclusions(comparison),
        "has_leaks": has_leaks,
        "summary": _sections.view_summary(comparison),
        "folds": _sections.view_folds(comparison),
    }
