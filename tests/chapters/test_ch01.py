"""Chapter 01: what its pictures show and say, against arithmetic of the test's own."""

import re
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
from backprop.chapters import ch01_descend as ch01
from backprop.explore.style import BACKWARD, DATA, FORWARD, HIGHLIGHT, MUTED, PAPER, STROKE
from backprop.explore.words import read
from matplotlib.colors import same_color
from matplotlib.patches import FancyArrowPatch
from reading import arithmetic, wrong

from notebooks import panels, positions, said

WEEKS, HEIGHTS = (0, 1, 2, 3), (1, 2, 4, 5)
LOWEST = 0.05  # at a = 1.4, b = 0.9; test_the_lowest_point_is_where_the_gradient_is_0
STEEP = (9 + 61**0.5) / 2  # the larger curvature, which solves λ² − 9λ + 5 = 0


def surface():
    return panels("01")[0]


def parabola():
    return panels("01")[1]


def descent():
    return panels("01")[2]


def numbers(text):
    return [read(found) for found in re.findall(r"−?[\d,]*\.?\d+", text)]


def line(ax, color):
    """The x and y of the moving line that has this color."""
    (found,) = [
        artist for artist in ax.lines if artist.get_animated() and same_color(artist.get_color(), color)
    ]
    return np.array(found.get_data(), dtype=float)


def exact_loss(a, b):
    """The loss as a fraction; a and b with one decimal."""
    a, b = Fraction(round(a * 10), 10), Fraction(round(b * 10), 10)
    return sum((a * x + b - y) ** 2 for x, y in zip(WEEKS, HEIGHTS, strict=True)) / 4


def walk(alpha, steps, a, b):
    """Places of a descent from (a, b), in closed form: each way along a curvature λ shrinks by 1 − αλ."""
    values, ways = np.linalg.eigh([[7, 3], [3, 2]])  # second derivatives: 2 · mean x², 2 · mean x, 2
    start = ways.T @ [a - 1.4, b - 0.9]
    return np.array([[1.4, 0.9] + ways @ (start * (1 - alpha * values) ** k) for k in range(steps + 1)])


def losses(places):
    misses = [places[:, 0] * x + places[:, 1] - y for x, y in zip(WEEKS, HEIGHTS, strict=True)]
    return sum(miss**2 for miss in misses) / 4


def test_the_lowest_point_is_where_the_gradient_is_0():
    misses = [Fraction(14, 10) * x + Fraction(9, 10) - y for x, y in zip(WEEKS, HEIGHTS, strict=True)]
    assert sum(misses) == sum(m * x for m, x in zip(misses, WEEKS, strict=True)) == 0
    assert exact_loss(1.4, 0.9) == Fraction(5, 100)
    assert ch01.best_line(np.array(WEEKS), np.array(HEIGHTS)) == pytest.approx((1.4, 0.9), abs=1e-12)
    assert ch01.steepest_curvature(np.array(WEEKS)) == pytest.approx(STEEP, abs=1e-12)


def test_the_line_panel_says_the_misses_and_the_loss_exactly_at_every_position():
    for place in positions(surface(), most=6000):
        a, b = place["a"], place["b"]
        begin, end = said(surface().draw(**place)).split("; the loss is ")
        shown_a, shown_b, *misses = numbers(begin)
        assert (shown_a, shown_b) == (a, b)
        assert misses == [round(a * x + b - y, 9) for x, y in zip(WEEKS, HEIGHTS, strict=True)]
        loss, verdict = end.split(". ", 1)
        assert Fraction(loss.replace(",", "")) == exact_loss(a, b), place
        if (a, b) == (1.4, 0.9):
            assert verdict == "This is the lowest point: no line does better."
        else:
            assert exact_loss(a, b) > Fraction(5, 100)
            assert verdict == "The lowest is 0.05, at the cross."


