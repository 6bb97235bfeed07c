"""train(): what a step does, that it can be left at any moment, and what it says when it fails."""

import os
import random
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
import threadpoolctl
from backprop import Affine, HalfSquaredError, Network, Sigmoid, TwoLayerNet, train, training
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.filterwarnings("error")
BLAS = threadpoolctl.ThreadpoolController().select(user_api="blas")
THREADS = {pool["num_threads"] for pool in BLAS.info()}  # before any training


@pytest.fixture
def data(rng):
    """Two clouds of 100 points each, and which cloud each point is of."""
    t = np.arange(200) % 2
    return rng.standard_normal((200, 3)) + 3.0 * t[:, np.newaxis], t


def parameters(network):
    return {name: array.copy() for name, array in network.params.items()}


def same(a, b):
    return all(np.array_equal(a[name], b[name]) for name in a)


def test_one_step_by_hand(data):
    """The rows, the gradient and W := W − learning rate · gradient, each as it is written down."""
    x, t = data
    network, twin = TwoLayerNet(3, 5, 2, rng=1), TwoLayerNet(3, 5, 2, rng=1)
    rows = np.random.default_rng(4).integers(200, size=7)
    (step,) = train(network, x, t, iterations=1, batch_size=7, learning_rate=0.5, rng=4)
    loss, grads = twin.loss_and_gradient(x[rows], t[rows])
    assert step == (0, loss) and step.iteration == 0 and step.loss == loss
    for name, grad in grads.items():
        np.testing.assert_allclose(network.params[name], twin.params[name] - 0.5 * grad, rtol=1e-14)


def test_defaults_are_those_of_the_source(data):
    x, t = data
    one, other = TwoLayerNet(3, 5, 2, rng=1), TwoLayerNet(3, 5, 2, rng=1)
    list(train(one, x, t, iterations=3, rng=0))
    list(train(other, x, t, iterations=3, batch_size=100, learning_rate=0.1, rng=0))
    assert same(parameters(one), parameters(other))


def test_batches_are_drawn_with_replacement():
    """From 3 rows, a batch of 100 can be drawn."""
    network = TwoLayerNet(3, 5, 2, rng=1)
    assert len(list(train(network, np.eye(3), [0, 1, 0], iterations=2, batch_size=100, rng=0))) == 2


def test_steps_count_from_zero_and_the_loss_falls(data):
    network = TwoLayerNet(3, 5, 2, rng=1)
    steps = list(train(network, *data, iterations=300, rng=np.random.default_rng(0)))
    assert [step.iteration for step in steps] == list(range(300))
    assert steps[0].loss == pytest.approx(np.log(2), abs=1e-3)
    assert all(type(step.loss) is float for step in steps)
    assert steps[-1].loss < 0.1 and network.accuracy(*data) > 0.97


def test_the_same_seed_trains_the_same_network(data):
    trained = []
    for rng in (0, np.random.default_rng(0), 1):
        network = TwoLayerNet(3, 5, 2, rng=1)
        list(train(network, *data, iterations=20, rng=rng))
        trained.append(parameters(network))
    assert same(trained[0], trained[1]) and not same(trained[0], trained[2])


def test_a_network_overfits_fifty_points(rng):
    x, t = rng.standard_normal((50, 5)), rng.integers(3, size=50)
    network = TwoLayerNet(5, 50, 3, weight_init_std=0.5, rng=0)
    for _ in train(network, x, t, iterations=2000, batch_size=50, learning_rate=0.5, rng=0):
        pass
    assert network.accuracy(x, t) == 1.0


@pytest.mark.parametrize("loss", ["one-hot", "labels", "squared"])
def test_every_kind_of_target(loss, data):
    x, labels = data
    t = labels if loss == "labels" else np.eye(2)[labels]
    network = TwoLayerNet(3, 5, 2, rng=1)
    if loss == "squared":
        network = Network([*network.layers, Sigmoid()], HalfSquaredError())
    steps = list(train(network, x, t, iterations=100, batch_size=10, rng=0))
    assert steps[-1].loss < steps[0].loss


