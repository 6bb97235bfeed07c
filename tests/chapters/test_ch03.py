"""Chapter 03: every sentence and every number of both bills at all settings, and the nudge."""

from decimal import Decimal
from operator import mul

import numpy as np
import pytest
from backprop import Value
from backprop.explore.equations import plain
from backprop.explore.style import BACKWARD, FORWARD, HIGHLIGHT
from backprop.explore.words import worked
from reading import shapes, texts

from notebooks import panels, positions, said


def won(value):
    """A number in full, without needless zeros: 1,012.5."""
    whole = format(Decimal(value).normalize(), ",f")
    return whole.replace("-", "−")


def product(a, b):
    return f"{won(a)} × {won(b)} = {won(a * b)}"


def colored(picture, color):
    """The numbers of one color from top left on, without the legend's words."""
    return sorted(t.words for t in texts(picture) if t.color == color and t.words[:1].isdigit())


def bill_of_apples(price, apples, tax, step):
    """The sentence, the green and the vermillion texts of graph 1, from the tax in percent."""
    tax = Decimal(100 + tax) / 100
    cost = price * apples
    total = cost * tax
    back = "Backward through ×, local × upstream: "
    sentence = [
        f"Only the inputs are known: apple price = {price}, apples = {apples}, tax = {won(tax)}.",
        f"Forward: {product(price, apples)}.",
        f"Forward: {product(cost, tax)}.",
        "Backward starts at the output: ∂total/∂total = 1.",
        f"{back}to cost: {product(tax, 1)}; to tax: {product(cost, 1)}.",
        f"{back}to apple price: {product(apples, tax)}; to apples: {product(price, tax)}.",
    ][step]
    green = [won(v) for v in (price, apples, tax, *[cost, total][:step])]
    last = [product(tax, 1), product(cost, 1)] if step == 4 else [won(tax), won(cost)]
    orange = ["1", *last, product(apples, tax), product(price, tax)]
    return sentence, sorted(green), sorted(orange[: [0, 0, 0, 1, 3, 5][step]])


def bill_of_two(apple_price, apples, tangerine_price, tangerines, tax, step):
    """The same for graph 2."""
    tax = Decimal(100 + tax) / 100
    costs = apple_price * apples, tangerine_price * tangerines
    subtotal = sum(costs)
    total = subtotal * tax
    back = "Backward through {}, local × upstream: to {}: {}; to {}: {}."
    names = "apple price", "apples", "tangerine price", "tangerines", "tax"
    given = apple_price, apples, tangerine_price, tangerines, tax
    known = ", ".join(f"{name} = {won(value)}" for name, value in zip(names, given, strict=True))
    into_plus = product(1, tax)
    fruit = [product(n, tax) for n in (apples, apple_price, tangerines, tangerine_price)]
    sentence = [
        f"Only the inputs are known: {known}.",
        f"Forward: {product(apple_price, apples)}.",
        f"Forward: {product(tangerine_price, tangerines)}.",
        f"Forward: {won(costs[0])} + {won(costs[1])} = {won(subtotal)}.",
        f"Forward: {product(subtotal, tax)}.",
        "Backward starts at the output: ∂total/∂total = 1.",
        back.format("×", "subtotal", product(tax, 1), "tax", product(subtotal, 1)),
        back.format("+", "apple cost", into_plus, "tangerine cost", into_plus),
        back.format("×", "tangerine price", fruit[2], "tangerines", fruit[3]),
        back.format("×", "apple price", fruit[0], "apples", fruit[1]),
    ][step]
    green = [won(v) for v in (*given, *[*costs, subtotal, total][:step])]
    steps = [["1"], [product(tax, 1), product(subtotal, 1)], [into_plus] * 2, fruit[2:], fruit[:2]]
    *before, last = steps[: step - 4] if step > 4 else [[]]
    shown = [line.split(" = ")[-1] for lines in before for line in lines] + last
    return sentence, sorted(green), sorted(shown)


@pytest.mark.parametrize(("graph", "expected"), [(0, bill_of_apples), (1, bill_of_two)])
def test_a_bill_is_right(graph, expected):
    panel = panels("03")[graph]
    kinds = set()
    for place in positions(panel, most=200):
        picture = panel.draw(**place)
        sentence, green, orange = expected(*place.values())
        assert said(picture) == sentence
        assert (colored(picture, FORWARD), colored(picture, BACKWARD)) == (green, orange), place
        kinds.add(place["step"])
    assert kinds == set(range(6 + 4 * graph))


def test_the_longest_line_of_graph_1_is_right_at_all_10_230_settings():
    price, apples, percent = np.meshgrid(range(10, 301, 10), range(11), range(31))
    for a, b, c in zip(price.flat, apples.flat, percent.flat, strict=True):
        cost, tax = Value(int(a)) * Value(int(b)), Value(1 + int(c) / 100)
        line = worked("{} × {}", mul, cost.data, tax.data)
        assert line == product(int(a) * int(b), Decimal(100 + int(c)) / 100)


def test_what_stands_where_in_graph_1():
    """Values above their edges, gradients below; inputs left, the total right."""
    picture = panels("03")[0].draw()
    at = {t.words: (t.x, t.y) for t in texts(picture)}
    for name, value, gradient in (
        ("apple price", "100", "2 × 1.1 = 2.2"), ("apples", "2", "100 × 1.1 = 110"), ("tax", "1.1", "200"),
        ("total", "220", "1"),
    ):  # fmt: skip
        assert at[value][1] < at[name][1] < at[gradient][1], name
    assert at["apple price"][0] == at["apples"][0] == at["tax"][0] == 128
    assert at["apple price"][1] < at["apples"][1] < at["tax"][1]
    assert at["total"][0] > at["200"][0] > at["100"][0]
    highlighted = [c for c in shapes(picture, "circle") if c.get("stroke") == HIGHLIGHT]
    assert [(c.get("cx"), c.get("stroke-width")) for c in highlighted] == [("330.0", "4.0")]


def test_a_long_gradient_stays_clear_of_its_node():
    """Of all settings, no product reaches the circle that it comes from."""
    for place in positions(panels("03")[1], most=100):
        place["step"] = 9
        for t in texts(panels("03")[1].draw(**place)):
            if " × " in t.words and t.color == BACKWARD:
                assert t.x + 9 * len(t.words) <= 278, place  # 297 is the center of the node, 20 its radius
                assert t.x >= 100, place


def test_the_change_and_the_promise_agree_at_every_nudge():
    gradients = {
        "apple price": "2.2",
        "apples": "110",
        "tangerine price": "3.3",
        "tangerines": "165",
        "tax": "650",
    }
    panel, signs = panels("03")[2], set()
    assert panel.controls["which"].options == tuple(gradients)
    for place in positions(panel):
        picture, nudge = panel.draw(**place), Decimal(str(place["nudge"]))
        gradient = Decimal(gradients[place["which"]])
        change = gradient * nudge
        assert (
            said(picture)
            == f"{place['which']} nudged by {won(nudge)}: the bill changes by {won(change)} won."
        )
        by = won(nudge) if nudge >= 0 else f"({won(nudge)})"
        assert [(plain(line), kind) for line, kind in picture.content.lines] == [
            (f"change = {won(715 + change)} − 715 = {won(change)} won", "forward"),
            (f"gradient · nudge = {won(gradient)} · {by} = {won(change)} won", "backward"),
        ]
        signs.add(np.sign(float(change)))
    assert signs == {-1, 0, 1}
