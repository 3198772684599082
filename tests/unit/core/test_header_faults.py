"""What the patterns share: see test_static for the rules of bodies."""

from __future__ import annotations

import pytest

from imnot_core import header_faults


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("", "", "'' is no header name"), ("X-Ä", "", "no header name"), ("X-Ok", "a\rb", "X-Ok")],
)
def test_a_header_that_cannot_be_sent_is_a_fault_of_the_field(
    name: str, value: str, said: str
) -> None:
    ((field, message, hint),) = header_faults("id_header", name, value)

    assert field == "id_header"
    assert said in message
    assert hint


def test_a_good_header_has_no_fault() -> None:
    assert list(header_faults("id_header", "Location", "/jobs/{id}")) == []