@pytest.mark.parametrize(
    ("dtype", "precision"),
    [(np.float32, np.float32), (np.uint8, np.float32), (np.float64, np.float64), (np.int64, np.float64)],
)
def test_the_network_takes_on_the_precision_of_the_data(dtype, precision, rng):
    x = rng.integers(200, size=(20, 3)).astype(dtype)
    network = TwoLayerNet(3, 5, 2, rng=1)
    list(train(network, x, np.arange(20) % 2, iterations=2, learning_rate=1e-6, rng=0))
    for layer in network.layers:
        for array in (*layer.params.values(), *layer.grads.values(), layer.y):
            assert array.dtype == precision


def test_bytes_train_as_their_scaled_images_do(rng):
    x, t = rng.integers(256, size=(50, 3)).astype(np.uint8), rng.integers(2, size=50)
    one, other = TwoLayerNet(3, 5, 2, rng=1), TwoLayerNet(3, 5, 2, rng=1)
    list(train(one, x, t, iterations=20, rng=0))
    list(train(other, x * np.float32(1 / 255), t, iterations=20, rng=0))
    assert same(parameters(one), parameters(other))


def test_data_stay_as_they_are(data):
    x, t = data
    x.flags.writeable = t.flags.writeable = False
    list(train(TwoLayerNet(3, 5, 2, rng=1), x, t, iterations=3, rng=0))


# leaving


def test_leaving_the_loop_leaves_the_network_usable(data):
    network = TwoLayerNet(3, 5, 2, rng=1)
    for step in train(network, *data, iterations=10**9, rng=0):
        if step.iteration == 100:
            break
    assert network.accuracy(*data) > 0.5
    assert len(list(train(network, *data, iterations=3, rng=0))) == 3


def test_nothing_happens_before_the_first_step(data):
    network = TwoLayerNet(3, 5, 2, rng=1)
    kept = parameters(network)
    train(network, *data, iterations=10, rng=0)
    assert list(train(network, *data, iterations=0, rng=0)) == []
    assert same(parameters(network), kept)


def test_interrupted_at_a_hundred_random_moments(data):
    """KeyboardInterrupt at a random line of a random file of the library, as a Stop button does.

    After each, the network predicts, its gradient is right, and training goes on.
    """
    chance = random.Random(5)
    library, interrupted = os.path.dirname(training.__file__), set()
    for _ in range(100):
        network = TwoLayerNet(3, 5, 2, weight_init_std=0.5, rng=1)
        left = chance.randrange(30, 2500)

        def trace(frame, event, _):
            nonlocal left
            if not frame.f_code.co_filename.startswith(library):
                return None
            if frame.f_code.co_name == "one_blas_thread":  # no signal comes between a with's body and end
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    interrupted.add((frame.f_code.co_filename, frame.f_lineno))
                    raise KeyboardInterrupt
            return trace

        old = sys.gettrace()
        sys.settrace(trace)
        try:
            with pytest.raises(KeyboardInterrupt):
                list(train(network, *data, iterations=10**6, batch_size=7, rng=chance.randrange(10**6)))
        finally:
            sys.settrace(old)
        assert threads() == THREADS
        x, t = data[0][:5], data[1][:5]
        measured = network.numerical_gradient(x, t, h=1e-6)
        for name, grad in network.gradient(x, t).items():
            np.testing.assert_allclose(grad, measured[name], atol=1e-7)
        dx = network.layers[0].backward(np.ones((5, 5)))
        assert dx is not None and dx.shape == x.shape
        steps = list(train(network, *data, iterations=3, rng=0))
        assert all(np.isfinite(step.loss) for step in steps)
    assert len(interrupted) > 30  # many different lines


def test_stopped_from_another_thread_at_random_moments(data):
    network = TwoLayerNet(3, 5, 2, rng=1)

    def work(stop):
        for _ in train(network, *data, iterations=10**9, rng=0):
            if stop.is_set():
                break

    for seconds in np.random.default_rng(0).uniform(0, 0.02, size=20):
        stop = threading.Event()
        thread = threading.Thread(target=work, args=(stop,))
        thread.start()
        time.sleep(seconds)
        stop.set()
        thread.join(timeout=5)
        assert not thread.is_alive()
        assert np.isfinite(network.loss(*data))


def threads():
    """The numbers of threads that the BLAS libraries use now."""
    return {pool["num_threads"] for pool in BLAS.info()} or pytest.skip("no BLAS with threads here")


