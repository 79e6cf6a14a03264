"""Exercise 2.1: which convolutional classifiers fit together."""

from collections.abc import Sequence
from pathlib import Path

from problems.answers import Choices, Option
from problems.draws import Draws
from problems.exhibits import Cell, Column, Exhibits, Table, symbol
from problems.problem import Answers, Field, Problem
from problems.set2.ex01_architectures.architectures import (
    SLIPS,
    Architecture,
    Candidates,
    Convolution,
    feasible,
    flattened,
    side_after,
    sizes,
    slip_inputs,
    slips_of,
)
from problems.text import Text

IDS = "1234"
SMALLEST = 4
"""No feature map that is drawn has a shorter side: maps of a single pixel make several slips look right."""


def draw(draws: Draws) -> Candidates:
    side = draws.choice((24, 28, 32, 40, 48))
    p = Candidates(image=[side, side], channels=draws.choice((1, 3)), classes=draws.integer(3, 20), architectures=[])
    right = draws.integer(1, len(IDS) - 1)
    slips = draws.shuffled([*SLIPS, *_CLASSES])
    for fits in draws.shuffled([place < right for place in range(len(IDS))]):
        convolutions = _draw_convolutions(draws, side)
        dense = [flattened(p, convolutions), p["classes"]] if fits else _wrong(p, convolutions, slips)
        p["architectures"].append(Architecture(convolutions=convolutions, dense=dense))
    return p


def _draw_convolutions(draws: Draws, side: int) -> list[Convolution]:
    """Two layers whose sizes come out whole."""
    drawn = []
    for _ in range(2):
        stride = draws.choice((1, 2))
        fitting = [c for c in _SHAPES if c["stride"] == stride and _side(side, c) >= SMALLEST]
        layer = draws.choice(fitting)
        drawn.append(Convolution(**{**layer, "filters": draws.integer(1, 8)}))
        side = side_after(side, layer)
    return drawn


_SHAPES = [
    Convolution(filters=1, kernel=kernel, stride=stride, padding=padding)
    for kernel in (2, 3, 4, 5, 6, 7, 9, 11)
    for stride in (1, 2)
    for padding in (0, 1, 2)
    if stride <= kernel and 2 * padding < kernel
]


def _side(size: int, c: Convolution) -> int:
    try:
        return side_after(size, c)
    except ValueError:
        return 0


def _wrong(p: Candidates, convolutions: list[Convolution], slips: list[str]) -> list[int]:
    """The fully connected layer by the first slip that changes something here; it is not used again.

    There always is one: at most three options are wrong, and a wrong number of classes (twice) and a side that is not
    squared change every architecture.
    """
    slip, dense = next((slip, dense) for slip in slips if (dense := _slipped(p, convolutions, slip)))
    slips.remove(slip)
    return dense


def _slipped(p: Candidates, convolutions: list[Convolution], slip: str) -> list[int] | None:
    if slip in _CLASSES:
        return [flattened(p, convolutions), p["classes"] + _CLASSES[slip]]
    inputs = slip_inputs(slip, p, convolutions)
    return None if inputs is None else [inputs, p["classes"]]


_CLASSES = {"class-more": 1, "class-fewer": -1}


def ill_posed(p: Candidates) -> str | None:
    layers = [architecture["convolutions"] for architecture in p["architectures"]]
    if any(a in layers[:place] for place, a in enumerate(layers)):
        return "two architectures have the same convolutions"
    return None


def solve(p: Candidates) -> Answers:
    return {"answer": [id_ for id_, a in zip(IDS, p["architectures"], strict=True) if feasible(p, a)]}


def fields(p: Candidates) -> tuple[Field, ...]:
    options = tuple(
        Option(id_, _described(a), _source(p, a), _reason(p, a)) for id_, a in zip(IDS, p["architectures"], strict=True)
    )
    return (Field(name="answer", kind=Choices(options)),)


def _source(p: Candidates, architecture: Architecture) -> str:
    if feasible(p, architecture):
        return "feasible"
    return next((f"slip:{slip}" for slip in slips_of(p, architecture)), "infeasible")


def _described(architecture: Architecture) -> Text:
    layers = [
        f"$K_{i} = {c['filters']},\\; F_{i} = {c['kernel']},\\; S_{i} = {c['stride']},\\; P_{i} = {c['padding']}$"
        for i, c in enumerate(architecture["convolutions"], start=1)
    ]
    inputs, outputs = architecture["dense"]
    layers.append(f"${inputs} \\to {outputs}$")
    return Text(
        "; ".join(f"layer {i}: {layer}" for i, layer in enumerate(layers, start=1)),
        "；".join(f"第 {i} 层：{layer}" for i, layer in enumerate(layers, start=1)),
    )


