"""Names of headers inside criteria: capitals or not, they are the same."""

from typing import Any, Final

from imnot_patterns.stubs.criteria.operators import operator_of

_KEYED: Final = ("$key_values", "$exact_key_values")
_THROUGH: Final = (
    "$and", "$or", "$xor", "$not", "$eq", "$neq", "$contains", "$contains_exactly",
)  # fmt: skip


def lowered(value: Any) -> Any:
    """Return a criterion for a mapping of headers with the names in it in lower case.

    What has not the arguments that it should have is returned as it is.
    """
    name = operator_of(value)
    if name is None:
        return _lower(value)
    arguments = value[name]
    if not isinstance(arguments, dict):
        return value
    if name in _KEYED:
        return {name: {key: _lower(pairs) for key, pairs in arguments.items()}}
    if name in _THROUGH:
        return {name: {key: _inside(argument) for key, argument in arguments.items()}}
    return value


def _inside(argument: Any) -> Any:
    return [lowered(item) for item in argument] if isinstance(argument, list) else lowered(argument)


def _lower(value: Any) -> Any:
    """Return a name, or the keys of an object, in lower case."""
    if isinstance(value, str):
        return value.lower()
    if not isinstance(value, dict):
        return value
    pairs: dict[str, Any] = {}
    for key, item in value.items():
        name = str(key).lower()
        # Both are to be true of the one header.
        pairs[name] = {"$and": {"items": [pairs[name], item]}} if name in pairs else item
    return pairs
