"""OpenAPI 3.0 and 3.1: from the text of a specification to the answer of each operation.

Nothing here reads a file or asks another server, and the same text always gives the same answers.
"""

from imnot_patterns.openapi.reading import read
from imnot_patterns.openapi.responses import operations
from imnot_patterns.openapi.specification import Operation, Specification, SpecificationError

__all__ = ["Operation", "Specification", "SpecificationError", "operations", "read"]
