"""What to tell students whose run took other steps, where several exercises know the same mistake."""

from problems.text import Text

ONE_STEP_FEWER = Text("You stopped one step early.", "你少迭代了一步。")
ONE_STEP_MORE = Text("You made one step too many.", "你多迭代了一步。")
DECAYING_STEP = Text(
    "Your step size decays like $1/\\sqrt{t}$; here it is constant.",
    "你的步长按 $1/\\sqrt{t}$ 衰减；本题步长不变。",
)
MOMENTUM_ADDED = Text(
    "You added a momentum term; this is plain gradient descent.", "你加入了动量项；本题是普通的梯度下降。"
)
SINGLE_SAMPLES = Text(
    "You used one sample a step (SGD). Gradient descent averages over all samples in every step.",
    "你每步只用了一个样本（随机梯度下降）。梯度下降每一步都要对全部样本求平均。",
)
DIVIDED_BY_N = Text(
    "You divided the gradient of the single sample by $n$; one sample is its own mean.",
    "你把单个样本的梯度又除以了 $n$；只有一个样本时，平均就是它自己。",
)
FULL_GRADIENT = Text(
    "You used the gradient over all samples in every step; SGD uses one sample a step.",
    "你每步都用了全部样本的梯度；随机梯度下降每步只用一个样本。",
)
