"""The targets: all public estimators, functions, readers, displays and commands of the package."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from typing import Any, NamedTuple

import sklvision
from benchmarks._fuzz.case import Case
from benchmarks._fuzz.commands import try_command
from benchmarks._fuzz.displays import try_display
from benchmarks._fuzz.estimators import try_estimator
from benchmarks._fuzz.functions import try_comparison_method, try_function
from benchmarks._fuzz.readers import list_readers, try_collection, try_reader
from benchmarks._fuzz.service import try_application, try_request
from sklvision.utils.discovery import all_estimators

# Public names without cases, each with its reason.
EXCLUDED = {
    "ModelFileError": "an exception",
    "serve_model": "blocks until it is stopped; create_app, which it serves, has cases",
    "get_data_home": "makes a folder in the home of the user",
    "all_estimators": "has no arguments",
    "list_models": "has no arguments",
    **dict.fromkeys(
        ("AccuracyEstimate", "BackendComparison", "ComparisonResult", "LeakReport", "ModelCard")
        + ("RobustnessResult", "SamplesNeeded"),
        "made by a function of the package; its methods are called wherever one is returned",
    ),
}
# Commands without cases.
EXCLUDED_COMMANDS = {"serve": "blocks until it is stopped"}
# Shares of the cases by what a case takes: quick targets 10, some take seconds.
SHARES = {
    **{"PretrainedFeatures": 0.3, "compare_estimators": 0.3, "learning_curve_forecast": 0.3},
    **{
        "robustness_curve": 0.4,
        "measure_robustness": 0.2,
        "forecast_best": 0.1,
        "estimate_accuracy": 0.5,
    },
    **{"compare_backends": 0.2, "to_onnx": 0.15, "quantize": 0.3, "model_card": 0.5, "save": 2.0},
    **dict.fromkeys(("fetch_nails", "fetch_mnist", "fetch_cifar10", "fetch_flowers17"), 0.5),
    **{
        "BatchedGridSearchCV": 1.5,
        "find_leaks": 2.0,
        "make_candidates": 1.0,
        "create_app": 1.0,
        "make_nails": 0.2,
    },
    **{"SpectrumClassifier": 36.0, "ImageClassifier": 26.0, "TestTimeAugmentation": 4.0},
    **{"load_spectra": 20.0, "load_labeled": 20.0, "read_samples": 15.0, "ImageCollection": 20.0},
    **{"sklvision compare": 1.5, "sklvision train": 2.0, "sklvision predict": 4.0, "requests": 6.0},
    **{"sklvision export": 0.6, "sklvision info": 4.0},
    **{"parameter_count": 2.0, "file_size": 2.0, "within_budget": 3.0, "latency_scorer": 2.0},
}
_SHARES_OF_GROUPS = {"estimators": 10.0, "functions": 4.0, "readers": 4.0, "displays": 0.25}
_SHARES_OF_GROUPS |= {"commands": 2.0, "results": 3.0, "service": 3.0}


class Target(NamedTuple):
    """Something public, and the function that makes and judges a case of it."""

    name: str
    group: str
    share: float
    run: Callable[[Case], None]


@cache
def list_targets() -> tuple[Target, ...]:
    """List all targets; new public names of the package are among them."""
    targets: dict[str, Target] = {}

    def add(name: str, group: str, run: Callable[[Case], None]) -> None:
        share = SHARES.get(name, _SHARES_OF_GROUPS[group])
        targets.setdefault(name, Target(name, group, share, run))

    for name, cls in all_estimators():
        add(name, "estimators", partial(try_estimator, cls=cls))
    for name, reader in list_readers().items():
        add(name, "readers", partial(try_reader, reader=reader))
    for name, member in list_public_members().items():
        if name in EXCLUDED or name in targets:
            continue
        if name == "ImageCollection":
            add(name, "readers", partial(try_collection, cls=member))
        elif name == "create_app":
            add(name, "service", try_application)
        elif inspect.isclass(member) and any(key.startswith("from_") for key in dir(member)):
            add(name, "displays", partial(try_display, cls=member))
        elif callable(member):
            add(name, "functions", partial(try_function, function=member))
    add("results", "results", try_comparison_method)
    add("requests", "service", try_request)
    for name in list_commands():
        if name not in EXCLUDED_COMMANDS:
            add(f"sklvision {name}", "commands", partial(try_command, name=name))
    return tuple(targets.values())


def list_public_members() -> dict[str, Any]:
    """List everything that a public module of the package names in ``__all__``."""
    members: dict[str, Any] = {}
    for info in pkgutil.walk_packages(sklvision.__path__, "sklvision."):
        if any(part.startswith("_") for part in info.name.split(".")):
            continue
        module = import_module(info.name)
        for name in getattr(module, "__all__", ()):
            member = getattr(module, name)
            if callable(member) and name != "main":
                members[name] = member
    return members


def list_commands() -> list[str]:
    """List the commands of the command line."""
    import argparse

    from sklvision.cli._main import _make_parser

    (action,) = (a for a in _make_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return list(action.choices)


def pick_target(case: Case, target_name: str | None = None) -> Target:
    """Pick the target of a case by the shares, or among those that have a name."""
    targets = list_targets()
    if target_name is not None:
        targets = tuple(t for t in targets if target_name in (t.name, t.group))
        if not targets:
            raise ValueError(f"There is no target or group {target_name!r}.")
    return case.random.choices(targets, [target.share for target in targets])[0]
