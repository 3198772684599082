"""`imnot routes`: every endpoint that would be served, without a server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import rich_click as click
from click.exceptions import Exit

from imnot_core.cli.columns import print_json
from imnot_core.cli.options import json_option, partners_option, plugin_option
from imnot_core.cli.workspace import Workspace
from imnot_core.errors import PluginError
from imnot_core.registry_checks import owned_prefixes

if TYPE_CHECKING:
    from imnot_core.compiled import CompiledDatapoint, CompiledPartner

INFRA: Final = (
    ("GET", "/healthz"),
    ("GET", "/imnot/admin/partners"),
    ("POST", "/imnot/admin/partners"),
    ("DELETE", "/imnot/admin/partners/{name}"),
    ("GET", "/imnot/admin/sessions"),
    ("POST", "/imnot/admin/sessions"),
    ("DELETE", "/imnot/admin/sessions"),
    ("GET", "/imnot/admin/sessions/{session_id}"),
    ("PATCH", "/imnot/admin/sessions/{session_id}"),
    ("DELETE", "/imnot/admin/sessions/{session_id}"),
    ("POST", "/imnot/admin/sessions/{session_id}/copy"),
    ("POST", "/imnot/admin/sessions/{session_id}/reset"),
    ("GET", "/imnot/admin/sessions/{session_id}/clock"),
    ("POST", "/imnot/admin/sessions/{session_id}/clock"),
    ("PUT", "/imnot/admin/overrides/{partner}/{datapoint}"),
    ("GET", "/imnot/admin/overrides/{partner}/{datapoint}"),
    ("DELETE", "/imnot/admin/overrides/{partner}/{datapoint}"),
    ("GET", "/imnot/admin/requests"),
    ("GET", "/imnot/admin/requests/{id}"),
    ("DELETE", "/imnot/admin/requests"),
    ("POST", "/imnot/admin/reload"),
    ("GET", "/imnot/admin/problems"),
    ("GET", "/imnot/admin/postman"),
    ("GET", "/imnot/docs"),
    ("GET", "/imnot/docs/partners"),
)
"""What every server answers, whatever the partners are."""


@click.command("routes")
@partners_option
@plugin_option
@json_option
@click.option("--strict", is_flag=True, help="End with exit code 1 if a partner file is refused.")
def command(
    partners_dir: str | None, plugins: tuple[str, ...], *, as_json: bool, strict: bool
) -> None:
    """List every endpoint that would be served.

    Reads the partner files only: no server is needed, and a running one is not asked.
    """
    workspace = Workspace(partners_dir=partners_dir, plugins=plugins)
    folder = workspace.folder()
    deployment = workspace.deployment(folder)
    partners = deployment.partners
    if as_json:
        described = [_described(each) for each in partners]
        print_json({"partners": described, "infra": _pairs(INFRA), "apis": dict(_apis(workspace))})
    elif not partners:
        click.echo(f"No partners found in {folder}.")
    else:
        for line in (*_lines(partners), *_api_lines(workspace)):
            click.echo(line)
    if strict and deployment.refused:
        raise Exit(1)


def _lines(partners: Sequence[CompiledPartner]) -> Iterator[str]:
    for partner in partners:
        yield ""
        name = click.style(partner.name.upper(), bold=True)
        yield f"{name}  {partner.partner.description}".rstrip()
        yield "  CONSUMER ENDPOINTS"
        for datapoint in partner.datapoints:
            for endpoint in datapoint.compiled.endpoints:
                pattern = f"  [{datapoint.config.pattern}]"
                yield _line(endpoint.method.upper(), endpoint.path) + pattern
        if admin := [pair for each in partner.datapoints for pair in _admin(each)]:
            yield "  ADMIN ENDPOINTS"
            yield from (_line(*pair) for pair in admin)
    yield ""
    yield "INFRA ENDPOINTS"
    yield from (_line(*pair) for pair in INFRA)


def _apis(workspace: Workspace) -> Iterator[tuple[str, list[str]]]:
    """Each management API that would be served, and the prefixes of its paths."""
    left_out = workspace.settings.without_apis
    for name in sorted({offer.name for offer in workspace.registry.apis()} - set(left_out)):
        with suppress(PluginError):  # `imnot patterns` tells of it
            yield name, list(owned_prefixes(workspace.registry.api(name).plugin))


def _api_lines(workspace: Workspace) -> Iterator[str]:
    if apis := list(_apis(workspace)):
        yield ""
        yield "MANAGEMENT APIS"
        yield from (_line("", f"{prefix}/…  [{name}]") for name, each in apis for prefix in each)


def _line(method: str, path: str) -> str:
    return f"    {method:<7} {path}"


def _admin(datapoint: CompiledDatapoint) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _ in datapoint.listed_admin()]


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"method": method, "path": path} for method, path in pairs]


def _described(partner: CompiledPartner) -> dict[str, Any]:
    return {
        "partner": partner.name,
        "description": partner.partner.description,
        "file": partner.source.name,
        "datapoints": [
            {
                "name": each.name,
                "pattern": each.config.pattern,
                "endpoints": [
                    {"method": one.method.upper(), "path": one.path, "step": one.step}
                    for one in each.compiled.endpoints
                ],
                "admin": _pairs(_admin(each)),
            }
            for each in partner.datapoints
        ],
    }
