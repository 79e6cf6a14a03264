"""The optional field for a whole run, beside the answer: checked and told of, and never worth a point."""

from dataclasses import dataclass
from typing import Any

from problems.problem import Form
from problems.text import Text
from problems.trace_reading import read_trace
from problems.trace_report import TraceReport, check_run
from problems.variant import Variant

TRACE = "trace"
"""The field's name."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The run of a variant, one row of `size` numbers a step."""

    variant: Variant[Any]
    size: int
    name = "Trace"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one row: how many rows there are to be may be part of what is asked."""
        return (self.size,)

    def parse(self, raw: Any) -> TraceReport:
        """The report on a run as it was pasted, or sent as a list of rows; raises `FormatError`."""
        return check_run(self.variant.problem, self.variant.parameters, read_trace(raw))


def trace_of(variant: Variant[Any], form: Form) -> Trace | None:
    """The field, if the exercise has iterations and the result is typed."""
    if variant.problem.tracing is None or form != "open" or form not in variant.forms:
        return None
    return Trace(variant, len(variant.parameters["w0"]))


def read_as(report: TraceReport) -> Text:
    """How the paste was understood."""
    rows = "1 row" if report.rows == 1 else f"{report.rows} rows"
    if report.shown_with_start:
        return Text(f"{rows} after the start", f"初始值之后共 {report.rows} 行")
    return Text(f"{rows}, without the start", f"共 {report.rows} 行，不含初始值")


SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def notation(report: TraceReport) -> str:
    """The rows in a notation that needs no language: W⁽⁰⁾, …, W⁽⁸⁰⁾; where they are not the steps, their numbers."""
    first, last = ("0" if report.shown_with_start else "1"), str(report.rows)
    if report.every == "step":
        first, last = (f"W⁽{number.translate(SUPERSCRIPTS)}⁾" for number in (first, last))
    return first if first == last else f"{first}, …, {last}"
