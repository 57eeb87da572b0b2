"""``sklvision train``: a model in one file, with an estimate of its accuracy."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from sklvision.cli._arguments import (
    DATA_HELP,
    add_data_options,
    add_fold_options,
    check_writable,
    load_data,
    make_command,
    make_integer_type,
    print_data,
)
from sklvision.cli._errors import convert_errors
from sklvision.cli._folds import Folds, check_fold_options, choose_folds
from sklvision.cli._models import check_key, check_model_suffix, take_samples, write_model
from sklvision.cli._parser import Source
from sklvision.cli._train_options import parse_class_weight, parse_image_shape, parse_options
from sklvision.utils._files import is_archive

_EPILOG = f"""\
MODEL is a recipe or an architecture: sklvision train --list prints all of them. Without MODEL,
images are trained by the recipe images, and spectra by the recipe spectra, or by
spectrum_mlp if there are fewer than 11 bands.
An architecture for images comes behind a step that resizes them, so that the file
takes raw images of any size.

{DATA_HELP}
With --image-shape, rows of a file are images.

A part of the samples is held out to measure the accuracy, then the model is trained on
all of them. With --split it is trained on the official training set alone, and measured on
the test set. The file is an archive (.sklv), which sklvision.export.load reads without running
anything that it holds; with the suffix .joblib it is a pickle for joblib.load.

examples:
  sklvision train --list
  sklvision train parts/ --out parts.sklv
  sklvision train resnet8 nails/train --out nails.sklv
  sklvision train spectrum_cnn --data line.csv --target polymer --groups sample --cv 5 \\
      --option dropout=0.3 --option optimizer=sgd --out line.sklv
  sklvision train spectra --data line.csv --class-weight foreign=20 \\
      --scoring balanced_accuracy --out line.sklv
  sklvision train resnet8 --data train.csv --image-shape 28x28 --out digits.sklv
