"""The pages at /__admin__: what they say, to whom, and that data stays data."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from imnot_core.testing import Harness
from tests.server.samples import CHARGES

ADMIN = "/__admin__"
STUBS = "/__mock__/stubs"
EVIL = "<img src=x onerror=alert(1)>&\"'"
PANELS = ("stubs", "requests", "scopes")
HTMX = f"{ADMIN}/static/htmx.org-2.0.11.min.js"


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness() as started:
        yield started


def add(server: Harness, request: Any = None, scope: str = "", **more: Any) -> str:
    """Create a stub; returns its id."""
    response = {"response": {"status_code": 200, "headers": {}, "body": "hello"}}
    payload = {"request": request or {}, "action": response, **more}
    answer = server.post(STUBS, json=payload, headers={scope: "1"} if scope else {})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["stub_id"])


def add_scope(server: Harness, name: str = "team-a") -> None:
    assert server.post("/__mock__/scopes", json={"name": name}).status_code == 201


def page(server: Harness, path: str = "", **options: Any) -> str:
    """The HTML of a page; that it is well formed is checked, too."""
    answer = server.get(f"{ADMIN}{path}", **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    WellFormed().check(answer.text)
    return answer.text


def request_id(server: Harness, n: int = -1) -> str:
    return str(server.get("/__mock__/requests").json()["requests"][n]["id"])


class WellFormed(HTMLParser):
    """Finds elements that are not closed, scripts and styles within the page, and double ids."""

    VOID = frozenset({"meta", "link", "img", "input", "br", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.fields: set[str] = set()

    def check(self, text: str) -> None:
        self.feed(text)
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))
        assert self.fields <= self.labels

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on") or name == "style"]
        assert tag != "style"
        assert tag != "script" or given.get("src")
        if found := given.get("id"):
            self.ids.append(found)
            is_box = given.get("type") in {"radio", "checkbox"}
            if tag in {"input", "select", "textarea"} and not is_box:
                self.fields.add(found)
        if tag == "label" and (target := given.get("for")):
            self.labels.add(target)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


# What the pages say


def test_the_dashboard_has_three_panels_that_renew_themselves(server: Harness) -> None:
    text = page(server)
    assert "Assertive Mock API Admin" in text
    assert "htmx.org" in text
    assert f'href="{ADMIN}/stubs/new"' in text
    for name in PANELS:
        tag = re.search(f'<section[^>]* id="{name}-panel"[^>]*>', text)
        assert tag is not None
        assert f'hx-get="{ADMIN}/partials/{name}"' in tag[0]
        assert 'hx-trigger="load, every 3s"' in tag[0]


def test_the_dashboard_can_be_read_without_scripts(server: Harness) -> None:
    add_scope(server)
    stub_id = add(server, {"path": "/hello", "method": "GET"})
    server.get("/hello")
    text = page(server)
    assert text.count(stub_id) > 1
    assert f'href="{ADMIN}/scopes/team-a"' in text
    assert f'href="{ADMIN}/requests/{request_id(server)}"' in text


def test_the_stubs_panel_lists_them(server: Harness) -> None:
    assert "There are no stubs." in page(server, "/partials/stubs")
    first = add(server, {"path": "/hello", "method": "GET"})
    second = add(server, {"path": {"$regex": {"pattern": "/v[0-9]"}}}, max_calls=3)
    text = page(server, "/partials/stubs")
    assert "Create New Stub" in text
    assert f'href="{ADMIN}/stubs/{first}"' in text
    assert f'hx-delete="{ADMIN}/actions/stubs/{first}"' in text
    assert 'hx-confirm="Delete stub' in text
    assert "response 200" in text
    assert "{&quot;$regex&quot;: {&quot;pattern&quot;: &quot;/v[0-9]&quot;}}" in text
    assert "0 of 3 calls" in text
    assert text.index(second) < text.index(first)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"response": {"status_code": 201, "headers": {}, "template_body": "x"}}, "template 201"),
        ({"proxy": {"url": "http://127.0.0.1:9"}}, "proxy"),
        ({"sse": {"events": [{"data": "x"}]}}, "sse"),
    ],
)
def test_the_stubs_panel_says_how_they_answer(server: Harness, action: Any, words: str) -> None:
    add(server, action=action)
    assert f">{words}</td>" in page(server, "/partials/stubs")


def test_stubs_and_requests_of_scopes_and_sessions_are_on_the_dashboard(server: Harness) -> None:
    add_scope(server)
    stub_id = add(server, {"path": "/scoped"}, scope="team-a")
    server.get("/scoped", headers={"team-a": ""})
    stubs, requests = page(server, "/partials/stubs"), page(server, "/partials/requests")
    link = f'<a href="{ADMIN}/scopes/team-a">team-a</a>'
    assert stub_id in stubs
    assert link in stubs
    assert link in requests
    server.get("/other", session="build-17")
    assert "session build-17" in page(server, "/partials/requests")


def test_the_requests_panel_shows_the_latest_hundred_newest_first(server: Harness) -> None:
    assert "No requests so far." in page(server, "/partials/requests")
    stub_id = add(server, {"path": "/n/{n}"})
    for n in range(103):
        server.get(f"/n/{n}")
    text = page(server, "/partials/requests")
    assert "Requests (latest 100)" in text
    assert "Matched Stub ID" in text
    assert "localhost" in text
    assert f'href="{ADMIN}/stubs/{stub_id}"' in text
    assert re.findall(r">/n/(\d+)</a>", text) == [str(n) for n in range(102, 2, -1)]


def test_a_request_that_nothing_answered_says_so_and_what_came_nearest(server: Harness) -> None:
    add(server, {"path": "/users/{id}", "method": "POST"})
    server.get("/users/1")
    text = page(server, "/partials/requests")
    assert f"{ADMIN}/requests/{request_id(server)}#near-misses" in text
    assert "No match" in text
    reason = server.get(f"/__mock__/requests/{request_id(server)}/near-misses").json()
    assert "POST" in str(reason)
    assert "POST /users/{id}" in text


def test_the_scopes_panel_lists_them_and_makes_new_ones(server: Harness) -> None:
    assert "There are no scopes." in page(server, "/partials/scopes")
    add_scope(server, "Team-B")
    text = page(server, "/partials/scopes")
    assert "Scopes" in text
    assert f'href="{ADMIN}/scopes/team-b"' in text
    assert f'hx-delete="{ADMIN}/actions/scopes/team-b"' in text
    assert 'action="/__mock__/scopes"' in text


def test_the_stub_page_shows_all_of_it(server: Harness) -> None:
    stub_id = add(
        server,
        {"path": "/slow", "headers": {"X-Tenant": "acme"}},
        chaos={"latency": {"base_ms": 100, "jitter_ms": 50}},
        max_calls=2,
    )
    server.get("/slow", headers={"X-Tenant": "acme"})
    text = page(server, f"/stubs/{stub_id}")
    assert "Stub Detail" in text
    assert "Global" in text
    assert "Chaos" in text
    assert '"base_ms": 100' in text
    assert '"path": "/slow"' in text
    assert '"status_code": 200' in text
    assert "1 of 2" in text


def test_the_page_of_a_scoped_stub_leads_to_its_scope(server: Harness) -> None:
    add_scope(server)
    text = page(server, f"/stubs/{add(server, scope='team-a')}")
    assert f'<a href="{ADMIN}/scopes/team-a">team-a</a>' in text
    assert "None." in text


def test_a_stub_that_is_never_reached_is_marked(server: Harness) -> None:
    add(server, {"path": "/twice"})
    second = add(server, {"path": "/twice"})
    assert "1 warning" in page(server, "/partials/stubs")
    assert "Warnings" in page(server, f"/stubs/{second}")


def test_the_scope_page_shows_what_is_in_effect_and_its_own_first(server: Harness) -> None:
    add_scope(server)
    for n in range(101):
        add(server, {"path": f"/global/{n}"}) if n < 2 else server.get(f"/global/{n}")
    own = add(server, {"path": "/own"}, scope="team-a")
    add_scope(server, "other")
    other = add(server, {"path": "/other"}, scope="other")
    server.get("/own", headers={"team-a": "1"})
    for _ in range(100):
        server.get("/global/1")
    text = page(server, "/scopes/Team-A")
    assert "Scope Detail" in text
    assert other not in text
    assert text.index(own) < text.index("/global/1")
    shown = re.findall(r">(/own|/global/\d+)</a>", text)
    assert shown == ["/own"] + ["/global/1"] * 99
    assert f'hx-get="{ADMIN}/partials/stubs?within=team-a"' in text


def test_the_request_page_shows_all_of_it(server: Harness) -> None:
    stub_id = add(server, {"path": "/orders/{id}"})
    body = b'{"a": {"b": 1}}'
    server.post("/orders/7?page=2&q=a%20b&page=3", content=body, headers={"X-Trace": "t1"})
    text = page(server, f"/requests/{request_id(server)}")
    assert "/orders/7" in text
    assert f'href="{ADMIN}/stubs/{stub_id}"' in text
    assert re.findall("<dt>(page|q)</dt><dd>(.*?)</dd>", text) == [
        ("page", "2"),
        ("q", "a b"),
        ("page", "3"),
    ]
    assert "<dt>x-trace</dt><dd>t1</dd>" in text
    assert "15 bytes" in text
    assert "&quot;b&quot;: 1" in text
    assert "Near misses" not in text


def test_the_request_page_compares_it_with_what_came_nearest(server: Harness) -> None:
    stub_id = add(server, {"path": "/users/{id}", "headers": {"x-tenant": "umbrella"}})
    server.get("/users/1", headers={"x-tenant": "acme"})
    text = page(server, f"/requests/{request_id(server)}")
    assert "Near misses" in text
    assert f"stub {stub_id}</a>" in text
    assert "✓ same" in text
    differs = text[text.index('class="differs"') :]
    assert "✗ differs" in differs
    assert "umbrella" in differs
    assert "acme" in differs


def test_the_request_page_names_a_partner_that_came_near() -> None:
    with Harness(CHARGES) as server:
        server.get("/v1/charge")
        text = page(server, f"/requests/{request_id(server)}")
        assert "bookingco/charges" in text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\xff\x00", "ff 00"),
        (b"", '<p class="empty">None.</p>'),
        (b"[" * 5000, "[[[["),
        (b"x" * 60_000, "This is its beginning."),
        (b"\xff" * 600, "This is its beginning."),
    ],
)
def test_every_body_can_be_shown(server: Harness, body: bytes, words: str) -> None:
    server.post("/x", content=body)
    assert words in page(server, f"/requests/{request_id(server)}")


def test_the_form_has_four_steps(server: Harness) -> None:
    add_scope(server)
    text = page(server, "/stubs/new?within=team-a")
    for words in (
        "Create a Stub",
        "1. Match",
        "2. Action",
        "3. Details",
        "4. Review",
        "Create Stub",
        "Common headers",
        "Content-Type: application/json",
        "Chaos latency is sampled from",
        'id="ui-chaos-delay-ms"',
        'id="ui-chaos-jitter-ms"',
        'data-target-textarea="ui-request-headers"',
        'data-target-textarea="ui-response-headers"',
        'data-target-textarea="ui-proxy-headers"',
        "<option selected>team-a",
        "<noscript>",
    ):
        assert words in text


# What is not there


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/stubs/none", "Stub 'none' was not found"),
        ("/scopes/None", "Scope 'None' was not found"),
        ("/scopes/a%20b", "Scope 'a b' was not found"),
        ("/requests/none", "Request 'none' was not found"),
        ("/partials/stubs?within=none", "Scope 'none' was not found"),
        ("/static/none.js", "There is no file 'none.js'"),
    ],
)
def test_what_is_not_there_is_404(server: Harness, path: str, detail: str) -> None:
    answer = server.get(f"{ADMIN}{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert detail in answer.json()["detail"]


def test_a_browser_gets_a_page_that_says_what_is_not_there(server: Harness) -> None:
    answer = server.get(f"{ADMIN}/stubs/%3Cb%3E", headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "Stub &#x27;&lt;b&gt;&#x27; was not found" in answer.text


# Deleting


def test_a_stub_is_deleted_and_the_panel_comes_back(server: Harness) -> None:
    stub_id = add(server, {"path": "/gone"})
    answer = server.delete(f"{ADMIN}/actions/stubs/{stub_id}")
    assert answer.status_code == 200
    assert stub_id not in answer.text
    assert "There are no stubs." in answer.text
    again = server.delete(f"{ADMIN}/actions/stubs/{stub_id}")
    assert again.status_code == 404
    assert again.headers["content-type"].startswith("text/html")
    assert f"Stub &#x27;{stub_id}&#x27; was not found" in again.text


def test_a_stub_of_a_scope_is_deleted_with_its_name_only(server: Harness) -> None:
    add_scope(server)
    stub_id = add(server, scope="team-a")
    url = f"{ADMIN}/actions/stubs/{stub_id}"
    assert server.delete(url).status_code == 404
    assert server.delete(f"{url}?owner=other").status_code == 404
    assert f'hx-delete="{url}?owner=team-a"' in page(server, "/partials/stubs")
    assert f'hx-delete="{url}?owner=team-a&amp;within=team-a"' in page(server, "/scopes/team-a")
    answer = server.delete(f"{url}?owner=team-a&within=team-a")
    assert answer.status_code == 200
    assert "There are no stubs for this scope." in answer.text


def test_a_scope_is_deleted_with_all_that_is_in_it(server: Harness) -> None:
    add_scope(server)
    add(server, {"path": "/scoped"}, scope="team-a")
    server.get("/scoped", headers={"team-a": "1"})
    answer = server.delete(f"{ADMIN}/actions/scopes/TEAM-A")
    assert answer.status_code == 200
    assert "There are no scopes." in answer.text
    assert "There are no stubs." in page(server, "/partials/stubs")
    assert "No requests so far." in page(server, "/partials/requests")
    again = server.delete(f"{ADMIN}/actions/scopes/TEAM-A")
    assert again.status_code == 404
    assert "Scope &#x27;TEAM-A&#x27; was not found" in again.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8000"},
    ],
)
def test_the_page_of_another_site_cannot_delete(server: Harness, headers: dict[str, str]) -> None:
    stub_id = add(server)
    answer = server.delete(f"{ADMIN}/actions/stubs/{stub_id}", headers=headers)
    assert answer.status_code == 403
    assert stub_id in page(server)


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost:8000"}, {}]
)
def test_the_pages_themselves_and_programs_can(server: Harness, headers: dict[str, str]) -> None:
    url = f"{ADMIN}/actions/stubs/{add(server)}"
    assert server.delete(url, headers=headers).status_code == 200


# The admin key

LOCKED = (
    ("GET", ""),
    ("GET", "/stubs/new"),
    ("GET", "/stubs/x"),
    ("GET", "/partials/stubs"),
    ("GET", "/static/admin.css"),
    ("DELETE", "/actions/stubs/x"),
    ("DELETE", "/actions/scopes/x"),
)


@pytest.fixture
def locked() -> Iterator[Harness]:
    with Harness(admin_key="s3cret") as started:
        yield started


@pytest.mark.parametrize(("method", "path"), LOCKED)
def test_with_an_admin_key_a_browser_is_asked_for_it(
    locked: Harness, method: str, path: str
) -> None:
    answer = locked.client.request(method, f"{ADMIN}{path}")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="imnot"'
    assert "admin key" in answer.json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic " + b64encode(b"anybody:s3cret").decode()},
        {"Authorization": "Bearer s3cret"},
        {"X-API-Key": "s3cret"},
    ],
)
def test_the_key_may_be_given_in_three_ways(locked: Harness, headers: dict[str, str]) -> None:
    assert locked.client.get(ADMIN, headers=headers).status_code == 200


# Safety


def safe(answer: httpx.Response) -> bool:
    policy = answer.headers.get("content-security-policy", "")
    assert "unsafe" not in policy
    sniffs = answer.headers.get("x-content-type-options") != "nosniff"
    return "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and not sniffs


@pytest.mark.parametrize(
    "path", ["", "/stubs/new", "/stubs/none", "/partials/stubs", "/static/admin.js"]
)
def test_every_answer_allows_only_what_it_needs(server: Harness, path: str) -> None:
    assert safe(server.get(f"{ADMIN}{path}"))
    assert safe(server.get(f"{ADMIN}{path}", headers={"Accept": "text/html"}))


def test_data_of_strangers_is_shown_as_text(server: Harness) -> None:
    criteria = {"path": f"/{EVIL}", "method": EVIL, "headers": {"x-evil": EVIL}, "body": EVIL}
    stub_id = add(server, criteria)
    server.post("/near", content=EVIL, headers={"X-Evil": EVIL, "Host": "evil.example"})
    server.get(f"/{EVIL}?{EVIL}={EVIL}", session=EVIL)
    found = [request_id(server), str(_all_requests(server)[0])]
    paths = ["", f"/stubs/{stub_id}", *(f"/requests/{each}" for each in found)]
    for path in (*paths, *(f"/partials/{name}" for name in PANELS)):
        text = page(server, path)
        assert "<img src=x" not in text
    assert "&lt;img src=x" in page(server)


def _all_requests(server: Harness) -> list[str]:
    return re.findall(f'href="{ADMIN}/requests/([^"#]+)"', page(server, "/partials/requests"))


def test_the_pages_are_not_journaled(server: Harness) -> None:
    page(server)
    server.get(f"{ADMIN}/stubs/none")
    assert server.get("/__mock__/requests").json() == {"requests": []}


# Only what changed


@pytest.mark.parametrize("path", ["", "/partials/stubs", "/static/admin.css", HTMX[len(ADMIN) :]])
def test_what_a_browser_has_is_not_sent_again(server: Harness, path: str) -> None:
    first = server.get(f"{ADMIN}{path}")
    again = server.get(f"{ADMIN}{path}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_a_panel_that_changed_is_sent(server: Harness) -> None:
    known = {"If-None-Match": server.get(f"{ADMIN}/partials/stubs").headers["etag"]}
    stub_id = add(server)
    assert stub_id in page(server, "/partials/stubs", headers=known)


def test_htmx_is_served_from_here_for_good(server: Harness) -> None:
    text = page(server)
    assert not re.findall(r'(?:src|href)="(?!/__admin__|#)[^"]*"', text)
    answer = server.get(HTMX)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert "2.0.11" in answer.text
    assert server.get(f"{ADMIN}/static/admin.css").headers["cache-control"] == "no-cache"


def test_a_panel_of_very_many_stubs_shows_the_newest(server: Harness) -> None:
    for n in range(203):
        add(server, {"path": f"/n/{n}"})
    text = page(server, "/partials/stubs")
    assert "The newest 200 of 203." in text
    assert re.findall(r">/n/(\d+)</td>", text) == [str(n) for n in range(202, 2, -1)]
