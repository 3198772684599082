"""The tests of the documents notice what is wrong in one: their own tools are held to that here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.docs.comparison import differences
from tests.docs.examples import Series, blocks, run_series
from tests.docs.markdown import anchors, code_spans, links
from tests.support import eventually

FENCE = "```"


def document(folder: Path, *lines: str) -> Path:
    file = folder / "document.md"
    file.write_text("\n".join(lines).replace("'''", FENCE) + "\n", encoding="utf-8")
    return file


# What is shown, beside what is printed


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one\ntwo", "one\ntwo\n"),
        ("one", "\x1b[1mone\x1b[0m  \r\n\n"),
        ("one\n...\nfour", "one\ntwo\nthree\nfour"),
        ("one\n...", "one"),
        ("to …/x now", "to /tmp/a/b/x now"),
        ('{"b": [1, 2],\n "a": null}', '{"a":null,"b":[1,2]}'),
        (
            '{"id": "6e0a9f0c-8a3e-4a35-9d3f-5b1d7c1f2a90"}',
            '{"id":"c156b4da-4f0c-4a05-96a3-64e15726fe03"}',
        ),
        ("at 2026-01-31T12:00:00.123456+00:00", "at 2025-12-01T01:02:03.000001+00:00"),
        ("imnot 0.1.0", "imnot 12.0.3"),
        ("2 passed in 0.40s", "2 passed in 1.06s"),
    ],
)
def test_these_are_the_same(shown: str, printed: str) -> None:
    assert differences(shown, printed) == ""


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one", "one\ntwo"),
        ("one\ntwo", "one"),
        ("two\none", "one\ntwo"),
        ("one\n...\nfive", "one\ntwo\nthree\nfour"),
        ("a …", "b c"),
        ("a.c", "abc"),
        ('{"a": 1}', '{"a":2}'),
        ('{"a": 1}', '{"a":1,"b":2}'),
        ('{"id": "6e0a9f0c-8a3e-4a35-9d3f-5b1d7c1f2a90"}', '{"id":"7"}'),
        ("2 passed in 0.40s", "1 failed, 1 passed in 1.06s"),
    ],
)
def test_these_are_not(shown: str, printed: str) -> None:
    assert "printed:" in differences(shown, printed)


# Documents


def test_blocks_have_their_words_their_place_and_their_section(tmp_path: Path) -> None:
    file = document(
        tmp_path, "# Title", "## One", "'''yaml a/b.yaml append", "x: 1", "'''", "### Below",
        "- '''not a fence", "  '''bash exit=2", "  false", "", "  '''",
        "## Two", "'''", "# no", "'''",
    )  # fmt: skip

    first, second = blocks(file, "One")

    assert (first.language, first.path, first.text, first.line) == ("yaml", "a/b.yaml", "x: 1\n", 3)
    assert (second.heading, second.option("exit"), second.text) == ("Below", "2", "false\n\n")
    assert [each.text for each in blocks(file)][2:] == ["# no\n"]


def test_a_block_that_is_never_closed_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"document\.md:2"):
        blocks(document(tmp_path, "text", "'''bash", "true"))


def test_anchors_are_those_of_the_headings(tmp_path: Path) -> None:
    file = document(
        tmp_path, "# A *plain* `--flag`, or two?", "'''", "# comment", "'''", "## Same", "## Same"
    )

    assert anchors(file) == {"a-plain---flag-or-two", "same", "same-1"}


def test_links_and_code_are_found_outside_of_blocks(tmp_path: Path) -> None:
    file = document(tmp_path, "[a](b.md#c) `[no](x.md)`", "'''", "[no](y.md) `no`", "'''", "`d/e`")

    assert [(each.line, each.target) for each in links(file)] == [(1, "b.md#c")]
    assert list(code_spans(file)) == [(1, "[no](x.md)"), (5, "d/e")]


# Running them


def test_a_series_has_one_folder_and_one_shell(tmp_path: Path) -> None:
    file = document(
        tmp_path, "'''text a/b.txt", "one", "'''", "'''text a/b.txt append", "two", "'''",
        "'''bash", "NAME=a/b.txt", "'''", "'''bash", "cat $NAME", "'''",
        "'''text output", "one", "two", "'''", "'''sh", "false", "'''",
    )  # fmt: skip

    run_series(blocks(file), tmp_path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["'''bash", "false", "true", "'''"], r"document\.md:1 \(bash\) ended with exit code 1"),
        (["'''bash exit=1", "true", "'''"], "ended with exit code 0"),
        (["'''bash", "echo a", "'''", "'''text output", "b", "'''"], "document.md:4"),
        (["'''text output", "b", "'''"], "the output of nothing"),
        (["'''bash server", "echo gone", "'''"], "the server has ended\ngone"),
    ],
)
def test_a_document_that_is_wrong_is_told(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        run_series(blocks(document(tmp_path, *lines)), tmp_path)


def test_a_block_may_be_repeated_until_it_is_true(tmp_path: Path) -> None:
    file = document(
        tmp_path,
        "'''bash eventually", "echo x >> count", "[ $(wc -l < count) -ge 3 ]", "cat count", "'''",
        "'''text output", "x", "x", "x", "'''",
    )  # fmt: skip

    run_series(blocks(file), tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_runs_in_the_background_ends_with_the_series(tmp_path: Path) -> None:
    with Series(tmp_path) as series:
        series.execute("sleep 600 & echo $! > pid")
    status = Path("/proc") / (tmp_path / "pid").read_text().strip() / "status"

    # Ended, and maybe not yet fetched by the process that inherits it.
    eventually(lambda: not status.exists() or "State:\tZ" in status.read_text())