def test_the_line_panel_shows_all_of_every_miss():
    line_ax, map_ax = surface().draw().content.axes
    x, y = line(line_ax, DATA)
    assert (tuple(x), tuple(y)) == (WEEKS, HEIGHTS)
    low, high = line_ax.get_ylim()
    left, right = line_ax.get_xlim()
    for place in positions(surface(), most=400):
        a, b = place["a"], place["b"]
        surface().draw(**place)
        xs, ys = line(line_ax, STROKE[HIGHLIGHT])
        bars = ys.reshape(4, 3)
        assert np.allclose(bars[:, 0], [a * x + b for x in WEEKS]) and tuple(bars[:, 1]) == HEIGHTS
        assert np.isnan(bars[:, 2]).all() and xs.tolist() == [x for x in WEEKS for _ in range(3)]
        assert low <= np.nanmin(bars) and np.nanmax(bars) <= high, f"a bar leaves the frame at {place}"
        assert np.allclose(line(line_ax, FORWARD), [[left, right], [a * left + b, a * right + b]])
        assert left < min(WEEKS) and max(WEEKS) < right
        assert line(map_ax, HIGHLIGHT).ravel().tolist() == [a, b]


def test_the_line_panel_covers_what_its_sliders_reach():
    """The frames fit: the line's is no wider than it must be, the map has a margin for the gradient."""
    line_ax, _ = surface().draw().content.axes
    assert line_ax.get_ylim() == (-2 * 3 - 3 - 1, 4 * 3 + 6 + 1)
    assert line_ax.get_xlim() == (-0.5, 3.5)
    assert (line_ax.get_xlabel(), line_ax.get_ylabel()) == ("week", "height in cm")
    for panel in (surface(), descent()):
        ax = panel.draw().content.axes[panel is surface()]
        ends = [
            (c.min, c.max) for name, c in panel.controls.items() if name in ("a", "b", "start_a", "start_b")
        ]
        margins = [np.subtract(ax.get_xlim(), ends[0]), np.subtract(ax.get_ylim(), ends[1])]
        assert np.allclose(margins, [[-0.8, 0.8], [-1.2, 1.2]])
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("a", "b")


def test_the_map_is_the_loss_and_darker_is_lower():
    for panel, which in ((surface(), 1), (descent(), 0)):
        ax = panel.draw().content.axes[which]
        (cross,) = [artist for artist in ax.lines if artist.get_marker() == "+"]
        assert np.allclose(np.ravel(cross.get_data()), [1.4, 0.9])
        filled, lines = ax.collections
        shades = filled.get_facecolor()[:, :3].sum(axis=1)
        assert (np.diff(shades) > 0).all() and len(shades) == 8
        assert filled.levels.tolist() == [0, 0.1, 0.3, 1, 3, 10, 30, 100, 1000]
        assert lines.levels.tolist() == [0.1, 0.3, 1, 3, 10, 30, 100]
        for level, path in zip(lines.levels, lines.get_paths(), strict=True):
            if len(path.vertices):
                assert np.allclose(losses(path.vertices), level, rtol=0.05), level
        labels = {text.get_text() for text in ax.texts}
        assert labels and labels <= {"1", "3", "10", "30", "100"}


# one parameter alone


def arrow(ax):
    """The ends of the one arrow that a slider moves, or None where it is not seen."""
    (found,) = [artist for artist in ax.patches if isinstance(artist, FancyArrowPatch)]
    assert found.get_animated()
    return np.array(found._posA_posB) if found.get_visible() else None


def test_the_parabola_says_slope_step_and_loss_at_every_position():
    """With b = 0.9 the loss is 0.05 + 3.5 (a − 1.4)², its slope 7 (a − 1.4): in exact fractions."""
    reached = set()
    for place in positions(parabola()):
        a, alpha = (Fraction(round(place[name] * 100), 100) for name in ("a", "alpha"))
        slope = 7 * (a - Fraction(14, 10))
        new = a - alpha * slope
        before, after = (Fraction(5, 100) + Fraction(7, 2) * (v - Fraction(14, 10)) ** 2 for v in (a, new))
        sentence = said(parabola().draw(**place))
        start = re.match(r"At a = (−?[\d.]*\d) the slope is (−?[\d.]*\d)", sentence)
        assert (read(start[1]), read(start[2])) == (float(a), float(slope)), sentence
        rest = sentence.removeprefix(start[0])
        if slope == 0:
            assert rest == ": this is the lowest point, and no step leads away from it."
            reached.add("lowest")
            continue
        if alpha == 0:
            assert rest == ". The step is α times that: 0. So a stays, and so does the loss."
            reached.add("no step")
            continue
        line, _, verdict = rest.partition(". ")
        ((_, sign, _),) = arithmetic(line)
        assert sign == "=" and not wrong(line), line
        way = "left" if new < a else "right"
        shown = [f"{float(v):g}".replace("-", "−") for v in (a, alpha, slope, new)]
        shown[2] = f"({shown[2]})" if slope < 0 else shown[2]
        assert (
            line == f", so the step goes {way}: a becomes {shown[0]} − {shown[1]} · {shown[2]} = {shown[3]}"
        )
        crosses = (new - Fraction(14, 10)) * (a - Fraction(14, 10)) < 0
        kind = (
            "That is too far past the lowest point: the loss rises" if after > before
            else "It goes past the lowest point, and the loss falls" if crosses else "The loss falls"
        )  # fmt: skip
        was, now = re.fullmatch(rf"{kind} from ([\d.]+) to ([\d.]+)\.", verdict).groups()
        assert (read(was) < read(now)) == (before < after) and read(was) != read(now)
        for text, value in ((was, before), (now, after)):
            assert abs(read(text) - float(value)) <= 0.5001 * 10 ** -len(text.partition(".")[2])
        reached.add(kind)
    assert len(reached) == 5
    assert len(sentence) < 180, "it must fit on two lines"


