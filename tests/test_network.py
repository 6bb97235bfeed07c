"""Networks: the gradient of the whole, the parameters by name, accuracy and TwoLayerNet."""

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
    cross_entropy,
    softmax,
)
from backprop.layers import Layer
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.filterwarnings("error")


def affine(rng, d, m):
    return Affine(rng.standard_normal((d, m)), rng.standard_normal(m))


def networks(rng):
    """One network per loss; together they hold every layer."""

    def maxout(d, m):
        return Maxout(*(rng.standard_normal(shape) for shape in ((d, m), m, (d, m), m)))

    return {
        "softmax": Network(
            [affine(rng, 3, 7), Relu(), affine(rng, 7, 5), LeakyRelu(), affine(rng, 5, 2)], SoftmaxWithLoss()
        ),
        "mean squared": Network([maxout(3, 5), Tanh(), affine(rng, 5, 2), Sigmoid()], MeanSquaredError()),
        "half squared": Network(
            [Affine(rng.standard_normal((3, 5))), Elu(), affine(rng, 5, 2)], HalfSquaredError()
        ),
    }


@pytest.mark.parametrize("name", ["softmax", "mean squared", "half squared"])
@pytest.mark.parametrize("shape", [(5, 3), (1, 3), (3,)])
def test_backpropagation_equals_the_numerical_gradient(name, shape, rng):
    network, x = networks(rng)[name], rng.standard_normal(shape)
    t = softmax(rng.standard_normal((*shape[:-1], 2)))
    formula, measured = network.gradient(x, t), network.numerical_gradient(x, t)
    assert list(formula) == list(measured) == list(network.params)
    for key, array in network.params.items():
        assert formula[key].shape == measured[key].shape == array.shape
        np.testing.assert_allclose(formula[key], measured[key], rtol=1e-6, atol=1e-8, err_msg=key)


def test_predict_is_the_layers_in_order(rng):
    network, x = networks(rng)["softmax"], rng.standard_normal((5, 3))
    p = network.params
    h = np.maximum(x @ p["W1"] + p["b1"], 0)
    h = h @ p["W2"] + p["b2"]
    h = np.where(h > 0, h, 0.1 * h)
    y = h @ p["W3"] + p["b3"]
    np.testing.assert_allclose(network.predict(x), y, rtol=1e-13)
    assert network.loss(x, [0, 1, 0, 1, 0]) == pytest.approx(cross_entropy(softmax(y), [0, 1, 0, 1, 0]))


def test_loss_and_gradient_are_those_of_the_two_methods(rng):
    network, x, t = networks(rng)["softmax"], rng.standard_normal((2, 3)), [1, 0]
    loss, grads = network.loss_and_gradient(x, t)
    assert loss == network.loss(x, t)
    for name, grad in network.gradient(x, t).items():
        np.testing.assert_array_equal(grads[name], grad)


def test_gradients_of_two_calls_are_two_sets_of_arrays(rng):
    network, x = networks(rng)["mean squared"], rng.standard_normal((5, 3))
    first = network.gradient(x, np.zeros((5, 2)))
    kept = {name: grad.copy() for name, grad in first.items()}
    network.gradient(-x, np.ones((5, 2)))
    for name in first:
        np.testing.assert_array_equal(first[name], kept[name])


def test_bytes_are_scaled_to_0_and_1(rng):
    network = Network([Affine(np.eye(3))], HalfSquaredError())
    x = np.array([[0, 51, 255]], dtype=np.uint8)
    np.testing.assert_allclose(network.predict(x), [[0, 0.2, 1]], rtol=1e-6)
    np.testing.assert_array_equal(x, [[0, 51, 255]])
    network.astype(np.float32)
    assert network.predict(x).dtype == np.float32


def test_the_first_layers_dx_is_left_out_only_inside_the_network(rng):
    network, x = networks(rng)["half squared"], rng.standard_normal((5, 3))
    network.gradient(x, np.zeros((5, 2)))
    assert network.layers[0].backward(np.ones((5, 5))).shape == x.shape


