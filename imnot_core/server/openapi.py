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

from imnot_core.compiled import CompiledDatapoint
from imnot_core.registry_checks import ADMIN_PREFIX
from imnot_core.server.deployer import Deployer
from imnot_core.server.inputs import inputs_of

_PARAMETER = re.compile(r"\{([^{}]+)\}")
_METHODS = frozenset(["get", "put", "post", "delete", "options", "head", "patch", "trace"])


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
    text = operation.pop("description", operation["summary"])
    operation["summary"], _, rest = text.partition("\n\n")
    if rest:
        operation["description"] = rest
    # Litestar adds it to whatever has parameters, in a form that is not ours.
    if "Validation Exception" in str(operation["responses"].get("400")):
        del operation["responses"]["400"]
    operation.update(inputs_of(method, path, operation.get("parameters", ())))


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
