"""What Pydantic finds wrong, as sentences in both languages; the input itself is never repeated."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.core.errors import Fault, json_pointer
from problems.text import Text

_SENTENCES: Mapping[str, Text] = {
    "missing": Text("This is missing.", "缺少此项。"),
    "extra_forbidden": Text("There is no such member here.", "这里没有这个成员。"),
    "string_type": Text("A text is needed here.", "这里需要文本。"),
    "string_too_long": Text("This text is too long.", "这段文本太长了。"),
    "string_too_short": Text("This text is too short.", "这段文本太短了。"),
    "string_pattern_mismatch": Text("This text does not have the form that is needed.", "这段文本的格式不符合要求。"),
    "int_type": Text("A whole number is needed here.", "这里需要整数。"),
    "int_from_float": Text("A whole number is needed here.", "这里需要整数。"),
    "int_parsing": Text("A whole number is needed here.", "这里需要整数。"),
    "int_parsing_size": Text("This number is too large.", "这个数太大了。"),
    "greater_than_equal": Text("This number is too small.", "这个数太小了。"),
    "less_than_equal": Text("This number is too large.", "这个数太大了。"),
    "less_than": Text("This number is too large.", "这个数太大了。"),
    "float_type": Text("A number is needed here.", "这里需要一个数。"),
    "bool_type": Text("This must be true or false.", "此处只能是 true 或 false。"),
    "list_type": Text("A list is needed here.", "这里需要一个列表。"),
    "too_long": Text("This list is too long.", "这个列表太长了。"),
    "too_short": Text("This list is too short.", "这个列表太短了。"),
    "greater_than": Text("This number is too small.", "这个数太小了。"),
    "instant": Text(
        "An instant with an offset is needed here, such as 2026-10-23T23:59:59+08:00.",
        "这里需要带时区偏移的时刻，例如 2026-10-23T23:59:59+08:00。",
    ),
    "instant_range": Text("A date of this century is needed here.", "这里需要本世纪内的日期。"),
    "time_zone": Text(
        "The name of a time zone is needed here, such as Asia/Shanghai.", "这里需要时区名称，例如 Asia/Shanghai。"
    ),
    "email": Text("This is no e-mail address.", "这不是有效的电子邮箱地址。"),
    "dict_type": Text("An object is needed here.", "这里需要一个对象。"),
    "model_type": Text("An object is needed here.", "这里需要一个对象。"),
    "model_attributes_type": Text("An object is needed here.", "这里需要一个对象。"),
}
_OTHERWISE = Text("This value is not accepted here.", "这里不接受这个值。")


def body_faults(found: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """Faults of a body, from `ValidationError.errors()`."""
    return [Fault(_sentence(error), pointer=json_pointer(*error["loc"])) for error in found]


def parameter_faults(found: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """Faults of parameters, from `RequestValidationError.errors()`, whose locations begin with place and name."""
    return [Fault(_sentence(error), parameter="/".join(map(str, error["loc"][:2]))) for error in found]


def _sentence(error: Mapping[str, Any]) -> Text:
    if error["type"] == "literal_error":
        expected = error["ctx"]["expected"].replace(" or ", ", ")
        return Text(f"One of these is needed here: {expected}.", f"此处只能取下列值之一：{expected}。")
    return _SENTENCES.get(error["type"], _OTHERWISE)
