"""Limits on bytes, pixels, samples, time and the queue."""

from __future__ import annotations

import socket
import struct
import threading
import time
import zlib
from contextlib import closing
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from tests.serving._clients import (
    FORM_TYPE,
    call,
    check_refusal,
    post_csv,
    post_images,
    post_json,
    read_all,
    run_command,
    run_in_thread,
)


def make_png_bomb(width=10_000, height=10_000):
    """A PNG of 100 megapixels of zeros in 100 kB."""

    def chunk(name, content):
        head = struct.pack(">I", len(content)) + name + content
        return head + struct.pack(">I", zlib.crc32(name + content))

    packer = zlib.compressobj(9)
    pixels = b"".join([packer.compress(bytes(width + 1)) for _ in range(height)] + [packer.flush()])
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def make_bomb(image_format):
    """A header that promises 100 megapixels or more, without the pixels."""
    size = 10_000
    if image_format == "PNG":
        return make_png_bomb()
    if image_format == "BMP":
        return (
            b"BM"
            + struct.pack("<IHHI", 54, 0, 0, 54)
            + struct.pack("<IiiHHIIiiII", 40, size, size, 1, 24, 0, 0, 0, 0, 0, 0)
        )
    if image_format == "JPEG":
        from PIL import Image

        file = BytesIO()
        Image.new("L", (8, 8)).save(file, "JPEG")
        start = file.getvalue().index(b"\xff\xc0") + 5  # of height and width in its frame
        content = file.getvalue()
        return content[:start] + struct.pack(">HH", size, size) + content[start + 4 :]
    if image_format == "WEBP":  # canvas of an extended file, with an animation
        canvas = b"\x02\0\0\0" + struct.pack("<I", size - 1)[:3] + struct.pack("<I", size - 1)[:3]
        chunks = b"VP8X" + struct.pack("<I", len(canvas)) + canvas
        chunks += b"ANIM" + struct.pack("<I", 6) + bytes(6)
        return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks
    entries = [(256, 3, 1, size), (257, 3, 1, size), (258, 3, 1, 8), (259, 3, 1, 1)]
    entries += [(262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1), (278, 3, 1, size), (279, 4, 1, 9)]
    entries += [(274, 3, 1, 6)]
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0\x08\0\0\0" + directory + bytes(4)


def read_memory(pid, name="VmHWM"):
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split(f"{name}:")[1].split()[0]) * 1024


@pytest.fixture(scope="module")
def image_process(image_file):
    with run_command(image_file, "--allow-pickle", "--port", 0, "--quiet") as (process, address):
        yield process, address


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_bombs_are_refused_by_their_header(image_process, images, image_format):
    process, address = image_process
    bomb = make_bomb(image_format)
    assert post_images(address, images.files[0]).status == 200
    memory_before, seconds = read_memory(process.pid), []
    for _ in range(5):
        start = time.perf_counter()
        answer = post_images(address, bomb)
        seconds.append(time.perf_counter() - start)
    assert answer.status in ({413, 422} if image_format == "WEBP" else {413}), answer
    check_refusal(answer, answer.status)
    assert min(seconds) < 0.05
    assert read_memory(process.pid) - memory_before < 64 * 2**20


@pytest.fixture(scope="module")
def small_server(spectra):
    limits = {"max_bytes": 10_000, "max_samples": 5, "read_timeout": 0.5}
    with run_in_thread(spectra.model, **limits) as address:
        yield address


def test_long_bodies_are_refused_by_their_length(small_server):
    check_refusal(post_json(small_server, b" " * 10_001), 413, "10,000 bytes")


def test_a_huge_length_is_refused_before_the_body(small_server):
    with closing(socket.create_connection(small_server, 5)) as sock:
        sock.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
            b"Content-Length: 999999999999\r\n\r\n"
        )
        assert sock.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_endless_bodies_are_refused_and_dropped(small_server):
    with closing(socket.create_connection(small_server, 5)) as sock:
        sock.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        start, answer = time.monotonic(), b""
        sock.settimeout(0.01)
        with pytest.raises(ConnectionError):  # noqa: PT012 - until the server has enough
            while time.monotonic() - start < 5:
                sock.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
                try:
                    answer += sock.recv(65536)
                except TimeoutError:
                    continue
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert time.monotonic() - start < 4


