"""What `async` refuses to read of states, and why."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from imnot_core import FieldError
from imnot_patterns.polling import Polling
from tests.unit.patterns.world import datapoint

SUBMIT: dict[str, Any] = {
    "path": "/jobs",
    "response": {"generates_id": True, "id_body_field": "id"},
}
RESULT = {"method": "GET", "path": "/jobs/{id}/rows", "response": {"returns_payload": True}}
PENDING: dict[str, Any] = {"pending": {"body": {"state": "running"}}}
TWICE = {"ready": {"after_polls": 2}}


def status(**response: Any) -> dict[str, Any]:
    return {"method": "GET", "path": "/jobs/{id}", "response": response}


def faults(*endpoints: dict[str, Any], **more: Any) -> dict[str, str]:
    with pytest.raises(msgspec.ValidationError) as refused:
        datapoint(Polling, *endpoints, **more)
    cause = refused.value.__cause__
    assert isinstance(cause, FieldError), refused.value
    assert all(message and hint for _, message, hint in cause.faults), cause.faults
    return {field: f"{message}; {hint}" for field, message, hint in cause.faults}


def refusal(*endpoints: dict[str, Any], **more: Any) -> str:
    with pytest.raises(msgspec.ValidationError) as refused:
        datapoint(Polling, *endpoints, **more)
    return str(refused.value)


@pytest.mark.parametrize(
    ("ready", "field", "said"),
    [
        ({}, "after_polls", "nothing says when the work is done"),
        ({"on": "admin", "after_polls": 2}, "after_polls", "no effect beside on: admin"),
        ({"on": "admin", "after_seconds": 2}, "after_seconds", "no effect beside on: admin"),
    ],
)
def test_conditions_that_are_none(ready: dict[str, Any], field: str, said: str) -> None:
    found = faults(SUBMIT, status(**PENDING), ready=ready)

    assert list(found) == [field]
    assert said in found[field]


@pytest.mark.parametrize(
    ("ready", "named"),
    [
        ({"after_polls": 0}, "$.ready.after_polls"),
        ({"after_polls": 1.5}, "$.ready.after_polls"),
        ({"after_seconds": -1}, "$.ready.after_seconds"),
        ({"after_seconds": math.inf}, "$.ready.after_seconds"),
        ({"on": "test"}, "$.ready.on"),
        ({"after": 2}, "`after`"),
    ],
)
def test_conditions_with_wrong_values(ready: dict[str, Any], named: str) -> None:
    assert named in refusal(SUBMIT, status(**PENDING), ready=ready)


@pytest.mark.parametrize(
    ("more", "field", "said"),
    [
        ({}, "ready", "endpoints[1] is pending, and nothing says how long"),
        ({"strict_status": 422, **TWICE}, "strict", "strict_status has no effect"),
    ],
)
def test_a_pending_step_beside_a_datapoint_that_does_not_go_with_it(
    more: dict[str, Any], field: str, said: str
) -> None:
    found = faults(SUBMIT, status(**PENDING), **more)

    assert list(found) == [field]
    assert said in found[field]


@pytest.mark.parametrize(
    ("steps", "more", "field", "said"),
    [
        ([SUBMIT, RESULT], TWICE, "ready.after_polls", "no step declares pending"),
        ([SUBMIT, status()], {"ready": {"on": "admin"}}, "ready", "has no effect"),
        ([status(**PENDING)], TWICE, "endpoints", "no step hands out the ids"),
        ([RESULT], {"strict": True}, "endpoints", "no step hands out the ids"),
        ([SUBMIT, RESULT], {"expired_status": 404}, "expires_after_seconds", "is missing"),
        ([{**SUBMIT, "step": 1}, RESULT], {"strict": True}, "endpoints[1]", "has no number"),
        ([RESULT, SUBMIT], {"strict": True}, "endpoints[0].path", "before the step that hands"),
        (
            [{**SUBMIT, "step": 2}, {**RESULT, "step": 1}],
            {"strict": True},
            "endpoints[1].path",
            "put the step with generates_id first",
        ),
    ],
)
def test_steps_that_do_not_go_together(
    steps: list[dict[str, Any]], more: dict[str, Any], field: str, said: str
) -> None:
    found = faults(*steps, **more)

    assert field in found
    assert said in found[field]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"expires_after_seconds": 0}, "$.expires_after_seconds"),
        ({"expires_after_seconds": 60, "expired_status": 200}, "$.expired_status"),
        ({"strict": "yes"}, "$.strict"),
        ({"strict": True, "strict_status": 200}, "$.strict_status"),
    ],
)
def test_a_datapoint_with_wrong_values(more: dict[str, Any], named: str) -> None:
    assert named in refusal(SUBMIT, RESULT, **more)


@pytest.mark.parametrize(
    ("response", "field", "said"),
    [
        ({"pending": {"then": [{"body": 1}]}}, "after_polls", "from when on this is answered"),
        ({"pending": {"body": 1, "body_text": "1"}}, "body_text", "keep one of the two"),
        ({"pending": {"headers": {"A B": 1}}}, "headers", "no header name"),
        ({"fails_with": {"crash": {"body": math.nan}}}, "body", "body is nan"),
    ],
)
def test_an_answer_that_cannot_be(response: dict[str, Any], field: str, said: str) -> None:
    found = faults(SUBMIT, status(**{**PENDING, **response}), **TWICE)

    assert list(found) == [field]
    assert said in found[field]


STATES: dict[str, Any] = {"pending": {}, "fails_with": {"crash": {}}}


@pytest.mark.parametrize("key", STATES)
def test_a_submit_has_no_states(key: str) -> None:
    path = {"path": "/jobs/{id}"}

    found = faults({**SUBMIT, **path, "response": {**SUBMIT["response"], key: STATES[key]}})

    assert "no effect on a step that generates an id" in found[key]


@pytest.mark.parametrize("key", STATES)
def test_a_step_with_states_has_an_id_in_its_path(key: str) -> None:

    found = faults(SUBMIT, {"path": "/jobs/state", "response": {key: STATES[key]}}, **TWICE)

    assert f"has no segment {{id}}, which {key} takes the id from" in found["path"]


@pytest.mark.parametrize("field", ["body_text", "body_file", "content_type"])
def test_a_payload_is_the_only_body_of_a_result(field: str) -> None:
    response = {"returns_payload": True, field: "text/plain"}

    found = faults(SUBMIT, {**RESULT, "response": response})

    assert "answers with the payload" in found[field]


@pytest.mark.parametrize("field", ["body_text", "body_file"])
def test_an_id_goes_into_json_alone(field: str) -> None:
    response = {"generates_id": True, "id_body_field": "id", field: "text"}

    assert "use body, or id_header" in faults({**SUBMIT, "response": response})[field]
