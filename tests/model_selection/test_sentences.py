"""P-values in words: the text never contradicts the verdict."""

import pytest

from sklvision.reporting._formats import format_p


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0001, "p < 0.001"),
        (0.034, "p = 0.034"),
        (0.04996, "p = 0.04996"),
        (0.0496, "p = 0.0496"),
        (0.0499999999, "p < 0.05"),
        (0.05, "p = 0.050"),
        (0.0503, "p = 0.050"),
        (0.7, "p = 0.700"),
    ],
)
def test_format_p_does_not_round_to_the_level(value, expected):
    assert format_p(value) == expected
    assert format_p(value, 1 - 0.95) == expected


def test_format_p_follows_the_level():
    assert format_p(0.00996, 0.01) == "p = 0.00996"
    assert format_p(0.0996, 1 - 0.9) == "p = 0.0996"
    assert format_p(0.0496, 0.01) == "p = 0.050"
