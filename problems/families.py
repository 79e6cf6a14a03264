"""What mistakes have in common: where several lead to the same answer, their family is what can honestly be said.

The id of a mistake means the same in every exercise, so one table says which family it belongs to. A mistake with an
id of its own names its family itself (`Mistake.family`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from problems.text import Text


@dataclass(frozen=True, slots=True)
class Family:
    """`name` is what all of its mistakes concern, as it stands in a sentence; `members` are the mistakes' ids."""

    name: Text
    members: frozenset[str]


def _family(en: str, zh: str, members: str) -> Family:
    return Family(Text(en, zh), frozenset(members.split()))


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "activation": _family(
            "the activation function and its derivative",
            "激活函数及其导数",
            """no-activation output-not-activated hidden-not-activated other-activation sign-before-activation
            input-activated not-activated hidden-not-rectified hidden-absolute linear-network linear-output
            no-sigmoid-derivative no-slope no-hidden-slope activation-for-slope slope-at-activation slope-at-output
            other-slope sigmoid-twice tanh tanh-rule sigmoid-rule complement-only value-repeated argument-for-value
            argument-squared not-squared slope-first slope-at-zero rectified
            sigmoid pre-activation-carried""",
        ),
        "averaging": _family(
            "what is averaged, and over how many",
            "对什么求平均、除以多少",
            """divided-by-n-minus-one root-taken absolute-errors square-of-the-mean absolute-residuals
            squared-residuals loss-of-the-mean-margin count-for-share accuracy averaged mean-over-neurons
            sum-over-samples not-divided-by-m divided-by-two not-normalised mean-time product-of-means mean-input""",
        ),
        "bias": _family(
            "the bias",
            "偏置",
            """no-biases input-biases hidden-biases-only one-bias-per-layer source-biases bias-per-weight biases-only
            weights-only no-dense-biases no-filter-bias dense-weights-only bias-learned no-bias mean-as-bias
            bias-not-added bias-subtracted bias-frozen bias-without-label bias-not-in-score bias-forgotten
            bias-before-weight biases-forgotten output-bias-forgotten biases-subtracted biases-inside-the-sum
            hidden-biases-forgotten bias-times-input bias-not-moved bias-sign value-at-zero-as-bias no-constant
            input-in-both
            bias-outside""",
        ),
        "chain-rule": _family(
            "the chain rule",
            "链式法则",
            """path-through-y-forgotten path-through-x-forgotten path-derivatives-forgotten path-derivatives-exchanged
            paths-multiplied paths-subtracted inner-function-forgotten inner-derivative-forgotten local-gradient-only
            input-forgotten weights-forgotten delta-forgotten residual-forgotten residuals-forgotten
            loss-for-derivative weight-for-input own-activation scale-forgotten frequency-forgotten updated-weights
            mean-as-slope nothing-flows slope-by-noise slope-one chain-cut""",
        ),
        "channels": _family(
            "the channels of the input and of the output",
            "输入与输出的通道",
            "number-and-channels-swapped depth-one depth-of-output kernels-per-channel",
        ),
        "counting": _family(
            "what is counted",
            "计数的对象",
            """neurons-counted output-layer-skipped input-layer-skipped all-pairs sums-for-products product-of-widths
            not-subtracted added kernel-not-squared no-weight-sharing one-weight-per-output sides-for-pixels
            visits-counted passes-counted final-pass-counted""",
        ),
        "derivative": _family(
            "a rule of differentiation",
            "求导法则",
            """exponent-not-differentiated first-term-lost power-rule constant-kept slope-for-change
            slopes-for-weights""",
        ),
        "factor": _family(
            "a constant factor",
            "常数因子",
            """half-exchanged one-sided-mean one-sided-half half-forgotten half-squared half-square half-kept doubled
            half-of-the-square height-not-doubled argument-halved factors-exchanged scale-in-the-square one-over
            half-hessian""",
        ),
        "gradient-scale": _family(
            "the scale of the gradient",
            "梯度的大小",
            """sum-instead-of-mean factor-two half-gradient mean-over-features mean-over-weights mean-over-active
            divided-by-n divided-by-features""",
        ),
        "labels": _family(
            "where the label enters",
            "标签出现的位置",
            """no-label-in-margin residual-to-one outer-label-dropped label-not-distributed no-label-in-test
            no-label-in-update no-label scores-for-margins labels-for-predictions outputs no-target no-prediction
            target-forgotten""",
        ),
        "layout": _family(
            "how the data are laid out",
            "数据的排列方式",
            """reshaped-data weights-transposed not-transposed transposed transposed-update kernel-transposed
            kernel-mirrored kernel-flipped output-transposed axes-exchanged
            input-transposed state-transposed both-transposed""",
        ),
        "loss": _family(
            "which loss is differentiated",
            "对哪个损失函数求导",
            "hinge logistic sign-only squared-hinge-step linear-residual norms-not-squared errors-only no-maximum",
        ),
        "margin": _family(
            "the margin at which a sample counts",
            "样本起作用的间隔条件",
            """no-margin-condition margin-reversed threshold-zero strict-inequality threshold-one correct-samples
            every-sample margins-below-one zero-counts-as-negative""",
        ),
        "model": _family(
            "which model is fitted",
            "所拟合的模型",
            """no-weekday weekend-coded line-fitted no-linear-term centred-inputs sizes-of-inputs negative-squares
            not-inverted centred other-kind-of-day minimiser first-neuron-only left-neuron-unused""",
        ),
        "number-of-steps": _family(
            "the number of steps",
            "迭代的步数",
            """one-step-fewer one-step-more one-pass one-pass-fewer one-pass-more one-pass-only two-passes two-steps
            first-update-only first-gradient-again gradients-at-start one-term-fewer one-term-more one-term-early
            up-to-twice step-only step-alone gradient-only""",
        ),
        "order": _family(
            "the order of the samples",
            "样本的顺序",
            """starts-at-second starts-at-last reversed-order each-repeated counted-from-zero order-of-rows
            one-after-another from-the-top""",
        ),
        "output-size": _family(
            "how far the kernel, its stride and the padding reach",
            "卷积核、步幅与填充的作用范围",
            """one-counted-twice kernel-as-large-as-output padding-forgotten padding-on-one-side stride-forgotten
            output-as-large-as-input edge-repeated one-sided-padding""",
        ),
        "penalty": _family(
            "the penalty term",
            "正则化项",
            """no-penalty penalty-not-scaled penalty-times-n bias-not-penalised penalty-without-half
            half-of-the-penalty gradient-of-the-misprint penalty-subtracted penalty-on-every-entry misprinted-penalty
            penalty-doubled penalty-halved penalty-averaged""",
        ),
        "place": _family(
            "which number stands where",
            "各个数的位置",
            """bias-last features-swapped inputs-swapped weights-swapped weights-reversed inputs-reversed
            highest-power-first reversed-weights reversed components-swapped components-reversed matrix-transposed
            rows-swapped columns-swapped fields-swapped
            exchanged matrices-exchanged""",
        ),
        "rounding": _family("rounding", "舍入", "rounded-to-2 rounded-to-3 cut-to-2 cut-to-3"),
        "samples": _family(
            "which samples take part",
            "哪些样本参与计算",
            """single-samples single-samples-epochs full-gradient full-gradient-per-pass last-sample-skipped
            last-trip-missing first-three-points first-trip-only first-sample-only last-sample-only first-sample
            last-sample samples-left-out first-sample-skipped""",
        ),
        "scale": _family(
            "the decimal point",
            "小数点的位置",
            "decimal-point decimal-points",
        ),
        "sign": _family(
            "a sign",
            "正负号",
            """ascent wrong-sign residual-sign error-reversed margin-sign derivative-sign exponent-sign local-sign
            sign sign-of-the-wave sign-of-the-margin left-weight-sign first-weight-sign negative-gradient negative
            shift-sign gradients-equated sign-of-one-component signs-of-all-components
            noise-subtracted reversed-residual""",
        ),
        "start": _family(
            "the starting point", "初始值", "start-at-ones initial-accumulator started-from-zero state-not-carried"
        ),
        "step-size": _family(
            "the step size",
            "步长",
            """other-step-size decaying-step constant-step one-over-t begins-at-two grows last-step-size no-step-size
            step-size-forgotten step-size-twice steady-state-rate unit-direction double-step half-step rate-forgotten
            rate-not-squared""",
        ),
        "terms": _family(
            "the terms of the formula",
            "公式中的各项",
            """variance-for-deviation log-deviation deviation-not-squared mean-not-squared mean-forgotten
            logarithm-added one-forgotten square-of-the-sum integrals not-stretched not-shifted shift-not-scaled
            sum-for-product no-feature inputs-forgotten weights-of-the-absolute-value
            noise-forgotten noise-not-scaled variance-for-sigma sigma-as-variance state-forgotten""",
        ),
        "ties": _family(
            "what a value of exactly 0 counts as", "恰好为 0 时如何处理", "tie-to-plus tie-to-minus tie-forgiven"
        ),
        "update-rule": _family(
            "the update rule",
            "更新规则",
            """momentum-added no-momentum moving-average nesterov stale-velocity complement-momentum
            momentum-subtracted no-root no-accumulation scalar-accumulator accumulated-sizes mean-of-squares rmsprop
            plain-sgd one-by-one same-weights-within-a-pass""",
        ),
        "values": _family(
            "which quantity the formula means",
            "公式所指的量",
            """smallest-eigenvalue trace singular-value distances base-ten binary-logarithm decimal-logarithm
            degrees""",
        ),
        "weighting": _family(
            "the weights in front of the terms",
            "各项前面的权重",
            "equal-weights unweighted-numerator squared-weights",
        ),
    }
)

BY_MISTAKE: Mapping[str, str] = MappingProxyType(
    {mistake: key for key, family in FAMILIES.items() for mistake in family.members}
)
"""The family's key by the mistake's id."""

SHARED = Text(
    "Several known mistakes lead to this answer; all of them concern {family}.",
    "有几种常见错误都会得到这个答案，它们都与{family}有关。",
)


def shared(key: str) -> Text:
    """The sentence on an answer to which several mistakes of one family lead; raises `KeyError`."""
    name = FAMILIES[key].name
    return Text(SHARED.en.format(family=name.en), SHARED.zh.format(family=name.zh))
