"""Signature: labels and input of a net as metadata of its file."""

import numpy as np
import pytest

from sklvision.export._signature import Signature


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 5]),
        np.array([-1, 1], dtype=np.int8),
        np.array([False, True]),
        np.array(["bad", "good"]),
        np.array(["bad", "good"], dtype=object),
        np.array([1.0, 2.5]),
        np.array(["ä", "\N{SNOWMAN}"]),
    ],
)
def test_signature_restores_labels_and_their_type(labels):
    metadata = Signature(labels, (4, 4, 1), None, 10, 4).to_metadata()
    restored = Signature.from_metadata(metadata, "net.onnx")
    np.testing.assert_array_equal(restored.classes, labels)
    assert restored.classes.dtype == labels.dtype
    assert restored.input_shape == (4, 4, 1)
    assert (restored.n_parameters, restored.n_features) == (10, 4)


def test_signature_restores_names_of_columns():
    names = np.array(["900 nm", "910 nm"], dtype=object)
    metadata = Signature(np.arange(2), (2,), names, 10, 2).to_metadata()
    restored = Signature.from_metadata(metadata, "net.onnx").feature_names
    assert restored.dtype == object
    np.testing.assert_array_equal(restored, names)
