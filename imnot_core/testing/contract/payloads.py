"""What a pattern does with payloads."""

from __future__ import annotations

from imnot_core.testing.contract.base import HOUR, Contract, Datapoint
from imnot_core.testing.contract.examples import PARTNER


class PayloadChecks(Contract):
    """The last upload is what is served; none is 404."""

    def test_it_takes_payloads_if_it_says_so(self) -> None:
        """`payload` is among its capabilities if, and only if, some example takes payloads."""
        examples = self._examples()
        takes = [self._compiled(example).takes_payload for example in examples]
        assert ("payload" in self.supports) is any(takes)
        for example, expected in zip(examples, takes, strict=True):
            with self._start(example) as server:
                place = f"/imnot/admin/{PARTNER}/{example['name']}/payload"
                accepted = server.post(place, json=self.payload("a-payload")).is_success
            assert accepted is expected, example

    def test_some_example_serves_the_payload(self) -> None:
        """In an answer or in a callback."""
        served = []
        for example in self._examples():
            with self._start(example) as server:
                self._upload(server, example, "a-payload")
                served += self._served(server, example)
        assert ("payload" in self.supports) is any("a-payload" in text for text in served)

    def test_the_payload_of_the_moment_is_served(self, example: Datapoint) -> None:
        """After another upload, the other one, in every answer and callback."""
        same = self._after_uploads(example, "the-old-one", "the-old-one")
        other = self._after_uploads(example, "the-old-one", "the-new-one")
        assert [text.replace("the-old-one", "the-new-one") for text in same] == other

    def test_without_a_payload_what_serves_it_is_not_found(self, example: Datapoint) -> None:
        """404 with a `detail` that names the datapoint; and no callback."""
        with self._start(example) as server:
            self._upload(server, example, "a-payload")
            served = ["a-payload" in text for text in self._served(server, example)]
        with self._start(example) as server:
            answers = list(self._traffic(server, example).round())
            server.clock.advance(HOUR)
            if self._compiled(example).takes_payload:
                assert len(server.callbacks) == 0
            assert server.errors == ()
        for answer, would_serve in zip(answers, served, strict=False):
            if would_serve:
                assert answer.status_code == 404
                assert example["name"] in answer.json()["detail"]

    def _after_uploads(self, example: Datapoint, *marks: str) -> list[str]:
        """What is served after the last upload, when it was asked for after each."""
        served: list[str] = []
        with self._start(example) as server:
            for mark in marks:
                self._upload(server, example, mark)
                served = self._served(server, example)
        return served
