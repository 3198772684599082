"""`imnot generate --from openapi`: an OpenAPI specification becomes a partner file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import urlsplit

from imnot_core import API_VERSION, PartnerError, Problem
from imnot_patterns.openapi.blocks import INDENT, beside, block, comment, one_line, scalar
from imnot_patterns.openapi.endpoints import Entry, Group, Plan, plan
from imnot_patterns.openapi.naming import partner_name
from imnot_patterns.openapi.reading import read
from imnot_patterns.openapi.responses import operations
from imnot_patterns.openapi.specification import Specification, SpecificationError

DESCRIPTION_WIDTH: Final = 100
SHOWN_SERVERS: Final = 3


_SENTENCE: Final = re.compile(r"(?:[^\n.!?]|[.!?](?!\s+[A-Z]|\n|$))*[.!?]?")


class OpenApiImporter:
    """OpenAPI 3.0 and 3.1: an endpoint for every operation, with the answer it describes."""

    name = "openapi"
    api_version = API_VERSION

    def partner(self, text: str, name: str | None, source: str) -> str:
        """Return a partner file that answers the operations of a specification.

        Raises PartnerError for what is no specification, and for one without an operation that
        can be served.
        """
        try:
            specification = read(text)
            made = plan(operations(specification))
        except SpecificationError as error:
            raise PartnerError([_problem(error, source)]) from None
        if not made.groups:
            reasons = "".join(f"; {each}" for each in made.left_out[:SHOWN_SERVERS])
            message = f"there is no operation that can be served{reasons}"
            raise PartnerError([Problem(source, message, path="paths")])
        name = name or partner_name(specification, source)
        return "\n".join(_lines(specification, made, name, source)) + "\n"


def _problem(error: SpecificationError, source: str) -> Problem:
    return Problem(source, error.reason, error.hint, error.line, error.column, error.path)


def _lines(specification: Specification, made: Plan, name: str, source: str) -> Iterator[str]:
    title = one_line(specification.title, DESCRIPTION_WIDTH) or name
    yield from map(comment, _head(specification, made, title, source))
    yield f"partner: {scalar(name)}"
    yield f"description: {scalar(title)}"
    yield "datapoints:"
    described = _tags(specification)
    for group in made.groups:
        yield from _datapoint(group, described.get(group.tag, ""))


def _head(specification: Specification, made: Plan, title: str, source: str) -> Iterator[str]:
    version = f", version {specification.version}" if specification.version else ""
    name = PurePath(source).name
    yield f"{title}{version}: made by `imnot generate --from openapi` of {name}."
    if servers := [each for each in specification.servers if urlsplit(each).path.strip("/")]:
        yield "Paths are as in the specification, without those of its servers:"
        yield from (f"- {each}" for each in servers[:SHOWN_SERVERS])
    if made.left_out:
        yield ""
        yield "Left out:"
        yield from (f"- {each}" for each in made.left_out)
    yield ""


def _tags(specification: Specification) -> dict[str, str]:
    """Return the first sentence of the description of each tag."""
    tags = specification.document.get("tags")
    found: dict[str, str] = {}
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, dict) and isinstance(tag.get("description"), str):
            first = _SENTENCE.match(tag["description"].strip())
            found[str(tag.get("name"))] = one_line(first[0] if first else "", DESCRIPTION_WIDTH)
    return found


def _datapoint(group: Group, description: str) -> Iterator[str]:
    head: dict[str, Any] = {"name": group.name, "pattern": group.pattern}
    if description:
        head["description"] = description
    yield from beside("-", block(head, INDENT * 2), INDENT)
    yield f"{INDENT * 2}endpoints:"
    for entry in group.entries:
        yield from _endpoint(entry, INDENT * 3)


def _endpoint(entry: Entry, indent: str) -> Iterator[str]:
    yield from (comment(each, indent) for each in entry.comments)
    yield from beside("-", block(entry.data, indent + INDENT), indent)
