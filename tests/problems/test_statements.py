"""Problems from a statement bank: what a bank must hold, and what is drawn from it."""

import functools
import itertools
import re
import tomllib

import pytest

from problems.catalogue import catalogue
from problems.dealing import deal
from problems.draws import Draws
from problems.grading import grade
from problems.statements import read_bank, statement_problem

BANKED = [problem for problem in catalogue().values() if (problem.folder / "statements.toml").exists()]
SEEDS = range(1, 301)

every_bank = pytest.mark.parametrize("problem", BANKED, ids=[problem.id for problem in BANKED])


def entry(kind, name, verdicts, groups=()):
    listed = ", ".join(f'"{group}"' for group in groups)
    return (
        f'[[{kind}]]\nid = "{name}"\n{verdicts}\ngroups = [{listed}]\nen = "Claim {name}."\nzh = "说法 {name}。"\n'
        f'reason = {{ en = "Since {name}.", zh = "因为 {name}。" }}\n'
    )


def bank(*, select="all", asked="true", true=12, false=12, verdicts=("true", "false", "true"), erratum="", more=""):
    """A bank as TOML: printed options 1, 2, … (A, B, …); statements t0, t1, … and f0, f1, …, each pair in one group."""
    ids = "ABCD" if select == "one" else "12345"
    return "\n".join(
        [
            f'select = "{select}"\nasked = "{asked}"',
            *(entry("printed", id_, f"published = {verdict}") for id_, verdict in zip(ids, verdicts, strict=False)),
            erratum,
            *(entry("statement", f"t{k}", "true = true", [f"pair {k}"]) for k in range(true)),
            *(entry("statement", f"f{k}", "true = false", [f"pair {k}"]) for k in range(false)),
            more,
        ]
    )


@pytest.fixture
def make(tmp_path):
    """A problem on a bank."""
    for language in ("en", "zh"):
        (tmp_path / f"{language}.md").write_text("# T\n\n{{ question }}\n\n## Solution\n\n{{ verdicts }}\n", "utf-8")

    def write(text):
        (tmp_path / "statements.toml").write_text(text, encoding="utf-8")
        return statement_problem("2.2", version=1, topic="test", folder=tmp_path)

    return write


# What is served


def test_the_printed_exercise_shows_the_printed_options(make):
    variant = deal(make(bank()), 0)
    (field,) = variant.fields("choice")
    assert [(option.id, option.text.en) for option in field.kind.options] == [
        ("1", "Claim 1."),
        ("2", "Claim 2."),
        ("3", "Claim 3."),
    ]
    assert variant.solved == {"answer": ("1", "3")}
    assert variant.statement.en == "Select all statements that are true."
    assert variant.solution.zh.splitlines()[1] == "- **2** 错误：因为 2。"


def test_one_is_asked_for_and_may_be_the_false_one(make):
    variant = deal(make(bank(select="one", asked="false", verdicts=("true", "false", "true", "true"))), 0)
    assert variant.statement.en == "Which one of these statements is **not** true?"
    assert variant.keys("choice", "either") == ({"answer": "B"},)


def test_a_corrected_verdict_gives_two_keys(make):
    erratum = '[erratum]\nstatus = "wrong"\nen = "The book errs."\nzh = "原书有误。"\n'
    text = bank(verdicts=("true", "false\ncorrected = true"), erratum=erratum)
    variant = deal(make(text), 0)
    assert variant.keys("choice", "published") == ({"answer": ("1",)},)
    assert variant.keys("choice", "corrected") == ({"answer": ("1", "2")},)
    assert len(variant.keys("choice", "either")) == 2
    assert "The book errs." in grade(variant, "choice", {"answer": ["1"]}).fields[0].feedback.en


