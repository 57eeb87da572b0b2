"""``sklvision info``: what is read of data, what a model takes; versions and devices."""

from __future__ import annotations

import argparse
import os
import platform
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from sklvision._version import __version__
from sklvision.cli._arguments import (
    DATA_HELP,
    add_data_options,
    add_fold_options,
    get_column_options,
    get_file_options,
    load_data,
    make_command,
)
from sklvision.cli._errors import CommandError, convert_errors, name_options
from sklvision.cli._groups import SUGGESTION, count_folds
from sklvision.cli._models import ONNX_SUFFIX, add_verify_option, has_model_suffix, load_model
from sklvision.cli._parser import Source
from sklvision.utils._files import is_archive
from sklvision.utils._versions import find_version

_PACKAGES = ["numpy", "scipy", "scikit-learn", "pandas", "joblib", "torch", "skorch", "tqdm"]
_EPILOG = f"""\
PATH is the file of a model, or data. Of an archive (.sklv) the manifest is read, and nothing is
built; an .onnx file runs nothing either; a pickle (.joblib) is loaded, and so can run any code.

{DATA_HELP}
examples:
  sklvision info
  sklvision info line.csv --target polymer
  sklvision info nails/train --leaks
  sklvision info parts/ --leaks --groups suggested
  sklvision info line.sklv
"""
_EXTRAS = ["pillow", "pooch", "matplotlib", "mlflow"]

_NO_TORCH = "none without torch"


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = make_command(
        commands,
        "info",
        run=run,
        help="what is read of data, what a model takes, or versions and devices",
        description="Print what would be read of data, or what a model is and takes. Without PATH, "
        "print versions, devices and known architectures.",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    parser.add_source(
        Source("path", "PATH", "--data"),
        aliases=["--model"],
        help="data, or the file of a model (see below)",
    )
    add(
        "--leaks",
        action="store_true",
        help="search the data for copies, near-duplicates and capture series, which make scores "
        "too high",
    )
    add_verify_option(add)
    add_data_options(add)
    add_fold_options(add)


def run(args: argparse.Namespace) -> int:
    """Print one fact a line."""
    if args.path is None:
        if args.leaks:
            raise CommandError("--leaks: name the data to search.")
        _print_facts(_describe_machine())
        return 0
    with convert_errors():
        from sklvision.cli._facts import describe_data  # needs NumPy

        path = Path(args.path)
        if path.is_file() and has_model_suffix(path):
            if args.leaks:
                raise ValueError("--leaks: searches data, and this is a model.")
            _print_facts(_describe_model(path, args.verify))
            return 0
        if args.leaks:
            data = load_data(args.path, args)
            _print_facts(describe_data(data))
            _print_leaks(data)
            return 0
        _print_facts(describe_data(_load(args.path, args)))
    return 0


def _describe_model(path: Path, verify: Path | None) -> dict[str, str]:
    """Describe the model of a file; of an archive its manifest, and nothing is built."""
    from sklvision.cli._facts import describe_manifest, describe_model

    if path.suffix.lower() == ONNX_SUFFIX:
        if verify is not None:
            raise ValueError(f"--verify: {path} is a graph, and only archives (.sklv) are signed.")
        from sklvision.export import OnnxClassifier

        return describe_model(path, OnnxClassifier(path))
    if not is_archive(path):
        return describe_model(path, load_model(path, verify=verify, predicts=False))
    from sklvision.export import read_manifest

    return describe_manifest(path, read_manifest(path, verify=verify))


def _load(source: str, args: argparse.Namespace) -> Any:
    """Load data, spectra also without labels and with missing values."""
    from sklvision.datasets import load_spectra

    path = Path(source)
    is_column = args.groups != SUGGESTION and not (args.groups and Path(args.groups).is_file())
    has_pattern = args.groups_from_name is not None
    if not path.is_file() or not is_column or has_pattern or _has_images(path):
        return load_data(source, args)
    try:
        return load_spectra(
            path,
            target=args.target,
            group=args.groups,
            allow_pickle=args.allow_pickle,
            **get_column_options(args),
            **get_file_options(args),
        )
    except ValueError:
        return load_data(source, args)  # a table that names images, or the same error


def _has_images(path: Path) -> bool:
    if path.suffix.lower() != ".npz":
        return False
    import numpy as np

    try:
        with path.open("rb") as file, np.load(file) as arrays:
            return "X" in arrays and arrays["X"].ndim > 2
    except Exception:  # damaged, or pickled: the reader has an error for it
        return False


def _print_leaks(data: Any) -> None:
    from sklvision.model_selection import find_leaks

    n_folds = count_folds(data)
    report = find_leaks(data.data, data.target, cv=n_folds, groups=data.groups, random_state=0)
    print()
    print(name_options(str(report)))


def _print_facts(facts: dict[str, str]) -> None:
    width = max(map(len, facts))
    for name, value in facts.items():
        lines = value.replace("\n", "\n" + " " * (width + 2))  # an estimate has several
        print(f"{name.ljust(width)}  {lines}")


def _describe_machine() -> dict[str, str]:
    """Describe versions, devices and architectures."""
    facts = {"sklvision": __version__, "Python": platform.python_version()}
    facts["platform"] = platform.platform()
    facts |= {package: find_version(package) or "not installed" for package in _PACKAGES + _EXTRAS}
    facts["processor cores"] = str(os.cpu_count())
    facts["devices"] = ", ".join(_list_devices())
    for kind in ("spectrum", "image"):
        facts[f"{kind} architectures"] = ", ".join(_list_architectures(kind)) or _NO_TORCH
    return facts


def _list_architectures(kind: str) -> list[str]:
    try:
        from sklvision.nets import list_architectures
    except ImportError:
        return []
    return list_architectures(kind, library="sklvision")


def _list_devices() -> list[str]:
    """List every device that a classifier accepts here."""
    try:
        from sklvision._torch.device import resolve_device
    except ImportError:
        return ["cpu"]

    def is_available(device: str) -> bool:
        try:
            resolve_device(device)
        except ValueError:
            return False
        return True

    gpus = takewhile(is_available, (f"cuda:{i}" for i in count()))
    return ["cpu", *gpus, *filter(is_available, ["mps"])]
