"""Spectra in the sheets of Excel workbooks, read as the same table in a csv is."""

from __future__ import annotations

import datetime
import sys

import numpy as np
import pytest

from sklvision.datasets import load_spectra

openpyxl = pytest.importorskip("openpyxl")
pytest.importorskip("python_calamine")

VALUES = np.random.default_rng(0).normal(size=(6, 5)).round(6)
BANDS = [900, 910.5, 921, 931.5, 942]
KINDS = ["oak", "oak", "oak", "ash", "ash", "ash"]


def write(path, *sheets):
    """Write one sheet for each list of lines."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for i, lines in enumerate(sheets):
        sheet = workbook.create_sheet(f"day {i + 1}")
        for line in lines:
            sheet.append(line)
    workbook.save(path)
    return path


def make_lines(names=BANDS, values=VALUES):
    rows = [[kind, *map(float, row)] for kind, row in zip(KINDS, values, strict=True)]
    return [["kind", *names], *rows]


def test_workbook_is_read_as_the_same_csv(tmp_path):
    lines = make_lines()
    (tmp_path / "a.csv").write_text("\n".join(",".join(map(str, line)) for line in lines))
    csv, xlsx = load_spectra(tmp_path / "a.csv"), load_spectra(write(tmp_path / "a.xlsx", lines))
    np.testing.assert_array_equal(xlsx.data, VALUES)
    np.testing.assert_array_equal(xlsx.data, csv.data)
    assert xlsx.feature_names == csv.feature_names == ["900", "910.5", "921", "931.5", "942"]
    assert xlsx.target.tolist() == KINDS
    assert xlsx.roles == csv.roles


def test_workbook_keeps_whole_numbers_texts_and_dates_to_the_letter(tmp_path):
    codes, days = ["007", "NA", "1e3", "b", "c", "d"], [datetime.date(2026, 5, 4)] * 6
    columns = [["code", *codes], ["rep", 1, 2, 3, 1, 2, 3], ["date", *days]]
    lines = [[*line, *cells] for line, *cells in zip(make_lines(), *columns, strict=True)]
    spectra = load_spectra(write(tmp_path / "a.xlsx", lines), target="kind")
    assert spectra.metadata["code"].tolist() == codes
    assert spectra.metadata["rep"].tolist() == [1, 2, 3, 1, 2, 3]
    assert spectra.metadata["rep"].dtype == np.int64
    assert spectra.metadata["date"].tolist() == ["2026-05-04"] * 6


def test_workbook_with_title_blank_lines_and_a_second_axis(tmp_path):
    names, *rows = make_lines()
    reciprocal = ["1/cm", *(1e7 / band for band in BANDS)]
    lines = [["Exported by X"], [], names, reciprocal, *rows[:3], [], *rows[3:]]
    spectra = load_spectra(write(tmp_path / "a.xlsx", lines))
    np.testing.assert_array_equal(spectra.data, VALUES)
    assert "line 4 left out" in spectra.roles


def test_workbook_with_decimal_commas_as_text(tmp_path):
    names, *rows = make_lines()
    rows = [[row[0], *(str(value).replace(".", ",") for value in row[1:])] for row in rows]
    np.testing.assert_array_equal(
        load_spectra(write(tmp_path / "a.xlsx", [names, *rows])).data, VALUES
    )


def test_workbook_with_an_empty_column_and_missing_values(tmp_path):
    lines = [[line[0], None, *line[1:]] for line in make_lines()]
    lines[2][3] = None
    spectra = load_spectra(write(tmp_path / "a.xlsx", lines))
    expected = VALUES.copy()
    expected[1, 1] = np.nan
    np.testing.assert_array_equal(spectra.data, expected)


def test_workbook_transposed(tmp_path):
    lines = [["nm", *(f"s{i}" for i in range(6))]]
    lines += [[band, *map(float, column)] for band, column in zip(BANDS, VALUES.T, strict=True)]
    spectra = load_spectra(write(tmp_path / "a.xlsx", lines), transpose=True)
    np.testing.assert_array_equal(spectra.data, VALUES)
    assert spectra.wavelengths.tolist() == BANDS


def test_workbook_reads_the_sheet_that_is_named(tmp_path):
    path = write(tmp_path / "a.xlsx", make_lines(), make_lines(values=-VALUES))
    np.testing.assert_array_equal(load_spectra(path).data, VALUES)
    np.testing.assert_array_equal(load_spectra(path, sheet="day 2").data, -VALUES)
    with pytest.raises(ValueError, match=r"no sheet='day 3'; there are 'day 1', 'day 2'"):
        load_spectra(path, sheet="day 3")


def test_workbook_that_is_none_is_an_error(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_text("kind,900,910\n")
    with pytest.raises(ValueError, match="is not an Excel workbook"):
        load_spectra(path)
    with pytest.raises(ValueError, match="the sheet is empty"):
        load_spectra(write(path, []))
    lines = make_lines()
    lines[3].append(7.0)
    with pytest.raises(ValueError, match="line 4 has values beyond the 6 columns"):
        load_spectra(write(path, lines))


def test_workbook_without_the_extra_names_it(tmp_path, monkeypatch):
    path = write(tmp_path / "a.xlsx", make_lines())
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(ImportError, match=r"sklvision\[instruments\]"):
        load_spectra(path)


def test_sheet_of_a_file_of_text_is_an_error(tmp_path):
    (tmp_path / "a.csv").write_text("kind,900,910\noak,1,2\n")
    with pytest.raises(ValueError, match="sheet= is for Excel workbooks"):
        load_spectra(tmp_path / "a.csv", sheet="day 1")
