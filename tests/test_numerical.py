"""The numerical gradient, the relative error and the gradient check."""

import numpy as np
import pytest
from backprop import (
    Affine,
    Elu,
    HalfSquaredError,
    LeakyRelu,
    Maxout,
    MeanSquaredError,
    Network,
    Relu,
    Sigmoid,
    SoftmaxWithLoss,
    Tanh,
    TwoLayerNet,
    check_gradients,
    numerical_gradient,
    relative_error,
)
from backprop.numerical import Difference, GradientCheck
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

pytestmark = pytest.mark.filterwarnings("error")
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, max_side=5)
ARRAYS = hnp.arrays(np.float64, SHAPES, elements=st.floats(-9, 9))


def squares(x):
    return np.sum(x**2)


def test_central_difference_by_hand():
    x = np.array([0.3])
    h = 0.01
    by_hand = (np.exp(0.3 + h) - np.exp(0.3 - h)) / (2 * h)
    assert numerical_gradient(lambda x: np.exp(x[0]), x, h) == pytest.approx(by_hand, rel=1e-12)
    assert abs(by_hand - np.exp(0.3)) < 3e-5  # the error is h² / 6 · e^x, not of the order of h


def test_the_step_is_1e_4_unless_told():
    seen = []
    numerical_gradient(lambda x: seen.append(float(x[0])) or 0.0, np.array([0.5]))
    assert seen == pytest.approx([0.5001, 0.4999], abs=1e-12)


@given(ARRAYS)
def test_gradient_of_squares_has_the_shape_of_x_and_is_2x(x):
    kept = x.copy()
    grad = numerical_gradient(squares, x)
    assert grad.shape == x.shape and grad.dtype == np.float64
    np.testing.assert_allclose(grad, 2 * x, atol=1e-7)
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("x", [[3, 4], np.array([3, 4]), np.array([3, 4], np.uint8), 3.0, np.array([1j])])
def test_what_is_not_a_float_array_is_refused(x):
    """The book's code gives [25000, 35000] for Σx² at int [3, 4]: x + h was cut back to x."""
    kind = f"an array of {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
    with pytest.raises(TypeError, match=rf"needs a float array, not {kind}: .*h = 0.0001.*dtype=float"):
        numerical_gradient(squares, x)


def test_a_float32_array_is_measured_in_float64():
    """The book's code gives [625, 781.25] at float32 [300, 400] instead of [600, 800]."""
    x = np.array([300, 400], dtype=np.float32)
    grad = numerical_gradient(squares, x)
    np.testing.assert_allclose(grad, [600, 800], rtol=1e-6)
    assert grad.dtype == np.float64
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x, np.array([300, 400], dtype=np.float32))


def test_x_is_put_back_when_f_raises_at_any_call(rng):
    x = rng.standard_normal((2, 3))
    kept = x.copy()
    for calls in range(12):
        left = iter(range(calls))

        def f(x, left=left):
            if next(left, None) is None:
                raise KeyboardInterrupt
            return 0.0

        with pytest.raises(KeyboardInterrupt):
            numerical_gradient(f, x)
        np.testing.assert_array_equal(x, kept)


def test_f_may_read_a_network_that_holds_x(rng):
    network = Network([Affine(rng.standard_normal((2, 3))), Sigmoid()], HalfSquaredError())
    x, t = rng.standard_normal((5, 2)), rng.standard_normal((5, 3))
    grad = numerical_gradient(lambda _: network.loss(x, t), network.params["W1"])
    np.testing.assert_allclose(grad, network.gradient(x, t)["W1"], atol=1e-8)


def test_non_contiguous_arrays_are_disturbed_in_place(rng):
    x = rng.standard_normal((4, 6))[::2, ::3]
    np.testing.assert_allclose(numerical_gradient(lambda _: squares(x), x), 2 * x, atol=1e-7)


