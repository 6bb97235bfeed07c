"""Matrices as pictures: an Affine layer entry by entry, its shapes to scale, two layers in a row.

Then the questions, the checks of the learner's own layers, and the file my_layers.py that keeps them.
"""

import ast
import copy
import linecache
import math
import os
from pathlib import Path

import numpy as np

from ..explore.picture import drawing
from ..explore.question import Question, Reply
from ..explore.style import BACKWARD, DATA, FAINT, FORWARD, GRID, HIGHLIGHT, MUTED, PARAMETER
from ..explore.svg import arrow, box, edge, legend, line, quarter, text
from ..explore.words import SUBSCRIPT, count, listed, minus, number, worked
from ..layers import Affine, HalfSquaredError, Relu, Sigmoid
from ..network import Network
from ..numerical import numerical_gradient
from .turn import turn

CELL_WIDTH, CELL_HEIGHT = 44, 28  # px, one entry of a matrix
LIT = "#fdeccb"  # HIGHLIGHT as a background

X, W, B = [[1, 2], [3, 4]], [[1, 3, 5], [2, 4, 6]], [1, 1, 1]  # the example of [S0]
DY = [[1, 1, 1], [2, 2, 2]]
SIZES = {"x": (2, 2), "W": (2, 3), "b": (1, 3), "dy": (2, 3)}
RESULTS = {"y": (2, 3), "dx": (2, 2), "dW": (2, 3), "db": (1, 3)}


def _entries(sizes):
    return [(name, r, c) for name, (rows, columns) in sizes.items()
            for r in range(rows) for c in range(columns)]  # fmt: skip


def entry_name(name, row, column):
    """An entry as the chapter writes it, counted from 1: W₁₂, and b₂ for a row alone."""
    place = f"{column + 1}" if name in ("b", "db") else f"{row + 1}{column + 1}"
    return name + place.translate(SUBSCRIPT)


INPUTS = {entry_name(*entry): entry for entry in _entries(SIZES)}  # what can be dragged, by name
CELLS = _entries(RESULTS)  # what the layer computes, in order: y, dx, dW, db


# --- one Affine layer, entry by entry ---------------------------------------------------------


def affine(cell=1, entry="x₁₁", change=0):
    """Affine forward and backward, the row and the column that meet in one cell highlighted.

    cell: which of the 19 computed entries, from 1: y, then dx, dW, db. entry: one of INPUTS.
    change: what is added to that entry of [S0]'s example.
    """
    before, after = _affine(entry, 0), _affine(entry, change)
    chosen = CELLS[cell - 1]
    factors = _meets(*chosen)
    lit = {entry for product in factors for entry in product}
    moved = [e for e in CELLS if _at(before, e) != _at(after, e)]
    marks = {"lit": lit, "chosen": chosen, "dragged": INPUTS[entry], "moved": set(moved)}

    shapes = [legend()]
    left = 150
    shapes.append(text(14, 101, "forward", FORWARD, "start", bold=True))
    for y in (225, 351):
        shapes.append(text(14, y, "backward", BACKWARD, "start", bold=True))
    x = left
    for sign, name in (("", "x"), ("·", "W"), ("+", "b"), ("=", "y")):
        shapes.append(_sign(x, 68, sign))
        shapes.append(_matrix(x, 68, name, after[name], marks))
        x += _width(after[name]) + 34
    x = left
    for sign, name in (("", "dy"), ("·", "Wᵀ"), ("=", "dx")):
        top = 178 if name == "Wᵀ" else 178 + CELL_HEIGHT / 2
        shapes.append(_sign(x, 178, sign, 3))
        shapes.append(_matrix(x, top, name, after[name], marks))
        x += _width(after[name]) + 34
    x = left
    for sign, name in (("", "xᵀ"), ("·", "dy"), ("=", "dW")):
        shapes.append(_sign(x, 318, sign))
        shapes.append(_matrix(x, 318, name, after[name], marks))
        if name == "dy":
            under = 318 + 2 * CELL_HEIGHT + 16
            shapes.append(line(x - 2, under - 8, x + _width(DY) + 2, under - 8, DATA, 1.5))
            shapes.append(_matrix(x, under, "db", after["db"], marks, beside=True))
        x += _width(after[name]) + 34
    shapes.append(_key(560, 178))
    sentence = _say(after, chosen, factors, entry, change, moved)
    return drawing(438, "An Affine layer, entry by entry", sentence, *shapes)


