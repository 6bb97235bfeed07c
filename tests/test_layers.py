"""Layers and losses: every gradient against the numerical one, every shape, every error."""

import numpy as np
import pytest
from backprop import (
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
    numerical_gradient,
    softmax,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

pytestmark = pytest.mark.filterwarnings("error")
N, D, M = 5, 3, 2


def weights(d=D, m=M, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((d, m)), rng.standard_normal(m)


def affine(d=D, m=M):
    return Affine(*weights(d, m))


def maxout(d=D, m=M):
    return Maxout(*weights(d, m, seed=1), *weights(d, m, seed=2))


# name: a new layer for D inputs and M outputs; an activation keeps the shape
LAYERS = {
    "Affine": affine,
    "Affine without b": lambda d=D, m=M: Affine(weights(d, m)[0]),
    "Maxout": maxout,
    "Sigmoid": lambda d=D, m=M: Sigmoid(),
    "Tanh": lambda d=D, m=M: Tanh(),
    "Relu": lambda d=D, m=M: Relu(),
    "LeakyRelu": lambda d=D, m=M: LeakyRelu(),
    "LeakyRelu(0.3)": lambda d=D, m=M: LeakyRelu(slope=0.3),
    "Elu": lambda d=D, m=M: Elu(),
    "Elu(0.5)": lambda d=D, m=M: Elu(alpha=0.5),
}
ACTIVATIONS = [name for name in LAYERS if name not in ("Affine", "Affine without b", "Maxout")]
LOSSES = [MeanSquaredError, HalfSquaredError, SoftmaxWithLoss]
every_layer = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
every_activation = pytest.mark.parametrize("make", [LAYERS[name] for name in ACTIVATIONS], ids=ACTIVATIONS)
every_loss = pytest.mark.parametrize("loss", LOSSES)


def assert_gradients(layer, x, dout):
    """backward equals the numerical gradient of Σ dout · forward(x), by x and by each parameter."""

    def total(_):
        return np.sum(dout * layer.forward(x))

    measured = {name: numerical_gradient(total, array) for name, array in layer.params.items()}
    measured_dx = numerical_gradient(total, x)
    layer.forward(x)
    dx = layer.backward(dout)
    assert dx.shape == x.shape
    np.testing.assert_allclose(dx, measured_dx, rtol=1e-6, atol=1e-8, err_msg="dx")
    assert set(layer.grads) == set(layer.params)
    for name, grad in layer.grads.items():
        assert grad.shape == layer.params[name].shape
        np.testing.assert_allclose(grad, measured[name], rtol=1e-6, atol=1e-8, err_msg=name)


@every_layer
@pytest.mark.parametrize(("n", "d", "m"), [(2, 3, 5), (7, 5, 3), (5, 2, 7), (1, 7, 2), (3, 3, 3), (2, 1, 1)])
def test_gradients_of_a_batch(make, n, d, m, rng):
    layer, x = make(d, m), rng.standard_normal((n, d))
    assert_gradients(layer, x, rng.standard_normal(layer.forward(x).shape))


@every_layer
@pytest.mark.parametrize("d", [1, 2, 7])
def test_gradients_of_one_example(make, d, rng):
    layer, x = make(d, 5), rng.standard_normal(d)
    assert_gradients(layer, x, rng.standard_normal(layer.forward(x).shape))


@every_layer
def test_one_example_is_a_batch_of_one(make, rng):
    alone, batch = make(), make()
    x = rng.standard_normal(D)
    y, rows = alone.forward(x), batch.forward(x[np.newaxis])
    np.testing.assert_allclose(y, rows[0], rtol=1e-14)
    np.testing.assert_allclose(alone.backward(y), batch.backward(rows)[0], rtol=1e-14)
    for name in alone.grads:
        np.testing.assert_allclose(alone.grads[name], batch.grads[name], rtol=1e-14)


@every_activation
def test_activations_take_any_shape(make, rng):
    for shape in ((), (2, 3, 5), (2, 0)):
        x = np.asarray(rng.standard_normal(shape))
        assert_gradients(make(), x, np.asarray(rng.standard_normal(shape)))


@every_layer
def test_an_input_shared_by_two_layers_adds_its_gradients_up(make, rng):
    """L = Σ f(x) · c + Σ x²: the two dx add up, and neither layer disturbs the other's."""
    x = rng.standard_normal((N, D))
    first, second = make(), Tanh()
    c = rng.standard_normal(first.forward(x).shape)
    first.forward(x), second.forward(x)
    dx = first.backward(c) + second.backward(2 * second.y)
    measured = numerical_gradient(lambda x: np.sum(c * first.forward(x)) + np.sum(second.forward(x) ** 2), x)
    np.testing.assert_allclose(dx, measured, rtol=1e-6, atol=1e-8)


def test_affine_at_known_numbers():
    layer = Affine([[1, 3, 5], [2, 4, 6]], [1, 1, 2])
    np.testing.assert_array_equal(layer.forward([[1, 2], [3, 4]]), [[6, 12, 19], [12, 26, 41]])
    np.testing.assert_array_equal(layer.backward([[1, 1, 1], [2, 2, 2]]), [[9, 12], [18, 24]])
    np.testing.assert_array_equal(layer.grads["W"], [[7, 7, 7], [10, 10, 10]])
    np.testing.assert_array_equal(layer.grads["b"], [3, 3, 3])


def test_activations_at_known_numbers():
    x, dout = np.array([-2.0, 0.0, 3.0]), np.array([5.0, 7.0, 11.0])
    for layer, y, dx in (
        (Relu(), [0, 0, 3], [0, 0, 11]),
        (LeakyRelu(), [-0.2, 0, 3], [0.5, 0.7, 11]),
        (LeakyRelu(0.5), [-1, 0, 3], [2.5, 3.5, 11]),
        (Elu(), [np.exp(-2) - 1, 0, 3], [5 * np.exp(-2), 7, 11]),
        (Elu(2.0), [2 * np.exp(-2) - 2, 0, 3], [10 * np.exp(-2), 7, 11]),
        (Tanh(), np.tanh(x), dout / np.cosh(x) ** 2),
        (Sigmoid(), 1 / (1 + np.exp(-x)), dout / (2 + np.exp(-x) + np.exp(x))),
    ):
        np.testing.assert_allclose(layer.forward(x), y, rtol=1e-14)
        np.testing.assert_allclose(layer.backward(dout), dx, rtol=1e-13)


def test_maxout_at_known_numbers():
    layer = Maxout([[1.0], [0.0]], [0.0], [[0.0], [1.0]], [1.0])  # max(x1, x2 + 1)
    np.testing.assert_array_equal(layer.forward([[5, 2], [1, 7]]), [[5], [8]])
    np.testing.assert_array_equal(layer.backward([[3.0], [10.0]]), [[3, 0], [0, 10]])
    np.testing.assert_array_equal(layer.grads["W1"], [[15], [6]])
    np.testing.assert_array_equal(layer.grads["W2"], [[10], [70]])
    assert (layer.grads["b1"], layer.grads["b2"]) == (3, 10)


def test_maxout_gives_a_tie_to_the_first_line_only():
    layer = Maxout([[1.0]], [0.0], [[1.0]], [0.0])
    layer.forward([[2.0]])
    np.testing.assert_array_equal(layer.backward([[3.0]]), [[3]])
    assert (layer.grads["W1"], layer.grads["W2"]) == (6, 0)


@pytest.mark.parametrize("layer", [Relu(), LeakyRelu(0.0)])
def test_relu_at_exactly_zero_stops_the_gradient(layer):
    layer.forward(np.array([0.0, -0.0, 5e-324]))
    np.testing.assert_array_equal(layer.backward(np.ones(3)), [0, 0, 1])


def test_relus_mask_is_that_of_its_input():
    """Its output is never negative: the mask output >= 0 (NumPy's tutorial) would stop no gradient."""
    layer = Relu()
    layer.forward(np.array([-1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(layer.backward(np.ones(3)), [0, 0, 1])


def test_relu_leaves_the_callers_dout_alone():
    layer, dout = Relu(), np.ones(3)
    layer.forward(np.array([-1.0, 0.0, 2.0]))
    layer.backward(dout)
    np.testing.assert_array_equal(dout, [1, 1, 1])


@every_layer
def test_nothing_is_changed_in_place(make, rng):
    layer, x = make(), rng.standard_normal((N, D))
    x.flags.writeable = False
    y = layer.forward(x)
    kept = y.copy()
    dout = rng.standard_normal(y.shape)
    dout.flags.writeable = False
    params = {name: array.copy() for name, array in layer.params.items()}
    dx = layer.backward(dout)
    np.testing.assert_array_equal(y, kept)
    assert not np.shares_memory(dx, dout) and not np.shares_memory(y, x)
    for name, array in params.items():
        np.testing.assert_array_equal(layer.params[name], array)


@pytest.mark.parametrize("kind", [Affine, Maxout])
def test_the_callers_w_and_b_stay_the_callers(kind):
    given_arrays = [np.ones((D, M)), np.ones(M)] * (1 if kind is Affine else 2)
    layer = kind(*given_arrays)
    for array in layer.params.values():
        array -= 1
    for array in given_arrays:
        assert np.all(array == 1)


@every_layer
def test_backward_twice_gives_the_same(make, rng):
    layer, x = make(), rng.standard_normal((N, D))
    dout = rng.standard_normal(layer.forward(x).shape)
    dx, grads = layer.backward(dout), dict(layer.grads)
    np.testing.assert_array_equal(layer.backward(dout), dx)
    for name in grads:
        np.testing.assert_array_equal(layer.grads[name], grads[name])


@every_layer
def test_backward_belongs_to_the_last_forward(make, rng):
    used, new = make(), make()
    x = rng.standard_normal((N, D))
    used.forward(rng.standard_normal((2, D)))
    used.backward(np.ones_like(used.y))
    dout = rng.standard_normal(used.forward(x).shape)
    new.forward(x)
    np.testing.assert_array_equal(used.backward(dout), new.backward(dout))


@every_layer
def test_backward_before_forward(make):
    layer = make()
    name = type(layer).__name__
    with pytest.raises(RuntimeError, match=f"{name}.backward needs a forward pass before it"):
        layer.backward(np.ones((N, M)))


@every_layer
def test_dout_that_does_not_fit(make, rng):
    layer = make()
    y = layer.forward(rng.standard_normal((N, D)))
    for wrong in (np.ones((N + 1, *y.shape[1:])), np.ones(y.shape[1:]), 1.0):
        with pytest.raises(ValueError) as error:
            layer.backward(wrong)
        for part in (f"{type(layer).__name__}.backward", f"dout of shape {np.shape(wrong)}", f"{y.shape}"):
            assert part in str(error.value)


@pytest.mark.parametrize("make", [affine, maxout])
@pytest.mark.parametrize("shape", [(N, D + 1), (D + 1,), (2, N, D), ()])
def test_x_that_does_not_fit(make, shape):
    with pytest.raises(ValueError) as error:
        make().forward(np.ones(shape))
    assert f"x of shape {shape} does not fit W of shape (3, 2): expected (N, 3)" in str(error.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Affine(np.ones(3)), r"W must have the shape \(D, M\), not \(3,\)"),
        (lambda: Affine(np.ones((3, 2)), np.ones(3)), r"b of shape \(3,\).*W of shape \(3, 2\).*\(2,\)"),
        (lambda: Affine(np.ones((3, 2)), 1.0), r"b of shape \(\)"),
        (lambda: Affine(np.ones((3, 2)), np.ones((2, 1))), r"b of shape \(2, 1\)"),
        (lambda: Maxout(np.ones((3, 2)), np.ones(3), np.ones((3, 2)), np.ones(2)), r"b of shape \(3,\)"),
        (lambda: Maxout(np.ones((3, 2)), np.ones(2), np.ones((3, 2)), np.ones(1)), r"b of shape \(1,\)"),
        (
            lambda: Maxout(np.ones((3, 2)), np.ones(2), np.ones((4, 2)), np.ones(2)),
            r"W1 and W2 must have the same shape, not \(3, 2\) and \(4, 2\)",
        ),
    ],
)
def test_parameters_that_do_not_fit(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@every_layer
def test_float32_stays_float32(make, rng):
    layer = make()
    for name, array in layer.params.items():
        layer.params[name] = array.astype(np.float32)
    y = layer.forward(rng.standard_normal((N, D)).astype(np.float32))
    dx = layer.backward(y)
    assert {a.dtype for a in (y, dx, *layer.grads.values())} == {np.dtype(np.float32)}


def test_parameters_keep_float32_and_whole_numbers_become_float64():
    assert Affine(np.ones((2, 3), np.float32)).params["W"].dtype == np.float32
    assert Affine([[1, 2]], [0, 1]).params["b"].dtype == np.float64


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_at_plus_and_minus_1000(make, dtype):
    layer = make()
    y = layer.forward(np.array([-1000, 1000], dtype=dtype))
    dx = layer.backward(np.ones(2, dtype=dtype))
    assert np.all(np.isfinite(y)) and np.all((dx >= 0) & (dx <= 1))


@given(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1e150, 1e150)),
    st.sampled_from(list(LAYERS)),
)
def test_layers_stay_finite_and_keep_their_shapes(x, name):
    layer = LAYERS[name](x.shape[1], 3)
    y = layer.forward(x)
    assert y.shape == (x.shape if name in ACTIVATIONS else (len(x), 3))
    assert np.all(np.isfinite(y))
    dx = layer.backward(np.ones_like(y))
    assert dx.shape == x.shape and np.all(np.isfinite(dx))
    for key, grad in layer.grads.items():
        assert grad.shape == layer.params[key].shape and np.all(np.isfinite(grad))


# losses


def target(loss, y, rng):
    return softmax(rng.standard_normal(y.shape)) if loss is SoftmaxWithLoss else rng.standard_normal(y.shape)


@every_loss
@pytest.mark.parametrize("shape", [(2, 3), (7, 5), (1, 2), (5, 7), (3,), (2, 3, 5)])
def test_gradients_of_the_losses(loss, shape, rng):
    loss, y = loss(), rng.standard_normal(shape)
    t = target(type(loss), y, rng)
    measured = numerical_gradient(lambda y: loss.forward(y, t), y)
    loss.forward(y, t)
    np.testing.assert_allclose(loss.backward(), measured, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(loss.backward(2.5), 2.5 * measured, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("shape", "labels"), [((3, 5), [4, 0, 2]), ((1, 2), [1]), ((7,), 3)])
def test_softmax_with_loss_takes_labels_or_one_hot(shape, labels, rng):
    y = rng.standard_normal(shape)
    with_labels, one_hot = SoftmaxWithLoss(), SoftmaxWithLoss()
    assert with_labels.forward(y, labels) == one_hot.forward(y, np.eye(shape[-1])[labels])
    np.testing.assert_array_equal(with_labels.backward(), one_hot.backward())
    measured = numerical_gradient(lambda y: with_labels.forward(y, labels), y)
    np.testing.assert_allclose(one_hot.backward(), measured, rtol=1e-6, atol=1e-9)


def test_losses_at_known_numbers():
    y, t = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[0.0, 2.0], [3.0, 1.0]])
    for loss, value, dy in (
        (MeanSquaredError(), 17 / 4, [[0.5, 0], [0, 2]]),
        (HalfSquaredError(), 17 / 2, [[1, 0], [0, 4]]),
    ):
        assert loss.forward(y, t) == pytest.approx(value)
        np.testing.assert_allclose(loss.backward(), dy)
    loss = SoftmaxWithLoss()
    scores = np.log([[1.0, 3.0], [2.0, 2.0]])
    assert loss.forward(scores, [0, 1]) == pytest.approx((np.log(4) + np.log(2)) / 2)
    np.testing.assert_allclose(loss.p, [[0.25, 0.75], [0.5, 0.5]])
    np.testing.assert_allclose(loss.backward(), [[-0.375, 0.375], [0.25, -0.25]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_with_loss_at_plus_and_minus_1000(dtype):
    loss = SoftmaxWithLoss()
    y = np.array([[1000, -1000, 0], [-1000, 1000, 0]], dtype=dtype)
    assert loss.forward(y, [0, 1]) == 0
    assert loss.forward(y, [1, 1]) == 1000
    np.testing.assert_allclose(loss.backward(), [[0.5, -0.5, 0], [0, 0, 0]])


@every_loss
def test_losses_change_nothing_in_place(loss, rng):
    loss, y = loss(), rng.standard_normal((N, M))
    t = target(type(loss), y, rng)
    y.flags.writeable = t.flags.writeable = False
    value = loss.forward(y, t)
    dy = loss.backward()
    assert not np.shares_memory(dy, y) and not np.shares_memory(dy, t)
    np.testing.assert_array_equal(loss.backward(), dy)
    assert type(value) is float and loss.forward(y, t) == value


@every_loss
def test_losses_keep_float32(loss, rng):
    loss, y = loss(), rng.standard_normal((N, M)).astype(np.float32)
    loss.forward(y, target(type(loss), y, rng).astype(np.float32))
    assert loss.backward().dtype == np.float32
    if isinstance(loss, SoftmaxWithLoss):
        loss.forward(y, np.zeros(N, np.uint8))
        assert loss.backward().dtype == np.float32


@every_loss
def test_loss_backward_before_forward(loss):
    with pytest.raises(RuntimeError, match=rf"{loss.__name__}.backward needs a forward pass before it"):
        loss().backward()


@pytest.mark.parametrize("loss", [MeanSquaredError, HalfSquaredError])
def test_squared_errors_name_both_shapes(loss):
    with pytest.raises(ValueError, match=r"\(5, 2\) and \(5,\)"):
        loss().forward(np.zeros((5, 2)), np.zeros(5))


@pytest.mark.parametrize(
    ("t", "message"),
    [
        ([0, 1, 2], r"targets of shape \(3,\) and type int64.*outputs of shape \(2, 3\).*\(2,\) or one-hot"),
        ([0.0, 1.0], "type float64"),
        ([0, 3], "labels must lie in 0…2; found 0…3"),
        ([-1, 0], "labels must lie in 0…2; found -1…0"),
    ],
)
def test_softmax_with_loss_says_what_targets_it_expects(t, message):
    with pytest.raises(ValueError, match=message):
        SoftmaxWithLoss().forward(np.zeros((2, 3)), t)


@every_layer
def test_layers_take_lists(make, rng):
    layer, x = make(), rng.standard_normal((N, D))
    y = layer.forward(x)
    dx = layer.backward(y)
    np.testing.assert_array_equal(layer.forward(x.tolist()), y)
    np.testing.assert_array_equal(layer.backward(y.tolist()), dx)


@every_loss
def test_losses_take_lists(loss, rng):
    loss, y = loss(), rng.standard_normal((N, M))
    t = target(type(loss), y, rng)
    value = loss.forward(y, t)
    dy = loss.backward()
    assert loss.forward(y.tolist(), t.tolist()) == value
    np.testing.assert_array_equal(loss.backward(), dy)


@every_loss
def test_an_empty_batch_has_no_loss(loss):
    with pytest.raises(ValueError, match=r"empty.*\(0, 3\)|\(0, 3\).*empty"):
        loss().forward(np.zeros((0, 3)), np.zeros((0, 3)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Affine(None), "Affine's W must be numbers, not None"),
        (lambda: Affine([["one"]]), "Affine's W must be numbers, not"),
        (lambda: Maxout([[1.0]], None, [[1.0]], [0.0]), "Maxout's b1 must be numbers, not None"),
    ],
)
def test_parameters_that_are_no_numbers(make, message):
    with pytest.raises(TypeError, match=message):
        make()
