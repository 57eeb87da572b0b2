"""Signatures of archives by ed25519."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from sklvision.export._archive.container import Seal
from sklvision.export._errors import ModelFileError
from sklvision.utils._keys import get_raw_key, import_cryptography, load_key

Key = Any  # an ed25519 key of cryptography, the path of one, or its content
_PURPOSE = b"sklvision archive, format 1\0"  # so that a signature is valid for nothing else


def make_signer(key: Key) -> Callable[[bytes], Seal]:
    """Make the function that signs the digest of an archive by a private key."""
    private_key = load_key(key, is_private=True)
    public = get_raw_key(private_key.public_key())

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
        The public key that it must be signed by; None checks a signature if there is one and it
        can be checked.
    name : str
        Name of the file in errors.

    Returns
    -------
    signature : dict
        ``state`` ("valid", "not checked" or "unsigned"), ``key`` (the public key, hexadecimal) and
        ``fingerprint`` (a short name of the key).
    """
    expected = None if verify is None else get_raw_key(load_key(verify, is_private=False)).hex()
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
    ed25519 = import_cryptography("hazmat.primitives.asymmetric.ed25519")
    exceptions = import_cryptography("exceptions")
    public_key = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    try:
        public_key.verify(bytes.fromhex(signature), _PURPOSE + digest)
    except exceptions.InvalidSignature:
        raise ModelFileError(f"{name}: its signature does not match its content.") from None
