"""``sklvision compare``: comparison of nets with simple baselines on the user's data."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sklvision.cli._arguments import (
    DATA_HELP,
    add_data_options,
    add_fold_options,
    check_writable,
    is_same_file,
    load_data,
    make_command,
    make_integer_type,
    name_samples,
    parse_seconds,
    print_data,
    split_names,
)
from sklvision.cli._errors import convert_errors
from sklvision.cli._folds import check_fold_options, choose_folds
from sklvision.cli._parser import Source
from sklvision.utils._files import atomic_write

_DEFAULT_REPORT = "sklvision_report.html"
# Every process loads torch, which takes some hundred megabytes.
_MAX_JOBS = 8
_N_FOLDS = 5
# Images that take more bytes than this stay on disk.
_MAX_BYTES = 2**30
# Samples whose near-duplicates are searched, as in a comparison.
_MAX_SEARCHED = 10_000
# Longer side of images in pixels, also for models that take larger ones.
_SIDE, _LARGE_SIDE = 64, 224
_LARGE_MODELS = {"pretrained", "images", "flowers", "nails"}

_EPILOG = f"""\
{DATA_HELP}Without DATA, the digits that come with scikit-learn are compared.

examples:
  sklvision compare
  sklvision compare nails/train --cv 5 --out nails.html
  sklvision compare saliva.npz --groups patient --scoring balanced_accuracy f1_macro
  sklvision compare parts/ --groups-from-name 'part([0-9]+)' --label-errors doubtful.csv
  sklvision compare line.csv --time date --time-limit 60
  sklvision compare nails/train --report nails.html --robustness --forecast --memory kept
  sklvision compare nails/train --dask tcp://127.0.0.1:8786
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
    parser.add_source(
        Source("data", "DATA", "--data"), help="folder, file or name of a data set (see below)"
    )
    add("--cv", type=make_integer_type(2), metavar="FOLDS", help=f"folds (default: {_N_FOLDS})")
    add_fold_options(add)
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
        "--time-limit",
        type=parse_seconds,
        metavar="SECONDS",
        help="stop every training of a net after the epoch in which so many seconds have passed",
    )
    add(
        "--label-errors",
        type=Path,
        metavar="ERRORS.csv",
        help="write all samples whose label is probably wrong to a file",
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
    add(
        "--dask",
        metavar="ADDRESS",
        help="compare on the workers of a Dask cluster, such as tcp://127.0.0.1:8786; images in "
        "folders must have the same names there (extra distributed)",
    )
    add("--quiet", action="store_true", help="no progress on standard error")


def run(args: argparse.Namespace) -> int:
    """Load, compare, print, write; on a cluster if there is one."""
    with _open_cluster(args):
        return _run_comparison(args)


@contextmanager
def _open_cluster(args: argparse.Namespace) -> Iterator[None]:
    """Use the cluster of --dask inside this context, where there is one."""
    if args.dask is None:
        yield
        return
    with ExitStack() as stack:
        with convert_errors():
            if args.n_jobs is not None:
                raise ValueError("--n-jobs: the cluster of --dask runs as many fits as it can.")
            from sklvision.utils._dask_cluster import use_dask_cluster

            client = stack.enter_context(use_dask_cluster(args.dask))
        if not args.quiet:
            threads = client.nthreads()
            print(
                f"dask: {sum(threads.values())} fits at the same time on {len(threads)} workers",
                file=sys.stderr,
            )
        yield


def _run_comparison(args: argparse.Namespace) -> int:
    with convert_errors():
        inputs = (args.data, args.groups, args.target)
        check_writable(args.out, inputs=inputs)
        if args.label_errors is not None:
            check_writable(args.label_errors, "--label-errors", inputs=inputs)
            if is_same_file(args.label_errors, args.out):
                raise ValueError(f"--label-errors {args.label_errors}: is the file of the report.")
        check_fold_options(args)
        from sklvision.utils._scorers import check_scorer_name  # loads scikit-learn

        scoring = split_names(args.scoring)
        models = None if args.models is None else split_names(args.models)
        for name in scoring:
            check_scorer_name(name)
        if models is not None:
            from sklvision.recipes import check_candidates

            check_candidates(models)
        data = load_data(
            "digits" if args.data is None else args.data, args, max_side=_choose_side(args, models)
        )
        folds = choose_folds(data, args, _N_FOLDS)
        files, data.data = data.data, _read_small(data.data)
        # The pixels alone have lost the names of their files, which also show series.
        has_names = files is not data.data
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

        candidates, baselines = make_candidates(data.data, models, image_size=args.image_size)
        is_local = args.n_jobs is None and args.dask is None
        n_jobs = _count_jobs() if is_local else args.n_jobs
        common: dict[str, Any] = {"n_jobs": n_jobs, "random_state": args.seed}
        leaks = _find_leaks(files, data, folds.cv, args.seed) if has_names else None
        result = compare_estimators(
            candidates,
            data.data,
            data.target,
            cv=folds.cv,
            n_repeats=args.repeats,
            groups=data.groups,
            scoring=scoring,
            baselines=baselines or True,
            error_score=float("nan") if args.keep_going else "raise",
            check_leaks=not has_names,
            time_limit=args.time_limit,
            memory=args.memory,
            verbose=0 if args.quiet else 1,
            **common,
        )
        description = {**_describe_data(data), **result.description}
        if folds.description:
            description["Folds"] = folds.description
        result = replace(
            result, description=description, leaks=leaks if has_names else result.leaks
        )
        names = name_samples(data)
        result.to_html(args.out, sample_names=names)  # first: a reader may stop early
    print(result)
    with convert_errors():
        print(f"\n{result.describe_classes()}")
        _print_label_errors(result, names, args.label_errors)
        sections: dict[str, Any] = {}
        if args.robustness:
            robustness = measure_robustness(
                result, data.data, data.target, groups=data.groups, **common
            )
            sections["robustness"] = robustness
            print(f"\n{robustness}")
        if args.forecast:
            forecasts = forecast_best(
                result, data.data, data.target, groups=data.groups, cv=folds.cv, **common
            )
            sections["forecast"] = forecasts
            for name, forecast in forecasts.items():
                print(f"\n{name}: {forecast}")
        if sections:
            result.to_html(args.out, sample_names=names, **sections)
    print(f"\nReport written to {args.out.resolve()}")
    return 0


def _print_label_errors(result: Any, names: list[str], path: Path | None) -> None:
    """Print the samples whose label is probably wrong, and write all of them to a file."""
    from sklvision.reporting._classes import render_label_errors

    try:
        errors = result.find_label_errors()
    except ValueError as error:  # nothing predicts probabilities
        if path is not None:
            raise ValueError(f"--label-errors: {error}") from None
        return
    print("\n" + "\n".join(render_label_errors(errors, names)))
    if path is None:
        return
    table = errors.assign(sample=[names[sample] for sample in errors["sample"]])
    with atomic_write(path, text=True) as file:
        table.to_csv(file, index=False, lineterminator="\n")
    print(f"All {len(errors)} written to {path.resolve()}")


def _find_leaks(files: Any, data: Any, cv: Any, seed: int) -> Any:
    """Search a collection of files for leaks, and warn of them as a comparison does."""
    from sklvision.model_selection import find_leaks

    report = find_leaks(
        files,
        data.target,
        cv=cv,
        groups=data.groups,
        max_samples=_MAX_SEARCHED,
        random_state=seed,
    )
    if report:
        warnings.warn(f"Scores on these folds are probably optimistic: {report}", stacklevel=2)
    return report


def _choose_side(args: argparse.Namespace, models: list[str] | None) -> int:
    """Choose the longer side to read images at: the largest that a candidate takes."""
    has_small_models = models is not None and not _LARGE_MODELS.intersection(models)
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
