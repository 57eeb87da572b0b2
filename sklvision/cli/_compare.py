"""``sklvision compare``: comparison of nets with simple baselines on the user's data."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from sklvision.cli._arguments import (
    DATA_HELP,
    add_data_options,
    check_writable,
    load_data,
    make_command,
    make_integer_type,
    print_data,
)
from sklvision.cli._errors import convert_errors

_DEFAULT_REPORT = "sklvision_report.html"
# Every process loads torch, which takes some hundred megabytes.
_MAX_JOBS = 8
# Images that take more bytes than this stay on disk.
_MAX_BYTES = 2**30
# Longer side of images in pixels, also for models that take larger ones.
_SIDE, _LARGE_SIDE = 64, 224
_LARGE_MODELS = {"pretrained", "images", "flowers", "nails"}

_EPILOG = f"""\
{DATA_HELP}Without DATA, the digits that come with scikit-learn are compared.

examples:
  sklvision compare
  sklvision compare nails/train --cv 5 --out nails.html
  sklvision compare saliva.npz --groups patient --scoring balanced_accuracy f1_macro
  sklvision compare nails/train --report nails.html --robustness --forecast --memory kept
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = make_command(
        commands,
        "compare",
        run=run,
        help="cross-validate neural nets and simple baselines on the same folds",
        description="Cross-validate neural nets and simple baselines on the same folds, "
        "print a table and write a report.",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    add("data", metavar="DATA", nargs="?", help="folder, file or name of a data set (see below)")
    add("--cv", type=make_integer_type(2), default=5, metavar="FOLDS", help="folds (default: 5)")
    add(
        "--split",
        metavar="COLUMN",
        help="column of the official split into training and test set, which then is the only one",
    )
    add(
        "--repeats",
        type=make_integer_type(1),
        default=1,
        metavar="N",
        help="number of times that new folds are drawn (default: 1)",
    )
    add_data_options(add)
    add(
        "--scoring",
        nargs="+",
        default=["accuracy"],
        metavar="SCORE",
        help="scikit-learn's names of one or more scores; the first decides the order "
        "(default: accuracy)",
    )
    add(
        "--n-jobs",
        type=_parse_jobs,
        metavar="N",
        help=f"fits at the same time, -1 for one per core (default: one per core, at most "
        f"{_MAX_JOBS})",
    )
    add("--seed", type=make_integer_type(0), default=0, help="seed of folds and fits (default: 0)")
    add(
        "--image-size",
        type=make_integer_type(1),
        metavar="PIXELS",
        help="longer side that images of a folder are reduced to (default: 64, and 224 for "
        "pretrained features)",
    )
    add(
        "--models",
        nargs="+",
        metavar="NAME",
        help="candidates to compare: recipes and architectures (sklvision train --list), "
        "pretrained (features of a pretrained net), lda, pls-da, svc, forest, knn, logistic "
        "(default: some that suit the samples)",
    )
    add(
        "--report",
        "--out",
        dest="out",
        type=Path,
        default=Path(_DEFAULT_REPORT),
        metavar="REPORT.html",
        help=f"where to write the report (default: {_DEFAULT_REPORT})",
    )
    add(
        "--robustness",
        action="store_true",
        help="add to the report how scores fall as images or spectra get worse: all that were "
        "compared are trained once more, on the first fold",
    )
    add(
        "--forecast",
        action="store_true",
        help="add to the report a forecast of the scores with more samples: the best candidate and "
        "the best baseline are trained on parts of the samples",
    )
    add(
        "--memory",
        type=Path,
        metavar="FOLDER",
        help="keep every result there, so that the same call continues after an interruption",
    )
    add(
        "--keep-going",
        action="store_true",
        help="a classifier that fails becomes a row with its error, instead of ending the command",
    )
    add("--quiet", action="store_true", help="no progress on standard error")


def run(args: argparse.Namespace) -> int:
    """Load, compare, print, write."""
    with convert_errors():
        check_writable(args.out)
        scoring = [name for names in args.scoring for name in names.split(",") if name]
        if args.data is None:
            _check_scoring(scoring)
        data = load_data(args.data or "digits", args, max_side=_choose_side(args))
        data.data = _read_small(data.data)
        cv = args.cv if args.split is None else [_find_split(data.split, args.split)]
    if not args.quiet:
        print_data(data)

    with convert_errors():
        # These load torch, so only once the data are known to be good.
        from sklvision.model_selection import (
            compare_estimators,
            forecast_best,
            measure_robustness,
        )
        from sklvision.recipes import make_candidates

        candidates, baselines = make_candidates(data.data, args.models, image_size=args.image_size)
        n_jobs = _count_jobs() if args.n_jobs is None else args.n_jobs
        common: dict[str, Any] = {"n_jobs": n_jobs, "random_state": args.seed}
        result = compare_estimators(
            candidates,
            data.data,
            data.target,
            cv=cv,
            n_repeats=args.repeats,
            groups=data.groups,
            scoring=scoring,
            baselines=baselines or True,
            error_score=float("nan") if args.keep_going else "raise",
            memory=args.memory,
            verbose=0 if args.quiet else 1,
            **common,
        )
        result = replace(result, description={**_describe_data(data), **result.description})
        result.to_html(args.out)  # first: a reader of the table may stop early
    print(result)
    with convert_errors():
        sections: dict[str, Any] = {}
        if args.robustness:
            robustness = measure_robustness(result, data.data, data.target, **common)
            sections["robustness"] = robustness
            print(f"\n{robustness}")
        if args.forecast:
            forecasts = forecast_best(
                result, data.data, data.target, groups=data.groups, cv=cv, **common
            )
            sections["forecast"] = forecasts
            for name, forecast in forecasts.items():
                print(f"\n{name}: {forecast}")
        if sections:
            result.to_html(args.out, **sections)
    print(f"\nReport written to {args.out.resolve()}")
    return 0


def _find_split(values: Any, column: str) -> Any:
    from sklvision.cli._split import find_split  # needs NumPy

    return find_split(values, column)


def _choose_side(args: argparse.Namespace) -> int:
    """Choose the longer side to read images at: the largest that a candidate takes."""
    has_small_models = args.models is not None and not _LARGE_MODELS.intersection(args.models)
    return args.image_size or (_SIDE if has_small_models else _LARGE_SIDE)


def _read_small(X: Any) -> Any:
    """Read images that take little memory once, and not in every epoch of every fit."""
    import math

    from sklvision.utils._samples import as_samples

    samples = as_samples(X)
    is_small = math.prod(samples.shape) * samples.dtype.itemsize <= _MAX_BYTES
    return samples.to_array() if samples.is_lazy and is_small else X


def _describe_data(data: Any) -> dict[str, str]:
    return {"Data": data.DESCR, **({"Columns": data.roles} if data.roles else {})}


def _parse_jobs(text: str) -> int:
    if not text.lstrip("+-").isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected an integer other than 0, got {text!r}")
    return int(text)


def _count_jobs() -> int:
    from joblib import cpu_count

    return min(_MAX_JOBS, cpu_count())


def _check_scoring(scoring: list[str]) -> None:
    """Raise if the path of the data was taken for the name of a score."""
    for name in scoring:
        if Path(name).exists():
            raise ValueError(f"--scoring {name}: is a path; put DATA before --scoring.")
