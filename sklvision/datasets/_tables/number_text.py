"""Numbers as other programs write them: thousands separators, percent signs, units."""

from __future__ import annotations

import re
from collections.abc import Iterable

_THOUSANDS = re.compile(
    r"[+-]?\d{1,3}(?:(?:,\d{3})+(?:\.\d*)?|(?:\.\d{3})+(?:,\d*)?|(?:['\u2019 \u00a0\u202f]\d{3})+"
    r"(?:[.,]\d*)?)"
)
_GROUPED_NUMBER = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
_WHOLE_NUMBER = re.compile(r"\d+")
_FEWEST_GROUPED_NUMBERS = 3
_LEAST_WHOLE_NUMBER = 100


def suggest_number_format(text: str) -> str:
    """Suggest how to export numbers so that a field can be read; "" where nothing is known."""
    if text.endswith("%"):
        return " Export numbers without a percent sign."
    if _THOUSANDS.fullmatch(text):
        return " Export numbers without thousands separators."
    return ""


def find_grouped_number(texts: Iterable[str]) -> str | None:
    """Find a number whose point seems to separate thousands rather than decimals.

    That is so if every point has three digits behind it and some before it, and other numbers are
    whole and of the size of hundreds, as in 987 and 12.345.
    """
    n_grouped, has_whole, first = 0, False, None
    for text in texts:
        if _WHOLE_NUMBER.fullmatch(text):
            has_whole = has_whole or _LEAST_WHOLE_NUMBER <= int(text) < 1000
            if int(text) >= 1000:
                return None
        elif _GROUPED_NUMBER.fullmatch(text):
            n_grouped, first = n_grouped + 1, first or text
        elif "." in text:
            return None
    return first if has_whole and n_grouped >= _FEWEST_GROUPED_NUMBERS else None
