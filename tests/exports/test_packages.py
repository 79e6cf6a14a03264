"""QTI packages hold together: the manifest names every file, references lead somewhere, items have the right shape.

The shape is a grammar of the part of QTI that our exports use, written down from the specification: for each element
its children in their order, and its attributes. The schemas of 1EdTech themselves may not be committed.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest

from app.exports.making import Format, prepare, write
from app.exports.order import of_problems
from problems import find
from problems.catalogue import catalogue
from problems.text import LANGUAGES
from tests.exports.qti_player import MATHML, read

GRAMMAR = {
    "assessmentItem": (
        "responseDeclaration* outcomeDeclaration* stylesheet? itemBody responseProcessing modalFeedback*",
        "identifier title adaptive timeDependent lang schemaLocation"),
    "responseDeclaration": ("correctResponse", "identifier cardinality baseType"),
    "correctResponse": ("value+", ""),
    "outcomeDeclaration": ("defaultValue?", "identifier cardinality baseType normalMinimum? normalMaximum?"),
    "defaultValue": ("value", ""),
    "value": ("TEXT", ""),
    "stylesheet": ("", "href type"),
    "itemBody": ("BLOCK+", ""),
    "choiceInteraction": ("simpleChoice+", "responseIdentifier shuffle maxChoices"),
    "simpleChoice": ("INLINE*", "identifier"),
    "textEntryInteraction": ("", "responseIdentifier expectedLength"),
    "modalFeedback": ("BLOCK+", "outcomeIdentifier showHide identifier"),
    "contentBody": ("BLOCK+", ""),
    "responseProcessing": ("RULE+", ""),
    "responseCondition": ("responseIf responseElseIf* responseElse?", ""),
    "responseIf": ("EXPRESSION RULE+", ""),
    "responseElseIf": ("EXPRESSION RULE+", ""),
    "responseElse": ("RULE+", ""),
    "setOutcomeValue": ("EXPRESSION", "identifier"),
    "and": ("EXPRESSION+", ""),
    "or": ("EXPRESSION+", ""),
    "not": ("EXPRESSION", ""),
    "isNull": ("EXPRESSION", ""),
    "gte": ("EXPRESSION EXPRESSION", ""),
    "lte": ("EXPRESSION EXPRESSION", ""),
    "lt": ("EXPRESSION EXPRESSION", ""),
    "match": ("EXPRESSION EXPRESSION", ""),
    "member": ("EXPRESSION EXPRESSION", ""),
    "sum": ("EXPRESSION+", ""),
    "product": ("EXPRESSION+", ""),
    "max": ("EXPRESSION+", ""),
    "variable": ("", "identifier"),
    "baseValue": ("TEXT", "baseType"),
    "testVariables": ("", "variableIdentifier weightIdentifier"),
    "assessmentTest": ("outcomeDeclaration* testPart outcomeProcessing", "identifier title lang schemaLocation"),
    "testPart": ("assessmentSection+", "identifier navigationMode submissionMode"),
    "assessmentSection": ("selection? assessmentItemRef+", "identifier title visible"),
    "selection": ("", "select"),
    "assessmentItemRef": ("weight", "identifier href"),
    "weight": ("", "identifier value"),
    "outcomeProcessing": ("setOutcomeValue", ""),
    "p": ("INLINE*", ""), "div": ("FLOW*", "class?"), "ul": ("li+", ""), "ol": ("li+", "start?"), "li": ("FLOW*", ""),
    "table": ("thead? tbody", ""), "thead": ("tr+", ""), "tbody": ("tr+", ""), "tr": ("CELL+", ""),
    "th": ("INLINE*", "class?"), "td": ("INLINE*", "class?"), "span": ("INLINE*", "class"), "em": ("INLINE*", ""),
    "strong": ("INLINE*", ""), "code": ("TEXT", ""), "img": ("", "src alt"), "br": ("", ""),
}  # fmt: skip
"""Children as an expression over names and classes of names, and attributes; `?` is for what may be missing."""

INLINES = {"span", "em", "strong", "code", "img", "br", "math", "textEntryInteraction"}
BLOCKS = {"p", "div", "ul", "ol", "table", "choiceInteraction"}
CLASSES = {
    "INLINE": INLINES,
    "BLOCK": BLOCKS | {"contentBody"},
    "FLOW": INLINES | BLOCKS,
    "CELL": {"th", "td"},
    "RULE": {"responseCondition", "setOutcomeValue"},
    "EXPRESSION": set(
        """and or not isNull gte lte lt match member sum product max variable baseValue
        testVariables""".split()  # noqa: SIM905
    ),
}
MIXED = {"INLINE", "FLOW", "TEXT"}
MATHML_ELEMENTS = frozenset(
    """math mrow mi mn mo mtext mspace mfrac msqrt msub msup msubsup munder mover munderover mtable mtr mtd mstyle
    mpadded mphantom menclose""".split()  # noqa: SIM905 - names read best as words
)


def check(element: Element) -> None:
    """Raise AssertionError where the element, or one below it, is not as the grammar says."""
    if element.tag.startswith("{"):
        space, _, name = element.tag[1:].partition("}")
        assert space == MATHML
        assert name in MATHML_ELEMENTS
        for child in element:
            check(child)
        return
    children, attributes = GRAMMAR[element.tag]
    named = {name.rpartition("}")[2] for name in element.attrib}
    known = {each.removesuffix("?") for each in attributes.split()}
    assert named <= known, (element.tag, named)
    assert {each for each in attributes.split() if not each.endswith("?")} <= named, (element.tag, named)
    tags = "".join(f"{_name(child)} " for child in element)
    pattern = re.sub(r"([A-Za-z]+)([*+?]?) ?", lambda match: _pattern(match[1]) + match[2], children)
    assert re.fullmatch(pattern, tags), (element.tag, tags)
    if not any(each in children for each in MIXED):
        texts = [element.text, *(child.tail for child in element)]
        assert not any((text or "").strip() for text in texts), (element.tag, texts)
    for child in element:
        check(child)


def _name(child: Element) -> str:
    return child.tag.rpartition("}")[2]


def _pattern(name: str) -> str:
    if name == "TEXT":
        return ""
    return "(?:" + "|".join(f"{each} " for each in sorted(CLASSES.get(name, {name}))) + ")"


def packed(format_: Format, *ids: str, seeds: Any = (0, 1), figures: bool = False) -> zipfile.ZipFile:
    prepared = prepare(of_problems([find(id_) for id_ in ids], seeds, ("open", "choice")), figures=figures)
    drawn = dict.fromkeys(prepared.figures, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    return zipfile.ZipFile(io.BytesIO(write(prepared, format_, LANGUAGES, drawn).body))


@pytest.fixture(scope="module", params=["qti21", "qti30"])
def package(request: pytest.FixtureRequest) -> zipfile.ZipFile:
    return packed(request.param, "1.4", "1.6", "2.7", "c4.4", "c2.3", figures=True)


def items(package: zipfile.ZipFile) -> Iterator[tuple[str, Element]]:
    yield from (
        (name, read(package.read(name)))
        for name in package.namelist()
        if name.startswith("items/") and name.endswith(".xml")
    )


def assessments(package: zipfile.ZipFile) -> Iterator[Element]:
    yield from (read(package.read(f"haitang-test-{language}.xml")) for language in LANGUAGES)


@pytest.mark.parametrize("format_", ["qti21", "qti30"])
@pytest.mark.parametrize("set_", sorted({problem.set for problem in catalogue().values()}))
def test_items_and_tests_follow_the_grammar(format_: Format, set_: str) -> None:
    ids = [problem.id for problem in catalogue().values() if problem.set == set_]
    package = packed(format_, *ids, seeds=(0, 1))
    for _, item in items(package):
        check(item)
    for each in assessments(package):
        check(each)


def test_what_items_refer_to_is_there(package: zipfile.ZipFile) -> None:
    for name, item in items(package):
        responses = {each.attrib["identifier"] for each in item.iter("responseDeclaration")}
        outcomes = {each.attrib["identifier"] for each in item.iter("outcomeDeclaration")}
        asked = [each.attrib["responseIdentifier"] for each in item.iter() if "responseIdentifier" in each.attrib]
        assert sorted(asked) == sorted(responses), name
        used = {each.attrib["identifier"] for each in item.iter("variable")}
        assert used <= responses | outcomes
        assert {each.attrib["identifier"] for each in item.iter("setOutcomeValue")} <= outcomes
        told = [(each.attrib["outcomeIdentifier"], each.attrib["identifier"]) for each in item.iter("modalFeedback")]
        assert len(told) == len(set(told))
        assert {outcome for outcome, _ in told} <= outcomes
        folder = set(package.namelist())
        assert all(f"items/{each.attrib['src']}" in folder for each in item.iter("img"))
        assert all(f"items/{each.attrib['href']}" in folder for each in item.iter("stylesheet"))


def test_identifiers_are_identifiers_and_items_have_each_their_own(package: zipfile.ZipFile) -> None:
    found = [item.attrib["identifier"] for _, item in items(package)]
    assert len(found) == len(set(found)) > 20
    for root in (*(item for _, item in items(package)), *assessments(package)):
        for each in root.iter():
            if "identifier" in each.attrib:
                assert re.fullmatch(r"[A-Za-z_][\w.-]*", each.attrib["identifier"], re.ASCII)


def test_the_manifest_lists_every_file_and_no_other(package: zipfile.ZipFile) -> None:
    manifest = ET.fromstring(package.read("imsmanifest.xml"))
    names = {name: manifest.findall(f".//{{*}}{name}") for name in ("resource", "file", "dependency")}
    assert {each.attrib["href"] for each in names["file"]} | {"imsmanifest.xml"} == set(package.namelist())
    resources = {each.attrib["identifier"]: each for each in names["resource"]}
    assert len(resources) == len(names["resource"])
    assert {each.attrib["identifierref"] for each in names["dependency"]} <= set(resources)
    for resource in resources.values():
        assert resource.attrib["href"] in [each.attrib["href"] for each in resource.findall("{*}file")]
    kinds = {each.attrib["type"] for each in resources.values()}
    assert kinds in ({f"imsqti_{what}_xml{version}" for what in ("item", "test")} | {"webcontent"} for version in
                     ("v2p1", "v3p0"))  # fmt: skip


def test_the_test_deals_one_variant_of_each_exercise_and_weighs_it_by_its_points(package: zipfile.ZipFile) -> None:
    by_name = dict(items(package))
    for each in assessments(package):
        (whole,) = [
            float(value.text or "")
            for outcome in each.iter("outcomeDeclaration")
            if outcome.attrib["identifier"] == "MAXSCORE"
            for value in outcome.iter("value")
        ]
        points = 0.0
        for section in each.iter("assessmentSection"):
            references = section.findall("assessmentItemRef")
            selected = section.find("selection")
            assert (selected.attrib["select"] if selected is not None else "1") == "1"
            assert (selected is None) == (len(references) == 1)
            weights = set()
            for reference in references:
                item = by_name[reference.attrib["href"]]
                assert item.attrib["identifier"] == reference.attrib["identifier"]
                score = next(o for o in item.iter("outcomeDeclaration") if o.attrib["identifier"] == "SCORE")
                (weight,) = reference
                weights.add(float(weight.attrib["value"]) * float(score.attrib["normalMaximum"]))
            (worth,) = weights
            points += worth
        assert points == pytest.approx(whole)


def test_the_same_export_has_the_same_bytes() -> None:
    prepared = prepare(of_problems([find("1.4")], [1, 2], ["open"]), figures=False)
    assert len({write(prepared, "qti30", ["en"], {}).body for _ in range(2)}) == 1


def test_the_readme_says_what_was_left_out() -> None:
    readme = packed("qti30", "c3.4").read("README.txt").decode()
    assert "c3.4, open: left out: It asks for a formula" in readme
    assert "未导出：本题要求填写公式" in readme
