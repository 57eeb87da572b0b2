"""Samples: made once of whatever a user passes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sklvision.utils._samples import Collection, Samples, as_samples, is_collection, to_array

ROWS = np.arange(12, dtype=np.float64).reshape(4, 3)


class Lazy:
    """A minimal collection of images."""

    def __init__(self, images):
        self.images_ = images
        self.shape, self.dtype = images.shape, images.dtype
        self.n_reads = 0

    def __len__(self):
        return len(self.images_)

    def __getitem__(self, key):
        return Lazy(self.images_[key])

    def __iter__(self):
        return iter(self.images_)

    def map(self, func):
        return Lazy(np.stack([func(image) for image in self.images_]))

    def batches(self, batch_size, *, n_threads=None):
        for start in range(0, len(self), batch_size):
            self.n_reads += 1
            yield self.images_[start : start + batch_size]


def make_table(library):
    frame = pd.DataFrame(ROWS, columns=["a", "b", "c"])
    if library == "polars":
        return pytest.importorskip("polars").DataFrame(
            {name: frame[name].to_numpy() for name in frame}
        )
    if library == "pyarrow":
        return pytest.importorskip("pyarrow").table(
            {name: frame[name].to_numpy() for name in frame}
        )
    return frame


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_as_samples_describes_a_table_of_any_library(library):
    table = make_table(library)
    samples = as_samples(table)
    assert (samples.kind, samples.n_samples, samples.sample_shape) == ("table", 4, (3,))
    assert samples.data is table
    assert list(samples.names) == ["a", "b", "c"]
    assert samples.is_numeric
    assert samples.dtype == np.float64
    assert np.array_equal(samples.to_array(), ROWS)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("indices", [[2, 0], np.array([False, True, False, True]), slice(1, 3)])
def test_take_keeps_the_type_of_a_table(library, indices):
    table = make_table(library)
    subset = as_samples(table).take(indices)
    assert type(subset.data) is type(table)
    assert np.array_equal(subset.to_array(), ROWS[indices])
    assert list(subset.names) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("X", "kind", "shape"),
    [
        (ROWS, "table", (4, 3)),
        (ROWS.tolist(), "table", (4, 3)),
        (np.zeros((2, 5, 6)), "images", (2, 5, 6)),
        ([np.zeros((5, 6, 3))] * 2, "images", (2, 5, 6, 3)),
        (["some", "texts"], "other", (2,)),
        (np.zeros((2, 1, 1, 1, 1)), "other", (2, 1, 1, 1, 1)),
    ],
)
def test_as_samples_tells_the_kind_by_dimensions(X, kind, shape):
    samples = as_samples(X)
    assert (samples.kind, samples.shape) == (kind, shape)
    assert (samples.is_images, samples.is_table) == (kind == "images", kind == "table")
    assert not samples.is_lazy
    assert samples.files is None


def test_as_samples_returns_samples_unchanged():
    samples = as_samples(ROWS)
    assert as_samples(samples) is samples


def test_as_samples_of_a_tensor_with_gradient_is_an_array():
    torch = pytest.importorskip("torch")
    samples = as_samples(torch.ones(2, 3, requires_grad=True))
    assert isinstance(samples.data, np.ndarray)
    assert as_samples(torch.ones(2, 3, dtype=torch.bfloat16)).dtype == np.float32
    assert as_samples([torch.ones(3, requires_grad=True)] * 2).shape == (2, 3)


def test_as_samples_names_two_shapes_that_differ():
    with pytest.raises(ValueError, match=r"different shapes, \(5, 6\) and \(7, 6\)"):
        as_samples([np.zeros((5, 6)), np.zeros((7, 6))])


def test_as_samples_refuses_a_single_value():
    with pytest.raises(ValueError, match="single value"):
        as_samples(3.0)


def test_samples_of_mixed_columns_are_not_numeric():
    assert not as_samples(pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})).is_numeric
    assert not as_samples(["some", "texts"]).is_numeric
    assert as_samples(pd.DataFrame({"a": pd.array([1, None], dtype="Int64")})).is_numeric


def test_names_are_none_where_columns_are_numbers():
    assert as_samples(pd.DataFrame(ROWS)).names is None
    assert as_samples(pd.DataFrame(ROWS, columns=["a", "b", 3])).names is None


def test_a_collection_is_not_read_until_asked():
    images = np.arange(4 * 2 * 3).reshape(4, 2, 3)
    lazy = Lazy(images)
    samples = as_samples(lazy)
    assert isinstance(lazy, Collection)
    assert (samples.kind, samples.shape, samples.is_lazy) == ("images", (4, 2, 3), True)
    subset = samples.take([3, 1])
    assert isinstance(subset, Samples)
    assert subset.is_lazy
    assert lazy.n_reads == 0
    assert [len(block) for block in samples.blocks(3)] == [3, 1]
    assert np.array_equal(np.concatenate(list(subset.blocks(8))), images[[3, 1]])


def test_a_collection_of_several_sizes_has_no_sample_shape():
    lazy = Lazy(np.zeros((2, 3, 3)))
    lazy.shape = (2,)
    samples = as_samples(lazy)
    assert samples.sample_shape is None
    assert samples.shape == (2,)
    assert samples.is_images


def test_blocks_cover_an_array_and_a_table_in_order():
    for data in (ROWS, pd.DataFrame(ROWS)):
        blocks = list(as_samples(data).blocks(3))
        assert [type(block) for block in blocks] == [np.ndarray] * 2
        assert np.array_equal(np.concatenate(blocks), ROWS)


def test_map_applies_a_function_to_each_image():
    images = np.arange(12.0).reshape(2, 2, 3)
    assert np.array_equal(as_samples(images).map(np.transpose), images.transpose(0, 2, 1))
    mapped_samples = as_samples(Lazy(images)).map(np.transpose)
    assert isinstance(mapped_samples, Lazy)
    assert mapped_samples.shape == (2, 3, 2)


def test_is_collection_goes_by_methods_of_the_class():
    class Files:
        def __len__(self):
            return 0

        def __getitem__(self, key):
            return self

        def map(self, func):
            return self

        def batches(self, batch_size, *, n_threads=None):
            return iter(())

    assert is_collection(Files())
    assert not is_collection(Files)
    assert not is_collection(np.zeros((2, 3)))


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_fill_and_to_frame_keep_rows_and_columns(library):
    samples = as_samples(make_table(library))
    filled_table = samples.fill(10 * ROWS)
    assert type(filled_table) is type(samples.data)
    assert list(as_samples(filled_table).names) == ["a", "b", "c"]
    np.testing.assert_array_equal(np.asarray(filled_table), 10 * ROWS)
    np.testing.assert_array_equal(samples.to_frame().to_numpy(), ROWS)


def test_fill_and_to_frame_of_an_array():
    samples = as_samples(ROWS)
    values = 10 * ROWS
    assert samples.fill(values) is values
    assert samples.to_frame() is None


def test_as_samples_stacks_an_object_array_of_images():
    images = np.empty(3, dtype=object)
    images[:] = list(np.arange(18.0).reshape(3, 2, 3))
    samples = as_samples(images.tolist())
    assert samples.shape == (3, 2, 3)
    np.testing.assert_array_equal(to_array(images), np.arange(18.0).reshape(3, 2, 3))
    assert to_array(np.arange(3.0)).shape == (3,)
