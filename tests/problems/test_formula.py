"""Formulas that people type: what is understood, what is refused and with which sentence, and what counts as right."""

import ast
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from math_core import LatexToMathML

from problems.answers import Number
from problems.checks import check
from problems.dealing import deal
from problems.formula import FUNCTIONS, evaluate, latex, text
from problems.formula_kind import MAX_KEY_LENGTH, Formula, Variable
from problems.formula_reading import MAX_DEPTH, MAX_LENGTH, read_formula
from problems.grading import grade
from problems.problem import Field, Mistake
from problems.reading import FormatError
from problems.text import Text
from problems.tolerance import Tolerance

ROOT = Path(__file__).parents[2]
NAMES = ("x", "y", "eta", "w_1")
KIND = Formula(tuple(Variable(name, 0.5, 3.0) for name in NAMES))
SIGNED = Formula((Variable("x", -2.0, 2.0), Variable("y", -1.0, 3.0)))
HERE = {"x": 1.5, "y": 0.75, "eta": 0.25, "w_1": 2.0}
MATHML = LatexToMathML(fancy_error=False)


def value(typed, **point):
    """The formula's value at one point."""
    points = {name: np.array([float(at)]) for name, at in (HERE | point).items()}
    return evaluate(read_formula(typed, NAMES), points).values.item()


# What may be typed: how it is echoed as text and as LaTeX, and what it is worth at x = 3/2, y = 3/4, η = 1/4, w₁ = 2

GRAMMAR = [
    # numbers
    ("2", "2", "2", 2),
    (".5", "0.5", "0.5", 0.5),
    ("5.", "5", "5", 5),
    ("1e-3", "0.001", "0.001", 0.001),
    ("1E6*x", "1000000*x", r"1000000 x", 1.5e6),
    ("1e-5*x", "1e-05*x", r"1 \times 10^{-5} x", 1.5e-5),
    ("x*1e-5", "x*1e-05", r"x \left(1 \times 10^{-5}\right)", 1.5e-5),
    # operators, from the loosest to the tightest
    ("x+y-2", "x + y - 2", "x + y - 2", 0.25),
    ("x-(y-2)", "x - (y - 2)", r"x - \left(y - 2\right)", 2.75),
    ("x*y/2", "x*y/2", r"\frac{x y}{2}", 0.5625),
    ("x/y/2", "x/y/2", r"\frac{\frac{x}{y}}{2}", 1),
    ("x/(y/2)", "x/(y/2)", r"\frac{x}{\frac{y}{2}}", 4),
    ("1/2*x", "1/2*x", r"\frac{1}{2} x", 0.75),
    ("x*(1/2)", "x*(1/2)", r"x \cdot \frac{1}{2}", 0.75),
    ("2*3", "2*3", r"2 \cdot 3", 6),
    ("2*(x+y)", "2*(x + y)", r"2 \left(x + y\right)", 4.5),
    ("(x+y)*2", "(x + y)*2", r"\left(x + y\right) \cdot 2", 4.5),
    ("x^2", "x^2", "x^{2}", 2.25),
    ("x**2", "x^2", "x^{2}", 2.25),
    ("2^3^2", "2^3^2", "2^{3^{2}}", 512),
    ("(2^3)^2", "(2^3)^2", r"\left(2^{3}\right)^{2}", 64),
    ("2^(x+y)", "2^(x + y)", "2^{x + y}", 2**2.25),
    # signs: a power is taken first
    ("-x^2", "-x^2", "-x^{2}", -2.25),
    ("(-x)^2", "(-x)^2", r"\left(-x\right)^{2}", 2.25),
    ("2^-1", "2^(-1)", "2^{-1}", 0.5),
    ("+x", "x", "x", 1.5),
    ("--x", "x", "x", 1.5),
    ("x*-y", "x*(-y)", r"x \left(-y\right)", -1.125),
    ("-x*y", "-x*y", "-x y", -1.125),
    ("x--y", "x - (-y)", r"x - \left(-y\right)", 2.25),
    ("-(x+y)", "-(x + y)", r"-\left(x + y\right)", -2.25),
    # variables
    ("w_1", "w_1", "w_{1}", 2),
    ("w1", "w_1", "w_{1}", 2),
    ("w₁", "w_1", "w_{1}", 2),
    ("η*x", "eta*x", r"\eta x", 0.375),
    ("eta*x", "eta*x", r"\eta x", 0.375),
    # constants
    ("pi", "pi", r"\pi", math.pi),
    ("π/2", "pi/2", r"\frac{\pi}{2}", math.pi / 2),
    ("e^x", "e^x", "e^{x}", math.exp(1.5)),
    # functions
    ("exp(x*y)", "exp(x*y)", "e^{x y}", math.exp(1.125)),
    ("exp(x)^2", "exp(x)^2", r"\left(e^{x}\right)^{2}", math.exp(3)),
    ("log(x)", "log(x)", r"\ln\left(x\right)", math.log(1.5)),
    ("ln(x)", "log(x)", r"\ln\left(x\right)", math.log(1.5)),
    ("sqrt(x)", "sqrt(x)", r"\sqrt{x}", math.sqrt(1.5)),
    ("sin(x)^2", "sin(x)^2", r"\left(\sin\left(x\right)\right)^{2}", math.sin(1.5) ** 2),
    ("cos(x)", "cos(x)", r"\cos\left(x\right)", math.cos(1.5)),
    ("tan(x)", "tan(x)", r"\tan\left(x\right)", math.tan(1.5)),
    ("tanh(x)", "tanh(x)", r"\tanh\left(x\right)", math.tanh(1.5)),
    ("abs(y-x)", "abs(y - x)", r"\left|y - x\right|", 0.75),
    ("max(0, 1-x)", "max(0, 1 - x)", r"\max\left(0, 1 - x\right)", 0),
    ("min(x, y, eta)", "min(x, y, eta)", r"\min\left(x, y, \eta\right)", 0.25),
    ("sigmoid(x)", "sigmoid(x)", r"\sigma\left(x\right)", 1 / (1 + math.exp(-1.5))),
    ("σ(x)", "sigmoid(x)", r"\sigma\left(x\right)", 1 / (1 + math.exp(-1.5))),
    ("ReLU(y-x)", "relu(y - x)", r"\operatorname{ReLU}\left(y - x\right)", 0),
    # other keyboards
    ("（ｘ＋１）＊２", "(x + 1)*2", r"\left(x + 1\right) \cdot 2", 5),
    ("x×y÷2", "x*y/2", r"\frac{x y}{2}", 0.5625),
    ("x·y − 1", "x*y - 1", "x y - 1", 0.125),
    ("max（x，y）", "max(x, y)", r"\max\left(x, y\right)", 1.5),
    (" x\t+\n1 ", "x + 1", "x + 1", 2.5),
]


