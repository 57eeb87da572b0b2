"""Arrays that stay where they are stored: selection, order, blocks, and what is refused."""

import pickle
from contextlib import nullcontext

import numpy as np
import pytest

from sklvision.datasets import ArrayCollection
from sklvision.image import FlattenImages, Resize
from sklvision.utils._samples import as_samples

zarr = pytest.importorskip("zarr")
da = pytest.importorskip("dask.array")

IMAGES = np.random.RandomState(0).randint(0, 256, (50, 6, 4)).astype(np.uint8)


@pytest.fixture(params=["zarr", "dask", "memmap", "array"])
def stored(request, tmp_path):
    """The images in chunks of seven, of uneven ones, in a file, and in memory."""
    if request.param == "zarr":
        array = zarr.open(str(tmp_path / "x.zarr"), mode="w", shape=IMAGES.shape,
                          chunks=(7, 6, 4), dtype=IMAGES.dtype)  # fmt: skip
        array[:] = IMAGES
        return array
    if request.param == "dask":
        return da.from_array(IMAGES, chunks=((7, 0, 13, 30), (4, 2), 4))
    if request.param == "memmap":
        np.save(tmp_path / "x.npy", IMAGES)
        return np.load(tmp_path / "x.npy", mmap_mode="r")
    return IMAGES


def read(collection, size):
    return np.concatenate(list(collection.batches(size)))


@pytest.mark.parametrize("size", [1, 7, 8, 64])
def test_batches_are_the_rows_in_order(stored, size):
    collection = ArrayCollection(stored, buffer_size=10)
    assert (collection.shape, collection.ndim, collection.dtype) == ((50, 6, 4), 3, np.uint8)
    batches = list(collection.batches(size))
    assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)
    np.testing.assert_array_equal(np.concatenate(batches), IMAGES)
    np.testing.assert_array_equal(list(collection), IMAGES)


def test_selection_by_everything_that_selects(stored):
    collection = ArrayCollection(stored, buffer_size=10)
    rows = np.array([40, 3, 3, 17, 49, 0])
    is_even = np.arange(50) % 2 == 0
    for key in (rows, slice(30, 5, -3), is_even, slice(0, 0), ...):
        np.testing.assert_array_equal(collection[key].load(), IMAGES[key])
    np.testing.assert_array_equal(collection[rows][[2, 0], :].load(), IMAGES[[3, 40]])
    np.testing.assert_array_equal(collection[-1], IMAGES[-1])
    for key in ([50], 50, -51):
        with pytest.raises(IndexError):
            collection[key].load()
    with pytest.raises(IndexError, match="one-dimensional"):
        collection[[0.5]]
    with pytest.raises(IndexError, match="by sample"):
        collection[:, 0]


def test_functions_see_every_sample_when_it_is_read(stored):
    collection = ArrayCollection(stored, buffer_size=10)
    resized = Resize((3, 2)).fit_transform(collection)
    features, expected = resized.map(np.ravel), Resize((3, 2)).fit_transform(IMAGES)
    expected = FlattenImages().fit_transform(expected)
    assert features.shape == expected.shape
    np.testing.assert_array_equal(read(features, 8), expected)
    np.testing.assert_array_equal(features[[9, 2]].load(), expected[[9, 2]])
    with pytest.raises(ValueError, match="loaded into memory at once"):
        FlattenImages().fit_transform(resized)


@pytest.mark.parametrize("rows", [slice(None), np.r_[40:50, 3:20, 2, 21]])
def test_order_holds_every_sample_once_and_few_blocks_at_a_time(stored, rows):
    collection = ArrayCollection(stored, buffer_size=15)[rows]
    expected = IMAGES[rows]
    rng = np.random.RandomState(0)
    with pytest.warns(UserWarning, match="buffer") if hasattr(stored, "chunks") else nullcontext():
        order = collection.draw_order(rng.permutation)
    assert sorted(order.positions) == list(range(len(expected)))
    assert (order.positions != np.sort(order.positions)).any()
    samples = np.concatenate(list(collection.read_order(order, 4)))
    np.testing.assert_array_equal(samples, expected[order.positions])
    if hasattr(stored, "chunks"):
        assert len(order.ends) > 1
    else:
        assert order.ends is None


def test_data_within_the_buffer_are_shuffled_in_full(stored):
    order = ArrayCollection(stored).draw_order(np.random.RandomState(0).permutation)
    np.testing.assert_array_equal(order.positions, np.random.RandomState(0).permutation(50))


def test_large_data_do_not_become_an_array_in_silence(stored):
    collection = ArrayCollection(stored, buffer_size=49)
    with pytest.raises(ValueError, match=r"loaded into memory at once.*predict_blocks"):
        np.asarray(collection)
    np.testing.assert_array_equal(np.asarray(ArrayCollection(stored)), IMAGES)
    np.testing.assert_array_equal(collection.load(), IMAGES)


def test_collection_is_pickled_without_a_change(stored):
    collection = pickle.loads(pickle.dumps(ArrayCollection(stored, buffer_size=9)[::-2]))
    np.testing.assert_array_equal(collection.load(), IMAGES[::-2])


def test_stored_arrays_become_collections_where_data_come_in(stored):
    samples = as_samples(stored)
    assert samples.is_lazy == hasattr(stored, "chunks")
    assert (samples.kind, samples.shape) == ("images", (50, 6, 4))
    assert as_samples(ArrayCollection(IMAGES[:, 0])).kind == "table"


def test_array_collection_refuses_what_holds_no_samples():
    with pytest.raises(TypeError, match=r"got list"):
        ArrayCollection([[1, 2]])
    with pytest.raises(ValueError, match=r"along its first axis, got \(3,\)"):
        ArrayCollection(np.zeros(3))
    for size in (0, True, 2.5):
        with pytest.raises(ValueError, match="buffer_size must be None or an integer"):
            ArrayCollection(IMAGES, buffer_size=size)
    x = da.from_array(np.arange(20).reshape(10, 2), chunks=(5, 2))
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        as_samples(x[x[:, 0] > 4])
    with pytest.raises(ValueError, match="batch_size must be"):
        ArrayCollection(IMAGES).batches(0)


def test_every_buffer_holds_blocks_from_all_over_the_array():
    """Of data sorted by class, each buffer has its part of every class."""
    labels = np.repeat(np.arange(4), 100)
    array = da.from_array(labels[:, np.newaxis], chunks=(5, 1))
    collection = ArrayCollection(array, buffer_size=100)
    orders = [collection.draw_order(np.random.RandomState(seed).permutation) for seed in range(3)]
    for order in orders:
        buffers = np.split(labels[order.positions], order.ends[:-1])
        assert [len(buffer) for buffer in buffers] == [100] * 4
        assert all((np.bincount(buffer) == 25).all() for buffer in buffers)
        assert (np.diff(buffers[0]) != 0).mean() > 0.5
    assert (orders[0].positions != orders[1].positions).any()
