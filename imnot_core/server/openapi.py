"""The OpenAPI document of the admin API: what Litestar knows of it, and what only we know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import msgspec
from litestar import MediaType, Request
from litestar.openapi import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin

from imnot_core.compiler import ADMIN_PREFIX, CompiledDatapoint
from imnot_core.server.deployer import Deployer

_PARAMETER = re.compile(r"\{([^{}]+)\}")
_METHODS = frozenset(["get", "put", "post", "delete", "options", "head", "patch", "trace"])
_PAYLOAD = f"{ADMIN_PREFIX}/{{partner}}/{{datapoint}}/payload"
_BODIES = {
    f"{ADMIN_PREFIX}/partners": ("application/yaml", "A partner file.", {"type": "string"}),
    _PAYLOAD: ("application/json", "The payload: any JSON value.", {}),
    f"{_PAYLOAD}/session": ("application/json", "The payload: any JSON value.", {}),
}
_SESSION = {
    "name": "X-Imnot-Session",
    "in": "header",
    "description": "The session that the payload belongs to.",
    "schema": {"type": "string"},
}


class ErrorAnswer(msgspec.Struct):
    """What is wrong, in words."""

    detail: str


class Refusal(msgspec.Struct):
    """Why a partner is not registered."""

    status: str
    detail: str


def errors(causes: Mapping[int, str], answer: type = ErrorAnswer) -> dict[int, ResponseSpec]:
    """The answers of a handler that are no success, for its decorator."""
    return {
        status: ResponseSpec(data_container=answer, description=cause, generate_examples=False)
        for status, cause in causes.items()
    }


class AdminDocument(JsonRenderPlugin):
    """Serves the document at the path of the OpenAPI configuration itself."""

    def __init__(self, deployer: Deployer) -> None:
        super().__init__(path="/", media_type=MediaType.JSON)
        self._deployer = deployer

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Add the admin routes of the datapoints that are deployed at the moment."""
        document = deepcopy(openapi_schema)
        paths = document["paths"]
        for path, operations in paths.items():
            for method, operation in operations.items():
                _finish(operation, path, method)
        for partner in self._deployer.current.partners:
            for datapoint in partner.datapoints:
                _add(paths, datapoint)
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["adminKey"] = {"type": "http", "scheme": "bearer"}
        for path in (each for each in paths if each.startswith(ADMIN_PREFIX)):
            for operation in paths[path].values():
                operation["security"] = [{}, {"adminKey": []}]
        return super().render(request, document)


def _finish(operation: dict[str, Any], path: str, method: str) -> None:
    operation["summary"] = operation.pop("description", operation["summary"])
    # Litestar adds it to whatever has parameters, in a form that is not ours.
    if "Validation Exception" in str(operation["responses"].get("400")):
        del operation["responses"]["400"]
    if method == "post" and path in _BODIES:
        media_type, description, schema = _BODIES[path]
        content = {media_type: {"schema": schema}}
        operation["requestBody"] = {
            "description": description,
            "required": True,
            "content": content,
        }
    if path in {_PAYLOAD, f"{_PAYLOAD}/session"}:
        operation.setdefault("parameters", []).append(_SESSION)


def _add(paths: dict[str, Any], datapoint: CompiledDatapoint) -> None:
    for route in datapoint.compiled.admin:
        if route.method.lower() not in _METHODS:
            continue  # OpenAPI knows only these
        path = datapoint.admin_prefix + route.path
        paths.setdefault(path, {})[route.method.lower()] = {
            "tags": [f"{datapoint.partner}/{datapoint.name}"],
            "summary": route.summary or f"{route.method} {route.path}",
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in _PARAMETER.findall(path)
            ],
            "responses": {"200": {"description": "As the pattern documents it."}},
        }
