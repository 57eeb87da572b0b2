"""Arguments that several commands take."""

from __future__ import annotations

import argparse
from typing import Any


def at_least(least: int) -> Any:
    """Type of an argument that is an integer of at least so much."""

    def integer(text: str) -> int:
        if not text.lstrip("+-").isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(
                f"expected an integer of at least {least}, got {text!r}"
            )
        return int(text)

    return integer


def add_data_options(add: Any) -> None:
    """Add the options that say how labelled data are read."""
    add(
        "--groups",
        metavar="COLUMN_OR_FILE",
        help="what must not be split between training and test: a column of the csv, an array of "
        "the npz, or a file with a group per line (for a folder also lines of file,group); "
        "by default a column or array named group, if there is one",
    )
    add("--no-groups", action="store_true", help="do not keep a group in the file together")
    add("--target", metavar="COLUMN", help="column or array of labels (default: found by name)")
    add("--allow-pickle", action="store_true", help="read pickle files, which can run any code")
    add(
        "--on-error",
        choices=["raise", "skip"],
        default="raise",
        help="whether an image of a folder that cannot be read is an error, or left out with a "
        "warning (default: raise)",
    )
