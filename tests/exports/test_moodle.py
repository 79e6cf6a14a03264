"""Moodle takes what is exported, and grades it as we do, but for what is noted."""

import base64
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from app.exports import gift, moodle_xml
from app.exports.asking import FormulaError, Standard, ask
from app.exports.making import prepare, write
from app.exports.moodle_answers import one_key
from app.exports.order import of_problems
from app.exports.question import Choosing, Numbers
from app.exports.question import Question as Asked
from problems import deal, find, grade
from problems.catalogue import catalogue
from problems.problem import Form
from problems.text import LANGUAGES, Language
from problems.variant import Variant
from tests.exports import tries
from tests.exports.gift_reader import read_gift
from tests.exports.moodle_reader import Question, read_xml

COMPUTED = [id_ for id_, problem in catalogue().items() if "open" in problem.forms(1) and not problem.native_choice]


def exported(asked: Asked, language: Language = "en", points: float = 1.0) -> Question:
    (question,) = read_xml(moodle_xml.document([moodle_xml.element(asked, language, points, {})], []))
    return question


def in_gift(asked: Asked, language: Language = "en") -> list[Question]:
    return read_gift(gift.document([gift.questions(asked, language)], ["a comment"]).decode())


def all_asked(*seeds: int) -> Iterator[Asked]:
    for problem in catalogue().values():
        for seed in seeds:
            variant = deal(problem, seed)
            for form in variant.forms:
                try:
                    yield ask(variant, form, Standard())
                except FormulaError:
                    assert problem.id == "c3.4"


def test_moodle_reads_every_exercise_in_both_formats_and_languages() -> None:
    types = Counter()
    for asked in all_asked(0, 1):
        for language in LANGUAGES if asked.variant.seed else ("en",):
            question = exported(asked, language)
            types[question.type] += 1
            assert question.feedback
            assert len(question.name) <= 255
            assert len(question.idnumber) <= 100
            assert {"haitang", f"haitang-{asked.variant.problem.id}", language} <= set(question.tags)
            assert len(question.hints) == len(asked.variant.hints)
            questions = in_gift(asked, language)
            numbers = sum(len(part.cells) for part in asked.parts if isinstance(part, Numbers))
            assert len(questions) == max(1, numbers)
            assert all(each.feedback and each.idnumber.endswith(f"-{language}") for each in questions)
    assert min(types[each] for each in ("numerical", "cloze", "multichoice")) > 5


@pytest.mark.parametrize("problem", COMPUTED)
def test_numbers_are_judged_as_here(problem: str) -> None:
    """Cell by cell in both formats; what is wholly right or wholly wrong is so in Moodle."""
    tried = 0
    for seed in (1, 2, 3):
        variant = deal(find(problem), seed)
        try:
            asked = ask(variant, "open", Standard())
        except FormulaError:
            return
        question, alone = exported(asked), in_gift(asked)
        kinds = {field.name: field.kind for field in variant.native_fields}
        keys = {
            cell: (kinds[name], number)
            for name, value in variant.solved.items()
            for cell, number in tries.cells_of(name, value)
        }
        for each in tries.numbers(variant):
            typed = [each.cells.get(cell, "") for cell in keys]
            right = [
                bool(text) and kind.tolerance.accepts(float(text), number)
                for text, (kind, number) in zip(typed, keys.values(), strict=True)
            ]
            fields = [*zip(question.fields, typed, right, strict=True)]
            fields += [*zip((one.fields[0] for one in alone), typed, right, strict=True)]
            for field, text, expected in fields:
                assert (field.fraction(text) == 1) == expected, (seed, each.label, text)
            assert (question.grade(typed) == 1) == all(right)
            tried += 1
    assert tried > 20


@pytest.mark.parametrize("problem", ["1.6", "1.7", "1.8", "1.9", "c2.2", "c2.5", "c2.6"])
def test_who_rounds_too_early_earns_a_half_or_more(problem: str) -> None:
    """Here a half; in Moodle some of the numbers may be right in spite of it, and earn all of theirs."""
    found = 0
    for seed in range(1, 6):
        variant = deal(find(problem), seed)
        question = exported(ask(variant, "open", Standard()))
        for each in tries.numbers(variant):
            if each.mistake.startswith(("rounded", "cut")) and grade(variant, "open", each.answers).score == 0.5:
                assert 0.5 <= question.grade(list(each.cells.values())) <= 1, (seed, each.label)
                found += 1
    assert found > 5


def test_mistakes_are_named_and_only_those_that_were_made() -> None:
    named = wrongly = 0
    for problem in COMPUTED:
        variant = deal(find(problem), 4)
        try:
            asked = ask(variant, "open", Standard())
        except FormulaError:
            continue
        question = exported(asked)
        texts = {mistake.id: mistake.text.en.split("$")[0] for mistake in variant.problem.mistakes}
        for each in tries.numbers(variant):
            if not each.mistake or len(each.cells) != len(question.fields):
                continue
            ours = grade(variant, "open", each.answers)
            if {field.mistake for field in ours.fields if not field.correct} != {each.mistake}:
                continue
            for field, text in zip(question.fields, each.cells.values(), strict=True):
                answer = field.matching(text)
                if answer is None or answer.fraction == 1 or not answer.feedback:
                    continue
                if "Several known mistakes" in answer.feedback or answer.feedback.startswith(("The numbers", "A sign")):
                    continue
                if texts[each.mistake][:12] in re.sub(r"<[^>]+>", "", answer.feedback):
                    named += 1
                else:
                    wrongly += 1
    assert named > 500
    assert wrongly == 0


