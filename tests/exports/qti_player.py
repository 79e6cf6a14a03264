"""A QTI player of our own: response processing by the letter of the specification, for QTI 2.1 and 3.0.

It knows nothing of how items are made here. What it does not know, what is not declared, and what has the wrong type
raises, so that an item that it scores uses the language of QTI as it is meant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

NAMESPACES = {"http://www.imsglobal.org/xsd/imsqti_v2p1": "2.1", "http://www.imsglobal.org/xsd/imsqtiasi_v3p0": "3.0"}
MATHML = "http://www.w3.org/1998/Math/MathML"


class InvalidItemError(ValueError):
    """The item is not what the specification allows."""


@dataclass(frozen=True)
class Value:
    """A value with its type; `value` None is NULL, and a container is a tuple."""

    value: Any
    base_type: str
    cardinality: str = "single"

    @property
    def is_null(self) -> bool:
        return self.value is None or self.value == ()


@dataclass(frozen=True)
class Played:
    outcomes: Mapping[str, Any]
    told: tuple[str, ...]
    """The texts of the feedback that is shown."""

    @property
    def score(self) -> float:
        return self.outcomes["SCORE"]


def read(xml: bytes) -> Element:
    """The root with the names of QTI 2.1, whatever the version; MathML keeps its namespace in braces."""
    root = ET.fromstring(xml)
    namespace, _, _ = root.tag[1:].partition("}")
    if namespace not in NAMESPACES:
        raise InvalidItemError(f"the namespace {namespace}")
    _rename(root, namespace, NAMESPACES[namespace])
    return root


def _rename(element: Element, namespace: str, version: str) -> None:
    space, _, name = element.tag[1:].partition("}")
    if space == MATHML:
        return
    if space != namespace:
        raise InvalidItemError(f"{element.tag} is of no namespace of QTI")
    if version == "3.0" and name.startswith("qti-"):
        name = _camel(name.removeprefix("qti-"))
        renamed = {key if key.startswith("{") else _camel(key): value for key, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update(renamed)
    element.tag = name
    for child in element:
        _rename(child, namespace, version)


def _camel(name: str) -> str:
    return re.sub(r"-([a-z])", lambda match: match[1].upper(), name)


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


class Player:
    def __init__(self, xml: bytes) -> None:
        self.item = read(xml)
        self.responses = {each.attrib["identifier"]: each for each in self.item.findall("responseDeclaration")}
        self.outcomes = {each.attrib["identifier"]: each for each in self.item.findall("outcomeDeclaration")}

    def play(self, responses: Mapping[str, Any]) -> Played:
        """Score what a candidate has entered: text for numbers, identifiers of options; what is left out is NULL."""
        if unknown := set(responses) - set(self.responses):
            raise InvalidItemError(f"no response variable {unknown}")
        self._values = {name: _given(each, responses.get(name)) for name, each in self.responses.items()}
        self._values |= {name: _default(each) for name, each in self.outcomes.items()}
        (processing,) = self.item.findall("responseProcessing")
        for rule in processing:
            self._rule(rule)
        outcomes = {name: self._values[name].value for name in self.outcomes}
        return Played(outcomes, tuple(self._told(outcomes)))

    def _told(self, outcomes: Mapping[str, Any]) -> Any:
        for feedback in self.item.findall("modalFeedback"):
            shown = outcomes[feedback.attrib["outcomeIdentifier"]] == feedback.attrib["identifier"]
            if shown == (feedback.attrib["showHide"] == "show"):
                yield text_of(feedback)

    def _rule(self, rule: Element) -> None:
        match rule.tag:
            case "setOutcomeValue":
                (expression,) = rule
                self._set(rule.attrib["identifier"], self._evaluate(expression))
            case "responseCondition":
                for branch in rule:
                    if branch.tag == "responseElse":
                        rules = list(branch)
                    else:
                        test, *rules = branch
                        value = self._evaluate(test)
                        if value.base_type != "boolean":
                            raise InvalidItemError(f"{test.tag} is no condition")
                        if value.value is not True:  # NULL is taken for false
                            continue
                    for each in rules:
                        self._rule(each)
                    return
            case _:
                raise InvalidItemError(f"no rule {rule.tag}")

    def _set(self, name: str, value: Value) -> None:
        declared = self.outcomes[name].attrib
        if (value.base_type, value.cardinality) != (declared["baseType"], declared["cardinality"]):
            raise InvalidItemError(f"{name} is set to {value}")
        self._values[name] = value

    def _evaluate(self, expression: Element) -> Value:  # noqa: PLR0911 - a table of operators
        match expression.tag:
            case "variable":
                return self._values[expression.attrib["identifier"]]
            case "baseValue":
                return _typed(expression.text or "", expression.attrib["baseType"])
            case "isNull":
                (operand,) = self._operands(expression)
                return Value(operand.is_null, "boolean")
            case "and" | "or" | "not":
                return _logic(expression.tag, self._operands(expression))
            case "gte" | "lte" | "lt":
                return _compared(expression.tag, *self._operands(expression))
            case "match" | "member":
                return _found(expression.tag, *self._operands(expression))
            case "sum" | "product" | "max":
                return _reckoned(expression.tag, self._operands(expression))
        raise InvalidItemError(f"no expression {expression.tag}")

    def _operands(self, expression: Element) -> list[Value]:
        return [self._evaluate(each) for each in expression]


def _given(declaration: Element, given: Any) -> Value:
    base_type, cardinality = declaration.attrib["baseType"], declaration.attrib["cardinality"]
    if cardinality == "multiple":
        return Value(tuple(given or ()), base_type, cardinality)
    return Value(None, base_type) if given in (None, "") else _typed(given, base_type)


def _default(declaration: Element) -> Value:
    value = declaration.find("defaultValue/value")
    base_type = declaration.attrib["baseType"]
    return Value(None, base_type) if value is None else _typed(value.text or "", base_type)


def _typed(text: str, base_type: str) -> Value:
    match base_type:
        case "float":
            return Value(float(text), base_type)
        case "integer":
            return Value(int(text), base_type)
        case "identifier":
            if not re.fullmatch(r"[A-Za-z_][\w.-]*", text, re.ASCII):
                raise InvalidItemError(f"{text!r} is no identifier")
            return Value(text, base_type)
    raise InvalidItemError(f"no base type {base_type}")


def _logic(operator: str, operands: list[Value]) -> Value:
    if any(each.base_type != "boolean" for each in operands):
        raise InvalidItemError(f"{operator} of {operands}")
    values = [each.value for each in operands]
    if operator == "not":
        (value,) = values
        return Value(None if value is None else not value, "boolean")
    decisive = operator == "or"
    if decisive in values:
        return Value(decisive, "boolean")
    return Value(None if None in values else not decisive, "boolean")


def _compared(operator: str, first: Value, second: Value) -> Value:
    if not {first.base_type, second.base_type} <= {"integer", "float"}:
        raise InvalidItemError(f"{operator} of {first} and {second}")
    if first.is_null or second.is_null:
        return Value(None, "boolean")
    result = {"gte": first.value >= second.value, "lte": first.value <= second.value, "lt": first.value < second.value}
    return Value(result[operator], "boolean")


def _found(operator: str, first: Value, second: Value) -> Value:
    """`match`: the two are the same; `member`: the first is in the second, a container."""
    wanted = "single" if operator == "match" else "multiple"
    if first.base_type != second.base_type or (first.cardinality, second.cardinality) != ("single", wanted):
        raise InvalidItemError(f"{operator} of {first} and {second}")
    if first.is_null or second.is_null:
        return Value(None, "boolean")
    result = first.value == second.value if operator == "match" else first.value in second.value
    return Value(result, "boolean")


def _reckoned(operator: str, operands: list[Value]) -> Value:
    if not {each.base_type for each in operands} <= {"integer", "float"} or not operands:
        raise InvalidItemError(f"{operator} of {operands}")
    base_type = "float" if any(each.base_type == "float" for each in operands) else "integer"
    if any(each.is_null for each in operands):
        return Value(None, base_type)
    result = operands[0].value
    for each in operands[1:]:
        match operator:
            case "sum":
                result += each.value
            case "product":
                result *= each.value
            case "max":
                result = max(result, each.value)
    return Value(result, base_type)