@pytest.mark.parametrize(("typed", "as_text", "as_latex", "worth"), GRAMMAR)
def test_what_may_be_typed(typed, as_text, as_latex, worth):
    answer = KIND.parse(typed)
    assert (KIND.text(answer), KIND.latex(answer)) == (as_text, as_latex)
    assert value(typed) == pytest.approx(worth, rel=1e-15)
    assert MATHML.convert_with_local_state(as_latex, displaystyle=False)


@pytest.mark.parametrize(("number", "read"), [(3, "3"), (-2.5, "-2.5"), (1e-7, "1e-07"), (0, "0")])
def test_a_json_number_is_that_number(number, read):
    assert KIND.text(KIND.parse(number)) == read


def test_a_variable_named_e_or_sigma_goes_before_the_constant_and_the_function():
    assert evaluate(read_formula("e + σ", ("e", "sigma")), {"e": np.ones(1), "sigma": np.ones(1)}).values == [2.0]


def test_what_was_read_is_text_and_survives_json():
    answer = KIND.parse(" 2*η ")
    assert json.loads(json.dumps(answer)) == answer == "2*η"
    assert KIND.parse(answer) == answer


def test_the_documentation_shows_what_may_be_typed():
    """In its table the second column holds formulas, operators and names of functions."""
    rows = (ROOT / "docs" / "formulas.md").read_text(encoding="utf-8").split("## How")[0].splitlines()
    shown = [code for row in rows if row.startswith("| ") for code in re.findall("`([^`]+)`", row.split("|")[2])]
    formulas = [code for code in shown if code not in {*FUNCTIONS, *"+-*/^"}]
    assert set(FUNCTIONS) <= set(shown)
    assert len(formulas) > 15
    for code in formulas:
        assert read_formula(code, (*NAMES, "a", "b"))


