"""A line through points, its place on the loss surface, and gradient descent's path over it."""

import numpy as np

from ..functions import mean_squared_error
from ..explore.figures import new_figure
from ..explore.style import BACKWARD, DATA, FORWARD, HIGHLIGHT, MUTED
from ..explore.words import number

A, B = (-2.0, 4.0), (-3.0, 6.0)  # the part of the plane of all (a, b) that the map shows
LEVELS = [0.1, 0.3, 1, 3, 10, 30, 100]  # the loss on the map's contour lines
SMALL = 10.5  # pt: 14.6 px
STEPS = 100  # the most that the descent's picture has room for
CLOSE = 1e-3  # this near to the lowest loss counts as arrived


def line_and_surface(x, y, x_name="x", y_name="y"):
    """A picture of the line a·x + b through points, and of its place on the map of the loss.

    x, y: the points, (N,). Returns draw(a, b), whose Figure shows both side by side.
    """
    figure, (line_ax, map_ax) = new_figure(400, 2)
    lowest = best_line(x, y)
    line_ax.set(title="The line", xlabel=x_name, ylabel=y_name, xlim=(x.min() - 0.5, x.max() + 0.5))
    line_ax.set(ylim=(y.min() - 4, y.max() + 4))
    line_ax.plot(x, y, "o", color=DATA, markersize=9, zorder=4, animated=True)
    ends = np.array(line_ax.get_xlim())
    (line,) = line_ax.plot([], [], color=FORWARD, linewidth=2.5, animated=True)
    (misses,) = line_ax.plot([], [], color=HIGHLIGHT, linewidth=4, animated=True, zorder=3)
    _draw_map(map_ax, x, y)
    (place,) = map_ax.plot([], [], "o", animated=True, clip_on=False, **_PLACE)

    def draw(a=1.0, b=0.0):
        prediction = a * x + b
        loss = mean_squared_error(prediction, y)
        line.set_data(ends, a * ends + b)
        bars = np.column_stack([prediction, y, np.full(len(x), np.nan)])  # nan: a gap between two bars
        misses.set_data(np.repeat(x, 3), bars.ravel())
        place.set_data([a], [b])
        wide = ", ".join(number(round(miss, 2) + 0.0) for miss in prediction - y)
        figure.sentence = f"a = {number(a)}, b = {number(b)}: the misses are {wide}; the loss is {loss:.2f}. "
        figure.sentence += _compare(loss, mean_squared_error(lowest[0] * x + lowest[1], y))
        return figure

    return draw


def descent(x, y):
    """A picture of gradient descent on the loss of a·x + b: its path on the map, its loss by step.

    x, y: the points, (N,). Returns draw(alpha, steps, start_a, start_b); steps up to STEPS.
    """
    figure, (map_ax, loss_ax) = new_figure(400, 2)
    lowest = mean_squared_error(np.polyval(best_line(x, y), x), y)
    curvature = steepest_curvature(x)
    _draw_map(map_ax, x, y)
    loss_ax.set(title="The loss after each step", xlabel="step", yscale="log")
    loss_ax.set(xlim=(-2, STEPS + 2), ylim=(lowest / 3, 1000))
    loss_ax.set_yticks([0.1, 1, 10, 100, 1000], ["0.1", "1", "10", "100", "1000"])
    loss_ax.minorticks_off()
    loss_ax.axhline(lowest, color=MUTED, linewidth=1.2, linestyle=":")
    loss_ax.text(STEPS, lowest / 1.1, "the lowest", ha="right", va="top", fontsize=SMALL)
    (path,) = map_ax.plot([], [], "o--", color=BACKWARD, linewidth=1.8, markersize=4, animated=True)
    (place,) = map_ax.plot([], [], "o", animated=True, **_PLACE)
    (curve,) = loss_ax.plot([], [], "o-", color=DATA, linewidth=1.5, markersize=4, animated=True)
    (now,) = loss_ax.plot([], [], "o", animated=True, **_PLACE)

    def draw(alpha=0.1, steps=10, start_a=-1.0, start_b=4.0):
        places, losses = descend(x, y, alpha, STEPS, start_a, start_b)
        arrived = np.flatnonzero(losses < lowest + CLOSE)
        places, losses = places[: steps + 1], losses[: steps + 1]
        near = np.clip(places, -50, 50)  # a diverging path ends outside the map anyway
        path.set_data(*near.T)
        place.set_data(*near[-1:].T)
        seen = np.clip(losses, 1e-9, 1e9)
        curve.set_data(range(len(seen)), seen)
        now.set_data([len(seen) - 1], seen[-1:])
        figure.sentence = _say(alpha, alpha * curvature, places, losses, lowest, arrived)
        return figure

    return draw