def test_a_step_that_is_lost_is_an_error():
    x = np.array([1.0, 1e15])
    with pytest.raises(ValueError, match=r"h = 0.0001 is lost beside x\[1\] = 1e\+15: take a larger h"):
        numerical_gradient(squares, x)
    assert x[1] == 1e15
    with pytest.raises(ValueError, match="take a larger h"):
        numerical_gradient(squares, np.array([3.0]), h=1e-17)


def test_the_distance_that_x_really_moved_counts():
    """At 5e11 the step 1e-4 is stored as 1.22e-4; a quotient over 2e-4 would be 1.22."""
    assert numerical_gradient(np.sum, np.array([5e11])) == 1
    x = np.array([300.0], dtype=np.float32)
    assert numerical_gradient(lambda v: float(v[0]), x) == 1


def test_f_gets_x_itself():
    """So f may read the argument or whatever else holds the array."""
    x = np.array([1.0, 2.0])
    numerical_gradient(lambda v: 0.0 if v is x else pytest.fail("a copy"), x)


@pytest.mark.parametrize("h", [0, -1e-4, np.nan, np.inf])
def test_a_step_that_is_no_positive_number_is_an_error(h):
    with pytest.raises(ValueError, match="the step must be a positive number, not h ="):
        numerical_gradient(squares, np.array([1.0]), h)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_x_that_is_not_finite_is_an_error(bad):
    with pytest.raises(ValueError, match="x holds a number that is not finite"):
        numerical_gradient(squares, np.array([1.0, bad]))


def test_an_f_that_returns_an_array_is_an_error_and_x_is_put_back():
    x = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match=r"f must return one number, not an array of shape \(2,\)"):
        numerical_gradient(lambda v: v * v, x)
    np.testing.assert_array_equal(x, [1, 2])
    assert numerical_gradient(lambda v: np.array(3 * v[0]), np.array([1.0])) == pytest.approx(3)


def test_relative_error_by_hand():
    assert relative_error([1.0, 2.0], [1.0, 1.0]) == pytest.approx(1 / 3)
    assert relative_error([0.0, 0.0], [0.0, 0.0]) == 0
    assert relative_error([1.0], [-1.0]) == 1
    assert relative_error([], []) == 0
    assert type(relative_error(np.float32(1), np.float32(2))) is float


@given(ARRAYS, st.data())
def test_relative_error_is_symmetric_and_at_most_one(a, data):
    b = data.draw(hnp.arrays(np.float64, a.shape, elements=st.floats(-1e300, 1e300)))
    assert 0 <= relative_error(a, b) == relative_error(b, a) <= 1
    assert relative_error(a, a) == 0


def test_relative_error_names_both_shapes():
    with pytest.raises(ValueError, match=r"\(2,\).*\(2, 1\)"):
        relative_error(np.zeros(2), np.zeros((2, 1)))


def small_network(rng):
    affine = Affine(rng.standard_normal((3, 2)), rng.standard_normal(2))
    return Network([affine, Sigmoid()], HalfSquaredError())


def test_check_of_a_right_network_is_ok_and_prints_a_table(rng):
    x, t = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    check = check_gradients(small_network(rng), x, t)
    assert check.ok and check.tolerance == 1e-6
    assert set(check.differences) == {"W1", "b1"}
    lines = repr(check).splitlines()
    assert "mean |difference|" in lines[0] and "tolerance 1e-06" in lines[0]
    assert [line.split()[0] for line in lines[1:]] == ["W1", "b1"]
    assert all(line.endswith("  ok") for line in lines[1:])


BUGS = {
    "sign": lambda grads: grads.update(W=-grads["W"]),
    "factor": lambda grads: grads.update(W=grads["W"] * 1.0001),
    "one element": lambda grads: grads["W"].__setitem__((2, 1), 0),
    "not a number": lambda grads: grads["W"].__setitem__((0, 0), np.nan),
    "shape": lambda grads: grads.update(W=grads["W"].T),
}