class Watched(TwoLayerNet):
    """It notes how many threads BLAS has in each of its gradients."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seen = []

    def loss_and_gradient(self, x, t):
        self.seen.append(threads())
        return super().loss_and_gradient(x, t)


def test_one_blas_thread_in_each_step_and_all_of_them_between(data):
    network = Watched(3, 5, 2, rng=1)
    steps = train(network, *data, iterations=5, rng=0)
    for _ in steps:
        assert threads() == THREADS, "while the loop's body runs"
        break
    assert threads() == THREADS, "after break, with the generator kept"
    list(steps)
    assert threads() == THREADS, "after the last step"
    assert network.seen == [{1}] * 5


def test_interleaved_trainings_leave_blas_as_it_was(data):
    networks = [Watched(3, 5, 2, rng=1), Watched(3, 5, 2, rng=2)]
    loops = [train(network, *data, iterations=n, rng=0) for network, n in zip(networks, (3, 5), strict=True)]
    for _ in zip(*loops, strict=False):
        assert threads() == THREADS
    list(loops[1])
    assert threads() == THREADS
    assert {1} == set.union(*networks[0].seen, *networks[1].seen)


def test_trainings_in_threads_leave_blas_as_it_was(data):
    networks = [Watched(3, 5, 2, rng=i) for i in range(4)]

    def work(network):
        for _ in train(network, *data, iterations=100, rng=0):
            pass

    workers = [threading.Thread(target=work, args=(network,)) for network in networks]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert threads() == THREADS
    for network in networks:
        assert network.seen == [{1}] * 100


def test_a_thread_trains_with_one_blas_thread_after_another_has_trained(data):
    """Since threadpoolctl 3.8 the thread that has set the number keeps others from setting it."""
    list(train(TwoLayerNet(3, 5, 2, rng=1), *data, iterations=1, rng=0))
    network = Watched(3, 5, 2, rng=1)
    worker = threading.Thread(target=lambda: list(train(network, *data, iterations=3, rng=0)))
    worker.start()
    worker.join(timeout=60)
    assert network.seen == [{1}] * 3 and threads() == THREADS


def test_a_training_inside_a_training_works(data):
    """A learner's layer may train a network of its own."""

    class Nested(TwoLayerNet):
        def loss_and_gradient(self, x, t):
            list(train(TwoLayerNet(3, 5, 2, rng=0), x, t, iterations=2, rng=0))
            return super().loss_and_gradient(x, t)

    assert len(list(train(Nested(3, 5, 2, rng=0), *data, iterations=2, rng=0))) == 2
    assert threads() == THREADS


def test_only_blas_is_limited(monkeypatch):
    """Not OpenMP, which another library may be using."""
    asked = []

    class Controller:
        lib_controllers = ()

        def select(self, **which):
            asked.append(which)
            return self

    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", Controller)
    training._blas.__wrapped__()
    assert asked == [{"user_api": "blas"}]


def test_a_blas_that_only_counts_threads_will_do(data, monkeypatch):
    set_to = []
    plain = SimpleNamespace(num_threads=3, set_num_threads=set_to.append)
    monkeypatch.setattr(training, "_blas", lambda: [plain])
    list(train(TwoLayerNet(3, 5, 2, rng=1), *data, iterations=2, rng=0))
    assert set_to == [1, 3, 1, 3]


