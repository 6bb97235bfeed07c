"""Chapter 06: every sentence and every entry of its matrices, recomputed without NumPy.

Then its questions, the checks of the learner's layers, and the file that keeps them.
"""

import importlib.util
import itertools
import linecache
import math
import os
import re
import shutil
from unittest.mock import patch

import nbformat
import numpy as np
import pytest
from backprop import Affine, Network, Relu, Sigmoid, SoftmaxWithLoss
from backprop.chapters import ch06_stack as ch06
from backprop.chapters.ch06_stack import INPUTS
from backprop.explore.style import BACKWARD, DATA, FORWARD, GRID, HIGHLIGHT, PARAMETER
from nbclient import NotebookClient
from reading import shapes, texts

from notebooks import NOTEBOOKS, panels, positions, run, said

SUB = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
X, W, B, DY = [[1, 2], [3, 4]], [[1, 3, 5], [2, 4, 6]], [[1, 1, 1]], [[1, 1, 1], [2, 2, 2]]


def turned(matrix):
    return [list(row) for row in zip(*matrix, strict=True)]


def times(a, b):
    return [[sum(p * q for p, q in zip(row, column, strict=True)) for column in turned(b)] for row in a]


def plus(a, b):
    return [[p + q for p, q in zip(row, b[0], strict=True)] for row in a]


def affine(x, W, b, dy):
    """Every result by name."""
    db = [[sum(column) for column in turned(dy)]]
    return {"y": plus(times(x, W), b), "dx": times(dy, turned(W)), "dW": times(turned(x), dy), "db": db}


def names(results):
    """(name as written, matrix, row, column) of every entry, in order."""
    for matrix, rows in results.items():
        for r, row in enumerate(rows):
            for c, _ in enumerate(row):
                place = f"{c + 1}" if matrix in ("b", "db") else f"{r + 1}{c + 1}"
                yield matrix + place.translate(SUB), matrix, r, c


def signed(value):
    return str(value).replace("-", "−")


def inner(value):
    return f"({signed(value)})" if value < 0 else signed(value)


def changed(entry, change):
    """x, W, b and dy after the change of one entry."""
    given = {
        name: [list(row) for row in rows]
        for name, rows in zip(["x", "W", "b", "dy"], (X, W, B, DY), strict=True)
    }
    places = {words: rest for words, *rest in names(given)}
    matrix, r, c = places[entry]
    given[matrix][r][c] += change
    return given, given[matrix][r][c]


def sentence_of(cell, entry, change):
    before = affine(X, W, B, DY)
    given, value = changed(entry, change)
    results = affine(**given)
    words, matrix, r, c = list(names(results))[cell - 1]
    x, W_, dy = given["x"], given["W"], given["dy"]
    pairs = {
        "y": lambda: zip(x[r], turned(W_)[c], strict=True),
        "dx": lambda: zip(dy[r], W_[c], strict=True),
        "dW": lambda: zip(turned(x)[r], turned(dy)[c], strict=True),
        "db": lambda: [(v,) for v in turned(dy)[c]],
    }[matrix]()
    terms = " + ".join(" · ".join(inner(v) for v in pair) for pair in pairs)
    terms += f" + {inner(given['b'][0][c])}" if matrix == "y" else ""
    first, *rest = terms.split(" ")
    terms = " ".join([first.strip("()"), *rest])  # nothing stands before the first number
    how = {
        "y": f"row {r + 1} of x meets column {c + 1} of W, plus {'b' + str(c + 1).translate(SUB)}",
        "dx": f"row {r + 1} of dy meets column {c + 1} of Wᵀ, which is row {c + 1} of W",
        "dW": f"row {r + 1} of xᵀ, which is column {r + 1} of x, meets column {c + 1} of dy",
        "db": f"the sum of column {c + 1} of dy",
    }[matrix]
    said = f"{words} = {terms} = {signed(results[matrix][r][c])}: {how}."
    if change:
        *moved, last = [n for n, m, i, j in names(results) if results[m][i][j] != before[m][i][j]]
        moved = f"{', '.join(moved)} and {last}"
        said += f" {entry} goes from {signed(value - change)} to {signed(value)}, and moves {moved}."
    return said


def test_an_affine_layers_sentence_at_every_setting():
    panel, parts = panels("06")[0], set()
    for place in positions(panel, most=700):
        sentence = said(panel.draw(**place))
        assert sentence == sentence_of(place["cell"], place["entry"], place["change"]), place
        parts.add(sentence[:2])
    assert parts == {"y₁", "y₂", "dx", "dW", "db"}


def test_what_can_be_dragged():
    assert panels("06")[0].controls["entry"].options == tuple(INPUTS) == tuple(
        words for words, *_ in names({"x": X, "W": W, "b": B, "dy": DY})
    )  # fmt: skip


# matrix -> the left end and the top of its drawing, in px
PLACES = {
    "x": (150, 68), "W": (272, 68), "b": (438, 68), "y": (604, 68),
    "dy": (150, 192), "Wᵀ": (316, 178), "dx": (438, 192),
    "xᵀ": (150, 318), "dy below": (272, 318), "dW": (438, 318), "db": (272, 390),
}  # fmt: skip
COLORS = {"x": DATA, "xᵀ": DATA, "W": PARAMETER, "Wᵀ": PARAMETER, "b": PARAMETER, "y": FORWARD}


def center(matrix, r, c):
    x, y = PLACES[matrix]
    return x + 44 * c + 22, y + 28 * r + 14


