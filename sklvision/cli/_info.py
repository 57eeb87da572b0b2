"""``sklvision info``: versions, devices and architectures, to report a problem."""

from __future__ import annotations

import argparse
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from itertools import count, takewhile
from typing import Any

from sklvision._version import __version__

_PACKAGES = ["numpy", "scipy", "scikit-learn", "pandas", "joblib", "torch", "skorch", "tqdm"]
_EXTRAS = ["pillow", "pooch", "matplotlib", "mlflow"]

_NO_TORCH = "none without torch"


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "info",
        help="versions, devices and known architectures",
        description="Print versions, devices and known architectures.",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print one fact a line."""
    facts = {"sklvision": __version__, "Python": platform.python_version()}
    facts["platform"] = platform.platform()
    facts |= {package: _find_version(package) for package in _PACKAGES + _EXTRAS}
    facts["processor cores"] = str(os.cpu_count())
    facts["devices"] = ", ".join(_list_devices())
    for kind in ("spectrum", "image"):
        facts[f"{kind} architectures"] = ", ".join(_list_architectures(kind)) or _NO_TORCH
    width = max(map(len, facts))
    for name, value in facts.items():
        print(f"{name.ljust(width)}  {value}")
    return 0


def _find_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


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
