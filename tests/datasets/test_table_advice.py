"""Advice about columns of tables: numbered rows, columns that tell the class, possible groups."""

import warnings

import numpy as np
import pandas as pd
import pytest

from sklvision.datasets import load_labeled, load_spectra

KINDS = np.repeat(["oak", "ash"], 12)


@pytest.fixture
def write(tmp_path):
    def write(names=None, **columns):
        values = np.random.default_rng(0).normal(size=(24, 4)).round(3)
        frame = pd.DataFrame(values, columns=names or ["900", "910", "920", "930"])
        path = tmp_path / "table.csv"
        frame.assign(**columns, kind=KINDS).to_csv(path, index=False)
        return path

    return write


def test_load_spectra_warns_of_a_band_that_numbers_the_rows(write):
    path = write(["iron", "zinc", "lead", "tin"], probe=np.arange(100, 124))
    with pytest.warns(UserWarning, match=r"column 'probe' only numbers.*drop=\['probe'\]"):
        load_spectra(path, target="kind")


def test_load_spectra_does_not_warn_of_columns_that_are_no_bands(write):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_spectra(write(probe=np.arange(24)))


def test_load_spectra_proposes_groups(write):
    path = write(patient=[f"p{i}" for i in np.arange(24) // 3], rep=[1, 2, 3] * 8)
    assert load_labeled(path, target="kind").advice == [
        "possible groups: patient (8 values); use group='patient'"
    ]
    assert load_labeled(path, target="kind", groups="patient").advice == []


def test_load_spectra_proposes_groups_of_several_classes_by_name(write):
    path = write(patient=np.arange(24) % 6)
    assert "patient (6 values)" in load_spectra(path).advice[0]


def test_load_spectra_names_a_column_that_tells_the_class(write):
    advice = load_spectra(write(day=np.repeat([3, 4], 12))).advice
    assert len(advice) == 1
    assert advice[0].startswith("column 'day' alone tells the class")
