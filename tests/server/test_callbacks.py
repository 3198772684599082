"""Callbacks that can be trusted: retries, signatures, sequences, the log of deliveries."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from imnot_core.testing import Harness
from imnot_core.testing.answers import Received
from imnot_core.testing.harness import StartHarness

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_c2VjcmV0IG51bWJlciB0d28sIG9mIDI0Kw=="
HOOK = "https://client.test/hook"
START = 1_767_225_600


def partner(response: str) -> str:
    """A partner file with one `push` datapoint."""
    lines = "".join(f"          {line}\n" for line in response.strip().splitlines())
    return f"""
partner: acme
datapoints:
  - name: rates
    pattern: push
    endpoints:
      - method: POST
        path: /rates
        response:
{lines}"""


def submit(server: Harness, session: str | None = None, **body: Any) -> str:
    headers = {"X-Imnot-Session": session} if session else {}
    answer = server.post("/rates", json={"url": HOOK, **body}, headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["request_id"])


def shown(server: Harness, request_id: str) -> dict[str, Any]:
    answer = server.get(f"/imnot/admin/acme/rates/push/{request_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def states(server: Harness, request_id: str) -> list[str]:
    found = shown(server, request_id)
    return [found["state"], *(each["state"] for each in found["callbacks"])]


def urls(server: Harness) -> list[str]:
    return [each.url.rpartition("/")[2] for each in server.callbacks.wait(0)]


def times(server: Harness) -> list[float]:
    return [each.at - START for each in server.callbacks.wait(0)]


def started(imnot: StartHarness, response: str, **options: Any) -> Harness:
    server = imnot(partner(response), **options)
    server.upload("acme", "rates", {"rate": 1})
    return server


class TestRetries:
    RETRY = """
