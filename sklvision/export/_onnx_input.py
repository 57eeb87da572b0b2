"""Samples in the shape and type that an ONNX file takes."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from sklvision.export._onnx_file import OnnxFile
from sklvision.utils._contract import warn_of_change
from sklvision.utils._images import check_images
from sklvision.utils._lazy import read_blocks
from sklvision.utils._net_input import check_net_input

# Values in one chunk, whose activations then stay in the processor's cache.
_CHUNK_VALUES, _CHUNK_ROWS = 2**19, 1024
# Images of any size in one chunk.
_N_IMAGES = 4


def read_chunks(classifier: Any, file: OnnxFile, X: Any) -> Iterator[np.ndarray]:
    """Yield checked samples in the shape and type of a file's input, some at a time.

    Parameters
    ----------
    classifier : OnnxClassifier
        Its name is in errors.
    file : OnnxFile
        The file.
    X : array-like or collection
        Samples as the user passed them.

    Yields
    ------
    chunk : ndarray of shape (n_samples, ...)
        Samples.
    """
    signature = file.signature
    if None in signature.input_shape:
        yield from _read_images(classifier, file, X)
        return
    shape = tuple(side or 0 for side in signature.input_shape)
    try:
        samples = check_net_input(
            classifier,
            X,
            shape,
            file.dtype.type,
            has_names=signature.feature_names is not None,
            contract=signature.contract,
        )
    except ValueError as error:
        if not signature.skipped_steps:
            raise
        names = [step["name"] for step in signature.skipped_steps]
        raise ValueError(
            f"{error} The file takes the output of the steps {names}, which are not in it."
        ) from error
    n_rows = max(1, min(_CHUNK_ROWS, _CHUNK_VALUES // prod(shape)))
    for chunk in read_blocks(samples, n_rows):
        yield chunk.astype(file.dtype, copy=False)


def _read_images(classifier: Any, file: OnnxFile, X: Any) -> Iterator[np.ndarray]:
    """Yield checked images of any size, those of one size together if they are an array."""
    contract = file.signature.contract
    is_list = isinstance(X, list | tuple)
    parts = [np.asarray(image)[np.newaxis] for image in X] if is_list else [X]
    for part in parts:
        samples = check_images(part, requester=classifier, one_size=False)
        if contract is not None and warn_of_change(contract, samples, classifier):
            contract = None  # images of different sizes are compared one by one
        blocks = samples.blocks(_N_IMAGES)
        if samples.sample_shape is None:
            blocks = (image[np.newaxis] for image in samples.images())
        for block in blocks:
            yield _convert_images(block, file)


def _convert_images(images: np.ndarray, file: OnnxFile) -> np.ndarray:
    images = images if images.ndim == 4 else images[..., np.newaxis]
    n_channels = file.signature.input_shape[2]
    if images.shape[3] != n_channels:
        raise ValueError(
            f"X holds images of {images.shape[3]} channels, but the file takes images of "
            f"{n_channels}."
        )
    return np.ascontiguousarray(images, dtype=file.dtype)
