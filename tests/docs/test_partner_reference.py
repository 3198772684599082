"""partners/README.md tells the truth: its tables, its examples, its messages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imnot_core.errors import PartnerError
from imnot_core.models import Source
from imnot_core.offline import offline_compiler
from imnot_core.registry import Registry
from imnot_core.settings import Settings
from imnot_core.testing import Harness
from imnot_patterns.stubs.criteria.operators import OPERATORS
from tests.docs.tables import MARKED, REFERENCE, SHARED, updated
from tests.docs.transcripts import Example, examples, replay
from tests.support import CHECKOUT

TEXT = REFERENCE.read_text(encoding="utf-8")
EXAMPLES = examples(REFERENCE)
PARTNERS = CHECKOUT / "partners"


def of_line(example: Example) -> str:
    return f"line {example.line}"


def built_in() -> list[str]:
    offers = Registry().patterns()
    return sorted({each.name for each in offers if each.origin.startswith("imnot_patterns.")})


def test_the_tables_are_those_of_the_structs() -> None:
    assert updated(TEXT) == TEXT, "write them anew: python -m tests.docs.tables"


def test_every_pattern_has_a_table_and_every_name_is_mentioned() -> None:
    tables = {found["name"] for found in MARKED.finditer(TEXT)}
    registry = Registry()

    assert built_in()
    assert tables == {*SHARED, *(registry.pattern(name).plugin.name for name in built_in())}
    assert [name for name in built_in() if f"`{name}`" not in TEXT] == []


def test_every_operator_of_criteria_is_listed() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith(("| `{$", "| `$"))]

    assert set(re.findall(r"\$[a-z_]+", "".join(rows))) == set(OPERATORS)


def test_every_pattern_has_an_example() -> None:
    used = set(re.findall(r"pattern: (\w+)", "".join(each.text for each in EXAMPLES)))

    assert {Registry().pattern(name).plugin.name for name in built_in()} <= used


@pytest.mark.parametrize("example", [e for e in EXAMPLES if not e.refused], ids=of_line)
def test_an_example_answers_as_it_says(example: Example) -> None:
    assert example.transcripts, "an example shows what is answered"
    replay(example)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.refused], ids=of_line)
def test_a_mistake_is_refused_with_the_message_it_says(example: Example) -> None:
    compiler = offline_compiler(Settings(), Registry())

    with pytest.raises(PartnerError) as refused:
        compiler.compile(Source("partner.yaml", example.text))

    assert str(refused.value) == example.messages.rstrip("\n")


@pytest.mark.parametrize(
    ("partner", "datapoint", "method", "path"),
    [
        ("bookingco", "charges", "GET", "/bookingco/v1/charges"),
        ("staylink", "reservation", "GET", "<Location>"),
    ],
)
def test_the_payloads_of_the_partners_can_be_uploaded(
    partner: str, datapoint: str, method: str, path: str
) -> None:
    file = PARTNERS / partner / "payloads" / f"{datapoint}.json"
    with Harness(PARTNERS) as server:
        server.upload(partner, datapoint, file)
        if path == "<Location>":
            path = server.post("/staylink/reservations").headers["Location"]
            done = server.head(path)
            assert (done.status_code, done.headers["Status"]) == (201, "COMPLETED")

        assert server.request(method, path).content == file.read_bytes()


def test_every_payload_is_that_of_a_datapoint() -> None:
    files = sorted(PARTNERS.glob("*/payloads/*.json"))
    with Harness(PARTNERS) as server:
        for file in files:
            server.upload(file.parent.parent.name, file.stem, file)

    assert [file.stem for file in files] == ["charges", "reservation"]


def test_the_other_partner_logs_in_with_a_field_of_its_own() -> None:
    with Harness(PARTNERS) as server:
        answer = server.post("/bookingco/auth/token").json()

    assert list(answer) == ["token", "my_custom_field"]


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", TEXT)

    assert [link for link in links if not Path(PARTNERS / link).exists()] == []
