"""Samples of zarr stores, Parquet and npy files, read in blocks as a model takes them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from sklvision.datasets import load_labeled, read_samples
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

zarr = pytest.importorskip("zarr")
pytest.importorskip("pyarrow")

RNG = np.random.RandomState(0)
NAMES = [f"{900 + 10 * i} nm" for i in range(12)]
TABLE = pd.DataFrame(RNG.rand(90, 12).astype(np.float32), columns=NAMES)
LABELS = np.arange(90) % 3
PIXELS = RNG.randint(0, 256, (90, 6, 6)).astype(np.uint8)


@pytest.fixture(scope="module")
def spectrum_model(tmp_path_factory):
    """A model of spectra from a file, which knows the positions of its bands."""
    path = tmp_path_factory.mktemp("training") / "table.csv"
    TABLE.assign(label=LABELS).to_csv(path, index=False)
    table = load_labeled(path, as_frame=True)
    return SpectrumClassifier(max_epochs=1, random_state=0).fit(table.data, table.target)


@pytest.fixture(scope="module")
def image_model():
    return ImageClassifier("mlp", max_epochs=1, random_state=0).fit(PIXELS, LABELS)


def predict(paths, model, size=20, **options):
    reader = read_samples(paths, model, batch_size=size, **options)
    parts = [(batch.names, result) for batch, result in reader.apply(model.predict_proba)]
    names = [name for batch_names, _ in parts for name in batch_names]
    return reader, names, np.concatenate([result for _, result in parts])


def write_zarr(path, values, **options):
    array = zarr.open(str(path), mode="w", shape=values.shape, dtype=values.dtype, **options)
    array[:] = values
    return path


@pytest.mark.parametrize("size", [7, 1000])
def test_zarr_store_is_predicted_in_its_order(tmp_path, image_model, size):
    path = write_zarr(tmp_path / "images", PIXELS, chunks=(11, 6, 6))
    reader, names, probabilities = predict([path], image_model, size)
    assert (reader.n_samples, reader.has_rows, reader.files) == (90, True, [path])
    assert names == [(str(path), i + 1) for i in range(90)]
    np.testing.assert_array_equal(probabilities, image_model.predict_proba(PIXELS))
    np.save(tmp_path / "rows.npy", PIXELS.reshape(90, 36))
    probabilities = predict([tmp_path / "rows.npy"], image_model, size)[2]
    np.testing.assert_array_equal(probabilities, image_model.predict_proba(PIXELS))


def test_zarr_group_holds_the_samples_in_x(tmp_path, image_model):
    zarr.open_group(str(tmp_path / "g"), mode="w")
    with pytest.raises(ValueError, match="g: has no array 'X'; it holds none"):
        read_samples([tmp_path / "g"], image_model)
    write_zarr(tmp_path / "g" / "X", PIXELS)
    write_zarr(tmp_path / "g" / "y", LABELS)
    assert len(predict([tmp_path / "g"], image_model)[1]) == 90


@pytest.mark.parametrize("size", [7, 1000])
def test_parquet_columns_go_by_position_on_the_axis(tmp_path, spectrum_model, size):
    folder = tmp_path / "parts.parquet" / "year=2026"  # named as by Spark
    folder.mkdir(parents=True)
    table = TABLE[NAMES[::-1]].assign(label="x", id=np.arange(90))
    for i, rows in enumerate((slice(0, 50), slice(50, 50), slice(50, 90))):
        table[rows].to_parquet(folder / f"{i}.parquet", row_group_size=8)
    reader, names, probabilities = predict([tmp_path / "parts.parquet"], spectrum_model, size)
    assert reader.n_samples == 90
    assert names[49:51] == [(str(folder / "0.parquet"), 50), (str(folder / "2.parquet"), 1)]
    np.testing.assert_array_equal(probabilities, spectrum_model.predict_proba(TABLE))
    batches = list(reader.iterate(start=49))
    assert batches[0].names[0] == names[49]
    assert sum(len(batch.names) for batch in batches) == 41


def test_parquet_columns_go_by_name_or_all(tmp_path):
    words = TABLE.set_axis([f"column {chr(97 + i)}" for i in range(12)], axis=1)
    words[words.columns[::-1]].assign(note="x", other=1.0).to_parquet(tmp_path / "w.parquet")
    named = LogisticRegression().fit(words, LABELS)
    _, _, probabilities = predict([tmp_path / "w.parquet"], named)
    np.testing.assert_allclose(probabilities, named.predict_proba(words))
    words.assign(Label=0).to_parquet(tmp_path / "all.parquet")
    plain = LogisticRegression().fit(TABLE.to_numpy(), LABELS)
    _, _, probabilities = predict([tmp_path / "all.parquet"], plain)
    np.testing.assert_allclose(probabilities, plain.predict_proba(TABLE.to_numpy()))


def test_parquet_of_pixels_becomes_images(tmp_path, image_model):
    pixels = pd.DataFrame(PIXELS.reshape(90, 36)).add_prefix("pixel").assign(label=1)
    pixels.to_parquet(tmp_path / "p.parquet")
    _, _, probabilities = predict([tmp_path / "p.parquet"], image_model)
    np.testing.assert_array_equal(probabilities, image_model.predict_proba(PIXELS))


def test_samples_that_fail_are_recorded_by_batch(tmp_path, spectrum_model):
    table = TABLE.astype("Float32")
    table.loc[30, NAMES[2]] = pd.NA
    table.to_parquet(tmp_path / "gap.parquet")
    reader = read_samples(
        [tmp_path / "gap.parquet"], spectrum_model, batch_size=20, on_error="record"
    )
    batches = [batch for batch, _ in reader.apply(spectrum_model.predict)]
    assert [batch.errors for batch in batches] == [
        {}, {10: "the value in column '920 nm' is missing"}, {}, {}, {},
    ]  # fmt: skip
    assert 10 not in batches[1].positions
    with pytest.raises(ValueError, match="the value in column '920 nm' is missing in sample 31"):
        predict([tmp_path / "gap.parquet"], spectrum_model)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("narrow", "narrow: holds rows of 5 numbers, and the model takes rows of 12"),
        ("vector", r"vector: expected numbers of 2 \(rows\), 3 or 4 .* of shape \(90,\)"),
        ("images", "images: holds images, and the model takes rows of numbers"),
        ("missing.parquet", "2 of the 12 bands that the model takes are missing"),
        ("text.parquet", "1 of the 12 bands that the model takes are missing"),
        ("empty.parquet", "empty.parquet: holds no samples"),
        ("junk.parquet", "junk.parquet: cannot be read as a Parquet file"),
        ("junk.npy", "junk.npy: cannot be read as an npy file"),
        ("words.npy", "expected numbers of 2"),
        ("broken", "broken: cannot be read as a zarr store"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, spectrum_model, name, words):
    path = tmp_path / name
    if name == "narrow":
        write_zarr(path, TABLE.to_numpy()[:, :5])
    elif name == "vector":
        write_zarr(path, LABELS)
    elif name == "images":
        write_zarr(path, PIXELS)
    elif name == "broken":
        path.mkdir()
        (path / "zarr.json").write_text("{")
    elif name == "words.npy":
        np.save(path, np.array([["a", "b"]]))
    elif name.startswith("junk"):
        path.write_bytes(b"junk")
    else:
        table = {
            "missing.parquet": TABLE.drop(columns=NAMES[3:5]),
            "text.parquet": TABLE.assign(**{NAMES[3]: "a"}),
            "empty.parquet": TABLE[:0],
        }[name]
        table.to_parquet(path)
    with pytest.raises(ValueError, match=words):
        predict([path], spectrum_model)


def test_parquet_on_another_axis_is_interpolated_on_request(tmp_path, spectrum_model):
    finer = pd.DataFrame(RNG.rand(20, 13), columns=[f"{895 + 10 * i} nm" for i in range(13)])
    finer.to_parquet(tmp_path / "finer.parquet")
    with pytest.raises(
        ValueError, match="interpolated to the axis of the model with resample=True"
    ):
        predict([tmp_path / "finer.parquet"], spectrum_model)
    _, _, probabilities = predict([tmp_path / "finer.parquet"], spectrum_model, resample=True)
    values = finer.to_numpy()
    expected = pd.DataFrame((values[:, 1:] + values[:, :-1]) / 2, columns=NAMES)
    np.testing.assert_allclose(probabilities, spectrum_model.predict_proba(expected), atol=1e-5)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_rows_with_gaps_on_another_axis_are_recorded(tmp_path, spectrum_model, suffix):
    finer = pd.DataFrame(RNG.rand(20, 13), columns=[f"{895 + 10 * i} nm" for i in range(13)])
    finer.iloc[7, 3] = np.nan
    path = tmp_path / f"finer.{suffix}"
    finer.to_parquet(path) if suffix == "parquet" else finer.to_csv(path, index=False)
    reader = read_samples([path], spectrum_model, on_error="record", resample=True)
    ((batch, probabilities),) = reader.apply(spectrum_model.predict_proba)
    assert batch.errors == {7: "the value in column '920 nm' is missing"}
    assert len(probabilities) == 19
    with pytest.raises(ValueError, match=r"missing.* in sample 8"):
        predict([path], spectrum_model, resample=True)
