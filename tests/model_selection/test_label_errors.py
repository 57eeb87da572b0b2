"""Labels that were exchanged on purpose are listed, others hardly ever."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from sklvision.model_selection import find_label_errors


def test_find_label_errors_compares_with_the_mean_of_each_class():
    y = ["a", "a", "a", "b", "b", "b"]
    # Thresholds: (.9 + .8 + .1) / 3 = .6 for a, (.7 + .6 + .5) / 3 = .6 for b.
    first = np.array([0.9, 0.8, 0.1, 0.3, 0.4, 0.5])
    errors = find_label_errors(y, np.column_stack([first, 1 - first]))
    expected = {
        "sample": [2],
        "label": ["a"],
        "suggested": ["b"],
        "label_probability": [0.1],
        "suggested_probability": [0.9],
    }
    pd.testing.assert_frame_equal(errors, pd.DataFrame(expected), check_dtype=False)


def test_find_label_errors_leaves_out_what_no_class_is_confident_of():
    """The last sample is nearer to b, which is usually far more certain."""
    first = np.array([0.9, 0.9, 0.1, 0.1, 0.4])
    assert len(find_label_errors([0, 0, 1, 1, 0], np.column_stack([first, 1 - first]))) == 0


def test_find_label_errors_counts_probabilities_equal_to_the_mean():
    """The mean of three times .1 is a little more than .1 in floating point."""
    first = np.array([0.1, 0.1, 0.1, 0.05, 0.05, 0.1])
    errors = find_label_errors(list("aaabbb"), np.column_stack([first, 1 - first]))
    assert errors[["sample", "suggested"]].to_numpy().tolist() == [[5, "a"]]


def test_find_label_errors_orders_by_doubt():
    first = np.array([0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.2, 0.05, 0.97])
    y = [0, 0, 0, 1, 1, 1, 0, 0, 1]
    errors = find_label_errors(y, np.column_stack([first, 1 - first]))
    assert errors["sample"].tolist() == [8, 7, 6]


def test_find_label_errors_finds_exchanged_labels_of_digits():
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    wrong = rng.choice(len(y), 90, replace=False)
    labels = y.copy()
    labels[wrong] = (y[wrong] + rng.integers(1, 10, 90)) % 10
    model = KNeighborsClassifier(10)
    errors = find_label_errors(labels, cross_val_predict(model, X, labels, method="predict_proba"))
    is_wrong = errors["sample"].isin(wrong)
    assert is_wrong.sum() >= 0.7 * 90
    assert is_wrong.mean() >= 0.85
    assert (errors["suggested"] == y[errors["sample"]])[is_wrong].mean() >= 0.95
    # Predictions differ from 81 correct labels, of which hardly any is doubtful.
    assert len(find_label_errors(y, cross_val_predict(model, X, y, method="predict_proba"))) <= 8


def test_find_label_errors_takes_classes_in_any_order():
    first = np.array([0.9, 0.8, 0.1, 0.3, 0.4, 0.5])
    probabilities = np.column_stack([1 - first, np.zeros(6), first])
    errors = find_label_errors(list("aaabbb"), probabilities, classes=["b", "c", "a"])
    assert errors[["sample", "label", "suggested"]].to_numpy().tolist() == [[2, "a", "b"]]


@pytest.mark.parametrize(
    ("y", "probabilities", "classes", "message"),
    [
        ([0, 1], [[0.5, 0.5]], None, r"one row per sample .* \(2, 2\), got \(1, 2\)"),
        ([0, 1], [[0.5] * 3] * 2, None, "Pass classes="),
        ([0, 1], [[0.5, np.nan]] * 2, None, "from 0 to 1 and not NaN"),
        ([0, 1], [[0.0, 1.01]] * 2, None, "use method=.predict_proba."),
        ([0, 1], [[0.0, 1.6]] * 2, None, "from 0 to 1"),
        ([0, 1], [[-0.01, 1.0]] * 2, None, "from 0 to 1"),
        ([0, 1], [[-3.0, 3.0]] * 2, None, "use method='predict_proba'"),
        ([0, 2], [[0.5, 0.5]] * 2, [0, 1], r"labels that are not among the classes: \[2\]"),
        ([], np.empty((0, 2)), [0, 1], "one label per sample"),
    ],
)
def test_find_label_errors_refuses_bad_input(y, probabilities, classes, message):
    with pytest.raises(ValueError, match=message):
        find_label_errors(y, probabilities, classes=classes)
