"""Chapter 09: each picture shows the images and numbers that its sentence names."""

import math
import re

import ipywidgets as widgets
import matplotlib
import numpy as np
import pytest
from backprop import Affine, Network, Relu, SoftmaxWithLoss, TwoLayerNet, load_mnist, train
from backprop.chapters import ch09_read as ch09
from backprop.explore import TrainingPanel
from backprop.explore.widgets.pad import as_mnist
from matplotlib.colors import to_hex
from PIL import Image, ImageDraw, ImageFont

from notebooks import CHAPTERS, panels, ran, said, sources


@pytest.fixture(scope="module")
def gallery_of():
    return panels("09")


class Reader:
    """A network whose reading is known: image i of a data set is read as read[i], surely or hardly."""

    def __init__(self, x, read, sure):
        self.rows = {row.tobytes(): (r, s) for row, r, s in zip(x, read, sure, strict=True)}

    def predict(self, x):
        y = np.zeros((len(x), 10))
        for i, row in enumerate(np.asarray(x)):
            read, sure = self.rows[row.astype(np.uint8).tobytes()]
            y[i, read] = sure
        return y


@pytest.fixture
def known(rng):
    """45 images, of which number 0, 3, 6, … are misread as the next digit, the later the surer."""
    x = rng.integers(0, 256, (45, 784), np.uint8)
    t = np.arange(45).astype(np.uint8) % 10
    read = np.where(np.arange(45) % 3 == 0, (t + 1) % 10, t)
    return Reader(x, read, 1.0 + np.arange(45)), x, t, read


def images(figure):
    return [ax.images[0].get_array() for ax in figure.axes if ax.images]


def captions(figure):
    return [ax.texts[0].get_text() for ax in figure.axes]


def test_gallery_shows_these_ten_images_and_labels(rng):
    x, t = rng.integers(0, 256, (40, 784), np.uint8), rng.integers(0, 10, 40).astype(np.uint8)
    picture = ch09.make_gallery(x, t)(first=20)
    for k, image in enumerate(images(picture.content)):
        assert np.array_equal(image, x[20 + k].reshape(28, 28))
    assert {ax.images[0].get_clim() for ax in picture.content.axes} == {(0, 255)}, "from paper to ink"
    assert captions(picture.content) == [str(label) for label in t[20:30]]
    assert picture.sentence == f"Images 20 to 29: {' '.join(map(str, t[20:30]))}."


def test_misread_are_all_the_wrong_ones_and_the_largest_loss_comes_first(known):
    network, x, _, _ = known
    t = known[2]
    wrong = ch09.misread(network, x, t)
    assert sorted(wrong) == list(range(0, 45, 3))
    assert list(wrong) == sorted(wrong, reverse=True), "the surer it is, the larger its loss"


def test_each_page_of_mistakes_shows_misread_images_with_label_and_reading(known):
    network, x, t, read = known
    wrong = ch09.misread(network, x, t)
    draw = ch09.make_mistakes(network, x, t, wrong)
    for page, shown in ((0, wrong[:10]), (1, wrong[10:])):
        picture = draw(page)
        for k, i in enumerate(shown):
            assert read[i] != t[i]
            assert np.array_equal(images(picture.content)[k], x[i].reshape(28, 28))
            p = np.exp(1.0 + i) / (np.exp(1.0 + i) + 9)
            at = "over 99%" if p > 0.995 else f"{p:.0%}"
            assert captions(picture.content)[k] == f"is {t[i]}, read {read[i]}\nat {at}"
    assert not images(picture.content)[5].any() and captions(picture.content)[5:] == [""] * 5
    assert picture.sentence == (
        "15 of 45 images are read wrong. These are number 11 to 15; the largest losses come first."
    )


def test_the_sliders_reach_every_mistake(gallery_of):
    (panel,) = [panel for panel in gallery_of if "page" in panel.controls]
    total = int(said(panel.draw(page=0)).split(" of ")[0])
    last = said(panel.draw(page=panel.controls["page"].max))
    assert f"to {total};" in last
    assert f"These are number {10 * panel.controls['page'].max + 1} to" in last


