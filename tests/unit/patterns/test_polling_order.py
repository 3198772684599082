"""Which step of a flow may come next."""

from __future__ import annotations

from typing import Any

import pytest

from imnot_patterns.polling import Polling
from imnot_patterns.polling.order import Order
from tests.unit.patterns.world import datapoint

SUBMIT: dict[str, Any] = {"generates_id": True, "id_body_field": "id"}


def order(*steps: str) -> Order:
    """The order of steps, each a route; those to `/new…` are submits."""
    endpoints = []
    for each in steps:
        method, path = each.split(" ")
        response = SUBMIT if path.startswith("/new") else {}
        endpoints.append({"method": method, "path": path, "response": response})
    return Order(datapoint(Polling, *endpoints).endpoints)


STATE, ROWS, BYE = "GET /{id}", "GET /{id}/rows", "DELETE /{id}"


@pytest.mark.parametrize(
    ("done", "came", "expected"),
    [
        ("", STATE, None),
        ("", ROWS, STATE),
        ("", BYE, STATE),
        (STATE, STATE, None),
        (STATE, ROWS, None),
        (STATE, BYE, ROWS),
        (BYE, STATE, None),
        (BYE, BYE, None),
        ("GET /gone/{id}", ROWS, STATE),
    ],
)
def test_steps_repeat_and_come_one_by_one(done: str, came: str, expected: str | None) -> None:
    flow = order("POST /new", STATE, "GET /without", ROWS, BYE)

    assert flow.expected("POST /new", done, came) == expected


def test_several_submits_may_lead_to_the_same_steps() -> None:
    flow = order("POST /new", "PUT /new", STATE)

    assert flow.expected("PUT /new", "", STATE) is None
    assert flow.expected("POST /new", "", STATE) is None
    assert flow.beginnings(STATE) == "step 1 (POST /new) or step 2 (PUT /new)"


def test_an_id_stays_in_the_stretch_of_its_submit() -> None:
    flow = order("POST /new", STATE, "POST /new/more", ROWS, BYE)

    assert flow.expected("POST /new", STATE, ROWS) == STATE
    assert flow.expected("POST /new/more", "", STATE) == ROWS
    assert flow.expected("POST /new/more", ROWS, BYE) is None


def test_an_id_of_a_submit_that_is_no_longer_there_begins_where_it_comes() -> None:
    flow = order("POST /new", STATE, ROWS)

    assert flow.expected("POST /old", "", STATE) is None
    assert flow.expected("", "", ROWS) == STATE


def test_the_later_of_two_steps() -> None:
    flow = order("POST /new", STATE, ROWS)

    assert flow.further("", STATE) == STATE
    assert flow.further(STATE, ROWS) == ROWS
    assert flow.further(ROWS, STATE) == ROWS


def test_steps_are_called_by_their_number_or_their_place() -> None:
    numbered = [
        {"step": 7, "method": "GET", "path": "/{id}"},
        {"step": 3, "path": "/new", "response": SUBMIT},
    ]

    assert Order(datapoint(Polling, *numbered).endpoints).name(STATE) == "step 7 (GET /{id})"
    assert order("POST /new", STATE).name(STATE) == "step 2 (GET /{id})"
    assert order("POST /new").name("admin") == "admin"
