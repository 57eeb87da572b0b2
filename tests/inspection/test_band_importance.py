"""BandImportanceDisplay: the score lost where windows of bands are shuffled."""

import joblib
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from sklvision.inspection import BandImportanceDisplay

SPECTRA = np.random.default_rng(0).normal(size=(300, 20))
LABELS = (SPECTRA[:, 8:12].sum(axis=1) > 0).astype(int)  # bands 8 to 11 decide
HELD_OUT = SPECTRA[150:], LABELS[150:]
HEADER = [f"{900 + 10 * i}" for i in range(20)]


@pytest.fixture(scope="module")
def linear():
    return LogisticRegression().fit(SPECTRA[:150], LABELS[:150])


def test_band_importance_is_large_for_the_deciding_window_alone(linear):
    display = BandImportanceDisplay.from_estimator(linear, *HELD_OUT, window=4, random_state=0)
    table = display.importances_
    assert table["mean"].idxmax() == 2
    assert table.loc[2, "mean"] > 0.3
    assert (table["mean"].drop(2).abs() < 0.05).all()
    assert list(table.loc[2, ["first", "last"]]) == [8, 11]
    heights = [bar.get_height() for bar in display.axes_[1].patches]
    np.testing.assert_allclose(heights, table["mean"])


def test_band_importance_of_single_bands_is_that_of_scikit_learn(linear):
    importances = BandImportanceDisplay.from_estimator(
        linear, *HELD_OUT, window=1, n_repeats=30, random_state=0
    ).importances_["mean"]
    expected = permutation_importance(linear, *HELD_OUT, n_repeats=30, random_state=0)
    np.testing.assert_allclose(importances, expected.importances_mean, atol=0.025)


def test_band_importance_does_not_depend_on_jobs_and_leaves_data_unchanged(linear):
    held_out = SPECTRA[150:].copy()
    held_out.flags.writeable = False
    drops = []
    for n_jobs in (1, 2):
        with joblib.parallel_config("threading"):
            display = BandImportanceDisplay.from_estimator(
                linear, held_out, LABELS[150:], window=5, random_state=1, n_jobs=n_jobs
            )
        drops.append(display.drops)
    np.testing.assert_array_equal(*drops)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_band_importance_takes_names_and_wavelengths_of_tables(library):
    table = pytest.importorskip(library)
    columns = dict(zip(HEADER, SPECTRA.T, strict=True))
    make = table.table if library == "pyarrow" else table.DataFrame
    train, test = (
        make({name: values[rows] for name, values in columns.items()})
        for rows in (slice(150), slice(150, None))
    )
    model = GaussianNB().fit(train, LABELS[:150])
    display = BandImportanceDisplay.from_estimator(
        model, test, LABELS[150:], window=7, n_repeats=2, scoring="neg_log_loss", random_state=0
    )
    assert display.windows.tolist() == [[0, 7], [7, 14], [14, 20]]
    assert display.importances_["first"].tolist() == [900, 970, 1040]
    assert display.importances_["mean"].idxmax() == 1
    assert display.axes_[1].get_xlabel() == "wavelength"
    assert display.axes_[1].get_ylabel().startswith("neg log loss lost")
    np.testing.assert_allclose(
        display.axes_[0].lines[1].get_ydata(), SPECTRA[150:][LABELS[150:] == 1].mean(axis=0)
    )


def test_band_importance_refuses_bad_input(linear):
    with pytest.raises(NotFittedError):
        BandImportanceDisplay.from_estimator(LogisticRegression(), *HELD_OUT)
    with pytest.raises(ValueError, match="window must be an integer of at least 1 and at most 20"):
        BandImportanceDisplay.from_estimator(linear, *HELD_OUT, window=21)
    with pytest.raises(ValueError, match="n_repeats must be an integer of at least 1, got 0"):
        BandImportanceDisplay.from_estimator(linear, *HELD_OUT, n_repeats=0)
    with pytest.raises(ValueError, match=r"X must hold spectra \(n, n_bands\)"):
        BandImportanceDisplay.from_estimator(linear, SPECTRA.reshape(300, 4, 5), LABELS)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        BandImportanceDisplay.from_estimator(linear, SPECTRA, LABELS[:-1])
    with pytest.raises(ValueError, match="wavelengths must have one value per band"):
        BandImportanceDisplay.from_estimator(linear, *HELD_OUT, wavelengths=[1, 2])


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.empty((0, 4)), [], "at least one sample"),
        (np.ones((4, 4)), ["a", 1, "a", 1], "several types, int, str"),
        (np.ones((4, 4)), ["a", None, "a", "b"], "no label for 1 of 4 samples"),
    ],
)
def test_from_estimator_refuses_labels_and_samples_by_name(X, y, message):
    model = LogisticRegression().fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(ValueError, match=message):
        BandImportanceDisplay.from_estimator(model, X, y)
