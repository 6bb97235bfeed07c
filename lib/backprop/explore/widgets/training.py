"""Training that one can watch, change and stop."""

import asyncio
import sys
import threading
import time

import ipywidgets as widgets
import numpy as np

from ...network import TwoLayerNet
from ...training import train
from ..controls import one_of, powers_of_ten
from ..figures import moving_line, new_figure
from ..panel import Panel
from ..picture import Picture
from ..style import BACKWARD, DATA, FORWARD, HIGHLIGHT, PAPER
from ..words import count, number

TOP = 2.5  # of the loss's axis
GUESSING = float(np.log(10))  # the loss of one who guesses among ten digits, 2.3
BROWSER = sys.platform == "emscripten"  # Python in a browser has no threads
PAUSE = 0.25 if BROWSER else 0.1  # seconds of training between two drawings
MEAN = 100  # mini-batches that a shown loss is the mean of


class TrainingPanel(Panel):
    """Train a TwoLayerNet under sliders: a live loss curve, the validation accuracy, Train and Stop.

    x, t: the images to train on; x_validation, t_validation: others, to choose the settings by, never
    the test images. As load_mnist gives them, flattened; uint8 saves memory.
    learning_rate and batch_size act at once, also in mid-training; the rest at the next Train.
    network: the network in training or last trained, None before. losses and rates: of every iteration.
    """

    def __init__(self, x, t, x_validation, t_validation, rng=0):
        self.network, self.losses, self.rates, self.accuracies = None, [], [], []
        self._data, self._rng = (x, t, x_validation, t_validation), rng
        self._stop, self._thread, self._task, self._message = threading.Event(), None, None, ""
        self._make_figure()
        self._train_button = widgets.Button(description="Train", icon="play", button_style="success")
        self._stop_button = widgets.Button(description="Stop", icon="stop", disabled=True)
        self._progress = widgets.IntProgress(max=1, layout=widgets.Layout(width="380px"))
        self._progress.style.bar_color = FORWARD
        self._train_button.on_click(lambda _: self.start())
        self._stop_button.on_click(lambda _: self.stop())
        super().__init__(
            self._curves,
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
        if self._task is not None and not self._task.done():
            self._again = True
            return
        settings = self._settings = self.values()
        sizes = self._data[0].shape[1], settings["hidden_size"], 10
        self.network = TwoLayerNet(*sizes, settings["weight_scale"], self._rng)
        self.losses, self.rates, self.accuracies, self._message = [], [], [], ""
        self._stop.clear()
        for ax in self._axes:
            ax.set_xlim(0, settings["iterations"])
        self._progress.max = settings["iterations"]
        self._train_button.disabled, self._stop_button.disabled = True, False
        work = self._run(settings["iterations"])
        if BROWSER:
            self._task = asyncio.ensure_future(work)
            self._task.add_done_callback(lambda _: self._again and self.start())
        else:
            self._thread = threading.Thread(target=asyncio.run, args=(work,), daemon=True)
            self._thread.start()

    def stop(self):
        """Stop after the iteration under way; the network keeps what it has learned."""
        self._stop.set()
        self._again = False  # no new training after the one that ends
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=10)

    async def _run(self, iterations):
        try:
            rng = np.random.default_rng(self._rng)
            while len(self.losses) < iterations and not self._stop.is_set():
                await self._train_until_changed(iterations - len(self.losses), rng)
            self.accuracies.append((len(self.losses), self.network.accuracy(*self._data[2:])))
            self._message = verdict(self.losses, self.rates, self.accuracies[-1][1], iterations)
        except FloatingPointError:
            self._message = (
                f"Training stopped at iteration {len(self.losses) + 1:,}: with a learning rate of "
                f"{number(self._rate, 3)} the loss was no longer a finite number."
            )
        finally:
            self._settings |= {name: self.values()[name] for name in ("learning_rate", "batch_size")}
            self._show()
            self._train_button.disabled, self._stop_button.disabled = False, True

    async def _train_until_changed(self, iterations, rng):
        """Train until the iterations are done, Stop is pressed, or a slider that acts at once moves."""
        rate, batch = self.controls["learning_rate"], self.controls["batch_size"]
        wanted = self._rate, size = rate.value, batch.value
        x, t, x_validation, t_validation = self._data
        due = 0.0
        settings = {"learning_rate": self._rate, "batch_size": size, "rng": rng}
        for step in train(self.network, x, t, iterations=iterations, **settings):
            self.losses.append(step.loss)
            self.rates.append(self._rate)
            if len(self.losses) % 600 == 0 or len(self.losses) == 1:
                self.accuracies.append((len(self.losses), self.network.accuracy(x_validation, t_validation)))
            if (now := time.monotonic()) > due:
                self._show()
                drawing = time.monotonic() - now
                await asyncio.sleep(0.01 if BROWSER else 0)  # the turn of what else waits, such as Stop
                due = time.monotonic() + max(PAUSE, 4 * drawing)  # at most a fifth of the time
            if self._stop.is_set() or (rate.value, batch.value) != wanted:
                return

    def _make_figure(self):
        self._figure, self._axes = new_figure(300, columns=2, xlabel="iteration", xlim=(0, 3000))
        self._axes[0].set(title=f"loss, mean of the last {MEAN} mini-batches", ylim=(0, TOP + 0.1))
        self._axes[1].set(title="validation accuracy (%)", ylim=(0, 100))
        self._loss = moving_line(self._axes[0], color=BACKWARD, lw=1.5)
        self._last = moving_line(self._axes[0], "o", color=HIGHLIGHT, mec=DATA, ms=8)
        self._accuracy = moving_line(self._axes[1], "o-", color=FORWARD, mec=PAPER, ms=8)

    def _curves(self, **settings):
        places, means = means_of_last(self.losses)
        self._loss.set_data(places, np.minimum(means, TOP))
        self._last.set_data(places[-1:], np.minimum(means[-1:], TOP))
        self._accuracy.set_data([i for i, _ in self.accuracies], [100 * a for _, a in self.accuracies])
        sentence = self._sentence(settings, means)
        if means.max(initial=0) > TOP:
            sentence += f" Where the loss is above {TOP}, its line runs along the upper edge."
        return Picture(self._figure, sentence)

    def _sentence(self, settings, means):
        if self._message:
            waits = " Press Train to use the new settings." if settings != self._settings else ""
            return self._message + waits
        if len(means):
            return f"Training: iteration {len(self.losses):,}, loss {means[-1]:.3f}."
        return (
            f"784-{settings['hidden_size']}-10, learning rate {settings['learning_rate']:.3g}, "
            f"batch {settings['batch_size']}, weights of size {settings['weight_scale']:.2g}, "
            f"{count(settings['iterations'], 'iteration')}. Press Train."
        )

    def _show(self):
        self._progress.value = len(self.losses)
        self._update()


