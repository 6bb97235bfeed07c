"""The learner's own layers: examined, named where they are wrong, trained where they are right."""

import os
import re

import numpy as np
import pytest
from backprop import Affine, Network, Relu, SoftmaxWithLoss, TwoLayerNet, load_mnist, train
from backprop.chapters import ch09_mine as mine
from backprop.chapters import ch09_read as ch09
from backprop.explore import explore
from backprop.explore.style import BACKWARD, FORWARD, INK
from matplotlib.colors import same_color

from notebooks import ran

GOOD = """import numpy as np


class MyAffine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dy):
        self.dW, self.db = self.x.T @ dy, dy.sum(axis=0)
        return dy @ self.W.T


class MyRelu:
    def forward(self, x):
        self.positive = x > 0
        return x * self.positive

    def backward(self, dy):
        return dy * self.positive
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    """load((old, new), …): my_layers() of a file with these changes, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def changed(*changes):
        text = GOOD
        for old, new in changes:
            assert text.count(old) >= 1, old
            text = text.replace(old, new)
        (tmp_path / "my_layers.py").write_text(text, encoding="utf-8")
        return mine.my_layers()

    return changed


def line_of(text, part):
    return text[: text.index(part)].count("\n") + 1


def test_without_a_file_the_librarys_layers_are_used_and_a_sentence_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = mine.my_layers()
    assert (found.Affine, found.Relu, found.who) == (Affine, Relu, "The network")
    assert found.reply.right is None
    assert repr(found) == (
        "There is no my_layers.py beside this notebook: chapter 06 saves it. The library's layers take the "
        "place of yours."
    )
    assert repr(found) in found._repr_html_().replace("&#x27;", "'")


def test_right_layers_are_used(load):
    found = load()
    assert found.reply.right and "agree with the numerical gradient" in repr(found)
    assert found.who == "Your own network"
    affine = found.Affine(np.eye(2), np.ones(2))
    assert type(affine.own).__name__ == "MyAffine" and type(found.Relu().own).__name__ == "MyRelu"


def test_a_file_that_has_changed_within_the_same_second_is_read_anew(load):
    assert load().reply.right
    assert load(("dy @ self.W.T", "dx @ self.W.T")).reply.right is False
    assert load().reply.right


