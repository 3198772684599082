"""The order of a flow's steps: which may come next, for an id that has come so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imnot_patterns.polling.config import Step, in_order


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Submits, and the steps that their ids go through one after the other."""

    submits: tuple[str, ...]
    steps: tuple[str, ...]


class Order:
    """The stretches of a flow: each begins with a submit, or with several that are alike.

    Steps are named by their route. Whatever the file says by now, every question has an answer: an
    id may be older than it.
    """

    def __init__(self, endpoints: Sequence[Step]) -> None:
        steps = in_order(endpoints)
        self._stretches = _stretches(steps)
        self._names = {
            each.route: f"step {each.step or number} ({each.route})"
            for number, each in enumerate(steps, 1)
        }

    def name(self, route: str) -> str:
        """What people call a step: `step 2 (HEAD /exports/{id})`."""
        return self._names.get(route, route)

    def beginnings(self, route: str) -> str:
        """The submits whose ids a step takes."""
        return " or ".join(map(self.name, self._with(route).submits))

    def expected(self, submit: str, done: str, came: str) -> str | None:
        """The step that should have come in the place of `came`; None if that may.

        `done` is the last one that an id of `submit` has been through, "" for none.
        """
        steps = next((each for each in self._stretches if submit in each.submits), None)
        if steps is None or not steps.steps:
            steps = self._with(came)
        reached = _place(steps.steps, done)
        if came in steps.steps and steps.steps.index(came) <= reached + 1:
            return None
        return steps.steps[min(reached + 1, len(steps.steps) - 1)]

    def further(self, done: str, route: str) -> str:
        """The one of two steps that comes later."""
        steps = self._with(route).steps
        return route if _place(steps, route) > _place(steps, done) else done

    def _with(self, route: str) -> _Stretch:
        return next((each for each in self._stretches if route in each.steps), _Stretch((), ()))


def _stretches(steps: Sequence[Step]) -> list[_Stretch]:
    found: list[tuple[list[str], list[str]]] = []
    for each in steps:
        if each.response.generates_id:
            if not found or found[-1][1]:
                found.append(([], []))
            found[-1][0].append(each.route)
        elif each.carries_id and found:
            found[-1][1].append(each.route)
    return [_Stretch(tuple(submits), tuple(rest)) for submits, rest in found]


def _place(steps: Sequence[str], route: str) -> int:
    return steps.index(route) if route in steps else -1
