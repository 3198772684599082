"""The six operations of a REST resource: where they are served, and what they are called."""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

Operation = Literal["list", "create", "read", "replace", "patch", "delete"]
OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)

METHODS: Final[dict[Operation, str]] = {
    "list": "GET",
    "create": "POST",
    "read": "GET",
    "replace": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
}
SUCCESS: Final = {"POST": 201, "DELETE": 204}
"""What a method answers with that succeeds, if not 200."""
SUMMARIES: Final[dict[Operation, str]] = {
    "list": "List items: filter, sort, paginate",
    "create": "Create an item",
    "read": "Read an item",
    "replace": "Replace an item",
    "patch": "Change an item (merge patch)",
    "delete": "Delete an item",
}
ON_COLLECTION: Final = ("list", "create")

_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")


def parameters(path: str) -> tuple[str, ...]:
    """The names of the parameters in a path."""
    return tuple(_PARAMETER.findall(path))


def path_of(operation: Operation, collection: str, parameter: str) -> str:
    """Where an operation is served, unless an endpoint names its path otherwise."""
    if operation in ON_COLLECTION:
        return collection
    return f"{collection.rstrip('/')}/{{{parameter}}}"


def operation_at(method: str, path: str, collection: str) -> Operation | None:
    """Which operation of a collection a method and path are; parameters may have any names."""
    shape = _PARAMETER.sub("{}", path)
    for operation in OPERATIONS:
        at = _PARAMETER.sub("{}", path_of(operation, collection, "id"))
        if METHODS[operation] == method and at == shape:
            return operation
    return None
