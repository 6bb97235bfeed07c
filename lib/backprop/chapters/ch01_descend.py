"""The pictures of chapter 01: a line on the loss surface, one parameter's parabola, a descent, a count."""

import numpy as np
from matplotlib.patches import FancyArrowPatch

from ..explore.equations import equations
from ..explore.figures import moving, moving_dot, moving_line, new_figure
from ..explore.picture import Picture
from ..explore.question import Question, Reply
from ..explore.style import BACKWARD, DATA, FORWARD, HIGHLIGHT, MUTED, PAPER, PARAMETER, STROKE
from ..explore.words import SUPERSCRIPT, count, decimals, listed, minus, number, worked
from ..functions import mean_squared_error
from ..numerical import numerical_gradient
from .turn import turn

A, B = (-2.0, 4.0), (-3.0, 6.0)  # the a and b of the sliders
MAP_A, MAP_B = (-2.8, 4.8), (-4.2, 7.2)  # what the map shows: room for an arrow at the sliders' ends
ARROW = 0.14  # the length of the gradient's arrow, as a part of the map
PARABOLA = (-2.6, 5.4)  # the a that the parabola shows: where a step of its sliders may land
LEVELS = [0.1, 0.3, 1, 3, 10, 30, 100]  # the loss on the map's contour lines
SMALL = 10.5  # pt: 14.6 px
STEPS = 100  # the most that the descent's picture has room for
HIGHEST = 1000  # the loss at the top of the descent's chart
CLOSE = 1e-3  # this near to the lowest loss counts as arrived
FAR = 1e12  # a line drawn from farther away would miss its pixels


def make_line_and_surface(x, t, x_name, y_name):
    """draw(a, b): the line a·x + b through points, and its place on the map of the loss.

    x, t: the points, (N,).
    """
    figure, (line_ax, map_ax) = new_figure(400, 2)
    best_a, best_b = best_line(x, t)
    lowest = mean_squared_error(best_a * x + best_b, t)
    heights = np.concatenate([t, *(a * x + b for a in A for b in B)])  # no miss may leave the frame
    line_ax.set(title="The line", xlabel=x_name, ylabel=y_name, xlim=(x.min() - 0.5, x.max() + 0.5))
    line_ax.set(ylim=(heights.min() - 1, heights.max() + 1))
    moving_line(line_ax, "o", color=DATA, markersize=7, zorder=4).set_data(x, t)
    ends = np.array(line_ax.get_xlim())
    line = moving_line(line_ax, color=FORWARD, linewidth=2.5)
    misses = moving_line(line_ax, color=STROKE[HIGHLIGHT], linewidth=4, zorder=3)
    _draw_map(map_ax, x, t)
    place = moving_dot(map_ax, markersize=12, clip_on=False)

    def draw(a=1.0, b=0.0):
        y = a * x + b
        loss = mean_squared_error(y, t)
        line.set_data(ends, a * ends + b)
        bars = np.column_stack([y, t, np.full(len(x), np.nan)])  # nan: a gap between two bars
        misses.set_data(np.repeat(x, 3), bars.ravel())
        place.set_data([a], [b])
        wide = ", ".join(number(round(miss, 2)) for miss in y - t)
        found = f"The lowest is {number(round(lowest, 4), 7)}, at the cross."
        if loss < lowest + 1e-9:
            found = "This is the lowest point: no line does better."
        return Picture(
            figure, f"a = {number(a)}, b = {number(b)}: the misses are {wide}; "
            f"the loss is {number(round(loss, 4), 7)}. {found}"
        )  # fmt: skip

    return draw


