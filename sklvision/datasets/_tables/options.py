"""Options that correct what is read of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sklvision.utils._suggest import did_you_mean

# Options that a new file of the same kind needs as well.
_OPTIONS_OF_FILE = ("transpose", "header_line", "has_header", "encoding")


def check_different_columns(path: object, **roles: str | None) -> None:
    """Raise where one column is named for two roles."""
    role_by_name: dict[str, str] = {}
    for role, name in roles.items():
        if name is None:
            continue
        if name in role_by_name:
            raise ValueError(
                f"{path}: {role_by_name[name]}={name!r} and {role}={name!r} must differ."
            )
        role_by_name[name] = role


@dataclass(frozen=True)
class TableOptions:
    """Options of a user for reading a table; None and False leave the decision to the file.

    Attributes
    ----------
    target, group, split, time : str or None
        Names of the columns of labels, of groups, of the official split and of times.
    bands : str, list of str or None
        Range of positions such as "900:1300", or names of the columns that are bands.
    drop : list of str
        Names of columns to leave out.
    transpose : bool
        Whether every column is one spectrum.
    decimal : {".", ","} or None
        Sign before the decimals.
    header_line : int or None
        Number, from 1, of the line of column names.
    has_header : bool
        Whether there is a line of column names.
    encoding : str or None
        Encoding of the text.
    sheet : str or None
        Name of the sheet of a workbook.
    resample : bool
        Whether spectra of instrument files are interpolated to one axis.
    """

    target: str | None = None
    group: str | None = None
    split: str | None = None
    time: str | None = None
    bands: str | Sequence[str] | None = None
    drop: Sequence[str] = ()
    transpose: bool = False
    decimal: str | None = None
    header_line: int | None = None
    has_header: bool = True
    encoding: str | None = None
    sheet: str | None = None
    resample: bool = False

    def to_reading(self) -> dict[str, Any]:
        """Return the options that files like this one are read by, where they are set."""
        values, defaults = asdict(self), asdict(TableOptions())
        return {name: values[name] for name in _OPTIONS_OF_FILE if values[name] != defaults[name]}


def make_table_options(requester: str, options: dict[str, Any]) -> TableOptions:
    """Make the options of the keywords of a function, or raise an error about an unknown one."""
    names = [field.name for field in fields(TableOptions)]
    for name in options:
        if name not in names:
            raise TypeError(f"{requester} has no parameter {name!r}. {did_you_mean(name, names)}")
    return TableOptions(**options)
