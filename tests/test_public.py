"""What `from backprop import …` offers."""

import re
from pathlib import Path

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


def test_the_version_is_the_changelogs_newest():
    changes = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", changes, re.M)
    assert backprop.__version__ == newest[1]
