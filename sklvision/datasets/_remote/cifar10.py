"""CIFAR-10: small color photographs."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.datasets._images.reader import ImageReader
from sklvision.datasets._remote.fetch import fetch_files, get_data_home
from sklvision.datasets._remote.shared import complete_fetcher, pack_arrays, read_copy
from sklvision.utils._threads import map_ahead

# The binary edition: the same images as the Python edition, without pickles.
_ARCHIVE = "cifar10/cifar-10-binary.tar.gz"
_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
_DESCR = """\
CIFAR-10: photographs of 10 classes of things, 32 x 32 pixels in color, 50,000 for training and
10,000 for testing, balanced.
Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009. No license
is stated.
"""


@complete_fetcher
def fetch_cifar10(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch | tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Fetch the CIFAR-10 photographs (classification).

    =================   ================
    Classes                           10
    Samples total                  60000
    Dimensionality           32 x 32 x 3
    Features              color, 0 - 255
    =================   ================

    .. versionadded:: 0.1

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        50,000 images, 10,000 images, or the former followed by the latter.
    %(data_home)s A folder ``cifar10`` there is read before
        anything is downloaded, if it holds ``train_00.webp`` and so on, lossless strips, 32 pixels
        wide, that hold the images one below the other, and their labels in ``labels.npz``. The
        order of the images is then that of the strips.
    %(download)s 162 MB, or to raise an OSError.
    %(returns)s
        data : ndarray of shape (n_images, 32, 32, 3), dtype uint8
            The images.
        target : ndarray of shape (n_images,), dtype int64
            Positions in ``target_names``.
        target_names : list of str
            The classes.
    %(raises)s

    See Also
    --------
    sklearn.datasets.fetch_openml : The same data as ``"CIFAR_10"``.

    Examples
    --------
    >>> from sklvision.datasets import fetch_cifar10
    >>> X, y = fetch_cifar10(return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (50000, 32, 32, 3)
    """
    home = get_data_home(data_home)

    def read(split: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        if (home / "cifar10" / "labels.npz").exists():
            return _read_strips(home / "cifar10", split)
        (archive,) = fetch_files([_ARCHIVE], home, download_if_missing=download_if_missing)
        return _read_archive(archive, split)

    return pack_arrays(read, subset, return_X_y, target_names=list(_CLASSES), DESCR=_DESCR)


def _read_strips(folder: Path, split: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    files = sorted(folder.glob(f"{split}_*.webp"))
    (labels,) = read_copy(folder / "labels.npz", f"y_{split}")
    data = np.empty((labels.size, 32, 32, 3), dtype=np.uint8)
    n_read = 0
    for strip in map_ahead(ImageReader("RGB"), map(str, files), n_threads=None, n_ahead=4):
        images = strip.reshape(-1, 32, 32, 3)
        data[n_read : n_read + len(images)] = images[: labels.size - n_read]
        n_read += len(images)
    if n_read != labels.size:
        raise OSError(
            f"{folder}: the strips of {split} hold {n_read} images, and there are {labels.size} "
            "labels."
        )
    return data, labels.astype(np.int64)


def _read_archive(archive: Path, split: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read records of a label, then 32 x 32 red, green and blue bytes."""
    stem = "data_batch_" if split == "train" else "test_batch"
    with tarfile.open(archive) as tar:
        members = {Path(member.name).name: member for member in tar if member.isfile()}
        batches: list[Any] = [
            tar.extractfile(members[name]) for name in sorted(members) if name.startswith(stem)
        ]
        content = b"".join(batch.read() for batch in batches)
    records = np.frombuffer(content, np.uint8).reshape(-1, 1 + 3 * 32 * 32)
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), records[:, 0].astype(np.int64)
