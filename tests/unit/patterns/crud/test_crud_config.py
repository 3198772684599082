"""What a partner file may say of a `crud` datapoint."""

from __future__ import annotations

import pytest

from imnot_core import PartnerError
from imnot_core.models import Source
from tests.unit.core.compiling import compiled


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("path: customers", "a path begins with"),
        ("path: '/c/{id}/d'", "write a name such as {customer_id}"),
        ("path: /c, ids: serial", "serial"),
        ("path: /c, seed: [1]", "seed"),
        ("path: /c, seed: [{id: 1}, {id: '1'}]", "seed[1].id"),
        ("path: /c, seed: [{id: true}]", "seed[0].id"),
        ("path: /c, seed: [{id: x}], ids: integer", "not an integer"),
        ("path: /c, seed: [{}], ids: client", "seed[0].id"),
        ("path: '/c/{p}/d', seed: [{id: 1}]", "seed[0].p"),
        ("path: /c, seed: [{id: 1, a: .nan}]", "seed[0].a is nan"),
        ("path: /c, seed_file: gone.json", "does not exist"),
        ("path: /c, seed_file: a.json, seed: []", "there is a `seed` as well"),
        ("path: /c, total_field: n", "no effect without `items_field`"),
        ("path: /c, items_field: n, total_field: n", "the same as `items_field`"),
        ("path: /c, max_limit: 1, default_limit: 2", "more than max_limit"),
        ("path: /c, max_limit: 0", "max_limit"),
        ("path: /c, page_param: size", "size_param"),
        ("path: /c, operations: []", "operations"),
        ("path: /c, operations: [create, find]", "find"),
        ("path: /c, endpoints: [{method: GET, path: /d}]", "is no operation of /c"),
        ("path: /c, endpoints: [{method: PUT, path: /c}]", "is no operation of /c"),
        ("path: /c, operations: [list], endpoints: [{method: POST, path: /c}]", "leaves out"),
        ("path: /c, endpoints: [{method: GET, path: '/c/{a}'}, {method: GET, path: '/c/{b}'}]",
         "already"),
        ("path: /c, itmes_field: n", "items_field"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place(more: str, said: str) -> None:
    text = f"partner: p\ndatapoints: [{{name: d, pattern: crud, {more}}}]"
    with pytest.raises(PartnerError) as refused:
        compiled(Source("p/partner.yaml", text))
    assert said in str(refused.value)
    assert all(problem.line == 2 for problem in refused.value.problems)


def test_the_path_is_all_that_is_needed() -> None:
    with pytest.raises(PartnerError, match="`path` is missing"):
        compiled(Source("p/partner.yaml", "partner: p\ndatapoints: [{name: d, pattern: crud}]"))
    compiled(
        Source("p/partner.yaml", "partner: p\ndatapoints: [{name: d, pattern: crud, path: /}]")
    )
