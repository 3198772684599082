from __future__ import annotations

import threading
import time

import httpx
import pytest

from imnot_core.testing import CallbackReceiver


def test_a_request_is_kept_as_it_was_sent() -> None:
    with CallbackReceiver() as receiver:
        sent = httpx.put(f"{receiver.url}/hook?n=1", json={"state": "döne"}, headers={"X-A": "b"})
        (received,) = receiver.wait(1)
    assert sent.status_code == 200
    assert received.method == "PUT"
    assert received.url == f"{receiver.url}/hook?n=1"
    assert received.headers["x-a"] == "b"
    assert received.json() == {"state": "döne"}


def test_answers_come_in_the_order_they_were_asked_for_and_then_200() -> None:
    with CallbackReceiver() as receiver:
        receiver.answer(503, times=2)
        receiver.answer(201, json={"id": 7}, headers={"X-B": "c"})
        answers = [httpx.post(receiver.url) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 503, 201, 200]
    assert answers[2].json() == {"id": 7}
    assert answers[2].headers["x-b"] == "c"


def test_an_answer_can_be_the_one_for_all_others() -> None:
    with CallbackReceiver() as receiver:
        receiver.answer(500, times=None)
        receiver.answer(200)
        codes = [httpx.post(receiver.url).status_code for _ in range(3)]
    assert codes == [200, 500, 500]


def test_a_dropped_request_gets_no_answer_but_is_kept() -> None:
    with CallbackReceiver() as receiver:
        receiver.drop()
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(receiver.url)
        assert len(receiver) == 1


def test_a_delay_makes_the_client_wait() -> None:
    with CallbackReceiver() as receiver:
        receiver.answer(delay=30)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(receiver.url, timeout=0.2)
        begun = time.monotonic()
    assert time.monotonic() - begun < 10  # leaving does not wait for the delay


def test_waiting_ends_with_the_last_request_that_was_waited_for() -> None:
    with CallbackReceiver() as receiver:
        sender = threading.Thread(target=lambda: [httpx.post(receiver.url) for _ in range(3)])
        sender.start()
        assert len(receiver.wait(3)) == 3
        sender.join()


def test_waiting_in_vain_says_what_did_arrive() -> None:
    with CallbackReceiver() as receiver:
        httpx.post(f"{receiver.url}/only", content=b"one")
        with pytest.raises(AssertionError, match=r"1 of 2 requests .*\n.*POST .*/only b'one'"):
            receiver.wait(2, timeout=0.05)


def test_any_method_is_taken_and_head_has_no_body() -> None:
    with CallbackReceiver() as receiver:
        receiver.answer(200, body=b"text", times=None)
        assert httpx.head(receiver.url).text == ""
        assert httpx.request("PURGE", receiver.url).text == "text"
        assert [received.method for received in receiver] == ["HEAD", "PURGE"]


def test_what_arrived_can_be_forgotten() -> None:
    with CallbackReceiver() as receiver:
        httpx.post(receiver.url)
        receiver.clear()
        assert len(receiver) == 0


def test_nothing_listens_any_more_after_leaving() -> None:
    with CallbackReceiver() as receiver:
        httpx.post(receiver.url)
    with pytest.raises(httpx.ConnectError):
        httpx.post(receiver.url)
