"""The Markdown files of a problem's folder, and the slots in them."""

import pytest

from problems.latex import latex_matrix, latex_number
from problems.text import Text, fill, read_page, slots

GOOD = "# A title\n\nA statement.\n\n## Hint\n\nThink.\n\n## Hint\n\nThink again.\n\n## Solution\n\nIt is {{ x }}.\n"


@pytest.fixture
def folder(tmp_path):
    """Writes a problem's two pages; Chinese like English unless given."""

    def write(english, chinese=None):
        (tmp_path / "en.md").write_text(english, encoding="utf-8")
        (tmp_path / "zh.md").write_text(english if chinese is None else chinese, encoding="utf-8")
        return tmp_path

    return write


def test_a_page_has_a_title_a_statement_hints_and_a_solution(folder):
    page = read_page(folder(GOOD, GOOD.replace("A title", "标题")))
    assert page.title == Text("A title", "标题")
    assert page.statement["en"] == "A statement."
    assert [hint["zh"] for hint in page.hints] == ["Think.", "Think again."]
    assert page.solution["en"] == "It is {{ x }}."


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("A statement.\n\n## Solution\n\nYes.", "does not start with '# Title'"),
        ("", "does not start with '# Title'"),
        ("Before.\n# T\n\nS.\n\n## Solution\n\nYes.", "does not start with '# Title'"),
        ("# T\n\nS.", "exactly one '## Solution'"),
        ("# T\n\nS.\n\n## Solution\n", "none of them empty"),
        ("# T\n\n## Solution\n\nYes.", "needs a statement"),
        ("# T\n\nS.\n\n## Hint\n\n## Solution\n\nYes.", "none of them empty"),
        (GOOD + "\n## Solution\n\nTwice.", "exactly one '## Solution'"),
        (GOOD + "\n## Answer\n\nB.", "are headings"),
        (GOOD + "\n# Another\n\nB.", "are headings"),
    ],
)
def test_a_broken_page_is_refused(folder, broken, says):
    with pytest.raises(ValueError, match=says):
        read_page(folder(broken))


def test_both_languages_have_the_same_number_of_hints(folder):
    with pytest.raises(ValueError, match="different numbers of hints"):
        read_page(folder(GOOD, GOOD.replace("## Hint\n\nThink.\n\n", "")))


def test_a_missing_language_is_an_error(folder):
    page = folder(GOOD)
    (page / "zh.md").unlink()
    with pytest.raises(FileNotFoundError, match=r"zh\.md"):
        read_page(page)


def test_slots_are_filled_in_each_language():
    text = Text("$w = {{ w }}$, {{ word }}", "$w = {{w}}$，{{ word }}")
    assert slots(text) == {"w", "word"}
    filled = fill(text, {"w": r"\frac{1}{2}", "word": Text("half", "一半")})
    assert filled == Text(r"$w = \frac{1}{2}$, half", r"$w = \frac{1}{2}$，一半")


def test_a_slot_without_a_value_is_an_error():
    with pytest.raises(KeyError, match="missing"):
        fill(Text("{{ missing }}", ""), {})


@pytest.mark.parametrize(
    ("value", "decimals", "latex"),
    [
        (1.5, None, "1.5"),
        (3, None, "3"),
        (-0.45, None, "-0.45"),
        (0.1 + 0.2, None, "0.3"),
        (1e-6, None, r"1 \times 10^{-6}"),
        (-2.5e20, None, r"-2.5 \times 10^{20}"),
        (6252490, None, "6252490"),
        (1.22, 3, "1.220"),
        (-0.0004, 3, "0.000"),
        (-0.35, 2, "-0.35"),
    ],
)
def test_numbers_in_latex(value, decimals, latex):
    assert latex_number(value, decimals) == latex


def test_matrices_in_latex():
    assert latex_matrix([[1, -0.5], ["a", 2]]) == r"\begin{bmatrix} 1 & -0.5 \\ a & 2 \end{bmatrix}"
    assert latex_matrix([[1.0], [2.0]], 2) == r"\begin{bmatrix} 1.00 \\ 2.00 \end{bmatrix}"