# What is refused

REFUSALS = [
    ("", "This field is empty.", "这一格还没有填。"),
    ("2x", "Write the multiplication sign: 2*x instead of 2x (character 2).", "请写 2*x，不写 2x"),
    ("xy", "Write the multiplication sign: x*y instead of xy (character 1).", "请写 x*y，不写 xy"),
    ("x y", "Write the multiplication sign: x*y instead of xy (character 3).", "请写 x*y，不写 xy"),
    ("ηx", "Write the multiplication sign: eta*x instead of etax (character 1).", "请写 eta*x"),
    ("xexp(y)", "Write the multiplication sign: x*exp instead of xexp (character 1).", "请写 x*exp"),
    ("xyη", "Write the multiplication sign * between x, y, eta: xyeta is read as one name", "请在 x、y、eta 之间写 *"),
    ("x2", "Write the multiplication sign: x*2 instead of x2 (character 1).", "请写 x*2"),
    ("x(y+1)", "Write the multiplication sign: x*( instead of x( (character 2).", "请写 x*("),
    ("(x+1)(y+1)", "Write the multiplication sign: )*( instead of )( (character 6).", "请写 )*("),
    ("(x+1)y", "Write the multiplication sign: )*y instead of )y (character 6).", "请写 )*y"),
    ("2e-x", "Write the multiplication sign: 2*e instead of 2e (character 2).", "请写 2*e"),
    ("1 000*x", "Two numbers stand side by side at character 3", "第 3 个字符处两个数相连"),
    (
        "z+1",
        "z is not known here (character 1). You can use x, y, eta, w_1, e, pi and the functions exp,",
        "这里没有 z",
    ),
    ("X", "X is not known here", "这里没有 X"),
    ("log2(x)", "log2 is not known here", "这里没有 log2"),
    ("f(x)", "f is not known here", "这里没有 f"),
    ("x" * 50, "xxxxxxxxxxxxxxxxxxxx… is not known here", "这里没有 xxxxxxxxxxxxxxxxxxxx…"),
    ("exp x", "Put the argument of exp in parentheses: exp(…) (character 1).", "写成 exp(…)"),
    ("sin^2(x)", "Put the argument of sin in parentheses", "写成 sin(…)"),
    ("max(x)", "max needs two arguments with a comma between them, such as max(0, 1).", "max 需要两个自变量"),
    ("sin(1,5)", "sin takes one argument; write the decimal point as a dot (character 4).", "sin 只有一个自变量"),
    ("1,5*x", "Write the decimal point as a dot: 1.5 instead of 1,5.", "小数点请用“.”"),
    ("(1,5)", "Write the decimal point as a dot: 1.5 instead of 1,5.", "小数点请用“.”"),
    ("(x", "The parenthesis opened at character 1 is not closed.", "没有配对的右括号"),
    ("x)", "There is one closing parenthesis too many (character 2).", "多了一个右括号"),
    ("x+", "The formula breaks off: something is missing at the end.", "式子不完整"),
    ("*x", "is missing before character 1.", "第 1 个字符之前缺少"),
    ("()", "is missing before character 2.", "第 2 个字符之前缺少"),
    ("exp()", "is missing before character 5.", "第 5 个字符之前缺少"),
    ("x*/y", "is missing before character 3.", "第 3 个字符之前缺少"),
    (
        "y=2*x",
        "Write only the expression itself, without signs of equality or comparison (character 2).",
        "只写表达式本身",
    ),
    ("0<x<1", "Write only the expression itself", "只写表达式本身"),
    ("x²", "Write a power with ^: x^2 (character 2).", "乘方请用 ^"),
    ("x……2", "Write a power with ^: x^2 (character 2).", "乘方请用 ^"),
    ("√x", "Write a root as sqrt(x) (character 1).", "根号请写成 sqrt(x)"),
    ("|x|", "Write an absolute value as abs(x) (character 1).", "绝对值请写成 abs(x)"),
    ("2*[x+1]", "Use round parentheses only (character 3).", "括号只用圆括号"),
    (r"\frac{x}{2}", "LaTeX is not read here; write a/b", "这里不识别 LaTeX"),
    ("$x$", "LaTeX is not read here", "这里不识别 LaTeX"),
    ("∞", "Infinity is not a number to compute with", "不能使用无穷大"),
    ("x!", "The character at place 2 can't be read. Write a formula like 2*x + exp(-y).", "第 2 个字符无法识别"),
    ("__import__('os')", "The character at place 1 can't be read.", "第 1 个字符无法识别"),
    ("x.real", "The character at place 2 can't be read.", "第 2 个字符无法识别"),
    ("lambda: x", "The character at place 7 can't be read.", "第 7 个字符无法识别"),
    ("x\ud800", "The character at place 2 can't be read.", "第 2 个字符无法识别"),
    ("1e999*x", "The number at character 1 is too large.", "第 1 个字符处的数太大了"),
    ("x" * (MAX_LENGTH + 1), "Too long: at most 300 characters.", "最多 300 个字符"),
    ("x" * 10**6, "Too long: at most 300 characters.", "最多 300 个字符"),
    ("(" * 41 + "x" + ")" * 41, "Nested too deeply: at most 40 levels", "最多 40 层"),
    ("2^" * 41 + "x", "Nested too deeply: at most 40 levels", "最多 40 层"),
    ("log(-x)", "has no value in a large part of the range that is asked about, such as at x = ", "有很大一部分没有值"),
    ("1/(x-x)", "has no value in a large part", "有很大一部分没有值"),
    ("exp(1000*x)", "has no value in a large part", "有很大一部分没有值"),
    (None, "Write one formula here, such as 2*x + 1.", "这里请填一个式子"),
    (True, "Write one formula here", "这里请填一个式子"),
    ({"x": 1}, "Write one formula here", "这里请填一个式子"),
    ([["x"], [["y"]]], "Write one formula here", "这里请填一个式子"),
    (b"x", "Write one formula here", "这里请填一个式子"),
    (10**400, "This number is too large.", "这个数太大了。"),
    (math.nan, "NaN and infinity are not answers", "NaN 和无穷大不能作为答案"),
]


