"""Data sets that stay image files on disk: nails and flowers."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.datasets._collection import ImageCollection
from sklvision.datasets._download import Remote, data_home_path, obtain
from sklvision.datasets._nails_sums import SHA256SUMS
from sklvision.datasets._reader import ahead_in_threads
from sklvision.utils._sklearn import StrOptions, validate_params

NAILS_URL = (
    "https://raw.githubusercontent.com/Shumway82/Binary-Classification/"
    "fd9fae08e88c13f3a2c864f6cac6672b0ac987c5/Data/"
)
FLOWERS17 = Remote(
    "https://www.robots.ox.ac.uk/~vgg/data/flowers/17/17flowers.tgz",
    "md5:b59a65d8d1a99cd66944d474e1289eab",
)
# In the order of the numbers of the images, 80 each.
FLOWERS17_CLASSES = (
    *("daffodil", "snowdrop", "lilyvalley", "bluebell", "crocus", "iris", "tigerlily", "tulip"),
    *("fritillary", "sunflower", "daisy", "coltsfoot", "dandelion", "cowslip", "buttercup"),
    *("windflower", "pansy"),
)
SERIES_GAP_SECONDS = 300

_NAILS_DESCR = """\
Nails on dark card, straight (good) or bent (bad): 160 training and 38 test images of 1936 x 1216
gray pixels, both halves balanced. The names of the files are capture times in seconds. They fall
into three series (99, 18 and 81 shots), given as groups; all test images are of the last one, so
folds over mixed images are easier than the official split.
Source: github.com/Shumway82/Binary-Classification, MIT licence.
"""
_FLOWERS17_DESCR = """\
Oxford Flowers 17: 17 classes of common flowers in Britain, 80 photographs each, of many sizes.
Source: M-E. Nilsback and A. Zisserman, A Visual Vocabulary for Flower Classification, CVPR 2006;
www.robots.ox.ac.uk/~vgg/data/flowers/17. No licence is stated.
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
def fetch_nails(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch | tuple[ImageCollection, NDArray[np.str_]]:
    """Fetch images of straight and bent nails (binary classification).

    =================   ==============
    Classes                          2
    Samples total                  198
    Dimensionality         1216 x 1936
    Features             gray, 0 - 255
    =================   ==============

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Part of the official split: 160 images, 38 images, or both.
    data_home : str or path-like, default=None
        Folder of the data sets. ``None`` takes the one named by the environment variable
        ``SKLVISION_DATA``, else ``~/sklvision_data``.
    download_if_missing : bool, default=True
        Whether to download (35 MB) what is not there, or to raise an OSError.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ImageCollection of shape (n_images, 1216, 1936)
            The images, on disk.
        target : ndarray of shape (n_images,), dtype str
            "good" or "bad".
        target_names : list of str
            The classes.
        groups : ndarray of shape (n_images,)
            The capture series, 0 to 2: keep each together in cross-validation.
        filenames : ndarray of shape (n_images,), dtype str
            The files.
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
    load_image_folder : Images of your own.
    sklearn.model_selection.LeaveOneGroupOut : Folds by capture series.

    Examples
    --------
    >>> from sklvision.datasets import fetch_nails
    >>> nails = fetch_nails()  # doctest: +SKIP
    >>> nails.data.shape  # doctest: +SKIP
    (160, 1216, 1936)
    """
    home = data_home_path(data_home) / "nails"
    wanted = []
    for line in SHA256SUMS.splitlines():
        sha256, _, published = line.partition(" ")
        split, name = published.split("/")
        label = name.rpartition("_")[2].removesuffix(".jpeg")
        wanted.append(
            (Remote(NAILS_URL + published, f"sha256:{sha256}"), home / split / label / name)
        )
    fetch = partial(_fetch_one, download_if_missing=download_if_missing)
    files = np.array([str(f) for f in ahead_in_threads(fetch, wanted, n_threads=8, ahead=16)])

    splits, labels = (np.array([Path(file).parts[part] for file in files]) for part in (-3, -2))
    seconds = np.array([int(Path(file).name.partition("_")[0]) for file in files])
    in_time = np.argsort(seconds)
    new_series = np.diff(seconds[in_time]) > SERIES_GAP_SECONDS
    groups = np.empty(files.size, dtype=np.int64)
    groups[in_time] = np.concatenate([[0], np.cumsum(new_series)])

    chosen = np.flatnonzero((splits == subset) | (subset == "all"))
    return _bunch(
        files[chosen], labels[chosen], return_X_y, groups=groups[chosen], DESCR=_NAILS_DESCR
    )


@validate_params(
    {
        "data_home": [str, os.PathLike, None],
        "download_if_missing": ["boolean"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def fetch_flowers17(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch | tuple[ImageCollection, NDArray[np.str_]]:
    """Fetch photographs of 17 kinds of flowers (classification).

    =================   ===================
    Classes                              17
    Samples total                      1360
    Dimensionality      sizes of many kinds
    Features              colour, 0 - 255
    =================   ===================

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder of the data sets. ``None`` takes the one named by the environment variable
        ``SKLVISION_DATA``, else ``~/sklvision_data``.
    download_if_missing : bool, default=True
        Whether to download (58 MB) what is not there, or to raise an OSError.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ImageCollection of shape (1360,)
            The images, on disk, sorted by class; they differ in size.
        target : ndarray of shape (1360,), dtype str
            The flowers' names.
        target_names : list of str
            The classes, sorted.
        filenames : ndarray of shape (1360,), dtype str
            The files; their numbers are those of the publication.
        DESCR : str
            The full description.

    (data, target) : tuple if ``return_X_y=True``
        The images and their labels.

    Raises
    ------
    OSError
        If files are missing, cannot be downloaded, or differ from the published ones.

    See Also
    --------
    load_image_folder : Images of your own.

    Examples
    --------
    >>> from sklvision.datasets import fetch_flowers17
    >>> flowers = fetch_flowers17()  # doctest: +SKIP
    >>> len(flowers.target_names)  # doctest: +SKIP
    17
    """
    home = data_home_path(data_home)
    folder = home / "flowers17"
    if not folder.exists():
        archive = home / Path(FLOWERS17.url).name
        obtain(FLOWERS17, archive, download_if_missing=download_if_missing)
        _unpack_flowers(archive, folder)
        archive.unlink()
    names = sorted((FLOWERS17_CLASSES[i // 80], f"image_{i + 1:04}.jpg") for i in range(80 * 17))
    files = [folder / label / name for label, name in names]
    missing = [file for file in files if not file.exists()]
    if missing:
        raise OSError(
            f"{missing[0]}: not there, and {len(missing) - 1} more of {len(files)} images are "
            f"missing. Move {folder} away to fetch it again."
        )
    labels = np.array([label for label, _ in names])
    return _bunch(np.array(list(map(str, files))), labels, return_X_y, DESCR=_FLOWERS17_DESCR)


def _fetch_one(wanted: tuple[Remote, Path], *, download_if_missing: bool) -> Path:
    return obtain(*wanted, download_if_missing=download_if_missing)


def _bunch(files: NDArray[np.str_], target: NDArray[np.str_], return_X_y: bool, **more: Any) -> Any:
    data = ImageCollection(files.tolist())
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        target_names=np.unique(target).tolist(),
        filenames=files,
        **more,
    )


def _unpack_flowers(archive: Path, folder: Path) -> None:
    """Sort the archive's images into a folder per class; the folder appears when complete."""
    unpacked = Path(tempfile.mkdtemp(prefix="flowers17.", dir=folder.parent))
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                match = re.fullmatch(r"(?:.*/)?(image_(\d{4})\.jpg)", member.name)
                content = tar.extractfile(member) if match else None
                if match is None or content is None:
                    continue
                into = unpacked / FLOWERS17_CLASSES[(int(match[2]) - 1) // 80]
                into.mkdir(exist_ok=True)
                with (into / match[1]).open("wb") as file:
                    shutil.copyfileobj(content, file)
        unpacked.chmod(0o755)  # temporary folders are private
        unpacked.rename(folder)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
