"""Description of the service as OpenAPI, made for the model that it serves."""

from __future__ import annotations

from typing import Any

from sklvision._version import __version__
from sklvision.serving._model import ServedModel
from sklvision.serving._settings import ServiceSettings

Schema = dict[str, Any]

_ERRORS = {
    400: "The request is broken.",
    401: "A token is needed.",
    403: "The address is not allowed.",
    408: "The body did not arrive in time.",
    413: "There are too many bytes, pixels or samples.",
    415: "The type of the body is not one of those listed.",
    421: "The service is not known by this host name.",
    422: "The samples are not what the model takes.",
    503: "The server is busy; try again.",
}


def make_openapi(model: ServedModel, settings: ServiceSettings) -> Schema:
    """Make the description; it states what this model takes and these settings allow."""
    has_tokens = bool(settings.tokens)
    secure: Schema = {"security": [{"token": []}]} if has_tokens else {}
    names = [421] if settings.server_names else []
    auth = [401, *names] if has_tokens else names
    predict: Schema = {
        "post": {
            "summary": "Predict the labels of samples, in their order",
            "operationId": "predict",
            "parameters": [_CROP],
            "requestBody": {"required": True, "content": _describe_bodies(model, settings)},
            "responses": {
                "200": _describe_response("Predictions", "Predictions"),
                **_describe_errors([400, *auth, 408, 413, 415, 422, 503]),
            },
            **secure,
        }
    }
    # Without a host that is allowed, the call is always refused.
    predict["get"] = {
        "summary": "Predict the label of an image that is fetched from an allowed host",
        "operationId": "predict_from_url",
        "parameters": [_IMAGE_URL, _CROP],
        "responses": {
            "200": _describe_response("One prediction", "Predictions"),
            **_describe_errors([*auth, 403, 413, 422, 503]),
        },
        **secure,
    }
    schemas = {
        "Predictions": _make_object(
            {"predictions": {"type": "array", "items": _describe_answer(model)}}
        ),
        "Error": _make_object({"detail": {"type": "string", "description": "One sentence"}}),
        "Health": _make_object({"status": {"type": "string", "enum": ["ok"]}}),
        "Model": {"type": "object", "description": "Steps, classes, input, evidence"},
    }
    components: Schema = {"schemas": schemas}
    if has_tokens:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "sklvision", "version": __version__},
        "paths": {
            "/predict": predict,
            "/health": {
                "get": _describe_get("Tell whether the service answers", "Health", [*names, 503])
            },
            "/model": {"get": _describe_model(auth) | secure},
            "/metrics": {
                "get": _describe_text("List metrics for Prometheus", "text/plain", auth) | secure
            },
            "/": {"get": _describe_text("Show a page for browsers", "text/html", names)},
        },
        "components": components,
    }


_CROP: Schema = {
    "name": "crop",
    "in": "query",
    "description": "Whether answers show each image as the model saw it",
    "schema": {"type": "string", "enum": ["true", "false"], "default": "false"},
}
_IMAGE_URL: Schema = {
    "name": "image_url",
    "in": "query",
    "required": True,
    "description": "Address of the image, on a host that is allowed by name",
    "schema": {"type": "string", "minLength": 1, "format": "uri"},
}


def _describe_bodies(model: ServedModel, settings: ServiceSettings) -> Schema:
    bodies: Schema = {}
    if model.takes_images:
        files = {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "minItems": 1,
            "maxItems": settings.max_samples,
        }
        bodies["multipart/form-data"] = {"schema": _make_object({"files": files})}
    row: Schema = {"type": "array", "minItems": 1, "items": {"type": "number"}}
    if model.input_shape is not None:
        n_values = 1
        for side in model.input_shape:
            n_values *= side
        row |= {"minItems": n_values, "maxItems": n_values}
    rows = {"type": "array", "items": row, "minItems": 1, "maxItems": settings.max_samples}
    bodies["application/json"] = {"schema": _make_object({"spectra": rows})}
    bodies["text/csv"] = {
        "schema": {"type": "string", "description": "A line of column names, then the samples"}
    }
    return bodies


def _describe_answer(model: ServedModel) -> Schema:
    probability = {"type": "number", "minimum": 0, "maximum": 1.000001}
    label: Schema = {"description": "Label, of the type it had in training"}
    if model.labels:
        label["enum"] = model.labels
    answer = _make_object(
        {
            "label": label,
            "probabilities": {
                "type": ["object", "null"],
                "additionalProperties": probability,
                "description": "Probability by label; null if the model has none",
            },
            "warnings": {"type": "array", "items": {"type": "string"}},
        }
    )
    answer["properties"]["crop"] = {"type": "string", "description": "Image, as a data URL"}
    return answer


def _make_object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _describe_response(description: str, name: str, headers: Schema | None = None) -> Schema:
    schema = {"$ref": f"#/components/schemas/{name}"}
    content = {"description": description, "content": {"application/json": {"schema": schema}}}
    return content | ({"headers": headers} if headers else {})


def _describe_errors(statuses: list[int]) -> Schema:
    retry = {"Retry-After": {"schema": {"type": "string"}, "required": True}}
    return {
        str(status): _describe_response(_ERRORS[status], "Error", retry if status == 503 else None)
        for status in statuses
    }


def _describe_get(summary: str, name: str, statuses: list[int]) -> Schema:
    return {
        "summary": summary,
        "responses": {"200": _describe_response(summary, name), **_describe_errors(statuses)},
    }


def _describe_model(statuses: list[int]) -> Schema:
    """Describe the route that has facts as JSON, and the card as a page."""
    call = _describe_get("Describe the model", "Model", statuses)
    call["responses"]["200"]["content"]["text/html"] = {"schema": {"type": "string"}}
    return call


def _describe_text(summary: str, media_type: str, statuses: list[int]) -> Schema:
    content = {media_type: {"schema": {"type": "string"}}}
    return {
        "summary": summary,
        "responses": {"200": {"description": summary, "content": content}}
        | _describe_errors(statuses),
    }
