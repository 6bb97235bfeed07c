"""Chapter 03: every sentence and number of both bills, the nudge, the questions, and the walk back."""

from decimal import Decimal
from fractions import Fraction
from functools import partial
from operator import mul

import numpy as np
import pytest
from asked import HERE
from backprop import Value
from backprop.chapters import ch03_buy as ch03
from backprop.explore.equations import plain
from backprop.explore.style import BACKWARD, FORWARD, HIGHLIGHT
from backprop.explore.words import worked
from reading import overlaps, shapes, texts

from notebooks import panels, positions, said, sources


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
    picture = panels("03")[0].draw(step=5)
    at = {t.words: (t.x, t.y) for t in texts(picture)}
    for name, value, gradient in (
        ("apple price", "100", "2 × 1.1 = 2.2"), ("apples", "2", "100 × 1.1 = 110"), ("tax", "1.1", "200"),
        ("total", "220", "1"),
    ):  # fmt: skip
        assert at[value][1] < at[name][1] < at[gradient][1], name
    assert {at[words][0] for words in ("apple price", "100", "2 × 1.1 = 2.2", "apples", "tax")} == {168}
    green = {t.words: (t.x, t.y) for t in texts(picture) if t.color == FORWARD}
    assert at["cost"] == (green["200"][0], pytest.approx(green["200"][1] - 18)), "over its value"
    assert at["apple price"][1] < at["apples"][1] < at["tax"][1]
    assert at["total"][0] > at["cost"][0] > at["100"][0]
    highlighted = [c for c in shapes(picture, "circle") if c.get("stroke") == HIGHLIGHT]
    assert [(c.get("cx"), c.get("stroke-width")) for c in highlighted] == [("390.0", "4.0")]


def test_a_walk_starts_before_its_first_step():
    for panel, last in zip(panels("03")[:2], (5, 9), strict=True):
        assert panel.values()["step"] == panel.controls["step"].min == 0
        assert panel.controls["step"].max == last
        assert said(panel.draw()).startswith("Only the inputs are known: ")


@pytest.mark.parametrize(("number", "last"), [(0, 5), (1, 9)])
def test_no_text_lies_on_an_arrow_a_node_or_another_text(number, last):
    panel = panels("03")[number]
    widest = {"apple_price": 290, "apples": 9, "tangerine_price": 290, "tangerines": 9, "tax": 29}
    wide = {name: widest[name] for name in panel.controls if name != "step"}
    for step in range(last + 1):
        assert overlaps(panel.draw(**wide, step=step)) == [], step
    for place in positions(panel, most=60):
        assert overlaps(panel.draw(**place)) == [], place


def test_every_result_on_the_way_has_the_name_that_the_sentence_says():
    for number, names in ((0, {"cost"}), (1, {"apple cost", "tangerine cost", "subtotal"})):
        for step in range(5):
            assert names <= {t.words for t in texts(panels("03")[number].draw(step=step))}


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


# the questions, with exact fractions

TAX = Fraction(11, 10)


def slips(question):
    return {float(wrong) for wrong in question.mistakes}


def test_what_you_pay():
    assert ch03.PAY.answer == 100 * 2 * TAX
    assert slips(ch03.PAY) == {100 * 2, 100 * TAX, 100 * 2 + 2, 100 * 2 * (TAX - 1)}


def test_the_price_of_a_won():
    more = 101 * 2 * TAX - 100 * 2 * TAX
    assert Fraction(str(ch03.PRICE.answer)) == more
    assert slips(ch03.PRICE) == {2, float(TAX), 1, float(101 * 2 * TAX)}


def test_of_three_gradients_one_stays_when_the_apples_change():
    def gradients(price, apples):
        return {
            "of the apple price": apples * TAX,
            "of the apples": price * TAX,
            "of the tax": price * apples,
        }

    before, after = gradients(100, 2), gradients(100, 4)
    assert set(ch03.APPLES.choices) == before.keys()
    assert [name for name in before if before[name] == after[name]] == [ch03.APPLES.answer]
    for name, why in ch03.APPLES.mistakes.items():
        assert after[name] == 2 * before[name] and f"doubles to {float(after[name]):g}." in why
    assert f"= {float(before['of the apples']):g}:" in ch03.APPLES.reason


def by_hand(apple_price, apples, tangerine_price, tangerines, tax=TAX, into_tax=None):
    """Both prices', both counts' and the tax's gradients."""
    subtotal = apple_price * apples + tangerine_price * tangerines
    end = subtotal if into_tax is None else into_tax
    return tuple(map(float, (apples * tax, tangerines * tax, apple_price * tax, tangerine_price * tax, end)))


