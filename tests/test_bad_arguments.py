"""Arguments that fuzzing found a raw error, a silent mistake or a foreign warning for."""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB

from sklvision import export, model_selection, nets, recipes, reporting
from sklvision.augmentation import GaussianNoise, TestTimeAugmentation
from sklvision.datasets import (
    get_data_home,
    load_spectra,
    make_spectra,
    read_samples,
)
from sklvision.image import FlattenImages, ForegroundCrop, PixelScaler, Resize
from sklvision.inspection import (
    ComparisonDisplay,
    CorruptionDisplay,
    LearningForecastDisplay,
    ParetoDisplay,
    RobustnessDisplay,
)
from sklvision.model_selection import LearningForecast
from sklvision.neural_network import (
    BatchedGridSearchCV,
    ImageClassifier,
    SpectrumClassifier,
)
from sklvision.spectral import SpectralScaler

Y = np.arange(12) % 2
X = np.random.default_rng(0).normal(size=(12, 8)) + Y[:, np.newaxis]
FRAME = pd.DataFrame(X, columns=[f"b{i}" for i in range(8)])
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 6, 5), dtype=np.uint8)
NET = {"architecture_params": {"hidden_layer_sizes": (4,)}, "max_epochs": 1, "random_state": 0}


@pytest.fixture(scope="module")
def model():
    return SpectrumClassifier(**NET).fit(X, Y)


@pytest.fixture(scope="module")
def result():
    return model_selection.compare_estimators({"dummy": DummyClassifier()}, X, Y, cv=2)


@pytest.fixture(scope="module")
def robustness():
    dummy = DummyClassifier().fit(X, Y)
    return model_selection.robustness_curve(dummy, X, Y, severities=1, random_state=0)


TABLES = {
    "dates in a column": (FRAME.assign(b0=pd.Timestamp("2020-01-01")), "'b0' holds dates"),
    "text in a column": (FRAME.assign(b0="x"), "'b0' holds 'x', expected numbers"),
    "missing objects": (FRAME.assign(b0=pd.Series([pd.NA] * 12, dtype=object)), "'b0' holds <NA>"),
    "one name twice": (FRAME.set_axis(["b"] * 8, axis=1), "several columns named 'b'"),
    "dates": (X.astype("M8[s]"), "X must hold numbers, got dates"),
    "masked values": (np.ma.masked_array(X, X > 1), "values of X are masked, and so missing"),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(
    "estimator",
    [SpectrumClassifier(**NET), SpectralScaler(), GaussianNoise(), FlattenImages()],
    ids=lambda estimator: type(estimator).__name__,
)
def test_fit_refuses_values_that_are_not_numbers(estimator, name):
    table, message = TABLES[name]
    with pytest.raises(ValueError, match=message):
        estimator.fit(table, Y)


@pytest.mark.parametrize("name", TABLES)
def test_predict_refuses_values_that_are_not_numbers(model, name):
    table, message = TABLES[name]
    with pytest.raises(ValueError, match=message):
        model.predict(table)


def test_fit_takes_a_series_of_arrays_as_their_array():
    estimator = SpectrumClassifier(**NET).fit(pd.Series(list(X)), Y)
    assert np.array_equal(estimator.predict_proba(pd.Series(list(X))), estimator.predict_proba(X))
    images = IMAGES / 255
    assert np.array_equal(
        PixelScaler().fit_transform(pd.Series(list(images))), PixelScaler().fit_transform(images)
    )


def test_partial_fit_takes_an_image_array_with_negative_strides():
    images = IMAGES[:, ::-1]
    nets = [ImageClassifier("mlp", **NET) for _ in range(2)]
    for net, samples in zip(nets, (images, images.copy()), strict=True):
        net.partial_fit(samples, Y, classes=[0, 1])
    first, second = (net.predict_proba(images) for net in nets)
    assert np.array_equal(first, second)


def test_predict_of_huge_values_gives_an_error_and_no_warning_of_numpy(model):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "overflow encountered in dot")
        with pytest.raises(ValueError, match="infinity or a value too large"):
            model.predict(np.full((2, 8), 1e300))


def test_predict_refuses_a_scalar(model):
    with pytest.raises(ValueError, match="a single value"):
        model.predict(np.array(3.0))


