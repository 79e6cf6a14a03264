"""Variants of one item beside each other, and whether some students were dealt a harder one.

Only where several students meet the same variant can it be told: with a fixed or shared seed, and with a pool. Where
every student has a seed of their own, each variant has one student, and nothing is compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.attempts.models import Variant
from app.reports.marks import Marks
from app.reports.statistics import Floats, ItemStatistics, item_statistics
from app.reports.subject import Subject
from app.reports.tallies import ItemTally

FEWEST = 5  # students on either side of a comparison
LEVEL = 0.05
CLEAR = 0.1
"""A variant is not called harder for less than this share of the points, however sure it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantAnalysis:
    """The students who had one variant: `statistics` within them (R, too, is theirs alone).

    `harder` flags a variant whose marks are lower than those of its siblings by more than chance, see `is_harder`.
    """

    id: int
    version: int
    seed: int
    parameters: dict[str, Any]
    layout: tuple[str, ...]
    students: int
    statistics: ItemStatistics
    harder: bool


def is_harder(mine: Floats, others: Floats, variants: int) -> bool:
    """Whether the shares of the points with this variant are lower than with all its siblings by more than chance.

    One-sided two-sample z-test, z = (m − m′) / √(s²/n + s′²/n′), at the level 5 % divided by the number of variants
    that are tested at once (Bonferroni); the means must differ by a tenth of the points, and either side have five
    students.
    """
    if min(len(mine), len(others)) < FEWEST:
        return False
    difference = float(mine.mean() - others.mean())
    if difference > -CLEAR:
        return False
    error = sqrt(float(mine.var(ddof=1)) / len(mine) + float(others.var(ddof=1)) / len(others))
    return difference < NormalDist().inv_cdf(LEVEL / variants) * error


def analyse_variants(
    session: Session, subject: Subject, marks: Marks, tallies: Mapping[str, ItemTally]
) -> dict[str, list[VariantAnalysis]]:
    """The variants of each item whose students share them, by seed."""
    rows_of = {person: row for row, person in enumerate(marks.people)}
    found: dict[str, list[VariantAnalysis]] = {}
    for item_id, tally in tallies.items():
        groups: dict[int, list[int]] = {}
        for person, variant in tally.dealt.items():
            if person in rows_of:
                groups.setdefault(variant, []).append(rows_of[person])
        if not groups:
            continue
        stored = {row.id: row for row in session.scalars(select(Variant).where(Variant.id.in_(groups)))}
        analyses = [
            _analyse(subject, marks, item_id, stored[variant], rows, groups) for variant, rows in groups.items()
        ]
        found[item_id] = sorted(analyses, key=lambda each: (each.seed, each.version))
    return found


def _analyse(
    subject: Subject, marks: Marks, item_id: str, variant: Variant, rows: list[int], groups: dict[int, list[int]]
) -> VariantAnalysis:
    column, points = subject.columns[item_id], subject.items[subject.columns[item_id]].points
    others = [row for other, siblings in groups.items() if other != variant.id for row in siblings]
    shares = np.nan_to_num(marks.points[:, column]) / (points or 1)
    return VariantAnalysis(
        id=variant.id,
        version=variant.version,
        seed=variant.seed,
        parameters=variant.parameters,
        layout=tuple(source for pairs in variant.options.values() for _, source in pairs),
        students=len(rows),
        statistics=item_statistics(marks.points[rows], subject.max_marks)[column],
        harder=is_harder(shares[rows], shares[others], len(groups)),
    )
