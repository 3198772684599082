"""`schema:` — a JSON Schema for the bodies of requests; else 422 with all that it says of them.

The schema stands in the partner file, or in a JSON or YAML file beside it. It is draft 2020-12,
unless its `$schema` names another draft. Formats are checked. What it refers to must be within it:
nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from imnot_core.errors import FieldError, PartnerError, ReplyError
from imnot_core.messages import Handler, Reply, Request
from imnot_core.refusals import Step, Violation, pointer
from imnot_core.validation import invalid, judge_of

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

    from imnot_core.context import Context
    from imnot_core.models import EndpointConfig
    from imnot_core.yamlfile import Document

SchemaConfig = dict[str, Any] | bool | str
"""A JSON Schema, or the name of a file below the partner's folder that holds one."""

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

# A violation costs fifteen times what a valid value does, and all are found before the first is
# given: beside other requests where there may be many, and only the first one in a large body.
_MANY: Final = 8 * 1024
_LARGE: Final = 256 * 1024
"""Bytes of a body."""

_BACKTRACKS: Final = 100_000
"""Steps after which matching a `pattern` is given up: some milliseconds."""
_DEEPEST: Final = 100
_LONGEST: Final = 300
_BRANCHES: Final = 3

Path = tuple[Step, ...]
SchemaFault = tuple[Path, str, str]
"""Where in a schema, what is wrong there, and what to write instead."""


def schema_checked(config: EndpointConfig, handler: Handler, context: Context) -> Handler:
    """Return the handler behind the schema, and behind the rules of `validate` if there are any.

    Raises FieldError for what is no schema.
    """
    if config.schema is None:
        return handler
    check = _checker(config.schema, context)
    judge = judge_of(config.validate) if config.validate is not None else None
    reads_json = config.reads_json

    async def answer(request: Request) -> Reply:
        if reads_json:
            request.json()
        violations = await check(request)
        if judge is not None:
            violations = _merged(judge(request), violations)
        return invalid(config, violations) if violations else await handler(request)

    return answer


def _merged(ruled: Sequence[Violation], schematic: Sequence[Violation]) -> list[Violation]:
    """All violations, those of the body first; if it is no JSON, that is all there is to say."""
    body = [each for each in ruled if each.place == "body"]
    if schematic and not schematic[0].rule:
        body = []
    return [*body, *schematic, *(each for each in ruled if each.place != "body")]


def _checker(
    written: SchemaConfig, context: Context
) -> Callable[[Request], Awaitable[list[Violation]]]:
    validator = _validator(written, context)

    async def check(request: Request) -> list[Violation]:
        if not request.body:
            return [Violation("body", (), "required")]
        try:
            value = request.json()
        except ReplyError as error:
            return [Violation("body", (), f"is no JSON: {error.__cause__}")]
        try:
            valid = validator.is_valid(value)
            return [] if valid else await _violations(validator, value, len(request.body))
        except ValueError as error:  # nested too deeply for it
            return [Violation("body", (), f"cannot be judged: {error}")]

    return check


async def _violations(validator: Validator, value: Any, size: int) -> list[Violation]:
    if size > _LARGE:
        return _first(validator, value)
    if size > _MANY:
        import asyncio  # noqa: PLC0415 - as in rate_limit

        return await asyncio.to_thread(_all, validator, value)
    return _all(validator, value)


def _all(validator: Validator, value: Any) -> list[Violation]:
    return [_violation(each) for each in validator.iter_errors(value)]


def _first(validator: Validator, value: Any) -> list[Violation]:
    from jsonschema_rs import ValidationError  # noqa: PLC0415 - it is there: this is its validator

    try:
        validator.validate(value)
    except ValidationError as error:
        more = f"of a body of more than {_LARGE // 1024} KiB only the first violation is listed"
        return [_violation(error), Violation("body", (), more)]
    return []


def _violation(error: ValidationError) -> Violation:
    return Violation("body", tuple(error.instance_path), _reason(error), pointer(error.schema_path))


def _reason(error: ValidationError) -> str:
    reason = _cut(error.message)
    # Of `anyOf` and `oneOf`, what each schema says.
    branches = getattr(error.kind, "context", None) or ()
    said = [_cut(branch[0].message) for branch in branches[:_BRANCHES] if branch]
    return f"{reason}: {'; '.join(said)}" if said else reason


