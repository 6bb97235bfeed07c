"""Activations and losses: closed forms, extreme values, types, shapes and errors."""

import numpy as np
import pytest
from backprop import (
    cross_entropy,
    functions,
    half_squared_error,
    mean_squared_error,
    numerical_gradient,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from backprop.functions import (
    as_float,
    elu,
    leaky_relu,
    log_softmax,
    one_hot,
    relu_derivative,
    sigmoid_derivative,
    tanh_derivative,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

pytestmark = pytest.mark.filterwarnings("error")

ACTIVATIONS = [sigmoid, tanh, relu, leaky_relu, elu]
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, max_side=7)
FLOATS = st.floats(-1e300, 1e300) | st.sampled_from([0.0, -0.0, 1000.0, -1000.0, 5e-324])
NUMBERS = st.one_of(
    hnp.arrays(np.float64, SHAPES, elements=FLOATS),
    hnp.arrays(np.float32, SHAPES, elements=st.floats(-(2.0**100), 2.0**100, width=32)),
    hnp.arrays(np.int64, SHAPES, elements=st.integers(-(2**53), 2**53)),
    hnp.arrays(np.uint8, SHAPES),
    hnp.arrays(np.int8, SHAPES, elements=st.integers(-127, 127)),
)
SCORES = hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=7), elements=FLOATS)


def test_sigmoid_at_known_points():
    assert sigmoid(0) == 0.5
    assert sigmoid(np.log(3)) == pytest.approx(0.75, abs=1e-15)
    assert sigmoid(-np.log(3)) == pytest.approx(0.25, abs=1e-15)
    np.testing.assert_allclose(sigmoid(np.array([-40.0, 40.0])), [np.exp(-40), 1], rtol=1e-15)


def test_tanh_relu_leaky_relu_and_elu_at_known_points():
    x = np.array([-2.0, -0.5, 0.0, 3.0])
    np.testing.assert_allclose(tanh(x), (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)), rtol=1e-14)
    np.testing.assert_array_equal(relu(x), [0, 0, 0, 3])
    np.testing.assert_allclose(leaky_relu(x), [-0.2, -0.05, 0, 3], rtol=1e-15)
    np.testing.assert_allclose(leaky_relu(x, slope=0.5), [-1, -0.25, 0, 3], rtol=1e-15)
    np.testing.assert_allclose(elu(x), [np.exp(-2) - 1, np.exp(-0.5) - 1, 0, 3], rtol=1e-14)
    np.testing.assert_allclose(elu(x, alpha=2), [2 * np.exp(-2) - 2, 2 * np.exp(-0.5) - 2, 0, 3], rtol=1e-14)


def test_elu_keeps_its_digits_near_zero():
    assert elu(-1e-12) == pytest.approx(-1e-12, rel=1e-9, abs=0)  # e^x − 1 would lose most of them


@pytest.mark.parametrize("f", ACTIVATIONS, ids=lambda f: f.__name__)
def test_activations_at_plus_and_minus_1000(f):
    low, high = f(np.array([-1000.0, 1000.0]))
    at = {sigmoid: (0, 1), tanh: (-1, 1), relu: (0, 1000), leaky_relu: (-100, 1000), elu: (-1, 1000)}
    assert (low, high) == at[f]


@pytest.mark.parametrize(
    ("f", "derivative", "of"),
    [
        (sigmoid, sigmoid_derivative, "output"),
        (tanh, tanh_derivative, "output"),
        (relu, relu_derivative, "input"),
    ],
)
def test_derivatives_against_the_numerical_gradient(f, derivative, of, rng):
    x = rng.standard_normal((3, 5))
    formula = derivative(f(x) if of == "output" else x)
    np.testing.assert_allclose(formula, numerical_gradient(lambda x: f(x).sum(), x), atol=1e-8)


def test_relu_derivative_at_exactly_zero_is_zero():
    np.testing.assert_array_equal(relu_derivative([-1.0, -0.0, 0.0, 1e-300]), [False, False, False, True])


def test_relu_derivative_after_the_activation_is_not_always_one():
    """NumPy's MNIST tutorial took output >= 0: always true, so no gradient was ever stopped."""
    output = relu(np.array([-2.0, -1.0, 3.0]))
    np.testing.assert_array_equal(relu_derivative(output), [False, False, True])


@given(NUMBERS)
def test_activations_keep_shape_and_range(x):
    for f in ACTIVATIONS:
        y = f(x)
        assert np.shape(y) == x.shape
        assert np.all(np.isfinite(y))
        assert y.dtype == x.dtype if x.dtype.kind == "f" else y.dtype in (np.float64, x.dtype)
    assert np.all((sigmoid(x) >= 0) & (sigmoid(x) <= 1))
    assert np.all(np.abs(tanh(x)) <= 1)
    assert np.all(elu(x) >= -1)


