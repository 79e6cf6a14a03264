"""Each kind of answer: what it reads, what it accepts as a key, how it compares, how it is shown."""

import math
from itertools import combinations

import numpy as np
import pytest

from problems.answers import Choice, Choices, Integer, Matrix, Number, Option, Vector
from problems.reading import FormatError
from problems.text import Text
from problems.tolerance import Tolerance

NEAR = Tolerance("absolute", 0.001)


def options(ids):
    return tuple(Option(id_, Text(f"option {id_}", f"选项 {id_}"), "printed") for id_ in ids)


ONE, ANY = Choice(options("ABCD")), Choices(options("12345"))


# Choice


@pytest.mark.parametrize("raw", ["B", "b", " B ", "Ｂ"])
def test_an_option_is_chosen_by_its_id(raw):
    assert ONE.parse(raw) == "B"


@pytest.mark.parametrize("raw", ["E", "", "AB", "option B", 1, True, None, ["B"], {"B": 1}, 2.0, -1, "\ud800"])
def test_what_is_no_option_is_refused(raw):
    with pytest.raises(FormatError, match="Choose one of the options A, B, C, D"):
        ONE.parse(raw)


def test_the_key_of_a_choice_is_one_of_its_options():
    assert ONE.key("C") == "C"
    with pytest.raises(ValueError, match="not an option"):
        ONE.key("E")
    assert ONE.compare("C", "C").correct
    assert ONE.compare("B", "C").share == 0
    assert (ONE.distance("B", "B"), ONE.distance("B", "C")) == (0, math.inf)


# Choices


@pytest.mark.parametrize("raw", [["1", "4"], ["4", "1"], [1, 4], ("4", 1), ["１", "４"]])
def test_options_are_a_set_whatever_their_order(raw):
    assert ANY.parse(raw) == ("1", "4")
    assert ANY.text(ANY.parse(raw)) == "1, 4"


@pytest.mark.parametrize(
    ("raw", "advice", "path"),
    [
        ([], "at least one", ()),
        ("1", "list of option ids", ()),
        (None, "list of option ids", ()),
        ({"1": True}, "list of option ids", ()),
        (["1", "6"], "options 1, 2, 3, 4, 5", (1,)),
        (["1", ["2"]], "options 1, 2, 3, 4, 5", (1,)),
        (["1", True], "options 1, 2, 3, 4, 5", (1,)),
        (["1", "1"], "twice", ()),
        (["1"] * 6, "More answers than options", ()),
    ],
)
def test_what_is_no_set_of_options_is_refused(raw, advice, path):
    with pytest.raises(FormatError, match=advice) as refused:
        ANY.parse(raw)
    assert refused.value.path == path


@pytest.mark.parametrize("solved", [[], ["6"], ["1", "6"]])
def test_what_is_no_key_of_choices(solved):
    with pytest.raises(ValueError, match="are not options"):
        ANY.key(solved)


@pytest.mark.parametrize(
    ("given", "key", "every", "each", "net"),
    [
        # given, key: `all`, `each` (of five options), `net` = (right - wrong) / true ones, not below 0
        ("14", "14", 1, 5 / 5, 1),
        ("1", "14", 0, 4 / 5, 1 / 2),
        ("125", "14", 0, 2 / 5, 0),  # 1 - 2 < 0
        ("124", "14", 0, 4 / 5, 1 / 2),  # 2 - 1
        ("12345", "14", 0, 2 / 5, 0),  # ticking all gains nothing
        ("12345", "1234", 0, 4 / 5, 3 / 4),
        ("2", "14", 0, 2 / 5, 0),
        ("235", "14", 0, 0, 0),
        ("12", "125", 0, 4 / 5, 2 / 3),
    ],
)
def test_scoring_of_choices_by_hand(given, key, every, each, net):
    for scoring, share in (("all", every), ("each", each), ("net", net)):
        comparison = Choices(options("12345"), scoring).compare(tuple(given), tuple(key))
        assert comparison.share == pytest.approx(share, abs=1e-15)
        assert comparison.correct == (given == key)
        assert comparison.parts == tuple((id_ in given) == (id_ in key) for id_ in "12345")


def test_no_scoring_leaves_the_range_and_only_the_key_is_full():
    subsets = [chosen for size in range(1, 6) for chosen in combinations("12345", size)]
    for scoring in ("all", "each", "net"):
        kind = Choices(options("12345"), scoring)
        for key in subsets:
            shares = {given: kind.compare(given, key).share for given in subsets}
            assert all(0 <= share <= 1 for share in shares.values())
            assert [given for given, share in shares.items() if share == 1] == [key]


# Numbers


def test_a_whole_number_is_compared_exactly():
    kind = Integer()
    assert kind.parse("1.28e2") == 128
    assert kind.key(np.int64(128)) == 128
    assert kind.compare(128, 128).correct
    assert not kind.compare(127, 128).correct
    assert kind.distance(127, 128) == math.inf
    assert kind.tolerance.value == 0
    with pytest.raises(ValueError, match="not a whole number"):
        kind.key(2.5)


def test_a_number_is_right_within_its_tolerance():
    kind = Number(NEAR)
    assert kind.compare(kind.parse("1.001"), kind.key(1)).correct
    assert not kind.compare(kind.parse("1.0011"), kind.key(1)).correct
    assert kind.distance(1.0, 1.003) == pytest.approx(3)
    assert kind.text(kind.parse("2/3")) == "0.666666666667"
    assert kind.latex(kind.parse("−1e-7")) == r"-1 \times 10^{-7}"


