from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from imnot_core import Request
from imnot_core.testing.contract.detached import Impure, detached_context
from imnot_core.testing.contract.examples import moved, partner_file, read, struct_places, with_key
from imnot_core.testing.contract.traffic import comparable, last_id
from imnot_core.testing.contract.witness import Witness
from imnot_core.yamlfile import read as read_yaml
from imnot_patterns.polling import Polling
from imnot_patterns.static import Static
from tests.unit.testing.samples import Plain

ONE = "6fa459ea-ee8a-4ca4-894e-db77e160355e"
TWO = "16fd2706-8baf-433b-82eb-8c7fada847da"


def response(body: str = "", status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers=headers, text=body)


def test_an_example_is_a_mapping_or_yaml_of_one_or_several() -> None:
    assert read({"name": "a"}) == [{"name": "a"}]
    assert read("name: a") == [{"name": "a"}]
    assert read("- name: a\n- name: b") == [{"name": "a"}, {"name": "b"}]


def test_an_example_is_never_changed() -> None:
    written: dict[str, Any] = {"name": "a", "endpoints": [{"path": "/x"}]}
    changed = moved(written, "p")
    assert changed == {"name": "a-p", "endpoints": [{"path": "/p/x"}]}
    assert with_key(written, ("endpoints", 0), "k")["endpoints"] == [{"path": "/x", "k": 1}]
    assert written == {"name": "a", "endpoints": [{"path": "/x"}]}


def test_a_partner_file_says_what_the_datapoints_said() -> None:
    (datapoint,) = read(Polling.example)
    data = read_yaml(partner_file([datapoint], "acme"), "it").data
    assert data == {"partner": "acme", "datapoints": [datapoint]}


def test_struct_places_are_those_whose_keys_are_known() -> None:
    datapoint = {
        "name": "x",
        "pattern": "static",
        "endpoints": [
            {"method": "GET", "path": "/x", "response": {"body": {"free": {}}, "headers": {}}},
            {"method": "GET", "path": "/y"},
        ],
    }
    assert struct_places(Static.config, datapoint) == [
        (),
        ("endpoints", 0),
        ("endpoints", 0, "response"),
        ("endpoints", 1),
    ]


def test_the_last_id_is_that_of_the_last_answer_that_had_one() -> None:
    assert last_id("id", []) == "1"
    assert last_id("id", [response("no id")]) == "1"
    seen = [response(location=f"/jobs/{ONE}"), response(f'{{"job": "{TWO}"}}'), response()]
    assert last_id("id", seen[:1]) == ONE
    assert last_id("id", seen) == TWO


def test_answers_compare_but_for_ids_and_the_time_they_were_sent() -> None:
    one = response(ONE, location=f"/jobs/{ONE}", date="today")
    two = response(TWO, location=f"/jobs/{TWO}", date="tomorrow")
    assert comparable(one) == comparable(two)
    assert comparable(one) != comparable(response(ONE, location="/jobs/1"))
    assert comparable(response("a")) != comparable(response("b"))
    assert comparable(response(status=201)) != comparable(response(status=200))


@pytest.mark.parametrize("use", ["store", "clock", "random"])
def test_a_detached_context_refuses_what_needs_a_server(use: str) -> None:
    context = detached_context("acme", "it")
    uses: dict[str, Callable[[], object]] = {
        "store": lambda: context._services.store.get("a", "b"),
        "clock": lambda: context.clock.time(),  # noqa: PLW0108 - to get it is part of its use
        "random": context.new_id,
    }
    with pytest.raises(Impure, match=r"compile\(\) used .*pure"):
        uses[use]()
    assert context.base_url
    context.log.debug("may be used")


@pytest.mark.anyio
async def test_a_witness_passes_everything_on_and_remembers_it() -> None:
    witness = Witness(Plain())
    assert (witness.name, witness.config) == (Plain.name, Plain.config)
    (example,) = read(Plain.example)
    datapoint = msgspec.convert(example, Plain.config)
    compiled = witness.compile(datapoint, detached_context("acme", "it"))
    request = Request.of("POST", "/it")
    reply = await compiled.endpoints[0].handler(request)
    (handled,) = witness.handled
    assert (handled.request, handled.reply) == (request, reply)
    assert witness.changes == []
