"""Spectra in files of Bruker OPUS."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from sklvision.datasets._instruments.spectrum import Spectrum
from sklvision.utils._optional import import_optional

# First bytes of every OPUS file.
_MAGIC = b"\n\n\xfe\xfe"
# Blocks that are spectra, by brukeropus's names: results first, then what they are computed from.
_QUANTITIES = {
    "a": "absorbance",
    "t": "transmittance",
    "r": "reflectance",
    "km": "kubelka-munk",
    "atr": "atr",
    "logr": "log reflectance",
    "ra": "raman",
    "e": "emission",
    "pas": "photoacoustic",
    "pw": "power",
    "sm": "single channel of the sample",
}
_UNITS = {"WN": "cm-1", "MI": "um", "LGW": "cm-1"}


def is_opus(path: Path) -> bool:
    """Whether a file has a number as its suffix and begins as OPUS files do."""
    if not path.suffix[1:].isdigit() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def read_opus(path: Path) -> list[Spectrum]:
    """Read the spectrum of an OPUS file, or those of a series.

    If there are several blocks, the first in this order is used: absorbance, transmittance,
    reflectance, Kubelka-Munk, ATR, log reflectance, Raman, emission, photoacoustic, power, single
    channel of the sample.
    """
    brukeropus = import_optional("brukeropus", extra="instruments")
    try:
        with redirect_stdout(StringIO()):
            content = brukeropus.read_opus(str(path))
    except Exception as error:  # it raises anything
        raise ValueError(f"{path}: is a damaged OPUS file ({error}).") from error
    if not content:
        raise ValueError(f"{path}: is not an OPUS file.")
    for key, quantity in _QUANTITIES.items():
        name = next((name for name in content.all_data_keys if name.split("_")[0] == key), None)
        if name is not None:
            return _read_data(path, content, getattr(content, name), quantity)
    blocks = ", ".join(content.all_data_keys) or "none"
    raise ValueError(f"{path}: holds no spectrum; its blocks of data are: {blocks}.")


def _read_data(path: Path, content: Any, data: Any, quantity: str) -> list[Spectrum]:
    try:
        code = str(data.params.dxu)
    except AttributeError as error:
        raise ValueError(f"{path}: is a damaged OPUS file, without a unit of its axis.") from error
    axis = np.asarray(data.x, float)
    if code == "LGW":  # the logarithm of the wavenumber
        axis = np.exp(axis)
    rows = np.atleast_2d(np.asarray(data.y, float))
    if rows.shape[1] != len(axis) or not len(axis):
        raise ValueError(
            f"{path}: is a damaged OPUS file: {rows.shape[1]} values, expected {len(axis)}."
        )
    title = str(content.params.snm) if "snm" in content.params.keys() else ""  # noqa: SIM118
    return [
        Spectrum(path, title, axis, row, _UNITS.get(code, code.lower() or None), quantity)
        for row in rows
    ]
