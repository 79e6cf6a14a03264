"""A course by program: from a class list to the gradebook. Needs `haitang.py` beside it, and an instructor's token.

    python course.py class-list.csv            # shows what the list would change, then makes course and homework
    python course.py --report <assignment>     # how the class has done

The class list is CSV with a line of heads: email,name,student_number,section.
"""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

from haitang import Haitang, HaitangError

ITEMS = [
    {"problem": "1.4", "form": "open", "points": 2, "seed_mode": "per-student"},
    {"problem": "1.6", "form": "open", "points": 4, "seed_mode": "per-student"},
    {"problem": "2.3", "form": "open", "points": 4, "seed_mode": "per-student"},
]
"""Every student has numbers of their own."""


def set_up(haitang: Haitang, class_list: str) -> str:
    """Make the course, enrol the class, set the homework; the id of the assignment."""
    course = haitang.create_course("神经计算的数学原理")["id"]
    planned = haitang.enrol(course, class_list)
    for fault in planned["errors"]:
        print(fault["detail"])
    if planned["errors"]:
        raise SystemExit("Mend the class list; nobody was enrolled.")
    print(haitang.enrol(course, class_list, apply=True)["counts"])
    homework = haitang.create_assignment(
        course,
        "Homework 1: gradient descent",
        ITEMS,
        due_at=(datetime.now(UTC) + timedelta(days=14)).isoformat(timespec="seconds"),
        attempts_allowed=3,
        attempt_penalty=0.1,
        release={"correctness": "at-once", "diagnosis": "at-once", "key": "after-due", "solution": "after-due"},
        published=True,
    )
    return homework["id"]


def show_report(haitang: Haitang, assignment: str) -> None:
    """Print the points of everybody, what was hard, and what went wrong most often."""
    for line in haitang.gradebook(assignment):
        print(f"{line['name']:<24} {line['total']:6.2f} of {line['max_points']:g}")
    for item in haitang.item_analysis(assignment)["items"]:
        facility = item["facility"]
        print(f"\n{item['problem']}: " + ("no answers yet" if facility is None else f"{facility:.0%} of the points"))
        for mistake in [each for each in item["mistakes"] if each["variant"] is None][:3]:
            print(f"    {mistake['students']} students: {mistake['text']['en'].splitlines()[0]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("class_list", nargs="?", type=Path)
    parser.add_argument("--report", metavar="ASSIGNMENT")
    chosen, haitang = parser.parse_args(), Haitang()
    try:
        if chosen.class_list:
            assignment = set_up(haitang, chosen.class_list.read_text(encoding="utf-8-sig"))
            print(f"Homework {assignment} is published.")
        elif chosen.report:
            show_report(haitang, chosen.report)
        else:
            parser.error("give a class list, or --report")
    except HaitangError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
