"""Draws figures: `python -m app.core.figures` is a process that reads figures and writes SVG.

The only module that imports matplotlib, which takes a second and a good deal of memory: the service never imports it
but talks to such a process (`app.core.drawings`). The object interface is used, without pyplot and its global state.

A drawing holds mathematics, digits and initials only, as outlines, so that one serves every language and needs no font
where it is shown. Its words stand in `<title>` and `<desc>`. The same figure gives the same bytes.
"""

import io
import pickle
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal
from xml.sax.saxutils import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FormatStrFormatter, LogLocator, MaxNLocator, NullLocator

from problems.exhibits import Arrow, Box, Chart, Contours, Curve, Dots, Figure, Graph, Tone

Theme = Literal["light", "dark"]

WIDTH = 4.2  # inches; with type of 11 points a phone shows it at the size of its text
STYLE: dict[Any, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "haitang",
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 11,
    "axes.labelsize": 13,
    "legend.fontsize": 10.5,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "path.simplify": False,
}


@dataclass(frozen=True)
class Palette:
    """The colours of `app/static/book.css`, and lines that stand out from its paper by 3 : 1 at least."""

    paper: str
    tones: Mapping[Tone, str]
    contours: str


PALETTES: Mapping[Theme, Palette] = {
    "light": Palette(
        "#fbf9f4",
        {
            "ink": "#23262b",
            "soft": "#5a5f69",
            "blue": "#1f5687",
            "orange": "#b4520b",
            "green": "#2a6a3f",
            "purple": "#7a3f8f",
        },
        "#c9c2b0",
    ),
    "dark": Palette(
        "#191b1e",
        {
            "ink": "#e4e1d8",
            "soft": "#a5a69f",
            "blue": "#8fbfe8",
            "orange": "#f0a35e",
            "green": "#8ccf9d",
            "purple": "#cfa3e0",
        },
        "#4a4e54",
    ),
}


def draw(figure: Figure, theme: Theme) -> bytes:
    """The figure as one SVG document."""
    palette = PALETTES[theme]
    with mpl.rc_context(STYLE):
        canvas = Canvas(layout="constrained")
        canvas.patch.set_alpha(0)
        match figure.drawing:
            case Chart() as chart:
                canvas.set_size_inches(WIDTH, _height(chart))
                _draw_chart(canvas.add_subplot(), chart, palette)
            case Graph() as graph:
                canvas.set_size_inches(*_size(graph))
                _draw_graph(canvas.add_subplot(), graph, palette)
        drawn = io.BytesIO()
        # Without metadata: it would name the day and the program.
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        FigureCanvasSVG(canvas).print_svg(drawn, metadata=nothing)  # type: ignore[no-untyped-call]
    return _with_words(drawn.getvalue(), figure)


def _with_words(svg: bytes, figure: Figure) -> bytes:
    """Put title and description, in both languages, first into the document."""
    head, _, rest = svg.partition(b"<svg ")
    attributes, _, body = rest.partition(b">")
    words = "".join(
        f'<{tag} lang="{lang}">{escape(text)}</{tag}>'
        for tag, both in (("title", figure.title), ("desc", figure.alt))
        for lang, text in (("en", both.en), ("zh-Hans", both.zh))
    )
    return head.partition(b"<!DOCTYPE")[0] + b"<svg " + attributes + b' role="img">' + words.encode() + body


# Charts


_FRAME = 0.8, 1.25
"""Inches that labels and legend take beside and above the axes."""

_DASHES: Mapping[Tone, tuple[float, ...]] = {
    "blue": (5, 2),
    "orange": (1.5, 1.5),
    "green": (6, 1.5, 1.5, 1.5),
    "purple": (2.5, 1.2),
    "soft": (4, 3),
    "ink": (4, 2),
}
"""Every tone has dashes of its own: colour is never the only difference."""


def _height(chart: Chart) -> float:
    """In inches; where a unit is as long on both axes, as the data ask for."""
    grids = [mark for mark in chart.marks if isinstance(mark, Contours)]
    if not (chart.square and grids):
        return 0.75 * WIDTH
    (grid,) = grids
    return (WIDTH - _FRAME[0]) * (grid.y[-1] - grid.y[0]) / (grid.x[-1] - grid.x[0]) + _FRAME[1]


def _draw_chart(axes: Axes, chart: Chart, palette: Palette) -> None:
    ink, soft = palette.tones["ink"], palette.tones["soft"]
    axes.patch.set_alpha(0)
    axes.set_xlabel(chart.x_label, color=ink)
    axes.set_ylabel(chart.y_label, color=ink)
    axes.tick_params(colors=soft, which="both")
    for spine in axes.spines.values():
        spine.set_color(soft)
    if chart.log_y:
        axes.set_yscale("log")
    for mark in chart.marks:
        match mark:
            case Curve():
                _draw_curve(axes, mark, palette)
            case Dots():
                _draw_dots(axes, mark, palette)
            case Contours():
                axes.contour(mark.x, mark.y, mark.z, levels=list(mark.levels), colors=palette.contours, linewidths=0.8)
    _set_ticks(axes, chart)
    if chart.square:
        axes.set_aspect("equal", adjustable="box")
    if any(mark.name for mark in chart.marks if not isinstance(mark, Contours)):
        axes.figure.legend(
            loc="outside upper center", ncols=2, frameon=False, labelcolor=ink, handlelength=2.4, columnspacing=1.6
        )


