"""What is served at the moment, and how the next state is made of the partner files.

A deployment is built whole and swapped by one assignment. A file that is refused leaves what it
served before; a clash of two files refuses the one that came to it later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imnot_core.compiled import CompiledDatapoint, CompiledPartner, Target
from imnot_core.compiler import Compiler, conflict_problem, name_problem
from imnot_core.errors import PartnerError, Problem
from imnot_core.models import Source
from imnot_core.routes import RouteTable, conflicts

Files = Mapping[str, Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class Deployment:
    """The partners that are served, their routes in one table, and the files that were refused."""

    partners: tuple[CompiledPartner, ...] = ()
    problems: tuple[Problem, ...] = ()
    clashes: tuple[Problem, ...] = ()
    table: RouteTable[Target] = field(default_factory=lambda: RouteTable.build(()))

    def partner(self, name: str) -> CompiledPartner | None:
        """The partner of that name."""
        return next((each for each in self.partners if each.name == name), None)

    def datapoint(self, partner: str, name: str) -> CompiledDatapoint | None:
        """The datapoint of that name."""
        found = self.partner(partner)
        return (
            next((each for each in found.datapoints if each.name == name), None) if found else None
        )

    @property
    def names(self) -> frozenset[str]:
        """The names of the files that are in effect."""
        return frozenset(each.source.name for each in self.partners)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The texts that are in effect."""
        return tuple(each.source for each in self.partners)

    @property
    def files(self) -> dict[str, dict[str, bytes]]:
        """What partner files in effect read beside them: contents by name, by partner file."""
        return {each.source.name: each.files.taken for each in self.partners if each.files.taken}

    @property
    def refused(self) -> tuple[Problem, ...]:
        """All that keeps files, or parts of them, from being served."""
        return (*self.problems, *self.clashes)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new deployment changed, as the admin API tells it."""

    updated: list[str]
    added: list[str]
    removed: list[str]


def deploy(
    sources: Sequence[Source],
    compiler: Compiler,
    previous: Deployment,
    unreadable: Iterable[Problem] = (),
    *,
    given: Files | None = None,
) -> Deployment:
    """Make the next deployment of these texts; never raises for what they say.

    A text that is unchanged, and whose files are, is not compiled again. `given` are the contents
    of files beside the partner files that are in effect already; others are read from disk.
    """
    before = {each.source.name: each for each in previous.partners}
    problems = list(unreadable)
    candidates: dict[str, CompiledPartner] = {}
    for source in sources:
        known, files = before.get(source.name), (given or {}).get(source.name)
        if known is not None and known.source == source and _has_same_files(known, files):
            candidates[source.name] = known
            continue
        try:
            candidates[source.name] = compiler.compile(source, files)
        except PartnerError as error:
            problems += error.problems
            if known is not None:
                candidates[source.name] = known
    for name in {each.source for each in problems} & set(before):
        candidates.setdefault(name, before[name])  # unreadable now, served before
    clashes = _settle(candidates, before)
    partners = tuple(candidates[name] for name in sorted(candidates, key=_folder))
    table = RouteTable.build(route for each in partners for route in each.routes)
    return Deployment(partners, tuple(problems), tuple(clashes), table)


def _has_same_files(known: CompiledPartner, given: Mapping[str, bytes] | None) -> bool:
    return not known.files.changed() if given is None else known.files.taken == given


def _folder(file: str) -> tuple[str, str]:
    # By the folder alone: `a-b/partner.yaml` comes after `a/partner.yaml`.
    return Path(file).parent.name, file


def changes(previous: Deployment, current: Deployment) -> Changes:
    """Compare two deployments.

    `updated` are the endpoints that were there before and are answered from the file alone; `added`
    the new ones, then the payload endpoints of new datapoints; `removed` those that are gone.
    """
    old, new = _endpoints(previous), _endpoints(current)
    payloads = [f"admin routes for {owner}" for owner in _takers(current) - _takers(previous)]
    return Changes(
        updated=[each for each, takes_payload in new.items() if each in old and not takes_payload],
        added=[each for each in new if each not in old] + sorted(payloads),
        removed=[each for each in old if each not in new],
    )


def clash_with(newcomer: CompiledPartner, others: Iterable[CompiledPartner]) -> Problem | None:
    """What keeps a partner from being served beside others, or None."""
    names = {each.name: each for each in others}
    if taken := names.get(newcomer.name):
        return name_problem(newcomer.partner, taken.partner)
    served = [route for each in names.values() for route in each.routes]
    for clash in conflicts((*served, *newcomer.routes)):
        first = names[clash.first.target.partner]
        return conflict_problem(clash, first.partner, newcomer.partner)
    return None


def _endpoints(deployment: Deployment) -> dict[str, bool]:
    return {
        f"{endpoint.method} {endpoint.path}": datapoint.compiled.takes_payload
        for partner in deployment.partners
        for datapoint in partner.datapoints
        for endpoint in datapoint.compiled.endpoints
    }


def _takers(deployment: Deployment) -> set[str]:
    return {
        f"{datapoint.partner}/{datapoint.name}"
        for partner in deployment.partners
        for datapoint in partner.datapoints
        if datapoint.compiled.takes_payload
    }


def _settle(
    candidates: dict[str, CompiledPartner], before: dict[str, CompiledPartner]
) -> list[Problem]:
    """Take out candidates until none clashes; each is replaced by what its file served before.

    What was served before clashes with nothing that was, so this comes to an end.
    """
    problems = []
    while clash := _first_clash(candidates, before):
        loser, problem = clash
        problems.append(problem)
        del candidates[loser]
        if loser in before:
            candidates[loser] = before[loser]
    return problems


def _first_clash(
    candidates: dict[str, CompiledPartner], before: dict[str, CompiledPartner]
) -> tuple[str, Problem] | None:
    # Those that are served already come first: whoever changes or arrives gives way.
    def late(name: str) -> tuple[bool, bool, tuple[str, str]]:
        return (candidates[name] is not before.get(name), name not in before, _folder(name))

    ordered = [candidates[name] for name in sorted(candidates, key=late)]
    names: dict[str, CompiledPartner] = {}
    for each in ordered:
        taken = names.setdefault(each.name, each)
        if taken is not each:
            return each.source.name, name_problem(each.partner, taken.partner)
    clashes = conflicts(route for each in ordered for route in each.routes)
    if not clashes:
        return None
    clash = clashes[0]
    first, second = names[clash.first.target.partner], names[clash.second.target.partner]
    return second.source.name, conflict_problem(clash, first.partner, second.partner)
