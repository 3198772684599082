"""Templates: what they see, what they cannot reach, and how their errors are told."""

from __future__ import annotations

import gc
import json
import weakref
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import Request
from imnot_core.testing import ManualClock
from imnot_patterns.stubs.actions import template_faults
from imnot_patterns.stubs.actions.templates import request_values
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.templating import TemplateFailed, Templates, values
from imnot_patterns.templating import engine as templates
from tests.unit.patterns.stubs.acting import action, answer, answering

BODY = {
    "items": [1, "two", {"x": None, "y": True}],
    "get": "a key like any other",
    "user": {"id": "u_123", "name": "Zoë"},
    "big": 2**70,
    "amount": 10.0,
    "nothing": None,
    "yes": True,
    "empty": {},
}
POST = Request.of(
    "POST",
    "/users/7?name=Peter&name=Paul&keys=k",
    json=BODY,
    headers={"Host": "Shop.test:80", "X-Tenant": "acme"},
    session="s-1",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def render(source: str, request: Request = POST, using: Templates | None = None) -> str:
    found = (using or answering().templates).template("template_body", source)
    return found.render(request_values(Seen.of(request), request, {"id": "7"}, None))


def failure(source: str, request: Request = POST) -> str:
    with pytest.raises(TemplateFailed) as failed:
        render(source, request)
    return str(failed.value)


class TestRequest:
    @pytest.mark.parametrize(
        ("expression", "text"),
        [
            ("request.path", "/users/7"),
            ("request.path_params.id", "7"),
            ("request.method", "POST"),
            ("request.host", "shop.test"),
            ("request.scope", "null"),
            ("request.session", "s-1"),
            ("request.query.name", "Paul"),
            ("request.headers['x-tenant']", "acme"),
            ("request.body.user.id", "u_123"),
            ("request.body['user']['name']", "Zoë"),
            ("request.body.user", '{"id":"u_123","name":"Zoë"}'),
            ("request.body.user|tojson", '{"id": "u_123", "name": "Zoë"}'),
            ("request.body.items", '[1,"two",{"x":null,"y":true}]'),
            ("request.body.items[2].x", "null"),
            ("request.body.items[-1].y", "true"),
            ("request.body.items|length", "3"),
            ("request.body.items[0:2]", '[1,"two"]'),
            ("request.body.items + [4]", '[1,"two",{"x":null,"y":true},4]'),
            ("request.body.big", str(2**70)),
            ("request.body.big|tojson", str(2**70)),
            ("request.body.amount", "10.0"),
            ("request.body.amount + 1", "11.0"),
            ("request.body.user.name.upper()", "ZOË"),
            ("request.body.user == {'id': 'u_123', 'name': 'Zoë'}", "true"),
        ],
    )
    def test_it_is_there(self, expression: str, text: str) -> None:
        assert render(f"{{{{ {expression} }}}}") == text

    @pytest.mark.parametrize(
        ("expression", "text"),
        [
            ("request.query.keys", "k"),
            ("request.body.get", "a key like any other"),
            ("request.body.items is sequence", "true"),
            ("request.body is mapping", "true"),
            ("request.query is mapping", "true"),
            ("request.body.empty is mapping", "true"),
            ("request.body.nothing is none", "true"),
            ("request.body.nothing == none", "true"),
            ("request.body.nothing is defined", "true"),
            ("request.query.items is defined", "false"),
            ("request.query.get is defined", "false"),
            ("'items' in request.query", "false"),
            ("'items' in request.body", "true"),
            ("'two' in request.body.items", "true"),
            ("request.query.get('name')", "Paul"),
            ("request.query.get('nope')", "null"),
            ("request.query.get('nope', ['d'])", '["d"]'),
            ("request.query.keys()", '["name","keys"]'),
            ("request.query.values()", '["Paul","k"]'),
            ("request.query.items()", '[["name","Paul"],["keys","k"]]'),
            ("request.query|length", "2"),
            ("request.query.nope|default('d')", "d"),
            ("'filled' if request.body.empty else 'empty'", "empty"),
            ("request.body.user|items|list", '[["id","u_123"],["name","Zoë"]]'),
            ("request.body.user|dictsort|first|first", "id"),
        ],
    )
    def test_keys_and_methods_do_not_get_into_each_other_s_way(
        self, expression: str, text: str
    ) -> None:
        assert render(f"{{{{ {expression} }}}}") == text

    @pytest.mark.parametrize("pairs", ["request.query.items()", "request.query|items"])
    def test_one_can_loop_through_an_object(self, pairs: str) -> None:
        source = "{% for key, value in PAIRS %}{{ key }}={{ value }};{% endfor %}"

        assert render(source.replace("PAIRS", pairs)) == "name=Paul;keys=k;"
        assert render("{% for key in request.query %}{{ key }} {% endfor %}") == "name keys "

    @given(JSON)
    def test_a_body_comes_out_as_it_went_in(self, value: Any) -> None:
        # What JSON may hold, but no other form of the same number.
        body = msgspec.json.encode(value)
        request = Request.of("POST", "/", body=body, headers={"Content-Type": "application/json"})
        wrapped = {"Content-Type": "application/json"}
        inner = Request.of("POST", "/", body=b'{"v":[%b]}' % body, headers=wrapped)

        assert json.loads(render("{{ request.body|tojson }}", request)) == json.loads(body)
        assert msgspec.json.decode(render("{{ request.body.v }}", inner)) == [json.loads(body)]


class TestBody:
    @pytest.mark.parametrize(
        ("content_type", "is_parsed"),
        [
            ("application/json", True),
            ("Application/JSON; charset=utf-8", True),
            ("application/problem+json", True),
            ("text/plain", False),
            ("application/jsonp", False),
            ("", False),
        ],
    )
    def test_it_is_parsed_if_its_type_is_json(self, content_type: str, is_parsed: bool) -> None:
        headers = {"Content-Type": content_type} if content_type else {}
        request = Request.of("POST", "/", body=b'{"a": 1}', headers=headers)

        assert render("{{ request.body is mapping }}", request) == str(is_parsed).lower()

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
    @pytest.mark.parametrize("source", ["{{ request.path }}", "constant"])
    def test_json_that_is_none_is_an_error_even_if_it_is_not_used(
        self, body: bytes, source: str
    ) -> None:
        request = Request.of("POST", "/", body=body, headers={"Content-Type": "application/json"})

        assert failure(source, request) == "Invalid JSON request body for JSON content-type"

    def test_text_and_nothing_are_text(self) -> None:
        assert render("<{{ request.body }}>", Request.of("POST", "/")) == "<>"
        assert render("{{ request.body }}", Request.of("POST", "/", body="é{".encode())) == "é{"

    def test_other_bytes_are_bytes(self) -> None:
        request = Request.of("POST", "/", body=b"\xff\x00")

        assert render("{{ request.body|length }} {{ request.body[0] }}", request) == "2 255"
        assert render("{{ request.body }}", request) == str(b"\xff\x00")
        assert render("{{ request.body|tojson }}", request) == '"/wA="'

    def test_what_came_with_the_request_is_not_rendered_again(self) -> None:
        request = Request.of("GET", "/?x=%7B%7B%201%20%7D%7D")

        assert render("{{ request.query.x }}", request) == "{{ 1 }}"


class TestText:
    @pytest.mark.parametrize(
        ("source", "text"),
        [
            ("<&'\">{{ '<&' }}", "<&'\"><&"),
            ("x\n", "x"),
            ("{{ 1 }}\n", "1"),
            ("{{ 1 }}\n\n", "1\n"),
            ("{{ true }} {{ none }} {{ {'a': [false]} }}", 'true null {"a":[false]}'),
            ("{# nothing #}{% set x = 1 %}{{ x }}", "1"),
            ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ],
    )
    def test_it_is_what_one_expects(self, source: str, text: str) -> None:
        assert render(source) == text

    def test_helpers_follow_the_clock_and_chance_of_the_server(self) -> None:
        source = "{{ uuid() }} {{ now() }} {{ timestamp() }} {{ random_int(1, 1000000) }}"
        using = answering(ManualClock(start=1_767_225_600.75), seed=1)

        text = render(source, using=using.templates)
        assert text.startswith("an-id 2026-01-01T00:00:00.750000+00:00 1767225600 ")
        again = answering(ManualClock(start=1_767_225_600.75), seed=1)
        assert render(source, using=again.templates) == text
        assert render("{{ random_int(3, 3) }}") == "3"


ESCAPES = [
    "''.__class__", "''.__class__.__mro__", "request.__class__", "request.__init__.__globals__",
    "request.body.__class__", "request.body.items.__class__", "request|attr('__class__')",
    "request.body|attr('_data')", "request['__class__']", "request.body._data",
    "request.body.items._data", "request._missed", "uuid.__globals__", "uuid.__self__",
    "uuid|attr('__globals__')", "request.query.get.__self__", "request.query.get.__func__",
    "random_int.__closure__", "cycler.__init__.__globals__", "namespace.__init__",
    "range.__self__", "debug()", "self", "self._TemplateReference__context", "keys()", "items",
    "update({})", "copy()", "pop('request')", "request.query.update({'a': 1})",
    "request.query.clear()", "request.query.pop('name')", "request.query.setdefault('a', 1)",
    "request.query.copy()", "request.query.mapping", "request.body.items.append(1)",
    "request.body.items.clear()", "request.body.items.sort()", "request.body.items.plain",
    "request.body.user.plain", "request.body.user.name.__len__()", "lipsum.__globals__",
    "get_flashed_messages.__globals__", "config", "''.mro()", "''.__class__.mro()[1]",
    "dict.__base__", "request.body.big.__add__", "request.body.big.real",
    "request.body.big.bit_length()", "request.headers.mapping", "[].append(1)", "{}.update({})",
    "request.body|map(attribute='__class__')|first|first", "__builtins__", "__import__('os')",
    "open('/etc/passwd')", "request.query.items.__self__", "tojson.__globals__",
]  # fmt: skip
TELLING = ("0x", "<class", "<function", "<built-in", "bound method", "object at", "imnot_patterns")


class TestSandbox:
    @pytest.mark.parametrize("expression", ESCAPES)
    def test_nothing_reaches_python(self, expression: str) -> None:
        values = request_values(Seen.of(POST), POST, {"id": "7"}, None)
        before = repr(values)
        template = answering().templates.template("template_body", f"{{{{ {expression} }}}}")

        try:
            text = template.render(values)
        except TemplateFailed as failed:
            text = str(failed)
        else:
            assert text in ("", "null"), text
        assert not [each for each in TELLING if each in text]
        assert repr(values) == before

    @pytest.mark.parametrize(
        "source",
        ["{{ '{0.__class__}'.format(request) }}", "{{ '%s'|format(request.query) }}",
         "{{ request.body.user|pprint }}", "{{ request }}", "{{ request.query.get }}",
         "{{ request.body.items ~ request.body.user }}", "{{ uuid }} {{ random_int }}",
         "{{ request.query|string }} {{ [request.query] }} {{ {'a': request.query}|pprint }}"],
    )  # fmt: skip
    def test_no_text_tells_of_python(self, source: str) -> None:
        try:
            text = render(source)
        except TemplateFailed as failed:
            text = str(failed)
        assert not [each for each in TELLING if each in text]

    @pytest.mark.parametrize(
        "wrapper", [values.Value, values.Object, values.Array, values.Binary, values.BigInteger]
    )
    def test_what_templates_get_has_no_public_attributes(self, wrapper: type) -> None:
        assert [name for name in dir(wrapper) if not name.startswith("_")] == []

    def test_a_text_that_is_no_unicode_is_made_one(self) -> None:
        request = Request("GET", "/\ud800")

        assert render("{{ request.path }}", request) == "/?"
        # A method that Python's texts have, and those of the engine do not.
        assert "string has no method named zfill" in failure("{{ request.path.zfill(9) }}", request)

    @pytest.mark.parametrize("request_value", [object(), {1}, range(3)])
    def test_other_objects_are_not_let_in(self, request_value: object) -> None:
        with pytest.raises(TypeError, match="a template cannot have"):
            values.guarded(request_value)

    @pytest.mark.parametrize(
        "source",
        ["{% include 'template 1' %}", "{% import 'template 1' as x %}",
         "{% extends 'template 1' %}", "{% from 'template 1' import x %}"],
    )  # fmt: skip
    def test_templates_do_not_see_each_other(self, source: str) -> None:
        using = answering().templates
        other = using.template("template_body", "secret {{ 1 }}")
        other.render({})

        with pytest.raises(TemplateFailed, match="a template cannot include"):
            render(source, using=using)

    def test_a_loop_ends(self) -> None:
        many = "{% for i in range(99999) %}"
        source = f"a\n{many}{many}{{{{ i }}}}{'{% endfor %}' * 2}"

        assert "more than 1,000,000 steps" in failure(source)
        assert "recursion" in failure("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")

    @pytest.mark.parametrize(
        "source",
        ["{{ 'x' * 10000001 }}", "{% for i in range(3) %}{{ 'x' * 4000000 }}{% endfor %}",
         "{% for i in range(99999) %}" + "x" * 200 + "{% endfor %}"],
    )  # fmt: skip
    def test_a_text_is_limited(self, source: str) -> None:
        assert failure(source).endswith("the text has more than 10,000,000 characters")


class TestErrors:
    @pytest.mark.parametrize(
        ("source", "detail"),
        [
            ("{{ nope }}", "template_body, line 1, at `nope`: `nope` is undefined"),
            (
                "é\n\n {{ 'é' }}{{ request.query.nope }}",
                "template_body, line 3, at `.query.nope`: `request.query.nope` is undefined",
            ),
            (
                "{{ request.nope.x }}",
                "template_body, line 1, at `.nope.x`: `request.nope` is undefined",
            ),
            ("{{ 1/0 }}", "template_body, line 1, at `1/0`: unable to calculate 1 / 0"),
            (
                "{% for %}",
                "template_body, line 1, at `%}`: unexpected end of block, expected in",
            ),
            (
                "{{ 1|nofilter }}",
                "template_body, line 1, at `nofilter`: filter nofilter is unknown",
            ),
            ("{{ uuid(1) }}", "template_body: uuid() takes 0 positional arguments but 1 was given"),
            (
                "{{ random_int(2, 1) }}",
                "template_body: random_int(low, high) needs two whole numbers, the lower one first",
            ),
            ("{{ request.body.items.pop() }}", "template_body: an array has no method pop"),
            ("{{ request.body.pop() }}", "template_body: an object has no method pop"),
        ],
    )
    def test_they_say_where_and_what(self, source: str, detail: str) -> None:
        assert failure(source) == detail

    @pytest.mark.anyio
    async def test_they_are_answered_with_500(self) -> None:
        failing = action(response={"status_code": 200, "template_body": "{{ nope }}"})
        reply = await answer(failing, POST)

        assert reply.status == 500
        assert reply.headers == (("Content-Type", "application/json"),)
        assert msgspec.json.decode(reply.body) == {
            "error": "TEMPLATE_RENDER_ERROR",
            "detail": "template_body, line 1, at `nope`: `nope` is undefined",
        }

    def test_one_does_not_outlive_its_request(self) -> None:
        using = answering().templates
        flag = "{{ request.query.nope if request.query.get('x') else 'right' }}"
        template = using.template("template_body", flag)

        for target, text in (("/", "right"), ("/?x=1", None), ("/", "right")):
            request = Request.of("GET", target)
            seen = request_values(Seen.of(request), request, {}, None)
            if text is None:
                with pytest.raises(TemplateFailed):
                    template.render(seen)
            else:
                assert template.render(seen) == text

    def test_syntax_errors_are_known_at_creation(self) -> None:
        source = "fine\n{% for %}"
        ((field, message, hint),) = template_faults(
            action(response={"status_code": 200, "template_body": source})
        )

        assert field == "response.template_body"
        assert message.startswith("line 2, at `%}`: unexpected end of block")
        assert hint

    @pytest.mark.parametrize("source", ["", "plain", "{{ nope }}", "{", "{{ 1|nofilter }}"])
    def test_what_only_a_request_can_tell_is_none(self, source: str) -> None:
        assert template_faults(action(response={"status_code": 200, "template_body": source})) == []

    def test_a_panic_of_the_engine_fails_one_request(self, monkeypatch: Any) -> None:
        class PanicException(BaseException):
            """As the engine's own."""

        class Panicking:
            def add_template(self, *_: object) -> None:
                raise PanicException("it hurts")

        using = answering().templates
        template = using.template("template_body", "{{ 1 }}")
        with monkeypatch.context() as patch:
            patch.setattr(using, "_environment", Panicking())
            with pytest.raises(TemplateFailed, match="the template engine failed: it hurts"):
                template.render({})
        using._environment = None
        assert template.render({}) == "1"

    @pytest.mark.parametrize("source", ["{{ 1 is divisibleby(0) }}", "{{ ''[::-1] }}"])
    def test_what_makes_the_engine_panic_harms_no_other_template(self, source: str) -> None:
        using = answering().templates
        other = using.template("template_body", "{{ 1 }}")
        other.render({})

        with suppress(TemplateFailed):  # not for ever, let us hope
            render(source, using=using)
        assert other.render({}) == "1"


class TestKeeping:
    def test_a_template_is_compiled_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        compiled: list[str] = []
        environment = templates._environment

        def counting() -> Any:
            made = environment()

            class Counting:
                def __getattr__(self, name: str) -> Any:
                    return getattr(made, name)

                def add_template(self, name: str, source: str) -> None:
                    compiled.append(source)
                    made.add_template(name, source)

            return Counting()

        monkeypatch.setattr(templates, "_environment", counting)
        using = answering().templates
        template = using.template("template_body", "{{ 1 }}")

        assert [template.render({}) for _ in range(3)] == ["1", "1", "1"]
        assert compiled == ["{{ 1 }}"]

    def test_what_is_not_needed_any_more_is_let_go(self) -> None:
        using = answering().templates
        for number in range(5):
            using.template("template_body", f"{{{{ {number} }}}}").render({})
        kept = using.template("template_body", "{{ 1 }}")
        kept.render({})

        assert using._compiled == {kept.name}
        gone = weakref.ref(using)
        del using, kept
        gc.collect()
        assert gone() is None