def cell(figure):
    """What the confusion's picture shows of its cell: (label, read as), the images, the words above."""
    ax, below = figure.axes
    x, y = ax.patches[0].get_xy()
    mosaic = below.images[0].get_array()
    shown = [mosaic[r + 1 : r + 29, c + 1 : c + 29] for r in (0, 30) for c in range(0, 300, 30)]
    return (y + 0.5, x + 0.5), shown, below.texts[0].get_text()


def test_confusion_counts_each_pair_and_shows_the_images_of_a_cell(known):
    network, x, t, read = known
    draw = ch09.make_confusion(network, x, t)
    for label in range(10):
        for read_as in range(10):
            picture = draw(label, read_as)
            for text in picture.content.axes[0].texts:
                column, row = text.get_position()
                assert text.get_text() == str(np.sum((t == row) & (read == column)))
                assert (text.get_weight() == "bold") == (row == column)
            place, shown, above = cell(picture.content)
            assert place == (label, read_as)
            those = [image.reshape(28, 28) for image, a, b in zip(x, t, read, strict=True)
                     if (a, b) == (label, read_as)]  # fmt: skip
            assert above == f"{len(those)} image{'s' if len(those) != 1 else ''}"
            assert all(map(np.array_equal, shown, [*those, *[np.zeros((28, 28))] * (20 - len(those))]))
            assert confusion_in_words(picture.sentence, t, read) == (label, read_as)
            assert f"Of {sum(t == label)} images of {label}, the framed cell" in picture.stored
            assert f"read as {read_as};" in picture.stored


def confusion_in_words(sentence, t, read):
    """(label, read as) of a sentence, once each of its numbers has been found to be right."""
    numbers = [int(n) for n in re.findall(r"\d+", sentence.replace(",", ""))]
    if sentence.endswith(", which is right."):
        of, label, n, read_as = numbers
        assert label == read_as
    else:
        of, label, n, read_as, others, second, back, first, both = numbers
        assert (second, first) == (read_as, label) and label != read_as
        assert others == sum(t == read_as) and back == sum((t == read_as) & (read == label))
        assert both == n + back
        assert f", {back} {'is' if back == 1 else 'are'} read as {label}: " in sentence
    assert of == sum(t == label) and n == sum((t == label) & (read == read_as))
    assert f", {n} {'is' if n == 1 else 'are'} read as {read_as}" in sentence.replace(",", "", of > 999)
    return label, read_as


def test_a_full_cell_shows_its_first_twenty_images_and_says_of_how_many(rng):
    x = rng.integers(0, 256, (23, 784), np.uint8)
    for n, words in ((20, "20 images"), (21, "the first 20 of 21"), (23, "the first 20 of 23")):
        t, read = np.full(n, 3), np.full(n, 5)
        picture = ch09.make_confusion(Reader(x[:n], read, np.ones(n)), x[:n], t)(3, 5)
        place, shown, above = cell(picture.content)
        assert place == (3, 5) and above == words
        assert all(map(np.array_equal, shown, x[:20].reshape(20, 28, 28)))


def test_what_is_stored_of_a_cell_is_so_on_every_machine():
    """The labels are the data's; that most of each digit are read right is far from an edge."""
    (panel,) = [panel for panel in panels("09") if "read_as" in panel.controls]
    names = ran("09")[0]
    read, t = ch09.scores(names["network"], names["x_test"]).argmax(axis=1), names["t_test"]
    for label in range(10):
        assert np.mean(read[t == label] == label) > 0.9
        assert f"Of {sum(t == label):,} images of {label}, " in panel.draw(label, 2).stored
        assert confusion_in_words(panel.draw(label, 2).sentence, t, read) == (label, 2)


def test_weights_show_the_chosen_node_its_frame_and_its_votes(rng):
    W1, W2 = rng.standard_normal((784, 20)), rng.standard_normal((20, 10))
    network = Network([Affine(W1, np.zeros(20)), Relu(), Affine(W2, np.zeros(10))], SoftmaxWithLoss())
    draw = ch09.make_weights(network)
    for node in (0, 8, 9, 19):
        picture = draw(node)
        left, middle, right = picture.content.axes
        assert np.array_equal(middle.images[0].get_array(), W1[:, node].reshape(28, 28))
        x, y = (int(place + 1.5) for place in left.patches[0].get_xy())
        assert np.array_equal(left.images[0].get_array()[y : y + 28, x : x + 28], W1[:, node].reshape(28, 28))
        assert np.allclose([bar.get_width() for bar in right.patches], W2[node])
        votes = W2[node]
        assert re.findall(r"−?\d\.\d\d, for \d", picture.sentence) == [
            f"{votes[k]:.2f}, for {k}".replace("-", "−") for k in (votes.argmax(), votes.argmin())
        ]


@pytest.mark.parametrize("nodes", [20, 50])
def test_the_nodes_stand_in_full_rows(rng, nodes):
    W1, W2 = rng.standard_normal((784, nodes)), rng.standard_normal((nodes, 10))
    network = Network([Affine(W1, np.zeros(nodes)), Relu(), Affine(W2, np.zeros(10))], SoftmaxWithLoss())
    left = ch09.make_weights(network)(0).content.axes[0]
    height, width = left.images[0].get_array().shape
    assert height * width == 900 * nodes


# an image through a node to a score


def small_network(rng, nodes=4):
    W1, b1 = rng.standard_normal((784, nodes)), rng.standard_normal(nodes)
    W2, b2 = rng.standard_normal((nodes, 10)), rng.standard_normal(10)
    return Network([Affine(W1, b1), Relu(), Affine(W2, b2)], SoftmaxWithLoss()), (W1, b1, W2, b2)


TRACE = re.compile(
    r"Image (\S+), a (\d)\. Node (\d+): (.*?), (passed on|made 0 by ReLU)\. Its vote for (\d): (.*?)\. "
    r"Score of (\d): (.*?); the highest is that of (\d)\."
)


def line(text):
    """The numbers of a shown line "a + b = c" or "a × b ≈ c", once it has been found to be right."""
    left, sign, right = re.split(" ([=≈]) ", text)
    a, how, b = re.fullmatch(r"(\S+) ([+×]) (\S+)", left).groups()
    a, b, c = (float(n.strip("()").replace("−", "-").replace(",", "")) for n in (a, b, right))
    follows = a + b if how == "+" else a * b
    assert abs(follows - c) < 1e-9 if sign == "=" else abs(follows - c) <= 0.005 + 1e-9, text
    return a, b, c


def test_each_number_of_a_trace_is_the_networks_and_each_line_is_right(rng):
    network, (W1, b1, W2, b2) = small_network(rng)
    x, t = rng.integers(0, 256, (6, 784), np.uint8), rng.integers(0, 10, 6)
    draw, dead = ch09.make_trace(network, x, t), set()
    for image in range(6):
        h = np.maximum(x[image] / 255 @ W1 + b1, 0)
        scores = h @ W2 + b2
        for node in range(4):
            for digit in range(10):
                picture = draw(image, node, digit)
                found = TRACE.fullmatch(picture.sentence).groups()
                assert [int(found[i]) for i in (0, 1, 2, 5, 7)] == [image, t[image], node, digit, digit]
                near = {"abs": 0.006}
                total = x[image] / 255 @ W1[:, node]
                assert line(found[3]) == pytest.approx((total, b1[node], total + b1[node]), **near)
                assert (found[4] == "passed on") == (h[node] > 0)
                vote = W2[node, digit]
                assert line(found[6]) == pytest.approx((h[node], vote, h[node] * vote), **near)
                others = h @ W2[:, digit]
                assert line(found[8]) == pytest.approx((others, b2[digit], scores[digit]), **near)
                assert int(found[9]) == scores.argmax()
                dead.add(found[4])
    assert len(dead) == 2