def _affine(entry, change):
    """Every matrix of the example by name, as lists of rows, after the change of one entry."""
    given = {"x": X, "W": W, "b": [B], "dy": DY}
    given = {name: [list(map(float, row)) for row in rows] for name, rows in given.items()}
    name, row, column = INPUTS[entry]
    given[name][row][column] += change
    layer = Affine(given["W"], given["b"][0])
    y = layer.forward(given["x"])
    dx = layer.backward(given["dy"])
    dW, db = layer.grads["W"], layer.grads["b"]
    made = {"y": y.tolist(), "dx": dx.tolist(), "dW": dW.tolist(), "db": [db.tolist()]}
    turned = {"Wᵀ": list(zip(*given["W"], strict=True)), "xᵀ": list(zip(*given["x"], strict=True))}
    return given | made | turned


def _at(matrices, entry):
    name, row, column = entry
    return matrices[name][row][column]


def _meets(name, row, column):
    """The drawn entries that meet in this cell: its products, each a tuple of (name, row, column)."""
    if name == "y":
        return [*_pairs("x", "W", row, column, 2), (("b", 0, column),)]
    if name == "dx":
        return _pairs("dy", "Wᵀ", row, column, 3)
    if name == "dW":
        return _pairs("xᵀ", "dy", row, column, 2)
    return [(("dy", r, column),) for r in range(2)]


def _pairs(left, right, row, column, inner):
    return [((left, row, k), (right, k, column)) for k in range(inner)]


def _say(m, chosen, factors, entry, change, moved):
    name, row, column = chosen
    how = {
        "y": f"row {row + 1} of x meets column {column + 1} of W, plus {entry_name('b', 0, column)}",
        "dx": f"row {row + 1} of dy meets column {column + 1} of Wᵀ, which is row {column + 1} of W",
        "dW": f"row {row + 1} of xᵀ, which is column {row + 1} of x, meets column {column + 1} of dy",
        "db": f"the sum of column {column + 1} of dy",
    }[name]
    formula = " + ".join(" · ".join("{}" for _ in product) for product in factors)
    values = [_at(m, entry) for product in factors for entry in product]

    def total(*values):
        rest = iter(values)
        return sum(math.prod(next(rest) for _ in product) for product in factors)

    words = f"{entry_name(*chosen)} = {worked(formula, total, *values)}: {how}."
    if change:
        now = _at(m, INPUTS[entry])
        where = listed([entry_name(*e) for e in moved])
        words += f" {entry} goes from {number(now - change)} to {number(now)}, and moves {where}."
    return words


def _width(rows):
    return CELL_WIDTH * len(rows[0])


def _sign(x, top, sign, rows=2):
    """An operator left of a matrix that starts at x."""
    return text(x - 17, top + rows * CELL_HEIGHT / 2 + 7, sign, size=20) if sign else ""


COLORS = {"x": DATA, "xᵀ": DATA, "W": PARAMETER, "Wᵀ": PARAMETER, "b": PARAMETER, "y": FORWARD}


def _matrix(x, top, name, rows, marks, beside=False):
    """A matrix between brackets, its name and shape above or beside it."""
    color, width, height = COLORS.get(name, BACKWARD), _width(rows), CELL_HEIGHT * len(rows)
    shape = f"({len(rows[0])},)" if name in ("b", "db") else f"({len(rows)}, {len(rows[0])})"
    label = f"{name} {shape}"
    shapes = [text(x + width / 2, top - 9, label, color, size=14) if not beside
              else text(x - 12, top + 19, label, color, "end", size=14)]  # fmt: skip
    shapes += [_bracket(x, top, height, 6), _bracket(x + width, top, height, -6)]
    for r, values in enumerate(rows):
        for c, value in enumerate(values):
            shapes.append(_cell(x + CELL_WIDTH * c, top + CELL_HEIGHT * r, value, name, r, c, color, marks))
    return "".join(shapes)