# Broken banks


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        (bank(true=11), ValueError, "11 true and 12 false"),
        (bank(false=11), ValueError, "at least 12 of each"),
        (bank(more=entry("statement", "t0", "true = true")), ValueError, "twice"),
        (bank(more=entry("statement", "1", "true = true")), ValueError, "twice"),
        (bank(verdicts=("true", "false\ncorrected = true")), ValueError, "erratum"),
        (bank(erratum='[erratum]\nstatus = "wrong"\nen = "E"\nzh = "中"\n'), ValueError, "erratum"),
        (bank(more='[[statement]]\nid = "x"\ntrue = true\nen = "Only English."\n'), KeyError, "zh"),
        (bank(more='[[statement]]\nid = "x"\nen = "?"\n'), KeyError, "true"),
        ("not TOML", tomllib.TOMLDecodeError, "Expected"),
    ],
)
def test_a_broken_bank_is_refused_when_the_problem_loads(make, text, error, says):
    with pytest.raises(error, match=says):
        make(text)


# The variants of every real bank


@functools.cache
def bank_of(problem):
    return read_bank(problem.folder / "statements.toml")


def drawn(problem, seed):
    """The bank's own draw: what is asked, and the statements in order."""
    known = bank_of(problem)
    parameters = problem.draw(Draws(problem.id, problem.version, seed))
    return known, parameters["asked"], [known.statements[name] for name in parameters["statements"]]


@every_bank
def test_no_variant_holds_two_statements_that_give_each_other_away(problem):
    for seed in SEEDS:
        _, _, statements = drawn(problem, seed)
        assert len({statement.id for statement in statements}) == len(statements)
        assert not any(a.groups & b.groups for a, b in itertools.combinations(statements, 2))


@every_bank
def test_one_of_four_or_one_to_four_of_five_are_sought(problem):
    sought, places = set(), set()
    for seed in SEEDS:
        bank, asked, statements = drawn(problem, seed)
        right = [place for place, statement in enumerate(statements) if statement.true == (asked == "true")]
        if bank.select == "one":
            assert (len(statements), len(right)) == (4, 1)
            sought.add(asked)
        else:
            assert (len(statements), asked) == (5, "true")
            sought.add(len(right))
        places.update(right)
    assert sought == ({"true", "false"} if bank.select == "one" else {1, 2, 3, 4})
    assert places == set(range(len(statements)))


@every_bank
def test_every_statement_has_its_turn(problem):
    shown = set()
    for seed in range(1, 1501):
        bank, _, statements = drawn(problem, seed)
        shown.update(statement.id for statement in statements)
        if shown == set(bank.statements):
            return
    assert shown == set(bank.statements)


@every_bank
def test_a_draw_never_runs_out_of_statements(problem):
    """However the first ones fall: the largest groups together leave a statement of either truth."""
    bank = bank_of(problem)
    size = 4 if bank.select == "one" else 5
    for truth in (True, False):
        pool = [statement for statement in bank.statements.values() if statement.true == truth]
        blocked = sorted(
            (sum(bool(s.groups & other.groups) or s is other for s in pool) for other in bank.statements.values()),
            reverse=True,
        )
        assert sum(blocked[: size - 1]) < len(pool)


CHINESE = re.compile("[\u4e00-\u9fff]")
WORDS = re.compile(r"[A-Za-z]{2}")


@every_bank
def test_statements_are_whole_sentences_in_both_languages(problem):
    bank = bank_of(problem)
    every = [*bank.printed, *bank.statements.values()]
    for text in [text for statement in every for text in (statement.text, statement.reason)]:
        assert text.en.endswith((".", "?", ".)"))
        assert text.zh.endswith(("。", "？", "）"))
        assert not CHINESE.search(text.en)
        formulas = re.compile(r"\$[^$]*\$")
        assert len(formulas.findall(text.en)) == text.en.count("$") / 2
        if WORDS.search(formulas.sub("", text.en)):  # else it is a formula and nothing more
            assert CHINESE.search(text.zh)
    for language in ("en", "zh"):
        assert len({statement.text[language] for statement in every}) == len(every)


@every_bank
def test_the_printed_options_are_not_in_the_variants(problem):
    bank = bank_of(problem)
    assert not {statement.text.en for statement in bank.printed} & {s.text.en for s in bank.statements.values()}
    assert [statement.id for statement in bank.printed] == list(
        ("ABCD" if bank.select == "one" else "12345")[: len(bank.printed)]
    )
