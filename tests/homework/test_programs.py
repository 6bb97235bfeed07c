"""Programs of lines: shown, repaired, run; and their gradients against measured slopes."""

import numpy as np
import pytest
from backprop.homework.programs import Program

RIGHT = """
h = tanh(x @ W1 + b1)
y = h @ W2 + b2
loss = mean_squared_error(y, t)
dy = 2 * (y - t) / y.size
dW2, db2 = h.T @ dy, dy.sum(axis=0)
dz = (dy @ W2.T) * (1 - h**2)
dW1, db1 = x.T @ dz, dz.sum(axis=0)
"""


def test_gradients_are_the_slopes_of_the_loss_one_for_each_parameter():
    program = Program(RIGHT)
    mine, slopes = (find(np.random.default_rng(4)) for find in (program.gradients, program.slopes))
    assert mine.shape == slopes.shape == (2 * 3 + 3 + 3 * 2 + 2,)
    np.testing.assert_allclose(mine, slopes, rtol=1e-6, atol=1e-9)
    assert np.abs(mine).min() > 0
    assert not np.allclose(mine, program.gradients(np.random.default_rng(5)))


def test_targets_are_one_hot():
    rng = np.random.default_rng(4)
    found = Program("dW1, db1 = t, t.sum(axis=1)\ndW2, db2 = x, W1 * 0 + b1").gradients(rng)
    assert set(found[:8]) == {0.0, 1.0}
    assert list(found[8:12]) == [1.0] * 4


def test_lines_are_numbered_from_one(capsys):
    Program("\na = 1\nb = 2\n").show()
    assert capsys.readouterr().out == " 1  a = 1\n 2  b = 2\n"


def test_a_repair_makes_a_new_program():
    program = Program("a = 1\nb = 2")
    assert program.repaired(1, "c").lines == ["c", "b = 2"]
    assert program.repaired(2, "c").lines == ["a = 1", "c"]
    assert program.lines == ["a = 1", "b = 2"]


@pytest.mark.parametrize("number", [0, -1, 3])
def test_a_line_that_is_not_there_is_named_and_no_other_is_repaired(number):
    with pytest.raises(IndexError, match=f"there is no line {number}; the lines are 1 to 2"):
        Program("a = 1\nb = 2").repaired(number, "c")