@pytest.mark.parametrize("solved", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_a_key_is_finite(solved):
    for kind, key in ((Number(NEAR), solved), (Vector(2, NEAR), [1, solved]), (Matrix(1, 2, NEAR), [[solved, 1]])):
        with pytest.raises(ValueError, match="finite"):
            kind.key(key)


def test_a_key_of_zero_has_no_relative_tolerance():
    for kind, key in ((Number(Tolerance("relative", 0.01)), 0), (Vector(2, Tolerance("significant", 3)), [1, 0])):
        with pytest.raises(ValueError, match="a key of 0"):
            kind.key(key)


# Vectors and matrices


@pytest.mark.parametrize(
    "raw", ["1, 2", "[1; 2]", ["1", "2"], [1, 2], (1.0, "2"), [[1], [2]], [["1"], ["2"]], "array([1., 2.])"]
)
def test_a_vector_is_read_from_cells_or_from_one_text(raw):
    assert Vector(2, NEAR).parse(raw) == (1.0, 2.0)


@pytest.mark.parametrize("raw", ["1", "1 2 3", "1 2; 3 4", "", [], [1], [1, 2, 3], [[1, 2]], None, 5, {"0": 1, "1": 2}])
def test_a_vector_of_another_size_is_refused(raw):
    with pytest.raises(FormatError, match="vector of 2 numbers"):
        Vector(2, NEAR).parse(raw)


@pytest.mark.parametrize(
    "raw", ["1 2 3; 4 5 6", "[[1,2,3],[4,5,6]]", [[1, 2, 3], [4, 5, 6]], [["1", 2, "3"], (4, 5, 6)]]
)
def test_a_matrix_is_read_from_cells_or_from_one_text(raw):
    assert Matrix(2, 3, NEAR).parse(raw) == ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))


@pytest.mark.parametrize(
    "raw", ["1 2; 3 4; 5 6", "1 2 3 4 5 6", "1 2 3; 4 5", "", [1, 2], [[1, 2, 3]], [[1, 2], [3, 4]], None, 1]
)
def test_a_matrix_of_another_shape_is_refused(raw):
    with pytest.raises(FormatError, match="matrix of 2 rows and 3 columns"):
        Matrix(2, 3, NEAR).parse(raw)


def test_an_error_in_a_cell_points_at_it():
    with pytest.raises(FormatError) as refused:
        Vector(2, NEAR).parse(["1", "two"])
    assert refused.value.path == (1,)
    with pytest.raises(FormatError) as refused:
        Matrix(2, 2, NEAR).parse("1 2; 3 four")
    assert refused.value.path == (1, 1)


def test_a_vector_is_right_as_a_whole_and_told_by_component():
    comparison = Vector(3, NEAR).compare((1.0, 2.0, 3.0), (1.0, 2.5, 3.001))
    assert comparison.parts == (True, False, True)
    assert not comparison.correct
    assert comparison.share == 0


def test_a_matrix_may_earn_by_the_cell():
    given, key = ((1.0, 2.0), (3.0, 4.0)), ((1.0, 2.0), (3.0, 5.0))
    assert Matrix(2, 2, NEAR).compare(given, key).share == 0
    by_cell = Matrix(2, 2, NEAR, per_cell=True).compare(given, key)
    assert by_cell.share == 3 / 4
    assert not by_cell.correct


def test_distances_are_the_largest_in_any_component_in_tolerances():
    assert Vector(2, NEAR).distance((1.0, 2.0), (1.002, 2.005)) == pytest.approx(5)
    assert Matrix(1, 2, NEAR).distance(((1.0, 2.0),), ((1.002, 2.0),)) == pytest.approx(2)
    assert Number(Tolerance("absolute", 0)).distance(1.0, 1.0) == 0
    assert Number(Tolerance("absolute", 0)).distance(1.0, 1.1) == math.inf


@pytest.mark.parametrize(
    ("kind", "solved"),
    [(Vector(2, NEAR), [1, 2, 3]), (Matrix(2, 2, NEAR), [[1, 2]]), (Matrix(1, 2, NEAR), [[1, 2, 3]])],
)
def test_a_key_of_another_shape_is_refused(kind, solved):
    with pytest.raises(ValueError, match="expected"):
        kind.key(solved)


def test_what_was_read_is_echoed():
    assert Vector(2, NEAR).text((0.5, -1.25)) == "(0.5, -1.25)"
    assert Vector(2, NEAR).latex((0.5, -1.25)) == r"\begin{bmatrix} 0.5 \\ -1.25 \end{bmatrix}"
    assert Matrix(2, 2, NEAR).text(((1.0, 2.0), (3.0, 4.5))) == "[1 2; 3 4.5]"
    assert Matrix(1, 2, NEAR).latex(((1.0, 2.0),)) == r"\begin{bmatrix} 1 & 2 \end{bmatrix}"
    assert Integer().text(128) == Integer().latex(128) == "128"
    assert ONE.latex("A") == r"\text{A}"


@pytest.mark.parametrize(
    ("kind", "name", "shape"),
    [
        (ONE, "Choice", ()),
        (ANY, "Choices", ()),
        (Integer(), "Integer", ()),
        (Number(NEAR), "Number", ()),
        (Vector(4, NEAR), "Vector", (4,)),
        (Matrix(2, 3, NEAR), "Matrix", (2, 3)),
    ],
)
def test_names_and_shapes_as_in_the_http_contract(kind, name, shape):
    assert (kind.name, kind.shape) == (name, shape)
