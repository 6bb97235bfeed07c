"""Every figure of the sources, recomputed with the library and compared as printed.

seed_figures.json holds them as strings, by section, each section with its chapter. A figure that
depends on random weights is held there as a bound; test_bounds_of_the_sources holds those.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from backprop import (
    Affine,
    HalfSquaredError,
    MeanSquaredError,
    Network,
    Sigmoid,
    TwoLayerNet,
    Value,
    check_gradients,
    numerical_gradient,
    train,
)

pytestmark = pytest.mark.filterwarnings("error")
SECTIONS = json.loads(Path(__file__).with_name("seed_figures.json").read_text(encoding="utf-8"))


def row(values):
    """Numbers as NumPy prints them, without brackets: '0.238731 0.17752054'."""
    return " ".join(np.array2string(np.asarray(values)).strip("[]").split())


def rows(name, matrix):
    return {f"{name}, row {i}": row(values) for i, values in enumerate(matrix, start=1)}


def whole(array):
    """The array as integers, once it is sure that nothing is lost."""
    assert np.array_equal(array, np.rint(array))
    return np.rint(array).astype(int)


def b_gates():
    """XOR from NAND and OR, each a weighted sum and a step."""

    def gate(w, b):
        return lambda *x: int(np.dot(w, x) + b > 0)

    nand, or_, and_ = gate((-1, -1), 1.5), gate((1, 1), -0.5), gate((1, 1), -1.5)
    figures = {}
    for x in ((0, 0), (1, 0), (0, 1), (1, 1)):
        s = nand(*x), or_(*x)
        figures[f"XOR of {x[0]} and {x[1]}: x1 x2 NAND OR XOR"] = row([*x, *s, and_(*s)])
    return figures


def d_apples_and_tangerines():
    apple, apples, tax = Value(100), Value(2), Value(1.1)
    of_apples = apple * apples
    total = of_apples * tax
    total.backward()
    figures = {
        "graph 1: apples": of_apples.data,
        "graph 1: total": total.data,
        "graph 1: gradient of the total": total.grad,
        "graph 1: gradient of the sum": of_apples.grad,
        "graph 1: gradient of the apple price": apple.grad,
        "graph 1: gradient of the number of apples": apples.grad,
        "graph 1: gradient of the tax": tax.grad,
    }
    apple, apples, tangerine, tangerines, tax = Value(100), Value(2), Value(150), Value(3), Value(1.1)
    of_apples, of_tangerines = apple * apples, tangerine * tangerines
    subtotal = of_apples + of_tangerines
    total = subtotal * tax
    total.backward()
    figures |= {
        "graph 2: apples": of_apples.data,
        "graph 2: tangerines": of_tangerines.data,
        "graph 2: subtotal": subtotal.data,
        "graph 2: total": total.data,
        "graph 2: gradient of the total": total.grad,
        "graph 2: gradient of the subtotal": subtotal.grad,
        "graph 2: gradient of the apple price": apple.grad,
        "graph 2: gradient of the number of apples": apples.grad,
        "graph 2: gradient of the tangerine price": tangerine.grad,
        "graph 2: gradient of the number of tangerines": tangerines.grad,
        "graph 2: gradient of the tax": tax.grad,
    }
    return {name: f"{value:.10g}" for name, value in figures.items()}


def f_first_network():
    """3000 steps of the 2-2-2 network, its gradient measured."""
    x, t = np.array([0.5, 0.8]), np.array([0.2, 0.1])
    network = Network(
        [
            Affine([[0.1, 0.2], [0.3, 0.1]], [0.1, 0.2]), Sigmoid(),
            Affine([[0.4, 0.5], [0.1, 0.3]], [0.3, 0.4]), Sigmoid(),
        ],
        MeanSquaredError(),
    )  # fmt: skip
    figures = {}
    for i in range(3000):
        grads = {
            name: numerical_gradient(lambda _: network.loss(x, t), p) for name, p in network.params.items()
        }
        for name, grad in grads.items():
            network.params[name] -= 0.1 * grad
            if i < 2:
                place = f"iteration {i}: gradient of {name}"
                figures |= rows(place, grad) if grad.ndim == 2 else {place: row(grad)}
        if i % 150 == 0:
            loss = network.loss(x, t)
            figures[f"iteration {i}: prediction"] = row(network.predict(x))
            figures[f"iteration {i}: loss"] = f"{loss:.12f}" if loss >= 1e-3 else f"{loss:.11e}"
    figures["after 3000 iterations: prediction"] = row(network.predict(x))
    return figures


def g_layers():
    W = [[1, 3, 5], [2, 4, 6]]
    layer = Affine(W, [1, 1, 1])
    figures = {"one layer: y": row(whole(layer.forward([1, 2])))}
    layer.forward([[1, 2], [3, 4]])
    figures |= rows("one layer: dx", whole(layer.backward([[1, 1, 1], [2, 2, 2]])))
    figures |= rows("one layer: dW", whole(layer.grads["W"]))
    figures["one layer: db"] = row(whole(layer.grads["b"]))

    first, second = Affine(W, [1, 2, 3]), Affine([[1, 4], [2, 5], [3, 6]], [1, 2])
    hidden = first.forward([[1, 2]])
    output = second.forward(hidden)
    figures |= {"two layers: hidden": row(whole(hidden)), "two layers: output": row(whole(output))}
    dout = output
    for name, layer in (("second layer", second), ("first layer", first)):
        dout = layer.backward(dout)
        figures |= {f"{name}: dx": row(whole(dout)), f"{name}: db": row(whole(layer.grads["b"]))}
        figures |= rows(f"{name}: dW", whole(layer.grads["W"]))
    return figures


def h_one_step_by_hand():
    x, t = np.array([0.1, 0.2]), np.array([0.4, 0.6])
    first, second = Affine([[0.3, 0.4], [0.25, 0.35]]), Affine([[0.45, 0.7], [0.4, 0.6]])
    network = Network([first, Sigmoid(), second, Sigmoid()], HalfSquaredError())

    def forward(suffix=""):
        z = first.forward(x)
        h = network.layers[1].forward(z)
        z_out = second.forward(h)
        o = network.layers[3].forward(z_out)
        errors = [HalfSquaredError().forward(o[k], t[k]) for k in (0, 1)]
        names = ("z1", "z2", "h1", "h2", "z3", "z4", "o1", "o2")
        values = dict(zip(names, (*z, *h, *z_out, *o), strict=True))
        values |= {"E_o1": errors[0], "E_o2": errors[1], "E_total": network.loss(x, t)}
        return {name + suffix: value for name, value in values.items()}

    old = forward()
    do = network.last_layer.backward()
    dz_out = network.layers[3].backward(do)
    dh = second.backward(dz_out)
    grads = network.gradient(x, t)
    figures = old | {
        "∂E/∂o1": do[0],
        "∂o1/∂z3": dz_out[0] / do[0],
        "∂z3/∂w5": old["h1"],
        "∂E/∂w5": grads["W2"][0, 0],
        "∂E_o1/∂h1": second.backward(dz_out * [1, 0])[0],
        "∂E_o2/∂h1": second.backward(dz_out * [0, 1])[0],
        "∂E_total/∂h1": dh[0],
        "∂h1/∂z1": network.layers[1].backward(np.ones(2))[0],
        "∂z1/∂w1": x[0],
        "∂E/∂w1": grads["W1"][0, 0],
    }
    for name in network.params:
        network.params[name] -= 0.5 * grads[name]
    new_weights = np.concatenate([network.params["W1"].T.ravel(), network.params["W2"].T.ravel()])
    figures |= {f"w{i}⁺": w for i, w in enumerate(new_weights, start=1)}
    figures |= forward(" after the update")
    figures["E_total fell by"] = figures["E_total"] - figures["E_total after the update"]
    short = {"z1": ".2f", "z2": ".2f", "∂z1/∂w1": ".1f"}  # exact: no more digits
    return {name: format(value, short.get(name, ".8f")) for name, value in figures.items()}


def i_training():
    return {"iterations in an epoch": str(60_000 // 100)}


COMPUTED = {
    "B": b_gates,
    "D": d_apples_and_tangerines,
    "F": f_first_network,
    "G": g_layers,
    "H": h_one_step_by_hand,
    "I, training": i_training,
}


def test_every_section_is_recomputed():
    assert {name for name, section in SECTIONS.items() if "figures" in section} == set(COMPUTED)
    assert {name: len(s["figures"]) for name, s in SECTIONS.items() if "figures" in s} == {
        "B": 4, "D": 18, "F": 53, "G": 17, "H": 41, "I, training": 1,
    }  # fmt: skip


@pytest.mark.parametrize("section", COMPUTED)
def test_figures_to_the_last_printed_digit(section):
    assert COMPUTED[section]() == SECTIONS[section]["figures"]


@pytest.mark.slow
def test_bound_of_the_gradient_check(mnist):
    """First 3 images, 784-50-10: the sources' orders of magnitude hold, in float64 from the start."""
    (x, t), _ = mnist
    check = check_gradients(TwoLayerNet(784, 50, 10, rng=0), x[:3], t[:3])
    for name, bound in SECTIONS["I, gradient check"]["at most"].items():
        assert check.differences[name].mean_absolute <= float(bound), name
    assert check.ok


@pytest.mark.slow
def test_bounds_of_the_training(mnist):
    """10,000 iterations, batch 100, learning rate 0.1: at least 96.5 % of the 10,000 test images."""
    (x, t), (x_test, t_test) = mnist
    network = TwoLayerNet(784, 50, 10, rng=0)
    bounds = SECTIONS["I, training"]["between"]
    for step in train(network, x, t, iterations=10_000, batch_size=100, learning_rate=0.1, rng=0):
        low, high = map(float, bounds.get(f"after {step.iteration + 1:,} iterations", ("0", "100")))
        if low:
            assert low <= 100 * network.accuracy(x_test, t_test) <= high, step
    assert step.iteration == 9_999
