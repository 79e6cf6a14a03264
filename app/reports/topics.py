"""The topics of the exercises: what they are called, and the chapter of the book that teaches them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from problems.catalogue import UnknownProblemError, find
from problems.text import Text


class Topic(NamedTuple):
    name: Text
    chapter: int


CHAPTERS: Mapping[int, Text] = {
    1: Text("Regression models", "回归模型"),
    2: Text("Gradient descent", "梯度下降"),
    3: Text("Neural networks", "神经网络"),
    4: Text("Backpropagation and what builds on it", "反向传播及其应用"),
}


def _topic(en: str, zh: str, chapter: int) -> Topic:
    return Topic(Text(en, zh), chapter)


TOPICS: Mapping[str, Topic] = {
    "least-squares": _topic("Least squares", "最小二乘", 1),
    "mean-squared-error": _topic("Mean squared error", "均方误差", 1),
    "polynomial-regression": _topic("Polynomial regression", "多项式回归", 1),
    "ridge": _topic("Ridge regression", "岭回归", 1),
    "minimisation": _topic("Minimising a function", "函数的极小化", 1),
    "zero-one-loss": _topic("0-1 loss", "0-1 损失", 1),
    "margin-losses": _topic("Losses of the margin", "基于间隔的损失", 1),
    "gradient": _topic("The gradient of a cost", "代价函数的梯度", 1),
    "gradients": _topic("Gradients", "梯度", 2),
    "gradient-descent": _topic("Gradient descent", "梯度下降", 2),
    "step-size": _topic("Step size", "步长", 2),
    "sgd": _topic("Stochastic gradient descent", "随机梯度下降", 2),
    "minibatch": _topic("Minibatches", "小批量", 2),
    "minibatch-sgd": _topic("Minibatch SGD", "小批量随机梯度下降", 2),
    "momentum": _topic("Momentum", "动量", 2),
    "adagrad": _topic("AdaGrad", "AdaGrad", 2),
    "perceptron": _topic("Perceptron", "感知器", 3),
    "sigmoid": _topic("Sigmoid", "sigmoid 函数", 3),
    "tanh": _topic("Tanh", "tanh 函数", 3),
    "single-neuron": _topic("A single neuron", "单个神经元", 3),
    "single-layer-step": _topic("A single-layer network", "单层神经网络", 3),
    "chain-rule": _topic("Chain rule", "链式法则", 3),
    "forward-pass": _topic("Forward pass", "前向计算", 3),
    "relu-network": _topic("Networks of ReLUs", "ReLU 网络", 3),
    "neural-networks": _topic("Multilayer perceptrons", "多层感知器", 3),
    "propagation": _topic("Forward and backward propagation", "前向传播与反向传播", 4),
    "computational-graph": _topic("Computational graphs", "计算图", 4),
    "backpropagation": _topic("Backpropagation", "反向传播", 4),
    "convolution": _topic("Convolution", "卷积", 4),
    "convolutional-networks": _topic("Convolutional networks", "卷积神经网络", 4),
    "recurrent-network": _topic("Recurrent networks, step by step", "循环神经网络的计算", 4),
    "recurrent-networks": _topic("RNNs and LSTMs", "RNN 与 LSTM", 4),
    "autoencoders": _topic("Autoencoders", "自编码器", 4),
    "latent-variables": _topic("Latent variables", "隐变量", 4),
    "variational-autoencoders": _topic("Variational autoencoders", "变分自编码器", 4),
}


def topic_of(problem_id: str) -> str | None:
    """The topic's key; None for an exercise that the catalogue has no more, or whose topic has no name yet."""
    try:
        problem: Any = find(problem_id)
    except UnknownProblemError:
        return None
    return problem.topic if problem.topic in TOPICS else None
