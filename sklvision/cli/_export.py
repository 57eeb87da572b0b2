"""``sklvision export``: ONNX files, smaller weights and the card of a model in a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sklvision.cli._arguments import add_file_options, get_file_options, make_command
from sklvision.cli._errors import convert_errors, name_options
from sklvision.cli._models import MODEL_FILE, add_verify_option, check_order, load_model
from sklvision.cli._parser import Source
from sklvision.utils._files import is_archive

_EPILOG = """\
MODEL is a file of sklvision train: an archive (.sklv), which is data, or a file of
joblib (.joblib), which runs the code that it holds when it is loaded.

DATA are samples as sklvision predict takes them, read as the training data were: a
folder of images, a .npz, a .csv, instrument files. Where they have labels (names of
folders, the column or array of labels), the accuracy is measured as well: take samples
that the model was not trained on. --int8 needs some to choose its steps by: a few
hundred that are like those to come.

The directory of --out receives
  NAME.onnx        the whole model; any ONNX runtime runs it, without torch
  NAME_int8.onnx   the same with weights of 8 bits, NAME_int16.onnx of 16
  README.md        the model card in Markdown, as Hugging Face reads it
  model_card.html  the same card as a page

examples:
  sklvision export line.sklv --onnx
  sklvision export nails.sklv --onnx --int8 --card --samples nails/test --out nails_export \\
      --intended-use "Sorting of nails on line 2. Nothing else."
