"""How an endpoint says no: `{"detail": …}`, or problem details (RFC 9457) where it declares them.

`error_format: problem+json` holds for all that imnot itself refuses at an endpoint: what its
features refuse, and what its pattern answers by raising `ReplyError`. What a partner file declares
as an answer is sent as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol
from urllib.parse import quote

import msgspec

from imnot_core.errors import ReplyError
from imnot_core.messages import Handler, Headers, Reply, Request

if TYPE_CHECKING:
    from imnot_core.context import Context

PROBLEM_CONTENT_TYPE: Final = "application/problem+json"
"""The content type of problem details."""

MOST: Final = 100
"""How many violations are listed; of more, only the number is said."""

Place = Literal["body", "query", "headers"]
Step = str | int


class Refusing(Protocol):
    """What has an error format: an `EndpointConfig`."""

    @property
    def error_format(self) -> Literal["detail", "problem+json"] | None:
        """None is as good as "detail"."""


class Violation(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request: in which part of it, where there, and what.

    `path` leads to the value: keys and indexes in a body, one name for a query parameter or a
    header, nothing for the body as a whole. `rule` is a JSON pointer into the schema that says so,
    "" where none does.
    """

    place: Place
    path: tuple[Step, ...]
    reason: str
    rule: str = ""

    def __str__(self) -> str:
        text = f"{self.place}{''.join(map(_shown, self.path))}: {self.reason}"
        return f"{text} (at {self.pointer}, says {self.rule} of the schema)" if self.rule else text

    @property
    def pointer(self) -> str:
        """Where it is in the body, as a JSON pointer in a fragment (RFC 6901, 6)."""
        return pointer(self.path)

    def problem(self) -> dict[str, str]:
        """Return it as an entry of the `errors` of problem details."""
        name = {"query": "parameter", "headers": "header"}.get(self.place)
        where = {name: str(self.path[0])} if name else {"pointer": self.pointer}
        return {"detail": self.reason, **where, **({"schema": self.rule} if self.rule else {})}


def refusal(
    config: Refusing,
    status: int,
    title: str,
    detail: str,
    *,
    errors: Sequence[Violation] = (),
    headers: Headers = (),
) -> Reply:
    """Return the answer that refuses a request, in the format that the endpoint declares.

    As `{"detail": …}` it holds the text or, where there are `errors`, the list of them. As
    `problem+json` it holds `type`, `title` (that of the status, if it is ""), `status`, `detail`
    and `errors`. Of more than `MOST` errors the others are counted.
    """
    listed, left = errors[:MOST], len(errors) - MOST
    more = f"and {left} more" if left > 0 else ""
    if config.error_format != "problem+json":
        texts = [*map(str, listed), *([more] if more else [])]
        return Reply.json({"detail": texts or detail}, status, headers)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": title or _phrase(status),
        "status": status,
        "detail": f"{detail} ({more})" if more else detail,
    }
    if errors:
        problem["errors"] = [each.problem() for each in listed]
    pairs = _pairs(headers)
    return Reply.json(problem, status, (("Content-Type", PROBLEM_CONTENT_TYPE), *pairs))


def error_reply(error: ReplyError, config: Refusing | None = None) -> Reply:
    """Return the answer that a handler asked for by raising, in the endpoint's format."""
    if config is None:
        return Reply.json({"detail": error.detail}, error.status, error.headers)
    return refusal(config, error.status, "", error.detail, headers=error.headers)


def formatted(config: Refusing, handler: Handler, context: Context) -> Handler:  # noqa: ARG001 - the form of every feature
    """Return the handler, its errors as problem details if the endpoint declares them."""
    if config.error_format != "problem+json":
        return handler

    async def answer(request: Request) -> Reply:
        try:
            return await handler(request)
        except ReplyError as error:
            return error_reply(error, config)

    return answer


def pointer(path: Iterable[Step]) -> str:
    """Return a JSON pointer in the form of a URL fragment: `#/lines/0/sku`."""
    return "#" + "".join(f"/{_escaped(each)}" for each in path)


def _escaped(step: Step) -> str:
    return quote(str(step).replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@")


def _shown(step: Step) -> str:
    return f"[{step}]" if isinstance(step, int) else f".{step}"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"


def _pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    return tuple(headers.items() if isinstance(headers, Mapping) else headers)
