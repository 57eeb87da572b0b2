"""Spectra in JCAMP-DX and OPUS files, alone, in folders and named by tables."""

from __future__ import annotations

import struct
import sys

import joblib
import numpy as np
import pytest

from sklvision.cli import main
from sklvision.datasets import load_labeled, load_spectra, read_samples
from sklvision.neural_network import SpectrumClassifier

pytest.importorskip("jcamp")
pytest.importorskip("brukeropus")

AXIS = np.array([400.0, 402.0, 404.0, 406.0, 408.0, 410.0])
VALUES = np.array([5.0, 7.0, 7.0, 7.0, 2.0, -3.0])


def make_jcamp(data="400 5 7 7\n406 7 2 -3", form="(X++(Y..Y))", label="XYDATA", **header):
    """Make a block of JCAMP-DX; a header of None is left out."""
    fields = {
        "TITLE": "bark",
        "JCAMP-DX": "4.24",
        "DATA TYPE": "INFRARED SPECTRUM",
        "XUNITS": "1/CM",
        "YUNITS": "ABSORBANCE",
        "FIRSTX": "400",
        "LASTX": "410",
        "NPOINTS": "6",
        "XFACTOR": "1",
        "YFACTOR": "1",
    } | {name.replace("_", " "): value for name, value in header.items()}
    lines = [f"##{name}={value}" for name, value in fields.items() if value is not None]
    return "\n".join([*lines, f"##{label}={form}", data, "##END=", ""])


