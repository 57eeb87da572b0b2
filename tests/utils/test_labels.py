"""Labels and groups in any container: converted without a change of values, or refused by name."""

from __future__ import annotations

import datetime
import enum
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from sklvision.utils._labels import convert_groups, convert_labels, read_labels

CODES = np.arange(12) % 3
NAMES = np.array(["a", "b", "c"])[CODES]
DAYS = [datetime.date(2020 + code, 1, 1) for code in CODES]
Part = enum.Enum("Part", "a b c")


def make_object_array(values):
    array = np.empty(3, dtype=object)
    array[:] = values
    return array[CODES]


GOOD = {
    "Int64": (pd.Series(CODES, dtype="Int64"), CODES),
    "Int64 frame": (pd.DataFrame({"y": pd.Series(CODES, dtype="Int64")}), CODES),
    "boolean": (pd.Series(CODES > 0, dtype="boolean"), CODES > 0),
    "string": (pd.Series(NAMES, dtype="string"), NAMES),
    "category": (pd.Series(NAMES, dtype="category"), NAMES),
    "category of numbers": (pd.Series(CODES, dtype="category"), CODES),
    "sparse": (pd.Series(pd.arrays.SparseArray(CODES)), CODES),
    "dates of NumPy": (np.array(DAYS, dtype="datetime64[D]"),) * 2,
    "masked, without a mask": (np.ma.MaskedArray(CODES), CODES),
    "list": (NAMES.tolist(), NAMES),
    "object array of strings": (NAMES.astype(object), NAMES),
}


@pytest.mark.filterwarnings("ignore:A column-vector y")
@pytest.mark.parametrize("name", GOOD)
def test_read_labels_keeps_values(name):
    y, expected = GOOD[name]
    labels = read_labels(y)
    assert labels.shape == (12,)
    assert labels.tolist() == expected.tolist()
    assert {type(label) for label in labels.tolist()} == {type(v) for v in expected.tolist()}


@pytest.mark.parametrize("backend", ["pyarrow"])
@pytest.mark.parametrize("values", [CODES, CODES > 0, NAMES], ids=["int", "bool", "str"])
def test_read_labels_of_arrow_columns(backend, values):
    pytest.importorskip(backend)
    y = pd.Series(values).convert_dtypes(dtype_backend=backend)
    assert read_labels(y).tolist() == values.tolist()


def test_read_labels_of_variable_strings():
    if not hasattr(np.dtypes, "StringDType"):
        pytest.skip("NumPy 1 has no strings of variable length.")
    assert read_labels(NAMES.astype(np.dtypes.StringDType())).tolist() == NAMES.tolist()


def test_read_labels_of_tensors_with_gradients():
    torch = pytest.importorskip("torch")
    y = torch.tensor(CODES.astype(float), requires_grad=True)
    assert read_labels(y).tolist() == CODES.tolist()
    assert read_labels(list(y)).tolist() == CODES.tolist()
    assert read_labels(torch.tensor(CODES).bfloat16()).tolist() == CODES.tolist()


MISSING = {
    "Int64": pd.Series(CODES, dtype="Int64").where(CODES != 1),
    "boolean": pd.Series(CODES > 0, dtype="boolean").where(CODES != 1),
    "string": pd.Series(NAMES, dtype="string").where(CODES != 1),
    "category": pd.Series(NAMES).where(CODES != 1).astype("category"),
    "None in an array": make_object_array(["a", None, "c"]),
    "NaN in an array of strings": make_object_array(["a", np.nan, "c"]),
    "NaN in a list of strings": make_object_array(["a", np.nan, "c"]).tolist(),
    "None in a list": make_object_array([0, None, 2]).tolist(),
    "NaT": np.array(["2020", "NaT", "2021"], dtype="datetime64[Y]")[CODES],
    "mask": np.ma.MaskedArray(CODES, mask=CODES == 1),
}


@pytest.mark.parametrize("name", MISSING)
def test_convert_labels_counts_missing_ones(name):
    with pytest.raises(ValueError, match="y has no label for 4 of 12 samples"):
        convert_labels(MISSING[name])


REFUSED = {
    "mixed": (make_object_array([1, "a", 2.5]), "several types, float, int, str: use one"),
    "mixed list": ([1, "a", 2] * 4, "several types, int, str: use one"),
    "booleans and strings": (make_object_array([True, "a", "b"]), "several types, bool, str"),
    "numbers as objects": (make_object_array([1, 2.0, 3]), "objects of type float, int"),
    "24 digits": ([10**24, 10**24 + 1] * 6, "objects of type int"),
    "dates": (DAYS, "objects of type date"),
    "times with a zone": (pd.to_datetime(pd.Series(DAYS), utc=True), "objects of type Timestamp"),
    "periods": (pd.Series(pd.to_datetime(DAYS).to_period("Y")), "objects of type Period"),
    "decimals": ([Decimal(int(code)) for code in CODES], "objects of type Decimal"),
    "enum": ([list(Part)[code] for code in CODES], "objects of type Part"),
    "series of arrays": (pd.Series([np.ones(2)] * 12), "one label per sample, .* type ndarray"),
    "series of lists": (pd.Series([[1]] * 12), "one label per sample, .* type list"),
    "index of tuples": (pd.MultiIndex.from_arrays([CODES, CODES]), "one label .* type tuple"),
    "bytes": (NAMES.astype(bytes), "got bytes"),
    "complex": (CODES.astype(complex), "Complex data not supported"),
    "records": (np.array([(1,)] * 12, dtype=[("a", int)]), "got records"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_convert_labels_names_the_type_it_refuses(name):
    y, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        convert_labels(y)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (MISSING["Int64"], "groups has no value for 4 of 12 samples"),
        (MISSING["None in an array"], "groups has no value for 4 of 12 samples"),
        (pd.Series([np.ones(2)] * 12), "one group per sample, got values of type ndarray"),
        (make_object_array([1, "a", 2]), "can be sorted, got int, str"),
        ([list(Part)[code] for code in CODES], "can be sorted, got Part"),
        (CODES[:5], "it has 5, X has 12"),
    ],
)
def test_convert_groups_refuses_what_cannot_be_sorted(groups, message):
    with pytest.raises(ValueError, match=message):
        convert_groups(groups, 12)


def test_convert_groups_keeps_dates():
    assert convert_groups(DAYS, 12).tolist() == DAYS
