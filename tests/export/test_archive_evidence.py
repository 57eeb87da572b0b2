"""Archives hold evidence, are replayed when loaded, and notice every damage."""

from __future__ import annotations

import json
import warnings
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.utils.fixes import parse_version

from sklvision.datasets import ImageCollection
from sklvision.export import ModelFileError, load, read_manifest, save
from sklvision.image import Resize
from sklvision.model_selection import compare_estimators
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SpectralScaler
from tests.export._digits import X, y


def test_archive_is_an_ordinary_zip_file_without_a_pickle(tmp_path):
    path = save(GaussianNB().fit(X, y), tmp_path / "model.sklv", samples=X[:1])
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        json.loads(archive.read("model.json"))
        for name in names:
            if name.endswith(".npy"):
                np.load(archive.open(name), allow_pickle=False)
    assert names[0] == "manifest.json"
    assert {name.rpartition(".")[2] for name in names} == {"json", "npy"}


@pytest.fixture(scope="module")
def comparison():
    return compare_estimators(GaussianNB(), *load_iris(return_X_y=True), cv=3, random_state=0)


def test_read_manifest_returns_facts_and_evidence(comparison, tmp_path):
    X, y = load_iris(return_X_y=True, as_frame=True)
    model = make_pipeline(
        SpectralScaler("standard"), SpectrumClassifier(max_epochs=1, random_state=0)
    )
    model.fit(X, y)
    with pytest.warns(UserWarning, match="has no scores of the model.*as candidate="):
        path = save(
            model,
            tmp_path / "iris.sklv",
            comparison=comparison,
            data=(X, y),
            samples=X[:2],
            signer="QA",
        )
    manifest = read_manifest(path)
    assert manifest["format"] == 1
    assert manifest["signer"] == "QA"
    assert {"python", "sklvision", "scikit-learn", "torch"} <= manifest["made_with"].keys()
    assert manifest["classes"] == [0, 1, 2]
    assert manifest["input"]["names"] == list(X.columns)
    assert manifest["model"]["steps"] == ["SpectralScaler", "SpectrumClassifier"]
    (training,) = manifest["training"]
    assert training["params"]["max_epochs"] == training["n_iter_"] == 1
    assert training["last_epoch"]["train_loss"] == model[-1].history_[-1]["train_loss"]
    assert manifest["data"]["n_samples"] == 150
    assert manifest["data"]["class_counts"] == [[0, 50], [1, 50], [2, 50]]
    evidence = manifest["evidence"]
    assert evidence["table"]["index"] == list(comparison.to_frame().index)
    column = evidence["table"]["columns"].index("mean_accuracy")
    expected = comparison.to_frame()["mean_accuracy"].tolist()
    assert [row[column] for row in evidence["table"]["rows"]] == expected
    assert evidence["differences"]["about"]["score"] == "accuracy"
    assert evidence["folds"]["test_sizes"] == [50, 50, 50]
    assert evidence["leaks"]["found"] is bool(comparison.leaks)
    assert manifest["samples"] == {"n_samples": 2}
    assert manifest["backends"] == ["python"]
    np.testing.assert_array_equal(load(path).predict(X), model.predict(X))


def test_manifest_fingerprint_depends_on_values_and_labels(tmp_path):
    path, model = tmp_path / "model.sklv", GaussianNB().fit(X, y)
    changed = X.copy()
    changed[3, 3] += 1
    data = [(X, y), (X.copy(), y), (changed, y), (X, y[::-1])]
    digests = [read_manifest(save(model, path, data=pair))["data"]["sha256"] for pair in data]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_load_replays_samples_and_refuses_other_outputs(tmp_path, rewrite_archive):
    model = GaussianNB().fit(X, y)
    path = save(model, tmp_path / "model.sklv", samples=X[:5])

    def change_weights(members):
        name = find_array(members, model.theta_)
        members[name] = members[name][:-640] + bytes(640)

    rewrite_archive(path, change_weights)
    with pytest.raises(ModelFileError, match=r"outputs have changed.*of 5 labels differ"):
        load(path)


def find_array(members, array):
    """Return the member that holds an array."""
    return next(name for name, content in members.items() if array.tobytes() in content)


def test_save_refuses_samples_that_are_not_a_few(tmp_path):
    with pytest.raises(ValueError, match="samples must be 1 to 100 samples"):
        save(GaussianNB().fit(X, y), tmp_path / "model.sklv", samples=X)
    assert not list(tmp_path.iterdir())


