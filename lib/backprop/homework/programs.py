"""A backpropagation as lines of text, to be ordered, filled in and repaired in the homework."""

import numpy as np

import backprop
from backprop import numerical_gradient

PARAMETERS = ("W1", "b1", "W2", "b2")


class Program:
    """Lines that compute loss, dW1, db1, dW2 and db2 of a 2-3-2 network on a batch of four.

    text: the lines; they may use x (4, 2), t (4, 2), W1 (2, 3), b1 (3,), W2 (3, 2), b2 (2,), np, and
    the activations and losses of backprop.
    """

    def __init__(self, text):
        self.lines = text.strip().split("\n")

    def show(self):
        """Print the lines with their numbers."""
        print("\n".join(f"{n:2}  {line}" for n, line in enumerate(self.lines, start=1)))

    def repaired(self, number, line):
        """A new Program with another line in place of line number (counted from 1).

        Raises IndexError for a number that is not there.
        """
        if not 1 <= number <= len(self.lines):
            raise IndexError(f"there is no line {number}; the lines are 1 to {len(self.lines)}")
        lines = list(self.lines)
        lines[number - 1] = line
        return Program("\n".join(lines))

    def gradients(self, rng):
        """dW1, db1, dW2 and db2 as one array of 17 numbers, for random data and weights."""
        found = self._run(_data(rng))
        return np.concatenate([np.ravel(found[f"d{name}"]) for name in PARAMETERS])

    def slopes(self, rng):
        """The same 17 numbers measured: the numerical gradient of the program's own loss."""
        data = _data(rng)

        def measured(name):
            # h is small, so that hardly any ReLU is switched by the step
            return numerical_gradient(lambda _: self._run(data)["loss"], data[name], h=1e-6)

        return np.concatenate([np.ravel(measured(name)) for name in PARAMETERS])

    def _run(self, data):
        names = {name: getattr(backprop, name) for name in backprop.__all__} | {"np": np} | data
        exec("\n".join(self.lines), names)
        return names


def _data(rng):
    """Random inputs, one-hot targets and parameters by their names."""
    data = {"x": rng.normal(size=(4, 2)), "t": np.eye(2)[rng.integers(2, size=4)]}
    shapes = {"W1": (2, 3), "b1": (3,), "W2": (3, 2), "b2": (2,)}
    return data | {name: rng.normal(size=shape) for name, shape in shapes.items()}
