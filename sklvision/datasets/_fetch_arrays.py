"""Data sets of small images that fit into one array: MNIST and CIFAR-10."""

from __future__ import annotations

import gzip
import os
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.datasets._download import Remote, data_home_path, obtain
from sklvision.datasets._reader import ImageReader, ahead_in_threads
from sklvision.utils._sklearn import StrOptions, validate_params

Split = tuple[NDArray[np.uint8], NDArray[np.int64]]

_MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"
# Images, then labels.
MNIST = {
    "train": (
        Remote(_MNIST_URL + "train-images-idx3-ubyte.gz", "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        Remote(_MNIST_URL + "train-labels-idx1-ubyte.gz", "md5:d53e105ee54ea40749a09fcbcd1e9432"),
    ),
    "test": (
        Remote(_MNIST_URL + "t10k-images-idx3-ubyte.gz", "md5:9fb629c4189551a2d022fa330f9573f3"),
        Remote(_MNIST_URL + "t10k-labels-idx1-ubyte.gz", "md5:ec29112dd5afa0611ce80d1b7f02629c"),
    ),
}
# The binary edition: the same images as the Python edition, without pickles.
CIFAR10 = Remote(
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "md5:c32a1d4ab5d03f1284b67883e8d87530",
)
CIFAR10_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)

_MNIST_DESCR = """\
MNIST: handwritten digits, 60,000 for training and 10,000 for testing, 28 x 28 gray pixels.
Source: Y. LeCun, C. Cortes and C. J. C. Burges; the writers of the two parts are different people.
"""
_CIFAR10_DESCR = """\
CIFAR-10: photographs of 10 classes of things, 32 x 32 pixels in colour, 50,000 for training and
10,000 for testing, balanced.
Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009. No licence
is stated.
"""


