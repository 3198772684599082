"""The pages at `/__admin__`: what stubs, scopes and requests there are, rendered by the server.

They can be read without JavaScript. With it, HTMX asks for the panels again every three seconds,
and is sent only what is new.
"""

from pathlib import Path
from typing import Final

from imnot_patterns.stubs.pages.controllers import page_controllers

TEMPLATES: Final = Path(__file__).parent / "templates"
"""What the plugin has to give as its `templates`."""

__all__ = ["TEMPLATES", "page_controllers"]
