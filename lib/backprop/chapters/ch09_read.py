"""The pictures of chapter 09: digits, what a network reads in them, and what it has learned.

Training ends a little differently on other processors. These pictures are Figures, stored as PNG, and
each Picture's stored sentence is true on all of them. x are images as bytes, (N, 784), t their labels.
"""

from operator import add, mul

import ipywidgets as widgets
import numpy as np
from matplotlib.patches import Rectangle

from ..explore.figures import moving, moving_dot, moving_line, new_figure
from ..explore.panel import Panel
from ..explore.picture import Picture
from ..explore.question import Question, Reply
from ..explore.style import BACKWARD, DATA, FAINT, FORWARD, GRID, HIGHLIGHT, INK, PARAMETER, STROKE, WIDTH
from ..explore.widgets.pad import SIDE, DrawingPad, as_mnist
from ..explore.words import count, decimals, worked
from ..functions import bytes_to_floats, log_softmax, softmax
from ..layers import SoftmaxWithLoss
from ..network import TwoLayerNet
from ..training import train
from .turn import turn

PAGE = 10  # images on a page of mistakes
BLANK = np.zeros((28, 28), np.uint8)


def make_gallery(x, t):
    """draw(first): ten images of x from this place on, with their labels."""
    figure, show_images = _gallery()

    def draw(first=0):
        labels = [str(label) for label in t[first : first + 10]]
        show_images(x[first : first + 10], labels)
        return Picture(figure, f"Images {first:,} to {first + 9:,}: {' '.join(labels)}.")

    return draw


def make_curves(losses, accuracies):
    """draw(smoothing): the loss of every iteration, and accuracies [(iteration, train, test), …]."""
    figure, (left, right) = new_figure(320, columns=2, xlabel="iteration", xlim=(0, len(losses)))
    left.set(title="loss of the mini-batches", ylim=(0, 1.05 * max(losses)))
    right.set(title="accuracy (%)", ylim=(80, 100))
    iterations, train_accuracy, test_accuracy = (np.array(column) for column in zip(*accuracies, strict=True))
    right.plot(iterations, 100 * train_accuracy, "o-", color=PARAMETER, ms=4, label="training images")
    right.plot(iterations, 100 * test_accuracy, "s--", color=BACKWARD, ms=4, label="test images")
    right.legend(loc="lower right", fontsize=11)
    left.plot(losses, color=FAINT, lw=0.6)
    mean = moving_line(left, color=BACKWARD, lw=2)
    stored = "The loss falls quickly at first and slowly later; both accuracies rise above 95 %."

    def draw(smoothing=100):
        means = running_mean(losses, smoothing)
        mean.set_data(np.arange(len(means)) + smoothing, means)
        first = "Loss" if smoothing == 1 else "Mean loss"
        batches = "mini-batch" if smoothing == 1 else f"{smoothing} mini-batches"
        sentence = (
            f"{first} of the first {batches} {means[0]:.2f}, of the last {means[-1]:.2f}; accuracy "
            f"{train_accuracy[-1]:.1%} on training images, {test_accuracy[-1]:.1%} on test images."
        )
        return Picture(figure, sentence, stored)

    return draw


