"""Arguments of generated cases that gave a raw error: seeds, options, folds and files."""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from sklvision import export, inspection, model_selection, nets, recipes
from sklvision.augmentation import GaussianNoise, RandomZoom
from sklvision.datasets import (
    ImageCollection,
    load_labeled,
    load_spectra,
    make_nails,
    make_spectra,
    read_samples,
)
from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.ensemble import GeometricVotingClassifier
from sklvision.image import FlattenImages, ForegroundCrop
from sklvision.inspection import CropDisplay, LearningForecastDisplay, MisclassifiedDisplay
from sklvision.model_selection import LearningForecast
from sklvision.neural_network import BatchedGridSearchCV, ImageClassifier, SpectrumClassifier
from sklvision.spectral import SpectralScaler

Y = np.arange(12) % 2
X = np.random.default_rng(0).normal(size=(12, 8)) + Y[:, np.newaxis]
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 8), dtype=np.uint8)
EMPTY = np.array([])


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open, which tests of displays count."""
    yield
    plt.close("all")


@pytest.mark.parametrize("function", [nets.list_architectures, nets.get_architecture])
def test_architectures_refuse_an_array_as_kind(function):
    arguments = ("mlp",) if function is nets.get_architecture else ()
    with pytest.raises(ValueError, match="kind must be 'spectrum', 'image' or None"):
        function(*arguments, kind=EMPTY)


def test_list_architectures_refuses_an_array_as_library():
    with pytest.raises(ValueError, match="library must be"):
        nets.list_architectures(library=EMPTY)


@pytest.fixture(scope="module")
def onnx_file(tmp_path_factory):
    model = SpectrumClassifier(max_epochs=1, random_state=0).fit(X, Y)
    return export.to_onnx(model, tmp_path_factory.mktemp("onnx") / "model.onnx")


@pytest.mark.parametrize(
    ("options", "message"),
    [({"bits": EMPTY}, "bits="), ({"max_accuracy_drop": "x"}, "max_accuracy_drop='x' must be")],
)
def test_quantize_names_an_option_of_the_wrong_type(onnx_file, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        export.quantize(onnx_file, X, tmp_path / "small.onnx", validation=(X, Y), **options)


@pytest.mark.parametrize("n_max", [[1], "1", 10**30, np.nan])
def test_learning_forecast_display_refuses_sizes_that_are_not_possible(n_max):
    X, y = make_spectra(60, n_bands=8, random_state=0)
    forecast = model_selection.learning_curve_forecast(GaussianNB(), X, y, cv=2)
    assert isinstance(forecast, LearningForecast)
    with pytest.raises(ValueError, match="n_max must be finite and above"):
        LearningForecastDisplay.from_forecast(forecast, n_max=n_max)


def test_load_labeled_names_a_file_of_groups_that_is_not_utf8(tmp_path):
    table, groups = tmp_path / "table.csv", tmp_path / "groups.txt"
    table.write_text(
        "red,blue,label\n" + "".join(f"{i * i % 7},{i % 4},{i % 2}\n" for i in range(6))
    )
    groups.write_bytes(b"a\nb\n\xdec\na\nb\nc\n")
    with pytest.raises(ValueError, match=r"groups\.txt: is not UTF-8 text"):
        load_labeled(table, groups=str(groups))


def test_read_samples_refuses_a_follow_names_that_is_not_a_bool(tmp_path):
    model = DummyClassifier().fit(X, Y)
    np.save(tmp_path / "rows.npy", X)
    with pytest.raises(ValueError, match="follow_names must be True or False"):
        list(read_samples(model, [tmp_path / "rows.npy"], follow_names=EMPTY))


def test_foreground_crop_takes_a_small_integer_type_as_threshold():
    crops = [
        ForegroundCrop(crop_size=4, output_size=4, threshold=threshold).fit_transform(IMAGES)
        for threshold in (3, np.int8(3))
    ]
    np.testing.assert_array_equal(*crops)


def test_crop_display_takes_an_array_of_objects():
    crop = ForegroundCrop(crop_size=8, output_size=4).fit(IMAGES)
    CropDisplay.from_estimator(crop, IMAGES.astype(float).astype(object), max_samples=2)


def test_forecast_takes_labels_that_are_not_utf8():
    labels = np.array(["\udcff", "b"], dtype=object)[Y]
    result = model_selection.compare_estimators({"dummy": DummyClassifier()}, X, labels, cv=2)
    forecasts = model_selection.forecast_best(result, X, labels)
    assert isinstance(forecasts["dummy"], LearningForecast)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_random_state_is_refused_by_its_name(seed):
    with pytest.raises(ValueError, match="random_state"):
        model_selection.learning_curve_forecast(GaussianNB(), X, Y, random_state=seed)
    with pytest.raises(ValueError, match="random_state"):
        model_selection.robustness_curve(
            make_pipeline(GaussianNB()).fit(X, Y), X, Y, random_state=seed
        )


@pytest.mark.parametrize("seed", [-1, 2**32])
@pytest.mark.parametrize(
    "function",
    [
        lambda seed: model_selection.find_leaks(X, Y, cv=2, random_state=seed),
        lambda seed: model_selection.compare_estimators(
            {"bayes": GaussianNB()}, X, Y, cv=2, random_state=seed
        ),
        lambda seed: make_spectra(10, random_state=seed),
        lambda seed: make_nails(2, random_state=seed),
        lambda seed: recipes.digits(random_state=seed),
    ],
    ids=["find_leaks", "compare_estimators", "make_spectra", "make_nails", "digits"],
)
def test_functions_refuse_a_seed_that_numpy_does_not_take(function, seed):
    message = rf"(?i)random_state.* {2**32 - 1}.*got {seed}"
    with pytest.raises(ValueError, match=message):
        function(seed)


@pytest.mark.parametrize("white", [1e300, 1e31, 1e-300, 0, np.nan, np.inf])
def test_image_collection_refuses_a_white_that_float32_does_not_hold(white):
    with pytest.raises(ValueError, match="white must be None or a number from 1e-30 to 1e"):
        ImageCollection([Image.fromarray(IMAGES[0])], mode="F", white=white)


@pytest.mark.parametrize(
    ("scores", "best_score", "message"),
    [
        ([[0.5, 0.6], [0.6, 0.7], [0.7, 0.75]], 1e300, "best_score must be a finite number of at"),
        ([[-1e300, 0.6], [0.6, 0.7], [0.7, 0.75]], 1.0, "scores must be from -1e"),
        ([[0.5, 0.6], [0.6, 0.7], [0.7, 0.75]], 10**400, "best_score"),
    ],
)
def test_forecast_refuses_scores_whose_squares_overflow(scores, best_score, message):
    with pytest.raises(ValueError, match=message):
        LearningForecast.from_scores([10, 20, 40], scores, best_score=best_score)


def test_forecast_computes_with_the_largest_scores():
    points = 1e30 * np.array([[0.5, 0.6], [0.6, 0.7], [0.7, 0.75]])
    forecast = LearningForecast.from_scores([10, 20, 40], points, best_score=1e30)
    assert np.isfinite(forecast.predict([10, 100])).all()


@pytest.mark.parametrize("option", ["sort", "resample", "follow_names"])
def test_read_samples_refuses_options_that_are_not_a_bool(option, tmp_path):
    with pytest.raises(ValueError, match=f"{option} must be True or False, got array"):
        read_samples([tmp_path], DummyClassifier(), **{option: EMPTY})


def test_load_spectra_names_a_column_to_drop_that_is_not_a_text(tmp_path):
    pd.DataFrame(X, columns=range(900, 908)).assign(label=Y).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises((TypeError, ValueError), match="1"):
        load_spectra(tmp_path / "a.csv", bands="900:905", drop=[1])


def test_estimate_accuracy_refuses_a_name_that_is_not_a_text():
    with pytest.raises(TypeError, match="name must be a string, got"):
        model_selection.estimate_accuracy(GaussianNB(), X, Y, name={"a": 1})


def test_foreground_crop_refuses_pixels_too_large_for_float32():
    crop = ForegroundCrop(center_crop=None, threshold="otsu")
    with pytest.raises(ValueError, match="too large to be computed with in float32"):
        crop.fit_transform(IMAGES * 1e300)


@pytest.mark.parametrize("white", [1e-30, 1e30])
def test_image_collection_scales_to_an_extreme_white(white):
    image = Image.fromarray(np.full((2, 2), 65535, dtype=np.uint16))
    images = np.asarray(ImageCollection([image], mode="F", white=white))
    np.testing.assert_allclose(images, white, rtol=1e-6)


@pytest.mark.parametrize("pixel_range", [(0, 1e300), (-1e31, 0), (5, 5 + 1e-12)])
def test_pixel_range_is_one_that_float32_holds(pixel_range):
    model = make_pipeline(FlattenImages(), GaussianNB()).fit(IMAGES, Y)
    with pytest.raises(ValueError, match="pixel_range"):
        model_selection.robustness_curve(
            model, IMAGES / 255, Y, pixel_range=pixel_range, random_state=0
        )


@pytest.mark.parametrize("shape", [(2.5, 2), (8, 8.0), (8,), (0, 64), ("8", 8), 64, np.array(64)])
def test_image_shape_is_whole_numbers(shape):
    for function in (
        lambda: load_labeled("digits", image_shape=shape),
        lambda: MisclassifiedDisplay.from_predictions(
            Y, 1 - Y, IMAGES.reshape(12, 64), image_shape=shape
        ),
    ):
        with pytest.raises((TypeError, ValueError), match=r"image_shape.* must be"):
            function()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda value: ForegroundCrop(center_crop=value).fit(IMAGES), "center_crop=array"),
        (lambda value: ForegroundCrop(crop_size=value).fit(IMAGES), "crop_size must be"),
        (lambda value: nets.build("mlp", value, 2), "needs an input_shape"),
        (
            lambda value: nets.build("spectrum_mlp", (4,), 2, hidden_layer_sizes=value),
            "hidden_layer_sizes must be",
        ),
        (
            lambda value: model_selection.robustness_curve(
                GaussianNB().fit(X, Y), X, Y, severities=value
            ),
            "severities must be",
        ),
        (
            lambda value: model_selection.robustness_curve(
                GaussianNB().fit(X, Y), X, Y, corruptions=value
            ),
            "corruptions must be",
        ),
        (lambda value: model_selection.find_leaks(X, Y, cv=value), "cv must be"),
    ],
)
def test_an_array_without_a_dimension_is_not_a_list(function, message):
    with pytest.raises((TypeError, ValueError), match=message):
        function(np.array(3.5))


def test_batched_search_refuses_folds_that_are_not_pairs():
    search = BatchedGridSearchCV(SpectrumClassifier(max_epochs=1), {"lr": [1e-3]}, cv=(2, 3))
    with pytest.raises(ValueError, match="cv must be a number of folds"):
        search.fit(X, Y)


def test_make_spectra_refuses_true_as_a_number():
    with pytest.raises(ValueError, match="n_samples must be an integer"):
        make_spectra(n_samples=True, n_bands=2)


def test_robustness_curve_names_a_column_of_dates():
    X = pd.DataFrame({"day": pd.to_datetime(["2026-01-01"] * 6), "band": np.arange(6.0)})
    with pytest.raises(ValueError, match="day"):
        model_selection.robustness_curve(DummyClassifier().fit(X, [0, 1] * 3), X, [0, 1] * 3)


def test_set_class_weight_names_missing_labels():
    with pytest.raises(ValueError, match="y holds no labels"):
        recipes.set_class_weight(SpectrumClassifier(), "x", pd.Series([], dtype="string"))


def test_true_is_no_side_of_an_image():
    with pytest.raises(ValueError, match=r"image_shape must be \(height, width\)"):
        ImageClassifier(image_shape=(True, 8)).fit(X, Y)


def test_a_function_of_one_argument_is_no_scorer():
    model = SpectrumClassifier(max_epochs=1).fit(X, Y)
    for call in (
        lambda: inspection.BandImportanceDisplay.from_estimator(model, X, Y, scoring=len),
        lambda: model_selection.compare_estimators({"a": DummyClassifier()}, X, Y, scoring=len),
    ):
        with pytest.raises(TypeError, match="must be a function of an estimator, X and y"):
            call()


def test_max_bands_may_be_a_small_integer_of_numpy():
    reference = LinearDiscriminantAnalysisCV(max_bands=2).fit(X, Y)
    model = LinearDiscriminantAnalysisCV(max_bands=np.uint8(2)).fit(X, Y)
    np.testing.assert_array_equal(model.coef_, reference.coef_)


def test_compare_backends_names_models_of_other_classes():
    models = {
        "two": LogisticRegression().fit(X, Y),
        "three": LogisticRegression().fit(X, np.arange(len(X)) % 3),
    }
    with pytest.raises(ValueError, match="'two' has 2, and 'three' has 3"):
        export.compare_backends(models, X)


def test_samples_that_cancel_each_other_are_fitted():
    rows = np.tile(np.sin(np.arange(12.0)), (10, 1))
    rows[5:] *= -1
    assert "profile" not in SpectralScaler().fit(rows).input_contract_


def test_band_importance_names_a_score_that_is_no_number():
    model = SpectrumClassifier(max_epochs=1).fit(X, Y)
    with pytest.raises(TypeError, match="scoring must return a number, got 'x'"):
        inspection.BandImportanceDisplay.from_estimator(model, X, Y, scoring=lambda *_: "x")


def test_occlusion_names_bytes_that_are_no_numbers():
    model = ImageClassifier("mlp", max_epochs=1).fit(IMAGES, Y)
    with pytest.raises(ValueError, match="X must hold numbers"):
        inspection.OcclusionDisplay.from_estimator(model, [b"x"] * 4, image_shape=(8, 8))


def test_discriminant_analysis_takes_weights_at_the_end_of_a_double():
    weights = np.linspace(1, 2, 12)
    reference = LinearDiscriminantAnalysisCV().fit(X, Y, sample_weight=1e12 * weights)
    model = LinearDiscriminantAnalysisCV().fit(X, Y, sample_weight=8e307 * weights)
    np.testing.assert_allclose(model.predict_proba(X), reference.predict_proba(X))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LinearDiscriminantAnalysisCV(class_weight={0: 1e300}).fit(X, Y, 1e12 * weights)
    assert set(model.predict(X)) == {0}


def test_find_leaks_takes_values_whose_squares_overflow():
    rows = np.random.default_rng(0).normal(size=(12, 8))
    rows[:, 3] = 1e300 * rows[:, 3]
    rows[6:] = rows[:6]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = model_selection.find_leaks(rows, Y, cv=[(np.arange(6), np.arange(6, 12))])
    assert report.counts["duplicate"] == 6


def test_a_damaged_tiff_prints_nothing(tmp_path, capfd):
    path = tmp_path / "a.tif"
    # One entry, the height, whose values lie at a place that cannot be.
    path.write_bytes(
        b"II*\0" + (8).to_bytes(4, "little") + b"\1\0\1\1\4\0\xff\0\0\0\x08\0\0\0\0\0\0\0"
    )
    with pytest.raises(OSError, match="cannot be read as an image"):
        ImageCollection([path])[0]
    assert capfd.readouterr().err == ""


def test_make_candidates_names_a_size_that_is_no_number():
    with pytest.raises(ValueError, match="image_size must be an integer"):
        recipes.make_candidates(IMAGES, image_size="8")


def test_true_is_the_color_one():
    images = RandomZoom(0.5, fill="constant", fill_value=True, random_state=1).fit_transform(IMAGES)
    expected = RandomZoom(0.5, fill="constant", fill_value=1, random_state=1).fit_transform(IMAGES)
    np.testing.assert_array_equal(images, expected)


def test_find_leaks_compares_bands_whose_squares_overflow():
    rows = np.cumsum(np.random.default_rng(0).normal(size=(12, 40)), axis=1) * 1e200
    rows[6:] = rows[:6]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = model_selection.find_leaks(rows, Y, cv=[(np.arange(6), np.arange(6, 12))])
    assert report.counts["duplicate"] == 6


def test_a_vote_of_members_without_weight_is_refused():
    members = [("a", LogisticRegression()), ("b", "drop")]
    with pytest.raises(ValueError, match="one member that votes must be positive"):
        GeometricVotingClassifier(members, weights=(0.0, 1.0)).fit(X, Y)


def test_save_names_a_signer_that_is_no_name(tmp_path):
    model = LogisticRegression().fit(X, Y)
    with pytest.raises(TypeError, match="signer must be a name"):
        export.save(model, tmp_path / "a.sklv", signer=np.nan)


def test_time_folds_name_missing_texts():
    times = pd.Series(["a", None, "b"], dtype="string")
    with pytest.raises(ValueError, match="1 are missing"):
        model_selection.make_time_folds(times, n_splits=2)


def test_noise_stays_within_half_precision():
    images = IMAGES.astype(np.float16)
    assert np.isfinite(GaussianNoise(1e29, random_state=0).fit_transform(images)).all()
