"""Weights of classes by label."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from sklvision.datasets import make_spectra
from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.neural_network import SpectrumClassifier

MODELS = [LinearDiscriminantAnalysisCV(), SpectrumClassifier(max_epochs=2, random_state=0)]
LABELS = {
    "dates": np.array(["2026-01-01", "2026-01-02", "2026-01-03"], "datetime64[D]"),
    "texts": np.array(["a", "b", "c"]),
    "numbers": np.array([-1.0, 2.0, 5.0]),
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_weights_are_found_by_labels_of_any_type(model, kind):
    X, y = make_spectra(90, n_bands=8, weights=[0.7, 0.2, 0.1], random_state=0, return_X_y=True)
    codes = np.unique(y, return_inverse=True)[1]
    labels, weights = LABELS[kind], [1, 5, 20]
    expected = clone(model).set_params(class_weight=dict(enumerate(weights))).fit(X, codes)
    for names in (labels, labels.tolist()):
        weighted = clone(model).set_params(class_weight=dict(zip(names, weights, strict=True)))
        weighted.fit(X, labels[codes])
        np.testing.assert_array_equal(weighted.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_weights_of_unknown_labels_are_refused(model):
    X, y = make_spectra(30, n_bands=8, random_state=0, return_X_y=True)
    weighted = clone(model).set_params(class_weight={"foreign": 2})
    with pytest.raises(ValueError, match="class_weight has 'foreign', which no sample is labeled"):
        weighted.fit(X, y)
