"""Reading a typed formula: tokens, then recursive descent into a tree.

    sum      = product { ("+" | "-") product }
    product  = signed { ("*" | "/") signed }
    signed   = { "+" | "-" } power                 so -x^2 is -(x^2)
    power    = atom [ ("^" | "**") signed ]        so 2^3^2 is 2^(3^2), and 2^-1 may be written
    atom     = number | name | function "(" sum { "," sum } ")" | "(" sum ")"

Nothing is ever handed to Python's own `eval`. Whatever can't be read raises `FormatError` with what to write instead.
Every node takes a character at least, so the bound on the length is one on the size of the tree.
"""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from problems import formula_advice as advice
from problems.formula import EXTREMES, FUNCTIONS, GREEK, NAMED, Call, Constant, Name, Negative, Node, Operation
from problems.reading import DECIMAL, FormatError, plain

MAX_LENGTH = 300
MAX_DEPTH = 40

ALIASES = {"ln": "log"}

_SIGNS = dict.fromkeys(map(ord, "×·⋅∙∗✕"), "*") | dict.fromkeys(map(ord, "÷∕⁄"), "/")
_SUBSCRIPTS = {0x2080 + digit: str(digit) for digit in range(10)}
_LETTER = "A-Za-z" + "".join(GREEK)
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>{DECIMAL})|(?P<name>[{_LETTER}][{_LETTER}0-9_₀-₉]*)|(?P<sign>\*\*|[-+*/^(),])|(?P<end>\Z))"
)
_LONGEST_SPLIT = 40


@dataclass(frozen=True, slots=True)
class _Token:
    """`sort` is number, name, sign or end; `text` is in plain ASCII; `place` counts characters from 1."""

    sort: str
    text: str
    place: int


@functools.lru_cache(maxsize=256)
def read_formula(typed: str, variables: tuple[str, ...]) -> Node:
    """The tree of a formula in these variables; raises `FormatError`."""
    if len(typed) > MAX_LENGTH:
        raise advice.too_long(MAX_LENGTH)
    if not typed.strip():
        raise advice.empty()
    return _Parser(_tokens(typed), variables).whole()


def _tokens(typed: str) -> list[_Token]:
    text = plain(typed).translate(_SIGNS)
    tokens: list[_Token] = []
    end = 0
    while not tokens or tokens[-1].sort != "end":
        match = _TOKEN.match(text, end)
        if match is None:
            rest = text[end:].lstrip()
            raise advice.strange(rest[0], len(text) - len(rest) + 1)
        sort = str(match.lastgroup)
        tokens.append(_Token(sort, _ascii(match[sort]), match.start(sort) + 1))
        end = match.end()
    return tokens


def _ascii(token: str) -> str:
    spelled = "".join(GREEK.get(letter, letter) for letter in token.translate(_SUBSCRIPTS))
    return "^" if spelled == "**" else spelled


def plain_name(name: str) -> str:
    """``x_1`` and ``x1`` are the same name."""
    return name.replace("_", "")


class _Parser:
    """One method for each rule of the grammar. `_depth` counts the parentheses and exponents around the next token."""

    def __init__(self, tokens: Sequence[_Token], variables: tuple[str, ...]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0
        own = {plain_name(name): name for name in variables}
        self._names = own | {name: name for name in NAMED if name not in own}
        self._functions = {name: name for name in (*FUNCTIONS, *EXTREMES)} | ALIASES | {"sigma": "sigmoid"}

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *signs: Any) -> Any:
        """The next token's text, if it is one of these signs; else None."""
        token = self._token
        if token.sort != "sign" or token.text not in signs:
            return None
        self._next += 1
        return token.text

    def whole(self) -> Node:
        tree = self._sum()
        match self._token:
            case _Token("end"):
                return tree
            case _Token(text=",", place=place):
                raise advice.misplaced_comma(place)
            case _Token(place=place):
                raise advice.not_opened(place)

    def _sum(self) -> Node:
        tree = self._product()
        while operator := self._take("+", "-"):
            tree = Operation(operator, tree, self._product())
        return tree

    def _product(self) -> Node:
        tree = self._signed()
        while operator := self._take("*", "/"):
            tree = Operation(operator, tree, self._signed())
        if self._token.sort in ("number", "name") or self._token.text == "(":
            self._refuse_implicit_product()
        return tree

    def _signed(self) -> Node:
        negative = False
        while sign := self._take("+", "-"):
            negative ^= sign == "-"
        tree = self._power()
        return Negative(tree) if negative else tree

    def _power(self) -> Node:
        tree = self._atom()
        if not self._take("^"):
            return tree
        self._deeper()
        exponent = self._signed()
        self._depth -= 1
        return Operation("^", tree, exponent)

    def _atom(self) -> Node:
        token = self._token
        if self._take("("):
            return self._enclosed(token, most=1)[0]
        if token.sort not in ("number", "name"):
            raise advice.breaks_off() if token.sort == "end" else advice.something_missing(token.place)
        self._next += 1
        return _constant(token) if token.sort == "number" else self._named(token)

    def _named(self, token: _Token) -> Node:
        if name := self._names.get(plain_name(token.text)):
            return Name(name)
        function = self._functions.get(token.text.lower())  # phones write the first letter large: Exp(x)
        if function is None:
            raise self._unknown(token)
        opening = self._token
        if not self._take("("):
            raise advice.no_parentheses(function, token.place)
        arguments = self._enclosed(opening, most=MAX_LENGTH)
        if function in EXTREMES and len(arguments) < 2:
            raise advice.two_arguments_needed(function)
        if function in FUNCTIONS and len(arguments) > 1:
            raise advice.one_argument_only(function, opening.place)
        return Call(function, tuple(arguments))

    def _enclosed(self, opening: _Token, most: int) -> list[Node]:
        """What stands between parentheses, after the opening one: at most so many formulas, with commas between."""
        self._deeper()
        inside = [self._sum()]
        while len(inside) < most and self._take(","):
            inside.append(self._sum())
        if not self._take(")"):
            comma = self._token.text == ","
            raise advice.misplaced_comma(self._token.place) if comma else advice.not_closed(opening.place)
        self._depth -= 1
        return inside

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise advice.too_deep(MAX_DEPTH)

    def _refuse_implicit_product(self) -> NoReturn:
        left, right = self._tokens[self._next - 1], self._token
        if left.sort == right.sort == "number":
            raise advice.two_numbers(right.place)
        raise advice.implicit_product((left.text, right.text), right.place)

    def _unknown(self, token: _Token) -> FormatError:
        if factors := self._split(token.text):
            return advice.implicit_product(factors, token.place)
        return advice.unknown(token.text, token.place, [*self._names.values()], [*FUNCTIONS, *EXTREMES])

    def _split(self, name: str) -> list[str]:
        """Known names (a function last, if it is called) and numbers that, one after the other, spell this name."""
        if len(name) > _LONGEST_SPLIT:
            return []
        called = self._token.text == "("
        spelled: dict[int, list[str]] = {0: []}  # by how many characters it spells
        for end in range(1, len(name) + 1):
            for start, before in spelled.items():
                piece = name[start:end]
                function = called and end == len(name) and piece in self._functions
                if plain_name(piece) in self._names or function or (start and piece.isdigit()):
                    spelled[end] = [*before, piece]
                    break
        return spelled.get(len(name), [])


def _constant(token: _Token) -> Constant:
    value = float(token.text)
    if value == float("inf"):
        raise advice.too_large(token.place)
    return Constant(value)
