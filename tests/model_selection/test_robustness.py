"""Robustness curves score corrupted samples, the same for all estimators and jobs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sklvision.datasets import ImageCollection
from sklvision.image import FlattenImages, PixelScaler
from sklvision.model_selection import robustness_curve
from tests.model_selection._robustness import DIGITS, IMAGES, KINDS, LABELS, SPECTRA, Recorder


@pytest.fixture(scope="module")
def reader():
    return make_pipeline(FlattenImages(), LogisticRegression(max_iter=500)).fit(
        IMAGES[:300], LABELS[:300]
    )


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


def test_robustness_curve_takes_a_number_of_severities(bayes):
    for n_steps, severities in ((1, [0, 1]), (4, [0, 0.25, 0.5, 0.75, 1])):
        frame = robustness_curve(
            bayes, SPECTRA, KINDS, corruptions="gain", severities=n_steps
        ).to_frame()
        assert frame["severity"].tolist() == severities


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


def test_robustness_curve_shows_progress(bayes, capsys):
    robustness_curve(bayes, SPECTRA, KINDS, severities=1)
    assert capsys.readouterr() == ("", "")
    robustness_curve(bayes, SPECTRA, KINDS, severities=1, verbose=1)
    assert "4/4" in capsys.readouterr().err
