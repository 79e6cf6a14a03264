"""Markdown with LaTeX between dollar signs becomes HTML with MathML, ready for a page with a strict CSP.

A formula that cannot be converted raises instead of showing up broken on somebody's page: `check_texts` converts all
of them beforehand.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup, escape
from math_core import LatexError, LatexToMathML
from mdit_py_plugins.dollarmath import dollarmath_plugin

from problems.answers import Choice, Choices
from problems.dealing import deal
from problems.problem import Problem
from problems.text import LANGUAGES, Text
from problems.variant import Variant

CLASSES: Mapping[str, str] = {
    "text-align:left": "m-left",
    "text-align:center": "m-center",
    "text-align:right": "m-right",
    "justify-items:start": "m-start",
    "justify-items:end": "m-end",
    "padding-left:0": "m-pl0",
    "padding-right:0": "m-pr0",
    "padding-left:1em": "m-pl1",
    "border-top:0.05em solid currentcolor": "m-top",
    "border-right:0.05em solid currentcolor": "m-line",
    "width:50%": "m-half",
    "width:100%": "m-full",
}
"""The inline styles that math-core and tables write, which the CSP forbids, and the classes that stand for them."""

_STYLE = re.compile(r' style="([^"]*)"')
_RAISED_BRACKET = re.compile(r'<(msup|msub|msubsup)>(<mo minsize="[^"]*" maxsize="[^"]*">[^<]*</mo>)')
_CLOSING = re.compile("[,.;:!?)\\]\u2019\u201d\u3001\u3002\uff01\uff09\uff0c\uff1a\uff1b\uff1f\u300b]+")
_STRUCTURE = re.compile(r"(\\qquad(?![A-Za-z])|\\[{}]|[{}]|\\(?:left|right|begin|end)(?![A-Za-z]))")
_OPENING, _CLOSED = ("{", r"\left", r"\begin"), ("}", r"\right", r"\end")
_EAST_ASIAN = re.compile("[\u2e80-\u9fff\uff00-\uffef\u3000-\u303f]")


Rule: TypeAlias = Callable[..., str]
"""Writes one token: takes the renderer, the tokens, and the place of the token among them."""


class UnprintableError(ValueError):
    """A formula is not LaTeX that can be shown, or a text has a stray dollar sign."""


@lru_cache(maxsize=8192)
def mathml(latex: str, *, display: bool = False) -> Markup:
    """The formula as MathML; raises `UnprintableError`."""
    try:
        converted = _converter.convert_with_local_state(latex.strip(), displaystyle=display)
    except LatexError as error:
        raise UnprintableError(f"{latex}: {error}") from error
    # Chromium gives a bracket its size (`\\bigr)^2`) only where a row stands between it and the exponent.
    sized = _RAISED_BRACKET.sub(r"<\1><mrow>\2</mrow>", converted)
    # What math-core returns is markup with the formula's characters escaped.
    return Markup(_STYLE.sub(_as_classes, sized))  # noqa: S704


_converter = LatexToMathML(fancy_error=False)


def _as_classes(style: re.Match[str]) -> str:
    declarations = [declaration.replace(": ", ":") for declaration in style[1].split(";") if declaration]
    try:
        return f' class="{" ".join(CLASSES[declaration] for declaration in declarations)}"'
    except KeyError as unknown:
        raise UnprintableError(f"no class stands for the style {unknown}") from None


def _keep_punctuation(state: StateCore) -> None:
    """Hand the punctuation that follows a formula over to it: browsers would start a line with it otherwise."""
    for token in state.tokens:
        for formula, text in pairwise(token.children or ()):
            closing = _CLOSING.match(text.content) if text.type == "text" else None
            if formula.type == "math_inline" and closing:
                formula.meta["closing"] = closing[0]
                text.content, text.meta["moved"] = text.content[closing.end() :], closing[0]


def _inline_math(_self: RendererHTML, tokens: Sequence[Token], place: int, *_: Any) -> str:
    formula = mathml(tokens[place].content)
    closing = tokens[place].meta.get("closing")
    return f'<span class="kept">{formula}{escape(closing)}</span>' if closing else formula


def _displayed_math(_self: RendererHTML, tokens: Sequence[Token], place: int, *_: Any) -> str:
    r"""A displayed formula has a box in which it can scroll, so that the page itself never scrolls sideways.

    Several in one line, which `\qquad` sets apart, have a box each and stand below each other where the line is short.
    """
    boxes = [f'<span class="wide">{mathml(part, display=True)}</span>' for part in _side_by_side(tokens[place].content)]
    return boxes[0] if len(boxes) == 1 else f'<span class="formulas">{"".join(boxes)}</span>'


def _side_by_side(latex: str) -> Sequence[str]:
    r"""The formula cut at every ``\qquad`` that stands in no braces, brackets or environment."""
    parts, depth = [""], 0
    for piece in _STRUCTURE.split(latex):
        depth += piece.startswith(_OPENING) - piece.startswith(_CLOSED)
        if piece == r"\qquad" and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return [part for part in parts if part.strip()]


def _soft_break(_self: RendererHTML, tokens: Sequence[Token], place: int, *_: Any) -> str:
    """A line break in the source is a space, except between two Chinese characters."""
    before = (tokens[place - 1].content or tokens[place - 1].meta.get("moved", ""))[-1:] if place else ""
    after = tokens[place + 1].content[:1] if place + 1 < len(tokens) else ""
    return "" if _EAST_ASIAN.match(before) and _EAST_ASIAN.match(after) else "\n"


def _open_table(*_: Any) -> str:
    return '<div class="table"><table>\n'


def _close_table(*_: Any) -> str:
    return "</table></div>\n"


def renderer(inline_math: Rule, displayed_math: Rule) -> MarkdownIt:
    """Markdown with formulas, for whoever writes formulas in a way of their own.

    A rule may find punctuation that stands behind its formula in ``token.meta["closing"]``, and writes it.
    """
    markdown = (
        MarkdownIt("commonmark", {"html": False})
        .enable("table")
        .use(dollarmath_plugin, allow_labels=False, allow_space=False, double_inline=True)
    )
    for name, render in (
        ("math_inline", inline_math),
        ("math_inline_double", displayed_math),
        ("math_block", displayed_math),
        ("softbreak", _soft_break),
    ):
        markdown.add_render_rule(name, render)
    markdown.core.ruler.push("keep_punctuation", _keep_punctuation)
    return markdown


_markdown = renderer(_inline_math, _displayed_math)
for _rule, _render in (("table_open", _open_table), ("table_close", _close_table)):
    _markdown.add_render_rule(_rule, _render)


@lru_cache(maxsize=8192)
def block(markdown: str) -> Markup:
    """Paragraphs, lists, tables; raises `UnprintableError`."""
    return _checked(_markdown.render(markdown), markdown)


@lru_cache(maxsize=8192)
def inline(markdown: str) -> Markup:
    """One line without a paragraph around it; raises `UnprintableError`."""
    return _checked(_markdown.renderInline(markdown), markdown)


def _checked(html: str, markdown: str) -> Markup:
    if "$" in html:
        raise UnprintableError(f"a dollar sign without its partner: {markdown}")
    # markdown-it escapes what is not its own, raw HTML included.
    return Markup(_STYLE.sub(_as_classes, html))  # noqa: S704


def check_texts(catalogue: Mapping[str, Problem[Any]], seeds: Iterable[int] = (0, 1, 2, 3)) -> None:
    """Convert every text and formula that a page can show of these variants; raises `UnprintableError`."""
    for problem in catalogue.values():
        for seed in seeds:
            try:
                _check_variant(deal(problem, seed))
            except UnprintableError as error:
                raise UnprintableError(f"exercise {problem.id}, seed {seed}: {error}") from error


def _check_variant(variant: Variant[Any]) -> None:
    for text in _texts(variant):
        for language in LANGUAGES:
            block(text[language])
            inline(text[language])
    for form in variant.forms:
        for field in variant.fields(form):
            mathml(field.label)
            mathml(field.kind.latex(variant.keys(form, "corrected")[0][field.name]))


def _texts(variant: Variant[Any]) -> Iterator[Text]:
    problem = variant.problem
    yield from (problem.page.title, variant.statement, variant.solution, *variant.hints)
    yield from (mistake.text for mistake in problem.mistakes)
    if problem.erratum is not None:
        yield problem.erratum.reason
    for form in variant.forms:
        for field in variant.fields(form):
            if isinstance(field.kind, Choice | Choices):
                for option in field.kind.options:
                    yield option.text
                    if option.reason is not None:
                        yield option.reason