@given(NUMBERS)
def test_activations_of_whole_numbers_are_those_of_the_same_floats(x):
    """In uint8, −x wraps around: sigmoid([3]) was 0 there, softmax not a number."""
    for f in ACTIVATIONS:
        np.testing.assert_array_equal(f(x), f(as_float(x)))
    if x.ndim and x.size:
        np.testing.assert_array_equal(softmax(x), softmax(as_float(x)))
        np.testing.assert_array_equal(log_softmax(x), log_softmax(as_float(x)))


@given(hnp.arrays(np.float64, SHAPES, elements=FLOATS))
def test_sigmoid_and_tanh_are_symmetric_and_never_fall(x):
    np.testing.assert_allclose(sigmoid(x) + sigmoid(-x), np.ones(x.shape), rtol=1e-15)
    np.testing.assert_array_equal(tanh(-x), -tanh(x))
    for f in ACTIVATIONS:
        assert np.all(np.diff(f(np.sort(x.ravel()))) >= 0)


@pytest.mark.parametrize("f", [*ACTIVATIONS, softmax], ids=lambda f: f.__name__)
def test_functions_take_lists_and_leave_arrays_alone(f, rng):
    x = rng.standard_normal((2, 3))
    kept = x.copy()
    np.testing.assert_array_equal(f(x.tolist()), f(x))
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("f", ACTIVATIONS, ids=lambda f: f.__name__)
def test_a_number_in_is_a_number_out(f):
    assert np.ndim(f(0.5)) == 0 and not isinstance(f(0.5), np.ndarray)


def test_softmax_at_known_points():
    np.testing.assert_allclose(softmax([0.0, np.log(2), np.log(5)]), [1 / 8, 2 / 8, 5 / 8], rtol=1e-15)
    np.testing.assert_allclose(
        softmax([[0.0, np.log(3)], [5.0, 5.0]]), [[0.25, 0.75], [0.5, 0.5]], rtol=1e-15
    )
    np.testing.assert_array_equal(softmax([1000.0, -1000.0, 1000.0]), [0.5, 0, 0.5])


@given(SCORES)
def test_softmax_rows_are_probabilities(x):
    p = softmax(x)
    assert p.shape == x.shape
    assert np.all((p >= 0) & (p <= 1))
    np.testing.assert_allclose(p.sum(axis=-1), np.ones(x.shape[:-1]), rtol=1e-12)
    assert np.all(np.isfinite(log_softmax(x)))
    np.testing.assert_allclose(np.exp(log_softmax(x)), p, atol=1e-12)


def test_softmax_sums_along_the_last_axis_and_no_other(rng):
    """Every axis has another length: where they are equal, a wrong axis passes (seen in ARENA)."""
    p = softmax(rng.standard_normal((2, 3, 5)))
    sums_to_one = [np.allclose(p.sum(axis=axis), 1) for axis in (0, 1, 2)]
    assert sums_to_one == [False, False, True]


@given(hnp.arrays(np.float64, (3, 5), elements=st.floats(-50, 50)), st.floats(-50, 50))
def test_softmax_does_not_see_a_constant(x, constant):
    np.testing.assert_allclose(softmax(x + constant), softmax(x), rtol=1e-11)


def test_losses_at_known_points():
    y, t = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([[1.0, 0.0, 3.0], [4.0, 5.0, 5.0]])
    assert mean_squared_error(y, t) == pytest.approx(5 / 6)
    assert half_squared_error(y, t) == pytest.approx(5 / 2)
    p = np.array([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]])
    wanted = -(np.log(0.8) + np.log(0.5) + np.log(0.9)) / 3
    assert cross_entropy(p, [1, 0, 0]) == pytest.approx(wanted)
    assert cross_entropy(p, [[0, 1], [1, 0], [1, 0]]) == pytest.approx(wanted)
    assert cross_entropy(p[0], 1) == cross_entropy(p[0], [0, 1]) == pytest.approx(-np.log(0.8))


def test_losses_are_plain_floats_also_in_float32():
    y = np.full((2, 3), 1 / 3, dtype=np.float32)
    for loss in (mean_squared_error(y, y), half_squared_error(y, y), cross_entropy(y, [0, 2])):
        assert type(loss) is float


def test_losses_of_bytes_do_not_wrap_around():
    dark, bright = np.array([0, 0], dtype=np.uint8), np.array([20, 0], dtype=np.uint8)
    assert mean_squared_error(dark, bright) == 200
    assert half_squared_error(dark, bright) == 200


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_of_probability_zero_stays_finite(dtype):
    loss = cross_entropy(np.array([[0, 1]], dtype=dtype), [0])
    assert loss == pytest.approx(-np.log(np.finfo(dtype).tiny), rel=1e-6)
    assert cross_entropy([[0, 1]], [1]) == 0  # a list of whole numbers


