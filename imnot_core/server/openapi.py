"""The OpenAPI document of the admin API: what Litestar serves, and what the patterns add."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from litestar import MediaType, Request
from litestar.openapi.plugins import JsonRenderPlugin

from imnot_core.compiler import CompiledDatapoint
from imnot_core.server.deployer import Deployer

_PARAMETER = re.compile(r"\{([^{}]+)\}")


class AdminDocument(JsonRenderPlugin):
    """Serves the document at the path of the OpenAPI configuration itself."""

    def __init__(self, deployer: Deployer) -> None:
        super().__init__(path="/", media_type=MediaType.JSON)
        self._deployer = deployer

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Add the admin routes of the datapoints that are deployed at the moment."""
        document = deepcopy(openapi_schema)
        for partner in self._deployer.current.partners:
            for datapoint in partner.datapoints:
                _add(document["paths"], datapoint)
        return super().render(request, document)


def _add(paths: dict[str, Any], datapoint: CompiledDatapoint) -> None:
    for route in datapoint.compiled.admin:
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
