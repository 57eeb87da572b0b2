"""The report as HTML: a self-contained page, and a fragment for notebooks."""

from __future__ import annotations

import os
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from sklvision.reporting import _class_sections, _sections
from sklvision.reporting._comparison import Comparison, Details
from sklvision.reporting._sentences import format_conclusions
from sklvision.utils._files import atomic_write


@cache
def load_environment() -> Environment:
    """Load the templates of this package, with automatic escaping."""
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
        load_environment()
        .get_template("page.html")
        .render(
            **_collect_context(comparison, has_leaks=details.has_leaks),
            differences=_sections.make_difference_view(comparison),
            tradeoffs=_sections.make_tradeoff_view(comparison),
            classes=_class_sections.make_class_view(details),
            label_errors=_class_sections.make_label_error_view(
                details.label_errors, details.sample_names
            ),
            robustness=_sections.make_robustness_view(details.robustness),
            forecasts=_sections.make_forecast_views(details.forecasts),
            choices=_sections.make_choice_views(details.choices),
            leaks=details.leaks,
            settings=details.settings,
        )
    )


def write_page(page: str, path: str | PathLike[str]) -> None:
    """Write a page to a file, completely or not at all."""
    directory = Path(path).absolute().parent
    if not directory.is_dir():
        raise FileNotFoundError(
            f"path={os.fspath(path)!r}: the directory {directory} does not exist. Create it first."
        )
    with atomic_write(path, text=True) as file:
        file.write(page)


def render_fragment(comparison: Comparison) -> str:
    """Render the table alone, with its style, for a notebook."""
    return load_environment().get_template("fragment.html").render(**_collect_context(comparison))


def _collect_context(comparison: Comparison, *, has_leaks: bool = False) -> dict[str, Any]:
    """Collect the values that the page and the fragment have in common."""
    return {
        "comparison": comparison,
        "conclusions": format_conclusions(comparison),
        "has_leaks": has_leaks,
        "summary": _sections.make_summary_view(comparison),
        "folds": _sections.make_fold_views(comparison),
    }
