"""Where callbacks may go."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from imnot_core.targets import TargetRefused, Targets

pytestmark = pytest.mark.anyio


def allows(entries: list[str], url: str) -> bool:
    try:
        Targets(entries).check(url)
    except TargetRefused:
        return False
    return True


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names resolve to."""
    known: dict[str, list[str]] = {}

    async def resolved(_loop: Any, host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in known[host]]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolved)
    return known


@pytest.mark.parametrize(
    ("entry", "url", "expected"),
    [
        ("hooks.example.com", "https://hooks.example.com/x", True),
        ("hooks.example.com", "https://HOOKS.example.com.:8443/x", True),
        ("hooks.example.com", "https://example.com/x", False),
        ("hooks.example.com", "https://hooks.example.com@evil.test/x", False),
        ("hooks.example.com", "https://evil.test/hooks.example.com", False),
        ("*.example.com", "https://a.b.example.com/", True),
        ("*.example.com", "https://example.com/", False),
        ("*.example.com", "https://evilexample.com/", False),
        ("localhost:9000", "http://localhost:9000/", True),
        ("localhost:9000", "http://localhost/", False),
        ("localhost:443", "https://localhost/", True),
        ("localhost", "http://127.0.0.1/", False),
        ("10.0.0.0/8", "http://10.9.8.7/", True),
        ("10.0.0.0/8", "http://11.9.8.7/", False),
        ("10.0.0.0/8", "http://[::ffff:10.9.8.7]/", True),
        ("10.0.0.0/8:80", "http://10.9.8.7/", True),
        ("10.0.0.0/8:80", "https://10.9.8.7/", False),
        ("127.0.0.1", "http://127.0.0.1:9/", True),
        ("::1", "http://[::1]:9/", True),
        ("[::1]:8", "http://[::1]:9/", False),
        ("bücher.example", "http://xn--bcher-kva.example/", True),
        # A name that may lie in the network: it shows when it is called.
        ("10.0.0.0/8", "http://client.test/", True),
    ],
)
def test_what_an_entry_allows(entry: str, url: str, *, expected: bool) -> None:
    assert allows([entry], url) is expected


def test_without_entries_everything_is_allowed() -> None:
    assert allows([], "http://169.254.169.254/")


def test_a_refusal_names_the_host_and_the_setting() -> None:
    with pytest.raises(TargetRefused, match=r"evil\.test, port 443, .* callbacks\.allow"):
        Targets(["example.com"]).check("https://evil.test/")


@pytest.mark.parametrize(
    "entry",
    ["", " ", "http://x", "a b", "*", "*.", "a*.example.com", "x:0", "x:99999", "x:", "300.1.1.1",
     "10.0.0.0/40", "-x", "a/b"],
)  # fmt: skip
def test_what_is_no_entry(entry: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        Targets([entry])


async def test_a_name_of_an_allowed_network_is_called_by_its_address(
    names: dict[str, list[str]],
) -> None:
    names["client.test"] = ["10.1.1.1", "10.2.2.2"]

    assert await Targets(["10.0.0.0/8"]).resolve("http://client.test/") == "10.1.1.1"


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["10.1.1.1", "192.168.0.1"]])
async def test_a_name_that_leads_elsewhere_is_refused(
    names: dict[str, list[str]], addresses: list[str]
) -> None:
    names["client.test"] = addresses

    with pytest.raises(TargetRefused, match=rf"client\.test \({addresses[-1]}\)"):
        await Targets(["10.0.0.0/8"]).resolve("http://client.test/")


async def test_a_listed_name_is_called_as_it_is() -> None:
    assert await Targets(["client.test"]).resolve("http://client.test/") is None


async def test_a_name_is_not_looked_up_where_no_network_is_listed() -> None:
    with pytest.raises(TargetRefused):
        await Targets(["example.com"]).resolve("http://client.test/")
