"""``sklvision train``: a model in one file, with an honest estimate of how good it is."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklvision.cli._arguments import add_data_options, at_least
from sklvision.cli._errors import user_errors
from sklvision.cli._files import check_writable
from sklvision.utils._files import atomic_write

if TYPE_CHECKING:
    from sklvision.cli._data import Data
    from sklvision.cli._models import Model

_EPILOG = """\
MODEL is a recipe or an architecture: sklvision train --list prints all of them.
An architecture for images comes behind a step that resizes them, so that the file
takes raw images of any size.

DATA is one of
  a folder      of images, in one subfolder per class
  a .npz file   with arrays X and y, and group where known; X of 2 dimensions
                holds spectra, of 3 or 4 images
  a .csv file   of spectra: a row of column names, then one spectrum per row
                (.tsv, .csv.gz and .tsv.gz as well); --image-shape takes the rows
                for images
  a name        of a data set, whose training part is fetched: digits, mnist,
                cifar10, nails, flowers17; a file or folder of that name goes first

A part of the samples is held out to measure the accuracy, then the model is trained on
all of them. The file is written by joblib: joblib.load gives the fitted
scikit-learn estimator. Loading runs code that the file holds.

examples:
  sklvision train --list
  sklvision train resnet8 --data nails/train --out nails.joblib
  sklvision train spectrum_cnn --data line.csv --target polymer --groups sample --cv 5 \\
      --option dropout=0.3 --option optimizer=sgd --out line.joblib
  sklvision train resnet8 --data train.csv --image-shape 28x28 --out digits.joblib
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "train",
        help="train a recipe or an architecture, and write it to one file",
        description="Train a recipe or an architecture on labelled images or spectra, "
        "estimate its accuracy on samples held out, and write it to one file.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("model", metavar="MODEL", nargs="?", help="name of a recipe or an architecture")
    add("--list", action="store_true", help="print the recipes and architectures, and stop")
    add("--data", metavar="DATA", help="folder, file or name of a data set (see below)")
    add("--out", type=Path, metavar="MODEL.joblib", help="where to write the model")
    add("--seed", type=at_least(0), default=0, help="seed of training and splits (default: 0)")
    add("--device", help="cpu, cuda, cuda:1 or mps (default: a GPU if there is one)")
    add("--epochs", type=at_least(1), metavar="N", help="passes over the training data")
    add(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="parameter of the recipe, the classifier or its architecture, such as vote=True, "
        "batch_size=32 or dropout=0.2; may be repeated",
    )
    add(
        "--image-size",
        type=at_least(1),
        metavar="PIXELS",
        help="longer side that an architecture sees images at (default: 64 or, if smaller, their "
        "own; for pretrained weights that of their training)",
    )
    add(
        "--image-shape",
        type=_image_shape,
        metavar="HEIGHTxWIDTH",
        help="take rows of numbers for images of this height and width, such as 28x28, "
        "or 32x32x3 for colours",
    )
    add_data_options(add)
    estimate = parser.add_mutually_exclusive_group()
    estimate.add_argument(
        "--cv",
        type=at_least(2),
        metavar="FOLDS",
        help="estimate the accuracy by cross-validation (default: on 20 %% held out once)",
    )
    estimate.add_argument(
        "--no-estimate",
        action="store_true",
        help="train on all samples at once, and measure nothing",
    )
    add("--quiet", action="store_true", help="no progress on standard error")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, estimate, train, write."""
    if args.list:
        from sklvision.cli._models import list_models

        with user_errors():
            for line in list_models():
                print(line)
        return 0

    with user_errors():
        for what, given in (("MODEL", args.model), ("--data", args.data), ("--out", args.out)):
            if given is None:
                raise ValueError(f"{what} is missing. See: sklvision train --help")
        check_writable(args.out)
        model, data = _choose(args)
    if not args.quiet:
        print(data, file=sys.stderr)

    with user_errors():
        estimator = model.make(data)
        if args.no_estimate:
            measured = "Accuracy: not measured (--no-estimate)."
        else:
            from sklvision.cli._estimate import estimate_accuracy

            measured = str(
                estimate_accuracy(
                    model.name, estimator, data, cv=args.cv, seed=args.seed, verbose=not args.quiet
                )
            )
        with suppress(BrokenPipeError):  # the model is wanted even if nobody reads this
            print(measured, flush=True)
        _train(estimator, data, args)
    return 0


def _choose(args: argparse.Namespace) -> tuple[Model, Data]:
    from sklvision.cli._models import choose_model, parse_options

    model = choose_model(
        args.model,
        seed=args.seed,
        device=args.device,
        options=parse_options(args.option),
        epochs=args.epochs,
        image_size=args.image_size,
    )
    data = _load(args)
    if model.takes_images and not data.is_images:
        raise ValueError(
            f"{model.name} takes images, and {data.name} holds rows of {data.X.shape[1]} numbers; "
            "if they are pixels, say by --image-shape how high and wide the images are."
        )
    if data.is_images and not model.takes_images:
        raise ValueError(f"{model.name} takes spectra, and {data.name} holds images.")
    return model, data


def _load(args: argparse.Namespace) -> Data:
    from dataclasses import replace

    from sklvision.cli._data import NAMED, load_data, load_named, rows_to_images
    from sklvision.model_selection._checks import check_groups, check_samples
    from sklvision.utils._suggest import did_you_mean

    path = Path(args.data)
    if not path.exists() and args.data in NAMED:
        for option, value in (("--groups", args.groups), ("--target", args.target)):
            if value is not None:
                raise ValueError(f"{option} {value}: the data set {args.data} has no columns.")
        data = load_named(args.data)
    elif path.exists():
        if args.data in NAMED:
            print(f"Taking {path.resolve()}, not the data set of that name.", file=sys.stderr)
        data = load_data(
            path,
            target=args.target,
            groups=args.groups,
            image_size=None,
            allow_pickle=args.allow_pickle,
            on_error=args.on_error,
        )
    else:
        hint = did_you_mean(args.data, NAMED)
        raise FileNotFoundError(
            f"{args.data}: there is no such file or folder, and no data set of that name. {hint}"
        )
    if args.image_shape:
        n_pixels = args.image_shape[0] * args.image_shape[1] * (*args.image_shape, 1)[2]
        if data.is_images or data.X.shape[1] != n_pixels:
            raise ValueError(f"--image-shape asks for rows of {n_pixels} numbers, got {data}.")
        data = replace(data, X=rows_to_images(data.X, args.image_shape))
    X, y = check_samples(data.X, data.y)
    groups = None if args.no_groups else check_groups(data.groups, len(y))
    return replace(data, X=X, y=y, groups=groups)


def _train(estimator: Any, data: Data, args: argparse.Namespace) -> None:
    from time import perf_counter

    import joblib

    from sklvision.cli._models import set_where_trained
    from sklvision.model_selection._budget.costs import count_parameters
    from sklvision.reporting import format_bytes, format_count, format_time

    if not args.quiet:
        print(f"Training on all {len(data.y)} samples", file=sys.stderr, flush=True)
        set_where_trained(estimator, "verbose", 1)
    start = perf_counter()
    try:
        estimator.fit(data.X, data.y)
    except Exception as error:
        error.add_note("Raised by the training on all samples.")
        raise
    seconds = perf_counter() - start
    set_where_trained(estimator, "verbose", 0)
    if data.mode:
        estimator.image_mode_ = data.mode  # how image files are to be read at prediction
    with atomic_write(args.out) as file:
        joblib.dump(estimator, file)
    n_parameters = count_parameters(estimator)
    known = f", {format_count(n_parameters)} parameters" if n_parameters is not None else ""
    size = format_bytes(args.out.stat().st_size)
    print(
        f"Trained on all {len(data.y)} samples in {format_time(seconds)} s\n"
        f"Written to {args.out.resolve()} ({size}{known})"
    )


def _image_shape(text: str) -> tuple[int, ...]:
    sides = text.lower().replace(",", "x").replace("×", "x").split("x")
    if len(sides) not in (2, 3) or not all(side.isdecimal() and int(side) > 0 for side in sides):
        raise argparse.ArgumentTypeError(f"expected HEIGHTxWIDTH, such as 28x28, got {text!r}")
    return tuple(map(int, sides))
