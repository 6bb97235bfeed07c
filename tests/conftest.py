"""What the test files share."""

import numpy as np
import pytest
from backprop import load_mnist
from hypothesis import settings

# the same examples on every machine and in every run
settings.register_profile("course", derandomize=True, deadline=None, max_examples=60, database=None)
settings.load_profile("course")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than a second; left out of the mutation runs")


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def mnist():
    """(x_train, t_train), (x_test, t_test) as bytes, (N, 784)."""
    return load_mnist(normalize=False)