"""


_FEWEST_BANDS = 11  # of the recipe for spectra, whose derivative is taken over as many


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = make_command(
        commands,
        "train",
        run=run,
        help="train a recipe or an architecture, and write it to one file",
        description="Train a recipe or an architecture on labeled images or spectra, "
        "estimate its accuracy on samples held out, and write it to one file.",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    parser.add_source(
        Source("model", "MODEL", "--model", is_path=False),
        help="name of a recipe or an architecture (default: the recipe images for images, spectra "
        "for spectra)",
    )
    parser.add_source(
        Source("data", "DATA", "--data"), help="folder, file or name of a data set (see below)"
    )
    add("--list", action="store_true", help="print the recipes and architectures, and stop")
    add(
        "--out",
        type=Path,
        metavar="MODEL.sklv",
        help="where to write the model: an archive (.sklv, also without a suffix) or a pickle "
        "(.joblib)",
    )
    add(
        "--seed",
        type=make_integer_type(0),
        default=0,
        help="seed of training and splits (default: 0)",
    )
    add(
        "--device", default="auto", help="cpu, cuda, cuda:1 or mps (default: a GPU if there is one)"
    )
    add("--epochs", type=make_integer_type(1), metavar="N", help="passes over the training data")
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
        type=make_integer_type(1),
        metavar="PIXELS",
        help="longer side of the images that an architecture receives (default: 64 or, if smaller, "
        "their own; for pretrained weights that of their training)",
    )
    add(
        "--image-shape",
        type=parse_image_shape,
        metavar="HEIGHTxWIDTH",
        help="read rows of numbers as images of this height and width, such as 28x28, "
        "or 32x32x3 for colors",
    )
    add(
        "--sign",
        type=Path,
        metavar="PRIVATE_KEY",
        help="file of an ed25519 key, without a password, to sign the archive by",
    )
    add(
        "--no-samples",
        action="store_true",
        help="keep no samples of the data in the archive, by which loading checks the model",
    )
    add(
        "--class-weight",
        nargs="+",
        metavar="LABEL=WEIGHT",
        help="weights of classes in training, such as foreign=20, or 'balanced', the inverse of "
        "their frequencies",
    )
    add(
        "--scoring",
        metavar="SCORE",
        help="scikit-learn's name of a score to measure in addition to the accuracy, such as "
        "balanced_accuracy or average_precision",
    )
    add_data_options(add)
    add_fold_options(add)
    estimate = parser.add_mutually_exclusive_group()
    estimate.add_argument(
        "--cv",
        type=make_integer_type(2),
        metavar="FOLDS",
        help="estimate the accuracy by cross-validation (default: on 20 %% held out once)",
    )
    estimate.add_argument(
        "--no-estimate",
        action="store_true",
        help="train on all samples at once, without an estimate of the accuracy",
    )
    add(
        "--memory",
        type=Path,
        metavar="FOLDER",
        help="keep the results of the estimate and the state of the last training there, so that "
        "the same call goes on after an interruption",
    )
    add("--quiet", action="store_true", help="no progress on standard error")


def run(args: argparse.Namespace) -> int:
    """Check, estimate, train, write."""
    with convert_errors():
        if args.list:
            return _print_models()
        args = argparse.Namespace(**vars(args) | _find_sources(args))
        args.out = check_model_suffix(args.out)
        check_writable(args.out, inputs=(args.data, args.groups, args.target, args.sign))
        check_key(args.sign, args.out)
        check_fold_options(args)
        options = parse_options(args.option)
        class_weight = parse_class_weight(args.class_weight)
        if args.scoring is not None:
            _check_scoring(args)
        from sklvision.recipes import set_class_weight

        model = None if args.model is None else _get_model(args.model, args, options)
        data = load_data(args.data, args, image_shape=args.image_shape)
        model = model or _get_model(_choose_model(data), args, options)
        _check_kind(model, data)
        folds = choose_folds(data, args, None)
    if not args.quiet:
        print_data(data)
        if args.model is None:
            name = f"the recipe {model.name}" if model.name == data.kind else model.name
            print(
                f"model: {name}; sklvision train --list prints others, and "
                "sklvision compare measures which one suits",
                file=sys.stderr,
            )
    with convert_errors():
        from sklvision.utils._fit_folder import resume_fits
        from sklvision.utils._input_check import add_input_check

        estimator = model.build(data.data)
        if class_weight is not None:
            set_class_weight(estimator, class_weight, data.target)
        estimator = add_input_check(estimator)
        if folds.is_official:
            with resume_fits(_find_fit_folder(args)):
                _train_on_split(model.name, estimator, data, args, folds)
            return 0
        estimate = _estimate(model.name, estimator, data, args, folds)
        with resume_fits(_find_fit_folder(args)):
            summary = _fit(estimator, data, args)
            _write(estimator, data, args, estimate, summary)
    return 0


def _find_fit_folder(args: argparse.Namespace) -> Path | None:
    """Find the folder of trainings that can be resumed."""
    return None if args.memory is None else args.memory / "sklvision_fits"


def _find_sources(args: argparse.Namespace) -> dict[str, str | None]:
    """Find model and data, of which a single word may be either."""
    model, data = args.model, args.data
    if model is not None and Path(model).exists() and not _is_model_name(model):
        if data is None:
            model, data = None, model
        elif _is_model_name(data):
            raise ValueError(f"{model} is data, and {data} is a model: MODEL comes before DATA.")
    for name, value in (("DATA", data), ("--out", args.out)):
        if value is None:
            raise ValueError(
                f"{name} is missing; expected: sklvision train MODEL DATA --out MODEL.sklv. See: "
                "sklvision train --help"
            )
    return {"model": model, "data": data}


def _choose_model(data: Any) -> str:
    """Choose the recipe for a kind of data, or a net where it takes more bands than there are."""
    if data.kind == "spectra" and data.data.shape[1] < _FEWEST_BANDS:
        return "spectrum_mlp"
    return str(data.kind)


def _is_model_name(name: str) -> bool:
    from sklvision.recipes import get_model

    try:
        get_model(name)
    except ValueError:
        return False
    return True


def _get_model(name: str, args: argparse.Namespace, options: dict[str, Any]) -> Any:
    from sklvision.recipes import get_model

    return get_model(
        name,
        options=options,
        max_epochs=args.epochs,
        image_size=args.image_size,
        random_state=args.seed,
        device=args.device,
    )


def _print_models() -> int:
    from sklvision.recipes import list_models

    models = list_models()
    width = max(len(name) for name, _, _ in models)
    for name, kind, description in models:
        print(f"{name.ljust(width)}  {kind.ljust(8)}  {description}")
    return 0


def _check_kind(model: Any, data: Any) -> None:
    if model.kind == data.kind:
        return
    if data.kind == "images":
        raise ValueError(f"{model.name} takes spectra, and {data.name} holds images.")
    raise ValueError(
        f"{model.name} takes images, and {data.name} holds rows of {data.data.shape[1]} numbers; "
        "if they are pixels, pass the height and width of the images with --image-shape."
    )


def _estimate(name: str, estimator: Any, data: Any, args: argparse.Namespace, folds: Folds) -> Any:
    """Estimate the accuracy, and print it; return the estimate, or None."""
    estimate: Any = None
    if not args.no_estimate:
        from sklvision.model_selection import estimate_accuracy

        estimate = estimate_accuracy(
            estimator,
            data.data,
            data.target,
            name=name,
            cv=folds.cv,
            split=folds.description,
            scoring=args.scoring,
            groups=data.groups,
            memory=args.memory,
            random_state=args.seed,
            verbose=0 if args.quiet else 1,
        )
    with suppress(BrokenPipeError):  # the model is wanted even if nobody reads this
        print(_describe_estimate(estimate), flush=True)
    return estimate


def _describe_estimate(estimate: Any) -> str:
    return "Accuracy: not measured (--no-estimate)." if estimate is None else str(estimate)


def _train_on_split(
    name: str, estimator: Any, data: Any, args: argparse.Namespace, folds: Folds
) -> None:
    """Train on the official training set, and measure the very model that is written."""
    import numpy as np
    from sklearn.frozen import FrozenEstimator
    from sklearn.utils import Bunch

    from sklvision.utils._samples import as_samples

    rows = folds.cv[0][0]
    groups = None if data.groups is None else np.asarray(data.groups)[rows]
    X = as_samples(data.data).take(rows).data
    part = Bunch(data=X, target=data.target[rows], groups=groups)
    summary = _fit(estimator, part, args, f"the {len(rows)} samples of the official training set")
    estimate = None
    try:
        estimate = _estimate(name, FrozenEstimator(estimator), data, args, folds)
    finally:  # hours of training are not lost to an error of a score
        part.DESCR = data.DESCR
        _write(estimator, part, args, estimate, summary)


def _fit(estimator: Any, data: Any, args: argparse.Namespace, part: str = "") -> str:
    """Train on samples, and return a line about it."""
    from time import perf_counter

    from sklvision.recipes import set_net_params
    from sklvision.reporting import format_time
    from sklvision.utils._groups import fit_with_groups

    part = part or f"all {len(data.target)} samples"
    if not args.quiet:
        print(f"Training on {part}", file=sys.stderr, flush=True)
        with suppress(ValueError):  # a recipe without a net shows no progress
            set_net_params(estimator, verbose=1)
    start = perf_counter()
    try:
        fit_with_groups(estimator, data.data, data.target, data.groups)
    except Exception as error:
        error.add_note(f"Raised by the training on {part}.")
        raise
    seconds = perf_counter() - start
    with suppress(ValueError):
        set_net_params(estimator, verbose=0)
    return f"Trained on {part} in {format_time(seconds)} s"


def _write(
    estimator: Any, data: Any, args: argparse.Namespace, estimate: Any, summary: str
) -> None:
    """Write the model and what is known of it."""
    from math import isnan

    from sklvision.model_selection import parameter_count
    from sklvision.reporting import format_bytes, format_count

    samples = None if args.no_samples else take_samples(data.data)
    write_model(
        estimator,
        args.out,
        data=(data.data, data.target),
        comparison=estimate,
        samples=samples,
        sign=args.sign,
        remarks={"data": data.DESCR, "estimate": _describe_estimate(estimate)},
    )
    n_parameters = parameter_count(estimator)
    parameters = "" if isnan(n_parameters) else f", {format_count(int(n_parameters))} parameters"
    size = format_bytes(args.out.stat().st_size)
    print(f"{summary}\nWritten to {args.out.resolve()} ({size}{parameters})")
    if samples is not None and is_archive(args.out):
        print(
            f"The file holds {len(samples)} samples of the data, by which loading checks the "
            "model; --no-samples leaves them out"
        )


def _check_scoring(args: argparse.Namespace) -> None:
    """Raise for a score that does not exist or is not measured, before data are read."""
    if args.no_estimate:
        raise ValueError(f"--scoring {args.scoring}: --no-estimate measures nothing.")
    from sklvision.utils._scorers import check_scorer_name

    check_scorer_name(args.scoring)
