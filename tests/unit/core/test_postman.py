"""The Postman collection: its shape, and what of the partners is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import jsonschema
import msgspec
import pytest

from imnot_core import (
    API_VERSION,
    AdminRoute,
    Compiled,
    Context,
    Datapoint,
    Endpoint,
    EndpointConfig,
    Endpoints,
    Reply,
    Request,
    Sample,
)
from imnot_core.compiled import CompiledPartner
from imnot_core.models import Source
from imnot_core.offline import offline_compiler
from imnot_core.postman import collection, counts
from imnot_core.settings import Settings
from imnot_core.testing.registry import GivenPlugins

URL = "http://imnot.test:8000"

PARTNER = """\
partner: acme
description: Makes everything
datapoints:
  - name: token
    pattern: oauth
    description: Log in
    endpoints: [{method: post, path: /token}]
  - name: orders
    pattern: fetch
    endpoints:
      - {method: GET, path: '/shops/{shop}/orders/{order}'}
  - name: rates
    pattern: push
    endpoints:
      - {method: POST, path: /rates, response: {callback_url_field: replyTo}}
      - {method: PUT, path: /rates, response: {callback_url_header: X-Reply-To}}
"""

# What the published format (v2.1.0) asks of the parts that are used here.
TEXT = {"type": "string"}
KEY_AND_VALUE = {
    "type": "object",
    "required": ["key", "value"],
    "properties": {"key": TEXT, "value": TEXT, "type": TEXT, "disabled": {"type": "boolean"}},
    "additionalProperties": False,
}
REQUEST = {
    "type": "object",
    "required": ["method", "header", "url"],
    "properties": {
        "method": TEXT,
        "header": {"type": "array", "items": KEY_AND_VALUE},
        "url": {
            "type": "object",
            "required": ["raw", "host", "path"],
            "properties": {
                "raw": TEXT,
                "host": {"const": ["{{baseUrl}}"]},
                "path": {"type": "array", "items": TEXT},
                "variable": {"type": "array", "items": KEY_AND_VALUE, "minItems": 1},
            },
            "additionalProperties": False,
        },
        "body": {
            "type": "object",
            "required": ["mode", "raw", "options"],
            "properties": {
                "mode": {"const": "raw"},
                "raw": TEXT,
                "options": {"properties": {"raw": {"properties": {"language": TEXT}}}},
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "required": ["info", "item"],
    "properties": {
        "info": {
            "required": ["name", "schema"],
            "properties": {
                "_postman_id": TEXT,
                "name": TEXT,
                "description": TEXT,
                "schema": {
                    "const": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
                },
            },
            "additionalProperties": False,
        },
        "item": {"$ref": "#/$defs/items"},
        "variable": {"type": "array", "items": KEY_AND_VALUE},
    },
    "additionalProperties": False,
    "$defs": {
        "items": {
            "type": "array",
            "items": {
                "required": ["name"],
                "properties": {
                    "name": TEXT,
                    "description": TEXT,
                    "item": {"$ref": "#/$defs/items"},
                    "request": REQUEST,
                },
                "oneOf": [{"required": ["item"]}, {"required": ["request"]}],
                "additionalProperties": False,
            },
        }
    },
}


class SampledEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """An endpoint of the pattern below."""


class SampledDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern below."""

    endpoints: Endpoints[SampledEndpoint]


async def nothing(_request: Request) -> Reply:
    return Reply.empty(204)


class Sampled:
    """What a plugin of somebody else may do: samples of its own, admin routes without payload."""

    name = "sampled"
    aliases = ()
    api_version = API_VERSION
    config = SampledDatapoint
    example = "- {name: sampled, pattern: sampled, endpoints: [{method: GET, path: /sampled}]}"
    sample = Sample(headers={"content-type": "text/csv"}, body="a,b\n1,2")

    def compile(self, datapoint: SampledDatapoint, context: Context) -> Compiled:
        endpoints = [
            Endpoint(each.method, each.path, nothing, sample=self.sample)
            for each in datapoint.endpoints
        ]
        admin = (
            AdminRoute("PUT", "/level/{level}", nothing, "Set it", sample=Sample(body=3)),
            AdminRoute("PUT", "/grade/{level}", nothing),
        )
        return Compiled(tuple(endpoints), admin)


def compiled(*texts: str) -> list[CompiledPartner]:
    compiler = offline_compiler(Settings(), GivenPlugins([Sampled]))
    return [compiler.compile(Source(f"{index}.yaml", text)) for index, text in enumerate(texts)]