def _cell(x, y, value, name, r, c, color, marks):
    plain = (name[:-1], c, r) if name.endswith("ᵀ") else (name, r, c)
    shapes = []
    twice = name == "dy" and (y < 290) != (marks["chosen"][0] == "dx")  # dy stands in two products
    if (name, r, c) in marks["lit"] and not twice:
        shapes.append(box(x + 2, y + 2, CELL_WIDTH - 4, CELL_HEIGHT - 4, HIGHLIGHT, LIT, 1.5))
    if (name, r, c) == marks["chosen"]:
        shapes.append(box(x + 1, y + 1, CELL_WIDTH - 2, CELL_HEIGHT - 2, HIGHLIGHT, LIT, 4))
    if plain == marks["dragged"]:
        shapes.append(box(x + 4, y + 4, CELL_WIDTH - 8, CELL_HEIGHT - 8, DATA, "none", 1.5, 11))
    moved = (name, r, c) in marks["moved"]
    shapes.append(text(x + CELL_WIDTH / 2, y + 20, number(value), color, size=16, bold=moved, halo=False))
    if moved:
        shapes.append(line(x + 9, y + 25, x + CELL_WIDTH - 9, y + 25, color, 2))
    return "".join(shapes)


def _bracket(x, top, height, turn):
    """A square bracket at x; turn is how far its ends reach inward, in px."""
    x -= turn / 2
    bottom = top + height
    return line(x, top - 1, x, bottom + 1) + line(x, top, x + turn, top) + line(x, bottom, x + turn, bottom)


def _key(x, y):
    """What the marks mean."""
    twelve = text(x + 17, y + 106, "12", size=16, bold=True) + line(x + 5, y + 111, x + 29, y + 111)
    lines = [
        (box(x, y, 34, 20, HIGHLIGHT, LIT, 4), "the cell"),
        (box(x, y + 30, 34, 20, HIGHLIGHT, LIT, 1.5), "what meets in it"),
        (box(x + 2, y + 62, 30, 18, DATA, "none", 1.5, 9), "the entry you drag"),
        (twelve, "moved with it"),
    ]
    return "".join(shape + text(x + 44, y + 15 + 30 * i, words, anchor="start", size=14)
                   for i, (shape, words) in enumerate(lines))  # fmt: skip


# --- shapes to scale --------------------------------------------------------------------------

UNIT, GAP = 17, 8  # px: one row or column, and the space between matrices


def shapes(N=5, D=2, M=3, no_transposes=False):
    """The products of an Affine layer as rectangles to scale.

    N rows, D inputs, M outputs. no_transposes: forget them both. In each product the left factor
    stands left of the result and the right factor above it; their inner sizes meet in the corner.
    """
    x, w, dy = ("x", N, D), ("W", D, M), ("dy", N, M)
    xt, wt = ("xᵀ", D, N), ("Wᵀ", M, D)
    if no_transposes:
        titles = ["y = x · W + b", "dx = dy · W ?", "dW = x · dy ?"]
        products = [(x, w, "y", "D", "D"), (dy, w, "dx", "M", "D"), (x, dy, "dW", "D", "N")]
    else:
        titles = ["y = x · W + b", "dx = dy · Wᵀ", "dW = xᵀ · dy"]
        products = [(x, w, "y", "D", "D"), (dy, wt, "dx", "M", "M"), (xt, dy, "dW", "N", "N")]
    drawn = [_product(corner, 186, *p) for corner, p in zip((125, 382, 635), products, strict=True)]
    colors = (FORWARD, BACKWARD, BACKWARD)
    words = [text(14 + 253 * i, 28, titles[i], colors[i], "start", 17, bold=True) for i in range(3)]
    sentence = _say_shapes(N, D, M, no_transposes)
    return drawing(478, "The shapes of an Affine layer", sentence, *words, *drawn, _bias(N, M))


