"""Spectra out of files: what is what in each format, and an error that says where."""

from __future__ import annotations

import gzip
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
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
    def test_everything_is_found(self, write_npz):
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

    def test_labels_may_be_missing_or_named(self, write_npz):
        path = write_npz(X=np.eye(3), kind=["a", "b", "c"])
        assert load_spectra(path).target is None
        assert load_spectra(path, target="kind").target.tolist() == ["a", "b", "c"]
        with pytest.raises(ValueError, match=r"no labels found.*target=.*'kind'"):
            load_spectra(path, return_X_y=True)

    def test_a_column_of_labels_is_flattened_and_missing_values_are_kept(self, write_npz):
        X = np.eye(3)
        X[0, 1] = np.nan
        data, target = load_spectra(write_npz(X=X, Y=[[0], [1], [5]]), return_X_y=True)
        np.testing.assert_array_equal(data, X)
        assert target.tolist() == [0, 1, 5]

    @pytest.mark.parametrize(
        ("arrays", "message"),
        [
            ({"y": [1]}, "no array 'X' among 'y'"),
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
    def test_errors_say_what_and_where(self, write_npz, arrays, message):
        with pytest.raises(ValueError, match=f"spectra.npz: .*{message}") as caught:
            load_spectra(write_npz(**arrays))
        assert "\n" not in str(caught.value)

    def test_text_labels_kept_as_objects_need_the_explicit_word(self, write_npz):
        path = write_npz(X=np.eye(2), y=np.array(["a", "b"], dtype=object))
        assert load_spectra(path, allow_pickle=True).target.tolist() == ["a", "b"]

    @pytest.mark.parametrize("keep", [10, 200])
    def test_cut_short_or_no_archive_at_all(self, write_npz, keep):
        path = write_npz(X=np.eye(9))
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(ValueError, match="not an npz file, or one cut short"):
            load_spectra(path)


class TestCsv:
    @pytest.mark.parametrize(
        "unit", ["nm", " nm", " cm-1", " cm⁻¹", " cm^-1", " (nm)", " [1/cm]", " µm", " NM"]
    )
    def test_wavelengths_with_a_unit(self, write, unit):
        text = f"patient,900{unit},temperature,901.5{unit},label\n1,.1,20.5,.2,a\n2,.3,21,.4,b\n"
        spectra = load_spectra(write("units.csv", text))
        np.testing.assert_array_equal(spectra.data, [[0.1, 0.2], [0.3, 0.4]])
        assert spectra.wavelengths.tolist() == [900, 901.5]
        assert spectra.feature_names == [f"900{unit}", f"901.5{unit}"]
        assert spectra.metadata["patient"].tolist() == [1, 2]
        assert spectra.metadata["temperature"].tolist() == [20.5, 21.0]

    @pytest.mark.parametrize("bom", ["", "\ufeff"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_the_delimiter_that_excel_tells(self, write, bom, end):
        text = end.join([bom + "sep=;", "400;410;y", "1;2;a,b", "3;4;c,d", ""])
        spectra = load_spectra(write("excel.csv", text))
        np.testing.assert_array_equal(spectra.data, [[1, 2], [3, 4]])
        assert spectra.target.tolist() == ["a,b", "c,d"]

    @pytest.mark.parametrize("header", ["900,5;901,5;y", "900,5 nm;901,5 nm;y"])
    def test_decimal_commas_in_the_header(self, write, header):
        spectra = load_spectra(write("german.csv", f"{header}\n1;2;a\n3;4;b\n"))
        assert spectra.wavelengths.tolist() == [900.5, 901.5]
        assert spectra.target.tolist() == ["a", "b"]
        with pytest.raises(ValueError, match=r"row 1: .*'0,1' \(decimals need a point\)"):
            load_spectra(write("german.csv", f"{header}\n0,1;2;a\n3;4;b\n"))

    @pytest.mark.parametrize("name", ["900 mm", "nm", "1-2", "day 3", "3 days", "900 nm 2"])
    def test_other_names_are_no_wavelengths(self, write, name):
        spectra = load_spectra(write("names.csv", f"400,410,{name},y\n.1,.2,3,a\n.3,.4,5,b\n"))
        assert list(spectra.metadata) == [name]

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_numeric_names_are_wavelengths(self, write, delimiter):
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
    @settings(max_examples=30)
    def test_what_pandas_writes_is_read_back(self, tmp_path_factory, X, data):
        y = data.draw(st.lists(st.integers(-3, 300), min_size=len(X), max_size=len(X)))
        path = tmp_path_factory.mktemp("csv") / "X.csv"
        pd.DataFrame(X).assign(y=y).to_csv(path)
        spectra = load_spectra(path)
        np.testing.assert_allclose(spectra.data, X, rtol=1e-12)
        np.testing.assert_array_equal(spectra.target, y)
        assert spectra.wavelengths is None  # 0, 1, 2, … only count the columns

    @pytest.mark.parametrize("name", ["y", "Label", "CLASS", "labels", "target"])
    def test_usual_names_of_the_labels(self, write, name):
        spectra = load_spectra(write("a.csv", f"b0,{name},b1\n1,5,2\n3,0,4\n"))
        assert spectra.target.tolist() == [5, 0]
        assert spectra.data.tolist() == [[1, 2], [3, 4]]

    def test_labels_are_read_to_the_letter(self, write):
        spectra = load_spectra(write("a.csv", "b0,y\n1,NA\n2,None\n3,nan\n"))
        assert spectra.target.tolist() == ["NA", "None", "nan"]

    def test_two_columns_of_text_are_kept_apart_until_one_is_named(self, write):
        path = write("a.csv", "b0,kind,operator\n1,PP,ann\n2,PE,bob\n")
        spectra = load_spectra(path)
        assert spectra.target is None
        assert spectra.metadata["operator"].tolist() == ["ann", "bob"]
        assert load_spectra(path, target="kind", return_X_y=True)[1].tolist() == ["PP", "PE"]

    def test_byte_order_mark_blank_lines_and_a_comma_at_the_end(self, write):
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
            ("900;905\n0,5;1\n", r"column '900', row 1: .* got '0,5' \(decimals need a point\)"),
            ("b0,y\n1,a\n2\n", "row 2 has 1 fields, the line of column names has 2"),
            ("b0,y\n1,a,3\n", "row 1 has 3 fields"),
            ("b0,b0\n1,2\n", "more than one column is named 'b0'"),
            ("b0,y\n1,\n", "column 'y', row 1: the label is missing"),
            ("b0,y,group\n1,2,\n", "column 'group', row 1: the group is missing"),
            ("b0,y,label\n1,2,3\n", "'y', 'label' could each be the target"),
            ("b0,y\n", "no spectra, only the line of column names"),
            ("\n\n", "the first line must hold the column names"),
            ("0.3,0.5,0.4\n0.1,0.2,0.3\n", "looks like a spectrum"),
            ("name,y\na,b\n", "no column of numbers among 'name', 'y'"),
            (b"\xff\xfe\x00", "not a text file in UTF-8"),
            ("", "the file is empty"),
        ],
    )
    def test_errors_say_what_and_where(self, write, text, message):
        with pytest.raises(ValueError, match=f"a.csv: .*{message}") as caught:
            load_spectra(write("a.csv", text))
        assert "\n" not in str(caught.value)

    def test_a_misspelt_name_is_put_right(self, write):
        path = write("a.csv", "b0,polymer\n1,PP\n")
        with pytest.raises(
            ValueError, match=r"target='polymr' is not there. Did you mean 'polymer'"
        ):
            load_spectra(path, target="polymr")

    @pytest.mark.parametrize("suffix", [".tsv", ".csv.gz", ".TSV.gz"])
    def test_tab_separated_and_compressed_tables(self, write, suffix):
        text = b"900\t901.5\ty\n1\t2\ta\n3\t4\tb\n"
        content = gzip.compress(text) if suffix.endswith(".gz") else text
        spectra = load_spectra(write(f"line.2024{suffix}", content))
        np.testing.assert_array_equal(spectra.data, [[1, 2], [3, 4]])
        assert spectra.wavelengths.tolist() == [900, 901.5]
        assert spectra.target.tolist() == ["a", "b"]

    @pytest.mark.parametrize("keep", [slice(None, 12), slice(None, -9), slice(5, None)])
    def test_compressed_tables_that_are_damaged(self, write, keep):
        content = gzip.compress(b"900,901,y\n" + b"1,2,a\n" * 9)
        with pytest.raises(ValueError, match=r"line.csv.gz: not a gzip file, or one cut short"):
            load_spectra(write("line.csv.gz", content[keep]))


class TestPickle:
    def test_only_on_the_explicit_word(self, write):
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
            (pickle.dumps({"Y": [1]}), "no array 'X' among 'Y'"),
            (pickle.dumps({"X": np.eye(2), "Y": [1]}), "Y has shape"),
            (b"hello", "cannot be unpickled"),
        ],
    )
    def test_errors_say_what_and_where(self, write, content, message):
        with pytest.raises(ValueError, match=f"old.pkl: {message}"):
            load_spectra(write("old.pkl", content), allow_pickle=True)


def test_paths_that_cannot_be_read(tmp_path, write):
    with pytest.raises(FileNotFoundError, match=r"nowhere.npz: there is no such file"):
        load_spectra(tmp_path / "nowhere.npz")
    with pytest.raises(ValueError, match="a folder, where a file"):
        load_spectra(tmp_path)
    with pytest.raises(ValueError, match=r"suffix '.xlsx' is not among .npz, .csv"):
        load_spectra(write("a.xlsx", "x"))


@pytest.mark.data
def test_every_real_set_is_read(data_home):
    for path in sorted((data_home / "spectra").glob("*.npz")):
        if path.stem == "foreign_material_template":
            continue
        spectra = load_spectra(path)
        assert len(spectra.data) == len(spectra.target)
        assert len(spectra.feature_names) == spectra.data.shape[1]
    plastics = load_spectra(data_home / "spectra" / "plastics_nir_avantes.npz")
    assert plastics.data.shape == (515, 223)
    assert len(np.unique(plastics.groups)) == 166
