"""``sklvision predict``: labels of images and spectra, predicted by a model in a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from sklvision.cli._arguments import (
    add_file_options,
    check_writable,
    get_file_options,
    make_command,
    make_integer_type,
)
from sklvision.cli._errors import CommandError, convert_errors
from sklvision.cli._models import MODEL_FILE, add_verify_option, check_order, load_model
from sklvision.cli._parser import Source
from sklvision.cli._prediction_parts import PredictionParts, describe_job
from sklvision.cli._prediction_table import PredictionTable, Row, format_csv
from sklvision.utils._files import is_parquet
from sklvision.utils._optional import import_optional
from sklvision.utils._progress import open_progress
from sklvision.utils._protocols import has_probabilities

_MOST_ERRORS = 10
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
Of any size, as they are read in blocks, for both:
  a zarr store, or in a group of zarr the array X; a .npy file
  a .parquet file or a folder of them, columns as in .csv files

The output has a line for every image or row, in the order given and, inside of folders,
in natural order (2.png before 10.png):
  csv     file,label,probability; with files of rows also the row, counted from 1
  kaggle  ImageId,Label, where ImageId counts from 1 in natural order of all files

With --out, predictions are written in parts to the folder PREDICTIONS.csv.parts first. If the
command is interrupted or killed, the same command continues where it ended.

A sample that cannot be read does not end the command: its line has an empty label, its file and
the reason are in PREDICTIONS.errors.csv, and the exit status is 1.

examples:
  sklvision predict nails.sklv belt/ --out predictions.csv
  sklvision predict digits.sklv test.csv --format kaggle --out submission.csv
  sklvision predict line.sklv archive.zarr --out predictions.parquet --proba
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
    parser.add_source(MODEL_FILE, help="file of the model, .sklv, .joblib or .onnx")
    parser.add_source(
        Source("paths", "PATH", "--data", Path, is_list=True, is_required=True),
        help="files and folders (see below)",
    )
    add(
        "--out",
        type=Path,
        metavar="PREDICTIONS.csv",
        help="where to write, as csv or, by the suffix .parquet, as Parquet (default: csv to "
        "standard output)",
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
        choices=["record", "skip", "raise"],
        default="record",
        help="what becomes of a sample that cannot be read: an empty label and exit status 1, an "
        "empty label and a warning, or the end of the command (default: record)",
    )
    add(
        "--restart",
        action="store_true",
        help="begin again, whatever an interrupted run has left of --out",
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
        _check_output(args)
        check_order(args.model, args.paths)
        model = load_model(args.model, verify=args.verify, quiet=args.quiet)
        if args.proba and not has_probabilities(model):
            raise ValueError(f"--proba: {args.model} gives no probabilities.")
        from sklvision.datasets import read_samples

        reader = read_samples(
            args.paths,
            model,
            batch_size=args.batch_size,
            on_error="raise" if args.on_error == "raise" else "record",
            sort=args.format == "kaggle",
            resample=args.resample,
            **get_file_options(args),
        )
        table = PredictionTable(
            model,
            reader.has_rows,
            is_kaggle=args.format == "kaggle",
            has_all_probabilities=args.proba,
        )
        if args.out is None:
            n_samples, errors = _print_predictions(table, reader)
        else:
            n_samples, errors = _write_predictions(args, table, reader)
        _report_errors(args, n_samples, errors, table)
    return 0


def _check_output(args: argparse.Namespace) -> None:
    """Raise if predictions cannot be written as requested, before hours of work."""
    if args.proba and args.format == "kaggle":
        raise ValueError("--proba: the format kaggle has no columns of probabilities.")
    if args.restart and args.out is None:
        raise ValueError("--restart: there is nothing to begin again without --out.")
    if args.out is None:
        return
    check_writable(args.out, inputs=(args.model, args.verify, *args.paths))
    if is_parquet(args.out):
        import_optional("pyarrow", extra="distributed")
        if args.format == "kaggle":
            raise ValueError(f"--out {args.out}: the format kaggle is written as csv.")


def _print_predictions(table: PredictionTable, reader: Any) -> tuple[int, list[Row]]:
    """Print predictions as csv, batch by batch; return their number and the rows of errors."""
    n_samples, errors = 0, []
    for batch, predictions in reader.apply(table.predict):
        rows = table.make_rows(batch, predictions, n_samples)
        if not n_samples:  # nothing is written before the first batch was predicted
            sys.stdout.write(format_csv([table.header]))
        sys.stdout.write(format_csv(rows))
        n_samples += len(rows)
        errors += _make_error_rows(batch)
    return n_samples, errors


def _write_predictions(
    args: argparse.Namespace, table: PredictionTable, reader: Any
) -> tuple[int, list[Row]]:
    """Write predictions to a file, part by part; go on where an earlier run ended."""
    parts = PredictionParts(args.out, table)
    job = describe_job(args.model, reader.names, _list_options(args))
    n_samples = 0
    try:
        with parts.open(job, restart=args.restart) as n_before:
            n_samples = n_before
            if n_samples and not args.quiet:
                print(f"{n_samples} samples were predicted before; continuing.", file=sys.stderr)
            with open_progress(
                reader.n_samples, "sample", disable=args.quiet, initial=n_samples
            ) as progress:
                for batch, predictions in reader.apply(table.predict, n_samples):
                    rows = table.make_rows(batch, predictions, n_samples)
                    parts.add(rows, _make_error_rows(batch))
                    n_samples += len(rows)
                    progress.update(len(rows))
            errors = parts.join()
    except BaseException:
        if n_samples and not args.quiet:
            print(
                f"\n{parts.count_samples()} predictions are saved in {parts.folder}. Run the same "
                "command again to continue.",
                file=sys.stderr,
            )
        raise
    if not args.quiet:
        print(f"{n_samples} predictions written to {args.out.resolve()}", file=sys.stderr)
    return n_samples, errors


def _list_options(args: argparse.Namespace) -> dict[str, Any]:
    """List the options that predictions depend on."""
    names = ("format", "proba", "batch_size", "resample")
    options = {f"--{name.replace('_', '-')}": getattr(args, name) for name in names}
    return options | {"about tables": get_file_options(args)}


def _make_error_rows(batch: Any) -> list[Row]:
    """Make a row of file, number of the row, and reason for every sample without a prediction."""
    rows = []
    for position, reason in sorted(batch.errors.items()):
        name, *number = batch.names[position]
        rows.append([name, *(number or [""]), " ".join(reason.split())])
    return rows


def _report_errors(
    args: argparse.Namespace, n_samples: int, errors: list[Row], table: PredictionTable
) -> None:
    """Report the samples without a label: an error of status 1, or a warning."""
    if not errors:
        return
    noun = "samples" if "row" in table.header else "images"
    names = [f"{name}, row {row}" if row else name for name, row, _ in errors[:_MOST_ERRORS]]
    listed_names = ", ".join(names) + (", …" if len(errors) > _MOST_ERRORS else "")
    text = f"{len(errors)} of {n_samples} {noun} cannot be read, and get no label: {listed_names}"
    if args.on_error == "skip":
        print(f"sklvision predict: warning: {text}", file=sys.stderr)
        return
    place = "" if args.out is None else f"; all are in {args.out.stem}.errors.csv"
    first_name, _, first_reason = errors[0]
    reason = first_reason.removeprefix(f"{first_name}: ").rstrip(".")
    raise CommandError(f"{text} ({reason}){place}.", status=1)
