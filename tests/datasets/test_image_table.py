"""A table of file names and labels beside the images."""

from __future__ import annotations

import pytest

from sklvision.cli import main
from sklvision.datasets import ImageCollection, load_labeled

Image = pytest.importorskip("PIL.Image")

FILES = [f"images/{i}.png" for i in range(8)]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    for i, file in enumerate(FILES):
        Image.new("L", (6, 4), 30 * i).save(tmp_path / file)
    return tmp_path


def write(folder, text):
    (folder / "labels.csv").write_text(text)
    return folder / "labels.csv"


def make_table(header, make_row, delimiter=","):
    rows = [header, *(make_row(i, file) for i, file in enumerate(FILES))]
    return "\n".join(delimiter.join(map(str, row)) for row in rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_load_labeled_reads_images_that_a_table_names(folder, delimiter):
    text = make_table(
        ["note", "label", "file", "group", "split"],
        lambda i, file: [f"n{i}", "ok" if i % 2 else "nok", file, i // 2, "ab"[i > 5]],
        delimiter,
    )
    labeled = load_labeled(write(folder, text))
    assert isinstance(labeled.data, ImageCollection)
    assert labeled.data.files.tolist() == [str(folder / file) for file in FILES]
    assert labeled.target.tolist() == ["nok", "ok"] * 4
    assert labeled.groups.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert labeled.split.tolist() == list("aaaaaabb")
    expected = "images: file; labels: label; groups: group; split: split; left out: note"
    assert labeled.roles == expected
    assert labeled.DESCR == "labels: 8 images of 4 × 6 pixels, 2 classes, grouped by group"


def test_load_labeled_table_takes_named_columns_and_a_file_of_groups(folder):
    text = make_table(
        ["path", "kind", "part", "grade"], lambda i, file: [file, "ab"[i % 2], f"p{i // 2}", i % 3]
    )
    path = write(folder, text)
    labeled = load_labeled(path, target="grade", groups="part", max_side=3)
    assert labeled.target.tolist() == [0, 1, 2, 0, 1, 2, 0, 1]
    assert labeled.groups.tolist()[:3] == ["p0", "p0", "p1"]
    assert labeled.data.shape == (8, 2, 3)
    groups = folder / "groups.csv"
    groups.write_text("\n".join(f"{file},{i // 4}" for i, file in enumerate(FILES)))
    labeled = load_labeled(path, target="kind", groups=groups)
    assert labeled.groups.tolist() == ["0"] * 4 + ["1"] * 4
    with pytest.raises(ValueError, match=r"has no labels.*there are: kind, part, grade"):
        load_labeled(path)


def test_load_labeled_table_needs_no_name_of_the_only_other_column(folder):
    text = make_table(["image", "species"], lambda i, file: [file, "ab"[i % 2]])
    assert load_labeled(write(folder, text)).target.tolist() == list("abababab")


def test_load_labeled_table_names_what_is_missing(folder):
    text = make_table(["image", "label"], lambda i, file: [file, "ab"[i % 2]])
    with pytest.raises(FileNotFoundError, match=r"1 of 8 image files do not exist.*row 3"):
        load_labeled(write(folder, text.replace("images/2", "images/x")))
    with pytest.raises(ValueError, match="column 'label', row 2: the value is missing"):
        load_labeled(write(folder, text.replace("1.png,b", "1.png,")))
    (folder / "images/5.png").write_bytes(b"no image")
    with pytest.raises(OSError, match=r"5.png: is not an image"):
        load_labeled(write(folder, text))
    with pytest.warns(UserWarning, match="1 of 8 images cannot be read"):
        labeled = load_labeled(write(folder, text), on_error="skip")
    assert labeled.target.tolist() == list("abababab"[:5] + "ab")
    assert len(labeled.data) == 7


def test_train_takes_a_table_of_images(folder, capsys):
    text = make_table(["image", "label"], lambda i, file: [file, "ab"[i > 3]])
    out = folder / "model.joblib"
    argv = ["train", "resnet8", "--data", str(write(folder, text)), "--epochs", "1"]
    assert main([*argv, "--no-estimate", "--out", str(out)]) == 0
    assert "images: image; labels: label" in capsys.readouterr().err
    assert main(["predict", str(out), str(folder / "images"), "--quiet"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 9
    new = write(folder, f"image,note\n{FILES[5]},x\n{FILES[2]},y")
    assert main(["predict", str(out), str(new), "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == [str(folder / FILES[i]) for i in (5, 2)]
