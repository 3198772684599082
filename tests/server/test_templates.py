"""Templates of API plugins: rendered, escaped, each plugin's below its own name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import get
from litestar.response import Template

from imnot_core import API_VERSION, Reply, Request, Services
from imnot_core.testing import Harness

PROBLEMS = "/imnot/admin/problems"


class Shelf:
    """An API plugin with a page, as somebody else would write it."""

    name = "shelf"
    api_version = API_VERSION
    prefixes: tuple[str, ...] = ("/shelf",)
    templates: Any = None
    page = "shelf/page.html"

    def controllers(self, services: Services) -> Any:
        page = self.page

        @get(self.prefixes[0])
        async def show() -> Template:
            return Template(page, context={"title": "</Books> & more"})

        return [show]

    async def respond(self, request: Request) -> Reply | None:
        return None


def shelf(folder: Path, **files: str) -> Shelf:
    """The plugin with these templates, by name without `.html`."""
    for name, text in files.items():
        file = folder / "templates" / "shelf" / f"{name}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    plugin = Shelf()
    plugin.templates = folder / "templates"
    return plugin


def test_a_page_is_rendered_and_its_values_are_escaped(tmp_path: Path) -> None:
    plugin = shelf(
        tmp_path,
        base="<title>{{ title }}</title>{% block body %}{% endblock %}",
        page="{% extends 'shelf/base.html' %}{% block body %}<p>é {{ title }}</p>{% endblock %}",
    )
    with Harness(plugins=[plugin]) as server:
        answer = server.get("/shelf")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    shown = "&lt;/Books&gt; &amp; more"
    assert answer.text == f"<title>{shown}</title><p>é {shown}</p>"


def test_what_is_none_is_not_shown(tmp_path: Path) -> None:
    plugin = shelf(tmp_path, page="[{{ none }}{{ 'x' if false }}{{ 0 }}]")
    with Harness(plugins=[plugin]) as server:
        assert server.get("/shelf").text == "[0]"


def test_two_plugins_may_call_a_template_alike(tmp_path: Path) -> None:
    class Attic(Shelf):
        name = "attic"
        prefixes: tuple[str, ...] = ("/attic",)
        page = "attic/page.html"

    other = Attic()
    other.templates = tmp_path / "other"
    (other.templates / "attic").mkdir(parents=True)
    (other.templates / "attic" / "page.html").write_text("the attic")
    with Harness(plugins=[shelf(tmp_path, page="the shelf"), other]) as server:
        assert (server.get("/shelf").text, server.get("/attic").text) == ("the shelf", "the attic")


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("{{ titel }}", "undefined value"),
        ("{% if %}", "syntax error"),
        ("{% include 'shelf/none.html' %}", "none.html"),
        ("{% include 'shelf/../../secret.html' %}", "secret.html"),
        ("{% include 'elsewhere/page.html' %}", "elsewhere/page.html"),
    ],
)
def test_what_is_wrong_with_a_template_is_told(tmp_path: Path, page: str, words: str) -> None:
    (tmp_path / "secret.html").write_text("secret")
    with Harness(plugins=[shelf(tmp_path, page=page)], allow_errors=True) as server:
        answer = server.get("/shelf")
    assert answer.status_code == 500
    assert words in answer.json()["detail"]


def _missing(folder: Path) -> Path:
    return folder / "nowhere"


def _not_its_own(folder: Path) -> Path:
    (folder / "templates" / "attic").mkdir()
    return folder / "templates"


def _no_path(folder: Path) -> int:
    return 7


@pytest.mark.parametrize(
    ("templates", "words"),
    [
        (_missing, "there is no folder"),
        (_not_its_own, "may hold the folder shelf alone, not attic"),
        (_no_path, "int"),
    ],
)
def test_a_plugin_whose_templates_cannot_be_used_is_left_out(
    tmp_path: Path, templates: Any, words: str
) -> None:
    plugin = shelf(tmp_path, page="")
    plugin.templates = templates(tmp_path)
    with Harness(plugins=[plugin], allow_errors=True) as server:
        assert server.get("/shelf").status_code == 404
        told = next(
            each for each in server.get(PROBLEMS).json()["plugins"] if each["name"] == "shelf"
        )
    assert words in told["message"]


class Plain:
    """An API plugin without pages."""

    name = "plain"
    api_version = API_VERSION
    prefixes: tuple[str, ...] = ("/plain",)

    def controllers(self, services: Services) -> Any:
        return []

    async def respond(self, request: Request) -> Reply | None:
        return None


@pytest.fixture
def _without_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delitem(sys.modules, "imnot_core.server.rendering", raising=False)
    yield
    sys.modules.pop("imnot_core.server.rendering", None)


@pytest.mark.usefixtures("_without_engine")
def test_no_engine_is_loaded_where_no_plugin_has_pages() -> None:
    with Harness(plugins=[Plain], without_apis=("stubs",)):
        assert "imnot_core.server.rendering" not in sys.modules
