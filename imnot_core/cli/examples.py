"""What the package brings to be copied: the example partners, and templates."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from imnot_core.cli.failure import Failure


def example_partners() -> Traversable:
    """The folder of the example partners. Raises Failure if the installation lacks it."""
    package = files("imnot_core")
    packed = package / "examples" / "partners"
    if packed.is_dir():
        return packed
    # In a checkout they are the top-level folder that the wheel is made of.
    checkout = package.joinpath("..", "partners")
    if checkout.is_dir():
        return checkout
    raise Failure("this installation of imnot has no example partners; install it again")


def template(name: str) -> Traversable:
    """A file or folder below imnot_core/cli/templates."""
    return files("imnot_core.cli") / "templates" / name


def walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """Every file below a folder: its path relative to that, and its content."""
    for each in sorted(folder.iterdir(), key=lambda one: one.name):
        if each.is_dir():
            yield from walk(each, f"{prefix}{each.name}/")
        else:
            yield f"{prefix}{each.name}", each.read_bytes()
