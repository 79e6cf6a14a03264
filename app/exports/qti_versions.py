"""QTI 2.1 and 3.0: the same items and tests under two sets of names.

QTI 3 writes names in lower case with hyphens and puts ``qti-`` before those that are its own and not of HTML or MathML;
the content of a feedback stands in a `qti-content-body` of its own.
"""

import re
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from app.exports.qti_content import node

Version = Literal["2.1", "3.0"]

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_OWN = frozenset(
    """and assessmentItem assessmentItemRef assessmentSection assessmentTest baseValue choiceInteraction correctResponse
    defaultValue gte isNull itemBody lt lte match max member modalFeedback not or outcomeDeclaration outcomeProcessing
    product responseCondition responseDeclaration responseElse responseElseIf responseIf responseProcessing selection
    setOutcomeValue simpleChoice stylesheet sum testPart testVariables textEntryInteraction value variable
    weight""".split()  # noqa: SIM905 - names read best as words
)
"""The elements of QTI that exports use; all others are XHTML or MathML and keep their names."""

_CAPITAL = re.compile("[A-Z]")


@dataclass(frozen=True, slots=True)
class Names:
    """What differs in a package of this version beside the names of elements."""

    namespace: str
    schema: str
    package: str
    package_schema: str
    schema_name: str
    schema_version: str
    item_type: str
    test_type: str


NAMES: dict[Version, Names] = {
    "2.1": Names(
        namespace="http://www.imsglobal.org/xsd/imsqti_v2p1",
        schema="http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
        package="http://www.imsglobal.org/xsd/imscp_v1p1",
        package_schema="http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd",
        schema_name="QTIv2.1 Package",
        schema_version="1.0.0",
        item_type="imsqti_item_xmlv2p1",
        test_type="imsqti_test_xmlv2p1",
    ),
    "3.0": Names(
        namespace="http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
        schema="https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
        package="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
        package_schema="https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqtiv3p0_imscpv1p2_v1p0.xsd",
        schema_name="QTI Package",
        schema_version="3.0.0",
        item_type="imsqti_item_xmlv3p0",
        test_type="imsqti_test_xmlv3p0",
    ),
}


def written(root: Element, version: Version) -> bytes:
    """An item or a test as a file of this version."""
    names = NAMES[version]
    return document(root if version == "2.1" else _third(root), names.namespace, names.schema)


def document(root: Element, namespace: str, schema: str) -> bytes:
    """The element as a file, in this namespace, with the address of its schema."""
    root.attrib = {
        "xmlns": namespace,
        "xmlns:xsi": _XSI,
        "xsi:schemaLocation": f"{namespace} {schema}",
        **root.attrib,
    }
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _third(element: Element) -> Element:
    """The element under the names of QTI 3."""
    if element.tag == "math":
        return element
    own = element.tag in _OWN
    attributes = {_hyphened(name): value for name, value in element.attrib.items()} if own else element.attrib
    made = Element(f"qti-{_hyphened(element.tag)}" if own else element.tag, attributes)
    made.text, made.tail = element.text, element.tail
    made.extend([_third(child) for child in element])
    if element.tag == "modalFeedback":
        body = node("qti-content-body")
        body.text, made.text = made.text, None
        body.extend(list(made))
        made[:] = [body]
    return made


def _hyphened(name: str) -> str:
    return name if ":" in name else _CAPITAL.sub(lambda capital: f"-{capital[0].lower()}", name)