def test_batched_search_raises_or_scores_with_error_score_raise():
    search = BatchedGridSearchCV(SpectrumClassifier(**NET), {"lr": [1e-3, 1e-2]}, cv=2)
    search.set_params(error_score="raise").fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    with pytest.raises(ValueError, match="holds no candidates"):
        search.set_params(param_grid=[]).fit(X, Y)


CALLS = {
    "architecture": (lambda: nets.get_architecture(3), TypeError, "must be a string, got 3"),
    "architecture kind": (
        lambda: nets.get_architecture("mlp", kind="x"),
        ValueError,
        "kind must be 'spectrum'",
    ),
    "input_shape": (lambda: nets.build("mlp", 8, 2), ValueError, "needs an input_shape"),
    "model name": (lambda: recipes.get_model(["x"]), TypeError, "must be a string"),
    "model options": (lambda: recipes.get_model("mlp", options="x"), TypeError, "must be a dict"),
    "image size": (lambda: recipes.get_model("mlp", image_size="x"), ValueError, "image_size"),
    "rows for images": (
        lambda: recipes.get_model("mlp").build(X),
        ValueError,
        r"mlp takes images, .* shape \(8,\)",
    ),
    "recipe": (lambda: recipes.spectra(published=pd.NA), ValueError, "'published' parameter"),
    "candidates": (
        lambda: recipes.make_candidates(np.ones((3, 2, 2, 2, 2))),
        ValueError,
        "X must be spectra",
    ),
    "class weight": (
        lambda: recipes.set_class_weight(np.ones(3), "balanced", Y),
        TypeError,
        "must be an estimator",
    ),
    "net params": (lambda: recipes.set_net_params(ImageClassifier), TypeError, "is the class"),
    "time": (lambda: reporting.format_time("x"), TypeError, "Expected a number"),
    "count": (lambda: reporting.format_count([1]), TypeError, "Expected a number"),
    "bytes": (lambda: reporting.format_bytes("1"), TypeError, "Expected a number"),
    "paths": (lambda: read_samples("x.png", None), TypeError, "paths must be a list"),
    "path": (lambda: read_samples([3], None), TypeError, "paths must hold files"),
    "option": (
        lambda: read_samples(["x"], None, decimel=","),
        TypeError,
        "no parameter 'decimel'. Did you mean 'decimal'",
    ),
    "on_error": (lambda: read_samples(["x"], None, on_error="x"), ValueError, "on_error"),
    "data_home": (lambda: get_data_home(3), TypeError, "data_home must be a path, got 3"),
    "curve": (
        lambda: LearningForecast.from_scores("x", [[1, 2]]),
        ValueError,
        "train_sizes must hold numbers",
    ),
    "comparison": (
        lambda: model_selection.measure_robustness(None, X, Y),
        TypeError,
        "a result of compare_estimators",
    ),
    "tokens": (lambda: _make_settings(tokens=True), ValueError, "tokens must be texts"),
    **{
        f"{display.__name__}": (
            lambda display=display, constructor=constructor: getattr(display, constructor)(
                *([3, X[0]] if display is CorruptionDisplay else [3])
            ),
            TypeError,
            "must be a result of .*, got 3",
        )
        for display, constructor in (
            (ComparisonDisplay, "from_result"),
            (CorruptionDisplay, "from_result"),
            (LearningForecastDisplay, "from_forecast"),
            (ParetoDisplay, "from_result"),
            (RobustnessDisplay, "from_result"),
        )
    },
}


def _make_settings(**kwargs):
    pytest.importorskip("fastapi")
    from sklvision.serving import ServiceSettings

    return ServiceSettings(**kwargs)


@pytest.mark.parametrize("name", CALLS)
def test_function_names_the_argument_that_is_wrong(name):
    function, error, message = CALLS[name]
    with pytest.raises(error, match=message):
        function()


def test_forecast_best_refuses_other_samples(result):
    with pytest.raises(ValueError, match="at least 12; got 6"):
        model_selection.forecast_best(result, X[:6], Y[:6])