callback_url_field: url
retry: {max_attempts: 4, initial_delay_seconds: 10, factor: 3}
"""

    def test_a_failed_delivery_is_tried_again_with_growing_waits(self, imnot: StartHarness) -> None:
        server = started(imnot, self.RETRY)
        server.callbacks.answer(503)
        server.callbacks.drop()
        server.callbacks.answer(302, headers={"Location": "https://elsewhere.test/"})

        request_id = submit(server)
        server.clock.advance(9.9)
        assert times(server) == [0]
        server.clock.advance(1000)

        assert times(server) == [0, 10, 40, 130]
        found = shown(server, request_id)
        assert found["state"] == "delivered"
        attempts = found["callbacks"][0]["attempts"]
        assert [each["attempt"] for each in attempts] == [1, 2, 3, 4]
        assert [each["status"] for each in attempts] == [503, None, 302, 200]
        assert attempts[1]["error"].startswith("RemoteProtocolError")
        assert attempts[3]["error"] is None
        assert attempts[1]["at"] == "2026-01-01T00:00:10.000000+00:00"

    def test_what_waits_for_its_next_attempt_says_when(self, imnot: StartHarness) -> None:
        server = started(imnot, self.RETRY)
        server.callbacks.answer(500)

        request_id = submit(server)
        server.settle()

        (callback,) = shown(server, request_id)["callbacks"]
        assert callback["state"] == "pending"
        assert callback["next_attempt_at"] == "2026-01-01T00:00:10.000000+00:00"

    def test_it_gives_up_after_the_last_attempt(self, imnot: StartHarness) -> None:
        server = started(imnot, self.RETRY)
        server.callbacks.answer(500, times=None)

        request_id = submit(server)
        server.clock.advance(100_000)

        assert len(times(server)) == 4
        assert states(server, request_id) == ["failed", "failed"]
        assert shown(server, request_id)["callbacks"][0]["next_attempt_at"] is None

    def test_waits_do_not_grow_beyond_their_limit(self, imnot: StartHarness) -> None:
        retry = "{max_attempts: 5, initial_delay_seconds: 10, max_delay_seconds: 15}"
        server = started(imnot, f"callback_url_field: url\nretry: {retry}")
        server.callbacks.answer(500, times=None)

        submit(server)
        server.clock.advance(1000)

        assert times(server) == [0, 10, 25, 40, 55]

    def test_chance_changes_waits_within_the_jitter(self, imnot: StartHarness) -> None:
        retry = "{max_attempts: 9, initial_delay_seconds: 100, factor: 1, jitter: 0.5}"
        server = started(imnot, f"callback_url_field: url\nretry: {retry}")
        server.callbacks.answer(500, times=None)

        submit(server)
        server.clock.advance(10_000)

        at = times(server)
        waits = [round(later - sooner, 6) for sooner, later in pairwise(at)]
        assert len(set(waits)) > 1
        assert all(50 <= wait <= 150 for wait in waits)

    def test_gone_ends_it(self, imnot: StartHarness) -> None:
        server = started(imnot, self.RETRY)
        server.callbacks.answer(410, times=None)

        request_id = submit(server)
        server.clock.advance(1000)

        assert times(server) == [0]
        assert states(server, request_id) == ["failed", "failed"]

    @pytest.mark.parametrize(
        ("status", "retry_after", "expected"),
        [
            (429, "60", [0, 60]),
            (503, "Thu, 01 Jan 2026 00:02:00 GMT", [0, 120]),
            (503, "3", [0, 10]),
            (503, "soon", [0, 10]),
            (500, "60", [0, 10]),
        ],
    )
    def test_a_receiver_that_is_overloaded_may_say_when_to_come_again(
        self, imnot: StartHarness, status: int, retry_after: str, expected: list[float]
    ) -> None:
        server = started(imnot, self.RETRY)
        server.callbacks.answer(status, headers={"Retry-After": retry_after})

        submit(server)
        server.clock.advance(1000)

        assert times(server) == expected

    @pytest.mark.parametrize(
        ("retry_on", "again"),
        [("[503]", True), ("[5xx]", True), ("[500, timeout]", False), ("[connection]", False)],
    )
    def test_only_the_declared_failures_are_tried_again(
        self, imnot: StartHarness, retry_on: str, again: bool
    ) -> None:
        retry = f"{{max_attempts: 2, retry_on: {retry_on}}}"
        server = started(imnot, f"callback_url_field: url\nretry: {retry}")
        server.callbacks.answer(503)

        submit(server)
        server.clock.advance(1000)

        assert len(times(server)) == 1 + again

    def test_a_timeout_is_that_of_the_callback(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: url\ncallback_timeout_seconds: 2.5")
        server.callbacks.answer(200, delay=3)

        request_id = submit(server)
        server.clock.advance(2.5)

        (delivery,) = shown(server, request_id)["deliveries"]
        assert delivery["error"].startswith("ReadTimeout")

    def test_waiting_attempts_survive_a_restart(self, imnot: StartHarness) -> None:
        server = started(imnot, self.RETRY)
        server.callbacks.answer(500)
        request_id = submit(server)
        server.settle()

        server.restart()
        server.clock.advance(10)

        assert times(server) == [0, 10]
        assert states(server, request_id) == ["delivered", "delivered"]

    def test_several_workers_send_each_once(self, imnot: StartHarness) -> None:
        server = started(imnot, self.RETRY, workers=2)
        server.callbacks.answer(500, times=20)

        ids = [submit(server) for _ in range(20)]
        server.clock.advance(100)

        assert len(times(server)) == 40
        assert {states(server, each)[0] for each in ids} == {"delivered"}


class TestSignatures:
    @pytest.fixture(autouse=True)
    def _secrets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOOK_SECRET", SECRET)
        monkeypatch.setenv("OTHER_SECRET", OTHER_SECRET)

    def received(self, imnot: StartHarness, signature: str, more: str = "") -> Received:
        server = started(imnot, f"callback_url_field: url\nsignature: {signature}\n{more}")
        submit(server)
        (received,) = server.callbacks.wait(1)
        return received

    def test_standard_webhooks_are_verified_by_their_library(
        self, imnot: StartHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        received = self.received(imnot, "{scheme: standard-webhooks, secret_env: HOOK_SECRET}")

        assert received.headers["webhook-timestamp"] == str(START)
        _verify(received, SECRET, monkeypatch)
        with pytest.raises(WebhookVerificationError):
            _verify(received, OTHER_SECRET, monkeypatch)

    def test_while_a_secret_is_replaced_both_sign(
        self, imnot: StartHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        received = self.received(
            imnot, "{scheme: standard-webhooks, secret_env: [HOOK_SECRET, OTHER_SECRET]}"
        )

        _verify(received, SECRET, monkeypatch)
        _verify(received, OTHER_SECRET, monkeypatch)

    def test_a_retry_has_the_same_id_and_the_time_of_its_attempt(self, imnot: StartHarness) -> None:
        server = started(
            imnot,
            "callback_url_field: url\nretry: {max_attempts: 2, initial_delay_seconds: 30}\n"
            "signature: {scheme: standard-webhooks, secret_env: HOOK_SECRET}",
        )
        server.callbacks.answer(500)

        request_id = submit(server)
        server.clock.advance(30)

        first, second = (each.headers for each in server.callbacks.wait(2))
        assert first["webhook-id"] == second["webhook-id"]
        assert first["webhook-id"] == shown(server, request_id)["callbacks"][0]["webhook_id"]
        assert int(second["webhook-timestamp"]) == int(first["webhook-timestamp"]) + 30
        assert first["webhook-signature"] != second["webhook-signature"]

    def test_github(self, imnot: StartHarness) -> None:
        received = self.received(imnot, "{scheme: github, secret_env: HOOK_SECRET}")

        digest = hmac.new(SECRET.encode(), received.body, hashlib.sha256).hexdigest()
        assert received.headers["x-hub-signature-256"] == f"sha256={digest}"

    def test_stripe(self, imnot: StartHarness) -> None:
        received = self.received(imnot, "{scheme: stripe, secret_env: HOOK_SECRET}")

        content = b"%d." % START + received.body
        digest = hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
        assert received.headers["stripe-signature"] == f"t={START},v1={digest}"

    def test_a_header_of_ones_own(self, imnot: StartHarness) -> None:
        received = self.received(
            imnot,
            "{scheme: hmac, secret_env: HOOK_SECRET, header: X-Slack-Signature, prefix: v0=,"
            " timestamp_header: X-Slack-Request-Timestamp, signed: 'v0:{timestamp}:{body}'}",
        )

        content = b"v0:%d:" % START + received.body
        digest = hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
        assert received.headers["x-slack-signature"] == f"v0={digest}"
        assert received.headers["x-slack-request-timestamp"] == str(START)

    def test_the_signed_body_is_the_rendered_one(self, imnot: StartHarness) -> None:
        received = self.received(
            imnot,
            "{scheme: github, secret_env: HOOK_SECRET}",
            'callback_body: {at: "{{ timestamp() }}"}',
        )

        digest = hmac.new(SECRET.encode(), received.body, hashlib.sha256).hexdigest()
        assert received.json() == {"at": START}
        assert received.headers["x-hub-signature-256"] == f"sha256={digest}"

    def test_a_missing_secret_is_an_error_of_the_partner_file(self, imnot: StartHarness) -> None:
        text = "callback_url_field: url\nsignature: {scheme: github, secret_env: NO_SUCH_SECRET}"

        with pytest.raises(Exception, match="NO_SUCH_SECRET is not set") as refused:
            imnot(partner(text))

        assert "signature.secret_env" in str(refused.value)

    def test_no_secret_is_shown_anywhere(
        self, imnot: StartHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        server = started(
            imnot,
            "callback_url_field: url\ncallback_headers: {Authorization: Bearer token-4711}\n"
            "signature: {scheme: standard-webhooks, secret_env: HOOK_SECRET}",
        )
        server.callbacks.answer(500)
        request_id = submit(server)
        (received,) = server.callbacks.wait(1)

        journal = server.get("/imnot/admin/requests", params={"kind": "callback"}).text
        told = f"{shown(server, request_id)}{caplog.text}{journal}"

        assert received.headers["authorization"] == "Bearer token-4711"
        assert HOOK in journal
        assert SECRET not in told
        assert "token-4711" not in told


def _verify(received: Received, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromtimestamp(START, tz or UTC)

    with monkeypatch.context() as patch:
        patch.setattr("standardwebhooks.webhooks.datetime", Now)
        Webhook(secret).verify(received.body, dict(received.headers))


class TestContents:
    def test_url_headers_and_body_are_made_of_the_request(self, imnot: StartHarness) -> None:
        server = started(
            imnot,
            """
