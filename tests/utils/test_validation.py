"""Checks of parameters that several rooms share."""

import numpy as np
import pytest

from sklvision.utils._validation import check_count


def test_check_count_returns_an_int():
    assert type(check_count("n", np.int64(3))) is int


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "1", None, 21])
def test_check_count_names_parameter_value_and_limit(value):
    expected = "n must be an integer of at least 1 and at most 20, the number of bands, got"
    with pytest.raises(ValueError, match=expected):
        check_count("n", value, maximum=20, limit="the number of bands")