def make_parabola(x, t):
    """draw(a, alpha): the loss over a alone, with b at its best, and one step of gradient descent.

    x, t: the points, (N,).
    """
    figure, ax = new_figure(360, xlabel="a", ylabel="loss E", xlim=PARABOLA)
    best_a, b = (round(best, 9) for best in best_line(x, t))
    alone = np.linspace(*PARABOLA, 161)
    losses = np.mean((alone[:, None] * x + b - t) ** 2, axis=1)
    floor = -0.09 * losses.max()  # px below the curve for the step's arrow
    ax.set(title=f"The loss over a, with b = {number(b)}", ylim=(1.6 * floor, losses.max()))
    (curve,) = ax.plot(alone, losses, color=FORWARD, linewidth=2.5, label="the loss")
    tangent = moving_line(ax, "--", color=BACKWARD, linewidth=2, label="its tangent at a")
    drops = moving_line(ax, color=MUTED, linewidth=1.2, linestyle=":")
    landing = moving_dot(ax, color=PAPER)
    place = moving_dot(ax)
    step = _moving_arrow(ax, PARAMETER)
    (blue,) = ax.plot([], [], color=PARAMETER, linewidth=2.5, label="the step")
    ax.legend(handles=[curve, tangent, blue], loc="upper center", frameon=False, fontsize=SMALL)

    def draw(a=3.0, alpha=0.1):
        y = a * x + b
        slope = round(float(np.mean(2 * (y - t) * x)), 9)
        new = round(a - alpha * slope, 9)
        before, after = (round(mean_squared_error(at * x + b, t), 9) for at in (a, new))
        reach = 1.1 / np.hypot(1, slope / 12)  # short where it is steep
        tangent.set_data([a - reach, a + reach], [before - reach * slope, before + reach * slope])
        drops.set_data([a, a, np.nan, new, new], [before, floor, np.nan, floor, after])
        place.set_data([a], [before])
        landing.set_data([new], [after])
        step.set_visible(new != a)
        step.set_positions((a, floor), (new, floor))
        crosses = (new - best_a) * (a - best_a) < -1e-9
        return Picture(figure, _say_step(a, alpha, slope, before, after, crosses))

    return draw


def make_descent(x, t):
    """draw(alpha, steps, start_a, start_b): gradient descent's path on the map, and its loss by step.

    x, t: the points, (N,). steps: up to STEPS.
    """
    figure, (map_ax, loss_ax) = new_figure(400, 2)
    lowest = mean_squared_error(np.polyval(best_line(x, t), x), t)
    curvature = steepest_curvature(x)
    _draw_map(map_ax, x, t)
    loss_ax.set(title="The loss after each step", xlabel="step", yscale="log")
    loss_ax.set(xlim=(-2, STEPS + 2), ylim=(lowest / 3, HIGHEST))
    loss_ax.set_yticks([0.1, 1, 10, 100, 1000], ["0.1", "1", "10", "100", "1000"])
    loss_ax.minorticks_off()
    loss_ax.axhline(lowest, color=MUTED, linewidth=1.2, linestyle=":")
    loss_ax.text(STEPS, lowest / 1.4, "the lowest", ha="right", va="top", fontsize=SMALL)
    path = moving_line(map_ax, "o--", color=BACKWARD, linewidth=1.8, markersize=4)
    uphill = _moving_arrow(map_ax, DATA)
    place = moving_dot(map_ax, markersize=12, clip_on=False)
    curve = moving_line(loss_ax, "o-", color=DATA, linewidth=1.5, markersize=4)
    now = moving_dot(loss_ax, markersize=12)

    def draw(alpha=0.1, steps=10, start_a=-1.0, start_b=4.0):
        places, losses = descend(x, t, alpha, STEPS, start_a, start_b)
        arrived = np.flatnonzero(losses < lowest + CLOSE)
        places, losses = places[: steps + 1], losses[: steps + 1]
        path.set_data(*places[np.abs(places).max(axis=1) < FAR].T)
        (a, b), arrow = places[-1], None
        on_map = MAP_A[0] <= a <= MAP_A[1] and MAP_B[0] <= b <= MAP_B[1]
        place.set_data(*places[-1:].T if on_map else ([], []))
        if on_map:
            arrow = gradient_arrow(x, t, a, b)
            uphill.set_positions((a, b), arrow)
        uphill.set_visible(arrow is not None)
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


def gradient_arrow(x, t, a, b):
    """The tip of an arrow from (a, b) along the gradient that stays on the map; None where that is 0."""
    misses = a * x + b - t
    size = np.array([np.ptp(MAP_A), np.ptp(MAP_B)])
    way = np.array([np.mean(2 * misses * x), np.mean(2 * misses)])
    steep = np.hypot(*(way / size))
    if steep < 1e-9:
        return None
    edge = np.where(way > 0, (MAP_A[1], MAP_B[1]), (MAP_A[0], MAP_B[0]))
    room = [(end - at) / w for end, at, w in zip(edge, (a, b), way, strict=True) if w]
    return np.array([a, b]) + min(ARROW / steep, *room) * way


