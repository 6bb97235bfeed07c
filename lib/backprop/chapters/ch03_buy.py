"""The pictures of chapter 03: two shopping bills as graphs, and a nudge; the check of a walk back."""

from functools import partial
from operator import mul, sub

from ..explore.equations import equations
from ..explore.graph import graph_picture
from ..explore.question import Question, Reply
from ..explore.words import number, worked
from ..graph import Value
from .turn import turn


def graph_1(apple_price=100, apples=2, tax=10, step=0):
    """Apples with sales tax; tax in percent. step: 0…5 of the walk forward and backward."""
    cost = Value(apple_price, "apple price") * Value(apples, "apples")
    total = cost * Value(1 + tax / 100, "tax")
    cost.name, total.name = "cost", "total"
    return graph_picture(total, step, unit="won")


def graph_2(apple_price=100, apples=2, tangerine_price=150, tangerines=3, tax=10, step=0):
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


# the questions, in the chapter's order
# fmt: off

PAY = Question(
    "You pay", 220, "100 × 2 = 200, and 200 × 1.1 = 220.",
    "First what the apples cost, then the tax on it: 10 % more is 1.1 times as much.",
    {200: "The tax is missing: 10 % more.", 110: "You buy 2 apples.",
     202: "10 % is a tenth: the cost is multiplied by 1.1.", 20: "That is the tax alone."},
    unit="won",
)
PRICE = Question(
    "You pay more by", 2.2, "Two apples, each 1 won more, and the tax on it: 1 × 2 × 1.1. That is the "
    "gradient of the apple price.",
    "Compute the bill again with 101 won, or follow the 1 won through both nodes.",
    {2: "The tax is missing: it is paid on the new price too.", 1.1: "You buy 2 apples.",
     1: "That is one apple, without tax.", 222.2: "That is the new bill. How much more is it than 220?"},
    unit="won",
)
APPLES = Question(
    "The gradient that stays", "of the apples",
    "It is apple price × tax = 110: the number of apples is not in it. The other two contain the apples.",
    "Write each gradient as a product. Which product does not contain the number of apples?",
    {"of the apple price": "It is apples × tax, so it doubles to 4.4.",
     "of the tax": "It is the cost, apple price × apples, so it doubles to 400."},
    choices=("of the apple price", "of the apples", "of the tax"),
)
BY_HAND = Question(
    "Both prices, both counts, tax", (2.2, 3.3, 110, 165, 650),
    "The subtotal's 1.1 passes through the addition to both costs. Each multiplication then swaps: 2 × 1.1, "
    "3 × 1.1, 100 × 1.1, 150 × 1.1. The tax gets the subtotal.",
    "Begin with 1 at the total. What reaches the subtotal reaches both costs. Then swap.",
    {(2, 3, 100, 150, 650): "1 reaches the subtotal only after × tax: its gradient is 1.1.",
     (110, 165, 2.2, 3.3, 650): "A multiplication swaps: a price gets the count, and a count the price.",
     (2.2, 3.3, 110, 165, 715): "The tax gets the other input of the last ×: the subtotal, not the total.",
     (2.2, 3.3, 110, 165, 1): "The last node is a multiplication: the tax gets the subtotal × 1."},
)
NO_APPLES = Question(
    "Gradients: apple price, apples", (0, 110),
    "You buy no apple, so the price does not matter: 0 × 1.1. But the first apple would cost 100 × 1.1.",
    "Each gradient is the other input × 1.1.",
    {(0, 0): "The gradient of the apples is not the apples: what would the first apple cost?",
     (110, 0): "A multiplication swaps: the price gets the count, 0, and the count the price.",
     (2.2, 110): "With 2 apples, yes. Now there are 0.",
     (0, 100): "The tax is missing on the way back: the upstream gradient is 1.1."},
)
TWICE = Question(
    "Gradient of the one price", 5.5,
    "Raise it by 1 won: 5 fruits cost 1 won more each, with tax 5 × 1.1. The two ways back bring 2 × 1.1 and "
    "3 × 1.1, and these add up.",
    "Raise the price by 1 won. How much more do you pay for all the fruits together?",
    {2.2: "That comes back through the apples. The tangerines cost more too.",
     3.3: "That comes back through the tangerines. The apples cost more too.",
     5: "The tax is missing.", 7.26: "The two ways do not multiply. Raise the price by 1 won and count.",
     6.6: "2 and 3 fruits are 5 fruits, not 6."},
)
AGAIN = Question(
    "The apple price's grad after two calls", 6.6,
    "The cost keeps 1.1 and gets 1.1 more: 2.2. The price keeps 2.2 and gets 2 × 2.2 more.",
    "Walk back by hand: total.grad is 1 again. What has cost.grad become before it goes on to the price?",
    {2.2: "Nothing is set back to 0, and += adds to what is there.",
     4.4: "Then the cost would send 1.1 again. But its own grad has also grown, to 2.2."},
)
POINT = Question(
    "One point more tax costs", 6.5, "The factor grows from 1.1 to 1.11, by 0.01, and 650 × 0.01 = 6.5.",
    "How much does the factor 1.1 grow? The gradient belongs to the factor.",
    {650: "That is for a factor larger by 1: a tax of 110 %.",
     65: "10 % to 11 % moves the factor by 0.01, not 0.1.",
     7.15: "That is 1 % of the total. The tax is on the subtotal."},
    unit="won",
)
# fmt: on


