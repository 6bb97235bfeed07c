"""Chapter 05: its sentences, recomputed from the numbers at every position, and what its pictures show."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from backprop import HalfSquaredError, MeanSquaredError, mean_squared_error, numerical_gradient
from backprop.chapters import ch05_measure as ch05
from backprop.explore.style import BACKWARD, DATA, FORWARD, HIGHLIGHT, PARAMETER

from notebooks import NOTEBOOKS, panels, positions, said, sources


def numbers(text):
    """The numbers of a sentence, in order."""
    return [
        float(n.replace("−", "-").replace(",", ""))
        for n in re.findall(r"(?<!\w)−?\d[\d,]*(?:\.\d+)?(?:e[−+]?\d+)?", text)
    ]


# the slope from two points


def slope_and_error(x, h, difference):
    """The slope of x³ in exact arithmetic, and its error."""
    x, h = Fraction(str(x)), Fraction(str(h))
    left = x - h if difference == "central" else x
    slope = ((x + h) ** 3 - left**3) / (x + h - left)
    return slope, slope - 3 * x * x


def test_slope_panel_gives_the_slope_the_truth_and_the_error_exactly():
    panel = panels("05")[0]
    places = positions(panel, most=4000)
    assert len(places) == 16 * 100 * 2
    for place in places:
        words = said(panel.draw(**place))
        slope, error = slope_and_error(**place)
        x, h, shown_slope, true, again, true_again, shown_error, percent = numbers(words)
        assert words.startswith(f"The {place['difference']} difference at")
        assert (x, h) == (place["x"], place["h"])
        assert shown_slope == again == float(slope) and true == true_again == float(3 * Fraction(str(x)) ** 2)
        assert shown_error == float(error) > 0, "too steep"
        assert percent == pytest.approx(float(100 * error) / true, rel=0.06), words


def test_a_smaller_h_and_the_central_difference_come_closer_to_the_true_slope():
    """The chapter says both, for every x and h of the panel."""
    for x in np.arange(5, 21) / 10:
        forward = [slope_and_error(x, k / 100, "forward")[1] for k in range(1, 101)]
        central = [slope_and_error(x, k / 100, "central")[1] for k in range(1, 101)]
        assert forward == sorted(forward) and central == sorted(central)
        assert all(0 < c < f for c, f in zip(central, forward, strict=True))


@pytest.mark.parametrize(
    ("x", "h", "difference"), [(2, 0.5, "forward"), (0.5, 1, "central"), (1.1, 0.3, "central")]
)
def test_slope_picture_shows_two_points_their_line_and_the_tangent(x, h, difference):
    (ax,) = ch05.make_slope()(x, h, difference).content.axes
    curve, tangent, secant, ends, here = [line.get_xydata() for line in ax.lines]
    left, right = (x - h if difference == "central" else x), x + h
    assert np.allclose(curve[:, 1], curve[:, 0] ** 3) and (curve[0, 0], curve[-1, 0]) == (-1, 3.2)
    assert np.allclose(ends, [(left, left**3), (right, right**3)])
    assert np.allclose(here, [(x, x**3)])
    slopes = 3 * x * x, (right**3 - left**3) / (right - left)
    for line, slope, through in ((tangent, slopes[0], (x, x**3)), (secant, slopes[1], ends[1])):
        (x1, y1), (x2, y2) = line
        assert (y2 - y1) / (x2 - x1) == pytest.approx(slope)
        assert y1 + slope * (through[0] - x1) == pytest.approx(through[1])
        assert min(x1, x2) < -1 and max(x1, x2) > 3.2, "it crosses the whole picture"
    colors = [line.get_color() for line in ax.lines]
    assert colors == [DATA, BACKWARD, FORWARD, FORWARD, HIGHLIGHT]
    assert [line.get_linestyle() for line in ax.lines[1:3]] == ["--", "-"]
    labels = [words.get_text() for words in ax.get_legend().get_texts()]
    assert labels == ["f(x) = x³", "true slope, 3x²", "through the two points", "x"]
    (low, high), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    for point in (*ends, *here):
        assert low <= point[0] <= high and bottom <= point[1] <= top


# the V of the error


def exact_errors(h, x=2):
    """(truncation, rounding) of the forward and of the central difference, in exact arithmetic."""
    exact = Fraction(h)
    low, high = (x - h) * (x - h) * (x - h), (x + h) * (x + h) * (x + h)
    forward = ((x + exact) ** 3 - x**3) / exact, (high - 8.0) / h
    central = ((x + exact) ** 3 - (x - exact) ** 3) / (2 * exact), (high - low) / (2 * h)
    return [(quotient - 12, Fraction(computed) - quotient) for quotient, computed in (forward, central)]


def test_error_panel_names_errors_bound_and_the_larger_part():
    panel = panels("05")[1]
    kinds = set()
    places = positions(panel)
    assert len(places) == 29 and {1e-4, 1e-15, 1e-1} <= {place["h"] for place in places}
    for place in places:
        h, words = place["h"], said(panel.draw(**place))
        shown_h, forward, central, most = numbers(words)[:4]
        parts = exact_errors(h)
        assert shown_h == float(f"{h:.1e}")
        for shown, (truncation, rounding) in zip((forward, central), parts, strict=True):
            assert shown == pytest.approx(float(abs(truncation + rounding)), rel=0.06)
            assert abs(rounding) <= Fraction(ch05.ROUNDING) / Fraction(h)
        assert most == pytest.approx(6e-15 / h, rel=0.06)
        larger = ["truncation" if abs(t) > abs(r) else "rounding" for t, r in parts]
        other = {"truncation": "rounding", "rounding": "truncation"}
        verdict = words.split(". ")[-1]
        if larger[0] == larger[1]:
            assert verdict == f"In both, {larger[0]} outweighs {other[larger[0]]}."
        else:
            assert verdict == (
                f"In the forward one {larger[0]} outweighs {other[larger[0]]}, "
                f"in the central one {larger[1]} outweighs {other[larger[1]]}."
            )
        kinds.add(tuple(larger))
    assert len(kinds) == 3


def test_error_picture_shows_both_curves_the_bound_and_the_chosen_h():
    panel = panels("05")[1]
    for h in (1e-15, 10**-9.5, 1e-4, 1e-1):
        (ax,) = panel.draw(h=h).content.axes
        forward, central, most, at, square, dot = ax.lines
        for line, k in ((forward, 0), (central, 1)):
            errors = [float(abs(sum(exact_errors(x)[k]))) for x in line.get_xdata()]
            assert np.allclose(line.get_ydata(), errors)
        assert np.allclose(most.get_xdata() * most.get_ydata(), 6e-15)
        for line in (forward, central, most):
            assert line.get_xdata()[0] == pytest.approx(0.1) and line.get_xdata()[-1] == pytest.approx(1e-15)
        errors = [float(abs(sum(parts))) for parts in exact_errors(h)]
        assert list(at.get_xdata()) == [h, h]
        for marker, color, error in ((square, PARAMETER, errors[0]), (dot, FORWARD, errors[1])):
            assert np.allclose(marker.get_xydata(), [(h, error)], atol=0) and marker.get_color() == color
            assert ax.get_ylim()[0] < error < ax.get_ylim()[1]
    legend = [words.get_text() for words in ax.figure.legends[0].get_texts()]
    assert legend == ["forward difference", "central difference", "rounding, at most"]
    assert [line.get_linestyle() for line in (forward, central, most)] == ["--", "-", ":"]
    assert square.get_marker() == "s" and dot.get_marker() == "o"


def test_how_far_both_differences_of_a_cube_are_off():
    for x in (Fraction(2), Fraction(-1, 3)):
        for h in (Fraction(1, 10), Fraction(1, 10**5)):
            up, here, down = (x + h) ** 3, x**3, (x - h) ** 3
            assert (up - here) / h - 3 * x**2 == 3 * x * h + h**2
            assert (up - down) / (2 * h) - 3 * x**2 == h**2


def test_both_squared_errors_differ_by_a_factor():
    """2/M for M outputs: 1 for the two of the network, 2/3 for the three of the example."""
    y, t = np.array([0.6, 0.7, 0.3]), np.array([0.2, 0.1, 0.9])
    for M in (2, 3):
        mean, half = MeanSquaredError(), HalfSquaredError()
        mean.forward(y[:M], t[:M])
        half.forward(y[:M], t[:M])
        assert np.allclose(half.backward(), y[:M] - t[:M]) and np.allclose(
            mean.backward(), 2 / M * (y[:M] - t[:M])
        )


def test_the_table_of_errors_has_every_choice():
    code = "\n".join(sources(NOTEBOOKS / "05_measure_the_slope.ipynb", "code"))
    (row,) = re.findall(r"for h in \((.*)\):\n    forward = ", code)
    assert [float(h) for h in row.split(", ")] == [float(h) for h in ch05.BEST_H.choices]
    assert (
        ch05.BEST_H.answer not in code.split("ask(ch05.BEST_H)")[0] and "1e-4" not in code.split("BEST_H")[0]
    )


def test_what_the_text_says_of_the_v():
    """Tips near 1e-8 and 1e-5, the central one deeper; 1e-9 to 1e-11 show one error; at 1e-4 it is smooth."""
    steps = 10.0 ** -np.arange(1, 15.01, 0.1)
    forward, central = np.array([ch05.errors_of_cube(h) for h in steps]).T
    worst = [np.lib.stride_tricks.sliding_window_view(e, 11).max(axis=1) for e in (forward, central)]
    tips = [steps[5:-5][np.argmin(errors)] for errors in worst]  # within half a decade around, against luck
    assert 3e-9 < tips[0] < 1e-7 and 1e-6 < tips[1] < 3e-5
    assert worst[1].min() < worst[0].min() and central.min() < forward.min()
    assert len({f"{e:.1e}" for k in (9, 10, 11) for e in ch05.errors_of_cube(float(f"1e-{k}"))}) == 1
    assert np.all(np.diff(central[steps > 9e-5]) < 0)


# the first network


def by_hand(p):
    """Hidden values and outputs with math.exp alone."""

    def neuron(inputs, weights, bias):
        return 1 / (1 + math.exp(-(inputs[0] * weights[0] + inputs[1] * weights[1] + bias)))

    hidden = [neuron((0.5, 0.8), p["W1"][:, j], p["b1"][j]) for j in (0, 1)]
    return hidden, [neuron(hidden, p["W2"][:, j], p["b2"][j]) for j in (0, 1)]


@pytest.fixture(scope="module")
def history():
    """The chapter's own training: what its replay was made of."""
    draw = panels("05")[2].draw
    return draw.__closure__[0].cell_contents


