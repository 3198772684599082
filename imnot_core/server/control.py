"""The Litestar application: admin endpoints, API plugins, OpenAPI, the lifespan of the server."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig

from imnot_core.errors import ImnotError, ReplyError, StoreError
from imnot_core.server.admin import controllers
from imnot_core.server.bodies import error_too_large
from imnot_core.server.lean import LeanLitestar
from imnot_core.server.openapi import AdminDocument
from imnot_core.server.runtime import Runtime
from imnot_core.server.templates import template_config

OPENAPI_PATH = "/imnot/openapi.json"


def create_control(runtime: Runtime) -> Litestar:
    """Make the application that answers whatever is not consumer traffic."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        async with runtime.running():
            yield

    handlers = [*controllers(runtime), *runtime.apis.controllers]
    return LeanLitestar(
        route_handlers=handlers,
        lifespan=[lifespan],
        exception_handlers={
            HTTPException: partial(_http_error, runtime.settings.body_limit),
            ReplyError: _reply_error,
            StoreError: _store_error,
            ImnotError: partial(_imnot_error, runtime.log),
            Exception: partial(_crash, runtime.log),
        },
        openapi_config=OpenAPIConfig(
            title="imnot admin API",
            version=version("imnot"),
            path=OPENAPI_PATH,
            render_plugins=[AdminDocument(runtime.deployer)],
            create_examples=False,
            use_handler_docstrings=True,
        ),
        template_config=template_config(runtime.apis.templates),
        request_max_body_size=runtime.settings.body_limit,
        # Litestar's own would take over the root logger of whoever runs the server.
        logging_config=None,
    )


def _http_error(
    body_limit: int, _request: Request[Any, Any, Any], error: HTTPException
) -> Response[Any]:
    if error.status_code == 413:
        too_large = error_too_large(body_limit)
        return Response({"detail": too_large.detail}, status_code=413, headers=too_large.headers)
    content: dict[str, Any] = {"detail": error.detail}
    if error.extra:
        content["extra"] = error.extra
    headers = dict(error.headers or {})
    return Response(content, status_code=error.status_code, headers=headers)


def _reply_error(_request: Request[Any, Any, Any], error: ReplyError) -> Response[Any]:
    return Response({"detail": error.detail}, status_code=error.status, headers=error.headers)


def _store_error(_request: Request[Any, Any, Any], error: StoreError) -> Response[Any]:
    return Response({"detail": f"The store cannot be used: {error}"}, status_code=503)


def _imnot_error(
    log: logging.Logger, request: Request[Any, Any, Any], error: ImnotError
) -> Response[Any]:
    log.error("%s %s failed: %s", request.method, request.url.path, error)
    return Response({"detail": str(error)}, status_code=500)


def _crash(log: logging.Logger, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    detail = f"{request.method} {request.url.path} failed: {type(error).__name__}: {error}"
    return Response({"detail": detail}, status_code=500)
