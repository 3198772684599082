"""Partners: listed, registered, deleted, reloaded, exported to Postman."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery

from imnot_core import registration
from imnot_core.compiled import CompiledPartner
from imnot_core.errors import PartnerError, PluginError, ReplyError
from imnot_core.models import NAME
from imnot_core.partners import decoded
from imnot_core.postman import collection
from imnot_core.reload import Deployment, changes
from imnot_core.server.deployer import Deployer
from imnot_core.server.openapi import Refusal, errors
from imnot_core.server.runtime import Runtime

BASE = "/imnot/admin/partners"
REQUEST_BODY = "request body"
REGISTERED = {
    200: ResponseSpec(
        data_container=dict[str, Any],
        description="The partner was overwritten.",
        generate_examples=False,
    ),
    **errors({413: "The body is larger than the limit."}),
    **errors(
        {
            409: "There is a partner of that name, or another one has its routes.",
            422: "The body is no valid partner file.",
        },
        Refusal,
    ),
}
UNDELETED = errors(
    {400: "An unsafe name, or a symbolic link in its folder.", 404: "There is no such partner."}
)
UNREADABLE = errors({500: "The partners folder cannot be read; nothing has changed."})
HttpRequest = Request[Any, Any, Any]


def partner_handlers(runtime: Runtime) -> tuple[Any, ...]:
    """The endpoints for one partner, and for all of them at once."""
    return (*_single(runtime), *_all(runtime))


def _single(runtime: Runtime) -> tuple[Any, ...]:
    deployer = runtime.deployer

    @get(BASE, tags=["partners"], responses=errors({400: "`details` is no truth value."}))
    async def list_partners(*, details: FromQuery[bool] = False) -> list[dict[str, Any]]:
        """List the loaded partners and their datapoints; `details=true` tells more of these."""
        return [_listed(each, details=details) for each in deployer.current.partners]

    @post(BASE, tags=["partners"], responses=REGISTERED)
    async def register(request: HttpRequest, force: FromQuery[str] = "") -> Response[Any]:
        """Check a partner file, write it and serve it; `force=true` overwrites."""
        body = await request.body()
        async with deployer.exclusive():
            return await _register(runtime, body, force=force.lower() == "true")

    @delete(f"{BASE}/{{name:str}}", status_code=200, tags=["partners"], responses=UNDELETED)
    async def delete_partner(name: FromPath[str]) -> dict[str, str]:
        """Delete a partner's folder; its routes are gone at once. Payloads in the store stay."""
        async with deployer.exclusive():
            await _delete(deployer, name)
        return {"status": "ok", "partner": name}

    return list_partners, register, delete_partner


def _all(runtime: Runtime) -> tuple[Any, ...]:
    deployer = runtime.deployer

    @post("/imnot/admin/reload", status_code=200, tags=["partners"], responses=UNREADABLE)
    async def reload() -> dict[str, Any]:
        """Read the partner files again and swap all routes at once."""
        async with deployer.exclusive():
            try:
                previous = await deployer.reload()
            except OSError as error:
                detail = f"The partners folder cannot be read: {error}"
                raise ReplyError(500, detail) from error
        for problem in deployer.current.refused:
            runtime.log.error("%s", problem)
        return _reloaded(previous, deployer.current)

    @get("/imnot/admin/postman", tags=["partners"])
    async def postman() -> dict[str, Any]:
        """Export a Postman collection (v2.1) of all partners."""
        return collection(deployer.current.partners, runtime.services.base_url)

    return reload, postman


async def _register(runtime: Runtime, body: bytes, *, force: bool) -> Response[Any]:
    deployer = runtime.deployer
    try:
        checked = registration.check(
            decoded(body, REQUEST_BODY),
            REQUEST_BODY,
            folder=deployer.folder,
            compiler=deployer.compiler,
            current=deployer.current,
            force=force,
        )
    except (registration.PartnerExists, registration.PartnerClash) as error:
        return _refusal(409, error)
    except PartnerError as error:
        return _refusal(422, error)
    try:
        previous = await _write_and_deploy(deployer, checked)
    except PluginError as error:  # its lifespan could not be entered
        return _refusal(422, error)
    made = changes(previous, deployer.current)
    result = checked.result(created=checked.created)
    result |= {"routes_added": made.added, "routes_conflicts": []}
    return Response(result, status_code=201 if checked.created else 200)


async def _delete(deployer: Deployer, name: str) -> None:
    if not NAME.match(name):
        raise ReplyError(400, f"{name!r} is no name of a partner")
    partner = deployer.current.partner(name)
    if partner is None:
        raise ReplyError(404, f"Partner not found: {name}")
    try:
        registration.remove(partner, deployer.folder)
    except PartnerError as error:
        raise ReplyError(400, str(error)) from error
    except OSError as error:
        raise ReplyError(500, f"{error.filename} cannot be deleted: {error}") from error
    others = [each for each in deployer.current.sources if each != partner.source]
    await deployer.put(others, partner.source.name)


async def _write_and_deploy(deployer: Deployer, checked: registration.Registration) -> Deployment:
    file = checked.file
    old = file.read_bytes() if file.exists() else None
    try:
        registration.write(checked)
    except OSError as error:
        raise ReplyError(500, f"{file} cannot be written: {error.strerror or error}") from error
    others = [each for each in deployer.current.sources if each.name != checked.source.name]
    try:
        return await deployer.put([*others, checked.source], checked.source.name)
    except BaseException:
        _restore(file, old)
        raise


def _restore(file: Path, old: bytes | None) -> None:
    if old is None:
        file.unlink(missing_ok=True)
        with suppress(OSError):  # there is something else in it
            file.parent.rmdir()
    else:
        registration.write_atomically(file, old)


def _refusal(status: int, error: Exception) -> Response[Any]:
    return Response({"status": "error", "detail": str(error)}, status_code=status)


def _reloaded(previous: Deployment, current: Deployment) -> dict[str, Any]:
    made = changes(previous, current)
    answer: dict[str, Any] = {
        "status": "partial" if current.refused else "ok",
        "updated": made.updated,
        "added": made.added,
        "conflicts": [str(each) for each in current.clashes],
    }
    # Only when there is something to tell: clients compare the answer to the documented one.
    if made.removed:
        answer["removed"] = made.removed
    if current.problems:
        answer["errors"] = [str(each) for each in current.problems]
    return answer


def _listed(partner: CompiledPartner, *, details: bool) -> dict[str, Any]:
    datapoints: list[Any] = [each.name for each in partner.datapoints]
    if details:
        datapoints = [
            {
                "name": each.name,
                "pattern": each.config.pattern,
                "description": each.config.description,
                "takes_payload": each.compiled.takes_payload,
                "endpoints": [
                    {"method": endpoint.method, "path": endpoint.path, "step": endpoint.step}
                    for endpoint in each.compiled.endpoints
                ],
            }
            for each in partner.datapoints
        ]
    description = partner.partner.description
    return {"partner": partner.name, "description": description, "datapoints": datapoints}
