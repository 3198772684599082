"""The rules of callbacks: waits, signatures, bad delivery, and what a partner file may say."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from imnot_patterns.callback import Callback
from imnot_patterns.callback.misdelivery import Bad, Misdelivery, decided
from imnot_patterns.callback.retry import CONNECTION, DAY, TIMEOUT, Failure, Retry, wait_after
from imnot_patterns.callback.signature import SecretMissing, Signature, secrets, sign, wrong
from imnot_patterns.callback.submitted import submitted, webhook_id
from tests.unit.patterns.world import datapoint, faults, refusal

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD = Signature(scheme="standard-webhooks", secret_env="S")


class TestSignatures:
    def test_the_example_of_standard_webhooks(self) -> None:
        keys = secrets(STANDARD, {"S": SECRET})

        headers = dict(
            sign(
                STANDARD,
                keys,
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1614265330,
                b'{"test": 2432232314}',
            )
        )

        assert headers == {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        }

    @given(body=st.text(), timestamp=st.integers(0, 2**33))
    def test_it_signs_as_the_library_does(self, body: str, timestamp: int) -> None:
        from datetime import UTC, datetime

        keys = secrets(STANDARD, {"S": SECRET})
        headers = dict(sign(STANDARD, keys, "msg_1", timestamp, body.encode()))

        signed = Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(timestamp, UTC), body)
        assert headers["webhook-signature"] == signed

    def test_wrong_keys_are_others_of_the_same_number(self) -> None:
        keys = (b"one", b"two")

        assert len(set(wrong(keys)) | set(keys)) == 4

    @pytest.mark.parametrize(
        ("algorithm", "encoding", "expected"),
        [
            ("sha256", "hex", "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"),
            ("sha1", "base64", "3nybhbi3iqa8ino29wqQcBydtNk="),
        ],
    )
    def test_algorithm_and_encoding(self, algorithm: Any, encoding: Any, expected: str) -> None:
        signature = Signature(
            scheme="hmac", secret_env="S", header="X-S", algorithm=algorithm, encoding=encoding
        )

        text = b"The quick brown fox jumps over the lazy dog"
        assert sign(signature, (b"key",), "", 0, text) == [("X-S", expected)]

    @pytest.mark.parametrize(
        "environment", [{}, {"S": ""}, {"S": "whsec_"}, {"S": "whsec_%%%"}, {"S": "ü"}]
    )
    def test_a_secret_that_cannot_be_used_is_named_and_not_shown(
        self, environment: dict[str, str]
    ) -> None:
        with pytest.raises(SecretMissing, match="the environment variable S ") as missing:
            secrets(STANDARD, environment)

        assert "%%%" not in str(missing.value)


class TestWaits:
    RETRY = Retry(max_attempts=5, initial_delay_seconds=2, factor=3, max_delay_seconds=10)

    @pytest.mark.parametrize(("attempt", "wait"), [(1, 2), (2, 6), (3, 10), (4, 10), (5, None)])
    def test_they_grow_to_their_limit_and_end(self, attempt: int, wait: float | None) -> None:
        assert wait_after(self.RETRY, Failure(500), attempt, 0, Random(1)) == wait

    def test_without_retry_there_is_none(self) -> None:
        assert wait_after(None, Failure(500), 1, 0, Random(1)) is None

    @given(
        attempt=st.integers(1, 99),
        factor=st.floats(1, 100),
        initial=st.floats(0, DAY),
        jitter=st.floats(0, 1),
        retry_after=st.text() | st.integers().map(str),
        cause=st.sampled_from([429, 500, 503, TIMEOUT, CONNECTION]),
    )
    def test_any_wait_lies_between_nothing_and_a_day(
        self,
        attempt: int,
        factor: float,
        initial: float,
        jitter: float,
        retry_after: str,
        cause: Any,
    ) -> None:
        retry = Retry(max_attempts=100, initial_delay_seconds=initial, factor=factor, jitter=jitter)

        wait = wait_after(retry, Failure(cause, retry_after), attempt, 0.0, Random(attempt))

        assert wait is not None
        assert 0 <= wait <= DAY


class TestMisdelivery:
    def test_chance_decides_about_each_callback(self) -> None:
        declared = Misdelivery(duplicates=1, probability=0.3)
        random = Random(1)

        hit = sum(decided(declared, random) != Bad() for _ in range(1000))

        assert 250 < hit < 350

    def test_what_is_certain_draws_no_chance(self) -> None:
        random = Random(1)
        before = random.getstate()

        assert decided(Misdelivery(duplicates=1), random) == Bad(duplicates=1)
        assert decided(None, random) == Bad()
        assert random.getstate() == before


class TestPartnerFile:
    @pytest.mark.parametrize(
        ("more", "field", "said"),
        [
            ({"callback_url": "https://x/{{"}, "callback_url", "line 1"),
            ({"callback_url": "x", "callback_url_field": "u"}, "callback_url", "one place"),
            ({"callback_url": "ftp://x"}, "callback_url", "'ftp://x' is no http or https URL"),
            ({"callback_url": "x.test/{{ request.json.a }}"}, "callback_url", "does not begin"),
            (
                {"callback_url_field": "u", "callback_headers": {"content-length": 5}},
                "callback_headers",
                "content-length is that of the body as it is sent",
            ),
            (
                {"callback_url_field": "u", "callback_body": {"a": ["{{ x"]}},
                "callback_body.a[0]",
                "line 1",
            ),
            (
                {"callback_url_field": "u", "callback_headers": {"X Y": 1}},
                "callback_headers",
                "X Y",
            ),
            (
                {"callback_url_field": "u", "callback_headers": {"X": "{{ x"}},
                "callback_headers.X",
                "line 1",
            ),
            (
                {"callback_url_field": "u", "misdelivery": {"wrong_signature": True}},
                "misdelivery",
                "no signature",
            ),
            ({"callback_url_field": "u", "callback_order": "parallel"}, "callback_order", "one"),
            (
                {"callbacks": [{"url": "http://x", "name": "a"}] * 2},
                "callbacks[1].name",
                "'a' is the name of callback 1, too",
            ),
            (
                {"callbacks": [{"url": "http://x", "name": "2"}]},
                "callbacks[0].name",
                "the numbers are those of the order",
            ),
            (
                {"callbacks": [{"url": "http://x"}], "callback_url": "http://y"},
                "callback_url",
                "entries of callbacks",
            ),
            (
                {"callbacks": [{"url": "http://x"}], "retry": {"max_attempts": 2}},
                "retry",
                "entries of callbacks",
            ),
            (
                {"callbacks": [{"url": "http://x"}], "callback_method": "PUT"},
                "callback_method",
                "entries of callbacks",
            ),
            (
                {"callbacks": [{"url": "http://x"}], "callback_headers": {"X": 1}},
                "callback_headers",
                "entries of callbacks",
            ),
        ],
    )
    def test_what_does_not_go_together_is_refused(
        self, more: dict[str, Any], field: str, said: str
    ) -> None:
        found = faults(Callback, {"response": more})

        assert list(found) == [field]
        assert said in found[field]

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({"callbacks": [{"method": "POST"}]}, "url_field: nothing says where"),
            ({"callbacks": [{"url": "x", "callback_method": "PUT"}]}, "callback_method"),
            ({"callback_url_field": "u", "retry": {}}, "max_attempts"),
            ({"callback_url_field": "u", "retry": {"max_attempts": 0}}, ">= 1"),
            (
                {"callback_url_field": "u", "retry": {"max_attempts": 2, "retry_on": ["6xx"]}},
                "'6xx' is no failure",
            ),
            ({"callback_url_field": "u", "misdelivery": {}}, "nothing goes wrong"),
            ({"callback_url_field": "u", "signature": {"scheme": "x"}}, "'x'"),
            (
                {"callback_url_field": "u", "signature": {"scheme": "hmac", "secret_env": "S"}},
                "where the signature goes",
            ),
            (
                {
                    "callback_url_field": "u",
                    "signature": {"scheme": "github", "secret_env": "S", "prefix": "x"},
                },
                "github does not leave it open",
            ),
            (
                {
                    "callback_url_field": "u",
                    "signature": {"scheme": "github", "secret_env": ["A", "B"]},
                },
                "signs with one secret",
            ),
            ({"callback_url_field": "u", "callback_timeout_seconds": 0}, "callback_timeout"),
        ],
    )
    def test_wrong_values_are_refused(self, more: dict[str, Any], said: str) -> None:
        assert said in refusal(Callback, {"response": more})

    @pytest.mark.parametrize(
        "url",
        [
            "http://x/{{ request.json.a }}",
            " HTTPS://x:9 ",
            "{{ request.json.url }}",
            "http{{ 's' }}://x",
            "{% if true %}http://x{% endif %}",
        ],
    )
    def test_what_may_come_to_a_url_is_accepted(self, url: str) -> None:
        assert datapoint(Callback, {"response": {"callback_url": url}})


class TestKept:
    def test_what_former_releases_kept_is_understood(self) -> None:
        old = {
            "url": "http://x/",
            "method": "PUT",
            "deliveries": [{"at": "2026-01-01T00:00:00Z", "status": 500, "error": "no"}],
        }

        kept = submitted(old)

        assert (kept.sendings[0].url, kept.sendings[0].method, kept.state) == (
            "http://x/",
            "PUT",
            "failed",
        )

    def test_the_ids_of_several_callbacks_differ(self) -> None:
        assert [webhook_id("a-b", index) for index in range(3)] == [
            "msg_ab",
            "msg_ab_2",
            "msg_ab_3",
        ]
