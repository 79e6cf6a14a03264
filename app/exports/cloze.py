"""Moodle's embedded answers (“cloze”): several numbers in one question, each a field inside its text.

    {3:NUMERICAL:%100%0.5:0.001#Right.~%50%0.25:0.0005#You rounded too early.}

The weight stands before the type. Moodle finds the fields with regular expressions (`qtype_multianswer`), decodes HTML
entities of a feedback once, and knows no escape for ``~``: every character that means something is an entity here.
"""

import math
from fractions import Fraction

from app.exports.moodle_answers import Answer, number_answers, percent
from app.exports.moodle_html import block, formula, inline
from app.exports.question import Cell, Numbers, Question
from problems.text import Language

_MEANT = str.maketrans(
    {"&": "&amp;", "}": "&#125;", "{": "&#123;", "~": "&#126;", "#": "&#35;", "\\": "&#92;", '"': "&quot;"}
)


def question_text(question: Question, language: Language, points: float) -> str:
    """The statement with the fields after it."""
    weights = cell_weights(question, points)
    parts = [_part(part, weights, language) for part in question.parts if isinstance(part, Numbers)]
    return "\n".join([block(question.variant.statement[language]), *parts])


def cell_weights(question: Question, points: float) -> dict[str, int]:
    """Whole weights of all numbers, in the ratio of their points; they add up to `points` where that is possible."""
    shares = {
        cell.name: Fraction(part.points).limit_denominator(1000) / len(part.cells)
        for part in question.parts
        if isinstance(part, Numbers)
        for cell in part.cells
    }
    scale = math.lcm(*(share.denominator for share in shares.values()))
    least = [int(share * scale) for share in shares.values()]
    divisor = math.gcd(*least)
    weights = [weight // divisor for weight in least]
    times = Fraction(points).limit_denominator(1000) / sum(weights)
    factor = int(times) if times.denominator == 1 and times > 0 else 1
    return dict(zip(shares, (weight * factor for weight in weights), strict=True))


def _part(part: Numbers, weights: dict[str, int], language: Language) -> str:
    label = formula(part.label) if part.label else ""
    fields = [_field(part, cell, weights[cell.name], language) for cell in part.cells]
    if len(fields) == 1:
        return f"<p>{label} {fields[0]}</p>"
    rows = [fields[place : place + part.columns] for place in range(0, len(fields), part.columns)]
    cells = "\n".join("<tr>" + "".join(f"<td>{field}</td>" for field in row) + "</tr>" for row in rows)
    return f"<p>{label}</p>\n<table><tbody>\n{cells}\n</tbody></table>"


def _field(part: Numbers, cell: Cell, weight: int, language: Language) -> str:
    answers = "~".join(_answer(answer, language) for answer in number_answers(part, cell))
    return f"{{{weight}:NUMERICAL:{answers}}}"


def _answer(answer: Answer, language: Language) -> str:
    feedback = "#" + _feedback(answer.feedback[language]) if answer.feedback else ""
    return f"%{percent(answer.fraction)}%{answer.value}:{answer.tolerance}{feedback}"


def _feedback(markdown: str) -> str:
    paragraphs = markdown.split("\n\n")
    return "<br>".join(inline(each) for each in paragraphs).translate(_MEANT)
