"""Microseconds per training step, side by side in one run.

    python -m tests.benchmarks.training            784-50-10 with batch 100, against every peer installed
    python -m tests.benchmarks.training --sizes    our cost over the bare matrix products, by size; a plot
    python -m tests.benchmarks.training --busy     the first table while another process keeps a core busy

Peers come with: pip install --group bench. The contestants take turns in rounds; imports, compilation
and the first round are not counted. Each prints its median over the rounds. All use one thread, but
for "PyTorch, 2 threads". Data: MNIST, a batch drawn at random in each step, learning rate 0.1.
"""

import argparse
import contextlib
import importlib.util
import multiprocessing
import statistics
import time
from pathlib import Path

import numpy as np
from backprop import TwoLayerNet, load_mnist, train
from threadpoolctl import threadpool_limits


def ours(x, t, hidden, batch):
    """The library, on bytes as chapter 09 uses it."""
    bytes_ = np.round(x * 255).astype(np.uint8)
    steps = train(TwoLayerNet(784, hidden, 10, rng=0), bytes_, t, iterations=10**9, batch_size=batch, rng=0)
    return lambda: next(steps)


def bare(x, t, hidden, batch):
    """Only the five matrix products of a step, in float32."""
    rng = np.random.default_rng(0)
    W1, W2 = (rng.standard_normal(shape, dtype=np.float32) for shape in ((784, hidden), (hidden, 10)))
    x = x[:batch].copy()
    d = rng.standard_normal((batch, 10), dtype=np.float32)

    def step():
        h = x @ W1
        h @ W2
        h.T @ d
        x.T @ (d @ W2.T)

    return step


def plain(x, t, hidden, batch):
    """A straightforward float64 loop, written the way a first textbook does it."""
    rng = np.random.default_rng(0)
    x, one_hot = x.astype(np.float64), np.eye(10)[t]
    W1, b1 = 0.01 * rng.standard_normal((784, hidden)), np.zeros(hidden)
    W2, b2 = 0.01 * rng.standard_normal((hidden, 10)), np.zeros(10)

    def step():
        nonlocal W1, b1, W2, b2
        rows = rng.choice(len(x), batch)
        xb, tb = x[rows], one_hot[rows]
        a = xb @ W1 + b1
        z = np.maximum(a, 0)
        s = z @ W2 + b2
        y = np.exp(s - s.max(axis=1, keepdims=True))
        y /= y.sum(axis=1, keepdims=True)
        -np.sum(tb * np.log(y + 1e-7)) / batch
        ds = (y - tb) / batch
        da = (ds @ W2.T) * (a > 0)
        W2, b2 = W2 - 0.1 * (z.T @ ds), b2 - 0.1 * ds.sum(axis=0)
        W1, b1 = W1 - 0.1 * (xb.T @ da), b1 - 0.1 * da.sum(axis=0)

    return step


def torch_eager(threads):
    def make(x, t, hidden, batch):
        import torch

        torch.manual_seed(0)
        xs, ts = torch.from_numpy(x), torch.from_numpy(t.astype(np.int64))
        net = torch.nn.Sequential(torch.nn.Linear(784, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 10))
        loss_of, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.1)

        def step():
            torch.set_num_threads(threads)
            rows = torch.randint(len(xs), (batch,))
            optimizer.zero_grad()
            loss = loss_of(net(xs[rows]), ts[rows])
            loss.backward()
            optimizer.step()
            loss.item()

        return step

    return make


