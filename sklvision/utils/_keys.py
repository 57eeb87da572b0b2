"""Keys of signatures by ed25519."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sklvision.utils._optional import import_optional


def load_key(key: Any, *, is_private: bool) -> Any:
    """Load a key from an object of cryptography, a path, PEM, OpenSSH or 32 raw bytes.

    Raises
    ------
    ValueError
        If it is not an unencrypted ed25519 key.
    ImportError
        If the extra ``sign`` is not installed.
    """
    ed25519 = import_cryptography("hazmat.primitives.asymmetric.ed25519")
    kind = "private" if is_private else "public"
    cls = ed25519.Ed25519PrivateKey if is_private else ed25519.Ed25519PublicKey
    if isinstance(key, cls):
        return key
    if not isinstance(key, (str, bytes, os.PathLike)):
        raise TypeError(f"expected an ed25519 {kind} key or its file, got {type(key).__name__}.")
    content = key if isinstance(key, bytes) else Path(key).read_bytes()
    source = "the bytes" if isinstance(key, bytes) else str(key)
    try:
        parsed_key = _parse_key(content, cls, kind)
    except ImportError:
        raise
    except Exception as error:  # of many kinds
        raise ValueError(
            f"{source}: cannot be read as an unencrypted ed25519 {kind} key ({error}). Expected "
            "the file of `openssl genpkey -algorithm ed25519` or `ssh-keygen -t ed25519`"
            f"{'' if is_private else ', its public part'}."
        ) from error
    if not isinstance(parsed_key, cls):
        raise ValueError(f"{source}: holds a key of another kind than ed25519.")
    return parsed_key


def _parse_key(content: bytes, cls: Any, kind: str) -> Any:
    serialization = import_cryptography("hazmat.primitives.serialization")
    if len(content) == 32:
        return getattr(cls, f"from_{kind}_bytes")(content)
    if kind == "public":
        if content.startswith(b"ssh-"):
            return serialization.load_ssh_public_key(content)
        return serialization.load_pem_public_key(content)
    if b"BEGIN OPENSSH" in content:
        return serialization.load_ssh_private_key(content, password=None)
    return serialization.load_pem_private_key(content, password=None)


def get_raw_key(public_key: Any) -> bytes:
    """Return the 32 bytes of a public key."""
    return public_key.public_bytes_raw()


def import_cryptography(name: str) -> Any:
    """Import a module of cryptography."""
    return import_optional(f"cryptography.{name}", extra="sign")