def requests(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for each in item.get("item", ()):
        if "request" in each:
            yield each
        yield from requests(each)


def named(name: str, text: str = PARTNER) -> dict[str, Any]:
    (found,) = [each for each in requests(collection(compiled(text), URL)) if each["name"] == name]
    request: dict[str, Any] = found["request"]
    return request


def a_partner(path: str, pattern: str = "fetch") -> str:
    endpoint = msgspec.json.encode({"method": "GET", "path": path}).decode()
    return f"partner: p\ndatapoints: [{{name: d, pattern: {pattern}, endpoints: [{endpoint}]}}]"


def test_the_collection_has_the_published_format() -> None:
    made = collection(compiled(PARTNER, a_partner("/x", "sampled")), URL)

    jsonschema.Draft202012Validator(SCHEMA).validate(made)
    assert json.loads(json.dumps(made)) == made


def test_an_empty_collection_has_the_published_format() -> None:
    made = collection([], URL)

    jsonschema.Draft202012Validator(SCHEMA).validate(made)
    assert made["item"] == []


def test_every_collection_has_an_id_of_its_own() -> None:
    first, second = (collection([], URL)["info"]["_postman_id"] for _ in "ab")

    assert UUID(first).version == 4
    assert first != second


@pytest.mark.parametrize("url", [URL, f"{URL}/"])
def test_the_base_url_is_a_variable(url: str) -> None:
    made = collection([], url)

    assert made["info"]["name"] == "imnot"
    assert made["variable"] == [{"key": "baseUrl", "value": URL, "type": "string"}]


def test_partners_and_datapoints_are_folders() -> None:
    (partner,) = collection(compiled(PARTNER), URL)["item"]

    assert (partner["name"], partner["description"]) == ("acme", "Makes everything")
    assert [each["name"] for each in partner["item"]] == ["token", "orders", "rates"]
    assert partner["item"][0]["description"] == "Log in"


def test_requests_are_named_as_configured_and_admin_requests_follow_in_a_folder() -> None:
    (partner,) = collection(compiled(PARTNER), URL)["item"]
    base = "/imnot/admin/acme"
    names = [[each["name"] for each in datapoint["item"]] for datapoint in partner["item"]]
    admin = [each["name"] for each in requests(partner["item"][2]["item"][2])]

    assert names == [
        ["POST /token"],
        ["GET /shops/{shop}/orders/{order}", "Admin"],
        ["POST /rates", "PUT /rates", "Admin"],
    ]
    assert admin == [
        f"POST {base}/rates/payload",
        f"GET {base}/rates/payload",
        f"POST {base}/rates/payload/session",
        f"GET {base}/rates/payload/session/:session_id",
        f"POST {base}/rates/push/:request_id/retrigger",
    ]


def test_parameters_are_variables_of_the_url() -> None:
    assert named("GET /shops/{shop}/orders/{order}")["url"] == {
        "raw": "{{baseUrl}}/shops/:shop/orders/:order",
        "host": ["{{baseUrl}}"],
        "path": ["shops", ":shop", "orders", ":order"],
        "variable": [{"key": "shop", "value": ""}, {"key": "order", "value": ""}],
    }


@pytest.mark.parametrize(
    ("path", "written", "variables"),
    [
        ("/", "/", []),
        ("/a/b", "/a/b", []),
        ("/files/{name}.json", "/files/:name.json", ["name.json"]),
        ("/{from}-{to}", "/:from-to", ["from-to"]),
        ("/:literal/{id}", "/%3Aliteral/:id", ["id"]),
        ("/a:b", "/a:b", []),
    ],
)
def test_a_path_is_written_as_postman_reads_it(
    path: str, written: str, variables: list[str]
) -> None:
    url = named(f"GET {path}", a_partner(path))["url"]

    assert url["raw"] == "{{baseUrl}}" + written
    assert "/" + "/".join(url["path"]) == written
    assert [each["key"] for each in url.get("variable", [])] == variables


def test_requests_that_answer_with_a_payload_offer_the_session_header() -> None:
    session = {"key": "X-Imnot-Session", "value": "", "disabled": True}

    assert named("GET /shops/{shop}/orders/{order}")["header"] == [session]
    assert session in named("POST /rates")["header"]
    assert named("POST /token")["header"] == []
    assert named("GET /imnot/admin/acme/orders/payload")["header"] == []


def test_a_sample_body_is_json() -> None:
    request = named("POST /rates")

    assert request["header"][0] == {"key": "Content-Type", "value": "application/json"}
    assert request["body"]["options"] == {"raw": {"language": "json"}}
    assert json.loads(request["body"]["raw"]) == {"replyTo": "https://example.com/webhook"}


def test_a_sample_header_needs_no_body() -> None:
    request = named("PUT /rates")

    assert request["header"][0] == {"key": "X-Reply-To", "value": "https://example.com/webhook"}
    assert "body" not in request


@pytest.mark.parametrize("path", ["payload", "payload/session"])
def test_uploads_have_a_sample_body(path: str) -> None:
    request = named(f"POST /imnot/admin/acme/orders/{path}")

    assert request["header"] == [{"key": "Content-Type", "value": "application/json"}]
    assert isinstance(json.loads(request["body"]["raw"]), dict)


def test_other_admin_requests_have_none() -> None:
    assert "body" not in named("POST /imnot/admin/acme/rates/push/:request_id/retrigger")


def test_a_sample_of_another_type_is_kept_as_it_is() -> None:
    request = named("GET /x", a_partner("/x", "sampled"))

    assert request["header"] == [{"key": "content-type", "value": "text/csv"}]
    assert request["body"]["raw"] == "a,b\n1,2"
    assert request["body"]["options"] == {"raw": {"language": "text"}}


def test_admin_routes_that_are_listed_have_their_sample() -> None:
    made = collection(compiled(a_partner("/x", "sampled")), URL)
    admin = made["item"][0]["item"][0]["item"][1]

    assert [each["name"] for each in requests(admin)] == ["PUT /imnot/admin/p/d/level/:level"]
    assert admin["item"][0]["request"]["body"]["raw"] == "3"


def test_no_two_requests_share_what_one_might_change() -> None:
    made = collection(compiled(PARTNER), URL)
    for each in requests(made):
        each["request"]["header"].append({"key": "Authorization", "value": "x"})
        each["request"]["header"][0]["value"] = "changed"

    assert "changed" not in json.dumps(collection(compiled(PARTNER), URL))


@pytest.mark.parametrize("texts", [(), (PARTNER,), (PARTNER, a_partner("/x", "sampled"))])
def test_counts_are_those_of_the_collection(texts: tuple[str, ...]) -> None:
    partners = compiled(*texts)
    names = [each["name"] for each in requests(collection(partners, URL))]
    admin = sum(" /imnot/admin/" in name for name in names)

    assert counts(partners) == (len(names) - admin, admin)