@pytest.mark.parametrize("bug", BUGS)
def test_check_names_the_parameter_that_is_wrong(bug, rng):
    class Wrong(Affine):
        def backward(self, dout):
            dx = super().backward(dout)
            BUGS[bug](self.grads)
            return dx

    network = Network([Wrong(rng.standard_normal((3, 2)), np.ones(2)), Sigmoid()], HalfSquaredError())
    check = check_gradients(network, rng.standard_normal((5, 3)), rng.standard_normal((5, 2)))
    assert not check.ok
    assert check.differences["W1"].relative > 1e-6 > check.differences["b1"].relative
    assert [line.split()[-1] for line in repr(check).splitlines()[1:]] == ["DIFFERS", "ok"]


def test_differences_are_the_mean_and_the_largest(rng):
    """A gradient twice too large: |2g − g| / (2|g| + |g|) is a third, and the mean is that of |g|."""

    class Twice(HalfSquaredError):
        def backward(self, dout=1.0):
            return 2 * super().backward(dout)

    network = small_network(rng)
    network.last_layer = Twice()
    x, t = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    difference = check_gradients(network, x, t).differences["W1"]
    measured = network.numerical_gradient(x, t)["W1"]
    assert difference.mean_absolute == pytest.approx(np.mean(np.abs(measured)), rel=1e-5)
    assert difference.relative == pytest.approx(1 / 3, rel=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_check_leaves_a_float32_network_as_it_is_and_works_in_float64(dtype, rng):
    network = TwoLayerNet(3, 5, 2, weight_init_std=1.0, rng=1).astype(np.float32)
    kept = {name: array.copy() for name, array in network.params.items()}
    x = rng.integers(256, size=(7, 3)).astype(dtype)
    x = x / dtype(255) if dtype == np.float32 else x
    check = check_gradients(network, x, rng.integers(2, size=7))
    assert check.ok
    assert max(d.mean_absolute for d in check.differences.values()) < 1e-9
    for name, array in network.params.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, kept[name])


def test_a_step_across_relus_kink_is_not_a_bug():
    network = Network([Affine([[1.0]], [-0.99995]), Relu()], HalfSquaredError())
    assert check_gradients(network, [[1.0]], [[0.0]]).ok  # z = 5e-5, and h = 1e-4 crosses 0


def test_where_h_fails_a_hundredth_of_it_is_tried():
    network = Network([Affine([[1.0]], [-0.99995]), Relu()], HalfSquaredError())
    check = check_gradients(network, [[1.0]], [[0.0]], h=1e-4)
    assert {difference.step for difference in check.differences.values()} == {1e-4 / 100}


def test_a_difference_is_relative_to_the_size_of_the_gradients_or_to_what_rounding_hides():
    """The loss is 5e5 here and the gradient of W1 some 1e-6: far below what ±1e-4 can measure."""
    first, second = Affine([[1.0]], [0.0]), Affine([[1e-9]], [0.0])
    network = Network([first, second], HalfSquaredError())
    found = check_gradients(network, [[1.0]], [[1000.0]], h=1e-4).differences["W1"]
    hidden = 10 * 2.0**-52 * (1 + network.loss([[1.0]], [[1000.0]])) / 1e-4
    gap = np.abs(found.backpropagation - found.numerical).max()
    assert hidden / 1e-6 > 1e3 * np.abs(found.backpropagation).max()
    assert gap > 0 and found.relative == pytest.approx(gap / (hidden / 1e-6), rel=1e-6)


def test_a_difference_at_the_tolerance_itself_is_ok():
    at, above = (Difference(0.0, relative, None, None, 1e-4) for relative in (1e-6, 1.01e-6))
    assert GradientCheck({"W1": at}).ok and GradientCheck({"W1": above}).failed() == ["W1"]


