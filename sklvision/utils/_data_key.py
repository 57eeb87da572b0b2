"""Keys of data, by which results that were kept are found again."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import joblib
import numpy as np

from sklvision.utils._array_collection import ArrayCollection
from sklvision.utils._samples import Samples
from sklvision.utils._versions import collect_versions

_N_BLOCK_ROWS = 256


def hash_data(samples: Samples, *arrays: np.ndarray | None) -> str:
    """Return one key for samples, arrays such as their labels and groups, and versions.

    Files of images count by their size and date.
    """
    stats = [Path(file).stat() for file in (samples.files if samples.files is not None else ())]
    dates = [(stat.st_size, stat.st_mtime_ns) for stat in stats]
    data = samples.data
    if isinstance(data, ArrayCollection):  # whose pickle names a place, and not what is there
        digest = sha256(repr((data.shape, data.dtype)).encode())
        for block in data.batches(_N_BLOCK_ROWS):
            digest.update(np.ascontiguousarray(block).data)
        data = digest.digest()
    return str(joblib.hash((collect_versions(), data, *arrays, dates)))
