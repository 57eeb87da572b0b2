"""Files from the web: resumed where they broke off, checked, and renamed when complete."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import time
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

logger = logging.getLogger(__name__)

RETRIES = 3
SECONDS_BEFORE_RETRY = 1.0
TIMEOUT_SECONDS = 30.0


class Remote(NamedTuple):
    """Where a file is, and its checksum as ``"algorithm:hexdigest"``."""

    url: str
    checksum: str


def data_home_path(data_home: str | os.PathLike[str] | None) -> Path:
    """Folder of the data sets: as given, else ``SKLVISION_DATA``, else in the user's home."""
    if data_home is None:
        data_home = os.environ.get("SKLVISION_DATA") or "~/sklvision_data"
    return Path(data_home).expanduser()


def obtain(remote: Remote, path: Path, *, download_if_missing: bool) -> Path:
    """Make sure that a file is there and is the right one."""
    if path.exists():
        found = _digest(path, remote)
        if found != remote.checksum:
            raise OSError(
                f"{path}: the file differs from the published one ({found}, expected "
                f"{remote.checksum}). It is left as it is; move it away to fetch it again."
            )
    elif download_if_missing:
        _download(remote, path)
    else:
        raise OSError(f"{path}: not there, and download_if_missing=False.")
    return path


def _download(remote: Remote, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    logger.info("Downloading %s to %s", remote.url, path)
    for retries_left in reversed(range(RETRIES + 1)):
        try:
            _append(remote.url, part)
            break
        except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
            for_good = isinstance(error, HTTPError) and 400 <= error.code < 500
            if for_good or not retries_left:
                kept = f" What came is kept in {part}, to go on from." if part.exists() else ""
                raise OSError(f"{path.name} from {remote.url}: {error}.{kept}") from error
            logger.warning("%s: %s; trying again", remote.url, error)
            time.sleep(SECONDS_BEFORE_RETRY)
    found = _digest(part, remote)
    if found != remote.checksum:
        kept_as = part.replace(path.with_name(f"{path.name}.corrupt"))
        raise OSError(
            f"{path.name} from {remote.url}: what came differs from what was published ({found}, "
            f"expected {remote.checksum}). It is kept as {kept_as}."
        )
    part.replace(path)


def _append(url: str, part: Path) -> None:
    """Fetch what is missing from a part of a file, or all of it if the server can't resume."""
    start = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "sklvision"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        response = urlopen(Request(url, headers=headers), timeout=TIMEOUT_SECONDS)
    except HTTPError as error:
        if error.code == 416:  # nothing lies beyond the part: the checksum tells if it is whole
            return
        raise
    with response:
        resumed = response.status == 206
        with part.open("ab" if resumed else "wb") as file:
            shutil.copyfileobj(response, file, 1 << 20)
        announced = response.headers["Content-Length"]
    came = part.stat().st_size - (start if resumed else 0)
    if announced is not None and came != int(announced):
        raise ConnectionError(f"cut short after {came} of {announced} bytes")


def _digest(path: Path, remote: Remote) -> str:
    algorithm = remote.checksum.partition(":")[0]
    with path.open("rb") as file:
        # MD5 is what some of the publishers give; it guards against accidents only.
        digest = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False))
    return f"{algorithm}:{digest.hexdigest()}"
