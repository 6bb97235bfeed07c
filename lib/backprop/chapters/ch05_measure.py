"""Chapter 05's pictures: a slope from two points, the V of its error, the first network, two lists."""

import ipywidgets as widgets
import numpy as np

from ..functions import mean_squared_error, sigmoid
from ..explore.network import Edge, Node, column_x, network_picture
from ..explore.figures import new_figure, style
from ..explore.style import BACKWARD, DATA, FORWARD, HIGHLIGHT, MUTED, PARAMETER
from ..explore.svg import arrow, box, svg, text
from ..explore.words import number


def choose(values, start):
    """A slider over a list of numbers: every value is one notch."""
    return widgets.SelectionSlider(options=list(values), value=start)


def cube(x):
    """x³ by multiplication: the same digits on every machine."""
    return x * x * x


def slope_picture():
    """The panel of the slope of x³ from two points: returns draw(x, h, difference) -> Figure."""
    figure, ax = new_figure(400, xlabel="x", ylabel="f(x) = x³", xlim=(-1, 3.2), ylim=(-6, 32))
    places = np.linspace(-1, 3.2, 200)
    (curve,) = ax.plot(places, cube(places), color=DATA, linewidth=2, label="f(x) = x³")
    (tangent,) = ax.plot([], [], "--", color=BACKWARD, linewidth=2, label="true slope, 3x²", animated=True)
    (secant,) = ax.plot([], [], color=FORWARD, linewidth=2.5, label="through the two points", animated=True)
    (ends,) = ax.plot([], [], "o", color=FORWARD, markersize=9, animated=True)
    (here,) = ax.plot([], [], "D", color=HIGHLIGHT, markersize=8, animated=True, markeredgecolor=DATA)
    here.set_label("x")
    ax.legend(handles=[curve, tangent, secant, here], loc="upper left", fontsize=10.5, frameon=False)

    def draw(x=2.0, h=0.5, difference="forward"):
        left = x - h if difference == "central" else x
        right = x + h
        slope, true = (cube(right) - cube(left)) / (right - left), 3 * x * x
        wide = np.array([-10.0, 10.0])
        tangent.set_data(x + wide, cube(x) + true * wide)
        secant.set_data(left + wide, cube(left) + slope * wide)
        ends.set_data([left, right], [cube(left), cube(right)])
        here.set_data([x], [cube(x)])
        error = slope - true
        verdict = "the two lines are all but parallel" if abs(error) < 0.1 else "the green line is too steep"
        figure.sentence = (
            f"The {difference} difference at x = {number(x)} with h = {number(h)} gives {number(slope)}; the "
            f"true slope is {number(true)}. Its error is {number(error)}: {verdict}."
        )
        return figure

    return draw


def errors_of_cube(h, x=2.0):
    """The errors of the forward and of the central difference of x³ for this step h."""
    true = 3 * x * x
    forward = (cube(x + h) - cube(x)) / h
    central = (cube(x + h) - cube(x - h)) / (2 * h)
    return abs(forward - true), abs(central - true)


STEPS = [float(f"1e-{k}") for k in range(15, 0, -1)]


def error_picture():
    """The panel of the error against h, for x³ at x = 2: returns draw(h) -> Figure."""
    figure, ax = new_figure(
        400, xlabel="h", ylabel="error of the slope", xscale="log", yscale="log",
        xlim=(3e-16, 3e-1), ylim=(1e-12, 1e2),
    )  # fmt: skip
    ax.minorticks_off()
    ax.set_xticks([10.0**-k for k in range(1, 16, 2)])
    steps = 10.0 ** -np.arange(1, 15.01, 0.2)
    errors = np.array([errors_of_cube(h) for h in steps])
    ax.plot(steps, errors[:, 0], "--", color=PARAMETER, linewidth=2, label="forward difference")
    ax.plot(steps, errors[:, 1], "-", color=FORWARD, linewidth=2, label="central difference")
    figure.legend(loc="outside upper center", ncols=2, fontsize=10.5, frameon=False)
    ax.text(1e-13, 1e-8, "← rounding", fontsize=11.5, color=MUTED, ha="center")
    ax.text(1.5e-2, 1e-8, "truncation →", fontsize=11.5, color=MUTED, ha="center")
    at = ax.axvline(0.1, color=HIGHLIGHT, linewidth=2, animated=True)
    (forward,) = ax.plot([], [], "s", color=PARAMETER, markersize=10, animated=True, markeredgecolor=DATA)
    (central,) = ax.plot([], [], "o", color=FORWARD, markersize=11, animated=True, markeredgecolor=DATA)

    def draw(h=1e-4):
        errors = errors_of_cube(h)
        at.set_xdata([h, h])
        forward.set_data([h], [errors[0]])
        central.set_data([h], [errors[1]])
        rounding = np.finfo(float).eps * cube(2.0) / h  # of the order of this
        # what the Taylor series of x³ leaves over at 2, against rounding
        names = ["truncation" if cut > rounding else "rounding" for cut in (6 * h, h * h)]
        why = f"{names[0]} rules both"
        if names[0] != names[1]:
            why = "rounding rules the central difference, truncation still the forward one"
        figure.sentence = (
            f"h = {_power(h, 0)}: the forward difference is off by {_power(errors[0])}, the central one by "
            f"{_power(errors[1])}. Here {why}."
        )
        return figure

    return draw


