"""Tables as people have them: the layout of the file, and the role of every column."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklvision.datasets._tables.axis import find_bands, find_unit, parse_band_name
from sklvision.datasets._tables.layout import read_layout
from sklvision.datasets._tables.options import TableOptions
from sklvision.datasets._tables.roles import decide_roles
from sklvision.datasets._tables.table import read_columns

VALUES = np.random.default_rng(0).normal(size=(12, 10)).round(4)
WAVELENGTHS = list(range(900, 1000, 10))
KINDS = ["oak"] * 6 + ["ash"] * 6


def make_frame(names=None, **columns):
    frame = pd.DataFrame(VALUES.copy(), columns=[str(name) for name in names or WAVELENGTHS])
    for name, values in reversed(columns.items()):
        frame.insert(0, name, values)
    return frame


def write(tmp_path, content, name="table.csv"):
    path = tmp_path / name
    if isinstance(content, pd.DataFrame):
        content = content.to_csv(index=False)
    path.write_text(content, encoding="utf-8")
    return path


def read(path, layout=None, **options):
    table = read_columns(path, read_layout(path, TableOptions(**(layout or {}))))
    return table, decide_roles(table, **options)


def read_bands(table, roles):
    return table.read_numbers([table.names.index(name) for name in roles.bands.names])


# ---------------------------------------------------------------- names of bands


@pytest.mark.parametrize(
    ("name", "prefix", "value", "unit"),
    [
        ("900", "", 900, None),
        ("900,5", "", 900.5, None),
        ("900.5 nm", "", 900.5, "nm"),
        ("900 [nm]", "", 900, "nm"),
        ("2.5 µm", "", 2.5, "um"),
        ("4000 cm-1", "", 4000, "cm-1"),
        ("4000cm^-1", "", 4000, "cm-1"),
        ("4000 1/cm", "", 4000, "cm-1"),
        ("-200", "", -200, None),
        ("1e3", "", 1000, None),
        ("X1100", "x", 1100, None),
        ("X1100.5", "x", 1100.5, None),
        ("X.900", "x", 900, None),
        ("WL500", "wl", 500, None),
        ("wl_900nm", "wl", 900, "nm"),
        ("nm900", "nm", 900, "nm"),
        ("b0", "b", 0, None),
        ("Abs@900", "abs", 900, None),
    ],
)
def test_parse_band_name_finds_number_and_unit(name, prefix, value, unit):
    parsed = parse_band_name(name)
    assert (parsed.prefix, parsed.value, parsed.unit) == (prefix, value, unit)


@pytest.mark.parametrize("name", ["species", "", "id", "2023-01-02", "12:30", "a1b2c"])
def test_parse_band_name_leaves_other_names_alone(name):
    assert parse_band_name(name) is None


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("id/nm", "nm"),
        ("id/cm-1", "cm-1"),
        ("Wavelength (nm)", "nm"),
        ("species", None),
        ("gnome", None),
    ],
)
def test_find_unit_needs_a_word_of_its_own(text, unit):
    assert find_unit(text) == unit


def test_find_bands_takes_the_largest_pattern():
    bands = find_bands(["rep1", "rep2", "rep3", *(f"WL{n}" for n in WAVELENGTHS)])
    assert bands.names == [f"WL{n}" for n in WAVELENGTHS]
    assert bands.axis == WAVELENGTHS


@pytest.mark.parametrize("names", [["f0", "f1", "f2"], ["b1", "b2", "b3"], ["0", "1", "2"]])
def test_find_bands_of_names_that_count_have_no_axis(names):
    assert find_bands(names).axis is None


def test_find_bands_of_a_word_and_a_number_needs_three():
    assert find_bands(["PC1", "PC2"]) is None
    assert find_bands(["900"]).axis == [900]


# ---------------------------------------------------------------- roles


def test_row_names_of_r_are_an_index(tmp_path):
    frame = make_frame([f"X{n}" for n in WAVELENGTHS], species=KINDS)
    frame.index = np.arange(1, 13)
    table, roles = read(write(tmp_path, frame.to_csv()))
    assert roles.bands.axis == WAVELENGTHS
    assert (roles.index, roles.target) == ("", "species")
    np.testing.assert_allclose(read_bands(table, roles), VALUES, rtol=1e-12)


def test_row_names_without_a_header_field_are_an_index(tmp_path):
    lines = make_frame(species=KINDS).to_csv().removeprefix(",")
    table, roles = read(write(tmp_path, lines))
    assert roles.index == ""
    np.testing.assert_allclose(read_bands(table, roles), VALUES, rtol=1e-12)


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_an_unnamed_column_of_whole_numbers_is_an_index_in_any_order(tmp_path, name):
    frame = make_frame([f"f{i}" for i in range(10)], kind=KINDS)
    frame.insert(0, name, np.random.default_rng(1).permutation(40)[:12])
    _, roles = read(write(tmp_path, frame))
    assert roles.index == name
    assert roles.bands.names == [f"f{i}" for i in range(10)]
    assert roles.bands.axis is None


def test_metadata_beside_bands_are_left_out_and_listed(tmp_path):
    frame = make_frame(
        [f"WL{n}" for n in WAVELENGTHS],
        sample_id=[f"s{i}" for i in range(12)],
        rep=[1, 2] * 6,
        number=range(12),
        species=KINDS,
    )
    _, roles = read(write(tmp_path, frame))
    assert roles.left_out == ["sample_id", "rep", "number"]
    assert roles.describe() == (
        "labels: species; bands: 10, 900 to 990; left out: sample_id, rep, number"
    )


def test_numbered_rows_are_not_a_band_where_bands_have_no_pattern(tmp_path):
    frame = pd.DataFrame(
        {"id": range(12), "iron": VALUES[:, 0], "zinc": VALUES[:, 1], "kind": KINDS}
    )
    _, roles = read(write(tmp_path, frame))
    assert roles.bands.names == ["iron", "zinc"]
    assert roles.left_out == ["id"]


def test_a_class_column_called_group_is_offered_and_taken_when_named(tmp_path):
    path = write(tmp_path, make_frame(group=KINDS))
    with pytest.raises(ValueError, match=r"target= \(there are: group\)"):
        read(path, target_needed=True)
    _, roles = read(path, target="group", target_needed=True)
    assert (roles.target, roles.group) == ("group", None)


def test_named_roles_win_over_numbers(tmp_path):
    frame = make_frame([f"b{i}" for i in range(10)], grade=[1, 2] * 6, patient=[0, 0, 1, 1] * 3)
    _, roles = read(write(tmp_path, frame), target="grade", group="patient")
    assert (roles.target, roles.group, roles.left_out) == ("grade", "patient", [])
    assert len(roles.bands.names) == 10


def test_bands_can_be_a_range_or_names(tmp_path):
    path = write(tmp_path, make_frame(kind=KINDS))
    assert read(path, bands="920:950")[1].bands.axis == [920, 930, 940, 950]
    assert read(path, bands=":910")[1].bands.names == ["900", "910"]
    assert read(path, bands=["930", "900"])[1].bands.names == ["930", "900"]
    with pytest.raises(ValueError, match="holds none of the positions 900 to 990"):
        read(path, bands="2000:3000")
    with pytest.raises(ValueError, match="must be a range"):
        read(path, bands="all")


def test_dropped_columns_are_left_out(tmp_path):
    _, roles = read(write(tmp_path, make_frame(kind=KINDS)), drop=["910"])
    assert "910" not in roles.bands.names
    assert roles.left_out == ["910"]


@pytest.mark.parametrize("role", ["target", "group", "split"])
def test_a_name_that_is_not_there_is_refused(tmp_path, role):
    with pytest.raises(ValueError, match="Did you mean 'species'"):
        read(write(tmp_path, make_frame(species=KINDS)), **{role: "specis"})


def test_a_column_that_is_empty_in_all_samples_keeps_its_role(tmp_path):
    frame = make_frame(**{"class": [""] * 12})
    frame["910"] = ""
    table, roles = read(write(tmp_path, frame))
    assert roles.target == "class"
    assert "910" in roles.bands.names
    assert np.isnan(read_bands(table, roles)[:, 1]).all()


def test_two_usual_names_of_labels_are_ambiguous(tmp_path):
    with pytest.raises(ValueError, match="'class', 'label' could each be the target"):
        read(write(tmp_path, make_frame(**{"class": KINDS, "label": KINDS})))


# ---------------------------------------------------------------- layout


def test_a_file_without_names_is_refused_and_read_when_told(tmp_path):
    path = write(tmp_path, make_frame(kind=KINDS).to_csv(index=False, header=False))
    with pytest.raises(ValueError, match=r"looks like a spectrum.*has_header=False"):
        read(path)
    table, roles = read(path, {"has_header": False})
    assert (len(table.columns), len(roles.bands.names), roles.target) == (12, 10, "column1")


def test_falling_wavelengths_are_names(tmp_path):
    _, roles = read(write(tmp_path, make_frame(WAVELENGTHS[::-1])))
    assert roles.bands.axis == WAVELENGTHS[::-1]


def test_lines_above_the_names_are_left_out_and_said(tmp_path):
    content = "Instrument,NIR-1,v2,,,,,,,,\n\n" + make_frame(kind=KINDS).to_csv(index=False)
    table, roles = read(write(tmp_path, content))
    assert roles.notes == ["line 1 above the column names left out"]
    np.testing.assert_allclose(read_bands(table, roles), VALUES, rtol=1e-12)


def test_header_line_chooses_the_line_of_names(tmp_path):
    content = ",".join("abcdefghijk") + "\n" + make_frame(kind=KINDS).to_csv(index=False)
    assert read(write(tmp_path, content), {"header_line": 2})[1].bands.axis == WAVELENGTHS
    with pytest.raises(ValueError, match="header_line=500"):
        read(write(tmp_path, content), {"header_line": 500})


@pytest.mark.parametrize("first", ["id/cm-1", "axis 2"])
def test_a_second_axis_is_left_out_and_said(tmp_path, first):
    lines = make_frame(**{"id/nm": KINDS}).to_csv(index=False, sep=";").splitlines()
    lines.insert(1, ";".join([first, *(f"{1e7 / n:.0f}" for n in WAVELENGTHS)]))
    table, roles = read(write(tmp_path, "\n".join(lines)))
    assert roles.bands.unit == "nm"
    assert roles.notes[0].startswith("line 2 left out: a second axis, 11111 to 10101")
    np.testing.assert_allclose(read_bands(table, roles), VALUES, rtol=1e-12)


def test_a_rising_spectrum_is_not_a_second_axis(tmp_path):
    frame = make_frame(kind=KINDS)
    frame.iloc[0, 1:] = np.linspace(0.1, 0.9, 10)
    assert len(read(write(tmp_path, frame))[0].columns) == 12


def test_a_transposed_table_is_recognized(tmp_path):
    frame = pd.DataFrame(VALUES.T, columns=[f"{kind}_{i}" for i, kind in enumerate(KINDS)])
    frame.insert(0, "wavelength", WAVELENGTHS)
    with pytest.raises(ValueError, match=r"looks transposed.*900 to 990.*transpose=True"):
        read(write(tmp_path, frame))


@pytest.mark.parametrize("blank", ["\n", ";;\n", "\ufeff\n"])
def test_blank_lines_are_passed_over(tmp_path, blank):
    content = make_frame(kind=KINDS).to_csv(index=False, sep=";").replace("\n", "\n\n")
    table, _ = read(write(tmp_path, blank + content))
    assert len(table.columns) == 12


def test_empty_columns_and_rows_of_a_spreadsheet_are_passed_over(tmp_path):
    lines = make_frame(kind=KINDS).to_csv(index=False).splitlines()
    content = "\n".join([*(line + ",," for line in lines), "," * 12, "," * 12])
    table, roles = read(write(tmp_path, content))
    assert len(table.columns) == 12
    assert roles.left_out == []


@pytest.mark.parametrize(
    ("row", "message"),
    [("oak,1,2", "line 14 has 3 fields"), (",".join("1" * 12), "line 14 has 12 fields")],
)
def test_a_row_with_other_fields_is_named(tmp_path, row, message):
    with pytest.raises(ValueError, match=message):
        read(write(tmp_path, make_frame(kind=KINDS).to_csv(index=False) + row))


def test_a_word_among_numbers_is_named(tmp_path):
    frame = make_frame(kind=KINDS).astype(object)
    frame.iloc[3, 2] = "broken"
    table, roles = read(write(tmp_path, frame))
    with pytest.raises(ValueError, match="column '910', row 4: expected a number, got 'broken'"):
        read_bands(table, roles)


def test_labels_are_read_to_the_letter(tmp_path):
    table, _ = read(write(tmp_path, make_frame(kind=["NA", "007", "7", "1.50"] * 3)))
    assert list(table.read_text(0)[:4]) == ["NA", "007", "7", "1.50"]
    integers = read(write(tmp_path, make_frame(kind=[1, 2] * 6)))[0]
    assert integers.read_text(0).dtype == np.int64


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_its_encoding(tmp_path, encoding):
    path = tmp_path / "table.csv"
    make_frame(kind=["Eschenholz-ä"] * 12).to_csv(path, index=False, encoding=encoding)
    assert read(path)[0].read_text(0)[0] == "Eschenholz-ä"


def test_a_compressed_file_is_read(tmp_path):
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(make_frame(kind=KINDS).to_csv(index=False).encode()))
    table, roles = read(path)
    np.testing.assert_allclose(read_bands(table, roles), VALUES, rtol=1e-12)


@given(
    delimiter=st.sampled_from([",", ";", "\t", "|", " "]),
    decimal_comma=st.booleans(),
    values=st.lists(
        st.lists(st.decimals(-999, 999, places=2), min_size=4, max_size=4), min_size=3, max_size=6
    ),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_values_survive_every_dialect(tmp_path_factory, delimiter, decimal_comma, values, newline):
    decimal = "," if decimal_comma and delimiter != "," else "."
    lines = [delimiter.join(["kind", *(f"{n}{decimal}5" for n in (900, 910, 920, 930))])]
    lines += [
        delimiter.join(["oak", *(f"{value:.2f}".replace(".", decimal) for value in row)])
        for row in values
    ]
    path = tmp_path_factory.mktemp("dialect") / "table.csv"
    path.write_bytes(newline.join(lines).encode())
    table, roles = read(path)
    assert roles.bands.axis == [900.5, 910.5, 920.5, 930.5]
    np.testing.assert_allclose(read_bands(table, roles), np.array(values, dtype=float))
