"""What is asked: problems, their variants, answers, grading and diagnosis.

Needs NumPy and the standard library only; ``python -c "import problems"`` grades without a server:

>>> from problems import deal, find, grade
>>> variant = deal(find("1.6"), seed=0)
>>> grade(variant, "choice", {"answer": "B"}).correct
True
"""

from problems.answers import Choice, Choices, Integer, Matrix, Number, Option, Vector
from problems.catalogue import UnknownProblemError, find
from problems.dealing import deal
from problems.draws import MAX_SEED, Draws
from problems.formula_kind import Formula, Variable
from problems.grading import FieldGrade, Grade, UnreadableAnswersError, grade
from problems.problem import Erratum, Field, Mistake, Problem
from problems.reading import FormatError
from problems.text import Text
from problems.tolerance import Tolerance
from problems.variant import Variant

__all__ = [
    "MAX_SEED",
    "Choice",
    "Choices",
    "Draws",
    "Erratum",
    "Field",
    "FieldGrade",
    "FormatError",
    "Formula",
    "Grade",
    "Integer",
    "Matrix",
    "Mistake",
    "Number",
    "Option",
    "Problem",
    "Text",
    "Tolerance",
    "UnknownProblemError",
    "UnreadableAnswersError",
    "Variable",
    "Variant",
    "Vector",
    "deal",
    "find",
    "grade",
]