"""
_STATEMENTS = {
    "title": "name of the model (default: that of its last step)",
    "intended_use": "the use that the model is made for, and those that it is not",
    "limits": "known limits",
    "license": "license, such as apache-2.0",
    "authors": "those who answer for the model",
    "data_name": "name or origin of the training data",
}
_BITS = (8, 16)
# Samples that a graph is checked with, and that the steps of 8 bits are chosen by.
_N_CHECKS, _N_CALIBRATION = 64, 500
_MOST_TESTS = 1000  # whose predictions are timed


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = make_command(
        commands,
        "export",
        run=run,
        help="write a trained model as ONNX, with smaller weights, and its card",
        description="Write a trained model as an ONNX file, also with smaller weights, and its "
        "model card; print accuracy, size and latency of each.",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    parser.add_source(MODEL_FILE, help="file of the model (.sklv or .joblib)")
    parser.add_source(
        Source("samples", "DATA", "--samples", Path),
        aliases=["--data"],
        help="samples, with labels if possible (see below)",
    )
    add("--onnx", action="store_true", help="write the model as an ONNX file")
    add("--int8", action="store_true", help="write it with weights of 8 bits; needs --samples")
    add("--int16", action="store_true", help="write it with weights of 16 bits; needs --samples")
    add(
        "--skip-steps",
        metavar="STEP[,STEP]",
        help="first steps of the pipeline to leave out of the files, which ONNX cannot express: "
        "programs that use the files do them before",
    )
    add("--card", action="store_true", help="write the model card")
    add("--out", type=Path, metavar="DIR", help="directory to write to (default: MODEL_export)")
    add(
        "--max-accuracy-drop",
        type=float,
        metavar="FRACTION",
        help="accuracy that fewer bits may lose, such as 0.01, tested with 95 %% confidence on "
        "labeled samples; if more is lost, nothing is written (default: not tested)",
    )
    add("--target", metavar="COLUMN", help="column or array of labels (default: as in training)")
    statements = parser.add_argument_group("statements of the author for --card")
    for name, text in _STATEMENTS.items():
        statements.add_argument(f"--{name.replace('_', '-')}", metavar="TEXT", help=text)
    add_file_options(add)
    add_verify_option(add)
    add("--quiet", action="store_true", help="no remarks on standard error")


def run(args: argparse.Namespace) -> int:
    """Check, load, write, measure."""
    with convert_errors():
        _check_arguments(args)
        check_order(args.model, [] if args.samples is None else [args.samples])
        model = load_model(args.model, verify=args.verify, quiet=args.quiet)
        samples = None if args.samples is None else _read_samples(args, model)
        directory = args.out or args.model.with_name(f"{args.model.stem}_export")
        with _open_directory(directory, has_card=args.card):
            files = _write_graphs(args, model, samples, directory)
            if args.card:
                card = _make_card(args, model, samples, files)
                files |= {path.name: path for path in card.save(directory)}
        if samples is not None and (args.onnx or _list_bits(args)):
            print(_compare_files(args, model, files, samples), end="\n\n")
        print(f"Written to {directory.resolve()}:")
        from sklvision.reporting import format_bytes

        for name, path in files.items():
            print(f"  {name} ({format_bytes(path.stat().st_size)})")
    return 0


def _check_arguments(args: argparse.Namespace) -> None:
    sizes = [f"--int{bits}" for bits in _list_bits(args)]
    if not (args.onnx or args.card or sizes):
        raise ValueError("choose at least one of --onnx, --int8, --int16 and --card.")
    if sizes and args.samples is None:
        raise ValueError(
            f"{sizes[0]}: needs samples of the kind to be predicted; pass a few hundred by "
            "--samples DATA."
        )
    if args.max_accuracy_drop is not None and not sizes:
        raise ValueError("--max-accuracy-drop: is for --int8 and --int16.")
    if args.skip_steps is not None and not (args.onnx or sizes):
        raise ValueError("--skip-steps: is for --onnx, --int8 and --int16.")
    if args.target is not None and args.samples is None:
        raise ValueError("--target: names the labels of --samples, which is missing.")
    for name in _STATEMENTS:
        text = getattr(args, name)
        if text is None:
            continue
        if not args.card:
            raise ValueError(f"--{name.replace('_', '-')}: is for the card; add --card.")
        if not text.strip():
            raise ValueError(f"--{name.replace('_', '-')}: is empty.")


def _list_bits(args: argparse.Namespace) -> list[int]:
    return [bits for bits in _BITS if getattr(args, f"int{bits}")]


@contextmanager
def _open_directory(directory: Path, *, has_card: bool) -> Iterator[None]:
    """Make the directory, unless a file that is not ours would be replaced in it.

    A new directory is removed if an error leaves it empty.
    """
    from sklvision.reporting._card import check_readme

    if directory.exists() and not directory.is_dir():
        raise ValueError(f"--out {directory}: is a file, expected a directory.")
    if not directory.parent.is_dir():
        raise ValueError(f"--out {directory}: the directory {directory.parent} does not exist.")
    if has_card:
        check_readme(directory)
    is_new = not directory.exists()
    try:
        directory.mkdir(exist_ok=True)
    except OSError as error:
        raise ValueError(f"--out {directory}: cannot be made ({error.strerror}).") from error
    try:
        yield
    except BaseException:
        if is_new:
            with suppress(OSError):  # not empty
                directory.rmdir()
        raise


def _read_samples(args: argparse.Namespace, model: Any) -> Any:
    from sklvision.cli._samples import read_labeled_samples

    options = get_file_options(args)
    samples = read_labeled_samples(args.samples, model, target=args.target, **options)
    if args.max_accuracy_drop is not None and samples.y is None:
        raise ValueError(f"--max-accuracy-drop: needs samples with labels ({samples.reason}).")
    if not args.quiet:
        n_samples = len(samples)
        if samples.y is None:
            reason = name_options(str(samples.reason))
            text = f"without labels, so that no accuracy is measured ({reason})"
        else:
            text = "with labels: the accuracy is that of new samples if none was trained on"
        print(f"{args.samples}: {n_samples} samples, {text}", file=sys.stderr)
    return samples


def _write_graphs(
    args: argparse.Namespace, model: Any, samples: Any, directory: Path
) -> dict[str, Path]:
    """Write the requested ONNX files; return names and paths."""
    if not (args.onnx or _list_bits(args)):
        return {}
    from sklvision.export import quantize, to_onnx

    steps = _split_steps(args)
    files: dict[str, Path] = {}
    checks = None if samples is None else samples.take(_N_CHECKS).X
    with _open_graph_directory(directory, keeps_graph=args.onnx) as graph_directory:
        path = graph_directory / f"{args.model.stem}.onnx"
        graph = to_onnx(model, path, samples=checks, skip_steps=steps)
        if args.onnx:
            files[graph.name] = graph
        for bits in _list_bits(args):
            calibration, validation = samples.split(_N_CALIBRATION)
            options: dict[str, Any] = {"bits": bits}
            if args.max_accuracy_drop is not None:
                options["max_accuracy_drop"] = args.max_accuracy_drop
                options["validation"] = (_apply_steps(model, steps, validation.X), validation.y)
            inputs = _apply_steps(model, steps, calibration.X)
            small = directory / f"{args.model.stem}_int{bits}.onnx"
            files[small.name] = quantize(graph, inputs, small, **options)
    return files


def _split_steps(args: argparse.Namespace) -> list[str]:
    return [name.strip() for name in (args.skip_steps or "").split(",") if name.strip()]


def _apply_steps(model: Any, steps: list[str], X: Any) -> Any:
    """Apply the steps that the files leave out."""
    return model[: len(steps)].transform(X) if steps else X


@contextmanager
def _open_graph_directory(directory: Path, *, keeps_graph: bool) -> Iterator[Path]:
    """Return the directory, or a temporary one for a graph that only smaller ones are made of."""
    if keeps_graph:
        yield directory
        return
    with TemporaryDirectory() as name:
        yield Path(name)


def _make_card(args: argparse.Namespace, model: Any, samples: Any, files: dict[str, Path]) -> Any:
    from sklvision.export import model_card, read_manifest

    return model_card(
        model,
        read_manifest(args.model) if is_archive(args.model) else None,
        test_data=None if samples is None else (samples.X, samples.y),
        files=[args.model, *files.values()],
        **{name: getattr(args, name) for name in _STATEMENTS},
    )


def _compare_files(
    args: argparse.Namespace, model: Any, files: dict[str, Path], samples: Any
) -> Any:
    """Measure the model and each of its ONNX files, behind the steps that they leave out."""
    from sklearn.pipeline import make_pipeline

    from sklvision.export import BackendComparison, OnnxClassifier, compare_backends

    n_steps = len(_split_steps(args))
    backends = {args.model.name: model}
    for name, file in files.items():
        if file.suffix == ".onnx":
            backends[name] = (
                make_pipeline(model[:n_steps], OnnxClassifier(file)) if n_steps else file
            )
    # Samples that chose the steps of 8 bits are left out, if there are enough others.
    _, tests = samples.split(_N_CALIBRATION)
    tests = tests.take(_MOST_TESTS)
    table = compare_backends(backends, tests.X, tests.y).to_frame()
    table.loc[args.model.name, "bytes"] = args.model.stat().st_size
    for name, file in files.items():
        if name in table.index:
            table.loc[name, "bytes"] = file.stat().st_size
    return BackendComparison(table, len(tests))
