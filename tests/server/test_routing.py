"""Consumer requests: which endpoint answers, and what is said when none does."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from imnot_core import Context, PartnerError, Reply, Request
from imnot_core.testing import Harness
from tests.server.samples import CHARGES, PLAIN, answering, static


def show(request: Request, _context: Context) -> Reply:
    return Reply.json([request.path, dict(request.params), request.query.getall("q", [])])


SHOWN = PLAIN.replace("{method: POST, path: /it}", "{method: GET, path: '/it/{id}/of/{other}'}")


def send(server: Harness, path: str, method: str = "GET") -> httpx.Response:
    """Send a path as it is: the client's own way would tidy it up."""
    request = server.client.build_request(method, "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    return server.client.send(request)


@pytest.fixture(scope="module")
def server() -> Iterator[Harness]:
    with Harness(SHOWN, plugins=[answering(show)]) as harness:
        yield harness


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/it/1/of/2", ["1", "2"]),
        ("/it/1/of/2/", ["1", "2"]),
        ("/it/a%2Fb/of/c%2fd", ["a/b", "c/d"]),
        ("/it/%C3%A9/of/%E2%98%83", ["é", "☃"]),
        ("/it/a%20b/of/%3F%23%25", ["a b", "?#%"]),
        ("/it/a+b/of/c;d=e", ["a+b", "c;d=e"]),
        ("/it/%252F/of/x", ["%2F", "x"]),
        ("/%69t/1/%6f%66/2", ["1", "2"]),
        ("/it/%FF/of/x", ["\ufffd", "x"]),
        ("/it/%2E%2E/of/%2E", ["..", "."]),
    ],
)
def test_a_parameter_is_one_segment_and_decoded(
    server: Harness, path: str, params: list[str]
) -> None:
    answer = send(server, path)
    assert answer.json()[1] == dict(zip(["id", "other"], params, strict=True))


@pytest.mark.parametrize(
    "path", ["/it//of/2", "/it/1/of/", "/it/a/b/of/2", "//it/1/of/2", "/IT/1/of/2"]
)
def test_a_parameter_is_not_empty_nor_two_segments(server: Harness, path: str) -> None:
    assert send(server, path).status_code == 404


def test_the_query_plays_no_part_in_it(server: Harness) -> None:
    answer = send(server, "/it/1/of/2?q=a%2Fb&q=&q=%C3%A9&x=/it")
    assert answer.json()[2] == ["a/b", "", "é"]


@pytest.mark.parametrize("configured", ["/straße/ñ", "/stra%C3%9Fe/%c3%b1"])
def test_paths_may_have_any_characters(configured: str) -> None:
    with Harness(static("acme", f"GET {configured}")) as server:
        assert send(server, "/stra%C3%9Fe/%C3%B1").status_code == 200
        assert send(server, "/str%61%c3%9fe/%c3%b1").status_code == 200


def test_a_literal_segment_goes_before_a_parameter() -> None:
    literal = static("literal", "GET /a/b", body="literal")
    first, second = (
        static(name, f"GET {path}", body=name)
        for name, path in (("first", "/a/{x}"), ("second", "/{x}/b"))
    )
    with Harness(literal, first, second) as server:
        for path, answerer in (("/a/b", "literal"), ("/a/c", "first"), ("/c/b", "second")):
            assert server.get(path).json() == {"is": answerer}


def test_one_path_may_have_many_methods() -> None:
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]
    with Harness(static("acme", *(f"{method} /it" for method in methods))) as server:
        for method in methods:
            assert server.request(method, "/it").status_code == 200
        answer = server.request("LOCK", "/it")
        assert answer.status_code == 405
        assert answer.headers["allow"].split(", ") == sorted(methods)


def test_methods_are_configured_in_any_case_and_sent_in_capitals() -> None:
    with Harness(static("acme", "get /it")) as server:
        assert server.get("/it").status_code == 200
        assert server.request("get", "/it").status_code == 200


def test_what_nothing_answers_is_404_and_names_what_is_near() -> None:
    with Harness(CHARGES, static("acme", "GET /health")) as server:
        detail = server.get("/v1/charge").json()["detail"]
        assert "GET /v1/charge" in detail
        assert "GET /v1/charges" in detail
        assert "/imnot" not in detail


def test_a_server_without_partners_says_where_to_look() -> None:
    with Harness(without_apis=("stubs",)) as server:
        answer = server.get("/anything")
        assert answer.status_code == 404
        assert "/imnot/admin/problems" in answer.json()["detail"]


def test_a_wrong_method_names_method_and_path() -> None:
    with Harness(static("acme", "GET /caf%C3%A9")) as server:
        detail = server.delete("/café").json()["detail"]
        assert "/café" in detail
        assert "DELETE" in detail


@pytest.mark.parametrize(
    "path", ["/healthz", "/healthz/x", "/imnot", "/imnot/", "/imnot/{x}", "/imnot/admin/acme/x"]
)
def test_a_path_of_the_server_itself_is_refused_with_its_place(path: str) -> None:
    with pytest.raises(PartnerError, match=r"partner\.yaml:7:15: GET .*which the server answers"):
        Harness(static("acme", f"GET {path}")).__enter__()


@pytest.mark.parametrize("path", ["/imnots", "/healthzz", "/v1/imnot/admin", "/v1/healthz"])
def test_a_path_that_only_resembles_one_is_served(path: str) -> None:
    with Harness(static("acme", f"GET {path}")) as server:
        assert server.get(path).status_code == 200
