"""From an order to a file, in two steps: `prepare` computes the questions, `write` puts them into a format.

Between them the figures are drawn, by the process that draws, if they are wanted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias
from xml.etree.ElementTree import Element

from app.exports import gift, moodle_xml
from app.exports.asking import FormulaError, ask
from app.exports.moodle_html import file_name
from app.exports.notes import FOLLOWING, FORMULA, LEFT_OUT, NO_FIGURES, Note, lines
from app.exports.order import Order
from app.exports.qti_package import Section, package
from app.exports.qti_versions import Version
from app.exports.question import Question
from problems.exhibits import Figure
from problems.text import Language, Text

Format: TypeAlias = Literal["moodle-xml", "gift", "qti21", "qti30"]
Drawn: TypeAlias = Mapping[str, bytes]

MOST_QUESTIONS = 200
MOST_FIGURES = 40

MEDIA_TYPES: Mapping[Format, tuple[str, str]] = {
    "moodle-xml": ("-moodle.xml", "application/xml"),
    "gift": ("-gift.txt", "text/plain; charset=utf-8"),
    "qti21": ("-qti21.zip", "application/zip"),
    "qti30": ("-qti30.zip", "application/zip"),
}

VERSIONS: Mapping[Format, Version] = {"qti21": "2.1", "qti30": "3.0"}

ABOUT = Text(
    "Made by Haitang. The file holds the keys: it is for those who teach. The texts of the exercises are under CC "
    "BY-NC-SA 4.0: not for commercial use.",
    "由海棠导出。文件中含有答案，仅供教师使用。习题文字采用 CC BY-NC-SA 4.0 许可，不得用于商业用途。",
)


class TooManyQuestionsError(ValueError):
    """More questions than one export holds."""


class NothingToExportError(ValueError):
    """Nothing of what was ordered can be exported; `notes` say why."""

    def __init__(self, notes: Sequence[Note]) -> None:
        super().__init__("; ".join(lines(notes, ["en"])))
        self.notes = tuple(notes)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The questions of each group of the order."""

    order: Order
    groups: tuple[tuple[Question, ...], ...]
    notes: tuple[Note, ...]

    @property
    def figures(self) -> dict[str, tuple[Question, Figure]]:
        """Those that are wanted, by the names of their files."""
        return {
            file_name(question.id, figure): (question, figure)
            for questions in self.groups
            for question in questions
            for figure in question.figures
        }


@dataclass(frozen=True, slots=True)
class Export:
    """A file, and what there is to say about it."""

    name: str
    media_type: str
    body: bytes
    notes: tuple[str, ...]


def prepare(order: Order, *, figures: bool, most: int = MOST_QUESTIONS) -> Prepared:
    """Compute the questions: keys, options, what is said about known mistakes.

    Raises:
        TooManyQuestionsError: there are more than `most`.
        NothingToExportError: none can be exported.

    """
    if sum(len(group.entries) for group in order.groups) > most:
        raise TooManyQuestionsError
    notes = list(order.notes)
    groups: list[tuple[Question, ...]] = []
    asked: Counter[str] = Counter()
    drawn = 0
    for group in order.groups:
        questions: list[Question] = []
        for entry in group.entries:
            where = f"{entry.variant.problem.id}, {entry.form}"
            try:
                question = ask(entry.variant, entry.form, entry.standard, figures=figures and drawn < MOST_FIGURES)
            except FormulaError:
                notes.append(Note(where, FORMULA, skipped=True))
                continue
            if figures and drawn >= MOST_FIGURES and entry.variant.problem.exhibits:
                notes.append(Note(where, NO_FIGURES.format(most=MOST_FIGURES)))
            drawn += len(question.figures)
            if question.follows:
                notes.append(Note(where, FOLLOWING))
            asked[question.id] += 1
            questions.append(replace(question, copy=asked[question.id]))
        groups.append(tuple(questions))
    if not any(groups):
        raise NothingToExportError(notes)
    return Prepared(order, tuple(groups), tuple(notes))


def write(prepared: Prepared, format_: Format, languages: Sequence[Language], drawn: Drawn) -> Export:
    """The file; `drawn` are the figures that have been drawn, by the names of their files."""
    notes = lines([*prepared.notes, *_differences(prepared, format_)], languages)
    titles = dict.fromkeys(prepared.order.title[language] for language in languages)
    head = [
        *titles,
        *(ABOUT[language] for language in languages),
        *(LEFT_OUT["qti" if format_.startswith("qti") else format_][language] for language in languages),
        *notes,
    ]
    suffix, media_type = MEDIA_TYPES[format_]
    match format_:
        case "moodle-xml":
            body = moodle_xml.document(_moodle(prepared, languages, drawn), head)
        case "gift":
            body = gift.document(_gift(prepared, languages), head)
        case "qti21" | "qti30":
            body = _qti(prepared, format_, languages, drawn, head)
    return Export(prepared.order.stem + suffix, media_type, body, tuple(notes))


def _differences(prepared: Prepared, format_: Format) -> Iterator[Note]:
    for group, questions in zip(prepared.order.groups, prepared.groups, strict=True):
        for question in questions:
            found: list[Text] = []
            if format_ == "moodle-xml":
                found = moodle_xml.differences(question, group.points)
            elif format_ == "gift":
                found = gift.differences(question)
            yield from (Note(f"{question.variant.problem.id}, {question.form}", text) for text in found)


def _paths(prepared: Prepared, language: Language) -> Iterator[tuple[tuple[str, ...], float | None, Question]]:
    """Every question with its category, where a new one begins the path of it."""
    for group, questions in zip(prepared.order.groups, prepared.groups, strict=True):
        folder = (prepared.order.folder,) if prepared.order.folder else ()
        path = (*folder, group.title[language])
        for question in questions:
            yield path, group.points, question


def _moodle(prepared: Prepared, languages: Sequence[Language], drawn: Drawn) -> Iterator[Element]:
    for language in languages:
        before: tuple[str, ...] = ()
        for path, points, question in _paths(prepared, language):
            if path != before:
                yield moodle_xml.category(path)
                before = path
            yield moodle_xml.element(question, language, question.points if points is None else points, drawn)


def _gift(prepared: Prepared, languages: Sequence[Language]) -> Iterator[str]:
    for language in languages:
        before: tuple[str, ...] = ()
        for path, _, question in _paths(prepared, language):
            if path != before:
                yield gift.category(path)
                before = path
            yield gift.questions(question, language)


def _qti(
    prepared: Prepared, format_: Format, languages: Sequence[Language], drawn: Drawn, head: Sequence[str]
) -> bytes:
    sections = [
        Section(group.title, questions[0].points if group.points is None else group.points, questions)
        for group, questions in zip(prepared.order.groups, prepared.groups, strict=True)
        if questions
    ]
    return package(prepared.order.title, sections, languages, VERSIONS[format_], drawn, head)
