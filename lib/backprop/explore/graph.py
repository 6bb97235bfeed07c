"""The picture of a computation graph made of Values, and of its walk forward and backward."""

import math
from operator import add, mul, neg, sub, truediv

from ..functions import sigmoid
from .picture import drawing
from .style import BACKWARD, DATA, FAINT, FORWARD, HIGHLIGHT, MUTED, WIDTH
from .svg import between, circle, edge, legend, text
from .words import SUPERSCRIPT, minus, number, worked

LEFT, ROW, TOP, RADIUS, OUT = 180, 84, 74, 20, 70  # px; OUT: the length of the last arrow
OPERATIONS = {
    ("+", 2): add, ("−", 2): sub, ("×", 2): mul, ("÷", 2): truediv,
    ("−", 1): neg, ("exp", 1): math.exp, ("σ", 1): sigmoid,
}  # fmt: skip


def walk(output):
    """The steps of a walk through a graph: every operation forward, then every operation backward.

    Returns ("forward", value) and ("backward", value) pairs. In between stands ("start", output).
    """
    operations = [value for value in output.order() if value.inputs]
    forward = [("forward", value) for value in operations]
    return [*forward, ("start", output), *(("backward", value) for value in reversed(operations))]


def graph_picture(
    output, step=None, title="Computation graph", unit="",
    *, places=None, sentence="", under=(), extra=(), room=0,
):  # fmt: skip
    """The graph behind a Value: values forward in green, gradients backward in vermillion. A Picture.

    step: how many steps of walk(output) are done; None means all. The last one is highlighted.
    unit: the output's unit, for the sentence, such as "won".
    places: {value: (x, y)} in px for every Value, where the graph should not find its own places; inputs
        then stand in circles too. sentence: one of your own. under, extra: more SVG shapes, drawn
        first and last. room: px below the graph for them.
    output.backward() is called, so the gradients are the output's.
    """
    output.backward()
    steps = walk(output)
    done = steps if step is None else steps[:step]
    computed = {value for kind, value in done if kind == "forward"}
    reached = {value for kind, value in done if kind == "backward"}
    kind, now = done[-1] if done and step is not None else (None, None)
    at = places or _places(output)

    shapes, nodes = [*under], []
    for value in output.order():
        x, y = at[value]
        if places or value.inputs:
            color = HIGHLIGHT if value is now else DATA if not value.inputs or value in computed else FAINT
            nodes.append(circle(x, y, RADIUS, color, width=4 if value is now else 2))
            words = _symbol(value.op) or value.name
            nodes.append(text(x, y + 6, words, DATA, size=19 if len(words) < 3 else 15, bold=True))
        else:
            nodes.append(text(x - 12, y + 5, _name(value), DATA if value.name else MUTED, "end"))
            nodes.append(text(x - 12, y - 15, number(value.data), FORWARD, "end", bold=True))
        for source, local in zip(value.inputs, value.local_gradients, strict=True):
            circled = places or source.inputs
            line = between(at[source], (x, y), RADIUS if circled else 4, RADIUS)
            shown = number(source.data) if not source.inputs or source in computed else None
            gradient = number(local * value.grad) if value in reached else None
            if gradient and value is now:
                gradient = worked("{} × {}", mul, local, value.grad)
            color = FORWARD if shown else FAINT
            shapes.append(edge(*line, gradient=gradient and "", color=color))
            if circled:
                crossing = not source.inputs  # two inputs that feed the same nodes
                nodes.append(_labels(line, source.name if source.inputs else "", shown, gradient, crossing))
            elif gradient:
                x1, y1 = at[source]
                nodes.append(text(x1 - 12, y1 + 25, gradient, BACKWARD, "end", bold=True))
    x, y = at[output]
    known, started = output in computed, any(k == "start" for k, _ in done)
    nodes.append(
        edge(x + RADIUS, y, x + RADIUS + OUT, y, number(output.data) if known else None,
             "1" if started else None, FORWARD if known else FAINT)
    )  # fmt: skip
    nodes.append(text(x + RADIUS + OUT + 8, y + 5, output.name or "output", anchor="start"))
    sentence = sentence or (_say(output, kind, now, unit) if done else _say_inputs(output))
    height = max(y for _, y in at.values()) + 44 + room
    return drawing(height, title, sentence, *shapes, *nodes, legend(), *extra)


