"""What a test sees that uses the pattern."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from imnot_core import PartnerError
from imnot_core.testing import Harness, StartHarness
from imnot_sequence import Sequence

SHIPMENT = f"""\
partner: acme
datapoints:
{"".join(f"  {line}" for line in Sequence.example.splitlines(keepends=True))}"""

PATH = "/shipments/7"
ADMIN = "/acme/shipment"


def numbers(after_last: str, count: int = 3) -> str:
    """A partner file whose GET /numbers answers 1, 2, 3, …."""
    responses = ", ".join(f"{{body: {number}}}" for number in range(1, count + 1))
    return f"""\
partner: acme
datapoints:
  - name: numbers
    pattern: sequence
    endpoints:
      - {{method: GET, path: /numbers, after_last: {after_last}, responses: [{responses}]}}
"""


@pytest.fixture
def shipment(imnot: StartHarness) -> Harness:
    """A server with the plugin's own example."""
    return imnot(SHIPMENT, plugins=[Sequence])


def test_the_answers_come_in_order_each_as_it_was_declared(shipment: Harness) -> None:
    packed, failed, delivered = (shipment.get(PATH) for _ in range(3))
    assert (packed.status_code, packed.json()) == (200, {"state": "packed"})
    assert (failed.status_code, failed.json()) == (503, {"error": "try again"})
    assert failed.headers["Retry-After"] == "1"
    assert (delivered.status_code, delivered.json()) == (200, {"state": "delivered"})


def test_only_the_answer_that_says_so_is_delayed(shipment: Harness) -> None:
    times = [shipment.clock.time()]
    for _ in range(3):
        shipment.get(PATH)
        times.append(shipment.clock.time())
    waits = [after - before for before, after in pairwise(times)]
    assert waits == pytest.approx([0, 0, 0.5])


@pytest.mark.parametrize(
    ("after_last", "expected"),
    [("repeat", [1, 2, 3, 3, 3, 3, 3]), ("cycle", [1, 2, 3, 1, 2, 3, 1])],
)
def test_after_the_last_answer_it_goes_on(
    imnot: StartHarness, after_last: str, expected: list[int]
) -> None:
    server = imnot(numbers(after_last), plugins=[Sequence])
    assert [server.get("/numbers").json() for _ in expected] == expected


def test_a_sequence_may_end(imnot: StartHarness) -> None:
    server = imnot(numbers("gone", 1), plugins=[Sequence])
    answers = [server.get("/numbers") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 410, 410]
    assert answers[2].json()["detail"] == (
        "The sequence of GET /numbers is used up;"
        " begin again with POST /imnot/admin/acme/numbers/reset"
    )


def test_each_session_begins_at_the_first_answer(shipment: Harness) -> None:
    first, second = shipment.session(), shipment.session()
    states = [
        shipment.get(PATH, session=session).json().get("state")
        for session in (first, first, first, second, None)
    ]
    assert states == ["packed", None, "delivered", "packed", "packed"]


def test_what_fills_a_parameter_does_not_matter(shipment: Harness) -> None:
    assert shipment.get("/shipments/7").json() == {"state": "packed"}
    assert shipment.get("/shipments/8").status_code == 503


def test_the_position_is_told_for_the_session_that_asks(shipment: Harness) -> None:
    session = shipment.session()
    shipment.get(PATH, session=session)
    expected = {"method": "GET", "path": "/shipments/{number}", "responses": 3}
    assert shipment.admin("GET", f"{ADMIN}/position", session=session).json() == {
        "session": session.id,
        "endpoints": [{**expected, "answered": 1, "next": 2}],
    }
    assert shipment.admin("GET", f"{ADMIN}/position").json() == {
        "session": None,
        "endpoints": [{**expected, "answered": 0, "next": 1}],
    }


def test_nothing_comes_next_when_a_sequence_has_ended(imnot: StartHarness) -> None:
    server = imnot(numbers("gone", 2), plugins=[Sequence])
    for _ in range(2):
        server.get("/numbers")
    (position,) = server.admin("GET", "/acme/numbers/position").json()["endpoints"]
    assert (position["answered"], position["next"]) == (2, None)


def test_a_reset_begins_again_in_its_session_alone(shipment: Harness) -> None:
    session = shipment.session()
    for owner in (session, None):
        shipment.get(PATH, session=owner)
    answer = shipment.admin("POST", f"{ADMIN}/reset", session=session).json()
    assert answer["endpoints"][0]["next"] == 1
    assert shipment.get(PATH, session=session).json() == {"state": "packed"}
    assert shipment.get(PATH).status_code == 503


def test_requests_at_once_get_each_an_answer_of_their_own(imnot: StartHarness) -> None:
    server = imnot(numbers("gone", 40), plugins=[Sequence], workers=2)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.get("/numbers"), range(48)))
    assert Counter(answer.status_code for answer in answers) == {200: 40, 410: 8}
    assert {answer.json() for answer in answers if answer.is_success} == set(range(1, 41))


def test_it_goes_on_after_a_restart(shipment: Harness) -> None:
    shipment.get(PATH)
    shipment.restart()
    assert shipment.get(PATH).status_code == 503


def test_a_file_that_was_edited_goes_on_where_it_was(imnot: StartHarness) -> None:
    server = imnot(numbers("repeat", 3), plugins=[Sequence])
    assert server.get("/numbers").json() == 1
    assert server.reload(numbers("repeat", 5)).is_success
    assert [server.get("/numbers").json() for _ in range(4)] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("after_last: repeat", "after_last: rewind", "cycle"),
        ("delay_seconds: 0.5", "delay_seconds: .inf", "86400"),
        ("delay_seconds: 0.5", "delay_seconds: .nan", "86400"),
        ("body: {state: packed}", "body: {1: packed}", "in quotes"),
        ("body: {state: packed}", "body: {state: .nan}", "in quotes"),
    ],
)
def test_a_mistake_is_explained_with_its_line(right: str, wrong: str, said: str) -> None:
    written = SHIPMENT.replace(right, wrong)
    with pytest.raises(PartnerError, match=said) as refused, Harness(written, plugins=[Sequence]):
        pytest.fail("it was accepted")
    (problem,) = refused.value.problems
    assert wrong in written.splitlines()[problem.line - 1]