def _product(x, y, left, right, result, inner_name, inner_name_b):
    """Left factor · right factor = result, each (name, rows, columns); (x, y): where the three meet."""
    (name_a, rows, inner), (name_b, inner_b, columns) = left, right
    a, b, width, height = UNIT * inner, UNIT * inner_b, UNIT * columns, UNIT * rows
    below, color = y + GAP + height + 20, COLORS.get(result, BACKWARD)
    shapes = [
        _grid(x - GAP - a, y + GAP, rows, inner, name_a),
        text(x - GAP, below, f"{name_a} ({rows}, {inner})", COLORS.get(name_a, BACKWARD), "end"),
        _grid(x + GAP, y - GAP - b, inner_b, columns, name_b),
        text(x + GAP, y - b - 17, f"{name_b} ({inner_b}, {columns})", COLORS.get(name_b, BACKWARD), "start"),
        line(x - GAP - a, y, x - GAP, y, HIGHLIGHT, 5),
        line(x, y - GAP, x, y - GAP - b, HIGHLIGHT, 5),
    ]
    if inner == inner_b:
        reach = a + GAP
        shapes.append(quarter(x, y, reach, HIGHLIGHT, 2.5))
        shapes.append(_grid(x + GAP, y + GAP, rows, columns, result))
        shapes.append(text(x + GAP, below, f"{result} ({rows}, {columns})", color, "start"))
        by_chance = inner_name != inner_name_b
        sizes = [f"{name} = {inner}" for name in sorted({inner_name, inner_name_b})]
        if inner > 3:  # room inside the arc
            shapes += [text(x - 16, y - 14 - 20 * i, words, anchor="end") for i, words in enumerate(sizes)]
        else:
            shapes.append(text(x - 0.75 * reach - 5, y - 0.75 * reach, ", ".join(sizes), anchor="end"))
        if by_chance:
            words = "fits, but only by chance" if inner > 1 else "fits; right, as it is 1 × 1"
            shapes.append(text(x - GAP, below + 22, words, bold=True))
    else:
        shapes.append(box(x + GAP, y + GAP, width, height, GRID, line_width=1.5, round_by=0))
        shapes.append(text(x + GAP, below, "does not fit", bold=True, anchor="start"))
        shapes.append(text(x - 12, y - 14, f"{inner_name} = {inner}", anchor="end"))
        shapes.append(text(x - 12, y - 34, f"{inner_name_b} = {inner_b}", anchor="end"))
    return "".join(shapes)


def _grid(x, y, rows, columns, name):
    """A rectangle of rows × columns unit squares; gradients are dashed."""
    color = COLORS.get(name, BACKWARD)
    width, height = UNIT * columns, UNIT * rows
    inside = [line(x, y + UNIT * r, x + width, y + UNIT * r, GRID, 1) for r in range(1, rows)]
    inside += [line(x + UNIT * c, y, x + UNIT * c, y + height, GRID, 1) for c in range(1, columns)]
    return "".join(inside) + box(x, y, width, height, color, "none", 2.5, 0, dashed=color == BACKWARD)


def _bias(N, M):
    """b is one row, added to every row of y; db is dy with its rows summed into one."""
    top = 352
    x_dy, x_db = 382 + GAP, 635 + GAP
    return "".join([
        text(14, top + 14, "b and db", DATA, "start", 17, bold=True),
        _grid(125 + GAP, top, 1, M, "b"),
        text(125 + GAP, top + UNIT + 20, f"b ({M},): added to each row of y", PARAMETER, "start"),
        _grid(x_dy, top, N, M, "dy"),
        text(x_dy - 10, top + 14, f"dy ({N}, {M})", BACKWARD, "end"),
        arrow(x_dy + UNIT * M + 12, top + UNIT / 2, x_db - 10, top + UNIT / 2, BACKWARD, dashed=True),
        text((x_dy + UNIT * M + x_db) / 2, top + 32, f"sum of {count(N, 'row')}", MUTED, size=14),
        _grid(x_db, top, 1, M, "db"),
        text(x_db, top + UNIT + 20, f"db ({M},)", BACKWARD, "start"),
    ])  # fmt: skip


def _say_shapes(N, D, M, no_transposes):
    if no_transposes:
        dx, dW = _without("dy · W", "W", "M", M, "D", D), _without("x · dy", "x", "D", D, "N", N)
        return f"Without the transposes: {dx}; {dW}."
    return (
        f"The inner sizes match: D = {D} for y, M = {M} for dx, N = {N} for dW. "
        f"dx ({N}, {D}) has the shape of x, and dW ({D}, {M}) the shape of W."
    )


def _without(product, turned, a_name, a, b_name, b):
    """What becomes of a product that needs turned's transpose; a and b are its inner sizes."""
    if a == b == 1:
        return f"{product} is right, as a 1 × 1 matrix is its own transpose"
    if a == b:
        return (
            f"{product} fits by chance ({a_name} = {b_name} = {a}), but is wrong unless {turned} is symmetric"
        )
    return f"{product} does not fit ({a_name} = {a}, {b_name} = {b})"


# --- two layers in a row ----------------------------------------------------------------------


