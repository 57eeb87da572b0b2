"""Files that are written completely or not at all."""

from __future__ import annotations

import errno
import os
import platform
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

# Suffixes of files of models: archives, and pickles, which run the code that they hold.
ARCHIVE_SUFFIX = ".sklv"
PICKLE_SUFFIXES = (".joblib", ".pkl", ".pickle")
PARQUET_SUFFIXES = (".parquet", ".pq", ".parq")

READING_ADVICE = (
    "Repair or remove the file, or leave such files out with on_error='skip', which reads every "
    "file once before any work."
)

# Advice by the error of the system, where a file cannot be written.
_FREE_SPACE = "Free some space, or choose another place"
_ALLOW_WRITING = "Choose another place, or change the permissions"
_ADVICE = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EFBIG: "Raise the limit on the size of files (ulimit -f), or choose another place",
    errno.EROFS: _ALLOW_WRITING,
    errno.EACCES: _ALLOW_WRITING,
    errno.EPERM: _ALLOW_WRITING,
}
# Names of processes are unique on one machine alone, and folders are shared by several.
_HOST = sha256(platform.node().encode()).hexdigest()[:6]
_TEMPORARY_NAME = re.compile(rf"\..+\.(\d+)-[0-9a-f]+-{_HOST}\.tmp", re.DOTALL)
# Bytes that file systems allow for a name.
_MAX_NAME_BYTES = 255
_DIGEST_BYTES = 32


def is_parquet(path: Path) -> bool:
    """Whether the suffix of a file is that of Parquet."""
    return path.suffix.lower() in PARQUET_SUFFIXES


@contextmanager
def atomic_write(path: str | os.PathLike[str], *, text: bool = False) -> Iterator[IO[Any]]:
    """Open a temporary file that replaces `path` when the block ends without an error.

    Parameters
    ----------
    path : str or path-like
        The file to write. A symbolic link stays one: its target is replaced.
    text : bool, default=False
        Whether to write text, in UTF-8, instead of bytes.

    Yields
    ------
    file : file object
        The temporary file, in the same directory.

    Raises
    ------
    IsADirectoryError
        If `path` is a directory.
    OSError
        If the file cannot be written, as on a full disk; the message names `path`. An earlier file
        is then unchanged.
    """
    if Path(path).is_dir():
        raise IsADirectoryError(f"'{path}' is a directory, expected the name of a file to write.")
    temporary = temporary_path(path)
    # Names of files may hold bytes that are not UTF-8: they are written unchanged.
    text_options: dict[str, Any] = {
        "encoding": "utf-8",
        "newline": "",
        "errors": "surrogateescape",
    }
    try:
        with temporary.open("w" if text else "wb", **(text_options if text else {})) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(Path(path).resolve())
    except OSError as error:
        temporary.unlink(missing_ok=True)
        explained = make_write_error(error, path, temporary)
        if explained is None:
            raise
        raise explained from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_with_digest(path: Path, content: bytes) -> None:
    """Write a file that starts with the digest of its content."""
    with atomic_write(path) as file:
        file.write(sha256(content).digest())
        file.write(content)


def read_with_digest(path: Path) -> bytes:
    """Read a file that `write_with_digest` wrote; raise if it was damaged since."""
    content = path.read_bytes()
    digest, content = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if sha256(content).digest() != digest:
        raise ValueError(f"{path} does not have the content that was written")
    return content


def make_write_error(
    error: OSError, path: str | os.PathLike[str], temporary: Path | None = None
) -> OSError | None:
    """Make an error that names the file that was to be written and says what to do.

    Parameters
    ----------
    error : OSError
        Error of the system: of writing, which names no file, or of opening, which names
        `temporary`.
    path : str or path-like
        The file to write.
    temporary : Path, default=None
        The file that is written in its place.

    Returns
    -------
    error : OSError or None
        An error of the same class and number. None for errors of other files.
    """
    is_known = error.filename is None and error.errno in _ADVICE
    if not is_known and (temporary is None or error.filename != str(temporary)):
        return None
    advice = _ADVICE.get(error.errno or 0)
    if error.errno == errno.ENOENT:
        advice = "Its directory does not exist"
    old_file_note = " The earlier file is unchanged." if Path(path).exists() else ""
    advice = f" {advice}." if advice else ""
    explained = type(error)(
        f"{os.fspath(path)}: cannot be written ({error.strerror}).{old_file_note}{advice}"
    )
    explained.errno = error.errno
    return explained


def temporary_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a hidden temporary file in the directory of `path`.

    Every thread of every process of every machine has its own.
    """
    path = Path(path).resolve()
    end = f".{os.getpid()}-{threading.get_ident():x}-{_HOST}.tmp"
    name = os.fsencode(path.name)[: _MAX_NAME_BYTES - len(end) - 1]
    return path.with_name(f".{name.decode(errors='ignore')}{end}")


def remove_leftovers(folder: str | os.PathLike[str]) -> None:
    """Remove the temporary files of a folder whose process, of this machine, was killed.

    They never stand for a file: its name has only what was written completely.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = _TEMPORARY_NAME.fullmatch(entry.name)
            if match and not _is_running(int(match[1])):
                Path(entry.path).unlink(missing_ok=True)


def _is_running(process_id: int) -> bool:
    """Whether a process of this machine is alive, and not just waited for by its parent."""
    if os.name != "posix":  # where no signal merely asks
        return True
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    with suppress(OSError):  # of Linux: the state stands behind the name
        stat = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
        return stat.rpartition(")")[2].split()[0] not in "ZX"
    return True


def is_archive(path: str | os.PathLike[str]) -> bool:
    """Whether a file of a model is an archive, by its name or its first bytes, and not a pickle."""
    path = Path(path)
    if path.suffix.lower() == ARCHIVE_SUFFIX:
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\3\4"
    except OSError:
        return False
