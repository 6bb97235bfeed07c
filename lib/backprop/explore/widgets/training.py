"""Training that one can watch, change and stop: a progress bar, and a panel."""

import threading
import time

import ipywidgets as widgets
import numpy as np

from ...network import TwoLayerNet
from ...training import train
from ..controls import one_of, powers_of_ten
from ..figures import new_figure
from ..panel import Panel
from ..style import BACKWARD, FORWARD, HIGHLIGHT, PAPER
from ..words import number

TOP = 2.5  # of the loss's axis; guessing among ten digits has a loss of 2.3


class TrainingPanel(Panel):
    """Train a TwoLayerNet under sliders: a live loss curve, the test accuracy, Train and Stop.

    x, t, x_test, t_test: as load_mnist gives them, flattened; uint8 saves memory.
    learning_rate and batch_size act at once, also in mid-training; the rest at the next Train.
    network: the network in training or last trained, None before.
    """

    def __init__(self, x, t, x_test, t_test, rng=0):
        self.network, self.losses, self.accuracies = None, [], []
        self._data, self._rng = (x, t, x_test, t_test), rng
        self._stop, self._thread, self._message = threading.Event(), None, ""
        self._make_figure()
        self._train_button = widgets.Button(description="Train", icon="play", button_style="success")
        self._stop_button = widgets.Button(description="Stop", icon="stop", disabled=True)
        self._progress = widgets.IntProgress(max=1, layout=widgets.Layout(width="380px"))
        self._progress.style.bar_color = FORWARD
        self._train_button.on_click(lambda _: self.start())
        self._stop_button.on_click(lambda _: self.stop())
        super().__init__(
            self._picture,
            {
                "learning_rate": powers_of_ten(0.1, -3, 3, step=0.1),
                "batch_size": one_of([1, 10, 30, 100, 300, 1000], 100),
                "hidden_size": one_of([5, 10, 20, 50, 100, 200], 50),
                "weight_scale": powers_of_ten(0.01, -4, 1, step=0.5),
                "iterations": one_of([100, 300, 1000, 3000, 10000], 3000),
            },
        )
        buttons = widgets.HBox([self._train_button, self._stop_button, self._progress])
        self.children = [self.children[0], buttons, *self.children[1:]]

    def start(self):
        """Begin to train a new network with the sliders' values; a running training stops first."""
        self.stop()
        settings = self.values()
        self.network = TwoLayerNet(
            self._data[0].shape[1], settings["hidden_size"], 10, settings["weight_scale"], self._rng
        )
        self.losses, self.accuracies, self._message, self._settings = [], [], "", settings
        self._stop.clear()
        self._axes[0].set_xlim(0, settings["iterations"])
        self._axes[1].set_xlim(0, settings["iterations"])
        self._progress.max = settings["iterations"]
        self._train_button.disabled, self._stop_button.disabled = True, False
        self._thread = threading.Thread(target=self._run, args=(settings["iterations"],), daemon=True)
        self._thread.start()

    def stop(self):
        """Stop after the iteration under way; the network keeps what it has learned."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=10)

    def _run(self, iterations):
        try:
            rng = np.random.default_rng(self._rng)
            while len(self.losses) < iterations and not self._stop.is_set():
                self._train_until_changed(iterations - len(self.losses), rng)
            self._message = self._verdict(iterations)
        except (FloatingPointError, ValueError) as error:
            self._message = f"Training stopped: {error}."
        finally:
            self._show()
            self._train_button.disabled, self._stop_button.disabled = False, True

    def _train_until_changed(self, iterations, rng):
        """Train until the iterations are done, Stop is pressed, or a slider that acts at once moves."""
        rate, batch = self.controls["learning_rate"], self.controls["batch_size"]
        now = rate.value, batch.value
        x, t, x_test, t_test = self._data
        settings = {"learning_rate": now[0], "batch_size": now[1], "rng": rng}
        shown = 0.0
        for step in train(self.network, x, t, iterations=iterations, **settings):
            self.losses.append(step.loss)
            if len(self.losses) % 600 == 0 or len(self.losses) == 1:
                self.accuracies.append((len(self.losses), self.network.accuracy(x_test, t_test)))
            if time.monotonic() > shown + 0.1:
                self._show()
                shown = time.monotonic()
            if self._stop.is_set() or (rate.value, batch.value) != now:
                return

    def _verdict(self, iterations):
        accuracy = self.network.accuracy(*self._data[2:])
        self.accuracies.append((len(self.losses), accuracy))
        loss, guess = float(np.mean(self.losses[-100:])), float(np.log(10))
        done = "Done" if len(self.losses) == iterations else "Stopped"
        count = len(self.losses)
        sentence = f"{done} after {count:,} iterations: loss {loss:.3g}, test accuracy {accuracy:.1%}."
        if loss > 1.1 * guess and loss > self.losses[0]:
            rate = number(self.controls["learning_rate"].value, 3)
            sentence += f" Guessing has a loss of {guess:.2f}: a learning rate of {rate} is too large."
        elif loss > 1.1 * guess:
            sentence += f" It began at {number(self.losses[0], 3)}: the weights started too large."
        elif loss > 0.95 * guess:
            sentence += f" Guessing has a loss of {guess:.2f}: it has hardly learned."
        return sentence

    def _make_figure(self):
        self._figure, self._axes = new_figure(300, columns=2, xlabel="iteration", xlim=(0, 3000))
        self._axes[0].set(title="loss of the mini-batches", ylim=(0, TOP + 0.1))
        self._axes[1].set(title="test accuracy (%)", ylim=(0, 100))
        (self._loss,) = self._axes[0].plot([], [], color=BACKWARD, lw=1.5, animated=True)
        (self._accuracy,) = self._axes[1].plot([], [], "o-", color=FORWARD, mec=PAPER, ms=8, animated=True)
        (self._last,) = self._axes[0].plot([], [], "o", color=HIGHLIGHT, ms=8, animated=True)

    def _picture(self, **settings):
        losses = np.array(self.losses)
        group = max(1, len(losses) // 200)  # a curve of at most some 200 points, each a mean
        means = losses[: len(losses) // group * group].reshape(-1, group).mean(axis=1)
        places = group * (np.arange(len(means)) + 0.5)
        drawn = np.minimum(means, TOP)  # a loss beyond the axis runs along its upper edge
        self._loss.set_data(places, drawn)
        self._last.set_data(places[-1:], drawn[-1:])
        self._accuracy.set_data([i for i, _ in self.accuracies], [100 * a for _, a in self.accuracies])
        if self._message and settings != self._settings:
            self._figure.sentence = self._message + " Press Train to use the new settings."
            return self._figure
        self._figure.sentence = self._message or (
            f"Training: iteration {len(losses):,}, loss {means[-1]:.3f}."
            if len(losses)
            else f"784-{settings['hidden_size']}-10, learning rate {settings['learning_rate']:.3g}, "
            f"batch {settings['batch_size']}, weights of size {settings['weight_scale']:.2g}, "
            f"{settings['iterations']:,} iterations. Press Train."
        )
        return self._figure

    def _show(self):
        self._progress.value = len(self.losses)
        self._update()
