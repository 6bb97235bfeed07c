"""The picture of a computation graph made of Values, and of its walk forward and backward."""

from .equations import SUPERSCRIPT
from .style import DATA, FAINT, FORWARD, HIGHLIGHT, MUTED, WIDTH, number
from .svg import circle, edge, legend, svg, text

LEFT, ROW, TOP, RADIUS = 140, 84, 70, 20  # px


def walk(output):
    """The steps of a walk through a graph: every operation forward, then every operation backward.

    Returns ("forward", value) and ("backward", value) pairs. In between stands ("start", output).
    """
    operations = [value for value in output.order() if value.inputs]
    forward = [("forward", value) for value in operations]
    return [*forward, ("start", output), *(("backward", value) for value in reversed(operations))]


def graph_picture(output, step=None, title="Computation graph", unit=""):
    """The graph behind a Value, as SVG: values forward in green, gradients backward in vermillion.

    step: how many steps of walk(output) are done; None means all. The last one is highlighted.
    unit: the output's unit, for the sentence, such as "won".
    output.backward() is called, so the gradients are the output's.
    """
    output.backward()
    steps = walk(output)
    done = steps if step is None else steps[:step]
    computed = {id(value) for kind, value in done if kind == "forward"}
    reached = {id(value) for kind, value in done if kind == "backward"}
    kind, now = done[-1] if done and step is not None else (None, None)
    places, rows = _places(output)
    columns = max(column for column, _ in places.values())
    gap = min(165, (WIDTH - LEFT - 180) / max(columns, 1))

    def at(value):
        column, row = places[id(value)]
        return LEFT + gap * column, TOP + ROW * row

    shapes, nodes = [], []
    for value in output.order():
        x, y = at(value)
        if not value.inputs:
            nodes.append(_input(value, x, y))
            continue
        known = id(value) in computed
        for source, local in zip(value.inputs, value.local_gradients, strict=True):
            sx, sy = at(source)
            start, end = _shorten(sx, sy, x, y, RADIUS if source.inputs else 4, RADIUS)
            shown = number(source.data) if not source.inputs or id(source) in computed else None
            gradient = number(local * value.grad) if id(value) in reached else None
            if gradient and value is now:
                gradient = f"{number(local)} × {number(value.grad)} = {gradient}"
            color = FORWARD if shown else FAINT
            where = {"along": 0.5} if source.inputs else {"along": 0.08, "anchor": "start"}
            shapes.append(edge(*start, *end, shown, gradient, color, **where))
        color = HIGHLIGHT if value is now else DATA if known else FAINT
        nodes.append(circle(x, y, RADIUS, color, width=4 if value is now else 2))
        nodes.append(text(x, y + 6, _symbol(value.op), DATA, size=19, bold=True))
    x, y = at(output)
    known, started = id(output) in computed, any(k == "start" for k, _ in done)
    shapes.append(
        edge(x + RADIUS, y, x + RADIUS + 80, y, number(output.data) if known else None,
             "1" if started else None, FORWARD if known else FAINT)
    )  # fmt: skip
    nodes.append(text(x + RADIUS + 88, y + 5, output.name or "output", anchor="start"))
    sentence = _say(output, kind, now, unit) if done else _say_inputs(output)
    return svg(TOP + ROW * (rows - 1) + 50, title, sentence, *shapes, *nodes, legend())


def _input(value, x, y):
    """An input's name, left of where its edge begins."""
    return text(x - 12, y + 5, value.name or number(value.data), DATA if value.name else MUTED, "end")


def _places(output):
    """(column, row) of every Value by id, and the number of rows: inputs left, the output right."""
    column, row, rows = {}, {}, 0
    for value in output.order():
        column[id(value)] = max((column[id(v)] + 1 for v in value.inputs), default=0)
        if value.inputs:
            row[id(value)] = sum(row[id(v)] for v in value.inputs) / len(value.inputs)
        else:
            row[id(value)], rows = rows, rows + 1
    return {key: (column[key], row[key]) for key in column}, rows


def _shorten(x1, y1, x2, y2, by1, by2):
    """The end points of a line, moved inward by so many px."""
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    return (x1 + dx * by1, y1 + dy * by1), (x2 - dx * by2, y2 - dy * by2)


def _name(value):
    return value.name or number(value.data)


def _symbol(op):
    """An operation as its node shows it: the power "^2" is "( )²"."""
    return f"( ){op[1:].translate(SUPERSCRIPT)}" if op[1:].isdigit() and op[0] == "^" else op


def _apply(op, words):
    """An operation with one input, at that input: 5², (−5)² or σ(5)."""
    if _symbol(op) == op:
        return f"{op}({words})"
    return (f"({words})" if words.startswith("−") else words) + op[1:].translate(SUPERSCRIPT)


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
        numbers = [number(v.data) for v in now.inputs]
        left = f" {now.op} ".join(numbers) if len(numbers) == 2 else _apply(now.op, numbers[0])
        return f"Forward: {left} = {number(now.data)}."
    parts = [
        f"to {_name(v)}: {number(local)} × {number(now.grad)} = {number(local * now.grad)}"
        for v, local in zip(now.inputs, now.local_gradients, strict=True)
    ]
    return f"Backward through {_symbol(now.op)}, local × upstream: " + "; ".join(parts) + "."
