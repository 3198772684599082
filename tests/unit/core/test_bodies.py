"""Bodies that partner files write, in all their forms."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from imnot_core import Context, FieldError, Reply
from imnot_core.bodies import WrittenResponse, written
from imnot_core.partner_files import PartnerFiles


class Beside:
    """As much of a context as an answer needs: the files of a partner."""

    def __init__(self, folder: Path) -> None:
        self.file = PartnerFiles(folder).read


def response(**said: Any) -> WrittenResponse:
    return msgspec.convert(said, WrittenResponse)


def reply(folder: Path, *, default: Any = None, **said: Any) -> Reply:
    context = cast(Context, Beside(folder))
    return written(response(**said), context, "endpoints[0].response", default=default)


def faults(**said: Any) -> dict[str, str]:
    with pytest.raises(msgspec.ValidationError) as refused:
        response(**said)
    cause = refused.value.__cause__
    assert isinstance(cause, FieldError)
    return {field: f"{message}; {hint}" for field, message, hint in cause.faults}


def sent(made: Reply) -> tuple[bytes, dict[str, str]]:
    return made.body, dict(made.headers)


def test_a_value_is_sent_as_json(tmp_path: Path) -> None:
    expected = b'{"a":[1,null]}', {"Content-Type": "application/json"}
    assert sent(reply(tmp_path, body={"a": [1, None]})) == expected
    assert sent(reply(tmp_path, body='{"a": [1, null]}')) == expected


def test_a_text_is_sent_as_it_is(tmp_path: Path) -> None:
    text = "\ufeff<a>\r\n  é\n</a> "
    body, headers = sent(reply(tmp_path, body_text=text))
    assert body == text.encode()
    assert headers == {"Content-Type": "text/plain; charset=utf-8"}
    assert reply(tmp_path, body_text="[1]").body == b"[1]"
    assert sent(reply(tmp_path, body_text="")) == (b"", headers)


def test_a_file_is_sent_byte_for_byte(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf<a/>\r\n"
    (tmp_path / "a.xml").write_bytes(content)
    (tmp_path / "dot.png").write_bytes(bytes(range(256)))
    assert sent(reply(tmp_path, body_file="a.xml")) == (
        content, {"Content-Type": "application/xml"},
    )  # fmt: skip
    assert sent(reply(tmp_path, body_file="dot.png")) == (
        bytes(range(256)), {"Content-Type": "image/png"},
    )  # fmt: skip


@pytest.mark.parametrize("said", [{"body": {}}, {"body_text": "x"}, {"body_file": "a.xml"}])
def test_the_content_type_may_be_written_either_way(tmp_path: Path, said: dict[str, Any]) -> None:
    (tmp_path / "a.xml").write_bytes(b"")
    kind = "application/vnd.acme+it; version=2"
    assert reply(tmp_path, content_type=kind, **said).headers == (("Content-Type", kind),)
    headers = {"content-type": kind}
    assert reply(tmp_path, headers=headers, **said).headers == (("content-type", kind),)


def test_a_text_is_written_in_the_charset_of_its_type(tmp_path: Path) -> None:
    made = reply(tmp_path, body_text="é", content_type="text/plain; charset=iso-8859-1")
    assert made.body == b"\xe9"
    assert "cannot be written in" in faults(
        body_text="☃", content_type="text/plain; charset=iso-8859-1"
    )["body_text"]  # fmt: skip
    assert "body_text" in faults(body_text="\ud800")


def test_without_body_there_is_none_or_the_default(tmp_path: Path) -> None:
    assert sent(reply(tmp_path, status=202)) == (b"", {})
    assert reply(tmp_path, default={}).body == b"{}"
    assert reply(tmp_path, default={}, body_text="").body == b""
    assert not response().has_body
    assert response(body_text="").has_body


def test_only_one_body_can_be_written() -> None:
    assert "`body` as well" in faults(body={}, body_text="x")["body_text"]
    assert set(faults(body=[], body_text="x", body_file="y")) == {"body_text", "body_file"}


def test_a_content_type_that_cannot_be_sent_is_refused() -> None:
    assert "'xml' is no content type" in faults(body_text="", content_type="xml")["content_type"]
    twice = faults(body_text="", content_type="a/b", headers={"CONTENT-TYPE": "c/d"})
    assert "delete one of the two" in twice["content_type"]


def test_a_value_that_json_cannot_express_is_refused() -> None:
    assert "body.a is nan" in faults(body={"a": math.nan})["body"]


def test_a_missing_file_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(FieldError) as refused:
        reply(tmp_path, body_file="gone.xml")
    ((field, message, _),) = refused.value.faults
    assert field == "endpoints[0].response.body_file"
    assert message == "'gone.xml' does not exist"


@pytest.mark.parametrize("said", [{"body": {"a": 1}}, {"body_text": "x"}, {"body_file": "a.xml"}])
def test_an_answer_that_can_have_no_body_has_none(tmp_path: Path, said: dict[str, Any]) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a/>")
    assert sent(reply(tmp_path, status=204, default={}, **said)) == (b"", {})
