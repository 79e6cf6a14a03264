"""Items are proven when they are saved, so that nobody meets a broken exercise first in an assignment."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.core.errors import Fault, InvalidRequestError
from problems.answers import Choices, Matrix, Number, Vector
from problems.catalogue import UnknownProblemError, find
from problems.checks import check
from problems.dealing import deal
from problems.draws import MAX_SEED
from problems.problem import Problem
from problems.text import Text
from problems.tolerance import Tolerance
from problems.variant import Variant

SAMPLE = (1, 2, 3)
"""Seeds that are looked at where the seeds to be dealt can't all be: the generator itself is proven by its tests."""
MAX_DRAWS = 3  # times the size of a pool that is drawn

_PROBLEM = Text("There is no exercise with this id.", "没有这个编号的习题。")
_FORM = Text("This exercise has no such form.", "这道习题没有这种作答形式。")
_SEED_NEEDED = Text("The mode “fixed” needs a seed, and no other mode takes one.", "只有“fixed”方式需要并接受 seed。")
_POOL_NEEDED = Text(
    "The mode “pool” needs either a pool or the size of one, and no other mode takes them.",
    "只有“pool”方式需要并接受 pool 或 pool_size，二者取一。",
)
_REPEATED = Text("A seed stands twice in the pool.", "种子库中有重复的种子。")
_UNSOUND = Text("The variant with the seed {seed} can't be used: {what}.", "种子为 {seed} 的变式不能使用：{what}。")
_NO_POOL = Text("So many sound variants were not found.", "找不到这么多可用的变式。")
_NO_SCORING = Text("Only an exercise with several options to choose has a scoring.", "只有多项选择的习题才有计分方式。")
_NO_NUMBER = Text("Only answers that are numbers have a tolerance.", "只有数值答案才有允许误差。")
_BAD_TOLERANCE = Text("This tolerance can't be used with the key.", "这个允许误差不适用于本题的答案。")
_UNPROVABLE = Text(
    "A relative tolerance can't be met where the key is 0, so it needs a fixed seed or a pool, which are looked at.",
    "答案为 0 时相对误差无法满足，因此只能用于固定种子或种子库，它们会逐一检查。",
)


def proven(item: Mapping[str, Any], *, pointer: str = "") -> dict[str, Any]:
    """The columns of an item from what was sent (see `assignment_schemas.ItemRequest`), its pool drawn if asked for.

    It computes, so it belongs in a thread and not in a job of the writer.

    Raises:
        InvalidRequestError: the item can't be served; every fault has its place below `pointer`.

    """
    if faults := list(_faults(item)):
        raise _invalid(faults, pointer)
    problem = find(item["problem"])
    settings = {name: item[name] for name in ("problem", "form", "points", "scoring", "tolerance", "seed_mode")}
    settings |= {"seed": item["seed"], "pool": item["pool"]}
    if item["seed_mode"] == "pool" and item["pool"] is None:
        settings["pool"] = _draw_pool(problem, item, pointer)
    elif faults := [fault for seed in seeds_of(item) for fault in _variant_faults(problem, seed, item)]:
        raise _invalid(faults, pointer)
    return settings


def seeds_of(item: Mapping[str, Any]) -> Sequence[int]:
    """The seeds that are proven: all that can be dealt, where these are few."""
    if item["seed_mode"] == "fixed":
        return (item["seed"],)
    return item["pool"] or SAMPLE


def _faults(item: Mapping[str, Any]) -> Iterator[Fault]:
    """What does not fit together, before any variant is looked at."""
    mode = item["seed_mode"]
    try:
        find(item["problem"])
    except UnknownProblemError:
        yield Fault(_PROBLEM, pointer="/problem")
    if (mode == "fixed") != (item["seed"] is not None):
        yield Fault(_SEED_NEEDED, pointer="/seed")
    if [item["pool"], item["pool_size"]].count(None) != (1 if mode == "pool" else 2):
        yield Fault(_POOL_NEEDED, pointer="/pool")
    if item["pool"] is not None and len(set(item["pool"])) < len(item["pool"]):
        yield Fault(_REPEATED, pointer="/pool")
    tolerance = item["tolerance"]
    if tolerance is not None:
        if tolerance["kind"] in {"relative", "significant"} and mode not in {"fixed", "pool"}:
            yield Fault(_UNPROVABLE, pointer="/tolerance")
        try:
            Tolerance(tolerance["kind"], tolerance["value"])
        except ValueError:
            yield Fault(_BAD_TOLERANCE, pointer="/tolerance/value")


def _variant_faults(problem: Problem[Any], seed: int, item: Mapping[str, Any]) -> Iterator[Fault]:
    if item["form"] not in problem.forms(seed):
        yield Fault(_FORM, pointer="/form")
        return
    unsound = next(check(problem, [seed]), None)
    if unsound is not None:
        place = {"fixed": "/seed", "pool": "/pool"}.get(item["seed_mode"], "/problem")
        yield Fault(_UNSOUND.format(seed=seed, what=unsound.what), pointer=place)
        return
    variant = deal(problem, seed)
    kinds = [field.kind for field in variant.fields(item["form"])]
    if item["scoring"] is not None and not any(isinstance(kind, Choices) for kind in kinds):
        yield Fault(_NO_SCORING, pointer="/scoring")
    if item["tolerance"] is not None:
        yield from _tolerance_faults(variant, item)


def _tolerance_faults(variant: Variant[Any], item: Mapping[str, Any]) -> Iterator[Fault]:
    tolerance = Tolerance(item["tolerance"]["kind"], item["tolerance"]["value"])
    numeric = [field for field in variant.fields(item["form"]) if isinstance(field.kind, Number | Vector | Matrix)]
    if not numeric:
        yield Fault(_NO_NUMBER, pointer="/tolerance")
        return
    try:
        for field in numeric:
            for number in _numbers(variant.solved[field.name]):
                tolerance.check(number)
    except ValueError:
        yield Fault(_BAD_TOLERANCE, pointer="/tolerance")


def _numbers(key: Any) -> Iterator[float]:
    if isinstance(key, tuple | list):
        for each in key:
            yield from _numbers(each)
    else:
        yield key


def _draw_pool(problem: Problem[Any], item: Mapping[str, Any], pointer: str) -> list[int]:
    """So many different seeds, drawn at random, each of which is sound."""
    found: list[int] = []
    fault = Fault(_NO_POOL, pointer="/pool_size")
    for _ in range(MAX_DRAWS * item["pool_size"]):
        if len(found) == item["pool_size"]:
            break
        seed = 1 + secrets.randbelow(MAX_SEED)
        faults = list(_variant_faults(problem, seed, item))
        if not faults and seed not in found:
            found.append(seed)
        elif faults:
            fault = faults[0]
    else:
        if len(found) < item["pool_size"]:
            raise _invalid([fault], pointer)
    return sorted(found)


def _invalid(faults: Sequence[Fault], pointer: str) -> InvalidRequestError:
    placed = {f"{pointer}{fault.pointer}": fault.detail for fault in reversed(faults)}
    return InvalidRequestError(
        "The item can't be served so.", [Fault(detail, pointer=place) for place, detail in reversed(placed.items())]
    )
