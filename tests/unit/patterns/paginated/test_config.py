"""The pattern `paginated`: what a partner file may say."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from imnot_core import FieldError
from imnot_patterns.paginated import Paginated
from tests.unit.patterns.world import datapoint, faults, refusal

OFFSETS = {"style": "offset_limit", "items_field": "items"}


def said(**pagination: Any) -> Any:
    return datapoint(Paginated, {"method": "GET"}, pagination=pagination)


def found(**pagination: Any) -> dict[str, str]:
    with pytest.raises(msgspec.ValidationError) as refused:
        said(**pagination)
    cause = refused.value.__cause__
    assert isinstance(cause, FieldError), refused.value
    return {field: f"{message}; {hint}" for field, message, hint in cause.faults}


@pytest.mark.parametrize(
    "pagination",
    [
        OFFSETS,
        {**OFFSETS, "next_offset_field": "next", "offset_echo_field": "o", "limit_echo_field": "l"},
        {"style": "cursor", "items_field": "items", "cursor_field": "c", "cursor_ttl_seconds": 0},
        {"style": "page_number", "items_field": "items", "page_param": "p", "size_param": "s"},
        {
            "style": "page_number_url",
            "items_field": "items",
            "next_url_field": "next",
            "previous_url_field": "previous",
            "has_more_field": "of no effect here",
            "total_pages": 3,
        },
        # Keys that are of no effect in a style were always taken.
        {
            **OFFSETS,
            "page_param": "p",
            "total_pages": 3,
            "cursor_ttl_seconds": 1,
            "total_field": None,
        },
    ],
)
def test_what_other_releases_take_is_taken(pagination: dict[str, Any]) -> None:
    assert said(**pagination).pagination.style == pagination["style"]


@pytest.mark.parametrize(
    ("pagination", "named"),
    [
        ({**OFFSETS, "item_field": "a"}, "`item_field`"),
        ({**OFFSETS, "style": "pages"}, "pagination.style"),
        ({"items_field": "items"}, "`style`"),
        ({**OFFSETS, "total_pages": True}, "total_pages"),
        ({**OFFSETS, "total_pages": "3"}, "total_pages"),
        ({**OFFSETS, "total_pages": 0}, "total_pages"),
        ({**OFFSETS, "default_limit": 0}, "default_limit"),
        ({**OFFSETS, "max_limit": 0}, "max_limit"),
        ({**OFFSETS, "cursor_ttl_seconds": -1}, "cursor_ttl_seconds"),
        ({**OFFSETS, "items_field": ""}, "items_field"),
    ],
)
def test_wrong_values_are_refused_by_name(pagination: dict[str, Any], named: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=named):
        said(**pagination)


def test_pagination_is_required() -> None:
    assert "`pagination`" in refusal(Paginated, {"method": "GET"})


@pytest.mark.parametrize(
    ("pagination", "field", "words"),
    [
        ({"style": "offset_limit"}, "items_field", "is missing"),
        ({"style": "cursor", "items_field": "i"}, "cursor_field", "is missing"),
        ({"style": "page_number_url", "items_field": "i", "next_url_field": "n"},
         "previous_url_field", "is missing"),
        ({"style": "page_number_url", "items_field": "i", "previous_url_field": "n"},
         "next_url_field", "is missing"),
        ({"style": "link", "total_field": "t"}, "total_field", "without items_field"),
        ({**OFFSETS, "total_field": "items"}, "total_field", "is items_field already"),
        ({**OFFSETS, "default_limit": 9, "max_limit": 8}, "default_limit", "max_limit (8)"),
        ({**OFFSETS, "cursor_param": "c"}, "cursor_param", "offset_param and limit_param"),
        ({"style": "link", "limit_param": "c"}, "limit_param", "page_param and size_param"),
        ({**OFFSETS, "offset_param": "limit"}, "offset_param", "limit_param, too"),
        ({**OFFSETS, "total_header": "X Total"}, "total_header", "no header name"),
        ({"style": "link", "total_header": "link"}, "total_header", "X-Total-Count"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(
    pagination: dict[str, Any], field: str, words: str
) -> None:
    assert words in found(**pagination)[field]


@pytest.mark.parametrize("header", ["Link", "x-total"])
def test_a_header_of_the_pagination_cannot_be_that_of_a_response(header: str) -> None:
    endpoint = {"method": "GET", "path": "/things", "response": {"headers": {header: "1"}}}
    pagination = {"style": "link", "total_header": "X-Total"}

    with pytest.raises(msgspec.ValidationError, match="is the header of pagination"):
        datapoint(Paginated, endpoint, pagination=pagination)


def test_the_faults_of_an_endpoint_are_those_of_any_pattern() -> None:
    assert "method" in faults(Paginated, {"method": "GTE"})
