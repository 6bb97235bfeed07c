"""Pictures for chapter 09: digits, what a network reads in them, and what it has learned.

They are Figures, stored as PNG: training ends a little differently on other processors, and
figure.stored is the sentence that is true on all of them.
"""

import numpy as np
from matplotlib.patches import Rectangle

from ..functions import log_softmax, softmax
from ..explore.widgets.pad import SIDE, as_mnist
from ..explore.figures import new_figure
from ..explore.style import BACKWARD, DATA, FAINT, FORWARD, HIGHLIGHT, PARAMETER


def scores(network, x):
    """network.predict(x) in parts of 1,000 rows."""
    return np.concatenate([network.predict(x[i : i + 1000]) for i in range(0, len(x), 1000)])


def curves_picture(losses, accuracies):
    """draw(smoothing): the loss of every iteration, and accuracies [(iteration, train, test), …]."""
    figure, (left, right) = new_figure(320, columns=2, xlabel="iteration", xlim=(0, len(losses)))
    left.set(title="loss of the mini-batches", ylim=(0, 2.4))
    right.set(title="accuracy (%)", ylim=(80, 100))
    iterations, train_accuracy, test_accuracy = (np.array(column) for column in zip(*accuracies, strict=True))
    right.plot(iterations, 100 * train_accuracy, "o-", color=PARAMETER, ms=4, label="training images")
    right.plot(iterations, 100 * test_accuracy, "s--", color=BACKWARD, ms=4, label="test images")
    right.legend(loc="lower right", fontsize=11)
    left.plot(losses, color=FAINT, lw=0.6)
    (mean,) = left.plot([], [], color=BACKWARD, lw=2, animated=True)
    sums = np.concatenate([[0.0], np.cumsum(losses)])
    figure.stored = "The loss falls quickly at first and slowly later; both accuracies rise above 95 %."

    def draw(smoothing=100):
        means = (sums[smoothing:] - sums[:-smoothing]) / smoothing
        mean.set_data(np.arange(len(means)) + smoothing, means)
        figure.sentence = (
            f"Mean loss of the first {smoothing} mini-batches {means[0]:.2f}, of the last {means[-1]:.2f}; "
            f"accuracy {train_accuracy[-1]:.1%} on training images, {test_accuracy[-1]:.1%} on test images."
        )
        return figure

    return draw