@pytest.mark.parametrize(
    ("changes", "who", "words"),
    [
        # what can't be loaded
        ([("def forward(self, x):\n        self.x", "def forward(self, x)\n        self.x")], "The network",
         ["my_layers.py can't be read as Python", "in line 8", "“def forward(self, x)”"]),
        ([("import numpy as np", "import numpie as np")], "The network",
         ["my_layers.py stops in line 1: ModuleNotFoundError: No module named 'numpie'."]),
        ([("import numpy as np", "import numpy as np\n\nraise SystemExit('bye')")], "The network",
         ["my_layers.py stops in line 3: SystemExit: bye."]),
        ([("import numpy as np", "\0")], "The network", ["my_layers.py"]),
        # a class is missing
        ([("class MyRelu", "class Relu")], "The network with your MyAffine",
         ["my_layers.py has no class MyRelu. The library's Relu takes its place.", "MyAffine is right"]),
        ([("class MyAffine", "class Affine")], "The network with your MyRelu", ["has no class MyAffine."]),
        ([("class MyAffine:", "MyAffine = 1\nclass Other:")], "The network with your MyRelu",
         ["has no class MyAffine."]),
        # exceptions
        ([("self, W, b)", "self, W)")], "The network with your MyRelu",
         ["MyAffine(W, b) stops for W (3, 5), b (5,): TypeError"]),
        ([("self.W, self.b = W", "self.w, self.b = W")], "The network with your MyRelu",
         ["MyAffine.forward stops in line 10 of my_layers.py for x (4, 3), W (3, 5), b (5,): Attr"]),
        ([("dy @ self.W.T", "dy @ self.W")], "The network with your MyRelu",
         ["MyAffine.backward stops in line 14 of my_layers.py for dy (4, 5): ValueError"]),
        # wrong shapes
        ([("self.x.T @ dy", "dy.T @ self.x")], "The network with your MyRelu",
         ["MyAffine.backward (line 12 of my_layers.py): dW has the shape (5, 3), expected (3, 5): it looks "
          "transposed. Expected: xᵀ dy."]),
        ([("dy.sum(axis=0)", "dy")], "The network with your MyRelu",
         ["db has the shape (4, 5), expected (5,): it is not summed over the batch.", "column sums of dy"]),
        ([("dy.sum(axis=0)", "dy.sum(axis=1)")], "The network with your MyRelu", ["summed over the wrong"]),
        # wrong values
        ([("@ self.W + self.b", "@ self.W")], "The network with your MyRelu",
         ["MyAffine.forward (line 8 of my_layers.py): y is not right", "Expected: x W + b."]),
        ([("return x @ self.W", "x @ self.W")], "The network with your MyRelu", ["y is None"]),
        ([("return dy @", "return -dy @")], "The network with your MyRelu",
         ["MyAffine.backward (line 12 of my_layers.py): dx has the right size and the wrong sign",
          "Expected: dy Wᵀ."]),
        ([("dy.sum(axis=0)", "dy.mean(axis=0)")], "The network with your MyRelu",
         ["db is 4 times too small, and 4 is the batch size N"]),
        ([("self.dW, self.db = self.x.T @ dy, dy", "self.dW, self.bd = self.x.T @ dy, dy")],
         "The network with your MyRelu", ["MyAffine has no .db after backward. Expected: the column sums"]),
        ([("return dy * self.positive", "return dy")], "The network with your MyAffine",
         ["MyRelu.backward (line 22 of my_layers.py): dx is right in", "Expected: dy where x > 0, else 0."]),
        ([("x > 0", "x < 0")], "The network with your MyAffine",
         ["MyRelu.forward (line 18 of my_layers.py): y is not right", "Expected: x where x > 0, else 0."]),
        ([("return dy * self.positive", "...")], "The network with your MyAffine", ["dx is None"]),
        # what shows only the second time, or only in a network
        ([("self.dW, self.db = self.x.T @ dy", "self.dW, self.db = getattr(self, 'dW', 0) + self.x.T @ dy")],
         "The network with your MyRelu", ["That is its second batch: does it keep something of the first?"]),
        ([("self.x = x", "MyAffine.x = x")], "The network",
         ["Alone each layer is right, but in a network W1 differs: do two MyAffine share what they keep?"]),
        ([("return x * self", "assert x.shape[1] > 4\n        return x * self")], "The network",
         ["Alone each layer is right, but a network of them stops in line 20 of my_layers.py: Assert"]),
        # both are wrong
        ([("return dy @", "return -dy @"), ("x > 0", "x < 0")], "The network",
         ["MyAffine.backward", "The library's Affine takes its place.", "The library's Relu takes its"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place_and_what_was_expected(load, changes, who, words):
    found = load(*changes)
    assert found.reply.right is False and found.who == who
    for part in words:
        assert part in repr(found), found
    assert not re.search(r"\.\.|\?\.|/tmp|\\n", repr(found)), found
    network = Network([found.Affine(np.ones((3, 2)), np.zeros(2)), found.Relu()], SoftmaxWithLoss())
    assert network.gradient(np.ones((4, 3)), np.zeros(4, int))["W1"].shape == (3, 2), "it trains all the same"


def test_lines_are_those_of_the_file():
    assert line_of(GOOD, "def forward") == 8 and line_of(GOOD, "def backward") == 12
    assert line_of(GOOD, "self.positive = x") == 19 and line_of(GOOD, "return dy *") == 23


def test_loops_are_too_slow_to_wait_for(load, monkeypatch):
    monkeypatch.setattr(mine, "SLOW", 0.1)
    slow = load(("self.x = x", "self.x = x\n        if len(x) > 50: __import__('time').sleep(0.2)"))
    assert "MyAffine is right, but takes 0." in repr(slow) and "no loops" in repr(slow)
    assert slow.who == "The network with your MyRelu"


@pytest.fixture(scope="module")
def mnist():
    return load_mnist(normalize=False)


@pytest.mark.parametrize("copied", ["W, b", "W.copy(), b.copy()"])
def test_own_layers_learn_as_the_librarys_do(load, mnist, copied):
    """Also where they keep copies of their weights, and in the float32 that training takes."""
    found = load(("self.W, self.b = W, b", f"self.W, self.b = {copied}"))
    W1, b1, W2, b2 = TwoLayerNet(784, 50, 10, rng=1).params.values()
    own = Network([found.Affine(W1, b1), found.Relu(), found.Affine(W2, b2)], SoftmaxWithLoss())
    library = TwoLayerNet(784, 50, 10, rng=1)
    losses = [[step.loss for step in train(network, *mnist[0], iterations=200, rng=1)]
              for network in (own, library)]  # fmt: skip
    assert np.allclose(*losses, rtol=1e-3)
    for name, array in own.params.items():
        assert array.dtype == np.float32 and np.allclose(array, library.params[name], atol=1e-3)
    assert np.array_equal(own.layers[0].own.W, own.params["W1"])
    assert own.accuracy(*mnist[1]) == pytest.approx(library.accuracy(*mnist[1]), abs=0.003)
    assert ch09.SAME_START.answer == "as many"


def test_the_chapter_trains_the_file_beside_it(load):
    """The whole chapter has run without a file: the library's layers have learned as much."""
    names = ran("09")[0]
    assert names["mine"].who == "The network" and not os.path.exists("my_layers.py")
    assert names["gap"] < 0.002 and names["own"].accuracy(names["x_test"], names["t_test"]) > 0.94


# what they read


class Known:
    """A network that reads image i as read[i]; its first pixels hold i."""

    def __init__(self, read):
        self.read = np.array(read)

    def predict(self, x):
        return np.eye(10)[self.read[np.asarray(x)[:, 0] + 256 * np.asarray(x)[:, 1].astype(int)]]


@pytest.fixture
def known(rng):
    """300 images, of which every seventh is read wrong."""
    x = rng.integers(0, 256, (300, 784), np.uint8)
    x[:, 0], x[:, 1] = np.arange(300) % 256, np.arange(300) // 256
    t = np.arange(300) % 10
    return Known(np.where(np.arange(300) % 7 == 0, (t + 1) % 10, t)), x, t


def test_the_wall_frames_what_is_read_wrong_and_counts(known):
    network, x, t = known
    wall = mine.Wall(network, x, t, "Your own network")
    for first in (0, 100, 200):
        wall.controls["first"].value = first
        ax = wall._figure.axes[0]
        wrong = [k for k in range(100) if (first + k) % 7 == 0]
        headline, *digits = ax.texts
        assert headline.get_text() == "257 of 300 are read right"
        assert [int(digit.get_text()) for digit in digits] == list(network.read[first : first + 100])
        for k, digit in enumerate(digits):
            assert same_color(digit.get_color(), INK[BACKWARD if k in wrong else FORWARD])
            assert (digit.get_weight() == "bold") == (k in wrong)
        frames = np.array(ax.lines[0].get_data()).T.reshape(-1, 6, 2)
        centers = [(34 * (k % 20) + 17, 48 * (k // 20) + 23.5) for k in wrong]
        assert np.allclose(frames[:, [0, 2]].mean(axis=1), centers)
        assert np.all((frames[:, 1:5] == frames[:, :4]).sum(axis=2) == 1), "along its sides"
        assert np.array_equal(frames[:, 4], frames[:, 0]) and np.all(np.isnan(frames[:, 5]))
        mosaic = ax.images[0].get_array()
        for k in (0, 19, 20, 99):
            left, top = 34 * (k % 20) + 3, 48 * (k // 20) + 2
            assert np.array_equal(mosaic[top : top + 28, left : left + 28], x[first + k].reshape(28, 28))
        assert wall.sentence == (
            f"Your own network reads 257 of 300 test images right, and {100 - len(wrong)} of these 100, "
            f"number {first + 1} to {first + 100}."
        )


def test_the_wall_looks_again_when_it_is_told_to(known):
    network, x, t = known
    wall = mine.Wall(network, x, t)
    network.read = t
    wall._update()
    assert "reads 257 of 300" in wall.sentence
    wall.look_again()
    assert wall.sentence.startswith("The network reads 300 of 300 test images right, and 100 of these 100")
    assert len(wall._figure.axes[0].lines[0].get_xdata()) == 0


def test_the_score_counts_all_and_each_digit(known):
    network, x, t = known
    draw = mine.make_score(network, x, t, "Your own network")
    for digit in range(10):
        right = sum(int(i % 7 != 0) for i in range(digit, 300, 10))
        picture = draw(digit)
        assert picture.sentence == (
            "Your own network reads 257 of 300 digits right, and has never seen one of them. Of 30 images of "
            f"{digit}, {right}."
        )
        left, bars = picture.content.axes
        assert left.texts[0].get_text() == "257" and "of 300" in left.texts[1].get_text()
        assert bars.patches[digit].get_width() == pytest.approx(100 * right / 30)
        assert bars.get_xlim()[0] <= min(bar.get_width() for bar in bars.patches)


def test_a_drawing_is_read_in_the_learners_name():
    network = Network([Affine(np.zeros((784, 10)), np.arange(10.0))], SoftmaxWithLoss())
    ink = np.zeros((140, 140), np.uint8)
    ink[20:120, 60:80] = 255
    picture = ch09.make_drawn_reading(network, "Your own network")(ink.tobytes())
    assert picture.sentence == "Your own network reads 9, with a probability of 63%."


def test_the_stored_words_hold_no_trained_number(known):
    network, x, t = known
    wall = mine.Wall(network, x, t)
    assert not re.search(r"\d", wall._repr_mimebundle_()["text/plain"])
    score = explore(mine.make_score(network, x, t), digit=(0, 9))
    assert re.findall(r"\d+", score._repr_mimebundle_()["text/plain"]) == ["94"]
