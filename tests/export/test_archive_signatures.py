"""Signatures of archives: by whom a file was signed, and files that are not signed as required."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

from sklvision.export import ModelFileError, load, read_manifest, save
from sklvision.export._archive.container import read_container, write_container

ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
forms = pytest.importorskip("cryptography.hazmat.primitives.serialization")
X, y = load_iris(return_X_y=True)
KEY, OTHER_KEY = (ed25519.Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
PEM, SSH = forms.Encoding.PEM, forms.Encoding.OpenSSH


@pytest.fixture(scope="module")
def model():
    return GaussianNB().fit(X, y)


@pytest.fixture
def signed_file(model, tmp_path):
    return save(model, tmp_path / "model.sklv", sign=KEY, signer="QA", samples=X[:2])


def test_signed_files_load_and_say_by_whom(signed_file, model):
    manifest = read_manifest(signed_file, verify=KEY.public_key())
    assert manifest["signature"]["state"] == "valid"
    assert manifest["signature"]["key"] == KEY.public_key().public_bytes_raw().hex()
    assert manifest["signature"]["fingerprint"].startswith("ed25519:")
    assert manifest["signer"] == "QA"
    loaded = load(signed_file, verify=KEY.public_key())
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    load(signed_file)  # a valid signature needs no key to be accepted
    assert read_manifest(signed_file)["signature"]["state"] == "valid"


@pytest.mark.parametrize("form", ["pem", "openssh", "raw", "bytes"])
def test_keys_are_read_in_every_form(form, model, tmp_path):
    private, public = tmp_path / "key", tmp_path / "key.pub"
    if form == "raw":
        private.write_bytes(KEY.private_bytes_raw())
        public.write_bytes(KEY.public_key().public_bytes_raw())
    else:
        is_ssh = form == "openssh"
        private_form = forms.PrivateFormat.OpenSSH if is_ssh else forms.PrivateFormat.PKCS8
        private.write_bytes(KEY.private_bytes(PEM, private_form, forms.NoEncryption()))
        public_form = (
            (SSH, forms.PublicFormat.OpenSSH)
            if is_ssh
            else (PEM, forms.PublicFormat.SubjectPublicKeyInfo)
        )
        public.write_bytes(KEY.public_key().public_bytes(*public_form))
    keys = [key.read_bytes() if form == "bytes" else key for key in (private, public)]
    path = save(model, tmp_path / "model.sklv", sign=keys[0])
    assert read_manifest(path, verify=keys[1])["signature"]["state"] == "valid"


def test_verify_refuses_other_signers_and_unsigned_files(signed_file, model, tmp_path):
    unsigned = save(model, tmp_path / "unsigned.sklv")
    assert read_manifest(unsigned)["signature"]["state"] == "unsigned"
    for function in (load, read_manifest):
        with pytest.raises(ModelFileError, match=r"is signed by ed25519:\w+, expected ed25519:\w+"):
            function(signed_file, verify=OTHER_KEY.public_key())
        with pytest.raises(
            ModelFileError, match="is not signed, expected the signature of ed25519:"
        ):
            function(unsigned, verify=KEY.public_key())


def test_a_signature_belongs_to_its_content(signed_file):
    """Whoever changes a file can compute checksums, but not the signature."""
    container = read_container(signed_file)
    members = {name: bytes(content) for name, content in container.members.items()}
    seal = {key: container.seal[key] for key in ("key", "signature")}
    members["manifest.json"] = members["manifest.json"].replace(b'"signer":"QA"', b'"signer":"QB"')
    signed_file.write_bytes(write_container(members, lambda _: seal))
    for key in (None, KEY.public_key()):
        with pytest.raises(ModelFileError, match="signature does not match its content"):
            load(signed_file, verify=key)


def test_a_signature_that_was_removed_is_missed(signed_file):
    members = {name: bytes(part) for name, part in read_container(signed_file).members.items()}
    signed_file.write_bytes(write_container(members))
    load(signed_file)
    with pytest.raises(ModelFileError, match="is not signed"):
        load(signed_file, verify=KEY.public_key())


def test_wrong_keys_are_refused_before_anything_is_written(model, tmp_path):
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    other_kind = rsa.generate_private_key(65537, 2048).private_bytes(
        PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()
    )
    encrypted = KEY.private_bytes(
        PEM, forms.PrivateFormat.PKCS8, forms.BestAvailableEncryption(b"password")
    )
    for key, error, message in (
        (b"no key", ValueError, "cannot be read as an unencrypted ed25519 private key"),
        (other_kind, ValueError, "key of another kind"),
        (encrypted, ValueError, "unencrypted"),
        (tmp_path / "absent", FileNotFoundError, "absent"),
        (KEY.public_key(), TypeError, "expected an ed25519 private key"),
    ):
        with pytest.raises(error, match=message):
            save(model, tmp_path / "model.sklv", sign=key)
    assert not list(tmp_path.iterdir())


def test_without_cryptography_a_signature_is_not_checked(signed_file, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert read_manifest(signed_file)["signature"]["state"] == "not checked"
    with pytest.raises(ImportError, match=r"sklvision\[sign\]"):
        load(signed_file, verify=KEY.public_key())