@pytest.mark.parametrize(
    ("cell", "entry", "change"),
    [(1, "x₁₁", 0), (9, "dy₂₃", -5), (19, "W₁₂", 3), (13, "x₂₁", 5), (17, "b₃", -1)],
)
def test_every_entry_stands_in_its_place(cell, entry, change):
    panel = panels("06")[0]
    given, _ = changed(entry, change)
    everything = given | affine(**given)
    everything |= {"Wᵀ": turned(given["W"]), "xᵀ": turned(given["x"]), "dy below": given["dy"]}
    found = {(t.x, t.y - 6): t for t in texts(panel.draw(cell, entry, change))}
    for matrix, rows in everything.items():
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                t = found[center(matrix, r, c)]
                assert t.words == signed(value), (matrix, r, c)
                assert t.color == COLORS.get(matrix, BACKWARD)
    labels = {t.words for t in found.values()}
    assert labels >= {"x (2, 2)", "W (2, 3)", "b (3,)", "y (2, 3)", "dy (2, 3)", "Wᵀ (3, 2)", "dx (2, 2)",
                      "xᵀ (2, 2)", "dW (2, 3)", "db (3,)", "·", "+", "="}  # fmt: skip


def boxes(picture, color, width):
    """The places of the entries that have a box with such a line, as PLACES' matrix, row and column."""
    middles = {center(m, r, c): (m, r, c) for m in PLACES for r in range(3) for c in range(3)}
    found = []
    for rect in shapes(picture, "rect"):
        if rect.get("stroke") == color and rect.get("stroke-width") == width:
            x, y, w, h = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
            found.append(middles.get((x + w / 2, y + h / 2)))
    return sorted(entry for entry in found if entry)


def test_what_meets_in_a_cell_is_lit():
    panel = panels("06")[0]
    for i, (_, matrix, r, c) in enumerate(names(affine(X, W, B, DY))):
        lit = {
            "y": [*[("x", r, k) for k in (0, 1)], *[("W", k, c) for k in (0, 1)], ("b", 0, c)],
            "dx": [*[("dy", r, k) for k in (0, 1, 2)], *[("Wᵀ", k, c) for k in (0, 1, 2)]],
            "dW": [*[("xᵀ", r, k) for k in (0, 1)], *[("dy below", k, c) for k in (0, 1)]],
            "db": [("dy below", k, c) for k in (0, 1)],
        }[matrix]
        picture = panel.draw(cell=i + 1)
        assert boxes(picture, HIGHLIGHT, "1.5") == sorted(lit)
        assert boxes(picture, HIGHLIGHT, "4.0") == [(matrix, r, c)]


@pytest.mark.parametrize(
    ("entry", "ringed"),
    [
        ("x₁₂", [("x", 0, 1), ("xᵀ", 1, 0)]),
        ("W₂₃", [("W", 1, 2), ("Wᵀ", 2, 1)]),
        ("b₂", [("b", 0, 1)]),
        ("dy₂₁", [("dy", 1, 0), ("dy below", 1, 0)]),
    ],
)
def test_the_dragged_entry_has_a_ring_and_what_moved_a_line(entry, ringed):
    picture = panels("06")[0].draw(entry=entry, change=2)
    assert boxes(picture, DATA, "1.5") == ringed
    given, _ = changed(entry, 2)
    before, after = affine(X, W, B, DY), affine(**given)
    moved = {center(m, r, c) for _, m, r, c in names(after) if before[m][r][c] != after[m][r][c]}
    bold = {(float(t.get("x")), float(t.get("y")) - 6) for t in shapes(picture, "text")
            if t.get("font-weight") == "bold" and t.get("font-size") == "16"}  # fmt: skip
    assert moved == {place for place in bold if place[0] < 560 or place[1] < 150}  # without the key's 12
    lines = {(float(s.get("x1")) + 13, float(s.get("y1")) - 11) for s in shapes(picture, "line")
             if s.get("y1") == s.get("y2") and float(s.get("x2")) - float(s.get("x1")) == 26}  # fmt: skip
    assert moved <= lines


# shapes


def test_the_sentence_about_shapes_at_every_setting():
    panel, kinds = panels("06")[1], set()
    for place in positions(panel):
        N, D, M, forgotten = place.values()
        picture = panel.draw(**place)
        if not forgotten:
            assert said(picture) == (
                f"The inner sizes match: D = {D} for y, M = {M} for dx, N = {N} for dW. "
                f"dx ({N}, {D}) has the shape of x, and dW ({D}, {M}) the shape of W."
            )
            continue
        parts = said(picture).removeprefix("Without the transposes: ").removesuffix(".").split("; ")
        for part, (words, matrix, a_name, a, b_name, b) in zip(
            parts, [("dy · W", "W", "M", M, "D", D), ("x · dy", "x", "D", D, "N", N)], strict=True
        ):
            verdict = f"does not fit ({a_name} = {a}, {b_name} = {b})"
            if a == b == 1:
                verdict = "is right, as a 1 × 1 matrix is its own transpose"
            elif a == b:  # (N, M) · (D, M) needs M = D; (N, D) · (N, M) needs D = N
                verdict = f"fits by chance ({a_name} = {a}), but is wrong unless {matrix} is symmetric"
                verdict = verdict.replace(f"{a_name} =", f"{a_name} = {b_name} =")
            assert part == f"{words} {verdict}", place
            kinds.add(verdict.split()[0])
        shown = [t.words for t in texts(picture)]
        assert shown.count("does not fit") == (M != D) + (D != N)
        assert shown.count("fits, but only by chance") == (M == D > 1) + (D == N > 1)
        assert shown.count("fits; right, as it is 1 × 1") == (M == D == 1) + (D == N == 1)
    assert kinds == {"is", "fits", "does"}


