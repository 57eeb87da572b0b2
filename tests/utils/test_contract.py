"""The input contract: what it holds, when it warns, how new columns are matched."""

from __future__ import annotations

import json
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklvision.utils._bands import interpolate_bands, match_columns
from sklvision.utils._contract import (
    describe_change,
    is_plainly_within,
    make_contract,
    warn_of_change,
)
from sklvision.utils._input_check import InputCheck
from sklvision.utils._samples import ORIGIN, as_samples
from tests.utils.test_samples import Lazy

RNG = np.random.default_rng(0)
SPECTRA = RNG.gamma(4, 0.1, size=(60, 20))
PHOTOGRAPHS = RNG.integers(0, 256, size=(40, 8, 8), dtype=np.uint8)


def make_spectral_contract(axis=None, unit=None):
    contract = make_contract(as_samples(SPECTRA))
    return contract | {"axis": axis, "unit": unit}


def test_make_contract_holds_plain_values_only():
    frame = pd.DataFrame(SPECTRA, columns=[str(900 + i) for i in range(20)])
    frame.attrs[ORIGIN] = {"axis": list(range(900, 920)), "unit": "nm"}
    contract = make_contract(as_samples(frame))
    assert json.loads(json.dumps(contract)) == contract
    assert (contract["kind"], contract["shape"], contract["unit"]) == ("spectra", [20], "nm")
    assert contract["version"] == 1  # readers of files that are older or newer go by it
    assert contract["names"][:2] == ["900", "901"]
    assert contract["range"][0] < contract["range"][1]


def test_make_contract_of_images_tells_their_shape():
    contract = make_contract(as_samples(PHOTOGRAPHS))
    assert (contract["kind"], contract["shape"], contract["dtype"]) == ("images", [8, 8], "uint8")
    assert contract["names"] is None


@pytest.mark.parametrize(
    ("trained_range", "new"),
    [
        (PHOTOGRAPHS, PHOTOGRAPHS / 255),
        (PHOTOGRAPHS / 255, PHOTOGRAPHS),
        (PHOTOGRAPHS, PHOTOGRAPHS.astype(np.uint16) * 257),
        (SPECTRA, SPECTRA * 1000),
        (SPECTRA, SPECTRA / 100),
        (SPECTRA, SPECTRA + 10),
        (SPECTRA - 1, -np.abs(SPECTRA) * 50),
    ],
)
def test_describe_change_sees_another_scale(trained_range, new):
    contract = make_contract(as_samples(trained_range))
    assert describe_change(contract, as_samples(new)).startswith("values ")
    assert describe_change(contract, as_samples(new[:1])) is not None


@given(seed=st.integers(0, 10_000), n_train=st.integers(5, 50))
@pytest.mark.parametrize("kind", ["gamma", "normal", "derivative", "photographs"])
def test_describe_change_is_silent_on_a_random_part_of_the_same_data(kind, seed, n_train):
    rng = np.random.default_rng(seed)
    X = {
        "gamma": lambda: rng.gamma(2, 1, size=(60, 20)) * rng.lognormal(0, 0.3, size=(60, 1)),
        "normal": lambda: rng.normal(size=(60, 20)),
        "derivative": lambda: np.diff(rng.normal(5, 0.01, size=(60, 21)), axis=1),
        "photographs": lambda: rng.integers(0, 256, size=(60, 8, 8), dtype=np.uint8),
    }[kind]()
    contract = make_contract(as_samples(X[:n_train]))
    assert describe_change(contract, as_samples(X[n_train:])) is None
    assert describe_change(contract, as_samples(X[-1:])) is None


def test_warn_of_change_is_silent_where_nothing_changes():
    contract = make_contract(as_samples(SPECTRA))
    with pytest.warns(UserWarning, match=r"InputCheck: .*another scale or unit.*trained on"):
        assert warn_of_change(contract, as_samples(SPECTRA * 1000), InputCheck())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not warn_of_change(contract, as_samples(SPECTRA), InputCheck())
        assert not warn_of_change(None, as_samples(SPECTRA * 1000), InputCheck())


class Files(Lazy):
    """A collection that notes how its files are read, and must not be read."""

    def __init__(self, images, mode="L", white=None):
        super().__init__(images)
        self.origin = {"reading": {"mode": mode, "white": white}}

    def __iter__(self):
        raise AssertionError("files were read")

    batches = __iter__


