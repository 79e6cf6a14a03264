"""Right numbers, wrongly written down: what a key allows, and when a slip is named."""

import itertools

import pytest

from problems.answers import Integer, Matrix, Number, Vector
from problems.catalogue import catalogue
from problems.dealing import deal
from problems.families import BY_MISTAKE
from problems.grading import grade
from problems.problem import Field
from problems.slips import SLIPS, slips
from problems.tolerance import Tolerance

NEAR = Tolerance("absolute", 0.001)
KEY = (-0.527, 1.22, -1.047, -0.445)


@pytest.fixture
def exercise(make_problem):
    """An exercise of these fields (name: kind, key), without mistakes of its own."""

    def make(mistakes=(), **asked):
        return deal(
            make_problem(
                fields=lambda _: tuple(Field(name=name, kind=kind) for name, (kind, _) in asked.items()),
                solve=lambda _: {name: key for name, (_, key) in asked.items()},
                mistakes=mistakes,
                printed_options={},
                published={},
            ),
            0,
        )

    return make


def named(variant, **answers):
    given = dict(variant.solved) | answers
    return {field.name: field.mistake for field in grade(variant, "open", given).fields if not field.correct}


@pytest.mark.parametrize(
    ("given", "slip", "says"),
    [
        ((1.22, -0.527, -1.047, -0.445), "components-swapped", "components 1 and 2 are exchanged"),
        ((-0.527, 1.22, -0.445, -1.047), "components-swapped", "components 3 and 4 are exchanged"),
        ((-0.445, -1.047, 1.22, -0.527), "components-reversed", "reverse order"),
        ((-0.527, 1.22, 1.047, -0.445), "sign-of-one-component", "look at component 3"),
        ((0.527, -1.22, 1.047, 0.445), "signs-of-all-components", "every sign is reversed"),
        ((-0.527, 12.2, -1.047, -0.445), "decimal-point", "look at component 2"),
        ((-0.527, 1.22, -1.047, -445), "decimal-point", "look at component 4"),
        ((-52.7, 122, -104.7, -44.5), "decimal-points", "in every number"),
        ((-0.053, 0.122, -0.105, -0.045), "decimal-points", "in every number"),
    ],
)
def test_slips_in_a_vector(exercise, given, slip, says):
    variant = exercise(w=(Vector(4, NEAR), KEY))
    (field,) = grade(variant, "open", {"w": given}).fields
    assert (field.mistake, field.family, field.score) == (slip, BY_MISTAKE[slip], 0)
    assert says in field.feedback.en
    assert field.feedback.zh != field.feedback.en


@pytest.mark.parametrize(
    ("given", "slip"),
    [
        ([[1.5, -3], [2, 4.25]], "matrix-transposed"),
        ([[-3, 4.25], [1.5, 2]], "rows-swapped"),
        ([[2, 1.5], [4.25, -3]], "columns-swapped"),
        ([[1.5, 2], [3, 4.25]], "sign-of-one-component"),
        ([[1.5, 2], [-3, 0.425]], "decimal-point"),
    ],
)
def test_slips_in_a_matrix(exercise, given, slip):
    assert named(exercise(A=(Matrix(2, 2, NEAR), [[1.5, 2], [-3, 4.25]])), A=given) == {"A": slip}


def test_slips_in_single_numbers(exercise):
    variant = exercise(x=(Number(NEAR), 1.234), n=(Integer(), 1200))
    assert named(variant, x=-1.234) == {"x": "signs-of-all-components"}
    assert named(variant, x=0.123) == {"x": "decimal-point"}
    assert named(variant, x=1234) == {"x": "decimal-point"}
    assert named(variant, n=120) == {"n": "decimal-point"}
    assert named(variant, n=12_000) == {"n": "decimal-point"}
    assert named(variant, n=-1200) == {"n": None}  # no count is below 0
    assert named(variant, n=1201) == {"n": None}


def test_answers_in_each_others_place(exercise):
    variant = exercise(hinge=(Number(NEAR), 0.625), logistic=(Number(NEAR), 1.5), count=(Integer(), 3))
    assert named(variant, hinge=1.5, logistic=0.625) == {"hinge": "fields-swapped", "logistic": "fields-swapped"}
    assert named(variant, hinge=1.5) == {"hinge": None}  # the other one is right


def test_small_numbers_are_too_near_the_key_to_say_anything(exercise):
    """-0.02 for 0.02 is 40 tolerances off, and 0.0002 has no digit left by which to know it."""
    variant = exercise(w=(Vector(2, NEAR), (0.02, 1.0)))
    assert named(variant, w=(-0.02, 1.0)) == {"w": None}
    assert named(variant, w=(0.0, 1.0)) == {"w": None}
    assert named(variant, w=(0.2, 1.0)) == {"w": "decimal-point"}


def test_equal_components_leave_nothing_to_exchange():
    made = {slip.id for slip in slips([Field(name="w", kind=Vector(2, NEAR))], {"w": (1.0, 1.0)})}
    assert "components-swapped" not in made


def test_a_mistake_goes_before_a_slip(exercise, make_mistake):
    """Halving 2, 4 and losing the sign: the exercise has a mistake of its own for that."""
    variant = exercise(mistakes=(make_mistake("sign", -0.5),), w=(Vector(2, NEAR), (1.0, 2.0)))
    assert named(variant, w=(-1, -2)) == {"w": "sign"}
    close = exercise(mistakes=(make_mistake("nearly", -0.501),), w=(Vector(2, NEAR), (1.0, 2.0)))
    assert named(close, w=(-1, -2)) == {"w": None}  # 4 tolerances from a mistake: not known which
    assert named(close, w=(-1.002, -2.004)) == {"w": "nearly"}


def test_every_slip_has_a_name_for_reports_and_a_family():
    assert set(SLIPS) <= set(BY_MISTAKE)
    made = {slip.id for slip in itertools.chain(*(slips(fields, key) for fields, key in _keys()))}
    assert made == set(SLIPS)


def _keys():
    """Of exercises with vectors, matrices and several fields."""
    kinds = {
        "w": (Vector(4, NEAR), KEY),
        "A": (Matrix(2, 2, NEAR), ((1.5, 2.0), (-3.0, 4.25))),
        "x": (Number(NEAR), 1.5),
        "y": (Number(NEAR), 2.5),
    }
    yield [Field(name=name, kind=kind) for name, (kind, _) in kinds.items()], {n: k for n, (_, k) in kinds.items()}


def test_no_mistake_has_the_id_of_a_slip():
    assert not {mistake.id for problem in catalogue().values() for mistake in problem.mistakes} & set(SLIPS)