INPUT, TARGET = np.array([0.5, 0.8]), np.array([0.2, 0.1])
START = {
    "W1": np.array([[0.1, 0.2], [0.3, 0.1]]), "b1": np.array([0.1, 0.2]),
    "W2": np.array([[0.4, 0.5], [0.1, 0.3]]), "b2": np.array([0.3, 0.4]),
}  # fmt: skip


def replay(history):
    """The panel of the first network's training: returns draw(iteration) -> SVG.

    history: one (parameters, gradient) per iteration, both dicts of arrays with the keys W1, b1, W2,
    b2; the parameters are those after the iteration's update.
    """

    def draw(iteration=0):
        p, g = history[iteration]
        hidden = sigmoid(INPUT @ p["W1"] + p["b1"])
        y = sigmoid(hidden @ p["W2"] + p["b2"])
        columns = [
            [Node("x₁", number(INPUT[0])), Node("x₂", number(INPUT[1]))],
            [Node("h₁", f"{hidden[0]:.4f}"), Node("h₂", f"{hidden[1]:.4f}")],
            [Node("y₁", f"{y[0]:.4f}"), Node("y₂", f"{y[1]:.4f}")],
        ]
        edges = [
            Edge((layer, i), (layer + 1, j), _decimals(p[W][i, j]), _decimals(g[W][i, j], 5))
            for layer, W in enumerate(("W1", "W2"))
            for i in (0, 1)
            for j in (0, 1)
        ]
        extra = []
        for layer, b in enumerate(("b1", "b2"), start=1):
            for j in (0, 1):
                x, top = column_x(layer, 3), 96 + 190 * j
                extra.append(text(x, top + 44, f"b = {_decimals(p[b][j])}", PARAMETER, bold=True))
                extra.append(text(x, top + 64, _decimals(g[b][j], 5), BACKWARD, bold=True))
        for j in (0, 1):
            x, middle = column_x(2, 3) + 32, 96 + 190 * j + 5
            extra.append(text(x, middle, f"target {number(TARGET[j])}", anchor="start", size=14))
        extra.append(text(14, 21, "value", FORWARD, "start"))
        extra.append(text(74, 21, "weight or bias", PARAMETER, "start"))
        extra.append(text(200, 21, "measured gradient", BACKWARD, "start"))
        loss = mean_squared_error(y, TARGET)
        steepest = max(np.max(np.abs(gradient)) for gradient in g.values())
        state = "The gradients are all but 0" if loss < 1e-5 else "It is close"
        if loss > 1e-2:
            state = "It is far from the target"
        sentence = (
            f"After iteration {iteration}: prediction {y[0]:.4f} and {y[1]:.4f}, loss {_power(loss)}, "
            f"largest gradient {_power(steepest)}. {state}."
        )
        return network_picture(columns, edges, "The first network", sentence, gradients=False, extra=extra)

    return draw


RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0]


def train_all(rates, iterations=3000, h=1e-4):
    """The first network trained once per learning rate, all at once, by numerical gradients.

    Returns the losses and the largest gradients, both (iterations, len(rates)).
    """
    rates = np.asarray(rates, dtype=float)
    start = np.concatenate([START[name].ravel() for name in ("W1", "b1", "W2", "b2")])
    p = np.tile(start, (len(rates), 1))
    moves = h * np.concatenate([np.eye(12), -np.eye(12)])  # each parameter up, then each down
    losses, steepest = np.empty((iterations, len(rates))), np.empty((iterations, len(rates)))
    for i in range(iterations):
        moved = _losses(p[:, np.newaxis] + moves)
        gradient = (moved[:, :12] - moved[:, 12:]) / (2 * h)
        p -= rates[:, np.newaxis] * gradient
        losses[i], steepest[i] = _losses(p), np.max(np.abs(gradient), axis=1)
    return losses, steepest


