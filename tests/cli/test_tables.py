"""Tables of spectra from the terminal: options, roles of columns, and new files for a model."""

import numpy as np
import pandas as pd
import pytest

from sklvision.cli import main

WAVELENGTHS = list(range(900, 1100, 10))
LABELS = np.repeat(["oak", "ash", "pine"], 8)


def make_table(**columns):
    """Make a table of peaks whose place tells the class, with columns in front of them."""
    random = np.random.default_rng(0)
    peaks = dict(zip(["oak", "ash", "pine"], (940, 1000, 1060), strict=True))
    centers = np.array([peaks[label] for label in LABELS])[:, None]
    spectra = 0.3 + np.exp(-(((np.array(WAVELENGTHS) - centers) / 20) ** 2) / 2)
    spectra += random.normal(scale=0.02, size=spectra.shape)
    table = pd.DataFrame(spectra.round(4), columns=list(map(str, WAVELENGTHS)))
    for name, values in reversed(columns.items()):
        table.insert(0, name, values)
    return table


@pytest.fixture
def write(tmp_path):
    def write(table, name="table.csv", **options):
        path = tmp_path / name
        table.to_csv(path, index=False, **options)
        return path

    return write


@pytest.fixture
def train(run, tmp_path):
    """Train a model in a moment; returns its file and the text on standard error."""

    def train(data, *options, model="spectrum_mlp"):
        out = tmp_path / "model.sklv"
        argv = ["train", model, "--data", data, "--out", out, "--no-estimate", "--epochs", 15]
        status, _, err = run(*argv, *options)
        assert status == 0, err
        return out, err

    return train


@pytest.fixture
def predict(run):
    """Predict the rows of a file; returns the labels."""

    def predict(model, path, *options):
        status, out, err = run("predict", model, path, *options)
        assert status == 0, err
        assert "warning" not in err
        return [line.split(",")[2] for line in out.splitlines()[1:]]

    return predict


@pytest.fixture(scope="module")
def wood_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wood")
    make_table(species=LABELS).to_csv(folder / "wood.csv", index=False)
    argv = ["train", "spectrum_mlp", "--data", str(folder / "wood.csv"), "--no-estimate"]
    argv += ["--epochs", "15", "--quiet", "--out", str(folder / "wood.sklv")]
    assert main(argv) == 0
    return folder / "wood.sklv"


# ---------------------------------------------------------------- training


