"""The application: one model behind HTTP."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from sklvision.serving._batching import Batcher
from sklvision.serving._bodies import make_size_error, parse_files, read_body
from sklvision.serving._errors import RequestError, make_busy_error
from sklvision.serving._facts import CARD_HEADERS, describe_served_model, make_card
from sklvision.serving._fetch import ImageFetcher
from sklvision.serving._gate import Gate, Ticket
from sklvision.serving._host_check import HostCheck
from sklvision.serving._loading import load_served_model
from sklvision.serving._metrics import ServiceMetrics
from sklvision.serving._model import Answer, SampleJob, ServedModel
from sklvision.serving._monitor import SAMPLE_COUNT, RequestMonitor
from sklvision.serving._openapi import make_openapi
from sklvision.serving._page import Page
from sklvision.serving._settings import ANY_NAME, Resolver, ServiceSettings
from sklvision.utils._optional import import_optional

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

_FETCH_THREADS = 8
_FLAGS = {"true": True, "false": False}


def create_app(
    model: str | os.PathLike[str] | Any,
    *,
    allow_pickle: bool = False,
    verify: str | os.PathLike[str] | None = None,
    settings: ServiceSettings | None = None,
    resolver: Resolver | None = None,
) -> FastAPI:
    """Make an application of FastAPI that serves a model.

    ``sklvision serve`` runs it with uvicorn. Any ASGI server can run it, such as gunicorn with
    several workers; the model may be loaded before they are forked.

    .. versionadded:: 0.1

    Parameters
    ----------
    model : str, path-like or estimator
        File of a model, or a fitted classifier.
    allow_pickle : bool, default=False
        Whether the file may be a pickle of ``joblib.dump``, which can run any code.
    verify : str or path-like, default=None
        File of the public ed25519 key that must have signed the archive (extra ``sign``).
    settings : ServiceSettings, default=None
        Limits, tokens and hosts; None takes the defaults.
    resolver : callable, default=None
        Function of a host name and a port that returns addresses, for hosts that ``image_url``
        names. None takes the system's resolver.

    Returns
    -------
    app : FastAPI
        The application, with the routes ``/predict``, ``/health``, ``/model``, ``/metrics``,
        ``/openapi.json`` and ``/``, a page for browsers.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If it does not hold a fitted model, or is a pickle and ``allow_pickle`` is False.
    ImportError
        If the extra ``serve`` is not installed.

    See Also
    --------
    ServiceSettings : What limits a service.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.serving import create_app
    >>> X, y = make_spectra(60, random_state=0, return_X_y=True)
    >>> app = create_app(LogisticRegression(max_iter=1000).fit(X, y))
    >>> sorted(app.openapi()["paths"])
    ['/', '/health', '/metrics', '/model', '/predict']
    """
    fastapi = import_optional("fastapi", extra="serve")
    settings = settings or ServiceSettings()
    manifest = None
    if isinstance(model, str | os.PathLike):
        model, manifest = load_served_model(model, allow_pickle=allow_pickle, verify=verify)
    service = Service(ServedModel(model, settings), settings, manifest, resolver)
    app = fastapi.FastAPI(
        title="sklvision",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=service.run_with_app,
        exception_handlers={
            RequestError: _answer_request_error,
            404: _answer_http_error,
            405: _answer_http_error,
            500: _answer_unknown_error,
        },
    )
    app.state.service = service
    for path, methods, handler in (
        ("/", ["GET"], service.get_page),
        ("/health", ["GET"], service.get_health),
        ("/model", ["GET"], service.get_model),
        ("/metrics", ["GET"], service.get_metrics),
        ("/predict", ["GET", "POST"], service.predict),
    ):
        app.router.add_route(path, handler, methods=methods, include_in_schema=False)
    app.openapi = lambda: service.openapi
    if settings.server_names and ANY_NAME not in settings.server_names:
        app.add_middleware(HostCheck, names=settings.server_names)
    app.add_middleware(
        RequestMonitor, metrics=service.metrics, is_draining=lambda: service.is_draining
    )
    return app


class Service:
    """State of an application, and the handlers of its routes.

    Parameters
    ----------
    model : ServedModel
        The model.
    settings : ServiceSettings
        Limits, tokens and hosts.
    manifest : dict or None
        Manifest of the archive that the model was loaded from.
    resolver : callable or None
        Resolver of host names.
    """

    def __init__(
        self,
        model: ServedModel,
        settings: ServiceSettings,
        manifest: dict[str, Any] | None,
        resolver: Resolver | None,
    ) -> None:
        self.model, self.settings = model, settings
        self.is_draining = False
        self._gate = Gate(settings.max_requests, settings.max_held_bytes)
        self.metrics = ServiceMetrics(lambda: self._gate.n_requests)
        self._batcher = Batcher(model.compute, settings.max_batch)
        self._fetcher = ImageFetcher(
            settings.allow_hosts,
            max_bytes=settings.max_bytes,
            timeout=settings.read_timeout,
            resolver=resolver,
        )
        self._fetch_pool: ThreadPoolExecutor | None = None
        self._tokens = [token.encode() for token in settings.tokens]
        self._facts = describe_served_model(model, manifest)
        self._card = make_card(model, manifest)
        self._page = Page(model, has_card=self._card is not None and not self._tokens)
        self._loading_process = os.getpid()
        self.openapi = make_openapi(model, settings)

    @asynccontextmanager
    async def run_with_app(self, app: Any) -> AsyncIterator[None]:
        """Start the threads of the service, and end them with the application."""
        if os.getpid() != self._loading_process:
            limit_openmp_threads()
        self._fetch_pool = ThreadPoolExecutor(_FETCH_THREADS, thread_name_prefix="sklvision-fetch")
        self._batcher.start()
        await asyncio.get_running_loop().run_in_executor(None, self.model.warm_up)
        yield
        self._batcher.stop()
        self._fetch_pool.shutdown(wait=False, cancel_futures=True)

    async def predict(self, request: Request) -> Response:
        """Answer ``/predict``: by POST with samples, by GET with the address of an image."""
        self._check_token(request)
        if request.method != "POST":
            return await self._predict_from_url(request)
        with self._gate.admit() as ticket:
            return await self._predict_job(request, await self._read_job(request, ticket))

    async def _predict_from_url(self, request: Request) -> Response:
        url = request.query_params.get("image_url")
        if not url:
            raise RequestError(422, "The parameter image_url is missing.")
        has_crops = _has_flag(request, "crop")
        with self._gate.admit() as ticket:
            loop = asyncio.get_running_loop()
            fetching = loop.run_in_executor(self._fetch_pool, self._fetcher.fetch, url)
            try:
                # The fetcher has a timeout of its own, but the system's resolver has none.
                content = await asyncio.wait_for(fetching, self.settings.read_timeout + 1)
            except TimeoutError:
                raise RequestError(422, "The image could not be fetched in time.") from None
            ticket.hold(len(content))
            return await self._predict_job(request, SampleJob("images", [content], has_crops))

    async def _read_job(self, request: Request, ticket: Ticket) -> SampleJob:
        """Read a body, and take it for what its type says."""
        content_type, _, parameters = request.headers.get("content-type", "").partition(";")
        content_type = content_type.strip().lower()
        kind = {
            "multipart/form-data": "images",
            "application/json": "json",
            "text/csv": "csv",
        }.get(content_type)
        if kind is None:
            raise RequestError(
                415, "The body must be multipart/form-data, application/json or text/csv."
            )
        has_crops = _has_flag(request, "crop")
        max_bytes = self.settings.max_bytes
        if int(request.headers.get("content-length") or 0) > max_bytes:
            raise make_size_error(max_bytes)
        body = await read_body(
            request.receive,
            ticket=ticket,
            max_bytes=max_bytes,
            timeout=self.settings.read_timeout,
        )
        if kind == "images":
            files = parse_files(body, _find_boundary(parameters), self.settings.max_samples)
            return SampleJob(kind, files, has_crops)
        return SampleJob(kind, body)

    async def _predict_job(self, request: Request, job: SampleJob) -> Response:
        from fastapi import Response

        answers: list[Answer] = await self._batcher.submit(job, self.settings.predict_timeout)
        request.scope[SAMPLE_COUNT] = len(answers)
        self.metrics.count_predictions(answers)
        content = json.dumps({"predictions": answers}, allow_nan=False, ensure_ascii=False)
        return Response(content, media_type="application/json")

    async def get_health(self, request: Request) -> Response:
        """Answer ``GET /health``."""
        if self.is_draining:
            raise make_busy_error("The server is stopping.")
        return _make_json({"status": "ok"})

    async def get_model(self, request: Request) -> Response:
        """Answer ``GET /model``: with facts, or with the card where a page is preferred."""
        from fastapi import Response

        self._check_token(request)
        if self._card is None or not _is_page_preferred(request):
            return _make_json(self._facts)
        return Response(self._card, media_type="text/html", headers=CARD_HEADERS)

    async def get_metrics(self, request: Request) -> Response:
        """Answer ``GET /metrics``."""
        from fastapi import Response

        self._check_token(request)
        return Response(self.metrics.format_text(), media_type=self.metrics.content_type)

    async def get_page(self, request: Request) -> Response:
        """Answer ``GET /``."""
        from fastapi import Response

        return Response(self._page.content, media_type="text/html", headers=self._page.headers)

    def _check_token(self, request: Request) -> None:
        if not self._tokens:
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        content = token.strip().encode("utf-8", "replace")
        # All of them, so that the time does not depend on which one is right.
        matches = [compare_digest(content, valid_token) for valid_token in self._tokens]
        if scheme.lower() != "bearer" or not any(matches):
            raise RequestError(
                401,
                "A token is needed, as Authorization: Bearer TOKEN.",
                {"WWW-Authenticate": "Bearer"},
            )


def limit_openmp_threads() -> None:
    """Limit OpenMP to one thread in a process that was forked.

    The fork copied its record of threads without the threads: waiting for them would never end.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="openmp")


