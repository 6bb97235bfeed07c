"""The pictures of chapter 00: one neuron, and a whole network that learns, at a glance."""

import math

import numpy as np

from ..explore.figures import moving_dot, moving_line, new_figure
from ..explore.picture import Picture, drawing
from ..explore.question import Question
from ..explore.style import BACKWARD, DATA, FAINT, FORWARD, HIGHLIGHT, MUTED, PAPER, PARAMETER
from ..explore.svg import arrow, between, box, circle, legend, text
from ..explore.words import decimals, number, worked
from ..functions import sigmoid
from ..graph import Value
from ..layers import Affine, HalfSquaredError, Sigmoid
from ..network import Network

X, TARGET, ALPHA = [[1.0, 0.5, 0.0]], [[1.0, 0.0]], 1.0  # what the network at a glance learns from
W1 = [[0.5, -0.5, 1.0, 0.0], [1.0, 0.5, -0.5, -1.0], [0.0, 1.0, 0.5, -0.5]]
W2 = [[-1.0, 1.0], [0.5, 0.5], [-0.5, 1.0], [1.0, -0.5]]
LAYERS = (3, 4, 2)  # nodes
DONE = "#d3ede4"  # a node that has its value


def make_neuron():
    """draw(w, b, x): the curve y = σ(w x + b), and the neuron's answer to one input x."""
    figure, ax = new_figure(320, xlabel="input x", ylabel="output y", xlim=(-6, 6), ylim=(-0.05, 1.05))
    xs = np.linspace(-6, 6, 241)
    curve = moving_line(ax, color=FORWARD, linewidth=3)
    drop = moving_line(ax, color=MUTED, linewidth=1.2, linestyle=":")
    point = moving_dot(ax, clip_on=False)  # whole, also at the ends

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


def glance(step=0):
    """A whole network in one learning step: forward, loss, backward, update, forward again.

    step: 0…7. The only numbers are the losses before and after.
    """
    before, after = losses()
    sentence = [
        "An input, a target, and a weight on every line. Nothing is computed yet.",
        "Forward: the hidden layer computes its values from the input.",
        "Forward: the output layer computes the output from these.",
        f"The loss compares the output with the target: {before}.",
        "Backward: from the loss to the output layer. Its weights now have their gradients.",
        "Backward: on to the hidden layer. Now every weight has its gradient.",
        "Update: every weight moves a little, in the direction in which the loss falls.",
        f"Forward again, with the new weights: the loss was {before} and is now {after}.",
    ][step]
    at = [[(90 + 190 * c, 186 + 70 * (r - (n - 1) / 2)) for r in range(n)] for c, n in enumerate(LAYERS)]
    loss, r = (640, 186), 22
    shapes = [legend(), arrow(400, 16, 444, 16, PARAMETER, 4), text(452, 21, "update", PARAMETER, "start")]
    for c, words in enumerate(("input", "hidden layer", "output layer")):
        shapes.append(text(90 + 190 * c, 346, words, MUTED))
        after_it = at[c + 1] if c < 2 else [loss]
        for a in at[c]:
            for b in after_it:
                shapes.append(_way(between(a, b, r, r if c < 2 else 54), c, step))
    for c, column in enumerate(at):
        lit, done = step in ((), (1, 5, 7), (2, 4, 7))[c], step >= c
        color = HIGHLIGHT if lit else DATA if done else MUTED
        shapes += [circle(x, y, r, color, DONE if done else PAPER, 4 if lit else 2) for x, y in column]
    shown = "" if step < 3 else after if step == 7 else before
    x, y = loss
    shapes.append(box(x - 54, y - 30, 108, 60, HIGHLIGHT if step in (3, 7) else MUTED, line_width=3))
    shapes += [
        text(x, y - 6 if shown else y + 6, "loss", bold=True),
        text(x, y + 18, shown, FORWARD, bold=True),
    ]
    shapes += [arrow(x, y + 96, x, y + 34, MUTED), text(x, y + 116, "target", MUTED)]
    return drawing(364, "A network that learns", sentence, *shapes)