def test_a_trace_shows_pixels_weights_products_each_nodes_part_and_ten_scores(rng):
    network, (W1, b1, W2, b2) = small_network(rng)
    x, t = rng.integers(0, 256, (6, 784), np.uint8), rng.integers(0, 10, 6)
    draw = ch09.make_trace(network, x, t)
    for image, node, digit in ((0, 0, 0), (5, 3, 9), (2, 1, 4)):
        figure = draw(image, node, digit).content
        pixels, weights, products, parts, ten = figure.axes
        h = np.maximum(x[image] / 255 @ W1 + b1, 0)
        for ax, shown in ((pixels, x[image] / 255), (weights, W1[:, node]),
                          (products, x[image] / 255 * W1[:, node])):  # fmt: skip
            assert np.allclose(ax.images[0].get_array(), shown.reshape(28, 28), atol=1e-6)
        every, one = (sticks.get_data() for sticks in parts.lines[1:])
        assert list(every[0][::3]) == [0, 1, 2, 3] and list(one[0][:2]) == [node, node]
        assert np.allclose(every[1][1::3], h * W2[:, digit]) and np.allclose(every[1][::3], 0)
        assert np.allclose(one[1][:2], [0, h[node] * W2[node, digit]])
        low, high = parts.get_ylim()
        assert low == -high
        assert low < np.min(h * W2[:, digit]) and np.max(h * W2[:, digit]) < high
        assert np.allclose([bar.get_width() for bar in ten.patches], h @ W2 + b2)
        orange = [k for k, bar in enumerate(ten.patches) if to_hex(bar.get_facecolor()) == "#e69f00"]
        assert orange == [digit]
        low, high = ten.get_xlim()
        assert all(low < score < high for score in h @ W2 + b2)


def test_a_trace_shows_in_the_chapter_what_the_text_promises():
    (panel,) = [panel for panel in panels("09") if "node" in panel.controls and "digit" in panel.controls]
    t = ran("09")[0]["t_test"]
    assert panel.draw().stored == "Image 0, a 7. Node 22 votes for 7 or against it, as do all others."
    for image in (0, 1234, 9999):
        assert panel.draw(image, 0, 0).stored.startswith(f"Image {image:,}, a {t[image]}. Node 0 votes")


def test_a_negative_sum_adds_nothing():
    assert ch09.NEGATIVE_SUM.answer == max(-0.2, 0) * 0.5
    assert list(ch09.NEGATIVE_SUM.mistakes) == pytest.approx([-0.2 * 0.5, 0.5, 0.2 * 0.5])


# overfitting


def test_overfitting_shows_both_curves_and_says_what_they_are_at_the_epoch(rng):
    history = [((1 / e, 1 - 0.5 / e), (0.2 + 1 / e + 0.02 * e, 0.9 - 0.5 / e)) for e in range(1, 31)]
    draw = ch09.make_overfitting(history)
    values = np.array(history)
    later = 0
    for epoch in range(1, 31):
        picture = draw(epoch)
        for ax, shown in zip(picture.content.axes, (values[..., 0], 100 * values[..., 1]), strict=True):
            assert [list(line.get_ydata()) for line in ax.lines[:2]] == [list(column) for column in shown.T]
            assert [list(line.get_xdata()) for line in ax.lines[:2]] == [list(range(1, 31))] * 2
            dots = [(*line.get_xdata(), *line.get_ydata()) for line in ax.lines[2:]]
            assert dots == [(epoch, value) for value in shown[epoch - 1]]
            assert ax.get_ylim()[1] > shown.max()
        (loss, share), (held, held_share) = history[epoch - 1]
        lowest = min(range(epoch), key=lambda i: values[i, 1, 0])
        later += lowest + 1 < epoch
        epochs = "1 epoch" if epoch == 1 else f"{epoch} epochs"
        assert picture.sentence == (
            f"After {epochs}: loss {loss:.2f} on training images, {held:.2f} on validation images; read "
            f"right {100 * share:.1f}% and {100 * held_share:.1f}%. Lowest validation loss so far: "
            f"{values[lowest, 1, 0]:.2f}, after epoch {lowest + 1}."
        )
    assert 15 < later < 29


def test_loss_and_accuracy_are_the_networks(known):
    network, x, t, _ = known
    loss, accuracy = ch09.measured(network, x, t)
    p = [np.exp(network.predict(x[i : i + 1])[0]) for i in range(len(x))]
    losses = [-math.log(row[label] / row.sum()) for row, label in zip(p, t, strict=True)]
    assert loss == pytest.approx(np.mean(losses)) and accuracy == pytest.approx(30 / 45)


def test_the_run_overfits_far_from_every_bound_that_is_stored():
    names = ran("09")[0]
    values = np.array(names["history"])
    train_loss, train_share, held, share = values.reshape(60, 4).T
    assert np.array_equal(names["few_images"][0], names["x_train"][:1000])
    assert np.array_equal(names["held_back"][0], names["x_train"][-1000:])
    assert train_share[-10:].min() >= 0.999 and train_share.max() == 1 and np.sum(train_share == 1) > 5
    assert share.max() < 0.92 and share[-1] > 0.88 and held[-1] > 1.15 * held.min()
    assert np.argmin(held) < 30 and train_loss[-1] < train_loss[30] / 2
    assert abs(share[-1] - share[15:].max()) < 0.02, "the accuracy stays"
    assert ch09.OTHERS.answer == "about 900"


