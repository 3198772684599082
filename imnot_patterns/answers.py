"""What several patterns answer with: constant replies, and the path that was asked for."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import quote

from msgspec import Meta

from imnot_core import Handler, Reply, Request

FieldName = Annotated[str, Meta(min_length=1)]

_PATH: Final = "/:@!$&()*+,;=-._~"
_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")


def constant(reply: Reply) -> Handler:
    """A handler that always gives the same reply object, whose encoded form is kept."""

    async def answer(_request: Request) -> Reply:
        return reply

    return answer


def path_of(request: Request, template: str) -> str:
    """The path of a request as it stands in a URL; `template` is that of its endpoint."""
    if not any("/" in each for each in request.params.values()):
        return quote(request.path, safe=_PATH)
    # Decoded, a slash within a parameter looks like one of the path.
    parts = _PARAMETER.split(template)
    parts[::2] = [quote(each, safe=f"{_PATH}%") for each in parts[::2]]
    parts[1::2] = [quote(request.params[each], safe=_PATH[1:]) for each in parts[1::2]]
    return "".join(parts)
