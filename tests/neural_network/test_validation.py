"""Wrong parameters and wrong data: the error names what is wrong, before any training."""

import importlib.util
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.utils._param_validation import InvalidParameterError
from torch import nn

from sklvision.neural_network import ImageClassifier, SpectrumClassifier

X = np.random.RandomState(0).normal(size=(12, 4))
y = np.arange(12) % 3


class Untrainable(nn.Module):
    """Reaching training is a failure of the test."""

    def forward(self, x):
        raise AssertionError("trained before the input was checked")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"max_epochs": -1}, r"'max_epochs' .* in the range \[1, inf\).*-1"),
        ({"max_epochs": 2.5}, "'max_epochs'"),
        ({"batch_size": 0}, "'batch_size'"),
        ({"batch_size": -2}, "'batch_size'"),
        ({"lr": 0}, "'lr'"),
        ({"lr": "fast"}, "'lr'"),
        ({"optimizer": "adamm"}, "'optimizer' .*'adamw'.*'adamm'"),
        ({"lr_schedule": "one-cycle"}, "'lr_schedule' .*'onecycle'"),
        ({"weight_decay": -0.1}, "'weight_decay'"),
        ({"label_smoothing": 1.0}, "'label_smoothing'"),
        ({"class_weight": "balance"}, "'class_weight' .*'balanced'"),
        ({"early_stopping": "yes"}, "'early_stopping'"),
        ({"validation_fraction": 1.0}, "'validation_fraction'"),
        ({"n_iter_no_change": 0}, "'n_iter_no_change'"),
        ({"precision": "float16"}, "'precision' .*'bfloat16'"),
        ({"architecture": 3}, "'architecture'"),
        ({"architecture_params": [1]}, "'architecture_params'"),
        ({"callbacks": "print"}, "'callbacks'"),
        ({"random_state": "zero"}, "'random_state'"),
    ],
)
def test_a_wrong_parameter_is_named_with_its_valid_values(params, message):
    with pytest.raises(InvalidParameterError, match=message):
        SpectrumClassifier(**params).fit(X, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"device": "gpu"}, "'cuda:N'.*'gpu'"),
        ({"device": "cuda:99"}, "not available on this machine"),
        ({"architecture": "spectrum_mpl"}, "Did you mean 'spectrum_mlp'"),
        ({"architecture": "resnet8"}, "is for images, not for spectra.*spectrum_mlp"),
        ({"callbacks": [print]}, "list of skorch callbacks"),
        ({"augment": [3]}, "augment must be an augmenter"),
        ({"class_weight": {7: 2.0, 0: 1.0}}, r"class_weight has 7, .* The labels are 0, 1, 2"),
        ({"class_weight": {"0": 2.0}}, r"has '0', .* Did you mean 0\? The labels are 0, 1, 2"),
        ({"class_weight": {0: "2"}}, "finite number .* got '2' for 0"),
        ({"class_weight": {0: np.nan}}, "finite number .* got nan for 0"),
        ({"class_weight": {0: -1, 1: 1, 2: 1}}, "finite number .* got -1 for 0"),
        (
            {"architecture": nn.Linear(4, 3), "architecture_params": {"bias": False}},
            "already built",
        ),
        ({"architecture": nn.Linear(4, 5)}, r"shape \(n_samples, 3\).*returned \(2, 5\)"),
        ({"architecture": nn.Linear(9, 3)}, r"failed on a batch of shape \(2, 4\)"),
    ],
)
def test_a_value_that_only_fit_can_judge_is_named(params, message):
    with pytest.raises(ValueError, match=message):
        SpectrumClassifier(**params).fit(X, y)


def test_a_misspelt_parameter_is_refused():
    with pytest.raises(TypeError, match="max_epoch"):
        SpectrumClassifier(max_epoch=3)
    with pytest.raises(ValueError, match="Invalid parameter 'max_epoch'"):
        SpectrumClassifier().set_params(max_epoch=3)
    with pytest.raises(TypeError, match="Did you mean 'dropout'"):
        SpectrumClassifier(architecture_params={"droput": 0.1}).fit(X, y)


