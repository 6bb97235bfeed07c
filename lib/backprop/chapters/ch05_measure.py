"""The pictures of chapter 05: two points' slope, its error, the first network, its rates, two lists."""

import numpy as np

from ..explore.figures import moving, moving_line, new_figure, style
from ..explore.network import ROW, TOP, Edge, Node, column_x, network_picture
from ..explore.picture import Picture, drawing
from ..explore.question import Question, Reply
from ..explore.style import BACKWARD, DATA, FAINT, FORWARD, HIGHLIGHT, MUTED, PARAMETER, STROKE
from ..explore.svg import arrow, box, text
from ..explore.words import count, decimals, number, power
from ..functions import mean_squared_error, sigmoid
from ..numerical import numerical_gradient
from .turn import turn


def cube(x):
    """x³ by multiplication: the same digits on every machine."""
    return x * x * x


def make_slope():
    """draw(x, h, difference): the slope of x³ at x from two points, beside the true one."""
    figure, ax = new_figure(400, xlabel="x", ylabel="f(x) = x³", xlim=(-1, 3.2), ylim=(-6, 32))
    places = np.linspace(-1, 3.2, 200)
    (curve,) = ax.plot(places, cube(places), color=DATA, linewidth=2, label="f(x) = x³")
    tangent = moving_line(ax, "--", color=BACKWARD, linewidth=2, label="true slope, 3x²")
    secant = moving_line(ax, color=FORWARD, linewidth=2.5, label="through the two points")
    ends = moving_line(ax, "o", color=FORWARD, markersize=9)
    here = moving_line(ax, "D", color=HIGHLIGHT, markersize=8, markeredgecolor=DATA, label="x")
    ax.legend(handles=[curve, tangent, secant, here], loc="upper left", fontsize=10.5, frameon=False)

    def draw(x=2.0, h=0.5, difference="forward"):
        left = x - h if difference == "central" else x
        right = x + h
        # 9 decimals: x and h have few, and what floats add behind them is noise
        slope, true = round((cube(right) - cube(left)) / (right - left), 9), round(3 * x * x, 9)
        wide = np.array([-10.0, 10.0])
        tangent.set_data(x + wide, cube(x) + true * wide)
        secant.set_data(left + wide, cube(left) + slope * wide)
        ends.set_data([left, right], [cube(left), cube(right)])
        here.set_data([x], [cube(x)])
        error = round(slope - true, 9)  # h² and, for the forward difference, 3xh more: positive at these x
        return Picture(figure, (
            f"The {difference} difference at x = {number(x)} with h = {number(h)} gives {number(slope, 6)}; "
            f"the true slope is {number(true)}. The error is {number(slope, 6)} − {number(true)} = "
            f"{number(error, 6)}: the green line is about {number(100 * error / true, 2)} % too steep."
        ))  # fmt: skip

    return draw


ROUNDING = 6e-15  # rounding changes f(2 + h) − f(2) by less: 5 roundings of 1.1e-16 of at most 9.3


