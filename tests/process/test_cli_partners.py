"""The commands that read and write partner files: routes, generate, export, init."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from imnot_core.cli.routes import INFRA
from imnot_patterns.paginated import DEFAULT_LIMIT
from tests.process.command import ACME, Project

BETA = ACME.replace("acme", "beta").replace(": /", ": /b/").replace('"/', '"/b/')
WRONG = "partner: wrong\ndatapoints:\n  - {name: a, pattern: statc, endpoints: []}\n"

ADMIN = """\
  POST   /imnot/admin/beta/charges/payload
  GET    /imnot/admin/beta/charges/payload
  POST   /imnot/admin/beta/charges/payload/session
  GET    /imnot/admin/beta/charges/payload/session/{session_id}
  POST   /imnot/admin/beta/export/payload
  GET    /imnot/admin/beta/export/payload
  POST   /imnot/admin/beta/export/payload/session
  GET    /imnot/admin/beta/export/payload/session/{session_id}
"""


@pytest.fixture
def acme(project: Project) -> Project:
    project.partner("acme", ACME)
    project.write("beta.yaml", BETA)
    return project


# routes


def test_routes_lists_what_each_partner_answers(acme: Project) -> None:
    ended = acme.run("routes")
    assert ended.code == 0
    blank, name, consumer, *rest = ended.lines
    assert (blank, name) == ("", "ACME  An example")
    assert consumer.strip() == "CONSUMER ENDPOINTS"
    assert rest[:4] == [
        "    POST    /oauth/token  [oauth]",
        "    GET     /v1/charges  [fetch]",
        "    POST    /exports  [async]",
        "    GET     /exports/{id}  [async]",
    ]
    assert rest[4].strip() == "ADMIN ENDPOINTS"
    assert rest[5] == "    POST    /imnot/admin/acme/charges/payload"
    infra = rest.index("INFRA ENDPOINTS")
    assert infra == 5 + 8 + 1
    assert "    POST    /imnot/admin/reload" in rest[infra:]


def test_routes_works_from_a_folder_below(acme: Project) -> None:
    (acme.folder / "src" / "deep").mkdir(parents=True)
    assert acme.run("routes", folder="src/deep").out == acme.run("routes").out


def test_routes_without_partners_is_one_line(project: Project) -> None:
    (project.folder / "partners").mkdir()
    ended = project.run("routes")
    assert ended.code == 0
    assert len(ended.lines) == 1


def test_routes_without_a_partners_folder_fails(project: Project) -> None:
    ended = project.run("routes", "--partners-dir", "mocks")
    assert ended.code == 1
    assert "'mocks'" in ended.err


def test_a_file_that_is_refused_is_named_and_the_others_are_listed(acme: Project) -> None:
    file = acme.partner("wrong", WRONG)
    ended = acme.run("routes")
    assert ended.code == 0
    assert "ACME" in ended.out
    assert "WRONG" not in ended.out
    assert re.match(rf"{file}:3:\d+: .*'statc'.*'static'", ended.err)
    assert len(ended.err.splitlines()) == 1


def test_routes_can_check_a_whole_folder(acme: Project) -> None:
    assert acme.run("routes", "--strict").code == 0
    acme.partner("wrong", WRONG)
    ended = acme.run("routes", "--strict")
    assert ended.code == 1
    assert "ACME" in ended.out


def test_routes_can_be_read_by_programs(acme: Project) -> None:
    told = json.loads(acme.run("routes", "--json").out)
    (partner,) = told["partners"]
    assert [each["name"] for each in partner["datapoints"]] == ["token", "charges", "export"]
    assert partner["datapoints"][2]["endpoints"][0] == {
        "method": "POST",
        "path": "/exports",
        "step": 1,
    }
    assert {"method": "POST", "path": "/imnot/admin/reload"} in told["infra"]


def test_the_infra_endpoints_are_those_that_a_server_has(acme: Project) -> None:
    with acme.started("--db", ":memory:") as server:
        described = server.client.get("/imnot/openapi.json").json()["paths"]
    served = {
        (method.upper(), re.sub(r":\w+\}", "}", path))
        for path, operations in described.items()
        for method in operations
        if not re.search(r"\}/payload\b", path)  # listed with the partners
    }
    # Those of the management APIs are listed by their prefixes.
    ours = {each for each in served if re.match("/(imnot|healthz)", each[1])}
    assert ours - {("POST", "/imnot/admin/verify")} == set(INFRA)


# generate


def test_generate_writes_the_file_and_says_what_it_serves(acme: Project) -> None:
    ended = acme.run("generate", "--file", "beta.yaml")
    assert (ended.code, ended.err) == (0, "")
    *lines, last = ended.lines
    assert "\n".join(lines) == (
        """\
