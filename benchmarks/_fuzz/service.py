"""Cases of the service: requests of every kind to one application in this process."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np

from benchmarks._fuzz import files, models
from benchmarks._fuzz.case import Case
from benchmarks._fuzz.samples import JUNK
from sklvision.serving import create_app


@cache
def open_client(kind: str) -> Any:
    """Start an application for a small model."""
    from starlette.testclient import TestClient

    client = TestClient(create_app(models.make_model_files()[f"{kind}_net"]))
    client.__enter__()
    return client


def try_request(case: Case) -> None:
    """Send one request; no answer may be an error of the server, and all numbers are finite."""
    kind = case.pick(("spectra", "images"))
    client = open_client(kind)
    path = case.pick(
        ("/predict",) * 6 + ("/model", "/health", "/metrics", "/", "/openapi.json", "/x")
    )
    method = case.pick(("POST",) * 6 + ("GET", "PUT", "HEAD"))
    body = _draw_body(case, kind) if method == "POST" else {}
    case.note(f"{method} {path} {str(body)[:300]}")
    response = client.request(method, path, **body)
    case.check(response.status_code != 500, "status 500", response.text[:300])
    case.check("Traceback" not in response.text, "traceback in an answer", response.text[:300])
    if response.status_code == 200 and path == "/predict" and method == "POST":
        for prediction in response.json()["predictions"]:
            probabilities = prediction.get("probabilities") or {}
            case.check_finite(list(probabilities.values()), "probabilities of an answer")


def _draw_body(case: Case, kind: str) -> dict[str, Any]:
    rows: Any = case.rng.normal(size=(case.pick((1, 2, 3, 0)), case.pick((8, 8, 8, 7, 0)))).tolist()
    if rows and case.has_luck(0.4):
        row = rows[0]
        value = case.pick((None, "x", 1e300, 10**400, True, [], {}, "1", -0.0))
        rows[0] = [value, *row[1:]] if case.has_luck(0.8) else case.pick((None, 1, "x", [], {}))
    structures: tuple[Any, ...] = (
        {"spectra": rows},
        {"spectra": rows},
        rows,
        {"x": rows},
        {},
        None,
        1,
    )
    content = json.dumps(case.pick(structures)).encode()
    if case.has_luck(0.2):
        content = bytes(files.change_bytes(content, case.random))
    images = [
        ("files", (f"{i}.png", files.encode_image(case))) for i in range(case.pick((1, 2, 0)))
    ]
    if images and case.has_luck(0.4):
        name, (file, data) = images[0]
        images[0] = (case.pick((name, "x")), (file, bytes(files.change_bytes(data, case.random))))
    types = (
        "application/json",
        "text/csv",
        "multipart/form-data; boundary=x",
        "x",
        "image/png",
        "",
    )
    table = ("\n".join(",".join(map(str, row)) for row in [range(8), *np.ones((2, 8))])).encode()
    return case.pick(
        (
            {"content": content, "headers": {"content-type": "application/json"}},
            {"content": content, "headers": {"content-type": "application/json"}},
            {"files": images},
            {"files": images},
            {"content": table, "headers": {"content-type": "text/csv"}},
            {"content": content, "headers": {"content-type": case.pick(types)}},
            {"content": files.encode_image(case), "headers": {"content-type": case.pick(types)}},
        )
    )


def try_application(case: Case) -> None:
    """Make an application of anything but a model, or with settings that are not valid."""
    from sklvision.serving import ServiceSettings

    names = list(ServiceSettings.__dataclass_fields__)
    settings = case.call(
        ServiceSettings,
        **{name: case.pick((*JUNK, 1, 5, ["a"])) for name in case.random.sample(names, 1)},
    )
    model = case.pick((*JUNK, models.make_model_files()["spectra_net"], files.write_any(case)))
    case.call(create_app, model, settings=settings)
