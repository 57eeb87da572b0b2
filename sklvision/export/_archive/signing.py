"""Signatures of archives by ed25519."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sklvision.export._archive.container import Seal
from sklvision.export._errors import ModelFileError
from sklvision.utils._optional import import_optional

Key = Any  # an ed25519 key of cryptography, the path of one, or its content
_PURPOSE = b"sklvision archive, format 1\0"  # so that a signature is valid for nothing else


def make_signer(key: Key) -> Callable[[bytes], Seal]:
    """Make the function that signs the digest of an archive by a private key."""
    private_key = _load_key(key, is_private=True)
    public = _get_raw(private_key.public_key())

    def sign_digest(digest: bytes) -> Seal:
        return {"key": public.hex(), "signature": private_key.sign(_PURPOSE + digest).hex()}

    return sign_digest


def verify_seal(seal: Seal, verify: Key | None, name: str) -> dict[str, str | None]:
    """Check the signature of an archive.

    Parameters
    ----------
    seal : dict of str to str
        Seal of the archive.
    verify : key, path, bytes, or None
        The public key that it must be signed by; None checks a signature where there is one and it
        can be checked.
    name : str
        Name of the file in errors.

    Returns
    -------
    signature : dict
        ``state`` ("valid", "not checked" or "unsigned"), ``key`` (the public key, hexadecimal) and
        ``fingerprint`` (a short name of the key).
    """
    expected = None if verify is None else _get_raw(_load_key(verify, is_private=False)).hex()
    key = seal.get("key")
    if key is None:
        if expected is not None:
            raise ModelFileError(
                f"{name}: is not signed, expected the signature of {get_fingerprint(expected)}."
            )
        return {"state": "unsigned", "key": None, "fingerprint": None}
    state = "valid"
    try:
        _check_signature(key, seal["signature"], bytes.fromhex(seal["sha256"]), name)
    except ImportError:
        if expected is not None:
            raise
        state = "not checked"
    if expected is not None and key != expected:
        raise ModelFileError(
            f"{name}: is signed by {get_fingerprint(key)}, expected {get_fingerprint(expected)}."
        )
    return {"state": state, "key": key, "fingerprint": get_fingerprint(key)}


def get_fingerprint(key: str) -> str:
    """Return a short name of a public key: the beginning of its SHA-256."""
    return f"ed25519:{hashlib.sha256(bytes.fromhex(key)).hexdigest()[:16]}"


def _check_signature(key: str, signature: str, digest: bytes, name: str) -> None:
    ed25519 = _import("hazmat.primitives.asymmetric.ed25519")
    exceptions = _import("exceptions")
    public_key = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    try:
        public_key.verify(bytes.fromhex(signature), _PURPOSE + digest)
    except exceptions.InvalidSignature:
        raise ModelFileError(f"{name}: its signature does not fit its content.") from None


def _load_key(key: Key, *, is_private: bool) -> Any:
    """Load a key from an object of cryptography, a path, PEM, OpenSSH or 32 raw bytes."""
    ed25519 = _import("hazmat.primitives.asymmetric.ed25519")
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
    serialization = _import("hazmat.primitives.serialization")
    if len(content) == 32:
        return getattr(cls, f"from_{kind}_bytes")(content)
    if kind == "public":
        if content.startswith(b"ssh-"):
            return serialization.load_ssh_public_key(content)
        return serialization.load_pem_public_key(content)
    if b"BEGIN OPENSSH" in content:
        return serialization.load_ssh_private_key(content, password=None)
    return serialization.load_pem_private_key(content, password=None)


def _get_raw(public_key: Any) -> bytes:
    return public_key.public_bytes_raw()


def _import(name: str) -> Any:
    return import_optional(f"cryptography.{name}", extra="sign")