def make_opus(values=VALUES, axis=AXIS, code=4, unit="WN"):
    """Make an OPUS file by the layout that brukeropus documents: one block of data and its status.

    No instrument wrote it. Code 4 is absorbance, 5 transmittance.
    """

    def encode(name, kind, value, size):
        return name.encode() + b"\0" + struct.pack("<hh", kind, size // 2) + value

    data = np.asarray(values, "<f4").tobytes()
    status = b"".join(
        [
            encode("DPF", 0, struct.pack("<i", 1), 4),
            encode("NPT", 0, struct.pack("<i", len(values)), 4),
            *(
                encode(name, 1, struct.pack("<d", value), 8)
                for name, value in [("FXV", axis[0]), ("LXV", axis[-1]), ("CSF", 1.0)]
            ),
            encode("DXU", 2, unit.encode().ljust(4, b"\0"), 4),
            b"END\0\0\0\0\0",
        ]
    )
    kind = 3 | 3 << 2 | code << 10
    start = 24 + 12 * 4
    entries = [
        (13 << 10, 12, 24),
        (kind, len(data) // 4, start),
        (kind | 1 << 4, len(status) // 4, start + len(data)),
        (0, 0, 0),
    ]
    head = b"\n\n\xfe\xfe" + struct.pack("<diii", 920622.0, 24, 4, 3)
    return head + b"".join(struct.pack("<3i", *entry) for entry in entries) + data + status


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# ---------------------------------------------------------------- JCAMP-DX


@pytest.mark.parametrize(
    "content",
    [
        make_jcamp(),
        make_jcamp("400+5+7+7\n406+7+2-3"),
        make_jcamp("400EGG\n406GBc"),
        make_jcamp("400EGU\n408Bc"),
        make_jcamp("400EK%T\n406Gnn\n410c"),
        make_jcamp("400EK%\n404G%nn\n410c"),
        make_jcamp("400 5 7 7 $$ first\n$$ a comment\n406 7 2 -3"),
        make_jcamp("400 5.0E0 7.0E+0 7\n406 70E-1 2 -3"),
        make_jcamp("400 50 70 70\n406 70 20 -30", YFACTOR="0.1"),
        make_jcamp("400 50 70 70\n406 70 20 -30", YFACTOR="0,1", FIRSTX="400,0", LASTX="410,0"),
        make_jcamp("400,0 5,0 7,0 7,0\n406,0 7,0 2,0 -3,0"),
        make_jcamp("400, 5, 7, 7\n406, 7, 2, -3"),
        make_jcamp("4000 5 7 7\n4060 7 2 -3", XFACTOR="0.1"),
        make_jcamp(LASTX=None, DELTAX="2"),
        make_jcamp(NPOINTS=None, DELTAX="2"),
        make_jcamp(FIRSTX=None),
        make_jcamp(form=" (X++(Y..Y)) $$ packed"),
        make_jcamp("400,5 402,7 404,7\n406,7 408,2 410,-3", "(XY..XY)", "XYPOINTS"),
        make_jcamp("400 5; 402 7; 404 7\n406 7; 408 2; 410 -3", "(XY..XY)", "XYPOINTS"),
        make_jcamp("400,5\n402,7\n404,7\n406,7\n408,2\n410,-3", "(XY..XY)", "XYDATA"),
        make_jcamp("400EGG\n406GBc", form="(X++(Y..Y)"),
        make_jcamp("400E\n402GGGBc"),
        "\n".join(f" {line}" for line in make_jcamp().splitlines()),
        make_jcamp().replace("\n", "\r\n"),
        "\ufeff" + make_jcamp().replace("##XUNITS=", "##XUNITS= ").replace("##FIRSTX", "##First X"),
        make_jcamp().replace("bark", "bärk").encode("latin-1"),
    ],
    ids=[
        "fixed", "signs", "squeezed", "repeated", "differences-repeated", "differences", "comments",
        "exponents", "yfactor", "decimal-commas-in-header", "decimal-commas-in-data", "separators",
        "xfactor", "deltax-for-lastx", "deltax-for-npoints", "no-firstx", "form-with-comment",
        "points", "points-semicolons", "points-as-xydata", "bracket-lost", "letter-of-exponents",
        "indented", "windows", "spaces", "latin-1",
    ],
)  # fmt: skip
def test_jcamp_dialects_hold_the_same_spectrum(tmp_path, content, capsys):
    spectra = load_spectra(write(tmp_path / "a.jdx", content))
    np.testing.assert_allclose(spectra.data, [VALUES])
    np.testing.assert_allclose(spectra.wavelengths, AXIS)
    assert "bands: 6, 400 to 410 cm-1" in spectra.roles
    assert "values: absorbance" in spectra.roles
    assert spectra.metadata["title"][0].startswith("b")
    assert spectra.target is None
    assert capsys.readouterr().out == ""


def test_jcamp_linked_blocks_are_several_spectra(tmp_path):
    link = "##TITLE=two\n##JCAMP-DX=4.24\n##DATA TYPE=LINK\n##BLOCKS=2\n"
    content = link + make_jcamp() + make_jcamp("400 1 2 3\n406 4 5 6", TITLE="wood") + "##END=\n"
    spectra = load_spectra(write(tmp_path / "a.dx", content))
    np.testing.assert_array_equal(spectra.data, [VALUES, [1, 2, 3, 4, 5, 6]])
    assert spectra.metadata["title"].tolist() == ["bark", "wood"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("400 nonsense", "has no XYDATA or XYPOINTS; it is not a JCAMP-DX file"),
        (make_jcamp("400 5", "(XY..XY)", "PEAK TABLE"), "it holds PEAKTABLE"),
        (make_jcamp("400 5 7 7"), "holds 3 values, expected 6 by NPOINTS"),
        (make_jcamp("400EK%\n404I%nn\n410c"), "XYDATA is damaged: a line does not begin"),
        (make_jcamp("400 5 ? 7\n406 7 2 -3"), r"XYDATA is damaged \("),
        (make_jcamp(LASTX=None), "has no number as LASTX"),
        (make_jcamp(form="(T++(Y..Y))"), r"XYDATA has the form \(T"),
    ],
)
def test_jcamp_that_cannot_be_read_is_an_error(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        load_spectra(write(tmp_path / "a.jdx", content))


# ---------------------------------------------------------------- OPUS


def test_opus_file_is_one_spectrum(tmp_path):
    spectra = load_spectra(write(tmp_path / "a.0", make_opus()))
    np.testing.assert_array_equal(spectra.data, [VALUES])
    np.testing.assert_array_equal(spectra.wavelengths, AXIS)
    assert "400 to 410 cm-1" in spectra.roles
    assert "values: absorbance" in spectra.roles
    other_spectrum = load_spectra(write(tmp_path / "a.12", make_opus(code=5, unit="MI")))
    assert "400 to 410 um" in other_spectrum.roles
    assert "values: transmittance" in other_spectrum.roles


def test_opus_file_with_the_logarithm_of_the_wavenumber_has_its_axis_in_wavenumbers(tmp_path):
    content = make_opus(axis=np.log(AXIS), unit="LGW")
    spectra = load_spectra(write(tmp_path / "a.0", content))
    assert spectra.wavelengths[[0, -1]] == pytest.approx(AXIS[[0, -1]])
    assert np.diff(np.log(spectra.wavelengths)) == pytest.approx(np.log(410 / 400) / 5)
    assert "400 to 410 cm-1" in spectra.roles


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"plain text", "OPUS files, such as .0, begin in another way"),
        (make_opus(code=2), "holds no spectrum; its blocks of data are: ig"),
        (make_opus()[:60], "OPUS file"),
        (make_opus().replace(b"DXU", b"DXV"), "is a damaged OPUS file, without a unit of its axis"),
    ],
)
def test_opus_file_that_cannot_be_read_is_an_error(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        load_spectra(write(tmp_path / "a.0", content))


# ---------------------------------------------------------------- folders and tables


@pytest.fixture
def folder(tmp_path):
    for i, kind in enumerate(["oak", "oak", "ash", "ash"]):
        data = f"400 {i} 1 2\n406 3 4 5"
        write(tmp_path / "set" / kind / f"{i}.jdx", make_jcamp(data))
    return tmp_path / "set"


def test_folder_has_a_class_for_each_subfolder(folder):
    write(folder / "ash" / "4.0", make_opus())
    write(folder / "notes.md", "x")
    with pytest.warns(UserWarning, match=r"left out: 1 \.md\."):
        labeled = load_labeled(folder)
    assert labeled.kind == "spectra"
    assert labeled.target.tolist() == ["ash", "ash", "ash", "oak", "oak"]
    assert labeled.data[:, 0].tolist() == [2, 3, 5, 0, 1]


def test_folder_of_images_stays_a_folder_of_images(folder):
    image = pytest.importorskip("PIL.Image")
    for i in range(6):
        image.new("L", (4, 4)).save(folder / ("oak" if i % 2 else "ash") / f"{i}.png")
    with pytest.warns(UserWarning, match=r"4 \.jdx"):
        assert load_labeled(folder).kind == "images"


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("is_path", [False, True])
def test_table_names_files_labels_and_groups(folder, suffix, is_path):
    lines = [["file", "kind", "group"], ["oak/1.jdx", "b", "x"], ["ash/2.jdx", "a", "y"]]
    path = folder / f"labels{suffix}"
    if suffix == ".csv":
        path.write_text("\n".join(map(",".join, lines)))
    else:
        workbook = pytest.importorskip("openpyxl").Workbook()
        for line in lines:
            workbook.active.append(line)
        workbook.save(path)
    if is_path:
        labeled = load_labeled(path)
    else:
        with pytest.warns(UserWarning, match=r"left out: 2 \.jdx"):
            labeled = load_labeled(folder)
    assert labeled.target.tolist() == ["b", "a"]
    assert labeled.groups.tolist() == ["x", "y"]
    assert labeled.data[:, 0].tolist() == [1, 2]


def test_table_that_names_a_missing_file_is_an_error(folder):
    write(folder / "labels.csv", "file,kind\noak/1.jdx,b\nash/9.jdx,a\n")
    with pytest.raises(FileNotFoundError, match="column 'file', row 2: there is no file"):
        load_spectra(folder / "labels.csv")


def test_folder_that_is_ambiguous_is_an_error(folder):
    write(folder / "loose.jdx", make_jcamp())
    with pytest.raises(ValueError, match=r"loose\.jdx lies next to the folders"):
        load_spectra(folder)
    write(folder / "a.csv", "file,kind\noak/1.jdx,b\n")
    write(folder / "b.csv", "file,kind\noak/1.jdx,b\n")
    with pytest.raises(ValueError, match=r"several tables name its files \(a\.csv, b\.csv\)"):
        load_spectra(folder)


def test_axis_that_runs_the_other_way_is_turned(folder):
    content = make_jcamp("410 6 5 4\n404 3 2 1", FIRSTX="410", LASTX="400")
    write(folder / "oak" / "9.jdx", content)
    assert load_spectra(folder).data[-1].tolist() == [1, 2, 3, 4, 5, 6]


def test_axes_that_differ_are_an_error_unless_resampled(folder):
    write(
        folder / "oak" / "9.jdx",
        make_jcamp("402 10 20 30\n405 40 50 60", FIRSTX="402", LASTX="407"),
    )
    with pytest.raises(
        ValueError, match=r"9\.jdx has another axis \(6 bands, 402 to 407 cm-1\)"
    ) as error:
        load_spectra(folder)
    assert "2.jdx (6 bands, 400 to 410 cm-1)" in str(error.value)
    spectra = load_spectra(folder, resample=True)
    assert spectra.wavelengths.tolist() == [402, 404, 406]
    np.testing.assert_allclose(spectra.data[-1], [10, 30, 50])
    np.testing.assert_allclose(spectra.data[0], [1, 2, 3])
    write(folder / "oak" / "10.jdx", make_jcamp(FIRSTX="800", LASTX="810"))
    with pytest.raises(ValueError, match="nothing is extrapolated"):
        load_spectra(folder, resample=True)


@pytest.mark.parametrize(
    "header", [{"XUNITS": "NANOMETERS"}, {"YUNITS": "TRANSMITTANCE"}], ids=["unit", "quantity"]
)
def test_units_that_differ_are_an_error(folder, header):
    write(folder / "oak" / "9.jdx", make_jcamp(**header))
    with pytest.raises(ValueError, match=r"9\.jdx is in .* Convert one"):
        load_spectra(folder, resample=True)


def test_resample_is_refused_for_tables(tmp_path):
    write(tmp_path / "a.csv", "kind,900,910\noak,1,2\n")
    with pytest.raises(ValueError, match="resample= is for instrument files"):
        load_spectra(tmp_path / "a.csv", resample=True)


@pytest.mark.parametrize(
    ("module", "name", "content"),
    [("jcamp", "a.jdx", make_jcamp()), ("brukeropus", "a.0", make_opus())],
)
def test_missing_extra_is_named(tmp_path, monkeypatch, module, name, content):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"sklvision\[instruments\]"):
        load_spectra(write(tmp_path / name, content))


