from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core.durations import LONGEST, seconds_of


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (0, 0.0),
        (2.5, 2.5),
        (-3, -3.0),
        ("90", 90.0),
        ("-1.5", -1.5),
        ("30s", 30.0),
        ("500ms", 0.5),
        ("1h30m", 5400.0),
        ("1d2h3m4s5ms", 93_784.005),
        (" 1.5h ", 5400.0),
        ("-1h", -3600.0),
    ],
)
def test_what_people_write_is_a_number_of_seconds(value: Any, seconds: float) -> None:
    assert seconds_of(value) == seconds


TEXTS = ("", "-", "x", "1m1h", "1h 30m", "1h30", "h", "--1s", "٣s", "1e3", "9" * 39)
OTHERS: tuple[Any, ...] = (True, None, [], float("nan"), float("inf"), 10**400, 2 * LONGEST)


@pytest.mark.parametrize("value", [*TEXTS, *OTHERS], ids=range(len(TEXTS) + len(OTHERS)))
def test_what_is_no_span_of_time_is_refused_with_what_would_be_one(value: Any) -> None:
    with pytest.raises(ValueError, match="30s, 1h30m or 1d"):
        seconds_of(value)


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none()))
def test_any_value_is_a_span_of_time_or_refused(value: Any) -> None:
    try:
        seconds = seconds_of(value)
    except ValueError:
        return
    assert abs(seconds) <= LONGEST
