"""Images sorted into one folder per class."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.datasets._files.listing import (
    IMAGE_SUFFIXES,
    FolderEntries,
    describe_other_files,
    list_folder,
)
from sklvision.datasets._images.class_traits import warn_of_telling_traits
from sklvision.datasets._images.collection import ImageCollection
from sklvision.datasets._texts import document
from sklvision.utils._labels import warn_of_similar_labels
from sklvision.utils._sklearn import validate_params


@document
@validate_params(
    {
        "path": [str, os.PathLike],
        "lazy": ["boolean"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_image_folder(
    path: str | os.PathLike[str],
    *,
    size: int | tuple[int, int] | None = None,
    reduce: int = 1,
    mode: str | None = None,
    background: str = "white",
    lazy: bool = True,
    on_error: str = "raise",
    return_X_y: bool = False,
) -> Bunch | tuple[ImageCollection | NDArray[Any], NDArray[np.str_]]:
    """Load images from one folder per class.

    The folder is laid out as for :func:`sklearn.datasets.load_files`, and the names of its
    subfolders are the labels::

        path/
            bad/
                1522072606.jpeg
                1522072644.jpeg
            good/
                1522072665.jpeg

    .. versionadded:: 0.1

    Parameters
    ----------
    path : str or path-like
        Folder that holds a folder per class.
    size : int or (int, int), default=None
        Height and width in pixels to resize every image to when it is read. One integer makes
        squares. ``None`` keeps the sizes of the files.
    reduce : {1, 2, 4, 8}, default=1
        Read images at a half, a quarter or an eighth of their size, which makes decoding of JPEG
        much faster; see :class:`ImageCollection`.
    mode : {"L", "RGB", "F"}, default=None
        Read as 8-bit gray, 8-bit color or float32 gray. ``None`` chooses by what the files
        hold; see :class:`ImageCollection`.
    background : {"white", "black"}, default="white"
        Color of transparent pixels.
    lazy : bool, default=True
        Whether images stay on disk until they are needed. Otherwise all are read at once into an
        array, which needs images of one size, or ``size``.
    on_error : {"raise", "skip"}, default="raise"
        Whether a file that cannot be read is an error or is left out with a warning. With "skip",
        every file is decoded once.
    %(return_X_y)s

    %(bunch)s

        data : ImageCollection, or ndarray if not ``lazy``
            The images, sorted by class and then by name. The array has shape
            (n_images, height, width) or (n_images, height, width, 3).
        target : ndarray of shape (n_images,), dtype str
            The names of the classes.
        target_names : list of str
            The classes, sorted.
        filenames : ndarray of shape (n_images,), dtype str
            The files.
        skipped : list of str
            The files left out by ``on_error="skip"``.
        DESCR : str
            One line about the data.

    (data, target) : tuple if ``return_X_y=True``
        The images and the names of their classes.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    NotADirectoryError
        If the path is that of a file.
    ValueError
        If the folder does not hold at least two folders with images.
    OSError
        If a file cannot be read as an image; the message names the file.

    Warns
    -----
    UserWarning
        If files are left out, names of classes differ only in case or spaces, or the format,
        color or size of the files reveals the class.

    See Also
    --------
    ImageCollection : Images without labels, or with labels from elsewhere.
    sklearn.datasets.load_files : The same for text files.

    Notes
    -----
    Files count as images by their suffix: those of the formats that Pillow reads. Others are left
    out and counted in a warning; files whose names start with a dot are ignored.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from sklvision.datasets import load_image_folder
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("bad", "good"):
    ...     (folder / name).mkdir()
    ...     Image.new("RGB", (16, 12)).save(folder / name / "0.png")
    >>> nails = load_image_folder(folder, size=8)
    >>> nails.data.shape, nails.target.tolist()
    ((2, 8, 8, 3), ['bad', 'good'])
    """
    path = Path(path)
    collection = ImageCollection(
        _list_classes(path),
        size=size,
        reduce=reduce,
        mode=mode,
        background=background,
        on_error=on_error,
    )
    target = np.array([Path(file).parent.name for file in collection.files])
    target_names = np.unique(target).tolist()
    if len(target_names) < 2:
        raise ValueError(f"{path}: the images that can be read are all of {target_names[0]!r}.")
    warn_of_similar_labels(target_names, path)
    warn_of_telling_traits(collection, target)
    data = collection if lazy else np.asarray(collection)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        target_names=target_names,
        filenames=collection.files.astype(str),
        skipped=list(collection.skipped),
        DESCR=f"{len(target)} images of {len(target_names)} classes from the folder {path.name}.",
    )


def _list_classes(path: Path) -> list[str]:
    """List the image files of every class, or raise an error about the layout of the folder."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such directory.")
    if not path.is_dir():
        raise NotADirectoryError(f"{path}: is not a directory; expected one of images.")
    top = list_folder(path)
    if not top.folders:
        content = f"{len(top.images)} images but" if top.images else "no images and"
        raise ValueError(f"{path}: holds {content} no folders; expected one folder per class.")
    if top.images:
        _warn(f"{path}: {len(top.images)} images are not in a class folder and are left out.")
    files: list[str] = []
    other_files: list[Path] = []
    for folder in top.folders:
        entries = _list_class(folder, path)
        files += map(str, entries.images)
        other_files += entries.other_files
    if other_files:
        _warn(f"{path}: left out because they are not images: {describe_other_files(other_files)}.")
    if len(top.folders) == 1:
        raise ValueError(
            f"{path}: holds one class only, {top.folders[0].name!r}; at least two are needed."
        )
    return files


def _list_class(folder: Path, path: Path) -> FolderEntries:
    """List the images of one class; images in folders below it cause a warning."""
    entries = list_folder(folder)
    if not entries.images and entries.folders:
        raise ValueError(
            f"{folder}: holds folders and no images; if they are the classes, "
            f"load {folder} instead of {path}."
        )
    if not entries.images:
        other_files = (
            f"; it holds {describe_other_files(entries.other_files)}" if entries.other_files else ""
        )
        raise ValueError(f"{folder}: holds no images ({', '.join(IMAGE_SUFFIXES)}){other_files}.")
    if any(list_folder(inner).images for inner in entries.folders):
        names = [inner.name for inner in entries.folders]
        _warn(f"{folder}: images in its folders {names} are left out.")
    return entries


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=5)