def weights_picture(network):
    """draw(node): the weights into every hidden node as images, and one node's votes for the digits."""
    W1, W2 = network.params["W1"], network.params["W2"]
    count, columns = W1.shape[1], 7
    mosaic = np.full((30 * -(-count // columns), 30 * columns), np.nan)
    for node in range(count):
        y, x = 30 * (node // columns) + 1, 30 * (node % columns) + 1
        mosaic[y : y + 28, x : x + 28] = W1[:, node].reshape(28, 28)
    figure, (left, middle, right) = new_figure(290, columns=3)
    limit = 0.6 * float(np.abs(W1).max())
    colors = {"cmap": "PuOr", "vmin": -limit, "vmax": limit}
    left.imshow(mosaic, **colors)
    large = middle.imshow(W1[:, 0].reshape(28, 28), animated=True, **colors)
    frame = left.add_patch(Rectangle((0, 0), 30, 30, fill=False, ec=DATA, lw=3, animated=True))
    left.set_title(f"all {count} hidden nodes")
    middle.set_title("the chosen node's weights")
    longest = float(np.abs(W2).max())
    right.set(title="its votes for the digits", yticks=range(10), xlim=(-longest, longest))
    right.invert_yaxis()
    right.axvline(0, color=DATA, lw=1)
    for ax in (left, middle):
        ax.set_axis_off()
    bars = right.barh(range(10), W2[0])
    for bar in bars:
        bar.set_animated(True)
    figure.stored = "Each hidden node has 784 weights, drawn as an image, and ten votes."

    def draw(node=0):
        large.set_data(W1[:, node].reshape(28, 28))
        frame.set_xy((30 * (node % columns) - 0.5, 30 * (node // columns) - 0.5))
        for bar, vote in zip(bars, W2[node], strict=True):
            bar.set_width(vote)
            bar.set_color(FORWARD if vote > 0 else BACKWARD)
        most, least = int(W2[node].argmax()), int(W2[node].argmin())
        figure.sentence = f"Node {node} votes most strongly for {most} and against {least}."
        return figure

    return draw


def confusion_picture(network, x, t):
    """draw(digit): how often each digit of x is read as which, and one digit's row in words."""
    read = scores(network, x).argmax(axis=1)
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (t, read), 1)
    mistakes = counts * (1 - np.eye(10, dtype=int))
    figure, ax = new_figure(430, xlabel="read as", ylabel="label", xticks=range(10), yticks=range(10))
    ax.imshow(np.sqrt(mistakes), cmap="Oranges", aspect="auto", vmax=1.5 * np.sqrt(mistakes.max(initial=1)))
    ax.grid(False)
    for (label, guess), n in np.ndenumerate(counts):
        right = label == guess
        ax.text(guess, label, n, ha="center", va="center", fontsize=11,
                weight="bold" if right else "normal", color=FORWARD if right else DATA)  # fmt: skip
    frame = ax.add_patch(Rectangle((-0.5, 0), 10, 1, fill=False, ec=HIGHLIGHT, lw=4, animated=True))
    figure.stored = "Most images of each digit lie on the diagonal: they are read right."

    def draw(digit=0):
        frame.set_y(digit - 0.5)
        worst = int(mistakes[digit].argmax())
        figure.sentence = (
            f"Of {counts[digit].sum()} images of {digit}, {counts[digit, digit]} are read right; "
            f"the commonest mistake takes {mistakes[digit, worst]} of them for {worst}."
        )
        return figure

    return draw


def mistakes_picture(network, x, t):
    """draw(page): the wrong readings of x, ten a page, those with the largest loss first."""
    log_p = log_softmax(scores(network, x))
    read = log_p.argmax(axis=1)
    wrong = np.nonzero(read != t)[0]
    wrong = wrong[np.argsort(log_p[wrong, t[wrong]], kind="stable")]
    figure, images, captions = _gallery()
    figure.stored = "Ten test images that are read wrong, each with its label and with what was read."

    def draw(page=0):
        chosen = wrong[10 * page : 10 * page + 10]
        for k, (image, caption) in enumerate(zip(images, captions, strict=True)):
            there = k < len(chosen)
            i = chosen[k] if there else 0
            image.set_data(x[i].reshape(28, 28) if there else np.zeros((28, 28)))
            words = f"is {t[i]}, read {read[i]}\nat {np.exp(log_p[i, read[i]]):.0%}"
            caption.set_text(words if there else "")
        figure.sentence = (
            f"{len(wrong)} of {len(x):,} images are read wrong. These are number {10 * page + 1} to "
            f"{10 * page + len(chosen)}; the largest losses come first."
            if len(chosen)
            else f"There are only {len(wrong)} mistakes."
        )
        return figure

    return draw


def gallery_picture(x, t):
    """draw(first): ten images of x from this place on, with their labels."""
    figure, images, captions = _gallery()

    def draw(first=0):
        for k, (image, caption) in enumerate(zip(images, captions, strict=True)):
            image.set_data(x[first + k].reshape(28, 28))
            caption.set_text(f"{t[first + k]}")
        digits = " ".join(str(digit) for digit in t[first : first + 10])
        figure.sentence = f"Images {first:,} to {first + 9:,}: {digits}."
        return figure

    return draw


def frame_image(ax):
    """Axes for an image: a thin frame, no ticks, no grid."""
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set(visible=True, color=FAINT)


def _gallery():
    """A figure of ten empty images in two rows, each with a line of text below it."""
    figure, axes = new_figure(330, columns=5, rows=2)
    images, captions = [], []
    for ax in axes:
        frame_image(ax)
        images.append(ax.imshow(np.zeros((28, 28)), cmap="gray_r", vmin=0, vmax=255, animated=True))
        ax.set_xlabel(" \n ")  # room for the caption
        captions.append(ax.text(0.5, -0.06, "", ha="center", va="top", fontsize=11,
                                transform=ax.transAxes, animated=True))  # fmt: skip
    return figure, images, captions


def reading_picture(network):
    """show(image, label): an image as the network sees it, beside the ten probabilities."""
    figure, (left, right) = new_figure(270, columns=2)
    left.set_title("what the network sees")
    frame_image(left)
    right.set(title="probability of each digit (%)", xlim=(0, 100), yticks=range(10))
    right.invert_yaxis()
    picture = left.imshow(np.zeros((28, 28)), cmap="gray_r", vmin=0, vmax=255, animated=True)
    bars = right.barh(range(10), np.zeros(10))
    for bar in bars:
        bar.set_animated(True)

    def show(image, label=None):
        p = softmax(network.predict(np.reshape(image, (1, -1))))[0] if image is not None else np.zeros(10)
        best = int(p.argmax())
        picture.set_data(np.zeros((28, 28)) if image is None else np.reshape(image, (28, 28)))
        for digit, bar in enumerate(bars):
            bar.set_width(100 * p[digit])
            bar.set_color(FORWARD if digit == best else PARAMETER)
        if image is None:
            figure.sentence = "Draw one digit, large. The bars follow while you draw; Reset clears the pad."
        else:
            figure.sentence = f"The network reads {best}, with a probability of {p[best]:.0%}."
        if label is not None:
            figure.sentence += f" The label is {label}: {'right' if best == label else 'wrong'}."
            figure.stored = f"The label is {label}."
        return figure

    return show


def image_reading(network, x, t):
    """draw(image): image number so-and-so of x, and what the network reads in it."""
    show = reading_picture(network)

    def draw(image=0):
        return show(x[image], t[image])

    return draw


def drawn_reading(network):
    """draw(drawing): the same for what stands on a DrawingPad."""
    show = reading_picture(network)

    def draw(drawing=b""):
        return show(as_mnist(np.frombuffer(drawing, np.uint8).reshape(SIDE, SIDE)) if drawing else None)

    return draw
