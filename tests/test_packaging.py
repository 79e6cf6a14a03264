"""What the locks, the page on dependencies and the first page promise."""

import doctest
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Not a group of the project: it is installed beside it.
BESIDE = (ROOT / "requirements" / "lti-consumer.in").read_text(encoding="utf-8").splitlines()
GROUPS = {
    "run": PROJECT["project"]["dependencies"],
    **PROJECT["dependency-groups"],
    "lti-consumer": [line for line in BESIDE if not line.startswith("#")],
}


def names(requirements):
    return {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in requirements}


def pins(lock):
    """Name → version and hashes of each requirement in a lock."""
    text = lock.read_text(encoding="utf-8")
    entry = re.compile(
        r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)(?: ;[^\n]*?)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
        re.MULTILINE,
    )
    return {name.lower(): (version, frozenset(hashes.split())) for name, version, hashes in entry.findall(text)}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_pinned_with_hashes_and_no_address(lock):
    text = lock.read_text(encoding="utf-8")
    requirements = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]

    assert len(pins(lock)) == len(requirements) > 0
    assert not re.search(r"://|--index|--find-links| @ ", text)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_direct_dependency_is_locked(lock):
    assert names(GROUPS[lock.stem]) <= pins(lock).keys()


def test_locks_that_meet_in_one_environment_agree():
    tested = pins(ROOT / "requirements" / "test.txt")
    for lock in ("run", "build", "oracle"):
        shared = {name: pin for name, pin in pins(ROOT / "requirements" / f"{lock}.txt").items() if name in tested}
        assert shared.items() <= tested.items()


def test_every_dependency_says_what_it_is_for():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| ([\w-]+) \| \S", page, re.MULTILINE)) - {"package"}

    assert explained == set().union(*map(names, GROUPS.values()))


def test_the_python_of_the_readme_does_what_it_shows():
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)

    assert (failed, tried > 0) == (0, True)
