"""Markdown and LaTeX become HTML that a strict CSP shows, or raise."""

import re

import pytest

from app.core.pages import STATIC
from app.core.text import CLASSES, UnprintableError, block, check_texts, inline, mathml
from problems.catalogue import catalogue


def test_formulas_become_mathml() -> None:
    assert inline("with $x^2$") == "with <math><msup><mi>x</mi><mn>2</mn></msup></math>"


def test_a_displayed_formula_stands_in_a_box_that_scrolls() -> None:
    assert block("$$x$$") == '<span class="wide"><math display="block"><mi>x</mi></math></span>'


def test_html_is_shown_not_run() -> None:
    html = block('<script>alert(1)</script> $\\text{<img src=x onerror="alert(1)">}$')
    assert "<script" not in html
    assert "<img" not in html


def test_links_cannot_carry_scripts() -> None:
    assert "href" not in block("[press](javascript:alert(1))")


@pytest.mark.parametrize(
    ("markdown", "reason"),
    [
        (r"$\unheardof$", "Unknown command"),
        ("$\\begin{bmatrix} 1$", "bmatrix"),
        ("costs $5", "dollar sign"),
        (r"$\color{red}{x}$", "no class stands for the style"),
    ],
)
def test_what_cannot_be_shown_raises(markdown: str, reason: str) -> None:
    with pytest.raises(UnprintableError, match=reason):
        block(markdown)


def test_inline_styles_become_classes() -> None:
    table = mathml(r"\begin{array}{l|r} a & b \\ \hline c & d \end{array} \begin{cases} a & b \end{cases}")
    aligned = mathml(r"\begin{align*} a &= b \end{align*} \begin{aligned} a &= b \end{aligned}", display=True)
    assert " style=" not in table + aligned
    assert {"m-left", "m-right", "m-line", "m-top", "m-half"} <= set(re.findall(r"[\w-]+", table + aligned))


@pytest.mark.parametrize("name", CLASSES.values())
def test_the_stylesheet_has_every_class_that_stands_for_a_style(name: str) -> None:
    assert f".{name} {{" in (STATIC / "book.css").read_text(encoding="utf-8")


def test_a_table_stands_in_a_box_that_scrolls() -> None:
    html = block("| a | b |\n|--:|:-:|\n| 1 | 2 |")
    assert html.startswith('<div class="table"><table>')
    assert html.endswith("</table></div>\n")
    assert '<td class="m-right">1</td>\n<td class="m-center">2</td>' in html


def test_a_bracket_with_an_exponent_keeps_its_size() -> None:
    assert "<msup><mrow><mo minsize" in mathml(r"\bigl(a\bigr)^2")


def test_no_line_starts_with_the_punctuation_after_a_formula() -> None:
    assert inline("设 $x$，则").startswith('设 <span class="kept"><math><mi>x</mi></math>，</span>则')


def test_a_line_break_between_chinese_characters_is_no_space() -> None:
    assert inline("梯度\n下降") == "梯度下降"
    assert inline("设 $x$。\n求").endswith("。</span>求")
    assert inline("gradient\ndescent") == "gradient\ndescent"


@pytest.mark.parametrize("problem_id", catalogue())
def test_every_text_of_every_problem_can_be_shown(problem_id: str) -> None:
    check_texts({problem_id: catalogue()[problem_id]}, seeds=range(6))


@pytest.mark.parametrize(
    ("latex", "parts"),
    [
        (r"a = 1, \qquad b = 2.", 2),
        (r"a = 1", 1),
        (r"\left( a \qquad b \right)", 1),
        (r"\begin{cases} a & \text{if } b \qquad c \\ d \end{cases}, \qquad e", 2),
        (r"\frac{a \qquad b}{c}", 1),
        (r"\{a\}, \qquad \{b\}", 2),
        (r"a \qquad", 1),
    ],
)
def test_formulas_side_by_side_have_a_box_each(latex: str, parts: int) -> None:
    html = block(f"$${latex}$$")
    assert (html.count('class="wide"'), html.count("<math")) == (parts, parts)
    assert ('class="formulas"' in html) == (parts > 1)
