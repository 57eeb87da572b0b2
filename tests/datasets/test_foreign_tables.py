"""Tables as instruments, spreadsheets and other programs write them, and what they mean."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklvision.datasets import load_spectra, read_samples
from sklvision.spectral import SpectralScaler

AXIS = 900 + 10 * np.arange(20)
RNG = np.random.default_rng(0)
LABELS = np.array(["oak", "ash"] * 12)
X = (0.5 + 0.1 * np.sin(AXIS / 40) + 0.01 * RNG.normal(size=(24, 20))).round(5)
FRAME = pd.DataFrame(X, columns=[str(position) for position in AXIS]).assign(species=LABELS)
TEXT = FRAME.to_csv(index=False)


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="line.csv", **options):
        path = tmp_path / name
        if isinstance(content, pd.DataFrame):
            content.to_csv(path, index=False, **options)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def load(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_spectra(path, **options)


# ---------------------------------------------------------------- read right


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read(write, encoding):
    np.testing.assert_array_equal(load(write(TEXT.encode(encoding))).data, X)


def test_a_line_of_one_unit_is_left_out(write):
    header, rows = TEXT.split("\n", 1)
    spectra = load(write(f"{header}\n{','.join(['a.u.'] * 20)},-\n{rows}"))
    np.testing.assert_array_equal(spectra.data, X)
    assert "line 2 left out: units" in spectra.roles


def test_shuffled_bands_are_read_and_predicted_by_position(write):
    spectra = load(write(FRAME), as_frame=True)
    model = make_pipeline(SpectralScaler(), LogisticRegression())
    model.fit(spectra.data, spectra.target)
    order = RNG.permutation(20)
    shuffled = FRAME.iloc[:, [*order, 20]]
    np.testing.assert_array_equal(load(write(shuffled)).data, X[:, order])
    (batch,) = read_samples([write(shuffled)], model)
    np.testing.assert_array_equal(batch.data, X)


def test_a_transposed_table_with_row_numbers_of_pandas_is_read(tmp_path):
    table = pd.DataFrame(X.T, columns=[f"{label}_{i}" for i, label in enumerate(LABELS)])
    table.insert(0, "wavelength", AXIS)
    table.to_csv(tmp_path / "line.csv")
    with pytest.raises(ValueError, match="looks transposed: column 'wavelength' holds positions"):
        load_spectra(tmp_path / "line.csv")
    spectra = load(tmp_path / "line.csv", transpose=True)
    np.testing.assert_array_equal(spectra.data, X)
    assert spectra.target.tolist() == LABELS.tolist()


def test_pairs_of_position_and_value_are_one_spectrum(write):
    path = write("\n".join(f"{a}\t{v}" for a, v in zip(AXIS, X[0], strict=True)), "spectrum.txt")
    with pytest.raises(ValueError, match="transpose=True and has_header=False"):
        load_spectra(path)
    spectra = load(path, transpose=True, has_header=False)
    np.testing.assert_array_equal(spectra.data, X[:1])
    np.testing.assert_array_equal(spectra.wavelengths, AXIS)


def test_labels_of_long_decimals_are_numbers(write):
    values = RNG.normal(size=24)
    table = FRAME.assign(species=[f"{value:.20f}" for value in values])
    np.testing.assert_allclose(load(write(table), target="species").target, values)


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["900", *FRAME.columns[:-2], "species"], "more than one column named '900'"),
        (["900", "900.0", *FRAME.columns[2:]], "'900' and '900.0' have the same position"),
    ],
)
def test_bands_of_one_position_are_named(write, names, message):
    with pytest.raises(ValueError, match=message):
        load_spectra(write(FRAME.set_axis(names, axis=1)))


def test_a_line_that_repeats_the_names_is_named(write):
    lines = TEXT.splitlines()
    with pytest.raises(ValueError, match="line 10 repeats the line of column names"):
        load_spectra(write("\n".join([*lines[:9], lines[0], *lines[9:]])))


def test_one_value_in_each_row_is_refused(write):
    rows = [
        f"{i},{position},{value},{LABELS[i]}"
        for i in range(24)
        for position, value in zip(AXIS, X[i], strict=True)
    ]
    path = write("\n".join(["sample,wavelength,value,species", *rows]))
    with pytest.raises(ValueError, match="'wavelength' holds 20 positions, each 24 times"):
        load_spectra(path)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (lambda value: f"{1e5 * value:,.1f}", "without thousands separators"),
        (lambda value: f"{100 * value:.3f}%", "without a percent sign"),
    ],
)
def test_numbers_in_another_form_are_shown(write, form, message):
    table = FRAME.iloc[:, :-1].map(form).assign(species=LABELS)
    with pytest.raises(ValueError, match=rf"column '900' holds '.*'\. Export numbers {message}"):
        load_spectra(write(table, sep=";"))


def test_points_between_thousands_are_no_decimal_signs(write):
    counts = RNG.integers(200, 60_000, size=(24, 20))
    texts = pd.DataFrame(counts, columns=FRAME.columns[:-1])
    texts = texts.map(lambda value: f"{value:,}".replace(",", ".")).assign(species=LABELS)
    path = write(texts, sep=";")
    with pytest.raises(ValueError, match="seems to separate thousands"):
        load_spectra(path)
    assert load(path, decimal=".").data.max() < 1000
    np.testing.assert_array_equal(load(write(FRAME.round(3), sep=";")).data, X.round(3))


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"PK\x03\x04" + b"\0" * 300, "line.csv", "a zip archive, such as an Excel workbook"),
        (b"<html><table></table></html>", "line.csv", "a page of HTML or XML"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 300, "line.xls", r"Save it as \.xlsx"),
        (b"ENVI\nsamples = 3", "line.hdr", "the header of an ENVI file"),
        (b"MATLAB 5.0 MAT-file", "line.mat", "scipy.io.loadmat"),
        (b"\x89HDF\r\n\x1a\n", "line.mat", "an HDF5 file, such as of MATLAB 7.3"),
        (b"\0K", "line.spc", "Export spectra as JCAMP-DX or csv"),
    ],
)
def test_files_of_another_kind_are_described(write, content, name, message):
    with pytest.raises(ValueError, match=message):
        load_spectra(write(content, name))


def test_new_files_of_another_kind_are_described(write):
    model = make_pipeline(SpectralScaler(), LogisticRegression()).fit(X, LABELS)
    with pytest.raises(ValueError, match=r"It is an old Office file.* Save it as \.xlsx"):
        read_samples([write(b"\xd0\xcf\x11\xe0" + b"\0" * 300, "new.xls")], model)


def test_an_empty_first_sheet_names_the_others(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("python_calamine")
    workbook = openpyxl.Workbook()
    workbook.active.append(["see the next sheet"])
    workbook.create_sheet("data")
    workbook.save(tmp_path / "line.xlsx")
    with pytest.raises(ValueError, match="Other sheets are read with sheet=: 'data'"):
        load_spectra(tmp_path / "line.xlsx")


# ---------------------------------------------------------------- doubted


@pytest.mark.parametrize(("place", "name"), [(0, "15"), (20, "15"), (0, "2021"), (20, "2021")])
def test_a_band_out_of_order_is_said(write, place, name):
    table = FRAME.copy()
    table.insert(place, name, RNG.integers(0, 9, 24) / 10)
    with pytest.warns(UserWarning, match=f"'{name}' is not in the order of the other bands"):
        load_spectra(write(table))


@pytest.mark.parametrize("return_X_y", [False, True])
@pytest.mark.parametrize("value", [-9999, -1.23e34])
def test_a_number_for_missing_values_is_said(write, value, return_X_y):
    table = FRAME.copy()
    table.iloc[2, 3] = value
    with pytest.warns(UserWarning, match="1 values are .*, far from all others"):
        load_spectra(write(table), return_X_y=return_X_y)


def test_row_numbers_in_any_order_are_said(write):
    table = FRAME.set_axis([*[f"feature_{chr(97 + i)}" for i in range(20)], "species"], axis=1)
    table.insert(0, "position", RNG.permutation(24))
    with pytest.warns(UserWarning, match="'position' only numbers the rows"):
        load_spectra(write(table))


def test_labels_that_differ_in_case_are_said(write):
    labels = [label.upper() if i < 3 else label for i, label in enumerate(LABELS)]
    with pytest.warns(UserWarning, match="classes 'ASH', 'ash' differ only in case or spaces"):
        load_spectra(write(FRAME.assign(species=labels)))
