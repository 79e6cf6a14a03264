"""What to tell about a formula that can't be read.

The sentences are Markdown like every text. They repeat names and numbers only, never other characters that were typed,
and hold one asterisk at most, since two would be emphasis. Places are counted from 1.
"""

import re
from collections.abc import Sequence

from problems.reading import EMPTY, FormatError
from problems.text import Text

_LONGEST_ECHO = 20


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_ECHO else name[:_LONGEST_ECHO] + "…"


def too_long(most: int) -> FormatError:
    return FormatError(Text(f"Too long: at most {most} characters.", f"太长了：最多 {most} 个字符。"))


def empty() -> FormatError:
    return FormatError(EMPTY)


def no_formula() -> FormatError:
    return FormatError(Text("Write one formula here, such as 2*x + 1.", "这里请填一个式子，例如 2*x + 1。"))


def too_deep(most: int) -> FormatError:
    return FormatError(
        Text(
            f"Nested too deeply: at most {most} levels of parentheses and powers.",
            f"嵌套太深：括号和乘方最多 {most} 层。",
        )
    )


def too_large(place: int) -> FormatError:
    return FormatError(Text(f"The number at character {place} is too large.", f"第 {place} 个字符处的数太大了。"))


def implicit_product(factors: Sequence[str], place: int) -> FormatError:
    factors = [_short(factor) for factor in factors]
    typed = "".join(factors)
    if len(factors) == 2:
        product = "*".join(factors)
        return FormatError(
            Text(
                f"Write the multiplication sign: {product} instead of {typed} (character {place}).",
                f"乘号不能省略：请写 {product}，不写 {typed}（第 {place} 个字符）。",
            )
        )
    return FormatError(
        Text(
            f"Write the multiplication sign * between {', '.join(factors)}: {typed} is read as one name "
            f"(character {place}).",
            f"乘号不能省略：请在 {'、'.join(factors)} 之间写 *；{typed} 会被当作一个名称（第 {place} 个字符）。",
        )
    )


def two_numbers(place: int) -> FormatError:
    return FormatError(
        Text(
            f"Two numbers stand side by side at character {place}: an operator is missing "
            "(and thousands are written without separators: 1000).",
            f"第 {place} 个字符处两个数相连：中间缺少运算符（千位也不要分隔，写 1000）。",
        )
    )


def unknown(name: str, place: int, names: Sequence[str], functions: Sequence[str]) -> FormatError:
    return FormatError(
        Text(
            f"{_short(name)} is not known here (character {place}). "
            f"You can use {', '.join(names)} and the functions {', '.join(functions)}.",
            f"这里没有 {_short(name)}（第 {place} 个字符）。"
            f"可以使用 {'、'.join(names)} 以及函数 {'、'.join(functions)}。",
        )
    )


def no_parentheses(function: str, place: int) -> FormatError:
    return FormatError(
        Text(
            f"Put the argument of {function} in parentheses: {function}(…) (character {place}).",
            f"函数 {function} 的自变量要加括号，写成 {function}(…)（第 {place} 个字符）。",
        )
    )


def one_argument_only(function: str, place: int) -> FormatError:
    return FormatError(
        Text(
            f"{function} takes one argument; write the decimal point as a dot (character {place}).",
            f"{function} 只有一个自变量；小数点请用“.”（第 {place} 个字符）。",
        )
    )


def two_arguments_needed(function: str) -> FormatError:
    return FormatError(
        Text(
            f"{function} needs two arguments with a comma between them, such as {function}(0, 1).",
            f"{function} 需要两个自变量，中间用逗号隔开，例如 {function}(0, 1)。",
        )
    )


def misplaced_comma(place: int) -> FormatError:
    return FormatError(
        Text(
            f"A comma may only stand between the arguments of max and min (character {place}). "
            "Write the decimal point as a dot: 1.5 instead of 1,5.",
            f"逗号只能用来分隔 max 和 min 的自变量（第 {place} 个字符）。小数点请用“.”：写 1.5，不写 1,5。",
        )
    )


def not_opened(place: int) -> FormatError:
    return FormatError(
        Text(
            f"There is one closing parenthesis too many (character {place}).",
            f"多了一个右括号（第 {place} 个字符）。",
        )
    )


def not_closed(place: int) -> FormatError:
    return FormatError(
        Text(
            f"The parenthesis opened at character {place} is not closed.",
            f"第 {place} 个字符处的左括号没有配对的右括号。",
        )
    )


def breaks_off() -> FormatError:
    return FormatError(
        Text("The formula breaks off: something is missing at the end.", "式子不完整：末尾缺少内容。"),
    )


def something_missing(place: int) -> FormatError:
    return FormatError(
        Text(
            f"A number, a variable or a parenthesis is missing before character {place}.",
            f"第 {place} 个字符之前缺少数、变量或括号。",
        )
    )


def undefined(where: str) -> FormatError:
    return FormatError(
        Text(
            f"This formula has no value in a large part of the range that is asked about, such as at {where}: "
            "look for a root or logarithm of a negative number, a division by zero, or a huge power.",
            f"在所考察的范围内，这个式子有很大一部分没有值，例如 {where} 处："
            "请检查是否对负数开方或取对数、除以零，或者出现了过大的乘方。",
        )
    )


_STRANGE: tuple[tuple[str, Text], ...] = (
    (
        r"[=<>≤≥≠≈≡]",
        Text(
            "Write only the expression itself, without signs of equality or comparison (character {place}).",
            "只写表达式本身，不要写等号或不等号（第 {place} 个字符）。",
        ),
    ),
    (
        r"[²³¹⁰⁴-⁹ⁿˣʸ…ˆ]",
        Text("Write a power with ^: x^2 (character {place}).", "乘方请用 ^：写 x^2（第 {place} 个字符）。"),
    ),
    (r"[√∛]", Text("Write a root as sqrt(x) (character {place}).", "根号请写成 sqrt(x)（第 {place} 个字符）。")),
    (
        r"[|∣]",
        Text("Write an absolute value as abs(x) (character {place}).", "绝对值请写成 abs(x)（第 {place} 个字符）。"),
    ),
    (
        r"[\[\]{}]",
        Text("Use round parentheses only (character {place}).", "括号只用圆括号（第 {place} 个字符）。"),
    ),
    (
        r"[\\$]",
        Text(
            "LaTeX is not read here; write a/b, x^2, sqrt(x), exp(x) (character {place}).",
            "这里不识别 LaTeX；请写 a/b、x^2、sqrt(x)、exp(x)（第 {place} 个字符）。",
        ),
    ),
    (
        r"∞",
        Text("Infinity is not a number to compute with (character {place}).", "不能使用无穷大（第 {place} 个字符）。"),
    ),
)


def strange(character: str, place: int) -> FormatError:
    for pattern, advice in _STRANGE:
        if re.match(pattern, character):
            return FormatError(advice.format(place=place))
    return FormatError(
        Text(
            f"The character at place {place} can't be read. Write a formula like 2*x + exp(-y).",
            f"第 {place} 个字符无法识别。请写成 2*x + exp(-y) 这样的式子。",
        )
    )
