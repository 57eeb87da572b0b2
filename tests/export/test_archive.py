"""Archives: every kind of model comes back, and foreign parts are refused."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
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
from skorch.callbacks import EarlyStopping
from torch import nn

from sklvision import recipes
from sklvision.export import ModelFileError, OnnxClassifier, load, read_manifest, save
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler
from tests.export._digits import X, y


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