def test_a_collection_is_not_read_and_goes_by_its_white():
    deep = make_contract(as_samples(Files(PHOTOGRAPHS, "F", 65535)))
    assert deep["range"] == [0, 65535]
    assert describe_change(deep, as_samples(Files(PHOTOGRAPHS, "L"))) is not None
    assert describe_change(deep, as_samples(Files(PHOTOGRAPHS, "F", 65535))) is None
    shallow = make_contract(as_samples(Files(PHOTOGRAPHS)))
    assert describe_change(shallow, as_samples(PHOTOGRAPHS)) is None
    assert describe_change(shallow, as_samples(PHOTOGRAPHS // 10)) is None
    assert describe_change(shallow, as_samples(PHOTOGRAPHS / 255)) is not None


def test_is_plainly_within_takes_unsigned_integers():
    contract = make_contract(as_samples(PHOTOGRAPHS))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert is_plainly_within(contract, np.full((1, 8, 8), 200, dtype=np.uint8))


@given(seed=st.integers(0, 1000), factor=st.sampled_from([1, 1, 0.01, 30]))
def test_is_plainly_within_decides_as_describe_change(seed, factor):
    rng = np.random.default_rng(seed)
    X = rng.gamma(3, 1, size=(30, 7))
    contract = make_contract(as_samples(X))
    sample = rng.gamma(3, factor, size=(1, 7))
    if is_plainly_within(contract, sample):
        assert describe_change(contract, as_samples(sample)) is None


def test_match_columns_goes_by_position_on_the_axis():
    contract = make_spectral_contract(axis=list(range(900, 1100, 10)), unit="nm")
    new_axis = list(range(1190, 890, -10))
    places = match_columns(contract, [str(n) for n in new_axis], new_axis)
    assert [new_axis[i] for i in places] == contract["axis"]
    rounded_axis = [position + 0.04 for position in contract["axis"]]
    assert match_columns(contract, ["?"] * 20, rounded_axis).tolist() == list(range(20))


def test_match_columns_names_both_axes_where_they_differ():
    contract = make_spectral_contract(axis=list(range(900, 1100, 10)), unit="nm")
    with pytest.raises(
        ValueError, match="takes 900 to 1090 nm, the new samples have 1500 to 1690 nm"
    ):
        match_columns(contract, ["?"] * 20, list(range(1500, 1700, 10)))
    with pytest.raises(ValueError, match="1 of the 20 bands"):
        match_columns(contract, ["?"] * 19, contract["axis"][:-1])
    with pytest.raises(ValueError, match="20 of the 20"):
        match_columns(contract, ["?"] * 20, [position + 1 for position in contract["axis"]])


def test_match_columns_goes_by_name_without_an_axis():
    contract = make_contract(as_samples(pd.DataFrame(SPECTRA[:, :3], columns=["a", "b", "c"])))
    assert match_columns(contract, ["c", "x", "a", "b"], None).tolist() == [2, 3, 0]
    with pytest.raises(ValueError, match=r"1 of the 3 columns .* missing: 'b'"):
        match_columns(contract, ["a", "c"], None)


def test_match_columns_without_names_counts_them():
    contract = make_contract(as_samples(SPECTRA))
    assert match_columns(contract, ["?"] * 20, None).tolist() == list(range(20))
    with pytest.raises(ValueError, match="found 22 bands, the model takes 20"):
        match_columns(contract, ["?"] * 22, None)


def test_interpolate_bands_is_exact_on_straight_lines():
    contract = make_spectral_contract(axis=[910.0, 925.0, 940.0])
    axis = np.arange(990, 890, -10.0)
    values = np.stack([2 * axis, axis - 900])
    expected = [[1820, 1850, 1880], [10, 25, 40]]
    np.testing.assert_allclose(interpolate_bands(contract, values, axis), expected)


def test_interpolate_bands_never_extrapolates():
    contract = make_spectral_contract(axis=[910.0, 925.0, 940.0])
    with pytest.raises(ValueError, match="takes 910 to 940, beyond the 920 to 960"):
        interpolate_bands(contract, np.zeros((2, 3)), [920.0, 940.0, 960.0])


def test_make_contract_looks_at_64_samples_spread_over_all():
    rows = np.arange(200.0)[:, np.newaxis]
    assert make_contract(as_samples(rows))["range"] == [0, 196]
    assert make_contract(as_samples(rows[:64]))["range"] == [0, 63]
    assert make_contract(as_samples(rows[:65]))["range"] == [0, 64]


def test_make_contract_leaves_out_what_is_not_finite():
    rows = np.array([[1.0, np.nan], [np.inf, 3.0], [np.nan, np.nan], [2.0, 2.5]])
    contract = make_contract(as_samples(rows))
    assert contract["range"] == [1, 3]
    assert contract["peaks"][1] == 3
    assert "range" not in make_contract(as_samples(rows[2:3]))


@pytest.mark.parametrize(
    ("offset", "is_change"), [(45, False), (-45, False), (60, True), (-60, True)]
)
def test_describe_change_allows_half_of_the_largest_value_beyond_the_range(offset, is_change):
    rows = 100 + np.linspace(0, 1, 80).reshape(10, 8)
    contract = make_contract(as_samples(rows))
    new = as_samples(rows + offset)
    assert (describe_change(contract, new) is not None) is is_change
    assert is_plainly_within(contract, rows[:1] + offset) is not is_change


@pytest.mark.parametrize(
    ("factor", "is_change"), [(4.9, False), (5.2, True), (1 / 4.5, False), (1 / 6, True)]
)
def test_describe_change_allows_values_five_times_as_large_or_small(factor, is_change):
    rows = np.zeros((20, 8))
    rows[:, 3] = 1
    contract = make_contract(as_samples(rows))
    assert (describe_change(contract, as_samples(factor * rows)) is not None) is is_change


def test_is_plainly_within_compares_with_the_smallest_and_the_largest_peak():
    rows = np.zeros((64, 4))
    rows[:, 0] = np.linspace(10, 100, 64)
    contract = make_contract(as_samples(rows))
    for peak, expected in (
        (100, True),
        (149, True),
        (151, False),
        (10, True),
        (3, True),
        (1, False),
    ):
        assert is_plainly_within(contract, np.array([[peak, 0.0, 0, 0]])) is expected
    low, high = contract["range"]
    margin = max(high - low, contract["peaks"][1]) / 2
    assert is_plainly_within(contract, np.array([[low - margin, 50.0]]))
    assert not is_plainly_within(contract, np.array([[low - margin - 0.01, 60.0]]))


def test_match_columns_goes_by_name_where_one_side_has_no_axis():
    names = ["a", "b", "c"]
    contract = make_contract(as_samples(pd.DataFrame(SPECTRA[:, :3], columns=names)))
    assert match_columns(contract, names[::-1], [1.0, 2.0, 3.0]).tolist() == [2, 1, 0]
    assert match_columns(contract | {"axis": [1.0, 2.0, 3.0]}, names[::-1], None).tolist() == [
        2,
        1,
        0,
    ]


def test_interpolate_bands_allows_a_hundredth_of_a_step_beyond_the_ends():
    contract = make_spectral_contract(axis=[910.0, 925.0, 940.0])
    values = np.array([[1.0, 2.0]])
    for axis in ([910.2, 940.0], [910.0, 939.8]):
        assert interpolate_bands(contract, values, axis).shape == (1, 3)
    for axis in ([910.4, 940.0], [910.0, 939.6]):
        with pytest.raises(ValueError, match="nothing is extrapolated"):
            interpolate_bands(contract, values, axis)


@pytest.mark.parametrize(("n_missing", "text"), [(5, "'3', '4', '5', '6', '7'."), (6, "'7', ….")])
def test_match_columns_names_five_missing_columns(n_missing, text):
    names = [str(i) for i in range(3 + n_missing)]
    contract = make_contract(as_samples(pd.DataFrame(SPECTRA[:, : len(names)], columns=names)))
    with pytest.raises(ValueError, match=re.escape(text)):
        match_columns(contract, names[:3], None)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("excess", "is_change"), [(-0.01, False), (0.01, True)])
def test_describe_change_counts_values_from_half_of_the_largest_beyond_the_range(
    sign, excess, is_change
):
    rows = sign * np.linspace(90, 100, 80).reshape(10, 8)
    contract = make_contract(as_samples(rows))
    # The range is 90 to 100 and the margin 50: most values lie beyond 150, or none.
    new = np.full((4, 8), sign * (150 + excess))
    assert (describe_change(contract, as_samples(new)) is not None) is is_change


@pytest.mark.parametrize("end", [0, 1])
def test_describe_change_takes_values_just_at_the_margin_for_typical_ones(end):
    contract = make_contract(as_samples(np.linspace(0, 1, 80).reshape(10, 8)))
    # The range is 0 to 1 and the margin half: a fourth of the values lies beyond, the others not.
    new = np.full((4, 8), [-0.5, 1.5][end])
    new[0] += [-0.25, 0.25][end]
    assert describe_change(contract, as_samples(new)) is None
    new[:3] = new[0]
    assert describe_change(contract, as_samples(new)) is not None


@pytest.mark.parametrize(("factor", "is_change"), [(1, False), (0.999, True)])
def test_describe_change_takes_peaks_of_just_a_fifth_for_typical_ones(factor, is_change):
    contract = make_contract(as_samples(np.full((10, 4), 5.0)))
    # Of three samples the middle one counts: one is much smaller, or much larger.
    new = np.zeros((3, 4))
    new[:, 0] = factor * np.array([0.1, 1, 1])
    contract["range"] = [0.0, 30.0]
    assert (describe_change(contract, as_samples(new)) is not None) is is_change
    new[:, 0] = 25 / factor * np.array([1, 1, 1.1])
    assert (describe_change(contract, as_samples(new)) is not None) is is_change


def test_interpolate_bands_of_a_single_band():
    contract = make_spectral_contract(axis=[910.0])
    np.testing.assert_array_equal(interpolate_bands(contract, np.ones((2, 1)), [910.0]), 1)
    with pytest.raises(ValueError, match="nothing is extrapolated"):
        interpolate_bands(contract, np.ones((2, 1)), [910.1])