def test_the_parabola_draws_its_tangent_and_the_step_along_the_axis():
    ax = parabola().draw().content.axes[0]
    (curve,) = [artist for artist in ax.lines if not artist.get_animated() and len(artist.get_xdata()) > 9]
    x, y = np.array(curve.get_data())
    assert np.allclose(y, 0.05 + 3.5 * (x - 1.4) ** 2)
    for place in positions(parabola(), most=200):
        a, alpha = place["a"], place["alpha"]
        parabola().draw(**place)
        slope, loss = 7 * (a - 1.4), 0.05 + 3.5 * (a - 1.4) ** 2
        new = a - alpha * slope
        (xa, xb), (ya, yb) = line(ax, BACKWARD)
        assert ((xa + xb) / 2, (ya + yb) / 2) == (pytest.approx(a), pytest.approx(loss))
        assert (yb - ya) / (xb - xa) == pytest.approx(slope)
        assert line(ax, HIGHLIGHT).ravel() == pytest.approx([a, loss])
        landing = 0.05 + 3.5 * (new - 1.4) ** 2
        assert line(ax, PAPER).ravel() == pytest.approx([new, landing])
        assert line(ax, MUTED)[0] == pytest.approx([a, a, np.nan, new, new], nan_ok=True)
        low, high = ax.get_ylim()
        assert ax.get_xlim()[0] < new < ax.get_xlim()[1] and low < landing < high, place
        step = arrow(ax)
        if abs(new - a) < 1e-9:
            assert step is None
        else:
            assert step[:, 0] == pytest.approx([a, new]) and low < step[0, 1] == step[1, 1] < 0
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["the loss", "its tangent at a", "the step"]


# gradient descent


class Descent(NamedTuple):
    """A place of the second panel's sliders, what it says there, and what is true there."""

    place: dict
    sentence: str
    path: np.ndarray  # all 100 steps, in closed form
    loss: np.ndarray

    @property
    def steps(self):
        return self.place["steps"]

    @property
    def stretch(self):
        return self.place["alpha"] * STEEP

    @property
    def at_lowest(self):
        return (self.place["start_a"], self.place["start_b"]) == (1.4, 0.9)

    @property
    def moves(self):
        return self.steps > 0 and not self.at_lowest

    @property
    def inside(self):
        a, b = self.path[self.steps]
        return -2.8 <= a <= 4.8 and -4.2 <= b <= 7.2


@pytest.fixture(scope="module")
def descents():
    """Random places of the second panel's sliders, and those where its verdicts turn."""
    chosen, start = positions(descent(), most=1000), descent().values()
    steps = (0, 1, 5, 100)
    chosen += [{**start, "alpha": round(0.005 * i, 3), "steps": k} for i in range(61) for k in steps]
    chosen += [{**start, "alpha": 0.24, "steps": k, "start_b": b} for k in (3, 20) for b in (5.3, 6.0)]
    chosen += [{"alpha": a, "steps": k, "start_a": 1.4, "start_b": 0.9} for a in (0.1, 0.3) for k in steps]
    found = []
    for place in chosen:
        path = walk(place["alpha"], 100, place["start_a"], place["start_b"])
        found.append(Descent(place, said(descent().draw(**place)), path, losses(path)))
    return found