# ---------------------------------------------------------------- new files for a model


@pytest.fixture(scope="module")
def trained_model(tmp_path_factory):
    """Train on a folder of files, whose classes differ at 402."""
    folder = tmp_path_factory.mktemp("training")
    values = np.arange(6.0) + np.random.default_rng(0).normal(0, 0.1, (40, 6))
    for i, row in enumerate(values):
        row[1] += 8 * (i % 2)
        numbers = " ".join(f"{value:.4f}" for value in row)
        write(folder / ("oak" if i % 2 else "ash") / f"{i}.jdx", make_jcamp(f"400 {numbers}"))
    labeled = load_labeled(folder, as_frame=True)
    return SpectrumClassifier(max_epochs=30, random_state=0).fit(labeled.data, labeled.target)


def predict_files(paths, model, **options):
    return [
        label
        for batch in read_samples(paths, model, **options)
        for label in model.predict(batch.data)
    ]


def test_read_samples_takes_instrument_files_and_folders(trained_model, tmp_path):
    oak, ash = "400 0 9 2 3 4 5", "400 0 1 2 3 4 5"
    write(tmp_path / "new" / "1.jdx", make_jcamp(oak))
    write(tmp_path / "new" / "2.0", make_opus([0, 1, 2, 3, 4, 5]))
    reversed_spectrum = make_jcamp("410 5 4 3 2 9 0", FIRSTX="410", LASTX="400")
    write(tmp_path / "new" / "3.dx", reversed_spectrum)
    write(tmp_path / "new" / "notes.md", "x")
    with pytest.warns(UserWarning, match=r"not instrument files: 1 \.md"):
        assert predict_files([tmp_path / "new"], trained_model) == ["oak", "ash", "oak"]
    assert predict_files([write(tmp_path / "a.jdx", make_jcamp(ash))], trained_model) == ["ash"]
    table = write(tmp_path / "list.csv", "file\na.jdx\nnew/1.jdx\n")
    assert predict_files([table], trained_model) == ["ash", "oak"]


