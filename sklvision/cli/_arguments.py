"""Arguments that several commands take, and the data that they name."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sklvision.cli._errors import name_options
from sklvision.cli._groups import SUGGESTION, suggest_groups
from sklvision.cli._parser import Parser
from sklvision.utils._files import remove_leftovers, temporary_path

DATA_HELP = """\
DATA is one of
  a folder      of images, in one subfolder per class
  a .npz file   with arrays X and y, and group where known; X of 2 dimensions
                holds spectra, of 3 or 4 images
  a zarr store  of such arrays, or of one array, as an .npy file, with labels in
                a file of their own (--target); images are read block by block
  a Parquet     file of spectra, a column for each band, or a folder of them
  a .csv file   of names of image files, and labels, and groups where known
  a .csv file   of spectra: a row of column names, then one spectrum per row
                (.tsv, .csv.gz, .tsv.gz and .xlsx as well)
  a folder      of instrument files, JCAMP-DX (.jdx, .dx, .jcm) or Bruker OPUS (.0,
                .1, ...), in one subfolder per class, or with a csv of file names
                and labels in it; that csv itself
  a name        of a data set, whose training set is fetched: digits, mnist,
                cifar10, nails, flowers17; a file or folder of that name has
                priority
"""


def make_command(commands: Any, name: str, *, run: Any, **texts: str) -> Parser:
    """Make the parser of a command; ``run`` takes the parsed arguments."""
    parser: Parser = commands.add_parser(
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


def split_names(texts: list[str]) -> list[str]:
    """Split names that are separated by spaces, commas or both."""
    return [name for text in texts for name in text.split(",") if name]


def parse_seconds(text: str) -> float:
    """Parse a positive number of seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a positive number of seconds, got {text!r}")
    return seconds


def add_fold_options(add: Any) -> None:
    """Add the options about folds that a column decides."""
    add(
        "--split",
        metavar="COLUMN",
        help="column of the official split into training and test set, which then is the only one",
    )
    add(
        "--time",
        metavar="COLUMN",
        help="column of times, numbers or dates: folds in their order, each tested on what comes "
        "after its training",
    )


def add_data_options(add: Any) -> None:
    """Add the options about the reading of labeled data."""
    add(
        "--groups",
        metavar="COLUMN_OR_FILE",
        help="groups that must not be split between training and test: a column of the csv, an "
        "array of the npz, a file with a group per line (for a folder also lines of file,group), "
        "or 'suggested', the groups that a search for leaks finds; by default a column or array "
        "named group, if there is one",
    )
    add(
        "--groups-from-name",
        metavar="REGEX",
        help="groups by a regular expression that is searched in the name of each sample's file: "
        "its first group, such as 'part([0-9]+)'",
    )
    add("--no-groups", action="store_true", help="ignore a column or array of groups")
    add(
        "--target",
        metavar="COLUMN",
        help="column or array of labels (default: found by name); of a zarr store or an .npy file "
        "also a file with one label per line",
    )
    add("--allow-pickle", action="store_true", help="read pickle files, which can run any code")
    add(
        "--on-error",
        choices=["raise", "skip"],
        default="raise",
        help="whether an image of a folder that cannot be read is an error, or left out with a "
        "warning (default: raise)",
    )
    add_column_options(add)
    add_file_options(add)
    add(
        "--resample",
        action="store_true",
        help="interpolate instrument files, each with an axis of its own, to one axis",
    )


def add_column_options(add: Any) -> None:
    """Add the options that correct the roles of a table's columns."""
    add(
        "--bands",
        metavar="FROM:TO",
        help="bands of a table to take: a range of their positions, such as 900:1300, or names "
        "of columns, separated by commas",
    )
    add("--drop", nargs="+", default=[], metavar="COLUMN", help="columns of a table to leave out")


def add_file_options(add: Any) -> None:
    """Add the options that correct how a table is read."""
    add("--transpose", action="store_true", help="every column of the table is one spectrum")
    add(
        "--decimal",
        choices=[".", ","],
        metavar="SIGN",
        help="decimal sign of the table, '.' or ',' (default: found)",
    )
    add(
        "--header-line",
        type=make_integer_type(1),
        metavar="N",
        help="number of the line of column names, from 1 (default: found)",
    )
    add("--no-header", action="store_true", help="the table has no line of column names")
    add("--sheet", metavar="NAME", help="sheet of an Excel workbook (default: the first)")
    add("--encoding", help="encoding of the table, such as cp1252 (default: UTF-8 or UTF-16)")


