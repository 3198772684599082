"""The shape of the code: who imports whom, and how long files and functions are.

Read from the checkout's source with `ast`, so that an import inside a function counts too. One that
is below `if TYPE_CHECKING:` costs nothing and cannot be circular: it may name a type of a higher
layer or of a reserved package. But neither does it let the core know a pattern, nor a pattern look
behind the door.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support import CHECKOUT

# From the bottom up: a module imports only from its own line and from those before it. A name is
# that of a module or a package; of a package, it covers all that has no line of its own.
LAYERS = (
    ("errors", "clock", "current", "session_clock", "durations"),
    ("content_types", "credentials", "heads"),
    ("messages", "yamlfile", "routes", "config", "partner_files", "targets"),
    ("explain",),
    ("chaos", "refusals", "expressions"),
    ("tokens", "rate_limit", "validation", "schema_check"),
    ("models",),
    ("features", "bodies"),
    ("store",),
    ("jobs", "consumer_routes", "reading", "overrides"),
    ("tasks",),
    ("services",),
    ("context",),
    ("plugin",),
    ("",),  # imnot_core/__init__.py: what plugin authors import
    ("registry_checks",),
    ("registry",),
    ("partners", "compiled"),
    ("compiler",),
    ("settings", "fields"),
    ("reload", "postman", "schema"),
    ("registration", "offline"),
    ("server",),
    ("cli", "testing"),
    ("__main__",),
)

# Packages that only some modules of imnot_core import.
RESERVED = {
    "litestar": ("server", "testing"),
    "stevedore": ("registry",),
    "ruamel": ("yamlfile",),
    "click": ("cli",),
    "rich_click": ("cli",),
}

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40


@dataclass(frozen=True)
class Import:
    """One imported module or name, by its full dotted name."""

    target: str
    line: int
    at_run_time: bool

    @property
    def package(self) -> str:
        return self.target.partition(".")[0]


@dataclass(frozen=True)
class Source:
    """One Python file of the checkout."""

    path: Path
    module: str

    @property
    def tree(self) -> ast.Module:
        return _parse(self.path)

    @property
    def lines(self) -> int:
        return len(self.path.read_text(encoding="utf-8").splitlines())

    def imports(self) -> Iterator[Import]:
        return _imports(self.tree, at_run_time=True)

    def place(self, line: int) -> str:
        return f"{self.path.relative_to(CHECKOUT)}:{line}"


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _imports(node: ast.AST, *, at_run_time: bool) -> Iterator[Import]:
    match node:
        case ast.Import(names=names):
            yield from (Import(alias.name, node.lineno, at_run_time) for alias in names)
        case ast.ImportFrom(module=str(module), names=names):
            for alias in names:
                yield Import(f"{module}.{alias.name}", node.lineno, at_run_time)
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=orelse):
            for statement in body:
                yield from _imports(statement, at_run_time=False)
            for statement in orelse:
                yield from _imports(statement, at_run_time=at_run_time)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _imports(child, at_run_time=at_run_time)


def _sources(folder: str) -> Iterator[Source]:
    for path in sorted((CHECKOUT / folder).rglob("*.py")):
        parts = path.relative_to(CHECKOUT).with_suffix("").parts
        yield Source(path, ".".join(parts).removesuffix(".__init__"))


CORE = {source.module: source for source in _sources("imnot_core")}
BUILT_IN = list(_sources("imnot_patterns"))
EXAMPLE = [source for source in _sources("plugins-example") if "tests" not in source.path.parts]
EXAMPLE_TESTS = [source for source in _sources("plugins-example") if source not in EXAMPLE]


def _strays(sources: Iterable[Source], is_stray: Callable[[Source, Import], bool]) -> list[str]:
    """Every import that is one, as a line that an editor can jump to."""
    return [
        f"{source.place(found.line)} imports {found.target}"
        for source in sources
        for found in source.imports()
        if is_stray(source, found)
    ]


def _core_module(found: Import) -> str | None:
    """The module of imnot_core that an import reaches, if it reaches one."""
    if found.package != "imnot_core":
        return None
    return found.target if found.target in CORE else found.target.rpartition(".")[0]


def _lies_in(module: str, area: str) -> bool:
    """Tell whether a module of imnot_core is `area` or in it; the area "" is the package's door."""
    inner = module.removeprefix("imnot_core").removeprefix(".")
    return inner == area or (bool(area) and inner.startswith(f"{area}."))


