"""Chapter 00: one neuron, a network at a glance, and the questions' answers."""

import math
import re

import numpy as np
import pytest
from backprop.chapters import ch00_start as ch00
from backprop.explore.style import BACKWARD, FAINT, FORWARD, HIGHLIGHT, MUTED, PARAMETER
from reading import arithmetic, read, shapes, texts, wrong

from notebooks import panels, positions, said


def test_the_neuron_says_what_it_does():
    panel, verdicts = panels("00")[0], set()
    for place in positions(panel, most=1500):
        w, b, x = place.values()
        z = w * x + b
        y = 1 / (1 + math.exp(-z))
        sentence = said(panel.draw(**place))
        ((_, sign, total),) = arithmetic(sentence)
        assert wrong(sentence) == [] and sign == "=", sentence
        assert abs(float(read(total)) - z) < 1e-9
        verdict = "fires" if y > 0.9 else "stays silent" if y < 0.1 else "is undecided"
        start, _, answer = sentence.removesuffix(f": it {verdict}.").rpartition(" and answers σ of it, ")
        assert start.startswith("The neuron sums ") and answer, sentence
        shown = read(answer.removeprefix("nearly "))
        assert abs(float(shown) - y) <= 0.0005 * y, sentence
        assert answer.startswith("nearly ") == (shown in (0, 1)), "a sigmoid lies strictly between 0 and 1"
        verdicts.add((verdict, answer.startswith("nearly ")))
    assert verdicts >= {("fires", True), ("fires", False), ("stays silent", False), ("is undecided", False)}


def test_the_curve_and_the_dot():
    for w, b, x in ((1.0, 0.0, 2.0), (-5.0, 2.5, -6.0), (0.0, 1.0, 6.0)):
        figure = panels("00")[0].draw(w, b, x).content
        ax = figure.axes[0]
        curve, drop, dot = ax.lines
        xs, ys = curve.get_data()
        assert (xs[0], xs[-1], len(xs)) == (-6, 6, 241)
        np.testing.assert_allclose(ys, 1 / (1 + np.exp(-(w * xs + b))))
        y = 1 / (1 + math.exp(-(w * x + b)))
        assert dot.get_xydata().tolist() == [[x, y]]
        assert drop.get_xydata().tolist() == [[x, -0.05], [x, y], [-6, y]], "down to x and left to y"
        assert (ax.get_xlim(), ax.get_ylim()) == ((-6, 6), (-0.05, 1.05))
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("input x", "output y")
        assert all(line.get_animated() for line in ax.lines)


# the network at a glance


def loss_by_hand(W1, W2, b1=0, b2=0):
    h = 1 / (1 + np.exp(-(np.array(ch00.X) @ W1 + b1)))
    o = 1 / (1 + np.exp(-(h @ W2 + b2)))
    return h, o, 0.5 * float(((o - ch00.TARGET) ** 2).sum())


def test_the_glance_says_the_losses_before_and_after_one_update():
    """By the formulas of chapter 07, with biases."""
    x, W1, W2 = np.array(ch00.X), np.array(ch00.W1), np.array(ch00.W2)
    h, o, before = loss_by_hand(W1, W2)
    delta_o = (o - ch00.TARGET) * o * (1 - o)
    delta_h = delta_o @ W2.T * h * (1 - h)
    step = [p - ch00.ALPHA * g for p, g in
            ((W1, x.T @ delta_h), (W2, h.T @ delta_o), (0, delta_h), (0, delta_o))]  # fmt: skip
    after = loss_by_hand(*step)[2]
    assert ch00.losses() == (f"{before:.2f}", f"{after:.2f}") and after < before - 0.05
    assert min(abs(v * 100 % 1 - 0.5) for v in (before, after)) > 0.01, "no rounding on an edge"
    assert ch00.losses() == ("0.52", "0.42"), "the weights that it has always started from"
    for step, ends in ((3, f": {before:.2f}."), (7, f"was {before:.2f} and is now {after:.2f}.")):
        picture = panels("00")[1].draw(step=step)
        assert said(picture).endswith(ends)
        (shown,) = [t.words for t in texts(picture) if t.words[0].isdigit()]
        assert shown == f"{after if step == 7 else before:.2f}"


def test_the_glance_starts_before_anything_is_computed_and_has_no_symbols():
    panel = panels("00")[1]
    assert panel.values() == {"step": 0}
    for place in positions(panel):
        numbers = re.findall(r"\d+\.\d+", said(panel.draw(**place)))
        assert len(numbers) == {3: 1, 7: 2}.get(place["step"], 0)
        assert not re.search("[δσαw₁∂⁺]", said(panel.draw(**place)).replace("w", ""))
        words = {t.words for t in texts(panel.draw(**place))}
        assert {"input", "hidden layer", "output layer", "loss", "target"} <= words


# step: colors of the lines into the hidden layer, the output layer and the loss; the lit columns
GLANCE = [
    ((FAINT, FAINT, FAINT), ()),
    ((FORWARD, FAINT, FAINT), (1,)),
    ((MUTED, FORWARD, FAINT), (2,)),
    ((MUTED, MUTED, FORWARD), ()),
    ((MUTED, BACKWARD, BACKWARD), (2,)),
    ((BACKWARD, MUTED, MUTED), (1,)),
    ((PARAMETER, PARAMETER, MUTED), ()),
    ((FORWARD, FORWARD, FORWARD), (1, 2)),
]