def means_of_last(losses, points=200):
    """The loss as the panel shows it: (iterations, means), each mean over the last 100 mini-batches.

    At most so many points and the last one; where fewer than 100 were seen, the mean is over all.
    """
    sums = np.concatenate([[0.0], np.cumsum(losses)])
    ends = np.unique(np.linspace(1, len(losses), min(points, len(losses))).astype(int))
    starts = np.maximum(ends - MEAN, 0)
    return ends, (sums[ends] - sums[starts]) / (ends - starts)


def verdict(losses, rates, accuracy, iterations):
    """What became of a training, in words: its end, and where the loss came to stand above guessing.

    losses, rates: of every iteration that was made. accuracy: on the validation images, 0…1.
    """
    if not losses:
        return "Stopped before the first iteration."
    end = float(np.mean(losses[-MEAN:]))
    done = "Done" if len(losses) == iterations else "Stopped"
    sentence = f"{done} after {count(len(losses), 'iteration')}: loss {number(end, 3)}, "
    sentence += f"validation accuracy {accuracy:.1%}."
    if accuracy < 0.2:
        sentence += " Guessing among ten digits gets about 10%."
    if end < 1.1 * GUESSING:
        return sentence
    sentence += f" Guessing has a loss of {GUESSING:.2f}."
    if losses[0] > 1.5 * GUESSING:
        sentence += f" This began at {number(losses[0], 3)}: the weights started large."
    high = 1.5 * max(GUESSING, losses[0])
    risen = next((i for i, loss in enumerate(losses) if loss > high), None)
    if risen is not None:  # never 0: a step has come before it
        sentence += (
            f" After iteration {risen:,}, with a learning rate of {number(rates[risen - 1], 3)}, "
            f"the loss rose to {number(losses[risen], 3)}."
        )
    return sentence
