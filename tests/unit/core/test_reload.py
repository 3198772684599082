"""Deployments: what is served next, whatever the partner files say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnot_core.errors import Problem
from imnot_core.models import Source
from imnot_core.reload import Changes, Deployment, changes, clash_with, deploy
from tests.unit.core.compiling import broken, compiler_with, deployed, file

COMPILER = compiler_with()
PAYLOADS = """\
partner: pay
datapoints:
  - {name: one, pattern: fetch, endpoints: [{method: GET, path: /one}]}
  - {name: two, pattern: fetch, endpoints: [{method: GET, path: /two}]}
"""


def after(previous: Deployment, *sources: Source) -> Deployment:
    return deployed(COMPILER, *sources, after=previous)


def first(*sources: Source) -> Deployment:
    return deployed(COMPILER, *sources)


def names(deployment: Deployment) -> list[str]:
    return [each.name for each in deployment.partners]


def served(deployment: Deployment) -> dict[str, str]:
    return {route.template: route.target.partner for route in deployment.table}


# One after the other


def test_nothing_is_a_deployment_too() -> None:
    deployment = first()
    assert (deployment.partners, deployment.refused, len(deployment.table)) == ((), (), 0)
    assert deployment.partner("acme") is None
    assert deployment.datapoint("acme", "d") is None


def test_partners_and_datapoints_are_found_by_name() -> None:
    deployment = first(file("a", "acme", "/x"), Source("p/partner.yaml", PAYLOADS))
    partner, datapoint = deployment.partner("pay"), deployment.datapoint("pay", "two")
    assert partner is not None
    assert partner.name == "pay"
    assert datapoint is not None
    assert (datapoint.partner, datapoint.name) == ("pay", "two")
    assert deployment.datapoint("pay", "d") is None
    assert deployment.names == {"a/partner.yaml", "p/partner.yaml"}


def test_partners_are_in_the_order_of_their_folders() -> None:
    sources = [file(name, f"p{name}", f"/{name}") for name in ("b", "a-b", "a", "B")]
    assert names(first(*sources)) == ["pB", "pa", "pa-b", "pb"]


def test_what_did_not_change_is_not_compiled_again() -> None:
    one, two = file("a", "acme", "/x"), file("b", "beta", "/y")
    before = first(one, two)
    now = after(before, one, file("b", "beta", "/z"))
    assert now.partners[0] is before.partners[0]
    assert now.partners[1] is not before.partners[1]


def test_a_deployment_is_never_changed() -> None:
    before = first(file("a", "acme", "/x"))
    after(before, file("a", "acme", "/y"), file("b", "beta", "/z"))
    assert served(before) == {"/x": "acme"}


def test_a_file_that_is_gone_serves_nothing() -> None:
    before = first(file("a", "acme", "/x"), file("b", "beta", "/y"))
    assert served(after(before, file("b", "beta", "/y"))) == {"/y": "beta"}


# Refused files


def test_a_refused_file_keeps_what_it_served() -> None:
    old = file("a", "acme", "/x")
    now = after(first(old), broken("a"), file("b", "beta", "/y"))
    assert served(now) == {"/x": "acme", "/y": "beta"}
    assert now.sources == (old, file("b", "beta", "/y"))
    assert {each.source for each in now.problems} == {"a/partner.yaml"}
    assert served(after(now, broken("a"))) == {"/x": "acme"}


def test_a_file_that_cannot_be_read_keeps_what_it_served() -> None:
    before = first(file("a", "acme", "/x"))
    problem = Problem("a/partner.yaml", "it cannot be read")
    now = deploy([], COMPILER, before, [problem])
    assert served(now) == {"/x": "acme"}
    assert now.refused == (problem,)


def test_an_unknown_file_that_cannot_be_read_serves_nothing() -> None:
    now = deploy([], COMPILER, first(), [Problem("a/partner.yaml", "it cannot be read")])
    assert names(now) == []


def test_problems_go_with_their_cause() -> None:
    now = after(first(), broken("a"))
    assert len(now.problems) == 1
    assert after(now, file("a", "acme", "/x")).refused == ()
    assert after(now).refused == ()


# Clashes


def test_of_new_files_the_first_folder_wins() -> None:
    now = first(file("b", "beta", "/x"), file("a", "acme", "/x"))
    assert served(now) == {"/x": "acme"}
    (clash,) = now.clashes
    assert (clash.source, clash.line) == ("b/partner.yaml", 5)
    assert "a/partner.yaml:5:" in clash.message


def test_who_is_served_already_wins() -> None:
    before = first(file("b", "beta", "/x"))
    now = after(before, file("a", "acme", "/x"), file("b", "beta", "/x"))
    assert served(now) == {"/x": "beta"}
    assert now.clashes[0].source == "a/partner.yaml"


def test_who_changes_gives_way_to_who_does_not() -> None:
    before = first(file("a", "acme", "/x"), file("b", "beta", "/y"))
    now = after(before, file("a", "acme", "/y"), file("b", "beta", "/y"))
    assert served(now) == {"/x": "acme", "/y": "beta"}
    assert now.clashes[0].source == "a/partner.yaml"


def test_who_changes_goes_before_who_is_new() -> None:
    before = first(file("b", "beta", "/y"))
    now = after(before, file("a", "acme", "/x"), file("b", "beta", "/x"))
    assert served(now) == {"/x": "beta"}


def test_a_clash_refuses_the_whole_file() -> None:
    now = first(file("a", "acme", "/x"), file("b", "beta", "/x", "/free"))
    assert served(now) == {"/x": "acme"}


def test_what_a_loser_falls_back_to_displaces_others() -> None:
    # c loses /x to a and goes on serving /old, which b wanted.
    before = first(file("a", "acme", "/x"), file("c", "gamma", "/old"))
    now = after(
        before, file("a", "acme", "/x"), file("b", "beta", "/old"), file("c", "gamma", "/x")
    )
    assert served(now) == {"/x": "acme", "/old": "gamma"}
    assert {each.source for each in now.clashes} == {"b/partner.yaml", "c/partner.yaml"}


def test_a_name_may_be_taken_once() -> None:
    now = first(file("a", "acme", "/x"), file("b", "acme", "/y"))
    assert served(now) == {"/x": "acme"}
    (clash,) = now.clashes
    assert (clash.source, clash.path, clash.line, clash.column) == (
        "b/partner.yaml",
        "partner",
        1,
        10,
    )
    assert "a/partner.yaml" in clash.message


def test_routes_names_and_folders_may_be_exchanged() -> None:
    before = first(file("a", "acme", "/x"), file("b", "beta", "/y"))
    swapped = after(before, file("a", "acme", "/y"), file("b", "beta", "/x"))
    assert served(swapped) == {"/y": "acme", "/x": "beta"}
    renamed = after(swapped, file("a", "beta", "/y"), file("b", "acme", "/x"))
    assert served(renamed) == {"/y": "beta", "/x": "acme"}
    moved = after(renamed, file("c", "beta", "/y"), file("d", "acme", "/x"))
    assert (served(moved), moved.refused) == (served(renamed), ())


def test_a_refused_file_is_served_once_its_rival_is_gone() -> None:
    now = first(file("a", "acme", "/x"), file("b", "beta", "/x"))
    assert served(after(now, file("b", "beta", "/x"))) == {"/x": "beta"}


SOURCES = st.builds(
    lambda folder, partner, paths: file(folder, partner, *paths),
    st.sampled_from("abcd"),
    st.sampled_from(["one", "two", "three"]),
    st.lists(st.sampled_from(["/x", "/y", "/{p}", "/{q}/z", "/x/z"]), min_size=1, max_size=3),
) | st.builds(broken, st.sampled_from("abcd"))
FOLDERS = st.lists(SOURCES, max_size=4, unique_by=lambda source: source.name)


@settings(deadline=None, max_examples=200)
@given(st.lists(FOLDERS, max_size=4))
def test_whatever_the_files_say_the_next_deployment_is_sound(folders: list[list[Source]]) -> None:
    current = first()
    for sources in folders:
        before, current = current, after(current, *sources)
        # Every partner is one of the files as they are, or as they were last served.
        assert set(current.sources) <= {*sources, *before.sources}
        assert len(names(current)) == len(set(names(current)))
        assert current.names <= {each.name for each in sources}
        # Every file is served as it is written, or it is told why not.
        told = {each.source for each in current.refused}
        assert {each.name for each in sources} <= told | {
            each.name for each in current.sources if each in sources
        }
        # Once more changes nothing.
        again = after(current, *sources)
        assert again.partners == current.partners
        assert {each.source for each in again.refused} == told


# What changed


def test_changes_tell_what_was_there_what_is_new_and_what_is_gone() -> None:
    before = first(file("a", "acme", "/x", "/y"), Source("p/partner.yaml", PAYLOADS))
    more = PAYLOADS.replace("/two", "/2").replace("name: one", "name: uno")
    now = after(before, file("a", "acme", "/x", "/z"), Source("p/partner.yaml", more))
    assert changes(before, now) == Changes(
        updated=["GET /x"],
        added=["GET /z", "GET /2", "admin routes for pay/uno"],
        removed=["GET /y", "GET /two"],
    )


def test_an_endpoint_that_moves_to_another_partner_stays() -> None:
    before = first(file("a", "acme", "/x"))
    assert changes(before, after(before, file("b", "beta", "/x"))) == Changes(["GET /x"], [], [])


def test_from_nothing_everything_is_new() -> None:
    now = first(Source("p/partner.yaml", PAYLOADS))
    added = ["GET /one", "GET /two", "admin routes for pay/one", "admin routes for pay/two"]
    assert changes(Deployment(), now) == Changes([], added, [])
    assert changes(now, Deployment()).removed == ["GET /one", "GET /two"]


@pytest.mark.parametrize(
    ("newcomer", "words"),
    [
        (file("b", "acme", "/free"), "name 'acme' is taken by a/partner.yaml"),
        (file("b", "beta", "/free", "/x/{b}"), "GET /x/{b} of beta/d is already served by acme/d"),
    ],
)
def test_a_clash_with_others_names_both(newcomer: Source, words: str) -> None:
    others = first(file("a", "acme", "/x/{a}")).partners
    problem = clash_with(COMPILER.compile(newcomer), others)
    assert problem is not None
    assert problem.source == "b/partner.yaml"
    assert words in problem.message


def test_without_a_clash_there_is_none() -> None:
    others = first(file("a", "acme", "/x/{a}")).partners
    assert clash_with(COMPILER.compile(file("b", "beta", "/x/y", "/y/{a}")), others) is None
