"""A worked solution: its text, the key, the tables and the figures of one variant, as far as they are released."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.attempts.release import Released
from app.core.drawings import THEMES, Name, Theme, address, digest
from problems.exhibits import Cell, Exhibits, Figure, Table
from problems.problem import Answers, Form
from problems.variant import Variant


@dataclass(frozen=True)
class Solution:
    """The solution of a variant in one form; `signing` is the key that signs the addresses of figures.

    What takes milliseconds is computed when it is first asked for.
    """

    variant: Variant[Any]
    form: Form
    signing: bytes

    @cached_property
    def exhibits(self) -> Exhibits:
        return self.variant.exhibits()

    @property
    def key(self) -> Answers:
        return self.variant.keys(self.form, "corrected")[0]

    @property
    def published_key(self) -> Answers | None:
        """The book's own key of a printed exercise, where it is another."""
        (key,) = self.variant.keys(self.form, "published")
        return None if key == self.key else key

    def figure_address(self, figure: Figure, theme: Theme) -> str:
        return self._addresses[figure.id, theme]

    @cached_property
    def _addresses(self) -> Mapping[tuple[str, Theme], str]:
        problem = self.variant.problem
        named = {figure.id: digest(figure) for figure in self.exhibits.figures}
        return {
            (figure, theme): address(
                self.signing, Name(problem.id, problem.version, self.variant.seed, figure, theme, drawn)
            )
            for figure, drawn in named.items()
            for theme in THEMES
        }

    @property
    def api_address(self) -> str:
        return f"/api/v1/problems/{self.variant.problem.id}/variants/{self.variant.seed}/solution"

    def table_address(self, table: Table) -> str:
        return f"{self.api_address}/{table.id}.csv"

    def as_json(self, shown: Released) -> dict[str, Any]:
        """What is released, and only this."""
        problem = self.variant.problem
        told: dict[str, Any] = {
            "problem": problem.id,
            "version": problem.version,
            "seed": self.variant.seed,
            "form": self.form,
            "title": problem.page.title.as_dict(),
        }
        if shown.key:
            told |= {"key": self.key, "published_key": self.published_key}
        if shown.solution:
            told |= {
                "solution": self.variant.solution.as_dict(),
                "tables": [self._table_json(table) for table in self.exhibits.tables],
                "figures": [self._figure_json(figure) for figure in self.exhibits.figures],
            }
        return told

    def _table_json(self, table: Table) -> dict[str, Any]:
        return {
            "id": table.id,
            "caption": table.caption.as_dict(),
            "columns": [{"name": column.name, "head": column.head.as_dict()} for column in table.columns],
            "rows": [table.rows[place] for place in table.excerpt()],
            "row_count": len(table.rows),
            "csv": self.table_address(table),
        }

    def _figure_json(self, figure: Figure) -> dict[str, Any]:
        return {
            "id": figure.id,
            "title": figure.title.as_dict(),
            "description": figure.description.as_dict(),
            "alt": figure.alt.as_dict(),
            "svg": {theme: self.figure_address(figure, theme) for theme in THEMES},
        }


def as_csv(table: Table) -> str:
    """All rows, for a spreadsheet (RFC 4180): numbers with every digit, yes and no as 1 and 0."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([column.name for column in table.columns])
    writer.writerows([_in_file(cell) for cell in row] for row in table.rows)
    return written.getvalue()


def _in_file(cell: Cell) -> Cell:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{cell}"
    return cell