def _losses(p):
    """The losses of networks with the parameters p, (…, 12)."""
    hidden = sigmoid(INPUT[0] * p[..., 0:2] + INPUT[1] * p[..., 2:4] + p[..., 4:6])
    y = sigmoid(hidden[..., :1] * p[..., 6:8] + hidden[..., 1:] * p[..., 8:10] + p[..., 10:12])
    return np.mean((y - TARGET) ** 2, axis=-1)


def learning_rate_picture():
    """The panel of the learning rate, trained beforehand: returns draw(learning_rate) -> Figure."""
    figure, (left, right) = new_figure(380, 2, xlabel="iteration", xscale="log", yscale="log", xlim=(1, 3000))
    style(left, ylabel="loss", ylim=(1e-12, 1))
    style(right, ylabel="largest gradient", ylim=(1e-8, 1))
    losses, steepest = train_all(RATES)
    shown = np.unique(np.geomspace(1, 3000, 120).astype(int)) - 1
    for ax, curves in ((left, losses), (right, steepest)):
        ax.plot(shown + 1, np.maximum(curves[shown], 1e-30), color="#d0d0d0", linewidth=1.2)
        ax.minorticks_off()
    (loss,) = left.plot([], [], color=DATA, linewidth=3, animated=True)
    (slope,) = right.plot([], [], "--", color=BACKWARD, linewidth=3, animated=True)

    def draw(learning_rate=0.1):
        i = RATES.index(learning_rate)
        loss.set_data(shown + 1, np.maximum(losses[shown, i], 1e-30))
        slope.set_data(shown + 1, np.maximum(steepest[shown, i], 1e-30))
        first, end = losses[0, i], losses[-1, i]
        start = f"Learning rate {number(learning_rate)}: after the first step the loss is {_power(first)}. "
        if losses[1000, i] > 0.99 * first > 0 and learning_rate > 1:
            free = np.argmax(losses[:, i] < 0.9 * first)  # 0: never
            stay = "The loss stays there for all 3000 iterations."
            if free:
                stay = f"The loss gets free only after about {round(free, -2):,} iterations."
            figure.sentence = start + (
                f"Far too large: that step threw both outputs to 0, where the sigmoid is flat. {stay}"
            )
            return figure
        if end > 1e-3:
            verdict = "Too small: 3000 steps are not enough"
        elif i and first > losses[0, i - 1]:
            verdict = "The first step went too far, but it found its way back"
        else:
            verdict = "It learns, and the gradient creeps toward 0"
        result = "below 1e−12" if end < 1e-12 else _power(end)
        figure.sentence = f"{start}After 3000 it is {result}. {verdict}."
        return figure

    return draw


def two_histories(step=3):
    """Two lists after so many steps W −= ½ W: one of the same array, one of copies. SVG."""
    W = np.array([8.0, 4.0])
    same, copies = [W], [W.copy()]
    for _ in range(step):
        W -= 0.5 * W
        same.append(W)
        copies.append(W.copy())
    shapes = [
        text(20, 34, "same.append(W)", anchor="start", size=17, bold=True),
        text(400, 34, "copies.append(W.copy())", anchor="start", size=17, bold=True),
    ]
    middle = 70 + 22 * 4 + 5
    for i, other in enumerate(copies):
        y = 70 + 44 * i
        now = HIGHLIGHT if i == step else DATA
        for x in (20, 400):
            shapes += [box(x, y - 16, 70, 32, now), text(x + 35, y + 6, f"[{i}]", halo=False)]
        shapes.append(arrow(90, y, 206, middle))
        shapes.append(arrow(470, y, 556, y))
        shapes += [box(560, y - 16, 150, 32, PARAMETER), text(635, y + 6, _row(other), PARAMETER, bold=True)]
    shapes.append(box(210, middle - 16, 130, 32, PARAMETER, line_width=3))
    shapes.append(text(275, middle + 6, _row(W), PARAMETER, bold=True))
    shapes.append(text(275, middle - 26, "W itself", MUTED))
    entries = "both" if step == 1 else f"all {step + 1}"
    sentence = (
        f"After {step} step{'s' * (step != 1)}: in the first list {entries} entries show "
        f"{_row(same[0])}, because they are one array. "
        f"In the second list entry 0 still shows {_row(copies[0])}."
    )
    if step == 0:
        sentence = "Before the first step both lists show the same. Only the second one holds a copy."
    return svg(290, "Two lists", sentence, *shapes)


def _row(array):
    return "[" + ", ".join(number(value) for value in array) + "]"


def _power(value, digits=1):
    """1.5e−07, with a true minus: a line does not break there."""
    return f"{value:.{digits}e}".replace("-", "−")


def _decimals(value, digits=3):
    """So many decimals, a true minus, and no minus before a zero."""
    words = f"{value:.{digits}f}"
    return words.lstrip("-") if float(words) == 0 else words.replace("-", "−")