def test_the_check_works_in_float64_for_float32_inputs_of_any_first_layer(rng):
    network = Network([Tanh(), Affine(rng.standard_normal((3, 2)))], HalfSquaredError())
    x = rng.standard_normal((4, 3)).astype(np.float32)
    check = check_gradients(network, x, np.zeros((4, 2)))
    y = np.tanh(x.astype(np.float64))
    exact = y.T @ (y @ network.params["W1"])
    np.testing.assert_allclose(check.differences["W1"].backpropagation, exact, rtol=1e-12)


def test_the_check_takes_images_of_bytes_as_the_network_does(rng):
    network = Network([Affine(rng.standard_normal((3, 2)))], HalfSquaredError())
    x, t = np.array([[0, 51, 255]], np.uint8), np.zeros((1, 2))
    check = check_gradients(network, x, t)
    np.testing.assert_allclose(
        check.differences["W1"].backpropagation, network.gradient(x / 255, t)["W1"], rtol=1e-6
    )


def test_a_gradient_of_a_wrong_shape_is_kept_beside_the_measured_one():
    network = Network([wrong(W=lambda g: g.T)(np.ones((2, 3)))], HalfSquaredError())
    found = check_gradients(network, [[1.0, 2.0]], [[0.0, 0.0, 0.0]]).differences["W1"]
    assert found.relative == found.mean_absolute == np.inf and found.step == 1e-4
    assert found.backpropagation.shape == (3, 2) and found.numerical.shape == (2, 3)


def test_step_of_the_check_is_passed_on(rng):
    network = small_network(rng)
    x, t = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    coarse, fine = check_gradients(network, x, t, h=1e-3), check_gradients(network, x, t, h=1e-4)
    assert {d.step for d in coarse.differences.values()} == {1e-3}
    assert coarse.differences["W1"].mean_absolute > 20 * fine.differences["W1"].mean_absolute


def test_each_difference_holds_both_gradients_and_its_step(rng):
    network = small_network(rng)
    x, t = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    check = check_gradients(network, x, t, h=1e-5)
    for name, difference in check.differences.items():
        np.testing.assert_array_equal(difference.backpropagation, network.gradient(x, t)[name])
        np.testing.assert_array_equal(difference.numerical, network.numerical_gradient(x, t, 1e-5)[name])
        assert difference.step == 1e-5


def wrong(W=lambda g: g, b=lambda g: g):
    """An Affine whose gradients went through these."""

    class Changed(Affine):
        def backward(self, dout):
            dx = super().backward(dout)
            change = {"W": W, "b": b}
            self.grads = {name: change[name](grad) for name, grad in self.grads.items()}
            return dx

    return Changed


def test_a_healthy_parameter_is_not_judged_at_the_step_of_another():
    """b fails at every h. W alone would pass at h = 1e-6, and at h / 100 rounding would accuse it."""
    network = Network([wrong(b=lambda g: 2 * g)([[1e-3]], [0.5]), Sigmoid()], HalfSquaredError())
    check = check_gradients(network, [[1e-3]], [[0.0]], h=1e-6)
    assert check.differences["W1"].relative <= check.tolerance < check.differences["b1"].relative
    assert check.differences["W1"].step == check.differences["b1"].step == 1e-6


@pytest.mark.parametrize("h", [1e-2, 1e-3, 1e-4, 1e-5])
def test_a_bug_in_a_tiny_gradient_is_seen_where_the_measurement_sees_it(h):
    """The gradient is 8e-10 here, and −3 times it is wrong."""
    bug = wrong(W=lambda g: -3 * g)
    network = Network([bug([[1.0]], [20.0]), Sigmoid()], HalfSquaredError())
    check = check_gradients(network, [[1.0]], [[0.0]], h)
    assert check.failed() == ["W1"]


def test_a_bug_in_a_gradient_of_1e_10_is_seen():
    bug = wrong(W=lambda g: -3 * g)
    for layers, loss, t in (
        ([bug([[1.0]], [22.0]), Sigmoid()], HalfSquaredError(), [[0.0]]),
        ([bug(np.eye(2), [23.0, 0.0])], SoftmaxWithLoss(), [0]),
        ([bug([[1.0]], [0.0])], HalfSquaredError(), [[1 - 1e-10]]),
    ):
        x = np.ones((1, len(layers[0].params["W"])))
        check = check_gradients(Network(layers, loss), x, t)
        assert 5e-11 < np.max(np.abs(check.differences["W1"].numerical)) < 5e-10
        assert not check.ok and check.differences["b1"].relative <= check.tolerance


