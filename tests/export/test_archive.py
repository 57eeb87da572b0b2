"""Archives: every kind of model comes back, evidence is inside, damage and foreign parts are refused."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.fixes import parse_version
from skorch.callbacks import EarlyStopping
from torch import nn

from sklvision import recipes
from sklvision.datasets import ImageCollection
from sklvision.export import ModelFileError, OnnxClassifier, load, read_manifest, save
from sklvision.image import Resize
from sklvision.model_selection import compare_estimators
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler

X, y = load_digits(return_X_y=True)
X, y = X[:200], np.array([f"digit {label}" for label in y[:200]])


class ForeignStep(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X


def double(X):
    return 2 * X


def count_differences(a, b):
    return np.count_nonzero(a != b)


def build_foreign_net(input_shape, n_classes):
    return nn.Linear(input_shape[0], n_classes)


MODELS = {
    "scaled logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=50)),
    "ufunc": make_pipeline(FunctionTransformer(np.sqrt), GaussianNB()),
    "pca, svc": make_pipeline(PCA(10), SVC(probability=True, random_state=0)),
    "svc without probabilities": SVC(),
    "lda": LinearDiscriminantAnalysis(),
    "forest": RandomForestClassifier(5, random_state=np.random.RandomState(0)),
    "tree": DecisionTreeClassifier(max_depth=4),
    "boosting": GradientBoostingClassifier(n_estimators=2, max_depth=2),
    "histogram boosting": HistGradientBoostingClassifier(max_iter=2, random_state=0),
    "vote": VotingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier())], voting="soft"),
    "stack": StackingClassifier([("a", GaussianNB()), ("b", SVC())], cv=StratifiedKFold(3)),
    "calibration": CalibratedClassifierCV(GaussianNB(), cv=2),
    "isotonic calibration": CalibratedClassifierCV(GaussianNB(), cv=2, method="isotonic"),
    "neighbors": KNeighborsClassifier(),
    "neighbors in a tree": make_pipeline(PCA(3), KNeighborsClassifier(algorithm="kd_tree")),
    "neighbors by another distance": KNeighborsClassifier(
        metric="manhattan", algorithm="ball_tree"
    ),
    "sparse neighbors": make_pipeline(
        OneHotEncoder(handle_unknown="ignore", dtype=np.float32), KNeighborsClassifier()
    ),
    "type of numbers": make_pipeline(
        OneHotEncoder(handle_unknown="ignore", dtype=np.dtype("f4")), LogisticRegression()
    ),
    "perceptron": MLPClassifier(max_iter=3, random_state=0),
    "bagging": BaggingClassifier(GaussianNB(), n_estimators=2),
    "boosted trees": AdaBoostClassifier(n_estimators=2),
    "gaussian process": make_pipeline(PCA(2), GaussianProcessClassifier(max_iter_predict=2)),
    "columns": make_pipeline(
        ColumnTransformer(
            [("a", StandardScaler(), [0, 2, 10]), ("b", "passthrough", slice(9, 50))]
        ),
        GaussianNB(),
    ),
    "search inside": make_pipeline(
        PCA(5),
        GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1]}, cv=2, scoring="accuracy"),
    ),
    "spectra": make_pipeline(
        SavitzkyGolay(5), SpectralScaler("snv"), SpectrumClassifier(max_epochs=2, random_state=0)
    ),
    "image net": ImageClassifier("cifar_cnn", image_shape=(8, 8), max_epochs=1, random_state=0),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:The `probability` parameter:FutureWarning")
def test_load_returns_a_model_with_the_same_predictions(name, tmp_path):
    model = MODELS[name].fit(X, y)
    path = save(model, tmp_path / "model.sklv", samples=X[:5])
    loaded = load(path)
    assert type(loaded) is type(model)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    if hasattr(model, "predict_proba"):
        np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


def make_recipe_data(name):
    rng = np.random.default_rng(0)
    labels = ["good", "bad"] * 3
    if name == "spectra":
        return X[:6], labels
    if name != "nails":
        side = 28 if name == "digits" else 32
        images = rng.integers(0, 256, (6, side, side, 3), dtype=np.uint8)
        return (images[..., 0] if name == "digits" else images), labels
    images = rng.integers(0, 20, (6, 300, 475), dtype=np.uint8)
    for i, image in enumerate(images):  # a bright bar, which in every second image has a bend
        image[130:160, 100 : 300 + 10 * i] = 200
        image[60 + i : 160, 300 : (330 if i % 2 else 300)] = 200
    return images, labels


@pytest.mark.parametrize(
    "name",
    [
        "spectra",
        "digits",
        "cifar10",
        "nails",
        "images",
        pytest.param("flowers", marks=pytest.mark.slow),
    ],
)
def test_load_returns_recipes(name, tmp_path):
    samples, labels = make_recipe_data(name)
    model = recipes.nails(fast=True) if name == "nails" else getattr(recipes, name)()
    with contextlib.suppress(ValueError):  # recipes of frozen features train no net
        recipes.set_net_params(model, max_epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(samples, labels)
    path = save(model, tmp_path / "model.sklv", samples=samples[:2])
    np.testing.assert_array_equal(load(path).predict(samples), model.predict(samples))


def test_save_writes_the_best_estimator_of_a_search(tmp_path):
    search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-2]}, cv=2).fit(X, y)
    loaded = load(save(search, tmp_path / "model.sklv"))
    assert loaded.var_smoothing == search.best_params_["var_smoothing"]
    np.testing.assert_array_equal(loaded.predict(X), search.predict(X))


def test_loaded_net_can_be_trained_further(tmp_path):
    clf = SpectrumClassifier(max_epochs=2, random_state=0).fit(X, y)
    loaded = load(save(clf, tmp_path / "model.sklv"))
    assert loaded.input_contract_ == clf.input_contract_
    assert loaded.history_ == clf.history_
    loaded.partial_fit(X, y)
    assert loaded.n_iter_ == clf.n_iter_ + 1


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


def test_save_refuses_an_unfitted_model(tmp_path):
    with pytest.raises(NotFittedError):
        save(GaussianNB(), tmp_path / "model.sklv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (make_pipeline(ForeignStep(), GaussianNB()), "step 'foreignstep' is a .*ForeignStep"),
        (
            make_pipeline(FunctionTransformer(double), GaussianNB()),
            "'func' of the step 'functiontransformer' is the function .*double",
        ),
        (
            make_pipeline(FunctionTransformer(lambda X: X), GaussianNB()),
            "'func' of the step 'functiontransformer' is the function .*<lambda>",
        ),
        (KNeighborsClassifier(metric=count_differences), "is the function .*count_differences"),
        (
            SpectrumClassifier(build_foreign_net, max_epochs=1),
            "'architecture' of the model is the function .*build_foreign_net",
        ),
        (
            make_pipeline(StandardScaler(), GaussianNB(), memory="cache"),
            r"'memory' of the model is a cache directory.*set_params\(memory=None\)",
        ),
        (
            make_pipeline(
                SpectralScaler("snv"),
                SpectrumClassifier(max_epochs=1, callbacks=[EarlyStopping("train_loss")]),
            ),
            r"'callbacks' of the step 'spectrumclassifier' is a skorch.*set_params\(callbacks=None\)",
        ),
    ],
)
def test_save_refuses_foreign_parts_by_the_name_of_their_step(
    model, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    model.fit(X, y)
    with pytest.raises(TypeError, match=message):
        save(model, tmp_path / "model.sklv")
    assert not (tmp_path / "model.sklv").exists()


def test_load_takes_foreign_parts_from_the_caller_alone(tmp_path):
    model = make_pipeline(ForeignStep(), FunctionTransformer(double), GaussianNB()).fit(X, y)
    types = [ForeignStep, double]
    path = save(model, tmp_path / "model.sklv", types=types)
    assert read_manifest(path)["types"] == [f"{__name__}.ForeignStep", f"{__name__}.double"]
    np.testing.assert_array_equal(load(path, types=types).predict(X), model.predict(X))
    with pytest.raises(ModelFileError, match=r"ForeignStep.*not imported.*types=\[ForeignStep\]"):
        load(path)
    with pytest.raises(TypeError, match="classes and functions"):
        load(path, types=["ForeignStep"])


def test_load_takes_a_custom_architecture_from_the_caller(tmp_path):
    model = SpectrumClassifier(build_foreign_net, max_epochs=1, random_state=0).fit(X, y)
    path = save(model, tmp_path / "model.sklv", types=[build_foreign_net])
    loaded = load(path, types=[build_foreign_net])
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


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
    with pytest.raises(ModelFileError, match=r"gives other outputs.*of 5 labels differ"):
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
    with pytest.raises(FileNotFoundError):
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


def test_save_replaces_the_file_only_by_a_complete_one(tmp_path):
    path = save(GaussianNB().fit(X, y), tmp_path / "model.sklv")
    before = path.read_bytes()
    with pytest.raises(TypeError):
        save(make_pipeline(ForeignStep(), GaussianNB()).fit(X, y), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture(scope="module")
def file_with_graph(spectrum_net, spectra, tmp_path_factory):
    X, _ = spectra
    path = tmp_path_factory.mktemp("graph") / "net.sklv"
    return save(spectrum_net, path, samples=X[:3], onnx=True)


def test_load_takes_the_graph_of_an_archive(spectrum_net, file_with_graph, spectra):
    (X, _), path = spectra, file_with_graph
    graph = load(path, backend="onnx")
    assert isinstance(graph, OnnxClassifier)
    assert graph.input_contract_ == spectrum_net.input_contract_
    np.testing.assert_array_equal(graph.predict(X), spectrum_net.predict(X))
    assert read_manifest(path)["backends"] == ["python", "onnx"]


@pytest.mark.slow
def test_load_of_a_graph_needs_no_torch(file_with_graph):
    code = (
        "import sys\n"
        "class Blocker:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('torch', 'skorch'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Blocker())\n"
        "from sklvision.export import load\n"
        "print(type(load(sys.argv[1])).__name__)"
    )
    command = [sys.executable, "-c", code, str(file_with_graph)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output.split() == ["OnnxClassifier"]


def test_load_refuses_a_backend_that_is_not_there(tmp_path):
    path = save(GaussianNB().fit(X, y), tmp_path / "model.sklv")
    with pytest.raises(ModelFileError, match=r"holds no ONNX graph.*onnx=True"):
        load(path, backend="onnx")
    with pytest.raises(ValueError, match="backend must be one of auto, python, onnx"):
        load(path, backend="torch")
    with pytest.raises(ValueError, match="backend must be one of auto, python, onnx"):
        load(path, backend=np.array([]))


def test_onnx_classifier_is_saved_with_the_content_of_its_file(
    spectrum_net, spectrum_file, spectra, tmp_path
):
    X, _ = spectra
    copy = tmp_path / "net.onnx"
    copy.write_bytes(spectrum_file.read_bytes())
    path = save(OnnxClassifier(copy), tmp_path / "net.sklv")
    copy.unlink()
    np.testing.assert_array_equal(load(path).predict(X), spectrum_net.predict(X))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("backend", ["python", "onnx"])
def test_workers_forked_after_load_answer(backend, file_with_graph, spectra, tmp_path):
    (X, _), path = spectra, file_with_graph
    # In a new process, where nothing has started threads yet, as in a server that loads and forks.
    code = (
        "import multiprocessing, os, sys, numpy as np\n"
        "from sklvision.export import load\n"
        "model = load(sys.argv[1], backend=sys.argv[2])\n"
        "X = np.load(sys.argv[3])\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    labels = pool.map_async(model.predict, [X, X]).get(60)\n"
        "print(all((part == model.predict(X)).all() for part in labels))"
    )
    np.save(tmp_path / "X.npy", X)
    command = [sys.executable, "-c", code, str(path), backend, str(tmp_path / "X.npy")]
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    output = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120, env=environment
    ).stdout
    assert output.split() == ["True"]


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