def test_a_browser_trains_without_threads(data, monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setattr(training, "_blas", None)
    assert len(list(train(TwoLayerNet(3, 5, 2, rng=1), *data, iterations=3, rng=0))) == 3


def test_without_a_seed_every_training_draws_other_batches(data):
    trained = []
    for _ in range(2):
        network = TwoLayerNet(3, 5, 2, rng=1)
        list(train(network, *data, iterations=3, batch_size=5))
        trained.append(parameters(network))
    assert not same(*trained)


# failing


@pytest.mark.parametrize("learning_rate", [1e10, 1e200])
def test_a_loss_that_is_not_finite_names_iteration_and_learning_rate(learning_rate, data):
    x, t = data
    network = TwoLayerNet(3, 5, 2, weight_init_std=1.0, rng=1)
    seen = []
    with pytest.raises(FloatingPointError) as error:
        for step in train(
            network, x.astype(np.float32), t, iterations=10**5, learning_rate=learning_rate, rng=0
        ):
            seen.append((step, parameters(network)))
    step, kept = seen[-1]
    assert f"at iteration {step.iteration + 1}:" in str(error.value)
    assert f"{learning_rate:g} is too large for this network. Take a smaller one" in str(error.value)
    assert np.isfinite(step.loss)
    for name in kept:  # as they were before the iteration that failed
        np.testing.assert_array_equal(network.params[name], kept[name])


def test_an_infinite_loss_stops_before_its_update():
    network = Network([Affine([[1.0]])], HalfSquaredError())
    with pytest.raises(FloatingPointError, match="the loss is inf at iteration 0"):
        next(train(network, [[1e200]], [[0.0]], iterations=5))
    assert network.params["W1"] == 1


def test_data_that_are_not_finite_are_not_blamed_on_the_learning_rate():
    network = TwoLayerNet(3, 5, 2, rng=1)
    with pytest.raises(FloatingPointError, match=r"nan at iteration 0.*0.1 is not the cause.*not finite"):
        next(train(network, np.full((4, 3), np.nan), [0, 1, 0, 1], iterations=5))
    assert np.all(np.isfinite(network.predict(np.ones((2, 3)))))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": np.zeros((3, 3))}, "3 inputs and 4 targets: expected as many of both, at least 1"),
        ({"x": np.zeros((0, 3)), "t": []}, "0 inputs and 0 targets"),
        ({"t": 1}, r"rows of inputs and their targets, not shapes \(4, 3\) and \(\)"),
        ({"x": 1.0}, r"not shapes \(\) and \(4,\)"),
        ({"batch_size": 0}, r"batch_size ≥ 1.*got batch_size=0, iterations=5, learning_rate=0.1"),
        ({"batch_size": 2.0}, r"whole numbers.*batch_size=2.0"),
        ({"iterations": 2.0}, r"whole numbers.*iterations=2.0"),
        ({"iterations": None}, r"whole numbers.*iterations=None"),
        ({"learning_rate": float("inf")}, "finite learning_rate.*learning_rate=inf"),
        ({"learning_rate": "fast"}, "learning_rate=fast"),
        ({"iterations": -1}, r"iterations ≥ 0.*iterations=-1"),
        ({"learning_rate": 0}, r"learning_rate > 0.*learning_rate=0"),
        ({"learning_rate": float("nan")}, "learning_rate=nan"),
    ],
)
def test_settings_that_can_not_work_are_refused_at_once(changes, message):
    settings = {"x": np.zeros((4, 3)), "t": [0, 1, 0, 1], "iterations": 5} | changes
    with pytest.raises(ValueError, match=message):
        train(TwoLayerNet(3, 5, 2), **settings)  # not even the first step is asked for


def test_data_that_do_not_fit_the_network_say_so():
    with pytest.raises(ValueError, match=r"x of shape \(100, 4\) does not fit W of shape \(3, 5\)"):
        next(train(TwoLayerNet(3, 5, 2), np.zeros((9, 4)), np.zeros(9, int), iterations=1))


@given(
    n=st.integers(1, 9),
    d=st.integers(1, 5),
    batch_size=st.integers(1, 20),
    iterations=st.integers(0, 5),
    dtype=st.sampled_from([np.float32, np.float64, np.uint8]),
)
def test_every_size_trains(n, d, batch_size, iterations, dtype):
    network = Network([Affine(np.full((d, 2), 0.5), np.zeros(2))], HalfSquaredError())
    x = np.arange(n * d).reshape(n, d).astype(dtype) / dtype(8)
    steps = list(train(network, x, np.zeros((n, 2)), iterations=iterations, batch_size=batch_size,
                       learning_rate=1e-4, rng=0))  # fmt: skip
    assert len(steps) == iterations and all(step.loss >= 0 for step in steps)


def test_importing_backprop_loads_nothing_but_numpy():
    code = "import sys; old = {*sys.modules}; import backprop; print(*({*sys.modules} - old))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()} - sys.stdlib_module_names
    assert loaded == {"backprop", "numpy"}