def jax_step(scanned):
    """JAX, one jitted call a step, or 100 steps in a scan."""

    def make(x, t, hidden, batch):
        import jax
        import jax.numpy as jnp

        xs, ts, key = jnp.asarray(x), jnp.asarray(t), jax.random.key(0)
        k1, k2 = jax.random.split(key)
        state = (
            {"W1": 0.01 * jax.random.normal(k1, (784, hidden)), "b1": jnp.zeros(hidden),
             "W2": 0.01 * jax.random.normal(k2, (hidden, 10)), "b2": jnp.zeros(10)}, key,
        )  # fmt: skip

        def loss_of(p, xb, tb):
            scores = jax.nn.relu(xb @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
            return -jnp.mean(jax.nn.log_softmax(scores)[jnp.arange(batch), tb])

        def update(state, _):
            parameters, key = state
            key, draw = jax.random.split(key)
            rows = jax.random.randint(draw, (batch,), 0, len(xs))
            loss, grads = jax.value_and_grad(loss_of)(parameters, xs[rows], ts[rows])
            return (jax.tree.map(lambda p, g: p - 0.1 * g, parameters, grads), key), loss

        count = 100 if scanned else 1
        run = jax.jit(lambda state: jax.lax.scan(update, state, None, length=count))

        def step():
            nonlocal state
            state, losses = run(state)
            losses.block_until_ready()

        step.steps = count
        return step

    return make


def sklearn(x, t, hidden, batch):
    """scikit-learn's MLPClassifier: one partial_fit is one epoch of 100 steps here."""
    from sklearn.neural_network import MLPClassifier

    settings = {"solver": "sgd", "batch_size": batch, "learning_rate_init": 0.1, "momentum": 0, "alpha": 0}
    net = MLPClassifier((hidden,), **settings)
    rows = 100 * batch
    net.partial_fit(x[:batch], t[:batch], classes=np.arange(10))
    x, t = x[:rows], t[:rows]

    def step():
        net.partial_fit(x, t)

    step.steps = len(x) // batch
    return step


CONTESTANTS = {  # name: the package it needs, how to make it
    "bare matrix products, float32": ("numpy", bare),
    "backprop (this library)": ("numpy", ours),
    "plain NumPy loop, float64": ("numpy", plain),
    "scikit-learn MLPClassifier": ("sklearn", sklearn),
    "JAX, jitted scan of 100 steps": ("jax", jax_step(scanned=True)),
    "JAX, jitted step": ("jax", jax_step(scanned=False)),
    "PyTorch eager, 1 thread": ("torch", torch_eager(1)),
    "PyTorch eager, 2 threads": ("torch", torch_eager(2)),
}


def race(names, data, hidden=50, batch=100, rounds=15, steps=200):
    """{name: median µs per step}; the contestants take turns."""
    made = {name: CONTESTANTS[name][1](*data, hidden, batch) for name in names}
    times = {name: [] for name in made}
    for _ in range(rounds + 1):
        for name, step in made.items():
            calls = max(1, steps // getattr(step, "steps", 1))
            with limits(name):
                start = time.perf_counter()
                for _ in range(calls):
                    step()
                seconds = time.perf_counter() - start
            times[name].append(1e6 * seconds / (calls * getattr(step, "steps", 1)))
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def limits(name):
    """One BLAS thread for those that don't set it themselves; ours and PyTorch do."""
    itself = "backprop" in name or "PyTorch" in name
    return contextlib.nullcontext() if itself else threadpool_limits(1)


def spin():
    while True:
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", action="store_true")
    parser.add_argument("--busy", action="store_true")
    arguments = parser.parse_args()
    data = load_mnist()[0]
    if arguments.sizes:
        return sizes(data)
    other = multiprocessing.get_context("spawn").Process(target=spin, daemon=True)
    if arguments.busy:
        other.start()
    try:
        table([name for name, (package, _) in CONTESTANTS.items() if importlib.util.find_spec(package)], data)
    finally:
        if arguments.busy:
            other.kill()


def table(names, data):
    medians = race(names, data)
    base = medians["bare matrix products, float32"]
    print(f"{'784-50-10, batch 100':34} {'µs a step':>10} {'× bare':>8}")
    for name, median in sorted(medians.items(), key=lambda item: item[1]):
        print(f"{name:34} {median:10.0f} {median / base:8.2f}")


def sizes(data):
    print(f"{'hidden':>6} {'batch':>6} {'bare µs':>10} {'ours µs':>10} {'ratio':>6}")
    points = []
    for hidden in (50, 200, 800):
        for batch in (10, 100, 1000):
            names = ["bare matrix products, float32", "backprop (this library)"]
            b, o = race(names, data, hidden, batch, rounds=7, steps=max(10, 20_000 // batch)).values()
            points.append((6 * batch * (784 * hidden + 10 * hidden), b, o))
            print(f"{hidden:6} {batch:6} {b:10.0f} {o:10.0f} {o / b:6.2f}", flush=True)
    plot(points)


def plot(points):
    from matplotlib.figure import Figure

    points = sorted(points)
    figure = Figure(figsize=(7.6, 4), layout="constrained")
    ax = figure.subplots()
    for k, (label, marker) in enumerate((("bare products", "o--"), ("this library", "s-")), 1):
        ax.loglog([p[0] for p in points], [p[k] for p in points], marker, label=label)
    ax.set(xlabel="floating-point operations a step", ylabel="µs a step", title="Cost against work")
    ax.legend()
    path = Path("artifacts") / "cost.png"
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=100)
    print("plot:", path)


if __name__ == "__main__":
    main()
