"""A running cluster of Dask: connection, checks of its workers, and use by joblib."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from joblib import parallel_config

from sklvision.utils._dask import make_dask_backend
from sklvision.utils._optional import import_optional
from sklvision.utils._versions import collect_versions

_CONNECT_SECONDS, _WORKER_SECONDS = 10, 20
_MAX_DIFFERENCES = 3
_PROTOCOLS = {"", "tcp", "tls", "ucx", "ws", "wss"}


@contextmanager
def use_dask_cluster(address: str) -> Iterator[Any]:
    """Use a cluster for the parallel functions inside this context.

    Parameters
    ----------
    address : str
        Address of the scheduler, such as ``"tcp://127.0.0.1:8786"``; ``tcp://`` may be left out.

    Yields
    ------
    client : distributed.Client
        The connection.

    Raises
    ------
    ImportError
        If Dask is not installed.
    ValueError
        If the address has no port or an unknown protocol, nothing answers there, the cluster has
        no workers, or these have other versions of Python or of the packages that compute.
    """
    distributed = import_optional("distributed", extra="distributed")
    with open_client(distributed, address) as client:
        check_workers(client, address)
        with parallel_config(make_dask_backend(client=client)):
            yield client


def open_client(distributed: Any, address: str) -> Any:
    """Open a connection to a scheduler, or raise a ValueError that names the address."""
    protocol, _, place = address.rpartition("://")
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal() or protocol not in _PROTOCOLS:
        raise ValueError(
            f"{address!r} is not the address of a scheduler of Dask: expected HOST:PORT or "
            "tcp://HOST:PORT, as `dask scheduler` prints it."
        )
    try:
        return distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"No scheduler of Dask answers at {address} ({_shorten(error)}). Start one with "
            "`dask scheduler`, and pass the address that it prints."
        ) from error


def check_workers(client: Any, address: str) -> None:
    """Raise unless the cluster has workers, all with the versions of this process."""
    try:
        client.wait_for_workers(1, timeout=_WORKER_SECONDS)
    except TimeoutError as error:
        raise ValueError(
            f"The scheduler at {address} has no workers. Start some with `dask worker {address} "
            "--nthreads 1 --nworkers 4`."
        ) from error
    expected = collect_versions()
    try:
        versions_by_worker = client.run(collect_versions)
    except Exception as error:
        raise ValueError(
            f"The workers of {address} cannot import sklvision ({_shorten(error)}). Install the "
            f"version {expected['sklvision']} there, too."
        ) from error
    differences = sorted(
        f"{name} {versions.get(name, 'absent')} instead of {number}"
        for name, number in expected.items()
        for versions in versions_by_worker.values()
        if versions.get(name) != number
    )
    if differences:
        text = ", ".join(dict.fromkeys(differences[:_MAX_DIFFERENCES]))
        raise ValueError(
            f"The workers of {address} have other versions than this process: {text}. Results "
            "would differ, and objects may be unreadable there: install the same versions."
        )


def _shorten(error: Exception) -> str:
    """Return the first line of an error's text, or its type."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
