"""QTI packages hold together: the manifest names every file, references lead somewhere, all is as the schemas say."""

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest

from app.exports.asking import Standard
from app.exports.making import VERSIONS, Format, prepare, write
from app.exports.order import Entry, Group, Order, of_problems
from problems import deal, find
from problems.catalogue import catalogue
from problems.text import LANGUAGES, Text
from tests.exports import qti_grammar
from tests.exports.qti_player import MATHML, read


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
def test_items_tests_and_manifests_are_as_the_schemas_say(format_: Format, set_: str) -> None:
    ids = [problem.id for problem in catalogue().values() if problem.set == set_]
    package = packed(format_, *ids, seeds=(0, 1))
    rules = qti_grammar.rules_of(VERSIONS[format_])
    for _, item in items(package):
        qti_grammar.check(item, rules)
    for each in assessments(package):
        qti_grammar.check(each, rules)
    qti_grammar.check(ET.fromstring(package.read("imsmanifest.xml")), qti_grammar.PACKAGE)


SPOILT = [
    (".", lambda item: item.set("language", "en")),
    (".", lambda item: item.set("adaptive", "no")),
    (".", lambda item: item.insert(0, item[-1])),
    ("responseDeclaration", lambda declared: declared.set("identifier", "1st")),
    ("itemBody", lambda body: setattr(body, "text", "not in a paragraph")),
    ("itemBody/p", lambda paragraph: paragraph.append(Element("p"))),
    (f".//{{{MATHML}}}math", lambda formula: formula.set("style", "color: red")),
]


@pytest.mark.parametrize(("path", "spoil"), SPOILT)
def test_what_a_schema_forbids_is_found(
    package: zipfile.ZipFile, path: str, spoil: Callable[[Element], object]
) -> None:
    _, item = next(items(package))
    rules = qti_grammar.rules_of("2.1" if item.find("modalFeedback/contentBody") is None else "3.0")
    qti_grammar.check(item, rules)
    element = item.find(path)
    assert element is not None
    spoil(element)
    with pytest.raises((AssertionError, KeyError)):
        qti_grammar.check(item, rules)


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


def test_within_a_test_nothing_shares_its_identifier(package: zipfile.ZipFile) -> None:
    """The rules that the schemas add in Schematron (general, 2) for tests, parts, sections and items."""
    names = [item.attrib["identifier"] for _, item in items(package)]
    assert len(names) == len(set(names)) > 20
    for each in assessments(package):
        tags = ("assessmentTest", "testPart", "assessmentSection", "assessmentItemRef")
        found = [element.attrib["identifier"] for tag in tags for element in each.iter(tag)]
        assert len(found) == len(set(found)) > 10


def test_responses_are_of_the_kind_that_their_interactions_give(package: zipfile.ZipFile) -> None:
    """Schematron too: numbers for text entries, and several values only where several options may be chosen."""
    for _, item in items(package):
        declared = {each.attrib["identifier"]: each.attrib for each in item.iter("responseDeclaration")}
        for entry in item.iter("textEntryInteraction"):
            response = declared[entry.attrib["responseIdentifier"]]
            assert response["baseType"] in {"integer", "float"}
            assert response["cardinality"] == "single"
        for choices in item.iter("choiceInteraction"):
            response = declared[choices.attrib["responseIdentifier"]]
            assert response["baseType"] == "identifier"
            assert response["cardinality"] == ("single" if choices.attrib["maxChoices"] == "1" else "multiple")


@pytest.mark.parametrize("format_", ["qti21", "qti30"])
def test_an_assignment_may_ask_the_same_variant_twice(format_: Format) -> None:
    """With other points and another key: each is an item of its own, in the manifest too."""
    variant = deal(find("2.7"), 0)
    title = Text("Twice", "两次")
    order = Order(
        title,
        "",
        "twice",
        tuple(Group(title, 2, (Entry(variant, "choice", Standard(policy)),)) for policy in ("published", "corrected")),
    )
    package = zipfile.ZipFile(io.BytesIO(write(prepare(order, figures=False), format_, ["en"], {}).body))
    first, second = (item for _, item in items(package))
    assert second.attrib["identifier"] == first.attrib["identifier"].replace("-choice-", "-choice-2-")
    keys = [
        [value.text for value in item.iterfind("responseDeclaration/correctResponse/value")] for item in (first, second)
    ]
    assert keys[0] != keys[1]
    resources = ET.fromstring(package.read("imsmanifest.xml")).findall(".//{*}resource")
    assert len({each.attrib["identifier"] for each in resources}) == len(resources) == 4


def test_the_manifest_lists_every_file_and_no_other(package: zipfile.ZipFile) -> None:
    manifest = ET.fromstring(package.read("imsmanifest.xml"))
    names = {name: manifest.findall(f".//{{*}}{name}") for name in ("resource", "file", "dependency")}
    assert {each.attrib["href"] for each in names["file"]} | {"imsmanifest.xml"} == set(package.namelist())
    resources = {each.attrib["identifier"]: each for each in names["resource"]}
    assert len(resources) == len(names["resource"])
    assert {each.attrib["identifierref"] for each in names["dependency"]} <= set(resources)
    for resource in resources.values():
        assert resource.attrib["href"] in [each.attrib["href"] for each in resource.findall("{*}file")]
    schema = " ".join(text for text in manifest.find("{*}metadata").itertext())
    version = {"QTIv2.1 Package 1.0.0": "v2p1", "QTI Package 3.0.0": "v3p0"}[schema]
    kinds = {each.attrib["type"] for each in resources.values()}
    assert kinds == {f"imsqti_item_xml{version}", f"imsqti_test_xml{version}", "webcontent"}


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