def test_the_chapter_never_tunes_on_test_images():
    (panel,) = [panel for panel in panels("09") if isinstance(panel, TrainingPanel)]
    names = ran("09")[0]
    x, t, x_validation, t_validation = panel._data
    assert len(x) == 50_000 and len(x_validation) == 10_000
    assert np.array_equal(np.concatenate([t, t_validation]), names["t_train"])
    assert x.base is names["x_train"] or np.shares_memory(x, names["x_train"])


def test_the_pad_stands_beside_what_is_read(rng):
    network, _ = small_network(rng)
    panel = ch09.DrawnReading(network)
    beside = panel.children[0]
    pad, views = beside.children
    assert (
        isinstance(beside, widgets.HBox)
        and views is panel._views
        and pad.children[0] is panel.controls["drawing"]
    )
    assert len({*panel.children} & {pad, views}) == 0
    assert panel._pictures[0][0].content.get_figwidth() * 100 + 300 <= 760


def test_no_loss_is_above_the_curves_axis():
    losses = [2.9, 2.1, 0.3]
    left = ch09.make_curves(losses, [(0, 0.5, 0.4), (2, 0.97, 0.96)])(1).content.axes[0]
    assert left.get_ylim()[1] > 2.9


def test_the_text_names_the_colors_of_positive_and_negative_weights():
    """Ink on a purple pixel raises the sum: purple is where the weight is positive."""
    low, high = (matplotlib.colormaps["PuOr"](place) for place in (0.1, 0.9))
    assert high[2] > high[0] > high[1], "purple: more blue and red than green"
    assert low[0] > low[1] > low[2], "orange: more red than green than blue"
    prose = " ".join(sources(CHAPTERS[9], "markdown"))
    assert "ink on a purple pixel raises the node's sum, on an orange one lowers it" in prose


def test_curves_are_the_mean_of_so_many_losses(rng):
    losses = list(rng.random(50))
    draw = ch09.make_curves(losses, [(0, 0.5, 0.4), (49, 0.97, 0.96)])
    for smoothing in (1, 7, 50):
        picture = draw(smoothing)
        left, right = picture.content.axes
        shown = [line.get_xydata().tolist() for line in right.lines]
        assert np.allclose(shown, [[[0, 50], [49, 97]], [[0, 40], [49, 96]]]), "in percent"
        x, y = left.lines[-1].get_data()
        assert list(x) == list(range(smoothing, 51))
        assert np.allclose(y, [np.mean(losses[i : i + smoothing]) for i in range(51 - smoothing)])
        first, last = np.mean(losses[:smoothing]), np.mean(losses[-smoothing:])
        start = (
            "Loss of the first mini-batch" if smoothing == 1 else f"Mean loss of the first {smoothing} mini-b"
        )
        assert picture.sentence.startswith(start)
        assert f" {first:.2f}, of the last {last:.2f}; accuracy 97.0% on training" in picture.sentence
        assert picture.sentence.endswith("96.0% on test images.")


@pytest.mark.parametrize("page", [0, 1])
def test_a_reading_shows_the_image_and_ten_probabilities(known, page):
    network, x, t, read = known
    i = 3 * page + 1
    for image in (i, i + 2):
        picture = ch09.make_reading(network, x, t)(image)
        left, right = picture.content.axes
        assert np.array_equal(left.images[0].get_array(), x[image].reshape(28, 28))
        p = np.exp(1.0 + image) / (np.exp(1.0 + image) + 9)
        assert np.isclose(right.patches[read[image]].get_width(), 100 * p)
        assert np.isclose(sum(bar.get_width() for bar in right.patches), 100)
        verdict = "right" if read[image] == t[image] else "wrong"
        assert picture.sentence.endswith(f"The label is {t[image]}: {verdict}.")
        assert f"The network reads {read[image]}, with" in picture.sentence