def test_an_interrupted_gradient_leaves_the_first_layer_whole(rng):
    class Interrupted(Sigmoid):
        def backward(self, dout):
            raise KeyboardInterrupt

    network = Network([affine(rng, 3, 2), Interrupted()], HalfSquaredError())
    with pytest.raises(KeyboardInterrupt):
        network.gradient(np.ones((5, 3)), np.ones((5, 2)))
    assert network.layers[0].backward(np.ones((5, 2))) is not None


# parameters


def test_parameters_are_named_in_layer_order(rng):
    assert list(networks(rng)["softmax"].params) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert list(networks(rng)["mean squared"].params) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    half = networks(rng)["half squared"].params
    assert list(half) == ["W1", "W2", "b2"] and len(half) == 3
    assert repr(half) == "W1: (3, 5) float64\nW2: (5, 2) float64\nb2: (2,) float64"


def test_an_assigned_parameter_reaches_the_layer(rng):
    """In the book's code, params["W1"] = array detaches the layer silently."""
    network = networks(rng)["softmax"]
    layer, array = network.layers[0], np.full((3, 7), 0.5)
    network.params["W1"] = array
    np.testing.assert_array_equal(layer.params["W"], array)
    network.params["W1"] -= 0.25
    np.testing.assert_array_equal(layer.params["W"], np.full((3, 7), 0.25))
    np.testing.assert_array_equal(array, np.full((3, 7), 0.5))  # the values were copied


def test_a_parameter_takes_lists_and_whole_numbers(rng):
    network = networks(rng)["softmax"]
    network.params["b3"] = [1, 2]
    np.testing.assert_array_equal(network.layers[-1].params["b"], [1.0, 2.0])


@pytest.mark.parametrize("value", [np.zeros((7, 3)), np.zeros(7), 0.0])
def test_a_parameter_of_another_shape_is_an_error(value, rng):
    network = networks(rng)["softmax"]
    kept = network.params["W1"].copy()
    with pytest.raises(ValueError) as error:
        network.params["W1"] = value
    message = f"W1 and its new value must have the same shape, not (3, 7) and {np.shape(value)}"
    assert message in str(error.value)
    np.testing.assert_array_equal(network.params["W1"], kept)


def test_an_unknown_parameter_is_a_key_error(rng):
    params = networks(rng)["softmax"].params
    with pytest.raises(KeyError, match="W4"):
        params["W4"]
    with pytest.raises(KeyError, match="W4"):
        params["W4"] = 0
    assert "W4" not in params


def test_the_numerical_gradient_works_in_float64_and_leaves_the_network_as_it_is(rng):
    network = networks(rng)["softmax"].astype(np.float32)
    x = rng.standard_normal((2, 3)).astype(np.float32)
    kept = {name: array.copy() for name, array in network.params.items()}
    measured = network.numerical_gradient(x, [0, 1])
    for name, array in network.params.items():
        assert array.dtype == np.float32 and measured[name].dtype == np.float64
        np.testing.assert_array_equal(array, kept[name])
    formula = network.astype(np.float64).gradient(x, [0, 1])
    exact = network.numerical_gradient(x, [0, 1])
    for name in formula:
        np.testing.assert_allclose(measured[name], formula[name], atol=1e-8)
        np.testing.assert_array_equal(measured[name], exact[name])  # its steps are those of float64


def test_astype_changes_every_parameter(rng):
    network = networks(rng)["mean squared"]
    before = network.params["W1"]
    assert network.astype(np.float32) is network
    assert {array.dtype for array in network.params.values()} == {np.dtype(np.float32)}
    assert before.dtype == np.float64