callback_url: "https://client.test/orders/{{ request.json.order }}?from={{ request.query.via }}"
callback_method: put
callback_headers:
  X-Order: "{{ request.json.order }}"
  X-Delivery: "{{ webhook_id }}"
  Content-Type: application/vnd.acme+json
callback_body:
  order: "{{ request.json.order }}"
  text: "order {{ request.json.order }} of {{ request.headers['x-customer'] }}"
  request: "{{ request_id }}"
  rate: "{{ payload.rate }}"
  attempt: "{{ attempt }}"
  fixed: [1, true, null]
""",
        )
        request_id = server.post(
            "/rates?via=web", json={"order": 7}, headers={"X-Customer": "Zoë".encode("latin-1")}
        ).json()["request_id"]

        (received,) = server.callbacks.wait(1)
        assert (received.method, received.url) == ("PUT", "https://client.test/orders/7?from=web")
        assert received.headers["x-order"] == "7"
        assert received.headers["x-delivery"] == f"msg_{request_id.replace('-', '')}"
        assert received.headers.get_list("content-type") == ["application/vnd.acme+json"]
        assert received.json() == {
            "order": 7,
            "text": "order 7 of Zoë",
            "request": request_id,
            "rate": 1,
            "attempt": 1,
            "fixed": [1, True, None],
        }

    @pytest.mark.parametrize(
        ("written", "body", "content_type"),
        [
            ("'{\"n\": {{ request.json.n }}}'", b'{"n": 5}', "application/json"),
            ("'n={{ request.json.n }}'", b"n=5", "text/plain; charset=utf-8"),
            ("''", b"", None),
        ],
    )
    def test_a_text_is_sent_as_it_comes_out(
        self, imnot: StartHarness, written: str, body: bytes, content_type: str | None
    ) -> None:
        server = started(imnot, f"callback_url_field: url\ncallback_body: {written}")

        submit(server, n=5)

        (received,) = server.callbacks.wait(1)
        assert received.body == body
        assert received.headers.get("content-type") == content_type

    def test_a_body_of_the_file_needs_no_payload(self, imnot: StartHarness) -> None:
        server = imnot(partner("callback_url_field: url\ncallback_body: {done: true}"))

        submit(server)

        assert [each.json() for each in server.callbacks.wait(1)] == [{"done": True}]

    def test_a_template_that_fails_is_told_in_the_log_of_deliveries(
        self, imnot: StartHarness
    ) -> None:
        server = started(imnot, 'callback_url_field: url\ncallback_body: "{{ request.json.no }}"')

        request_id = submit(server)
        server.settle()

        assert not len(server.callbacks)
        (delivery,) = shown(server, request_id)["deliveries"]
        assert "not sent: body, line 1" in delivery["error"]

    @pytest.mark.parametrize(("name", "is_told"), [("payload.rate", True), ("request.no", False)])
    def test_a_missing_payload_is_told_where_the_template_asks_for_it(
        self, imnot: StartHarness, name: str, is_told: bool
    ) -> None:
        body = f'callback_url_field: url\ncallback_body: "{{{{ {name} }}}}"'
        server = imnot(partner(body))

        request_id = submit(server)
        server.settle()

        (delivery,) = shown(server, request_id)["deliveries"]
        assert ("; No global payload found" in delivery["error"]) is is_told

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("https://client.test/{{ request.json.no }}", "cannot be made of this request"),
            ("https://{{ '' }}", "no URL"),
        ],
    )
    def test_a_url_that_cannot_be_made_is_refused(
        self, imnot: StartHarness, url: str, said: str
    ) -> None:
        server = started(imnot, f'callback_url: "{url}"')

        answer = server.post("/rates", json={"url": "x"})

        assert answer.status_code == 400
        assert said in answer.json()["detail"]

    def test_the_field_may_lie_within(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: hooks.done")

        answer = server.post("/rates", json={"hooks": {"done": HOOK}})

        assert answer.status_code == 202
        assert [each.url for each in server.callbacks.wait(1)] == [HOOK]


SEQUENCE = """
callbacks:
  - {name: accepted, url: "https://client.test/1", delay_seconds: 1}
  - name: paid
    url: "https://client.test/2"
    delay_seconds: 5
    retry: {max_attempts: 2, initial_delay_seconds: 10}
  - {name: shipped, url: "https://client.test/3", method: PUT}
