"""The pattern keeps every promise that imnot makes for patterns."""

from __future__ import annotations

from typing import ClassVar

from imnot_core.testing import PatternContract
from imnot_sequence import Sequence

DATAPOINT = "{name: d, pattern: sequence, endpoints: [{method: GET, path: /x, %s}]}"


class TestSequence(PatternContract):
    plugin = Sequence
    examples: ClassVar[tuple[str, ...]] = (
        Sequence.example,
        """\
name: every-ending
pattern: sequence
endpoints:
  - method: get
    path: /lights
    responses: [{body: green}, {body: amber}, {body: red}]
    after_last: cycle
  - method: POST
    path: /lottery/
    responses: [{status: 201, headers: {X-Count: 1}}, {status: 204}]
    after_last: gone
  - method: PUT
    path: /only/one
    responses: [{body: null, delay_seconds: 3}]
""",
    )
    invalid = (
        (DATAPOINT % "responses: []", "responses"),
        (DATAPOINT % "responses: [{status: 99}]", "status"),
        (DATAPOINT % "responses: [{delay_seconds: -1}]", "delay_seconds"),
        (DATAPOINT % "responses: [{headers: {A B: c}}]", "headers"),
        (DATAPOINT % "responses: [{}], after_last: stop", "after_last"),
        (DATAPOINT % "response: {}", "response"),
    )
    supports = frozenset({"sessions", "state", "admin"})
