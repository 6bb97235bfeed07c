"""Seconds for the numerical gradient of all 39,760 parameters of 784-50-10 on 3 MNIST images.

    python -m tests.benchmarks.gradient [--rounds 5]

Ours against a plain loop, the way a first textbook writes it: the same definition, (f(x + h) − f(x − h))
/ 2h by one element at a time in float64, the network a black box. Both take turns, with one BLAS thread
each. Prints the medians, their ratio, and how many times faster backpropagation is.
"""

import argparse
import statistics
import time

import numpy as np
from backprop import TwoLayerNet, load_mnist
from threadpoolctl import threadpool_limits


def plain_loss(p, x, t):
    """The forward pass of 784-50-10, line by line. x: float64 images, t: one-hot rows."""
    a = np.dot(x, p["W1"]) + p["b1"]
    mask = a <= 0
    z = a.copy()
    z[mask] = 0
    s = (np.dot(z, p["W2"]) + p["b2"]).T
    s = s - np.max(s, axis=0)
    y = (np.exp(s) / np.sum(np.exp(s), axis=0)).T
    digits = t.argmax(axis=1)
    return -np.sum(np.log(y[np.arange(len(y)), digits] + 1e-7)) / len(y)


def plain_gradient(f, x, h=1e-4):
    """Central differences, one element at a time."""
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"], op_flags=["readwrite"])
    while not it.finished:
        i = it.multi_index
        old = x[i]
        x[i] = old + h
        above = f(x)
        x[i] = old - h
        below = f(x)
        grad[i] = (above - below) / (2 * h)
        x[i] = old
        it.iternext()
    return grad


def seconds(call):
    """How long call() takes, and what it returns."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    (images, digits), _ = load_mnist(normalize=False)
    images, digits = images[:3], digits[:3]  # bytes, as in chapter 08
    network = TwoLayerNet(784, 50, 10, rng=0)
    plain_params = {name: array.copy() for name, array in network.params.items()}
    x, one_hot = images / 255, np.eye(10)[digits]

    def plain():
        return {
            name: plain_gradient(lambda _: plain_loss(plain_params, x, one_hot), array)
            for name, array in plain_params.items()
        }

    contestants = {
        "ours": lambda: network.numerical_gradient(images, digits),
        "plain": plain,
        "backward": lambda: network.gradient(images, digits),
    }
    times = {name: [] for name in contestants}
    with threadpool_limits(1, user_api="blas"):
        for _ in range(arguments.rounds):
            results = {}
            for name, call in contestants.items():
                repeat = 200 if name == "backward" else 1
                once = []
                for _ in range(repeat):
                    passed, results[name] = seconds(call)
                    once.append(passed)
                times[name].append(statistics.median(once))
    apart = max(np.max(np.abs(results["ours"][name] - results["plain"][name])) for name in plain_params)
    assert apart < 1e-6, f"the two gradients differ by {apart:.1e}"

    ours, plain_, backward = (statistics.median(times[name]) for name in contestants)
    count = sum(array.size for array in plain_params.values())
    print(f"{count:,} parameters, 3 images, median of {arguments.rounds} rounds, float64, one BLAS thread")
    print(f"network.numerical_gradient   {ours:8.3f} s")
    print(f"plain loop                   {plain_:8.3f} s   {plain_ / ours:.2f} × ours (goal: at least 1.3 ×)")
    print(f"network.gradient             {1e6 * backward:8.0f} µs  {ours / backward:,.0f} × faster than ours")


if __name__ == "__main__":
    main()