def rectangles(picture):
    """(color, x, y, width, height, dashed) of every matrix."""
    found = [r for r in shapes(picture, "rect") if r.get("stroke-width") == "2.5"]
    sides = "x", "y", "width", "height"
    return [
        (r.get("stroke"), *(float(r.get(k)) for k in sides), bool(r.get("stroke-dasharray"))) for r in found
    ]


@pytest.mark.parametrize(("N", "D", "M"), [(5, 2, 3), (1, 6, 4), (6, 6, 6), (1, 1, 1), (2, 5, 1)])
def test_the_shapes_are_to_scale_and_meet_in_one_corner(N, D, M):
    picture = panels("06")[1].draw(N, D, M)
    products = []
    for x, left, right, color in (
        (125, (N, D, DATA), (D, M, PARAMETER), FORWARD),
        (382, (N, M, BACKWARD), (M, D, PARAMETER), BACKWARD),
        (635, (D, N, DATA), (N, M, BACKWARD), BACKWARD),
    ):
        (rows, inner, a), (inner_b, columns, b) = left, right
        assert inner == inner_b
        products += [
            (a, x - 8 - 17 * inner, 194, 17 * inner, 17 * rows, a == BACKWARD),
            (b, x + 8, 178 - 17 * inner, 17 * columns, 17 * inner, b == BACKWARD),
            (color, x + 8, 194, 17 * columns, 17 * rows, color == BACKWARD),
        ]
    products += [(PARAMETER, 133, 352, 17 * M, 17, False), (BACKWARD, 390, 352, 17 * M, 17 * N, True),
                 (BACKWARD, 643, 352, 17 * M, 17, True)]  # fmt: skip
    assert rectangles(picture) == products
    words = {t.words for t in texts(picture)}
    assert words >= {
        f"x ({N}, {D})", f"W ({D}, {M})", f"y ({N}, {M})", f"dy ({N}, {M})",
        f"Wᵀ ({M}, {D})", f"dx ({N}, {D})",
        f"xᵀ ({D}, {N})", f"dW ({D}, {M})", f"b ({M},): added to each row of y", f"db ({M},)",
        f"sum of {N} row{'s' if N > 1 else ''}", f"D = {D}", f"M = {M}", f"N = {N}", "y = x · W + b",
        "dx = dy · Wᵀ", "dW = xᵀ · dy",
    }  # fmt: skip
    arcs = [p.get("d") for p in shapes(picture, "path")]
    assert len(arcs) == 3
    for arc, x, inner in zip(arcs, (125, 382, 635), (D, M, N), strict=True):
        r = 17 * inner + 8
        assert arc == f"M{x - r:.1f} 186.0 A{r:.1f} {r:.1f} 0 0 1 {x:.1f} {186 - r:.1f}"
    thick = [tuple(float(s.get(k)) for k in ("x1", "y1", "x2", "y2"))
             for s in shapes(picture, "line") if s.get("stroke") == HIGHLIGHT]  # fmt: skip
    assert thick == [
        edge for x, n in ((125, D), (382, M), (635, N))
        for edge in ((x - 8 - 17 * n, 186, x - 8, 186), (x, 178, x, 178 - 17 * n))
    ]  # fmt: skip


def test_each_rectangle_has_its_grid():
    """Lines between 5 rows and 2 columns."""
    picture = panels("06")[1].draw(5, 2, 3)
    inside = [tuple(float(s.get(k)) for k in ("x1", "y1", "x2", "y2"))
              for s in shapes(picture, "line") if s.get("stroke") == GRID]  # fmt: skip
    x = 125 - 8 - 34
    assert inside[:5] == [
        *[(x, 194 + 17 * r, x + 34, 194 + 17 * r) for r in range(1, 5)],
        (x + 17, 194, x + 17, 279),
    ]


def test_forgotten_transposes_show_both_inner_sizes():
    picture = panels("06")[1].draw(5, 2, 3, True)
    words = [t.words for t in texts(picture)]
    assert {"y = x · W + b", "dx = dy · W ?", "dW = x · dy ?"} <= set(words)
    at = {t.words: (t.x, t.y) for t in texts(picture)}
    assert at["M = 3"] == (370, 172) and at["N = 5"] == (623, 152)
    assert [t.words for t in texts(picture) if t.x in (370, 623)] == ["M = 3", "D = 2", "D = 2", "N = 5"]
    assert len(shapes(picture, "path")) == 1, "only y's inner sizes match"
    empty = [r for r in shapes(picture, "rect") if r.get("stroke") == GRID]
    assert [(float(r.get("x")), float(r.get("width")), float(r.get("height"))) for r in empty] == [
        (390, 34 + 17, 85), (643, 51, 85),
    ]  # fmt: skip


# two layers


def two_layers(x1, x2):
    """The numbers of both layers, forward and backward from dy = the output."""
    W1, W2 = W, [[1, 4], [2, 5], [3, 6]]
    x = [[x1, x2]]
    hidden = plus(times(x, W1), [[1, 2, 3]])
    output = plus(times(hidden, W2), [[1, 2]])
    second, first = affine(hidden, W2, [[1, 2]], output), None
    first = affine(x, W1, [[1, 2, 3]], second["dx"])
    return x, hidden, output, first, second


