"""Chapter 06: every sentence and every entry of its matrices, recomputed without NumPy."""

import pytest
from backprop.chapters.ch06_stack import INPUTS
from backprop.explore.style import BACKWARD, DATA, FAINT, FORWARD, HIGHLIGHT, PARAMETER
from reading import shapes, texts

from notebooks import panels, positions, said

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
              for s in shapes(picture, "line") if s.get("stroke") == FAINT]  # fmt: skip
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
    empty = [r for r in shapes(picture, "rect") if r.get("stroke") == FAINT]
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
    picture = panels("06")[2].draw()
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
        assert found[place] == ("\u2002".join(map(signed, rows[0])), color), place


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
