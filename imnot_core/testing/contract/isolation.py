"""What a pattern keeps apart: sessions, datapoints, partners."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from imnot_core.testing.contract.base import Contract, Datapoint
from imnot_core.testing.contract.examples import partner_file
from imnot_core.testing.contract.traffic import Traffic

ROUNDS = 2


class IsolationChecks(Contract):
    """Whoever is served beside others gets the same answers as alone."""

    def test_a_session_beside_others_is_answered_as_if_alone(self, example: Datapoint) -> None:
        """Two sessions and requests without one in turn; each with a payload of its own."""
        with self._start(example) as server:
            only = server.session()
            self._upload(server, example, "mine", only)
            alone = self._interleaved(self._traffic(server, example, only))[0]
        with self._start(example) as server:
            sessions = [server.session(), None, server.session()]
            for session, mark in zip(sessions, ("mine", "everybodys", "anothers"), strict=True):
                self._upload(server, example, mark, session)
            traffics = [self._traffic(server, example, session) for session in sessions]
            beside = self._interleaved(*traffics)
        assert beside[0] == alone
        assert not _found(("everybodys", "anothers"), beside[0])
        assert not _found(("mine", "anothers"), beside[1])
        assert not _found(("mine", "everybodys"), beside[2])

    def test_it_knows_sessions_if_it_says_so(self) -> None:
        """`sessions` is among its capabilities if, and only if, one changes what comes."""
        changed = [
            self._in_the_end(example, in_session=True)
            != self._in_the_end(example, in_session=False)
            for example in self._examples()
        ]
        assert ("sessions" in self.supports) is any(changed)

    def test_deleting_a_session_deletes_all_of_it(self, example: Datapoint) -> None:
        """What it uploaded and what the pattern remembered in it: then it is as one never used."""
        with self._start(example) as server:
            used, unused = server.session(), server.session()
            self._upload(server, example, "a-payload", used)
            self._round(server, example, used)
            used.delete()
            after = self._round(server, example, str(used))
            assert after == self._round(server, example, unused)

    def test_datapoints_side_by_side_share_nothing(self, example: Datapoint) -> None:
        """Of one partner and of two: what one is sent, the others do not know."""
        second, third = self.moved(example, "second"), self.moved(example, "third")
        other = (partner_file([third], "other"),)
        with self._start(second, others=other) as server:
            alone = self._interleaved(self._traffic(server, second), self._traffic(server, third))
        with self._start(example, second, others=other) as server:
            self._upload(server, example, "first")
            first, *beside = self._interleaved(
                *(self._traffic(server, each) for each in (example, second, third))
            )
        assert beside == alone
        assert not _found(("first",), beside)
        assert first

    def _in_the_end(self, example: Datapoint, *, in_session: bool) -> list[Any]:
        """What comes of the requests when they were sent before, then without a session."""
        with self._start(example) as server:
            self._upload(server, example, "a-payload")
            session = server.session() if in_session else None
            self._served(server, example)
            return self._served(server, example, session)

    def _interleaved(self, *traffics: Traffic) -> list[list[Any]]:
        """The comparable answers of each, when they take turns with every request."""
        answers: list[list[Any]] = [[] for _ in traffics]
        for _ in range(ROUNDS):
            for turn in zip_longest(*(traffic.round() for traffic in traffics)):
                for list_, response in zip(answers, turn, strict=True):
                    list_.append(self.normalise(response))
        return answers


def _found(marks: tuple[str, ...], answers: Any) -> list[str]:
    return [mark for mark in marks if mark in repr(answers)]
