"""Partners → a Postman collection (format v2.1): every request that can be sent, ready to send.

The shape is that of the published collection format; what is in it comes from the compiled
endpoints alone: their samples, and whether their datapoint takes a payload.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from imnot_core.compiled import PAYLOAD_ROUTES, CompiledDatapoint, CompiledPartner
from imnot_core.plugin import Endpoint, Sample
from imnot_core.routes.template import PARAMETER

SCHEMA: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
BASE: Final = "{{baseUrl}}"
SESSION_HEADER: Final = {"key": "X-Imnot-Session", "value": "", "disabled": True}
JSON: Final = "application/json"
PAYLOAD_SAMPLE: Final = Sample(body={"example": "value"})

Item = dict[str, Any]


def collection(partners: Sequence[CompiledPartner], base_url: str) -> dict[str, Any]:
    """A collection with a folder for each partner, and in it one for each datapoint.

    `base_url` is the server's address as its users see it; the collection's variable `baseUrl`.
    """
    return {
        "info": {
            "_postman_id": str(uuid4()),
            "name": "imnot",
            "description": "The mocked APIs that imnot serves, and the requests that set them up.",
            "schema": SCHEMA,
        },
        "item": [_partner(each) for each in partners],
        "variable": [{"key": "baseUrl", "value": base_url.rstrip("/"), "type": "string"}],
    }


def counts(partners: Sequence[CompiledPartner]) -> tuple[int, int]:
    """How many consumer requests and how many admin requests a collection of these has."""
    datapoints = [each for partner in partners for each in partner.datapoints]
    consumer = sum(len(each.compiled.endpoints) for each in datapoints)
    return consumer, sum(len(each.listed_admin()) for each in datapoints)


def _partner(partner: CompiledPartner) -> Item:
    return {
        "name": partner.name,
        "description": partner.partner.description,
        "item": [_datapoint(each) for each in partner.datapoints],
    }


def _datapoint(datapoint: CompiledDatapoint) -> Item:
    items = [
        _consumer_request(each, takes_payload=datapoint.compiled.takes_payload)
        for each in datapoint.compiled.endpoints
    ]
    if admin := list(_admin_requests(datapoint)):
        items.append({"name": "Admin", "item": admin})
    return {"name": datapoint.name, "description": datapoint.config.description, "item": items}


def _consumer_request(endpoint: Endpoint, *, takes_payload: bool) -> Item:
    sample = endpoint.sample or Sample()
    always = [SESSION_HEADER] if takes_payload else []
    request = _request(endpoint.method, endpoint.path, sample, always)
    return {"name": f"{endpoint.method.upper()} {endpoint.path}", "request": request}


def _admin_requests(datapoint: CompiledDatapoint) -> Iterator[Item]:
    """The requests that listings show, in their order."""
    samples: dict[tuple[str, str], Sample | None] = {
        (method, path): PAYLOAD_SAMPLE for method, path, _ in PAYLOAD_ROUTES if method == "POST"
    }
    samples |= {(each.method, each.path): each.sample for each in datapoint.compiled.admin}
    for method, path, _ in datapoint.listed_admin():
        relative = path.removeprefix(datapoint.admin_prefix)
        request = _request(method, path, samples.get((method, relative)) or Sample(), [])
        name = f"{method.upper()} /{'/'.join(request['url']['path'])}"
        yield {"name": name, "request": request}


def _request(method: str, path: str, sample: Sample, always: Sequence[Item]) -> Item:
    headers = dict(sample.headers or {})
    content_type = next((headers[each] for each in headers if each.lower() == "content-type"), "")
    request: Item = {"method": method.upper(), "header": [], "url": _url(path)}
    if sample.body is not None:
        if not content_type:
            headers["Content-Type"] = content_type = JSON
        request["body"] = _body(sample.body, content_type)
    request["header"] = [*_headers(headers), *map(dict, always)]
    return request


def _headers(headers: Mapping[str, str]) -> list[Item]:
    return [{"key": name, "value": value} for name, value in headers.items()]


def _body(body: Any, content_type: str) -> Item:
    # A sample that names another type is text of that type, written as it is to be sent.
    as_it_is = isinstance(body, str) and "json" not in content_type.lower()
    return {
        "mode": "raw",
        "raw": body if as_it_is else json.dumps(body, indent=2, ensure_ascii=False),
        "options": {"raw": {"language": "text" if as_it_is else "json"}},
    }


def _url(path: str) -> Item:
    parts = path.strip("/").split("/")
    segments = [_segment(part) for part in parts]
    url: Item = {"raw": f"{BASE}/{'/'.join(segments)}", "host": [BASE], "path": segments}
    names = [segment[1:] for segment in segments if segment.startswith(":")]
    if names:
        url["variable"] = [{"key": name, "value": ""} for name in names]
    return url


def _segment(part: str) -> str:
    """A segment as Postman writes it, whose variables are always whole segments.

    One that mixes text and parameters (`{id}.json`) becomes a variable of that name (`:id.json`).
    """
    if PARAMETER.search(part):
        return ":" + PARAMETER.sub(r"\1", part)
    return f"%3A{part[1:]}" if part.startswith(":") else part
