"""Zip files that lead elsewhere, and sizes that a file declares, are refused."""

from __future__ import annotations

import struct
import zipfile

import pytest

from sklvision.export import ModelFileError, load, save
from sklvision.neural_network import SpectrumClassifier
from tests.export.attacks._tools import X, write_zip, y


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "/etc/passwd",
        "model/../../x.npy",
        "C:\\evil",
        "model/1.npy\0.json",
        "model/x.npy",
    ],
)
def test_zip_slip_is_refused(name, archive):
    members = [(info, b"1") for info in ("manifest.json", name)]
    write_zip(archive, members)
    with pytest.raises(ModelFileError):
        load(archive)


def test_compressed_members_are_refused(archive):
    write_zip(archive, [("manifest.json", b" " * 10**7)], zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelFileError, match="damaged"):
        load(archive)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicated_members_are_refused(archive):
    content = archive.read_bytes()
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("manifest.json", b"{}")
    with pytest.raises(ModelFileError):
        load(archive)
    archive.write_bytes(b"prefix" + content)  # a file that is also another one
    with pytest.raises(ModelFileError):
        load(archive)


def test_overlapping_members_are_refused(archive):
    content = bytearray(archive.read_bytes())
    (directory,) = struct.unpack_from("<L", content, content.rindex(b"PK\5\6") + 16)
    second = content.index(b"PK\1\2", directory + 4)
    struct.pack_into("<L", content, second + 42, 0)  # the offset of the second is that of the first
    archive.write_bytes(content)
    with pytest.raises(ModelFileError, match="headers of its member"):
        load(archive)


def test_huge_directories_are_refused(archive):
    content = bytearray(archive.read_bytes())
    place = content.rindex(b"PK\5\6")
    struct.pack_into("<2H2L", content, place + 8, 65535, 65535, 2**32 - 1, 0)
    archive.write_bytes(content)
    with pytest.raises(ModelFileError):
        load(archive)


def test_arrays_of_other_sizes_than_declared_are_refused(archive, rewrite_archive):
    def edit(members):
        name = next(name for name in members if name.startswith("model/"))
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}\n"
        members[name] = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header

    rewrite_archive(archive, edit)
    with pytest.raises(ModelFileError, match="do not match"):
        load(archive)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"nodes":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper"),
        (b'{"nodes": [' + b"[]," * 100_000 + b"[]]}", "lists in"),
        (b'"' + b'\\"' * 1_000_000, "not readable JSON"),  # in time that grows with its size
        (b'{"nodes": [], "nodes": []}', "a key occurs twice"),
        (b'{"nodes": [], "root": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"nodes": [], "root": NaN}', "NaN is not a number"),
        (b'{"nodes": [], "root": 1e999}', "too large"),
        (b'{"nodes": []}', "names no root"),
        (b"[]", "no list of nodes"),
        (b"\xff", "not readable JSON"),
    ],
)
def test_json_is_bounded(text, message, archive, rewrite_archive):
    rewrite_archive(archive, lambda members: members.update({"model.json": text}))
    with pytest.raises(ModelFileError, match=message):
        load(archive)


def test_nets_of_another_size_than_their_weights_are_refused(tmp_path, edit_nodes):
    params = {"hidden_layer_sizes": [4]}
    net = SpectrumClassifier(max_epochs=1, architecture_params=params, random_state=0).fit(X, y)
    for sizes, message in (
        ([10**9, 10**9], "cannot be built"),
        ([10**6, 10**6], "do not fit the architecture"),
        ([1] * 10_000, "more parts than its"),
        ([-4], "cannot be built"),
    ):

        def edit(nodes, sizes=sizes):
            for node in nodes:
                if node["kind"] == "plain" and node["value"] == params:
                    node["value"] = {"hidden_layer_sizes": sizes}

        edit_nodes(edit, message, save(net, tmp_path / "net.sklv"))
