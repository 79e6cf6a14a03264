"""A QTI package: a ZIP with a manifest, the items, a test in each language, a stylesheet, figures and a README."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from app.exports.asking import decimal
from app.exports.moodle_html import clean, file_name
from app.exports.qti_content import STYLESHEET, node, stylesheet
from app.exports.qti_item import Drawn, identifier, item
from app.exports.qti_versions import NAMES, Version, document, written
from app.exports.question import Question
from problems.text import Language, Text

WEIGHT = "POINTS"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The date of every file, so that the same export has the same bytes."""


@dataclass(frozen=True, slots=True)
class Section:
    """Variants of one exercise, of which a player deals one; `points` is what it counts in the test."""

    title: Text
    points: float
    questions: tuple[Question, ...]


def package(
    title: Text,
    sections: Sequence[Section],
    languages: Sequence[Language],
    version: Version,
    drawn: Drawn,
    readme: Iterable[str],
) -> bytes:
    """The ZIP file."""
    files: dict[str, bytes] = {}
    resources: list[Element] = []
    names = NAMES[version]
    css = f"items/{STYLESHEET}"
    for language in languages:
        inside: list[str] = []
        for question in (question for section in sections for question in section.questions):
            id_ = identifier(question, language)
            images = [name for figure in question.figures if (name := file_name(question.id, figure)) in drawn]
            files[f"items/{id_}.xml"] = written(item(question, language, drawn), version)
            files |= {f"items/{name}": drawn[name] for name in images}
            beside = [css, *(f"items/{name}" for name in images)]
            resources.append(_resource(id_, names.item_type, [f"items/{id_}.xml", *beside], []))
            inside.append(id_)
        test_id = f"haitang-test-{language}"
        files[f"{test_id}.xml"] = written(test(test_id, title[language], sections, language), version)
        resources.append(_resource(test_id, names.test_type, [f"{test_id}.xml"], inside))
    files[css] = stylesheet().encode()
    files["README.txt"] = "".join(f"{clean(line)}\n" for line in readme).encode()
    resources.append(_resource("readme", "webcontent", ["README.txt"], []))
    return _zipped({"imsmanifest.xml": _manifest(resources, version), **files})


def test(id_: str, title: str, sections: Sequence[Section], language: Language) -> Element:
    """An `assessmentTest`: a section an exercise, of whose variants one is dealt, weighted by its points.

    The language stands in its items: the schema of 2.1 has no `xml:lang` here.
    """
    made = [_section(place, section, language) for place, section in enumerate(sections, start=1) if section.questions]
    total = sum(section.points for section in sections if section.questions)
    weighted = node("sum", node("testVariables", variableIdentifier="SCORE", weightIdentifier=WEIGHT))
    return node(
        "assessmentTest",
        _outcome("SCORE", 0),
        _outcome("MAXSCORE", total),
        node("testPart", *made, identifier="part", navigationMode="nonlinear", submissionMode="individual"),
        node("outcomeProcessing", node("setOutcomeValue", weighted, identifier="SCORE")),
        identifier=id_,
        title=clean(title),
    )


def _section(place: int, section: Section, language: Language) -> Element:
    references = [
        node(
            "assessmentItemRef",
            node("weight", identifier=WEIGHT, value=decimal(section.points / question.points)),
            identifier=identifier(question, language),
            href=f"items/{identifier(question, language)}.xml",
        )
        for question in section.questions
    ]
    dealt = [node("selection", select="1")] if len(references) > 1 else []
    attributes = {"identifier": f"section{place}", "title": clean(section.title[language]), "visible": "true"}
    return node("assessmentSection", *dealt, *references, **attributes)


def _outcome(name: str, value: float) -> Element:
    default = node("defaultValue", node("value", decimal(value)))
    return node("outcomeDeclaration", default, identifier=name, cardinality="single", baseType="float")


def _resource(id_: str, type_: str, files: Sequence[str], needs: Iterable[str]) -> Element:
    listed = [node("file", href=name) for name in files]
    return node(
        "resource",
        *listed,
        *(node("dependency", identifierref=each) for each in needs),
        identifier=id_,
        type=type_,
        href=files[0],
    )


def _manifest(resources: Iterable[Element], version: Version) -> bytes:
    names = NAMES[version]
    metadata = node("metadata", node("schema", names.schema_name), node("schemaversion", names.schema_version))
    made = node("manifest", metadata, node("organizations"), node("resources", *resources), identifier="haitang")
    return document(made, names.package, names.package_schema)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()