Partner:     beta
Description: An example
Directory:   partners/beta  (created)
File:        partners/beta/partner.yaml  (written)

Consumer endpoints:
  POST   /b/oauth/token                               [oauth]
  GET    /b/v1/charges                                [fetch]
  POST   /b/exports                                   [async step 1]
  GET    /b/exports/{id}                              [async step 2]

Admin endpoints:
"""
        + ADMIN
    )
    assert "/imnot/admin/reload" in last
    assert (acme.folder / "partners/beta/partner.yaml").read_text() == BETA


def test_generate_reads_stdin(acme: Project) -> None:
    assert acme.run("generate", "--file", "-", stdin=BETA).code == 0
    assert (acme.folder / "partners/beta/partner.yaml").read_text() == BETA


def test_a_dry_run_writes_nothing(acme: Project) -> None:
    ended = acme.run("generate", "--file", "beta.yaml", "--dry-run")
    assert ended.code == 0
    assert ended.out.count("(dry run)") == 2
    assert "nothing was written" in ended.lines[-1]
    assert not (acme.folder / "partners/beta").exists()


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_partner_that_exists_is_not_overwritten(acme: Project, more: tuple[str, ...]) -> None:
    acme.write("new.yaml", ACME.replace("An example", "Another"))
    ended = acme.run("generate", "--file", "new.yaml", *more)
    assert ended.code == 2
    assert "--force" in ended.err
    assert (acme.folder / "partners/acme/partner.yaml").read_text() == ACME


def test_force_overwrites(acme: Project) -> None:
    new = ACME.replace("An example", "Another")
    acme.write("new.yaml", new)
    ended = acme.run("generate", "--file", "new.yaml", "--force")
    assert ended.code == 0
    assert "Directory:   partners/acme  (exists)" in ended.lines
    assert "File:        partners/acme/partner.yaml  (overwritten)" in ended.lines
    assert (acme.folder / "partners/acme/partner.yaml").read_text() == new


def test_generate_names_every_problem_in_a_line_of_its_own(acme: Project) -> None:
    acme.write("wrong.yaml", WRONG + "more: 1\n")
    ended = acme.run("generate", "--file", "wrong.yaml")
    assert ended.code == 1
    *problems, last = ended.err.splitlines()
    assert len(problems) == 2
    assert all(re.match(r"wrong\.yaml:\d+:\d+: ", each) for each in problems)
    assert "nothing was written" in last


def test_generate_names_a_problem_once_when_its_file_is_in_place(acme: Project) -> None:
    acme.partner("wrong", WRONG)
    ended = acme.run("generate", "--dry-run", "--force", "--file", "partners/wrong/partner.yaml")
    assert ended.code == 1
    assert ended.err.count("unknown pattern") == 1


def test_generate_refuses_a_route_that_another_partner_serves(acme: Project) -> None:
    acme.write("twin.yaml", ACME.replace("acme", "twin"))
    ended = acme.run("generate", "--file", "twin.yaml")
    assert ended.code == 1
    assert "acme/token" in ended.err
    assert not (acme.folder / "partners/twin").exists()


def test_generate_fails_for_a_file_that_is_not_there(acme: Project) -> None:
    ended = acme.run("generate", "--file", "nothing.yaml")
    assert ended.code == 1
    assert "nothing.yaml" in ended.err


def test_generate_fails_without_a_partners_folder(project: Project) -> None:
    project.write("beta.yaml", BETA)
    assert project.run("generate", "--file", "beta.yaml").code == 3


def test_generate_can_be_read_by_programs(acme: Project) -> None:
    ended = acme.run("generate", "--file", "beta.yaml", "--json")
    told = json.loads(ended.out)
    assert list(told) == [
        "status",
        "partner",
        "description",
        "directory",
        "file",
        "created",
        "datapoints",
    ]
    assert told["created"] is True
    assert ended.lines[1].startswith('  "status"')
    again = acme.run("generate", "--file", "beta.yaml", "--json", "--force")
    assert json.loads(again.out)["created"] is False


@pytest.mark.parametrize(
    ("file", "code", "word"), [("wrong.yaml", 1, "statc"), ("acme.yaml", 2, "acme")]
)
def test_generate_tells_programs_what_is_wrong(
    acme: Project, file: str, code: int, word: str
) -> None:
    acme.write("wrong.yaml", WRONG)
    acme.write("acme.yaml", ACME)
    ended = acme.run("generate", "--file", file, "--json")
    assert (ended.code, ended.err) == (code, "")
    assert len(ended.lines) == 1
    told = json.loads(ended.out)
    assert told["status"] == "error"
    assert word in told["error"]


# export postman


def test_export_writes_a_collection_and_says_what_is_in_it(acme: Project) -> None:
    acme.partner("beta", BETA)
    ended = acme.run("export", "postman")
    assert ended.code == 0
    where, partners, requests = ended.lines
    assert "imnot-collection.json" in where
    assert partners == "Partners : 2 (acme, beta)"
    assert requests == "Requests : 24 (8 consumer, 16 admin)"
    text = (acme.folder / "imnot-collection.json").read_text()
    assert text.startswith('{\n  "info"')
    assert [each["name"] for each in json.loads(text)["item"]] == ["acme", "beta"]


def test_export_takes_only_the_partners_that_are_named(acme: Project) -> None:
    acme.partner("beta", BETA)
    ended = acme.run("export", "postman", "--partner", "beta", "--out", "b.json")
    assert "Partners : 1 (beta)" in ended.lines
    assert (acme.folder / "b.json").is_file()


def test_export_refuses_an_unknown_partner(acme: Project) -> None:
    ended = acme.run("export", "postman", "--partner", "acmee")
    assert ended.code == 1
    assert "'acmee'" in ended.err
    assert "acme" in ended.err
    assert not (acme.folder / "imnot-collection.json").exists()


def test_export_to_a_place_that_cannot_be_written_is_no_traceback(acme: Project) -> None:
    ended = acme.run("export", "postman", "--out", "no/such/folder.json")
    assert ended.code == 1
    assert ended.err.startswith("Error: no/such/folder.json")
    assert len(ended.err.splitlines()) == 1


def test_export_without_partners_fails(project: Project) -> None:
    assert project.run("export", "postman").code == 1
    (project.folder / "partners").mkdir()
    assert project.run("export", "postman").code == 1


# init


def test_init_writes_two_partners_that_can_be_served(project: Project) -> None:
    ended = project.run("init", "--dir", "new")
    assert ended.code == 0
    made = project.folder / "new"
    for name in ("partners/staylink/partner.yaml", "partners/bookingco/partner.yaml", "imnot.toml"):
        assert f"  {name}" in ended.lines
        assert (made / name).is_file()
    listed = project.run("routes", folder="new")
    assert (listed.code, listed.err) == (0, "")
    routes = {tuple(line.split()) for line in listed.lines}
    assert {
        ("POST", "/oauth/token", "[oauth]"),
        ("HEAD", "/staylink/reservations/{id}", "[async]"),
        ("POST", "/bookingco/auth/token", "[static]"),
        ("GET", "/bookingco/v1/charges", "[fetch]"),
    } <= {
        (method, path, pattern.replace("polling", "async"))
        for method, path, pattern in (route for route in routes if len(route) == 3)
    }


def test_a_second_init_changes_nothing(project: Project) -> None:
    (project.folder / "partners").mkdir()
    ended = project.run("init")
    assert ended.code == 1
    assert "already exists" in ended.err
    assert list(project.folder.iterdir()) == [project.folder / "partners"]


def test_init_keeps_the_settings_that_are_there(project: Project) -> None:
    project.write("imnot.toml", "[server]\nport = 1\n")
    ended = project.run("init")
    assert ended.code == 0
    assert "  imnot.toml" not in ended.lines
    assert (project.folder / "imnot.toml").read_text() == "[server]\nport = 1\n"


def test_the_settings_template_shows_the_defaults(project: Project) -> None:
    from imnot_core.settings import resolve

    project.run("init")
    file = project.folder / "imnot.toml"
    text = file.read_text()
    defaults = resolve({}, {}, project.folder)
    shown = re.sub(r"(?m)^# (?=\w+ = )", "", text).replace("my_mocks:Idempotent", "")
    file.write_text(shown.replace('[""]', "[]").replace("log_requests = false", ""))
    written = resolve({}, {}, project.folder)
    assert written.options == {"paginated": {"default_limit": DEFAULT_LIMIT}}
    assert _values(written) == _values(defaults)


def _values(settings: object) -> dict[str, object]:
    import msgspec

    values: dict[str, object] = msgspec.structs.asdict(settings)  # type: ignore[arg-type]
    return {key: value for key, value in values.items() if key not in {"file", "options"}}


def test_init_writes_nothing_where_it_may_not(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    ended = project.run("init", "--dir", str(file / "below"))
    assert ended.code == 1
    assert "Traceback" not in ended.err