def make_errors():
    """draw(h): the errors of both slopes of x³ at x = 2 against h."""
    figure, ax = new_figure(
        400, xlabel="h", ylabel="error of the slope", xscale="log", yscale="log",
        xlim=(3e-16, 3e-1), ylim=(1e-12, 1e2),
    )  # fmt: skip
    ax.minorticks_off()
    ax.set_xticks([10.0**-k for k in range(1, 16, 2)])
    steps = 10.0 ** -np.arange(1, 15.01, 0.1)
    errors = np.array([errors_of_cube(h) for h in steps])
    ax.plot(steps, errors[:, 0], "--", color=PARAMETER, linewidth=2, label="forward difference")
    ax.plot(steps, errors[:, 1], "-", color=FORWARD, linewidth=2, label="central difference")
    ax.plot(steps, ROUNDING / steps, ":", color=DATA, linewidth=2, label="rounding, at most")
    figure.legend(loc="outside upper center", ncols=3, fontsize=10.5, frameon=False)
    ax.text(1e-13, 1e-8, "← rounding", fontsize=11.5, color=MUTED, ha="center")
    ax.text(7e-2, 1e-8, "truncation →", fontsize=11.5, color=MUTED, ha="right")
    at = moving(ax.axvline(0.1, color=STROKE[HIGHLIGHT], linewidth=2))
    forward = moving_line(ax, "s", color=PARAMETER, markersize=10, markeredgecolor=DATA)
    central = moving_line(ax, "o", color=FORWARD, markersize=11, markeredgecolor=DATA)

    def draw(h=1e-4):
        errors = errors_of_cube(h)
        at.set_xdata([h, h])
        forward.set_data([h], [errors[0]])
        central.set_data([h], [errors[1]])
        words = []
        # (2 + h)³ − 8 = 12h + 6h² + h³: exact arithmetic leaves these errors, and rounding makes the rest
        for error, truncation in zip(signed_errors_of_cube(h), (6 * h + h * h, h * h), strict=True):
            names = "rounding", "truncation"
            larger = truncation > abs(error - truncation)
            words.append(f"{names[larger]} outweighs {names[not larger]}")
        why = f"In both, {words[0]}."
        if words[0] != words[1]:
            why = f"In the forward one {words[0]}, in the central one {words[1]}."
        return Picture(figure, (
            f"h = {power(h)}: the forward difference is off by {power(errors[0])}, the central one by "
            f"{power(errors[1])}. Rounding makes up at most {power(ROUNDING / h)}. {why}"
        ))  # fmt: skip

    return draw


def errors_of_cube(h, x=2.0):
    """How far the forward and the central difference of x³ are off for this step h."""
    return tuple(abs(error) for error in signed_errors_of_cube(h, x))


def signed_errors_of_cube(h, x=2.0):
    """The forward and the central difference of x³ for this step h, each minus the true slope."""
    true = 3 * x * x
    forward = (cube(x + h) - cube(x)) / h
    central = (cube(x + h) - cube(x - h)) / (2 * h)
    return forward - true, central - true


INPUT, TARGET = np.array([0.5, 0.8]), np.array([0.2, 0.1])
START = {
    "W1": np.array([[0.1, 0.2], [0.3, 0.1]]), "b1": np.array([0.1, 0.2]),
    "W2": np.array([[0.4, 0.5], [0.1, 0.3]]), "b2": np.array([0.3, 0.4]),
}  # fmt: skip


def make_replay(history):
    """draw(iteration): the first network after that iteration's update.

    history: one (parameters, gradient) per iteration, both dicts of arrays with the keys W1, b1, W2,
    b2; the parameters are those after the iteration's update.
    """

    def draw(iteration=0):
        p, g = history[iteration]
        hidden = sigmoid(INPUT @ p["W1"] + p["b1"])
        y = sigmoid(hidden @ p["W2"] + p["b2"])
        columns = [
            [Node("x₁", number(INPUT[0])), Node("x₂", number(INPUT[1]))],
            [Node("h₁", decimals(hidden[0], 4)), Node("h₂", decimals(hidden[1], 4))],
            [Node(f"y{'₁₂'[j]}", decimals(y[j], 4), target=number(TARGET[j])) for j in (0, 1)],
        ]
        edges = [
            Edge((layer, i), (layer + 1, j), decimals(p[W][i, j], 3), decimals(g[W][i, j], 5))
            for layer, W in enumerate(("W1", "W2"))
            for i in (0, 1)
            for j in (0, 1)
        ]
        extra = []
        for layer, b in enumerate(("b1", "b2"), start=1):
            for j in (0, 1):
                x, top = column_x(layer, 3), TOP + ROW * j
                extra.append(text(x, top + 50, f"b = {decimals(p[b][j], 3)}", PARAMETER, bold=True))
                extra.append(text(x, top + 70, decimals(g[b][j], 5), BACKWARD, bold=True))
        extra.append(text(14, 21, "value", FORWARD, "start"))
        extra.append(text(74, 21, "weight or bias", PARAMETER, "start"))
        extra.append(text(200, 21, "measured gradient", BACKWARD, "start"))
        miss, loss = np.max(np.abs(y - TARGET)), mean_squared_error(y, TARGET)
        steepest = max(np.max(np.abs(gradient)) for gradient in g.values())
        sentence = (
            f"After iteration {iteration}: prediction {decimals(y[0], 4)} and {decimals(y[1], 4)}, the "
            f"larger miss is {decimals(miss, 4)}, the loss {power(loss)}. The largest gradient of this "
            f"update was {power(steepest)}."
        )
        return network_picture(columns, edges, "The first network", sentence, gradients=False, extra=extra)

    return draw


RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0]
LOWEST = 1e-12  # a loss below it is called so: its digits belong to h, not to the learning rate


def make_learning_rate():
    """draw(learning_rate): loss and gradient of the first network, trained with every rate of RATES."""
    figure, (left, right) = new_figure(380, 2, xlabel="iteration", xscale="log", yscale="log", xlim=(1, 3000))
    style(left, ylabel="loss", ylim=(1e-20, 1))
    style(right, ylabel="largest gradient", ylim=(1e-14, 1))
    outputs, steepest = train_all(RATES)
    losses = np.mean((outputs - TARGET) ** 2, axis=-1)
    shown = np.unique(np.geomspace(1, 3000, 120).astype(int)) - 1
    for ax, curves in ((left, losses), (right, steepest)):
        ax.plot(shown + 1, curves[shown], color=FAINT, linewidth=1.2)
        ax.minorticks_off()
        _name_ends(ax, curves[-1])
    loss = moving_line(left, color=DATA, linewidth=3)
    slope = moving_line(right, "--", color=BACKWARD, linewidth=3)

    def draw(learning_rate=0.1):
        i = RATES.index(learning_rate)
        loss.set_data(shown + 1, losses[shown, i])
        slope.set_data(shown + 1, steepest[shown, i])
        first, end = losses[0, i], losses[-1, i]
        result = f"below {power(LOWEST, 0)}" if end < LOWEST else power(end)
        return Picture(figure, (
            f"Learning rate {number(learning_rate)}: the loss is {power(first)} after the first step, "
            f"{result} after {len(losses):,}. {_verdict(outputs[:, i], losses[:, i], steepest[:, i])}"
        ))  # fmt: skip

    return draw


def _name_ends(ax, ends):
    """Write each curve's rate at its right end; names that would overlap stand one below the other."""
    low, high = np.log(ax.get_ylim())
    heights = np.round((np.log(ends) - low) / (high - low), 2)  # as parts of the axis
    place, line = 1.06, {"arrowstyle": "-", "color": FAINT, "relpos": (0, 0.5), "shrinkA": 0, "shrinkB": 0}
    ax.text(1.08, 1.06, "rate", transform=ax.transAxes, va="center", fontsize=10.5, color=MUTED)
    for height in sorted(set(heights), reverse=True):  # curves that end together share a name
        names = ", ".join(number(rate) for rate, one in zip(RATES, heights, strict=True) if one == height)
        place = min(height, place - 0.06)
        ax.annotate(names, (1, height), (1.08, place), "axes fraction",
                    va="center", fontsize=10.5, color=MUTED, arrowprops=line)  # fmt: skip


def _verdict(outputs, losses, steepest):
    """What one learning rate did, in words."""
    if not (outputs[0] < TARGET).all():
        if losses[-1] > 1e-3:
            return f"Too small: {len(losses):,} steps do not bring it below 0.001."
        return f"It learns: the largest gradient falls from {power(steepest[0])} to {power(steepest[-1])}."
    if losses[-1] <= 1e-3:
        return "The first step took both outputs past their targets, but they found their way back."
    flat = "Far too large: both outputs were thrown close to 0, where the sigmoid is nearly flat."
    free = int(np.argmax(losses < 0.9 * losses[0]))  # 0: never
    if not free:
        return f"{flat} The loss stays there."
    low, high = power(losses[-100:].min()), power(losses[-100:].max())
    return f"{flat} Free after about {round(free, -2):,} steps, the loss jumps between {low} and {high}."


