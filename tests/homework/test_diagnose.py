"""Each common mistake is called by its name, and a right value is called right."""

import numpy as np
import pytest
from backprop.homework import values
from backprop.homework.diagnose import compare, explain
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

N = 5
RNG = np.random.default_rng(0)
X, DOUT = RNG.normal(size=(N, 3)), RNG.normal(size=(N, 2))
WANTED = X.T @ DOUT  # (3, 2)
ONE_WRONG = WANTED + np.array([[0, 0], [7, 0], [0, 0]])
ONE_INFINITE = WANTED + np.array([[np.inf, 0], [0, 0], [0, 0]])
SQUARE = RNG.normal(size=(3, 3))


@pytest.mark.parametrize(
    ("mine", "wanted", "told"),
    [
        (None, WANTED, "is None: does the function return it?"),
        (WANTED.T, WANTED, "has the shape (2, 3), expected (3, 2): it looks transposed"),
        (SQUARE.T, SQUARE, "looks transposed"),
        (-WANTED, WANTED, "the sign is flipped"),
        (WANTED * N, WANTED, "5 times too large, and 5 is the batch size N: a factor 1/N is missing"),
        (WANTED / N, WANTED, "5 times too small, and 5 is the batch size N: a factor 1/N is too many"),
        (WANTED * 2, WANTED, "2 times too large: a factor is missing"),
        (WANTED / -3, WANTED, "3 times too small: a factor is missing or too many, and its sign is flipped"),
        (DOUT, DOUT.sum(axis=0), "it is not summed over the batch"),
        (DOUT * 2, DOUT.sum(axis=0), "is the sum over the batch missing?"),
        (DOUT.sum(axis=1), DOUT.sum(axis=0), "summed over the wrong axis?"),
        (WANTED[:, :1], WANTED[:, 0], "an axis of length 1"),
        (WANTED[:2], WANTED, "has the shape (2, 2), expected (3, 2)"),
        (1.0, WANTED, "is one number, expected an array of shape (3, 2)"),
        (WANTED, 1.0, "is an array of shape (3, 2), expected one number"),
        (WANTED * np.nan, WANTED, "6 of 6 numbers that are NaN"),
        (ONE_INFINITE, WANTED, "1 of 6 numbers that are infinite"),
        (WANTED * 0, WANTED, "is 0 everywhere"),
        (np.sort(WANTED, axis=0), np.sort(WANTED, axis=0)[::-1], "right numbers in the wrong places"),
        (np.abs(WANTED), WANTED, "the sign of some entries is flipped"),
        (WANTED + 1, WANTED, "off by the same amount everywhere"),
        (ONE_WRONG, WANTED, "right in 5 of 6 entries, and the first wrong one is at [1, 0]"),
        (WANTED * 1.0005, WANTED, "not within rounding"),
        (np.exp(WANTED), WANTED, "not right in any entry"),
        (3.3, 2.0, "neither its sign nor a simple factor"),
        (-2.0, 2.0, "the sign is flipped"),
        ("sealed ab", "sealed cd", "is not right"),
        (["a", "b", "c"], ["a", "x", "c"], "2 of 3 are right"),
        (["a"], ["a", "x"], "expected 2 answers, found 1"),
        (1.0, ["a", "x"], "expected 2 answers, found none"),
        ("sealed ab", WANTED, "is not a number; expected an array of shape (3, 2)"),
    ],
)
def test_a_mistake_is_named(mine, wanted, told):
    reason = explain("dW", mine, wanted, batch=N)
    assert reason.startswith("dW")
    assert told in reason


@pytest.mark.parametrize("right", [WANTED, 3.0, None, "sealed ab", ["a", "b"], np.zeros((2, 2))])
def test_a_right_value_has_no_reason(right):
    assert explain("dW", right, right, batch=N) == ""
    assert compare("dW", right, right, batch=N) == ""


def test_a_reason_does_not_tell_the_number():
    for mine in (WANTED + 0.5, WANTED * 3, ONE_WRONG):
        reason = explain("dW", mine, WANTED)
        assert not any(f"{abs(number):.2f}" in reason for number in WANTED.flat)


def test_the_numerical_gradient_is_near_enough_for_explain_but_not_for_the_text():
    assert explain("dW", WANTED * (1 + 1e-7), WANTED) == ""
    assert "not within rounding" in compare("dW", WANTED + 9e-7, WANTED)


FLOATS = st.floats(-1e6, 1e6)
ARRAYS = arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 3)), elements=FLOATS)


@given(ARRAYS)
def test_a_printed_array_is_read_back(array):
    line = values.line("dW", values.canonical(array, str))
    (found,) = values.parse(line).values()
    np.testing.assert_allclose(found, array, atol=5.1e-7)
    assert values.line("dW", found) == line


@given(FLOATS)
def test_a_number_and_its_negative_zero_print_alike(number):
    assert values.number_text(number * 0) == "0"
    assert not values.number_text(number).startswith("-0.000000")


def test_numbers_print_the_same_whatever_their_type():
    sevens = (7, 7.0, np.int64(7), np.float32(7), 7 + 1e-13)
    assert {values.line("n", values.canonical(n, str)) for n in sevens} == {"  n = 7"}
    lines = {values.line("a", values.canonical(a, str)) for a in ([1, 2], (1, 2.0), np.array([1, 2]))}
    assert lines == {"  a (2,) = [1, 2]"}


class Equal(float):
    def __eq__(self, other):
        return True


@pytest.mark.parametrize("value", [Equal(1), {"a": 1}, object(), np.array(["a"]), [Equal(1)], {1}])
def test_only_plain_values_pass(value):
    with pytest.raises(TypeError, match="expected"):
        values.canonical(value, str)


@pytest.mark.parametrize(
    "output", ["", "dW = 1", "  dW = [[1", "  dW = {}", "  dW = " + "[" * 50_000, "  dW = [[1], 2]", "  = 3"]
)
def test_nonsense_is_passed_over(output):
    assert values.parse(output) == {}


def test_words_are_sealed_with_the_seed():
    assert values.seal(1, 2, "a") != values.seal(2, 2, "a")
    assert values.seal(1, 2, "a") == values.seal(1, 2, "a")
    assert values.canonical(True, lambda text: values.seal(1, 2, text)).startswith("sealed ")
