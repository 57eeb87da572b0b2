"""Images fetched from other hosts: success on loopback where that is allowed, and attacks."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from contextlib import closing, contextmanager
from urllib.parse import quote

import pytest

from sklvision.serving._fetch import is_public
from tests.serving._clients import call, check_refusal, run_in_thread


class ImageHost:
    """A host on loopback that answers every connection with the same bytes, and counts them."""

    def __init__(self, answer, delay=0.0):
        self.answer, self.delay = answer, delay
        self.n_connections, self.requests = 0, []
        self._sock = socket.create_server(("127.0.0.1", 0))
        self.port = self._sock.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._sock.accept()
            except OSError:
                return
            self.n_connections += 1
            with closing(connection):
                try:
                    self.requests.append(connection.recv(65536))
                    if not self.delay:
                        connection.sendall(self.answer)
                    for i in range(len(self.answer) if self.delay else 0):
                        connection.sendall(self.answer[i : i + 1])
                        time.sleep(self.delay)
                except OSError:
                    continue

    def close(self):
        # Wakes the thread that waits for connections.
        self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()


@contextmanager
def open_host(answer, **options):
    host = ImageHost(answer, **options)
    try:
        yield host
    finally:
        host.close()


def make_answer(content, status="200 OK", *headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


def fetch(address, url):
    return call(address, path="/predict?image_url=" + quote(url, safe=""))


def run_with(
    model, host, *, addresses=("127.0.0.1",), allow_address=True, resolutions=None, **settings
):
    """Serve with a resolver of our own, which knows one name."""

    def resolve(name, port):
        if resolutions is not None:
            resolutions.append((name, port))
        if name != "camera.test":
            raise OSError("unknown")
        return list(addresses)

    allow_hosts = [
        f"camera.test:{host.port}",
        *([f"127.0.0.1:{host.port}"] if allow_address else []),
    ]
    return run_in_thread(model, resolver=resolve, allow_hosts=allow_hosts, **settings)


def test_an_image_of_an_allowed_host_is_predicted(images):
    resolutions = []
    with (
        open_host(make_answer(images.files[0])) as host,
        run_with(images.model, host, resolutions=resolutions) as address,
    ):
        answer = fetch(address, f"http://camera.test:{host.port}/belt/1.png?size=full#top")
        assert answer.status == 200
        (prediction,) = answer.json["predictions"]
        assert prediction["label"] == "long"
        assert fetch(address, f"http://127.0.0.1:{host.port}/1.png").status == 200
    assert resolutions == [("camera.test", host.port)]  # once, and not again to connect
    assert host.requests[0].startswith(b"GET /belt/1.png?size=full HTTP/1.1\r\n")
    assert f"Host: camera.test:{host.port}\r\n".encode() in host.requests[0]


FORBIDDEN_ADDRESSES = [
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "198.18.0.1", "192.0.2.1"),
    *("240.0.0.1", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "fec0::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("2002:7f00:1::", "2002:a00:1::", "2001:db8::1", "::127.0.0.1", "fe80::1%eth0"),
    "2001:0:7f00:1:0:0:f5ff:fffe",
    *("localhost", "not an address", ""),
]


@pytest.mark.parametrize("forbidden", FORBIDDEN_ADDRESSES)
def test_addresses_that_are_not_public_are_refused_before_a_connection(fetch_server, forbidden):
    address, host, addresses = fetch_server
    addresses[:] = [forbidden]
    check_refusal(fetch(address, f"http://camera.test:{host.port}/"), 403, "not public")
    addresses[:] = ["8.8.8.8", forbidden]  # one good address does not excuse another
    check_refusal(fetch(address, f"http://camera.test:{host.port}/"), 403, "not public")
    assert host.n_connections == 0


@pytest.fixture(scope="module")
def fetch_server(images):
    """A server whose resolver returns a list that tests may change; its address is not allowed."""
    addresses = ["127.0.0.1"]

    def resolve(name, port):
        return list(addresses)

    with open_host(make_answer(images.files[0])) as host:
        allow_hosts = [f"camera.test:{host.port}", f"127.0.0.1:{host.port + 1}", "plain.test"]
        with run_in_thread(images.model, resolver=resolve, allow_hosts=allow_hosts) as address:
            yield address, host, addresses


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("file:///etc/passwd", 422),
        ("file://camera.test/etc/passwd", 403),
        ("ftp://camera.test/x", 403),
        ("gopher://camera.test:{port}/_x", 403),
        ("data:image/png;base64,AAAA", 422),
        ("javascript:alert(1)", 422),
        ("//camera.test/x", 403),
        ("camera.test/x", 422),
        ("http:///x", 422),
        ("http://", 422),
        ("http://other.test/x", 403),
        ("http://camera.test/x", 403),  # another port than the one allowed
        ("http://camera.test:22/x", 403),
        ("http://plain.test:8080/x", 403),
        ("http://camera.test:{port}@other.test/x", 422),
        ("http://user:pass@camera.test:{port}/x", 422),
        ("http://camera.test:{port}\\@other.test/x", 422),
        ("http://camera.test:{port}\r\nX: y/", 422),
        ("http://camera.test:{port}/\r\nX: y", 422),
        ("http://camera.test:{port}/a b", 422),
        ("http://camera.test.:{port}/x", 403),
        ("http://ｃamera.test:{port}/x", 422),
        ("http://camera.test:99999/x", 422),
        ("http://camera.test:0/x", 422),
        ("http://camera.test:x/x", 422),
        ("http://[::1/x", 422),
        ("http://[camera.test]:{port}/x", 422),
        ("http://127.0.0.1:{port}/x", 403),
        ("http://2130706433:{port}/x", 403),
        ("http://0x7f.1:{port}/x", 403),
        ("http://127.1:{port}/x", 403),
        ("http://[::ffff:127.0.0.1]:{port}/x", 403),
        ("http://localhost:{port}/x", 403),
        ("http://169.254.169.254/latest/meta-data/", 403),
    ],
)
def test_other_schemes_and_hosts_are_refused_before_a_connection(fetch_server, url, status):
    address, host, addresses = fetch_server
    addresses[:] = ["127.0.0.1"]
    check_refusal(fetch(address, url.replace("{port}", str(host.port))), status)
    assert host.n_connections == 0


def test_a_name_that_resolves_to_another_address_later_leads_nowhere(images):
    """Rebinding: the first answer passes the checks, later ones lead to a private address."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]])
    n_resolutions = 0

    def resolve(name, port):
        nonlocal n_resolutions
        n_resolutions += 1
        return next(answers)

    with open_host(make_answer(images.files[0])) as host:
        allow_hosts = [f"camera.test:{host.port}", f"127.0.0.1:{host.port}"]
        with run_in_thread(images.model, resolver=resolve, allow_hosts=allow_hosts) as address:
            url = f"http://camera.test:{host.port}/"
            assert fetch(address, url).status == 200
            assert n_resolutions == 1
            check_refusal(fetch(address, url), 403, "not public")
            assert host.n_connections == 1


