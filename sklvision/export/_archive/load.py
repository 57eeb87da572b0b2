"""Load a model from an archive, and read its manifest."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterable, Mapping, MutableMapping
from importlib.util import find_spec
from typing import Any

from sklvision.export._archive.container import Buffer, Container, read_container
from sklvision.export._archive.content import read_json
from sklvision.export._archive.decode import Decoder
from sklvision.export._archive.manifest import FORMAT
from sklvision.export._archive.samples import replay_record
from sklvision.export._archive.signing import Key, verify_seal
from sklvision.export._archive.types import TypeList
from sklvision.export._archive.versions import describe_differences
from sklvision.export._errors import ModelFileError
from sklvision.export._onnx_classifier import OnnxClassifier
from sklvision.utils._validation import check_path, is_option

Manifest = dict[str, Any]

MANIFEST, GRAPH = "manifest.json", "graph.onnx"
_BACKENDS = ("auto", "python", "onnx")
# Entries that every manifest of this format has, and their types.
_ENTRIES: dict[str, Any] = {
    "format": int,
    "created": str,
    "made_with": dict,
    "signer": (str, type(None)),
    "model": dict,
    "input": (dict, type(None)),
    "classes": (list, type(None)),
    "training": list,
    "data": (dict, type(None)),
    "evidence": (dict, type(None)),
    "samples": (dict, type(None)),
    "remarks": dict,
    "card": (dict, type(None)),
    "types": list,
    "members": dict,
}


def load(
    path: str | os.PathLike[str],
    *,
    backend: str = "auto",
    verify: Key | None = None,
    types: Iterable[Any] = (),
) -> Any:
    """Load a model that :func:`save` wrote, without running code from the file.

    Parameters
    ----------
    path : str or path-like
        The file.
    backend : {"auto", "python", "onnx"}, default="auto"
        Model to build: the estimator that was saved, or an :class:`OnnxClassifier` of the graph in
        the file, which needs no torch. ``"auto"`` uses the graph only if the estimator needs torch
        and torch is not installed.
    verify : key, path or bytes, default=None
        Public ed25519 key that must have signed the file (extra ``sign``). None accepts unsigned
        files, and files with a valid signature from anyone.
    types : iterable of class or function, default=()
        Classes and functions of other packages that the file may name, in addition to those of
        scikit-learn and this package. All others are an error and are not imported.

    Returns
    -------
    model : estimator
        The fitted estimator.

    Raises
    ------
    ModelFileError
        If the file was changed after it was written, holds something that is not permitted, is not
        signed as required, has a newer format, or if its samples no longer get the outputs that
        were saved.
    FileNotFoundError
        If the file does not exist.
    ValueError
        If there is no backend of that name.
    ImportError
        If a package that the model needs is not installed.

    Warns
    -----
    UserWarning
        If the minor version of a package that the model depends on differs from when it was saved.

    See Also
    --------
    save : Write the file.
    read_manifest : Read the manifest and the signer.

    Notes
    -----
    The whole file is checked before anything is built. Golden samples are predicted on one thread,
    so processes that are forked afterwards can predict.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.export import load, save
    >>> X, y = load_iris(return_X_y=True)
    >>> path = save(GaussianNB().fit(X, y), Path(mkdtemp()) / "iris.sklv", samples=X[:3])
    >>> load(path).predict(X[:2])
    array([0, 0])
    """
    if not is_option(backend, _BACKENDS):
        raise ValueError(f"backend must be one of {', '.join(_BACKENDS)}, got {backend!r}.")
    name = os.fspath(check_path("path", path))
    container = read_container(path)
    manifest = _read_manifest(container, str(name))
    verify_seal(container.seal, verify, str(name))
    difference, remedy = describe_differences(manifest["made_with"])
    advice = f" It was saved with {difference}; for the same: {remedy}." if difference else ""
    uses_graph = _is_graph_needed(backend, container, manifest, str(name))
    try:
        if uses_graph:
            model: Any = OnnxClassifier(bytes(container.members[GRAPH]))
            model.classes_  # noqa: B018  opens the graph
        else:
            model = rebuild(container.members, types)
        if manifest["samples"] is not None:
            record = Decoder(container.members, TypeList(), "samples").decode()
            replay_record(model, record, str(name), advice)
    except ModelFileError as error:
        if str(error).startswith(str(name)):
            raise
        raise ModelFileError(f"{name}: {error}{advice}") from error
    if difference and not uses_graph:
        warnings.warn(
            f"{name} was saved with {difference}. "
            f"{_describe_replay(manifest)}; for the same versions: {remedy}.",
            UserWarning,
            stacklevel=2,
        )
    return model


def read_manifest(path: str | os.PathLike[str], *, verify: Key | None = None) -> Manifest:
    """Read the manifest of an archive without building the model.

    .. versionadded:: 0.1

    Parameters
    ----------
    path : str or path-like
        The file. All of its bytes are checked.
    verify : key, path or bytes, default=None
        Public ed25519 key that must have signed the file (extra ``sign``).

    Returns
    -------
    manifest : dict
        Plain values: ``format``, ``created``, ``made_with`` (versions), ``signer``, ``model``
        (class and steps), ``input`` (the input contract), ``classes``, ``training`` (parameters of
        each learner and the end of its training), ``data`` (numbers and checksum of the training
        data), ``evidence`` (the comparison: ``table``, ``differences``, ``folds``, ``leaks``,
        ``description``), ``card`` (facts for :func:`model_card`), ``remarks``, ``samples``,
        ``types`` (from other packages, to be passed to :func:`load`), ``members`` (checksums),
        ``backends``, and ``signature``: ``state`` ("valid", "not checked" or "unsigned"), ``key``
        and ``fingerprint``.

    Raises
    ------
    ModelFileError
        If the file was changed after it was written, is not signed as required, or has a newer
        format.
    FileNotFoundError
        If the file does not exist.

    See Also
    --------
    load : Load the model.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.export import read_manifest, save
    >>> X, y = load_iris(return_X_y=True)
    >>> path = save(GaussianNB().fit(X, y), Path(mkdtemp()) / "iris.sklv")
    >>> manifest = read_manifest(path)
    >>> manifest["format"], manifest["classes"], manifest["signature"]["state"]
    (1, [0, 1, 2], 'unsigned')
    """
    name = os.fspath(check_path("path", path))
    container = read_container(path, member=MANIFEST)
    manifest = _read_manifest(container, name)
    signature = verify_seal(container.seal, verify, name)
    backends = ["python", *(["onnx"] if GRAPH in container.digests else [])]
    return manifest | {"backends": backends, "signature": signature}


def rebuild(members: MutableMapping[str, bytearray], types: Iterable[Any]) -> Any:
    """Build the model of an archive."""
    model = Decoder(members, TypeList(types), "model").decode()
    if not hasattr(model, "predict"):
        raise ModelFileError(f"It holds a {type(model).__name__}, not a model that predicts.")
    return model


def check_members(members: Mapping[str, Buffer]) -> dict[str, str]:
    """Return the checksum of every member."""
    return {name: hashlib.sha256(member).hexdigest() for name, member in members.items()}


def _read_manifest(container: Container, name: str) -> Manifest:
    """Parse the manifest, and compare the checksums in it with those of the members."""
    if MANIFEST not in container.members:
        raise ModelFileError(f"{name}: lacks its manifest.")
    try:
        manifest = read_json(container.members[MANIFEST], MANIFEST)
    except ModelFileError as error:
        raise ModelFileError(f"{name}: {error}") from error
    version = manifest.get("format") if isinstance(manifest, dict) else None
    if type(version) is int and version > FORMAT:
        made_with = manifest.get("made_with")
        newer = made_with.get("sklvision") if isinstance(made_with, dict) else None
        bound = f">={newer}" if isinstance(newer, str) and len(newer) < 40 else ""
        raise ModelFileError(
            f"{name}: is of format {version}, and this sklvision reads formats up to {FORMAT}. "
            f"Install a newer one: pip install 'sklvision{bound}'."
        )
    wrong = [
        key
        for key, kind in _ENTRIES.items()
        if not isinstance(manifest, dict)
        or key not in manifest
        or not isinstance(manifest[key], kind)
    ]
    if wrong or version != FORMAT:
        raise ModelFileError(f"{name}: its manifest lacks a valid {(wrong or ['format'])[0]!r}.")
    if not all(isinstance(part, str) for part in manifest["made_with"].values()):
        raise ModelFileError(f"{name}: its manifest has versions that are not strings.")
    _compare_digests(container, manifest["members"], name)
    return manifest


def _describe_replay(manifest: Manifest) -> str:
    if manifest["samples"] is None:
        return "It holds no samples to compare outputs with"
    return "The samples saved with it get the same outputs"


def _compare_digests(container: Container, expected: dict[str, str], name: str) -> None:
    digests = {key: value for key, value in container.digests.items() if key != MANIFEST}
    for member in sorted(digests.keys() | expected.keys()):
        if digests.get(member) != expected.get(member):
            raise ModelFileError(
                f"{name}: its member {str(member)[:60]!r} is not the one that its manifest "
                "describes. Nothing of it was loaded."
            )


def _is_torch_installed() -> bool:
    try:
        return find_spec("torch") is not None
    except ImportError:
        return False


def _is_graph_needed(backend: str, container: Container, manifest: Manifest, name: str) -> bool:
    """Whether to run the graph instead of building the estimator."""
    has_graph = GRAPH in container.members
    needs_torch = manifest["model"].get("has_net") is True and not _is_torch_installed()
    if needs_torch and (backend == "python" or (backend == "auto" and not has_graph)):
        raise ImportError(
            f"{name}: holds a net, and torch is not installed. Install it with: pip install torch. "
            "To load it without torch, save it with onnx=True, and load it with backend='auto'."
        )
    if backend == "auto":
        return needs_torch
    if backend == "onnx" and not has_graph:
        raise ModelFileError(
            f"{name}: holds no ONNX graph. Save the model with onnx=True, or load it with "
            "backend='python'."
        )
    return backend == "onnx"