@pytest.mark.parametrize(("raw", "en", "zh"), REFUSALS)
def test_what_is_refused_and_why(raw, en, zh):
    with pytest.raises(FormatError) as refused:
        KIND.parse(raw)
    assert en in refused.value.text.en
    assert zh in refused.value.text.zh


@pytest.mark.parametrize("raw", [raw for raw, _, _ in REFUSALS])
def test_refusals_mean_nothing_else_in_markdown(raw):
    with pytest.raises(FormatError) as refused:
        KIND.parse(raw)
    for sentence in (refused.value.text.en, refused.value.text.zh):
        assert not set("$`<>\\[]") & set(sentence)
        assert sentence.count("*") <= 1


def test_the_bounds_themselves_are_allowed():
    assert read_formula("(" * MAX_DEPTH + "x" + ")" * MAX_DEPTH, NAMES) == read_formula("x", NAMES)
    longest = "x" + "+x" * 149 + " "
    assert len(longest) == MAX_LENGTH
    assert KIND.text(KIND.parse(longest)).count("+") == 149
    assert KIND.latex(KIND.parse("-" * 299 + "x")) == "-x"
    assert KIND.parse("1^" * MAX_DEPTH + "x")
    assert KIND.parse("+".join(["(x)^2"] * 50)), "side by side is not deep"


# Python reads sums, products, powers and signs by the same rules: it tells what is a formula, and what it is worth


def in_python(typed):
    """Python's reading of the same symbols; None if it is none, or has what we don't (calls, tuples)."""
    try:
        tree = ast.parse(typed.replace("^", "**").strip(), mode="eval")
    except SyntaxError:
        return None
    if any(isinstance(node, ast.Call | ast.Tuple) for node in ast.walk(tree)):
        return None
    return eval(compile(tree, "typed", "eval"), {"x": np.float64(1.5), "y": np.float64(0.75)})


SYMBOLS = st.lists(st.sampled_from(["x", "y", "2.", ".5", "+", "-", "-", "*", "/", "^", "(", ")"]), max_size=14)


