"""Bytes that a process received over the network, counted by the kernel (Linux only)."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path
from typing import Any

_TCP_INFO, _INFO_BYTES, _RECEIVED_OFFSET = 11, 144, 128  # of struct tcp_info


def count_received_bytes() -> int:
    """Count the bytes that the open TCP connections of this process have received."""
    total = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            if str(descriptor.readlink()).startswith("socket:"):
                with socket.socket(fileno=os.dup(int(descriptor.name))) as connection:
                    info = connection.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _INFO_BYTES)
                    total += struct.unpack_from("Q", info, _RECEIVED_OFFSET)[0]
        except OSError:  # no longer open, or of another protocol
            continue
    return total


def count_worker_bytes(client: Any) -> int:
    """Count the bytes that all workers of a Dask cluster have received."""
    return sum(client.run(count_received_bytes).values())
