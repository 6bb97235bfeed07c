"""Value: the computation graph of numbers."""

import math

import numpy as np
import pytest
from backprop import Value, numerical_gradient
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.filterwarnings("error")

# name: (the same expression for Values and floats, numbers to put in)
EXPRESSIONS = {
    "x + y": (lambda x, y: x + y, (2.0, 3.0)),
    "x − y": (lambda x, y: x - y, (2.0, 3.0)),
    "x × y": (lambda x, y: x * y, (2.0, 3.0)),
    "x ÷ y": (lambda x, y: x / y, (2.0, 3.0)),
    "−x": (lambda x: -x, (2.0,)),
    "x³": (lambda x: x**3, (-2.0,)),
    "√x": (lambda x: x**0.5, (2.0,)),
    "1 ÷ x²": (lambda x: x**-2, (-2.0,)),
    "x⁰": (lambda x: x**0, (0.0,)),
    "number on the left": (lambda x: 5 + (4 - 3 * x) / x**2 + 7 / x, (1.5,)),
    "number on the right": (lambda x: ((x + 5) * 4 - 3) / 2, (1.5,)),
    "x twice": (lambda x: x * x + x, (3.0,)),
    "(x + y)²": (lambda x, y: (x + y) ** 2, (2.0, 3.0)),
    "shared on two paths": (lambda x, y: (x * y + x) * (x - y) / (x * y), (2.0, 3.0)),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_values_and_gradients(name):
    f, numbers = EXPRESSIONS[name]
    inputs = [Value(number) for number in numbers]
    output = f(*inputs)
    output.backward()
    assert output.data == pytest.approx(f(*numbers), rel=1e-15)
    measured = numerical_gradient(lambda x: f(*x), np.array(numbers))
    assert [v.grad for v in inputs] == pytest.approx(measured, abs=1e-6)


@pytest.mark.parametrize("x", [-1000.0, -2.0, 0.0, 0.5, 1000.0])
def test_sigmoid_is_stable_and_its_derivative_is_y_times_1_minus_y(x):
    value = Value(x)
    y = value.sigmoid()
    y.backward()
    assert y.data == pytest.approx(0.0 if x < -700 else 1 / (1 + math.exp(-x)), rel=1e-15)
    assert value.grad == y.data * (1 - y.data)


def test_exp_is_its_own_derivative():
    x = Value(2)
    y = x.exp()
    y.backward()
    assert y.data == x.grad == math.exp(2)


def test_local_gradients_are_visible_one_per_input():
    x, y = Value(3, "x"), Value(4, "y")
    for made, op, local in (
        (x + y, "+", (1, 1)),
        (x - y, "−", (1, -1)),
        (x * y, "×", (4, 3)),
        (x / y, "÷", (0.25, -0.1875)),
    ):
        assert made.inputs == (x, y)
        assert (made.op, made.local_gradients) == (op, pytest.approx(local, rel=1e-15))
        assert all(type(g) is float for g in made.local_gradients)
    assert ((x**2).op, (x**2).inputs, (x**2).local_gradients) == ("^2", (x,), (6.0,))
    assert ((-x).op, (-x).inputs, (-x).local_gradients) == ("−", (x,), (-1.0,))
    assert (x.exp().op, x.sigmoid().op) == ("exp", "σ")
    assert (x.op, x.inputs, x.local_gradients, x.name, x.grad) == ("", (), (), "x", 0.0)


def test_a_second_backward_does_not_add_up():
    """27, then 45, is what micrograd gives."""
    x = Value(3)
    y = (x * x) * x
    y.backward()
    assert x.grad == 27
    y.backward()
    assert x.grad == 27


def test_a_value_used_twice_adds_its_gradients_up():
    """grad = g for grad += g shows nowhere else (ARENA's tests passed it)."""
    x, y = Value(2), Value(5)
    z = x * y + x
    z.backward()
    assert (x.grad, y.grad) == (6, 2)


def test_two_outputs_of_one_graph_do_not_mix():
    x = Value(2)
    first, second = x * 3, x * 5
    first.backward()
    second.backward()
    assert x.grad == 5


def test_order_has_inputs_before_what_uses_them_and_each_value_once():
    x = Value(2)
    a, b = x + 1, x * 3
    c = a * b + a
    order = c.order()
    assert len(order) == len(set(map(id, order)))
    for value in order:
        assert all(order.index(v) < order.index(value) for v in value.inputs)
    assert order[-1] is c and x in order


def test_a_graph_deeper_than_pythons_stack():
    x = value = Value(1)
    for _ in range(5000):
        value = value + x
    value.backward()
    assert (value.data, x.grad) == (5001, 5001)


def test_numbers_of_numpy_work_from_both_sides():
    x = Value(np.float32(2))
    for y in (np.float64(3) * x, x * np.float64(3), np.int64(3) * x):
        assert isinstance(y, Value) and type(y.data) is float and y.data == 6


def test_repr_shows_name_value_and_gradient():
    apple = Value(100, "apple")
    (apple * 2).backward()
    assert repr(apple) == "Value(apple = 100, grad = 2)"
    assert repr(Value(0.5)) == "Value(0.5, grad = 0)"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Value(-8) ** 0.5, ValueError, r"\(-8\) \*\* 0.5 is not a real number"),
        (lambda: Value(0.5) ** Value(2), TypeError, "the exponent must be a number, not a Value"),
        (lambda: 2 ** Value(2), TypeError, "unsupported operand"),
        (lambda: Value(2) * np.ones(3), TypeError, r"one number, not an array of shape \(3,\)"),
        (lambda: np.ones((2, 3)) * Value(2), TypeError, r"one number, not an array of shape \(2, 3\)"),
        (lambda: np.ones(1) - Value(2), TypeError, r"one number, not an array of shape \(1,\)"),
        (lambda: Value(1) / 0, ZeroDivisionError, "zero"),
        (lambda: Value(0) ** -1, ZeroDivisionError, "zero|0.0"),
        (lambda: Value("two"), ValueError, "two"),
        (lambda: Value([1, 2]), TypeError, "list"),
    ],
)
def test_what_has_no_value_is_an_error(make, error, message):
    with pytest.raises(error, match=message):
        make()