def test_corrupt_refuses_what_is_not_like_the_samples(robustness):
    name = next(iter(robustness.corruptions))
    with pytest.raises(ValueError, match="X must hold spectra"):
        robustness.corrupt(IMAGES, name, 1)
    with pytest.raises(ValueError, match="corruption=None is not part"):
        robustness.corrupt(X, None, 1)
    with pytest.raises(ValueError, match="severity must be"):
        robustness.corrupt(X, name, "x")
    with pytest.raises(ValueError, match="drop must be above 0"):
        robustness.summary(drop=1j)
    for severities in ("x", 3, [2], [], [0]):
        with pytest.raises(ValueError, match="severities must"):
            CorruptionDisplay.from_result(robustness, X[0], severities=severities)
    plt.close("all")


def test_compute_interval_suggests_a_name():
    estimate = model_selection.estimate_accuracy(DummyClassifier(), X, Y, name="net", cv=2)
    with pytest.raises(ValueError, match=r"No accuracy of 'nett'. Did you mean 'net'"):
        estimate.compute_interval("nett")


def test_export_names_the_argument_that_is_wrong(model, tmp_path):
    with pytest.raises(TypeError, match="path must be a path, got None"):
        export.save(model, None)
    with pytest.raises(TypeError, match="types must be a list"):
        export.save(model, tmp_path / "a.sklv", types=3)
    with pytest.raises(TypeError, match="data must be a tuple"):
        export.save(model, tmp_path / "a.sklv", data=X)
    with pytest.raises(TypeError, match="files must be a path, got 3"):
        export.model_card(model, files=[3])
    with pytest.raises(TypeError, match="files must be a list"):
        export.model_card(model, files=3)
    with pytest.raises(TypeError, match="path must be a path"):
        export.model_card(model).save(None)
    assert not list(tmp_path.iterdir())


def test_to_onnx_refuses_samples_of_another_shape(model, tmp_path):
    pytest.importorskip("onnxscript")
    with pytest.raises(ValueError, match="X has 3 features"):
        export.to_onnx(model, tmp_path / "a.onnx", samples=X[:, :3])


def test_confidence_is_checked_in_one_way(result):
    for confidence in (True, "x", np.array([0.5, 0.9]), 1, np.nan):
        for function in (result.differences, result.score_classes):
            with pytest.raises(ValueError, match="confidence must be between 0 and 1"):
                function(confidence=confidence)


def test_find_label_errors_checks_probabilities_and_classes():
    with pytest.raises(ValueError, match="could not convert string to float"):
        model_selection.find_label_errors(Y, [["x", "y"]] * 12)
    with pytest.raises(ValueError, match="y has no label"):
        model_selection.find_label_errors([None, *["a"] * 11], np.ones((12, 1)))
    with pytest.raises(ValueError, match="one label per sample"):
        model_selection.find_label_errors(Y, np.ones((12, 2)) / 2, classes=[[0], [1, 2]])
    probabilities = np.where(np.eye(2)[Y] > 0, 0.9, 0.1)
    probabilities[3] = 0.99, 0.01
    errors = model_selection.find_label_errors(Y.astype(">i4"), probabilities)
    assert errors[["sample", "label", "suggested"]].to_numpy().tolist() == [[3, 1, 0]]


def test_architecture_params_have_names():
    with pytest.raises(TypeError, match="architecture_params must be values by names"):
        SpectrumClassifier(architecture_params={1: 2}).fit(X, Y)


def test_pixel_scaler_takes_categories_as_numbers():
    scaler = PixelScaler()
    table = pd.DataFrame({"a": [b"1", b"2"], "b": [b"3", b"4"]}).astype("category")
    expected = scaler.fit_transform(np.array([[1.0, 3.0], [2.0, 4.0]]))
    assert np.array_equal(scaler.fit_transform(table), expected)
    with pytest.raises(ValueError, match="must be two finite numbers"):
        PixelScaler(np.array(3.0)).fit(IMAGES)


def test_comparison_takes_labels_that_are_not_utf8(tmp_path):
    """Such as names of folders that were written in another encoding."""
    y = np.array(["a\udcff", "b"])[Y]
    model = SpectrumClassifier(**NET)
    result = model_selection.compare_estimators({"net": model}, X, y, cv=2, random_state=0)
    assert result.confusion_matrix("net").index.tolist() == ["a\udcff", "b"]
    result.to_html(tmp_path / "page.html")
    assert "b" in result.describe_classes("net")
    probabilities = np.where(np.eye(2)[Y] > 0, 0.9, 0.1)
    probabilities[0] = 0.01, 0.99
    errors = model_selection.find_label_errors(y, probabilities)
    assert errors["label"].tolist() == ["a\udcff"]


