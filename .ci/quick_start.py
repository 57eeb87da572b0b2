"""Print the command of one of the two fenced blocks of the README's "Quick start": 1 or 2."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def quick_start(text: str) -> list[str]:
    """Take the fenced blocks out of the section "Quick start"; there must be exactly two."""
    sections = re.split(r"^## +", text, flags=re.MULTILINE)
    chosen = [section for section in sections if section.startswith("Quick start\n")]
    if len(chosen) != 1:
        raise ValueError(f'the README has {len(chosen)} sections "## Quick start", expected 1')
    blocks = re.findall(r"^```sh\n(.*?)^```$", chosen[0], flags=re.MULTILINE | re.DOTALL)
    if len(blocks) != 2 or chosen[0].count("```") != 4:
        raise ValueError(
            f'"Quick start" has {len(blocks)} fenced sh blocks, expected 2 and no others'
        )
    return blocks


if __name__ == "__main__":
    print(quick_start(README.read_text(encoding="utf-8"))[int(sys.argv[1]) - 1], end="")
