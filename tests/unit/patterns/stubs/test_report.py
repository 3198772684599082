"""Near misses as text, and as one line for a header."""

from __future__ import annotations

from typing import Any

from imnot_core import Request
from imnot_patterns.stubs.nearmiss import header, near_misses, report
from imnot_patterns.stubs.seen import Seen
from tests.unit.patterns.stubs.nearness import index_of, misses, routes_of, stub

REQUEST = Request.of("GET", "/users/5", headers={"x-tenant": "acme"})
NEAR = {"path": "/users/{id}", "method": "GET", "headers": {"x-tenant": "Acme"}}
MARK = ">>> "


def lines_of(request: Request, **wanted: Any) -> list[str]:
    found = misses(request, stub("s-1", **wanted))
    return report(Seen.of(request), found, "r-1").splitlines()


def test_the_report_shows_closest_and_request_side_by_side() -> None:
    assert lines_of(REQUEST, **NEAR) == [
        "Nothing answered GET /users/5",
        "Request r-1",
        "",
        "1. GET /users/{id} (stub s-1), 99 % alike",
        "-" * 119,
        "    Closest                                                          | Request",
        "-" * 119,
        "    path: /users/{id}                                                | /users/5",
        '    method: "GET"                                                    | "GET"',
        '>>> header x-tenant: "Acme"                                          | "acme"',
        "-" * 119,
        (
            '    hint: header x-tenant: `{"$ignore_case": …}` compares without:'
            " only the letter case differs"
        ),
    ]


def test_mismatches_alone_are_marked() -> None:
    rows = [line for line in lines_of(REQUEST, **NEAR | {"method": "POST"}) if " | " in line]

    assert [line.startswith(MARK) for line in rows] == [False, False, True, True]


def test_long_values_take_several_lines_within_the_width() -> None:
    request = Request.of("POST", "/users", body=b"word " * 100)
    lines = lines_of(request, path="/users", body="x" * 500)

    assert all(len(line) <= 119 for line in lines)
    (first,) = [place for place, line in enumerate(lines) if line.startswith(f"{MARK}body")]
    assert lines[first + 1].startswith("    xxxx")
    assert " | word word" in lines[first + 1]


def test_what_cannot_be_printed_is_escaped() -> None:
    request = Request.of("GET", "/a%0ab%1b%5b31m", headers={"x-tenant": "\x07"})
    text = "\n".join(lines_of(request, path="/{x}", headers={"x-tenant": "umbrella"}))

    assert r"Nothing answered GET /a\nb\x1b[31m" in text
    assert r'"\x07"' in text
    assert "\x1b" not in text


def test_causes_stand_beneath() -> None:
    found = misses(REQUEST, stub("s-1", path="/users/{id}", scope="team-a"))
    text = report(Seen.of(REQUEST), found)

    assert '(stub s-1 of scope "team-a"), 100 % alike' in text
    assert '    cause: a stub of scope "team-a" fits: send the header team-a\n' in text
    assert "Request r-1" not in text


def test_an_absent_value_is_told_from_an_empty_one() -> None:
    request = Request.of("GET", "/?b=")
    lines = lines_of(request, path="/", query={"a": "1", "b": "1"})

    assert any(line.startswith(f"{MARK}query a") and line.endswith("| (absent)") for line in lines)
    assert any(line.startswith(f"{MARK}query b") and line.endswith('| ""') for line in lines)


def test_an_endpoint_of_a_partner_is_named_with_its_datapoint() -> None:
    found = misses(REQUEST, routes=routes_of(POST_people="/users/{id}"))

    assert "1. POST /users/{id} (endpoint of acme/people)" in report(Seen.of(REQUEST), found)


def test_a_report_without_near_misses_says_so() -> None:
    text = report(Seen.of(REQUEST), [])

    assert text == (
        "Nothing answered GET /users/5\nNo stub and no endpoint of a partner comes near.\n"
    )


def test_the_header_has_the_reasons_in_one_line() -> None:
    found = misses(
        REQUEST,
        stub("a", path="/users/{id}", method="POST"),
        stub("b", path="/user/{id}", method="GET"),
    )

    assert header(found) == (f"{found[0].reason} | {found[1].reason}")
    assert header([]) == ""


def test_the_header_is_latin_1_without_control_characters_and_short() -> None:
    request = Request.of("GET", "/%E2%82%AC%0d%0aX:%20y")
    index = index_of(
        stub(path="/{€}" + "/x" * 1000, method="GET"),
        stub("b", path={"$eq": {"value": "/€ \r\nX:"}}, method="GET"),
    )
    line = header(near_misses(Seen.of(request), index, ("",)))

    line.encode("latin-1")
    assert len(line) <= 500
    assert line.isprintable()
    assert r"\u20ac\r\nX: y" in line
