"""Columns of times and units of axes, as they are read from tables."""

import numpy as np
import pandas as pd
import pytest

from sklvision.datasets import load_labeled, load_spectra


def write(path, times, name="when"):
    X = np.random.default_rng(0).normal(size=(len(times), 3)).round(3)
    table = pd.DataFrame(X, columns=["900 nm", "910 nm", "920 nm"])
    table.insert(0, name, times)
    table["species"] = np.where(np.arange(len(times)) % 2, "oak", "ash")
    table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    "texts",
    [
        ["2026-03-04", "2026-02-05", "2026-11-01"],
        ["2026-03-04T08:00:00", "2026-02-05 09:30", "2026-11-01T00:00:01Z"],
        ["04.03.2026", "5.2.2026", "01.11.2026 10:00"],
        ["04/03/2026", "05/02/2026", "25/11/2026"],
        ["03/04/2026", "02/05/2026", "11/21/2026"],
    ],
)
def test_load_spectra_reads_dates_of_every_kind(tmp_path, texts):
    spectra = load_spectra(write(tmp_path / "a.csv", texts * 4), time="when")
    assert np.issubdtype(spectra.times.dtype, np.datetime64)
    months = spectra.times[:3].astype("datetime64[M]").astype(str).tolist()
    assert months == ["2026-03", "2026-02", "2026-11"]
    assert spectra.data.shape == (12, 3)
    assert "time: when" in spectra.roles


def test_load_spectra_reads_times_that_are_numbers_and_not_bands(tmp_path):
    spectra = load_spectra(write(tmp_path / "a.csv", np.arange(6) * 1.5, "950 nm"), time="950 nm")
    assert spectra.times.tolist() == [0, 1.5, 3, 4.5, 6, 7.5]
    assert spectra.feature_names == ["900 nm", "910 nm", "920 nm"]


def test_load_spectra_orders_times_without_separators(tmp_path):
    texts = ["20260304_080000", "20260205_093000", "20261101_000001"] * 2
    spectra = load_spectra(write(tmp_path / "a.csv", texts), time="when")
    assert np.argsort(spectra.times[:3]).tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["03/04/2026", "05/06/2026"], "may begin with the day or the month"),
        (["2026-03-04", "yesterday"], "expected numbers, or dates of one kind .* got 'yesterday'"),
        (["2026-03-04", "04.03.2026"], "expected numbers, or dates of one kind"),
        (["2026-03-04", ""], "column 'when', row 2: the time is missing"),
        (["2026-03-04", "2026-13-45"], "when"),
    ],
)
def test_load_spectra_refuses_what_is_no_time(tmp_path, texts, message):
    with pytest.raises(ValueError, match=message):
        load_spectra(write(tmp_path / "a.csv", texts), time="when")


def test_load_spectra_proposes_columns_that_look_like_dates(tmp_path):
    path = write(tmp_path / "a.csv", ["2026-03-04", "2026-02-05", "2026-03-06"] * 4)
    assert "labels: species" in load_spectra(path).roles  # of two columns of text
    (advice,) = load_spectra(path).advice
    assert advice == "dates: when; for folds in their order use time='when'"
    assert load_spectra(path, time="when").advice == []
    numbers = write(tmp_path / "b.csv", np.arange(12), "rep")
    assert load_spectra(numbers).advice == []


def test_load_labeled_reads_times_and_split_of_npz_files(tmp_path):
    y, parts = ["a", "b"] * 3, ["train"] * 4 + ["test"] * 2
    for shape in ((6, 4), (6, 8, 8)):
        np.savez(tmp_path / "a.npz", X=np.ones(shape), y=y, hour=np.arange(6), part=parts)
        data = load_labeled(tmp_path / "a.npz", time="hour", split="part")
        assert data.times.tolist() == [0, 1, 2, 3, 4, 5]
        assert data.split.tolist() == parts
        for name in ("time", "split"):
            with pytest.raises(ValueError, match=f"there is no {name}='hours'. Did you mean"):
                load_labeled(tmp_path / "a.npz", **{name: "hours"})


def test_load_labeled_reads_times_of_images_in_a_table(tmp_path):
    image = pytest.importorskip("PIL.Image")
    lines = ["file,label,taken"]
    for i in range(4):
        image.new("L", (8, 8), i).save(tmp_path / f"{i}.png")
        lines.append(f"{i}.png,{'ab'[i % 2]},2026-03-0{4 - i}")
    (tmp_path / "list.csv").write_text("\n".join(lines))
    data = load_labeled(tmp_path / "list.csv", time="taken")
    assert np.argsort(data.times).tolist() == [3, 2, 1, 0]
    assert data.files == ["0.png", "1.png", "2.png", "3.png"]
    assert "use time='taken'" in load_labeled(tmp_path / "list.csv").advice[0]
    with pytest.raises(ValueError, match=r"there is no time='takn'\. Did you mean 'taken'"):
        load_labeled(tmp_path / "list.csv", time="takn")


def test_load_labeled_groups_from_names_of_files(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for i in range(8):
        path = tmp_path / "data" / "ab"[i % 2] / f"part{i // 4}_{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.new("L", (8, 8), i).save(path)
    data = load_labeled(tmp_path / "data", groups_from_name=r"part(\d+)")
    assert sorted(data.groups.tolist()) == ["0"] * 4 + ["1"] * 4
    assert data.DESCR.endswith("grouped by file names")
    assert set(load_labeled(tmp_path / "data", groups_from_name=r"part\d").groups) == {
        "part0",
        "part1",
    }
    for pattern, message in (
        ("part(", "is not a regular expression: missing"),
        ("series", "does not match the names of 8 of 8 files, such as 'a/part0_0.png'"),
        (r"_(\d+)", "the groups of all 8 files are different, such as '0'"),
        ("part", "the groups of all 8 files are the same, such as 'part'"),
    ):
        with pytest.raises(ValueError, match=message.replace("(", r"\(")):
            load_labeled(tmp_path / "data", groups_from_name=pattern)
    with pytest.raises(ValueError, match="groups='g' or groups_from_name, but not both"):
        load_labeled(tmp_path / "data", groups="g", groups_from_name="part")
    table = write(tmp_path / "a.csv", np.arange(6))
    with pytest.raises(ValueError, match="not every sample has a file of its own"):
        load_labeled(table, groups_from_name="part")
