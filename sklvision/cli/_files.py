"""Files that a command is to write, refused early."""

from __future__ import annotations

from pathlib import Path

from sklvision.utils._files import temporary_path


def check_writable(path: Path) -> None:
    """Refuse a path that cannot be written, before hours of work."""
    if path.is_dir():
        raise ValueError(f"--out {path}: is a folder, a file name was expected.")
    if path.exists() and not path.is_file():
        raise ValueError(f"--out {path}: is no ordinary file.")
    if not path.parent.is_dir():
        raise ValueError(f"--out {path}: there is no folder {path.parent}.")
    temporary = temporary_path(path)
    try:  # permissions, quotas and read-only disks are only known for sure by writing
        with temporary.open("wb") as file:
            file.write(b"\0")
    except OSError as error:
        raise ValueError(f"--out {path}: cannot be written to ({error.strerror}).") from error
    finally:
        temporary.unlink(missing_ok=True)