def test_a_callable_that_returns_no_module_is_refused():
    with pytest.raises(TypeError, match=r"must return a torch\.nn\.Module, got int"):
        SpectrumClassifier(lambda input_shape, n_classes: 3).fit(X, y)


BAD = {
    "NaN": (np.where(X > 1, np.nan, X), y, "NaN"),
    "infinity": (np.where(X > 1, np.inf, X), y, "infinity"),
    "too large": (X * 1e300, y, "too large for dtype"),
    "1-D": (X[:, 0], y, r"1D array|X has shape \(12,\).*Reshape your data"),
    "no samples": (X[:0], y[:0], r"0 sample\(s\)"),
    "no features": (X[:, :0], y, r"0 feature\(s\)"),
    "text": (np.full((12, 4), "a"), y, "X holds 'a', expected numbers"),
    "complex": (X + 1j, y, "Complex data not supported"),
    "continuous labels": (X, X[:, 0], "Unknown label type"),
    "two columns of labels": (X, np.c_[y, y], "1d array"),
    "labels of another length": (X, y[:5], r"\[12, 5\]"),
    "NaN label": (X, np.where(y == 1, np.nan, y), "NaN"),
    "no labels": (X, None, "requires y"),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("Classifier", [SpectrumClassifier, ImageClassifier])
def test_bad_data_is_named_before_training(Classifier, case):
    X_bad, y_bad, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        Classifier(Untrainable()).fit(X_bad, y_bad)


def test_spectra_of_too_many_dimensions_are_refused():
    with pytest.raises(ValueError, match="dim 3"):
        SpectrumClassifier(Untrainable()).fit(X[:, :, None], y)


def test_images_of_too_many_dimensions_are_refused():
    with pytest.raises(
        ValueError, match=r"shape \(12, 2, 2, 1, 1\), but ImageClassifier expects .*channels"
    ):
        ImageClassifier(Untrainable()).fit(X.reshape(12, 2, 2, 1, 1), y)


def test_images_of_different_sizes_are_refused():
    ragged = [np.zeros((2, 2)), np.zeros((3, 2))] * 6
    with pytest.raises(ValueError, match=r"different shapes, \(2, 2\) and \(3, 2\)"):
        ImageClassifier(Untrainable()).fit(ragged, y)


@pytest.mark.parametrize("Classifier", [SpectrumClassifier, ImageClassifier])
def test_wrong_width_at_predict(Classifier):
    clf = Classifier(max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=r"X has 3 features, but .* is expecting 4 features"):
        clf.predict(X[:, :3])


def test_wrong_image_shape_at_predict():
    clf = ImageClassifier(max_epochs=1).fit(X.reshape(12, 2, 2), y)
    with pytest.raises(ValueError, match=r"images of shape \(1, 4, 1\).*fitted on .*\(2, 2, 1\)"):
        clf.predict(X.reshape(12, 1, 4))


@pytest.mark.parametrize(
    ("image_shape", "message"),
    [((2, 3), "do not fit"), ((4,), "height, width"), ((2, 0), "height, width")],
)
def test_wrong_image_shape_parameter(image_shape, message):
    with pytest.raises(ValueError, match=message):
        ImageClassifier(image_shape=image_shape).fit(X, y)


@pytest.mark.parametrize(
    ("sample_weight", "message"),
    [
        (np.zeros(12), "zero"),
        (-np.ones(12), "Negative values in sample_weight"),
        (np.ones(5), "sample_weight"),
        (np.full(12, np.nan), "NaN"),
    ],
)
def test_wrong_sample_weights(sample_weight, message):
    with pytest.raises(ValueError, match=message):
        SpectrumClassifier(max_epochs=1).fit(X, y, sample_weight=sample_weight)


def test_divergence_is_an_error_and_not_a_model():
    clf = SpectrumClassifier(
        optimizer="sgd", lr=1e30, lr_schedule="constant", max_epochs=20, random_state=0
    )
    with pytest.raises(ValueError, match=r"diverged.*lr=1e\+30"):
        clf.fit(X, y)


def test_early_stopping_needs_a_class_of_two():
    with pytest.raises(ValueError, match="no class has 2 samples"):
        SpectrumClassifier(early_stopping=True).fit(X[:3], [0, 1, 2])


def test_a_later_partial_fit_cannot_bring_a_new_class():
    clf = SpectrumClassifier().partial_fit(X, y)
    with pytest.raises(ValueError, match=r"labels \[9\] that are not among the classes"):
        clf.partial_fit(X, np.where(y == 2, 9, y))


def test_a_warm_start_with_another_net_is_refused():
    clf = SpectrumClassifier(max_epochs=1, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="architecture='spectrum_mlp', but architecture is now"):
        clf.set_params(architecture="spectrum_cnn").fit(X, y)
    with pytest.raises(ValueError, match="fitted with precision='auto'"):
        clf.set_params(architecture="spectrum_mlp", precision="float64").partial_fit(X, y)
    assert clf.set_params(precision="auto", lr=0.1).fit(X, y).n_iter_ == 2


def test_a_later_partial_fit_cannot_name_other_classes():
    clf = SpectrumClassifier().partial_fit(X, y, classes=[0, 1, 2])
    clf.partial_fit(X, y, classes=[2, 1, 0])
    with pytest.raises(ValueError, match=r"classes=\[0, 1\] are not those"):
        clf.partial_fit(X, y, classes=[0, 1])


def test_class_weights_of_absent_classes_are_no_error():
    rows = y < 2
    clf = SpectrumClassifier(class_weight={0: 1, 1: 1, 2: 5}, max_epochs=1)
    assert clf.fit(X[rows], y[rows]).classes_.tolist() == [0, 1]
    clf.set_params(class_weight={2: 3.0}).fit(X, y).partial_fit(X[rows], y[rows])
    assert clf.n_iter_ == 2


NULLABLE = {
    "Int64": ([1, 0, 1], "int64"),
    "Float64": ([1.0, 0.0, 1.0], "float64"),
    "boolean": ([True, False, True], "bool"),
    "string": (["a", "b", "a"], "object"),
    "int64[pyarrow]": ([1, 0, 1], "int64"),
    "bool[pyarrow]": ([True, False, True], "bool"),
    "string[pyarrow]": (["a", "b", "a"], "object"),
}


@pytest.mark.parametrize("dtype", NULLABLE)
@pytest.mark.parametrize("frame", [np.asarray, lambda X: pd.DataFrame(X).add_prefix("band")])
def test_nullable_labels_keep_their_type_and_must_not_miss(dtype, frame):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    values, expected = NULLABLE[dtype]
    labels = pd.Series(values * 4, dtype=dtype)
    clf = SpectrumClassifier(max_epochs=1).fit(frame(X), labels)
    assert clf.classes_.tolist() == sorted(set(values))
    assert clf.classes_.dtype == clf.predict(frame(X)).dtype == expected
    labels[3] = pd.NA
    with pytest.raises(ValueError, match="y has no label for 1 of 12 samples"):
        clf.fit(frame(X), labels)


@pytest.mark.parametrize(
    ("third", "message"), [(1, "several types, int, str"), (None, "no label for 4 of 12 samples")]
)
def test_labels_that_cannot_be_sorted_are_refused(third, message):
    labels = np.array(["a", "b", third] * 4, dtype=object)
    with pytest.raises(ValueError, match=message):
        SpectrumClassifier().fit(X, labels)


def test_tensors_with_gradients_are_taken():
    clf = SpectrumClassifier(max_epochs=1, random_state=0)
    expected = clf.fit(X, y).decision_function(X)
    tensor = torch.tensor(X, requires_grad=True)
    np.testing.assert_array_equal(clf.fit(tensor, y).decision_function(tensor), expected)
    images = torch.zeros((12, 3, 3), requires_grad=True)
    assert ImageClassifier(max_epochs=1).fit(images, y).predict(images).shape == (12,)


def test_a_net_without_parameters_is_refused():
    with pytest.raises(ValueError, match="no parameters to train"):
        SpectrumClassifier(nn.Identity()).fit(X[:, :3], y)


class Flip:
    def __call__(self, batch):
        return batch


@pytest.mark.parametrize(
    ("augment", "message"),
    [
        (Flip, r"not its class: Flip\(\) instead of Flip"),
        (lambda batch: batch.numpy(), r"shape of its input, \(12, 4\); .* returned ndarray"),
        (lambda batch: batch[:1], r"returned \(1, 4\)"),
    ],
)
def test_augmenters_that_cannot_be(augment, message):
    with pytest.raises(ValueError, match=message):
        SpectrumClassifier(augment=augment, max_epochs=1).fit(X, y)


def test_one_image_alone_and_channels_first_are_pointed_out():
    images = np.zeros((12, 8, 9))
    clf = ImageClassifier(max_epochs=1).fit(images, y)
    with pytest.raises(ValueError, match=r"one image alone is X\[np.newaxis\]"):
        clf.predict(images[0])
    with pytest.warns(UserWarning, match="look channels-first"):
        ImageClassifier(max_epochs=1).fit(np.zeros((12, 3, 8, 9)), y)


def test_callbacks_of_scikit_learn_are_absent_before_they_exist():
    has_callbacks = importlib.util.find_spec("sklearn.callback") is not None
    assert hasattr(SpectrumClassifier, "set_callbacks") is has_callbacks


def test_fit_warns_of_one_class():
    clf = SpectrumClassifier(max_epochs=1, random_state=0)
    with pytest.warns(UserWarning, match="one class only, 'good'"):
        clf.fit(X, np.full(len(y), "good"))
    assert set(clf.predict(X)) == {"good"}


def test_rows_without_a_shape_are_pointed_out():
    with pytest.warns(UserWarning, match=r"images with one row of 4 pixels.*image_shape"):
        ImageClassifier(max_epochs=1).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ImageClassifier(max_epochs=1, image_shape=(2, 2)).fit(X, y)


def test_architecture_that_ends_in_a_softmax_is_refused():
    def build(input_shape, n_classes):
        return nn.Sequential(nn.Linear(input_shape[0], n_classes), nn.Softmax(dim=1))

    with pytest.raises(ValueError, match="returns probabilities: remove the softmax"):
        SpectrumClassifier(build).fit(X, y)


@pytest.mark.parametrize(
    ("build", "params"),
    [
        (lambda n_features: nn.Linear(n_features, 2), None),
        (lambda input_shape, n_classes: nn.Linear(4, 2), {"width": 3}),
        (lambda input_shape, n_classes, width: nn.Linear(4, 2), None),
    ],
)
def test_architecture_of_another_signature_is_told_how_it_is_called(build, params):
    message = r"is called as <lambda>\(input_shape, n_classes.*with input_shape=\(4,\).*signature"
    with pytest.raises(TypeError, match=message):
        SpectrumClassifier(build, architecture_params=params).fit(X, y)


def test_fit_names_a_misspelled_key_of_class_weight():
    labels = np.array(["ant", "bee", "cow"])[y]
    clf = SpectrumClassifier(class_weight={"ant": 1, "bee": 1, "cwo": 5}, max_epochs=1)
    with pytest.raises(ValueError, match=r"class_weight has 'cwo', .* Did you mean 'cow'"):
        clf.fit(X, labels)
