"""Spectra out of files: what is what in each format, and an error that says where."""

from __future__ import annotations

import gzip
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from sklvision.datasets import load_spectra, make_spectra


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def write_npz(tmp_path):
    def write_npz(**arrays):
        path = tmp_path / "spectra.npz"
        np.savez(path, **arrays)
        return path

    return write_npz


class TestNpz:
    def test_load_spectra_npz_finds_all_roles(self, write_npz):
        X, y = make_spectra(6, n_bands=4, random_state=0)
        path = write_npz(
            X=X, y=y, wavelengths=np.arange(900, 904), group=list("aabbcc"), row=np.arange(6)
        )
        spectra = load_spectra(path)
        np.testing.assert_array_equal(spectra.data, X)
        assert spectra.data.dtype == np.float32
        np.testing.assert_array_equal(spectra.target, y)
        assert spectra.wavelengths.tolist() == [900, 901, 902, 903]
        assert spectra.groups.tolist() == list("aabbcc")
        assert spectra.metadata["row"].tolist() == list(range(6))
        assert spectra.feature_names == ["900", "901", "902", "903"]
        assert spectra.filename == str(path)
        assert "6 spectra of 4 bands" in spectra.DESCR

    def test_load_spectra_npz_without_usual_labels(self, write_npz):
        path = write_npz(X=np.eye(3), kind=["a", "b", "c"])
        assert load_spectra(path).target is None
        assert load_spectra(path, target="kind").target.tolist() == ["a", "b", "c"]
        with pytest.raises(ValueError, match=r"has no labels.*target=.*'kind'"):
            load_spectra(path, return_X_y=True)

    def test_load_spectra_npz_flattens_labels_and_keeps_missing_values(self, write_npz):
        X = np.eye(3)
        X[0, 1] = np.nan
        data, target = load_spectra(write_npz(X=X, Y=[[0], [1], [5]]), return_X_y=True)
        np.testing.assert_array_equal(data, X)
        assert target.tolist() == [0, 1, 5]

    @pytest.mark.parametrize(
        ("arrays", "message"),
        [
            ({"y": [1]}, "has no array 'X'; it holds 'y'"),
            ({"X": [1.0, 2.0]}, r"X must be numbers of shape \(n_samples, n_bands\)"),
            ({"X": [["a"]]}, "X must be numbers"),
            ({"X": np.zeros((0, 3))}, r"X is empty, its shape is \(0, 3\)"),
            ({"X": np.eye(3), "y": [1, 2]}, r"y has shape \(2,\)"),
            ({"X": np.eye(3), "group": [1, 2]}, r"group has shape \(2,\)"),
            ({"X": np.eye(3), "wavelengths": [1, 2]}, r"wavelengths has shape \(2,\)"),
            ({"X": np.eye(2), "y": [1, 2], "Y": [1, 2]}, "could each be the target"),
            ({"X": np.eye(1), "y": np.array([None])}, "unpickling runs any code"),
        ],
    )
    def test_load_spectra_errors_name_the_place(self, write_npz, arrays, message):
        with pytest.raises(ValueError, match=f"spectra.npz: .*{message}") as error_info:
            load_spectra(write_npz(**arrays))
        assert "\n" not in str(error_info.value)

    def test_load_spectra_npz_of_objects_needs_allow_pickle(self, write_npz):
        path = write_npz(X=np.eye(2), y=np.array(["a", "b"], dtype=object))
        assert load_spectra(path, allow_pickle=True).target.tolist() == ["a", "b"]

    @pytest.mark.parametrize("keep", [10, 200])
    def test_load_spectra_refuses_a_truncated_npz(self, write_npz, keep):
        path = write_npz(X=np.eye(9))
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(ValueError, match="is not an npz file, or was cut short"):
            load_spectra(path)