def test_the_five_gradients_and_how_they_go_wrong():
    bill = 100, 2, 150, 3
    assert ch03.BY_HAND.answer == by_hand(*bill)
    price, other_price, count, other_count, tax = by_hand(*bill)
    assert set(ch03.BY_HAND.mistakes) == {
        by_hand(*bill, tax=1), (count, other_count, price, other_price, tax),
        by_hand(*bill, into_tax=650 * TAX), by_hand(*bill, into_tax=1),
    }  # fmt: skip


def test_no_apples():
    price, _, count, *_ = by_hand(100, 0, 150, 3)
    assert ch03.NO_APPLES.answer == (price, count)
    assert set(ch03.NO_APPLES.mistakes) == {
        (0, 0), (count, price), (float(2 * TAX), count), (0, 100),
    }  # fmt: skip


def test_one_price_used_twice():
    more = (101 * 2 + 101 * 3 - 100 * 2 - 100 * 3) * TAX
    assert Fraction(str(ch03.TWICE.answer)) == more
    apples, tangerines = 2 * TAX, 3 * TAX
    assert slips(ch03.TWICE) == {
        float(apples), float(tangerines), 5, float(apples * tangerines), float(2 * 3 * TAX),
    }  # fmt: skip


def test_two_calls_without_setting_back():
    price, count, tax = Value(100), Value(2), Value(1.1)
    total = price * count * tax
    for _ in range(2):
        solution(total)
    assert price.grad == pytest.approx(ch03.AGAIN.answer)
    assert slips(ch03.AGAIN) == {2.2, 2 * 2.2}


def test_one_point_more_tax():
    point = Fraction(1, 100)
    assert ch03.POINT.answer == 650 * (TAX + point) - 650 * TAX
    assert slips(ch03.POINT) == {650, 65, float(715 * point)} and 650 * 10 * point == 65
    assert 650 * (TAX + 1 - 1) == 715, "a factor larger by 1 is 2.1, a tax of 110 %"


# your turn


def solution(total):
    total.grad = 1.0
    for value in reversed(total.order()):
        for x, local in zip(value.inputs, value.local_gradients, strict=True):
            x.grad += local * value.grad


def recursive(total, upstream=1.0):
    total.grad += upstream
    for x, local in zip(total.inputs, total.local_gradients, strict=True):
        recursive(x, local * upstream)


def with_reset(total):
    for value in total.order():
        value.grad = 0.0
    solution(total)


@pytest.mark.parametrize("right", [solution, recursive, with_reset, Value.backward])
def test_any_right_walk_back_is_right(right):
    reply = ch03.check_backward(right)
    assert reply.right is True
    assert repr(reply).startswith("✓ Right. All 12 grads are as by Value.backward")


def depth_first(total, first=True):
    if first:
        total.grad = 1.0
    for x, local in zip(total.inputs, total.local_gradients, strict=True):
        x.grad += local * total.grad
        depth_first(x, False)


def all_then_deeper(total, first=True):
    if first:
        total.grad = 1.0
    for x, local in zip(total.inputs, total.local_gradients, strict=True):
        x.grad += local * total.grad
    for x in total.inputs:
        all_then_deeper(x, False)


def queue(total, take=0, again=True, turned=False):
    total.grad, waiting, seen = 1.0, [total], {total}
    while waiting:
        value = waiting.pop(take)
        pairs = list(zip(value.inputs, value.local_gradients, strict=True))
        for x, local in reversed(pairs) if turned else pairs:
            x.grad += local * value.grad
            if again or x not in seen:
                waiting.append(x)
                seen.add(x)


EARLY = [depth_first, all_then_deeper] + [
    partial(queue, take=take, again=again, turned=turned)
    for take in (0, -1) for again in (True, False) for turned in (True, False)
]  # fmt: skip


@pytest.mark.parametrize("walk", EARLY)
def test_a_walk_that_passes_on_what_has_not_all_arrived_is_told_so(walk):
    reply = ch03.check_backward(walk)
    assert reply.right is False and "before both parts have arrived" in repr(reply)


def test_the_library_does_not_do_the_work():
    def last_value(total):
        total.order()[-1].backward()

    for lazy in (lambda total: total.backward(), last_value):
        reply = ch03.check_backward(lazy)
        assert reply.right is False and "Write the loop yourself." in repr(reply)


def without_the_total(total):
    total.grad = 1.0
    for value in reversed(total.order()[:-1]):
        for x, local in zip(value.inputs, value.local_gradients, strict=True):
            x.grad += local * value.grad


def to_itself(total):
    total.grad = 1.0
    for value in reversed(total.order()):
        for _, local in zip(value.inputs, value.local_gradients, strict=True):
            value.grad += local * value.grad


