"""A question as a QTI item (`assessmentItem`), in elements of QTI 2.1; `qti_versions` makes QTI 3 of them."""

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from app.exports.asking import decimal
from app.exports.moodle_html import clean, file_name
from app.exports.moodle_xml import name
from app.exports.qti_content import LANGUAGE_TAGS, STYLESHEET, blocks, figure_blocks, formula, line, node
from app.exports.qti_scoring import (
    SHOWN,
    WRONG,
    choice,
    count_outcome,
    feedback_outcome,
    key_outcome,
    named,
    processing,
    response,
)
from app.exports.question import Cell, Choosing, Numbers, Question
from problems.feedback import RIGHT
from problems.feedback import WRONG as NOT_RIGHT
from problems.text import Language

Drawn = Mapping[str, bytes]


def identifier(question: Question, language: Language) -> str:
    return f"{question.id}-{language}"


def item(question: Question, language: Language, drawn: Drawn) -> Element:
    """The whole item: variables, text, scoring, feedback."""
    return node(
        "assessmentItem",
        *_responses(question),
        *_outcomes(question),
        node("stylesheet", href=STYLESHEET, type="text/css"),
        _body(question, language),
        processing(question),
        *_feedback(question, language, drawn),
        **{
            "identifier": identifier(question, language),
            "title": clean(name(question, language)),
            "adaptive": "false",
            "timeDependent": "false",
            "xml:lang": LANGUAGE_TAGS[language],
        },
    )


# Variables


def _responses(question: Question) -> Iterator[Element]:
    for part in question.parts:
        if isinstance(part, Choosing):
            values = [choice(option.id) for option in part.options if option.id in part.keys[0]]
            cardinality = "single" if part.single else "multiple"
            yield _declared(response(question, part.name), cardinality, "identifier", values)
        else:
            for cell in part.cells:
                yield _declared(
                    response(question, cell.name), "single", "integer" if cell.whole else "float", [cell.shown]
                )


def _declared(variable: str, cardinality: str, base_type: str, values: list[str]) -> Element:
    right = node("correctResponse", *(node("value", value) for value in values))
    return node("responseDeclaration", right, identifier=variable, cardinality=cardinality, baseType=base_type)


def _outcomes(question: Question) -> Iterator[Element]:
    yield _score("SCORE", 0, normalMinimum="0", normalMaximum=decimal(question.points))
    yield _score("MAXSCORE", question.points)
    yield _told("SOLUTION")
    for part in question.parts:
        if isinstance(part, Numbers):
            yield _told(feedback_outcome(part))
            if part.per_cell:
                yield _score(count_outcome(part), 0)
            continue
        yield from (_told(feedback_outcome(part, option.id)) for option in part.options if option.told is not None)
        if not part.single and part.scoring != "all":
            yield from (_score(key_outcome(place), 0) for place in range(len(part.keys)))


def _score(outcome: str, value: float, **attributes: str) -> Element:
    default = node("defaultValue", node("value", decimal(value)))
    return node("outcomeDeclaration", default, identifier=outcome, cardinality="single", baseType="float", **attributes)


def _told(outcome: str) -> Element:
    return node("outcomeDeclaration", identifier=outcome, cardinality="single", baseType="identifier")


# Text


def _body(question: Question, language: Language) -> Element:
    made = node("itemBody", *blocks(question.variant.statement[language]))
    for part in question.parts:
        made.extend(_interaction(question, part, language) if isinstance(part, Choosing) else _fields(question, part))
    return made


def _interaction(question: Question, part: Choosing, language: Language) -> Iterator[Element]:
    options = [line(option.text[language], "simpleChoice", identifier=choice(option.id)) for option in part.options]
    yield node(
        "choiceInteraction",
        *options,
        responseIdentifier=response(question, part.name),
        shuffle="false",
        maxChoices="1" if part.single else "0",
    )


def _fields(question: Question, part: Numbers) -> Iterator[Element]:
    label: list[Element | str] = [formula(part.label), " "] if part.label else []
    entries = [_entry(question, cell) for cell in part.cells]
    if len(entries) == 1:
        yield node("p", *label, entries[0])
        return
    if label:
        yield node("p", *label)
    rows = [entries[place : place + part.columns] for place in range(0, len(entries), part.columns)]
    yield node("table", node("tbody", *(node("tr", *(node("td", entry) for entry in row)) for row in rows)))


def _entry(question: Question, cell: Cell) -> Element:
    return node("textEntryInteraction", responseIdentifier=response(question, cell.name), expectedLength="12")


# Feedback


def _feedback(question: Question, language: Language, drawn: Drawn) -> Iterator[Element]:
    variant = question.variant
    for part in question.parts:
        if isinstance(part, Choosing):
            for option in part.options:
                if option.told is not None:
                    told = blocks(option.told[language])
                    yield _modal(feedback_outcome(part, option.id), SHOWN, told)
            continue
        outcome = feedback_outcome(part)
        yield from (_modal(outcome, id_, blocks(traps[0].text[language])) for id_, traps in named(part))
        label = [node("p", formula(part.label))] if part.label and len(question.parts) > 1 else []
        yield _modal(outcome, WRONG, [*label, *blocks(NOT_RIGHT[language])])
    solution = [*blocks(RIGHT[language]), *blocks(variant.solution[language])]
    if question.why:
        solution += blocks(question.why[language])
    for figure in question.figures:
        if (file := file_name(question.id, figure)) in drawn:
            solution += figure_blocks(figure, file, language)
    yield _modal("SOLUTION", SHOWN, solution)


def _modal(outcome: str, id_: str, content: list[Element]) -> Element:
    return node("modalFeedback", *content, outcomeIdentifier=outcome, showHide="show", identifier=id_)
