r"""Texts as Moodle shows them: HTML with LaTeX between ``\(…\)`` and ``\[…\]``, as its MathJax filter expects."""

import base64
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from markdown_it.token import Token

from app.core.text import renderer
from problems.exhibits import Figure
from problems.text import Language

_PLAIN_MATH = re.compile(r"\$([^$]*)\$")
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def formula(latex: str) -> str:
    return f"\\({escape(latex.strip(), quote=False)}\\)"


def _inline(_self: Any, tokens: Sequence[Token], place: int, *_: Any) -> str:
    return formula(tokens[place].content) + escape(tokens[place].meta.get("closing", ""), quote=False)


def _displayed(_self: Any, tokens: Sequence[Token], place: int, *_: Any) -> str:
    return f"\\[{escape(tokens[place].content.strip(), quote=False)}\\]"


def _paragraph(_self: Any, tokens: Sequence[Token], place: int, *_: Any) -> str:
    """A displayed formula by itself is no paragraph yet, and Moodle's editor wants it in one."""
    return f"<p>{_displayed(_self, tokens, place)}</p>\n"


_markdown = renderer(_inline, _displayed)
_markdown.add_render_rule("math_block", _paragraph)


@lru_cache(maxsize=4096)
def block(markdown: str) -> str:
    """Paragraphs, lists, tables."""
    return str(_markdown.render(markdown)).strip()


@lru_cache(maxsize=4096)
def inline(markdown: str) -> str:
    return str(_markdown.renderInline(markdown))


def plain(markdown: str) -> str:
    """One line of a title without markup: what stood between dollar signs stays as it is."""
    return " ".join(_PLAIN_MATH.sub(r"\1", markdown).split())


def clean(text: str) -> str:
    """The text without characters that XML has no place for."""
    return _FORBIDDEN.sub("\ufffd", text)


def category_path(steps: Iterable[str]) -> str:
    """Where questions go: names with slashes between them; a slash in a name is written twice.

    A space keeps a slash at an end of a name apart from those between names.
    """
    names = [clean(plain(step)).replace("/", "//") for step in steps]
    padded = [" " * name.startswith("/") + name + " " * name.endswith("/") for name in names]
    return "/".join(["$course$", "top", "Haitang", *padded])


def file_name(stem: str, figure: Figure) -> str:
    return f"{stem}-{figure.id}.svg"


def figure_html(figure: Figure, name: str, language: Language) -> str:
    """A figure that lies beside the text; Moodle puts the address of its files in the place of @@PLUGINFILE@@."""
    return (
        f'<p><img src="@@PLUGINFILE@@/{name}" alt="{escape(plain(figure.alt[language]))}"></p>\n'
        f"<p><em>{inline(figure.title[language])}</em></p>"
    )


def attach(parent: Element, name: str, content: bytes) -> None:
    file = SubElement(parent, "file", name=name, path="/", encoding="base64")
    file.text = base64.b64encode(content).decode("ascii")