class TestCsv:
    @pytest.mark.parametrize(
        "unit", ["nm", " nm", " cm-1", " cm⁻¹", " cm^-1", " (nm)", " [1/cm]", " µm", " NM"]
    )
    def test_load_spectra_csv_wavelengths_with_a_unit(self, write, unit):
        text = f"patient,900{unit},temperature,901.5{unit},label\n1,.1,20.5,.2,a\n2,.3,21,.4,b\n"
        spectra = load_spectra(write("units.csv", text))
        np.testing.assert_array_equal(spectra.data, [[0.1, 0.2], [0.3, 0.4]])
        assert spectra.wavelengths.tolist() == [900, 901.5]
        assert spectra.feature_names == [f"900{unit}", f"901.5{unit}"]
        assert spectra.metadata["patient"].tolist() == [1, 2]
        assert spectra.metadata["temperature"].tolist() == [20.5, 21.0]

    @pytest.mark.parametrize("bom", ["", "\ufeff"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_load_spectra_csv_obeys_excel_separator(self, write, bom, end):
        text = end.join([bom + "sep=;", "400;410;y", "1;2;a,b", "3;4;c,d", ""])
        spectra = load_spectra(write("excel.csv", text))
        np.testing.assert_array_equal(spectra.data, [[1, 2], [3, 4]])
        assert spectra.target.tolist() == ["a,b", "c,d"]

    @pytest.mark.parametrize("header", ["900,5;901,5;y", "900,5 nm;901,5 nm;y"])
    def test_load_spectra_csv_decimal_commas_in_the_header(self, write, header):
        spectra = load_spectra(write("german.csv", f"{header}\n1;2;a\n3;4;b\n"))
        assert spectra.wavelengths.tolist() == [900.5, 901.5]
        assert spectra.target.tolist() == ["a", "b"]
        spectra = load_spectra(write("german.csv", f"{header}\n0,1;2;a\n3;4;b\n"))
        assert spectra.data.tolist() == [[0.1, 2], [3, 4]]

    @pytest.mark.parametrize("name", ["900 mm", "nm", "1-2", "day 3", "3 days", "900 nm 2"])
    def test_load_spectra_csv_other_names_are_not_wavelengths(self, write, name):
        spectra = load_spectra(write("names.csv", f"400,410,{name},y\n.1,.2,3,a\n.3,.4,5,b\n"))
        assert list(spectra.metadata) == [name]

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_load_spectra_csv_numeric_names_are_wavelengths(self, write, delimiter):
        text = "1000,1001.5,polymer,group\n.1,.2,PP,001\n.3,,PE,002\n".replace(",", delimiter)
        spectra = load_spectra(write("plastics.csv", text), group="group")
        np.testing.assert_array_equal(spectra.data, [[0.1, 0.2], [0.3, np.nan]])
        assert spectra.wavelengths.tolist() == [1000, 1001.5]
        assert spectra.feature_names == ["1000", "1001.5"]
        assert spectra.target.tolist() == ["PP", "PE"]
        assert spectra.groups.tolist() == ["001", "002"]

    @given(
        X=npst.arrays(
            np.float64,
            st.tuples(st.integers(1, 5), st.integers(1, 6)),
            elements=st.floats(allow_infinity=False, width=32),
        ),
        data=st.data(),
    )
    def test_load_spectra_csv_reads_what_pandas_writes(self, tmp_path_factory, X, data):
        y = data.draw(st.lists(st.integers(-3, 300), min_size=len(X), max_size=len(X)))
        path = tmp_path_factory.mktemp("csv") / "X.csv"
        pd.DataFrame(X).assign(y=y).to_csv(path)
        spectra = load_spectra(path)
        np.testing.assert_allclose(spectra.data, X, rtol=1e-12)
        np.testing.assert_array_equal(spectra.target, y)
        assert spectra.wavelengths is None  # 0, 1, 2, … only count the columns

    @pytest.mark.parametrize("name", ["y", "Label", "CLASS", "labels", "target"])
    def test_load_spectra_csv_usual_names_of_the_labels(self, write, name):
        spectra = load_spectra(write("a.csv", f"b0,{name},b1\n1,5,2\n3,0,4\n"))
        assert spectra.target.tolist() == [5, 0]
        assert spectra.data.tolist() == [[1, 2], [3, 4]]

    def test_load_spectra_csv_keeps_labels_to_the_letter(self, write):
        spectra = load_spectra(write("a.csv", "b0,y\n1,NA\n2,None\n3,nan\n"))
        assert spectra.target.tolist() == ["NA", "None", "nan"]

    def test_load_spectra_csv_with_two_columns_of_text(self, write):
        path = write("a.csv", "b0,kind,operator\n1,PP,ann\n2,PE,bob\n")
        spectra = load_spectra(path)
        assert spectra.target is None
        assert spectra.metadata["operator"].tolist() == ["ann", "bob"]
        assert load_spectra(path, target="kind", return_X_y=True)[1].tolist() == ["PP", "PE"]

    def test_load_spectra_csv_with_byte_order_mark_and_blank_lines(self, write):
        spectra = load_spectra(
            write("a.CSV", b"\xef\xbb\xbf900,905,y,\r\n1,2,0,\r\n\r\n3,4,1,\r\n")
        )
        assert spectra.data.tolist() == [[1, 2], [3, 4]]
        assert spectra.wavelengths.tolist() == [900, 905]
        assert spectra.target.tolist() == [0, 1]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("900,905,y\n1,2,a\n3,abc,b\n", "column '905', row 2: expected a number, got 'abc'"),
            ("b0,b1,y\n1,2,a\n\n3,abc,b\n", "column 'b1', row 2: expected a number, got 'abc'"),
            (
                "900;905\n0.5;1.5\n0,5;1.5\n",
                r"row 2: .* got '0,5' \(the decimal sign was .*decimal=','",
            ),
            ("b0,y\n1,a\n2\n", "line 3 has 1 fields, the line of column names has 2"),
            ("b0,y\n1,a,3\n", "line 2 has 3 fields"),
            ("b0,b0\n1,2\n", "has more than one column named 'b0'"),
            ("b0,y\n1,\n", "column 'y', row 1: the label is missing"),
            ("b0,y,group\n1,2,\n", "column 'group', row 1: the group is missing"),
            ("b0,y,label\n1,2,3\n", "'y', 'label' could each be the target"),
            ("b0,y\n", "holds no spectra, only the line of column names"),
            ("\n\n", "only blank lines"),
            ("0.3,0.5,0.4\n0.1,0.2,0.3\n", "looks like a spectrum"),
            ("name,y\na,b\n", "has no column of numbers among name, y"),
            (b"\xff\xfe\x00", "is not a text file in UTF-8"),
            ("", "the file is empty"),
        ],
    )
    def test_load_spectra_errors_name_the_place(self, write, text, message):
        with pytest.raises(ValueError, match=f"a.csv: .*{message}") as error_info:
            load_spectra(write("a.csv", text))
        assert "\n" not in str(error_info.value)

    def test_load_spectra_csv_suggests_a_name(self, write):
        path = write("a.csv", "b0,polymer\n1,PP\n")
        with pytest.raises(
            ValueError, match=r"there is no target='polymr'. Did you mean 'polymer'"
        ):
            load_spectra(path, target="polymr")

    @pytest.mark.parametrize("suffix", [".tsv", ".csv.gz", ".TSV.gz"])
    def test_load_spectra_reads_tab_separated_and_compressed_tables(self, write, suffix):
        text = b"900\t901.5\ty\n1\t2\ta\n3\t4\tb\n"
        content = gzip.compress(text) if suffix.endswith(".gz") else text
        spectra = load_spectra(write(f"line.2024{suffix}", content))
        np.testing.assert_array_equal(spectra.data, [[1, 2], [3, 4]])
        assert spectra.wavelengths.tolist() == [900, 901.5]
        assert spectra.target.tolist() == ["a", "b"]

    @pytest.mark.parametrize("keep", [slice(None, 12), slice(None, -9), slice(5, None)])
    def test_load_spectra_refuses_a_damaged_compressed_table(self, write, keep):
        content = gzip.compress(b"900,901,y\n" + b"1,2,a\n" * 9)
        with pytest.raises(ValueError, match=r"line.csv.gz: is not a gzip file, or was cut short"):
            load_spectra(write("line.csv.gz", content[keep]))