def maxout(rng):
    return Maxout(*(rng.standard_normal(shape) for shape in ((3, 3), 3, (3, 3), 3)))


MIDDLES = [Sigmoid, Tanh, Relu, LeakyRelu, Elu, maxout]
TARGETS = {
    "any": lambda y, rng: rng.standard_normal(y.shape),
    "met": lambda y, rng: y,
    "nearly met": lambda y, rng: y + 1e-10,
    "ones": lambda y, rng: np.ones(y.shape),
}


@pytest.mark.parametrize("h", [1e-4, 1e-5])
@pytest.mark.parametrize("middle", MIDDLES, ids=lambda middle: middle.__name__)
def test_a_healthy_network_is_never_accused(middle, h):
    """Saturated, dead, trained to its target, tiny, of float32: at every usual step."""
    rng = np.random.default_rng(3)
    for case in range(16):
        N, scale = (1, 2, 3, 8)[case % 4], (1e-2, 1.0, 1.0, 1.0)[case // 4]
        first = Affine(scale * rng.standard_normal((2, 3)), scale * rng.standard_normal(3))
        layers = [first, middle(rng) if middle is maxout else middle(), Affine(rng.standard_normal((3, 2)))]
        layers += [Sigmoid()] if case % 3 == 0 else []
        x = rng.standard_normal((N, 2))
        loss = (MeanSquaredError, HalfSquaredError)[case % 2]()
        network = Network(layers, loss).astype(np.float32 if case % 5 == 0 else np.float64)
        t = list(TARGETS.values())[(case + case // 4) % 4](network.predict(x), rng)
        check = check_gradients(network, x, t, h)
        assert check.ok, (case, check)
        network = Network(layers, SoftmaxWithLoss())
        check = check_gradients(network, x, network.predict(x).argmax(axis=1), h)
        assert check.ok, (case, check)


def test_rounding_in_a_gradient_of_zero_is_no_difference():
    """Bias and weights cancel over the batch; the measurement gives some 1e-13."""
    network = Network([Affine([[1.1, 1.1]], [0.3, 0.3])], SoftmaxWithLoss())
    assert check_gradients(network, [[0.2], [0.3]], [[0.5, 0.5], [0.5, 0.5]]).ok
    saturated = Network([Affine([[1.0]], [40.0]), Sigmoid()], HalfSquaredError())
    assert check_gradients(saturated, [[1.0]], [[1.0]]).ok
    assert check_gradients(saturated, [[1.0]], [[0.0]]).ok


def test_a_network_without_parameters_has_nothing_to_check():
    with pytest.raises(ValueError, match="no parameters: there is nothing to check"):
        check_gradients(Network([Sigmoid()], HalfSquaredError()), [[1.0]], [[0.0]])


@given(st.tuples(*[st.integers(1, 7)] * 3), st.integers(1, 5), st.integers(0, 2**32))
def test_every_size_of_a_right_network_is_ok(sizes, n, seed):
    network, rng = TwoLayerNet(*sizes, weight_init_std=1.0, rng=seed), np.random.default_rng(seed)
    check = check_gradients(network, rng.standard_normal((n, sizes[0])), rng.integers(sizes[2], size=n))
    assert check.ok, check


def test_a_measurement_that_is_not_a_number_is_not_ok():
    class NoNumber(HalfSquaredError):
        def forward(self, y, t):
            return super().forward(y, t) * np.nan

    check = check_gradients(Network([Affine([[1.0]])], NoNumber()), [[1.0]], [[0.0]])
    assert not check.ok and check.failed() == ["W1"]