def get_file_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the keywords of :func:`add_file_options` that are set."""
    options = {
        "transpose": args.transpose or None,
        "decimal": args.decimal,
        "header_line": args.header_line,
        "has_header": False if args.no_header else None,
        "encoding": args.encoding,
        "sheet": args.sheet,
    }
    return {name: value for name, value in options.items() if value is not None}


def get_column_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the keywords about columns that are set."""
    options: dict[str, Any] = {}
    if args.bands is not None:
        options["bands"] = args.bands if ":" in args.bands else args.bands.split(",")
    if args.drop:
        options["drop"] = args.drop
    if getattr(args, "split", None) is not None:
        options["split"] = args.split
    if getattr(args, "time", None) is not None:
        options["time"] = args.time
    if getattr(args, "resample", False):
        options["resample"] = True
    return options


def print_data(data: Any) -> None:
    """Print what was read on standard error: a line about the samples, and one about columns."""
    print(data.DESCR, file=sys.stderr)
    if data.roles:
        print(data.roles, file=sys.stderr)
    for sentence in data.advice:
        print(name_options(sentence), file=sys.stderr)


def load_data(source: str, args: argparse.Namespace, **options: Any) -> Any:
    """Load labeled data with the options of :func:`add_data_options`."""
    from sklvision.datasets import load_labeled

    check_group_options(args)
    options |= get_column_options(args) | get_file_options(args)
    is_suggested = args.groups == SUGGESTION
    data = load_labeled(
        source,
        target=args.target,
        groups=None if is_suggested else args.groups,
        groups_from_name=args.groups_from_name,
        allow_pickle=args.allow_pickle,
        on_error=args.on_error,
        as_frame=True,
        **options,
    )
    if args.no_groups:
        data.groups = None
        data.DESCR = data.DESCR.removesuffix(f", grouped by {data.grouped_by}")
    if is_suggested:
        suggest_groups(data)
    return data


def check_group_options(args: argparse.Namespace) -> None:
    """Raise where options about groups exclude each other."""
    options = [
        name
        for name, is_set in (
            ("--groups", args.groups is not None),
            ("--groups-from-name", args.groups_from_name is not None),
            ("--no-groups", args.no_groups),
        )
        if is_set
    ]
    if len(options) > 1:
        raise ValueError(f"{' and '.join(options)} exclude each other: pass one of them.")


def name_samples(data: Any) -> list[str]:
    """Name every sample by its file, or by the number of its row or image, from 1."""
    if data.files is not None:
        return list(data.files)
    noun = "image" if data.kind == "images" else "row"
    return [f"{noun} {i + 1}" for i in range(len(data.target))]


def is_same_file(path: Path, other_path: str | Path) -> bool:
    """Whether two paths lead to one file; of a missing file it is its name that counts."""
    try:
        return path.samefile(other_path)
    except OSError:
        return path.absolute() == Path(other_path).absolute()


def check_writable(
    path: Path, option: str = "--out", *, inputs: Iterable[str | Path | None] = ()
) -> None:
    """Raise if a path cannot be written, or is that of an input, before hours of work."""
    for source in inputs:
        if source is not None and path.is_file() and is_same_file(path, source):
            raise ValueError(
                f"{option} {path}: is a file that the command reads, and would be overwritten; "
                "choose another name."
            )
    if path.is_dir():
        raise ValueError(f"{option} {path}: is a directory, expected the name of a file.")
    if path.exists() and not path.is_file():
        raise ValueError(f"{option} {path}: is not an ordinary file.")
    if not path.parent.is_dir():
        raise ValueError(f"{option} {path}: the directory {path.parent} does not exist.")
    remove_leftovers(path.parent)
    temporary = temporary_path(path)
    try:  # permissions, quotas and read-only disks are only known for sure by writing
        with temporary.open("wb") as file:
            file.write(b"\0")
    except OSError as error:
        raise ValueError(f"{option} {path}: cannot be written to ({error.strerror}).") from error
    finally:
        temporary.unlink(missing_ok=True)
