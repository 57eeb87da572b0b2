"""``sklvision serve``: a model behind HTTP."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sklvision.cli._arguments import make_command, make_integer_type, parse_seconds
from sklvision.cli._errors import convert_errors
from sklvision.cli._models import MODEL_FILE, add_verify_option

_TOKEN_VARIABLE = "SKLVISION_TOKENS"
_LIMITS = (
    *("max_bytes", "max_pixels", "max_samples", "max_requests", "max_batch"),
    *("read_timeout", "predict_timeout"),
)
_EPILOG = f"""\
MODEL is an archive (.sklv), an ONNX file (.onnx) or, with --allow-pickle, a file of joblib.dump,
which can run any code.

  POST /predict    images as a form with the field files, spectra as JSON
                   {{"spectra": [[...], ...]}}, or a csv with a line of column names
  GET  /predict?image_url=ADDRESS
                   an image from a host that --allow-host names
  GET  /           a page for browsers, also on a phone
  GET  /health /model /metrics /openapi.json

If the environment variable {_TOKEN_VARIABLE} holds tokens, separated by commas, clients must send
one as Authorization: Bearer TOKEN. Requests are logged on standard error, without their content.

examples:
  sklvision serve nails.sklv
  curl -F files=@nail.jpg http://127.0.0.1:8000/predict
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = make_command(
        commands,
        "serve",
        run=run,
        help="answer requests for predictions over HTTP",
        description="Answer requests for predictions over HTTP.",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    parser.add_source(MODEL_FILE, help="file of the model (see below)")
    add("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    add("--port", type=make_integer_type(0), default=8000, help="port (default: 8000; 0: any)")
    add("--ssl-certfile", type=Path, metavar="FILE", help="certificate, for HTTPS")
    add("--ssl-keyfile", type=Path, metavar="FILE", help="key of the certificate")
    add("--allow-pickle", action="store_true", help="load a pickle, which can run any code")
    add_verify_option(add)
    add(
        "--allow-host",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="host that image_url may name (repeatable; default: none); a local or private "
        "address also needs itself and its port listed",
    )
    add(
        "--server-name",
        action="append",
        default=[],
        metavar="NAME",
        help="host name by which clients may address the service (repeatable; '*': any; default: "
        "any, but on an address of this machine alone only its own names)",
    )
    positive = make_integer_type(1)
    for name, value, text in (
        ("bytes", "32 MiB", "bytes of a request"),
        ("pixels", "50,000,000", "pixels of an image"),
        ("samples", "4,096", "samples of a request"),
        ("requests", "256", "requests that are held at one time; further ones get status 503"),
        ("batch", "64", "samples that the model computes together"),
    ):
        add(f"--max-{name}", type=positive, metavar="N", help=f"most {text} (default: {value})")
    for name, seconds, text in (
        ("read", 20, "the header of a request, and then its body, must arrive"),
        ("predict", 30, "a request that was read must be answered"),
    ):
        add(
            f"--{name}-timeout",
            type=parse_seconds,
            metavar="SECONDS",
            help=f"time in which {text} (default: {seconds})",
        )
    add("--quiet", action="store_true", help="do not log requests")


def run(args: argparse.Namespace) -> int:
    """Collect the settings and serve."""
    with convert_errors():
        from sklvision.serving import ServiceSettings, serve_model

        limits = {name: value for name in _LIMITS if (value := getattr(args, name)) is not None}
        tokens = [token.strip() for token in os.environ.get(_TOKEN_VARIABLE, "").split(",")]
        settings = ServiceSettings(
            **limits,
            tokens=list(filter(None, tokens)),
            allow_hosts=args.allow_host,
            server_names=args.server_name,
        )
        with _write_log(args.quiet):
            serve_model(
                args.model,
                host=args.host,
                port=args.port,
                allow_pickle=args.allow_pickle,
                verify=args.verify,
                settings=settings,
                ssl_certfile=args.ssl_certfile,
                ssl_keyfile=args.ssl_keyfile,
            )
    return 0


@contextmanager
def _write_log(is_quiet: bool) -> Iterator[None]:
    """Write the log of requests and faults on standard error while a model is served."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    loggers = [logging.getLogger(name) for name in ("sklvision.serving", "uvicorn.error")]
    loggers[0].setLevel(logging.WARNING if is_quiet else logging.INFO)
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
            logger.propagate = True