def _reason(p: Candidates, architecture: Architecture) -> Text:
    """Why it fits or does not: the sizes, the inputs they make, and the slip if one explains a wrong number."""
    try:
        maps = sizes(p["image"], architecture["convolutions"])
    except ValueError:
        return Text(
            "A filter does not fit a whole number of times on its input.",
            "有一层的卷积核在其输入上的位置数不是正整数。",
        )
    filters, (inputs, outputs) = architecture["convolutions"][-1]["filters"], architecture["dense"]
    right = flattened(p, architecture["convolutions"])
    path = r" \to ".join(rf"{height} \times {width}" for height, width in maps)
    product = rf"{maps[-1][0]} \times {maps[-1][1]} \times {filters} = {right}"
    sentences = [Text(f"The sizes are ${path}$.", f"各层的大小为 ${path}$。")]
    if inputs == right:
        sentences.append(
            Text(f"So there are ${product}$ inputs, as stated.", f"所以输入有 ${product}$ 个，与所给的一致。")
        )
    else:
        sentences.append(
            Text(
                f"So there are ${product}$ inputs, not ${inputs}$.",
                f"所以输入有 ${product}$ 个，而不是 ${inputs}$ 个。",
            )
        )
        sentences += [SLIPS[slip].text for slip in slips_of(p, architecture)[:1]]
    if outputs != p["classes"]:
        sentences.append(
            Text(
                f"The third layer needs one output for each of the ${p['classes']}$ classes; it has ${outputs}$.",
                f"第三层应为 ${p['classes']}$ 个类别各设一个输出，而它有 ${outputs}$ 个输出。",
            )
        )
    return Text(" ".join(each.en for each in sentences), "".join(each.zh for each in sentences))


def values(p: Candidates) -> dict[str, str | Text]:
    height, width = p["image"]
    return {
        "height": str(height),
        "width": str(width),
        "picture": _GREYSCALE if p["channels"] == 1 else _COLOUR,
        "verdicts": _verdicts(p["architectures"], p),
    }


_GREYSCALE = Text("greyscale images (one channel)", "灰度图像（1 个通道）")
_COLOUR = Text("colour images (three channels)", "彩色图像（3 个通道）")


def _verdicts(architectures: Sequence[Architecture], p: Candidates) -> Text:
    rows = [(id_, feasible(p, a), _reason(p, a)) for id_, a in zip(IDS, architectures, strict=True)]
    return Text(
        "\n".join(f"- **{id_}** is {'' if fits else 'not '}feasible. {reason.en}" for id_, fits, reason in rows),
        "\n".join(f"- **{id_}** {'可行' if fits else '不可行'}。{reason.zh}" for id_, fits, reason in rows),
    )


def exhibits(p: Candidates) -> Exhibits:
    """The sides of the feature maps, and the inputs that the last layer then has and should have."""
    columns = (
        Column("option", Text("option", "选项")),
        symbol("image", "n"),
        symbol("first", "n_1"),
        symbol("second", "n_2"),
        symbol("maps", "K_2"),
        symbol("needed", "n_2^2 K_2"),
        Column("inputs", Text("inputs", "所给输入")),
        Column("outputs", Text("outputs", "所给输出")),
        Column("feasible", Text("feasible", "可行")),
    )
    caption = Text(
        "The side of the image ($n$) and of the maps after each convolution ($n_1$, $n_2$), and how many inputs follow "
        f"for the fully connected layer; it needs {p['classes']} outputs.",
        f"图像的边长 $n$、各卷积层之后的边长 $n_1$、$n_2$，以及由此得出的全连接层输入个数；"
        f"它应有 {p['classes']} 个输出。",
    )
    rows = tuple(_sides(id_, a, p) for id_, a in zip(IDS, p["architectures"], strict=True))
    return Exhibits((Table("sides", caption, columns, rows),))


def _sides(option: str, architecture: Architecture, p: Candidates) -> tuple[Cell, ...]:
    """A row of the table; sizes that come out broken stay empty."""
    sides: list[int | None] = [p["image"][0]]
    for c in architecture["convolutions"]:
        before = sides[-1]
        try:
            sides.append(None if before is None else side_after(before, c))
        except ValueError:
            sides.append(None)
    maps = architecture["convolutions"][-1]["filters"]
    needed = None if sides[-1] is None else sides[-1] ** 2 * maps
    return (option, *sides, maps, needed, *architecture["dense"], feasible(p, architecture))


def _layers(*convolutions: tuple[int, int, int, int], dense: list[int]) -> Architecture:
    return Architecture(
        convolutions=[Convolution(filters=k, kernel=f, stride=s, padding=p) for k, f, s, p in convolutions],
        dense=dense,
    )


problem = Problem(
    id="2.1",
    version=1,
    topic="convolution",
    folder=Path(__file__).parent,
    printed=Candidates(
        image=[32, 32],
        channels=1,
        classes=10,
        architectures=[
            _layers((1, 7, 1, 0), (2, 11, 1, 0), dense=[512, 10]),
            _layers((1, 3, 1, 0), (5, 3, 1, 1), dense=[900, 10]),
            _layers((1, 3, 1, 0), (2, 11, 1, 0), dense=[1152, 11]),
            _layers((1, 3, 1, 0), (1, 3, 1, 1), dense=[900, 10]),
        ],
    ),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=fields,
    values=values,
    exhibits=exhibits,
    published={"answer": ("1", "4")},
    native_choice=True,
    native_forms=("choice", "open"),
)
