"""Download of the public data sets by pooch, continued where an earlier download broke off."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from sklvision.utils._optional import import_optional
from sklvision.utils._threads import map_ahead
from sklvision.utils._validation import check_path

# Path in the data home, checksum and URL of every file, in pooch's format.
REGISTRY = Path(__file__).with_name("registry.txt")
N_RETRIES = 3
TIMEOUT_SECONDS = 30.0


def get_data_home(data_home: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of the public data sets.

    .. versionadded:: 0.1

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder. ``None`` takes the environment variable ``SKLVISION_DATA``, else
        ``~/sklvision_data``.

    Returns
    -------
    data_home : pathlib.Path
        The folder, which need not exist yet.

    Raises
    ------
    TypeError
        If `data_home` is not a path.

    See Also
    --------
    sklearn.datasets.get_data_home : The same for the data sets of scikit-learn.

    Examples
    --------
    >>> from sklvision.datasets import get_data_home
    >>> get_data_home("my_data").name
    'my_data'
    """
    if data_home is None:
        data_home = os.environ.get("SKLVISION_DATA") or "~/sklvision_data"
    return check_path("data_home", data_home).expanduser()


def list_files(folder: str) -> list[str]:
    """List the registered files below one folder of the data home, in the order published."""
    return [name for name in _make_store(Path()).registry if name.startswith(f"{folder}/")]


def fetch_files(
    names: Sequence[str], home: Path, *, download_if_missing: bool, n_threads: int = 1
) -> list[Path]:
    """Check registered files in the data home, and download those that are missing."""
    store = _make_store(home)
    fetch = partial(_fetch_file, store, download_if_missing=download_if_missing)
    with _suppress_info(import_optional("pooch", extra="datasets").get_logger()):
        if n_threads == 1:
            return list(map(fetch, names))
        return list(map_ahead(fetch, names, n_threads=n_threads, n_ahead=2 * n_threads))


class _InterruptedDownloadError(ValueError):
    """A failure that may pass: pooch tries again after errors of this type."""


class _ResumingDownloader:
    """Downloader for pooch that continues a partial file; pooch's own starts again."""

    def __init__(self, path: Path, checksum: str) -> None:
        self.path = path
        self.part = path.with_name(f"{path.name}.part")
        self.checksum = checksum

    def __call__(self, url: str, output_file: str, store: Any) -> None:
        try:
            _append_rest(url, self.part)
        except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
            is_permanent = isinstance(error, HTTPError) and 400 <= error.code < 500
            raise (OSError if is_permanent else _InterruptedDownloadError)(str(error)) from error
        checksum = _compute_checksum(self.part, self.checksum)
        if checksum != self.checksum:
            corrupt = self.part.replace(self.path.with_name(f"{self.path.name}.corrupt"))
            raise OSError(
                f"the download differs from the published file ({checksum}, expected "
                f"{self.checksum}). It is kept as {corrupt}"
            )
        self.part.replace(output_file)


def _make_store(home: Path) -> Any:
    pooch = import_optional("pooch", extra="datasets")
    store = pooch.Pooch(path=home, base_url="", retry_if_failed=N_RETRIES, allow_updates=False)
    store.load_registry(REGISTRY)
    return store


def _fetch_file(store: Any, name: str, *, download_if_missing: bool) -> Path:
    path, checksum = Path(store.abspath, name), store.registry[name]
    if path.exists():
        digest = _compute_checksum(path, checksum)
        if digest != checksum:
            raise OSError(
                f"{path}: differs from the published file ({digest}, expected {checksum}). It is "
                "left unchanged; move it away to download it again."
            )
        return path
    if not download_if_missing:
        raise OSError(f"{path}: is missing, and download_if_missing=False.")
    downloader = _ResumingDownloader(path, checksum)
    # Threads that fetch files of one directory would all make it, and pooch allows only one to.
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        store.fetch(name, downloader=downloader)
    except (OSError, ValueError) as error:
        partial_file = (
            f" The part that arrived is kept in {downloader.part}, to be continued."
            if downloader.part.exists()
            else ""
        )
        raise OSError(f"{path.name} from {store.get_url(name)}: {error}.{partial_file}") from error
    return path


def _append_rest(url: str, part: Path) -> None:
    """Download the missing rest of a partial file, or all of it if the server cannot resume."""
    start = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "sklvision"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        response = urlopen(Request(url, headers=headers), timeout=TIMEOUT_SECONDS)
    except HTTPError as error:
        if error.code == 416:  # nothing lies beyond the part: the checksum decides if it is whole
            return
        raise
    with response:
        is_resumed = response.status == 206
        with part.open("ab" if is_resumed else "wb") as file:
            shutil.copyfileobj(response, file, 1 << 20)
        expected_size = response.headers["Content-Length"]
    arrived = part.stat().st_size - (start if is_resumed else 0)
    if expected_size is not None and arrived != int(expected_size):
        raise ConnectionError(f"cut short after {arrived} of {expected_size} bytes")


def _compute_checksum(path: Path, reference_checksum: str) -> str:
    """Compute the checksum of a file by the algorithm of another, as ``algorithm:digest``."""
    pooch = import_optional("pooch", extra="datasets")
    algorithm = reference_checksum.partition(":")[0]
    return f"{algorithm}:{pooch.file_hash(str(path), alg=algorithm)}"


@contextmanager
def _suppress_info(logger: logging.Logger) -> Iterator[None]:
    """Suppress the messages of a logger below the level of warnings."""
    level = logger.level
    logger.setLevel(max(level, logging.WARNING))
    try:
        yield
    finally:
        logger.setLevel(level)
