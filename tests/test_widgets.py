"""The widgets: what the training panel says of a training, the progress bar, and the drawing pad."""

import asyncio

import numpy as np
import pytest
from backprop.explore import Progress
from backprop.explore.widgets import training
from backprop.explore.widgets.pad import as_mnist
from backprop.explore.widgets.training import TOP, TrainingPanel, means_of_last, verdict


def small_training():
    """A training panel on a few random images."""
    rng = np.random.default_rng(0)
    x, t = rng.integers(0, 256, (200, 784), np.uint8), rng.integers(0, 10, 200).astype(np.uint8)
    return TrainingPanel(x, t, x, t)


def train_to_the_end(panel, **settings):
    for name, value in settings.items():
        panel.controls[name].value = value
    panel.start()
    panel._thread.join(60)
    assert not panel._thread.is_alive()


def test_train_pressed_twice_leaves_one_training():
    panel = small_training()
    panel.controls["iterations"].value = 10000
    panel.start()
    first = panel._thread
    panel.start()
    assert not first.is_alive() and panel._thread.is_alive()
    panel.stop()
    assert not panel._thread.is_alive()
    assert panel.sentence.startswith("Stopped ")


def test_training_to_the_end_and_again():
    panel = small_training()
    for _ in range(2):
        train_to_the_end(panel, iterations=100)
        assert panel.sentence.startswith("Done after 100 iterations")
        assert len(panel.losses) == len(panel.rates) == 100 and not panel._train_button.disabled
        assert panel.accuracies[-1][0] == 100


def test_the_settings_that_act_at_the_next_training_and_only_they_ask_for_it():
    panel = small_training()
    train_to_the_end(panel, iterations=100)
    assert "Press Train" not in panel.sentence
    for name, value in (
        ("learning_rate", 1.0),
        ("batch_size", 10),
        ("hidden_size", 20),
        ("weight_scale", 1.0),
    ):
        before = panel.controls[name].value
        panel.controls[name].value = value
        assert panel.sentence.endswith("Press Train to use the new settings.")
        panel.controls[name].value = before
        assert "Press Train" not in panel.sentence


def test_a_learning_rate_moved_in_mid_training_acts_at_once_and_asks_for_nothing():
    panel = small_training()
    panel.controls["iterations"].value = 10000
    panel.start()
    while len(panel.losses) < 20:
        pass
    panel.controls["learning_rate"].value = 10**-3
    while panel.rates[-1] == 0.1:
        pass
    panel.stop()
    assert {0.1, 10**-3} == set(panel.rates)
    assert panel.sentence.startswith("Stopped after") and "Press Train" not in panel.sentence


def test_the_sentence_gives_the_loss_where_the_dot_is():
    panel = small_training()
    panel.losses = list(np.linspace(2.0, 1.0, 450))
    panel._update()
    x, y = panel._last.get_data()
    assert x[0] == 450 and np.isclose(y[0], np.mean(panel.losses[-100:]))
    assert panel.sentence == f"Training: iteration 450, loss {y[0]:.3f}."
    assert np.allclose(panel._loss.get_data()[1][-1], y[0])


def test_a_loss_beyond_the_axis_is_said():
    panel = small_training()
    panel.losses = [2.0, 2.1]
    panel._update()
    assert "upper edge" not in panel.sentence
    panel.losses = [2.0, 9.0]
    panel._update()
    assert panel.sentence.endswith("Where the loss is above 2.5, its line runs along the upper edge.")
    assert max(panel._loss.get_data()[1]) == TOP


def test_a_loss_that_is_no_number_names_the_rate_that_was_in_force():
    panel = small_training()
    panel._data[0][:] = 255  # the same image, with many labels: nothing to learn
    train_to_the_end(panel, learning_rate=1000.0, weight_scale=10.0, iterations=10000)
    panel.controls["learning_rate"].value = 0.1
    if panel.sentence.startswith("Training stopped"):
        assert "with a learning rate of 1,000 the loss was no longer a finite number" in panel.sentence
    else:
        assert "with a learning rate of 1,000," in panel.sentence


@pytest.mark.parametrize("seed", range(40))
def test_each_claim_of_the_verdict_follows_from_the_numbers(seed):
    rng = np.random.default_rng(seed)
    length = int(rng.integers(1, 300))
    losses = list(np.exp(rng.normal(rng.choice([-2, 1, 3]), 1.0, length)))
    losses[0] = float(rng.choice([2.3, 50.0]))
    rates = [float(rate) for rate in rng.choice([0.1, 100.0], length)]
    accuracy, iterations = rng.random(), length + int(rng.integers(0, 2))
    sentence = verdict(losses, rates, accuracy, iterations)
    end, guess = np.mean(losses[-100:]), np.log(10)
    assert sentence.startswith("Done" if iterations == length else "Stopped")
    assert f"validation accuracy {100 * accuracy:.1f}%" in sentence
    assert ("gets about 10%" in sentence) == (accuracy < 0.2)
    assert ("Guessing has a loss of 2.30." in sentence) == (end >= 1.1 * guess)
    large = end >= 1.1 * guess and losses[0] > 1.5 * guess
    assert ("the weights started large" in sentence) == large
    high = 1.5 * max(guess, losses[0])
    risen = [i for i in range(length) if losses[i] > high]
    assert ("the loss rose to" in sentence) == bool(risen and end >= 1.1 * guess)
    if "rose to" in sentence:
        rate = "0.1" if rates[risen[0] - 1] == 0.1 else "100"
        assert f"After iteration {risen[0]:,}, with a learning rate of {rate}, the loss rose to" in sentence


