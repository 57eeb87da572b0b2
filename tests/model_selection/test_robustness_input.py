"""Wrong estimators, data and corruptions are refused before any work."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.model_selection import robustness_curve
from tests.model_selection._robustness import IMAGES, KINDS, LABELS, SPECTRA, Untouchable


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
        (IMAGES - 0.5, {}, r"-0.5 to 0.5; pass pixel_range=\(black, white\)"),
        (IMAGES * 1000, {}, "cannot infer black and white"),
    ],
)
def test_robustness_curve_checks_images_before_any_work(X, params, message):
    with pytest.raises(ValueError, match=message):
        robustness_curve(Untouchable().fit(X, LABELS), X, LABELS, **params)


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
