"""What stands in a QTI item: XHTML with MathML, as elements of `xml.etree`.

Namespaces are written as `xmlns` attributes and names without prefixes, since players that hand an item to a browser
know no prefixes.
"""

import re
from collections.abc import Iterator
from html import unescape
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from app.core.text import CLASSES, block, inline, mathml
from app.exports.moodle_html import clean, plain
from problems.exhibits import Figure
from problems.text import Language

MATHML = "http://www.w3.org/1998/Math/MathML"
STYLESHEET = "haitang.css"
LANGUAGE_TAGS = {"en": "en", "zh": "zh-Hans"}

_NAMED = re.compile(r"&(?!amp;|lt;|gt;|quot;)[A-Za-z]+;")
_BLOCKS = frozenset({"p", "div", "ul", "ol", "table", "pre", "blockquote"})


def node(tag: str, *children: Element | str, **attributes: str) -> Element:
    """An element with these children; an underscore ends a name that Python keeps for itself (`class_`)."""
    made = Element(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    for child in children:
        append(made, child)
    return made


def append(parent: Element, child: Element | str) -> None:
    if isinstance(child, Element):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + clean(child)
    else:
        parent.text = (parent.text or "") + clean(child)


def blocks(markdown: str) -> list[Element]:
    """Paragraphs, lists and tables."""
    return list(_blocks(_parsed(block(markdown))))


def line(markdown: str, tag: str, **attributes: str) -> Element:
    """One line of text inside an element of this name."""
    made = _parsed(inline(markdown))
    made.tag, made.attrib = tag, {name.rstrip("_"): value for name, value in attributes.items()}
    return made


def formula(latex: str) -> Element:
    (made,) = _parsed(mathml(latex))
    return made


def figure_blocks(figure: Figure, name: str, language: Language) -> list[Element]:
    image = node("img", src=name, alt=clean(plain(figure.alt[language])))
    return [node("p", image), node("p", line(figure.title[language], "em"))]


def stylesheet() -> str:
    """What the classes mean that stand for the inline styles of formulas and tables."""
    rules = [f".{name} {{ {style} }}" for style, name in CLASSES.items()]
    return "\n".join([*rules, ".formulas .wide { display: inline-block; margin-right: 2em }", ""])


def _parsed(html: str) -> Element:
    """The elements of a piece of HTML, whose named characters XML does not know."""
    # Our own renderer wrote it, from our own texts.
    made = ET.fromstring(f"<div>{_NAMED.sub(lambda name: unescape(name[0]), html)}</div>")  # noqa: S314
    for parent in list(made.iter()):
        for place, child in enumerate(parent):
            if child.tag == "math":
                child.set("xmlns", MATHML)
            elif child.tag == "mtable":
                child.attrib.pop("scriptlevel", None)  # MathML Core only
            elif child.tag == "mfrac" and "displaystyle" in child.attrib:
                style = Element("mstyle", displaystyle=child.attrib.pop("displaystyle"))
                style.tail, child.tail = child.tail, None
                style.append(child)
                parent[place] = style
    return made


def _blocks(parent: Element) -> Iterator[Element]:
    """The children, each a block: what stands in a line by itself gets one around it."""
    for child in parent:
        child.tail = None
        yield child if child.tag in _BLOCKS else node("div", child)
