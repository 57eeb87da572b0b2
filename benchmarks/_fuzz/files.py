"""Files of every kind that the readers know, and damage to them."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from benchmarks._fuzz.case import Case
from benchmarks._fuzz.labels import make_labels
from benchmarks._mutations import change_bytes

_FORMATS = ("PNG", "PNG", "JPEG", "JPEG", "TIFF", "BMP", "GIF", "WEBP", "PPM")


def encode_image(case: Case, pixels: np.ndarray | None = None, format: str | None = None) -> bytes:
    """Encode an image in one of the formats and modes."""
    format = format or case.pick(_FORMATS)
    if pixels is None:
        shape = case.pick(((8, 8), (8, 8), (5, 9), (1, 1), (16, 12)))
        pixels = case.rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    pixels = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] not in (3, 4) else pixels
    image = Image.fromarray(pixels)
    modes = {
        "PNG": ("L", "RGB", "RGBA", "P", "I;16", "1", "LA"),
        "TIFF": ("L", "RGB", "F", "I;16", "I"),
    }
    mode = case.pick(modes.get(format, ("L", "RGB")))
    if mode in ("I;16", "F", "I"):
        values = np.asarray(image.convert("L")).astype({"I;16": "u2", "F": "f4", "I": "i4"}[mode])
        if mode == "F" and case.has_luck(0.2):
            values[0, 0] = case.pick((np.nan, np.inf, 1e38))
        image = Image.fromarray(values)
    else:
        image = image.convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, format, **({"exif": _make_exif(case)} if format == "JPEG" else {}))
    return buffer.getvalue()


def _make_exif(case: Case) -> Any:
    exif = Image.Exif()
    if case.has_luck(0.3):
        exif[0x0112] = case.pick((1, 3, 6, 8, 0, 99))
    return exif


def write_image_folder(case: Case, folder: Path) -> Path:
    """Write a folder with a folder of images for each class."""
    labels = case.pick((("a", "b"), ("a", "b"), ("a", "b", "c"), ("a",), ()))
    for label in ("a", "b") if case.is_calm else labels:
        (folder / label).mkdir(parents=True, exist_ok=True)
        for i in range(4 if case.is_calm else case.pick((2, 3, 4, 5, 1, 0))):
            if case.is_calm:
                pixels = case.rng.integers(0, 256, (8, 8), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / label / f"{i}.png")
                continue
            content = encode_image(case)
            if case.has_luck(0.1):
                content = bytes(change_bytes(content, case.random))
            name = case.pick(
                (
                    f"{i}.png",
                    f"{i}.png",
                    f"{i}.jpg",
                    f"{i}.tif",
                    f"{i}.png",
                    f"{i}.txt",
                    f".{i}.png",
                )
            )
            (folder / label / name).write_bytes(content)
    if case.has_luck(0.1) and not case.is_calm:
        (folder / "stray.png").write_bytes(b"x")
    folder.mkdir(exist_ok=True)
    return folder


def make_frame(case: Case) -> pd.DataFrame:
    """Make a table of spectra with a column of labels and others."""
    if case.is_calm:
        X = case.rng.normal(size=(12, 8)).round(3)
        frame = pd.DataFrame(X, columns=[f"{900 + 2 * i}" for i in range(8)])
        return frame.assign(label=[f"c{i % 3}" for i in range(12)])
    n, k = case.pick((6, 8, 12, 12, 20, 1, 0)), case.pick((3, 5, 8, 8, 1))
    start, step = case.pick(((900, 2), (900.5, -0.5), (0, 1), (4000, -4)))
    prefix = case.pick(("", "", "nm_", "band ", "X", "b."))
    names = [f"{prefix}{start + i * step:g}" for i in range(k)]
    frame = pd.DataFrame(case.rng.normal(size=(n, k)).round(3) + 2, columns=names)
    labels = [f"c{i % 3}" for i in range(n)] if case.has_luck(0.75) else make_labels(case, n)
    name = case.pick(("label", "label", "label", "class", "y", "target", "species", "x"))
    with contextlib.suppress(ValueError, TypeError):
        frame[name] = list(labels)
    n = len(frame)  # labels of an empty table may have made rows
    extras: dict[str, Callable[[], Any]] = {
        "group": lambda: [i // 2 for i in range(n)],
        "date": lambda: [f"2020-01-{i % 28 + 1:02}" for i in range(n)],
        "split": lambda: ["train" if i % 3 else "test" for i in range(n)],
        "id": lambda: range(n),
        "note": lambda: ["é;,\n" for _ in range(n)],
        "file": lambda: [f"{i}.png" for i in range(n)],
    }
    for name in case.random.sample(list(extras), case.pick((0, 0, 1, 2, 3))):
        frame[name] = list(extras[name]())
    for _ in range(case.pick((0, 0, 0, 0, 0, 1, 2))):
        if frame.size:
            frame = frame.astype(object)
            row, column = case.random.randrange(len(frame)), case.random.randrange(frame.shape[1])
            frame.iat[row, column] = case.pick(
                (
                    None,
                    "x",
                    "",
                    "NaN",
                    "inf",
                    "1e999",
                    "1,5",
                    "-",
                    "9" * 24,
                    " 1 ",
                    "1.5.2",
                    True,
                    "\0",
                )
            )
    return frame


def write_table(case: Case, folder: Path) -> Path:
    """Write a table as text, in one of many dialects, or as a workbook; half of them damaged."""
    frame = make_frame(case)
    suffix = case.pick((".csv",) * 6 + (".tsv", ".csv.gz", ".xlsx", ".txt"))
    path = folder / f"table{suffix}"
    if case.is_calm:
        path = folder / "table.csv"
        frame.to_csv(path, index=False)
        return path
    if suffix == ".xlsx":
        if case.has_luck(0.8):  # pandas takes most of the time of a case
            frame = frame.iloc[:3]
        frame.map(lambda v: str(v).replace("\0", "") if isinstance(v, str) else v).to_excel(
            path, index=False
        )
        if case.has_luck(0.6):
            path.write_bytes(bytes(change_bytes(path.read_bytes(), case.random)))
        return path
    separator = "\t" if suffix == ".tsv" else case.pick((",", ",", ",", ";", "\t", "|", " "))
    decimal = case.pick((".", ".", ".", ","))
    if case.has_luck(0.06):
        frame = frame.T
    text = frame.to_csv(
        sep=separator, decimal=decimal, index=case.has_luck(0.1), header=case.has_luck(0.95)
    )
    if case.has_luck(0.15):
        text = case.pick(("# comment\n", "\n\n", "Instrument;1\nx\n", '"open\n', "sep=;\n")) + text
    lines = text.split("\n")
    if case.has_luck(0.2) and len(lines) > 2:
        place = case.random.randrange(len(lines))
        lines[place] = case.pick(
            (
                "",
                lines[place] + separator + "9",
                lines[place][: len(lines[place]) // 2],
                '"',
                "\0",
                separator * 9,
            )
        )
        text = case.pick(("\n", "\n", "\r\n", "\r")).join(lines)
    encoding = case.pick(("utf-8",) * 12 + ("utf-8-sig", "utf-16", "cp1252", "utf-32"))
    content = text.encode(encoding, "replace")
    if case.has_luck(0.15):
        content = bytes(change_bytes(content, case.random))
    path.write_bytes(
        gzip.compress(content) if suffix.endswith(".gz") and case.has_luck(0.9) else content
    )
    return path


def write_arrays(case: Case, folder: Path) -> Path:
    """Write an npz file of samples and labels; half of them damaged or unusual."""
    from benchmarks._fuzz.samples import make_plain_samples, make_samples

    kind = case.pick(("spectra", "images"))
    if case.is_calm:
        X = case.rng.normal(size=(12, 8)) if kind == "spectra" else case.rng.random((12, 8, 8))
        np.savez(folder / "arrays.npz", X=X, y=np.arange(12) % 3)
        return folder / "arrays.npz"
    X = make_plain_samples(case, kind) if case.has_luck(0.7) else make_samples(case, kind)
    try:
        n = len(X)
        arrays = {"X": np.asarray(X), "y": np.asarray(make_labels(case, n))}
    except (TypeError, ValueError, RuntimeError, OSError):
        n, arrays = 6, {"X": np.ones((6, 4)), "y": np.arange(6) % 2}
    extras = {"group": np.arange(n) // 2, "wavelengths": np.arange(8) + 900, "z": np.zeros((0, 3))}
    extras |= {"groups": np.arange(n), "names": np.array(["a", "b"]), "time": np.arange(n)}
    for name in case.random.sample(list(extras), case.pick((0, 0, 1, 2))):
        arrays[name] = extras[name]
    if case.has_luck(0.1):
        arrays.pop(case.pick(list(arrays)))
    path = folder / "arrays.npz"
    save = case.pick((np.savez, np.savez, np.savez_compressed))
    try:
        save(path, **arrays)
    except (ValueError, TypeError, AttributeError):
        np.savez(path, X=np.ones((6, 4)), y=np.arange(6) % 2)
    if case.has_luck(0.35):
        path.write_bytes(bytes(change_bytes(path.read_bytes(), case.random)))
    return path


def make_jcamp(case: Case) -> bytes:
    """Make a file of JCAMP-DX of five values, some of them damaged."""
    lines = ["##TITLE=x", "##JCAMP-DX=4.24", "##DATA TYPE=INFRARED SPECTRUM", "##XUNITS=1/CM"]
    lines += ["##YUNITS=ABSORBANCE", "##FIRSTX=400", "##LASTX=412", "##NPOINTS=5", "##XFACTOR=1"]
    lines += ["##YFACTOR=1", f"##CONCENTRATIONS={case.pick(('', '(x)'))}"]
    lines += ["##XYDATA=(X++(Y..Y))", "400 5 7 7", "409 2 -3", "##END="]
    for _ in range(0 if case.is_calm else case.pick((0, 0, 0, 1, 1, 2))):
        place = case.random.randrange(len(lines))
        change = case.pick(
            (
                "",
                "##NPOINTS=x",
                "##NPOINTS=1000000000000",
                "##XFACTOR=0",
                "##YFACTOR=nan",
                "400 @5a%9",
                "##=",
            )
            + (
                "##XYDATA=(XY..XY)",
                "1,2; 3,4",
                "##LASTX=1e999",
                "##FIRSTX=",
                "##XUNITS=é",
                "##DELTAX=0",
            )
        )
        lines[place] = change
    content = "\n".join(lines).encode("latin1")
    return (
        bytes(change_bytes(content, case.random))
        if case.has_luck(0.2) and not case.is_calm
        else content
    )


def make_opus(case: Case) -> bytes:
    """Make a Bruker OPUS file of one spectrum, some of them damaged."""

    # The layout that brukeropus documents: head, table of blocks, data, status. Written by hand,
    # since brukeropus only reads.
    def encode(name: str, kind: int, value: bytes) -> bytes:
        return name.encode() + b"\0" + struct.pack("<hh", kind, len(value) // 2) + value

    data = np.linspace(1, 2, 5, dtype="<f4").tobytes()
    numbers = [("FXV", 400.0), ("LXV", 412.0), ("CSF", 1.0)]
    status = encode("DPF", 0, struct.pack("<i", 1)) + encode("NPT", 0, struct.pack("<i", 5))
    status += b"".join(encode(name, 1, struct.pack("<d", value)) for name, value in numbers)
    status += encode("DXU", 2, b"WN\0\0") + b"END\0\0\0\0\0"
    kind, start = 3 | 3 << 2 | 4 << 10, 24 + 12 * 4
    entries = [(13 << 10, 12, 24), (kind, len(data) // 4, start)]
    entries += [(kind | 1 << 4, len(status) // 4, start + len(data)), (0, 0, 0)]
    # The table holds kind, length in words and place of each block.
    head = b"\n\n\xfe\xfe" + struct.pack("<diii", 920622.0, 24, 4, 3)
    table = b"".join(struct.pack("<3i", *entry) for entry in entries)
    content = head + table + data + status
    return (
        bytes(change_bytes(content, case.random))
        if case.has_luck(0.4) and not case.is_calm
        else content
    )


def write_instrument_folder(case: Case, folder: Path) -> Path:
    """Write a folder of instrument files, by class or with a table of labels."""
    rows = []
    for label in ("a", "b"):
        (folder / label).mkdir(parents=True, exist_ok=True)
        for i in range(3 if case.is_calm else case.pick((1, 2, 3))):
            is_opus = case.has_luck(0.3) and not case.is_calm
            name = f"{label}/{i}.{0 if is_opus else 'jdx'}"
            (folder / name).write_bytes(make_opus(case) if is_opus else make_jcamp(case))
            rows.append(f"{name},{label}")
    if case.has_luck(0.3):
        (folder / "labels.csv").write_text("\n".join(["file,label", *rows]))
    return folder


def write_any(case: Case) -> Path:
    """Write data of any kind, and return where."""
    folder = case.folder
    writers: tuple[Callable[[Case, Path], Path], ...] = (
        *(write_table, write_table, write_arrays, write_arrays, write_image_folder),
        *(write_instrument_folder, _write_image, _write_noise),
    )
    path = case.pick(writers[:6] if case.is_calm else writers)(case, folder)
    case.note(f"file: {path.name}")
    return path


def _write_image(case: Case, folder: Path) -> Path:
    content = encode_image(case)
    path = folder / case.pick(
        ("image.png", "image.jpg", "image.tif", "image", "image.csv", "image.npz")
    )
    path.write_bytes(bytes(change_bytes(content, case.random)) if case.has_luck(0.6) else content)
    return path


def _write_noise(case: Case, folder: Path) -> Path:
    suffix = case.pick(
        (".csv", ".npz", ".xlsx", ".jdx", ".0", ".png", ".sklv", ".onnx", ".csv.gz", "")
    )
    path = folder / f"noise{suffix}"
    contents = (
        b"",
        b"\0" * 50,
        case.rng.bytes(200),
        b"PK\3\4" + case.rng.bytes(50),
        json.dumps({}).encode(),
    )
    path.write_bytes(case.pick((*contents, make_opus(case), make_jcamp(case))))
    return path
