"""Templates for several patterns: what they write is filled with values of the request."""

from imnot_patterns.templating.engine import (
    Template,
    TemplateFailed,
    Templates,
    is_constant,
    syntax_fault,
)

__all__ = ["Template", "TemplateFailed", "Templates", "is_constant", "syntax_fault"]