def listed(row):
    return ", ".join(map(signed, row))


def test_two_layers_at_every_setting():
    panel, steps = panels("06")[2], set()
    for place in positions(panel):
        step = place["step"]
        x, hidden, output, first, second = two_layers(place["x1"], place["x2"])
        back, dx = listed(second["dx"][0]), listed(first["dx"][0])
        picture = panel.draw(**place)
        assert said(picture) == [
            f"The input is x = ({listed(x[0])}). No layer has worked yet.",
            f"Forward through Affine 1: hidden = ({listed(hidden[0])}).",
            f"Forward through Affine 2: output = ({listed(output[0])}).",
            f"Backward starts with dy = the output. Affine 2 keeps dW₂ and db₂ and hands ({back}) back.",
            f"Affine 1 takes ({back}) as its dy. It keeps dW₁ and db₁ and hands dx = ({dx}) back.",
        ][step]  # fmt: skip
        green = [t.words.split("\u2002") for t in texts(picture) if t.color == FORWARD][1:]
        assert green == [list(map(signed, v[0])) for v in (x, hidden, output)][: 1 + min(step, 2)]
        steps.add(step)
    assert steps == set(range(5))


def test_where_the_numbers_of_two_layers_stand():
    panel = panels("06")[2]
    assert panel.values() == {"x1": 1, "x2": 2, "step": 0}, "before the event that is to be predicted"
    picture = panel.draw(step=4)
    x, hidden, output, first, second = two_layers(1, 2)
    found = {(t.x, t.y): (t.words, t.color) for t in texts(picture)}
    places = {
        (70, 82): (x, FORWARD),
        (380, 82): (hidden, FORWARD),
        (690, 82): (output, FORWARD),
        (70, 168): (first["dx"], BACKWARD),
        (380, 168): (second["dx"], BACKWARD),
        (690, 168): (output, BACKWARD),
    }
    for middle, sub, layer, weights, bias in (
        (225, "₁", first, W, [[1, 2, 3]]), (535, "₂", second, [[1, 4], [2, 5], [3, 6]], [[1, 2]])
    ):  # fmt: skip
        for dx, d, color, matrix, row in (
            (0, "", PARAMETER, weights, bias), (130, "d", BACKWARD, layer["dW"], layer["db"])
        ):  # fmt: skip
            assert found[middle + dx, 222] == (f"{d}W{sub}", color)
            assert found[middle + dx, 342] == (f"{d}b{sub}", color)
            places |= {(middle + dx, 246 + 24 * r): ([values], color) for r, values in enumerate(matrix)}
            places[middle + dx, 366] = row, color
    for place, (rows, color) in places.items():
        words, shade = found[place]
        assert (words.replace("\u2007", ""), shade) == ("\u2002".join(map(signed, rows[0])), color), place


def test_the_columns_of_a_matrix_are_aligned():
    """Figure spaces, as wide as a digit, fill each column from the left."""
    for place in ({"x1": -5, "x2": 1}, {"x1": 2, "x2": 3}):
        rows = {}
        for t in texts(panels("06")[2].draw(step=4, **place)):
            if t.x in (355, 665) and 222 < t.y < 330:
                rows.setdefault(t.x, []).append([len(part) for part in t.words.split("\u2002")])
        assert [len(found) for found in rows.values()] == [2, 3]
        assert all(row == found[0] for found in rows.values() for row in found)


@pytest.mark.parametrize(
    ("step", "highlighted", "dashed", "solid"),
    [(0, [], 1, 0), (1, [165], 1, 2), (2, [475], 1, 4), (3, [475], 3, 4), (4, [165], 5, 4)],
)
def test_what_each_step_of_two_layers_draws(step, highlighted, dashed, solid):
    picture = panels("06")[2].draw(step=step)
    marked = [float(r.get("x")) for r in shapes(picture, "rect") if r.get("stroke") == HIGHLIGHT]
    assert marked == highlighted
    lines = shapes(picture, "line")
    assert sum(1 for s in lines if s.get("stroke-dasharray")) == dashed  # one in the legend
    assert sum(1 for s in lines if s.get("stroke") == FORWARD) == solid + 1
    known = {t.words for t in texts(picture)}
    assert ("dW₂" in known, "dW₁" in known) == (step >= 3, step >= 4)


# the questions


def test_a_row_forward_and_what_slips_give():
    for question, b, slips in (
        (ch06.FORWARD_ROW, [[1, 1, 1]], [[[0, 0, 0]], [[-1, -1, -1]]]),
        (ch06.HIDDEN, [[1, 2, 3]], [[[0, 0, 0]], [[1, 1, 1]]]),
    ):
        assert question.answer == tuple(plus(times([[1, 2]], W), b)[0])
        assert list(question.mistakes) == [tuple(plus(times([[1, 2]], W), slip)[0]) for slip in slips]


def test_entries_backward_and_what_slips_give():
    def dot(a, b):
        return sum(p * q for p, q in zip(a, b, strict=True))

    results = affine(X, W, B, DY)
    question, columns = ch06.BACKWARD_ENTRIES, turned(DY)
    assert question.answer == (results["dx"][1][1], results["dW"][1][2])
    assert question.answer == (dot(DY[1], W[1]), dot(turned(X)[1], columns[2]))
    row_1_of_dy, row_1_of_W, row_2_of_x = dot(DY[0], W[1]), dot(DY[1], W[0]), dot(X[1], columns[2])
    assert list(question.mistakes) == [(row_1_of_dy, 10), (row_1_of_W, 10), (24, row_2_of_x)]