def test_slow_bodies_are_refused(small_server):
    with closing(socket.create_connection(small_server, 5)) as sock:
        sock.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
            b"Content-Length: 100\r\n\r\n"
        )
        start = time.monotonic()
        sock.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() - start < 5:
            sock.sendall(b"1")  # one byte a tenth of a second
            try:
                answer = sock.recv(65536)
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_slow_headers_are_dropped(small_server):
    with closing(socket.create_connection(small_server, 5)) as sock:
        sock.sendall(b"GET /health HTTP/1.1\r\n")
        start = time.monotonic()
        with pytest.raises(ConnectionError):  # noqa: PT012
            while time.monotonic() - start < 5:
                sock.sendall(b"x: y\r\n")
                time.sleep(0.1)
        assert time.monotonic() - start < 3


def test_endless_headers_are_refused(small_server):
    with closing(socket.create_connection(small_server, 5)) as sock:
        with pytest.raises(ConnectionError):  # noqa: PT012
            sock.sendall(b"GET /health HTTP/1.1\r\n")
            for _ in range(10_000):
                sock.sendall(b"x: " + b"y" * 1000 + b"\r\n")
        return


def test_many_samples_are_refused(small_server, spectra, image_file):
    check_refusal(post_json(small_server, {"spectra": [[1]] * 6}), 413, "5 samples")
    header = ",".join(spectra.names) + "\n"
    row = ",".join(["1"] * 40) + "\n"
    check_refusal(post_csv(small_server, header + row * 6), 413, "5 samples")
    with run_in_thread(image_file, max_samples=2) as address:
        check_refusal(post_images(address, b"", b"", b""), 413, "2 samples")


class SlowClassifier(ClassifierMixin, BaseEstimator):
    """A classifier that takes its time."""

    def fit(self, X, y):
        self.classes_, self.n_features_in_ = np.unique(y), 2
        return self

    def predict(self, X):
        time.sleep(0.5)
        return np.zeros(len(X), int)


@pytest.fixture(scope="module")
def slow_model():
    return SlowClassifier().fit(None, [0, 1])


@pytest.mark.slow
def test_a_full_queue_answers_503(slow_model):
    body, answers = {"spectra": [[1, 2]]}, []
    with run_in_thread(slow_model, max_requests=3, max_batch=1) as address:
        threads = [
            threading.Thread(target=lambda: answers.append(post_json(address, body)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert call(address, path="/health").status == 200
        assert post_json(address, body).status == 200  # and goes on afterwards
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200] * 3 + [503] * 5
    for answer in answers:
        if answer.status == 503:
            check_refusal(answer, 503, "busy")


def test_bytes_of_all_requests_together_are_limited(slow_model):
    body, answers = b'{"spectra": [[1, 2]]}' + b" " * 1000, []
    with run_in_thread(slow_model, max_held_bytes=2500, max_batch=1) as address:
        threads = [
            threading.Thread(target=lambda: answers.append(post_json(address, body)))
            for _ in range(5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answer.status for answer in answers) == [200] * 2 + [503] * 3


def test_predictions_that_take_too_long_answer_503(slow_model):
    with run_in_thread(slow_model, predict_timeout=0.1) as address:
        check_refusal(post_json(address, {"spectra": [[1, 2]]}), 503, "no prediction within 0.1")


def test_clients_that_leave_do_no_harm(small_server, spectra):
    for _ in range(20):
        with closing(socket.create_connection(small_server, 5)) as sock:
            sock.sendall(
                b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n"
                b"Content-Type: " + FORM_TYPE.encode() + b"\r\n\r\n--boundary"
            )
    assert post_json(small_server, {"spectra": spectra.X[:1].tolist()}).status == 200


def test_several_requests_on_one_connection(small_server):
    with closing(socket.create_connection(small_server, 5)) as sock:
        sock.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        sock.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert read_all(sock).count(b'{"status": "ok"}') == 3
