"""Reading of the pages on messages."""

import re

import pytest


def find_sections(folder):
    """Yield title, example and message of each section, page by page."""
    pattern = r"^## (.+?)\n.*?^```python message\n(.*?)^```\n+```text\n(.*?)^```$"
    for page in sorted(folder.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(pattern, text, flags=re.MULTILINE | re.DOTALL):
            yield pytest.param(*match.groups(), id=f"{page.stem}: {match[1]}")