@pytest.mark.parametrize("policy", ["either", "published", "corrected"])
def test_options_are_scored_as_here(policy: Any) -> None:
    """One right option as here; several as right ones less wrong ones, which is our own scoring."""
    for variant, form in all_choices(0, 1, 2):
        asked = ask(variant, form, Standard(policy))
        (part,) = asked.parts
        assert isinstance(part, Choosing)
        ids = [option.id for option in part.options]
        for question in (exported(asked), *in_gift(asked)):
            assert question.single == part.single
            for answers in tries.choices(variant, form):
                (chosen,) = answers.values()
                given = {ids.index(id_) for id_ in ([chosen] if part.single else chosen)}
                ours = grade(variant, form, answers, policy=policy).score
                theirs = question.choose(given)
                if len(part.keys) == 1 or part.single:
                    assert theirs == pytest.approx(ours, abs=1e-4), (variant.problem.id, answers)
                elif set(chosen) in [*map(set, part.keys)] and not one_key(part):
                    assert theirs == pytest.approx(ours) == pytest.approx(1)


def all_choices(*seeds: int) -> Iterator[tuple[Variant[Any], Form]]:
    for problem in catalogue().values():
        for seed in seeds:
            if "choice" in problem.forms(seed):
                yield deal(problem, seed), "choice"


def test_a_wrong_option_names_the_mistake_that_leads_to_it() -> None:
    variant = deal(find("1.6"), 2)
    question = exported(ask(variant, "choice", Standard()))
    wrong = [option for option in question.options if option.fraction == 0]
    assert len(wrong) == 3
    assert all(option.feedback for option in wrong)


def test_the_first_right_answer_is_the_number_as_it_was_asked_for() -> None:
    question = exported(ask(deal(find("1.6"), 1), "open", Standard()))
    assert [field.answers[0].text for field in question.fields] == ["-0.275", "-0.787", "-0.503", "0.961"]
    assert all(field.answers[0].fraction == field.answers[1].fraction == 1 for field in question.fields)


def test_weights_share_the_points_and_add_up_to_them_where_they_can() -> None:
    asked = ask(deal(find("c1.2"), 1), "open", Standard())  # three weights and a prediction, a point each
    assert [field.weight for field in exported(asked, points=6).fields] == [1, 1, 1, 3]
    assert [field.weight for field in exported(asked, points=12).fields] == [2, 2, 2, 6]
    assert [field.weight for field in exported(asked, points=5).fields] == [1, 1, 1, 3]


def test_categories_keep_the_languages_and_exercises_apart() -> None:
    order = of_problems([find("1.4"), find("2.7")], [0, 1, 2], ["choice"])
    made = write(prepare(order, figures=False), "moodle-xml", LANGUAGES, {})
    questions = read_xml(made.body)
    assert len(questions) == 12
    assert len({question.category for question in questions}) == 4
    assert all(question.category.startswith("$course$/top/Haitang/") for question in questions)
    numbers = Counter((question.category, question.idnumber) for question in questions)
    assert set(numbers.values()) == {1}


def test_the_same_question_has_the_same_number_in_every_export() -> None:
    first, second = (
        write(prepare(of_problems([find("1.4")], seeds, ["open"]), figures=False), "moodle-xml", ["zh"], {})
        for seeds in ([3, 4], [4, 5])
    )
    shared = {each.idnumber for each in read_xml(first.body)} & {each.idnumber for each in read_xml(second.body)}
    assert shared == {f"haitang-1.4-v{find('1.4').version}-s4-open-zh"}


def test_figures_lie_in_the_file_under_the_names_that_the_text_uses() -> None:
    prepared = prepare(of_problems([find("1.6")], [3], ["open"]), figures=True)
    drawn = dict.fromkeys(prepared.figures, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    (question,) = read_xml(write(prepared, "moodle-xml", ["zh"], drawn).body)
    assert len(drawn) == 3
    assert set(re.findall(r"@@PLUGINFILE@@/([^\"]+)", question.feedback)) == set(question.files) == set(drawn)
    assert all(ET.fromstring(base64.b64decode(file)) is not None for file in question.files.values())


def test_chinese_and_formulas_arrive_as_they_are() -> None:
    variant = deal(find("1.6"), 1)
    asked = ask(variant, "open", Standard())
    for text in (exported(asked, "zh").text, in_gift(asked, "zh")[0].text):
        assert "的每一行是一个样本" in text
        assert r"\(y^{(i)} = \pm 1\)" in text
        assert r"\begin{bmatrix}" in text
        assert "&amp; " in text  # the columns of a matrix, escaped for HTML
    assert r"\nabla" in exported(asked, "zh").feedback
    assert r"\nabla" in in_gift(asked, "zh")[0].feedback
