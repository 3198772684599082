"""Templates: MiniJinja, which looks like Jinja2 and cannot reach Python.

A template has these values, and those that the pattern adds::

    request        what the pattern shows of the request
    uuid()         a random UUID
    now()          the time in ISO 8601, UTC
    timestamp()    the time in whole seconds since 1970
    random_int(1, 6)    a random whole number, both ends included

Time and chance are those of the server, so that a test can fix them. What is undefined is an error.
Objects, arrays, true, false and null are written as JSON. Nothing is escaped, and a template cannot
include another one. Loops are limited by their steps, and the text by its length; against one that
takes much memory in few steps, as by doubling a text again and again, nothing helps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any, Final, NoReturn

from imnot_core import Clock, Reply, instant
from imnot_patterns.templating.values import Object, Value, as_json, guarded, tojson

if TYPE_CHECKING:
    from minijinja import Environment

STEPS: Final = 1_000_000
"""How many steps a template may take; about 0.1 s."""
MAX_LENGTH: Final = 10_000_000
"""How many characters a rendered template may have."""

_MARKS: Final = ("{{", "{%", "{#")
_SHOWN: Final = 80
_CAUSES: Final = {
    "OutOfFuel": f"it takes more than {STEPS:,} steps; a loop may be endless",
    "TemplateNotFound": "a template cannot include, import or extend another",
}


class TemplateFailed(Exception):
    """A template cannot be rendered; the message says which, where and why."""

    def reply(self) -> Reply:
        """The answer that tells it."""
        return Reply.json({"error": "TEMPLATE_RENDER_ERROR", "detail": str(self)}, 500)


class Template:
    """One template. It is compiled when it is first rendered, and once."""

    def __init__(self, templates: Templates, name: str, field: str, source: str) -> None:
        self.name = name
        self.field = field
        self.source = source
        self._templates = templates
        self._constant = source.removesuffix("\n") if is_constant(source) else None

    def render(self, values: dict[str, Any], **more: Any) -> str:
        """Render; `values` are what `request` has, `more` stands beside it.

        Raises TemplateFailed.
        """
        if self._constant is not None:
            return self._constant
        return self._templates.render(self, values, **more)

    def __del__(self) -> None:
        self._templates.forget(self.name)


class Templates:
    """Compiles templates and renders them. The engine is loaded when there is something to do."""

    def __init__(self, clock: Clock, random: Random, new_id: Callable[[], str]) -> None:
        self._helpers = _helpers(clock, random, new_id)
        self._environment: Environment | None = None
        self._compiled: set[str] = set()
        self._forgotten: deque[str] = deque()
        self._numbers = count(1)
        self._request: dict[str, Any] = {}
        self._output = _Output()

    def template(self, field: str, source: str) -> Template:
        """Make a template; `field` is where it stands, for messages."""
        return Template(self, f"template {next(self._numbers)}", field, source)

    def forget(self, name: str) -> None:
        """Note that a template is not needed any more."""
        # No more than that: the garbage collector may call this while the engine renders, and
        # whoever calls the engine then waits for ever.
        if name in self._compiled:
            self._forgotten.append(name)

    def render(self, template: Template, values: dict[str, Any], **more: Any) -> str:
        """Render a template. Raises TemplateFailed."""
        self._request.update(values)
        self._output.length = 0
        try:
            beside = {name: guarded(value) for name, value in more.items()}
            text = self._compile(template).render_template(template.name, **beside)
            _limit(len(text))
        except BaseException as error:  # noqa: BLE001 - a panic of the engine is no Exception; others go on
            self._fail(template, error)
        finally:
            self._request.clear()
        return text

    def _compile(self, template: Template) -> Environment:
        environment = self._environment
        if environment is None:
            environment = self._environment = self._open()
        if template.name not in self._compiled:
            while self._forgotten:
                name = self._forgotten.popleft()
                environment.remove_template(name)
                self._compiled.discard(name)
            environment.add_template(template.name, template.source)
            self._compiled.add(template.name)
        return environment

    def _open(self) -> Environment:
        environment = _environment()
        for helper in self._helpers:
            environment.add_global(helper.__name__, helper)
        environment.add_global("request", Object(self._request))
        environment.finalizer = self._output.shown
        return environment

    def _fail(self, template: Template, error: BaseException) -> NoReturn:
        from minijinja import TemplateError  # noqa: PLC0415 - as in _environment

        if isinstance(error, TemplateError):
            told = f"{template.field}, {_told(template.source, error)}"
        elif isinstance(error, Exception):  # of a helper, a filter or a method of a value
            told = f"{template.field}: {error}"
        elif type(error).__name__ == "PanicException":
            self._environment = None  # it cannot be used any more
            self._compiled.clear()
            told = f"{template.field}: the template engine failed: {error}"
        else:
            raise error
        raise TemplateFailed(told) from None


class _Output:
    """What a template writes. The engine holds it for ever, and so all that it leads to."""

    def __init__(self) -> None:
        self.length = 0

    def shown(self, value: Any) -> Any:
        """Give the text to write for a value, or leave that to the engine."""
        if isinstance(value, str):
            self._add(value)
            return NotImplemented
        if isinstance(value, Value):
            return self._add(str(value))
        if value is None or isinstance(value, bool | list | tuple | dict):
            return self._add(as_json(value))
        return NotImplemented

    def _add(self, text: str) -> str:
        self.length += len(text)
        _limit(self.length)
        return text


def is_constant(source: str) -> bool:
    """Whether a template is the same for each request."""
    return not any(mark in source for mark in _MARKS)


def syntax_fault(source: str) -> str:
    """Say where and why a template cannot be read, "" if it can."""
    if is_constant(source):
        return ""
    from minijinja import TemplateError  # noqa: PLC0415 - as below

    try:
        _environment().add_template("template", source)
    except TemplateError as error:
        return _told(source, error)
    return ""


def _environment() -> Environment:
    from minijinja import Environment  # noqa: PLC0415 - 15 ms that only those with templates need

    environment = Environment(
        undefined_behavior="strict",
        fuel=STEPS,
        filters={"tojson": tojson},
        auto_escape_callback=lambda _: False,
        path_join_callback=lambda _name, _parent: "",  # no template has this name
    )
    environment.remove_global("debug")  # it tells the inside of the server
    return environment


def _limit(length: int) -> None:
    if length > MAX_LENGTH:
        raise ValueError(f"the text has more than {MAX_LENGTH:,} characters")


def _helpers(
    clock: Clock, random: Random, new_id: Callable[[], str]
) -> tuple[Callable[..., Any], ...]:
    def uuid() -> str:
        return new_id()

    def now() -> str:
        return instant(clock.time())

    def timestamp() -> int:
        return int(clock.time())

    def random_int(low: Any, high: Any) -> int:
        if not (type(low) is int and type(high) is int and low <= high):
            raise ValueError("random_int(low, high) needs two whole numbers, the lower one first")
        return random.randint(low, high)

    helpers = (uuid, now, timestamp, random_int)
    for helper in helpers:
        helper.__qualname__ = helper.__name__  # as Python names it in what it raises
    return helpers


def _told(source: str, error: Any) -> str:
    """Say what is wrong, and in which line and which part of it."""
    cause = _CAUSES.get(error.kind) or error.detail or error.message.partition(" (in ")[0]
    at = ""
    if error.range:
        begin, end = error.range
        part = source.encode()[begin:end].decode(errors="replace").strip()
        at = f", at `{part.splitlines()[0][:_SHOWN]}`" if part else ""
    return f"line {error.line or 1}{at}: {cause}"