KINDS = {
    "No step yet": lambda d: d.steps == 0,
    "The start is the lowest point": lambda d: d.steps > 0 and d.at_lowest,
    "never moves": lambda d: d.moves and d.stretch == 0,
    "diverges: ": lambda d: d.moves and d.stretch > 2,
    "each step lands on the valley's other side, farther from its floor": lambda d: d.moves and d.stretch > 2,
    "outweighs that": lambda d: d.moves and d.stretch > 2 and d.loss[d.steps] < d.loss[0],
    "Each step crosses the valley, and lands nearer": lambda d: d.moves and 1 < d.stretch < 2,
    "is too small to arrive in 100": lambda d: d.moves and 0 < d.stretch < 1 and not close(d.loss[100]),
    "Not there yet": lambda d: (
        d.moves and 0 < d.stretch < 2 and not close(d.loss[d.steps]) and (close(d.loss[100]) or d.stretch > 1)
    ),
    "It has arrived": lambda d: d.moves and 0 < d.stretch < 2 and close(d.loss[d.steps]),
    "outside the map": lambda d: not d.inside,
    "the chart": lambda d: d.loss[d.steps] > 1000,
}


def close(loss):
    return loss < LOWEST + 1e-3


def test_each_verdict_of_the_descent_stands_exactly_where_it_is_true(descents):
    reached = dict.fromkeys(KINDS, 0)
    for d in descents:
        for kind, holds in KINDS.items():
            assert (kind in d.sentence) == holds(d), (kind, d.place, d.sentence)
            reached[kind] += kind in d.sentence
    assert min(reached.values()) > 3, reached


def test_a_step_crosses_the_valley_and_lands_where_the_verdict_says(descents):
    """The distance from the valley's floor, along the steep way, changes sign, and grows or shrinks."""
    steep = np.array([3, STEEP - 7]) / np.hypot(3, STEEP - 7)  # (7, 3) · v = λ v₁
    for d in descents:
        away = (d.path - [1.4, 0.9]) @ steep
        crosses = away[1] * away[0] < 0
        if d.moves and d.stretch:
            assert crosses == ("other side" in d.sentence or "crosses the valley" in d.sentence), d.place
            assert (abs(away[1]) > abs(away[0])) == ("farther" in d.sentence), d.place


def test_the_descents_numbers_are_those_of_the_closed_form(descents):
    big = 0
    for d in descents:
        sentence, loss, now = d.sentence, d.loss, d.loss[d.steps]
        a, b = d.path[d.steps]
        if found := re.search(r"a = (\S+), b = (\S+), loss ([\d.,]*\d)", sentence):
            assert [read(n) for n in found.groups()] == [about(v) for v in (a, b, now)]
        if found := re.search(r"loss ([\d.,]*\d); the lowest is ([\d.]*\d)\.", sentence):
            assert read(found[2]) == LOWEST < read(found[1]), sentence
        if found := re.search(r"from step (\d+) on the loss is within 0.001 of the lowest, 0.05\.", sentence):
            first = int(found[1])
            assert close(loss[first:]).all() and not close(loss[first - 1])
        if found := re.search(r"after (\d+) (steps?)\b", sentence.lower()):
            assert int(found[1]) == d.steps and (found[2] == "step") == (d.steps == 1)
        if found := re.search(r"the loss fell from ([\d.]*\d) to ([\d.]*\d)\.", sentence):
            was, shown = map(read, found.groups())
            assert was > shown and (was, shown) == (about(loss[0]), about(now))
        if found := re.search(r"the loss is ([\d.]*\d)\.", sentence):
            assert read(found[1]) == about(now)
        if found := re.search(r"the loss is about (\d) · 10([⁰¹²³⁴-⁹]+)\.", sentence):
            exponent = int("".join(str("⁰¹²³⁴⁵⁶⁷⁸⁹".index(digit)) for digit in found[2]))
            assert abs(now / 10**exponent - int(found[1])) <= 0.501 and now >= 1000
            big += 1
        if re.search("too small|diverges|never", sentence):
            assert sentence.startswith(f"α = {d.place['alpha']:g} ")
    assert big > 20


def about(value):
    """Equal to two decimals."""
    return pytest.approx(value, abs=0.00501)


def test_a_rate_that_is_called_too_small_has_a_larger_one_that_arrives(descents):
    for place, sentence, *_ in descents:
        if "too small" in sentence:
            path = walk(0.2, 100, place["start_a"], place["start_b"])
            assert place["alpha"] < 0.2 and close(losses(path)[100])


def test_the_descent_draws_the_path_where_it_went(descents):
    map_ax, loss_ax = descent().draw().content.axes
    for d in [*descents[::5], *descents[-40:]]:
        descent().draw(**d.place)
        path, loss = d.path[: d.steps + 1], d.loss[: d.steps + 1]
        drawn, dot = line(map_ax, BACKWARD).T, line(map_ax, HIGHLIGHT).T
        far = np.flatnonzero(np.abs(path).max(axis=1) > 1e11)
        assert len(drawn) in range(far[0] if far.size else len(path), len(path) + 1)
        assert np.allclose(drawn, path[: len(drawn)], rtol=1e-9, atol=1e-9), d.place
        assert np.allclose(dot, path[-1:] if d.inside else np.empty((0, 2)), atol=1e-9)
        steps, values = line(loss_ax, DATA)
        assert steps.tolist() == list(range(d.steps + 1))
        assert np.allclose(values, loss, rtol=1e-6)
        assert line(loss_ax, HIGHLIGHT).ravel().tolist() == [steps[-1], values[-1]]


def test_the_arrow_is_the_gradient_and_stays_on_the_map(descents):
    """Uphill: the loss rises along it, and the next step goes exactly against it."""
    map_ax, _ = descent().draw().content.axes
    lengths = set()
    for d in descents:
        descent().draw(**d.place)
        (a, b), shown = d.path[d.steps], arrow(map_ax)
        slopes = np.array([7 * a + 3 * b - 12.5, 3 * a + 2 * b - 6])
        if not d.inside or np.abs(slopes).max() < 1e-9:
            assert shown is None or np.abs(slopes).max() > 1e-12, d.place
            continue
        assert shown is not None, d.place
        way = shown[1] - shown[0]
        assert shown[0] == pytest.approx([a, b], abs=1e-9)
        assert way @ slopes == pytest.approx(np.hypot(*way) * np.hypot(*slopes)), "along the gradient"
        tip = shown[1]
        assert -2.8 - 1e-9 <= tip[0] <= 4.8 + 1e-9 and -4.2 - 1e-9 <= tip[1] <= 7.2 + 1e-9
        if d.place["alpha"] and d.steps < 100:
            assert way @ (d.path[d.steps + 1] - d.path[d.steps]) < 0
        lengths.add(round(float(np.hypot(way[0] / 7.6, way[1] / 11.4)), 6))
    assert max(lengths) == 0.14 and len(lengths) > 1 and min(lengths) > 0


def test_the_chart_of_the_loss_has_room_for_every_step_and_marks_the_lowest():
    _, ax = descent().draw().content.axes
    assert ax.get_xlim() == (-2, 102) and ax.get_ylim() == pytest.approx((LOWEST / 3, 1000))
    (lowest,) = [artist for artist in ax.lines if not artist.get_animated()]
    assert lowest.get_ydata() == pytest.approx([LOWEST, LOWEST])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0.1", "1", "10", "100", "1000"]
    assert ax.get_yticks().tolist() == [0.1, 1, 10, 100, 1000] and ax.get_yscale() == "log"
    (label,) = ax.texts
    assert label.get_text() == "the lowest" and label.get_position() == (100, pytest.approx(LOWEST / 1.4))


@pytest.mark.filterwarnings("error")
def test_a_learners_own_points_may_diverge_beyond_all_numbers():
    days = np.array([0.0, 7.0, 14.0, 2100.0])
    sentence = said(ch01.make_descent(days, np.array([1.0, 2.0, 4.0, 5.0]))(alpha=0.3, steps=100))
    assert "After 100 steps the loss is too large for the computer's numbers. It is now outside" in sentence


def test_two_numbers_are_told_apart():
    assert ch01._apart(0.0512, 0.05) == ("0.051", "0.050")
    assert ch01._apart(7.501, 7.5) == ("7.501", "7.500")
    assert ch01._apart(1.33, 0.05) == ("1.33", "0.05")


def test_the_count_of_parameters_at_both_ends_and_between():
    panel = panels("01")[3]
    assert panel.values() == {"inputs": 784, "hidden": 50, "outputs": 10}
    for place in positions(panel, most=300):
        i, h, o = place.values()
        n = sum([i] * h) + sum([h] * o) + h + o
        picture = panel.draw(**place)
        assert said(picture) == f"{n:,} parameters: the grid's size is a number of {n + 1:,} digits."
        seconds = str(n - 6).replace("-", "−")
        assert [text for text, _ in picture.content.lines] == [
            f"weights = {i} · {h} + {h} · {o} = {n - h - o}",
            f"biases = {h} + {o} = {h + o}",
            f"parameters = {n - h - o} + {h + o} = {n}",
            f"grid = 10 · 10 · … · 10 = 10^{n} points",
            f"time = 10^{n}/10^6 = 10^{seconds} seconds",
        ]
        assert [kind for _, kind in picture.content.lines] == ["update"] * 3 + ["", ""]


