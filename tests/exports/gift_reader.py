"""GIFT, read as Moodle's importer reads it: escapes first, then the name, the answers between braces, the weights."""

import re

from tests.exports.moodle_reader import (
    NUMBER,
    Answer,
    Field,
    Question,
    RefusedError,
    allowed,
    check_html,
    require_choices,
    require_whole,
)

_ESCAPED = "~=#{}:"


def read_gift(text: str) -> list[Question]:
    questions, category = [], ""
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.strip().split("\n")
        comments = [line for line in lines if line.startswith("//")]
        body = "\n".join(line for line in lines if not line.startswith("//")).strip()
        if body.startswith("$CATEGORY:"):
            category = body.removeprefix("$CATEGORY:").strip()
        elif body:
            questions.append(_gift_question(body, "\n".join(comments), category))
    return questions


def _before(text: str) -> str:
    """Escaped characters become placeholders, so that the others have their meaning."""
    text = text.replace("\\\\", "\0")
    for place, character in enumerate(_ESCAPED):
        text = text.replace(f"\\{character}", chr(1 + place))
    return text.replace("\\n", chr(8)).replace("\0", "\\")


def _after(text: str) -> str:
    for place, character in enumerate(_ESCAPED):
        text = text.replace(chr(1 + place), character)
    return text.replace(chr(8), "\n").strip()


def _gift_question(body: str, comment: str, category: str) -> Question:
    body = _before(body)
    if not body.startswith("::"):
        raise RefusedError("a question without a name")
    name, _, rest = body[2:].partition("::")
    text, opened, inside = rest.partition("{")
    inside, closed, after = inside.partition("}")
    if not (opened and closed) or after.strip() or "}" in after:
        raise RefusedError("the answers do not stand between braces at the end")
    answers, _, feedback = inside.rpartition("####")
    if not text.strip().startswith("[html]"):
        raise RefusedError("not HTML")
    shown = _after(text.strip().removeprefix("[html]"))
    for each in (shown, _after(feedback)):
        check_html(each)
    idnumber = re.search(r"\[id:([^\]]+)\]", comment)
    common = {
        "name": _after(name),
        "category": category,
        "text": shown,
        "feedback": _after(feedback),
        "idnumber": idnumber[1] if idnumber else "",
        "mark": 1.0,
        "tags": tuple(re.findall(r"\[tag:([^\]]+)\]", comment)),
    }
    answers = answers.strip()
    if answers.startswith("#"):
        found = tuple(_gift_number(each) for each in answers[1:].split("=") if each.strip())
        require_whole(found)
        return Question(type="numerical", fields=(Field(found),), **common)
    if "~" not in answers:
        raise RefusedError("neither numbers nor options")
    single = "=" in answers
    parts = [each.strip() for each in answers.replace("=", "~=").split("~") if each.strip()]
    options = tuple(_gift_option(each) for each in parts)
    require_choices(options, single=single)
    return Question(type="multichoice", options=options, single=single, **common)


def _weighted(text: str) -> tuple[float | None, str]:
    match = re.match(r"%(-?[0-9]{1,3}\.?[0-9]*)%", text)
    return (allowed(float(match[1])), text[match.end() :]) if match else (None, text)


def _gift_number(text: str) -> Answer:
    weight, rest = _weighted(text.strip())
    number, _, feedback = rest.partition("#")
    value, _, tolerance = number.strip().partition(":")
    if not NUMBER.fullmatch(value):
        raise RefusedError(f"{value} is no number")
    check_html(_after(feedback))
    return Answer(value, 1.0 if weight is None else weight, float(tolerance or 0), _after(feedback))


def _gift_option(text: str) -> Answer:
    weight, rest = (1.0, text[1:]) if text.startswith("=") else _weighted(text)
    option, _, feedback = rest.partition("#")
    for each in (_after(option), _after(feedback)):
        check_html(each)
    return Answer(_after(option), weight or 0.0, None, _after(feedback))
