"""Print the command of one of the two fenced blocks of the README's "Quick start": 1 or 2."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def find_quick_start(text: str) -> list[str]:
    """Take the fenced blocks out of the section "Quick start"; there must be exactly two."""
    sections = re.split(r"^## +", text, flags=re.MULTILINE)
    block = [section for section in sections if section.startswith("Quick start\n")]
    if len(block) != 1:
        raise ValueError(f'the README has {len(block)} sections "## Quick start", expected 1')
    blocks = re.findall(r"^```sh\n(.*?)^```$", block[0], flags=re.MULTILINE | re.DOTALL)
    if len(blocks) != 2 or block[0].count("```") != 4:
        raise ValueError(
            f'"Quick start" has {len(blocks)} fenced sh blocks, expected 2 and no others'
        )
    return blocks


if __name__ == "__main__":
    print(find_quick_start(README.read_text(encoding="utf-8"))[int(sys.argv[1]) - 1], end="")