NUMBERS = st.floats(-100, 100)


TREES = st.recursive(st.integers(0, 2), lambda tree: st.tuples(st.sampled_from("+-*"), tree, tree))


@given(TREES, st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_random_graphs_against_forward_differentiation(tree, numbers):
    """Each tree is also differentiated by hand-written rules from the inputs on (dual numbers)."""
    inputs = [Value(number) for number in numbers]

    def build(tree):  # -> the Value, its number, its derivatives by each input
        if isinstance(tree, int):
            return inputs[tree], numbers[tree], np.eye(3)[tree]
        op, (x, a, da), (y, b, db) = tree[0], build(tree[1]), build(tree[2])
        return {
            "+": lambda: (x + y, a + b, da + db),
            "-": lambda: (x - y, a - b, da - db),
            "*": lambda: (x * y, a * b, da * b + a * db),
        }[op]()

    value, number, derivatives = build(tree)
    value.backward()
    assert value.data == number
    scale = max(1, *np.abs(derivatives))
    np.testing.assert_allclose([v.grad for v in inputs], derivatives, atol=1e-9 * scale)


@pytest.mark.parametrize(
    ("x", "y", "quotient", "dx", "dy"),
    [
        (1, 1e155, 1e-155, 1e-155, -1e-310),
        (1, 1e-200, 1e200, 1e200, -math.inf),
        (1e300, 1e200, 1e100, 1e-200, -1e-100),
        (1e-300, 1e-200, 1e-100, 1e200, -1e100),
    ],
)
def test_a_quotient_that_exists_is_computed(x, y, quotient, dx, dy):
    """y² overflows, or is 0, long before the quotient does."""
    divided = Value(x) / Value(y)
    assert divided.data == quotient
    assert divided.local_gradients == pytest.approx((dx, dy), rel=1e-15)


def test_a_value_equals_itself_only():
    """Two nodes of a graph may hold the same number, and Values stand in sets and dicts."""
    x = Value(1)
    assert x == x and x != Value(1) and x != 1
    assert len({x, Value(1)}) == 2


def test_each_input_has_its_own_local_gradient():
    broken = Value(1, inputs=(Value(2), Value(3)), local_gradients=(1,))
    with pytest.raises(ValueError, match="zip"):
        broken.backward()