def losses():
    """The network's loss before and after one update, with two decimals."""
    layers = [Affine(W1, np.zeros(4)), Sigmoid(), Affine(W2, np.zeros(2)), Sigmoid()]
    network = Network(layers, HalfSquaredError())
    x, t = np.array(X), np.array(TARGET)
    before = network.loss(x, t)
    for name, gradient in network.gradient(x, t).items():
        network.params[name] -= ALPHA * gradient
    return decimals(before, 2), decimals(network.loss(x, t), 2)


def _way(line, column, step):
    """The line that leaves a node of this column, as it stands after this step."""
    x1, y1, x2, y2 = line
    if step == 6 and column < 2:
        return arrow(*line, PARAMETER, 4)
    if (step, column) in ((4, 2), (4, 1), (5, 0)):
        return arrow(x2, y2, x1, y1, BACKWARD, 2.5, dashed=True)
    now = step == 7 or step == column + 1
    return arrow(*line, FORWARD if now else MUTED if column < step else FAINT, 2.5 if now else 1.4)


def multiplications(inputs, outputs):
    """How many multiplications one layer of Values takes, forward and backward: two counts.

    Those by 1, which only pass a gradient on, are left out.
    """
    x = [Value(1) for _ in range(inputs)]
    y = [sum((Value(1) * one for one in x), Value(0)) for _ in range(outputs)]  # a weight for each
    nodes = [value for value in sum(y, Value(0)).order() if value.op == "×"]
    return len(nodes), sum(len(node.inputs) for node in nodes)


# the questions, in the chapter's order
# fmt: off

HALF = Question(
    "The input x that gives y = 0.5", 0,
    "The sum is then 1 · 0 + 0 = 0, and σ(0) = 1 / (1 + 1) = 0.5.",
    "σ(z) is 0.5 where e^−z is 1. For which z is that?",
    {0.5: "The sum is then 0.5, and σ(0.5) is about 0.62. σ of the sum must be 0.5, not the sum.",
     1: "The sum is then 1, and σ(1) is about 0.73.",
     -1: "The sum is then −1, and σ(−1) is about 0.27."},
)
FIRE = Question(
    "Your b, with w = 5", math.log(9) - 5.25,
    "Any b above −3.303 and up to −2.803 does. y is 0.9 where the sum is ln 9, about 2.197: at x = 1.1 it is "
    "past that, at x = 1 not yet.",
    "Set w to 5 and x to 1.1: if the neuron does not fire, b is too small. Then set x to 1: if it fires, b "
    "is too large.",
    {3.1: "Mind the sign: a positive b moves the curve to the left, and the neuron fires too early.",
     -5: "Now y is near 0.5 at x = 1. The curve's middle is there; it fires further right.",
     0: "It fires at x = 0.5 already. The curve must move to the right."},
    within=0.25,
)
STEP = Question(
    "The student leaves out", "the update",
    "The backward pass finds what to change and how strongly; the update changes it. Only then does the "
    "next forward pass go better.",
    "Which of the three changes a weight?",
    {"the forward pass": "That is the exam, and she sat it.",
     "the backward pass": "She went through her mistakes: she knows what to change. Has she changed it?"},
    choices=("the forward pass", "the backward pass", "the update"),
)
PASSES = Question(
    "Forward passes for 1,000 weights", 1001,
    "One pass with no weight changed, and one for each changed weight: 1 + 1,000. Backpropagation "
    "needs one forward and one backward pass, for any number of weights.",
    "Each changed weight needs a pass. What do you compare its loss with?",
    {1000: "You compare each loss with that of the unchanged network. That takes one pass more.",
     2000: "The unchanged network's loss is the same for all weights: measure it once.",
     2: "That is what backpropagation needs: one pass forward, one back. Trying out takes many more."},
)
# fmt: on
