"""How the text of a flag or environment variable is read as the value of a setting."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmg])i?)?b?", re.IGNORECASE | re.ASCII)
_FACTORS: Final = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_TRUTHS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def size(text: str) -> int:
    """Bytes from texts such as `512 kB`, `1.5MB` and `10MiB`. Raises ValueError.

    All units are powers of 1024, as servers count their limits: what fits by the other way of
    counting is never refused.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return int(Decimal(found[1]) * _FACTORS[(found[2] or "").lower()])


def truth(text: str) -> bool:
    """A truth value from its usual words, in any case. Raises ValueError."""
    try:
        return _TRUTHS[text.strip().lower()]
    except KeyError:
        raise ValueError(text) from None


def names(text: str) -> tuple[str, ...]:
    """The parts of a list that is separated by commas."""
    return tuple(part for one in text.split(",") if (part := one.strip()))


READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "admin_key": str,
    "body_limit": size,
    "callback_allow": names,
    "log_requests": truth,
    "reload": truth,
    "plugins": names,
    "without_apis": names,
}
"""By setting; all others are stripped and left to their type."""
