"""A model served by uvicorn until a signal arrives."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from sklvision.serving._app import create_app
from sklvision.serving._host_check import LOOPBACK_NAMES
from sklvision.serving._settings import Resolver, ServiceSettings
from sklvision.utils._optional import import_optional


def serve_model(
    model: str | os.PathLike[str] | Any,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    allow_pickle: bool = False,
    verify: str | os.PathLike[str] | None = None,
    settings: ServiceSettings | None = None,
    resolver: Resolver | None = None,
    ssl_certfile: str | os.PathLike[str] | None = None,
    ssl_keyfile: str | os.PathLike[str] | None = None,
) -> None:
    """Serve a model over HTTP until the process gets SIGINT or SIGTERM.

    The address is printed when the server is ready. After the signal, it answers the requests that
    it has accepted.

    .. versionadded:: 0.1

    Parameters
    ----------
    model : str, path-like or estimator
        File of a model, or a fitted classifier.
    host : str, default="127.0.0.1"
        Address to listen on; ``"0.0.0.0"`` stands for all of the machine.
    port : int, default=8000
        Port to listen on; 0 takes any that is free.
    allow_pickle : bool, default=False
        Whether the file may be a pickle of ``joblib.dump``, which can run any code.
    verify : str or path-like, default=None
        File of the public ed25519 key that must have signed the archive (extra ``sign``).
    settings : ServiceSettings, default=None
        Limits, tokens and hosts; None takes the defaults.
    resolver : callable, default=None
        Resolver of the hosts that ``image_url`` names; None takes the system's.
    ssl_certfile : str or path-like, default=None
        Certificate, for HTTPS.
    ssl_keyfile : str or path-like, default=None
        Key of the certificate; None if it is in the file of the certificate.

    Raises
    ------
    FileNotFoundError
        If the file of the model does not exist.
    ValueError
        If it does not hold a fitted model, or the certificate and its key do not fit.
    OSError
        If the host is unknown or the port in use.

    See Also
    --------
    create_app : The application, for any other server.

    Examples
    --------
    >>> from sklvision.serving import serve_model
    >>> serve_model("missing.sklv", port=0)
    Traceback (most recent call last):
    ...
    FileNotFoundError: missing.sklv: does not exist, expected the file of a model.
    """
    import_optional("uvicorn", extra="serve")
    from sklvision.serving._server import Server

    check_certificate(ssl_certfile, ssl_keyfile)
    settings = settings or ServiceSettings()
    name = f"[{host}]" if ":" in host else host
    with bind_socket(host, port) as sock:  # before the time that loading a model takes
        if not settings.server_names and ip_address(sock.getsockname()[0]).is_loopback:
            settings = replace(settings, server_names=[*LOOPBACK_NAMES, name])
        app = create_app(
            model, allow_pickle=allow_pickle, verify=verify, settings=settings, resolver=resolver
        )
        scheme = "http" if ssl_certfile is None else "https"
        address = f"{scheme}://{name}:{sock.getsockname()[1]}"
        options = {"ssl_certfile": ssl_certfile, "ssl_keyfile": ssl_keyfile}
        Server(app, address, **options).run(sockets=[sock])


def check_certificate(
    certfile: str | os.PathLike[str] | None, keyfile: str | os.PathLike[str] | None
) -> None:
    """Raise if a certificate and its key cannot be used together."""
    if certfile is None:
        if keyfile is not None:
            raise ValueError("ssl_keyfile= needs ssl_certfile=, the certificate of the key.")
        return
    for path in (certfile, keyfile):
        if path is not None and not Path(path).is_file():
            raise FileNotFoundError(f"{path}: does not exist.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certfile, keyfile)
    except (ssl.SSLError, OSError) as error:
        raise ValueError(
            f"{certfile}: is not a certificate that fits its key ({error})."
        ) from error


def bind_socket(host: str, port: int) -> socket.socket:
    """Bind a socket to the first address of a host.

    Raises
    ------
    ValueError
        If there is no such port.
    OSError
        If the host is unknown, or the port is in use; the message names them.
    """
    if not 0 <= port < 2**16:
        raise ValueError(f"port={port} must be from 0 to {2**16 - 1}.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise OSError(f"{host}: is not the address of a host ({error.strerror}).") from error
    sock = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as error:
        sock.close()
        advice = (
            "Another program listens there; choose another port, or 0 for any free one."
            if error.errno == errno.EADDRINUSE
            else "Choose an address of this machine, and a port that you may use."
        )
        raise OSError(
            f"{host}:{port} cannot be listened on ({error.strerror}). {advice}"
        ) from error
    return sock