def descend(x, t, alpha, steps, a, b):
    """Gradient descent on the mean squared error of a·x + b from (a, b).

    Returns the places, (steps + 1, 2), and the loss at each, (steps + 1,).
    """
    xx, xt, mean_x, mean_t = (float(np.mean(v)) for v in (x * x, x * t, x, t))  # plain numbers are quick
    places = [(a, b)]
    for _ in range(steps):
        da, db = 2 * (a * xx + b * mean_x - xt), 2 * (a * mean_x + b - mean_t)
        # rounded, else floating point's crumbs would walk away from the lowest point
        a, b = round(a - alpha * da, 12), round(b - alpha * db, 12)
        places.append((a, b))
    with np.errstate(over="ignore", invalid="ignore"):  # a diverging path may leave all numbers
        places = np.array(places)
        misses = places[:, :1] * x + places[:, 1:] - t
        return places, np.mean(misses**2, axis=1)


def best_line(x, t):
    """The (a, b) with the lowest mean squared error, from the formula of least squares."""
    a = np.sum((x - x.mean()) * (t - t.mean())) / np.sum((x - x.mean()) ** 2)
    return float(a), float(t.mean() - a * x.mean())


def steepest_curvature(x):
    """The largest second derivative of the loss in any direction: α above 2 / it diverges."""
    return float(np.linalg.eigvalsh(2 * np.array([[np.mean(x * x), x.mean()], [x.mean(), 1]]))[-1])


def _draw_map(ax, x, t):
    """The loss over the plane of all (a, b), as a map with contour lines."""
    a, b = np.linspace(*MAP_A, 121)[:, None, None], np.linspace(*MAP_B, 121)[None, :, None]
    loss = np.mean((a * x + b - t) ** 2, axis=-1).T
    sides = a.ravel(), b.ravel(), loss
    ax.contourf(*sides, [0, *LEVELS, 1000], colors=_shades(len(LEVELS) + 1), zorder=0)
    lines = ax.contour(*sides, LEVELS, colors="#3b6d94", linewidths=0.9, zorder=1)
    ax.clabel(lines, [1, 3, 10, 30, 100], fontsize=SMALL, colors=DATA)
    ax.plot(*best_line(x, t), "+", color=DATA, markersize=13, markeredgewidth=2, zorder=2)
    ax.set(title="The loss of every line", xlabel="a", ylabel="b", xlim=MAP_A, ylim=MAP_B)
    ax.grid(False)


def _shades(n):
    """Blues from deep (a low loss) to nearly white."""
    deep, pale = np.array([0.45, 0.68, 0.87]), np.array([0.97, 0.985, 1.0])
    return [tuple(deep + (pale - deep) * i / (n - 1)) for i in range(n)]


def _moving_arrow(ax, color):
    """An arrow that a slider moves, with set_positions((x1, y1), (x2, y2))."""
    look = {"arrowstyle": "-|>", "mutation_scale": 17, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    arrow = FancyArrowPatch((0, 0), (1, 1), color=color, zorder=4.5, **look)
    return moving(ax.add_patch(arrow))


def _say_step(a, alpha, slope, before, after, crosses):
    """What one step along a alone does. crosses: whether it goes past the lowest point."""
    if slope == 0:
        return f"At a = {number(a)} the slope is 0: this is the lowest point, and no step leads away from it."
    there = f"At a = {number(a)} the slope is {number(slope)}"
    if alpha == 0:
        return f"{there}. The step is α times that: 0. So a stays, and so does the loss."
    moved = worked("{} − {} · {}", lambda a, alpha, slope: round(a - alpha * slope, 9), a, alpha, slope)
    was, now = _apart(before, after)
    if after > before:
        verdict = f"That is too far past the lowest point: the loss rises from {was} to {now}."
    else:
        past = "It goes past the lowest point, and the" if crosses else "The"
        verdict = f"{past} loss falls from {was} to {now}."
    return f"{there}, so the step goes {'left' if slope > 0 else 'right'}: a becomes {moved}. {verdict}"


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
ONE_PARAMETER = Question(
    "a after one step from 3", 1.88,
    "The step is α times the slope, 0.1 · 11.2 = 1.12, and against it: 3 − 1.12.",
    "Multiply the slope by α, and subtract that from a.",
    {4.12: "You added the step. A positive slope rises to the right: go left.",
     -8.2: "You subtracted the whole slope. The step is α times it.",
     1.12: "That is the length of the step. Where does it lead from 3?"},
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