def _cut(text: str) -> str:
    """A message holds the value that it is about; what is wrong stands at its end."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"


def _validator(written: SchemaConfig, context: Context) -> Validator:
    """Return what judges by a schema. Raises FieldError with all that is wrong in it."""
    if not isinstance(written, str):
        validator, faults = _made(written)
        problems = [(_field(path), message, hint) for path, message, hint in faults]
    else:
        document = _document(written, context)
        validator, faults = _made(document.data)
        problems = [
            ("schema", f"{_place(document, path, written)}: {message}", hint)
            for path, message, hint in faults
        ]
    if validator is None:
        raise FieldError(*problems)
    return validator


def _field(path: Path) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"schema{''.join(steps)}"


def _place(document: Document, path: Path, name: str) -> str:
    line, column = document.place(path)
    return f"{name}:{line}:{column}"


def _document(name: str, context: Context) -> Document:
    from imnot_core import yamlfile  # noqa: PLC0415 - 20 ms, for those that name a file

    content = context.file(name, "schema")
    try:
        document = yamlfile.read(content, name)
    except PartnerError as error:
        raise FieldError(*(("schema", str(each), "") for each in error.problems)) from error
    if not isinstance(document.data, dict | bool):
        message = f"{name} holds no JSON Schema"
        raise FieldError(("schema", message, "write a mapping, true or false there"))
    return document


def _made(schema: Any) -> tuple[Validator | None, list[SchemaFault]]:
    """The validator, or None and all that is wrong in the schema."""
    if unfit := _unfit(schema, ()):
        return None, [unfit]
    import jsonschema_rs  # noqa: PLC0415 - 30 ms, for those that declare a schema

    if faults := list(_faults(schema)):
        return None, faults
    patterns = jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACKS)
    try:
        validator = jsonschema_rs.validator_for(
            schema, validate_formats=True, pattern_options=patterns, offline=True
        )
    except jsonschema_rs.ValidationError as error:
        return None, [_lost_reference(schema, (), error.message) or _told(error)]
    except ValueError as error:
        return None, [((), f"cannot be used as a JSON Schema: {error}", "make it simpler")]
    return validator, []


def _faults(schema: Any) -> Iterator[SchemaFault]:
    """Give what draft 2020-12 says of a schema that is of this draft."""
    import jsonschema_rs  # noqa: PLC0415 - it is there: this is called by its user

    if isinstance(schema, bool) or str(schema.get("$schema", DRAFT)).rstrip("#") != DRAFT:
        return
    rules = jsonschema_rs.Draft202012Validator({"$ref": DRAFT}, validate_formats=True)
    yield from sorted(map(_told, rules.iter_errors(schema)), key=lambda each: _order(schema, each))


def _order(schema: Any, fault: SchemaFault) -> list[int]:
    """What sorts faults as they stand in the file."""
    order, value = [], schema
    for step in fault[0]:
        order.append(list(value).index(step) if isinstance(value, dict) else int(step))
        value = value[step]
    return order


def _told(error: ValidationError) -> SchemaFault:
    path = tuple(error.instance_path)
    if path and path[-1] == "type" and isinstance(error.instance, str):
        kinds = "array, boolean, integer, null, number, object, string"
        return path, "names no type of JSON Schema", f"write one of {kinds}"
    return path, f"is no JSON Schema: {_cut(error.message)}", "write what draft 2020-12 takes"


def _unfit(value: Any, path: Path) -> SchemaFault | None:
    """What JSON could not say, and what has no end."""
    if len(path) > _DEEPEST:
        return (), "is nested too deeply, or contains itself", "refer to parts of it by $ref"
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                return path, f"the key {key} is no text", f'write it in quotes: "{key}"'
    found = (_unfit(each, (*path, step)) for step, each in _parts(value))
    return next((each for each in found if each is not None), None)


def _lost_reference(value: Any, path: Path, message: str) -> SchemaFault | None:
    """The reference that a message names, and where it stands."""
    if isinstance(value, dict):
        for key in ("$ref", "$dynamicRef"):
            written = value.get(key)
            if isinstance(written, str) and _is_named(written, message):
                hint = "put it below $defs, and write #/$defs/… (nothing is fetched)"
                return (*path, key), f"{written!r} leads to nothing within the schema", hint
    found = (_lost_reference(each, (*path, step), message) for step, each in _parts(value))
    return next((each for each in found if each is not None), None)


def _is_named(reference: str, message: str) -> bool:
    resource, _, fragment = reference.partition("#")
    return bool(name := resource or fragment) and f"{name}'" in message


def _parts(value: Any) -> list[tuple[Step, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []
