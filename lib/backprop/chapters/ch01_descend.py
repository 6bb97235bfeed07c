"""The pictures of chapter 01: a line and its place on the loss surface, a descent, a count."""

import numpy as np

from ..explore.equations import equations
from ..explore.figures import moving_dot, moving_line, new_figure
from ..explore.picture import Picture
from ..explore.question import Question, Reply
from ..explore.style import BACKWARD, DATA, FORWARD, HIGHLIGHT, MUTED, STROKE
from ..explore.words import SUPERSCRIPT, count, decimals, listed, minus, number
from ..functions import mean_squared_error
from ..numerical import numerical_gradient
from .turn import turn

A, B = (-2.0, 4.0), (-3.0, 6.0)  # the part of the plane of all (a, b) that the map shows
LEVELS = [0.1, 0.3, 1, 3, 10, 30, 100]  # the loss on the map's contour lines
SMALL = 10.5  # pt: 14.6 px
STEPS = 100  # the most that the descent's picture has room for
HIGHEST = 1000  # the loss at the top of the descent's chart
CLOSE = 1e-3  # this near to the lowest loss counts as arrived
FAR = 1e12  # a line drawn from farther away would miss its pixels


def make_line_and_surface(x, y, x_name="x", y_name="y"):
    """draw(a, b): the line a·x + b through points, and its place on the map of the loss.

    x, y: the points, (N,).
    """
    figure, (line_ax, map_ax) = new_figure(400, 2)
    best_a, best_b = best_line(x, y)
    lowest = mean_squared_error(best_a * x + best_b, y)
    heights = np.concatenate([y, *(a * x + b for a in A for b in B)])  # no miss may leave the frame
    line_ax.set(title="The line", xlabel=x_name, ylabel=y_name, xlim=(x.min() - 0.5, x.max() + 0.5))
    line_ax.set(ylim=(heights.min() - 1, heights.max() + 1))
    moving_line(line_ax, "o", color=DATA, markersize=7, zorder=4).set_data(x, y)
    ends = np.array(line_ax.get_xlim())
    line = moving_line(line_ax, color=FORWARD, linewidth=2.5)
    misses = moving_line(line_ax, color=STROKE[HIGHLIGHT], linewidth=4, zorder=3)
    _draw_map(map_ax, x, y)
    place = moving_dot(map_ax, markersize=12, clip_on=False)

    def draw(a=1.0, b=0.0):
        prediction = a * x + b
        loss = mean_squared_error(prediction, y)
        line.set_data(ends, a * ends + b)
        bars = np.column_stack([prediction, y, np.full(len(x), np.nan)])  # nan: a gap between two bars
        misses.set_data(np.repeat(x, 3), bars.ravel())
        place.set_data([a], [b])
        wide = ", ".join(number(round(miss, 2)) for miss in prediction - y)
        found = f"The lowest is {number(round(lowest, 4), 7)}, at the cross."
        if loss < lowest + 1e-9:
            found = "This is the lowest point: no line does better."
        return Picture(
            figure, f"a = {number(a)}, b = {number(b)}: the misses are {wide}; "
            f"the loss is {number(round(loss, 4), 7)}. {found}"
        )  # fmt: skip

    return draw