def two_layers(x1=1, x2=2, step=0):
    """[S0]'s two Affine layers: forward to the output, and back from dy = the output itself.

    step: 0 the input, 1 and 2 forward, 3 and 4 backward.
    """
    layers = [Affine(W, [1, 2, 3]), Affine([[1, 4], [2, 5], [3, 6]], [1, 2])]
    values = [[[float(x1), float(x2)]]]
    for layer in layers:
        values.append(layer.forward(values[-1]))
    grads = [values[-1]]
    for layer in reversed(layers):
        grads.append(layer.backward(grads[-1]))
    grads.reverse()  # now beside values: dx, d hidden, dy

    names, centers = ("x", "hidden", "output"), (70, 380, 690)
    shapes = [legend()]
    for i, (name, x) in enumerate(zip(names, centers, strict=True)):
        here, back = step >= i, step >= (4 if i == 0 else 3)
        shapes.append(text(x, 128, name, DATA if here else MUTED, bold=True))
        shapes.append(text(x, 82, _list(values[i][0]) if here else "", FORWARD, bold=True))
        shapes.append(text(x, 168, _list(grads[i][0]) if back else "", BACKWARD, bold=True))
    for i, layer in enumerate(layers):
        middle = (centers[i] + centers[i + 1]) / 2
        here, back = step > i, step >= (4 - i)
        highlight = step == i + 1 or step == 4 - i
        color, gradient = FORWARD if here else FAINT, "" if back else None
        for a, b in ((centers[i] + 45, middle - 62), (middle + 62, centers[i + 1] - 45)):
            shapes.append(edge(a, 123, b, 123, gradient=gradient, color=color))
        shapes.append(box(middle - 60, 98, 120, 50, HIGHLIGHT if highlight else DATA,
                          line_width=4 if highlight else 2))  # fmt: skip
        shapes.append(text(middle, 128, f"Affine {i + 1}", size=17, bold=True))
        below = "₁₂"[i]
        shapes.append(_listing(middle, 222, "W" + below, layer.params["W"], PARAMETER))
        shapes.append(_listing(middle, 342, "b" + below, layer.params["b"], PARAMETER))
        if back:
            shapes.append(_listing(middle + 130, 222, "dW" + below, layer.grads["W"], BACKWARD))
            shapes.append(_listing(middle + 130, 342, "db" + below, layer.grads["b"], BACKWARD))
    return drawing(386, "Two Affine layers", _say_two(step, values, grads), *shapes)


