"""Whatever arrives as a formula: it is graded or refused, quickly."""

import json
import random
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from problems.formula_kind import Formula, Variable
from problems.reading import FormatError

KIND = Formula((Variable("x", -2.0, 2.0), Variable("w_1", 0.1, 3.0), Variable("eta", 0.01, 1.0)))
KEY = KIND.key("eta*exp(-x)/(1+w_1*exp(-x))^2")

MAX_CPU_SECONDS = 0.05

PIECES = [
    *("x", "w_1", "w1", "w₁", "eta", "η", "e", "pi", "π", "z", "lambda", "__class__", "os", "eval"),
    *("exp", "log", "ln", "sqrt", "sin", "cos", "tan", "tanh", "abs", "max", "min", "sigmoid", "relu", "σ", "ReLU"),
    *("+", "-", "*", "/", "^", "**", "(", ")", "(", ")", ",", "，", "−", "×", "÷", "＋", "（", "）", "^-", "^(", "//"),
    *(
        "0",
        "1",
        "2",
        "9" * 30,
        ".5",
        "5.",
        "1e3",
        "1e-300",
        "1e308",
        "1e999",
        "0.1",
        "１２",
        "½",
        "²",
        "1_0",
        "0x1F",
        "1j",
    ),
    *(
        " ",
        "\t",
        "\n",
        "\x00",
        "\u200b",
        "\u3000",
        "=",
        "<",
        "|",
        "[",
        "]",
        "{",
        "}",
        "\\frac",
        "$",
        "'",
        '"',
        ";",
        ":",
    ),
    *(
        ".",
        "..",
        "_",
        "@",
        "!",
        "%",
        "&",
        "~",
        "`",
        "#",
        "∞",
        "√",
        "中",
        "é",
        "\ud800",
        "\U0001f600",
        "…",
        "nan",
        "inf",
    ),
]
VALID = "(eta*exp(-x)+max(x,w_1,2)^2)/(1+w_1*sqrt(abs(tanh(x))))-sigmoid(2*x)*relu(x-1)"


def fuzzed(draw):
    """A row of likely pieces, a formula with a few characters changed, a deep or a long one, or noise."""
    match draw.randrange(6):
        case 0 | 1:
            return "".join(draw.choices(PIECES, k=draw.randint(0, 40)))
        case 2 | 3:
            characters = list(VALID)
            for _ in range(draw.randint(0, 3)):
                characters[draw.randrange(len(characters))] = draw.choice([*"x2+-*e", draw.choice(PIECES)])
            return "".join(characters)
        case 4:
            return draw.choice(PIECES) * draw.randint(1, 320) + draw.choice(PIECES) * draw.randint(0, 320)
        case _:
            points = [draw.choice([draw.randrange(0x80), draw.randrange(0x3000), draw.randrange(sys.maxunicode)])]
            return "".join(chr(point) for point in points * draw.randint(1, 60))


def graded(raw):
    """Whether it was read, after everything that is done with an answer was done with it."""
    try:
        answer = KIND.parse(raw)
    except FormatError as refused:
        return told(refused.text.en) and told(refused.text.zh) and False
    assert isinstance(KIND.compare(answer, KEY).correct, bool)
    assert KIND.distance(KEY, answer) >= 0
    assert KIND.latex(answer)
    assert json.dumps(KIND.text(answer))
    return True


def told(sentence):
    """A refusal says something, and repeats nothing that would break the page it stands on."""
    assert sentence
    assert not set("$`<>\\[]\ud800\x00") & set(sentence)
    return True


def attack(count, seed):
    """The slowest of so many strings in seconds of processor time, and how many were formulas."""
    draw = random.Random(seed)
    slowest, read = (0.0, ""), 0
    for _ in range(count):
        raw = fuzzed(draw)
        begun = time.thread_time()
        read += graded(raw)
        slowest = max(slowest, (time.thread_time() - begun, raw))
    return slowest, read


def test_twenty_thousand_strings_are_graded_or_refused():
    _, read = attack(20_000, seed=1)
    assert 500 < read < 19_500  # both ways are tried


@pytest.mark.soak
def test_a_hundred_thousand_strings_take_no_time():
    (seconds, raw), _ = attack(100_000, seed=2)
    assert seconds < MAX_CPU_SECONDS, raw


@given(st.one_of(st.text(), st.text(st.sampled_from("x2.e+-*/^(),η ")), st.text(min_size=250, max_size=400)))
@example("\x1c")
@example("1e" + "9" * 200)
def test_any_text(raw):
    graded(raw)


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner), st.tuples(inner)),
)


@given(ANYTHING)
@example([[[1]]])
def test_anything_else_from_json(raw):
    graded(raw)


def test_a_million_characters_or_digits_are_refused_without_being_read():
    for raw in ("x" * 10**6, "(" * 10**6, " " * 10**6, "1" * 10**6, "中" * 10**6, 10**5000):
        assert not graded(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "x" + "+x" * 149,
        "-" * 299 + "x",
        "(" * 40 + "x" + ")" * 40,
        "tan(" * 40 + "x" + ")" * 40,
        "max(" + ",".join(["x"] * 140) + ")",
        "x^" * 40 + "2",
        "1/(" * 40 + "x" + ")" * 40,
        "sin(1e300*x)" + "*sin(1e300*x)" * 22,
        "+".join(["x^0.5"] * 50),
        "xw1eta" * 6 + "w",
        "etae" * 10,
        "9" * 300,
    ],
)
def test_the_longest_and_deepest_cost_little(raw):
    assert len(raw) <= 300
    begun = time.thread_time()
    graded(raw)
    assert time.thread_time() - begun < MAX_CPU_SECONDS
