"""``sklvision predict``: labels of images and spectra, predicted by a model in a file."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sklvision.cli._arguments import (
    add_file_options,
    check_writable,
    get_file_options,
    make_command,
    make_integer_type,
)
from sklvision.cli._errors import convert_errors
from sklvision.cli._models import add_verify_option, load_model
from sklvision.utils._files import atomic_write
from sklvision.utils._progress import open_progress
from sklvision.utils._protocols import has_probabilities

_EPILOG = """\
MODEL is a file of sklvision train: an archive (.sklv), which runs nothing that it holds, or a
pickle of joblib.dump (.joblib), which runs the code that it holds: load only pickles from people
you trust. Or it is an ONNX file (.onnx) of sklvision export, which needs no torch.

PATH is, for a model of images,
  an image file, a .csv file of names of image files, or a folder, which is searched
               for images at all depths
  a .npz file  with an array X of images of the size the model was trained on
  a .csv file  with a line of column names and one image per row, its pixels row by
               row, such as the 784 columns of 28 × 28 digits
and for a model of spectra
  a .npz file  with an array X of one spectrum per row
  a .csv file  with a line of column names and one spectrum per row; columns go by
               wavelength or name, in any order
  instrument files, JCAMP-DX (.jdx, .dx, .jcm) or Bruker OPUS (.0, .1, ...), or a
               folder of them
(.tsv, .csv.gz, .tsv.gz and .xlsx as well). Other columns, such as labels, are ignored.

The output has a line for every image or row, in the order given and, inside of folders,
in natural order (2.png before 10.png):
  csv     file,label,probability; with files of rows also the row, counted from 1
  kaggle  ImageId,Label, where ImageId counts from 1 in natural order of all files

examples:
  sklvision predict nails.sklv belt/ --out predictions.csv
  sklvision predict digits.sklv test.csv --format kaggle --out submission.csv
  sklvision predict line.sklv today.npz --proba
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = make_command(
        commands,
        "predict",
        run=run,
        help="label images or spectra by a trained model",
        description="Label images or spectra by a trained model.",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    add("model", metavar="MODEL", type=Path, help="file of the model, .sklv or .joblib")
    add("paths", metavar="PATH", nargs="+", type=Path, help="files and folders (see below)")
    add(
        "--out",
        type=Path,
        metavar="PREDICTIONS.csv",
        help="where to write (default: standard output)",
    )
    add("--format", choices=["csv", "kaggle"], default="csv", help="columns (default: csv)")
    add("--proba", action="store_true", help="add a column with the probability of each class")
    add(
        "--batch-size",
        type=make_integer_type(1),
        default=256,
        metavar="N",
        help="samples that are held in memory at once (default: 256)",
    )
    add(
        "--on-error",
        choices=["raise", "skip"],
        default="raise",
        help="whether an image that cannot be read is an error, or keeps its line with an empty "
        "label; to find these first, each image is then read twice (default: raise)",
    )
    add(
        "--resample",
        action="store_true",
        help="interpolate spectra on another axis to that of the model, if theirs covers it, and "
        "convert it between nm, um and cm-1",
    )
    add_file_options(add)
    add_verify_option(add)
    add("--quiet", action="store_true", help="no progress on standard error")


def run(args: argparse.Namespace) -> int:
    """Load, predict, write."""
    with convert_errors():
        if args.out is not None:
            check_writable(args.out)
        if args.proba and args.format == "kaggle":
            raise ValueError("--proba: the format kaggle has no columns of probabilities.")
        model = load_model(args.model, verify=args.verify, quiet=args.quiet)
        if args.proba and not has_probabilities(model):
            raise ValueError(f"--proba: {args.model} gives no probabilities.")
        from sklvision.datasets import read_samples

        reader = read_samples(
            args.paths,
            model,
            batch_size=args.batch_size,
            on_error=args.on_error,
            sort=args.format == "kaggle",
            resample=args.resample,
            **get_file_options(args),
        )
        is_quiet = args.quiet or args.out is None
        with (
            _open_output(args.out) as file,
            open_progress(reader.n_samples, "sample", disable=is_quiet) as progress,
        ):
            writer = csv.writer(file, lineterminator="\n")
            n_samples = 0
            for batch in reader:
                rows = _make_rows(args, model, batch, n_samples)
                if not n_samples:  # nothing is written before the first batch was predicted
                    writer.writerow(_make_header(args, model, reader.has_rows))
                writer.writerows(rows)
                n_samples += len(rows)
                progress.update(len(rows))
    if args.out is not None and not args.quiet:
        print(f"{n_samples} predictions written to {args.out.resolve()}", file=sys.stderr)
    return 0


def _make_rows(args: argparse.Namespace, model: Any, batch: Any, n_before: int) -> list[list[Any]]:
    """Make a line per sample; samples that could not be read have one without a label."""
    from sklvision.utils._predictions import predict_with_probabilities

    cells: dict[int, list[Any]] = {}
    if len(batch.positions):
        labels, probabilities = predict_with_probabilities(model, batch.data)
        columns = {label: i for i, label in enumerate(getattr(model, "classes_", ()))}
        for i, position in enumerate(batch.positions):
            cells[position] = [labels[i]]
            if probabilities is not None and args.format == "csv":
                cells[position].append(f"{probabilities[i, columns[labels[i]]]:.6f}")
                if args.proba:
                    cells[position] += [f"{probability:.6f}" for probability in probabilities[i]]
    empty = [""] * len(_name_label_columns(args, model))
    return [
        [*([n_before + i + 1] if args.format == "kaggle" else name), *cells.get(i, empty)]
        for i, name in enumerate(batch.names)
    ]


def _make_header(args: argparse.Namespace, model: Any, has_rows: bool) -> list[str]:
    if args.format == "kaggle":
        return ["ImageId", "Label"]
    return ["file", *(["row"] if has_rows else []), *_name_label_columns(args, model)]


def _name_label_columns(args: argparse.Namespace, model: Any) -> list[str]:
    if args.format == "kaggle" or not has_probabilities(model):
        return ["label"]
    classes = [f"probability_{label}" for label in model.classes_] if args.proba else []
    return ["label", "probability", *classes]


@contextmanager
def _open_output(path: Path | None) -> Iterator[Any]:
    if path is None:
        yield sys.stdout
    else:
        with atomic_write(path, text=True) as file:
            yield file