def make_descent(x, y):
    """draw(alpha, steps, start_a, start_b): gradient descent's path on the map, and its loss by step.

    x, y: the points, (N,). steps: up to STEPS.
    """
    figure, (map_ax, loss_ax) = new_figure(400, 2)
    lowest = mean_squared_error(np.polyval(best_line(x, y), x), y)
    curvature = steepest_curvature(x)
    _draw_map(map_ax, x, y)
    loss_ax.set(title="The loss after each step", xlabel="step", yscale="log")
    loss_ax.set(xlim=(-2, STEPS + 2), ylim=(lowest / 3, HIGHEST))
    loss_ax.set_yticks([0.1, 1, 10, 100, 1000], ["0.1", "1", "10", "100", "1000"])
    loss_ax.minorticks_off()
    loss_ax.axhline(lowest, color=MUTED, linewidth=1.2, linestyle=":")
    loss_ax.text(STEPS, lowest / 1.1, "the lowest", ha="right", va="top", fontsize=SMALL)
    path = moving_line(map_ax, "o--", color=BACKWARD, linewidth=1.8, markersize=4)
    place = moving_dot(map_ax, markersize=12, clip_on=False)
    curve = moving_line(loss_ax, "o-", color=DATA, linewidth=1.5, markersize=4)
    now = moving_dot(loss_ax, markersize=12)

    def draw(alpha=0.1, steps=10, start_a=-1.0, start_b=4.0):
        places, losses = descend(x, y, alpha, STEPS, start_a, start_b)
        arrived = np.flatnonzero(losses < lowest + CLOSE)
        places, losses = places[: steps + 1], losses[: steps + 1]
        path.set_data(*places[np.abs(places).max(axis=1) < FAR].T)
        on_map = A[0] <= places[-1, 0] <= A[1] and B[0] <= places[-1, 1] <= B[1]
        place.set_data(*places[-1:].T if on_map else ([], []))
        curve.set_data(range(len(losses)), losses)
        now.set_data([len(losses) - 1], losses[-1:])
        sentence = _say(alpha, alpha * curvature, places, losses, lowest, arrived)
        outside = ["the map"] * (not on_map) + ["the chart"] * (not losses[-1] <= HIGHEST)
        return Picture(figure, sentence + (f" It is now outside {listed(outside)}." if outside else ""))

    return draw


def parameter_count(inputs=784, hidden=50, outputs=10):
    """How many parameters a network with one hidden layer has, and what a full search would take."""
    weights, biases = inputs * hidden + hidden * outputs, hidden + outputs
    n = weights + biases
    lines = [
        (f"weights = {inputs} · {hidden} + {hidden} · {outputs} = {weights}", "update"),
        (f"biases = {hidden} + {outputs} = {biases}", "update"),
        (f"parameters = {weights} + {biases} = {n}", "update"),
        (f"grid = 10 · 10 · … · 10 = 10^{n} points", ""),
        (f"time = 10^{n}/10^6 = 10^{minus(str(n - 6))} seconds", ""),
    ]
    return equations(
        lines, "Parameters", f"{n:,} parameters: the grid's size is a number of {n + 1:,} digits."
    )


def descend(x, y, alpha, steps, a, b):
    """Gradient descent on the mean squared error of a·x + b from (a, b).

    Returns the places, (steps + 1, 2), and the loss at each, (steps + 1,).
    """
    xx, xy, mean_x, mean_y = (float(np.mean(v)) for v in (x * x, x * y, x, y))  # plain numbers are quick
    places = [(a, b)]
    for _ in range(steps):
        da, db = 2 * (a * xx + b * mean_x - xy), 2 * (a * mean_x + b - mean_y)
        # rounded, else floating point's crumbs would walk away from the lowest point
        a, b = round(a - alpha * da, 12), round(b - alpha * db, 12)
        places.append((a, b))
    with np.errstate(over="ignore", invalid="ignore"):  # a diverging path may leave all numbers
        places = np.array(places)
        misses = places[:, :1] * x + places[:, 1:] - y
        return places, np.mean(misses**2, axis=1)


def best_line(x, y):
    """The (a, b) with the lowest mean squared error, from the formula of least squares."""
    a = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)
    return float(a), float(y.mean() - a * x.mean())


def steepest_curvature(x):
    """The largest second derivative of the loss in any direction: α above 2 / it diverges."""
    return float(np.linalg.eigvalsh(2 * np.array([[np.mean(x * x), x.mean()], [x.mean(), 1]]))[-1])