def train_all(rates, iterations=3000, h=1e-4):
    """The first network trained once per learning rate, all at once, by numerical gradients.

    Returns the outputs after each update, (iterations, len(rates), 2), and the largest gradients,
    (iterations, len(rates)).
    """
    rates = np.asarray(rates, dtype=float)
    start = np.concatenate([START[name].ravel() for name in ("W1", "b1", "W2", "b2")])
    p = np.tile(start, (len(rates), 1))
    moves = h * np.concatenate([np.eye(12), -np.eye(12)])  # each parameter up, then each down
    outputs, steepest = np.empty((iterations, len(rates), 2)), np.empty((iterations, len(rates)))
    for i in range(iterations):
        moved = np.mean((_outputs(p[:, np.newaxis] + moves) - TARGET) ** 2, axis=-1)
        gradient = (moved[:, :12] - moved[:, 12:]) / (2 * h)
        p -= rates[:, np.newaxis] * gradient
        outputs[i], steepest[i] = _outputs(p), np.max(np.abs(gradient), axis=1)
    return outputs, steepest


def _outputs(p):
    """The outputs, (…, 2), of networks with the parameters p, (…, 12)."""
    hidden = sigmoid(INPUT[0] * p[..., 0:2] + INPUT[1] * p[..., 2:4] + p[..., 4:6])
    return sigmoid(hidden[..., :1] * p[..., 6:8] + hidden[..., 1:] * p[..., 8:10] + p[..., 10:12])


def two_histories(step=0):
    """Two lists after so many steps W −= ½ W: one of the same array, one of copies."""
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
        f"After {count(step, 'step')}: in the first list {entries} entries show {_row(same[0])}, because "
        f"they are one array. In the second list entry 0 still shows {_row(copies[0])}."
    )
    if step == 0:
        sentence = "Before the first step both lists show the same. Only the second one holds a copy."
    return drawing(290, "Two lists", sentence, *shapes)


def _row(array):
    return "[" + ", ".join(number(value) for value in array) + "]"


# the questions, in the chapter's order
# fmt: off

