"""Clients of a service: many connections from one process, each with one request at a time."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_BOUNDARY = "sklvision-benchmark"


def make_request(content: bytes, field: str) -> bytes:
    """Make a request with one image in a form."""
    body = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="x.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n".encode()
        + content
        + f"\r\n--{_BOUNDARY}--\r\n".encode()
    )
    head = (
        "POST /predict HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def load(
    port: int, requests: Sequence[bytes], *, n_connections: int, seconds: float, n_requests: int
) -> dict[str, list]:
    """Send requests until the time is over or all are sent; return answers and latencies."""
    answers: dict[str, list] = {"images": [], "bodies": [], "ms": [], "lost": []}
    end = time.perf_counter() + seconds
    n_sent = 0

    async def use_connection() -> None:
        nonlocal n_sent
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        while time.perf_counter() < end and n_sent < n_requests:
            place = n_sent % len(requests)
            n_sent += 1
            start = time.perf_counter()
            writer.write(requests[place])
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                body = await reader.readexactly(length)
            except (OSError, asyncio.IncompleteReadError, IndexError) as error:
                answers["lost"].append(repr(error))
                return
            if b" 200 " not in head[:20]:
                answers["lost"].append(body.decode())
                continue
            answers["images"].append(place)
            answers["bodies"].append(body.decode())
            answers["ms"].append((time.perf_counter() - start) * 1e3)
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(use_connection() for _ in range(n_connections)))
    return answers | {"seconds": time.perf_counter() - start}


def main() -> None:
    """Read what to do from the first argument, and write the answers to the second."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    requests = [make_request(Path(file).read_bytes(), task["field"]) for file in task["files"]]
    answers = asyncio.run(
        load(
            task["port"],
            requests,
            n_connections=task["n_connections"],
            seconds=task["seconds"],
            n_requests=task["n_requests"],
        )
    )
    Path(sys.argv[2]).write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main()
