"""Seeds 0 to 20 of every problem are pinned: parameters and layout of the options.

Whoever was dealt a variant must find the same one tomorrow. If a change moves variants on purpose, raise the
problem's `version`, then write the file anew (it refuses to move variants under an unchanged version)::

    python tests/problems/test_golden.py
"""

import json
import sys
from pathlib import Path

import pytest

from problems.catalogue import catalogue
from problems.dealing import deal

FILE = Path(__file__).with_name("golden.json")
SEEDS = range(21)
ADVICE = "raise the problem's version if this is meant, then run: python tests/problems/test_golden.py"


def pinned(problem):
    variants = [deal(problem, seed) for seed in SEEDS]
    return {
        "version": problem.version,
        "variants": [{"parameters": variant.parameters, "layout": list(variant.layout)} for variant in variants],
    }


@pytest.fixture(scope="module")
def golden():
    return json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("id_", list(catalogue()))
def test_the_variants_are_those_of_the_golden_file(golden, id_):
    assert id_ in golden, f"{id_} is not pinned yet; run: python tests/problems/test_golden.py"
    now = pinned(catalogue()[id_])
    assert now["version"] == golden[id_]["version"], "write the golden file anew for the new version"
    moved = [seed for seed, (a, b) in enumerate(zip(now["variants"], golden[id_]["variants"], strict=True)) if a != b]
    assert moved == [], f"the variants of {id_} moved under version {now['version']}; {ADVICE}"


def test_nothing_is_pinned_that_is_gone(golden):
    assert set(golden) <= set(catalogue())


def moved_without_notice(before, now):
    """Problems whose variants are others than pinned, although the version is the same."""
    moved = [id_ for id_ in now if id_ in before and now[id_] != before[id_]]
    return [id_ for id_ in moved if now[id_]["version"] == before[id_]["version"]]


def test_the_file_is_not_written_over_under_the_same_version():
    old, moved = {"version": 1, "variants": [1]}, {"version": 1, "variants": [2]}
    assert moved_without_notice({"1.6": old}, {"1.6": moved}) == ["1.6"]
    assert moved_without_notice({"1.6": old}, {"1.6": moved | {"version": 2}}) == []
    assert moved_without_notice({"1.6": old}, {"1.6": old, "1.7": moved}) == []


def write():
    """Pin what is dealt now; refuse where variants moved and the version did not."""
    before = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    now = {id_: pinned(problem) for id_, problem in catalogue().items()}
    if moved := moved_without_notice(before, now):
        sys.exit(f"Variants moved under an unchanged version: {', '.join(moved)}. Raise the version first.")
    lines = [",\n".join(json.dumps(variant, ensure_ascii=False) for variant in pin["variants"]) for pin in now.values()]
    entries = [
        f'"{id_}": {{"version": {pin["version"]}, "variants": [\n{variants}]}}'
        for (id_, pin), variants in zip(now.items(), lines, strict=True)
    ]
    FILE.write_text("{\n" + ",\n".join(entries) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write()