"""


class TestSeveral:
    def test_each_comes_when_the_one_before_has_arrived(self, imnot: StartHarness) -> None:
        server = started(imnot, SEQUENCE)
        server.callbacks.answer(200)
        server.callbacks.answer(500)

        request_id = submit(server)
        assert states(server, request_id) == ["pending"] * 4
        server.clock.advance(1000)

        assert urls(server) == ["1", "2", "2", "3"]
        assert times(server) == [1, 6, 16, 16]
        assert states(server, request_id) == ["delivered"] * 4

    def test_one_that_was_given_up_does_not_stop_the_others(self, imnot: StartHarness) -> None:
        server = started(imnot, SEQUENCE)
        server.callbacks.answer(500)

        request_id = submit(server)
        server.clock.advance(1000)

        assert urls(server) == ["1", "2", "3"]
        assert states(server, request_id) == ["failed", "failed", "delivered", "delivered"]

    def test_in_parallel_each_keeps_its_own_delay(self, imnot: StartHarness) -> None:
        server = started(imnot, SEQUENCE + "callback_order: parallel")

        submit(server)
        server.clock.advance(1000)

        assert urls(server) == ["3", "1", "2"]
        assert times(server) == [0, 1, 5]

    def test_the_order_may_be_wrong_on_purpose(self, imnot: StartHarness) -> None:
        server = started(imnot, SEQUENCE + "callback_order: reversed")

        submit(server)
        server.clock.advance(1000)

        assert urls(server) == ["3", "2", "1"]

    def test_a_shuffled_order_is_that_of_the_seed(self, imnot: StartHarness) -> None:
        found = []
        for _ in range(2):
            server = started(imnot, SEQUENCE + "callback_order: shuffled")
            for _ in range(5):
                submit(server)
                server.clock.advance(1000)
            found.append(urls(server))

        assert found[0] == found[1]
        assert found[0] != ["1", "2", "3"] * 5

    def test_a_sequence_survives_a_restart(self, imnot: StartHarness) -> None:
        server = started(imnot, SEQUENCE)
        request_id = submit(server)
        server.clock.advance(1)

        server.restart()
        server.clock.advance(5)
        server.restart()
        server.clock.advance(1000)

        assert urls(server) == ["1", "2", "3"]
        assert states(server, request_id) == ["delivered"] * 4


class TestMisdelivery:
    def test_duplicates_have_the_same_id(
        self, imnot: StartHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOOK_SECRET", SECRET)
        server = started(
            imnot,
            "callback_url_field: url\nmisdelivery: {duplicates: 2}\n"
            "signature: {scheme: standard-webhooks, secret_env: HOOK_SECRET}",
        )

        request_id = submit(server)

        received = server.callbacks.wait(3)
        assert len({each.headers["webhook-id"] for each in received}) == 1
        (callback,) = shown(server, request_id)["callbacks"]
        assert [each.get("misdelivery") for each in callback["attempts"]] == [
            None,
            ["duplicate"],
            ["duplicate"],
        ]

    def test_a_wrong_signature_and_an_old_time(
        self, imnot: StartHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOOK_SECRET", SECRET)
        server = started(
            imnot,
            "callback_url_field: url\nmisdelivery: {wrong_signature: true, stale_seconds: 600}\n"
            "signature: {scheme: standard-webhooks, secret_env: HOOK_SECRET}",
        )

        submit(server)

        (received,) = server.callbacks.wait(1)
        assert received.headers["webhook-timestamp"] == str(START - 600)
        with pytest.raises(WebhookVerificationError):
            _verify(received, SECRET, monkeypatch)

    def test_late(self, imnot: StartHarness) -> None:
        server = started(
            imnot,
            "callback_url_field: url\ncallback_delay_seconds: 5\nmisdelivery: {late_seconds: 60}",
        )

        submit(server)
        server.clock.advance(1000)

        assert times(server) == [65]

    def test_chance_hits_its_share(self, imnot: StartHarness) -> None:
        server = started(
            imnot, "callback_url_field: url\nmisdelivery: {duplicates: 1, probability: 0.5}"
        )

        for _ in range(40):
            submit(server)
        server.settle()

        assert 45 < len(server.callbacks) < 75

    def test_a_test_asks_for_it_in_its_session(self, imnot: StartHarness) -> None:
        server = started(imnot, SEQUENCE)
        place = "/imnot/admin/acme/rates/push/misdelivery"
        server.session("a").upload("acme", "rates", {"rate": 2})
        in_a = {"X-Imnot-Session": "a"}

        asked = server.put(place, json={"out_of_order": True, "times": 1}, headers=in_a)
        assert asked.status_code == 200, asked.text
        for session in ("a", "a", None):
            submit(server, session)
            server.clock.advance(1000)

        assert urls(server) == ["3", "2", "1", "1", "2", "3", "1", "2", "3"]
        assert server.get(place, headers=in_a).json()["misdelivery"] is None

    def test_it_can_be_taken_back(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: url")
        place = "/imnot/admin/acme/rates/callback/misdelivery"

        server.put(place, json={"duplicates": 1})
        submit(server)
        server.delete(place)
        submit(server)

        assert len(server.callbacks.wait(3)) == 3

    @pytest.mark.parametrize(
        ("body", "said"),
        [({}, "nothing goes wrong"), ({"duplicate": 1}, "duplicate"), ([], "object")],
    )
    def test_what_cannot_be_asked_for_is_refused(
        self, imnot: StartHarness, body: Any, said: str
    ) -> None:
        server = started(imnot, "callback_url_field: url")

        answer = server.put("/imnot/admin/acme/rates/push/misdelivery", json=body)

        assert answer.status_code == 400
        assert said in answer.json()["detail"]


class TestAdmin:
    def test_one_of_several_is_sent_again_by_number_name_or_id(self, imnot: StartHarness) -> None:
        server = started(imnot, SEQUENCE)
        request_id = submit(server)
        server.clock.advance(1000)
        webhook_id = shown(server, request_id)["callbacks"][2]["webhook_id"]
        server.callbacks.clear()

        for callback in (1, "paid", webhook_id):
            answer = server.post(
                f"/imnot/admin/acme/rates/push/{request_id}/retrigger", json={"callback": callback}
            )
            assert answer.status_code == 200, answer.text
            server.settle()

        assert urls(server) == ["1", "2", "3"]
        assert states(server, request_id) == ["delivered"] * 4

    def test_all_of_a_request_are_sent_again_at_once_and_in_order(
        self, imnot: StartHarness
    ) -> None:
        server = started(imnot, SEQUENCE)
        request_id = submit(server)
        server.clock.advance(1000)
        server.callbacks.clear()

        server.post(f"/imnot/admin/acme/rates/push/{request_id}/retrigger")
        server.settle()

        assert urls(server) == ["1", "2", "3"]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"callback": 4}, 404),
            ({"callback": "no"}, 404),
            ({"callback": None}, 404),
            ({"number": 1}, 400),
            ([1], 400),
        ],
    )
    def test_a_callback_that_is_not_there(
        self, imnot: StartHarness, body: Any, status: int
    ) -> None:
        server = started(imnot, SEQUENCE)
        request_id = submit(server)

        answer = server.post(f"/imnot/admin/acme/rates/push/{request_id}/retrigger", json=body)

        assert answer.status_code == status
        assert "callback" in answer.json()["detail"]

    def test_all_that_failed_are_sent_again(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: url")
        server.callbacks.answer(500, times=2)
        ids = [submit(server) for _ in range(4)]
        server.settle()
        server.callbacks.clear()

        answer = server.post("/imnot/admin/acme/rates/callback/retrigger?state=failed")
        server.settle()

        assert answer.json() == {"status": "dispatched", "request_ids": ids[:2]}
        assert len(server.callbacks) == 2
        listed = server.get("/imnot/admin/acme/rates/callback?state=delivered").json()
        assert [each["request_id"] for each in listed] == ids[::-1]

    def test_a_session_can_be_asked_for(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: url")
        ids = [submit(server, session) for session in (None, "a", "b")]
        server.settle()

        for options in ({"params": {"session": "a"}}, {"headers": {"X-Imnot-Session": "a"}}):
            listed = server.get("/imnot/admin/acme/rates/push", **options).json()
            assert [each["request_id"] for each in listed] == ids[1:2]

    def test_a_state_that_does_not_exist_is_refused(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: url")

        answer = server.get("/imnot/admin/acme/rates/push?state=lost")

        assert answer.status_code == 400
        assert "pending, delivered, failed" in answer.json()["detail"]

    def test_attempts_are_in_the_journal(self, imnot: StartHarness) -> None:
        server = started(
            imnot, "callback_url_field: url\nretry: {max_attempts: 2, initial_delay_seconds: 1}"
        )
        server.callbacks.answer(503)
        request_id = submit(server)
        server.clock.advance(10)

        listed = server.get("/imnot/admin/requests", params={"kind": "callback"}).json()
        second, first = listed["requests"]
        assert (first["attempt"], first["status"], first["url"]) == (1, 503, HOOK)
        assert (second["attempt"], second["status"]) == (2, 200)
        assert first["data"]["request_id"] == request_id

    def test_verification_counts_deliveries(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: url")
        submit(server)
        server.settle()

        for status, verified in ((200, True), (500, False)):
            asked = {"kind": "callback", "partner": "acme", "status": status, "count": 1}
            answer = server.post("/imnot/admin/verify", json=asked)
            assert answer.json()["verified"] is verified, answer.text


class TestSessions:
    def test_delays_follow_the_clock_of_the_session(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: url\ncallback_delay_seconds: 3600")
        sessions = [server.session(name) for name in "ab"]
        for session in sessions:
            session.upload("acme", "rates", {"in": session.id})
            submit(server, session.id)

        sessions[0].clock.advance(3600)
        server.settle()

        assert [each.json() for each in server.callbacks.wait(1)] == [{"in": "a"}]

    def test_a_deleted_session_takes_its_callbacks_along(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: url\ncallback_delay_seconds: 60")
        with server.session("a") as session:
            session.upload("acme", "rates", {"rate": 2})
            submit(server, "a")

        server.clock.advance(100)
        server.restart()
        server.clock.advance(100)

        assert not len(server.callbacks)

    def test_what_is_sent_again_in_a_copy_does_not_wait_for_what_only_the_original_sends(
        self, imnot: StartHarness
    ) -> None:
        server = started(imnot, "callback_url_field: url\ncallback_delay_seconds: 60")
        server.session("a").upload("acme", "rates", {"rate": 2})
        request_id = submit(server, "a")
        server.post("/imnot/admin/sessions/a/copy", json={"id": "b"})
        path, header = f"/imnot/admin/acme/rates/push/{request_id}", {"X-Imnot-Session": "b"}

        assert server.post(f"{path}/retrigger", headers=header).status_code == 200
        server.callbacks.wait(1)
        server.settle()

        assert server.get(path, headers=header).json()["state"] == "delivered"
        assert shown(server, request_id)["state"] == "pending"


class TestAllowedTargets:
    def test_a_host_that_is_not_listed_is_refused_at_the_submit(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: url", callback_allow=("*.example.com",))

        answer = server.post("/rates", json={"url": HOOK})

        assert answer.status_code == 400
        assert "client.test" in answer.json()["detail"]
        assert "callbacks.allow" in answer.json()["detail"]

    def test_a_listed_one_is_called(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: url", callback_allow=("client.test",))

        submit(server)

        assert len(server.callbacks.wait(1)) == 1

    def test_a_name_is_checked_once_it_is_resolved(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: url", callback_allow=("10.0.0.0/8",))

        request_id = submit(server, url="http://localhost:9/hook")

        server.settle()
        (delivery,) = shown(server, request_id)["deliveries"]
        assert "not sent: callbacks to localhost (" in delivery["error"]
        assert not len(server.callbacks)

    def test_an_address_of_a_listed_network_is_called_and_no_other(
        self, imnot: StartHarness
    ) -> None:
        server = started(imnot, "callback_url_field: url", callback_allow=("127.0.0.0/8", "[::1]"))

        submit(server, url="http://localhost:9/hook")

        (received,) = server.callbacks.wait(1)
        assert received.url.startswith(("http://127.0.0.1:9", "http://[::1]:9"))
        assert received.headers["host"] == "localhost:9"

    def test_every_attempt_is_checked(self, imnot: StartHarness) -> None:
        server = started(imnot, "callback_url_field: url\ncallback_delay_seconds: 10")
        request_id = submit(server)
        server._given = type(server._given)(
            **{
                **{key: getattr(server._given, key) for key in server._given.__struct_fields__},
                "callback_allow": ("example.com",),
            }
        )

        server.restart()
        server.clock.advance(10)

        (delivery,) = shown(server, request_id)["deliveries"]
        assert "callbacks.allow" in delivery["error"]
        assert not len(server.callbacks)