def _set_ticks(axes: Axes, chart: Chart) -> None:
    """Few enough to be read on a phone; on a logarithmic axis of more than two decades only powers of ten."""
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=_counts(chart)))
    if not chart.log_y:
        axes.yaxis.set_major_locator(MaxNLocator(6))
        return
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
    axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.yaxis.set_minor_locator(NullLocator())


def _counts(chart: Chart) -> bool:
    """Whether the horizontal axis counts something, such as steps: then it has no fractions."""
    return all(isinstance(x, int) for mark in chart.marks for x in mark.x)


def _draw_curve(axes: Axes, curve: Curve, palette: Palette) -> None:
    colour = palette.tones[curve.tone]
    axes.plot(
        curve.x,
        curve.y,
        color=colour,
        linewidth=1.3 if curve.dashed else 1.7,
        linestyle=(0, _DASHES[curve.tone]) if curve.dashed else "solid",
        marker="o" if curve.dotted else None,
        markersize=2.6,
        label=curve.name or None,
    )
    if curve.ends:
        axes.plot(curve.x[:1], curve.y[:1], color=palette.tones["ink"], marker="o", markersize=5, linestyle="none")
        axes.plot(curve.x[-1:], curve.y[-1:], color=colour, marker="*", markersize=9, linestyle="none")


_SHAPES = {"dot": "o", "ring": "o", "cross": "x", "star": "*"}


def _draw_dots(axes: Axes, dots: Dots, palette: Palette) -> None:
    colour = palette.tones[dots.tone]
    axes.plot(
        dots.x,
        dots.y,
        color=colour,
        marker=_SHAPES[dots.shape],
        markersize=9 if dots.shape == "star" else 6.5,
        markerfacecolor="none" if dots.shape == "ring" else colour,
        markeredgewidth=1.6,
        linestyle="none",
        label=dots.name or None,
    )
    for x, y, label in zip(dots.x, dots.y, dots.labels, strict=False):
        axes.annotate(label, (x, y), (5, 4), textcoords="offset points", color=palette.tones["soft"], fontsize=9.5)


# Graphs


def _size(graph: Graph) -> tuple[float, float]:
    """In inches: one for each row of boxes."""
    rows = [box.y for box in graph.boxes]
    return WIDTH, max(rows) - min(rows) + 1


def _draw_graph(axes: Axes, graph: Graph, palette: Palette) -> None:
    axes.set_axis_off()
    columns, rows = [box.x for box in graph.boxes], [-box.y for box in graph.boxes]
    axes.set_xlim(min(columns) - 0.5, max(columns) + 0.5)
    axes.set_ylim(min(rows) - 0.5, max(rows) + 0.5)
    boxes = [_draw_box(axes, box, palette) for box in graph.boxes]
    for arrow in graph.arrows:
        _draw_arrow(axes, arrow, graph, boxes, palette)


def _draw_box(axes: Axes, box: Box, palette: Palette) -> object:
    return axes.text(
        box.x,
        -box.y,
        "\n".join((box.symbol, *box.lines)),
        color=palette.tones["ink"],
        ha="center",
        va="center",
        linespacing=1.25,
        zorder=3,
        bbox={"boxstyle": "round,pad=0.35", "facecolor": palette.paper, "edgecolor": palette.tones["soft"]},
    )


def _draw_arrow(axes: Axes, arrow: Arrow, graph: Graph, boxes: list[object], palette: Palette) -> None:
    start, end = graph.boxes[arrow.start], graph.boxes[arrow.end]
    axes.annotate(
        "",
        (end.x, -end.y),
        (start.x, -start.y),
        arrowprops={
            "arrowstyle": "-|>",
            "color": palette.tones["soft"],
            "linewidth": 1.1,
            "patchA": boxes[arrow.start].get_bbox_patch(),  # type: ignore[attr-defined]
            "patchB": boxes[arrow.end].get_bbox_patch(),  # type: ignore[attr-defined]
        },
    )
    if arrow.label:
        # Nearer to where the arrow comes from, since the labels of crossing arrows would meet in the middle.
        x, y = start.x + 0.35 * (end.x - start.x), -start.y - 0.4 * (end.y - start.y)
        axes.text(
            x,
            y,
            arrow.label,
            color=palette.tones["blue"],
            fontsize=10,
            ha="center",
            va="center",
            zorder=4,
            bbox={"boxstyle": "square,pad=0.1", "facecolor": palette.paper, "edgecolor": "none"},
        )


# The process: each message is its length in four bytes, then so many bytes


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Read (figure, theme), write (SVG, None) or (None, what went wrong), until the other side closes."""
    while head := requests.read(4):
        figure, theme = pickle.loads(requests.read(*struct.unpack(">I", head)))  # noqa: S301 - from our own parent
        try:
            answer: tuple[bytes | None, str | None] = (draw(figure, theme), None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent reports it and the process goes on
            answer = (None, f"{type(error).__name__}: {error}")
        body = pickle.dumps(answer)
        answers.write(struct.pack(">I", len(body)) + body)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
