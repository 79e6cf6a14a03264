r"""GIFT, Moodle's text format, as `qformat_gift` imports it.

    // [id:haitang-1.4-v2-s3-open-en] [tag:haitang]
    ::1.4 Parameters · 3::[html]<p>…</p>{#
    =%100%128:0#Right.
    ####<p>The worked solution.</p>}

A backslash before ``~ = # { } : \`` takes their meaning away, and ``\n`` is a new line. An empty line ends a question.
"""

from collections.abc import Iterable
from itertools import chain

from app.exports.moodle_answers import number_answers, option_answers, percent
from app.exports.moodle_html import block, category_path, clean, inline
from app.exports.moodle_xml import choice_differences, name
from app.exports.notes import SPLIT
from app.exports.question import Cell, Choosing, Numbers, Question
from problems.text import Language, Text

_ESCAPES = str.maketrans({character: f"\\{character}" for character in "\\~=#{}:"} | {"\n": "\\n", "\r": None})

_COMPONENT = Text("Component {place} of {name} is asked for.", "求 {name} 的第 {place} 个分量。")
_CELL = Text(
    "The number in row {row}, column {column} of {name} is asked for.", "求 {name} 第 {row} 行第 {column} 列的数。"
)
_FIELD = Text("{name} is asked for.", "求 {name}。")


def escaped(text: str) -> str:
    return clean(text).translate(_ESCAPES)


def category(path: Iterable[str]) -> str:
    """Where the questions that follow go. Moodle reads no escapes here."""
    return f"$CATEGORY: {category_path(step.replace(chr(92), '') for step in path)}\n"


def questions(question: Question, language: Language) -> str:
    """The question in one language; one for each of its numbers, where there are several."""
    (first, *_) = question.parts
    if isinstance(first, Choosing):
        return _question(question, language, "", _choosing(first, language))
    cells = [(part, cell) for part in question.parts if isinstance(part, Numbers) for cell in part.cells]
    if len(cells) == 1:
        asked = f"<p>{inline(f'${first.label}$')}</p>" if first.label else ""
        return _question(question, language, asked, _numerical(*cells[0], language))
    return "\n".join(
        _question(question, language, _asked(part, cell, language), _numerical(part, cell, language), cell.name)
        for part, cell in cells
    )


def document(parts: Iterable[str], head: Iterable[str]) -> bytes:
    """The file; `head` are lines of comments at its beginning."""
    comments = "".join(f"// {' '.join(clean(line).split())}\n" for line in head)
    return "\n".join(chain([comments], parts)).encode()


def differences(question: Question) -> list[Text]:
    """What becomes of it otherwise than it is here."""
    many = sum(len(part.cells) for part in question.parts if isinstance(part, Numbers)) > 1
    return [*([SPLIT] if many else []), *choice_differences(question)]


def _question(question: Question, language: Language, asked: str, answers: list[str], cell: str = "") -> str:
    variant = question.variant
    suffix = f"-{cell}" if cell else ""
    tags = ("haitang", f"haitang-{variant.problem.id}", variant.problem.topic, question.form, language)
    comment = f"// [id:{question.id}{suffix}-{language}] " + " ".join(f"[tag:{tag}]" for tag in tags)
    named = name(question, language) + (f" · {cell}" if cell else "")
    text = block(variant.statement[language]) + asked
    why = block(question.why[language]) if question.why else ""
    solution = escaped(block(variant.solution[language]) + why)
    head, *rest = answers
    body = "\n".join([f"{{{head}", *rest, f"####{solution}}}"])
    return f"{comment}\n::{escaped(named)}::[html]{escaped(text)}{body}\n"


def _numerical(part: Numbers, cell: Cell, language: Language) -> list[str]:
    told = [
        f"=%{percent(answer.fraction)}%{answer.value}:{answer.tolerance}#"
        + (escaped(block(answer.feedback[language])) if answer.feedback else "")
        for answer in number_answers(part, cell)
    ]
    return ["#", *told]


def _choosing(part: Choosing, language: Language) -> list[str]:
    lines = [""]
    for option in option_answers(part):
        weight = "=" if part.single and option.fraction == 1 else "~"
        if not part.single and option.fraction:
            weight = f"~%{percent(option.fraction)}%"
        told = f"#{escaped(block(option.feedback[language]))}" if option.feedback else ""
        lines.append(f"{weight}{escaped(inline(option.text[language]))}{told}")
    return lines


def _asked(part: Numbers, cell: Cell, language: Language) -> str:
    """Which of the numbers this question is about."""
    place = part.cells.index(cell)
    # The label ends with the sign of equation that a field would stand behind.
    named = f"${part.label.removesuffix('=').strip()}$" if part.label else part.name
    sentence = _FIELD if len(part.cells) == 1 else _COMPONENT if part.columns == 1 else _CELL
    row, column = divmod(place, part.columns)
    return f"<p>{inline(sentence[language].format(name=named, place=place + 1, row=row + 1, column=column + 1))}</p>"
