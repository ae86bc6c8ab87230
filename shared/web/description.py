"""The OpenAPI description, made to say what the edge and the desk do as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "trace_id": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
_ANY_PROBLEM = {
    "description": "A problem (RFC 9457)",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The same key with the same body is one request, however often it is sent.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-~]+$"},
}
_VERSION = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the version that the command was decided on.",
    "schema": {"type": "string", "pattern": '^"(0|[1-9][0-9]{0,8})"$'},
}


def describe(app: FastAPI) -> None:
    """Have `app.openapi()` tell of problems, idempotency keys and versions."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(plain())
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(schema: dict[str, Any]) -> None:
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    schema["security"] = [{"token": []}]
    for path, method, operation in _operations(schema):
        responses = operation.setdefault("responses", {})
        responses.pop("422", None)
        responses["default"] = _ANY_PROBLEM
        if method == "post" and path.startswith("/v1/") and path != "/v1/events":
            operation.setdefault("parameters", []).append(_KEY if path.count("/") == 2 else _VERSION)


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema.get("paths", {}).items():
        for method, operation in methods.items():
            if isinstance(operation, dict):
                yield path, method, operation