# your turn

SLIPS = {
    "The gradients don't get past the last node. Walk through every Value, the total first: reversed(…).":
        {"order": list},
    "What is used twice loses one of its gradients: add with +=, don't replace.": {"keep": 0},
    "It adds the local gradient alone, or times total.grad, which is 1. Multiply it by value.grad.":
        {"upstream": None},
    "It multiplies by the value. The upstream gradient is value.grad, not value.data.": {"upstream": "data"},
    "It passes the upstream gradient on as it is. Multiply it by the local gradient.": {"local": False},
}  # fmt: skip


def check_backward(backward):
    """Compare every grad that a learner's backward(total) leaves in a graph with Value.backward's."""
    called, found = [], []

    def grads(walk, bill=discounted_bill, start=0.0):
        total = bill()
        total.grad = start
        walk(total)
        return {f"{value.name}.grad": value.grad for value in reversed(total.order())}

    def own(total):
        for value in total.order():
            value.backward = lambda: called.append(True)  # the library's would do the learner's work
        backward(total)

    def left(**given):
        found[:] = grads(own, **given).values()
        return tuple(found) if any(found) else None

    wanted = grads(Value.backward)
    reply = turn(left, (), **wanted)
    if called:
        return Reply(False, "It calls the library's backward(). Write the loop yourself.")
    if reply.right:
        return Reply(True, f"All {len(found)} grads are as by Value.backward, also where one is used twice.")
    if "It stops with" in reply.words:
        return reply
    if reply.right is None:
        turn(lambda: left(start=1.0), (), **wanted)
        if any(found[1:]):
            return Reply(False, "Every grad is 0, as total.grad is: set it to 1 before you walk back.")
        return Reply(None, "○ Not written yet: every grad is 0, also total.grad, which starts at 1.")
    if not any(found[1:]) and found[0] != 1:
        return Reply(False, "Only total.grad changes. Add to the grad of each input, not to value.grad.")
    if not any(found[1:]):
        return Reply(
            False, "Only total has a gradient. Is total left out of the walk, or nothing added to x.grad?"
        )
    mine = tuple(found)
    for reason, slip in SLIPS.items():
        if turn(lambda: mine, (), **grads(partial(_walk, **slip))).right:
            return Reply(False, reason)
    if turn(lambda: left(bill=one_price), (), **grads(Value.backward, one_price)).right:
        return Reply(
            False, "subtotal is used twice, and passes its gradient on before both parts have arrived. "
            "Walk through all of reversed(total.order()), once.",
        )  # fmt: skip
    for grad, (name, right) in zip(mine, wanted.items(), strict=True):  # the first that is wrong says most
        one = turn(lambda grad=grad: grad, (), **{name: right})
        if not one.right:
            return one
    return reply


def one_price():
    """A bill in which both fruits have the same price, so that it is used twice; no result is."""
    price = Value(120.0)
    total = bill(price, Value(4.0), price, Value(3.0), Value(1.2))
    for i, value in enumerate(total.order()):
        value.name = str(i)
    return total


def discounted_bill():
    """A bill in which a price and two results are used twice, one of them each way around."""
    price, apples, tangerines, discount, tax = map(Value, (120.0, 4.0, 3.0, 0.25, 0.2))
    apple_cost, tangerine_cost = price * apples, price * tangerines
    both = apple_cost + tangerine_cost
    cut = both * discount
    subtotal = both - cut
    tax_paid = subtotal * tax
    total = tax_paid + subtotal
    for name, value in locals().items():
        value.name = name
    return total


def _walk(total, order=reversed, keep=1, upstream="grad", local=True):
    """Value.backward with a slip."""
    total.grad = 1.0
    for value in order(total.order()):
        for x, slope in zip(value.inputs, value.local_gradients, strict=True):
            x.grad = keep * x.grad + (slope if local else 1) * (getattr(value, upstream) if upstream else 1)