def test_train_prints_the_roles_of_columns(train, write):
    table = make_table(species=LABELS, patient=np.arange(24) // 2, rep=[1, 2] * 12)
    path = write(table)
    _, err = train(path, "--groups", "patient")
    assert "labels: species; bands: 20, 900 to 1090; groups: patient; left out: rep\n" in err
    assert "possible groups" not in err
    assert "possible groups: patient (12 values); use --groups 'patient'" in train(path)[1]


def test_train_selects_bands_and_drops_columns(train, write, predict):
    path = write(make_table(species=LABELS))
    model, err = train(path, "--bands", "920:1080", "--drop", "1000", "1010")
    assert "bands: 15, 920 to 1080; left out: 1000, 1010" in err
    assert predict(model, path) == list(LABELS)


def test_train_names_the_option_for_a_file_without_names(train, write, predict, run_error):
    path = write(make_table().assign(species=LABELS), header=False)
    err = run_error("train", "spectrum_mlp", "--data", path, "--out", path.with_suffix(".joblib"))
    assert "looks like a spectrum" in err
    assert "--no-header" in err
    model, _ = train(path, "--no-header")
    assert predict(model, path) == list(LABELS)


def test_train_without_names_and_labels_first(train, write, predict):
    table = make_table(species=LABELS)
    model, _ = train(write(table, header=False), "--no-header")
    new = write(table.drop(columns="species"), "new.csv", header=False)
    assert predict(model, new) == list(LABELS)


def test_train_names_the_option_for_spectra_in_columns(train, write, predict, run_error):
    table = make_table().T
    table.columns = [f"{label}_{i}" for i, label in enumerate(LABELS)]
    table.insert(0, "wavelength", WAVELENGTHS)
    path = write(table)
    err = run_error("train", "spectrum_mlp", "--data", path, "--out", path.with_suffix(".joblib"))
    assert "looks transposed" in err
    assert "--transpose" in err
    model, _ = train(path, "--transpose")
    assert predict(model, path) == list(LABELS)


def test_train_names_an_empty_band_and_the_option(train, write, predict, run_error):
    table = make_table(species=LABELS)
    table["910"] = np.nan
    path = write(table)
    err = run_error("train", "spectrum_mlp", "--data", path, "--out", path.with_suffix(".joblib"))
    assert "band 910 is empty in all samples. Leave it out with --drop 910." in err
    model, _ = train(path, "--drop", "910")
    assert predict(model, path) == list(LABELS)


def test_train_offers_a_column_named_group_as_target(run_error, write):
    path = write(make_table(group=LABELS))
    err = run_error("train", "spectrum_mlp", "--data", path, "--out", path.with_suffix(".joblib"))
    assert "name them with --target (there are: group)" in err


def test_train_reads_another_encoding_and_decimal_commas(train, tmp_path, run_error):
    path = tmp_path / "latin.csv"
    labels = np.where(LABELS == "oak", "chêne", LABELS)
    make_table(species=labels).to_csv(path, sep=";", decimal=",", index=False, encoding="cp1252")
    err = run_error("train", "spectrum_mlp", "--data", path, "--out", path.with_suffix(".joblib"))
    assert "--encoding" in err
    _, err = train(path, "--encoding", "cp1252", "--decimal", ",", "--header-line", "1")
    assert "3 classes" in err


def test_options_of_tables_are_refused_for_folders(run_error, tmp_path):
    err = run_error("compare", tmp_path, "--bands", "900:1000")
    assert "--bands '900:1000' is for spectra" in err


# ---------------------------------------------------------------- new files


def test_predict_goes_by_wavelength(wood_model, predict, write):
    table = make_table()
    assert predict(wood_model, write(table[table.columns[::-1]])) == list(LABELS)
    renamed_table = table.rename(columns=lambda name: f"X{name}.0")
    assert predict(wood_model, write(renamed_table)) == list(LABELS)


def test_predict_needs_no_labels(wood_model, predict, write):
    assert predict(wood_model, write(make_table(species=""))) == list(LABELS)
    assert predict(wood_model, write(make_table(comment="x", label=""))) == list(LABELS)


def test_predict_refuses_another_axis_and_names_both(wood_model, run_error, write):
    path = write(make_table().rename(columns=lambda name: str(int(name) + 600)))
    err = run_error("predict", wood_model, path)
    assert "the model takes 900 to 1090, the new samples have 1500 to 1690" in err
    err = run_error("predict", wood_model, path, "--resample")
    assert "nothing is extrapolated" in err


def test_predict_resamples_when_asked_to(wood_model, predict, run_error, write):
    fine = np.arange(895, 1101, 3)
    rows = [np.interp(fine, WAVELENGTHS, row) for row in make_table().to_numpy()]
    path = write(pd.DataFrame(rows, columns=fine))
    assert "--resample" in run_error("predict", wood_model, path)
    assert predict(wood_model, path, "--resample") == list(LABELS)


def test_predict_names_missing_columns(train, write, run_error):
    names = ["iron", "zinc", "lead", "tin"]
    table = make_table()[["920", "960", "1000", "1060"]].set_axis(names, axis=1)
    path = write(table.assign(kind=LABELS))
    model, _ = train(path, model="spectrum_mlp")
    err = run_error("predict", model, write(table.drop(columns="zinc")))
    assert "1 of the 4 columns that the model takes are missing: 'zinc'" in err


def test_predict_knows_the_roles_of_training(train, predict, write):
    table = make_table(grade=np.repeat([1, 2, 3], 8), patient=np.arange(24) // 2)
    table.columns = ["grade", "patient", *(f"b{i}" for i in range(20))]
    path = write(table)
    model, _ = train(path, "--target", "grade", "--groups", "patient")
    assert predict(model, path) == list(map(str, table["grade"]))


def test_predict_warns_once_of_another_unit(wood_model, run, write):
    path = write(make_table() * 1000)
    _, _, err = run("predict", wood_model, path, "--batch-size", "5")
    assert err.count("warning") == 1
    assert "another scale or unit" in err


def test_train_keeps_the_axis_of_an_npz(train, predict, write, tmp_path, run_error):
    X, wavelengths = make_table().to_numpy(), np.array(WAVELENGTHS)
    path = tmp_path / "wood.npz"
    np.savez(path, X=X, y=LABELS, wavelengths=wavelengths)
    model, _ = train(path)
    np.savez(tmp_path / "new.npz", X=X[:, ::-1], wavelengths=wavelengths[::-1])
    assert predict(model, tmp_path / "new.npz") == list(LABELS)
    np.savez(tmp_path / "plain.npz", X=X)
    assert predict(model, tmp_path / "plain.npz") == list(LABELS)
    assert predict(model, write(make_table())) == list(LABELS)


# ---------------------------------------------------------------- comparison


def test_compare_takes_an_official_split_of_uneven_patients(run, write, tmp_path):
    table = make_table(
        species=LABELS,
        patient=np.where(np.arange(24) % 8 < 5, "p0", "p1"),
        part=np.where(np.arange(24) % 8 < 5, "Test", "Train"),
    )
    argv = ["compare", write(table), "--groups", "patient", "--split", "part", "--n-jobs", 1]
    status, out, err = run(*argv, "--out", tmp_path / "report.html")
    assert status == 0, err
    assert "groups: patient; split: part" in err
    assert "PCA + LDA" in out
    assert "labels: species" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_compare_refuses_a_split_of_other_names(run_error, write):
    path = write(make_table(species=LABELS, part=["left", "right"] * 12))
    err = run_error("compare", path, "--split", "part")
    assert "--split part: holds 'left', 'right'; expected 'train' and 'test'" in err


@pytest.mark.parametrize(
    ("unit", "convert"),
    [("um", lambda nm: nm / 1000), ("cm-1", lambda nm: 1e7 / nm), ("nm", lambda nm: nm)],
)
def test_predict_resample_converts_units_of_light(write, train, run, unit, convert):
    table = make_table(species=LABELS).rename(columns=lambda name: f"{name} nm")
    table = table.rename(columns={"species nm": "species"})
    model, _ = train(write(table))
    bands = {name: f"{convert(float(name[:-3])):.9g} {unit}" for name in table.columns[1:]}
    new = write(table.rename(columns=bands), "new.csv")
    if unit != "nm":
        status, _, err = run("predict", model, new)
        assert status == 2
        assert (
            f"its axis is in {unit}, that of the model in nm. Pass --resample to convert it." in err
        )
    status, out, err = run("predict", model, new, "--resample")
    assert status == 0, err
    assert ("its axis was converted" in err) == (unit != "nm")
    labels = [line.split(",")[2] for line in out.splitlines()[1:]]
    assert np.mean(np.array(labels) == LABELS) > 0.9


def test_predict_resample_does_not_extrapolate_a_converted_axis(write, train, run):
    """Raman shifts are no positions of light, and end up elsewhere."""
    table = make_table(species=LABELS).rename(columns=lambda name: f"{name} nm")
    model, _ = train(write(table.rename(columns={"species nm": "species"})))
    shifts = {name: name.replace("nm", "cm-1") for name in table.columns}
    new = write(table.rename(columns=shifts).drop(columns="species cm-1"), "raman.csv")
    status, _, err = run("predict", model, new, "--resample")
    assert status == 2
    assert "its axis is in cm-1, that of the model in nm. the model takes 900 to 1090" in err


def test_predict_resample_refuses_positions_that_cannot_be_converted(write, train, run):
    table = make_table(species=LABELS).rename(columns=lambda name: f"{name} nm")
    table = table.rename(columns={"species nm": "species"})
    model, _ = train(write(table))
    shifts = [f"{10 * i} cm-1" for i in range(len(WAVELENGTHS))]
    new = write(table.drop(columns="species").set_axis(shifts, axis=1), "raman.csv")
    status, _, err = run("predict", model, new, "--resample")
    assert status == 2
    assert "positions in cm-1 must be positive to be converted to nm" in err
    energies = [name.replace("nm", "eV") for name in table.columns[1:]]
    new = write(table.drop(columns="species").set_axis(energies, axis=1), "energies.csv")
    status, _, err = run("predict", model, new, "--resample")
    assert (status, "its axis is in eV, that of the model in nm." in err) == (2, True)
    assert "--resample" not in err  # nothing would convert it
