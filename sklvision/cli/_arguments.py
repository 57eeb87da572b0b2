"""Arguments that several commands take, and the data that they name."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sklvision.utils._files import temporary_path

DATA_HELP = """\
DATA is one of
  a folder      of images, in one subfolder per class
  a .npz file   with arrays X and y, and group where known; X of 2 dimensions
                holds spectra, of 3 or 4 images
  a .csv file   of spectra: a row of column names, then one spectrum per row
                (.tsv, .csv.gz and .tsv.gz as well)
  a name        of a data set, whose training set is fetched: digits, mnist,
                cifar10, nails, flowers17; a file or folder of that name has
                priority
"""


def make_command(commands: Any, name: str, *, run: Any, **texts: str) -> Any:
    """Make the parser of a command; ``run`` takes the parsed arguments."""
    parser = commands.add_parser(
        name, formatter_class=argparse.RawDescriptionHelpFormatter, **texts
    )
    parser.set_defaults(run=run)
    return parser


def make_integer_type(minimum: int) -> Any:
    """Make the type of an argument that is an integer of at least `minimum`."""

    def parse(text: str) -> int:
        if not text.lstrip("+-").isdecimal() or int(text) < minimum:
            raise argparse.ArgumentTypeError(
                f"expected an integer of at least {minimum}, got {text!r}"
            )
        return int(text)

    return parse


def add_data_options(add: Any) -> None:
    """Add the options about the reading of labeled data."""
    add(
        "--groups",
        metavar="COLUMN_OR_FILE",
        help="groups that must not be split between training and test: a column of the csv, an "
        "array of the npz, or a file with a group per line (for a folder also lines of file,group);"
        " by default a column or array named group, if there is one",
    )
    add("--no-groups", action="store_true", help="ignore a column or array of groups")
    add("--target", metavar="COLUMN", help="column or array of labels (default: found by name)")
    add("--allow-pickle", action="store_true", help="read pickle files, which can run any code")
    add(
        "--on-error",
        choices=["raise", "skip"],
        default="raise",
        help="whether an image of a folder that cannot be read is an error, or left out with a "
        "warning (default: raise)",
    )


def load_data(source: str, args: argparse.Namespace, **options: Any) -> Any:
    """Load labeled data with the options of :func:`add_data_options`."""
    from sklvision.datasets import load_labeled

    data = load_labeled(
        source,
        target=args.target,
        groups=args.groups,
        allow_pickle=args.allow_pickle,
        on_error=args.on_error,
        **options,
    )
    if args.no_groups:
        data.groups = None
        data.DESCR = data.DESCR.removesuffix(f", grouped by {data.grouped_by}")
    return data


def check_writable(path: Path) -> None:
    """Raise if a path cannot be written, before hours of work."""
    if path.is_dir():
        raise ValueError(f"--out {path}: is a directory, expected the name of a file.")
    if path.exists() and not path.is_file():
        raise ValueError(f"--out {path}: is not an ordinary file.")
    if not path.parent.is_dir():
        raise ValueError(f"--out {path}: the directory {path.parent} does not exist.")
    temporary = temporary_path(path)
    try:  # permissions, quotas and read-only disks are only known for sure by writing
        with temporary.open("wb") as file:
            file.write(b"\0")
    except OSError as error:
        raise ValueError(f"--out {path}: cannot be written to ({error.strerror}).") from error
    finally:
        temporary.unlink(missing_ok=True)
