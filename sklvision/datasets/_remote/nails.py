"""Nails on a belt, straight or bent."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.datasets._images.collection import ImageCollection
from sklvision.datasets._remote.fetch import fetch_files, get_data_home, list_files
from sklvision.datasets._remote.shared import complete_fetcher, pack_files

_SERIES_GAP_SECONDS = 300
_DESCR = """\
Nails on dark card, straight (good) or bent (bad): 160 training and 38 test images of 1936 x 1216
gray pixels, both halves balanced. The names of the files are capture times in seconds. They fall
into three series (99, 18 and 81 shots), given as groups; all test images are of the last one, so
folds over mixed images are easier than the official split.
Source: github.com/Shumway82/Binary-Classification, MIT license.
"""


@complete_fetcher
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

    .. versionadded:: 0.1

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Part of the official split: 160 images, 38 images, or both.
    %(data_home)s
    %(download)s 35 MB, or to raise an OSError.
    %(returns)s
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
    %(raises)s

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
    home = get_data_home(data_home)
    # Files of the other subset are needed as well: the capture series are found among all.
    paths = fetch_files(
        list_files("nails"), home, download_if_missing=download_if_missing, n_threads=8
    )
    files = np.array([str(path) for path in paths])
    splits, labels = (np.array([path.parts[part] for path in paths]) for part in (-3, -2))
    is_chosen = (splits == subset) | (subset == "all")
    return pack_files(
        files[is_chosen],
        labels[is_chosen],
        return_X_y,
        groups=_find_series(paths)[is_chosen],
        DESCR=_DESCR,
    )


def _find_series(paths: list[Path]) -> NDArray[np.int64]:
    """Find the numbers of the capture series, which are separated by gaps in time."""
    seconds = np.array([int(path.name.partition("_")[0]) for path in paths])
    order = np.argsort(seconds)
    # A series starts after each long pause; the running count of starts numbers the series.
    starts_series = np.diff(seconds[order]) > _SERIES_GAP_SECONDS
    series = np.empty(len(paths), dtype=np.int64)
    series[order] = np.concatenate([[0], np.cumsum(starts_series)])
    return series