def _draw_map(ax, x, y):
    """The loss over the plane of all (a, b), as a map with contour lines."""
    a, b = np.linspace(*A, 121)[:, None, None], np.linspace(*B, 121)[None, :, None]
    loss = np.mean((a * x + b - y) ** 2, axis=-1).T
    sides = a.ravel(), b.ravel(), loss
    ax.contourf(*sides, [0, *LEVELS, 1000], colors=_shades(len(LEVELS) + 1), zorder=0)
    lines = ax.contour(*sides, LEVELS, colors="#3b6d94", linewidths=0.9, zorder=1)
    ax.clabel(lines, [1, 3, 10, 30, 100], fontsize=SMALL, colors=DATA)
    ax.plot(*best_line(x, y), "+", color=DATA, markersize=13, markeredgewidth=2, zorder=2)
    ax.set(title="The loss of every line", xlabel="a", ylabel="b", xlim=A, ylim=B)
    ax.grid(False)


def _shades(n):
    """Blues from deep (a low loss) to nearly white."""
    deep, pale = np.array([0.45, 0.68, 0.87]), np.array([0.97, 0.985, 1.0])
    return [tuple(deep + (pale - deep) * i / (n - 1)) for i in range(n)]


def _say(alpha, stretch, places, losses, lowest, arrived):
    """What a descent did, in words and numbers.

    stretch: α × the steepest curvature. A step turns the distance from the valley's floor into
        1 − stretch times itself: above 1 it lands on the other side, above 2 it lands farther away.
    arrived: the steps, of all STEPS, at which the loss is CLOSE to the lowest.
    """
    loss, rate, taken = losses[-1], f"α = {number(alpha)}", count(len(losses) - 1, "step")
    near = loss < lowest + CLOSE
    shown, bottom = (decimals(loss, 2), decimals(lowest, 2)) if near else _apart(loss, lowest)
    where = f"a = {decimals(places[-1, 0], 2)}, b = {decimals(places[-1, 1], 2)}, loss {shown}"
    if len(losses) == 1:
        return f"No step yet: {where}."
    if losses[0] < lowest + 1e-9:
        return "The start is the lowest point: the gradient is 0 there, and no step leads away."
    if alpha == 0:
        return f"{rate} never moves: {where}."
    if stretch > 2:
        leaps = f"{rate} diverges: each step lands on the valley's other side, farther from its floor."
        if loss < losses[0]:
            shown, start = _apart(loss, losses[0])
            fell = f"the loss fell from {start} to {shown}."
            return f"{leaps} Its way along the valley still outweighs that: {fell}"
        return f"{leaps} After {taken} the loss is {_size(loss)}."
    leaps = " Each step crosses the valley, and lands nearer to its floor." if stretch > 1 else ""
    if not arrived.size and not leaps:
        early = f"{rate} is too small to arrive in {STEPS} steps."
        return f"{early} After {taken}: {where}; the lowest is {bottom}."
    if not arrived.size or arrived[0] >= len(losses):
        return f"Not there yet after {taken}: {where}; the lowest is {bottom}.{leaps}"
    return (
        f"It has arrived: from step {arrived[0]} on the loss is within {number(CLOSE)} of the lowest, "
        f"{bottom}. Now {where}.{leaps}"
    )


def _apart(a, b):
    """Two different numbers, with as many decimals as tell them apart."""
    for digits in range(2, 12):
        shown = decimals(a, digits), decimals(b, digits)
        if shown[0] != shown[1]:
            break
    return shown


def _size(loss):
    """A loss that may be very large: 94.42, or about 5 · 10⁷."""
    if loss < 1000:
        return decimals(loss, 2)
    if not np.isfinite(loss):
        return "too large for the computer's numbers"
    digit, exponent = f"{loss:.0e}".split("e")
    return f"about {digit} · 10{str(int(exponent)).translate(SUPERSCRIPT)}"


# the questions, in the chapter's order
# fmt: off

