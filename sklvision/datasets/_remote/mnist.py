"""MNIST: handwritten digits."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.datasets._remote.fetch import fetch_files, get_data_home
from sklvision.datasets._remote.shared import complete_fetcher, pack_arrays, read_copy

_FILES = {
    "train": ["mnist/train-images-idx3-ubyte.gz", "mnist/train-labels-idx1-ubyte.gz"],
    "test": ["mnist/t10k-images-idx3-ubyte.gz", "mnist/t10k-labels-idx1-ubyte.gz"],
}
_DESCR = """\
MNIST: handwritten digits, 60,000 for training and 10,000 for testing, 28 x 28 gray pixels.
Source: Y. LeCun, C. Cortes and C. J. C. Burges; the writers of the two parts are different people.
"""


@complete_fetcher
def fetch_mnist(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch | tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Fetch the MNIST handwritten digits (classification).

    =================   ==============
    Classes                         10
    Samples total                70000
    Dimensionality             28 x 28
    Features             gray, 0 - 255
    =================   ==============

    .. versionadded:: 0.1

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        60,000 images, 10,000 images, or the former followed by the latter.
    %(data_home)s A ``mnist.npz`` there, with ``x_train``,
        ``y_train``, ``x_test`` and ``y_test``, is read before anything is downloaded.
    %(download)s 11 MB, or to raise an OSError.
    %(returns)s
        data : ndarray of shape (n_images, 28, 28), dtype uint8
            The images.
        target : ndarray of shape (n_images,), dtype int64
            The digits.
        target_names : list of str
            "0" to "9".
    %(raises)s

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
    home = get_data_home(data_home)

    def read(split: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        copy = home / "mnist.npz"
        if copy.exists():
            images, labels = read_copy(copy, f"x_{split}", f"y_{split}")
        else:
            files = fetch_files(_FILES[split], home, download_if_missing=download_if_missing)
            images, labels = map(_read_idx, files)
        return images, labels.astype(np.int64)

    return pack_arrays(read, subset, return_X_y, target_names=list("0123456789"), DESCR=_DESCR)


def _read_idx(path: Path) -> NDArray[np.uint8]:
    """Read unsigned bytes in the IDX format: two zeros, the type 8, the number of dimensions."""
    content = gzip.decompress(path.read_bytes())
    n_dims = content[3]
    shape = np.frombuffer(content, ">u4", n_dims, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_dims).reshape(shape).copy()
