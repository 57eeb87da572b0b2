"""Write a fitted model and the evidence about it to an archive."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sklearn.utils.validation import check_is_fitted

from sklvision.export._archive.container import write_container
from sklvision.export._archive.content import write_json
from sklvision.export._archive.encode import Encoder
from sklvision.export._archive.load import GRAPH, MANIFEST, check_members, rebuild
from sklvision.export._archive.manifest import make_manifest
from sklvision.export._archive.samples import make_record, replay_record
from sklvision.export._archive.signing import Key, make_signer
from sklvision.export._archive.types import TypeList
from sklvision.export._onnx_classifier import OnnxClassifier
from sklvision.utils._files import atomic_write
from sklvision.utils._nested import is_search
from sklvision.utils._validation import check_list, check_path


def save(
    model: Any,
    path: str | os.PathLike[str],
    *,
    comparison: Any = None,
    candidate: str | None = None,
    data: tuple[Any, Any] | None = None,
    samples: Any = None,
    onnx: bool = False,
    sign: Key | None = None,
    signer: str | None = None,
    remarks: Mapping[str, str] | None = None,
    types: Iterable[Any] = (),
) -> Path:
    """Write a fitted model as one file without a pickle, with the evidence about it inside.

    The file is a zip archive: numbers are arrays, the structure is JSON, and a manifest describes
    the input of the model, its training and its scores. Loading runs no code from the file.

    Parameters
    ----------
    model : estimator
        A fitted classifier of scikit-learn or of this package, alone, in a pipeline, an ensemble or
        a calibration. For a search, the best estimator is written.
    path : str or path-like
        The file to write. An existing file is replaced when the new one is complete. The usual
        suffix is ``.sklv``.
    comparison : ComparisonResult or AccuracyEstimate, default=None
        Result of :func:`~sklvision.model_selection.compare_estimators`, whose table, folds,
        tests and leaks become evidence in the manifest, and in the model card that
        :func:`model_card` makes of it; or of
        :func:`~sklvision.model_selection.estimate_accuracy`, for the card alone.
    candidate : str, default=None
        Name of the model in the comparison. None finds the classifier with the steps and
        parameters of the model.
    data : tuple of (X, y), default=None
        Training samples and labels. The manifest keeps their numbers and a checksum, not the
        data.
    samples : array-like of shape (n_samples, ...) or ImageCollection, default=None
        A few samples that are kept in the file with the model's outputs for them. Every
        :func:`load` predicts them again and compares. None keeps no samples.
    onnx : bool, default=False
        Whether to add the model as an ONNX graph (see :func:`to_onnx`), which can be loaded without
        torch.
    sign : key, path or bytes, default=None
        Private ed25519 key to sign the file with (extra ``sign``): an object of cryptography, a
        file in PEM or OpenSSH format, or its content.
    signer : str, default=None
        Name of the signer for the manifest. The key proves who signed; the name does not.
    remarks : dict of str to str, default=None
        Facts of your own for the manifest, such as how the accuracy was estimated.
    types : iterable of class or function, default=()
        Classes and functions of other packages that the model may contain. They are written by
        name. To load the file, they must be installed and passed as well.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    TypeError
        If the model contains other classes or functions; the message names the step and the type.
    ValueError
        If the samples are too many or too large, the graph cannot be made, or the comparison
        is of other classes or has no `candidate`.
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    ImportError
        If an extra that an option needs is not installed.
    OSError
        If the file cannot be written.

    Warns
    -----
    UserWarning
        If the model is not found in the comparison; its card then has no scores.

    See Also
    --------
    load : Load the file.
    read_manifest : Read the manifest without building the model.
    to_onnx : The graph alone.

    Notes
    -----
    Before the file replaces an older one, the model is built from it and predicts the samples.
    Equal models give equal files, except for the time of writing in the manifest.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.export import load, read_manifest, save
    >>> from sklvision.spectral import SpectralScaler
    >>> X, y = make_spectra(200, random_state=0, return_X_y=True)
    >>> model = make_pipeline(SpectralScaler("snv"), LogisticRegression()).fit(X, y)
    >>> path = save(model, Path(mkdtemp()) / "inspector.sklv", data=(X, y), samples=X[:3])
    >>> (load(path).predict(X) == model.predict(X)).all()
    np.True_
    >>> read_manifest(path)["data"]["n_samples"]
    200
    """
    if is_search(model) and hasattr(model, "best_estimator_"):
        model = model.best_estimator_
    check_is_fitted(model)
    types, remarks = check_list("types", types), _check_remarks(remarks)
    if signer is not None and not isinstance(signer, str):
        raise TypeError(f"signer must be a name, got {signer!r}.")
    sign_digest = None if sign is None else make_signer(sign)
    path = check_path("path", path)
    with atomic_write(path) as file:
        permitted = TypeList(types)
        members = Encoder(permitted, "model").encode_members(model)
        record = None if samples is None else make_record(model, samples)
        if record is not None:
            members |= Encoder(permitted, "samples").encode_members(record)
        if onnx:
            members[GRAPH] = _make_graph(model, samples)
        manifest = make_manifest(
            model,
            comparison=comparison,
            candidate=candidate,
            data=data,
            signer=signer,
            remarks=remarks,
        )
        manifest["samples"] = None if record is None else {"n_samples": len(record["labels"])}
        manifest["types"] = sorted(permitted.used_names)
        manifest["members"] = check_members(members)
        content = write_container({MANIFEST: write_json(manifest), **members}, sign_digest)
        _check_members(members, record, types, path)
        file.write(content)
    return path


def _check_remarks(remarks: Any) -> dict[str, str]:
    is_valid = remarks is None or isinstance(remarks, Mapping)
    texts = [text for pair in remarks.items() for text in pair] if is_valid and remarks else []
    if not is_valid or not all(isinstance(text, str) for text in texts):
        raise TypeError(f"remarks must be a dict of strings, got {remarks!r}.")
    return dict(remarks or {})


def _make_graph(model: Any, samples: Any) -> bytes:
    from sklvision.export._to_onnx import to_onnx

    with TemporaryDirectory() as folder:
        return to_onnx(model, Path(folder) / GRAPH, samples=samples).read_bytes()


def _check_members(members: dict[str, bytes], record: Any, types: list[Any], path: Path) -> None:
    """Build the model from what is to be written: a file that cannot be loaded is not written."""
    rebuilt = rebuild({name: bytearray(member) for name, member in members.items()}, types)
    if record is None:
        return
    replay_record(rebuilt, record, str(path), "")
    if GRAPH in members:
        replay_record(OnnxClassifier(members[GRAPH]), record, f"{path}, {GRAPH}", "")
