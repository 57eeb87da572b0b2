"""Diagrams as text, rooms for pages to come, and client reports: copied and linked."""

import inspect
import re
import shutil
from pathlib import Path

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


def find_gallery_pages(app, env, added, changed, removed):
    """Read pages of the gallery again in every build: reports come and go without them."""
    return [name for name in env.found_docs if name.startswith("gallery/")]


def link_report(app, docname, source):
    """Link the report that an example wrote, below its introduction, if it was run."""
    if not docname.startswith("gallery/"):
        return
    match = re.search(r'to_html\(folder / "(\w+\.html)"', source[0])
    if match and (Path(app.srcdir) / "gallery" / "reports" / match[1]).exists():
        mark = ".. GENERATED FROM PYTHON SOURCE LINES"
        link = f"`{match[1]} <../reports/{match[1]}>`__"
        text = f".. tip::\n\n    The report to the client that this page wrote: {link}.\n\n"
        source[0] = source[0].replace(mark, text + mark, 1)


def copy_gallery_reports(app, exception):
    """Copy the pages that the examples wrote, and remove their models and cards."""
    reports = Path(app.srcdir) / "gallery" / "reports"
    for path in reports.glob("*"):
        if path.suffix != ".html":
            path.unlink()
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir) / "gallery" / "reports"
        shutil.rmtree(folder, ignore_errors=True)
        if any(reports.glob("*")):
            shutil.copytree(reports, folder)


def format_signature(app, what, name, obj, options, signature, returns):
    """Format the parameters of __init__: estimators have a __new__ that takes anything."""
    if what == "class" and inspect.isfunction(vars(obj).get("__init__")):
        parameters = list(inspect.signature(obj.__init__).parameters.values())[1:]
        plain = [parameter.replace(annotation=parameter.empty) for parameter in parameters]
        return str(inspect.Signature(plain)), returns
    return None


def setup(app):
    app.connect("autodoc-process-signature", format_signature)
    app.connect("source-read", drop_empty_patterns)
    app.connect("source-read", link_report)
    app.connect("env-get-outdated", find_gallery_pages)
    app.connect("build-finished", copy_reports)
    app.connect("build-finished", copy_gallery_reports)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