def _listing(x, y, name, matrix, color):
    """A matrix's name and its rows below it, its columns aligned at the right."""
    rows = [[minus(f"{value:.0f}") for value in row] for row in np.atleast_2d(matrix)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    shapes = [text(x, y, name, color, bold=True)]
    for i, row in enumerate(rows):
        words = [word.rjust(width, "\u2007") for word, width in zip(row, widths, strict=True)]
        shapes.append(text(x, y + 24 * (i + 1), "\u2002".join(words), color))
    return "".join(shapes)


def _list(row, between="\u2002"):
    """A row's whole numbers as text, without commas; an en space between them."""
    return between.join(minus(f"{value:.0f}") for value in row)


def _say_two(step, values, grads):
    x, hidden, output, dhidden, dx = (
        _list(v[0], ", ") for v in (values[0], values[1], values[2], grads[1], grads[0])
    )
    return {
        0: f"The input is x = ({x}). No layer has worked yet.",
        1: f"Forward through Affine 1: hidden = ({hidden}).",
        2: f"Forward through Affine 2: output = ({output}).",
        3: f"Backward starts with dy = the output. Affine 2 keeps dW₂ and db₂ and hands ({dhidden}) back.",
        4: f"Affine 1 takes ({dhidden}) as its dy. It keeps dW₁ and db₁ and hands dx = ({dx}) back.",
    }[step]


# the questions, in the chapter's order
# fmt: off

FORWARD_ROW = Question(
    "y for x = (1, 2)", (6, 12, 18),
    "1·1 + 2·2 + 1 = 6, then 1·3 + 2·4 + 1 = 12, then 1·5 + 2·6 + 1 = 18.",
    "Each column of W makes one number: x₁ times its upper entry, x₂ times its lower one, and its bias.",
    {(5, 11, 17): "The bias is missing: b adds 1 to each.",
     (4, 10, 16): "You subtracted b. It is added."},
)
BACKWARD_ENTRIES = Question(
    "dx₂₂, dW₂₃", (24, 10),
    "dx₂₂ = 2·2 + 2·4 + 2·6 = 24. dW₂₃ = 2·1 + 4·2 = 10.",
    "dx₂₂ is row 2 of dy times row 2 of W. dW₂₃ is column 2 of x times column 3 of dy.",
    {(12, 10): "dW₂₃ is right. dx₂₂ needs row 2 of dy; you took row 1.",
     (18, 10): "dW₂₃ is right. dx₂₂ needs the weights of x₂, row 2 of W; you took row 1.",
     (24, 11): "dx₂₂ is right. dW₂₃ needs column 2 of x, (2, 4); you took row 2."},
)
DRAG_X = Question(
    "x₁₁ moves", "rows 1 of y and dW",
    "x₁₁ is in row 1 of x, and in row 1 of xᵀ. dx is dy · Wᵀ, without an x. That holds because dy is held "
    "fixed here: in a network dy depends on y, so on x₁₁ too.",
    "Look for x in the three products: x · W + b, dy · Wᵀ and xᵀ · dy.",
    {"row 1 of y alone": "xᵀ · dy has an x in it, too.",
     "rows 1 of y, dx and dW": "dx is dy · Wᵀ. Where is the x in it?",
     "y₁₁ and dW₁₁ alone": "x₁₁ meets every weight of its row, and every entry of row 1 of dy."},
    choices=("row 1 of y alone", "y₁₁ and dW₁₁ alone", "rows 1 of y and dW", "rows 1 of y, dx and dW"),
)
NO_TRANSPOSES = Question(
    "Both products exist for", "N = D = M",
    "dy · W needs M = D, and x · dy needs D = N. Then everything fits, and both results are wrong, unless W "
    "and x happen to be symmetric, as a single number always is.",
    "Without transposes the products are dy · W, (N, M) · (D, M), and x · dy, (N, D) · (N, M).",
    {"M = D": "That is enough for dy · W. But x · dy is (N, D) · (N, M).",
     "D = N": "That is enough for x · dy. But dy · W is (N, M) · (D, M).",
     "no N, D and M": "NumPy looks at the inner sizes only. Square matrices always fit."},
    choices=("M = D", "D = N", "N = D = M", "no N, D and M"),
)
RELU_BACK = Question(
    "ReLU's dx", (0, 0, 7),
    "The slope is 1 where x is positive, else 0: ReLU lets dy through, or stops it.",
    "What is ReLU's slope at −1, at 0 and at 2?",
    {(5, 6, 7): "Where x is negative ReLU is flat: nothing comes back.",
     (0, 6, 7): "At exactly 0 the slope counts as 0.",
     (0, 0, 14): "The slope is 1 where x is positive, not x.",
     (0, 0, 2): "That is y, the forward pass. Backward it is dy that gets through."},
)
SIGMOID_BACK = Question(
    "The sigmoid's dx", 1.6,
    "10 · 0.2 · (1 − 0.2).",
    "The slope of a sigmoid is y(1 − y).",
    {0.16: "That is the slope alone. It is multiplied by dy.",
     2: "The slope is y(1 − y): a factor 1 − y is missing.",
     8: "The slope is y(1 − y): a factor y is missing.",
     2.475: "0.2 is y, the output, already. You sent it through the sigmoid once more."},
    within=0.001,
)
HIDDEN = Question(
    "The hidden layer", (6, 13, 20),
    "1 + 4 + 1 = 6, 3 + 8 + 2 = 13, 5 + 12 + 3 = 20.",
    "x · W as before; only b is new.",
    {(5, 11, 17): "The bias is missing.", (6, 12, 18): "That is with the old b. Now b is (1, 2, 3)."},
)
WAY_BACK = Question(
    "The way back takes", "twice as many",
    "dx and dW are a product each, and each has as many multiplications as x · W.",
    "Count: each of dx's N · D entries is a sum of M products, each of dW's D · M entries one of N.",
    {"half as many": "There are two products on the way back, dy · Wᵀ and xᵀ · dy. Forward there is one.",
     "as many": "That is one of the two products. The way back takes dy · Wᵀ and xᵀ · dy.",
     "as many for each weight": "So it is when slopes are measured. One dy serves all weights at once."},
    choices=("half as many", "as many", "twice as many", "as many for each weight"),
)
# fmt: on


# your turn


def check_affine(MyAffine):
    """Compare a learner's MyAffine with the library's Affine, its dW and db too."""
    W, b = np.array([[1.0, -2.0, 0.5, 3.0], [2.5, 0.0, -1.0, 1.5]]), np.array([0.5, -1.0, 2.0, 0.0])
    x, dy = np.array([[1.0, -2.0], [0.5, 3.0], [2.0, 1.0]]), np.arange(12.0).reshape(3, 4) - 4
    library, found = Affine(W, b), {}
    wanted = {"y": library.forward(x), "dx": library.backward(dy)}
    wanted |= {"dW": library.grads["W"], "db": library.grads["b"]}

    def answer(*given):
        x, W, b, dy = given
        before = copy.deepcopy(given)
        layer = MyAffine(W, b)
        found["y"] = copy.deepcopy(layer.forward(x))
        found["dx"] = layer.backward(dy)
        found.update(dW=getattr(layer, "dW", None), db=getattr(layer, "db", None))
        same = map(np.array_equal, given, before)
        found["changed"] = [name for name, kept in zip(("x", "W", "b", "dy"), same, strict=True) if not kept]
        return tuple(found[name] for name in wanted)

    reply = turn(answer, (x, W, b, dy), **wanted)
    if "changed" not in found:  # it stopped
        return reply
    if found["changed"]:
        return Reply(False, f"It changes {listed(found['changed'])} in place: work on a copy.")
    if isinstance(found["dx"], tuple):
        return Reply(False, "backward returns dx alone. Keep the others as self.dW and self.db.")
    missing = [f"self.{name}" for name in ("dW", "db") if found[name] is None]
    if found["y"] is None or (found["dx"] is None and len(missing) == 2):
        return Reply(
            None, f"○ Not written yet: {'forward' if found['y'] is None else 'backward'} returns None."
        )
    if found["dx"] is None:
        return Reply(False, "backward returns None. It hands dx to the layer before.")
    if missing:
        return Reply(False, f"backward leaves no {listed(missing)}: keep it there.")
    for name, words, slip in (
        (
            "db",
            "db is the sum of each row of dy. One bias meets every row: add up over axis=0.",
            dy.sum(axis=1),
        ),
        ("db", "db is a mean. b is added to each row, so what comes back adds up.", dy.mean(axis=0)),
        ("dW", "dW is divided by N. If the loss is a mean, its 1/N is already in dy.", wanted["dW"] / len(x)),
    ):
        if not reply.right and turn(lambda name=name: found[name], (), **{name: slip}).right:
            return Reply(False, words)
    return reply


def check_relu(MyRelu):
    """Compare a learner's MyRelu with the library's Relu."""
    return _check_layer(MyRelu, Relu, lambda x, y, dy: [
        ("dx is dy where x ≥ 0. At exactly 0 the slope counts as 0.", dy * (x >= 0)),
        ("dx is dy where dy is positive. It is x that decides what gets through.", dy * (dy > 0)),
        ("dx is the slope alone. It is multiplied by dy.", x > 0),
    ])  # fmt: skip


def check_sigmoid(MySigmoid):
    """Compare a learner's MySigmoid with the library's Sigmoid."""
    return _check_layer(MySigmoid, Sigmoid, lambda x, y, dy: [
        ("dx is the slope alone. It is multiplied by dy.", y * (1 - y)),
        ("dx is dy · y. The slope is y(1 − y).", dy * y),
        ("dx is dy · x(1 − x). The slope is y(1 − y), with the output y.", dy * x * (1 - x)),
        ("dx is dy · y(1 + y). The slope is y(1 − y).", dy * y * (1 + y)),
    ])  # fmt: skip


def _check_layer(mine, library, slips):
    """Compare a learner's layer without parameters with the library's: y, dx, and no change in place.

    slips(x, y, dy): foreseen slips of the backward pass, each (what is said of it, the dx that it gives).
    """
    x = np.array([[-1.5, 0.0, 2.0, 0.5], [3.0, -0.25, 0.0, 1.0]])
    dy = np.array([[0.5, -2.0, 1.5, 3.0], [-1.0, 4.0, 0.75, -2.5]])
    returned, changed = {}, []

    def answer(x, dy):
        before, layer = (x.copy(), dy.copy()), mine()
        returned["forward"] = copy.deepcopy(layer.forward(x))
        returned["backward"] = layer.backward(dy)
        changed[:] = [not np.array_equal(x, before[0]), not np.array_equal(dy, before[1])]
        return tuple(returned.values())

    layer = library()
    y = layer.forward(x)
    reply = turn(answer, (x, dy), y=y, dx=layer.backward(dy))
    if reply.right is None:
        empty = [name for name, value in returned.items() if value is None]
        verb = "return" if len(empty) > 1 else "returns"
        return Reply(None, f"○ Not written yet: {listed(empty)} {verb} None.")
    if any(changed):
        method, array = ("forward", "x") if changed[0] else ("backward", "dy")
        return Reply(
            False, f"{method} changes {array} in place. Its neighbor may still need it: work on a copy."
        )
    both = returned.get("forward"), returned.get("backward")
    for words, dx in slips(x, y, dy):
        if not reply.right and turn(lambda: both, (), y=y, dx=dx + 0.0).right:
            return Reply(False, words)
    return reply


def check_loops(there_and_back):
    """Compare a learner's there_and_back(layers, x, dy) with a Network and the measured dx."""
    W1, W2 = np.arange(12.0).reshape(3, 4) / 8 - 0.7, np.arange(8.0).reshape(4, 2) / 5 - 0.5
    x, dy = np.arange(15.0).reshape(5, 3) / 6 - 1, np.arange(10.0).reshape(5, 2) / 4 - 1
    turned = []

    def layers():
        return [Affine(W1, np.array([0.1, -0.2, 0.3, 0.4])), Sigmoid(), Affine(W2, np.array([0.5, 0.2]))]

    def answer(x, dy):
        given = layers()
        order = list(given)
        found = there_and_back(given, x, dy)
        turned.append(given != order)
        return found

    network = Network(layers(), HalfSquaredError())
    measured = numerical_gradient(lambda x: np.sum(dy * network.predict(x)), x)
    reply = turn(answer, (x, dy), output=network.predict(x), dx=measured)
    if turned == [True]:
        return Reply(
            False, "It turns the list itself around, for whoever uses it next: take reversed(layers)."
        )
    return reply


# the learner's own layers as a file

FILE = "my_layers.py"
HEAD = "import numpy as np\n"


def save_layers(MyAffine, MyRelu, MySigmoid, path=FILE):
    """Save the classes that work as my_layers.py beside the notebook. Returns a Reply that names them.

    Nothing is saved while none of them works, nor over a file that holds a class which would be lost. The
    file is replaced as a whole, or not at all.
    """
    path, saved, left_out = Path(path), {}, []
    for name, mine, check in (
        ("MyAffine", MyAffine, check_affine),
        ("MyRelu", MyRelu, check_relu),
        ("MySigmoid", MySigmoid, check_sigmoid),
    ):
        saved[name], why = _working_source(name, mine, check)
        left_out += [f"{name} {why}."] if why else []
    saved = {name: source for name, source in saved.items() if source}
    if not saved:
        return Reply(None, f"○ Nothing saved yet. {' '.join(left_out)}")
    if lost := [name for name in _classes(path) if name not in saved]:
        told = f"{path.name} stays as it is, else it would lose {listed(lost)}."
        return Reply(False, " ".join([told, *left_out, "Mend that, or delete the file, and save again."]))
    try:
        part = path.with_name(f"{path.name}.part")
        part.write_text("\n\n".join([HEAD, *saved.values()]), encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        return Reply(False, f"{path.name} can't be written here: {error.strerror}.")
    words = f"{path.name} now holds {listed(list(saved))}."
    return Reply(None, " ".join([words, "Left out:", *left_out])) if left_out else Reply(True, words)


def _working_source(name, mine, check):
    """(the lines of a learner's class, "") where it works, also in a file of its own; else ("", why not)."""
    reply = check(mine)
    if reply.right is None:
        return "", "is not written yet"
    if not reply.right:
        return "", f"is not right yet ({_reason(reply)})"
    source, names = _source(mine), {}
    if not source:
        return "", f"can't be found: run the cell that begins with class {name} again"
    try:
        exec(compile(f"{HEAD}{source}", FILE, "exec"), names)
        alone = check(names[name])
    except Exception as error:  # shown, not swallowed: the learner mends the class
        alone = Reply(False, f"{type(error).__name__}: {error}")
    if not alone.right:
        return "", f"works here, but not in a file that has only numpy and the class ({_reason(alone)})"
    return source, ""


def _reason(reply):
    return reply.words.removeprefix("✗ Not yet. ").rstrip(".")


def _source(mine):
    """The lines of a class as they stand in the cell that made it; nothing where they can't be found."""
    for part in vars(mine).values():
        if hasattr(part, "__code__"):
            cell = "".join(linecache.getlines(part.__code__.co_filename))
            for node in reversed(ast.parse(cell).body):
                if isinstance(node, ast.ClassDef) and node.name == mine.__name__:
                    return ast.get_source_segment(cell, node) + "\n"
    return ""


def _classes(path):
    """The names of the classes in a file; none where there is no such file, or no Python in it."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return []
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
