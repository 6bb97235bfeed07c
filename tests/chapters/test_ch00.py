"""Chapter 00: one neuron."""

import math

import numpy as np
from reading import arithmetic, read, wrong

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


def test_the_verdict_turns_where_the_chapter_says():
    """One answer to the chapter's exercise: w = 5, b = −2.9."""
    draw = panels("00")[0].draw
    assert said(draw(w=5.0, b=-2.9, x=1.0)).endswith("answers σ of it, 0.8909: it is undecided.")
    assert said(draw(w=5.0, b=-2.9, x=1.1)).endswith("answers σ of it, 0.9309: it fires.")


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
