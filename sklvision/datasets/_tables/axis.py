"""Wavelengths, wavenumbers and shifts in the names of columns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

# Spellings of units in names of columns, and the unit that each stands for.
_UNITS = {
    "nm": r"nm|nanometers?|nanometres?",
    "um": r"[\u00b5\u03bcu]m|microns?|micrometers?|micrometres?",
    "cm-1": r"1\s*/\s*cm|cm\s*(?:\^|\*\*)?\s*-\s*1|cm\u207b\u00b9|/cm|cm\.1|wavenumbers?",
    "GHz": r"ghz",
    "eV": r"ev",
}
_UNIT = "|".join(f"(?P<{unit.replace('-', '_')}>{spelling})" for unit, spelling in _UNITS.items())
_NUMBER = r"\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?"
# A sign belongs to a number that stands alone; behind a word it is a separator.
_NAME = re.compile(
    rf"(?:(?P<prefix>[^\W\d]\D*?)[\W_]*(?P<counted>{_NUMBER})|(?P<alone>[+-]?{_NUMBER}))"
    rf"[\s_]*[\[(]?(?:{_UNIT})?[\])]?",
    re.IGNORECASE,
)
_UNIT_IN_TEXT = re.compile(rf"(?:^|[\s/(\[_;:|])(?:{_UNIT})(?:$|[\s)\]_;:|])", re.IGNORECASE)
_FEWEST_WITH_PREFIX = 3
# Units of the positions of light, and of wavelengths their size in nm.
_LIGHT_UNITS = {"nm": 1.0, "um": 1000.0, "cm-1": np.nan}


@dataclass(frozen=True)
class BandName:
    """A column name taken apart: what stands before the number, the number, and its unit."""

    prefix: str
    value: float
    unit: str | None


@dataclass(frozen=True)
class Bands:
    """Columns that hold the bands of spectra."""

    names: list[str]  # of the columns, in the order of the file
    axis: list[float] | None = None  # positions; None where names hold none, or only count
    unit: str | None = None  # of the positions, where the names say it

    def take(self, places: list[int]) -> Bands:
        """Select bands by their places."""
        axis = None if self.axis is None else [self.axis[i] for i in places]
        return Bands([self.names[i] for i in places], axis, self.unit)


def parse_band_name(name: str) -> BandName | None:
    """Take apart a column name such as "900", "900,5 nm", "X1100", "WL500" or "b0"."""
    match = _NAME.fullmatch(name.strip())
    if match is None:
        return None
    value = float((match["counted"] or match["alone"]).replace(",", "."))
    prefix = re.sub(r"[\W_]+$", "", match["prefix"] or "").lower()
    return BandName(prefix, value, _get_unit(match) or find_unit(prefix))


def find_unit(text: str) -> str | None:
    """Find a unit in a text such as "id/nm" or "Wavelength (nm)"."""
    match = _UNIT_IN_TEXT.search(text.strip())
    return _get_unit(match) if match else None


def _get_unit(match: re.Match[str]) -> str | None:
    return next((unit for unit in _UNITS if match[unit.replace("-", "_")]), None)


def find_bands(names: Iterable[str]) -> Bands | None:
    """Find the columns whose names share one pattern around a number.

    Names that are a number, with or without a unit, count from one column on; names of a number
    behind the same word, from three. If several patterns match, the one with the most columns is
    used.

    Parameters
    ----------
    names : iterable of str
        Names of the columns that hold numbers.

    Returns
    -------
    bands : Bands or None
        None where no names share a pattern.
    """
    patterns: dict[str, list[tuple[str, BandName]]] = defaultdict(list)
    for name in names:
        parsed = parse_band_name(name)
        if parsed is not None:
            patterns[parsed.prefix].append((name, parsed))
    candidates = [
        columns
        for prefix, columns in patterns.items()
        if (not prefix or len(columns) >= _FEWEST_WITH_PREFIX) and _has_distinct_values(columns)
    ]
    if not candidates:
        return None
    columns = max(candidates, key=len)
    units = {parsed.unit for _, parsed in columns}
    values = [parsed.value for _, parsed in columns]
    return Bands(
        [name for name, _ in columns],
        None if is_count(values) else values,
        units.pop() if len(units) == 1 else None,
    )


def _has_distinct_values(columns: list[tuple[str, BandName]]) -> bool:
    return len({parsed.value for _, parsed in columns}) == len(columns)


def is_count(values: list[float]) -> bool:
    """Whether numbers only count the columns, from 0 or from 1."""
    counts = np.arange(len(values))
    return bool(np.array_equal(values, counts) or np.array_equal(values, counts + 1))


def is_axis(values: np.ndarray) -> bool:
    """Whether numbers rise or fall strictly, as the positions of bands do."""
    steps = np.diff(values)
    return len(values) > 1 and bool((steps > 0).all() or (steps < 0).all())


def can_convert(unit: str | None, new_unit: str | None) -> bool:
    """Whether positions in one unit have a position in another one."""
    return unit in _LIGHT_UNITS and new_unit in _LIGHT_UNITS


def convert_axis(axis: Sequence[float], unit: str, new_unit: str) -> list[float]:
    """Convert positions of light between nm, um and cm-1; values of spectra stay as they are.

    Parameters
    ----------
    axis : sequence of float
        Positions, which must be positive.
    unit, new_unit : {"nm", "um", "cm-1"}
        Units of the positions and of the result.

    Returns
    -------
    positions : list of float
        Positions of the same bands, in their order.
    """
    positions = np.array(axis, dtype=np.float64)
    if not (positions > 0).all():
        raise ValueError(f"positions in {unit} must be positive to be converted to {new_unit}.")
    # By way of the wavelength in nm, of which a wavenumber in cm-1 is 1e7 times the inverse.
    wavelengths = 1e7 / positions if unit == "cm-1" else positions * _LIGHT_UNITS[unit]
    converted_positions = (
        1e7 / wavelengths if new_unit == "cm-1" else wavelengths / _LIGHT_UNITS[new_unit]
    )
    return [float(position) for position in converted_positions]


def describe_axis(axis: list[float] | None, unit: str | None) -> str:
    """Describe the ends of an axis, such as "900 to 1290 nm"."""
    if axis is None:
        return "without positions"
    return f"{axis[0]:g} to {axis[-1]:g}{f' {unit}' if unit else ''}"
