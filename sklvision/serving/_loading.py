"""Models loaded from files: archives and ONNX files, and pickles only where that is allowed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sklvision.utils._files import is_archive
from sklvision.utils._nested import check_loaded_model, check_no_step_is_left_out


def load_served_model(
    path: str | os.PathLike[str],
    *,
    allow_pickle: bool = False,
    verify: str | os.PathLike[str] | None = None,
) -> tuple[Any, dict[str, Any] | None]:
    """Load a fitted model and, of an archive, its manifest.

    Parameters
    ----------
    path : str or path-like
        An archive of ``sklvision.export.save``, an ONNX file of ``to_onnx`` or, if allowed, a
        file of ``joblib.dump``.
    allow_pickle : bool, default=False
        Whether a file of ``joblib.dump`` is loaded, which runs the code that it holds.
    verify : str or path-like, default=None
        File of the public key that must have signed an archive.

    Returns
    -------
    model : estimator
        The model.
    manifest : dict or None
        Manifest of the archive.
    """
    path = Path(path)
    if not path.is_file():
        problem = "is a directory" if path.is_dir() else "does not exist"
        raise FileNotFoundError(f"{path}: {problem}, expected the file of a model.")
    manifest = None
    if is_archive(path):
        from sklvision.export import load, read_manifest

        manifest = read_manifest(path, verify=verify)
        model = load(path, verify=verify)
    elif verify is not None:
        raise ValueError(f"verify={os.fspath(verify)!r}: only archives (.sklv) are signed.")
    elif path.suffix.lower() == ".onnx":
        from sklvision.export import OnnxClassifier

        model = OnnxClassifier(path)
        model.classes_  # noqa: B018 - opens the file now, and not with the first request
        check_no_step_is_left_out(model, path)
    elif allow_pickle:
        model = _load_pickle(path)
    else:
        raise ValueError(
            f"{path}: is probably a pickle, which can run any code. If you trust its author, "
            "serve it with allow_pickle=True."
        )
    check_loaded_model(model, path)
    return model, manifest


def _load_pickle(path: Path) -> Any:
    import joblib

    try:
        return joblib.load(path)
    except Exception as error:  # other files, and pickles of other versions, raise anything
        raise ValueError(
            f"{path}: cannot be loaded as a model ({type(error).__name__}: {error})."
        ) from error
