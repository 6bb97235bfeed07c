"""The picture of chapter 00: one neuron."""

import numpy as np

from ..functions import sigmoid
from ..explore.figures import new_figure
from ..explore.style import FORWARD, HIGHLIGHT, MUTED


def neuron_picture():
    """draw(w, b, x): the curve y = σ(w x + b), and the neuron's answer to one input x."""
    figure, ax = new_figure(320, xlabel="input x", ylabel="output y", xlim=(-6, 6), ylim=(-0.05, 1.05))
    xs = np.linspace(-6, 6, 241)
    (curve,) = ax.plot([], [], color=FORWARD, lw=3, animated=True)
    (drop,) = ax.plot([], [], color=MUTED, lw=1.2, ls=":", animated=True)
    (point,) = ax.plot([], [], "o", color=HIGHLIGHT, ms=12, animated=True)

    def draw(w=1.0, b=0.0, x=2.0):
        y = float(sigmoid(w * x + b))
        curve.set_data(xs, sigmoid(w * xs + b))
        drop.set_data([x, x, -6], [-0.05, y, y])
        point.set_data([x], [y])
        total = f"{w:.1f} · {x:.1f} + {b:.1f} = {w * x + b:.2f}".replace("-", "−").replace("+ −", "− ")
        level = "fires" if y > 0.9 else "stays silent" if y < 0.1 else "is undecided"
        figure.sentence = f"The neuron sums {total} and answers σ of it, {y:.3f}: it {level}."
        return figure

    return draw
