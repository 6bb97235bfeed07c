"""What `from backprop import …` offers."""

import backprop

NAMES = """
sigmoid tanh relu softmax mean_squared_error half_squared_error cross_entropy
numerical_gradient relative_error check_gradients Value
Affine Sigmoid Tanh Relu LeakyRelu Elu Maxout SoftmaxWithLoss MeanSquaredError HalfSquaredError
Network TwoLayerNet train load_mnist read_idx
"""


def test_these_names_are_public():
    assert set(backprop.__all__) == set(NAMES.split())
    for name in backprop.__all__:
        assert getattr(backprop, name).__name__ == name
