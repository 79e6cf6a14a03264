"""JSON that readers understand differently is refused, with the place where it stands."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidRequestError, MalformedJsonError, UnsupportedMediaTypeError, json_pointer
from app.core.strict_json import MAX_DEPTH, parse, require_json

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner))


@given(values)
def test_what_json_can_say_is_read_as_it_was_written(value):
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value
    assert parse(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body):
    try:
        value = parse(body)
    except (MalformedJsonError, InvalidRequestError):
        return
    assert json.loads(body) == value


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ("NaN", [""]),
        ("[1, -Infinity]", ["/1"]),
        ('{"a": [1e999999, {"b": -1e999999}]}', ["/a/0", "/a/1/b"]),
        (f'{{"a": {2**63}}}', ["/a"]),
        (f'{{"a": {-(2**63)}}}', ["/a"]),
        (f'{{"a": {"1" * 10_000}}}', ["/a"]),
        (r'{"a/b~": "\ud800"}', ["/a~1b~0"]),
        (r'["\udc00\ud800"]', ["/0"]),
        (r'{"a": {"\ud800": 1}}', ["/a"]),
        ('{"a": {"b": 1, "b": 1}}', [""]),
        (r'{"a": 1, "\u0061": 2}', [""]),
    ],
)
def test_values_that_readers_understand_differently(body, pointers):
    with pytest.raises(InvalidRequestError) as refused:
        parse(body.encode())
    assert [fault.pointer for fault in refused.value.faults] == pointers


@pytest.mark.parametrize("body", [f"{2**63 - 1}", f"{-(2**63) + 1}", "1e308", "5e-324", r'"\ud83d\ude00"', '"😀"'])
def test_values_at_the_edge_of_what_is_accepted(body):
    assert parse(body.encode()) == json.loads(body)


def test_depth_is_bounded():
    nested = "[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH
    assert parse(nested.encode()) == json.loads(nested)
    for depth in (MAX_DEPTH + 1, 1000, 200_000):
        with pytest.raises(InvalidRequestError):
            parse(b"[" * depth + b"1" + b"]" * depth)


def test_where_the_syntax_breaks_is_told():
    with pytest.raises(MalformedJsonError, match="line 2, column 8"):
        parse(b'{\n"seed":,\n}')


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"'])
def test_json_is_announced_as_json(kind):
    require_json(kind, None)
    require_json(kind, "identity")


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [
        (None, None),
        ("text/json", None),
        ("application/json;charset=latin-1", None),
        ("application/json", "gzip"),
    ],
)
def test_anything_else_is_refused(kind, encoding):
    with pytest.raises(UnsupportedMediaTypeError):
        require_json(kind, encoding)


def test_pointers_escape_their_steps():
    assert json_pointer("a/b", 0, "~1") == "/a~1b/0/~01"