def texts(svg):
    """{(x, y): (words, color)} of an SVG."""
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" fill="(#\w+)"[^>]*>([^<]*)</text>', svg)
    return {(float(x), float(y)): (words, color) for x, y, color, words in found}


def shown(value, digits):
    words = f"{value:.{digits}f}"
    return words.lstrip("-") if float(words) == 0 else words.replace("-", "−")


def test_replay_says_prediction_miss_loss_and_gradient(history):
    panel = panels("05")[2]
    for i in (*range(5), 150, 700, 1500, 1650, 2998, 2999):
        p, g = history[i]
        _, y = by_hand(p)
        loss = ((y[0] - 0.2) ** 2 + (y[1] - 0.1) ** 2) / 2
        steepest = max(abs(float(one)) for array in g.values() for one in np.ravel(array))
        found = numbers(said(panel.draw(iteration=i)).replace("iteration", ""))
        assert found[0] == i
        assert found[1:3] == [round(y[0], 4), round(y[1], 4)]
        assert found[3] == pytest.approx(max(abs(y[0] - 0.2), abs(y[1] - 0.1)), abs=5.1e-5)
        assert found[4:] == [float(f"{loss:.1e}"), float(f"{steepest:.1e}")]


@pytest.mark.parametrize("i", [0, 1, 400, 2999])
def test_replay_shows_every_number_at_its_place(history, i):
    p, g = history[i]
    hidden, y = by_hand(p)
    at = texts(panels("05")[2].draw(iteration=i).content)
    where = {words: place for place, (words, _) in at.items() if re.fullmatch("[xhy][₁₂]", words)}
    for name, value in zip(where, ("0.5", "0.8", *(shown(v, 4) for v in (*hidden, *y))), strict=True):
        x, middle = where[name]
        assert at[x, middle - 39] == (value, FORWARD), f"above {name}"
    for W, tails, heads in (("W1", ("x₁", "x₂"), ("h₁", "h₂")), ("W2", ("h₁", "h₂"), ("y₁", "y₂"))):
        for a, tail in enumerate(tails):
            for b, head in enumerate(heads):
                along = 0.5 if a == b else 0.33
                x, middle = (np.array(where[tail]) * (1 - along) + np.array(where[head]) * along).round(1)
                near = {t: c for (u, v), (t, c) in at.items() if abs(u - x) < 4 and -16 < v - middle < 20}
                assert near == {shown(p[W][a, b], 3): PARAMETER, shown(g[W][a, b], 5): BACKWARD}, (tail, head)
    for b, heads in (("b1", ("h₁", "h₂")), ("b2", ("y₁", "y₂"))):
        for j, head in enumerate(heads):
            x, middle = where[head]
            assert at[x, middle + 44] == (f"b = {shown(p[b][j], 3)}", PARAMETER)
            assert at[x, middle + 64] == (shown(g[b][j], 5), BACKWARD)
    for name, target in (("y₁", "0.2"), ("y₂", "0.1")):
        x, middle = where[name]
        assert (at[x + 30, middle - 9][0], at[x + 30, middle + 9][0]) == ("target", target)


def test_all_rates_at_once_repeat_the_chapters_run(history, trained):
    outputs, _, steepest = trained
    assert outputs.shape == (3000, 12, 2) and steepest.shape == (3000, 12)
    for i in (0, 1, 150, 2999):
        assert np.allclose(outputs[i, 4], by_hand(history[i][0])[1], rtol=1e-10)
        largest = max(np.max(np.abs(g)) for g in history[i][1].values())
        assert steepest[i, 4] == pytest.approx(largest, rel=1e-6)


def test_rates_are_trained_side_by_side_each_as_if_alone():
    rates = [0.03, 3.0, 100.0]
    outputs, steepest = ch05.train_all(rates, iterations=4, h=1e-3)
    for k, rate in enumerate(rates):
        p = {name: array.copy() for name, array in ch05.START.items()}

        def loss(_, p=p):
            return mean_squared_error(by_hand(p)[1], [0.2, 0.1])

        for i in range(4):
            g = {name: numerical_gradient(loss, array, 1e-3) for name, array in p.items()}
            for name in p:
                p[name] -= rate * g[name]
            assert np.allclose(outputs[i, k], by_hand(p)[1], rtol=1e-9)
            assert steepest[i, k] == pytest.approx(max(np.max(np.abs(v)) for v in g.values()), rel=1e-6)
    assert {name: array.tolist() for name, array in ch05.START.items()} == {
        "W1": [[0.1, 0.2], [0.3, 0.1]], "b1": [0.1, 0.2], "W2": [[0.4, 0.5], [0.1, 0.3]], "b2": [0.3, 0.4]
    }  # fmt: skip


def test_the_second_layer_travels_farther_and_the_gradients_creep_to_0(history):
    first, last = ch05.START, history[-1][0]
    moved = {name: np.abs(last[name] - first[name]) for name in first}
    assert min(moved["W2"].min(), moved["b2"].min()) > max(moved["W1"].max(), moved["b1"].max())
    assert max(np.max(np.abs(g)) for g in history[-1][1].values()) < 1e-4
    assert np.abs(np.subtract(by_hand(last)[1], [0.2, 0.1])).max() < 1e-3


# the learning rate


@pytest.fixture(scope="module")
def trained():
    outputs, steepest = ch05.train_all(ch05.RATES)
    return outputs, ((outputs - [0.2, 0.1]) ** 2).mean(axis=2), steepest


def test_learning_rate_panel_gives_both_losses_and_a_true_verdict(trained):
    outputs, losses, steepest = trained
    panel, kinds = panels("05")[3], {}
    assert [place["learning_rate"] for place in positions(panel)] == ch05.RATES
    for i, rate in enumerate(ch05.RATES):
        words = said(panel.draw(learning_rate=rate))
        first, end, moved = losses[0, i], losses[-1, i], steepest[:, i]
        head, verdict = re.fullmatch(r"(.*? after 3,000)\. (.*)", words).groups()
        result = "below 1e−12" if end < 1e-12 else f"{end:.1e}".replace("-", "−")
        start = f"{first:.1e}".replace("-", "−")
        assert (
            head == f"Learning rate {rate:g}: the loss is {start} after the first step, {result} after 3,000"
        )
        kind = verdict.split()[0]
        kinds.setdefault(kind, []).append(rate)
        if kind == "Too":
            assert end > 0.001 and np.all(np.diff(losses[:, i]) < 0), "it was on its way"
            assert verdict == "Too small: 3,000 steps do not bring it below 0.001."
        elif kind == "It":
            assert end < 0.001 and moved[-1] < moved[0] / 50
            assert numbers(verdict) == [float(f"{moved[0]:.1e}"), float(f"{moved[-1]:.1e}")]
        elif kind == "The":
            assert np.all(outputs[0, i] < [0.2, 0.1]) and np.all(np.abs(outputs[-1, i] - [0.2, 0.1]) < 1e-6)
        else:
            assert np.all(outputs[0, i] < 1e-4), "close to 0"
            assert np.all(outputs[0, i] * (1 - outputs[0, i]) < 1e-4), "where the sigmoid is nearly flat"
            if "stays" in verdict:
                assert np.all(np.abs(losses[:, i] - first) < 1e-9)
            else:
                free, low, high = numbers(verdict)[1:]
                assert np.argmax(losses[:, i] < 0.9 * first) == pytest.approx(free, abs=50)
                late = losses[-100:, i]
                assert [low, high] == [float(f"{late.min():.1e}"), float(f"{late.max():.1e}")]
                assert np.any(np.diff(late) > 0) and np.any(np.diff(late) < 0)
    assert kinds == {
        "Too": [0.001, 0.003, 0.01],
        "It": [0.03, 0.1, 0.3, 1, 3, 10],
        "The": [30],
        "Far": [100, 300],
    }


def test_learning_rate_picture_shows_the_runs_of_all_rates_and_the_chosen_one(trained):
    _, losses, steepest = trained
    panel = panels("05")[3]
    for rate in (0.001, 3.0, 300.0):
        i = ch05.RATES.index(rate)
        left, right = panel.draw(learning_rate=rate).content.axes
        for ax, curves in ((left, losses), (right, steepest)):
            *others, chosen = ax.lines
            assert len(others) == 12
            for k, line in enumerate(others):
                x, y = line.get_xydata().T
                assert np.array_equal(y, curves[x.astype(int) - 1, k])
            x, y = chosen.get_xydata().T
            assert (x[0], x[-1]) == (1, 3000) and np.array_equal(y, curves[x.astype(int) - 1, i])
            assert ax.get_ylim()[0] < curves.min() and curves.max() < ax.get_ylim()[1], "nothing is cut off"
    assert (left.get_ylabel(), right.get_ylabel()) == ("loss", "largest gradient")
    assert chosen.get_linestyle() == "--" and left.lines[-1].get_color() == DATA


def test_every_gray_curve_has_its_rate_at_its_end(trained):
    _, losses, steepest = trained
    for ax, curves in zip(ch05.make_learning_rate()().content.axes, (losses, steepest), strict=True):
        low, high = np.log10(ax.get_ylim())
        named, places = {}, []
        heading, *notes = ax.texts
        assert heading.get_text() == "rate"
        for note in notes:
            assert note.xy[0] == 1, "the line leads to the axis's right end"
            for name in note.get_text().split(", "):
                named[float(name)] = note.xy[1]
            places.append(note.get_position()[1])
        assert sorted(named) == ch05.RATES
        for k, rate in enumerate(ch05.RATES):
            assert named[rate] == pytest.approx((np.log10(curves[-1, k]) - low) / (high - low), abs=0.0051)
        assert max(np.diff(places)) < -0.05 and places[-1] >= 0, "one below the other"


def test_flat_losses_below_1e_18_are_truncation(trained):
    _, losses, _ = trained
    flat = losses[-1] < 1e-18
    assert list(np.array(ch05.RATES)[flat]) == [1, 3, 10, 30]
    soon = flat & (losses[999] < 1e-18)
    outputs, _ = ch05.train_all(np.array(ch05.RATES)[soon], iterations=1000, h=5e-5)
    finer = ((outputs[-1] - [0.2, 0.1]) ** 2).mean(axis=1)
    assert len(finer) == 3 and np.allclose(finer / losses[999, soon], 0.5**4, rtol=0.01)  # (h²)²


# two lists


def test_two_lists_show_one_array_and_copies():
    panel = panels("05")[4]
    assert panel.values() == {"step": 0}, "before the event that is to be predicted"
    assert [place["step"] for place in positions(panel)] == [0, 1, 2, 3, 4]
    rows = ["[8, 4]", "[4, 2]", "[2, 1]", "[1, 0.5]", "[0.5, 0.25]"]
    for step in range(5):
        picture = panel.draw(step=step)
        at = texts(picture.content)
        left = [words for (x, _), (words, color) in at.items() if x == 275 and color == PARAMETER]
        right = [words for (x, _), (words, color) in sorted(at.items()) if x == 635]
        assert left == [rows[step]] and right == rows[: step + 1]
        for x in (55, 435):
            assert [words for (u, _), (words, _) in at.items() if u == x] == [
                f"[{i}]" for i in range(step + 1)
            ]
        boxes = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)"[^>]*stroke="(#\w+)"', picture.content)
        assert [(x, float(y)) for x, y, color in boxes if color == HIGHLIGHT] == [
            ("20.0", 54 + 44 * step), ("400.0", 54 + 44 * step)
        ]  # fmt: skip
        assert picture.content.count("<polygon") == 2 * (step + 1), "an arrow from every entry"
        entries = "both" if step == 1 else f"all {step + 1}"
        plural = "" if step == 1 else "s"
        assert said(picture) == (
            f"After {step} step{plural}: in the first list {entries} entries show {rows[step]}, because "
            "they are one array. In the second list entry 0 still shows [8, 4]."
            if step else "Before the first step both lists show the same. Only the second one holds a copy."
        )  # fmt: skip


# the questions


def test_both_differences_and_what_slips_give():
    f, h = ch05.cube, Fraction(1, 10)
    up, here, down = f(2 + h), f(Fraction(2)), f(2 - h)
    assert (up, down) == (Fraction("9.261"), Fraction("6.859"))
    forward, central = (up - here) / h, (up - down) / (2 * h)
    question = ch05.DIFFERENCES
    assert question.answer == pytest.approx((float(forward), float(central)))
    assert abs(central - 12) < abs(forward - 12)
    assert question.judge("12.6; 12.0")[0] and not question.judge("12; 12")[0]
    slips = [
        (forward, (up - down) / h),
        ((up - here) / (2 * h), central),
        ((here - down) / h, central),
        (up - here, up - down),
    ]
    assert list(question.mistakes) == [pytest.approx(tuple(map(float, slip))) for slip in slips]


def test_the_gradient_of_a_sum_of_cubes_and_what_slips_give():
    x = np.array([2.0, 3.0, -1.0])
    measured = numerical_gradient(lambda x: np.sum(x * x * x), x)
    assert ch05.GRADIENT.answer == pytest.approx(tuple(measured), abs=1e-6)
    slips = [x**3, 3 * x * np.abs(x), x**2]
    assert list(ch05.GRADIENT.mistakes) == [tuple(slip.tolist()) for slip in slips]


def test_the_best_h_of_the_choices():
    question = ch05.BEST_H
    errors = {h: float(abs(sum(exact_errors(float(h))[1]))) for h in question.choices}
    assert question.answer == min(errors, key=errors.get)
    others = {h: error for h, error in errors.items() if h != question.answer}
    assert errors[question.answer] < min(others.values()) / 1000, "not by luck"
    outweighs = {h: abs(t) > abs(r) for h in errors for t, r in [exact_errors(float(h))[1]]}
    assert outweighs["0.1"] and not outweighs["1e-10"] and not outweighs["1e-15"]
    high, low = (f"{ch05.cube(x):.15f}" for x in (2 + 1e-10, 2 - 1e-10))
    assert (high[:10], low[:10]) == ("8.00000000", "7.99999999"), "they part at the 9th digit or so"


def test_a_rate_of_300_gets_stuck(trained):
    outputs, losses, steepest = trained
    stuck, three = ch05.RATES.index(300), ch05.RATES.index(3)
    assert losses[:, stuck] == pytest.approx(0.025, abs=5e-4) and losses[-1, three] < 1e-12
    assert np.all(outputs[0, stuck] < 0.001) and steepest[1, stuck] < 1e-4
    assert ch05.RATE_300.answer == "gets stuck"


def test_what_the_list_and_the_integers_hold():
    W = np.array([8.0, 4.0])
    same = [W]
    for _ in range(3):
        W -= 0.5 * W
        same.append(W)
    assert [entry.tolist() for entry in same] == 4 * [[1, 0.5]]
    assert ch05.SAME_LIST.answer == "four times [1, 0.5]"
    held, whole = [], np.array([3])
    for value in (3 + 1e-4, 3 - 1e-4):
        whole[0] = value
        held.append(int(whole[0]))
    assert ch05.INTEGERS.answer == tuple(held)
    rounded, up = (round(3 + 1e-4), round(3 - 1e-4)), (math.ceil(3 + 1e-4), math.floor(3 - 1e-4))
    assert list(ch05.INTEGERS.mistakes) == [(3 + 1e-4, 3 - 1e-4), rounded, up]


# your turn


def measure(f, x, h, up=1.0, down=1.0, over=2.0, sign=1, put_back=True):
    """A central difference with the slips of learners."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + up * h
        above = f(x)
        x[i] = old - down * h
        below = f(x)
        if put_back:
            x[i] = old
        gradient[i] = sign * (above - below) / (over * h)
    return gradient


def slip(**settings):
    return lambda f, x, h: measure(f, x, h, **settings)


def rows_at_once(f, x, h):
    gradient = np.zeros(len(x))
    for i in range(len(x)):
        old = x[i].copy()
        x[i] = old + h
        above = f(x)
        x[i] = old - h
        gradient[i] = (above - f(x)) / (2 * h)
        x[i] = old
    return gradient


def left_up(f, x, h):
    """Goes up and down, but comes back to the middle only from below: x[i] += h, −= 2h."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        gradient[i] = (above - f(x)) / (2 * h)
    return gradient


def back_by_steps(f, x, h):
    """x[i] += h, −= 2h, += h: the old number, but for rounding."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        gradient[i] = (above - f(x)) / (2 * h)
        x[i] += h
    return gradient


def on_copies(f, x, h):
    return measure(f, x.copy(), h)


def one_copy_each(f, x, h):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (slip(sign=-1), "the sign is flipped"),
        (slip(over=1.0), "is 2 times too large: a factor is missing or too many"),
        (slip(down=0.0, over=1.0), "This is the forward difference"),
        (slip(up=0.0, over=1.0), "This is the backward difference"),
        (slip(put_back=False), "x is not put back"),
        (left_up, "x is not put back: after its move"),
        (back_by_steps, "x is put back but for rounding, which adds up"),
        (on_copies, "It moves a copy of x. That is right only where f looks at its argument"),
        (one_copy_each, "It moves a copy of x."),
        (rows_at_once, "has the shape (2,), expected (2, 3)"),
        (lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h), "is one number, expected an array of shape (2, 3)"),
        (lambda f, x, h: measure(f, x, h).T, "it looks transposed"),
        (lambda f, x, h: f(x[9]), "It stops with IndexError"),
        (slip(down=-1.0), "is 0 everywhere"),
        (lambda f, x, h: measure(f, x, 1e-4), "is close, but not right"),
    ],
)
def test_a_wrong_central_difference_gets_its_reason(attempt, words):
    reply = ch05.check_central_difference(attempt)
    assert reply.right is False and words in repr(reply)


@pytest.mark.parametrize("attempt", [measure, numerical_gradient])
def test_a_right_central_difference_is_right(attempt):
    assert ch05.check_central_difference(attempt).right
    assert not ch05.check_central_difference(lambda f, x, h: 1.01 * attempt(f, x, h)).right
