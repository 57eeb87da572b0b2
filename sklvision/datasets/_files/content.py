"""Kinds of files by their first bytes, for messages about files of another kind than expected."""

from __future__ import annotations

from pathlib import Path

# Bytes that a description needs: the mark of DICOM is behind 128 others.
START_LENGTH = 256

# First bytes of a kind of file, its noun, and what to do with it.
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive, such as an Excel workbook", "Name a workbook .xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Office file, such as an Excel workbook", "Save it as .xlsx"),
    (b"\x89HDF", "an HDF5 file, such as of MATLAB 7.3", "Read it with h5py, and pass the array"),
    (b"MATLAB 5.0", "a MATLAB file", "Read it with scipy.io.loadmat, and pass the array"),
    (b"\x1f\x8b", "compressed by gzip", "Add .gz to its name"),
    (b"PAR1", "a Parquet file", "Name it .parquet"),
    (b"\x93NUMPY", "an array of NumPy", "Name it .npy, or pass numpy.load(path)"),
    (b"%PDF", "a PDF document", "Export the data themselves"),
    (b"\x76\x2f\x31\x01", "an OpenEXR image", "Convert it to TIFF"),
    (b"#?RADIANCE", "a Radiance HDR image", "Convert it to TIFF"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file", "Run git lfs pull"),
    (
        b"ENVI",
        "the header of an ENVI file",
        "Read it with spectral, and pass the array",
    ),
)
_BRANDS = {b"heic", b"heix", b"heim", b"hevc", b"hevx", b"mif1", b"msf1"}
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<table", b"<?xml", b"<svg")


def describe_file(path: Path) -> str | None:
    """Describe a file of a known kind, as :func:`describe_content` does; None of a folder."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return describe_content(file.read(START_LENGTH))


def describe_content(start: bytes) -> str | None:
    """Describe a file of a known kind, and how to read it.

    Parameters
    ----------
    start : bytes
        The first bytes of the file, 256 where it has as many.

    Returns
    -------
    description : str or None
        A clause and a sentence, such as "is a PDF document. Export the data themselves."; None of
        other files.

    Examples
    --------
    >>> from sklvision.datasets._files.content import describe_content
    >>> describe_content(b"%PDF-1.7")
    'is a PDF document. Export the data themselves.'
    """
    for signature, noun, remedy in _SIGNATURES:
        if start.startswith(signature):
            return f"is {noun}. {remedy}."
    if start[4:8] == b"ftyp":
        if start[8:12] in _BRANDS:
            return "is a HEIC image, as phones take them. Convert it to JPEG or PNG."
        return "is a video. Extract its frames as images."
    if start[128:132] == b"DICM":
        return "is a DICOM file. Read it with pydicom, and pass the array."
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        return "is a page of HTML or XML. Export or download the data themselves."
    return None