def test_a_training_stopped_before_its_first_iteration():
    assert verdict([], [], 0.1, 100) == "Stopped before the first iteration."


def test_one_iteration_is_not_plural():
    assert verdict([2.3], [0.1], 0.5, 1).startswith(
        "Done after 1 iteration: loss 2.3, validation accuracy 50.0%."
    )


@pytest.mark.parametrize("length", [0, 1, 99, 100, 101, 5000])
def test_a_shown_loss_is_the_mean_of_the_last_hundred(length):
    losses = list(np.random.default_rng(length).random(length))
    places, means = means_of_last(losses)
    assert len(places) <= 200 and (length == 0 or places[-1] == length)
    for place, mean in zip(places, means, strict=True):
        assert np.isclose(mean, np.mean(losses[max(0, place - 100) : place]))


def test_progress_counts_what_it_passes_on():
    bar = Progress(3000)
    assert list(bar.watch(iter(range(3000)))) == list(range(3000))
    assert (bar.value, bar.max, bar.description) == (3000, 3000, "3,000 / 3,000")
    bundle = bar._repr_mimebundle_()
    assert bundle["text/plain"] == "3,000 iterations" and ">3,000 iterations<" in bundle["image/svg+xml"]
    assert "<title>Progress</title>" in bundle["image/svg+xml"]


# the drawing pad


def drawing(top, left, height, width):
    ink = np.zeros((140, 140), np.uint8)
    ink[top : top + height, left : left + width] = 255
    return ink


def test_a_drawing_is_scaled_to_twenty_pixels_wherever_it_stands():
    first = as_mnist(drawing(10, 20, 100, 50))
    assert np.array_equal(first, as_mnist(drawing(35, 75, 100, 50)))
    rows, columns = np.nonzero(first)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (20, 10)
    assert first.max() == 255 and first.shape == (28, 28) and first.dtype == np.uint8


def test_the_center_of_mass_goes_to_the_middle():
    ink = drawing(0, 0, 100, 20)
    ink[80:100, 0:100] = 255  # an L: its mass is low and left
    image = as_mnist(ink).astype(float)
    for axis in (0, 1):
        center = (image.sum(axis=1 - axis) @ np.arange(28)) / image.sum()
        assert abs(center - 13.5) <= 0.5


def test_gray_where_a_stroke_covers_a_part_of_a_pixel():
    ink = drawing(0, 0, 100, 100)
    ink[3:50, 3:50] = 0  # five of its pixels make one of the image
    assert set(np.unique(as_mnist(ink))) - {0, 255}


def test_a_drawing_keeps_within_the_image():
    ink = drawing(0, 0, 140, 4)
    ink[0:60, 0:140] = 255  # its mass is high: the middle would push its foot out
    image = as_mnist(ink)
    assert np.nonzero(image)[0].min() >= 0 and np.ptp(np.nonzero(image)[0]) + 1 == 20


@pytest.mark.parametrize("ink", [drawing(0, 0, 0, 0), drawing(5, 5, 4, 4), np.full((140, 140), 40, np.uint8)])
def test_nothing_or_hardly_anything_drawn_is_no_image(ink):
    assert as_mnist(ink) is None


def test_a_dot_of_twenty_pixels_is_an_image():
    assert as_mnist(drawing(5, 5, 5, 4)) is not None


# training where Python has no threads


def test_in_a_browser_a_training_is_a_task_that_stops_and_starts_again(monkeypatch):
    monkeypatch.setattr(training, "BROWSER", True)

    async def use():
        panel = small_training()
        panel.controls["iterations"].value = 10000
        panel.start()
        await asyncio.sleep(0.3)
        first, made = panel._task, len(panel.losses)
        assert made and panel.sentence.startswith("Training: iteration")
        panel.start()  # pressed again: the first stops, then a new one begins
        await asyncio.sleep(0.5)
        assert first.done() and panel._task is not first and not panel._task.done()
        last = panel._task
        panel.start()
        panel.stop()  # before the new one has begun
        await last
        await asyncio.sleep(0.1)
        assert panel._task is last
        assert panel.sentence.startswith("Stopped after") and not panel._train_button.disabled
        assert len(panel.losses) == len(panel.rates) < 10000

    asyncio.run(use())
