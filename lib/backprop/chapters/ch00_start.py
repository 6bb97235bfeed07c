"""The picture of chapter 00: one neuron."""

import numpy as np

from ..explore.figures import moving_dot, moving_line, new_figure
from ..explore.picture import Picture
from ..explore.style import FORWARD, MUTED
from ..explore.words import number, worked
from ..functions import sigmoid


def make_neuron():
    """draw(w, b, x): the curve y = σ(w x + b), and the neuron's answer to one input x."""
    figure, ax = new_figure(320, xlabel="input x", ylabel="output y", xlim=(-6, 6), ylim=(-0.05, 1.05))
    xs = np.linspace(-6, 6, 241)
    curve = moving_line(ax, color=FORWARD, linewidth=3)
    drop = moving_line(ax, color=MUTED, linewidth=1.2, linestyle=":")
    point = moving_dot(ax)

    def draw(w=1.0, b=0.0, x=2.0):
        y = float(sigmoid(w * x + b))
        curve.set_data(xs, sigmoid(w * xs + b))
        drop.set_data([x, x, -6], [-0.05, y, y])
        point.set_data([x], [y])
        total = worked("{} · {} + {}", lambda w, x, b: w * x + b, w, x, b)
        level = "fires" if y > 0.9 else "stays silent" if y < 0.1 else "is undecided"
        answer = number(y) if number(y) not in ("0", "1") else f"nearly {number(y)}"
        return Picture(figure, f"The neuron sums {total} and answers σ of it, {answer}: it {level}.")

    return draw
