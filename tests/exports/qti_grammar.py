"""What the schemas of QTI 2.1 and 3.0 say of all that exports write: children in order, attributes, values.

Facts from 1EdTech's XSDs, whose texts may not lie here, compared type by type (the first column names the type of 2.1,
``….Type`` there, ``…DType`` in 3.0). Where exports use less than a schema allows, less is allowed here.

- QTI 2.1: ``imsqti_v2p1p2.xsd``, version 2.1.2 of 6 October 2016;
- QTI 3.0: ``imsqti_asiv3p0_v1p0.xsd``, of which a public data binding was read, and ``imsqtiv3p0_imscpv1p2_v1p0.xsd``;
- packages of 2.1: ``imscp_v1p1.xsd``, and the profile that 2.2 and 3.0 share: one metadata, no organization;
- formulas: the DTD of MathML 2.0, against which all of those of three seeds were validated.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal
from xml.etree.ElementTree import Element

from tests.exports.qti_player import MATHML

Version = Literal["2.1", "3.0"]
Rules = Mapping[str, tuple[str, str, str]]

ITEMS_AND_TESTS: Rules = {
    "assessmentItem": ("AssessmentItem",
        "responseDeclaration* outcomeDeclaration* stylesheet* itemBody? responseProcessing? modalFeedback*",
        "identifier=LINE title=LINE adaptive=BOOLEAN timeDependent=BOOLEAN xml:lang?=LANGUAGE xsi:schemaLocation=LINE"),
    "responseDeclaration": ("ResponseDeclaration", "correctResponse?",
        "identifier=NAME cardinality=CARDINALITY baseType?=BASE"),
    "correctResponse": ("CorrectResponse", "value+", ""),
    "outcomeDeclaration": ("OutcomeDeclaration", "defaultValue?",
        "identifier=NAME cardinality=CARDINALITY baseType?=BASE normalMinimum?=DOUBLE normalMaximum?=POSITIVE"),
    "defaultValue": ("DefaultValue", "value+", ""),
    "value": ("Value", "TEXT", ""),
    "stylesheet": ("StyleSheet", "", "href=ADDRESS type=text/css"),
    "itemBody": ("ItemBody", "BLOCK+", ""),
    "choiceInteraction": ("ChoiceInteraction", "simpleChoice+",
        "responseIdentifier=NAME shuffle=BOOLEAN maxChoices=NUMBER"),
    "simpleChoice": ("SimpleChoice", "STATIC*", "identifier=NAME"),
    "textEntryInteraction": ("TextEntryInteraction", "", "responseIdentifier=NAME expectedLength=NUMBER"),
    "modalFeedback": ("ModalFeedback", "BLOCK*", "outcomeIdentifier=NAME showHide=show|hide identifier=NAME"),
    "responseProcessing": ("ResponseProcessing", "RULE*", ""),
    "responseCondition": ("ResponseCondition", "responseIf responseElseIf* responseElse?", ""),
    "responseIf": ("ResponseIf", "EXPRESSION RULE*", ""),
    "responseElseIf": ("ResponseIf", "EXPRESSION RULE*", ""),
    "responseElse": ("ResponseElse", "RULE*", ""),
    "setOutcomeValue": ("SetValue", "EXPRESSION", "identifier=NAME"),
    "and": ("Logic1toMany", "EXPRESSION+", ""),
    "or": ("Logic1toMany", "EXPRESSION+", ""),
    "product": ("Logic1toMany", "EXPRESSION+", ""),
    "max": ("Logic1toMany", "EXPRESSION+", ""),
    "sum": ("NumericLogic1toMany", "NUMERIC+", ""),
    "not": ("LogicSingle", "EXPRESSION", ""),
    "isNull": ("LogicSingle", "EXPRESSION", ""),
    "gte": ("LogicPair", "EXPRESSION EXPRESSION", ""),
    "lte": ("LogicPair", "EXPRESSION EXPRESSION", ""),
    "lt": ("LogicPair", "EXPRESSION EXPRESSION", ""),
    "match": ("LogicPair", "EXPRESSION EXPRESSION", ""),
    "member": ("LogicPair", "EXPRESSION EXPRESSION", ""),
    "variable": ("Variable", "", "identifier=NAME"),
    "baseValue": ("BaseValue", "TEXT", "baseType=BASE"),
    "testVariables": ("TestVariables", "", "variableIdentifier=NAME weightIdentifier?=NAME"),
    "assessmentTest": ("AssessmentTest", "outcomeDeclaration* testPart+ outcomeProcessing?",
        "identifier=LINE title=LINE xsi:schemaLocation=LINE"),
    "testPart": ("TestPart", "assessmentSection+",
        "identifier=NAME navigationMode=linear|nonlinear submissionMode=individual|simultaneous"),
    "assessmentSection": ("AssessmentSection", "selection? assessmentItemRef*",
        "identifier=NAME title=LINE visible=BOOLEAN"),
    "selection": ("Selection", "", "select=NUMBER"),
    "assessmentItemRef": ("AssessmentItemRef", "weight*", "identifier=NAME href=ADDRESS"),
    "weight": ("Weight", "", "identifier=NAME value=DOUBLE"),
    "outcomeProcessing": ("OutcomeProcessing", "setOutcomeValue*", ""),
    "p": ("HTMLText", "INLINE*", ""),
    "em": ("HTMLText", "INLINE*", ""),
    "strong": ("HTMLText", "INLINE*", ""),
    "code": ("HTMLText", "TEXT", ""),
    "span": ("HTMLText", "INLINE*", "class?=TOKENS"),
    "br": ("BR", "", ""),
    "img": ("Img", "", "src=ADDRESS alt=LINE"),
    "div": ("Div", "FLOW*", "class?=TOKENS"),
    "ul": ("OUL", "li*", ""),
    "ol": ("OUL", "li*", ""),
    "li": ("LI", "FLOW*", ""),
    "table": ("Table", "thead? tbody+", ""),
    "thead": ("TablePart", "tr+", ""),
    "tbody": ("TablePart", "tr+", ""),
    "tr": ("TR", "CELL+", ""),
    "th": ("TDH", "FLOW*", "class?=TOKENS"),
    "td": ("TDH", "FLOW*", "class?=TOKENS"),
}  # fmt: skip
"""Of each element its type, its children as an expression over names and groups of names, and its attributes."""

THIRD: Rules = {
    "modalFeedback": ("ModalFeedback", "contentBody", ITEMS_AND_TESTS["modalFeedback"][2]),
    "contentBody": ("FeedbackFlowContentBody", "BLOCK*", ""),
}
"""Where 3.0 is otherwise."""

PACKAGE: Rules = {
    "manifest": ("Manifest", "metadata organizations resources", "identifier=NAME xsi:schemaLocation=LINE"),
    "metadata": ("ManifestMetadata", "schema schemaversion", ""),
    "schema": ("", "TEXT", ""),
    "schemaversion": ("", "TEXT", ""),
    "organizations": ("Organizations", "", ""),
    "resources": ("Resources", "resource*", ""),
    "resource": ("Resource", "file+ dependency*", "identifier=NAME type=LINE href=ADDRESS"),
    "file": ("File", "", "href=ADDRESS"),
    "dependency": ("Dependency", "", "identifierref=NAME"),
}

_STATIC = {"span", "em", "strong", "code", "img", "br", "math"}
_BLOCKS = {"p", "div", "ul", "ol", "table", "choiceInteraction"}
_NUMERIC = {"sum", "product", "max", "variable", "baseValue", "testVariables"}
GROUPS = {
    "STATIC": _STATIC,
    "INLINE": _STATIC | {"textEntryInteraction"},
    "BLOCK": _BLOCKS,
    "FLOW": _STATIC | _BLOCKS | {"textEntryInteraction"},
    "CELL": {"th", "td"},
    "RULE": {"responseCondition", "setOutcomeValue"},
    "NUMERIC": _NUMERIC,
    "EXPRESSION": _NUMERIC | {"and", "or", "not", "isNull", "gte", "lte", "lt", "match", "member"},
}
MIXED = {"STATIC", "INLINE", "FLOW", "TEXT"}

VALUES = {
    "NAME": r"[A-Za-z_][\w.-]*",  # xs:NCName, of ASCII
    "LINE": r"[^\t\n\r]+",  # xs:normalizedString
    "ADDRESS": r"[\w.-]+(/[\w.-]+)*",  # xs:anyURI, relative and of ASCII
    "BOOLEAN": "true|false",
    "NUMBER": r"\d+",
    "DOUBLE": r"-?\d+(\.\d+)?",
    "POSITIVE": r"\d+(\.\d+)?",
    "TOKENS": r"\S+( \S+)*",
    "LANGUAGE": r"[a-z]{2}(-[A-Z][a-z]{3})?",
    "CARDINALITY": "single|multiple|ordered|record",
    "BASE": "boolean|directedPair|duration|file|float|identifier|integer|pair|point|string|uri",
}

FORMULAS = {
    "math": {"display"}, "mi": {"mathvariant"}, "mn": set(), "mtext": set(), "mspace": {"width"},
    "mo": {"stretchy", "form", "lspace", "rspace", "minsize", "maxsize"}, "mrow": set(), "mfrac": set(),
    "msqrt": set(), "mstyle": {"displaystyle"}, "msub": set(), "msup": set(), "msubsup": set(), "munder": set(),
    "mover": {"accent"}, "munderover": set(), "mtable": {"displaystyle"}, "mtr": set(), "mtd": {"class"},
}  # fmt: skip

_PREFIXES = {
    "http://www.w3.org/XML/1998/namespace": "xml:",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi:",
}


def rules_of(version: Version) -> Rules:
    return ITEMS_AND_TESTS if version == "2.1" else {**ITEMS_AND_TESTS, **THIRD}


def check(element: Element, rules: Rules) -> None:
    """Raise AssertionError where the element, or one below it, is not as its schema says."""
    space, _, name = element.tag.rpartition("}")
    if space == "{" + MATHML:
        assert set(element.attrib) <= FORMULAS[name], (name, element.attrib)
    else:
        _, children, attributes = rules[name]
        _check_attributes(name, element, attributes)
        tags = "".join(f"{child.tag.rpartition('}')[2]} " for child in element)
        assert re.fullmatch(_expression(children), tags), (name, tags)
        if not any(each in children for each in MIXED):
            texts = [element.text, *(child.tail for child in element)]
            assert not any((text or "").strip() for text in texts), (name, texts)
    for child in element:
        check(child, rules)


def _check_attributes(name: str, element: Element, attributes: str) -> None:
    known, needed = _known(attributes)
    found = _attributes(element)
    assert needed <= set(found), (name, needed)
    for attribute, value in found.items():
        assert re.fullmatch(known[attribute], value, re.ASCII), (name, attribute, value)


@lru_cache
def _known(attributes: str) -> tuple[dict[str, str], set[str]]:
    """The patterns of the attributes, and those of them that are needed."""
    split = [each.partition("=") for each in attributes.split()]
    patterns = {attribute.removesuffix("?"): VALUES.get(kind, kind) for attribute, _, kind in split}
    return patterns, {attribute for attribute, _, _ in split if not attribute.endswith("?")}


def _attributes(element: Element) -> dict[str, str]:
    split = ((*key.removeprefix("{").rpartition("}"), value) for key, value in element.attrib.items())
    return {_PREFIXES.get(space, space) + name: value for space, _, name, value in split}


@lru_cache
def _expression(children: str) -> str:
    """The expression over names as a pattern of names with a space after each."""
    return re.sub(r"([A-Za-z]+)([*+?]?) ?", lambda match: _alternatives(match[1]) + match[2], children)


def _alternatives(name: str) -> str:
    return "" if name == "TEXT" else "(?:" + "|".join(f"{each} " for each in sorted(GROUPS.get(name, {name}))) + ")"
