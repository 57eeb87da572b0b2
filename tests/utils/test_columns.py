"""Tables whose columns share a name or hold no numbers are refused by the name of the column."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from sklvision.utils._columns import check_column_names, check_values
from sklvision.utils._samples import as_samples

VALUES = np.arange(12.0).reshape(4, 3)
FRAME = pd.DataFrame(VALUES, columns=["a", "b", "c"])


def make_table(library, **columns):
    module = pytest.importorskip(library)
    data = {name: FRAME[name].to_numpy() for name in FRAME} | columns
    return module.table(data) if library == "pyarrow" else module.DataFrame(data)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x", "column 'b' holds 'x', expected numbers"),
        (datetime.datetime(2026, 3, 4), "column 'b' holds dates"),
    ],
)
def test_check_values_names_the_column(library, value, message):
    table = make_table(library, b=[value] * 4)
    with pytest.raises(ValueError, match=message):
        check_values(table)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_check_values_lets_numbers_in_text_pass(library):
    check_values(make_table(library, b=["1.5", "2", "3", "4"]))
    check_values(make_table(library, b=[1.5, None, 3, 4]))


def test_check_column_names_of_pyarrow():
    pyarrow = pytest.importorskip("pyarrow")
    columns = [pyarrow.array(FRAME[name]) for name in FRAME]
    with pytest.raises(ValueError, match="several columns named 'a'"):
        check_column_names(pyarrow.table(columns, names=["a", "a", "b"]))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (FRAME.astype(pd.SparseDtype(float)), "sparse columns, expected dense ones"),
        (np.array([(1.0,)] * 4, dtype=[("a", float)]), "records"),
        (pd.DataFrame({"a": [np.ones(2)] * 4}), "column 'a' holds array"),
        (VALUES.astype("datetime64[D]"), "got dates"),
    ],
    ids=["sparse", "records", "arrays", "dates"],
)
def test_check_values_names_what_is_no_number(X, message):
    with pytest.raises(ValueError, match=message):
        check_values(X)


def test_as_samples_names_tensors_without_values():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="is sparse: make it dense"):
        as_samples(torch.eye(3).to_sparse())
    with pytest.raises(TypeError, match="holds no data"):
        as_samples(torch.zeros(2, 2, device="meta"))


def test_as_samples_has_a_lazy_table_read_first():
    polars = pytest.importorskip("polars")
    with pytest.raises(ValueError, match=r"Read it first, by collect\(\)"):
        as_samples(polars.DataFrame({"a": [1.0]}).lazy())


def test_as_samples_brings_extended_precision_to_double():
    samples = as_samples(VALUES.astype(np.longdouble))
    assert samples.dtype == np.float64
    np.testing.assert_array_equal(samples.data, VALUES)