@settings(max_examples=1000)
@given(SYMBOLS)
def test_python_agrees_on_what_a_formula_is_and_means(symbols):
    typed = " ".join(symbols)
    with np.errstate(all="ignore"):
        try:
            expected = in_python(typed)
        except (ZeroDivisionError, OverflowError):
            return
    try:
        read = read_formula(typed, NAMES)
    except FormatError:
        assert expected is None
        return
    assert expected is not None
    if not isinstance(expected, complex):  # Python's own floats have complex powers, ours have none
        assert value(text(read)) == pytest.approx(float(expected), rel=1e-12, nan_ok=True)


ATOMS = st.one_of(
    st.sampled_from(["x", "y", "η", "w₁", "e", "pi"]),
    st.floats(0, 1e9).map(repr),
    st.integers(0, 99).map(str),
)
FORMULAS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/^"), inner).map(lambda parts: "({}){}({})".format(*parts)),
        inner.map("-({})".format),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), inner).map(lambda parts: "{}({})".format(*parts)),
        st.tuples(st.sampled_from(["max", "min"]), inner, inner).map(lambda parts: "{}({},{})".format(*parts)),
    ),
    max_leaves=8,
)


@settings(max_examples=500)
@given(FORMULAS)
def test_the_echo_reads_back_as_the_same_formula_and_prints(typed):
    tree = read_formula(typed, NAMES)
    assert read_formula(text(tree), NAMES) == tree
    assert MATHML.convert_with_local_state(latex(tree), displaystyle=False)


# What counts as right

EQUIVALENT = [
    ("(x+1)^2", "x^2 + 2*x + 1"),
    ("(x-y)*(x+y)", "x^2 - y^2"),
    ("2*x*y", "y*x + x*y"),
    ("x/2", "0.5*x"),
    ("x", "x^2/x"),
    ("exp(x+y)", "exp(x)*e^y"),
    ("exp(-x)", "1/exp(x)"),
    ("sigmoid(x)", "1/(1+exp(-x))"),
    ("sigmoid(x)", "exp(x)/(1+exp(x))"),
    ("sigmoid(x)*(1-sigmoid(x))", "exp(-x)/(1+exp(-x))^2"),
    ("1-sigmoid(x)", "σ(-x)"),
    ("tanh(x)", "2*sigmoid(2*x)-1"),
    ("tanh(x)", "(exp(x)-exp(-x))/(exp(x)+exp(-x))"),
    ("1-tanh(x)^2", "4/(exp(x)+exp(-x))^2"),
    ("sin(2*x)", "2*sin(x)*cos(x)"),
    ("cos(x)^2", "(1+cos(2*x))/2"),
    ("abs(x)", "sqrt(x^2)"),
    ("abs(x)", "relu(x)+relu(-x)"),
    ("max(x,y)", "(x+y+abs(x-y))/2"),
    ("max(0,1-x*y)^2", "relu(1-y*x)^2"),
    ("log(1+exp(x))", "x + ln(1+exp(-x))"),
    ("0", "x-x"),
    ("sin(x)^2+cos(x)^2", "1"),
    ("sin(x)^2+cos(x)^2-1", "0"),
    ("x-1/3", "x-0.33333333333"),
    ("(x-1)^8", "x^8-8*x^7+28*x^6-56*x^5+70*x^4-56*x^3+28*x^2-8*x+1"),
    ("1e-12*x", "x/10^12"),
    ("exp(10*x)", "exp(x)^10"),
]


@pytest.mark.parametrize(("key", "typed"), EQUIVALENT)
def test_every_way_to_write_the_key_is_right(key, typed):
    assert SIGNED.compare(SIGNED.parse(typed), SIGNED.key(key)).correct
    assert SIGNED.compare(SIGNED.parse(key), SIGNED.key(typed)).correct or "/x" in typed
    assert SIGNED.distance(SIGNED.key(key), key) == 0


