"""Answers as Moodle's numerical and multiple-choice questions take them: a value, a tolerance, a fraction, a feedback.

Moodle takes the first answer within whose tolerance a number lies, so what is right stands first. Its fractions are a
fixed list (`FRACTIONS`, from `question_bank::fraction_options_full`); it refuses others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.exports.asking import decimal
from app.exports.question import Cell, Choosing, Interval, Numbers, Trap
from problems.families import shared
from problems.feedback import RIGHT
from problems.slips import SLIPS
from problems.text import Text

MOST = 24
"""Known mistakes at one number: what stands in a question's text is read by a regular expression, which has limits."""

FRACTIONS = (1, 9 / 10, 5 / 6, 4 / 5, 3 / 4, 7 / 10, 2 / 3, 3 / 5, 1 / 2, 2 / 5, 1 / 3, 3 / 10, 1 / 4, 1 / 5, 1 / 6,
             1 / 7, 1 / 8, 1 / 9, 1 / 10, 1 / 20, 0)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """A number, or ``*`` for any other, that earns this fraction (1 is all) and is told this."""

    value: str
    tolerance: str
    fraction: float
    feedback: Text | None


@dataclass(frozen=True, slots=True)
class OptionAnswer:
    text: Text
    fraction: float
    feedback: Text | None


def percent(fraction: float) -> str:
    """As Moodle writes fractions: ``100``, ``-33.33333``."""
    return f"{100 * fraction:.5f}".rstrip("0").rstrip(".")


def number_answers(part: Numbers, cell: Cell) -> list[Answer]:
    """What is right, as it is shown and within its tolerance; then what known mistakes lead to."""
    right = [Answer(decimal(_middle(cell, each)), _half(each), 1, RIGHT) for each in cell.accepted]
    if not any(answer.value == cell.shown for answer in right):
        # Moodle shows the first right answer as "the right answer": the number as it was asked for.
        right.insert(0, Answer(cell.shown, "0", 1, RIGHT))
    alone = len(part.cells) == 1
    # A slip in a vector is seen only beside its other numbers, but for a sign.
    traps = [trap for trap in part.traps if alone or trap.id not in SLIPS or trap.id.startswith("sign")]
    mistaken = sorted(_mistaken(traps, cell), key=lambda answer: -answer.fraction)
    return right + mistaken[:MOST]


def _middle(cell: Cell, accepted: Interval) -> float:
    """The key itself, where a tolerance lies around it; else what it is when rounded or cut."""
    return cell.key if len(cell.accepted) == 1 else round(accepted.middle, 12)


def _half(interval: Interval) -> str:
    """Half its width with six digits: Moodle adds what floating point needs."""
    return decimal(float(f"{(interval.high - interval.low) / 2:.6g}"))


def _mistaken(traps: Sequence[Trap], cell: Cell) -> Iterator[Answer]:
    """Mistakes that lead to a number of their own.

    Where several meet, only what they have in common is said, and the most that one of them earns is earned: the other
    numbers of a vector, by which they differ, are out of sight.
    """
    here = [
        trap for trap in traps if not any(_is_within(trap.cells[cell.name], accepted) for accepted in cell.accepted)
    ]
    told: set[str] = set()
    for trap in here:
        place = trap.cells[cell.name]
        meeting = [other for other in here if other.cells[cell.name].meets(place)]
        feedback = _in_common(meeting)
        credit = max(other.credit for other in meeting)
        value = decimal(round(place.middle, 9))
        if value not in told and (feedback or credit):
            told.add(value)
            yield Answer(value, _half(place), _nearest(credit), feedback)


def _is_within(place: Interval, accepted: Interval) -> bool:
    return accepted.low <= place.low and place.high <= accepted.high


def _in_common(traps: Sequence[Trap]) -> Text | None:
    if len({trap.id for trap in traps}) == 1:
        return traps[0].text
    families = {trap.family for trap in traps}
    return shared(families.pop()) if len(families) == 1 and "" not in families else None


def _nearest(credit: float) -> float:
    return min(FRACTIONS, key=lambda fraction: abs(fraction - credit))


def one_key(part: Choosing) -> bool:
    """Whether two keys have no option in common, so that several chosen options can be held against one only."""
    return not part.single and not frozenset.intersection(*part.keys)


def option_answers(part: Choosing) -> list[OptionAnswer]:
    """The options with their fractions.

    Of one right option, every key's earns all. Of several, each of the T right ones earns 1/T and a wrong one costs
    as much, which with Moodle's floor of 0 is the scoring ``net``; options on which two keys differ do neither.
    """
    if part.single:
        right = frozenset.union(*part.keys)
        return [OptionAnswer(each.text, float(each.id in right), each.told) for each in part.options]
    sure = part.keys[0] if one_key(part) else frozenset.intersection(*part.keys)
    open_ = frozenset[str]() if one_key(part) else frozenset.union(*part.keys) - sure
    share = 1 / len(sure)
    fractions = {each.id: share if each.id in sure else 0.0 if each.id in open_ else -share for each in part.options}
    return [OptionAnswer(each.text, fractions[each.id], each.told) for each in part.options]
