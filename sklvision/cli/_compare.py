"""``sklvision compare``: which classifier suits these data, if any beats the baselines."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from sklvision.cli._arguments import add_data_options, at_least
from sklvision.cli._errors import user_errors
from sklvision.cli._files import check_writable

DEFAULT_REPORT = "sklvision_report.html"
# Every process loads torch, which takes some hundred megabytes.
MOST_JOBS = 8

_EPILOG = """\
DATA is one of
  a folder      of images, in one subfolder per class
  a .npz file   with arrays X and y, and group where known; X of 2 dimensions
                holds spectra, of 3 or 4 images
  a .csv file   of spectra: a row of column names, then one spectrum per row
                (.tsv, .csv.gz and .tsv.gz as well)
Without DATA, the digits that come with scikit-learn are compared.

examples:
  sklvision compare
  sklvision compare nails/train --cv 5 --out nails.html
  sklvision compare saliva.npz --groups patient --scoring balanced_accuracy f1_macro
  sklvision compare nails/train --report nails.html --robustness --forecast --memory kept
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "compare",
        help="cross-validate neural nets and simple baselines on the same folds",
        description="Cross-validate neural nets and simple baselines on the same folds, "
        "print a table and write a report.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("data", metavar="DATA", nargs="?", type=Path, help="folder or file (see below)")
    add("--cv", type=at_least(2), default=5, metavar="FOLDS", help="folds (default: 5)")
    add(
        "--repeats",
        type=at_least(1),
        default=1,
        metavar="N",
        help="how often the folds are drawn anew (default: 1)",
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
        type=_n_jobs,
        metavar="N",
        help=f"fits at the same time, -1 for one per core (default: one per core, at most "
        f"{MOST_JOBS})",
    )
    add("--seed", type=at_least(0), default=0, help="seed of folds and fits (default: 0)")
    add(
        "--image-size",
        type=at_least(1),
        default=64,
        metavar="PIXELS",
        help="longer side that images of a folder are reduced to (default: 64)",
    )
    add(
        "--report",
        "--out",
        dest="out",
        type=Path,
        default=Path(DEFAULT_REPORT),
        metavar="REPORT.html",
        help=f"where to write the report (default: {DEFAULT_REPORT})",
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
        help="add to the report what more samples would bring to the best candidate and the best "
        "baseline: they are trained on parts of the samples",
    )
    add(
        "--memory",
        type=Path,
        metavar="FOLDER",
        help="keep every result there, so that the same call goes on after an interruption",
    )
    add(
        "--keep-going",
        action="store_true",
        help="a classifier that fails becomes a row that says why, instead of ending the command",
    )
    add("--quiet", action="store_true", help="no progress on standard error")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Load, compare, print, write."""
    from sklvision.cli._data import load_data, load_named

    with user_errors():
        check_writable(args.out)
        scoring = [name for names in args.scoring for name in names.split(",") if name]
        if args.data is None:
            _refuse_without_data(args, scoring)
            data = load_named("digits")
        else:
            data = load_data(
                args.data,
                target=args.target,
                groups=args.groups,
                image_size=args.image_size,
                allow_pickle=args.allow_pickle,
                on_error=args.on_error,
            )
    if not args.quiet:
        print(data, file=sys.stderr)

    with user_errors():
        # Loads torch, so only once the data are known to be good.
        from sklvision.cli._candidates import choose_candidates
        from sklvision.model_selection import compare_estimators

        candidates, baselines = choose_candidates(data)
        groups = None if args.no_groups else data.groups
        n_jobs = _default_jobs() if args.n_jobs is None else args.n_jobs
        result = compare_estimators(
            candidates,
            data.X,
            data.y,
            cv=args.cv,
            n_repeats=args.repeats,
            groups=groups,
            scoring=scoring,
            baselines=baselines or True,
            error_score=float("nan") if args.keep_going else "raise",
            memory=args.memory,
            n_jobs=n_jobs,
            random_state=args.seed,
            verbose=0 if args.quiet else 1,
        )
        named = {"Data": str(data), **result.description}
        result = replace(result, description=named)
        result.to_html(args.out)  # first: who reads the table may stop early
    print(result)
    if args.robustness or args.forecast:
        from sklvision.cli._more import forecast_best, measure_robustness

        with user_errors():
            more: dict[str, Any] = {}
            if args.robustness:
                more["robustness"] = measure_robustness(result, data, n_jobs, args.seed)
                print(f"\n{more['robustness']}")
            if args.forecast:
                more["forecast"] = forecast_best(result, data, groups, args.cv, n_jobs, args.seed)
                for name, forecast in more["forecast"].items():
                    print(f"\n{name}: {forecast}")
            result.to_html(args.out, **more)
    print(f"\nReport written to {args.out.resolve()}")
    return 0


def _n_jobs(text: str) -> int:
    if not text.lstrip("+-").isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected an integer other than 0, got {text!r}")
    return int(text)


def _default_jobs() -> int:
    from joblib import cpu_count

    return min(MOST_JOBS, cpu_count())


def _refuse_without_data(args: argparse.Namespace, scoring: list[str]) -> None:
    for option, value in (("--groups", args.groups), ("--target", args.target)):
        if value is not None:
            raise ValueError(f"{option} {value} needs DATA: the digits have no columns.")
    for name in scoring:
        if Path(name).exists():
            raise ValueError(f"--scoring {name}: is a path; put DATA before --scoring.")