DIFFERENCES = Question(
    "Forward, central at h = 0.1", (12.61, 12.01),
    "(9.261 − 8) / 0.1 = 12.61 and (9.261 − 6.859) / 0.2 = 12.01. The central one comes closer to 12.",
    "Forward takes 2.1³ and 2³, central 2.1³ and 1.9³. Divide each difference by the distance of its points.",
    {(12.61, 24.02): "The points of the central difference are 2h apart, not h.",
     (6.305, 12.01): "The points of the forward difference are h apart, not 2h.",
     (11.41, 12.01): "Your first one is 8 − 6.859 over h, the step down. Forward takes x and x + h.",
     (1.261, 2.402): "These are the differences of f. Divide them by the distance of the points."},
    within=0.05,
)
GRADIENT = Question(
    "The gradient of Σx³ at [2, 3, −1]", (12, 27, 3),
    "Each element has the slope 3x² of its own cube: 3 · 4, 3 · 9, 3 · 1.",
    "Move one element: only its own cube changes. The slope of x³ is 3x².",
    {(8, 27, -1): "These are the cubes. A gradient has the slopes, 3x².",
     (12, 27, -3): "The square of −1 is 1, so the last slope is positive.",
     (4, 9, 1): "These are the squares. The slope is 3x²."},
)
BEST_H = Question(
    "The smallest error comes with h =", "1e-5",
    "With a larger h the curve bends between the points. With a smaller one, f(x + h) and f(x − h) agree in "
    "so many of their 16 digits that few are left for the difference.",
    "Two things spoil the slope: the bend of the curve and the 16 digits of a float.",
    {"0.1": "The curve bends between points so far apart. It gave 12.01.",
     "1e-10": "The bend no longer counts, but f(x + h) and f(x − h) share their first 9 digits or so, and "
              "the difference has only the rest.",
     "1e-15": "f(x + h) and f(x − h) then agree in almost all of their digits: rounding is what is left."},
    choices=("0.1", "1e-5", "1e-10", "1e-15"),
)
RATE_300 = Question(
    "A learning rate of 300", "gets stuck",
    "The first step goes so far that both outputs land close to 0, where the sigmoid is nearly flat and the "
    "gradient almost 0. The loss falls to about 0.025 at once, and stays there.",
    "A long step changes the weights a lot. Where is a sigmoid after a large change of what enters it?",
    {"is 100 times faster": "The slope is measured where you stand. A long step soon leaves where it holds.",
     "is a little faster": "Too long a step does not land a little farther: it lands where nothing slopes."},
    choices=("is 100 times faster", "is a little faster", "gets stuck"),
)
SAME_LIST = Question(
    "The list holds", "four times [1, 0.5]",
    "Every entry is the one array W, and you see what W is now.",
    "How many arrays are there?",
    {"[8, 4], [4, 2], [2, 1], [1, 0.5]": "A list keeps no values, only which array it is. append copies "
                                         "nothing.",
     "four times [8, 4]": "W −= changes the array itself, so what the list holds changes too."},
    choices=("[8, 4], [4, 2], [2, 1], [1, 0.5]", "four times [8, 4]", "four times [1, 0.5]"),
)
INTEGERS = Question(
    "Held after each store", (3, 2),
    "3.0001 becomes 3 and 2.9999 becomes 2: NumPy cuts off what is behind the point.",
    "An array of integers has no room behind the point. What does NumPy do with it?",
    {(3.0001, 2.9999): "An array of integers holds whole numbers only.",
     (3, 3): "NumPy does not round here. It cuts off what is behind the point.",
     (4, 2): "Up is not where it goes: what is behind the point is cut off."},
)
# fmt: on


# your turn


def check_central_difference(central_difference):
    """Compare a learner's central_difference(f, x, h) with the library's; x must hold its numbers again.

    It must also measure a function that reads the array itself, as the chapter's loss does.
    """
    x, h = np.array([[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]]), 0.1
    seen = []

    def f(x):  # its slope along one element hangs on all the others, so a moved one shows
        return np.sum(x) ** 3 + np.sum(x * x)

    def tried(f, x, h):
        before = x.copy()
        gradient = central_difference(f, x, h)
        seen.append((gradient, np.max(np.abs(x - before))))
        x[...] = before  # else it would be said that x must not be moved at all
        return gradient

    def in_place(x, h):
        return tried(lambda _=None: f(x), x, h)

    wanted = numerical_gradient(f, x, h)
    reply = turn(tried, (f, x, h), gradient=wanted)
    if reply.right is None or not seen:
        return reply
    gradient, moved = seen[0]
    if moved > 1e-9:
        return Reply(False, "x is not put back: after its move each element must hold its old number again.")
    if moved > 0:
        return Reply(
            False, "x is put back but for rounding, which adds up over many steps: keep the old number, and "
            "store that again.",
        )  # fmt: skip
    if reply.right and not turn(in_place, (x, h), gradient=wanted).right:
        return Reply(
            False, "It moves a copy of x. That is right only where f looks at its argument, and the loss of "
            "this chapter reads the array itself: move the elements of x in place.",
        )  # fmt: skip
    moves = h * np.eye(x.size).reshape(-1, *x.shape)
    for name, one_way in (("forward", moves), ("backward", -moves)):
        slopes = np.array([(f(x + move) - f(x)) / move.sum() for move in one_way]).reshape(x.shape)
        if turn(lambda: gradient, (), gradient=slopes).right:
            return Reply(False, f"This is the {name} difference. The central one moves x up and down.")
    return reply
