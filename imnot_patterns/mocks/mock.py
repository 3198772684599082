"""A mock: what it answers, until when, and what is told of it."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from imnot_core import Reply, instant

SERVED_BELOW: Final = "/v1/mock"
"""Where mocks are served: `/v1/mock/{mock_id}`."""
MARK: Final = "X-Mock-Id"
"""The header of every answer that names the mock."""

_CONTENT_TYPE: Final = "content-type"


class Mock(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, kept as it was asked for; `created` is in seconds since 1970."""

    id: str
    name: str | None
    status_code: int
    headers: dict[str, str]
    body: str
    content_type: str
    delay_ms: int
    created: float
    ttl_seconds: int

    @property
    def expires(self) -> float:
        """From when on it is gone, in seconds since 1970."""
        return self.created + self.ttl_seconds

    def reply(self) -> Reply:
        """What it answers. It has one Content-Type, whatever is among the headers."""
        others = ((k, v) for k, v in self.headers.items() if k.lower() != _CONTENT_TYPE)
        headers = (("Content-Type", self.content_type), *others, (MARK, self.id))
        return Reply(self.status_code, headers, self.body.encode(), self.delay_ms / 1000)


class MockMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a mock."""

    mock_id: str
    name: str | None
    status_code: int
    content_type: Annotated[str, Meta(description="The Content-Type that is sent.")]
    delay_ms: int
    has_custom_headers: bool
    has_body: bool
    created_at: str
    expires_at: Annotated[str, Meta(description="From then on it is as if it had never been.")]
    hit_count: Annotated[int, Meta(description="How many requests it has answered.")]
    endpoint_url: Annotated[str, Meta(description="Where it is served, on this server.")]

    @classmethod
    def of(cls, mock: Mock, hits: int) -> "MockMetadata":
        """The metadata of a mock that has answered so many requests."""
        return cls(
            mock_id=mock.id,
            name=mock.name,
            status_code=mock.status_code,
            content_type=mock.content_type,
            delay_ms=mock.delay_ms,
            has_custom_headers=bool(mock.headers),
            has_body=bool(mock.body),
            created_at=instant(mock.created),
            expires_at=instant(mock.expires),
            hit_count=hits,
            endpoint_url=f"{SERVED_BELOW}/{mock.id}",
        )