@pytest.mark.parametrize(
    ("start", "new"),
    [
        (b"\x93NUMPY\x01\x00", b"\x93NUMPY\x07\x00"),  # a version of the format
        (b"{'descr': '<f8'", b"{'descr': '<f('"),  # a header that is not Python
        (b"{'descr': '<f8'", b"{'descr': '<f8\""),
    ],
)
def test_load_spectra_refuses_a_damaged_npz(tmp_path, start, new):
    path = tmp_path / "spectra.npz"
    np.savez(path, X=np.eye(9))
    content = path.read_bytes()
    assert start in content
    path.write_bytes(content.replace(start, new))
    with pytest.raises(ValueError, match=r"spectra.npz: cannot be read as an npz file"):
        load_spectra(path)


@pytest.mark.parametrize(
    ("offset", "value"),
    [(6, 255), (8, 1), (10, 99)],  # zip version, flag of encryption, compression
)
def test_load_spectra_refuses_an_encrypted_or_unknown_archive(tmp_path, offset, value):
    path = tmp_path / "spectra.npz"
    np.savez(path, X=np.eye(9))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + offset] = value
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"spectra.npz: cannot be read as an npz file"):
        load_spectra(path)


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
def test_load_spectra_requested_role_excludes_the_other(tmp_path, suffix):
    """A column named y may hold the groups, and one named group the labels."""
    X, batch, kind = np.eye(4), np.array([1, 1, 2, 2]), np.array(["a", "b", "a", "b"])
    path = tmp_path / f"spectra{suffix}"
    if suffix == ".csv":
        bands = pd.DataFrame(X, columns=["400", "410", "420", "430"])
        bands.assign(y=batch, group=kind).to_csv(path, index=False)
    else:
        np.savez(path, X=X, y=batch, group=kind)
    spectra = load_spectra(path, target="group")
    assert (spectra.target.tolist(), spectra.groups) == (kind.tolist(), None)
    spectra = load_spectra(path, target="group", group="y")
    assert spectra.groups.tolist() == batch.tolist()
    spectra = load_spectra(path, group="y")
    assert spectra.groups.tolist() == batch.tolist()
    with pytest.raises(ValueError, match="target='y' and group='y' must differ"):
        load_spectra(path, target="y", group="y")


