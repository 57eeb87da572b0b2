"""Images that stay on disk until they are needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from numbers import Integral
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sklvision.datasets._images.checks import (
    check_options,
    decode,
    find_bad_files,
    read_image,
    try_each,
    warn_of_depths,
    warn_of_left_out,
)
from sklvision.datasets._images.reader import (
    Header,
    ImageReader,
    choose_mode,
    choose_white,
    read_header,
)
from sklvision.datasets._images.source import Source, get_name, make_source
from sklvision.utils._images import check_image_size
from sklvision.utils._memory import convert_memory_errors
from sklvision.utils._threads import map_ahead
from sklvision.utils._validation import check_count

_REPLACED_FILE = " The file has been replaced since it was opened: open all again, or give a size."
_MEMORY_ADVICE = "Pass the collection as it is, read in batches, or give a size= or reduce=."

ImageFunction = Callable[[NDArray[Any]], NDArray[Any]]


class ImageCollection:
    """Images on disk that can be used like an array of images.

    A collection holds the names of its files and the functions that every image passes through once
    it is read. It has a length and a shape, and is indexed like an array, so it passes through
    scikit-learn's splitters, searches and pipelines without being read. Images are decoded, in
    threads, only when a batch, an image or the whole array is needed.

    .. versionadded:: 0.1

    Parameters
    ----------
    files : sequence of str, path-like, bytes, binary file object or PIL.Image.Image
        The images: files of JPEG, PNG, WebP, TIFF, BMP, or another format that Pillow reads, the
        content of such files, or images of Pillow. If a file holds several images, the first is
        read.
    size : int or (int, int), default=None
        Height and width in pixels to resize every image to when it is read, by area-aware
        bilinear interpolation and without regard to its proportions. One integer makes
        squares. ``None`` keeps the sizes of the files.
    mode : {"L", "RGB", "F"}, default=None
        Mode in which images are read: "L" as 8-bit gray, "RGB" as 8-bit color without
        transparency, "F" as one float32 channel with the values of the file. ``None`` chooses
        "RGB" if any file has color, "F" if all are gray of more than 8 bits, and "L" otherwise.
        16-bit gray read as 8-bit is divided by 257.
    reduce : {1, 2, 4, 8}, default=1
        Read images at a half, a quarter or an eighth of their height and width, rounded up and
        before they are resized to `size`. JPEG is decoded at that scale, so that pixels that are
        not needed cost no time; other formats are averaged.
    background : {"white", "black"}, default="white"
        Background behind transparent images.
    white : float, default=None
        White level in mode "F": gray images of 8 and of 16 bits are scaled to it. ``None`` uses
        that of the deepest image, 255 or 65535; floats are not scaled. From 1e-30 to 1e30.
    on_error : {"raise", "skip"}, default="raise"
        Treatment of files that cannot be read. ``"raise"`` reads every file's header now and raises
        an error at the first bad one; damage later in the file is an error when the image is read.
        ``"skip"`` decodes every file once, leaves the bad ones out and warns.

    Attributes
    ----------
    files : ndarray of shape (n_images,), dtype object
        Names of the files, as str; "image 0" and so on for images without one.
    functions : tuple of callable
        Functions appended by :meth:`map`.
    skipped : tuple of str
        Files left out by ``on_error="skip"``.

    Raises
    ------
    TypeError
        If `files` is a single path, or holds something else than images.
    ValueError
        If `files` is empty, or another parameter has a value that is not listed.
    OSError
        If a file cannot be read as an image; the message names the file. With ``on_error="skip"``
        if none can be read.

    Warns
    -----
    UserWarning
        If files are left out, hold several images, or differ in their bits of gray.

    See Also
    --------
    load_image_folder : Images in one folder per class, with their labels.

    Notes
    -----
    EXIF orientation is respected: images are upright, and heights and widths are those of the
    upright image. Images with more than twice ``PIL.Image.MAX_IMAGE_PIXELS`` pixels are considered
    decompression bombs, and are an error; increase that number to read them.

    A color JPEG that is read as gray gives the brightness stored in the file, without conversion to
    color and back. A JPEG decoder reduces by leaving out fine detail, which is close to averaging.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from PIL import Image
    >>> from sklvision.datasets import ImageCollection
    >>> folder = Path(tempfile.mkdtemp())
    >>> for i in range(4):
    ...     Image.new("L", (8, 6), i).save(folder / f"{i}.png")
    >>> images = ImageCollection(sorted(folder.glob("*.png")))
    >>> images.shape
    (4, 6, 8)
    >>> images[[3, 1]].map(np.ravel).shape
    (2, 48)
    >>> np.asarray(images[2:]).max(axis=(1, 2))
    array([2, 3], dtype=uint8)
    """

    def __init__(
        self,
        files: Sequence[str | os.PathLike[str] | bytes | BinaryIO | Any] | NDArray[Any],
        *,
        size: int | tuple[int, int] | None = None,
        mode: str | None = None,
        reduce: int = 1,
        background: str = "white",
        white: float | None = None,
        on_error: str = "raise",
    ) -> None:
        if isinstance(files, str | os.PathLike):
            raise TypeError(f"files must be a sequence of paths, got the single path {files!s}.")
        sources = [make_source(image, position) for position, image in enumerate(files)]
        size = None if size is None else check_image_size("size", size)
        check_options(mode, reduce, background, white, on_error)
        if not sources:
            raise ValueError("files must name at least one image, got none.")

        headers: list[Header | OSError] = try_each(read_header, sources, on_error)
        kinds = [header.kind if isinstance(header, Header) else "" for header in headers]
        is_chosen = mode is None
        mode = mode or choose_mode(kinds)
        if mode == "F" and white is None:
            white = choose_white(kinds)
        self._reader = ImageReader(mode, size, int(reduce), background, white)
        shapes = [header[:2] if isinstance(header, Header) else (0, 0) for header in headers]
        self._shapes = np.array(shapes, dtype=np.int32)
        self.files = np.array([get_name(source) for source in sources], dtype=object)
        self._sources = self.files
        if any(not isinstance(source, str) for source in sources):
            self._sources = np.empty(len(sources), dtype=object)
            self._sources[:] = sources
        self.functions: tuple[ImageFunction, ...] = ()
        self.skipped: tuple[str, ...] = ()
        # Set by reading the first image: shape and dtype; file, image, number of functions applied.
        self._image_spec: tuple[tuple[int, ...], np.dtype[Any]] | None = None
        self._first_image: tuple[Source, NDArray[Any], int] | None = None
        warn_of_left_out(self.files, headers)
        if on_error == "skip":
            self._skip(headers)
        if is_chosen:
            warn_of_depths(self.files, kinds, mode)

    def _skip(self, headers: list[Header | OSError]) -> None:
        """Remove files whose header or image cannot be read, and warn once about all."""
        images = try_each(partial(decode, self._reader), self._sources, "skip")
        is_bad = find_bad_files(headers, images)
        if is_bad.any():
            self.skipped = tuple(self.files[is_bad])
            self.files, self._shapes = self.files[~is_bad], self._shapes[~is_bad]
            self._sources = self._sources[~is_bad]

    @property
    def mode(self) -> str:
        """Mode in which files are read: "L", "RGB" or "F"."""
        return self._reader.mode

    @property
    def origin(self) -> dict[str, Any]:
        """Parameters that read other files in the same way, as plain values.

        Empty if functions change the images after reading.
        """
        if self.functions:
            return {}
        reader = self._reader
        reading_options = {
            "mode": reader.mode,
            "size": None if reader.size is None else list(reader.size),
            "reduce": reader.reduce,
            "background": reader.background,
            "white": reader.white,
        }
        return {"reading": reading_options}

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of all images.

        Only the number of images if their shapes differ. After :meth:`map`, all images are assumed
        to have the shape of the first one.
        """
        return (len(self), *(self._describe_image()[0] or ()))

    @property
    def ndim(self) -> int:
        """Number of dimensions of the array of all images."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the images."""
        return self._describe_image()[1]

    def __len__(self) -> int:
        return len(self.files)

    def __sizeof__(self) -> int:
        return int(self._shapes.nbytes) + 128 * len(self)  # about, with the names of files

    def __repr__(self) -> str:
        steps = [getattr(f, "__name__", type(f).__name__) for f in self.functions]
        mapping_text = f", mapped by {', '.join(steps)}" if steps else ""
        return f"<ImageCollection of {len(self)} images, mode {self.mode!r}{mapping_text}>"

    def __getitem__(self, key: Any) -> Any:
        """Select one image as an array by an integer, or a collection of fewer images."""
        if isinstance(key, tuple):
            key, *axis_keys = key or (slice(None),)
            if any(part is not Ellipsis and part != slice(None) for part in axis_keys):
                raise IndexError("An ImageCollection is indexed by image; index pixels by map.")
        if key is Ellipsis:
            return self
        if isinstance(key, Integral) and not isinstance(key, bool | np.bool_):
            return np.array(self._read(self._sources[key]))
        if not isinstance(key, slice):
            key = np.asarray(key)
            if key.ndim != 1 or not (key.dtype.kind in "iub" or key.size == 0):
                raise IndexError(
                    "An ImageCollection is indexed by an integer, a slice, or a one-dimensional "
                    f"array of integers or booleans; got {key.dtype} of shape {key.shape}."
                )
            key = key if key.dtype.kind == "b" else key.astype(np.intp)
            if key.dtype.kind == "b" and len(key) != len(self):
                raise IndexError(f"A mask of {len(key)} booleans cannot index {len(self)} images.")
        return self._copy_with(
            files=self.files[key],
            _sources=self._sources[key],
            _shapes=self._shapes[key],
            skipped=(),
        )

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return map_ahead(self._read, self._sources, n_threads=None, n_ahead=4)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("Images on disk cannot become an array without a copy.")
        with convert_memory_errors(f"One array of {len(self)} images", _MEMORY_ADVICE):
            array = np.empty(self._check_shape(), dtype=dtype or self.dtype)
        start = 0
        for batch in self.batches():
            array[start : start + len(batch)] = batch
            start += len(batch)
        return array

    def __getstate__(self) -> dict[str, Any]:
        # Without the image that was read, so that equal collections have equal hashes.
        return self.__dict__ | {"_image_spec": None, "_first_image": None}

    def map(self, func: ImageFunction) -> ImageCollection:
        """Append a function that every image passes through once it is read.

        Parameters
        ----------
        func : callable
            Takes one image, of shape (height, width) or (height, width, channels) unless an earlier
            function changed it, and returns an array. It must depend only on the image, because it
            runs in threads and again at every reading. It must be picklable if the collection is
            sent to other processes.

        Returns
        -------
        images : ImageCollection
            A new collection; nothing is read yet.

        Raises
        ------
        TypeError
            If `func` is not callable.
        """
        if not callable(func):
            raise TypeError(f"func must be callable, got {func!r}.")
        return self._copy_with(functions=(*self.functions, func), _image_spec=None)

    def batches(
        self, batch_size: int = 32, *, n_threads: int | None = None
    ) -> Iterator[NDArray[Any]]:
        """Read all images in order, in batches.

        While a batch is in use, threads decode the next.

        Parameters
        ----------
        batch_size : int, default=32
            Number of images in each batch but the last.
        n_threads : int, default=None
            Number of threads that decode. ``None`` takes as many as there are processors.

        Yields
        ------
        batch : ndarray of shape (batch_size, height, width) or (batch_size, height, width, 3)
            Images of one shape; other shapes where a function of :meth:`map` makes them.

        Raises
        ------
        ValueError
            If `batch_size` is not an integer of at least 1, or images differ in shape.
        OSError
            If a file cannot be read any more.
        """
        batch_size = check_count("batch_size", batch_size)
        shape, dtype = self._check_shape()[1:], self.dtype
        read = map_ahead(self._read, self._sources, n_threads=n_threads, n_ahead=batch_size)
        with closing(read) as images:
            for start in range(0, len(self), batch_size):
                files = self.files[start : start + batch_size]
                batch = np.empty((len(files), *shape), dtype)
                for row, file, image in zip(batch, files, images):  # noqa: B905 - images go on
                    if (image.shape, image.dtype) != (shape, dtype):
                        raise ValueError(
                            f"Images differ: {file} is {image.dtype} of shape {image.shape}, "
                            f"{self.files[0]} is {dtype} of shape {shape}."
                            f"{'' if self.functions else _REPLACED_FILE}"
                        )
                    row[...] = image
                yield batch

    def _copy_with(self, **changes: Any) -> ImageCollection:
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__ | changes)
        return new

    def _read(self, source: Source) -> NDArray[Any]:
        first = self._first_image
        if first is not None and first[0] == source:
            _, image, n_applied = first
            self._first_image = None
        else:
            image, n_applied = read_image(self._reader, source), 0
        try:
            for function in self.functions[n_applied:]:
                image = np.asarray(function(image))
        except Exception as error:
            error.add_note(f"The image was {get_name(source)}.")
            raise
        return image

    def _describe_image(self) -> tuple[tuple[int, ...] | None, np.dtype[Any]]:
        """Return shape (None where images differ) and dtype of one image."""
        if self._image_spec is None and self.functions and len(self):
            first = self._read(self._sources[0])
            self._image_spec = first.shape, first.dtype
            self._first_image = self._sources[0], first, len(self.functions)
        if self._image_spec is not None:
            return self._image_spec
        has_equal_shapes = len(self) > 0 and (
            self._reader.size is not None or (self._shapes == self._shapes[0]).all()
        )
        shape = self._reader.compute_shape(*map(int, self._shapes[0])) if has_equal_shapes else None
        return shape, self._reader.dtype

    def _check_shape(self) -> tuple[int, ...]:
        if len(self.shape) == 1 and len(self) and not self.functions:
            index = int(np.argmax((self._shapes != self._shapes[0]).any(axis=1)))
            sizes = [" x ".join(map(str, self._shapes[i])) for i in (0, index)]
            raise ValueError(
                f"Images differ in height x width: {self.files[0]} has {sizes[0]}, "
                f"{self.files[index]} {sizes[1]}. Give a size, or map a function that resizes."
            )
        return self.shape