def test_a_private_address_is_allowed_with_its_port_only(images):
    with open_host(make_answer(images.files[0])) as host:
        for entry in ("127.0.0.1", f"127.0.0.1:{host.port + 1}", f"127.0.0.2:{host.port}"):
            with run_in_thread(
                images.model,
                resolver=lambda name, port: ["127.0.0.1"],
                allow_hosts=[f"camera.test:{host.port}", entry],
            ) as address:
                check_refusal(fetch(address, f"http://camera.test:{host.port}/"), 403)
        assert host.n_connections == 0


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (make_answer(b"", "302 Found", "Location: http://127.0.0.1:1/"), 422, "redirected"),
        (make_answer(b"", "301 Moved", "Location: /other"), 422, "redirected"),
        (make_answer(b"x", "404 Not Found"), 422, "no image"),
        (make_answer(b"x", "500 No"), 422, "no image"),
        (make_answer(b"x", "200 OK", "Content-Encoding: gzip"), 422, "no image"),
        (make_answer(b"<svg/>", "200 OK", "Content-Type: image/png"), 422, "not an image"),
        (make_answer(b""), 422, "not an image"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", 422, "could not be fetched"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", 413, "bytes allowed"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + bytes(20_000), 413, "bytes allowed"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"2000\r\n"
            + bytes(0x2000)
            + b"\r\n2000\r\n"
            + bytes(0x2000)
            + b"\r\n0\r\n\r\n",
            413,
            "bytes allowed",
        ),
        (b"SSH-2.0-OpenSSH_9.6\r\n", 422, "could not be fetched"),
        (b"", 422, "could not be fetched"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 500, 422, "could not be fetched"),
    ],
)
def test_answers_that_are_no_images_are_refused(images, answer, status, words):
    with open_host(answer) as host, run_with(images.model, host, max_bytes=10_000) as address:
        check_refusal(fetch(address, f"http://camera.test:{host.port}/"), status, words)
        assert host.n_connections == 1


def test_slow_hosts_are_left(images):
    answer = make_answer(images.files[0])
    with (
        open_host(answer, delay=0.05) as host,
        run_with(images.model, host, read_timeout=0.5) as address,
    ):
        start = time.monotonic()
        check_refusal(
            fetch(address, f"http://camera.test:{host.port}/"), 422, "could not be fetched"
        )
        assert time.monotonic() - start < 2


def test_hosts_that_nobody_knows_are_refused(images):
    def fail(name, port):
        raise OSError("no such host")

    with run_in_thread(images.model, resolver=fail, allow_hosts=["camera.test"]) as address:
        check_refusal(fetch(address, "http://camera.test/x"), 422, "unknown")


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_is_public_knows_public_addresses(text):
    assert is_public(ipaddress.ip_address(text))
