"""Cases of the command line, run in this process."""

from __future__ import annotations

import argparse
import contextlib
import io
from typing import Any

from benchmarks._fuzz import files, models
from benchmarks._fuzz.case import Case
from benchmarks._fuzz.judge import RefusalError, judge_error
from sklvision.cli._errors import CommandError
from sklvision.cli._main import _make_parser

# Options whose value is drawn; what a parser of numbers gets is drawn from `_NUMBERS`.
_TEXTS = ("", "x", "é", "a b", "-", "\0", "label", "y", "group", "date", "split", "900:905", "(.)")
_NUMBERS = ("1", "2", "3", "0", "-1", "1.5", "x", "", "1e9", "nan", "99")
_CHEAP = {
    "--epochs": ("1", "1", "1", "2", "0", "-1", "x"),
    "--cv": ("2", "2", "2", "3", "1", "0", "x", "99"),
    "--repeats": ("1", "1", "2", "0", "x"),
    "--n-jobs": ("1",),
    "--models": ("knn", "logistic", "lda", "x", "mlp", "spectrum_mlp"),
    "--option": (
        "lr=0.1",
        "batch_size=4",
        "dropout=0.1",
        "x=1",
        "lr",
        "=",
        "lr=x",
        "width=True",
        "max_epochs=1",
    ),
    "--device": ("cpu", "cpu", "x", "cuda:9"),
    "--image-size": ("8", "8", "4", "0", "x"),
    "--image-shape": ("8x8", "2x4", "x", "8", "0x8", "8x8x1", "8×8"),
    "--scoring": ("accuracy", "f1_macro", "roc_auc", "neg_log_loss", "x"),
    "--class-weight": ("balanced", "a=2", "c0=2", "x=1", "a=x", "a", "a=nan"),
    "--time-limit": ("1e-9", "1", "0", "x", "nan"),
    "--batch-size": ("1", "2", "256", "0", "x"),
    "--max-accuracy-drop": ("0.5", "0.01", "0", "-1", "x", "nan"),
}
# The service blocks until it is stopped, and a fit may take long: these have cases of their own.
_FORBIDDEN = {"--help", "-h", "--list", "--memory", "--port", "--host", "--n-jobs"}


def try_command(case: Case, name: str) -> None:
    """Run a command with drawn arguments on a drawn file."""
    parser = _make_parser()
    (subparsers,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    command = subparsers.choices[name]
    argv = [name, *_draw_positionals(case, name)]
    actions = [
        a for a in command._actions if a.option_strings and not _FORBIDDEN & {*a.option_strings}
    ]
    for action in case.random.sample(
        actions, case.pick((0, 0, 0, 1) if case.is_calm else (0, 1, 1, 1, 2, 3))
    ):
        argv += _draw_option(case, action)
    argv += _limit_time(case, name, argv)
    case.note(" ".join(argv))
    run_command(case, parser, argv)


def run_command(case: Case, parser: argparse.ArgumentParser, argv: list[str]) -> None:
    """Parse the arguments and run; errors are judged by what caused them."""
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            args = parser.parse_args(argv)
        except SystemExit as error:
            raise RefusalError("arguments") from error
    case.call(_run, case, args, may_print=True)


def _run(case: Case, args: argparse.Namespace) -> None:
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            args.run(args)
    except CommandError as error:
        cause: Any = error.__cause__
        fault = judge_error(cause) if cause is not None else None
        if fault is not None:
            raise fault from cause
        raise RefusalError(str(error)) from None
    text = output.getvalue()
    case.check(" nan " not in text, "nan in a text", text[:300])


def _draw_positionals(case: Case, name: str) -> list[str]:
    if name in ("predict", "export", "serve"):
        model = str(case.pick(list(models.make_model_files().values())))
        if case.has_luck(0.15) and not case.is_calm:
            model = str(files.write_any(case))
        if name == "predict":
            return [
                model,
                str(files.write_any(case)),
                *(["no-file"] if case.has_luck(0.05) else []),
            ]
        return [model, *(["--samples", str(files.write_any(case))] if name == "export" else [])]
    if name == "train":
        model = case.pick(
            ("mlp", "spectrum_mlp", "spectrum_mlp", "spectra", "x", "digits", "nail_cnn")
        )
        return [
            model,
            "--data",
            str(files.write_any(case)),
            "--out",
            str(case.folder / "model.sklv"),
        ]
    if case.has_luck(0.1):
        return []
    return [str(files.write_any(case))]


def _draw_option(case: Case, action: argparse.Action) -> list[str]:
    name = action.option_strings[0]
    if action.nargs == 0:
        return [name]
    if name in _CHEAP:
        return [name, case.pick_early(_CHEAP[name])]
    if action.choices is not None:
        return [name, str(case.pick([*action.choices, "x"]))]
    if action.type is not None and action.type is not str:
        return [name, case.pick(_NUMBERS)]
    if name in ("--out", "--report", "--label-errors"):
        return [
            name,
            str(case.folder / case.pick(("out.csv", "out.sklv", "out.html", "no/folder/x", ""))),
        ]
    if case.has_luck(0.2):
        return [name, str(files.write_any(case))]
    return [name, case.pick(_TEXTS)]


def _limit_time(case: Case, name: str, argv: list[str]) -> list[str]:
    """Add the options that keep a command short."""
    extra = ["--quiet"] if name not in ("info",) else []
    if name == "compare":
        extra += ["--n-jobs", "1"]
        for option, value in (("--cv", "2"), ("--models", "knn")):
            extra += [option, value] if option not in argv and "--split" not in argv else []
        extra += ["--report", str(case.folder / "report.html")] if "--report" not in argv else []
    if name == "export" and case.has_luck(0.9):
        extra += [case.pick(("--card", "--card", "--card", "--onnx", "--int8"))]
    if name == "train" and "--epochs" not in argv:
        extra += ["--epochs", "1"]
    return extra