def _is_page_preferred(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    page, json_place = accept.find("text/html"), accept.find("application/json")
    return page >= 0 and (json_place < 0 or page < json_place)


def _has_flag(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "false")
    if text not in _FLAGS:
        raise RequestError(422, f"The parameter {name} must be true or false.")
    return _FLAGS[text]


def _find_boundary(parameters: str) -> str:
    multipart = import_optional("python_multipart.multipart", extra="serve")
    _, options = multipart.parse_options_header(f"multipart/form-data;{parameters}")
    boundary = options.get(b"boundary", b"").decode("latin-1")
    if not 0 < len(boundary) <= 70:
        raise RequestError(400, "The multipart form of the request has no boundary.")
    return boundary


def _make_json(content: dict[str, Any], status: int = 200, **options: Any) -> Response:
    from fastapi import Response

    text = json.dumps(content, allow_nan=False, ensure_ascii=False)
    return Response(text, status, media_type="application/json", **options)


async def _answer_request_error(request: Request, error: Exception) -> Response:
    status, headers = getattr(error, "status", 500), getattr(error, "headers", None)
    return _make_json({"detail": str(error)}, status, headers=headers)


async def _answer_http_error(request: Request, error: Any) -> Response:
    sentences = {404: "There is no such page.", 405: "The method is not allowed here."}
    return _make_json(
        {"detail": sentences[error.status_code]}, error.status_code, headers=error.headers
    )


async def _answer_unknown_error(request: Request, error: Exception) -> Response:
    return _make_json({"detail": "The server failed; its log has the reason."}, 500)
