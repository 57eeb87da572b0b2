"""Diagrams as text, rooms for pages to come, and the client reports that were built."""

import inspect
import re
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.util.fileutil import copy_asset


def drop_empty_patterns(app, docname, source):
    """Leave out the patterns of a table of contents that no page matches yet: Sphinx would warn."""
    folder = (Path(app.srcdir) / docname).parent

    def matches(line):
        pages = {path.resolve() for path in folder.glob(f"{line}.*")}
        return "*" not in line or any(page.with_suffix("").name != "index" for page in pages)

    def drop(match):
        return "\n".join(line for line in match[0].split("\n") if matches(line))

    source[0] = re.sub(r"^```\{toctree\}\n.*?^```$", drop, source[0], flags=re.S | re.M)


def copy_reports(app, exception):
    """Copy the reports of docs/reports, where ``python -m benchmarks systems`` writes them."""
    reports = Path(app.srcdir) / "reports"
    if exception is None and app.builder.format == "html" and reports.is_dir():
        copy_asset(reports, Path(app.outdir) / "reports")


def format_signature(app, what, name, obj, options, signature, returns):
    """Format the parameters of __init__: estimators have a __new__ that takes anything."""
    if what == "class" and inspect.isfunction(vars(obj).get("__init__")):
        parameters = list(inspect.signature(obj.__init__).parameters.values())[1:]
        plain = [parameter.replace(annotation=parameter.empty) for parameter in parameters]
        return str(inspect.Signature(plain)), returns
    return None


def setup(app):
    app.add_lexer("mermaid", TextLexer)
    app.connect("autodoc-process-signature", format_signature)
    app.connect("source-read", drop_empty_patterns)
    app.connect("build-finished", copy_reports)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
