"""Numbers and arrays as LaTeX."""

from collections.abc import Sequence


def latex_number(value: float, decimals: int | None = None) -> str:
    """The shortest text that reads back as the same float (12 digits at most), or rounded to `decimals`."""
    text = f"{value:.12g}" if decimals is None else f"{value:.{decimals}f}"
    if decimals is not None and float(text) == 0:
        text = text.removeprefix("-")
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa


def latex_matrix(rows: Sequence[Sequence[float | str]], decimals: int | None = None) -> str:
    body = r" \\ ".join(
        " & ".join(cell if isinstance(cell, str) else latex_number(cell, decimals) for cell in row) for row in rows
    )
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"
