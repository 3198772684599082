"""The answer to a question: at once, or as soon as it is true, or when the time is over."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from imnot_core import Journal
from imnot_patterns.verification.claims import Judge, Verdict
from imnot_patterns.verification.nearest import described, nearest
from imnot_patterns.verification.question import Question

_PAUSE: Final = 0.02
_TOO_EARLY: Final = "fits, but came before the steps that it should follow"
MOST_IDS: Final = 1000
"""Ids of fitting requests that an answer names."""


async def answer(question: Question, journal: Journal) -> dict[str, Any]:
    """Tell whether it is true, and if it is not, what came nearest."""
    judge = Judge(question)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + question.timeout
    point, entries = await journal.read(session=question.session)
    await judge.take(entries)
    verdict = judge.verdict()
    while not verdict.is_true and loop.time() < deadline:
        await asyncio.sleep(min(_PAUSE, max(0.0, deadline - loop.time())))
        point, entries = await journal.read(point, question.session)
        if entries:
            await judge.take(entries)
            verdict = judge.verdict()
    if not verdict.is_true and question.session is not None:
        # What came near may be of another session.
        await judge.take((await journal.read())[1])
        verdict = judge.verdict()
    found: dict[str, Any] = {
        "verified": verdict.is_true,
        "count": len(verdict.fitting),
        "expected": question.expected,
        "matches": [each.id for each in verdict.fitting[-MOST_IDS:]],
    }
    if not verdict.is_true:
        found["reason"] = _reason(question, verdict)
        found["nearest"] = await _nearest(judge, verdict)
    return found


def _reason(question: Question, verdict: Verdict) -> str:
    count = len(verdict.fitting)
    if verdict.late:
        return f"all came in this order, but never within {question.within_ms} ms"
    if verdict.missing is not None:
        step = described(question.order[verdict.missing])
        behind = " behind the ones before it" if verdict.missing else ""
        return f"step {verdict.missing + 1}, {step}, was not received{behind}"
    received = "was not received" if not count else f"was received {_times(count)}"
    return f"{described(question.wanted)} {received}, expected {_expected(question)}"


def _expected(question: Question) -> str:
    least, most = question.least, question.most
    if least == most:
        return _times(least) if least else "not at all"
    if most is None:
        return f"at least {_times(least)}"
    return f"at most {_times(most)}" if not least else f"{least} to {_times(most)}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


async def _nearest(judge: Judge, verdict: Verdict) -> list[dict[str, Any]]:
    """Of requests that are too few or missing, what is like them; of too many, the last of them."""
    question = judge.question
    wanted = question.order[verdict.missing or 0] if question.order else question.wanted
    entries = list(judge.entries.values())
    is_too_many = not question.order and question.most is not None
    if verdict.late or (is_too_many and len(verdict.fitting) > (question.most or 0)):
        return await nearest(wanted, verdict.fitting[-3:])
    fitting = {each.id for each in verdict.fitting}
    others = [each for each in entries if each.id not in fitting]
    return await nearest(wanted, others, _TOO_EARLY if question.order else "")