def multiplications(a, b):
    """Of the product of two matrices with these shapes, counted one by one."""
    return sum(1 for _ in itertools.product(range(a[0]), range(a[1]), range(b[1])))


def test_the_way_back_takes_twice_the_multiplications():
    for N, D, M in ((1, 784, 50), (5, 2, 3)):
        forward = multiplications((N, D), (D, M))
        back = multiplications((N, M), (M, D)) + multiplications((D, N), (N, M))
        assert forward == N * D * M and back == 2 * forward
    assert ch06.WAY_BACK.answer == "twice as many"


def test_what_a_dragged_x_moves():
    before, after = affine(X, W, B, DY), affine([[7, 2], [3, 4]], W, B, DY)
    moved = [words for words, m, r, c in names(before) if before[m][r][c] != after[m][r][c]]
    assert moved == ["y₁₁", "y₁₂", "y₁₃", "dW₁₁", "dW₁₂", "dW₁₃"]
    assert ch06.DRAG_X.answer == "rows 1 of y and dW"
    assert panels("06")[0].values()["change"] == 0


def test_when_both_products_exist_without_transposes():
    fits = set()
    for N, D, M in itertools.product(range(1, 7), repeat=3):
        x, weights, dy = np.ones((N, D)), np.ones((D, M)), np.ones((N, M))
        try:
            dy @ weights, x @ dy
        except ValueError:
            continue
        fits.add((N, D, M))
    assert fits == {(n, n, n) for n in range(1, 7)} and ch06.NO_TRANSPOSES.answer == "N = D = M"
    assert panels("06")[1].values()["no_transposes"] is False


def test_an_activations_backward_and_what_slips_give():
    x, dy = (-1, 0, 2), (5, 6, 7)
    at_0 = tuple(d if v >= 0 else 0 for v, d in zip(x, dy, strict=True))
    forward = tuple(max(v, 0) for v in x)
    assert ch06.RELU_BACK.answer == tuple(d * (v > 0) for v, d in zip(x, dy, strict=True))
    twice = tuple(d * max(v, 0) for v, d in zip(x, dy, strict=True))
    assert list(ch06.RELU_BACK.mistakes) == [dy, at_0, twice, forward]
    y, d = 0.2, 10
    z = 1 / (1 + math.exp(-y))
    assert ch06.SIGMOID_BACK.answer == pytest.approx(d * y * (1 - y))
    slips = [y * (1 - y), d * y, d * (1 - y), d * z * (1 - z)]
    assert list(ch06.SIGMOID_BACK.mistakes) == pytest.approx(slips, abs=ch06.SIGMOID_BACK.within)


def test_an_input_of_0_leaves_the_biases_a_gradient():
    first = two_layers(0, 0)[3]
    assert first["dW"] == [[0, 0, 0], [0, 0, 0]] and all(first["db"][0])


# your turn


def own_affine(
    dx=lambda x, W, dy: dy @ W.T,
    dW=lambda x, W, dy: x.T @ dy,
    db=lambda x, W, dy: dy.sum(axis=0),
    forward=lambda x, W, b: x @ W + b,
):  # fmt: skip
    """A MyAffine as a learner may write it; with other lines, one with a slip."""

    class MyAffine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return forward(x, self.W, self.b)

        def backward(self, dy):
            given = self.x, self.W, dy
            if dW:
                self.dW = dW(*given)
            if db:
                self.db = db(*given)
            return dx(*given)

    return MyAffine


def nothing(*_):
    return None


def halve(x, W, dy):
    dy *= 0.5
    return 2 * dy @ W.T


AFFINE_SLIPS = [
    (own_affine(dx=lambda x, W, dy: -dy @ W.T), "dx has the right size and the wrong sign"),
    (own_affine(dx=lambda x, W, dy: dy @ W), "It stops with ValueError"),
    (
        own_affine(dx=lambda x, W, dy: (dy @ W.T).T),
        "dx has the shape (2, 3), expected (3, 2): it looks trans",
    ),
    (own_affine(dx=lambda x, W, dy: (dy @ W.T, x.T @ dy, dy.sum(axis=0))), "backward returns dx alone"),
    (own_affine(dx=nothing), "backward returns None. It hands dx to the layer before."),
    (own_affine(dx=halve), "It changes dy in place"),
    (
        own_affine(dW=lambda x, W, dy: dy.T @ x),
        "dW has the shape (4, 2), expected (2, 4): it looks transposed",
    ),
    (own_affine(dW=lambda x, W, dy: x.T @ dy / len(x)), "dW is divided by N"),
    (own_affine(dW=None), "backward leaves no self.dW: keep it there."),
    (own_affine(dW=None, db=None), "backward leaves no self.dW and self.db"),
    (own_affine(db=lambda x, W, dy: dy.sum(axis=1)), "add up over axis=0"),
    (own_affine(db=lambda x, W, dy: dy.mean(axis=0)), "db is a mean."),
    (own_affine(db=lambda x, W, dy: dy), "db has the shape (3, 4), expected (4,): it is not summed over"),
    (own_affine(db=lambda x, W, dy: dy.sum()), "db is one number, expected an array of shape (4,)"),
    (own_affine(forward=lambda x, W, b: x @ W - b), "y is right in"),
]


@pytest.mark.parametrize(("attempt", "words"), AFFINE_SLIPS)
def test_a_wrong_affine_gets_its_reason(attempt, words):
    reply = ch06.check_affine(attempt)
    assert reply.right is False and words in repr(reply), repr(reply)


