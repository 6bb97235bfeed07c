"""The pictures of chapter 03: two shopping bills as graphs, and a nudge."""

from functools import partial
from operator import mul, sub

from ..explore.equations import equations
from ..explore.graph import graph_picture
from ..explore.words import number, worked
from ..graph import Value


def graph_1(apple_price=100, apples=2, tax=10, step=5):
    """Apples with sales tax; tax in percent. step: 0…5 of the walk forward and backward."""
    cost = Value(apple_price, "apple price") * Value(apples, "apples")
    total = cost * Value(1 + tax / 100, "tax")
    cost.name, total.name = "cost", "total"
    return graph_picture(total, step, unit="won")


def graph_2(apple_price=100, apples=2, tangerine_price=150, tangerines=3, tax=10, step=9):
    """Apples and tangerines with sales tax; tax in percent. step: 0…9 of the walk."""
    apple_cost = Value(apple_price, "apple price") * Value(apples, "apples")
    tangerine_cost = Value(tangerine_price, "tangerine price") * Value(tangerines, "tangerines")
    subtotal = apple_cost + tangerine_cost
    total = subtotal * Value(1 + tax / 100, "tax")
    apple_cost.name, tangerine_cost.name = "apple cost", "tangerine cost"
    subtotal.name, total.name = "subtotal", "total"
    return graph_picture(total, step, unit="won")


START = {"apple price": 100, "apples": 2, "tangerine price": 150, "tangerines": 3, "tax": 1.1}


def nudge(which="apple price", nudge=1.0):
    """One input of graph 2 changed by a little: the bill's true change beside gradient · nudge."""
    values = {name: Value(data, name) for name, data in START.items()}
    before = bill(*values.values())
    before.backward()
    after = bill(*(data + nudge * (name == which) for name, data in START.items()))
    change, gradient = after - before.data, values[which].grad
    shown = partial(worked, digits=6)
    lines = [
        (f"change = {shown('{} − {}', sub, after, before.data)} won", "forward"),
        (f"gradient · nudge = {shown('{} · {}', mul, gradient, nudge)} won", "backward"),
    ]
    said = f"{which} nudged by {number(nudge)}: the bill changes by {number(change, 6)} won."
    return equations(lines, "A nudge", said)


def bill(apple_price, apples, tangerine_price, tangerines, tax):
    """The total of graph 2."""
    return (apple_price * apples + tangerine_price * tangerines) * tax
