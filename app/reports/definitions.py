"""What each figure of a report means, in both languages: the page that the figures link to, and docs/statistics.md."""

# ruff: noqa: E501 - formulas stay in one piece

from typing import NamedTuple

from problems.text import Text


class Definition(NamedTuple):
    """`anchor` is its place on the page; `text` is Markdown with LaTeX."""

    anchor: str
    name: Text
    text: Text


def _figure(anchor: str, en: str, zh: str, text: str, text_zh: str) -> Definition:
    return Definition(anchor, Text(en, zh), Text(text, text_zh))


DEFINITIONS: tuple[Definition, ...] = (
    _figure(
        "mean",
        "Mean",
        "平均分",
        "The sum of all totals, divided by the number of students who have submitted anything. In points.",
        "所有提交过的学生总分之和除以这些学生的人数，单位为分。",
    ),
    _figure(
        "median",
        "Median",
        "中位数",
        "The total in the middle when all are sorted; the mean of the two in the middle when their number is even.",
        "把所有总分排序后位于正中的那一个；人数为偶数时取中间两个的平均值。",
    ),
    _figure(
        "quartiles",
        "Quartiles",
        "四分位数",
        "A quarter of the totals lie below the lower one, a quarter above the upper one; between two totals they are "
        "interpolated linearly.",
        "四分之一的总分低于下四分位数，四分之一高于上四分位数；落在两个总分之间时按线性插值计算。",
    ),
    _figure(
        "sd",
        "Standard deviation",
        "标准差",
        "$\\sqrt{\\operatorname{var} T}$ of the totals, or $\\sqrt{\\operatorname{var} x}$ of the marks at an item, in "
        "points. Every variance and covariance here is divided by $s - 1$, so one student has none.",
        "总分的 $\\sqrt{\\operatorname{var} T}$，或某道题得分的 $\\sqrt{\\operatorname{var} x}$，单位为分。"
        "这里所有的方差与协方差都除以 $s - 1$，因此只有一名学生时没有定义。",
    ),
    _figure(
        "skewness",
        "Skewness",
        "偏度",
        "Negative where a few low totals lie far from the rest, positive where a few high ones do: "
        "$k_3 / k_2^{3/2}$, with $k_2 = \\frac{s\\,m_2}{s-1}$, $k_3 = \\frac{s^2 m_3}{(s-1)(s-2)}$ and "
        "$m_j = \\frac{1}{s} \\sum (T - \\bar T)^j$. From three students on.",
        "少数总分远低于其他人时为负，远高于其他人时为正：$k_3 / k_2^{3/2}$，"
        "其中 $k_2 = \\frac{s\\,m_2}{s-1}$，$k_3 = \\frac{s^2 m_3}{(s-1)(s-2)}$，"
        "$m_j = \\frac{1}{s} \\sum (T - \\bar T)^j$。至少需要三名学生。",
    ),
    _figure(
        "kurtosis",
        "Kurtosis",
        "峰度",
        "How heavy the tails are; 0 for a normal distribution: $k_4 / k_2^2$, with "
        "$k_4 = \\frac{s^2 ((s+1) m_4 - 3 (s-1) m_2^2)}{(s-1)(s-2)(s-3)}$. From four students on.",
        "反映分布尾部的轻重，正态分布为 0：$k_4 / k_2^2$，"
        "其中 $k_4 = \\frac{s^2 ((s+1) m_4 - 3 (s-1) m_2^2)}{(s-1)(s-2)(s-3)}$。至少需要四名学生。",
    ),
    _figure(
        "pass-mark",
        "Below the pass mark",
        "未达及格线",
        "Students whose total is less than the course's pass mark, of those who have submitted anything.",
        "在提交过的学生中，总分低于课程及格线的人数。",
    ),
    _figure(
        "cic",
        "Reliability (Cronbach's α)",
        "信度（克龙巴赫 α 系数）",
        "Whether the items measure the same, the coefficient of internal consistency: "
        "$100 \\cdot \\frac{p}{p-1} \\bigl(1 - \\frac{\\sum \\operatorname{var} x}{\\operatorname{var} T}\\bigr)$ percent "
        "for $p$ items. From 75 % on, totals tell students apart well; a negative value means that items contradict "
        "each other. It needs three students and two items.",
        "反映各题是否在测量同一种能力，即内部一致性系数："
        "$100 \\cdot \\frac{p}{p-1} \\bigl(1 - \\frac{\\sum \\operatorname{var} x}{\\operatorname{var} T}\\bigr)$（百分数），"
        "$p$ 为题数。达到 75 % 以上时，总分能较好地区分学生；负值说明题目之间相互矛盾。至少需要三名学生和两道题。",
    ),
    _figure(
        "error-ratio",
        "Error ratio",
        "误差比",
        "How much of the spread of the totals is chance: $100 \\sqrt{1 - \\text{CIC}/100}$ percent, where CIC is the "
        "reliability. It exceeds 100 where that is negative.",
        "总分的离散程度中有多少来自偶然：$100 \\sqrt{1 - \\text{CIC}/100}$（百分数），CIC 为信度。信度为负时它超过 100。",
    ),
    _figure(
        "standard-error",
        "Standard error",
        "标准误",
        "The error ratio times the standard deviation of the totals, in points: a student's total would often differ "
        "by so much in a similar test.",
        "误差比与总分标准差的乘积，单位为分：换一份类似的试卷，同一名学生的总分往往会相差这么多。",
    ),
    _figure(
        "facility",
        "Facility",
        "难度（得分率）",
        "The mean mark divided by the points of the item, from 0 (nobody earns anything) to 1 (everybody is right).",
        "平均得分除以该题的分值，从 0（无人得分）到 1（全部答对）。",
    ),
    _figure(
        "discrimination",
        "Discrimination index",
        "区分度",
        "Whether students who do well in the rest do well here: the correlation of the marks $x$ with the rest "
        "$R = T - x$ of the total, $100 \\cdot \\operatorname{cov}(x, R) / \\sqrt{\\operatorname{var} x \\operatorname{var} R}$. "
        "Below 20 % an item deserves a second look; a negative value often means a wrong key.",
        "其他题做得好的学生在这道题上是否也做得好：得分 $x$ 与其余部分 $R = T - x$ 的相关系数，"
        "$100 \\cdot \\operatorname{cov}(x, R) / \\sqrt{\\operatorname{var} x \\operatorname{var} R}$。"
        "低于 20 % 的题目值得复查；负值常常意味着答案有误。",
    ),
    _figure(
        "efficiency",
        "Discriminative efficiency",
        "区分效率",
        "The discrimination in percent of what could be reached with these marks: "
        "$100 \\cdot \\operatorname{cov}(x, R) / \\operatorname{cov}_{\\max}$, where $\\operatorname{cov}_{\\max}$ pairs "
        "$x$ and $R$ after each has been sorted. It does justice to very easy and very hard items.",
        "实际区分度占这些得分所能达到的最大值的百分比：$100 \\cdot \\operatorname{cov}(x, R) / \\operatorname{cov}_{\\max}$，"
        "其中 $\\operatorname{cov}_{\\max}$ 是把 $x$ 与 $R$ 各自排序后再配对求得的协方差。它对很容易和很难的题目更公平。",
    ),
    _figure(
        "point-biserial",
        "Point-biserial correlation",
        "点二列相关",
        "The correlation, from −1 to 1, of having full marks with the total: "
        "$\\frac{M_1 - M_0}{\\sigma_T} \\sqrt{p\\,q}$, with the mean totals $M_1$ of those who have full marks (the share "
        "$p$) and $M_0$ of the others (the share $q$); $\\sigma_T$ is divided by $s$.",
        "是否得满分与总分的相关系数，介于 −1 与 1 之间：$\\frac{M_1 - M_0}{\\sigma_T} \\sqrt{p\\,q}$，"
        "其中 $M_1$ 是得满分者（占比 $p$）的平均总分，$M_0$ 是其余学生（占比 $q$）的平均总分；$\\sigma_T$ 除以 $s$。",
    ),
    _figure(
        "weight",
        "Effective weight",
        "有效权重",
        "How much of the spread of the totals comes from this item: "
        "$100 \\sqrt{\\operatorname{cov}(x, T)} / \\sum \\sqrt{\\operatorname{cov}(x, T)}$, the sum over all items whose "
        "covariance is not negative. An item with a negative covariance has none and is marked.",
        "总分的离散程度中有多少来自这道题：$100 \\sqrt{\\operatorname{cov}(x, T)} / \\sum \\sqrt{\\operatorname{cov}(x, T)}$，"
        "求和只包括协方差不为负的题目。协方差为负的题目没有有效权重，并会被标出。",
    ),
    _figure(
        "guess",
        "Random-guess score",
        "随机猜测得分率",
        "The facility that blind guessing would reach: $1/k$ for one of $k$ options, 0 for what is typed. Where several "
        "options may be chosen it is not defined.",
        "完全靠猜能达到的得分率：从 $k$ 个选项中选一个为 $1/k$，填写型为 0。可以多选时没有定义。",
    ),
    _figure(
        "until-right",
        "Attempts until right",
        "答对前的作答次数",
        "The number of the first attempt that was wholly right, on average over the students who came to one.",
        "第一次完全答对是第几次作答，对最终答对的学生取平均。",
    ),
    _figure(
        "time",
        "Median time",
        "用时中位数",
        "The time between the arrivals of an attempt and of the same student's attempt before it in the same assignment, "
        "at whichever item. First attempts, and attempts after a pause of more than 30 minutes, have no time.",
        "同一名学生在同一份作业中相邻两次提交到达的时间间隔，不论两次作答的是哪一题。第一次提交，以及间隔超过 30 分钟的提交，不计用时。",
    ),
    _figure(
        "mistakes",
        "Named mistakes",
        "已命名的错误",
        "How many of all attempts at the item gave an answer that is explained by exactly one known mistake. An attempt "
        "counts as it was last graded.",
        "该题的全部作答中，有多少次的答案恰好能由一种已知错误解释。每次作答以最近一次评分为准。",
    ),
    _figure(
        "quintiles",
        "Facility in each fifth of the students",
        "按总分五等分的得分率",
        "Students are sorted by their totals and cut into five groups of equal size, up to one. Where an item tells "
        "students apart, the curve rises.",
        "把学生按总分排序后分成人数相等（至多相差一人）的五组。题目有区分作用时，曲线是上升的。",
    ),
    _figure(
        "variants",
        "Variants",
        "变式",
        "Where several students share a variant, it has figures of its own, with $R$ taken within these students. It is "
        "called harder where its mean lies below that of the other variants by a tenth of the points or more and by more "
        "than chance: a one-sided z-test at 5 % divided by the number of variants, with five students or more on either "
        "side.",
        "若多名学生做同一个变式，就单独计算它的各项指标，$R$ 只取这些学生。当它的平均得分比其他变式低至少十分之一的分值，"
        "且差异超出偶然时，标为“较难”：采用单侧 z 检验，显著性水平为 5 % 除以变式个数，两侧各至少五名学生。",
    ),
    _figure(
        "not-attempted",
        "What was not attempted",
        "未作答的题目",
        "Counts as nothing earned, as soon as the student has submitted anything in the assignment. Students who have "
        "submitted nothing, and items that nobody has attempted, are left out of all figures, and so are voided items.",
        "学生只要在这份作业中提交过任何一题，未作答的题目就按零分计。完全没有提交的学生、无人作答的题目以及作废的题目不计入任何指标。",
    ),
)
