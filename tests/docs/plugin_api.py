"""The entries of docs/plugin-api.md, made from signatures and docstrings.

`python -m tests.docs.plugin_api` writes them anew. Each stands between `<!-- api: NAME -->` and
`<!-- end -->`, below a heading of that name; what stands elsewhere is written by hand.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support import CHECKOUT

REFERENCE = CHECKOUT / "docs" / "plugin-api.md"
MARKED = re.compile(r"(?<=<!-- api: )(?P<name>\w+) -->\n(?P<entry>.*?)(?=<!-- end -->)", re.DOTALL)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Member:
    """A field, property or method: how it is written, and what it is for."""

    name: str
    written: str
    text: str


def updated(text: str) -> str:
    """The document with every entry as it should be."""
    return MARKED.sub(lambda found: f"{found['name']} -->\n{entry(found['name'])}", text)


def entry(name: str) -> str:
    """What the reference says of one exported name."""
    node = definition(name)
    if isinstance(node, ast.ClassDef):
        return _class_entry(node)
    if isinstance(node, Function):
        return f"{_code(_signature(node))}\n\n{_paragraphs(ast.get_docstring(node))}\n"
    module = _tree(_home(name)).body
    return (
        f"{_code(_as_written(name))}\n\n{_text_after(module, module.index(node))}".rstrip() + "\n"
    )


def members(name: str) -> list[Member]:
    """The public members that the class of that name defines itself."""
    node = definition(name)
    return list(_members(node)) if isinstance(node, ast.ClassDef) else []


def definition(name: str) -> ast.stmt:
    """The statement that defines an exported name."""
    for node in _tree(_home(name)).body:
        if isinstance(node, ast.ClassDef | Function) and node.name == name:
            return node
        if isinstance(node, ast.Assign | ast.AnnAssign) and _target(node) == name:
            return node
    raise LookupError(name)


def _home(name: str, exporter: str = "imnot_core") -> str:
    """The module that defines a name, be it that a package on the way exports it."""
    for node in ast.walk(_tree(exporter)):
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            return _home(name, str(node.module))
    if exporter == "imnot_core":
        raise LookupError(name)
    return exporter


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module))


def _source(module: str) -> str:
    file = inspect.getsourcefile(importlib.import_module(module))
    assert file is not None
    return Path(file).read_text(encoding="utf-8")


def _class_entry(node: ast.ClassDef) -> str:
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    parts = [_code(f"class {node.name}({bases})" if bases else f"class {node.name}")]
    if making := _constructor(node):
        parts[0] = _code(f"class {node.name}({bases})\n{making}")
    parts.append(_paragraphs(ast.get_docstring(node)))
    if listed := [_bullet(member) for member in _members(node)]:
        parts.append("\n".join(listed))
    return "\n".join(f"{part}\n" for part in parts).rstrip("\n") + "\n"


def _constructor(node: ast.ClassDef) -> str:
    """How an exception is made; other classes are made by the core, or have their fields."""
    own = [each for each in node.body if isinstance(each, Function) and each.name == "__init__"]
    raised = {"ImnotError", "ReplyError", "ValueError"} & {ast.unparse(base) for base in node.bases}
    return f"{node.name}({_arguments(own[0])})" if own and raised else ""


def _members(node: ast.ClassDef) -> Iterator[Member]:
    for index, each in enumerate(node.body):
        if isinstance(each, ast.AnnAssign) and not _target(each).startswith("_"):
            kind, text = _annotation(each.annotation)
            default = f" = {ast.unparse(each.value)}" if each.value else ""
            name = _target(each)
            yield Member(name, f"{name}: {kind}{default}", text or _text_after(node.body, index))
        elif isinstance(each, Function) and not each.name.startswith("_"):
            yield Member(each.name, _signature(each), ast.get_docstring(each) or "")


def _annotation(node: ast.expr) -> tuple[str, str]:
    """The type, and its description if it is Annotated with a Meta."""
    match node:
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[kind, *rest])):
            words = [
                str(ast.literal_eval(keyword.value))
                for meta in rest
                if isinstance(meta, ast.Call)
                for keyword in meta.keywords
                if keyword.arg == "description"
            ]
            return ast.unparse(kind), " ".join(words)
        case _:
            return ast.unparse(node), ""


def _text_after(body: list[ast.stmt], index: int) -> str:
    """The text that follows a field: its docstring."""
    match body[index + 1 : index + 2]:
        case [ast.Expr(value=ast.Constant(value=str(text)))]:
            return inspect.cleandoc(text)
        case _:
            return ""


def _signature(node: Function) -> str:
    decorators = {ast.unparse(each) for each in node.decorator_list}
    returns = ast.unparse(node.returns) if node.returns else "None"
    if decorators & {"property", "cached_property", "kept"}:
        return f"{node.name}: {returns}"
    word = "classmethod " if "classmethod" in decorators else ""
    word += "async " * isinstance(node, ast.AsyncFunctionDef)
    return f"{word}{node.name}({_arguments(node)}) -> {returns}"


def _arguments(node: Function) -> str:
    arguments = re.sub(r"^(self|cls)(, |$)", "", ast.unparse(node.args))
    return re.sub(r"(?<=[\w\]])=(?=\S)", " = ", arguments)


def _target(node: ast.Assign | ast.AnnAssign) -> str:
    return ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0])


def _as_written(name: str) -> str:
    """The lines of an assignment."""
    segment = ast.get_source_segment(_source(_home(name)), definition(name))
    assert segment is not None
    return segment


def _code(text: str) -> str:
    return f"```python\n{text}\n```"


def _paragraphs(docstring: str | None) -> str:
    return (docstring or "").strip()


def _bullet(member: Member) -> str:
    text = textwrap.indent(member.text, "  ").strip()
    return f"- `{member.written}`" + (f"  \n  {text}" if text else "")


if __name__ == "__main__":
    REFERENCE.write_text(updated(REFERENCE.read_text(encoding="utf-8")), encoding="utf-8")