def test_tails_in_which_digits_cancel_are_no_mistake():
    """σ(x) = 1 − 10⁻¹³ where x = 30: the answer's own rounding error is allowed for, and nothing beyond it."""
    wide = Formula((Variable("x", -35.0, 35.0),))
    key = wide.key("exp(-abs(x))/(1+exp(-abs(x)))^2")
    assert wide.compare("sigmoid(x)*(1-sigmoid(x))", key).correct
    assert not wide.compare("sigmoid(x)*(1-sigmoid(x)) + 1e-9", key).correct
    assert not wide.compare("exp(-abs(x))/(1+exp(-abs(x)))", key).correct


NEAR_MISSES = [
    ("x^2", "x^2 + 1e-3*x"),
    ("x^2", "x^2 + 1e-3*x + (1e13*x - 1e13*x)"),  # its rounding error is huge, and no excuse
    ("x^2", "x^2*1.0001"),
    ("x^2", "abs(x)^2.0001"),
    ("x*y", "x*y + 1e-5"),
    ("exp(x^2)", "exp(x^2) + 1e-4*x"),
    ("x", "-x"),
    ("x", "abs(x)"),
    ("x", "relu(x)"),
    ("x/3", "x/4"),
    ("x/3", "0.3333*x"),
    ("e^x", "2.718^x"),
    ("exp(x)", "1+x+x^2/2+x^3/6+x^4/24+x^5/120+x^6/720"),
    ("tanh(x)", "2*sigmoid(x)-1"),
    ("sigmoid(x)", "sigmoid(x)*(1-sigmoid(x))"),
    ("max(0,1-x*y)", "1-x*y"),
    ("sin(x)", "x-x^3/6"),
    ("1e-12*x", "0"),
    ("0", "1e-5*x"),
    ("1 + 0.001*x", "1 + 0.0010001*x"),
    ("exp(20*x)", "exp(20*x)+1e-3"),  # seen where the key is small, though its largest value is 10¹⁷
    ("max(x, -1.97)", "x"),
]


@pytest.mark.parametrize(("key", "typed"), NEAR_MISSES)
def test_what_only_looks_like_the_key_is_wrong(key, typed):
    comparison = SIGNED.compare(SIGNED.parse(typed), SIGNED.key(key))
    assert (comparison.correct, comparison.share, comparison.parts) == (False, 0.0, (False,))


def test_few_undefined_points_are_skipped_and_many_are_no_answer():
    """exp(log(x)) is x where x > 0, and must not pass for relu(x)."""

    def on(low):
        kind = Formula((Variable("x", low, 1.0),))
        return kind.compare(kind.parse("exp(log(x))"), kind.key("x"))

    assert on(-0.05).correct
    with pytest.raises(FormatError, match=r"no value in a large part .* such as at x = -0"):
        on(-0.2)


def test_an_absolute_tolerance_counts_everywhere_alike():
    kind = Formula((Variable("x", 0.0, 100.0),), Tolerance("absolute", 0.01))
    assert kind.compare("x + 0.0099", kind.key("x")).correct
    assert not kind.compare("x + 0.0101", kind.key("x")).correct
    assert kind.distance("x", "x + 0.05") == pytest.approx(5)


@pytest.mark.parametrize("tolerance", [Tolerance("relative", 1e-4), Tolerance("absolute", 1e-4)])
@pytest.mark.parametrize("key", ["x", "exp(3*x) - y", "0", "sin(x)^2+cos(x)^2-1"])
def test_a_moved_key_is_just_so_far_away(tolerance, key):
    kind = Formula(SIGNED.variables, tolerance)
    assert kind.compare(kind.moved(key, 0.9), kind.key(key)).correct
    assert not kind.compare(kind.moved(key, 1.1), kind.key(key)).correct


def test_distances_are_in_tolerances_and_infinite_where_nothing_can_be_compared():
    assert SIGNED.distance("exp(x)", "exp(x)*(1 + 5e-8)") == pytest.approx(5, rel=1e-3)
    assert SIGNED.distance("log(x)", "x") == math.inf


# Keys


@pytest.mark.parametrize(
    ("solved", "why"),
    [
        ("log(x)", "undefined in a part of the domain"),
        ("exp(1000*x)", "undefined"),
        ("2x", "multiplication sign"),
        ("x + " * 50 + "x", f"more than {MAX_KEY_LENGTH} characters"),
        (None, "Write one formula here"),
        (math.inf, "infinity"),
    ],
)
def test_what_is_no_key(solved, why):
    with pytest.raises(ValueError, match=why):
        SIGNED.key(solved)