def times_the_totals(total):
    total.grad = 1.0
    for value in reversed(total.order()):
        for x, local in zip(value.inputs, value.local_gradients, strict=True):
            x.grad += local * total.grad


def no_start(total):
    for value in reversed(total.order()):
        for x, local in zip(value.inputs, value.local_gradients, strict=True):
            x.grad += local * value.grad


def forward(total):
    total.grad = 1.0
    for value in total.order():
        for x, local in zip(value.inputs, value.local_gradients, strict=True):
            x.grad += local * value.grad


def replaced(total):
    total.grad = 1.0
    for value in reversed(total.order()):
        for x, local in zip(value.inputs, value.local_gradients, strict=True):
            x.grad = local * value.grad


def local_alone(total):
    total.grad = 1.0
    for value in reversed(total.order()):
        for x, local in zip(value.inputs, value.local_gradients, strict=True):
            x.grad += local


def upstream_alone(total):
    total.grad = 1.0
    for value in reversed(total.order()):
        for x in value.inputs:
            x.grad += value.grad


def subtracted(total):
    total.grad = 1.0
    for value in reversed(total.order()):
        for x, local in zip(value.inputs, value.local_gradients, strict=True):
            x.grad -= local * value.grad


def one_step(total):
    total.grad = 1.0
    for x, local in zip(total.inputs, total.local_gradients, strict=True):
        x.grad += local


def data_for_grad(total):
    total.grad = 1.0
    for value in reversed(total.order()):
        for x, local in zip(value.inputs, value.local_gradients, strict=True):
            x.grad += local * value.data


def started_at_the_total(total):
    solution(total)
    for value in total.order():
        value.grad *= total.data


def misspelled(total):
    total.grad = 1.0
    for value in reversed(total.order()):
        value.input  # noqa: B018


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (forward, "don't get past the last node. Walk through every Value, the total first"),
        (replaced, "What is used twice loses one of its gradients: add with +="),
        (without_the_total, "Only total has a gradient. Is total left out of the walk"),
        (to_itself, "Only total.grad changes. Add to the grad of each input, not to value.grad."),
        (times_the_totals, "or times total.grad, which is 1. Multiply it by value.grad."),
        (no_start, "Every grad is 0, as total.grad is: set it to 1 before you walk back."),
        (local_alone, "It adds the local gradient alone"),
        (upstream_alone, "Multiply it by the local gradient"),
        (subtracted, "Not yet. tax_paid.grad has the right size and the wrong sign: the sign is flipped."),
        (one_step, "don't get past the last node"),
        (data_for_grad, "The upstream gradient is value.grad, not value.data"),
        (started_at_the_total, "Not yet. total.grad is 756 times too large"),
        (misspelled, "It stops with AttributeError: 'Value' object has no attribute 'input'"),
    ],
)
def test_a_wrong_walk_back_gets_a_telling_reason(wrong, words):
    reply = ch03.check_backward(wrong)
    assert reply.right is False and words in repr(reply), reply


def test_an_untouched_walk_is_not_written_yet():
    for backward in (lambda total: None, lambda total: 1.0):
        reply = ch03.check_backward(backward)
        assert reply.right is None and "Not written yet: every grad is 0, also total.grad" in repr(reply)


def test_the_checks_graph_uses_a_price_and_two_results_twice_and_subtracts():
    total = ch03.discounted_bill()
    values = {value.name: value for value in total.order()}
    total.backward()
    assert total.data == pytest.approx((120 * 4 + 120 * 3) * 0.75 * 1.2)
    wanted = {"price": 7 * 0.9, "apples": 120 * 0.9, "tangerines": 120 * 0.9, "discount": -840 * 1.2,
              "tax": 840 * 0.75, "both": 0.9, "cut": -1.2, "subtotal": 1.2}  # fmt: skip
    assert {name: values[name].grad for name in wanted} == pytest.approx(wanted)
    used = [x.name for value in total.order() for x in value.inputs]
    assert {name for name in used if used.count(name) == 2} == {"price", "both", "subtotal"}
    assert len(total.order()) == len(values) == 12


def test_the_chapters_result_that_is_used_twice_needs_the_order():
    """y = u + 3u and u = 2x, so ∂y/∂u = 1 + 3 and ∂y/∂x = 4 · 2; too early a walk gives another x.grad."""
    (code,) = [source for source in sources(HERE["03"], "code") if source.startswith("x = Value(5)")]
    names = {"Value": Value, "print": lambda text: None}
    exec(code, names)
    x, u, y = (names[name] for name in "xuy")
    assert (u.grad, x.grad) == (1 + 3, (1 + 3) * 2)
    for value in y.order():
        value.grad = 0.0
    depth_first(y)
    assert (u.grad, x.grad) == (4, (1 + 4) * 2)
