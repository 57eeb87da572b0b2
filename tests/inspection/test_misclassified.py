"""MisclassifiedDisplay: the samples that a classifier gets wrong."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from sklvision.datasets import ImageCollection, make_spectra
from sklvision.inspection import MisclassifiedDisplay

X, y = load_digits(return_X_y=True)
X_TRAIN, y_train, X_TEST, y_test = X[:300], y[:300], X[300:], y[300:]
SPECTRA, LABELS = make_spectra(120, n_bands=30, noise=0.2, random_state=0)


@pytest.fixture(scope="module")
def model():
    return LogisticRegression(max_iter=100, tol=0.1).fit(X_TRAIN, y_train)


def test_misclassified_display_sorts_errors_by_probability(model):
    display = MisclassifiedDisplay.from_estimator(
        model, X_TEST, y_test, image_shape=(8, 8), max_samples=10
    )
    confidence, predicted = model.predict_proba(X_TEST).max(axis=1), model.predict(X_TEST)
    wrong = np.flatnonzero(predicted != y_test)
    order = wrong[np.argsort(-confidence[wrong], kind="stable")][:10]
    assert display.n_wrong == len(wrong)
    np.testing.assert_allclose(display.confidences, confidence[order])
    for ax, i in zip(display.axes_, order, strict=True):
        np.testing.assert_array_equal(ax.get_images()[0].get_array(), X_TEST[i].reshape(8, 8))
        assert ax.get_title().startswith(f"{y_test[i]} → {predicted[i]}\n")
    title = f"{len(wrong)} of 1497 misclassified, the 10 surest"
    assert display.figure_.get_suptitle().startswith(title)


def test_misclassified_display_sorts_by_margin_without_probabilities():
    model = LinearSVC(tol=0.1).fit(X_TRAIN, y_train)
    display = MisclassifiedDisplay.from_estimator(
        model, X_TEST, y_test, image_shape=(8, 8), max_samples=5
    )
    ascending = np.sort(model.decision_function(X_TEST), axis=1)
    margins = (ascending[:, -1] - ascending[:, -2])[model.predict(X_TEST) != y_test]
    first_decision = model.decision_function([display.samples[0].ravel()])
    np.testing.assert_allclose(np.diff(np.sort(first_decision[0]))[-1], margins.max())
    assert display.confidences is None
    assert "%" not in display.axes_[0].get_title()


def test_misclassified_display_says_that_nothing_is_wrong():
    display = MisclassifiedDisplay.from_predictions([0, 1], [0, 1], SPECTRA[:2])
    assert display.axes_[0].texts[0].get_text() == "None of 2 samples misclassified"


@pytest.mark.parametrize("library", ["numpy", "pandas", "polars", "pyarrow"])
def test_misclassified_display_draws_spectra_over_the_means_of_both_classes(library):
    if library == "numpy":
        spectra = SPECTRA
    else:
        table = pytest.importorskip(library)
        make = table.table if library == "pyarrow" else table.DataFrame
        spectra = make({f"{900 + i}": band for i, band in enumerate(SPECTRA.T)})
    model = GaussianNB().fit(pd.DataFrame(SPECTRA[:60]).to_numpy(), LABELS[:60])
    predicted = model.predict(SPECTRA)
    display = MisclassifiedDisplay.from_predictions(LABELS, predicted, spectra, max_samples=2)
    true_mean, predicted_mean, sample = display.axes_[0].lines
    is_true = display.true_labels[0] == LABELS
    np.testing.assert_allclose(true_mean.get_ydata(), SPECTRA[is_true].mean(axis=0))
    assert predicted_mean.get_label() == "mean of predicted class"
    np.testing.assert_allclose(sample.get_ydata(), SPECTRA[np.flatnonzero(predicted != LABELS)[0]])
    assert sample.get_xdata()[0] == (0 if library == "numpy" else 900)


def test_misclassified_display_reads_only_the_shown_images_of_a_collection(tmp_path):
    for i in range(5):
        Image.fromarray(np.full((6, 8), i, dtype=np.uint8)).save(tmp_path / f"file_{i}.png")
    n_reads = []
    collection = ImageCollection(sorted(tmp_path.iterdir())).map(
        lambda image: (n_reads.append(1), image)[1]
    )
    display = MisclassifiedDisplay.from_predictions(
        list("ababa"), list("abbbb"), collection, confidence=[0.5] * 5
    )
    titles = [ax.get_title() for ax in display.axes_]
    assert titles == ["file_2\na → b\n50 %", "file_4\na → b\n50 %"]
    assert len(n_reads) <= 3  # and one to know their shape


@pytest.mark.parametrize(
    ("confidence", "text"), [(0.9999, "> 99 %"), (1.0, "100 %"), (0.5, "50 %"), (0.001, "< 1 %")]
)
def test_misclassified_display_never_rounds_to_certainty(confidence, text):
    display = MisclassifiedDisplay.from_predictions([0], [1], SPECTRA[:1], confidence=[confidence])
    assert display.axes_[0].get_title() == f"0 → 1  {text}"


def test_misclassified_display_refuses_bad_input(model):
    with pytest.raises(NotFittedError):
        MisclassifiedDisplay.from_estimator(LogisticRegression(), X, y)
    with pytest.raises(ValueError, match="y must have one value per sample"):
        MisclassifiedDisplay.from_estimator(model, X, y[:-1])
    with pytest.raises(ValueError, match="confidence must have one value per sample"):
        MisclassifiedDisplay.from_predictions(y, y, X, confidence=[1.0])
    with pytest.raises(ValueError, match="max_samples must be"):
        MisclassifiedDisplay.from_predictions(y, y, X, max_samples=0)


def test_from_predictions_reads_numbers_in_text():
    table = pd.DataFrame(np.arange(12.0).reshape(4, 3), columns=["1", "2", "3"]).astype(str)
    display = MisclassifiedDisplay.from_predictions([0, 0, 1, 1], [0, 1, 1, 1], table)
    np.testing.assert_array_equal(display.samples[0], [3, 4, 5])
    np.testing.assert_array_equal(display.class_means[1], [7.5, 8.5, 9.5])
