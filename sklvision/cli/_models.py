"""Files of models: archives, which run nothing, and pickles, which run the code that they hold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sklvision.cli._parser import Source
from sklvision.utils._files import ARCHIVE_SUFFIX, PICKLE_SUFFIXES, atomic_write, is_archive

ONNX_SUFFIX = ".onnx"
MODEL_FILE = Source("model", "MODEL", "--model", Path, is_required=True)

# Samples of the data that an archive keeps: enough to notice a model that computes something else.
_MOST_SAMPLES, _MOST_SAMPLE_BYTES = 5, 2**20


def add_verify_option(add: Any) -> None:
    """Add the option of the key that must have signed an archive."""
    add(
        "--verify",
        type=Path,
        metavar="PUBLIC_KEY",
        help="file of the ed25519 key that must have signed the model; others are refused",
    )


def has_model_suffix(path: Path) -> bool:
    """Whether the name of a file is that of a model."""
    return path.suffix.lower() in (ARCHIVE_SUFFIX, ONNX_SUFFIX, *PICKLE_SUFFIXES)


def check_order(model: Path, data: list[Path]) -> None:
    """Raise if the data come before the model."""
    swapped = [path for path in data if has_model_suffix(path) and path.is_file()]
    if swapped and model.exists() and not has_model_suffix(model):
        raise ValueError(
            f"{model}: is not the file of a model, but {swapped[0]} is: MODEL comes before data."
        )


def check_model_suffix(path: Path) -> Path:
    """Return the path that a model is written to: an archive where there is no suffix."""
    if path.is_dir():  # an error that check_writable describes
        return path
    if not path.suffix:
        return path.with_name(path.name + ARCHIVE_SUFFIX)
    if path.suffix.lower() not in (ARCHIVE_SUFFIX, *PICKLE_SUFFIXES):
        raise ValueError(
            f"--out {path}: expected the suffix {ARCHIVE_SUFFIX} (an archive) or "
            f"{PICKLE_SUFFIXES[0]} (a pickle of joblib)."
        )
    return path


def check_key(path: Path | None, out: Path) -> None:
    """Raise, before hours of work, if a model cannot be signed by a key."""
    if path is None:
        return
    if out.suffix.lower() != ARCHIVE_SUFFIX:
        raise ValueError(f"--sign: only archives ({ARCHIVE_SUFFIX}) are signed, got --out {out}.")
    from sklvision.utils._keys import load_key

    load_key(path, is_private=True)


def take_samples(X: Any) -> Any:
    """Take a few samples, spread evenly over all, that an archive may keep."""
    import math

    import numpy as np

    from sklvision.utils._samples import as_samples

    samples = as_samples(X)
    shape = samples.sample_shape or np.shape(samples.data[0])
    n_bytes = max(1, math.prod(shape) * samples.dtype.itemsize)
    n = min(_MOST_SAMPLES, len(samples), max(1, _MOST_SAMPLE_BYTES // n_bytes))
    return samples.take(np.linspace(0, len(samples) - 1, n).astype(int)).data


def load_model(
    path: Path, *, verify: Path | None = None, quiet: bool = False, predicts: bool = True
) -> Any:
    """Load a fitted model, or raise an error that names the file.

    Parameters
    ----------
    path : Path
        An archive, an ONNX file, or a pickle of joblib, after which a note is printed.
    verify : Path, default=None
        Public key that must have signed the file.
    quiet : bool, default=False
        Whether to leave out the note.
    predicts : bool, default=True
        Whether the model is to predict samples of files, so that no step may be left out.
    """
    if path.is_dir():
        raise ValueError(f"{path}: is a directory, expected the file of a model.")
    if not path.exists():
        raise FileNotFoundError(f"{path}: does not exist.")
    if is_archive(path):
        from sklvision.export import load

        return load(path, verify=verify)
    if verify is None and path.suffix.lower() == ONNX_SUFFIX:
        model = _open_graph(path)
        if predicts:
            from sklvision.utils._nested import check_no_step_is_left_out  # loads scikit-learn

            check_no_step_is_left_out(model, path)
        return model
    if verify is not None:
        raise ValueError(
            f"--verify: {path} is not an archive, and only archives (.sklv) are signed."
        )
    from sklvision.utils._nested import check_loaded_model

    model = _load_pickle(path)
    check_loaded_model(model, path)
    if not quiet:
        print(
            f"sklvision: note: {path} is a pickle: loading it ran the code that it holds. "
            f"{ARCHIVE_SUFFIX} files run none.",
            file=sys.stderr,
        )
    return model


def _open_graph(path: Path) -> Any:
    from sklvision.export import OnnxClassifier

    model = OnnxClassifier(path)
    _ = model.classes_  # reads the file, whose errors name it
    return model


def _load_pickle(path: Path) -> Any:
    import joblib

    try:
        return joblib.load(path)
    except FileNotFoundError as error:
        if Path(error.filename or "") != path:
            raise
        raise FileNotFoundError(f"{path}: does not exist.") from error
    except Exception as error:  # other files, and pickles of other versions, raise anything
        reason = ": ".join(filter(None, [type(error).__name__, str(error)]))
        raise ValueError(
            f"{path}: cannot be loaded as a model ({reason}). Expected an archive "
            f"({ARCHIVE_SUFFIX}), an ONNX file ({ONNX_SUFFIX}) or a pickle of joblib "
            f"({PICKLE_SUFFIXES[0]})."
        ) from error


def write_model(model: Any, path: Path, **options: Any) -> None:
    """Write a model in the format of the suffix; options are those of archives."""
    if path.suffix.lower() == ARCHIVE_SUFFIX:
        from sklvision.export import save

        save(model, path, **options)
        return
    import joblib

    with atomic_write(path) as file:
        joblib.dump(model, file)