def test_what_the_prose_says_of_the_rates():
    """Soonest near 0.22; under 40 steps from 0.175 to 0.225; 34 at 0.2; diverging from 0.24 on."""
    rates = [round(0.005 * i, 3) for i in range(61)]
    first = {}
    for alpha in rates:
        close = np.flatnonzero(losses(walk(alpha, 200, -1.0, 4.0)) < LOWEST + 1e-3)
        first[alpha] = close[0] if close.size else np.inf
    assert {alpha for alpha in rates if first[alpha] == min(first.values())} == {0.215, 0.22}
    assert [alpha for alpha in rates if first[alpha] < 40] == [
        alpha for alpha in rates if 0.175 <= alpha <= 0.225
    ]
    assert first[0.2] == 34 and first[0.01] > 100
    assert [alpha for alpha in rates if alpha * STEEP > 2] == [alpha for alpha in rates if alpha >= 0.24]
    assert sum(y for y in HEIGHTS) / 4 == 3 and exact_loss(0, 3) == Fraction(5, 2)


def test_no_descent_of_the_panel_arrives_on_an_edge():
    """Whether a step has arrived does not hang on the last digits of the arithmetic."""
    closest = min(
        np.abs(losses(walk(alpha, 100, -1.0, 4.0)) - LOWEST - 1e-3).min()
        for alpha in np.arange(1, 61) * 0.005
    )
    assert closest > 1e-7


# the questions, with exact fractions


def misses_of(a, b):
    return [Fraction(a) * x + Fraction(b) - y for x, y in zip(WEEKS, HEIGHTS, strict=True)]


def test_the_loss_of_a_first_line():
    misses = misses_of(1, 0)
    assert ch01.LOSS.answer == exact_loss(1, 0) == sum(m * m for m in misses) / 4
    wrong = sum(m * m for m in misses), sum(map(abs, misses)) / 4, sum(misses) / 4
    assert set(ch01.LOSS.mistakes) == set(wrong)


def test_b_is_the_upright_axis():
    """On the map a raised b moves the dot up; a larger a moves it to the right."""
    start, raised, steeper = (
        line(surface().draw(a=a, b=b).content.axes[1], HIGHLIGHT).ravel()
        for a, b in ((1.0, 0.0), (1.0, 1.0), (2.0, 0.0))
    )
    heights = [
        line(surface().draw(a=a, b=b).content.axes[0], FORWARD)[1] for a, b in ((1, 0), (1, 1), (2, 0))
    ]
    assert ch01.RAISE_B.answer == "line up, place up" and (raised - start).tolist() == [0, 1]
    assert np.ptp(heights[1] - heights[0]) == 0 < np.ptp(heights[2] - heights[0])
    assert "line up, place right" in ch01.RAISE_B.mistakes and (steeper - start).tolist() == [1, 0]
    assert {*ch01.RAISE_B.mistakes, ch01.RAISE_B.answer} == set(ch01.RAISE_B.choices)


def test_one_step_of_one_parameter_and_its_slips():
    a, slope, alpha = 3, sum(2 * m * x for m, x in zip(misses_of(3, "0.9"), WEEKS, strict=True)) / 4, 0.1
    assert float(slope) == 11.2
    step = alpha * float(slope)
    assert ch01.ONE_PARAMETER.answer == pytest.approx(a - step)
    assert list(ch01.ONE_PARAMETER.mistakes) == pytest.approx([a + step, a - float(slope), step])


