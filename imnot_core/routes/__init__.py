"""Which endpoint answers a request: an immutable table of method and path templates.

A path without parameters is found by one look into a dict, keyed by method and the bytes that the
server received. The others are in one trie of segments for each method, searched with backtracking:
a literal segment before one that mixes text and parameters (`{id}.json`), that before a parameter
alone. A request is split at `/` first and percent-decoded afterwards, so that `a%2Fb` is one
segment. One slash at the end makes no difference; dot segments are left as they are.
"""

from imnot_core.routes.table import Conflict, Match, Route, RouteTable, conflicts
from imnot_core.routes.template import normalise, reaches, shape_of, template_fault

__all__ = [
    "Conflict",
    "Match",
    "Route",
    "RouteTable",
    "conflicts",
    "normalise",
    "reaches",
    "shape_of",
    "template_fault",
]
