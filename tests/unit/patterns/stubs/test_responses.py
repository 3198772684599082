"""The action `response`: bodies, content types, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from imnot_core import Request
from imnot_patterns.stubs.actions import Answering, action_faults, answerer
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import Action
from tests.unit.patterns.stubs.acting import action, answer, answering, faults

pytestmark = pytest.mark.anyio

GET = Request.of("GET", "/")
BOTH_OR_NONE = "Exactly one of body or template_body must be provided."
ONE_ACTION = "Exactly one of response, proxy, or sse must be provided."


def response(**fields: Any) -> Action:
    return action(response={"status_code": 200, **fields})


def response_faults(**fields: Any) -> dict[str, str]:
    return faults(response={"status_code": 200, **fields})


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


class TestBody:
    @pytest.mark.parametrize("text", ["", "hello", "Grüße\n", '{"a": 1}'])
    async def test_a_text_is_sent_as_it_is_without_content_type(self, text: str) -> None:
        reply = await answer(response(body=text, status_code=201), GET)

        assert (reply.status, reply.headers, reply.body) == (201, (), text.encode())

    @pytest.mark.parametrize("body", [{"body": "x"}, {"template_body": "{{ request.path }}"}])
    async def test_how_the_answer_is_framed_is_not_the_stub_s(self, body: dict[str, str]) -> None:
        headers = {"Transfer-Encoding": "chunked", "X-A": "1"}
        reply = await answer(response(headers=headers, **body), GET)

        assert reply.headers == (("X-A", "1"),)

    @pytest.mark.parametrize(
        ("body", "sent"),
        [
            ({"b": 1, "a": ["ü", None]}, '{"b":1,"a":["ü",null]}'),
            ([], "[]"),
            (7, "7"),
            (1.5, "1.5"),
            (0, "0"),
            (False, "false"),
        ],
    )
    async def test_other_values_are_sent_as_compact_json(self, body: Any, sent: str) -> None:
        reply = await answer(response(body=body), GET)

        assert reply.body == sent.encode()
        assert reply.headers == (("Content-Type", "application/json"),)

    @pytest.mark.parametrize("body", ["text", {"a": 1}])
    async def test_a_given_content_type_stays_alone(self, body: Any) -> None:
        headers = {"X-A": "1", "content-TYPE": "application/hal+json"}
        reply = await answer(response(body=body, headers=headers), GET)

        assert reply.headers == tuple(headers.items())

    async def test_a_constant_answer_is_made_once(self) -> None:
        act = answerer(response(body={"a": 1}), answering())

        first, second = [await act(Seen.of(GET), GET, {}, None) for _ in range(2)]
        assert first is second

    async def test_a_rendered_answer_has_the_status_and_headers_of_the_stub(self) -> None:
        rendered = response(
            status_code=202, headers={"X-A": "{{ 1 }}"}, template_body="{{ request.query.n }}é"
        )
        reply = await answer(rendered, Request.of("GET", "/?n=%C3%A9"))

        assert (reply.status, reply.body) == (202, "éé".encode())
        assert reply.headers == (("X-A", "{{ 1 }}"),)

    async def test_path_parameters_scope_and_session_are_those_of_the_request(self) -> None:
        source = "{{ request.path_params.id }} {{ request.scope }} {{ request.session }}"
        reply = await answer(
            response(template_body=source),
            Request.of("GET", "/", session="s"),
            params={"id": "7"},
            scope="team-a",
        )

        assert reply.body == b"7 team-a s"


class TestFaults:
    @pytest.mark.parametrize("status", [-1, 0, 99, 100, 199, 600, 1000])
    def test_a_status_that_cannot_be_sent_is_one(self, status: int) -> None:
        found = response_faults(status_code=status, body="x")

        assert found == {
            "response.status_code": f"{status} is no status of an answer;"
            " write a number from 200 to 599"
        }

    @pytest.mark.parametrize("status", [200, 204, 304, 404, 599])
    def test_a_status_that_can_be_sent_is_none(self, status: int) -> None:
        assert response_faults(status_code=status, body="x") == {}

    @pytest.mark.parametrize("name", ["", "a b", "a:", "ä", "a\n"])
    def test_a_header_name_that_cannot_be_sent_is_one(self, name: str) -> None:
        assert list(response_faults(headers={name: "x"}, body="x")) == [f"response.headers.{name}"]

    @pytest.mark.parametrize("value", ["a\nb", "a\r", "€", "\0"])
    def test_a_header_value_that_cannot_be_sent_is_one(self, value: str) -> None:
        assert list(response_faults(headers={"X-A": value}, body="x")) == ["response.headers.X-A"]

    @pytest.mark.parametrize(
        ("body", "cause"),
        [
            ([float("nan")], "not JSON compliant"),
            ({"a": float("-inf")}, "not JSON compliant"),
            (nested(100_000), "nested too deep"),
            ({"a": "\ud800"}, "surrogates not allowed"),
            ("\ud800", "surrogates not allowed"),
        ],
    )
    def test_a_body_that_json_cannot_express_is_one(self, body: Any, cause: str) -> None:
        assert cause in response_faults(body=body)["response.body"]

    @pytest.mark.parametrize("body", ["", 0, False, {}, [], 10**30])
    def test_whatever_is_not_null_is_a_body(self, body: Any) -> None:
        assert response_faults(body=body) == {}

    @pytest.mark.parametrize("fields", [{}, {"body": "a", "template_body": ""}])
    def test_body_and_template_exclude_each_other(self, fields: dict[str, Any]) -> None:
        assert response_faults(**fields) == {"response": BOTH_OR_NONE}

    @pytest.mark.parametrize(
        "parts",
        [
            {},
            {"response": {"status_code": 200, "body": ""}, "proxy": {"url": "http://a"}},
            {"proxy": {"url": "http://a"}, "sse": {"events": [{"data": ""}]}},
        ],
    )
    def test_there_is_exactly_one_action(self, parts: dict[str, Any]) -> None:
        assert faults(**parts) == {"": ONE_ACTION}

    def test_all_are_told_at_once(self) -> None:
        found = action_faults(response(status_code=1, headers={"a b": "\n"}))

        assert len(found) == 4

    def test_an_action_that_says_nothing_has_no_answerer(self) -> None:
        with pytest.raises(ValueError, match="says nothing"):
            answerer(Action(), answering())


def test_who_renders_nothing_does_not_load_the_engine() -> None:
    using: Answering = answering()
    answerer(response(body="{{ nothing }}"), using)

    assert "templates" not in using.__dict__