def running_mean(values, length):
    """The mean of every run of so many values, (N − length + 1,)."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return (sums[length:] - sums[:-length]) / length


def measured(network, x, t):
    """(loss, accuracy) of a network on the images x, from one forward pass."""
    y = scores(network, x)
    return SoftmaxWithLoss().forward(y, t), float(np.mean(y.argmax(axis=1) == t))


def make_overfitting(history):
    """draw(epoch): history has ((loss, accuracy) on training images, the same on validation images)."""
    history = np.array(history)  # (epochs, 2, 2)
    losses, accuracies = history[..., 0], 100 * history[..., 1]
    figure, axes = new_figure(320, columns=2, xlabel="epoch", xlim=(0, len(history) + 2))
    dots = []
    for ax, values, title in zip(axes, (losses, accuracies), ("loss", "accuracy (%)"), strict=True):
        epochs = range(1, len(values) + 1)
        ax.plot(epochs, values[:, 0], color=PARAMETER, lw=2, label="training images")
        ax.plot(epochs, values[:, 1], "--", color=BACKWARD, lw=2, label="validation images")
        ax.set(title=title, ylim=(0, 1.05 * values.max()))
        dots.append([moving_dot(ax), moving_dot(ax)])
    axes[1].legend(loc="lower right", fontsize=11)
    stored = (
        "On training images the accuracy reaches 100.0%. On validation images it stays below 93%, and the "
        "loss rises again."
    )

    def draw(epoch=1):
        for pair, values in zip(dots, (losses, accuracies), strict=True):
            for dot, value in zip(pair, values[epoch - 1], strict=True):
                dot.set_data([epoch], [value])
        (loss, held), (share, held_share) = losses[epoch - 1], accuracies[epoch - 1]
        best = int(np.argmin(losses[:epoch, 1]))
        sentence = (
            f"After {count(epoch, 'epoch')}: loss {loss:.2f} on training images, {held:.2f} on validation "
            f"images; read right {share:.1f}% and {held_share:.1f}%. Lowest validation loss so far: "
            f"{losses[best, 1]:.2f}, after epoch {best + 1}."
        )
        return Picture(figure, sentence, stored)

    return draw


def make_weights(network):
    """draw(node): the weights into every hidden node as images, and one node's votes for the digits."""
    W1, W2 = network.params["W1"], network.params["W2"]
    nodes, columns = W1.shape[1], 10
    mosaic = tiles(W1.T, columns, -(-nodes // columns))
    figure, (left, middle, right) = new_figure(260, columns=3)
    left.get_gridspec().set_width_ratios([2, 1, 1])
    limit = 0.6 * float(np.abs(W1).max())
    colors = {"cmap": "PuOr", "vmin": -limit, "vmax": limit}  # orange is negative, purple positive
    left.imshow(mosaic, **colors)
    large = moving(middle.imshow(BLANK, interpolation="none", **colors))
    frame = moving(left.add_patch(Rectangle((0, 0), 30, 30, fill=False, ec=DATA, lw=3)))
    left.set_title(f"all {nodes} hidden nodes")
    middle.set_title("one node's weights")
    longest = float(np.abs(W2).max())
    right.set(title="its votes", yticks=range(10), xlim=(-longest, longest))
    right.invert_yaxis()
    right.axvline(0, color=DATA, lw=1)
    for ax in (left, middle):
        ax.set_axis_off()
    bars = [moving(bar) for bar in right.barh(range(10), np.zeros(10))]
    stored = "Each hidden node has 784 weights, drawn as an image, and ten votes."

    def draw(node=0):
        large.set_data(W1[:, node].reshape(28, 28))
        frame.set_xy((30 * (node % columns) - 0.5, 30 * (node // columns) - 0.5))
        votes = W2[node]
        for bar, vote in zip(bars, votes, strict=True):
            bar.set_width(vote)
            bar.set_color(FORWARD if vote > 0 else BACKWARD)
        highest, lowest = int(votes.argmax()), int(votes.argmin())
        sentence = (
            f"Node {node}: its highest vote is {decimals(votes[highest], 2)}, for {highest}, "
            f"its lowest {decimals(votes[lowest], 2)}, for {lowest}."
        )
        return Picture(figure, sentence, stored)

    return draw


def make_trace(network, x, t):
    """draw(image, node, digit): an image of x on its way through a hidden node to a digit's score."""
    W1, b1, W2, b2 = (array.astype(float) for array in network.params.values())
    h = np.concatenate([np.maximum(bytes_to_floats(x[i : i + 1000]) @ W1 + b1, 0)
                        for i in range(0, len(x), 1000)])  # fmt: skip
    figure, pixels, weights, products, nodes, ten = _trace_figure(W1, h.max(axis=0) * np.abs(W2).max(axis=1))
    votes, chosen_vote = nodes
    y = h @ W2 + b2
    ten.set(xlim=(1.05 * y.min(), 1.05 * y.max()))
    bars = [moving(bar) for bar in ten.barh(range(10), np.zeros(10))]

    def draw(image=0, node=22, digit=7):
        inputs = bytes_to_floats(x[image]).astype(float)
        for shown, array in ((pixels, inputs), (weights, W1[:, node]), (products, inputs * W1[:, node])):
            shown.set_data(array.reshape(28, 28))
        parts = h[image] * W2[:, digit]
        _set_sticks(votes, range(len(parts)), parts)
        _set_sticks(chosen_vote, [node], parts[[node]])
        for k, (bar, score) in enumerate(zip(bars, y[image], strict=True)):
            bar.set_width(score)
            bar.set_color(HIGHLIGHT if k == digit else PARAMETER)
        total, fires = inputs @ W1[:, node], h[image, node] > 0
        lines = [
            worked(form, how, *values, digits=2, write=decimals)
            for form, how, values in (
                ("{} + {}", add, (total, b1[node])),
                ("{} × {}", mul, (h[image, node], W2[node, digit])),
                ("{} + {}", add, (parts.sum(), b2[digit])),
            )
        ]
        start = f"Image {image:,}, a {t[image]}. Node {node}"
        sentence = (
            f"{start}: {lines[0]}, {'passed on' if fires else 'made 0 by ReLU'}. Its vote for {digit}: "
            f"{lines[1]}. Score of {digit}: {lines[2]}; the highest is that of {y[image].argmax()}."
        )
        stored = f"{start} votes for {digit} or against it, as do all others."
        return Picture(figure, sentence, stored)

    return draw


def _trace_figure(W1, longest):
    """The figure of make_trace and what moves in it; longest: no node's part of a score is longer."""
    figure, axes = new_figure(490, columns=3, rows=2)
    grid = axes[3].get_gridspec()
    grid.set_height_ratios([1, 1])
    axes[4].remove()
    axes[3].set_subplotspec(grid[1, :2])
    colors = {"cmap": "PuOr", "vmin": -0.6 * np.abs(W1).max(), "vmax": 0.6 * np.abs(W1).max()}
    looks = ({"cmap": "gray_r", "vmin": 0, "vmax": 1}, colors, colors)
    titles = ("pixels", "× the node's weights", "= products")
    images = []
    for ax, look, title in zip(axes[:3], looks, titles, strict=True):
        images.append(_image_axes(ax, **look))
        ax.set_title(title)
    axes[3].set(title="activation × vote, of each node", xlabel="node", xlim=(-1, len(longest)),
                ylim=(-1.05 * longest.max(), 1.05 * longest.max()))  # fmt: skip
    axes[3].axhline(0, color=DATA, lw=1)
    look = {"lw": 5, "solid_capstyle": "butt"}
    sticks = (
        moving_line(axes[3], color=PARAMETER, **look),
        moving_line(axes[3], color=STROKE[HIGHLIGHT], **look),
    )
    axes[5].set(title="ten scores", yticks=range(10))
    axes[5].invert_yaxis()
    axes[5].axvline(0, color=DATA, lw=1)
    return figure, *images, sticks, axes[5]


def _set_sticks(line, places, heights):
    """Draw heights as sticks from 0, all in one line: that moves faster than a bar for each."""
    x, y = np.repeat(places, 3).astype(float), np.zeros(3 * len(heights))
    y[1::3], y[2::3] = heights, np.nan
    line.set_data(x, y)


def make_confusion(network, x, t):
    """draw(label, read_as): how often each digit of x is read as which, and the images of one cell."""
    read = scores(network, x).argmax(axis=1)
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (t, read), 1)
    mistakes = counts * (1 - np.eye(10, dtype=int))
    figure, (ax, below) = new_figure(560, rows=2)
    ax.get_gridspec().set_height_ratios([2.3, 1])
    ax.set(xlabel="read as", ylabel="label", xticks=range(10), yticks=range(10))
    ax.imshow(np.sqrt(mistakes), cmap="Oranges", aspect="auto", vmax=1.5 * np.sqrt(mistakes.max(initial=1)))
    ax.grid(False)
    for (label, guess), n in np.ndenumerate(counts):
        right = label == guess
        weight, color = ("bold", INK[FORWARD]) if right else ("normal", DATA)
        ax.text(guess, label, n, ha="center", va="center", fontsize=11, weight=weight, color=color)
    frame = moving(ax.add_patch(Rectangle((0, 0), 1, 1, fill=False, ec=DATA, lw=4, clip_on=False)))
    below.set_axis_off()
    images = moving(below.imshow(tiles([]), cmap="gray_r", vmin=0, vmax=255, interpolation="none"))
    title = moving(below.text(0.5, 1.04, "", ha="center", fontsize=11.5, transform=below.transAxes))
    below.set_title(" ")  # makes room

    def draw(label=4, read_as=9):
        chosen, n = np.flatnonzero((t == label) & (read == read_as)), counts[label, read_as]
        frame.set_xy((read_as - 0.5, label - 0.5))
        images.set_data(tiles(x[chosen[:SHOWN]]))
        title.set_text(f"the first {SHOWN} of {n}" if n > SHOWN else count(n, "image"))
        of = f"Of {counts[label].sum():,} images of {label}"
        stored = f"{of}, the framed cell counts those that are read as {read_as}; most are read right."
        sentence = f"{of}, {n:,} {'is' if n == 1 else 'are'} read as {read_as}"
        if label == read_as:
            sentence += ", which is right."
        else:
            back = counts[read_as, label]
            sentence += (
                f"; of {counts[read_as].sum():,} images of {read_as}, {back} {'is' if back == 1 else 'are'} "
                f"read as {label}: {n + back} in all."
            )
        return Picture(figure, sentence, stored)

    return draw


SHOWN = 20  # images of a cell, in two rows of ten


def tiles(images, columns=10, rows=2, between=2):
    """Images (N, 784) side by side as one, row by row; the places that are left are blank."""
    side = 28 + between
    mosaic = np.zeros((rows * side, columns * side), np.asarray(images).dtype)
    for k, image in enumerate(images):
        y, x = side * (k // columns) + between // 2, side * (k % columns) + between // 2
        mosaic[y : y + 28, x : x + 28] = np.reshape(image, (28, 28))
    return mosaic


def misread(network, x, t):
    """The numbers of the images of x that the network reads wrong; the largest losses first."""
    log_p = log_softmax(scores(network, x))
    wrong = np.flatnonzero(log_p.argmax(axis=1) != t)
    return wrong[np.argsort(log_p[wrong, t[wrong]], kind="stable")]


def make_mistakes(network, x, t, wrong):
    """draw(page): the images with the numbers wrong, ten a page, with label and reading."""
    p = softmax(network.predict(x[wrong]))
    read = p.argmax(axis=1)
    figure, show_images = _gallery()
    stored = "Ten test images that are read wrong, each with its label and with what was read."

    def draw(page=0):
        chosen = slice(PAGE * page, PAGE * page + PAGE)
        captions = [
            f"is {label}, read {guess}\nat {percent(row[guess])}"
            for label, guess, row in zip(t[wrong[chosen]], read[chosen], p[chosen], strict=True)
        ]
        show_images(x[wrong[chosen]], captions)
        sentence = (
            f"{len(wrong):,} of {len(x):,} images are read wrong. These are number {PAGE * page + 1} to "
            f"{PAGE * page + len(captions)}; the largest losses come first."
        )
        return Picture(figure, sentence, stored)

    return draw


def make_reading(network, x, t):
    """draw(image): image number so-and-so of x, and what the network reads in it."""
    show = _Reading(network)

    def draw(image=0):
        best, sentence = show(x[image])
        verdict = "right" if best == t[image] else "wrong"
        return Picture(
            show.figure, f"{sentence} The label is {t[image]}: {verdict}.", f"The label is {t[image]}."
        )

    return draw


class DrawnReading(Panel):
    """A drawing pad, and beside it what a network reads in the drawing; who is the network in words."""

    def __init__(self, network, who="The network"):
        super().__init__(make_drawn_reading(network, who), {"drawing": DrawingPad()})
        pad, *below = self.children
        pad.layout = {"width": "300px", "flex": "none"}
        self._views.layout = {"flex": "1 1 0", "min_width": "300px"}
        beside = widgets.HBox([pad, self._views], layout={"flex_flow": "row wrap"})
        self.children = [beside, *(part for part in below if part is not self._views)]


def make_drawn_reading(network, who="The network"):
    """draw(drawing): the same for what stands on a DrawingPad."""
    show = _Reading(network, who, width=456)

    def draw(drawing=b""):
        image = as_mnist(np.frombuffer(drawing, np.uint8).reshape(SIDE, SIDE)) if drawing else None
        _, sentence = show(image)
        return Picture(show.figure, sentence)

    return draw


def scores(network, x):
    """network.predict(x) in parts of 1,000 rows: all at once would take the memory of 10,000 images."""
    return np.concatenate([network.predict(x[i : i + 1000]) for i in range(0, len(x), 1000)])


def percent(p):
    """A probability as a percentage; softmax is never quite sure."""
    return "over 99%" if p >= 0.995 else f"{p:.0%}"


def _image_axes(ax, cmap="gray_r", vmin=0, vmax=255):
    """An empty image on axes of its own: a thin frame, no ticks, no grid."""
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set(visible=True, color=GRID)
    return moving(ax.imshow(BLANK, cmap=cmap, vmin=vmin, vmax=vmax, interpolation="none"))


def _gallery():
    """A figure of ten images in two rows, and show(images, captions), which fills it from the start."""
    figure, axes = new_figure(330, columns=5, rows=2)
    images, texts = [], []
    for ax in axes:
        images.append(_image_axes(ax))
        ax.set_xlabel(" \n ")  # room for the caption
        below = {"ha": "center", "va": "top", "fontsize": 11, "transform": ax.transAxes}
        texts.append(moving(ax.text(0.5, -0.06, "", **below)))

    def show(pictures, captions):
        for k, (image, caption) in enumerate(zip(images, texts, strict=True)):
            image.set_data(pictures[k].reshape(28, 28) if k < len(pictures) else BLANK)
            caption.set_text(captions[k] if k < len(captions) else "")

    return figure, show


class _Reading:
    """show(image): an image as the network sees it, beside the ten probabilities; show.figure."""

    def __init__(self, network, who="The network", width=WIDTH):
        self.network, self.who = network, who
        self.figure, (left, right) = new_figure(280, columns=2)
        self.figure.set_figwidth(width / 100)
        left.set_title("what the network sees")
        self.image = _image_axes(left)
        right.set(title="probability (%)", xlim=(0, 100), yticks=range(10))
        right.invert_yaxis()
        self.bars = [moving(bar) for bar in right.barh(range(10), np.zeros(10))]

    def __call__(self, image):
        """Draw a (28, 28) or (784,) image of bytes, or none. Returns (digit read, the sentence)."""
        there = image is not None
        p = softmax(self.network.predict(np.reshape(image, (1, 784))))[0] if there else np.zeros(10)
        best = int(p.argmax())
        self.image.set_data(np.reshape(image, (28, 28)) if there else BLANK)
        for digit, bar in enumerate(self.bars):
            bar.set_width(100 * p[digit])
            bar.set_color(FORWARD if digit == best else PARAMETER)
        if not there:
            return None, "Draw one digit, large. The bars follow while you draw; Reset clears the pad."
        return best, f"{self.who} reads {best}, with a probability of {percent(p[best])}."


# the questions, in the chapter's order
# fmt: off

LOSS = Question(
    "The loss of a network that guesses", 2.3,
    "Each digit gets about 1/10, and −log(1/10) = log 10. About 10 % of the images are read right.",
    "What probability does it give to the right digit? Take −log of it.",
    {1: "That is with the logarithm to base 10. The chapters use the natural one.",
     -2.3: "The logarithm of a number below 1 is negative, and the loss is minus it.",
     0.1: "That is the probability. The loss is −log of it.",
     3.32: "That is with the logarithm to base 2. The chapters use the natural one."},
    within=0.05,
)
SCORE_GRADIENT = Question(
    "The gradient of the right digit's score", -0.9, "0.1 − 1. Negative: a higher score lowers the loss.",
    "Chapter 08: (p − t) / N, here with N = 1. What is t at the right digit?",
    {0.9: "It is the probability minus the label, not the label minus the probability.",
     0.1: "So it is for a wrong digit, where the label is 0.",
     -10: "That is −1/p, the gradient of the probability. Softmax comes before it."},
    within=0.01,
)
RESTLESS = Question(
    "The gray curve is restless because", "batches differ",
    "Each iteration draws its own 100 images. Some batches are harder than others.",
    "On which images is each of its points measured?",
    {"the steps are too long": "Then the average would not fall so smoothly.",
     "test images disturb it": "It is the loss of training images. Nothing is learned from the others."},
    choices=("batches differ", "the steps are too long", "test images disturb it"),
)
OTHERS = Question(
    "Of the 1,000 others it reads", "about 900",
    "And no more than that, however long it learns the first 1,000 by heart.",
    "A thousand images show what a digit looks like, but not every way to write it.",
    {"all 1,000": "What it learns by heart is of no use for images that it has never seen.",
     "about 100": "So it would guess. But much of what it learns holds for all digits."},
    choices=("all 1,000", "about 900", "about 100"),
)
RATE_100 = Question(
    "At a learning rate of 100 the loss", "jumps above 2.3",
    "And it stays above. At 0.001 it falls by less than 0.1 in 3,000 iterations.",
    "What did chapter 01's path do when α was too large?",
    {"falls 1,000 times faster": "The gradient holds for a small step only. A long one overshoots.",
     "stays as it is": "The steps are long, so the weights change a lot."},
    choices=("falls 1,000 times faster", "jumps above 2.3", "stays as it is"),
)
TINY_WEIGHTS = Question(
    "With weight scale 0.0001 it", "starts slowly",
    "Small weights make small gradients for each other, until they have grown.",
    "Each layer's gradient is multiplied by the other layer's weights or outputs.",
    {"never learns": "The gradients are small, but not 0: the weights grow.",
     "learns as before": "What multiplies the gradients of both layers is a hundred times smaller."},
    choices=("never learns", "starts slowly", "learns as before"),
)
BLANK_NODES = Question(
    "A node stays blank because, at first, it", "fired rarely",
    "Where a ReLU does not fire, its gradient is 0, and its output too. Such images teach neither the "
    "node's weights nor its votes anything. A few lucky nodes wake up all the same.",
    "When does a ReLU pass no gradient back?",
    {"saw too little ink": "All hidden nodes see the same 784 pixels.",
     "had no weights": "All began with random weights of one size.",
     "learned too fast": "Its weights are almost those of the start: it has hardly learned."},
    choices=("fired rarely", "saw too little ink", "had no weights", "learned too fast"),
)
NEGATIVE_SUM = Question(
    "It adds", 0, "ReLU makes a negative sum 0, and 0 times any vote is 0.",
    "Between the sum and the vote stands the activation function.",
    {-0.1: "ReLU comes before the vote: the sum is negative.",
     0.5: "That is the vote. It is multiplied by the node's activation.",
     0.1: "The activation of a negative sum is not its size."},
)
MIXED_UP = Question(
    "Most often it mixes up", "4 and 9",
    "Counted both ways, usually. 2 and 7, and 3 and 5, are among the next.",
    "Write the pairs. In which does one small stroke make the other digit?",
    {"3 and 5": "Often, but another pair is usually ahead.",
     "1 and 7": "Rarely: most ones of MNIST are one bare stroke.",
     "0 and 6": "Rarely: a 6 has an open end at the top."},
    choices=("0 and 6", "1 and 7", "3 and 5", "4 and 9"),
)
SAME_START = Question(
    "Beside the library's, yours will read", "as many",
    "The same start, the same batches, the same formulas: the same network, but for rounding.",
    "What differs: the start, the batches, or the formulas?",
    {"fewer": "Layers that pass the gradient check make the same steps as the library's.",
     "more": "Both make the same steps from the same start."},
    choices=("fewer", "as many", "more"),
)
LETTER = Question(
    "Drawn an A, the network", "names a digit, often surely",
    "Softmax shares out 100 % among ten digits, and “no digit” is not among them.",
    "What are the ten outputs, and what is their sum?",
    {"gives each digit 10 %": "The scores of an A are not all equal, and e^score makes the most of it.",
     "says: no digit": "It has ten outputs, one for each digit, and no other."},
    choices=("names a digit, often surely", "gives each digit 10 %", "says: no digit"),
)
# fmt: on


# your turn


def check_softmax_with_loss(softmax_with_loss):
    """Compare a learner's softmax_with_loss(scores, t) with the library's; name the usual slips."""
    rng = np.random.default_rng(9)
    scores, t = 2 * rng.standard_normal((6, 4)), rng.integers(4, size=6)
    right = SoftmaxWithLoss()
    wanted = {"loss": right.forward(scores, t), "gradient": right.backward()}
    reply = turn(softmax_with_loss, (scores, t), **wanted)
    e, label = np.exp(scores), np.eye(4)[t]
    softmaxes = {
        "": e / e.sum(axis=1, keepdims=True),
        "The sums run down the columns: each row is an image (axis=1).": e / e.sum(axis=0),
        "The sum runs over all rows together: each row is an image (axis=1).": e / e.sum(),
    }
    means = {
        "": 1,
        "The loss has the logarithm to base 10: np.log is the natural one.": np.log(10),
        "The loss has the logarithm to base 2: np.log is the natural one.": np.log(2),
        "The loss is a sum: take the mean over the N rows.": 1 / 6,
    }
    p = softmaxes[""]
    slips = {"loss": [], "gradient": [
        (("The gradient is p itself: subtract the one-hot labels.",), p / 6),
        (("The gradient is −1/p at the right digit: that is before softmax.",), -label / p / 6),
    ]}  # fmt: skip
    for axis, q in softmaxes.items():
        losses = -np.log(q[label == 1])
        slips["loss"] += [((axis, why), np.mean(losses) / part) for why, part in means.items()]
        lacks = "The gradient lacks the 1/N: the loss is a mean over the N rows."
        slips["gradient"] += [((axis,), (q - label) / 6), ((axis, lacks), q - label)]
    return _with_reasons(reply, lambda: softmax_with_loss(scores.copy(), t.copy()), wanted, slips)


def _with_reasons(reply, again, wanted, slips):
    """The reply, or, where outputs are what known slips give, these slips' names; other wrong outputs
    keep their own reason. slips: by output, pairs of words and values.
    """
    if reply.right is not False or "stops with" in reply.words:
        return reply
    found, told, known = again(), [], False
    if not isinstance(found, tuple) or len(found) != len(wanted):
        return reply
    for value, (name, right) in zip(found, wanted.items(), strict=True):
        named = next((words for words, wrong in slips[name] if _same(value, wrong)), None)
        known |= bool(named and any(named))
        if named is None and (why := turn(lambda value=value: value, (), **{name: right})).right is not True:
            named = (why.words,)
        told += [words for words in named or () if words and words not in told]
    return Reply(False, " ".join(told)) if known else reply


def _same(found, wrong):
    try:
        found = np.asarray(found, dtype=float)
    except (TypeError, ValueError):  # no numbers
        return False
    return found.shape == np.shape(wrong) and np.allclose(found, wrong, rtol=1e-6, atol=1e-9)


def check_learn(learn):
    """Compare what a learner's learn(network, x, t, iterations, alpha, rng) makes of a small network with
    what train does; name the usual slips.
    """
    data = np.random.default_rng(9)
    x, t = data.standard_normal((300, 3)), data.integers(2, size=300)
    start = TwoLayerNet(3, 4, 2, 1.0, rng=9)

    asked = []  # once for each gradient

    def after(loop, *arguments):
        network = TwoLayerNet(3, 4, 2, 1.0, rng=9)
        gradient = network.gradient
        network.gradient = lambda x, t: asked.append(1) or gradient(x, t)
        loop(network, x.copy(), t.copy(), *arguments)
        return {name: array.copy() for name, array in network.params.items()}

    def mine():
        found = after(learn, 4, 0.5, np.random.default_rng(9))
        untouched = all(np.array_equal(found[name], start.params[name]) for name in found)
        return None if untouched else tuple(found.values())

    def trained(iterations=4, alpha=0.5, rows=None, times=1, anew=False):
        """What a loop comes to with one thing changed; anew: a gradient for each parameter."""
        network, rng = TwoLayerNet(3, 4, 2, 1.0, rng=9), np.random.default_rng(9)
        for _ in range(iterations):
            chosen = rng.integers(300, size=100) if rows is None else rows
            grads = network.gradient(x[chosen], t[chosen])
            for name, grad in grads.items():
                if anew:
                    grad = network.gradient(x[chosen], t[chosen])[name]
                network.params[name] -= times * alpha * grad
        return network.params["W1"]

    once = np.random.default_rng(9).integers(300, size=100)
    slips = {
        "It climbs: the update subtracts.": trained(alpha=-0.5),
        "It subtracts the whole gradient: multiply it by alpha.": trained(alpha=1.0),
        "It makes one iteration: is the loop missing, or does it return in it?": trained(iterations=1),
        "Each step sees the same rows: draw them inside the loop.": trained(rows=once),
        "The gradient is computed once, before the loop: each step needs its own.": trained(1, times=4),
        "Each step uses all of the data: draw 100 rows.": trained(rows=slice(None)),
        "The gradient is computed anew for each parameter, so it mixes old and new weights: compute it once "
        "in each iteration, before the inner loop.": trained(anew=True),
    }
    wanted = after(lambda network, x, t: list(
        train(network, x, t, iterations=4, batch_size=100, learning_rate=0.5, rng=np.random.default_rng(9))
    ))  # fmt: skip
    asked.clear()
    reply = turn(mine, (), **wanted)
    if reply.right is None and asked:
        return Reply(False, "It computes gradients, but the network is as it was. W = W − … gives the name W "
                            "a new array: change network.params[name] in place, with -=.")  # fmt: skip
    if reply.right is None:
        return Reply(None, "○ Not written yet: the network is as it was.")
    named = _with_slip(reply, lambda: mine()[0], slips)
    if named is reply and reply.right is False and "stops with" not in reply.words:
        return Reply(False, "None of the usual slips. Does it draw with rng.integers(len(x), size=100)? "
                            + reply.words.removeprefix("✗ Not yet. "))  # fmt: skip
    return named


def _with_slip(reply, again, slips):
    """The reply, or, where a wrong answer is what a known slip gives, that slip's name."""
    if reply.right is not False or "stops with" in reply.words:
        return reply
    found = again()
    return next((Reply(False, words) for words, wrong in slips.items() if _same(found, wrong)), reply)
