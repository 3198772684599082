"""The pattern `paginated`: what is answered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from imnot_core import Context, FieldError, PayloadMissing, Reply, ReplyError
from imnot_patterns.paginated import Paginated
from tests.unit.patterns.world import UUID4, Mounted, World, datapoint

pytestmark = pytest.mark.anyio

GET = {"method": "GET"}
SEVEN = b"[0, 1,2,3,4,5,6]"
NAMES = {
    "items_field": "items",
    "total_field": "total",
    "has_more_field": "more",
    "next_offset_field": "next_offset",
    "offset_echo_field": "offset",
    "limit_echo_field": "limit",
}
URLS = {"next_url_field": "next", "previous_url_field": "previous"}

Mount = Callable[..., Mounted]


@pytest.fixture
async def mount(world: World) -> Mount:
    await world.upload(SEVEN)
    return lambda **pagination: world.mount(Paginated, GET, pagination=pagination)


def body(reply: Reply) -> Any:
    return json.loads(reply.body)


def header(reply: Reply, name: str) -> str | None:
    return dict(reply.headers).get(name)


async def items(mounted: Mounted, query: str) -> list[Any]:
    found: list[Any] = body(await mounted("GET", f"/things?{query}"))["items"]
    return found


# offset_limit


async def test_an_offset_and_a_limit_cut_out_a_page(mount: Mount) -> None:
    mounted = mount(style="offset_limit", **NAMES)

    assert body(await mounted("GET", "/things?offset=2&limit=3")) == {
        "items": [2, 3, 4],
        "total": 7,
        "more": True,
        "next_offset": 5,
        "offset": 2,
        "limit": 3,
    }
    last = body(await mounted("GET", "/things?offset=5&limit=3"))
    assert (last["items"], last["more"], last["next_offset"]) == ([5, 6], False, None)


async def test_only_what_is_configured_is_in_the_answer(mount: Mount) -> None:
    reply = await mount(style="offset_limit", items_field="data")("GET", "/things")

    assert reply.body == b'{"data":[0,1,2,3,4,5,6]}'
    assert reply.headers == (("Content-Type", "application/json"),)


@pytest.mark.parametrize("offset", ["-1", "x", "", "1.5", "²"])
async def test_an_impossible_offset_is_0(mount: Mount, offset: str) -> None:
    assert await items(mount(style="offset_limit", **NAMES), f"offset={offset}&limit=2") == [0, 1]


@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "2.0"])
async def test_an_impossible_limit_is_the_default(mount: Mount, limit: str) -> None:
    mounted = mount(style="offset_limit", default_limit=4, **NAMES)

    assert body(await mounted("GET", f"/things?limit={limit}"))["limit"] == 4


async def test_numbers_without_end_are_taken(mount: Mount) -> None:
    mounted = mount(style="offset_limit", **NAMES)
    many = "9" * 3000

    answer = body(await mounted("GET", f"/things?offset={many}&limit={many}"))

    assert (answer["items"], answer["more"]) == ([], False)
    assert len(await items(mounted, f"limit={many}")) == 7


async def test_of_a_parameter_given_twice_the_last_one_counts(mount: Mount) -> None:
    assert await items(mount(style="offset_limit", **NAMES), "limit=1&limit=2") == [0, 1]


async def test_parameters_can_have_other_names(mount: Mount) -> None:
    names = {"offset_param": "skip", "limit_param": "$top"}
    mounted = mount(style="offset_limit", **names, **NAMES)

    assert await items(mounted, "skip=1&%24top=2&offset=5&limit=1") == [1, 2]


async def test_a_page_has_no_more_than_the_maximum(mount: Mount) -> None:
    mounted = mount(style="offset_limit", max_limit=3, **NAMES)

    assert await items(mounted, "limit=100") == [0, 1, 2]
    assert await items(mounted, "") == [0, 1, 2]


# page_number


async def test_pages_are_counted_from_1(mount: Mount) -> None:
    mounted = mount(style="page_number", **NAMES)

    assert body(await mounted("GET", "/things?page=2&size=3"))["items"] == [3, 4, 5]
    last = body(await mounted("GET", "/things?page=3&size=3"))
    assert (last["items"], last["more"], last["offset"]) == ([6], False, 6)
    past = body(await mounted("GET", "/things?page=9&size=3"))
    assert (past["items"], past["more"], past["total"]) == ([], False, 7)
    for page in ("0", "-3", "x", ""):
        assert await items(mounted, f"page={page}&size=2") == [0, 1]


async def test_page_and_size_can_have_other_names(mount: Mount) -> None:
    mounted = mount(style="page_number", page_param="p", size_param="per_page", **NAMES)

    assert await items(mounted, "p=2&per_page=2") == [2, 3]


# page_number_url


async def test_the_urls_of_the_neighbours_keep_the_other_parameters(mount: Mount) -> None:
    mounted = mount(style="page_number_url", items_field="items", **URLS)

    first = body(await mounted("GET", "/things?q=a%26b&size=3&x"))
    assert first["next"] == "http://imnot.test/things?q=a%26b&size=3&x&page=2"
    assert first["previous"] is None
    middle = body(await mounted("GET", "/things?page=2&q=%C3%BC&page=2&size=3"))
    assert middle["next"] == "http://imnot.test/things?page=3&q=%C3%BC&size=3"
    assert middle["previous"] == "http://imnot.test/things?page=1&q=%C3%BC&size=3"
    assert body(await mounted("GET", "/things?page=3&size=3"))["next"] is None


async def test_the_size_is_added_where_it_is_absent(mount: Mount) -> None:
    urls = {**URLS, "default_limit": 5}
    mounted = mount(style="page_number_url", items_field="items", **urls)

    assert body(await mounted("GET", "/things"))["next"].endswith("/things?page=2&size=5")


async def test_has_more_is_not_told_where_urls_are(mount: Mount) -> None:
    mounted = mount(style="page_number_url", **NAMES, **URLS)

    assert "more" not in body(await mounted("GET", "/things"))


async def test_with_total_pages_every_page_has_all_items(mount: Mount) -> None:
    mounted = mount(style="page_number_url", items_field="items", total_pages=2, **URLS)

    first = body(await mounted("GET", "/things?size=1"))
    last = body(await mounted("GET", "/things?size=1&page=2"))

    assert first["items"] == last["items"] == [0, 1, 2, 3, 4, 5, 6]
    assert (first["previous"], last["next"]) == (None, None)
    assert first["next"].endswith("size=1&page=2")


async def test_odd_characters_are_escaped_in_urls(world: World) -> None:
    await world.upload(SEVEN)
    endpoint = {"method": "GET", "path": "/things/{name}"}
    pagination = {"style": "page_number_url", "items_field": "items", **URLS}
    mounted = world.mount(Paginated, endpoint, pagination=pagination)

    answer = body(await mounted("GET", "/things/%3Cü%20%2525%3E?size=3&q=<\"'ü>"))

    query = "size=3&q=%3C%22%27%C3%BC%3E&page=2"
    assert answer["next"] == f"http://imnot.test/things/%3C%C3%BC%20%2525%3E?{query}"


# Link headers


def links(reply: Reply) -> dict[str, str]:
    pairs = re.findall(r'<([^>]*)>; rel="(\w+)"', header(reply, "Link") or "")
    return {relation: url.partition("?")[2] for url, relation in pairs}


async def test_the_style_link_answers_the_array_itself(mount: Mount) -> None:
    reply = await mount(style="link")("GET", "/things?size=3&page=2")

    assert reply.body == b"[3,4,5]"
    assert header(reply, "Link") == (
        '<http://imnot.test/things?size=3&page=1>; rel="first",'
        ' <http://imnot.test/things?size=3&page=1>; rel="prev",'
        ' <http://imnot.test/things?size=3&page=3>; rel="next",'
        ' <http://imnot.test/things?size=3&page=3>; rel="last"'
    )


async def test_there_is_no_link_to_a_page_that_is_not_there(mount: Mount) -> None:
    mounted = mount(style="link")

    assert list(links(await mounted("GET", "/things?size=3"))) == ["first", "next", "last"]
    assert list(links(await mounted("GET", "/things?size=3&page=3"))) == ["first", "prev", "last"]
    assert links(await mounted("GET", "/things?page=9&size=3"))["prev"] == "page=3&size=3"


async def test_any_style_can_have_links_and_a_total(mount: Mount) -> None:
    more = {"link_header": True, "total_header": "X-Total-Count", "items_field": "items"}
    reply = await mount(style="offset_limit", **more)("GET", "/things?offset=4&limit=2")

    assert links(reply) == {
        "first": "offset=0&limit=2",
        "prev": "offset=2&limit=2",
        "next": "offset=6&limit=2",
        "last": "offset=6&limit=2",
    }
    assert header(reply, "X-Total-Count") == "7"
    assert body(reply) == {"items": [4, 5]}


async def test_cursors_go_both_ways_in_links(mount: Mount) -> None:
    mounted = mount(style="cursor", link_header=True, default_limit=3)
    given = links(await mounted("GET", "/things"))

    assert list(given) == ["first", "next", "last"]
    assert (await mounted("GET", f"/things?{given['last']}")).body == b"[6]"
    second = await mounted("GET", f"/things?{given['next']}")
    assert second.body == b"[3,4,5]"
    third = await mounted("GET", f"/things?{links(second)['next']}")
    assert (await mounted("GET", f"/things?{links(third)['prev']}")).body == b"[3,4,5]"
    assert (await mounted("GET", f"/things?{links(second)['prev']}")).body == b"[0,1,2]"


# cursor

CURSOR = {"style": "cursor", "items_field": "items", "cursor_field": "cursor"}


async def test_a_cursor_leads_to_the_next_page_any_number_of_times(mount: Mount) -> None:
    mounted = mount(**CURSOR)
    first = body(await mounted("GET", "/things?limit=3"))

    assert first["items"] == [0, 1, 2]
    assert re.fullmatch(UUID4, first["cursor"])
    for _ in range(2):
        second = body(await mounted("GET", f"/things?limit=3&cursor={first['cursor']}"))
        assert second["items"] == [3, 4, 5]
    last = body(await mounted("GET", f"/things?limit=5&cursor={second['cursor']}"))
    assert last == {"items": [6], "cursor": None}
    assert await items(mounted, "limit=1&cursor=") == [0]


async def test_the_same_place_has_the_same_cursor(mount: Mount, world: World) -> None:
    mounted = mount(**CURSOR)

    first, again = [body(await mounted("GET", "/things?limit=2"))["cursor"] for _ in range(2)]
    await world.upload(SEVEN + b" ")
    other = body(await mounted("GET", "/things?limit=2"))["cursor"]

    assert first == again != other


async def test_a_cursor_expires_by_the_clock(mount: Mount, world: World) -> None:
    mounted = mount(**CURSOR, cursor_ttl_seconds=10)
    cursor = body(await mounted("GET", "/things?limit=3"))["cursor"]

    await world.clock.elapse(9.5)
    assert await items(mounted, f"limit=1&cursor={cursor}") == [3]
    await world.clock.elapse(1)
    with pytest.raises(ReplyError, match="expired") as refused:
        await mounted("GET", f"/things?cursor={cursor}")
    assert refused.value.status == 400


async def test_a_cursor_can_be_for_ever(mount: Mount, world: World) -> None:
    mounted = mount(**CURSOR, cursor_ttl_seconds=0)
    cursor = body(await mounted("GET", "/things?limit=3"))["cursor"]

    await world.clock.elapse(10.0**8)

    assert await items(mounted, f"limit=1&cursor={cursor}") == [3]


async def test_an_unknown_cursor_is_refused_also_when_it_is_not_strict(mount: Mount) -> None:
    with pytest.raises(ReplyError, match="unknown") as refused:
        await mount(**CURSOR)("GET", "/things?cursor=6f2b1c1e-0000-4000-8000-000000000000")

    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("uploaded", "next_items"),
    [
        (b"[9, 8, 0, 1, 2, 3]", [3]),  # new ones in front
        (b"[0, 2, 3, 4]", [3, 4]),  # one less in front
        (b"[0, 1, 2, 7, 8]", [7, 8]),  # others behind
        (b"[5, 5, 5, 6, 7]", [6, 7]),  # the last one is gone: the same place
        (b"[7]", []),
        (b"[]", []),
        (b"[2, 9, 2, 4]", [4]),  # of two that are alike, the nearer one
    ],
)
async def test_a_cursor_goes_on_behind_its_item_in_another_payload(
    mount: Mount, world: World, uploaded: bytes, next_items: list[int]
) -> None:
    mounted = mount(**CURSOR)
    cursor = body(await mounted("GET", "/things?limit=3"))["cursor"]
    await world.upload(uploaded)

    assert await items(mounted, f"cursor={cursor}") == next_items


async def test_an_item_is_the_same_however_it_is_written(world: World) -> None:
    await world.upload(b'[{"id": 1, "a": "\\u00fc"}, {"id": 2}, {"id": 3}]')
    mounted = world.mount(Paginated, GET, pagination=CURSOR)
    cursor = body(await mounted("GET", "/things?limit=1"))["cursor"]
    await world.upload('[{"id":0},{"a":"ü","id":1},{"id":2}]'.encode())

    assert await items(mounted, f"cursor={cursor}") == [{"id": 2}]


# strict

OFFSETS = {"style": "offset_limit"}
NUMBERS = {"style": "page_number"}


@pytest.mark.parametrize(
    ("pagination", "query", "detail"),
    [
        (OFFSETS, "offset=-1", 'offset is "-1", but must be a whole number from 0 to 6'),
        (OFFSETS, "offset=7", 'offset is "7", but must be a whole number from 0 to 6'),
        (OFFSETS, "limit=0", 'limit is "0", but must be a whole number from 1 on'),
        ({**OFFSETS, "max_limit": 5}, "limit=6", "from 1 to 5"),
        (NUMBERS, "page=4&size=3", 'page is "4", but must be a whole number from 1 to 3'),
        (NUMBERS, "page=&size=3", 'page is "", but must be'),
        (NUMBERS, "page=x&size=y", 'size is "y", but must be a whole number from 1 on; page is'),
        (NUMBERS, "page=1&page=1", "page is given 2 times, but must be given once"),
        ({"style": "cursor", "cursor_field": "c"}, "limit=x", 'limit is "x"'),
    ],
)
async def test_strict_refuses_what_is_out_of_range(
    mount: Mount, pagination: dict[str, Any], query: str, detail: str
) -> None:
    mounted = mount(**pagination, items_field="items", strict=True)

    with pytest.raises(ReplyError) as refused:
        await mounted("GET", f"/things?{query}")

    assert refused.value.status == 400
    assert detail in refused.value.detail


async def test_strict_takes_what_is_in_range(mount: Mount, world: World) -> None:
    mounted = mount(style="offset_limit", items_field="items", strict=True, max_limit=3)

    assert await items(mounted, "offset=6&limit=3&other=x") == [6]
    await world.upload(b"[]")
    assert await items(mounted, "offset=0") == []


# Payloads


@pytest.mark.parametrize("uploaded", [b"{}", b"1", b'"[]"', b"null"])
async def test_a_payload_that_is_no_array_is_422(world: World, uploaded: bytes) -> None:
    await world.upload(uploaded)

    with pytest.raises(ReplyError, match="must be a JSON array") as refused:
        await world.mount(Paginated, GET, pagination=CURSOR)("GET", "/things")

    assert refused.value.status == 422


async def test_without_a_payload_it_is_404(world: World) -> None:
    with pytest.raises(PayloadMissing):
        await world.mount(Paginated, GET, pagination=CURSOR)("GET", "/things")


async def test_items_are_the_bytes_that_were_uploaded(world: World) -> None:
    await world.upload(b'\xef\xbb\xbf [ {"a" : 1.10} , 12345678901234567890123, "\\u00fc" ] ')
    reply = await world.mount(Paginated, GET, pagination={"style": "link"})("GET", "/things")

    assert reply.body == b'[{"a" : 1.10},12345678901234567890123,"\\u00fc"]'


async def test_a_session_has_its_own_items(mount: Mount, world: World) -> None:
    await world.upload(b"[8, 9]", session="s")
    mounted = mount(style="link")

    bodies = [(await mounted("GET", "/things", session=each)).body for each in ("s", None, "s")]

    assert bodies == [b"[8,9]", b"[0,1,2,3,4,5,6]", b"[8,9]"]


async def test_a_new_upload_is_seen_at_once(mount: Mount, world: World) -> None:
    mounted = mount(style="link")
    await mounted("GET", "/things")
    await world.upload(b"[1]")

    assert (await mounted("GET", "/things")).body == b"[1]"


async def test_status_and_headers_of_the_response_are_sent(world: World) -> None:
    await world.upload(SEVEN)
    endpoint = {"method": "GET", "response": {"status": 206, "headers": {"X-A": 1}}}
    reply = await world.mount(Paginated, endpoint, pagination={"style": "link"})("GET", "/things")

    assert reply.status == 206
    assert reply.headers[:2] == (("Content-Type", "application/json"), ("X-A", "1"))


# Options


def with_options(world: World, options: dict[str, Any]) -> Mounted:
    context = Context(world.services, "acme", "things", options=options)
    config = datapoint(Paginated, GET, pagination={"style": "link"})
    return Mounted(Paginated().compile(config, context), context)


@pytest.mark.parametrize(
    ("given", "size"), [({}, 50), ({"default_limit": 20}, 20), ({"default_limit": "20"}, 20)]
)
async def test_the_default_limit_is_that_of_the_settings(
    world: World, given: dict[str, Any], size: int
) -> None:
    await world.upload(json.dumps([*range(60)]).encode())
    mounted = with_options(world, given)

    assert len(body(await mounted("GET", "/things"))) == size


@pytest.mark.parametrize("given", [0, -1, "x", "-2", 1.5, True, None, [1]])
async def test_an_impossible_default_limit_is_refused(world: World, given: object) -> None:
    with pytest.raises(FieldError, match="default_limit"):
        with_options(world, {"default_limit": given})


async def test_an_unknown_option_is_refused(world: World) -> None:
    with pytest.raises(FieldError, match="page_size"):
        with_options(world, {"page_size": 1})
