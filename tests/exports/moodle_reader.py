"""Moodle's question bank, as far as our exports need it, written after what its importer and its question types do.

A file that this reads, Moodle reads: the types of questions, the list of fractions, the order in which answers are
tried. It is no copy of Moodle's code, and knows nothing of how exports are made here.
"""

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

POSITIVE = (100, 90, 83.33333, 80, 75, 70, 66.66667, 60, 50, 40, 33.33333, 30, 25, 20, 16.66667, 14.28571, 12.5,
            11.11111, 10, 5)  # fmt: skip
FRACTIONS = (0, *POSITIVE, *(-each for each in POSITIVE))
"""In percent: what an answer may earn. Moodle refuses a question with another one."""

DIGITS = 14  # to which Moodle rounds the numbers that it stores; PHP's `precision`
PRECISION = 10**-DIGITS  # what it allows floating point, beside the tolerance
NUMBER = re.compile(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")


class RefusedError(ValueError):
    """Moodle would not import it, or not as it is meant."""


@dataclass(frozen=True)
class Answer:
    text: str
    fraction: float
    tolerance: float | None = None
    feedback: str = ""


@dataclass(frozen=True)
class Field:
    """A number that is typed: a numerical question, or a part of one with embedded answers."""

    answers: tuple[Answer, ...]
    weight: float = 1.0

    def matching(self, typed: str) -> Answer | None:
        """The first answer within whose tolerance the number lies."""
        if not typed:
            return None
        number = float(typed)
        for answer in self.answers:
            if answer.text == "*":
                return answer
            right, tolerance = (float(f"{float(each):.{DIGITS}g}") for each in (answer.text, answer.tolerance or 0))
            reach = tolerance + PRECISION * max(tolerance, abs(right), PRECISION)
            if right - reach <= number <= right + reach:
                return answer
        return None

    def fraction(self, typed: str) -> float:
        answer = self.matching(typed)
        return answer.fraction if answer else 0.0


@dataclass(frozen=True)
class Question:
    type: str
    name: str
    category: str
    text: str
    feedback: str
    idnumber: str
    mark: float
    tags: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    options: tuple[Answer, ...] = ()
    single: bool = True

    def grade(self, typed: list[str]) -> float:
        """What is typed in the fields earns this share of the mark."""
        earned = [each.weight * each.fraction(text) for each, text in zip(self.fields, typed, strict=True)]
        return sum(earned) / sum(each.weight for each in self.fields)

    def choose(self, places: set[int]) -> float:
        """What options, counted from 0, earn together."""
        return min(1.0, max(0.0, sum(self.options[place].fraction for place in places)))


def read_xml(xml: bytes) -> list[Question]:
    root = ET.fromstring(xml)
    if root.tag != "quiz":
        raise RefusedError(root.tag)
    questions, category = [], ""
    for each in root.findall("question"):
        if each.attrib["type"] == "category":
            category = _text(each.find("category"))
        else:
            questions.append(_question(each, category))
    return questions


def _question(each: Element, category: str) -> Question:
    type_ = each.attrib["type"]
    text = _html(each.find("questiontext"))
    common = {
        "type": type_,
        "name": _text(each.find("name")),
        "category": category,
        "feedback": _html(each.find("generalfeedback")),
        "idnumber": each.findtext("idnumber", ""),
        "mark": float(each.findtext("defaultgrade", "1")),
        "tags": tuple(_text(tag) for tag in each.findall("tags/tag")),
        "hints": tuple(_html(hint) for hint in each.findall("hint")),
        "files": {file.attrib["name"]: file.text or "" for file in each.findall("generalfeedback/file")},
    }
    if common["files"] and any(file.attrib["encoding"] != "base64" for file in each.iter("file")):
        raise RefusedError("a file is not in base64")
    answers = tuple(_answer(answer) for answer in each.findall("answer"))
    match type_:
        case "numerical":
            require_whole(answers)
            if any(answer.text != "*" and not NUMBER.fullmatch(answer.text) for answer in answers):
                raise RefusedError("an answer is no number")
            return Question(**common, text=text, fields=(Field(answers),))
        case "multichoice":
            single = each.findtext("single") == "true"
            require_choices(answers, single=single)
            return Question(**common, text=text, options=answers, single=single)
        case "cloze":
            shown, fields = read_cloze(text)
            return Question(**common | {"mark": sum(each.weight for each in fields)}, text=shown, fields=fields)
    raise RefusedError(type_)


def _answer(each: Element) -> Answer:
    fraction = allowed(float(each.attrib["fraction"]))
    tolerance = each.findtext("tolerance")
    text = _text(each)
    if each.attrib.get("format") == "html":
        check_html(text)
    return Answer(text, fraction, None if tolerance is None else float(tolerance), _html(each.find("feedback")))


def allowed(percent: float) -> float:
    """The fraction of Moodle's list that is meant."""
    for fraction in FRACTIONS:
        if abs(percent - fraction) < 1e-3:
            return fraction / 100 if fraction not in {33.33333, 66.66667} else round(fraction / 100 * 3) / 3
    raise RefusedError(f"{percent} is not in the list of fractions")


def require_whole(answers: tuple[Answer, ...]) -> None:
    if not any(answer.fraction == 1 for answer in answers):
        raise RefusedError("no answer earns everything")


def require_choices(answers: tuple[Answer, ...], *, single: bool) -> None:
    if len(answers) < 2:
        raise RefusedError("fewer than two options")
    if single:
        require_whole(answers)
    elif abs(sum(answer.fraction for answer in answers if answer.fraction > 0) - 1) > 1e-4:
        raise RefusedError("the right options do not add up to everything")


def _text(element: Element | None) -> str:
    if element is None or element.find("text") is None:
        raise RefusedError("a text is missing")
    return (element.findtext("text") or "").strip()


def _html(element: Element | None) -> str:
    text = _text(element)
    if element is None or element.attrib.get("format", "html") != "html":
        raise RefusedError("a text is not HTML")
    check_html(text)
    return text


_FIELD = re.compile(r"\{([0-9]*):([A-Z_]+):")


def read_cloze(text: str) -> tuple[str, tuple[Field, ...]]:
    """The text with `{#1}`, `{#2}`, … in the places of its fields, and the fields."""
    shown, fields = "", []
    while match := _FIELD.search(text):
        if match[2] != "NUMERICAL":
            raise RefusedError(f"a field of the type {match[2]}")
        end = _end(text, match.end())
        answers = [_embedded(part) for part in _split(text[match.end() : end], "~")]
        require_whole(tuple(answers))
        fields.append(Field(tuple(answers), float(match[1] or 1)))
        shown += text[: match.start()] + f"{{#{len(fields)}}}"
        text = text[end + 1 :]
    if not fields:
        raise RefusedError("no field in the text")
    return shown + text, tuple(fields)


def _end(text: str, start: int) -> int:
    """The brace that closes the field: the first without a backslash before it."""
    for place in range(start, len(text)):
        if text[place] == "}" and text[place - 1] != "\\":
            return place
    raise RefusedError("a field does not end")


def _split(text: str, separator: str) -> list[str]:
    return re.split(rf"(?<!\\){re.escape(separator)}", text)


def _embedded(part: str) -> Answer:
    """``%50%-0.25:0.001#feedback``, with the entities of the feedback decoded once."""
    match = re.fullmatch(r"(=|%(-?[0-9]+(?:\.[0-9]*)?)%)?(.+?)(?:#(.*))?", part, re.DOTALL)
    if match is None:
        raise RefusedError(part)
    number, _, tolerance = match[3].partition(":")
    if not NUMBER.fullmatch(number) or (tolerance and not NUMBER.fullmatch(tolerance)):
        raise RefusedError(f"{match[3]} is no number with a tolerance")
    fraction = 1.0 if match[1] == "=" else allowed(float(match[2] or 0))
    feedback = html.unescape(match[4] or "")
    check_html(feedback)
    return Answer(number, fraction, float(tolerance or 0), feedback)


# HTML


_VOID = {"br", "img", "hr"}
_KNOWN = {"p", "ul", "ol", "li", "strong", "em", "code", "table", "thead", "tbody", "tr", "th", "td", "a", *_VOID}


class _Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag not in _KNOWN or any(name.startswith("on") for name, _ in attrs):
            raise RefusedError(f"<{tag}> with {attrs}")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in _VOID or self.open.pop() != tag:
            raise RefusedError(f"</{tag}> closes something else")

    def handle_data(self, data):
        self.text += data


def check_html(text: str) -> None:
    """Tags that we know, closed in order; formulas between delimiters that belong together, and none of ours."""
    parser = _Balanced()
    parser.feed(text)
    parser.close()
    if parser.open:
        raise RefusedError(f"{parser.open} not closed")
    delimiters = re.findall(r"(?<!\\)\\([()\[\]])", parser.text)
    pairs = ["".join(delimiters[place : place + 2]) for place in range(0, len(delimiters), 2)]
    if any(pair not in {"()", "[]"} for pair in pairs):
        raise RefusedError(f"delimiters {delimiters}")
    if "$" in parser.text:
        raise RefusedError("a dollar sign")
