"""The rows: how fast which request must be answered. A new one is one declaration.

A row is measured against the bare callable, or against another row where `beside` names one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.load import Load
from tests.benchmarks.sites import (
    ENDPOINTS,
    LARGE,
    ONE_STUB,
    PARTNERS,
    PAYLOAD_BYTES,
    SMALL,
    SOME_STUBS,
    STUBS,
    Site,
    literal_path,
    parameter_path,
    stub_path,
)


@dataclass(frozen=True)
class Row:
    """One kind of request, the site that answers it, and the least ratio it must reach.

    `load` may name what the site's preparation gave, as `{session}`. `expects` is the status of
    each answer, `at_least` the bytes of its body.
    """

    name: str
    what: str
    required: float
    site: Site
    load: Load
    expects: int = 200
    body_bytes: int = 0
    beside: str = field(default="")


def _everywhere(*, parameter: bool) -> Sequence[str]:
    """One request for each endpoint of a kind, no two of the same partner in a row."""
    pairs = [(p, e) for e in range(ENDPOINTS // 2) for p in range(PARTNERS)]
    if not parameter:
        return [literal_path(p, e) for p, e in pairs]
    return [parameter_path(p, e, f"item-{p * e}") for p, e in pairs]


MISSED = "/stubbed/00/order/1"
KB = f"{PAYLOAD_BYTES / 1000:g} kB"

ROWS = (
    Row("static", "static", 0.80, SMALL, Load(("/bench/health",))),
    Row(
        "static-10k",
        "static, among 10,000 endpoints",
        0.80,
        LARGE,
        Load(_everywhere(parameter=False)),
    ),
    Row(
        "parameter-10k",
        "parameterised, among 10,000 endpoints",
        0.80,
        LARGE,
        Load(_everywhere(parameter=True)),
    ),
    Row(
        "fetch",
        f"fetch of {KB}, global",
        0.65,
        SMALL,
        Load(("/bench/charges",)),
        body_bytes=PAYLOAD_BYTES,
    ),
    Row(
        "fetch-session",
        f"fetch of {KB}, with a session",
        0.60,
        SMALL,
        Load(("/bench/charges",), headers={"X-Imnot-Session": "{session}"}),
        body_bytes=PAYLOAD_BYTES,
    ),
    Row(
        "submit-body",
        "submit, id in the body",
        0.30,
        SMALL,
        Load(("/bench/reports",), method="POST", body='{"from": "2026-01-01"}'),
        expects=202,
    ),
    Row(
        "submit-header",
        "submit, id in a header",
        0.30,
        SMALL,
        Load(("/bench/exports",), method="POST", body='{"from": "2026-01-01"}'),
        expects=202,
    ),
    Row("stub", "stub hit, journaled", 0.40, ONE_STUB, Load((stub_path(0),)), body_bytes=4),
    Row(
        "stub-among-10k",
        "the same stub hit among 10,000, beside one stub",
        0.95,
        STUBS,
        Load((stub_path(0),)),
        body_bytes=4,
        beside="stub",
    ),
    Row(
        "stub-10k",
        "hits of 5,000 stubs among 10,000 in turn, beside one stub",
        0.95,
        STUBS,
        Load([stub_path(number) for number in range(0, PARTNERS * ENDPOINTS, 2)]),
        body_bytes=4,
        beside="stub",
    ),
    Row(
        "stub-miss",
        "request that none of 100 stubs answers, explained",
        0.04,
        SOME_STUBS,
        Load((MISSED,), refused=True),
        expects=404,
    ),
    Row(
        "stub-miss-10k",
        "the same with 10,000 stubs, beside 100",
        0.90,
        STUBS,
        Load((MISSED,), refused=True),
        expects=404,
        beside="stub-miss",
    ),
)
