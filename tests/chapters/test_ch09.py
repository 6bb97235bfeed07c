"""Chapter 09: each picture shows the images and numbers that its sentence names."""

import math
import re

import matplotlib
import numpy as np
import pytest
from backprop import Affine, Network, Relu, SoftmaxWithLoss, TwoLayerNet, load_mnist, train
from backprop.chapters import ch09_read as ch09
from backprop.explore.widgets.pad import as_mnist
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


def test_confusion_counts_each_pair_and_says_the_row(known):
    network, x, t, read = known
    draw = ch09.make_confusion(network, x, t)
    for digit in range(10):
        picture = draw(digit)
        ax = picture.content.axes[0]
        for text in ax.texts:
            column, row = text.get_position()
            assert text.get_text() == str(np.sum((t == row) & (read == column)))
            assert (text.get_weight() == "bold") == (row == column)
        row = [int(np.sum((t == digit) & (read == guess))) for guess in range(10)]
        assert ax.patches[0].get_y() == digit - 0.5
        assert picture.sentence.startswith(f"Of {sum(row)} images of {digit}, {row[digit]} are read right")
        wrong = (digit + 1) % 10
        if row[wrong]:
            back = int(np.sum((t == wrong) & (read == digit)))
            time = "time" if row[wrong] + back == 1 else "times"
            assert f"takes {row[wrong]} of them for {wrong}." in picture.sentence
            assert picture.sentence.endswith(f"mixes up {digit} and {wrong} {row[wrong] + back} {time}.")
        else:
            assert picture.sentence.endswith("all of them.")


def test_confusion_names_every_commonest_mistake():
    x = np.arange(4 * 784, dtype=np.uint16).reshape(4, 784).astype(np.uint8)
    x[:, 0] = range(4)
    t, read = np.array([4, 4, 4, 9]), np.array([4, 9, 7, 4])
    sentence = ch09.make_confusion(Reader(x, read, np.ones(4)), x, t)(4).sentence
    assert "takes 1 of them for 7 or for 9." in sentence
    assert sentence.endswith("Counted both ways, it mixes up 4 and 7 1 time and 4 and 9 2 times.")


def test_weights_show_the_chosen_node_its_frame_and_its_votes(rng):
    W1, W2 = rng.standard_normal((784, 9)), rng.standard_normal((9, 10))
    network = Network([Affine(W1, np.zeros(9)), Relu(), Affine(W2, np.zeros(10))], SoftmaxWithLoss())
    draw = ch09.make_weights(network)
    for node in (0, 6, 7, 8):
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
        left = picture.content.axes[0]
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