def _layer(module: str) -> int:
    """The layer of a module: that of the longest name in the table that it is or lies in."""
    matches = [
        (len(name), layer)
        for layer, names in enumerate(LAYERS)
        for name in names
        if _lies_in(module, name)
    ]
    return max(matches)[1] if matches else -1


def test_every_module_of_the_core_has_a_layer() -> None:
    assert [module for module in CORE if _layer(module) < 0] == []


def test_imports_go_down_the_layers() -> None:
    def goes_up(source: Source, found: Import) -> bool:
        target = _core_module(found)
        return bool(target) and found.at_run_time and _layer(str(target)) > _layer(source.module)

    assert _strays(CORE.values(), goes_up) == []


def test_no_modules_of_the_core_import_each_other_in_a_circle() -> None:
    graph = {
        module: {
            target
            for found in source.imports()
            if found.at_run_time and (target := _core_module(found)) and target != module
        }
        for module, source in CORE.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))


@pytest.mark.parametrize(("package", "areas"), RESERVED.items(), ids=RESERVED)
def test_a_package_is_imported_only_where_it_belongs(package: str, areas: tuple[str, ...]) -> None:
    def is_out_of_place(source: Source, found: Import) -> bool:
        allowed = any(_lies_in(source.module, area) for area in areas)
        return found.package == package and found.at_run_time and not allowed

    assert _strays(CORE.values(), is_out_of_place) == []


def test_the_core_knows_no_pattern() -> None:
    assert _strays(CORE.values(), lambda _, found: found.package == "imnot_patterns") == []


def test_patterns_import_from_the_core_only_what_it_exports() -> None:
    exported = {f"imnot_core.{name}" for name in _exported_names()}

    def looks_behind(_: Source, found: Import) -> bool:
        return found.package == "imnot_core" and found.target not in exported

    assert _strays([*BUILT_IN, *EXAMPLE], looks_behind) == []


def test_the_tests_of_the_example_plugin_use_only_the_kit() -> None:
    public = {f"imnot_core.{name}" for name in _exported_names()} | {"imnot_core.testing"}

    def looks_behind(_: Source, found: Import) -> bool:
        names = {found.target, found.target.rpartition(".")[0]}
        return found.package == "imnot_core" and not names & public

    assert _strays(EXAMPLE_TESTS, looks_behind) == []


def test_the_example_plugin_does_not_lean_on_the_built_in_patterns() -> None:
    def leans(_: Source, found: Import) -> bool:
        return found.package == "imnot_patterns"

    assert _strays([*EXAMPLE, *EXAMPLE_TESTS], leans) == []


def _exported_names() -> set[str]:
    """The names in `__all__` of imnot_core; a submodule is not one of them."""
    for node in CORE["imnot_core"].tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                return set(ast.literal_eval(value))
    pytest.fail("imnot_core/__init__.py has no __all__")


def test_files_are_short() -> None:
    long = [
        f"{source.place(1)}: {source.lines} lines"
        for source in [*CORE.values(), *BUILT_IN, *EXAMPLE]
        if source.lines > MAX_FILE_LINES
    ]
    assert long == []


def test_functions_are_short() -> None:
    long = [
        f"{source.place(node.lineno)} {node.name}: {lines} lines"
        for source in [*CORE.values(), *BUILT_IN, *EXAMPLE]
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := _length(node)) > MAX_FUNCTION_LINES
    ]
    assert long == []


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without those of the docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines
