"""``sklvision export``: ONNX files, smaller weights and model cards."""

import re

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklvision.datasets import load_image_folder
from sklvision.export import OnnxClassifier, save, to_onnx
from sklvision.spectral import SpectralScaler

yaml = pytest.importorskip("yaml")
pytest.importorskip("onnxscript")


@pytest.fixture(scope="module")
def digit_archive(image_model, tmp_path_factory):
    return save(joblib.load(image_model), tmp_path_factory.mktemp("archive") / "numbers.sklv")


@pytest.fixture(scope="module")
def bayes_file(spectra_file, tmp_path_factory):
    """A pickle without a net, of spectra without names."""
    data = np.load(spectra_file)
    path = tmp_path_factory.mktemp("pickle") / "plain.joblib"
    joblib.dump(LogisticRegression().fit(data["X"], data["y"]), path)
    return path


def read_table(output):
    """Return the cells of each row of the printed table, by the name of the file."""
    rows = [
        line.split() for line in output.splitlines() if re.match(r"\S+\.(sklv|joblib|onnx) ", line)
    ]
    return {row[0]: row[1:] for row in rows}


@pytest.mark.slow
def test_export_writes_graphs_and_card_of_an_archive(digit_archive, digit_folder, tmp_path, run):
    out = tmp_path / "shipped"
    status, output, err = run(
        *("export", digit_archive, "--onnx", "--int8", "--int16", "--card"),
        *("--samples", digit_folder, "--out", out),
        *("--license", "mit", "--intended-use", "Reading of numbers."),
    )
    assert status == 0, err
    names = [
        "README.md",
        "model_card.html",
        "numbers.onnx",
        "numbers_int16.onnx",
        "numbers_int8.onnx",
    ]
    assert sorted(path.name for path in out.iterdir()) == names
    assert "180 samples, with labels" in err
    table = read_table(output)
    assert list(table) == [
        "numbers.sklv",
        "numbers.onnx",
        "numbers_int8.onnx",
        "numbers_int16.onnx",
    ]
    images, _ = load_image_folder(digit_folder, return_X_y=True)
    assert float(table["numbers.onnx"][1]) >= 0.98  # equal labels
    assert OnnxClassifier(out / "numbers.onnx").predict(images[:3]).shape == (3,)
    text = (out / "README.md").read_text(encoding="utf-8")
    metadata = yaml.safe_load(text.split("---\n")[1])
    assert metadata["license"] == "mit"
    assert metadata["pipeline_tag"] == "image-classification"
    assert "Reading of numbers." in text
    assert "On 180 samples that were passed for this card" in text
    for name in ("numbers.sklv", *names[2:]):
        assert f"| {name.replace('_', chr(92) + '_')} |" in text
    assert "Reading of numbers." in (out / "model_card.html").read_text(encoding="utf-8")


def test_export_without_samples_measures_nothing(spectra_model, tmp_path, run):
    status, output, err = run("export", spectra_model, "--onnx", "--out", tmp_path / "out")
    assert status == 0, err
    assert "is a pickle: loading it ran the code that it holds" in err
    assert re.fullmatch(r"Written to .*out:\n  line.onnx \([\d.]+ kB\)\n", output)


def test_export_of_only_small_weights_leaves_no_other_graph(
    spectra_model, spectra_file, tmp_path, run
):
    out = tmp_path / "out"
    status, output, err = run(
        *("export", spectra_model, "--int8", "--samples", spectra_file, "--out", out, "--quiet")
    )
    assert (status, err) == (0, "")
    assert [path.name for path in out.iterdir()] == ["line_int8.onnx"]
    assert list(read_table(output)) == ["line.joblib", "line_int8.onnx"]


def test_export_takes_samples_without_labels(spectra_model, spectra_file, tmp_path, run):
    path = tmp_path / "new.npz"
    np.savez(path, X=np.load(spectra_file)["X"])
    status, output, err = run(
        "export", spectra_model, "--onnx", "--card", "--samples", path, "--out", tmp_path / "out"
    )
    assert status == 0, err
    assert "without labels, so that no accuracy is measured (" in err
    assert "target=" not in err
    assert read_table(output)["line.onnx"][:2] == ["–", "1.0000"]
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "Not measured. Pass the comparison" in text
    assert "**One sample:**" in text


def test_predict_takes_an_exported_graph(spectra_model, spectra_file, tmp_path, run):
    run("export", spectra_model, "--onnx", "--out", tmp_path, "--quiet")
    labels = [
        [line.rsplit(",", 2)[1] for line in run("predict", model, spectra_file)[1].splitlines()]
        for model in (spectra_model, tmp_path / "line.onnx")
    ]
    assert labels[0] == labels[1]
    assert len(labels[0]) == 151


def test_export_writes_to_a_directory_named_after_the_model(bayes_file, run):
    status, _, err = run("export", bayes_file, "--card", "--title", "Plain", "--quiet")
    assert (status, err) == (0, "")
    text = (bayes_file.parent / "plain_export" / "README.md").read_text(encoding="utf-8")
    assert "# Plain" in text
    run("export", bayes_file, "--card", "--title", "Again", "--quiet")  # a card is replaced
    assert "# Again" in (bayes_file.parent / "plain_export" / "README.md").read_text(
        encoding="utf-8"
    )


def test_export_replaces_no_readme_of_others(bayes_file, tmp_path, run_error):
    (tmp_path / "README.md").write_text("# My project\n", encoding="utf-8")
    err = run_error("export", bayes_file, "--card", "--out", tmp_path, "--quiet")
    assert "README.md: is not a model card and would be replaced. Choose another directory" in err
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "# My project\n"


def test_export_of_a_model_without_a_net_has_no_8_bits(
    bayes_file, spectra_file, tmp_path, run_error
):
    err = run_error(
        *("export", bayes_file, "--int8", "--samples", spectra_file),
        *("--out", tmp_path / "out", "--quiet"),
    )
    assert "holds no net" in err
    assert "--int16" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "choose at least one of --onnx, --int8, --int16 and --card"),
        (["--int8"], "--int8: needs samples"),
        (["--onnx", "--max-accuracy-drop", "0.01"], "--max-accuracy-drop: is for --int8"),
        (["--onnx", "--target", "y"], "--target: names the labels of --samples"),
        (["--onnx", "--license", "mit"], "--license: is for the card; add --card"),
        (["--card", "--intended-use", " "], "--intended-use: is empty"),
        (["--card", "--samples", "nowhere"], "nowhere: does not exist"),
        (["--card", "--out", "nowhere/deep"], "the directory nowhere does not exist"),
    ],
)
def test_export_errors_take_one_line(
    options, message, bayes_file, tmp_path, monkeypatch, run_error
):
    monkeypatch.chdir(tmp_path)
    assert message in run_error("export", bayes_file, "--quiet", *options)
    assert list(tmp_path.iterdir()) == []


def test_export_names_unknown_labels(spectra_model, spectra_file, tmp_path, run_error):
    data = np.load(spectra_file)
    path = tmp_path / "other.npz"
    np.savez(path, X=data["X"], kind=np.where(data["y"] == 0, 7, data["y"]))
    err = run_error(
        *("export", spectra_model, "--card", "--quiet", "--out", tmp_path / "out"),
        *("--samples", path, "--target", "kind"),
    )
    assert "the model does not know the label '7'" in err


def test_export_tests_the_accuracy_of_8_bits(spectra_model, spectra_file, tmp_path, run_error):
    err = run_error(
        *("export", spectra_model, "--int8", "--samples", spectra_file, "--quiet"),
        *("--max-accuracy-drop", "0.001", "--out", tmp_path / "out"),
    )
    assert "more than --max-accuracy-drop 0.001. Nothing was written." in err
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def crop_archive(tmp_path_factory):
    """A model whose first step ONNX cannot express, and a folder of its images."""
    Image = pytest.importorskip("PIL.Image")
    from sklvision.datasets import make_nails
    from sklvision.image import FlattenImages, ForegroundCrop

    images, y = make_nails(24, image_size=(96, 96), random_state=0, return_X_y=True)
    folder = tmp_path_factory.mktemp("nails")
    for i, (image, label) in enumerate(zip(images, y, strict=True)):
        (folder / f"{label}").mkdir(exist_ok=True)
        Image.fromarray(image).save(folder / f"{label}" / f"{i}.png")
    data = load_image_folder(folder)
    crop = ForegroundCrop(center_crop=None, crop_size=64, output_size=8, threshold="otsu")
    model = make_pipeline(crop, FlattenImages(), LogisticRegression(C=1e-6))
    model.fit(data.data, data.target)
    return save(model, folder.parent / "crop.sklv"), folder


def test_export_names_the_option_that_leaves_steps_out(crop_archive, tmp_path, run_error):
    err = run_error("export", crop_archive[0], "--onnx", "--out", tmp_path / "files")
    assert err.endswith("do them before: --skip-steps foregroundcrop.\n")
    err = run_error("export", crop_archive[0], "--onnx", "--skip-steps", "flattenimages")
    assert "--skip-steps flattenimages must be the first steps of the pipeline" in err


def test_export_leaves_steps_out(crop_archive, tmp_path, run):
    model, folder = crop_archive
    out = tmp_path / "files"
    status, output, err = run(
        *("export", model, "--onnx", "--int16", "--skip-steps", "foregroundcrop"),
        *("--samples", folder, "--out", out),
    )
    assert status == 0, err
    assert [step["name"] for step in OnnxClassifier(out / "crop.onnx").skipped_steps_] == [
        "foregroundcrop"
    ]
    table = read_table(output)
    assert [row[1] for row in table.values()] == ["1.0000"] * 3  # all labels are equal


@pytest.mark.parametrize("command", ["predict", "serve"])
def test_a_graph_without_its_first_steps_takes_no_files(
    command, spectra_file, tmp_path, run, run_error
):
    data = np.load(spectra_file)
    model = make_pipeline(SpectralScaler("snv"), LogisticRegression()).fit(data["X"], data["y"])
    path = to_onnx(model, tmp_path / "rest.onnx", samples=data["X"], skip_steps=["spectralscaler"])
    err = run_error(command, path, *([spectra_file] if command == "predict" else []))
    assert "takes the output of the steps ['spectralscaler'], which are not in it" in err
    assert run("info", path)[0] == 0


def test_export_skips_steps_of_files_alone(crop_archive, run_error):
    err = run_error("export", crop_archive[0], "--card", "--skip-steps", "foregroundcrop")
    assert "--skip-steps: is for --onnx, --int8 and --int16." in err
