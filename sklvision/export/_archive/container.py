"""The zip file of an archive: stored members in one permitted form, and a seal over all bytes.

The form is so narrow that it is written and read by the same few lines: members are stored and not
compressed, follow each other without gaps, and have fixed dates and no extra fields. Whatever
differs from what would be written for the same names and contents is refused. So the size of the
file bounds the memory that reading takes, and nothing can be hidden between members.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from sklvision.export._errors import ModelFileError
from sklvision.utils._validation import check_path

Buffer = bytes | bytearray
Seal = dict[str, str]

MAX_FILE_BYTES = 2**31 - 1  # without the 64-bit fields of zip
MAX_MEMBERS = 50_000
_NAME = re.compile(
    rb"manifest\.json|(model|samples)\.json|(model|samples)/\d{1,5}\.npy|graph\.onnx"
)
_MAX_NAME = 24

_LOCAL, _ENTRY, _END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
_LOCAL_BYTES, _ENTRY_BYTES, _END_BYTES = 30, 46, 22
_VERSION, _DATE = 20, 0x21  # of the format; 1980-01-01, so that equal models are equal files
_MODE = 0o644 << 16
_BLOCK = 2**20
# Hexadecimal digits of the values of a seal, without and with a signature.
_SEALS = ({"sha256": 64}, {"sha256": 64, "key": 64, "signature": 128})


@dataclass
class Container:
    """Content of the zip file of an archive.

    Attributes
    ----------
    members : dict of str to bytearray
        Content of the members that were read.
    digests : dict of str to str
        SHA-256 of all members.
    seal : dict of str to str
        ``sha256`` of all bytes before the seal and, where they are signed, ``key`` and
        ``signature``; hexadecimal.
    """

    members: dict[str, bytearray] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    seal: Seal = field(default_factory=dict)


def write_container(
    members: Mapping[str, Buffer], sign: Callable[[bytes], Seal] | None = None
) -> bytearray:
    """Write members as the content of a file.

    Parameters
    ----------
    members : dict of str to bytes
        Names and contents, in the order of the file.
    sign : callable, default=None
        Takes the digest of everything that is sealed, and returns ``key`` and ``signature``.
    """
    content, entries = bytearray(), bytearray()
    for name, member in members.items():
        local, entry = _make_headers(name.encode(), zlib.crc32(member), len(member), len(content))
        content += local
        content += member
        entries += entry
    n_bytes = len(content)
    if n_bytes + len(entries) > MAX_FILE_BYTES or len(members) > MAX_MEMBERS:
        raise ValueError(
            f"The model takes {n_bytes:,} bytes in {len(members):,} members; an archive holds up "
            f"to {MAX_FILE_BYTES:,} bytes in {MAX_MEMBERS:,} members."
        )
    content += entries
    content += _make_end(len(members), len(entries), n_bytes, _measure_seal(_SEALS[bool(sign)]))
    digest = hashlib.sha256(content)
    seal = {"sha256": digest.hexdigest(), **(sign(digest.digest()) if sign else {})}
    content += json.dumps(seal).encode()
    return content


def _make_headers(name: bytes, crc: int, size: int, offset: int) -> tuple[bytes, bytes]:
    """Make the header in front of a member, and its entry in the directory."""
    fields = (_VERSION, 0, 0, 0, _DATE, crc, size, size, len(name), 0)
    local = struct.pack("<4s5H3L2H", _LOCAL, *fields) + name
    entry = struct.pack("<4s6H3L5H2L", _ENTRY, 3 << 8 | _VERSION, *fields, 0, 0, 0, _MODE, offset)
    return local, entry + name


def _make_end(n_members: int, n_entry_bytes: int, offset: int, n_seal_bytes: int) -> bytes:
    return struct.pack(
        "<4s4H2LH", _END, 0, 0, n_members, n_members, n_entry_bytes, offset, n_seal_bytes
    )


def _measure_seal(digits: Mapping[str, int]) -> int:
    return len(json.dumps({name: "0" * n for name, n in digits.items()}))


def read_container(path: str | os.PathLike[str], *, member: str | None = None) -> Container:
    """Read and check all bytes of an archive.

    Parameters
    ----------
    path : str or path-like
        The file.
    member : str, default=None
        Name of the one member to keep; all are checked. None keeps all.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ModelFileError
        If any byte is not as it was written; the message names the member where it can be told.
    """
    path = check_path("path", path)
    if not path.is_file() and path.exists():
        raise ModelFileError(f"{path}: is not an ordinary file, expected the file of a model.")
    if not path.exists():
        raise FileNotFoundError(f"{path}: does not exist, expected the file of a model.")
    with path.open("rb") as file:
        return _Reader(file, str(path)).read(member)


class _Reader:
    """Reads a file from the end, where the directory is, and then from the beginning."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file, self.name = file, name
        self.size = os.fstat(file.fileno()).st_size
        if self.size > MAX_FILE_BYTES:
            self.refuse(f"has {self.size:,} bytes, an archive at most {MAX_FILE_BYTES:,}")

    def refuse(self, problem: str) -> None:
        raise ModelFileError(f"{self.name}: {problem}. Nothing of it was loaded.")

    def read(self, selection: str | None) -> Container:
        end, seal_text, n_members, n_entry_bytes, offset = self._read_end()
        self.file.seek(offset)
        directory = self.file.read(n_entry_bytes)
        self.file.seek(0)
        container, sha = Container(), hashlib.sha256()
        place = 0
        for _ in range(n_members):
            place = self._read_member(directory, place, container, sha, selection)
        if place != len(directory) or self.file.tell() != offset:
            self.refuse("holds bytes that belong to no member")
        sha.update(directory)
        sha.update(end)
        container.seal = self._parse_seal(seal_text)
        if container.seal["sha256"] != sha.hexdigest():
            self.refuse("is damaged: its seal does not fit its content")
        return container

    def _read_end(self) -> tuple[bytes, bytes, int, int, int]:
        self.file.seek(max(0, self.size - _END_BYTES - _measure_seal(_SEALS[1])))
        tail = self.file.read()
        for digits in _SEALS:
            n_seal_bytes = _measure_seal(digits)
            start = len(tail) - n_seal_bytes - _END_BYTES
            if start < 0 or tail[start : start + 4] != _END:
                continue
            end, seal = tail[start : start + _END_BYTES], tail[start + _END_BYTES :]
            _, _, _, _, n, n_entry_bytes, offset, _ = struct.unpack("<4s4H2LH", end)
            is_bounded = n_entry_bytes <= n * (_ENTRY_BYTES + _MAX_NAME)
            is_whole = offset + n_entry_bytes == self.size - _END_BYTES - n_seal_bytes
            if end != _make_end(n, n_entry_bytes, offset, n_seal_bytes) or not is_whole:
                break
            if n > MAX_MEMBERS or not is_bounded:
                break
            return end, seal, n, n_entry_bytes, offset
        self.file.seek(0)
        self.refuse(_describe_beginning(self.file.read(4)))
        raise AssertionError

    def _read_member(
        self,
        directory: bytes,
        place: int,
        container: Container,
        sha: hashlib._Hash,
        selection: str | None,
    ) -> int:
        beginning = directory[place : place + _ENTRY_BYTES]
        if len(beginning) < _ENTRY_BYTES:
            self.refuse("is damaged: its directory is cut off")
        crc, size = struct.unpack_from("<2L", beginning, 16)
        (n_name,) = struct.unpack_from("<H", beginning, 28)
        name = directory[place + _ENTRY_BYTES : place + _ENTRY_BYTES + n_name]
        text = name.decode("ascii", "replace")
        if not _NAME.fullmatch(name):
            self.refuse(f"holds a member {text!r}, which no archive has")
        if text in container.digests:
            self.refuse(f"holds the member {text!r} twice")
        offset = self.file.tell()
        local, entry = _make_headers(name, crc, size, offset)
        header = self.file.read(len(local))
        if header != local or directory[place : place + len(entry)] != entry:
            self.refuse(f"is damaged: the headers of its member {text!r} are not as written")
        sha.update(header)
        if size > self.size - offset:
            self.refuse(f"is damaged: its member {text!r} is cut off")
        self._read_content(text, crc, size, container, sha, selection)
        return place + len(entry)

    def _read_content(
        self,
        name: str,
        crc: int,
        size: int,
        container: Container,
        sha: hashlib._Hash,
        selection: str | None,
    ) -> None:
        """Read a member block by block: into memory if it is kept, for its digests in any case."""
        is_kept = selection in (None, name)
        content = bytearray(size if is_kept else min(size, _BLOCK))
        view, digest, checksum = memoryview(content), hashlib.sha256(), 0
        for start in range(0, size, _BLOCK):
            n = min(_BLOCK, size - start)
            block = view[start : start + n] if is_kept else view[:n]
            if self.file.readinto(block) != n:  # type: ignore[attr-defined]
                self.refuse(f"is damaged: its member {name!r} is cut off")
            checksum = zlib.crc32(block, checksum)
            digest.update(block)
            sha.update(block)
        if checksum != crc:
            self.refuse(f"is damaged: its member {name!r} is not as written")
        container.digests[name] = digest.hexdigest()
        if is_kept:
            container.members[name] = content

    def _parse_seal(self, text: bytes) -> Seal:
        try:
            seal = json.loads(text)
        except ValueError:
            seal = None
        # The text must be the one that is written for these values.
        is_valid = isinstance(seal, dict) and any(
            list(seal) == list(digits)
            and all(re.fullmatch(f"[0-9a-f]{{{n}}}", str(seal[key])) for key, n in digits.items())
            for digits in _SEALS
        )
        if not is_valid or json.dumps(seal).encode() != text:
            self.refuse("is damaged: its seal cannot be read")
        return seal


def _describe_beginning(content: bytes) -> str:
    if content[:1] == b"\x80" or content[:1] == b"(":
        return (
            "is not an archive of sklvision but a pickle, as joblib.dump writes it: joblib.load "
            "reads it, and runs any code that it holds"
        )
    if content == _LOCAL:
        return "is a zip file, but not an archive of sklvision, or its end is damaged or missing"
    return "is not an archive of sklvision, or damaged at both ends"