def test_load_replays_images_of_different_sizes(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, 20, 20), dtype=np.uint8)
    folder = tmp_path / "images"
    folder.mkdir()
    Image = pytest.importorskip("PIL.Image")
    files = []
    for i, image in enumerate(images):
        files.append(folder / f"{i}.png")
        Image.fromarray(image[: 20 - i]).save(files[-1])
    collection = ImageCollection(files)
    net = ImageClassifier("cifar_cnn", max_epochs=1, random_state=0)
    model = make_pipeline(Resize((12, 12)), net).fit(collection, [0, 1] * 3)
    path = save(model, tmp_path / "model.sklv", samples=collection)
    np.testing.assert_array_equal(load(path).predict(collection), model.predict(collection))


def test_load_notices_every_altered_byte(tmp_path):
    path = save(GaussianNB().fit(X[:20], y[:20]), tmp_path / "model.sklv", samples=X[:1])
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    places = {0, 4, 10, len(content) - 1, *rng.integers(0, len(content), 300).tolist()}
    for place in places:
        altered = bytearray(content)
        altered[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(altered)
        for function in (load, read_manifest):
            with pytest.raises(ModelFileError):
                function(path)
    for length in rng.integers(0, len(content), 20).tolist():
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError):
            load(path)
    path.write_bytes(content + b"\0")
    with pytest.raises(ModelFileError):
        load(path)


def test_load_names_the_damaged_member(tmp_path):
    model = GaussianNB().fit(X, y)
    path = save(model, tmp_path / "model.sklv")
    content = path.read_bytes()
    place = content.index(model.theta_.tobytes())
    path.write_bytes(content[:place] + b"?" + content[place + 1 :])
    with pytest.raises(ModelFileError, match=r"member 'model/\d+\.npy' is not as written"):
        load(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\3\4" + bytes(100), b"text" * 40])
def test_load_refuses_other_files(content, tmp_path):
    path = tmp_path / "model.sklv"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="archive"):
        load(path)


def test_load_refuses_what_is_not_a_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent.sklv: does not exist, expected the file"):
        load(tmp_path / "absent.sklv")
    with pytest.raises(ModelFileError, match="ordinary file"):
        load(tmp_path)


def test_load_says_that_a_pickle_is_one(tmp_path):
    joblib.dump(GaussianNB().fit(X, y), tmp_path / "model.joblib")
    with pytest.raises(ModelFileError, match=r"pickle.*runs any code"):
        load(tmp_path / "model.joblib")


def test_load_refuses_a_newer_format_with_a_remedy(tmp_path, rewrite_archive):
    path = save(GaussianNB().fit(X, y), tmp_path / "model.sklv")
    rewrite_archive(path, edit_manifest(format=2, made_with={"sklvision": "7.1.0"}))
    for function in (load, read_manifest):
        with pytest.raises(ModelFileError, match=r"format 2.*pip install 'sklvision>=7\.1\.0'"):
            function(path)


def edit_manifest(**entries):
    def edit(members):
        manifest = json.loads(members["manifest.json"])
        members["manifest.json"] = json.dumps(manifest | entries).encode()

    return edit


@pytest.mark.parametrize("has_samples", [False, True])
def test_load_warns_of_other_versions(has_samples, tmp_path, rewrite_archive):
    samples = X[:2] if has_samples else None
    path = save(GaussianNB().fit(X, y), tmp_path / "model.sklv", samples=samples)
    versions = read_manifest(path)["made_with"]
    rewrite_archive(path, edit_manifest(made_with=versions | {"scikit-learn": "0.99.1"}))
    outputs = "get the same outputs" if has_samples else "no samples"
    message = rf"scikit-learn 0\.99\.1 \(here .*{outputs}.*pip install 'scikit-learn==0\.99\.1'"
    with pytest.warns(UserWarning, match=message):
        load(path)


def test_load_gives_no_warning_of_the_same_versions(tmp_path):
    path = save(RandomForestClassifier(2).fit(X, y), tmp_path / "model.sklv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(path)


ARCHIVES = sorted((Path(__file__).parent / "archives").iterdir())


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.name)
def test_load_reads_files_of_every_format(path):
    """Files that older versions wrote, one of each format; none is ever written again."""
    X, y = load_iris(return_X_y=True)
    labels = load_iris().target_names[y]
    manifest = read_manifest(path)
    assert manifest["format"] == int(path.name.split("_")[1])
    assert manifest["classes"] == ["setosa", "versicolor", "virginica"]
    written_by = manifest["made_with"]["scikit-learn"]
    # An older scikit-learn lacks what the attributes of a newer one mean: it may refuse.
    is_older = parse_version(sklearn.__version__) < parse_version(written_by)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of other versions
        try:
            assert load(path).score(X, labels) > 0.9
        except ModelFileError as error:
            if not is_older or f"'scikit-learn=={written_by}'" not in str(error):
                raise
