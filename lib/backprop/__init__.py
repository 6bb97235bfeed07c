"""Backpropagation from scratch in NumPy.

Read the files in this order: functions, numerical, graph, layers, network, training, mnist.

"Source: [S2]" says where a formula is from:
[S0] "How does a neural network learn? On backpropagation", a developer's blog, 2020
[S1] "Deep learning: forward propagation", a blog post
[S2] "Artificial neural networks and backpropagation", Deep Session, lecture slides, 2024
[S3] "Deep Learning from Scratch 1, chapter 5", a blog's summary of Saito Goki's book
[S4] "NeuralNetwork (4): Backpropagation 1", a blog post
"""

from .functions import cross_entropy, half_squared_error, mean_squared_error, relu, sigmoid, softmax, tanh
from .graph import Value
from .layers import (
    Affine,
    Elu,
    HalfSquaredError,
    LeakyRelu,
    Maxout,
    MeanSquaredError,
    Relu,
    Sigmoid,
    SoftmaxWithLoss,
    Tanh,
)
from .mnist import load_mnist, read_idx
from .network import Network, TwoLayerNet
from .numerical import check_gradients, numerical_gradient, relative_error
from .training import train

__version__ = "1.1.0"

__all__ = [
    "Affine", "Elu", "HalfSquaredError", "LeakyRelu", "Maxout", "MeanSquaredError", "Network", "Relu",
    "Sigmoid", "SoftmaxWithLoss", "Tanh", "TwoLayerNet", "Value", "check_gradients", "cross_entropy",
    "half_squared_error", "load_mnist", "mean_squared_error", "numerical_gradient", "read_idx",
    "relative_error", "relu", "sigmoid", "softmax", "tanh", "train",
]  # fmt: skip