def test_a_right_affine_is_right_and_an_unwritten_one_is_not_yet():
    assert ch06.check_affine(own_affine()).right
    untouched = ch06.check_affine(own_affine(nothing, None, None))
    assert untouched.right is None and repr(untouched) == "○ Not written yet: backward returns None."
    assert "forward returns None" in repr(ch06.check_affine(own_affine(nothing, None, None, nothing)))


def relu(
    forward=lambda x: np.where(x > 0, x, 0),
    backward=lambda x, y, dy: dy * (x > 0),
):  # fmt: skip
    """A class as a learner may write it; with other lines, a class with a slip."""

    class MyRelu:
        def forward(self, x):
            self.x = x.copy()
            self.y = forward(x)
            return self.y

        def backward(self, dy):
            return backward(self.x, self.y, dy)

    return MyRelu


def sigmoid(forward=lambda x: 1 / (1 + np.exp(-x)), backward=lambda x, y, dy: dy * y * (1 - y)):
    return relu(forward, backward)


def cut(x):
    x[x < 0] = 0
    return x


def cut_back(x, y, dy):
    dy[x <= 0] = 0
    return dy


RELU_SLIPS = [
    (relu(backward=lambda x, y, dy: -dy * (x > 0)), "dx has the right size and the wrong sign"),
    (relu(backward=lambda x, y, dy: dy * (x >= 0)), "dx is dy where x ≥ 0. At exactly 0"),
    (relu(backward=lambda x, y, dy: dy), "dx is right in 4 of 8 entries"),
    (relu(backward=lambda x, y, dy: dy * (dy > 0)), "It is x that decides what gets through"),
    (relu(backward=lambda x, y, dy: np.where(x > 0, 1, 0)), "dx is the slope alone. It is multiplied by dy"),
    (relu(backward=lambda x, y, dy: (x > 0).T), "dx is an array of bool; expected a number"),
    (relu(backward=lambda x, y, dy: dy.T), "dx has the shape (4, 2), expected (2, 4): it looks transposed"),
    (relu(forward=lambda x: np.abs(x)), "y is right in 6 of 8 entries"),
    (relu(forward=lambda x: max(0, x)), "It stops with ValueError"),
    (relu(forward=cut), "forward changes x in place"),
    (relu(backward=cut_back), "backward changes dy in place"),
]
SIGMOID_SLIPS = [
    (sigmoid(forward=lambda x: 1 / (1 + np.exp(x))), "y is right in"),
    (sigmoid(backward=lambda x, y, dy: y * (1 - y)), "dx is the slope alone. It is multiplied by dy"),
    (sigmoid(backward=lambda x, y, dy: dy * y), "dx is dy · y. The slope is y(1 − y)"),
    (sigmoid(backward=lambda x, y, dy: dy * y * (y - 1)), "dx has the right size and the wrong sign"),
    (sigmoid(backward=lambda x, y, dy: dy * x * (1 - x)), "dx is dy · x(1 − x)"),
    (sigmoid(backward=lambda x, y, dy: dy * y * (1 + y)), "dx is dy · y(1 + y)"),
    (sigmoid(forward=lambda x: 1 / (1 + math.exp(-x))), "It stops with TypeError"),
]


@pytest.mark.parametrize(
    ("check", "attempt", "words"),
    [(ch06.check_relu, *slip) for slip in RELU_SLIPS]
    + [(ch06.check_sigmoid, *slip) for slip in SIGMOID_SLIPS],
)
def test_a_wrong_layer_gets_its_reason(check, attempt, words):
    reply = check(attempt)
    assert reply.right is False and words in repr(reply), repr(reply)


@pytest.mark.parametrize(("check", "right"), [(ch06.check_relu, relu()), (ch06.check_sigmoid, sigmoid())])
def test_a_right_layer_is_right_and_half_of_one_is_named(check, right):
    assert check(right).right
    half = relu(right().forward, lambda x, y, dy: None)
    assert repr(check(half)) == "○ Not written yet: backward returns None."
    assert check(half).right is None


def test_the_library_passes_its_own_checks():
    assert ch06.check_relu(Relu).right and ch06.check_sigmoid(Sigmoid).right
    assert not ch06.check_relu(Sigmoid).right and not ch06.check_sigmoid(Relu).right


def loops(layers, x, dy):
    for layer in layers:
        x = layer.forward(x)
    for layer in reversed(layers):
        dy = layer.backward(dy)
    return x, dy


def in_one_order(layers, x, dy):
    for layer in layers:
        x = layer.forward(x)
    for layer in layers:
        dy = layer.backward(dy)
    return x, dy


def forgets_the_signal(layers, x, dy):
    for layer in layers:
        y = layer.forward(x)
    return y, dy


def stops_early(layers, x, dy):
    y, _ = loops(layers, x, dy)
    for layer in reversed(layers[1:]):
        dy = layer.backward(dy)
    return y, dy