@pytest.mark.parametrize(
    "transformer",
    [Resize((4, 4)), ForegroundCrop(center_crop=None, crop_size=4, output_size=2)],
    ids=lambda transformer: type(transformer).__name__,
)
def test_images_too_large_for_float32_are_refused(transformer):
    images = np.full((3, 8, 8, 3), 1e200)
    with pytest.raises(ValueError, match="too large to be computed with in float32"):
        transformer.fit_transform(images)


def test_resize_refuses_sides_of_a_typing_error():
    with pytest.raises(ValueError, match=r"65536|65,536"):
        Resize(2**31).fit(IMAGES)


def test_compare_backends_takes_models_by_name():
    with pytest.raises(TypeError, match="models must be a dict"):
        export.compare_backends("x", X)


def test_to_html_refuses_what_is_not_a_result(result):
    with pytest.raises(TypeError, match="robustness must be a result of the package, got 3"):
        result.to_html(robustness=3)
    with pytest.raises(TypeError, match="forecast must be a result of the package"):
        result.to_html(forecast={"a": object})


def test_arguments_that_numpy_and_joblib_cannot_compare(tmp_path):
    with pytest.raises(ValueError, match="weights must be 3 finite"):
        make_spectra(9, weights=["a", 1, 1])
    with pytest.raises(ValueError, match="n_jobs must be an integer or None, got '2'"):
        model_selection.find_leaks(X, Y, cv=2, n_jobs="2")
    with pytest.raises(ValueError, match="times must be all numbers, all dates or all strings"):
        model_selection.make_time_folds(np.array([1, "x", 3], dtype=object))
    path = tmp_path / "a.csv"
    path.write_text("900,902,label\n1,2,a\n2,3,b\n", encoding="utf-8")
    with pytest.raises(ValueError, match="unknown encoding"):
        load_spectra(path, encoding="\0")


def test_labels_of_several_values_are_refused():
    y = [["a"], ["a", "b"], *["b"] * (len(IMAGES) - 2)]
    with pytest.raises(ValueError, match="one label per sample"):
        TestTimeAugmentation(ImageClassifier("mlp", max_epochs=1)).fit(IMAGES, y)


def test_robustness_curve_refuses_functions_of_other_arguments():
    model = GaussianNB().fit(X, Y)
    with pytest.raises(TypeError, match=r"corruptions\['n'\] must be a name or a callable"):
        model_selection.robustness_curve(model, X, Y, corruptions={"n": len})


def test_find_leaks_refuses_complex_numbers():
    folds = [(np.arange(5), np.arange(5, 10))]
    with pytest.raises(ValueError, match="real numbers"):
        model_selection.find_leaks(X[:10] + 1j, Y[:10], cv=folds)
    with pytest.raises(ValueError, match="real numbers"):
        model_selection.find_leaks(IMAGES[:10] + 1j, Y[:10], cv=folds)


def test_onnx_classifier_refuses_more_threads_than_there_can_be():
    with pytest.raises(ValueError, match="n_threads"):
        export.OnnxClassifier("model.onnx", n_threads=2**16).fit(X, Y)


def test_read_manifest_names_a_path_of_the_wrong_type():
    with pytest.raises(TypeError, match="path must be a path, got None"):
        export.read_manifest(None)


def test_pages_check_names_of_samples(result):
    with pytest.raises(TypeError, match="sample_names must be a list, got 3"):
        result.to_html(sample_names=3)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        result.to_html(sample_names=["a"])


def test_measure_reliability_refuses_more_bins_than_there_can_be(result):
    with pytest.raises(ValueError, match="at most 1000"):
        result.measure_reliability(n_bins=10**30)


def test_read_samples_refuses_a_single_value_as_paths(model):
    with pytest.raises(TypeError, match="paths must be a list of files"):
        read_samples(np.array("a.csv"), model)
