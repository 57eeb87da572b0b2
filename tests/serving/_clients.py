"""Real servers and plain clients for the tests of the service."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

BOUNDARY = "boundary"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@contextmanager
def run_in_thread(
    model, *, allow_pickle=True, resolver=None, ssl_certfile=None, ssl_keyfile=None, **settings
):
    """Serve a model in this process; yields host and port."""
    from sklvision.serving import ServiceSettings, create_app
    from sklvision.serving._serve import bind_socket
    from sklvision.serving._server import Server

    app = create_app(
        model, allow_pickle=allow_pickle, settings=ServiceSettings(**settings), resolver=resolver
    )
    with bind_socket("127.0.0.1", 0) as sock:
        server = Server(app, "a test", ssl_certfile=ssl_certfile, ssl_keyfile=ssl_keyfile)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            deadline = time.monotonic() + 20
            while not server.started and time.monotonic() < deadline:
                time.sleep(0.01)
            yield sock.getsockname()
        finally:
            server.should_exit = True
            thread.join(30)


@contextmanager
def run_command(*argv, env=None):
    """Run ``sklvision serve`` as a process; yields the process, host and port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sklvision", "serve", *map(str, argv)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("sklvision serves on http"), line + process.stderr.read()
        host, port = line.split("//")[1].strip().rsplit(":", 1)
        yield process, (host, int(port))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def call(address, method="GET", path="/", body=None, **headers):
    """Send one request; names of headers have underscores for hyphens."""
    with closing(http.client.HTTPConnection(*address, timeout=30)) as connection:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, names)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())


def send_raw(address, content, timeout=30):
    """Send bytes, and return everything that the server answers until it closes."""
    with closing(socket.create_connection(address, timeout)) as sock:
        sock.sendall(content)
        sock.shutdown(socket.SHUT_WR)
        return read_all(sock)


def read_all(sock):
    answer = bytearray()
    while chunk := sock.recv(65536):
        answer += chunk
    return bytes(answer)


def make_form(*contents, field="files", boundary=BOUNDARY):
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{i}.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n".encode()
        + content
        + b"\r\n"
        for i, content in enumerate(contents)
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def post_images(address, *contents, path="/predict", **headers):
    return call(address, "POST", path, make_form(*contents), Content_Type=FORM_TYPE, **headers)


def post_json(address, content, **headers):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return call(address, "POST", "/predict", body, Content_Type="application/json", **headers)


def post_csv(address, text, **headers):
    return call(address, "POST", "/predict", text.encode(), Content_Type="text/csv", **headers)


def check_refusal(answer, status, words=""):
    """Check that an answer is a status and one sentence, and nothing else."""
    assert answer.status == status, answer
    assert set(answer.json) == {"detail"}, answer
    sentence = answer.json["detail"]
    assert sentence.endswith((".", "…"))
    assert ". " not in sentence
    assert words in sentence, sentence
    if status == 503:
        assert answer.headers["retry-after"].isdecimal()