def test_read_samples_of_another_axis_needs_resample(trained_model, tmp_path):
    finer = " ".join(
        f"{value:g}" for value in np.interp(np.arange(400, 411), AXIS, [0, 9, 2, 3, 4, 5])
    )
    path = write(tmp_path / "a.jdx", make_jcamp(f"399 0 {finer}", FIRSTX="399", NPOINTS="12"))
    assert predict_files([path], trained_model) == ["oak"]  # every position of training is there
    path = write(
        tmp_path / "b.jdx", make_jcamp("399 0 0 9 2 3 4 5", FIRSTX="399", LASTX="411", NPOINTS="7")
    )
    with pytest.raises(
        ValueError, match="the model takes 400 to 410 cm-1, the new samples have 399 to 411"
    ):
        predict_files([path], trained_model)
    assert len(predict_files([path], trained_model, resample=True)) == 1
    nanometers = write(tmp_path / "c.jdx", make_jcamp(XUNITS="NANOMETERS"))
    with pytest.raises(ValueError, match="its axis is in nm, that of the model in cm-1"):
        predict_files([nanometers], trained_model, resample=True)


def test_read_samples_of_another_quantity_is_refused(trained_model, tmp_path):
    content = make_jcamp("400 0 9 2 3 4 5", YUNITS="TRANSMITTANCE")
    message = "its values are transmittance, and the model was trained on absorbance"
    with pytest.raises(ValueError, match=message):
        predict_files([write(tmp_path / "a.jdx", content)], trained_model)
    unknown = make_jcamp("400 0 9 2 3 4 5", YUNITS=None)
    assert predict_files([write(tmp_path / "b.jdx", unknown)], trained_model) == ["oak"]


def test_predict_command_takes_instrument_files(trained_model, tmp_path, capsys):
    joblib.dump(trained_model, tmp_path / "model.joblib")
    path = write(tmp_path / "a.jdx", make_jcamp("400 0 9 2 3 4 5"))
    assert main(["predict", str(tmp_path / "model.joblib"), str(path)]) == 0
    assert f"{path},1,oak," in capsys.readouterr().out
