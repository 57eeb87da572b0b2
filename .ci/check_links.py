"""Check the links within a built site: ``python .ci/check_links.py FOLDER``.

Every link, picture, script and style sheet that a page names must be a file of the site, and every
part behind a ``#`` an element of that page. Links to other sites are not followed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Anchors that every browser knows.
_TOP = ("", "top")


class PageParser(HTMLParser):
    """Parser that collects the links and the anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what a tag links to, and its own name."""
        values = dict(attrs)
        for name in ("href", "src"):
            if values.get(name):
                self.links.add(str(values[name]))
        for name in ("id", "name") if tag == "a" else ("id",):
            if values.get(name):
                self.anchors.add(str(values[name]))


def parse_pages(folder: Path) -> dict[Path, PageParser]:
    """Parse all pages of a site."""
    pages = {}
    for path in sorted(folder.rglob("*.html")):
        if "_static" in path.relative_to(folder).parts:
            continue  # parts of pages that the theme brings
        pages[path.resolve()] = parser = PageParser()
        parser.feed(path.read_text(encoding="utf-8"))
    return pages


def find_broken_links(folder: Path) -> Iterator[str]:
    """Yield a line for each link of a site that leads nowhere."""
    pages = parse_pages(folder)
    root = folder.resolve()
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            if not target.is_relative_to(root) or not target.exists():
                yield f"{path.relative_to(root)}: {link}: there is no such file"
            elif target in pages and anchor not in _TOP and anchor not in pages[target].anchors:
                yield f"{path.relative_to(root)}: {link}: there is no such anchor"


def main() -> int:
    """Print broken links; the status is 1 if there are any, or no pages."""
    folder = Path(sys.argv[1])
    n_pages = sum(1 for _ in folder.rglob("*.html"))
    lines = list(find_broken_links(folder))
    print(*lines, f"{n_pages} pages, {len(lines)} broken links", sep="\n")
    return 1 if lines or not n_pages else 0


if __name__ == "__main__":
    sys.exit(main())