# errors


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network([], HalfSquaredError()), "at least one layer"),
        (lambda: Network([relu := Relu(), relu], HalfSquaredError()), "a layer stands twice"),
        (lambda: TwoLayerNet(784, 0, 10), r"at least one node; the sizes given are \(784, 0, 10\)"),
        (lambda: TwoLayerNet(3, 5, 2).predict(np.zeros((2, 4))), r"x of shape \(2, 4\).*W of shape \(3, 5\)"),
        (lambda: TwoLayerNet(3, 5, 2).loss(np.zeros((2, 3)), [0]), r"targets of shape \(1,\).*\(2, 2\)"),
        (lambda: TwoLayerNet(3, 5, 2).accuracy(np.zeros((2, 3)), [0]), "2 inputs and 1 targets.*at least 1"),
        (lambda: TwoLayerNet(3, 5, 2).accuracy(np.zeros((0, 3)), []), "0 inputs and 0 targets"),
        (lambda: TwoLayerNet(3, 5, 2).accuracy(np.zeros((2, 3)), [[0], [1]]), r"targets of shape \(2, 1\)"),
        (lambda: TwoLayerNet(3, 5, 2).accuracy(np.zeros((2, 3)), [0, 2]), "labels must lie in 0…1"),
        (lambda: TwoLayerNet(3, 5, 1).accuracy(np.zeros((2, 3)), [[1], [0]]), "an output per class.*one"),
        (lambda: TwoLayerNet(3, 5, 2).accuracy(np.zeros((2, 3)), 1), r"rows of inputs.*\(2, 3\) and \(\)"),
        (lambda: TwoLayerNet(3, 5, 2).accuracy(np.full((1, 3), np.nan), [0]), "not numbers.*NaN"),
        (
            lambda: Network([Affine(np.ones((3, 5))), Affine(np.ones((4, 2)))], HalfSquaredError()).predict(
                np.zeros((2, 3))
            ),
            r"x of shape \(2, 5\) does not fit W of shape \(4, 2\)",
        ),
    ],
)
def test_what_does_not_fit_says_so(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# accuracy


def test_accuracy_is_the_share_of_right_rows():
    network = Network([Affine(np.eye(3))], SoftmaxWithLoss())
    x = np.array([[5.0, 1, 2], [0, 1, 2], [0, 3, 2], [9, 1, 2]])
    assert network.accuracy(x, [0, 2, 0, 0]) == 0.75
    assert network.accuracy(x, np.eye(3)[[0, 2, 0, 0]]) == 0.75
    assert type(network.accuracy(x.tolist(), [0, 2, 1, 0])) is float


def test_accuracy_counts_every_row_of_many():
    network = Network([Affine(np.eye(2))], SoftmaxWithLoss())
    x = np.eye(2)[np.arange(2501) % 2]
    t = np.arange(2501) % 2
    t[[0, 999, 1000, 2500]] = 1 - t[[0, 999, 1000, 2500]]
    assert network.accuracy(x, t) == pytest.approx(1 - 4 / 2501)


# TwoLayerNet


def test_two_layer_net_is_affine_relu_affine_softmax():
    network = TwoLayerNet(784, 50, 10, rng=3)
    assert [type(layer) for layer in network.layers] == [Affine, Relu, Affine]
    assert isinstance(network.last_layer, SoftmaxWithLoss)
    shapes = {name: array.shape for name, array in network.params.items()}
    assert shapes == {"W1": (784, 50), "b1": (50,), "W2": (50, 10), "b2": (10,)}
    for name, array in network.params.items():
        assert array.dtype == np.float64
        if name.startswith("b"):
            np.testing.assert_array_equal(array, 0)
    assert np.std(network.params["W1"]) == pytest.approx(0.01, rel=0.02)
    assert np.std(network.params["W2"]) == pytest.approx(0.01, rel=0.1)
    assert abs(np.mean(network.params["W1"])) < 2e-4


def test_two_layer_net_scales_both_weights_and_repeats_with_a_seed():
    one, same, large = (
        TwoLayerNet(3, 5, 2, rng=1),
        TwoLayerNet(3, 5, 2, rng=np.random.default_rng(1)),
        TwoLayerNet(3, 5, 2, weight_init_std=1.0, rng=1),
    )
    for name in ("W1", "W2"):
        np.testing.assert_array_equal(one.params[name], same.params[name])
        np.testing.assert_allclose(large.params[name], 100 * one.params[name])
    assert np.any(TwoLayerNet(3, 5, 2).params["W1"] != TwoLayerNet(3, 5, 2).params["W1"])


@given(st.tuples(*[st.integers(1, 7)] * 3), st.integers(1, 5), st.integers(0, 2**32))
def test_two_layer_nets_of_every_size_have_the_right_gradient(sizes, n, seed):
    network = TwoLayerNet(*sizes, weight_init_std=1.0, rng=seed)
    rng = np.random.default_rng(seed)
    x, t = rng.standard_normal((n, sizes[0])), rng.integers(sizes[2], size=n)
    formula, measured = network.gradient(x, t), network.numerical_gradient(x, t, h=1e-6)
    for name in network.params:
        np.testing.assert_allclose(formula[name], measured[name], atol=1e-6, err_msg=name)


# a learner's own layers


class Own(Layer):
    """y = x; its parameters have any names, and their gradients are zeros."""

    def forward(self, x):
        self.y = np.array(x)
        return self.y

    def backward(self, dout):
        self.grads = {name: np.zeros_like(array) for name, array in self.params.items()}
        return dout


def test_every_parameter_of_an_own_layer_has_a_name(rng):
    """By their first letters, gamma and gate would both be g1, and one would be lost."""
    layers = [affine(rng, 3, 3), Own(gamma=[1.0], gate=[2.0]), affine(rng, 3, 2), Own(gamma=[3.0], W_2=[4.0])]
    network = Network(layers, HalfSquaredError())
    assert list(network.params) == ["W1", "b1", "gamma1", "gate1", "W2", "b2", "gamma2", "W_21"]
    assert [network.params[name][0] for name in ("gamma1", "gate1", "gamma2", "W_21")] == [1, 2, 3, 4]
    assert list(network.gradient(np.ones((5, 3)), np.ones((5, 2)))) == list(network.params)


def test_a_layer_with_a_bias_alone_has_a_number_of_its_own(rng):
    network = Network([affine(rng, 3, 3), Own(b=[1.0]), affine(rng, 3, 3)], HalfSquaredError())
    assert list(network.params) == ["W1", "b1", "b2", "W3", "b3"]


@pytest.mark.parametrize("names", [("b", "b1"), ("gamma", "gamma1", "gamma11"), ("a", "a1")])
def test_two_parameters_of_one_name_are_an_error(names):
    layers = [Own(**{key: [1.0] for key in names}) for _ in range(11)]
    with pytest.raises(ValueError, match=rf"Own's {names[0]}\d* would be a second {names[0]}\d+: rename it"):
        Network(layers, HalfSquaredError())


def test_layers_may_come_from_a_generator_and_stay_as_they_are(rng):
    network = Network((layer for layer in [affine(rng, 3, 2), Sigmoid()]), HalfSquaredError())
    assert isinstance(network.layers, tuple) and list(network.params) == ["W1", "b1"]
    assert network.predict(np.ones((5, 3))).shape == (5, 2)
    with pytest.raises(TypeError):
        network.layers[0] = Relu()


def test_the_first_layer_computes_no_dx_inside_the_network(rng):
    """Nobody uses it, and on 784 inputs it costs a third of the step."""
    returned = []

    class Watched(Affine):
        def backward(self, dout):
            returned.append(super().backward(dout))
            return returned[-1]

    layers = [Watched(rng.standard_normal((3, 2))), Watched(rng.standard_normal((2, 2)))]
    Network(layers, HalfSquaredError()).gradient(np.ones((5, 3)), np.ones((5, 2)))
    assert returned[0].shape == (5, 2) and returned[1] is None


def test_astype_keeps_the_arrays_that_have_the_type_already(rng):
    network = networks(rng)["softmax"]
    before = dict(network.params)
    network.astype(np.float64)
    assert all(network.params[name] is array for name, array in before.items())