def descend(x, y, alpha, steps, a, b):
    """Gradient descent on the mean squared error of a·x + b from (a, b).

    Returns the places, (steps + 1, 2), and the loss at each, (steps + 1,).
    """
    places = [(a, b)]
    for _ in range(steps):
        miss = a * x + b - y
        a, b = a - alpha * 2 * float(miss @ x) / len(x), b - alpha * 2 * float(miss.sum()) / len(x)
        places.append((a, b))
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


_PLACE = {"color": HIGHLIGHT, "markeredgecolor": DATA, "markersize": 12, "zorder": 5}


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


def _shades(count):
    """Blues from deep (a low loss) to nearly white."""
    deep, pale = np.array([0.45, 0.68, 0.87]), np.array([0.97, 0.985, 1.0])
    return [tuple(deep + (pale - deep) * i / (count - 1)) for i in range(count)]


def _compare(loss, lowest):
    if loss < lowest + 5e-4:
        return "This is the lowest point: no line does better."
    return f"The lowest is {lowest:.2f}, at the cross."


def _say(alpha, stretch, places, losses, lowest, arrived):
    """What a descent did, in words and numbers.

    stretch: α × the steepest curvature. A step turns the distance from the valley's floor into
        1 − stretch times itself: above 1 it lands on the other side, above 2 it lands farther away.
    arrived: the steps, of all STEPS, at which the loss is CLOSE to the lowest.
    """
    steps = len(losses) - 1
    digits = 4 if CLOSE <= losses[-1] - lowest < 0.01 else 2  # else both could read the same
    where = _minus(f"a = {places[-1, 0]:.2f}, b = {places[-1, 1]:.2f}, loss {losses[-1]:.{digits}f}")
    counted = f"{steps} step" + "s" * (steps != 1)
    if steps == 0:
        return f"No step yet: {where}."
    if losses[0] < lowest + 1e-9:
        return "The start is the lowest point: the gradient is 0 there, and no step leads away."
    if alpha == 0:
        return f"α = 0 never moves: {where}."
    if stretch > 2:
        if losses[-1] < losses[0]:
            return (
                f"α = {alpha:g} diverges: every step leaps across the valley and lands farther from its "
                f"floor. The way along the valley still keeps the loss, {losses[-1]:.2f}, below its start, "
                "but not for good."
            )
        size = f"{losses[-1]:.2f}" if losses[-1] < 1000 else f"about 10^{np.log10(losses[-1]):.0f}"
        return (
            f"α = {alpha:g} is too large: the path diverges. Every step leaps across the valley and "
            f"lands farther from its floor. After {counted} the loss is {size}."
        )
    zigzag = " It leaps from side to side of the valley, but less far each time." if stretch > 1.2 else ""
    if not arrived.size and not zigzag:
        nor = f", nor do {STEPS}" if steps < STEPS else ""
        verb = "does" if steps == 1 else "do"
        return f"α = {alpha:g} is too small: {counted} {verb} not arrive{nor}. Now {where}."
    if not arrived.size or arrived[0] > steps:
        return f"Not there yet after {counted}: {where}; the lowest is {lowest:.{digits}f}.{zigzag}"
    return (
        f"It has arrived: from step {arrived[0]} on the loss is within {CLOSE} of the lowest, "
        f"{lowest:.2f}. Now {where}.{zigzag}"
    )


def _minus(words):
    return words.replace("-", "−")