def test_an_empty_pad_asks_for_a_digit_and_a_drawing_is_read(known):
    network = Network([Affine(np.zeros((784, 10)), np.arange(10.0))], SoftmaxWithLoss())
    draw = ch09.make_drawn_reading(network)
    empty = draw(b"")
    assert empty.sentence.startswith("Draw one digit") and not images(empty.content)[0].any()
    ink = np.zeros((140, 140), np.uint8)
    ink[20:120, 60:80] = 255
    drawn = draw(ink.tobytes())
    assert drawn.sentence == "The network reads 9, with a probability of 63%."
    assert images(drawn.content)[0].any()


@pytest.mark.parametrize(
    ("p", "words"), [(0.5, "50%"), (0.9949, "99%"), (0.995, "over 99%"), (1.0, "over 99%")]
)
def test_no_reading_is_quite_sure(p, words):
    assert ch09.percent(p) == words


# the questions


def test_the_numbers_asked_for_and_those_of_each_slip():
    p = 1 / 10
    assert ch09.LOSS.answer == pytest.approx(-math.log(p), abs=ch09.LOSS.within)
    slips = [-math.log10(p), math.log(p), p, -math.log2(p)]
    assert list(ch09.LOSS.mistakes) == pytest.approx(slips, abs=0.01)
    assert ch09.SCORE_GRADIENT.answer == pytest.approx(p - 1)
    assert list(ch09.SCORE_GRADIENT.mistakes) == pytest.approx([1 - p, p, -1 / p])


def test_the_gradient_of_a_score_is_p_minus_the_label():
    scores = np.log(np.array([0.1, 0.3, 0.6]))
    loss = SoftmaxWithLoss()
    nudged = [loss.forward(scores + np.array([d, 0, 0]), np.array(0)) for d in (1e-5, -1e-5)]
    assert (nudged[0] - nudged[1]) / 2e-5 == pytest.approx(0.1 - 1, abs=1e-6)


@pytest.fixture(scope="module")
def mnist():
    return load_mnist(normalize=False)


def mean_losses(mnist, rate=0.1, scale=0.01, iterations=300):
    """The mean loss of each hundred mini-batches of a training."""
    network = TwoLayerNet(784, 50, 10, scale, rng=0)
    steps = train(network, *mnist[0], iterations=iterations, learning_rate=rate, rng=0)
    return np.mean(np.reshape([step.loss for step in steps], (-1, 100)), axis=1)


def test_what_becomes_of_the_loss_at_other_settings(mnist):
    usual, tiny = mean_losses(mnist), mean_losses(mnist, scale=0.0001, iterations=600)
    assert usual[0] < 2.1 and tiny[0] > 2.29 and tiny[1] > 2 * usual[1], "it starts slowly"
    assert tiny[-1] < 0.7, "and learns all the same"
    assert np.all(mean_losses(mnist, rate=100) > 2.3)
    crawl = mean_losses(mnist, rate=0.001, iterations=3000)
    assert 0 < crawl[0] - crawl[-1] < 0.1
    assert ch09.RATE_100.answer == "jumps above 2.3" and ch09.TINY_WEIGHTS.answer == "starts slowly"


def test_batches_differ_more_than_the_average_moves():
    """The gray curve: one network, many batches, many losses; its steps do not make them."""
    losses = np.array(ran("09")[0]["losses"][-600:])
    assert np.std(losses) > 10 * abs(np.mean(losses[:300]) - np.mean(losses[300:]))
    assert ch09.RESTLESS.answer == "batches differ"


def test_blank_nodes_hardly_fired_at_first():
    names = ran("09")[0]
    change = names["network"].params["W1"] - names["start"].params["W1"]
    moved = np.linalg.norm(change, axis=0)
    fires, blank = names["fires"], names["blank"]
    assert set(blank) == set(np.argsort(moved)[:4]), "they are those that learned least"
    assert np.all(moved[blank] < 0.1) and np.sort(moved)[4] > 0.2
    assert np.all(fires[blank] < 0.15) and fires.mean() > 0.35
    assert ch09.BLANK_NODES.answer == "fired rarely" and fires[blank].max() > 0.05, "rarely, not hardly ever"
    seldom = set(np.flatnonzero(fires < 0.15)) - set(blank)
    assert seldom and np.all(moved[list(seldom)] > 0.2), "a few lucky nodes wake up all the same"