@validate_params(
    {
        "subset": [StrOptions({"train", "test", "all"})],
        "data_home": [str, os.PathLike, None],
        "download_if_missing": ["boolean"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def fetch_mnist(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch | Split:
    """Fetch the MNIST handwritten digits (classification).

    =================   ==============
    Classes                         10
    Samples total                70000
    Dimensionality             28 x 28
    Features             gray, 0 - 255
    =================   ==============

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        60,000 images, 10,000 images, or the former followed by the latter.
    data_home : str or path-like, default=None
        Folder of the data sets. ``None`` takes the one named by the environment variable
        ``SKLVISION_DATA``, else ``~/sklvision_data``. A ``mnist.npz`` there, with ``x_train``,
        ``y_train``, ``x_test`` and ``y_test``, is read before anything is downloaded.
    download_if_missing : bool, default=True
        Whether to download (11 MB) what is not there, or to raise an OSError.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ndarray of shape (n_images, 28, 28), dtype uint8
            The images.
        target : ndarray of shape (n_images,), dtype int64
            The digits.
        target_names : list of str
            "0" to "9".
        DESCR : str
            The full description.

    (data, target) : tuple if ``return_X_y=True``
        The images and their digits.

    Raises
    ------
    OSError
        If a file is missing, cannot be downloaded, or differs from the published one.

    See Also
    --------
    sklearn.datasets.load_digits : Smaller digits that need no download.
    sklearn.datasets.fetch_openml : The same data as ``"mnist_784"``.

    Examples
    --------
    >>> from sklvision.datasets import fetch_mnist
    >>> X, y = fetch_mnist(return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (60000, 28, 28)
    """
    home = data_home_path(data_home)

    def read(split: str) -> Split:
        copy = home / "mnist.npz"
        if copy.exists():
            x, y = _read_arrays(copy, f"x_{split}", f"y_{split}")
            return x, y.astype(np.int64)
        images, labels = (
            _read_idx(
                obtain(
                    remote,
                    home / "mnist" / Path(remote.url).name,
                    download_if_missing=download_if_missing,
                )
            )
            for remote in MNIST[split]
        )
        return images, labels.astype(np.int64)

    return _bunch(read, subset, return_X_y, list("0123456789"), _MNIST_DESCR)


@validate_params(
    {
        "subset": [StrOptions({"train", "test", "all"})],
        "data_home": [str, os.PathLike, None],
        "download_if_missing": ["boolean"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def fetch_cifar10(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch | Split:
    """Fetch the CIFAR-10 photographs (classification).

    =================   ================
    Classes                           10
    Samples total                  60000
    Dimensionality           32 x 32 x 3
    Features             colour, 0 - 255
    =================   ================

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        50,000 images, 10,000 images, or the former followed by the latter.
    data_home : str or path-like, default=None
        Folder of the data sets. ``None`` takes the one named by the environment variable
        ``SKLVISION_DATA``, else ``~/sklvision_data``. A folder ``cifar10`` there is read before
        anything is downloaded, if it holds ``train_00.webp`` and so on, lossless strips of 32
        pixels' width with images one below the other, and their labels in ``labels.npz``. The
        order of the images is then that of the strips.
    download_if_missing : bool, default=True
        Whether to download (162 MB) what is not there, or to raise an OSError.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ndarray of shape (n_images, 32, 32, 3), dtype uint8
            The images.
        target : ndarray of shape (n_images,), dtype int64
            Positions in ``target_names``.
        target_names : list of str
            The classes.
        DESCR : str
            The full description.

    (data, target) : tuple if ``return_X_y=True``
        The images and their labels.

    Raises
    ------
    OSError
        If a file is missing, cannot be downloaded, or differs from the published one.

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
    folder = data_home_path(data_home) / "cifar10"

    def read(split: str) -> Split:
        if (folder / "labels.npz").exists():
            return _read_cifar_strips(folder, split)
        archive = folder / Path(CIFAR10.url).name
        obtain(CIFAR10, archive, download_if_missing=download_if_missing)
        return _read_cifar_archive(archive, split)

    return _bunch(read, subset, return_X_y, list(CIFAR10_CLASSES), _CIFAR10_DESCR)


def _bunch(
    read: Callable[[str], Split], subset: str, return_X_y: bool, names: list[str], descr: str
) -> Bunch | Split:
    parts = [read(split) for split in (["train", "test"] if subset == "all" else [subset])]
    data, target = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    if return_X_y:
        return data, target
    return Bunch(data=data, target=target, target_names=names, DESCR=descr)


def _read_arrays(path: Path, *names: str) -> list[NDArray[np.uint8]]:
    try:
        with np.load(path) as arrays:
            return [arrays[name] for name in names]
    except (BadZipFile, KeyError, ValueError, zlib.error) as error:
        raise OSError(f"{path}: does not hold {' and '.join(names)} ({error}).") from error


def _read_idx(path: Path) -> NDArray[np.uint8]:
    """Read unsigned bytes in the IDX format: two zeros, the type 8, the number of dimensions."""
    content = gzip.decompress(path.read_bytes())
    n_dims = content[3]
    shape = np.frombuffer(content, ">u4", n_dims, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_dims).reshape(shape).copy()


def _read_cifar_strips(folder: Path, split: str) -> Split:
    files = sorted(folder.glob(f"{split}_*.webp"))
    target = _read_arrays(folder / "labels.npz", f"y_{split}")[0].astype(np.int64)
    data = np.empty((target.size, 32, 32, 3), dtype=np.uint8)
    done = 0
    strips = ahead_in_threads(ImageReader("RGB"), map(str, files), n_threads=None, ahead=4)
    for strip in strips:
        images = strip.reshape(-1, 32, 32, 3)
        data[done : done + len(images)] = images[: target.size - done]
        done += len(images)
    if done != target.size:
        raise OSError(
            f"{folder}: {split} has {done} images in its strips and {target.size} labels."
        )
    return data, target


def _read_cifar_archive(archive: Path, split: str) -> Split:
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