@pytest.mark.parametrize("step", range(8))
def test_the_glance_draws_every_line_in_its_steps_color(step):
    picture = panels("00")[1].draw(step=step)
    colors, lit = GLANCE[step]
    nodes = [(c, float(s.get("cx")), float(s.get("cy"))) for s in shapes(picture, "circle")
             for c in [(float(s.get("cx")) - 90) / 190]]  # fmt: skip
    assert [[n[0] for n in nodes].count(c) for c in range(3)] == [3, 4, 2]
    ways = {0: [], 1: [], 2: []}
    for s in shapes(picture, "line"):
        x1, x2 = sorted((float(s.get("x1")), float(s.get("x2"))))
        if x1 > 100 and float(s.get("y1")) > 40 and x2 - x1 > 20:
            ways[0 if x2 < 290 else 1 if x2 < 480 else 2].append(s)
    assert [len(found) for found in ways.values()] == [12, 8, 2]
    for c, found in ways.items():
        assert {s.get("stroke") for s in found} == {colors[c]}
        back = {float(s.get("x1")) > float(s.get("x2")) for s in found}
        assert back == {colors[c] == BACKWARD} == {"stroke-dasharray" in s.attrib for s in found}
    orange = {
        (float(s.get("cx")) - 90) / 190 for s in shapes(picture, "circle") if s.get("stroke") == HIGHLIGHT
    }
    assert orange == set(lit)
    filled = {
        (float(s.get("cx")) - 90) / 190 for s in shapes(picture, "circle") if s.get("fill") == ch00.DONE
    }
    assert filled == set(range(min(step, 2) + 1)), "a node is filled once it has its value"


# the questions


def y(w, b, x):
    return 1 / (1 + math.exp(-(w * x + b)))


def test_half():
    assert y(1, 0, ch00.HALF.answer) == 0.5
    told = {wrong: float(re.search(r"about (0\.\d+)", why)[1]) for wrong, why in ch00.HALF.mistakes.items()}
    assert told == {x: pytest.approx(y(1, 0, x), abs=0.005) for x in (0.5, 1, -1)}


def grid(low, high):
    return [round(low + 0.1 * i, 1) for i in range(round((high - low) * 10) + 1)]


def first(b):
    """Where on the slider the neuron with w = 5 begins to fire, by the panel itself."""
    draw = panels("00")[0].draw
    return next(x for x in grid(-6, 6) if said(draw(w=5.0, b=b, x=x)).endswith("it fires."))


def test_fire_holds_for_exactly_the_places_of_the_slider_that_fire_there():
    for b in grid(-5, 5):
        right, why = ch00.FIRE.judge(repr(b))
        assert right == (first(b) == 1.1), b
        if why == ch00.FIRE.mistakes[3.1]:
            assert first(b) < 0
        if why == ch00.FIRE.mistakes[-5]:
            assert 0.4 < y(5, b, 1) < 0.6 and first(b) > 1.1
        if why == ch00.FIRE.mistakes[0]:
            assert first(b) <= 0.5
    assert [b for b in grid(-5, 5) if first(b) == 1.1] == [-3.3, -3.2, -3.1, -3.0, -2.9]


def test_fire_takes_every_b_that_works_between_the_sliders_places_too():
    works = [b / 1000 for b in range(-5000, 5000) if y(5, b / 1000, 1.1) > 0.9 >= y(5, b / 1000, 1)]
    assert [b / 1000 for b in range(-5000, 5000) if ch00.FIRE.judge(repr(b / 1000))[0]] == works
    assert (works[0], works[-1]) == (-3.302, -2.803) and {-2.85, -2.81, -2.89} <= set(works)
    assert "above −3.303 and up to −2.803" in ch00.FIRE.reason and math.log(9) == pytest.approx(
        2.197, abs=1e-3
    )
    for b, side in ((-3.5, 1.1), (-2.7, 1)):  # what the hint says of a b that is too small, and too large
        assert ch00.FIRE.judge(repr(b)) == (False, ch00.FIRE.hint)
        assert (y(5, b, side) > 0.9) == (side == 1)


def test_the_student_of_the_exam_and_the_passes():
    assert ch00.STEP.answer == "the update" and set(ch00.STEP.mistakes) | {ch00.STEP.answer} == set(
        ch00.STEP.choices
    )
    weights = 1000
    assert ch00.PASSES.answer == 1 + weights
    assert set(ch00.PASSES.mistakes) == {weights, 2 * weights, 2}


def test_a_layer_of_values_multiplies_once_forward_and_twice_backward_for_each_weight():
    for inputs, outputs in ((1, 1), (2, 3), (5, 4), (40, 25)):
        found = ch00.multiplications(inputs, outputs)
        assert found == (inputs * outputs, 2 * inputs * outputs)


def test_what_check_yourself_says_of_a_negative_weight():
    draw = panels("00")[0].draw
    fires = [x for x in grid(-6, 6) if said(draw(w=-5.0, b=0.0, x=x)).endswith("it fires.")]
    assert fires == grid(-6, -0.5)