@given(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1e100, 1e100)),
    st.data(),
)
def test_losses_are_never_negative_and_zero_at_the_target(y, data):
    t = data.draw(hnp.arrays(np.float64, y.shape, elements=st.floats(-1e100, 1e100)))
    for loss in (mean_squared_error, half_squared_error):
        assert loss(y, y) == 0 <= loss(y, t) == loss(t, y)
    labels = data.draw(hnp.arrays(np.int64, len(y), elements=st.integers(0, y.shape[1] - 1)))
    p = softmax(y)
    assert 0 <= cross_entropy(p, labels) < np.inf
    assert cross_entropy(p, labels) == cross_entropy(p, one_hot(labels, p.shape))


def test_one_hot_rows_and_labels():
    np.testing.assert_array_equal(one_hot([2, 0], (2, 3)), [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(one_hot(1, (3,)), [0, 1, 0])
    rows = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert one_hot(rows, (2, 2)) is rows


@pytest.mark.parametrize("loss", [mean_squared_error, half_squared_error])
def test_losses_name_both_shapes(loss):
    with pytest.raises(ValueError, match=r"output.*target.*same shape.*\(2, 3\).*\(3, 2\)"):
        loss(np.zeros((2, 3)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"\(3, 1\).*\(3,\)"):  # NumPy alone would broadcast
        loss(np.zeros((3, 1)), np.zeros(3))


@pytest.mark.parametrize(
    ("t", "message"),
    [
        ([0, 1], r"targets of shape \(2,\).*outputs of shape \(3, 4\).*labels of shape \(3,\).*one-hot"),
        ([0.0, 1.0, 2.0], r"type float64.*integer labels"),
        ([[0], [1], [2]], r"targets of shape \(3, 1\)"),
        (np.zeros((4, 3)), r"targets of shape \(4, 3\)"),
        ([0, 1, 4], r"labels must lie in 0…3; found 0…4"),
        ([0, -1, 2], r"labels must lie in 0…3; found -1…2"),
    ],
)
def test_cross_entropy_says_what_targets_it_expects(t, message):
    with pytest.raises(ValueError, match=message):
        cross_entropy(np.full((3, 4), 0.25), t)


def test_every_function_has_a_docstring():
    for name, f in vars(functions).items():
        if getattr(f, "__module__", "") == functions.__name__:
            assert f.__doc__, name


def test_losses_take_lists():
    assert mean_squared_error([[1, 2]], [[3, 2]]) == 2
    assert half_squared_error([[1, 2]], [[3, 2]]) == 2
    assert cross_entropy([[0.25, 0.75]], [1]) == pytest.approx(-np.log(0.75))


@pytest.mark.parametrize(
    ("loss", "y", "t"),
    [(mean_squared_error, (0, 3), (0, 3)), (half_squared_error, (0,), (0,)), (cross_entropy, (0, 3), (0,))],
)
def test_an_empty_batch_has_no_loss(loss, y, t):
    with pytest.raises(ValueError, match="empty"):
        loss(np.zeros(y), np.zeros(t, dtype=int))


@pytest.mark.parametrize("y", [[[2, 3]], [[0.5, 0.3]], [[-0.5, 1.5]], [[0.9, 0.9], [0.1, 0.1]], [np.nan, 1]])
def test_cross_entropy_refuses_rows_that_are_no_probabilities(y):
    with pytest.raises(ValueError, match=r"needs probabilities.*sum 1.*softmax"):
        cross_entropy(y, [0] * len(y) if np.ndim(y) == 2 else 0)


def test_cross_entropy_takes_rounded_probabilities():
    assert cross_entropy([0.333, 0.333, 0.333], 0) == pytest.approx(-np.log(0.333))


@pytest.mark.parametrize("x", [None, "two", 1j, [None, 1]])
@pytest.mark.parametrize("f", [*ACTIVATIONS, softmax], ids=lambda f: f.__name__)
def test_what_is_not_a_number_is_a_type_error(f, x):
    with pytest.raises(TypeError, match="an input must be numbers, not"):
        f(x)


def test_bytes_become_floats_from_0_to_1_and_other_arrays_stay():
    x = functions.bytes_to_floats(np.array([0, 51, 255], np.uint8))
    np.testing.assert_allclose(x, [0, 0.2, 1], rtol=1e-6)
    assert x.dtype == np.float32
    for other in (np.array([0, 255]), np.array([2.0])):
        assert functions.bytes_to_floats(other) is other
    assert functions.bytes_to_floats([0.5, 1]).tolist() == [0.5, 1]