def test_the_first_step_and_its_slips():
    misses = misses_of(-1, 4)
    da = sum(2 * m * x for m, x in zip(misses, WEEKS, strict=True)) / 4
    db = sum(2 * m for m in misses) / 4
    assert (da, db) == (Fraction(-15, 2), -1)

    def stepped(factor):
        return tuple(float(Fraction(start) - factor * d) for start, d in ((-1, da), (4, db)))

    assert ch01.FIRST_STEP.answer == stepped(Fraction(1, 10))
    wrong = stepped(Fraction(-1, 10)), stepped(1), stepped(Fraction(1, 20))
    assert set(ch01.FIRST_STEP.mistakes) == set(wrong)


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_larger_rate_arrives_sooner_up_to_a_point():
    def arrives(alpha):
        close = np.flatnonzero(losses(walk(alpha, 1000, -1.0, 4.0)) < LOWEST + 1e-3)
        return close[0] if close.size else np.inf

    assert arrives(0.01) > arrives(0.1) > arrives(0.22) and arrives(0.3) == np.inf
    assert ch01.LARGER_ALPHA.answer == "sooner, up to a point"
    assert {*ch01.LARGER_ALPHA.mistakes, ch01.LARGER_ALPHA.answer} == set(ch01.LARGER_ALPHA.choices)


def test_the_number_of_parameters():
    weights, biases = 784 * 50 + 50 * 10, 50 + 10
    assert ch01.PARAMETERS.answer == weights + biases
    assert set(ch01.PARAMETERS.mistakes) == {weights, 784 * 50, 784 + 50 + 10}


# your turn


def one_step(weeks, heights, a, b, alpha):
    misses = a * weeks + b - heights
    return a - alpha * np.mean(2 * misses * weeks), b - alpha * np.mean(2 * misses)


def uphill(weeks, heights, a, b, alpha):
    return one_step(weeks, heights, a, b, -alpha)


def no_two(weeks, heights, a, b, alpha):
    return one_step(weeks, heights, a, b, alpha / 2)


def summed(weeks, heights, a, b, alpha):
    return one_step(weeks, heights, a, b, alpha * 4)


def no_inner(weeks, heights, a, b, alpha):
    return a - alpha * np.mean(2 * (a * weeks + b - heights)), one_step(weeks, heights, a, b, alpha)[1]


def swapped(*given):
    return one_step(*given)[::-1]


def new_a_for_b(weeks, heights, a, b, alpha):
    a, _ = one_step(weeks, heights, a, b, alpha)
    return a, one_step(weeks, heights, a, b, alpha)[1]


def new_b_for_a(weeks, heights, a, b, alpha):
    _, b = one_step(weeks, heights, a, b, alpha)
    return one_step(weeks, heights, a, b, alpha)[0], b


def derivatives(weeks, heights, a, b, alpha):
    misses = a * weeks + b - heights
    return np.mean(2 * misses * weeks), np.mean(2 * misses)


def steps(*given):
    da, db = derivatives(*given)
    return given[-1] * da, given[-1] * db


def weeks_in_both(weeks, heights, a, b, alpha):
    return one_step(weeks, heights, a, b, alpha)[0], b - alpha * np.mean(
        2 * (a * weeks + b - heights) * weeks
    )


def no_return(*given):
    one_step(*given)


def not_averaged(weeks, heights, a, b, alpha):
    return a - alpha * 2 * (a * weeks + b - heights) * weeks, b


def in_place(weeks, heights, a, b, alpha):
    weeks *= 2
    return one_step(weeks, heights, a, b, alpha)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (uphill, "The change of a has the right size and the wrong sign"),
        (no_two, "The change of a is 2 times too small: a factor is missing"),
        (summed, "The change of a is 4 times too large"),
        (no_inner, "Not yet. a's derivative lacks the factor x"),
        (weeks_in_both, "Not yet. The change of b is not right, and neither"),
        (swapped, "Not yet. a and b have changed places: return a first."),
        (
            new_a_for_b,
            "b's derivative is taken with the new a. Compute both derivatives before you change a.",
        ),
        (new_b_for_a, "a's derivative is taken with the new b."),
        (derivatives, "These are the derivatives. Return the new a and b"),
        (steps, "These are the steps. Return the new a and b"),
        (not_averaged, "The change of a is an array of shape (4,), expected one number"),
        (in_place, "it changes its inputs in place"),
        (lambda *given: one_step(*given)[0], "It must return 2 values: a, b."),
        (lambda weeks, heights: None, "It stops with TypeError"),
    ],
)
def test_a_wrong_step_gets_a_reason(wrong, words):
    reply = ch01.check_step(wrong)
    assert reply.right is False and words in repr(reply), reply


def test_a_right_step_is_right_and_an_untouched_one_is_not_written():
    assert ch01.check_step(lambda *given: None).right is None
    assert ch01.check_step(one_step).right is True
    reply = ch01.check_step(no_return)
    assert reply.right is None and "or its return is missing" in repr(reply)