LOSS = Question(
    "The loss at a = 1, b = 0", 2.5,
    "The misses are −1, −1, −2, −2, their squares 1, 1, 4, 4, and the mean is 10 / 4.",
    "Find the four misses, square each, and take the mean.",
    {10: "That is the sum of the squares. The loss is their mean.",
     1.5: "That is the mean of the misses' sizes. Square each miss first.",
     -1.5: "That is the mean of the misses. Square each miss first."},
    unit="cm²",
)
RAISE_B = Question(
    "You raise b", "line up, place up",
    "The same is added at every week, so the line moves up without turning. On the map b goes upward.",
    "What does b add to the height at week 0, and at week 3? And which axis of the map is b?",
    {"line steeper, place up": "A larger a makes the line steeper. b adds the same at every week.",
     "line up, place right": "To the right is a larger a. Which way is a larger b?"},
    choices=("line up, place up", "line steeper, place up", "line up, place right"),
)
FIRST_STEP = Question(
    "a, b after one step", (-0.25, 4.1),
    "The misses are 3, 1, −2, −4, the derivatives −7.5 and −1: a = −1 + 0.75 and b = 4 + 0.1.",
    "The line predicts 4, 3, 2, 1. Take the misses, then the two means, then subtract α times each.",
    {(-1.75, 3.9): "You added the gradient. Downhill is against it: subtract.",
     (6.5, 5): "You subtracted the whole gradient. The step is α times it.",
     (-0.625, 4.05): "The factor 2 of the square's derivative is missing."},
)
LARGER_ALPHA = Question(
    "A larger α arrives", "sooner, up to a point",
    "From this start 0.01 is too small for a hundred steps, near 0.22 the path arrives soonest, and from "
    "0.24 on each leap is wider than the one before: the path diverges.",
    "Think of a leap so long that it lands higher on the other side.",
    {"always sooner": "A leap can land higher on the other side of the valley.",
     "always later": "With 0.01 a hundred steps are not enough."},
    choices=("always sooner", "always later", "sooner, up to a point"),
)
PARAMETERS = Question(
    "Parameters of 784-50-10", 39_760, "784 · 50 + 50 · 10 weights and 60 biases. A grid with 10 values of "
    "each has 10 · 10 · … · 10 points, a 1 with 39,760 zeros.",
    "Count the weights of both layers, then a bias for each hidden node and each output.",
    {39_700: "The 50 + 10 biases are missing.", 39_200: "These are the first layer's weights alone.",
     844: "That is the number of nodes. Each connection has a weight."},
)
# fmt: on


# your turn


def check_step(step):
    """Compare a learner's step(weeks, heights, a, b, alpha) with a step along the measured gradient."""
    weeks, heights = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0, 5.0])
    place, alpha = np.array([0.7, 1.3]), 0.05
    given = weeks, heights, *place, alpha

    def gradient(a, b):
        return numerical_gradient(
            lambda p: mean_squared_error(p[0] * weeks + p[1], heights), np.array([a, b])
        )

    def change(*given):
        return tuple(new - old for new, old in zip(step(*given), given[2:4], strict=True))

    a, b = place - alpha * gradient(*place)
    reply = turn(step, given, a=a, b=b)
    if reply.right is not False or "It stops with" in reply.words:
        return reply
    slips = {
        "b's derivative is taken with the new a. Compute both derivatives before you change a.":
            (a, place[1] - alpha * gradient(a, place[1])[1]),
        "a's derivative is taken with the new b. Compute both derivatives before you change b.":
            (place[0] - alpha * gradient(place[0], b)[0], b),
        "a and b have changed places: return a first.": (b, a),
        "These are the derivatives. Return the new a and b: subtract alpha times each.": gradient(*place),
        "These are the steps. Return the new a and b: subtract the steps from a and b.":
            alpha * gradient(*place),
        "a's derivative lacks the factor x, the weeks: it is that of b.":
            (place[0] - alpha * gradient(*place)[1], b),
    }  # fmt: skip
    for words, (slip_a, slip_b) in slips.items():
        if turn(step, given, a=slip_a, b=slip_b).right:
            return Reply(False, words)
    # of the change, not of where it ends, a sign or a factor can be told
    told = turn(change, given, **{"the change of a": a - place[0], "the change of b": b - place[1]})
    return reply if "It stops with" in told.words else told
