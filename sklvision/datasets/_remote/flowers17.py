"""Oxford Flowers 17: photographs of common flowers."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.datasets._images.collection import ImageCollection
from sklvision.datasets._remote.fetch import fetch_files, get_data_home
from sklvision.datasets._remote.shared import complete_fetcher, pack_files

_ARCHIVE = "17flowers.tgz"
# In the order of the numbers of the images, 80 each.
_CLASSES = (
    *("daffodil", "snowdrop", "lilyvalley", "bluebell", "crocus", "iris", "tigerlily", "tulip"),
    *("fritillary", "sunflower", "daisy", "coltsfoot", "dandelion", "cowslip", "buttercup"),
    *("windflower", "pansy"),
)
_DESCR = """\
Oxford Flowers 17: 17 classes of common flowers in Britain, 80 photographs each, of many sizes.
Source: M-E. Nilsback and A. Zisserman, A Visual Vocabulary for Flower Classification, CVPR 2006;
www.robots.ox.ac.uk/~vgg/data/flowers/17. No license is stated.
"""


@complete_fetcher
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
    Dimensionality               many sizes
    Features                 color, 0 - 255
    =================   ===================

    .. versionadded:: 0.1

    Parameters
    ----------
    %(data_home)s
    %(download)s 58 MB, or to raise an OSError.
    %(returns)s
        data : ImageCollection of shape (1360,)
            The images, on disk, sorted by class; they differ in size.
        target : ndarray of shape (1360,), dtype str
            The flowers' names.
        target_names : list of str
            The classes, sorted.
        filenames : ndarray of shape (1360,), dtype str
            The files; their numbers are those of the publication.
    %(raises)s

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
    home = get_data_home(data_home)
    folder = home / "flowers17"
    if not folder.exists():
        (archive,) = fetch_files([_ARCHIVE], home, download_if_missing=download_if_missing)
        _unpack(archive, folder)
        archive.unlink()
    names = sorted((_CLASSES[i // 80], f"image_{i + 1:04}.jpg") for i in range(80 * 17))
    files = [folder / label / name for label, name in names]
    missing = [file for file in files if not file.exists()]
    if missing:
        raise OSError(
            f"{missing[0]}: is missing, and {len(missing) - 1} more of {len(files)} images. "
            f"Move {folder} away to download it again."
        )
    labels = np.array([label for label, _ in names])
    return pack_files(np.array(list(map(str, files))), labels, return_X_y, DESCR=_DESCR)


def _unpack(archive: Path, folder: Path) -> None:
    """Sort the archive's images into a folder per class; the folder appears when complete."""
    temporary = Path(tempfile.mkdtemp(prefix="flowers17.", dir=folder.parent))
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                match = re.fullmatch(r"(?:.*/)?(image_(\d{4})\.jpg)", member.name)
                content = tar.extractfile(member) if match else None
                if match is None or content is None:
                    continue
                class_folder = temporary / _CLASSES[(int(match[2]) - 1) // 80]
                class_folder.mkdir(exist_ok=True)
                with (class_folder / match[1]).open("wb") as file:
                    shutil.copyfileobj(content, file)
        temporary.chmod(0o755)  # temporary folders are private
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
