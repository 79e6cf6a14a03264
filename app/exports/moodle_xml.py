"""Moodle XML, as `qformat_xml` of Moodle imports it.

One number becomes a `numerical` question, several an embedded-answer one (`cloze`), options a `multichoice` one. Each
exercise has a category of its own, so that a quiz can draw a random question from it: the variants of an exercise.
"""

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element, SubElement

from app.exports.cloze import cell_weights, question_text
from app.exports.moodle_answers import number_answers, option_answers, percent
from app.exports.moodle_html import attach, block, category_path, clean, figure_html, file_name, inline, plain
from app.exports.notes import BY_NUMBER, MARK, NET, NEUTRAL, ONE_KEY
from app.exports.question import Choosing, Numbers, Question
from problems.feedback import RIGHT, WRONG
from problems.text import Language, Text

PARTLY = Text("Partly right.", "部分正确。")
Drawn = Mapping[str, bytes]
"""SVG by the name of the file, for the figures that are to be embedded."""


def category(path: Iterable[str]) -> Element:
    """Where the questions that follow go."""
    question = Element("question", type="category")
    SubElement(SubElement(question, "category"), "text").text = category_path(path)
    return question


def element(question: Question, language: Language, points: float, drawn: Drawn) -> Element:
    """The question in one language."""
    (first, *more) = question.parts
    many = bool(more) or (isinstance(first, Numbers) and len(first.cells) > 1)
    kind = "multichoice" if isinstance(first, Choosing) else "cloze" if many else "numerical"
    made = Element("question", type=kind)
    _text(made, "name", clean(name(question, language)), None)
    statement = block(question.variant.statement[language])
    if kind == "cloze":
        _text(made, "questiontext", question_text(question, language, points))
    elif isinstance(first, Numbers) and first.label:
        _text(made, "questiontext", f"{statement}\n<p>{inline(f'${first.label}$')}</p>")
    else:
        _text(made, "questiontext", statement)
    _solution(made, question, language, drawn)
    if kind != "cloze":  # whose mark is the sum of its parts
        SubElement(made, "defaultgrade").text = f"{points:.7f}"
    SubElement(made, "penalty").text = "0.3333333"
    SubElement(made, "hidden").text = "0"
    SubElement(made, "idnumber").text = f"{question.id}-{language}"
    if isinstance(first, Choosing):
        _choosing(made, first, language)
    elif kind == "numerical":
        _numerical(made, first, language)
    for hint in question.variant.hints:
        _text(made, "hint", block(hint[language]))
    _tags(made, question, language)
    return made


def name(question: Question, language: Language) -> str:
    """What teachers find it by: the number and the title of the exercise, and the number of the variant."""
    variant = question.variant
    return f"{variant.problem.id} {plain(variant.problem.page.title[language])} · {variant.seed}"


def document(elements: Iterable[Element], head: Iterable[str]) -> bytes:
    """The file; `head` are lines of a comment at its beginning."""
    quiz = Element("quiz")
    quiz.append(ET.Comment(" " + "\n".join(clean(line).replace("--", "- -") for line in head) + " "))
    quiz.extend(elements)
    ET.indent(quiz, space="")
    written: bytes = ET.tostring(quiz, encoding="utf-8", xml_declaration=True)
    return written


def differences(question: Question, points: float | None) -> list[Text]:
    """What Moodle grades otherwise than we do; `points` are those of the item, if it has some."""
    found = []
    numbers = [part for part in question.parts if isinstance(part, Numbers)]
    if any(len(part.cells) > 1 and not part.per_cell for part in numbers):
        found.append(BY_NUMBER)
    if points is not None and sum(len(part.cells) for part in numbers) > 1:
        total = sum(cell_weights(question, points).values())
        if total != points:
            found.append(MARK.format(sum=total, points=f"{points:g}"))
    return found + choice_differences(question)


def choice_differences(question: Question) -> list[Text]:
    found = []
    for part in question.parts:
        if isinstance(part, Choosing) and not part.single:
            if part.scoring != "net":
                found.append(NET)
            if len(part.keys) > 1:
                found.append(NEUTRAL if frozenset.intersection(*part.keys) else ONE_KEY)
    return found


def _text(parent: Element, tag: str, html: str, format_: str | None = "html") -> Element:
    made = SubElement(parent, tag, {"format": format_} if format_ else {})
    SubElement(made, "text").text = clean(html)
    return made


def _solution(made: Element, question: Question, language: Language, drawn: Drawn) -> None:
    """The worked solution, with its figures, as the feedback that does not depend on the answer."""
    variant = question.variant
    names = {file_name(question.id, figure): figure for figure in question.figures}
    shown = [figure_html(figure, named, language) for named, figure in names.items() if named in drawn]
    why = [block(question.why[language])] if question.why else []
    feedback = _text(made, "generalfeedback", "\n".join([block(variant.solution[language]), *why, *shown]))
    for named in names:
        if named in drawn:
            attach(feedback, named, drawn[named])


def _numerical(made: Element, part: Numbers, language: Language) -> None:
    for answer in number_answers(part, part.cells[0]):
        given = SubElement(made, "answer", fraction=percent(answer.fraction), format="moodle_auto_format")
        SubElement(given, "text").text = answer.value
        _text(given, "feedback", block(answer.feedback[language]) if answer.feedback else "")
        SubElement(given, "tolerance").text = answer.tolerance
    for tag, value in (("unitgradingtype", "0"), ("unitpenalty", "0.1"), ("showunits", "3"), ("unitsleft", "0")):
        SubElement(made, tag).text = value


def _choosing(made: Element, part: Choosing, language: Language) -> None:
    numbering = "ABCD" if part.options[0].id == "A" else "123"
    for tag, value in (
        ("single", "true" if part.single else "false"),
        ("shuffleanswers", "false"),
        ("answernumbering", numbering),
        ("showstandardinstruction", "1"),
    ):
        SubElement(made, tag).text = value
    for tag, told in (
        ("correctfeedback", RIGHT),
        ("partiallycorrectfeedback", PARTLY),
        ("incorrectfeedback", WRONG),
    ):
        _text(made, tag, f"<p>{told[language]}</p>")
    for option in option_answers(part):
        given = SubElement(made, "answer", fraction=percent(option.fraction), format="html")
        SubElement(given, "text").text = clean(inline(option.text[language]))
        _text(given, "feedback", block(option.feedback[language]) if option.feedback else "")


def _tags(made: Element, question: Question, language: Language) -> None:
    problem = question.variant.problem
    tags = SubElement(made, "tags")
    for tag in ("haitang", f"haitang-{problem.id}", problem.topic, question.form, language):
        SubElement(SubElement(tags, "tag"), "text").text = tag
