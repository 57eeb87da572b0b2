"""Spectra in JCAMP-DX files.

The package jcamp decodes the numbers. Files of other programs hold comments, spellings of labels,
decimal commas and repeated values that it does not know; it gets them in its own spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from sklvision.datasets._instruments.spectrum import Spectrum
from sklvision.datasets._tables.axis import find_unit
from sklvision.utils._optional import import_optional

JCAMP_SUFFIXES = (".jdx", ".dx", ".jcm")

_FORMS = {"XYDATA": "(X++(Y..Y))", "XYPOINTS": "(XY..XY)"}
_OTHER_DATA = {"PEAKTABLE", "PEAKASSIGNMENTS", "NTUPLES", "DATATABLE", "RADATA"}
_HEADER_NUMBERS = ("FIRSTX", "LASTX", "DELTAX", "NPOINTS", "XFACTOR", "YFACTOR")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_PACKED = re.compile(r"[@%A-DF-Za-df-z]")
# Letters of JCAMP-DX that stand for a sign and a digit, and behind them how often it is repeated.
_REPETITION = re.compile(r"([@A-Ra-r%+-][\d.]*|(?<=\s)[\d.]+)([S-Zs])(\d*)")
_COUNT_LETTERS = "STUVWXYZs"

Block = dict[str, str]  # label, in capitals without separators, and its text


def read_jcamp(path: Path) -> list[Spectrum]:
    """Read the spectra of a JCAMP-DX file, one of each linked block."""
    blocks = list(_iterate_blocks(_decode(path.read_bytes())))
    spectra = [_read_block(path, block) for block in blocks if _FORMS.keys() & block.keys()]
    if not spectra:
        labels = {label for block in blocks for label in block} & _OTHER_DATA
        content = f"it holds {', '.join(sorted(labels))}" if labels else "it is not a JCAMP-DX file"
        raise ValueError(f"{path}: has no XYDATA or XYPOINTS; {content}.")
    return spectra


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _iterate_blocks(text: str) -> Iterator[Block]:
    """Yield the records of every block; a block begins with its title."""
    block: Block = {}
    label = None
    for line in text.splitlines():
        line = line.partition("$$")[0].strip()
        if line.startswith("##") and "=" in line:
            name, _, value = line[2:].partition("=")
            label = re.sub(r"[\s/_-]", "", name).upper()
            if label == "TITLE" and block:
                yield block
                block = {}
            block.setdefault(label, value.strip())
        elif label is not None and line:
            block[label] += f"\n{line}"
    if block:
        yield block


def _read_block(path: Path, block: Block) -> Spectrum:
    label = next(label for label in _FORMS if label in block)
    form, _, data = block[label].partition("\n")
    label = _find_label_of_form(path, label, form)
    has_commas = _has_decimal_commas(block, label, data)
    is_packed = _PACKED.search(data) is not None
    lines = [_rewrite_line(line, has_commas, is_packed) for line in data.split("\n") if line]
    numbers = _complete_header(path, block, label, lines)
    content = _decode_numbers(path, label, numbers, lines)
    axis, values = np.asarray(content["x"], float), np.asarray(content["y"], float)
    n_expected = int(numbers.get("NPOINTS", len(axis)))
    if not len(values) == len(axis) == n_expected or not n_expected:
        raise ValueError(
            f"{path}: holds {len(values)} values, expected {n_expected} by NPOINTS: the file was "
            "cut short or is damaged."
        )
    unit = block.get("XUNITS", "")
    return Spectrum(
        path=path,
        title=block.get("TITLE", ""),
        axis=axis,
        values=values,
        unit=find_unit(unit) or unit.lower() or None,
        quantity=block.get("YUNITS", "").lower(),
    )


def _find_label_of_form(path: Path, label: str, form: str) -> str:
    """Find the label that has this form: some programs write pairs as XYDATA, or lose a bracket."""
    letters = re.sub(r"[^XY.+]", "", form.upper())
    for name, expected in _FORMS.items():
        if letters == re.sub(r"[^XY.+]", "", expected):
            return name
    raise ValueError(f"{path}: {label} has the form {form}, expected {_FORMS[label]}.")


def _has_decimal_commas(block: Block, label: str, data: str) -> bool:
    """Whether commas are decimal signs, rather than separators of numbers."""
    if any("," in block.get(name, "") for name in _HEADER_NUMBERS):
        return True
    is_list = label == "XYDATA" and re.search(r"\d,\d", data) and " " in data
    return bool(is_list and "." not in data and not re.search(r",\s", data))


def _rewrite_line(line: str, has_commas: bool, is_packed: bool) -> str:
    """Rewrite a line of data as jcamp reads it: numbers apart, no value left out as repeated."""
    line = line.replace(",", "." if has_commas else " ").replace(";", " ")
    if not is_packed:
        if re.fullmatch(r"[\d\s.eE+-]*", line):
            return " ".join(_NUMBER.findall(line))
        return line
    line = _REPETITION.sub(_repeat, line)
    # A letter for 5 could be read as the sign of an exponent.
    return line.replace("E", " +5").replace("e", " -5")


def _repeat(match: re.Match[str]) -> str:
    value, letter, digits = match.groups()
    n_times = int(f"{_COUNT_LETTERS.index(letter) + 1}{digits}")
    return " ".join([value] * n_times) if value[0].isdigit() else value * n_times


def _complete_header(path: Path, block: Block, label: str, lines: list[str]) -> dict[str, float]:
    """Read the numbers of the header, and compute those of the axis that are left out."""
    numbers: dict[str, float] = {}
    for name in _HEADER_NUMBERS:
        text = block.get(name, "").replace(",", ".")
        if _NUMBER.fullmatch(text):
            numbers[name] = float(text)
    if label != "XYDATA":
        return numbers
    start = _NUMBER.match(lines[0]) if lines else None
    if "FIRSTX" not in numbers and start is not None:
        numbers["FIRSTX"] = float(start[0]) * numbers.get("XFACTOR", 1.0)
    step, first, last, n_points = (
        numbers.get(name) for name in ("DELTAX", "FIRSTX", "LASTX", "NPOINTS")
    )
    if first is not None and step and last is None and n_points is not None:
        numbers["LASTX"] = first + step * (n_points - 1)
    if first is not None and step and last is not None and n_points is None:
        numbers["NPOINTS"] = round(abs((last - first) / step)) + 1
    missing = [name for name in ("FIRSTX", "LASTX", "NPOINTS") if name not in numbers]
    if missing:
        raise ValueError(
            f"{path}: has no number as {' and '.join(missing)}, which DELTAX does not make up for."
        )
    return numbers


def _decode_numbers(
    path: Path, label: str, numbers: dict[str, float], lines: list[str]
) -> dict[str, Any]:
    jcamp = import_optional("jcamp", extra="instruments")
    header = [
        f"##{name}={int(value) if name == 'NPOINTS' else repr(value)}"
        for name, value in numbers.items()
    ]
    messages = StringIO()  # the package prints what it finds wrong
    try:
        with redirect_stdout(messages):
            content = jcamp.read([*header, f"##{label}={_FORMS[label]}", *lines, "##END="])
    except Exception as error:  # it raises anything
        raise ValueError(f"{path}: {label} is damaged ({error}).") from error
    if "Y-Check" in messages.getvalue():
        raise ValueError(
            f"{path}: {label} is damaged: a line does not begin with the last value of the line "
            "before."
        )
    return content