def test_load_spectra_csv_keeps_long_numbers_as_text(write):
    long = "123456789012345678901234"
    spectra = load_spectra(write("a.csv", f"b0,y\n1,{long}\n2,{long}5\n"))
    assert spectra.target.tolist() == [long, f"{long}5"]


class TestPickle:
    def test_load_spectra_pickle_needs_allow_pickle(self, write):
        path = write("old.pkl", pickle.dumps({"X": np.eye(3), "Y": [0, 1, 5]}))
        with pytest.raises(ValueError, match=r"old.pkl: is a pickle.*any code.*allow_pickle=True"):
            load_spectra(path)
        X, y = load_spectra(path, allow_pickle=True, return_X_y=True)
        np.testing.assert_array_equal(X, np.eye(3))
        assert y.tolist() == [0, 1, 5]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (pickle.dumps([1]), "expected a dict with 'X' and 'Y', got list"),
            (pickle.dumps({"Y": [1]}), "has no array 'X'; it holds 'Y'"),
            (pickle.dumps({"X": np.eye(2), "Y": [1]}), "Y has shape"),
            (b"hello", "cannot be unpickled"),
        ],
    )
    def test_load_spectra_errors_name_the_place(self, write, content, message):
        with pytest.raises(ValueError, match=f"old.pkl: {message}"):
            load_spectra(write("old.pkl", content), allow_pickle=True)


def test_load_spectra_refuses_wrong_paths(tmp_path, write):
    with pytest.raises(FileNotFoundError, match=r"nowhere.npz: there is no such file"):
        load_spectra(tmp_path / "nowhere.npz")
    with pytest.raises(ValueError, match=r"holds no instrument files .* but nothing"):
        load_spectra(tmp_path)
    with pytest.raises(ValueError, match=r"has the suffix '.spc', expected one of .npz, .csv"):
        load_spectra(write("a.spc", "x"))


@pytest.mark.data
def test_load_spectra_reads_every_real_set(data_home):
    for path in sorted((data_home / "spectra").glob("*.npz")):
        if path.stem == "foreign_material_template":
            continue
        spectra = load_spectra(path)
        assert len(spectra.data) == len(spectra.target)
        assert len(spectra.feature_names) == spectra.data.shape[1]
    plastics = load_spectra(data_home / "spectra" / "plastics_nir_avantes.npz")
    assert plastics.data.shape == (515, 223)
    assert len(np.unique(plastics.groups)) == 166
