"""Reading JSON that every reader would understand alike (I-JSON, RFC 7493), whoever wrote it.

Python's own reader takes NaN, numbers that overflow to infinity, integers of any length, two members of one name and
half a surrogate pair. Each of these would fail later, in a database or in the JSON of an answer; here it is refused,
with the place where it stands.
"""

import json
import math
from collections.abc import Iterator
from json.decoder import JSONDecodeError
from typing import Any

from app.core.errors import Fault, InvalidRequestError, MalformedJsonError, UnsupportedMediaTypeError, json_pointer
from problems.text import Text

MAX_DEPTH = 32
MAX_WHOLE = 2**63
MAX_DIGITS = 20

_NOT_A_NUMBER = Text(
    "Write a finite number: NaN, infinity, and whole numbers of 2^63 and more are not accepted.",
    "请填写有限的数：不接受 NaN、无穷大，也不接受绝对值达到 2^63 的整数。",
)
_LONE_SURROGATE = Text("This text holds half a surrogate pair.", "这段文字中含有不成对的代理码元。")
_TOO_DEEP = Text(f"The JSON nests deeper than {MAX_DEPTH} levels.", f"JSON 的嵌套超过 {MAX_DEPTH} 层。")


class _DuplicateNameError(ValueError):
    pass


def require_json(content_type: str | None, content_encoding: str | None) -> None:
    """Check the headers of a JSON body.

    Raises:
        UnsupportedMediaTypeError: it is not application/json, not in UTF-8, or compressed.

    """
    kind, *parameters = [part.strip().lower() for part in (content_type or "").split(";")]
    charsets = [part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")]
    if kind != "application/json" or any(charset != "utf-8" for charset in charsets):
        raise UnsupportedMediaTypeError("Send the body with Content-Type: application/json.")
    if (content_encoding or "identity").strip().lower() != "identity":
        raise UnsupportedMediaTypeError("Send the body as it is, without a Content-Encoding.")


def parse(body: bytes) -> Any:
    """The value that the body holds, all of whose numbers are finite and all of whose texts can be written again.

    Raises:
        MalformedJsonError: it is not JSON in UTF-8.
        InvalidRequestError: it is JSON that readers understand differently, or too deep.

    """
    try:
        value = _DECODER.decode(body.decode())
    except UnicodeDecodeError:
        raise MalformedJsonError("The body is not in UTF-8.") from None
    except JSONDecodeError as error:
        raise MalformedJsonError(
            f"The JSON breaks off or goes wrong at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise InvalidRequestError("The JSON is too deep.", faults=[Fault(_TOO_DEEP, pointer="")]) from None
    except _DuplicateNameError:
        fault = Fault(Text("An object has two members of the same name.", "有对象含有重名的成员。"), pointer="")
        raise InvalidRequestError("The JSON is ambiguous.", faults=[fault]) from None
    if faults := list(_faults(value, ())):
        raise InvalidRequestError("The JSON holds values that are not accepted.", faults=faults)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _DuplicateNameError
    return members


def _whole(digits: str) -> float:
    """An integer; one so long that it can't be within bounds is not even computed."""
    return int(digits) if len(digits) <= MAX_DIGITS else math.inf


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole)


def _faults(value: Any, steps: tuple[str | int, ...]) -> Iterator[Fault]:
    if len(steps) > MAX_DEPTH:
        yield Fault(_TOO_DEEP, pointer=json_pointer(*steps))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _faults(item, (*steps, place))
    elif isinstance(value, dict):
        for name, member in value.items():
            if _has_lone_surrogate(name):
                yield Fault(_LONE_SURROGATE, pointer=json_pointer(*steps))
            else:
                yield from _faults(member, (*steps, name))
    elif fault := _scalar_fault(value):
        yield Fault(fault, pointer=json_pointer(*steps))


def _scalar_fault(value: Any) -> Text | None:
    if isinstance(value, str):
        return _LONE_SURROGATE if _has_lone_surrogate(value) else None
    if isinstance(value, float):
        return None if math.isfinite(value) else _NOT_A_NUMBER
    if isinstance(value, int):
        return None if -MAX_WHOLE < value < MAX_WHOLE else _NOT_A_NUMBER
    return None


def _has_lone_surrogate(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
