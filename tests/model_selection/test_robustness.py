"""Scores by severity, and everything that is refused before any work."""

from __future__ import annotations

import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sklvision.datasets import ImageCollection
from sklvision.image import FlattenImages, PixelScaler
from sklvision.model_selection import RobustnessResult, robustness_curve

DIGITS = load_digits()
IMAGES, LABELS = DIGITS.images[:600] / 16, DIGITS.target[:600]
SPECTRA, KINDS = load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def reader():
    return make_pipeline(FlattenImages(), LogisticRegression(max_iter=500)).fit(
        IMAGES[:300], LABELS[:300]
    )


@pytest.fixture(scope="module")
def bayes():
    return GaussianNB().fit(SPECTRA, KINDS)


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers what it is asked; class 0 always."""

    def __init__(self):
        self.batches = []

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        self.batches.append(X)
        return np.full(len(X), self.classes_[0])


class Untouchable(Recorder):
    def predict(self, X):
        pytest.fail("predicted before the input was checked")


# What it computes


def test_robustness_curve_scores_the_corrupted_samples(reader):
    X, y = IMAGES[300:380], LABELS[300:380]
    result = robustness_curve(reader, X, y, severities=[0.5, 1], random_state=0)
    frame = result.to_frame()
    assert list(frame.columns) == ["estimator", "corruption", "severity", "score"]
    assert frame["corruption"].nunique() == 8
    assert (frame["estimator"] == "FlattenImages + LogisticRegression").all()
    for row in frame.itertuples():
        data = result.corrupt(X, row.corruption, row.severity) if row.severity else X
        assert row.score == accuracy_score(y, reader.predict(data))


def test_robustness_curve_corrupts_once_for_all_estimators():
    models = {name: Recorder().fit(IMAGES, LABELS) for name in "ab"}
    robustness_curve(models, IMAGES, LABELS, corruptions=["noise", "shift"], severities=3)
    seen_a, seen_b = (model.batches for model in models.values())
    assert len(seen_a) == len(seen_b) == 1 + 2 * 3
    assert all(a is b for a, b in zip(seen_a, seen_b, strict=True))
    np.testing.assert_array_equal(seen_a[0], IMAGES)


@pytest.mark.parametrize("kind", ["images", "spectra"])
def test_robustness_curve_repeats_with_any_n_jobs(kind, reader):
    if kind == "images":
        model, X, y = reader, IMAGES[300:340], LABELS[300:340]
    else:
        model, X, y = (
            make_pipeline(StandardScaler(), GaussianNB()).fit(SPECTRA, KINDS),
            SPECTRA,
            KINDS,
        )
    first, second, parallel = (
        robustness_curve(
            model,
            X,
            y,
            corruptions=["shift", "noise"],
            severities=2,
            scoring="neg_log_loss",
            random_state=3,
            n_jobs=n_jobs,
        ).to_frame()
        for n_jobs in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    pd.testing.assert_frame_equal(first, parallel, check_exact=True)
    other_result = robustness_curve(
        model, X, y, corruptions=["shift", "noise"], severities=2, scoring="neg_log_loss"
    )
    assert not first.equals(other_result.to_frame())


def test_robustness_curve_takes_custom_functions_with_n_jobs(bayes):
    offset = {"offset": lambda X, severity, rng: X + severity * rng.random()}
    serial, parallel = (
        robustness_curve(
            bayes, SPECTRA, KINDS, corruptions=offset, random_state=0, n_jobs=n_jobs
        ).to_frame()
        for n_jobs in (1, 2)
    )
    pd.testing.assert_frame_equal(serial, parallel, check_exact=True)


def test_robustness_curve_reads_a_collection_lazily(tmp_path):
    Image = pytest.importorskip("PIL.Image")
    pixels = np.rint(255 * IMAGES[:24]).astype(np.uint8)
    for i, image in enumerate(pixels):
        Image.fromarray(image).save(tmp_path / f"{i:03}.png")
    lazy, y = ImageCollection(sorted(tmp_path.glob("*.png"))), LABELS[:24]
    model = make_pipeline(FlattenImages(), PixelScaler(), LogisticRegression()).fit(pixels, y)
    recorder = Recorder().fit(pixels, y)
    eager, read = (
        robustness_curve(
            {"model": model, "recorder": recorder}, X, y, severities=1, random_state=0
        ).to_frame()
        for X in (pixels, lazy)
    )
    pd.testing.assert_frame_equal(eager, read, check_exact=True)
    assert all(isinstance(X, ImageCollection) for X in recorder.batches[9:])


def test_robustness_curve_takes_images_of_different_sizes(tmp_path):
    Image = pytest.importorskip("PIL.Image")
    for i, size in enumerate([(20, 10), (8, 9), (30, 40), (12, 12)]):
        Image.new("RGB", size, (60 * i, 80, 90)).save(tmp_path / f"{i}.png")
    X = ImageCollection(sorted(tmp_path.glob("*.png")))
    model = Recorder().fit(X, [0, 1, 0, 1])
    robustness_curve(model, X, [0, 1, 0, 1], severities=1)
    assert [image.shape for image in model.batches[-1]] == [image.shape for image in X]


def test_robustness_curve_takes_searches_and_frames():
    X = pd.DataFrame(SPECTRA, columns=list("abcd"))
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()),
        {"logisticregression__C": [0.1, 1]},
        cv=2,
    ).fit(X, KINDS)
    result = robustness_curve({"search": search}, X, KINDS, severities=1, random_state=0)
    assert result.to_frame()["score"].between(0.4, 1).all()


def test_robustness_curve_takes_custom_corruptions(bayes):
    def dead_band(X, severity, rng):
        assert X.shape == (1, 4)
        assert 0 < severity <= 1
        X[:, rng.integers(4)] *= 1 - severity  # in place: the data must not suffer
        return X

    original = SPECTRA.copy()
    result = robustness_curve(
        bayes, SPECTRA, KINDS, corruptions={"dead band": dead_band, "lamp": "gain"}, random_state=0
    )
    np.testing.assert_array_equal(SPECTRA, original)
    assert list(result.corruptions) == ["dead band", "lamp"]
    assert result.meanings == {"dead band": "", "lamp": "±20 %"}
    scores = result.to_frame().query("corruption == 'dead band'")["score"].to_numpy()
    assert scores[0] > 0.9 > scores[-1]


def test_robustness_curve_keeps_type_and_range_of_custom_corruptions():
    X = np.full((4, 3, 3), 200, dtype=np.uint8)
    model = Recorder().fit(X, [0, 1, 0, 1])
    brighter = {"brighter": lambda X, severity, rng: X + 100.4 * severity}
    robustness_curve(model, X, [0, 1, 0, 1], corruptions=brighter, severities=[0.1, 1])
    assert [(x.dtype, x[0, 0, 0]) for x in model.batches[1:]] == [(np.uint8, 210), (np.uint8, 255)]


def test_robustness_curve_takes_any_scorer(bayes):
    def last(estimator, X, y):
        return float(X[-1, 0])

    result = robustness_curve(bayes, SPECTRA, KINDS, scoring=last, corruptions="gain")
    assert result.score_name == "last"
    assert result.to_frame()["score"].nunique() == 6


# What it says


def made_up(scores, n_samples=1000, score_name="accuracy"):
    rows = [
        {"estimator": name, "corruption": corruption, "severity": s, "score": score}
        for (name, corruption), values in scores.items()
        for s, score in zip((0.0, 0.5, 1.0), values, strict=True)
    ]
    names = dict.fromkeys(corruption for _, corruption in scores)

    class Corruption:
        description = "a | b"

    return RobustnessResult(
        scores=pd.DataFrame(rows),
        score_name=score_name,
        corruptions=dict.fromkeys(names, Corruption()),
        n_samples=n_samples,
        seed=0,
    )


RESULT = made_up(
    {
        ("net", "dust"): (0.9, 0.8, 0.3),
        ("net", "fog"): (0.9, 0.88, 0.86),
        ("line", "dust"): (0.8, 0.7, 0.6),
        ("line", "fog"): (0.8, 0.8, 0.8),
    }
)


def test_summary_has_drops_and_crossings():
    summary = RESULT.summary().set_index(["estimator", "corruption"])
    row = summary.loc[("net", "dust")]
    assert row["clean_score"] == 0.9
    assert row["full_score"] == 0.3
    assert row["mean_score"] == pytest.approx(0.55)
    assert row["relative_drop"] == pytest.approx(2 / 3)
    assert row["severity_at_drop"] == pytest.approx(0.25)
    assert np.isnan(summary.loc[("net", "fog"), "severity_at_drop"])
    assert RESULT.summary(drop=0.3)["severity_at_drop"].round(3).tolist()[0] == 0.7
    with pytest.raises(ValueError, match="drop must be above 0, got 0"):
        RESULT.summary(drop=0)


def test_str_names_the_worst_corruption_and_the_best_estimator():
    text = str(RESULT)
    assert "dust has the largest effect: accuracy falls by 25.0 percentage points" in text
    assert "40.0 percentage points at severity 1." in text
    assert "line is the most robust, 0.725 on average" in text
    assert "against 0.710 of net, the next" in text
    assert "1,000 samples" in text
    assert repr(RESULT) == text


@pytest.mark.parametrize(
    ("scores", "n_samples", "expected_text"),
    [
        ({("a", "fog"): (0.9, 0.9, 0.9)}, 100, "No corruption lowered accuracy"),
        ({("a", "fog"): (0.9, np.nan, 0.9)}, 100, r"No conclusion: .* for \['a'\]"),
        ({("a", "fog"): (-0.9, -1.9, -2.9)}, 100, "accuracy falls by 1.5 on average"),
        (
            {("a", "fog"): (0.9, 0.8, 0.7), ("b", "fog"): (0.9, 0.81, 0.7)},
            38,
            "b and a are about equally robust, 0.755 and 0.750.*too close to call",
        ),
    ],
)
def test_str_concludes_with_care(scores, n_samples, expected_text):
    assert re.search(expected_text, str(made_up(scores, n_samples)))


def test_str_compares_the_best_two_of_several_estimators():
    levels = {"a": 0.3, "b": 0.8, "c": 0.6}
    scores = {(name, "fog"): (0.9, level, level) for name, level in levels.items()}
    assert "b is the most robust, 0.800 on average" in str(made_up(scores))
    assert "against 0.600 of c, the next" in str(made_up(scores))


def test_str_counts_in_percentage_points_of_fractions_alone():
    assert "falls by 10.0 percentage points" in str(made_up({("a", "fog"): (1.0, 0.9, 0.9)}))
    assert "falls by 0.3 on average" in str(made_up({("a", "fog"): (1.6, 1.3, 1.3)}))


def test_robustness_curve_takes_a_number_of_severities(bayes):
    for n_steps, severities in ((1, [0, 1]), (4, [0, 0.25, 0.5, 0.75, 1])):
        frame = robustness_curve(
            bayes, SPECTRA, KINDS, corruptions="gain", severities=n_steps
        ).to_frame()
        assert frame["severity"].tolist() == severities


def test_to_markdown_is_a_table():
    lines = RESULT.to_markdown().splitlines()
    assert lines[2] == "| corruption | severity 1 | net | line |"
    assert lines[3] == "| --- | --- | ---: | ---: |"
    assert lines[4] == "| none |  | 0.900 | 0.800 |"
    assert lines[5] == "| dust | a \\| b | 0.300 (0.550) | 0.600 (0.650) |"


def test_robustness_result_survives_pickling(bayes):
    result = robustness_curve(bayes, SPECTRA, KINDS, severities=2, random_state=0)
    restored = pickle.loads(pickle.dumps(result))
    assert str(restored) == str(result)
    np.testing.assert_array_equal(
        restored.corrupt(SPECTRA, "noise", 0.5), result.corrupt(SPECTRA, "noise", 0.5)
    )


def test_corrupt_refuses_unknown_names_and_severities(bayes):
    result = robustness_curve(bayes, SPECTRA, KINDS, corruptions=["gain"])
    with pytest.raises(ValueError, match=r"'gian' is not part.*Did you mean 'gain'"):
        result.corrupt(SPECTRA, "gian", 0.5)
    with pytest.raises(ValueError, match=r"severity must be above 0.*got 2"):
        result.corrupt(SPECTRA, "gain", 2)


# What it refuses


def test_robustness_curve_names_unfitted_estimators():
    models = {"good": Untouchable().fit(SPECTRA, KINDS), "raw": GaussianNB()}
    with pytest.raises(NotFittedError, match=r"'raw' is not fitted.*Call fit first"):
        robustness_curve(models, SPECTRA, KINDS)
    unfitted = make_pipeline(StandardScaler(), LogisticRegression())
    for model in (unfitted, GridSearchCV(unfitted, {}, cv=2)):
        with pytest.raises(NotFittedError, match="is not fitted"):
            robustness_curve(model, SPECTRA, KINDS)


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        ({}, ValueError, "empty"),
        ({"": DummyClassifier()}, ValueError, "non-empty strings, got ''"),
        ([("a", Untouchable().fit(SPECTRA, KINDS))] * 2, ValueError, "more than once: \\['a'\\]"),
        ({"c": DummyClassifier}, TypeError, r"\['c'\] is the class DummyClassifier"),
        ({"k": KMeans(2).fit(SPECTRA)}, TypeError, r"\['k'\] is not a classifier"),
        ({"r": LinearRegression().fit(SPECTRA, KINDS)}, TypeError, r"\['r'\] is not a classifier"),
        ("resnet8", TypeError, "'resnet8'"),
    ],
)
def test_robustness_curve_refuses_estimators(estimator, error, message):
    with pytest.raises(error, match=message):
        robustness_curve(estimator, SPECTRA, KINDS)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"corruptions": ["gian"]}, ValueError, "'gian' is unknown. Did you mean 'gain'.*shift"),
        ({"corruptions": "jpeg"}, ValueError, r"for images, and X holds spectra; reshape.*gain"),
        ({"corruptions": []}, ValueError, "corruptions is empty"),
        ({"corruptions": ["gain", "gain"]}, ValueError, "'gain' twice"),
        ({"corruptions": {"gain": 3}}, TypeError, r"\['gain'\] must be a name or a callable"),
        ({"corruptions": {"": "gain"}}, ValueError, "non-empty strings"),
        ({"corruptions": [np.sin]}, TypeError, "pass a mapping of names"),
        ({"corruptions": 3}, TypeError, "got 3"),
        ({"severities": 0}, ValueError, "at least 1 step, got 0"),
        ({"severities": []}, ValueError, "above 0 and not above 1"),
        ({"severities": [0.5, 1.5]}, ValueError, r"got \[1.5\]"),
        ({"severities": [0, 0.5]}, ValueError, r"got \[0\].*clean"),
        ({"severities": [np.nan]}, ValueError, r"got \[nan\]"),
        ({"severities": ["high"]}, ValueError, "'high'"),
        ({"severities": [0.5, 0.5]}, ValueError, "must differ"),
        ({"severities": 0.5}, TypeError, "got 0.5"),
        ({"severities": True}, TypeError, "got True"),
        ({"scoring": "acuracy"}, ValueError, "Did you mean 'accuracy'"),
        ({"scoring": ["accuracy", "f1_macro"]}, ValueError, "a single scorer"),
        ({"scoring": "roc_auc"}, ValueError, "does not fit these labels"),
        ({"scoring": "neg_log_loss"}, ValueError, r"needs predict_proba, which .*'untouchable'"),
        ({"y": KINDS[:-1]}, ValueError, "differ in length"),
        ({"y": KINDS + 10}, ValueError, r"none of the classes that 'untouchable'.*\[10, 11, 12\]"),
        ({"X": np.where(SPECTRA > 7, np.nan, SPECTRA)}, ValueError, "NaN"),
        ({"X": SPECTRA[:, 0]}, ValueError, r"images of shape .* got shape \(150,\)"),
        ({"X": SPECTRA.reshape(150, 1, 1, 2, 2)}, ValueError, r"images of shape"),
    ],
)
def test_robustness_curve_checks_input_before_any_work(params, error, message):
    model = Untouchable().fit(SPECTRA, KINDS)
    X, y = params.pop("X", SPECTRA), params.pop("y", KINDS)
    with pytest.raises(error, match=message):
        robustness_curve({"untouchable": model}, X, y, **params)


@pytest.mark.parametrize(
    ("X", "params", "message"),
    [
        (
            IMAGES,
            {"corruptions": ["gain"]},
            "'gain' is for spectra, and X holds images. For images",
        ),
        (IMAGES, {"pixel_range": (1, 0)}, "smaller one first"),
        (IMAGES, {"pixel_range": "automatic"}, "'auto' or"),
        (IMAGES, {"pixel_range": (0, 0.5)}, "values from 0 to 1, beyond pixel_range"),
        (IMAGES - 0.5, {}, r"-0.5 to 0.5; give pixel_range=\(black, white\)"),
        (IMAGES * 1000, {}, "cannot tell black and white"),
    ],
)
def test_robustness_curve_checks_images_before_any_work(X, params, message):
    with pytest.raises(ValueError, match=message):
        robustness_curve(Untouchable().fit(X, LABELS), X, LABELS, **params)


def test_robustness_curve_warns_of_a_doubtful_range():
    X = DIGITS.images[:40]
    model = Recorder().fit(X, LABELS[:40])
    with pytest.warns(
        UserWarning, match="values up to 16, and their range is assumed to be 0 to 255"
    ):
        robustness_curve(model, X, LABELS[:40], severities=1)
    robustness_curve(model, X, LABELS[:40], severities=1, pixel_range=(0, 16))
    assert max(batch.max() for batch in model.batches[-8:]) == 16


def test_robustness_curve_warns_of_unknown_labels(bayes):
    part = GaussianNB().fit(SPECTRA[:100], KINDS[:100])
    with pytest.warns(UserWarning, match=r"50 samples of classes that 'part' was not.*\[2\]"):
        robustness_curve({"all": bayes, "part": part}, SPECTRA, KINDS, corruptions=["gain"])


def test_robustness_curve_notes_estimator_and_corruption_of_errors(bayes):
    other_result = LinearSVC().fit(SPECTRA[:, :2], KINDS)
    with pytest.raises(ValueError, match="features") as error_info:
        robustness_curve({"bayes": bayes, "narrow": other_result}, SPECTRA, KINDS)
    assert error_info.value.__notes__ == ["Raised by 'narrow' on the clean data."]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda X, severity, rng: X[:, :2], r"\['own'\] must return .*\(1, 4\); .*\(1, 2\)"),
        (lambda X, severity, rng: None, r"must return an array of real numbers"),
        (lambda X, severity, rng: X * np.nan, r"\['own'\] returned NaN"),
    ],
)
def test_robustness_curve_checks_custom_corruptions(function, message, bayes):
    with pytest.raises(ValueError, match=message):
        robustness_curve(bayes, SPECTRA, KINDS, corruptions={"own": function})


def test_robustness_curve_shows_progress(bayes, capsys):
    robustness_curve(bayes, SPECTRA, KINDS, severities=1)
    assert capsys.readouterr() == ("", "")
    robustness_curve(bayes, SPECTRA, KINDS, severities=1, verbose=1)
    assert "4/4" in capsys.readouterr().err


@pytest.mark.parametrize(("high", "warns"), [(127, True), (128, False), (1, False)])
def test_floats_below_the_middle_of_the_range_are_pointed_out(high, warns):
    images = np.linspace(0, high, 4 * 25).reshape(4, 5, 5)
    y = np.array([0, 1, 0, 1])
    model = DummyClassifier().fit(images, y)
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        robustness_curve(model, images, y, corruptions=["brightness"], severities=1)
    texts = [str(record.message) for record in records]
    assert any("their range is assumed to be 0 to 255" in text for text in texts) is warns
