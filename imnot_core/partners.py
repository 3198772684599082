"""Partner files → partners: picks the pattern of each datapoint, converts, gathers every error.

The fast way converts and is done. Only when something does not fit is the text looked at again, and
then everything that is wrong in it is named, each with its line and column and what to write.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from imnot_core.config import Config
from imnot_core.errors import PartnerError, PluginError, Problem, UnknownPlugin
from imnot_core.explain import Fault, explain, show_path
from imnot_core.models import Datapoint, Name, Partner, Source
from imnot_core.registry import Registry
from imnot_core.yamlfile import Document, read

PARTNER_FILE = "partner.yaml"


class PartnerFile(Config, frozen=True, kw_only=True):
    """The top level of a partner file."""

    partner: Name
    description: Annotated[str, Meta(description="For people; shown in listings.")] = ""
    datapoints: Annotated[
        list[Any], Meta(min_length=1, description="The capabilities of the API, one or more.")
    ]


def read_folder(folder: Path) -> tuple[list[Source], list[Problem]]:
    """Read `<folder>/<any>/partner.yaml` in order of folder name; nothing else is looked at.

    The problems are files that could not be read. Raises OSError when the folder itself cannot.
    """
    sources, problems = [], []
    for file in sorted(folder.glob(f"*/{PARTNER_FILE}"), key=lambda file: file.parent.name):
        try:
            sources.append(Source(str(file), decoded(file.read_bytes(), str(file))))
        except OSError as error:
            problems.append(Problem(str(file), f"it cannot be read: {error.strerror or error}"))
        except PartnerError as error:
            problems += error.problems
    return sources, problems


def decoded(data: bytes, source: str) -> str:
    """The text of a partner file. Raises PartnerError for what is no UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        read(data, source)  # knows how to say where
        raise


def parse(source: Source, registry: Registry) -> Partner:
    """Make a partner of a text. Raises PartnerError with all that is wrong in it."""
    document = read(source.text, source.name)
    try:
        file = msgspec.convert(document.data, PartnerFile)
        datapoints = tuple(_datapoint(data, registry) for data in file.datapoints)
    except (msgspec.ValidationError, PluginError, KeyError, TypeError, RecursionError):
        raise PartnerError(_problems(document, registry)) from None
    if repeated := list(_repeated_names(datapoints)):
        raise PartnerError(problem(document, fault) for fault in repeated)
    return Partner(file.partner, file.description, datapoints, source)


def problem(document: Document, fault: Fault) -> Problem:
    """Add to a fault where it stands in its file."""
    line, column = document.place(fault.path, key=fault.key)
    return Problem(document.source, fault.message, fault.hint, line, column, show_path(fault.path))


def locate(
    partner: Partner, datapoint: str, method: str, path: str, *, last: bool = False
) -> tuple[int, int]:
    """Line and column of an endpoint; of its datapoint where the pattern made it up.

    Of several that are alike, the first one or the last.
    """
    index = [each.name for each in partner.datapoints].index(datapoint)
    where = ("datapoints", index)
    found: list[tuple[str | int, ...]] = []
    for number, endpoint in enumerate(getattr(partner.datapoints[index], "endpoints", ())):
        if getattr(endpoint, "method", "") == method and getattr(endpoint, "path", "") == path:
            found.append((*where, "endpoints", number, "path"))
    place = found[-1 if last else 0] if found else where
    return read(partner.source.text, partner.source.name).place(place)


def _datapoint(data: Any, registry: Registry) -> Datapoint:
    config = registry.pattern(data["pattern"]).plugin.config
    datapoint: Datapoint = msgspec.convert(data, config)
    return datapoint


def _repeated_names(datapoints: tuple[Datapoint, ...]) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for index, datapoint in enumerate(datapoints):
        if datapoint.name in seen:
            yield Fault(
                ("datapoints", index, "name"),
                f"the name {datapoint.name!r} is taken by datapoints[{seen[datapoint.name]}]",
                "give each datapoint a name of its own",
            )
        seen.setdefault(datapoint.name, index)


def _problems(document: Document, registry: Registry) -> list[Problem]:
    data = document.data
    if data is None:
        return [Problem(document.source, "the file is empty", "begin with `partner: <name>`")]
    faults = explain(data, PartnerFile)
    if isinstance(data, dict) and isinstance(data.get("datapoints"), list):
        for index, each in enumerate(data["datapoints"]):
            faults += _datapoint_faults(each, registry, ("datapoints", index))
    return sorted((problem(document, fault) for fault in faults), key=lambda p: (p.line, p.column))


def _datapoint_faults(data: Any, registry: Registry, path: tuple[str | int, ...]) -> list[Fault]:
    if not isinstance(data, dict):
        return explain(data, Datapoint, path)
    # Which further keys are right depends on the pattern: without one, only these are judged.
    known = {key: data[key] for key in ("name", "pattern", "description") if key in data}
    name = data.get("pattern")
    if not isinstance(name, str):
        return explain(known, Datapoint, path)
    try:
        config = registry.pattern(name).plugin.config
    except UnknownPlugin as error:
        fault = Fault((*path, "pattern"), f"unknown pattern {name!r}: {error.reason}")
    except PluginError as error:
        hint = "run `imnot patterns` to see which can be used"
        fault = Fault((*path, "pattern"), str(error), hint)
    else:
        return explain(data, config, path)
    return [*explain(known, Datapoint, path), fault]
