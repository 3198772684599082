"""The pattern `stub`: which endpoint answers, what it sees, and how often."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from imnot_core import PartnerError
from imnot_core.testing import Harness, StartHarness
from imnot_patterns.stubs.pattern import StubPattern
from tests.unit.patterns.world import World

Endpoint = dict[str, Any]


def get(path: str, body: Any, **fields: Any) -> Endpoint:
    return {"method": "GET", "path": path, "response": {"body": body}, **fields}


def echo(path: str, *names: str, **fields: Any) -> Endpoint:
    """An endpoint that answers with its path parameters."""
    values = ",".join(f"{name}={{{{ request.path_params['{name}'] }}}}" for name in names)
    return {"method": "GET", "path": path, "response": {"template_body": values}, **fields}


def partner(*endpoints: Endpoint, **others: list[Endpoint]) -> str:
    """A partner file; the keywords are further datapoints."""
    datapoints = [
        {"name": name, "pattern": "stub", "endpoints": each}
        for name, each in {"things": endpoints, **others}.items()
    ]
    return json.dumps({"partner": "acme", "datapoints": datapoints})


def texts(server: Harness, path: str, count: int, **options: Any) -> list[str]:
    return [server.get(path, **options).text for _ in range(count)]


def near_misses(server: Harness, answer: httpx.Response) -> list[dict[str, Any]]:
    """What the journal keeps of a request, found as the header of its answer says."""
    link = answer.headers["X-Imnot-Near-Miss"].rpartition("see ")[2]
    found: list[dict[str, Any]] = server.get(link).json()["near_misses"]
    return found


# Which endpoint answers

ORDERS = partner(
    get("/orders", "any"),
    get("/orders", "header", request={"headers": {"X-Tenant": "acme"}}),
    get("/orders", "query", request={"query": {"page": {"$regex": {"pattern": "[0-9]+$"}}}}),
    get("/orders", "both", request={"headers": {"X-Tenant": "acme"}, "query": {"page": "1"}}),
    get("/orders", "body", request={"body": {"sku": "tea"}}),
    get("/orders", "host", request={"host": "api.example"}),
)


@pytest.mark.parametrize(
    ("options", "answered"),
    [
        ({}, "any"),
        ({"headers": {"x-tenant": "acme"}}, "header"),
        ({"headers": {"x-tenant": "other"}}, "any"),
        ({"params": {"page": "17"}}, "query"),
        ({"params": {"page": "x"}}, "any"),
        ({"params": {"page": "2"}, "headers": {"X-Tenant": "acme"}}, "query"),
        ({"params": {"page": "1"}, "headers": {"X-Tenant": "acme"}}, "both"),
        ({"json": {"sku": "tea"}, "params": {"page": "1"}}, "body"),
        ({"json": {"sku": "tea", "count": 1}}, "any"),
        ({"headers": {"Host": "API.example:8080"}, "params": {"page": "1"}}, "host"),
    ],
)
def test_the_most_specific_of_several_endpoints_of_one_path_answers(
    imnot: StartHarness, options: Any, answered: str
) -> None:
    assert imnot(ORDERS).request("GET", "/orders", **options).text == answered


def test_of_equal_endpoints_the_first_answers_until_its_calls_are_used_up(
    imnot: StartHarness,
) -> None:
    first = get("/a", "first", max_calls=2)
    server = imnot(partner(first, get("/a", "second", max_calls=1), first, get("/a", "last")))
    expected = ["first", "first", "second", "first", "first", "last", "last"]
    assert texts(server, "/a", 7) == expected


def test_a_literal_path_comes_before_a_parameter_and_that_where_it_does_not_fit(
    imnot: StartHarness,
) -> None:
    server = imnot(
        partner(
            echo("/users/{id}", "id"),
            get("/users/me", "me", request={"headers": {"X-Login": "yes"}}),
            get("/users/you", "you"),
        )
    )
    assert server.get("/users/me", headers={"X-Login": "yes"}).text == "me"
    assert server.get("/users/me").text == "id=me"
    assert server.get("/users/you").text == "you"
    assert server.get("/users/7").text == "id=7"


def test_an_endpoint_with_more_criteria_comes_before_one_with_a_more_literal_path(
    imnot: StartHarness,
) -> None:
    special = echo("/users/{id}", "id", request={"headers": {"X-A": "b"}})
    server = imnot(partner(get("/users/me", "me"), special))
    assert server.get("/users/me", headers={"X-A": "b"}).text == "id=me"
    assert server.get("/users/me").text == "me"


def test_methods_are_apart(imnot: StartHarness) -> None:
    post = {"method": "post", "path": "/a", "response": {"status": 201}}
    server = imnot(partner(get("/a", "got"), post))
    assert server.get("/a").text == "got"
    assert server.post("/a").status_code == 201
    assert server.put("/a").status_code == 405


def test_head_is_answered_without_a_body(imnot: StartHarness) -> None:
    head = {"method": "HEAD", "path": "/a", "response": {"headers": {"X-Job": "done"}}}
    waiting = {**head, "request": {"query": {"wait": "yes"}}, "response": {"status": 202}}
    server = imnot(partner(head, waiting))
    answer = server.head("/a")
    assert (answer.status_code, answer.headers["X-Job"], answer.text) == (200, "done", "")
    assert server.head("/a?wait=yes").status_code == 202


def test_partners_with_the_same_shape_in_two_datapoints_clash(imnot: StartHarness) -> None:
    with pytest.raises(PartnerError, match="already served by acme/things"):
        imnot(partner(get("/a/{b}", "x"), more=[get("/a/{c}", "y", max_calls=1)]))


# Paths


def test_endpoints_may_differ_in_the_name_of_a_parameter(imnot: StartHarness) -> None:
    by_name = echo("/a/{name}", "name", request={"query": {"by": "name"}})
    server = imnot(partner(echo("/a/{id}", "id"), by_name))
    assert server.get("/a/7").text == "id=7"
    assert server.get("/a/ada?by=name").text == "name=ada"


@pytest.mark.parametrize("path", ["/a/7/", "/a/7"])
def test_a_slash_at_the_end_makes_no_difference(imnot: StartHarness, path: str) -> None:
    server = imnot(partner(echo("/a/{id}/", "id"), get("/a/7/b", "b")))
    assert server.get(path).text == "id=7"


def test_the_root_can_be_an_endpoint(imnot: StartHarness) -> None:
    server = imnot(partner(get("/", "root"), get("/", "with", request={"query": {"a": "b"}})))
    assert texts(server, "/", 1) + texts(server, "/?a=b", 1) == ["root", "with"]


@pytest.mark.parametrize(
    ("path", "answered"),
    [
        ("/files/7.json", "json id=7"),
        ("/files/7.json.json", "json id=7.json"),
        ("/files/.json", "name=.json"),
        ("/files/7", "name=7"),
        ("/files/a-b-c", "from=a,to=b-c"),
        ("/files/special.json", "special"),
        ("/files/7.json?raw=yes", "name=7.json"),
        ("/files/a%2Fb.json", "json id=a/b"),
        ("/files/a%2Fb", "name=a/b"),
        ("/files/-%25-%7Bx%7D", "from=-%,to={x}"),
        ("/files/%C3%A4.json", "json id=ä"),
        ("/files/100%25", "name=100%"),
    ],
)
def test_a_segment_may_mix_text_and_parameters(
    imnot: StartHarness, path: str, answered: str
) -> None:
    json_file = echo("/files/{id}.json", "id")
    json_file["response"]["template_body"] = "json " + json_file["response"]["template_body"]
    server = imnot(
        partner(
            echo("/files/{name}", "name"),
            json_file,
            echo("/files/{from}-{to}", "from", "to"),
            get("/files/special.json", "special"),
            echo("/files/{name}", "name", request={"query": {"raw": "yes"}}),
        )
    )
    assert server.get(path).text == answered


def test_a_mixed_segment_that_takes_long_to_compare_does_not(imnot: StartHarness) -> None:
    mixed = get("/{a}-{b}-{c}-{d}-{e}.json", "mixed")
    server = imnot(partner(mixed, get("/{name}", "name")))
    assert server.get("/" + "-" * 20_000).text == "name"


@pytest.mark.parametrize("written", ["/café/{x}", "/caf%C3%A9/{x}"])
@pytest.mark.parametrize("sent", ["/café/ü", "/caf%C3%A9/%C3%BC", "/%63af%c3%a9/%c3%bc"])
def test_a_path_may_be_written_and_sent_in_any_encoding(
    imnot: StartHarness, written: str, sent: str
) -> None:
    assert imnot(partner(echo(written, "x"))).get(sent).text == "x=ü"


def test_two_spellings_of_one_path_are_one_path(imnot: StartHarness) -> None:
    other = get("/caf%c3%a9", "other", request={"query": {"a": "b"}})
    server = imnot(partner(get("/café", "one"), other))
    assert texts(server, "/café", 1) + texts(server, "/café?a=b", 1) == ["one", "other"]


def test_an_encoded_brace_is_no_parameter(imnot: StartHarness) -> None:
    server = imnot(partner(get("/a/%7Bid%7D", "brace"), get("/a/{id}", "any")))
    assert server.get("/a/%7Bid%7D").text == "brace"
    assert server.get("/a/7").text == "any"


def test_an_encoded_slash_is_no_slash(imnot: StartHarness) -> None:
    server = imnot(partner(get("/a/{b}", "one segment"), get("/a/b/c", "two segments")))
    assert server.get("/a/b%2Fc").text == "one segment"
    assert server.get("/a/b/c").text == "two segments"


# Answers


@pytest.mark.parametrize(
    ("response", "status", "headers", "content"),
    [
        ({}, 200, {}, b""),
        ({"status": 204}, 204, {}, b""),
        ({"body": "plain"}, 200, {}, b"plain"),
        ({"status": 201, "body": {"a": None}}, 201, {"content-type": "application/json"},
         b'{"a":null}'),
        ({"status_code": 202, "headers": {"X-Count": 3}}, 202, {"x-count": "3"}, b""),
        ({"body": False}, 200, {"content-type": "application/json"}, b"false"),
        ({"template_body": ""}, 200, {}, b""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["short", "action"])
def test_a_response_is_sent_as_it_is_written(
    imnot: StartHarness, form: str, response: Any, status: int, headers: Any, content: bytes
) -> None:
    said = {"response": response}
    how = {"action": said} if form == "action" else said
    answer = imnot(partner({"method": "GET", "path": "/a", **how})).get("/a")
    assert (answer.status_code, answer.content) == (status, content)
    assert headers.items() <= dict(answer.headers).items()


def test_templates_see_the_request_and_the_session(imnot: StartHarness) -> None:
    template = "{{ request.method }} {{ request.path }} {{ request.session }} {{ request.query.q }}"
    template += " {{ request.headers['x-a'] }} {{ request.body.n + 1 }} {{ request.scope }}"
    endpoint = {"method": "POST", "path": "/t/{x}", "response": {"template_body": template}}
    server = imnot(partner(endpoint))
    options: Any = {"json": {"n": 1}, "headers": {"X-A": "b"}}
    assert server.post("/t/a%2Fb?q=r", **options).text == "POST /t/a/b null r b 2 null"
    answer = server.post("/t/1?q=r", session="mine", **options)
    assert answer.text == "POST /t/1 mine r b 2 null"


def test_templates_have_the_time_and_the_chance_of_the_server(imnot: StartHarness) -> None:
    template = "{{ timestamp() }} {{ uuid() }} {{ random_int(1, 1000000) }}"
    endpoint = {"method": "GET", "path": "/t", "response": {"template_body": template}}
    answers = [imnot(partner(endpoint), seed=5).get("/t").text for _ in "ab"]
    assert answers[0] == answers[1]
    assert answers[0].startswith("1767225600 ")


def test_a_template_that_fails_says_so_and_hurts_nobody(imnot: StartHarness) -> None:
    endpoint = {"method": "GET", "path": "/t", "response": {"template_body": "{{ request.no }}"}}
    server = imnot(partner(endpoint, get("/a", "well")))
    answer = server.get("/t")
    assert (answer.status_code, answer.json()["error"]) == (500, "TEMPLATE_RENDER_ERROR")
    assert server.get("/a").text == "well"


def test_events_are_sent_with_their_content_type(imnot: StartHarness) -> None:
    events = [{"event": "a", "data": "{{ request.path_params.x }}", "retry": 5}, {"data": "b\nc"}]
    server = imnot(partner({"method": "GET", "path": "/s/{x}", "sse": {"events": events}}))
    answer = server.get("/s/7")
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.text == "event: a\nretry: 5\ndata: 7\n\ndata: b\ndata: c\n\n"


def test_chaos_is_that_of_the_endpoint_which_answers(imnot: StartHarness) -> None:
    slow = {"latency": {"base_ms": 1000}}
    lost: Endpoint = {"faults": {"empty_response": {}}}
    server = imnot(
        partner(
            get("/a", "fast"),
            get("/a", "slow", chaos=slow, request={"query": {"be": "slow"}}),
            get("/a", "lost", chaos=lost, request={"query": {"be": "lost"}}),
        )
    )
    begin = server.clock.time()
    assert server.get("/a").text == "fast"
    assert server.clock.time() == begin
    assert server.get("/a?be=slow").text == "slow"
    assert server.clock.time() == begin + 1
    with pytest.raises(httpx.RemoteProtocolError):
        server.get("/a?be=lost")
    assert server.get("/a?be=other").text == "fast"


# max_calls


def test_calls_are_counted_in_each_session_on_its_own(imnot: StartHarness) -> None:
    server = imnot(partner(get("/a", "few", max_calls=2), get("/a", "rest")))
    with server.session() as mine, server.session() as other:
        for session in (mine, other, None):
            answers = texts(server, "/a", 3, session=session)
            assert answers == ["few", "few", "rest"]
        mine.delete()
        assert texts(server, "/a", 3, session=str(mine)) == ["few", "few", "rest"]
        assert texts(server, "/a", 1, session=other) == ["rest"]


def test_only_what_it_answers_is_counted(imnot: StartHarness) -> None:
    endpoint = get("/a", "few", max_calls=1, request={"query": {"k": "v"}})
    server = imnot(partner(endpoint, get("/a", "rest")))
    assert texts(server, "/a", 3) == ["rest"] * 3
    assert texts(server, "/a?k=v", 2) == ["few", "rest"]


@pytest.mark.parametrize("workers", [1, 2])
def test_calls_are_exact_when_many_come_at_once(imnot: StartHarness, workers: int) -> None:
    first, second = get("/a", "first", max_calls=7), get("/a", "second", max_calls=5)
    server = imnot(partner(first, second), workers=workers)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.get("/a"), range(40)))
    said = [each.text if each.is_success else "none" for each in answers]
    assert {each: said.count(each) for each in set(said)} == {"first": 7, "second": 5, "none": 28}


def test_a_reload_keeps_the_counts_of_endpoints_that_did_not_change(imnot: StartHarness) -> None:
    few, changed = get("/a", "few", max_calls=2), get("/b", "old", max_calls=1)
    server = imnot(partner(few, changed))
    assert texts(server, "/a", 1) + texts(server, "/b", 1) == ["few", "old"]
    new = get("/b", "new", max_calls=1)
    assert server.reload(partner(get("/c", "added"), new, few)).is_success
    assert texts(server, "/b", 1) == ["new"]
    assert [server.get("/a").status_code for _ in range(2)] == [200, 404]
    assert server.get("/b").status_code == 404


def test_a_restart_keeps_the_counts(tmp_path: Path) -> None:
    text = partner(get("/a", "few", max_calls=2), get("/a", "rest"))
    with Harness(text, db=tmp_path / "imnot.db") as server:
        assert texts(server, "/a", 1) == ["few"]
        server.restart()
        assert texts(server, "/a", 2) == ["few", "rest"]


# What no endpoint answers


def test_a_request_that_fits_nothing_is_told_what_came_nearest(imnot: StartHarness) -> None:
    tenant = get("/a/{id}", "x", request={"headers": {"X-Tenant": "acme"}})
    server = imnot(partner(tenant, get("/a/{id}", "y", request={"query": {"page": "1"}})))
    answer = server.get("/a/7", headers={"X-Tenant": "Acme"})
    assert answer.status_code == 404
    detail = answer.json()["detail"]
    assert detail.startswith("No endpoint of acme/things answers this GET /a/7; nearest is GET /a/")
    assert "GET /a/{id} of acme/things#1: header x-tenant is" in detail
    assert "GET /a/{id} of acme/things#1" in answer.headers["X-Imnot-Near-Miss"]
    nearest, other = near_misses(server, answer)
    assert (nearest["kind"], nearest["owner"], nearest["stub_id"]) == (
        "route", "acme/things#1", None,
    )  # fmt: skip
    fields = {each["field"]: each["matched"] for each in nearest["criteria"]}
    assert fields == {"path": True, "method": True, "header x-tenant": False}
    assert other["owner"] == "acme/things#2"


def test_used_up_calls_are_named_as_the_cause(imnot: StartHarness) -> None:
    server = imnot(partner(get("/a", "few", max_calls=1)))
    with server.session() as session:
        assert server.get("/a", session=session).text == "few"
        answer = server.get("/a", session=session)
        assert "fits, but its max_calls (1) are used up" in answer.json()["detail"]
        (miss,) = near_misses(server, answer)
        assert (miss["score"], miss["causes"]) == (
            1.0, ["fits, but its max_calls (1) are used up"],
        )  # fmt: skip
    assert server.get("/a").text == "few"


def test_calls_that_are_left_are_no_cause(imnot: StartHarness) -> None:
    server = imnot(partner(get("/a", "x", max_calls=1, request={"query": {"k": "v"}})))
    (miss,) = near_misses(server, server.get("/a"))
    assert miss["causes"] == []


def test_a_near_miss_has_the_path_as_the_file_has_it(imnot: StartHarness) -> None:
    wanted = {"headers": {"X-A": "b"}}
    server = imnot(partner(get("/f/{id}.json", "x", request=wanted), get("/f/a%20b", "y")))
    answer = server.get("/f/7.json")
    assert "GET /f/{id}.json of acme/things#1: header x-a is missing" in answer.json()["detail"]
    miss = near_misses(server, answer)[0]
    assert miss["route"] == "GET /f/{id}.json"
    assert miss["criteria"][0]["expected"] == "/f/{id}.json"
    assert miss["criteria"][0]["matched"]


def test_a_path_that_mixes_text_and_parameters_is_named_as_it_is_written(
    imnot: StartHarness,
) -> None:
    wanted = {"body": "b"}
    server = imnot(partner(get("/f/{id}.json", "x"), get("/f/{id}", "y", request=wanted)))
    other = near_misses(server, server.get("/f/7.txt"))[1]
    assert other["reason"] == (
        'GET /f/{id}.json of acme/things#1: path is "/f/7.txt", expected "/f/{id}.json"'
    )
    assert "(?" not in json.dumps(other)


def test_an_unmatched_request_is_that_of_its_session(imnot: StartHarness) -> None:
    server = imnot(partner(get("/a", "x", request={"query": {"k": "v"}})))
    session = server.session()
    link = server.get("/a", session=session).headers["X-Imnot-Near-Miss"].rpartition("see ")[2]
    assert server.get(link).is_success
    session.delete()
    assert server.get(link).status_code == 404


def test_stubs_made_at_run_time_have_no_part_in_it(imnot: StartHarness) -> None:
    server = imnot(partner(get("/a", "x", request={"query": {"k": "v"}})))
    action = {"response": {"status_code": 200, "headers": {}, "body": "made"}}
    made = server.post("/__mock__/stubs", json={"request": {"path": "/a"}, "action": action})
    assert "acme/things" in json.dumps(made.json()["warnings"])
    assert server.get("/a").status_code == 404


# What a file may not say


def refusal(*endpoints: Any) -> list[str]:
    with pytest.raises(PartnerError) as refused, Harness(partner(*endpoints)):
        pass
    return [str(each) for each in refused.value.problems]


def test_every_mistake_is_told_at_once() -> None:
    regex = {"$regex": {"pattern": "("}}
    problems = refusal(
        get("/a", "x", request={"headers": {"a": regex}, "query": {"b": {"$gtt": {"value": 1}}}}),
        {"method": "GET", "path": "/b", "response": {"status": 99}},
        {"method": "GET", "path": "/c", "response": {"body": "x"}, "sse": {"events": []}},
    )
    for word in ('headers.a["$regex"].pattern', 'query.b["$gtt"]', "status", "sse.events"):
        assert any(word in each for each in problems), (word, problems)


@pytest.mark.parametrize(
    ("criteria", "said"),
    [
        ({"headers": {"X-Count": 1}}, 'write "1"'),
        ({"query": {"live": True}}, 'write "true"'),
        ({"headers": {"X-A": " b"}}, "blanks"),
        ({"host": "api.example:80"}, "without its port"),
    ],
)
def test_what_no_request_can_satisfy_is_refused(criteria: Any, said: str) -> None:
    (problem,) = refusal(get("/a", "x", request=criteria))
    assert said in problem
    assert f"endpoints[0].request.{next(iter(criteria))}" in problem


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ({}, {}, "endpoints[1].path); put it first"),
        ({"query": {"a": "b"}}, {"query": {"a": "b", "c": "d"}}, "comes first and answers all"),
        ({"query": {"a": "b"}}, {"query": {"a": {"$eq": {"value": "b"}}}}, "demands the same"),
    ],
)
def test_an_endpoint_that_is_never_reached_is_refused(first: Any, second: Any, said: str) -> None:
    paths = ("/a/{b}.json", "/a/{c}.json") if first else ("/a/{b}", "/a/{c}")
    (problem,) = refusal(get(paths[0], "x", request=first), get(paths[1], "y", request=second))
    assert "`endpoints[0]` comes first" in problem
    assert said in problem


def test_an_endpoint_behind_one_that_ranks_higher_is_refused() -> None:
    wanted = {"query": {"a": "b"}}
    (problem,) = refusal(
        get("/a", "x", request=wanted), get("/a", "y", request={**wanted, "headers": {}})
    )
    assert "`endpoints[1]` ranks higher" in problem
    assert "(at datapoints[0].endpoints[0].path); give it more criteria" in problem


def test_an_endpoint_behind_one_whose_calls_are_used_up_is_reached() -> None:
    with Harness(partner(get("/a", "x", max_calls=1), get("/a", "y"))) as server:
        assert texts(server, "/a", 2) == ["x", "y"]


def test_one_of_many_endpoints_is_found() -> None:
    endpoints = [
        get(f"/many/{number % 50}/{{id}}", str(number), request={"query": {"n": str(number)}})
        for number in range(500)
    ]
    with Harness(partner(*endpoints)) as server:
        assert server.get("/many/17/x?n=217").text == "217"
        assert server.get("/many/17/x?n=218").status_code == 404


# Listings


def test_a_path_of_several_endpoints_is_listed_once(imnot: StartHarness) -> None:
    listed = imnot(ORDERS).admin("GET", "/partners?details=true").json()
    assert json.dumps(listed).count('"/orders"') == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("endpoints", "summary"),
    [
        ([get("/a", "x")], "Stub"),
        ([get("/a", "x", request={"body": "b", "host": "h"})], "Stub, by body and host"),
        ([get("/a", "x", max_calls=1), get("/a", "y")], "2 stubs, one after the other"),
        ([get("/a", "x", request={"query": {"b": "c"}}), get("/a", "y")], "2 stubs, by query"),
    ],
)
async def test_the_summary_says_what_decides(
    world: World, endpoints: list[Endpoint], summary: str
) -> None:
    (endpoint,) = world.mount(StubPattern, *endpoints).compiled.endpoints
    assert (endpoint.path, endpoint.summary) == ("/a", summary)


def test_the_postman_collection_has_what_the_first_endpoint_demands(imnot: StartHarness) -> None:
    first = {"method": "POST", "path": "/o", "response": {},
             "request": {"headers": {"X-Tenant": "acme", "X-V": {"$regex": {"pattern": "v"}}},
                         "body": {"sku": "tea"}}}  # fmt: skip
    server = imnot(partner(first, {**first, "request": {}}))
    collection = server.admin("GET", "/postman").json()
    (item,) = collection["item"][0]["item"][0]["item"]
    headers = {each["key"]: each["value"] for each in item["request"]["header"]}
    assert headers == {"X-Tenant": "acme", "Content-Type": "application/json"}
    assert json.loads(item["request"]["body"]["raw"]) == {"sku": "tea"}
