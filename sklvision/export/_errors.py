"""The error about files of models."""

from __future__ import annotations


class ModelFileError(ValueError):
    """A file of a model is damaged, holds what is not permitted, or was not signed as required.

    Nothing of the file was run.

    See Also
    --------
    load : Load an archive.
    OnnxClassifier : Run an ONNX file.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from sklvision.export import ModelFileError, load
    >>> path = Path(mkdtemp()) / "model.sklv"
    >>> _ = path.write_bytes(b"neither a zip file nor a model")
    >>> try:
    ...     load(path)
    ... except ModelFileError as error:
    ...     print("not an archive" in str(error))
    True
    """
