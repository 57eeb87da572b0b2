"""Files of models: archives by default, pickles by their suffix with a note, signatures."""

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

from sklvision.export import load, read_manifest, save
from sklvision.model_selection import compare_estimators
from sklvision.neural_network import SpectrumClassifier

EPOCH = ["--epochs", 1, "--no-estimate", "--quiet"]


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Files of a private key, its public key, and the public key of somebody else."""
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    from cryptography.hazmat.primitives import serialization as forms

    folder = tmp_path_factory.mktemp("keys")
    private, other = (ed25519.Ed25519PrivateKey.generate() for _ in range(2))
    content = private.private_bytes(
        forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()
    )
    (folder / "private.pem").write_bytes(content)
    for name, key in (("public", private), ("other", other)):
        public = key.public_key().public_bytes(
            forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo
        )
        (folder / f"{name}.pem").write_bytes(public)
    return [folder / f"{name}.pem" for name in ("private", "public", "other")]


@pytest.fixture(scope="module")
def archive(spectra_file, keys, tmp_path_factory):
    from sklvision.cli import main

    out = tmp_path_factory.mktemp("model") / "line"
    argv = [
        "train",
        "spectrum_mlp",
        "--data",
        spectra_file,
        "--out",
        out,
        "--sign",
        keys[0],
        *EPOCH,
    ]
    assert main([str(arg) for arg in argv]) == 0
    return out.with_name("line.sklv")


def test_train_writes_an_archive_where_there_is_no_suffix(archive, spectra_file):
    model = load(archive)
    assert isinstance(model, SpectrumClassifier)
    manifest = read_manifest(archive)
    assert manifest["data"]["n_samples"] == 150
    assert manifest["samples"] == {"n_samples": 5}
    assert "not measured" in manifest["remarks"]["estimate"]


def test_train_tells_that_the_archive_holds_samples(spectra_file, tmp_path, run):
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--out", tmp_path / "m.sklv", *EPOCH]
    assert "The file holds 5 samples of the data" in run(*argv)[1]


def test_train_keeps_no_samples_of_secret_data(spectra_file, tmp_path, run):
    out = tmp_path / "line.sklv"
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--out", out, *EPOCH, "--no-samples"]
    status, output, _ = run(*argv)
    assert status == 0
    assert "samples of the data" not in output
    assert read_manifest(out)["samples"] is None
    with np.load(spectra_file) as arrays:
        assert arrays["X"][0].tobytes() not in out.read_bytes()


def test_train_refuses_another_suffix_before_training(spectra_file, tmp_path, run_error):
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--out", tmp_path / "line.onnx"]
    assert "expected the suffix .sklv (an archive) or .joblib" in run_error(*argv)


def test_train_checks_the_key_before_training(spectra_file, keys, tmp_path, run_error):
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--sign"]
    message = run_error(*argv, keys[1], "--out", tmp_path / "line.sklv")
    assert "cannot be read as an unencrypted ed25519 private key" in message
    message = run_error(*argv, keys[0], "--out", tmp_path / "line.joblib")
    assert "only archives (.sklv) are signed" in message


def test_predict_and_info_take_archives(archive, spectra_file, tmp_path, run):
    with np.load(spectra_file) as arrays:
        X = arrays["X"]
    np.savez(tmp_path / "today.npz", X=X)
    status, out, err = run("predict", archive, tmp_path / "today.npz")
    assert (status, err) == (0, "")
    lines = [line.split(",") for line in out.splitlines()]
    labels = [line[lines[0].index("label")] for line in lines[1:]]
    assert labels == [str(label) for label in load(archive).predict(X)]
    status, out, err = run("info", archive)
    assert (status, err) == (0, "")
    for words in (
        "SpectrumClassifier",
        "spectra of 40 bands",
        "150 samples",
        "by ed25519:",
        "python",
    ):
        assert words in out


def test_info_reads_an_archive_without_building_the_model(archive, run, monkeypatch):
    def fail(*_):
        raise AssertionError

    monkeypatch.setattr(SpectrumClassifier, "__setstate__", fail)
    assert run("info", archive)[0] == 0


def test_verify_accepts_the_key_and_refuses_others(
    archive, spectra_model, spectra_file, keys, run, run_error
):
    _, public, other = keys
    assert run("info", archive, "--verify", public)[0] == 0
    for command in (["info", archive], ["predict", archive, spectra_file]):
        assert "is signed by ed25519:" in run_error(*command, "--verify", other)
    assert "only archives" in run_error("predict", spectra_model, spectra_file, "--verify", public)


def test_predict_never_unpickles_a_file_named_as_an_archive(spectra_file, tmp_path, run_error):
    path = tmp_path / "model.sklv"
    joblib.dump(pd.Series([1]), path)
    assert "is not an archive" in run_error("predict", path, spectra_file)
    assert "is not an archive" in run_error("info", path)


def test_predict_names_a_file_that_does_not_exist(spectra_file, tmp_path, run_error):
    for name in ("absent.sklv", "absent.joblib"):
        message = run_error("predict", tmp_path / name, spectra_file)
        assert message.endswith(f"{name}: does not exist.\n")


def test_info_shows_the_evidence_in_an_archive(tmp_path, run):
    X, y = load_iris(return_X_y=True)
    bayes = GaussianNB()
    with pytest.warns(UserWarning, match="exact copy"):
        result = compare_estimators({"bayes": bayes}, X, y, cv=3, random_state=0)
    path = save(
        bayes.fit(X, y), tmp_path / "iris.sklv", comparison=result, remarks={"use": "a test"}
    )
    status, out, _ = run("info", path)
    assert status == 0
    scores = result.to_frame()["mean_accuracy"]
    for name, score in scores.items():
        assert f"{name} {score:.3f}" in out
    for words in (
        "(3 folds)",
        "2 test samples have an exact copy",
        "remark: use",
        "a test",
        "none",
    ):
        assert words in out
