"""``sklvision predict``: labels for images and spectra, by a model out of a file."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sklvision.cli._arguments import at_least
from sklvision.cli._errors import user_errors
from sklvision.cli._files import check_writable
from sklvision.utils._files import atomic_write

_EPILOG = """\
MODEL is a file of sklvision train, or of joblib.dump: any fitted classifier. Loading it
runs code that the file holds, so only load files from people you trust.

PATH is, for a model of images,
  an image file, or a folder, which is searched for images at all depths
  a .npz file  with an array X of images of the size the model was trained on
  a .csv file  with a line of column names and one image per row, its pixels row by
               row, such as the 784 columns of 28 × 28 digits
and for a model of spectra
  a .npz file  with an array X of one spectrum per row
  a .csv file  with a line of column names and one spectrum per row
(.tsv, .csv.gz and .tsv.gz as well). A column of labels or groups is passed over.

The output has a line for every image or row, in the order given and, inside of folders,
in natural order (2.png before 10.png):
  csv     file,label,probability; with files of rows also the row, counted from 1
  kaggle  ImageId,Label, where ImageId counts from 1 in natural order of all files

examples:
  sklvision predict nails.joblib belt/ --out predictions.csv
  sklvision predict digits.joblib test.csv --format kaggle --out submission.csv
  sklvision predict line.joblib today.npz --proba
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "predict",
        help="label images or spectra by a trained model",
        description="Label images or spectra by a trained model.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("model", metavar="MODEL", type=Path, help="file of the model; it can run any code")
    add("paths", metavar="PATH", nargs="+", type=Path, help="what to label (see below)")
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
        type=at_least(1),
        default=256,
        metavar="N",
        help="samples that are held in memory at once (default: 256)",
    )
    add(
        "--on-error",
        choices=["raise", "skip"],
        default="raise",
        help="whether an image that cannot be read is an error, or keeps its line with an empty "
        "label; to tell beforehand, each image is then read twice (default: raise)",
    )
    add("--quiet", action="store_true", help="no progress on standard error")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Load, predict, write."""
    with user_errors():
        if args.out is not None:
            check_writable(args.out)
        if args.proba and args.format == "kaggle":
            raise ValueError("--proba: the format kaggle has no columns of probabilities.")
        from tqdm import tqdm

        from sklvision.cli._inputs import find_files, is_table, natural, read_images, read_tables

        files = find_files(args.paths)
        if args.format == "kaggle":
            files.sort(key=natural)
        model = load_model(args.model)
        if args.proba and not hasattr(model, "predict_proba"):
            raise ValueError(f"--proba: {args.model} gives no probabilities.")
        if is_table(files[0]):
            batches = read_tables(files, model, args.batch_size)
        else:
            batches = read_images(files, model, args.batch_size, args.on_error)
        n_images = None if is_table(files[0]) else len(files)
        quiet = args.quiet or args.out is None
        with (
            _output(args.out) as file,
            tqdm(total=n_images, unit="sample", disable=quiet) as progress,
        ):
            writer = csv.writer(file, lineterminator="\n")
            n_samples = 0
            for batch in batches:
                rows = _rows(args, model, batch, n_samples)
                if not n_samples:  # nothing is written before it is known that this works
                    writer.writerow(_header(args, model, n_images is None))
                writer.writerows(rows)
                n_samples += len(rows)
                progress.update(len(rows))
    if args.out is not None and not args.quiet:
        print(f"{n_samples} predictions written to {args.out.resolve()}", file=sys.stderr)
    return 0


def load_model(path: Path) -> Any:
    """Load a fitted model, or say why it is none."""
    import joblib
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    if path.is_dir():
        raise ValueError(f"{path}: is a folder, a file of a model was expected.")
    try:
        model = joblib.load(path)
    except FileNotFoundError as error:
        if Path(error.filename or "") != path:
            raise
        raise FileNotFoundError(f"{path}: there is no such file.") from error
    except Exception as error:  # what is no pickle, or was made by other versions, raises anything
        said = str(error) or type(error).__name__
        raise ValueError(
            f"{path}: cannot be loaded as a model ({type(error).__name__}: {said})."
        ) from error
    if not hasattr(model, "predict") or isinstance(model, type):
        raise ValueError(f"{path}: holds a {type(model).__name__}, not a model that predicts.")
    try:
        check_is_fitted(model)
    except NotFittedError:
        raise ValueError(f"{path}: holds a {type(model).__name__} that is not fitted.") from None
    return model


def predict(model: Any, X: Any) -> tuple[Any, Any]:
    """Labels, and probabilities or None where the model has none; images are read once."""
    import numpy as np
    from sklearn.pipeline import Pipeline

    from sklvision.utils._lazy import is_collection

    if isinstance(model, Pipeline) and len(model) > 1:
        X = model[:-1].transform(X)
        X = np.asarray(X) if is_collection(X) and len(X.shape) > 1 else X
        model = model[-1]
    if not hasattr(model, "predict_proba"):
        return model.predict(X), None
    probabilities = model.predict_proba(X)
    if hasattr(model, "net_"):  # its most probable class is its prediction
        return model.classes_[probabilities.argmax(axis=1)], probabilities
    return model.predict(X), probabilities


def _rows(args: argparse.Namespace, model: Any, batch: Any, n_before: int) -> list[list[Any]]:
    """One line per sample; those that could not be read keep theirs, without a label."""
    answers: dict[int, list[Any]] = {}
    n_columns = len(_answer_header(args, model))
    if len(batch.places):
        labels, probabilities = predict(model, batch.X)
        columns = {label: i for i, label in enumerate(getattr(model, "classes_", ()))}
        for i, place in enumerate(batch.places):
            answer = [labels[i]]
            if probabilities is not None and args.format == "csv":
                answer.append(f"{probabilities[i, columns[labels[i]]]:.6f}")
                if args.proba:
                    answer += [f"{probability:.6f}" for probability in probabilities[i]]
            answers[place] = answer
    rows = []
    for place, name in enumerate(batch.names):
        first = [n_before + place + 1] if args.format == "kaggle" else list(name)
        rows.append(first + answers.get(place, [""] * n_columns))
    return rows


def _header(args: argparse.Namespace, model: Any, has_rows: bool) -> list[str]:
    if args.format == "kaggle":
        return ["ImageId", "Label"]
    return ["file", *(["row"] if has_rows else []), *_answer_header(args, model)]


def _answer_header(args: argparse.Namespace, model: Any) -> list[str]:
    if args.format == "kaggle" or not hasattr(model, "predict_proba"):
        return ["label"]
    classes = [f"probability_{label}" for label in model.classes_] if args.proba else []
    return ["label", "probability", *classes]


@contextmanager
def _output(path: Path | None) -> Iterator[Any]:
    if path is None:
        yield sys.stdout
    else:
        with atomic_write(path, text=True) as file:
            yield file
