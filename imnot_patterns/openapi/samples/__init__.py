"""Values made from schemas: always the same ones, and valid."""

from imnot_patterns.openapi.samples.maker import Samples

__all__ = ["Samples"]
