"""What to tell students whose perceptron tests, updates or visits otherwise: exercises 1.10 and c3.1."""

from problems.text import Text

STRICT_INEQUALITY = Text(
    "You update only when $y\\,W^\\top x < 0$. From $W = 0$ that never happens: a score of 0 counts as a mistake.",
    "你只在 $y\\,W^\\top x < 0$ 时更新。从 $W = 0$ 出发这永远不会发生：得分为 0 也算分类错误。",
)
DOUBLE_STEP = Text(
    "Your updates are twice too long: $(y - \\hat y)\\,x$ is $2\\,y\\,x$ on a mistake; here $W \\leftarrow W + y\\,x$.",
    "你的更新量大了一倍：分类错误时 $(y - \\hat y)\\,x$ 等于 $2\\,y\\,x$；本题是 $W \\leftarrow W + y\\,x$。",
)
NO_LABEL_IN_UPDATE = Text("You added $x$ instead of $y\\,x$.", "你加上的是 $x$，而不是 $y\\,x$。")
WRONG_SIGN = Text("You subtracted $y\\,x$; it is added.", "你减去了 $y\\,x$；应当加上它。")
EVERY_SAMPLE = Text(
    "You added $y\\,x$ for every sample, whether it was classified rightly or not.",
    "无论分类是否正确，你对每个样本都加上了 $y\\,x$。",
)
REVERSED_ORDER = Text("You took the samples from the last to the first.", "你按从后往前的顺序使用了样本。")
