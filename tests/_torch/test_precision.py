"""Which processors compute faster in bfloat16."""

import pytest

from sklvision._torch.precision import is_faster_in_bfloat16


@pytest.mark.parametrize(
    ("processor", "has_avx512", "has_amx", "expected"),
    [
        ("Intel(R) Xeon(R) Platinum 8488C", True, True, True),
        ("Intel(R) Xeon(R) Processor", True, False, False),  # tiles are hidden from a machine
        ("Intel64 Family 6 Model 143 Stepping 8, GenuineIntel", True, False, False),
        ("AMD EPYC 9R14", True, False, True),
        ("AMD EPYC 7763", False, False, False),
        ("", False, False, False),
    ],
)
def test_is_faster_in_bfloat16_by_tiles_or_by_pairs_of_products(
    processor, has_avx512, has_amx, expected
):
    assert is_faster_in_bfloat16(processor, has_avx512=has_avx512, has_amx=has_amx) == expected
