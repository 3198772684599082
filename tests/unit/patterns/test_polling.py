"""The pattern `async`, also called `polling`."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec
import pytest

from imnot_core import PayloadMissing, Reply, ReplyError
from imnot_patterns.polling import Polling
from tests.unit.patterns.world import UUID4, Mounted, World, faults, refusal

pytestmark = pytest.mark.anyio

UNKNOWN = "5f0c4d4e-0000-4000-8000-000000000000"

IN_HEADER = {
    "generates_id": True,
    "id_header": "Location",
    "id_header_value": "/things/{id}",
}
IN_BODY = {"generates_id": True, "id_body_field": "jobId"}
SUBMIT = {"step": 1, "method": "POST", "path": "/things", "response": IN_HEADER}
STATUS = {
    "step": 2,
    "method": "HEAD",
    "path": "/things/{id}",
    "response": {"status": 201, "headers": {"Status": "COMPLETED"}},
}
RESULT = {
    "step": 3,
    "method": "GET",
    "path": "/things/{id}",
    "response": {"returns_payload": True},
}


@pytest.fixture
def flow(world: World) -> Mounted:
    return world.mount(Polling, SUBMIT, STATUS, RESULT)


def id_in(reply: Reply) -> str:
    found = re.fullmatch(f"/things/({UUID4})", dict(reply.headers)["Location"])
    assert found
    return found[1]


async def submit(world: World, response: dict[str, Any], **request: Any) -> Reply:
    return await world.mount(Polling, {"response": response})("POST", "/things", **request)


class TestSubmit:
    async def test_in_the_header_the_answer_is_202_and_has_nothing_else(
        self, flow: Mounted
    ) -> None:
        reply = await flow("POST", "/things")

        assert reply.status == 202
        assert [name for name, _ in reply.headers] == ["Location"]
        assert id_in(reply)
        assert reply.body == b""
        assert (b"content-length", b"0") in reply.start["headers"]

    async def test_the_id_stands_wherever_the_value_says(self, world: World) -> None:
        value = "id={id}; again={id}"
        reply = await submit(world, {**IN_HEADER, "id_header": "X-Job", "id_header_value": value})

        assert re.fullmatch(f"id=({UUID4}); again=\\1", dict(reply.headers)["X-Job"])

    async def test_in_the_body_the_answer_is_an_object_with_the_id(self, world: World) -> None:
        reply = await submit(world, IN_BODY)

        assert reply.status == 202
        assert re.fullmatch(f'{{"jobId":"{UUID4}"}}', reply.body.decode())
        assert reply.headers == (("Content-Type", "application/json"),)

    async def test_the_id_is_added_to_the_body_and_replaces_a_field_of_its_name(
        self, world: World
    ) -> None:
        body = {"state": "queued", "jobId": "none", "tries": 0}
        reply = await submit(world, {**IN_BODY, "body": body})

        answered = msgspec.json.decode(reply.body)
        assert re.fullmatch(UUID4, answered["jobId"])
        assert answered == {**body, "jobId": answered["jobId"]}

    async def test_a_body_written_as_json_text_is_added_to_as_well(self, world: World) -> None:
        reply = await submit(world, {**IN_BODY, "body": '{"state": "queued"}'})

        assert list(msgspec.json.decode(reply.body)) == ["state", "jobId"]

    @pytest.mark.parametrize("delivery", [IN_HEADER, IN_BODY])
    async def test_status_and_headers_are_sent(
        self, world: World, delivery: dict[str, Any]
    ) -> None:
        reply = await submit(world, {**delivery, "status": 200, "headers": {"Retry-After": 3}})

        assert reply.status == 200
        assert ("Retry-After", "3") in reply.headers

    @pytest.mark.parametrize("body", [b"", b"{broken", b"\xff"])
    async def test_the_request_body_is_ignored(self, flow: Mounted, body: bytes) -> None:
        assert (await flow("POST", "/things", body=body)).status == 202

    async def test_every_submit_hands_out_another_id(self, flow: Mounted) -> None:
        ids = {id_in(await flow("POST", "/things")) for _ in range(20)}

        assert len(ids) == 20


class TestResult:
    async def test_the_payload_is_answered_as_uploaded(self, world: World, flow: Mounted) -> None:
        job = id_in(await flow("POST", "/things"))
        await world.upload(b'{ "state": "done" }')

        reply = await flow("GET", f"/things/{job}")

        assert (reply.status, reply.body) == (200, b'{ "state": "done" }')
        assert reply.headers == (("Content-Type", "application/json"),)

    async def test_status_and_headers_are_sent(self, world: World) -> None:
        response = {"returns_payload": True, "status": 203, "headers": {"ETag": '"1"'}}
        flow = world.mount(Polling, SUBMIT, {**RESULT, "response": response})
        job = id_in(await flow("POST", "/things"))
        await world.upload(b"1")

        reply = await flow("GET", f"/things/{job}")

        assert reply.status == 203
        assert ("ETag", '"1"') in reply.headers

    async def test_an_id_that_was_not_handed_out_is_404_by_name(
        self, world: World, flow: Mounted
    ) -> None:
        await world.upload(b"1")

        with pytest.raises(ReplyError, match=UNKNOWN) as unknown:
            await flow("GET", f"/things/{UNKNOWN}")

        assert unknown.value.status == 404

    async def test_an_id_of_another_datapoint_is_unknown(self, world: World, flow: Mounted) -> None:
        other = world.mount(Polling, SUBMIT, RESULT, name="others")
        elsewhere = world.mount(Polling, SUBMIT, RESULT, partner="globex")
        job = id_in(await flow("POST", "/things"))

        for each in (other, elsewhere):
            with pytest.raises(ReplyError, match=job):
                await each("GET", f"/things/{job}")

    async def test_without_a_payload_it_is_404_and_names_the_datapoint(self, flow: Mounted) -> None:
        job = id_in(await flow("POST", "/things"))

        with pytest.raises(PayloadMissing, match="acme/things"):
            await flow("GET", f"/things/{job}")

    async def test_the_session_of_the_result_request_decides(
        self, world: World, flow: Mounted
    ) -> None:
        job = id_in(await flow("POST", "/things", session="a"))
        await world.upload(b"0")
        await world.upload(b"1", session="a")
        await world.upload(b"2", session="b")

        answers = {each: await flow("GET", f"/things/{job}", session=each) for each in "ab"}

        assert {each: reply.body for each, reply in answers.items()} == {"a": b"1", "b": b"2"}
        assert (await flow("GET", f"/things/{job}")).body == b"0"

    async def test_a_session_without_the_payload_does_not_get_the_global_one(
        self, world: World, flow: Mounted
    ) -> None:
        job = id_in(await flow("POST", "/things", session="a"))
        await world.upload(b"0")

        with pytest.raises(PayloadMissing, match="session 'a'"):
            await flow("GET", f"/things/{job}", session="a")

    async def test_without_session_and_global_payload_that_of_the_submit_is_answered(
        self, world: World, flow: Mounted
    ) -> None:
        job = id_in(await flow("POST", "/things", session="a"))
        await world.upload(b"1", session="a")

        assert (await flow("GET", f"/things/{job}")).body == b"1"

    async def test_an_id_lives_on_when_the_datapoint_is_compiled_again(
        self, world: World, flow: Mounted
    ) -> None:
        job = id_in(await flow("POST", "/things"))
        await world.upload(b"1")

        again = world.mount(Polling, SUBMIT, STATUS, RESULT, pattern="polling")

        assert (await again("GET", f"/things/{job}")).body == b"1"

    async def test_deleting_the_session_forgets_its_ids(self, world: World, flow: Mounted) -> None:
        job = id_in(await flow("POST", "/things", session="a"))
        await world.upload(b"0")
        await world.services.sessions.delete("a")

        with pytest.raises(ReplyError, match=job):
            await flow("GET", f"/things/{job}")


class TestFixedSteps:
    async def test_without_a_body_the_answer_is_empty(self, flow: Mounted) -> None:
        reply = await flow("HEAD", f"/things/{UNKNOWN}")

        assert (reply.status, reply.body) == (201, b"")
        assert reply.headers == (("Status", "COMPLETED"),)
        assert (b"content-length", b"0") in reply.start["headers"]

    @pytest.mark.parametrize(
        ("body", "sent"),
        [({"s": 1}, b'{"s":1}'), ({}, b"{}"), (False, b"false"), ("[]", b"[]"), ("up", b'"up"')],
    )
    async def test_a_body_is_sent_as_json(self, world: World, body: Any, sent: bytes) -> None:
        mounted = world.mount(Polling, {"response": {"body": body}})

        reply = await mounted("POST", "/things")

        assert (reply.status, reply.body) == (200, sent)
        assert reply.headers == (("Content-Type", "application/json"),)

    async def test_the_reply_object_is_made_once(self, flow: Mounted) -> None:
        first = await flow("HEAD", f"/things/{UNKNOWN}")

        assert await flow("HEAD", "/things/other") is first

    async def test_a_submit_may_have_a_body_beside_the_header(self, world: World) -> None:
        reply = await world.mount(Polling, {"response": {**IN_HEADER, "body": {"a": 1}}})(
            "POST", "/things"
        )

        assert (reply.status, reply.body) == (202, b'{"a":1}')
        assert dict(reply.headers)["Location"].startswith("/things/")

    async def test_a_response_may_be_left_out(self, world: World) -> None:
        reply = await world.mount(Polling, {})("POST", "/things")

        assert (reply.status, reply.body, reply.headers) == (200, b"", ())


class TestSteps:
    async def test_no_endpoint_is_lost_without_step_numbers(self, world: World) -> None:
        steps = [
            {"method": "GET", "path": f"/things/{n}", "response": {"body": {"n": n}}}
            for n in range(7)
        ]
        mounted = world.mount(Polling, *steps)

        bodies = [(await mounted("GET", f"/things/{n}")).body for n in range(7)]

        assert bodies == [b'{"n":%d}' % n for n in range(7)]
        assert [each.step for each in mounted.compiled.endpoints] == [None] * 7

    async def test_steps_keep_their_numbers_and_the_order_of_the_file(self, world: World) -> None:
        compiled = world.mount(Polling, RESULT, SUBMIT, STATUS).compiled

        assert [each.step for each in compiled.endpoints] == [3, 1, 2]
        assert [each.summary for each in compiled.endpoints] == ["Result", "Submit", "Fixed answer"]

    async def test_a_flow_may_have_several_submits_and_results(self, world: World) -> None:
        batch = {**SUBMIT, "step": 4, "path": "/batches", "response": IN_BODY}
        last = {**RESULT, "step": 5, "path": "/batches/{id}"}
        flow = world.mount(Polling, SUBMIT, RESULT, batch, last)
        await world.upload(b"1")

        job = msgspec.json.decode((await flow("POST", "/batches")).body)["jobId"]

        assert (await flow("GET", f"/things/{job}")).body == b"1"
        assert (await flow("GET", f"/batches/{job}")).body == b"1"

    async def test_it_takes_payloads(self, flow: Mounted) -> None:
        assert flow.compiled.takes_payload

    def test_a_repeated_step_is_refused_and_names_the_other_one(self) -> None:
        found = faults(Polling, SUBMIT, STATUS, {**RESULT, "step": 1})

        assert list(found) == ["endpoints[2].step"]
        assert "step 1 is already POST /things" in found["endpoints[2].step"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("response", "field", "said"),
        [
            ({"generates_id": True}, "generates_id", "id_body_field, or id_header and id_header_v"),
            ({"id_header": "Location"}, "id_header", "add generates_id: true"),
            ({"id_header_value": "/{id}"}, "id_header_value", "add generates_id: true"),
            ({"id_body_field": "id"}, "id_body_field", "add generates_id: true"),
            ({**IN_HEADER, "id_body_field": "id"}, "id_body_field", "id_header is there too"),
            ({"generates_id": True, "id_header": "A"}, "id_header", "add id_header_value"),
            ({"generates_id": True, "id_header_value": "{id}"}, "id_header_value", "id_header"),
            ({**IN_HEADER, "id_header_value": "/jobs"}, "id_header_value", "'/jobs' has no {id}"),
            ({**IN_HEADER, "id_header": "A B"}, "id_header", "'A B' is no header name"),
            ({**IN_HEADER, "id_header_value": "{id}\n"}, "id_header", "Location cannot be sent"),
            ({**IN_HEADER, "headers": {"location": "/"}}, "headers", "Location is the header"),
            ({**IN_BODY, "body": [1]}, "body", "must be an object"),
            ({**IN_BODY, "body": "text"}, "body", "must be an object"),
            ({**IN_BODY, "status": 204}, "status", "204 has no body"),
            ({"body": math.nan}, "body", "body is nan"),
            ({**IN_BODY, "body": {1: 2}}, "body", "the key 1 in body is no text"),
        ],
    )
    def test_keys_that_do_not_go_together(
        self, response: dict[str, Any], field: str, said: str
    ) -> None:
        found = faults(Polling, {"response": response})

        assert list(found) == [field]
        assert said in found[field]

    def test_a_step_cannot_be_submit_and_result(self) -> None:
        response = {**IN_BODY, "returns_payload": True}

        found = faults(Polling, {"path": "/things/{id}", "response": response})

        assert "make two steps of it" in found["returns_payload"]

    def test_a_result_has_no_body_of_its_own(self) -> None:
        found = faults(
            Polling, {"path": "/{id}", "response": {"returns_payload": True, "body": {}}}
        )

        assert "delete body or returns_payload" in found["body"]

    @pytest.mark.parametrize("path", ["/things", "/things/{job}", "/things/id"])
    def test_a_result_needs_the_id_in_its_path(self, path: str) -> None:
        found = faults(Polling, {"path": path, "response": {"returns_payload": True}})

        assert "has no segment {id}" in found["path"]

    def test_all_faults_of_a_response_are_named_at_once(self) -> None:
        response = {"id_header": "A", "id_body_field": "id", "body": math.inf}

        found = faults(Polling, {"response": response})

        assert sorted(found) == ["body", "id_body_field", "id_header"]

    @pytest.mark.parametrize(
        ("step", "named"),
        [
            ({"step": "one"}, "$.endpoints[0].step"),
            ({"response": {"status": 100}}, "$.endpoints[0].response.status"),
            ({"response": {"status": 0}}, "$.endpoints[0].response.status"),
            ({"response": {"generates_id": "yes"}}, "$.endpoints[0].response.generates_id"),
            ({"response": {**IN_BODY, "id_body_field": ""}}, "$.endpoints[0].response.id_body"),
            ({"response": {"id_heather": "A"}}, "`id_heather`"),
        ],
    )
    def test_wrong_values_are_refused_by_name(self, step: dict[str, Any], named: str) -> None:
        assert named in refusal(Polling, step)
