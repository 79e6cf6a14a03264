"""Item analysis: for each item of an assignment, how hard it is, what it tells, and what went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.reports.exercises import mistake_text, option_meanings, random_guess_score
from app.reports.marks import Marks
from app.reports.statistics import ItemStatistics, item_statistics, quintile_curves
from app.reports.subject import ReportItem, Subject
from app.reports.tallies import ItemTally, MistakeCount, tallies_of
from app.reports.variants import VariantAnalysis, analyse_variants
from problems.text import Text

WEAK = 20.0
"""Below this discrimination index, in percent, an item deserves a second look."""

VARIANTS_WITH_OPTIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MistakeShare:
    """A named mistake at a field: in how many attempts, by how many students; `share` is of all attempts at the item.

    `variant` is the seed, where the item's variants are compared with each other; None for all of them together.
    """

    mistake: str
    field: str
    text: Text
    attempts: int
    students: int
    share: float
    variant: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionShare:
    """An option of a variant, in how many attempts it was chosen, and the share of the attempts at this variant."""

    seed: int
    field: str
    option: str
    text: Text | None
    right: bool | None
    mistakes: tuple[str, ...]
    attempts: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAnalysis:
    """All figures of one item; docs/statistics.md defines each.

    `until_right`: how many students were right with their first, second, … attempt, by its number. `quintiles`: the
    facility in each fifth of the students, from the lowest totals to the highest.
    """

    item: ReportItem
    statistics: ItemStatistics
    random_guess_score: float | None
    attempts: int
    until_right: Mapping[int, int]
    median_seconds: float | None
    quintiles: Sequence[float | None]
    mistakes: Sequence[MistakeShare]
    options: Sequence[OptionShare]
    variants: Sequence[VariantAnalysis]

    @property
    def mean_until_right(self) -> float | None:
        """Attempts until the first right one, on average over the students who came to one."""
        students = sum(self.until_right.values())
        return sum(number * count for number, count in self.until_right.items()) / students if students else None

    @property
    def is_weak(self) -> bool:
        index = self.statistics.discrimination_index
        return index is not None and index < WEAK

    def as_json(self) -> dict[str, Any]:
        item = self.item
        return {
            "item": item.id,
            "position": item.position,
            "problem": item.problem,
            "form": item.form,
            "title": item.title.as_dict(),
            "points": item.points,
            "award": item.award,
            **asdict(self.statistics),
            "weak": self.is_weak,
            "random_guess_score": self.random_guess_score,
            "attempts": self.attempts,
            "until_right": [{"attempt": number, "students": count} for number, count in self.until_right.items()],
            "mean_until_right": self.mean_until_right,
            "median_seconds": self.median_seconds,
            "quintiles": self.quintiles,
            "mistakes": [asdict(each) for each in self.mistakes],
            "options": [asdict(each) for each in self.options],
            "variants": [_variant_json(each) for each in self.variants],
        }


def _variant_json(variant: VariantAnalysis) -> dict[str, Any]:
    """Without the layout of its options, which says where the right one stands."""
    return {
        "seed": variant.seed,
        "version": variant.version,
        "data": variant.parameters,
        "students": variant.students,
        "harder": variant.harder,
        **asdict(variant.statistics),
    }


def analyse_items(session: Session, subject: Subject, marks: Marks) -> list[ItemAnalysis]:
    """Every item, in order, from one row a student and item; no attempt is read."""
    figures = item_statistics(marks.points, subject.max_marks)
    curves = quintile_curves(marks.points, subject.max_marks)
    tallies = tallies_of(session, subject)
    variants = analyse_variants(session, subject, marks, tallies)
    analyses = []
    for column, item in enumerate(subject.items):
        tally, mine = tallies[item.id], variants.get(item.id, ())
        analyses.append(
            ItemAnalysis(
                item=item,
                statistics=figures[column],
                random_guess_score=random_guess_score(item.problem, "choice" if item.form == "choice" else "open"),
                attempts=tally.attempts,
                until_right=tally.until_right,
                median_seconds=tally.median_seconds,
                quintiles=curves[column],
                mistakes=[
                    *mistake_shares(item, tally.mistakes, tally.attempts),
                    *(share for variant in mine for share in _of_variant(item, tally, variant)),
                ],
                options=_options(item, tally, mine) if _few(mine) else (),
                variants=mine,
            )
        )
    return analyses


def _few(variants: Sequence[VariantAnalysis]) -> bool:
    return len(variants) <= VARIANTS_WITH_OPTIONS


def mistake_shares(
    item: ReportItem, counts: Sequence[MistakeCount], attempts: int, seed: int | None = None
) -> list[MistakeShare]:
    """The mistakes in so many attempts, at one variant if its seed is given."""
    return [
        MistakeShare(
            mistake=count.mistake,
            field=count.field,
            text=mistake_text(item.problem, count.mistake),
            attempts=count.attempts,
            students=count.students,
            share=count.attempts / attempts,
            variant=seed,
        )
        for count in counts
    ]


def _of_variant(item: ReportItem, tally: ItemTally, variant: VariantAnalysis) -> list[MistakeShare]:
    counts = tally.variants[variant.id]
    return mistake_shares(item, counts.mistakes, counts.attempts, variant.seed)


def _options(item: ReportItem, tally: ItemTally, variants: Sequence[VariantAnalysis]) -> list[OptionShare]:
    """Every option of every variant, chosen or not; options that cannot be explained any more only if chosen."""
    shares: list[OptionShare] = []
    for variant in variants:
        counts = tally.variants[variant.id]
        if not counts.options:
            continue
        chosen = {(each.field, each.option): each.attempts for each in counts.options}
        fields = option_meanings(item.problem, variant.version, variant.seed, variant.parameters, variant.layout)
        meanings = {(field, each.id): each for field, options in fields.items() for each in options}
        for field, option in sorted(chosen.keys() | meanings.keys()):
            meaning, attempts = meanings.get((field, option)), chosen.get((field, option), 0)
            shares.append(
                OptionShare(
                    seed=variant.seed,
                    field=field,
                    option=option,
                    text=meaning.text if meaning else None,
                    right=meaning.right if meaning else None,
                    mistakes=meaning.mistakes if meaning else (),
                    attempts=attempts,
                    share=attempts / counts.attempts,
                )
            )
    return shares