def test_four_and_nine_are_mixed_up_most():
    names = ran("09")[0]
    read, t = ch09.scores(names["network"], names["x_test"]).argmax(axis=1), names["t_test"]
    both = {
        (a, b): int(np.sum((t == a) & (read == b)) + np.sum((t == b) & (read == a)))
        for a in range(10)
        for b in range(a + 1, 10)
    }
    order = sorted(both, key=both.get, reverse=True)
    assert " and ".join(map(str, order[0])) == ch09.MIXED_UP.answer
    assert {(2, 7), (3, 5)} <= set(order[:6])
    assert max(both[1, 7], both[0, 6]) < both[3, 5]


def test_a_letter_is_read_as_a_digit_and_often_surely():
    network, sure = ran("09")[0]["own"], 0
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        page = Image.new("L", (140, 140))
        ImageDraw.Draw(page).text((30, 10), letter, fill=255, font=ImageFont.load_default(100))
        bars = ch09.make_drawn_reading(network)(np.asarray(page).tobytes()).content.axes[1].patches
        shares = [bar.get_width() for bar in bars]
        assert sum(shares) == pytest.approx(100, abs=0.01) and max(shares) > 15
        sure += max(shares) > 60
    assert sure >= 8 and as_mnist(np.asarray(page)) is not None
    assert ch09.LETTER.answer == "names a digit, often surely"


# your turn


def good_loss(scores, t, axis=1, divide=True):
    e = np.exp(scores)
    p = e / (e.sum(axis=axis, keepdims=True))
    label = np.eye(scores.shape[1])[t]
    loss = -np.mean(np.log(p[label == 1]))
    return loss, (p - label) / (len(t) if divide else 1)


def p_of(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("attempt", "right", "words"),
    [
        (good_loss, True, "✓ Right. loss, gradient: as by the library."),
        (lambda s, t: None, None, "Not written yet"),
        (lambda s, t: good_loss(s, t)[1], False, "It must return 2 values: loss, gradient."),
        (lambda s, t: good_loss(s, t, divide=False), False, "The gradient lacks the 1/N"),
        (lambda s, t: good_loss(s, t, axis=0), False, "The sums run down the columns"),
        (lambda s, t: good_loss(s, t, axis=None), False, "The sum runs over all rows together"),
        (lambda s, t: (good_loss(s, t)[0], p_of(s) / 6), False, "The gradient is p itself"),
        (lambda s, t: (good_loss(s, t)[0], -np.eye(4)[t] / p_of(s) / 6), False, "that is before softmax"),
        (lambda s, t: (-good_loss(s, t)[0], good_loss(s, t)[1]), False, "loss has the right size and the wr"),
        (lambda s, t: (good_loss(s, t)[0], -good_loss(s, t)[1]), False, "gradient has the right size and th"),
        (
            lambda s, t: (good_loss(s, t)[0] * 6, good_loss(s, t)[1]),
            False,
            "The loss is a sum: take the mean",
        ),
        (lambda s, t: (good_loss(s, t)[0], good_loss(s, t)[1].T), False, "it looks transposed"),
        (lambda s, t: (good_loss(s, t)[0], good_loss(s, t)[1].sum(axis=0)), False, "has the shape (4,)"),
        (lambda s, t: s @ t, False, "It stops with ValueError"),
        (
            lambda s, t: good_loss(s, t, axis=None, divide=False),
            False,
            "The sum runs over all rows together: each row is an image (axis=1). The gradient lacks the 1/N",
        ),
        (
            lambda s, t: (good_loss(s, t, axis=None)[0], good_loss(s, t)[1]),
            False,
            "✗ Not yet. The sum runs ov",
        ),
        (lambda s, t: (good_loss(s, t, axis=None)[0], 7 * good_loss(s, t)[1]), False, "gradient is 7 times"),
        (
            lambda s, t: (good_loss(s, t)[0] / np.log(10), good_loss(s, t)[1]),
            False,
            "✗ Not yet. The loss has the logarithm to base 10: np.log is the natural one.",
        ),
        (lambda s, t: (good_loss(s, t)[0] / np.log(2), good_loss(s, t)[1]), False, "logarithm to base 2"),
        (
            lambda s, t: (good_loss(s, t, axis=0)[0] / np.log(10), good_loss(s, t, axis=0)[1]),
            False,
            "The sums run down the columns: each row is an image (axis=1). The loss has the logarithm",
        ),
        (
            lambda s, t: (good_loss(s, t)[0] / np.log(10), good_loss(s, t, divide=False)[1]),
            False,
            "The loss has the logarithm to base 10: np.log is the natural one. The gradient lacks the 1/N",
        ),
        (lambda s, t: (good_loss(s, t)[0] / np.log(10), None), None, "Not written yet"),
    ],
)
def test_an_attempt_at_softmax_with_loss_gets_its_reason(attempt, right, words):
    reply = ch09.check_softmax_with_loss(attempt)
    assert reply.right is right and words in repr(reply), reply


