"""Samples on their way into a fitted net: converted once, by both ways of checking."""

from __future__ import annotations

import numpy as np
import pytest

from sklvision.utils._net_input import check_net_input


class Estimator:
    """The least of a fitted estimator that checks of samples need."""

    n_features_in_ = 12


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize(
    ("dtype", "net_dtype", "expected"),
    [
        (np.uint8, np.float32, np.uint8),
        (np.float32, np.float32, np.float32),
        (np.float64, np.float32, np.float32),
        (np.float32, np.float64, np.float64),
    ],
)
def test_check_net_input_converts_all_but_bytes(dtype, net_dtype, expected, as_list):
    X = np.arange(24).reshape(2, 3, 4).astype(dtype)
    samples = check_net_input(
        Estimator(),
        list(X) if as_list else X,
        (3, 4, 1),
        net_dtype,
        has_names=False,
        contract=None,
    )
    assert samples.dtype == expected
    np.testing.assert_array_equal(samples, X[..., np.newaxis])