def _places(output):
    """(x, y) of every Value in px: inputs left, the output right, each below the one before."""
    column, row, rows = {}, {}, 0
    for value in output.order():
        column[value] = max((column[v] + 1 for v in value.inputs), default=0)
        if value.inputs:
            row[value] = sum(row[v] for v in value.inputs) / len(value.inputs)
        else:
            row[value], rows = rows, rows + 1
    gap = min(210, (WIDTH - LEFT - RADIUS - OUT - 60) / max(*column.values(), 1))
    return {value: (LEFT + gap * column[value], TOP + ROW * row[value]) for value in column}


def _labels(line, name, value, gradient, crossing):
    """The texts of an edge: name and value above it, gradient below; on the side that has room.

    crossing: whether it crosses another edge; then all stands near its beginning.
    """
    x1, y1, x2, y2 = line
    down = (y2 > y1) - (y2 < y1)  # 1: it falls to the right, −1: it rises, 0: it is flat
    above, below = {1: (0.4, 0.65), 0: (0.5, 0.5), -1: (0.6, 0.25)}[down]
    if crossing:
        above = below = 0.24 if down else 0.62
    before = 9 * len(value) + 10 if value and down < 0 else 0  # px: a name left of its value, not over it
    shapes = ""
    for words, color, along, side, dx, dy in (
        (name, MUTED, above, down, -before, -12 if before else -30),
        (value, FORWARD, above, down, 0, -12),
        (gradient, BACKWARD, below, -down, 0, 23),
    ):
        if words:
            x, y = x1 + along * (x2 - x1) + 6 * side + dx, y1 + along * (y2 - y1) + dy
            anchor = {1: "start", 0: "middle", -1: "end"}[side]
            shapes += text(x, y, words, color, anchor, bold=color != MUTED)
    return shapes


def _name(value):
    return value.name or number(value.data)


def _symbol(op):
    """An operation as its node shows it: the power "^2" is "( )²", "^0.5" stays."""
    power = _power(op) if op.startswith("^") else ""
    return f"( ){power}" if power and "^" not in power else minus(op)


def _power(op):
    """The exponent of the operation "^2" or "^-1" as it follows a number: ², ⁻¹; " ^ 0.5" if not whole."""
    exponent = float(op[1:])
    return minus(op[1:]).translate(SUPERSCRIPT) if exponent.is_integer() else f" ^ {number(exponent)}"


def _say_inputs(output):
    """What is known before the first step."""
    inputs = ", ".join(f"{v.name} = {number(v.data)}" for v in output.order() if v.name and not v.inputs)
    return f"Only the inputs are known: {inputs}."


def _say(output, kind, now, unit):
    """What the last step did, in words and numbers."""
    if kind is None:
        gradients = ", ".join(f"{v.name} {number(v.grad)}" for v in output.order() if v.name and not v.inputs)
        return f"{_name(output)} = {number(output.data)} {unit}".strip() + f". Gradients: {gradients}."
    if kind == "start":
        return f"Backward starts at the output: ∂{_name(output)}/∂{_name(output)} = 1."
    if kind == "forward":
        return f"Forward: {_forward(now)}."
    parts = [
        f"to {_name(v)}: {worked('{} × {}', mul, local, now.grad)}"
        for v, local in zip(now.inputs, now.local_gradients, strict=True)
    ]
    return f"Backward through {_symbol(now.op)}, local × upstream: " + "; ".join(parts) + "."


def _forward(value):
    """An operation with its numbers: 100 × 2 = 200, (−5)² = 25 or σ(5) ≈ 0.9933."""
    values = [v.data for v in value.inputs]
    if value.op.startswith("^"):
        return worked(f"{{}}{_power(value.op)}", lambda x: x ** float(value.op[1:]), *values)
    formula = f"{{}} {value.op} {{}}" if len(values) == 2 else f"{value.op}({{}})"
    return worked(formula, OPERATIONS[value.op, len(values)], *values)