def test_a_solver_may_return_text_or_a_number():
    assert SIGNED.key(" 2*x ") == "2*x"
    assert SIGNED.compare("1/2", SIGNED.key(np.float64(0.5))).correct


@pytest.mark.parametrize("name", ["", "exp", "max", "ln", "1x", "x y", "x-y", "_x", "x_", "η"])
def test_names_that_no_variable_can_have(name):
    with pytest.raises(ValueError, match="can't be the name of a variable"):
        Variable(name, 0.0, 1.0)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, 1.0), (0.0, math.inf), (math.nan, 1.0)])
def test_domains_that_are_none(low, high):
    with pytest.raises(ValueError, match="is no interval"):
        Variable("x", low, high)


def test_formulas_that_make_no_sense():
    x = Variable("x", 0.0, 1.0)
    with pytest.raises(ValueError, match="needs variables"):
        Formula(())
    with pytest.raises(ValueError, match="underscores"):
        Formula((Variable("x_1", 0.0, 1.0), Variable("x1", 0.0, 1.0)))
    for useless in (Tolerance("decimals", 3), Tolerance("relative", 0)):
        with pytest.raises(ValueError, match="positive absolute or relative"):
            Formula((x,), useless)


def test_many_variables_are_sampled_at_both_ends():
    """Every variable matters, also beyond the six whose corners are combined."""
    names = [f"x{place}" for place in range(9)]
    kind = Formula(tuple(Variable(name, -1.0, 1.0) for name in names))
    key = kind.key("+".join(names))
    for name in names:
        assert not kind.compare("+".join(names) + f"+relu({name}-0.99)", key).correct


# In a problem

TEXT = Text("You made a mistake.", "你犯了一个错误。")


@pytest.fixture
def derivative(make_problem):
    """The derivative of a·x², of which one mistake forgets the factor 2 and another is undefined."""
    kind = Formula((Variable("x", -2.0, 2.0),))
    fields = (
        Field(name="df", kind=kind),
        Field(name="at", kind=Number(Tolerance("absolute", 0.01)), follows=("df",)),
    )
    mistakes = (
        Mistake(id="forgotten", text=TEXT, answers=lambda p: {"df": f"{p['x'][0]}*x"}),
        Mistake(id="logarithm", text=TEXT, answers=lambda _: {"df": "log(x)"}),
    )
    return make_problem(
        solve=lambda p: {"df": f"{2 * p['x'][0]}*x", "at": 2 * p["x"][0]},
        fields=lambda _: fields,
        follow=lambda _, given: {"at": evaluate(read_formula(given["df"], ("x",)), {"x": np.ones(1)}).values.item()},
        mistakes=mistakes,
        published={},
        printed_options={},
    )


def test_a_problem_that_asks_for_a_formula_is_sound(derivative):
    assert list(check(derivative, range(20))) == []


def test_a_formula_is_graded_diagnosed_and_followed(derivative):
    variant = deal(derivative, 0)  # a = 2
    assert grade(variant, "open", {"df": "x*4", "at": 4}).correct
    wrong = grade(variant, "open", {"df": "２*x", "at": 2})
    assert [field.mistake for field in wrong.fields] == ["forgotten", None]
    assert [field.score for field in wrong.fields] == [0.0, 1.0]
    assert (wrong.fields[0].read_as, wrong.fields[0].read_as_latex, wrong.fields[1].followed) == ("2*x", "2 x", True)


def test_formulas_stand_in_options_as_latex(derivative, make_problem):
    options = {"A": {"df": "4*x"}, "B": {"df": "2*x"}}
    kind = derivative.fields({})[0]
    problem = make_problem(
        solve=lambda p: {"df": f"{2 * p['x'][0]}*x"},
        fields=lambda _: (kind,),
        mistakes=derivative.mistakes,
        published={"answer": "A"},
        printed_options=options,
    )
    assert list(check(problem, range(5))) == []
    (field,) = deal(problem, 0).fields("choice")
    assert [option.text.en for option in field.kind.options] == ["$4 x$", "$2 x$"]