LEARN = """
def learn(network, x, t, iterations, alpha, rng):
    for i in range(iterations):
        rows = rng.integers(len(x), size=100)
        grads = network.gradient(x[rows], t[rows])
        for name, grad in grads.items():
            network.params[name] -= alpha * grad
"""


def learner(*changes):
    """A loop like the folded solution, with some lines changed."""
    code, names = LEARN, {"np": np}
    for old, new in changes:
        assert code.count(old) == 1
        code = code.replace(old, new)
    exec(code, names)
    return names["learn"]


ROWS = "        rows = rng.integers(len(x), size=100)\n"
LOOP = "    for i in range(iterations):\n"
GRADS = "        grads = network.gradient(x[rows], t[rows])\n"
ANEW = """        for name in network.params:
            network.params[name] -= alpha * network.gradient(x[rows], t[rows])[name]
"""
REBOUND = """        for name, W in network.params.items():
            W = W - alpha * grads[name]
"""
FOR = "        for name, grad in grads.items():\n            network.params[name] -= alpha * grad\n"


@pytest.mark.parametrize(
    ("changes", "right", "words"),
    [
        ([], True, "✓ Right. W1, b1, W2, b2: as by the library."),
        (
            [("network.params[name] -= alpha", "network.params[name] = network.params[name] - alpha")],
            True,
            "R",
        ),
        ([("rng.integers(len(x), size=100)", "rng.choice(len(x), size=100)")], True, "Right"),
        ([(LOOP, "    for i in range(0):\n")], None, "Not written yet"),
        ([("-=", "+=")], False, "It climbs"),
        ([("alpha * grad", "grad")], False, "It subtracts the whole gradient"),
        ([(LOOP, "    for i in range(1):\n")], False, "It makes one iteration"),
        ([(FOR, FOR + "        return\n")], False, "It makes one iteration"),
        ([(LOOP + ROWS, ROWS[4:] + LOOP)], False, "Each step sees the same rows"),
        ([(LOOP + ROWS + GRADS, ROWS[4:] + GRADS[4:] + LOOP)], False, "The gradient is computed once"),
        ([("x[rows], t[rows]", "x, t")], False, "Each step uses all of the data"),
        ([("size=100)", "size=10)")], False, "None of the usual slips. Does it draw with rng.integers"),
        ([("x[rows], t[rows]", "x[rows], t[:100]")], False, "W1 is not right in any entry"),
        ([("network.params[name] -=", 'network.params["b"] -=')], False, "It stops with KeyError"),
        ([("x[rows], t[rows]", "x[rows], t")], False, "It stops with ValueError"),
        ([(GRADS + FOR, ANEW)], False, "computed anew for each parameter, so it mixes old and new weights"),
        ([(FOR, REBOUND)], False, "gives the name W a new array: change network.params[name] in place"),
        ([(FOR, "        pass\n")], False, "the network is as it was"),
    ],
)
def test_an_attempt_at_the_loop_gets_its_reason(changes, right, words):
    reply = ch09.check_learn(learner(*changes))
    assert reply.right is right and words in repr(reply), reply


def test_the_slips_are_told_from_each_other_and_from_the_library():
    """No slip of either check gives what another gives."""
    replies = [repr(ch09.check_learn(learner(*c))) for c in (
        [("-=", "+=")], [("alpha * grad", "grad")], [(LOOP, "    for i in range(1):\n")],
        [(LOOP + ROWS, ROWS[4:] + LOOP)], [("x[rows], t[rows]", "x, t")],
        [(GRADS + FOR, ANEW)], [(FOR, REBOUND)],
    )]  # fmt: skip
    assert len(set(replies)) == len(replies)