def turns_the_list(layers, x, dy):
    for layer in layers:
        x = layer.forward(x)
    layers.reverse()
    for layer in layers:
        dy = layer.backward(dy)
    return x, dy


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (in_one_order, "It stops with ValueError: Affine.backward: dout of shape (5, 2) does not fit"),
        (forgets_the_signal, "It stops with ValueError: x of shape (5, 3) does not fit W of shape (4, 2)"),
        (stops_early, "dx has the shape (5, 4), expected (5, 3)"),
        (turns_the_list, "It turns the list itself around"),
        (lambda *a: loops(*a)[0], "It must return 2 values: output, dx."),
        (lambda *a: loops(*a)[::-1], "output has the shape (5, 3), expected (5, 2)"),
        (lambda layers, x, dy: loops(layers, x, -dy), "dx has the right size and the wrong sign"),
        (lambda layers, x, dy: (loops(layers, x, dy)[0], None), "Not written yet"),
    ],
)
def test_wrong_loops_get_their_reason(attempt, words):
    reply = ch06.check_loops(attempt)
    assert not reply.right and words in repr(reply), repr(reply)


def test_right_loops_are_right():
    assert ch06.check_loops(loops).right
    assert not ch06.check_loops(lambda *a: [1.01 * part for part in loops(*a)]).right


# the file my_layers.py

AFFINE = """class MyAffine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dy):
        self.dW, self.db = self.x.T @ dy, dy.sum(axis=0)
        return dy @ self.W.T
"""
RELU = """class MyRelu:
    def forward(self, x):
        self.positive = x > 0
        return x * self.positive

    def backward(self, dy):
        return dy * self.positive
"""
SIGMOID = """class MySigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, dy):
        return dy * self.y * (1 - self.y)
"""
STUB = """class {}:
    def forward(self, x):
        ...  # your lines

    def backward(self, dy):
        ...  # your lines
"""
STUBS = STUB.format("MyRelu"), STUB.format("MySigmoid")
AFFINE_STUB = AFFINE[: AFFINE.index("        self.dW")] + "        ...  # your lines\n"
cells = itertools.count()


def defined(*sources, **names):
    """MyAffine, MyRelu and MySigmoid from cells with these sources, as a notebook has them."""
    names["np"] = np
    for source in sources:
        file = f"<cell {next(cells)}>"
        linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
        exec(compile(source, file, "exec"), names)
    return [names[name] for name in ("MyAffine", "MyRelu", "MySigmoid")]


def loaded(path):
    spec = importlib.util.spec_from_file_location("my_layers", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def path(tmp_path):
    return tmp_path / "my_layers.py"


def test_what_works_is_saved_and_is_all_that_is_in_the_file(path):
    reply = ch06.save_layers(*defined(AFFINE, f"# mine\n\n{RELU}\nprint(end='')", SIGMOID), path=path)
    assert repr(reply) == "✓ Right. my_layers.py now holds MyAffine, MyRelu and MySigmoid."
    assert path.read_text("utf-8") == "\n\n".join(["import numpy as np\n", AFFINE, RELU, SIGMOID])
    assert list(path.parent.iterdir()) == [path]
    found = loaded(path)
    assert ch06.check_relu(found.MyRelu).right and ch06.check_sigmoid(found.MySigmoid).right
    layer, library = found.MyAffine(np.eye(2), np.ones(2)), Affine(np.eye(2), np.ones(2))
    for part in (layer, library):
        part.forward(np.array([[1.0, 2.0]])), part.backward(np.array([[3.0, 4.0]]))
    assert layer.dW.tolist() == library.grads["W"].tolist() and layer.db.tolist() == [3, 4]
    assert layer.W.tolist() == [[1, 0], [0, 1]] and layer.b.tolist() == [1, 1]


def test_a_network_of_saved_layers_has_the_gradients_of_the_librarys(path):
    ch06.save_layers(*defined(AFFINE, RELU, SIGMOID), path=path)
    found, rng = loaded(path), np.random.default_rng(0)
    W1, b1, W2, b2 = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(4, 2)), rng.normal(size=2)
    x, t = rng.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1])
    for kind in ("Relu", "Sigmoid"):
        mine = [found.MyAffine(W1, b1), getattr(found, f"My{kind}")(), found.MyAffine(W2, b2)]
        theirs = Network([Affine(W1, b1), {"Relu": Relu, "Sigmoid": Sigmoid}[kind](), Affine(W2, b2)],
                         SoftmaxWithLoss())  # fmt: skip
        wanted, loss = theirs.gradient(x, t), theirs.last_layer
        loops(mine, x, loss.backward())
        for k, layer in enumerate((mine[0], mine[2]), start=1):
            assert np.allclose(layer.dW, wanted[f"W{k}"]) and np.allclose(layer.db, wanted[f"b{k}"])


def test_an_untouched_chapter_saves_nothing(path):
    reply = ch06.save_layers(*defined(AFFINE_STUB, *STUBS), path=path)
    assert repr(reply) == "○ Nothing saved yet. " + " ".join(
        f"{name} is not written yet." for name in ("MyAffine", "MyRelu", "MySigmoid")
    )
    assert reply.right is None and not path.exists()
    run(shutil.copy(NOTEBOOKS / "06_stack_layers.ipynb", path.parent))
    assert not path.exists()


def test_the_first_class_that_works_is_saved_alone(path):
    reply = ch06.save_layers(*defined(AFFINE, *STUBS), path=path)
    assert repr(reply) == (
        "my_layers.py now holds MyAffine. Left out: MyRelu is not written yet. MySigmoid is not written yet."
    )
    assert path.read_text("utf-8") == "\n\n".join(["import numpy as np\n", AFFINE])


