"""The pattern `push`, also called `callback`: the submit and what a partner file may say."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import Reply, ReplyError, Request, Sample, Targets
from imnot_core.testing import ManualClock
from imnot_patterns.callback import Callback
from imnot_patterns.callback.config import Callback as OneCallback
from imnot_patterns.callback.sources import source
from imnot_patterns.templating import Templates
from tests.unit.patterns.world import UUID4, Mounted, World, datapoint, faults, refusal

pytestmark = pytest.mark.anyio

FIELD = {"response": {"callback_url_field": "callbackUrl"}}
HEADER = {"response": {"callback_url_header": "X-Callback-URL"}}
URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def in_field(world: World) -> Mounted:
    return world.mount(Callback, FIELD)


@pytest.fixture
def in_header(world: World) -> Mounted:
    return world.mount(Callback, HEADER)


async def refused(mounted: Mounted, **request: Any) -> str:
    with pytest.raises(ReplyError) as error:
        await mounted("POST", "/things", **request)
    assert error.value.status == 400
    assert not await mounted.context.issued.list()
    return error.value.detail


def request_id(reply: Reply) -> str:
    found = re.fullmatch(f'{{"request_id":"({UUID4})"}}', reply.body.decode())
    assert found
    return found[1]


class TestSubmit:
    async def test_the_answer_is_202_with_a_request_id(self, in_field: Mounted) -> None:
        reply = await in_field("POST", "/things", json={"callbackUrl": URL, "more": 1})

        assert reply.status == 202
        assert request_id(reply)
        assert reply.headers == (("Content-Type", "application/json"),)

    async def test_status_and_headers_are_sent(self, world: World) -> None:
        response = {"callback_url_header": "X-U", "status": 200, "headers": {"X-Queue": "a"}}
        mounted = world.mount(Callback, {"response": response})

        reply = await mounted("POST", "/things", headers={"X-U": URL})

        assert reply.status == 200
        assert ("X-Queue", "a") in reply.headers

    async def test_the_delivery_comes_after_the_answer_and_the_delay(self, world: World) -> None:
        response = {"callback_url_header": "X-U", "callback_delay_seconds": 1.5}
        mounted = world.mount(Callback, {"response": response})

        reply = await mounted("POST", "/things", headers={"X-U": URL})

        (job,) = reply.after
        assert request_id(reply) in job.name
        (task,) = await mounted.context.tasks.pending()
        assert task.due == world.clock.time() + 1.5

    async def test_without_a_delay_the_delivery_starts_at_once(self, in_header: Mounted) -> None:
        await in_header("POST", "/things", headers={"X-Callback-URL": URL})

        (task,) = await in_header.context.tasks.pending()
        assert task.due == 0

    async def test_what_was_submitted_is_kept(self, world: World) -> None:
        response = {"callback_url_header": "X-U", "callback_method": "put"}
        mounted = world.mount(Callback, {"response": response})

        reply = await mounted("POST", "/things", headers={"X-U": URL}, session="s")

        issued = await mounted.context.issued.find(request_id(reply))
        assert issued
        assert issued.session == "s"
        (sending,) = issued.data["sendings"]
        assert (sending["url"], sending["method"]) == (URL, "PUT")

    async def test_the_url_may_have_port_credentials_query_and_capitals(
        self, in_field: Mounted
    ) -> None:
        url = "HTTPS://user:secret@Example.com:8443/hook?a=1&b=%20#part"

        reply = await in_field("POST", "/things", json={"callbackUrl": url})

        issued = await in_field.context.issued.find(request_id(reply))
        assert issued
        assert issued.data["sendings"][0]["url"] == url


class TestRefusedRequests:
    @pytest.mark.parametrize("body", [b"", b"{broken", b"\xff", b"{'a': 1}"])
    async def test_a_body_that_is_no_json(self, in_field: Mounted, body: bytes) -> None:
        assert "not valid JSON" in await refused(in_field, body=body)

    @pytest.mark.parametrize("body", [None, [], 0, False, "text", 7, [{"callbackUrl": URL}]])
    async def test_a_body_that_is_no_object(self, in_field: Mounted, body: Any) -> None:
        detail = await refused(in_field, json=body)

        assert "JSON object" in detail
        assert "'callbackUrl'" in detail

    @pytest.mark.parametrize(
        "body", [{}, {"callbackurl": URL}, {"a": {"callbackUrl": URL}}, {"callbackUrl": None}]
    )
    async def test_a_missing_field(self, in_field: Mounted, body: Any) -> None:
        assert "needs the field 'callbackUrl'" in await refused(in_field, json=body)

    @pytest.mark.parametrize("value", ["", 0, False, [], {}])
    async def test_an_empty_field(self, in_field: Mounted, value: Any) -> None:
        detail = await refused(in_field, json={"callbackUrl": value})

        assert "needs the field 'callbackUrl'" in detail

    @pytest.mark.parametrize(
        "value",
        [
            7,
            True,
            [URL],
            {"url": URL},
            "example.com/hook",
            "//example.com/hook",
            "/hook",
            "ftp://example.com",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http://",
            "http:///hook",
            "https:example.com",
            "http://:80/",
            "http://user@/hook",
            "http://example.com:port/",
            "http://example.com:99999/",
            "http://example.com:0/",
            "http://[::1/",
            "http://exam ple.com/",
            " http://example.com/",
            "http://example.com/\n",
            "ht\ntp://example.com/",
            "http://example.com/\x00",
            "http://example.com/\u2028",
        ],
    )
    async def test_a_value_that_is_no_http_url(self, in_field: Mounted, value: Any) -> None:
        detail = await refused(in_field, json={"callbackUrl": value})

        assert "the field 'callbackUrl' must be a text such as https://example.com/" in detail

    @pytest.mark.parametrize("headers", [{}, {"X-Callback-URL": ""}, {"X-Callback-URL": "  "}])
    async def test_a_missing_or_empty_header(
        self, in_header: Mounted, headers: dict[str, str]
    ) -> None:
        assert "needs the header X-Callback-URL" in await refused(in_header, headers=headers)

    async def test_a_header_that_is_no_http_url(self, in_header: Mounted) -> None:
        detail = await refused(in_header, headers={"X-Callback-URL": "example.com"})

        assert "the header X-Callback-URL must be a text such as https://example.com/" in detail

    async def test_in_header_mode_the_body_is_not_read(self, in_header: Mounted) -> None:
        reply = await in_header("POST", "/things", headers={"x-callback-url": URL}, body=b"{broken")

        assert reply.status == 202

    @given(
        value=st.none()
        | st.integers()
        | st.text()
        | st.text().map("http://{}".format)
        | st.lists(st.text())
    )
    async def test_any_value_is_accepted_or_refused_with_400(self, value: Any) -> None:
        templates = Templates(ManualClock(), Random(7), lambda: "id")
        url_of = source(OneCallback(url_field="u"), Targets(), templates, "url")
        body = msgspec.json.encode({"u": value}) if _is_encodable(value) else b"{"
        found = None
        try:
            found = url_of(Request.of("POST", "/", body=body), {})
        except ReplyError as error:
            status = error.status
        else:
            status = 202

        assert (status, found) in [(202, value), (400, None)]


def _is_encodable(value: Any) -> bool:
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        return False
    return True


class TestPartnerFile:
    def test_the_defaults(self) -> None:
        (endpoint,) = datapoint(Callback, FIELD).endpoints

        response = endpoint.response
        assert (response.status, response.callback_method) == (202, "POST")
        assert response.callback_delay_seconds == 0

    @pytest.mark.parametrize("written", ["post", "Put", "PATCH", "delete", "get"])
    def test_the_method_may_be_written_in_any_case(self, written: str) -> None:
        response = {"callback_url_field": "u", "callback_method": written}

        (endpoint,) = datapoint(Callback, {"response": response}).endpoints

        assert endpoint.response.callback_method == written.upper()

    @pytest.mark.parametrize(
        ("response", "field", "said"),
        [
            ({}, "callback_url_field", "add this or callback_url_header"),
            (
                {"callback_url_field": "u", "callback_url_header": "X-U"},
                "callback_url_header",
                "delete one of the two",
            ),
            ({"callback_url_header": "X U"}, "callback_url_header", "'X U' is no header name"),
            ({"callback_url_header": ""}, "callback_url_header", "'' is no header name"),
            (
                {"callback_url_field": "u", "callback_method": "POTS"},
                "callback_method",
                "write one of POST",
            ),
            (
                {"callback_url_field": "u", "callback_delay_seconds": math.inf},
                "callback_delay_seconds",
                "for instance 0.5",
            ),
        ],
    )
    def test_keys_that_do_not_go_together_are_refused(
        self, response: dict[str, Any], field: str, said: str
    ) -> None:
        found = faults(Callback, {"response": response})

        assert list(found) == [field]
        assert said in found[field]

    @pytest.mark.parametrize(
        ("endpoint", "named"),
        [
            ({}, "`response` - at `$.endpoints[0]`"),
            ({"response": {"callback_url_field": ""}}, "response.callback_url_field"),
            ({"response": {"callback_url_field": 7}}, "response.callback_url_field"),
            (
                {"response": {"callback_url_field": "u", "callback_delay_seconds": -1}},
                "response.callback_delay_seconds",
            ),
            (
                {"response": {"callback_url_field": "u", "callback_delay_seconds": math.nan}},
                "callback_delay_seconds",
            ),
            ({"response": {"callbackurl": "u"}}, "`callbackurl`"),
            ({"response": {"callback_url_field": "u", "body": {}}}, "`body`"),
        ],
    )
    def test_wrong_values_are_refused_by_name(self, endpoint: dict[str, Any], named: str) -> None:
        assert named in refusal(Callback, endpoint)


class TestCompiled:
    def test_importing_the_pattern_does_not_import_the_http_client(self) -> None:
        script = "import sys, imnot_patterns.callback; sys.exit('httpx' in sys.modules)"

        assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0

    async def test_it_takes_payloads(self, in_field: Mounted) -> None:
        assert in_field.compiled.takes_payload

    async def test_the_samples_show_where_the_url_goes(
        self, in_field: Mounted, in_header: Mounted
    ) -> None:
        samples = [mounted.compiled.endpoints[0].sample for mounted in (in_field, in_header)]

        assert samples == [
            Sample(body={"callbackUrl": "https://example.com/webhook"}),
            Sample(headers={"X-Callback-URL": "https://example.com/webhook"}),
        ]

    @pytest.mark.parametrize(
        ("pattern", "word"), [("push", "push"), ("callback", "callback"), ("hook", "push")]
    )
    async def test_one_retrigger_route_is_listed_by_the_word_of_the_file(
        self, world: World, pattern: str, word: str
    ) -> None:
        admin = world.mount(Callback, FIELD, pattern=pattern).compiled.admin

        listed = [(each.method, each.path) for each in admin if each.summary]
        assert listed == [("POST", f"/{word}/{{request_id}}/retrigger")]

    async def test_both_words_are_served(self, in_field: Mounted) -> None:
        routes = {(each.method, each.path) for each in in_field.compiled.admin}

        assert routes == {
            (method, f"/{word}{rest}")
            for word in ("push", "callback")
            for method, rest in [
                ("POST", "/{request_id}/retrigger"),
                ("POST", "/retrigger"),
                ("GET", "/{request_id}"),
                ("GET", ""),
                ("PUT", "/misdelivery"),
                ("GET", "/misdelivery"),
                ("DELETE", "/misdelivery"),
            ]
        }
