"""The parts of reports that need no service: files, variants beside each other, figures, guessing."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports import figures
from app.reports.exercises import mistake_text, option_meanings, random_guess_score
from app.reports.spreadsheets import csv_blocks, neutral, write_xlsx
from app.reports.statistics import ItemStatistics, TestStatistics
from app.reports.subject import ReportItem, Subject
from app.reports.summary import Summary
from app.reports.variants import is_harder
from problems.catalogue import find
from problems.dealing import deal

# Files


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "\n=1", "＝1", "＋1"])
def test_what_a_spreadsheet_would_evaluate_begins_with_an_apostrophe(text):
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ada", "王 -1", "1-1", "a=b"])
def test_other_text_stays_as_it_is(text):
    assert neutral(text) == text


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2, max_size=2)
    )
)
def test_csv_is_read_back_as_it_was_written(rows):
    written = b"".join(csv_blocks(rows, bom=False)).decode()
    assert list(csv.reader(io.StringIO(written, newline=""))) == [[neutral(cell) for cell in row] for row in rows]


def test_kinds_of_cells_in_csv():
    moment = datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=8)))
    (block,) = csv_blocks([[-1.0, 0.1 + 0.2, None, True, moment, 7]], bom=False)
    assert block == b"-1,0.3,,yes,2026-03-02T01:00:00Z,7\r\n"


def test_a_long_csv_comes_in_blocks_with_one_mark_at_its_beginning():
    blocks = list(csv_blocks((["x" * 1000] for _ in range(200)), bom=True))
    assert len(blocks) > 2
    assert b"".join(blocks).count(b"\xef\xbb\xbf") == 1
    assert blocks[0].startswith(b"\xef\xbb\xbf")


def test_a_workbook_holds_text_and_numbers_as_such():
    moment = datetime(2026, 3, 2, 1, tzinfo=UTC)
    with write_xlsx(
        [("One", [["a", "b"], ["=1+1", 0.5], [None, True], ["http://x.example", moment]]), ("Two", [])]
    ) as file:
        book = openpyxl.load_workbook(io.BytesIO(file.read()))
    assert [list(row) for row in book["One"].iter_rows(values_only=True)] == [
        ["a", "b"], ["=1+1", 0.5], [None, True], ["http://x.example", moment.replace(tzinfo=None)],
    ]  # fmt: skip
    assert book["One"]["A2"].data_type == "s"


# Variants beside each other


def test_a_variant_that_nearly_everybody_fails_is_harder():
    assert is_harder(np.array([0.0] * 9 + [1.0]), np.array([1.0] * 15 + [0.0] * 5), 4)


@pytest.mark.parametrize(
    ("mine", "others"),
    [
        ([1.0, 0.0] * 5, [1.0, 0.0] * 10),
        ([1.0] * 10, [0.0] * 10),  # easier
        ([0.0] * 4, [1.0] * 20),  # too few to tell
        ([0.0] * 20, [1.0] * 4),
        ([0.90] * 1000, [0.95] * 1000),  # certain, but not worth a word
        ([0.0, 1.0, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 0.0, 1.0]),  # may well be chance
        ([], []),
    ],
)
def test_a_variant_is_not_called_harder_without_reason(mine, others):
    assert not is_harder(np.array(mine), np.array(others), 2)


def test_among_equal_variants_one_in_twenty_tests_errs_at_most():
    chance = np.random.default_rng(1)
    flagged = 0
    for _ in range(400):
        groups = (chance.random((5, 20)) < 0.6).astype(float)
        flagged += any(is_harder(group, np.delete(groups, i, axis=0).ravel(), 5) for i, group in enumerate(groups))
    assert flagged / 400 < 0.08


# What is said about exercises


@pytest.mark.parametrize(
    ("problem", "form", "share"),
    [("1.6", "choice", 0.25), ("1.6", "open", 0), ("2.1", "choice", None), ("none", "open", None)],
)
def test_what_guessing_earns(problem, form, share):
    assert random_guess_score(problem, form) == share


def test_an_unknown_mistake_stands_for_itself():
    assert mistake_text("1.8", "never-heard-of").en == "never-heard-of"
    assert mistake_text("none", "hinge").zh == "hinge"


def test_options_say_which_mistake_they_stand_for():
    variant = deal(find("1.6"), 3)
    (options,) = option_meanings("1.6", variant.problem.version, 3, variant.parameters, variant.layout).values()
    assert [option.right for option in options].count(True) == 1
    assert all(option.mistakes for option in options if not option.right)
    assert option_meanings("1.6", variant.problem.version + 1, 3, variant.parameters, variant.layout) == {}


# Figures


def item(place: int, points: float = 1) -> ReportItem:
    return ReportItem(str(place), place, "1.4", "open", points, "shared", "normal")


SUBJECT = Subject("a", "Sheet", "c", "Course", "UTC", 0.5, None, None, None, (item(1), item(2)))


def test_bars_stand_on_the_axis_and_as_high_as_their_counts():
    summary = Summary(
        enrolled=3, submitted=3, max_points=2, pass_mark=0.5, below_pass_mark=1,
        histogram=(1, 0, 0, 0, 0, 0, 0, 0, 0, 2),
        statistics=TestStatistics(mean=1.0),
    )  # fmt: skip
    bars = figures.histogram(summary)
    assert all(bar.y + bar.height == bars.bottom for bar in bars.bars)
    assert bars.bars[9].height == 2 * bars.bars[0].height
    assert [bar.low for bar in bars.bars] == [True] * 5 + [False] * 5
    assert bars.mean == bars.pass_mark == 256


def test_items_without_both_figures_are_not_drawn():
    plot = figures.scatter(
        SUBJECT, [ItemStatistics(facility=0.5, discrimination_index=-35.0), ItemStatistics(facility=0.5)]
    )
    (point,) = plot.points
    assert (point.label, point.weak, point.x) == ("1", True, 256)
    assert plot.y_ticks[0].value == -0.4


def test_rows_of_a_heat_map_are_sorted_by_total_and_grouped():
    points = np.array([[0.0, np.nan], [1.0, np.nan]])
    assert [(row.students, row.shades) for row in figures.heat_map(points, [1, 1])] == [(1, (4, None)), (1, (0, None))]
    rows = figures.heat_map(np.ones((100, 2)), [1, 0])
    assert (len(rows), sum(row.students for row in rows)) == (40, 100)
    assert rows[0].shades == (4, None)  # an item worth nothing has no share


def test_days_without_attempts_have_a_bar_without_height():
    bars = figures.activity_bars({"2026-02-27": 4, "2026-03-01": 2})
    assert [(bar.label, bar.count) for bar in bars.bars] == [("2026-02-27", 4), ("2026-02-28", 0), ("2026-03-01", 2)]
    assert figures.activity_bars({}).bars == ()


@given(st.integers(0, 10**6))
def test_round_steps_reach_the_highest_value(highest):
    ticks = figures.steps(highest)
    assert ticks[-1] >= highest
    assert 2 <= len(ticks) <= 6
    assert all(tick == int(tick) for tick in ticks)