def test_one_that_is_not_written_or_not_right_is_left_out_and_named(path):
    reply = ch06.save_layers(*defined(AFFINE, RELU, STUBS[1]), path=path)
    assert (
        repr(reply) == "my_layers.py now holds MyAffine and MyRelu. Left out: MySigmoid is not written yet."
    )
    assert path.read_text("utf-8") == "\n\n".join(["import numpy as np\n", AFFINE, RELU])
    flipped = SIGMOID.replace("dy * self.y", "-dy * self.y")
    path.unlink()
    reply = ch06.save_layers(*defined(AFFINE, RELU, flipped), path=path)
    assert "Left out: MySigmoid is not right yet (dx has the right size and the wrong sign" in repr(reply)
    assert not hasattr(loaded(path), "MySigmoid")
    path.unlink()
    reply = ch06.save_layers(*defined(AFFINE_STUB, STUBS[0], flipped), path=path)
    assert repr(reply).startswith(
        "○ Nothing saved yet. MyAffine is not written yet. MyRelu is not written yet. MySigmoid is not right"
    )
    assert not path.exists()
    broken = AFFINE.replace("self.x.T @ dy", "self.x.T @ dy / len(dy)")
    reply = ch06.save_layers(*defined(broken, RELU, SIGMOID), path=path)
    assert "Left out: MyAffine is not right yet (dW" in repr(reply)
    assert not hasattr(loaded(path), "MyAffine")


def test_a_finished_file_is_not_lost_to_an_unfinished_one(path):
    ch06.save_layers(*defined(AFFINE, RELU, SIGMOID), path=path)
    before = path.read_bytes()
    ch06.save_layers(*defined(AFFINE, *STUBS), path=path)
    assert path.read_bytes() == before
    reply = ch06.save_layers(*defined(AFFINE, RELU, STUBS[1]), path=path)
    assert reply.right is False and path.read_bytes() == before
    assert "my_layers.py stays as it is, else it would lose MySigmoid. MySigmoid is not written yet." in repr(
        reply
    )
    path.write_text(before.decode() + "\n\nclass MyTanh:\n    pass\n", encoding="utf-8")
    reply = ch06.save_layers(*defined(AFFINE, RELU, SIGMOID), path=path)
    assert "else it would lose MyTanh" in repr(reply) and "MyTanh" in path.read_text("utf-8")


def test_a_finished_file_follows_its_classes_and_a_broken_one_is_replaced(path):
    own = RELU.replace("x * self.positive", "np.maximum(x, 0)")
    for old in (AFFINE + RELU, "class MyRelu:\n    def forw"):
        path.write_text(old, encoding="utf-8")
        assert ch06.save_layers(*defined(AFFINE, own, SIGMOID), path=path).right
        assert own in path.read_text("utf-8")


def test_a_class_that_needs_more_than_its_own_lines_is_left_out(path):
    sources = AFFINE, RELU, SIGMOID.replace("1 / (1 + np.exp(-x))", "squash(x)")
    classes = defined(*sources, squash=lambda x: 1 / (1 + np.exp(-x)))
    assert ch06.check_sigmoid(classes[2]).right
    words = repr(ch06.save_layers(*classes, path=path))
    assert "MySigmoid works here, but not in a file that has only numpy and the class" in words
    assert "name 'squash' is not defined" in words and "MySigmoid" not in path.read_text("utf-8")


def test_a_class_whose_lines_are_not_at_hand_is_left_out(path):
    classes = defined(AFFINE, RELU, SIGMOID)
    linecache.cache.pop(classes[1].forward.__code__.co_filename)
    words = repr(ch06.save_layers(*classes, path=path))
    assert "MyRelu can't be found: run the cell that begins with class MyRelu again" in words


def test_the_last_class_of_a_cell_is_the_one_that_is_saved(path):
    ch06.save_layers(*defined(AFFINE, STUBS[0] + "\n\n" + RELU, SIGMOID), path=path)
    assert path.read_text("utf-8").count("class MyRelu") == 1 and RELU in path.read_text("utf-8")


def test_a_file_is_never_half_written(path):
    ch06.save_layers(*defined(AFFINE, RELU, SIGMOID), path=path)
    before = path.read_bytes()
    with patch.object(os, "replace", side_effect=OSError(28, "No space left on device")):
        reply = ch06.save_layers(*defined(AFFINE, RELU.replace("x >", "x  >"), SIGMOID), path=path)
    assert repr(reply) == "✗ Not yet. my_layers.py can't be written here: No space left on device."
    assert path.read_bytes() == before


def test_in_a_notebook_the_solutions_are_saved_beside_it(tmp_path):
    """A kernel's own cells, where a class has no file."""
    shutil.copy(NOTEBOOKS / "06_stack_layers.ipynb", tmp_path)
    notebook = nbformat.read(tmp_path / "06_stack_layers.ipynb", as_version=4)
    everything = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    solutions = re.findall(r"```python\n(.*?)```", everything, re.S)
    for cell in notebook.cells:
        if "your-turn" in cell.metadata.get("tags", ()):
            (cell.source,) = [s for s in solutions if s.split("(")[0].split(":")[0] in cell.source]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    (said_of_it,) = [
        cell.outputs[0].data["text/plain"] for cell in notebook.cells if "save_layers(" in cell.source
    ]
    assert said_of_it == "✓ Right. my_layers.py now holds MyAffine, MyRelu and MySigmoid."
    found = loaded(tmp_path / "my_layers.py")
    assert ch06.check_relu(found.MyRelu).right and ch06.check_sigmoid(found.MySigmoid).right
    assert ch06.check_affine(found.MyAffine).right
    assert (
        (tmp_path / "my_layers.py").read_text("utf-8").startswith("import numpy as np\n\n\nclass MyAffine:")
    )
