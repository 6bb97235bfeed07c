"""The picture of a network: nodes in columns, weights on the edges between them.

A label on a slanted edge sits where it breaks no other edge, nearer to its source than to the crossing.
A node's text between two slanted edges stands as far out as its width needs.
"""

from typing import NamedTuple

from .picture import drawing
from .style import BACKWARD, DATA, FORWARD, HIGHLIGHT, MUTED, PARAMETER, WIDTH
from .svg import arrow, between, circle, text

RADIUS, TOP, ROW = 24, 96, 250  # px; TOP: of the first row's centers; ROW: from row to row
SIDE = 76  # px, from the picture's side to the first nodes' centers
DIGIT = 9.6  # px, the width of a bold digit


class Node(NamedTuple):
    """One node. value stands above it in green, gradient below it in vermillion, target at its right.

    All are text.
    """

    name: str
    value: str = ""
    gradient: str = ""
    highlight: bool = False
    target: str = ""


class Edge(NamedTuple):
    """One weight, from a node to a node, each (column, row); label above, gradient below, both text."""

    source: tuple[int, int]
    target: tuple[int, int]
    label: str = ""
    gradient: str = ""
    highlight: bool = False


def network_picture(columns, edges, title, sentence, *, row=ROW, gradients=True, extra=(), room=0):
    """A network as a Picture. columns: lists of Nodes, left to right. edges: Edges.

    row: px between nodes of a column. gradients: False leaves out the key above the picture.
    extra: more SVG shapes, drawn last. room: px below the network for them.
    """
    height = TOP + row * (max(map(len, columns)) - 1) + 74
    shapes = [] if not gradients else [_key()]
    middle = TOP + row * (max(map(len, columns)) - 1) / 2
    place = {
        (c, r): (column_x(c, len(columns)), middle + row * (r - (len(nodes) - 1) / 2))
        for c, nodes in enumerate(columns)
        for r, _ in enumerate(nodes)
    }
    for e in edges:
        shapes.append(_edge(*place[e.source], *place[e.target], e))
    for e in edges:  # words after all lines: no line crosses a number
        shapes.append(_label(*place[e.source], *place[e.target], e))
    for c, nodes in enumerate(columns):
        for r, node in enumerate(nodes):
            shapes.append(_node(*place[c, r], node, *_steepest(place, edges, (c, r))))
    return drawing(height + room, title, sentence, *shapes, *extra)


def column_x(column, columns):
    """The x of a column's center, in px."""
    return SIDE + column * (WIDTH - 2 * SIDE) / max(columns - 1, 1)


def _steepest(place, edges, node):
    """How steep edges leave a node upward and downward at most: (up, down), 0 where none does."""
    slopes = [0.0]
    for e in edges:
        for a, b in ((e.source, e.target), (e.target, e.source)):
            if a == node:
                (x1, y1), (x2, y2) = place[a], place[b]
                slopes.append((y2 - y1) / abs(x2 - x1))
    return -min(slopes), max(slopes)


def _clear(words, slope):
    """How far from a node's center its text must stand to fit between two edges of that slope, in px."""
    return max(RADIUS + 9, slope * DIGIT / 2 * len(words.lstrip("−")) + 7)


def _key():
    """What the colors mean."""
    words = ((14, "value", FORWARD), (82, "weight", PARAMETER), (160, "error δ or gradient", BACKWARD))
    shapes = [text(x, 22, word, color, "start", bold=True) for x, word, color in words]
    shapes += [circle(345, 17, 8, HIGHLIGHT, width=4), text(360, 22, "this step", anchor="start")]
    return "".join(shapes)


def _node(x, y, node, up, down):
    color = HIGHLIGHT if node.highlight else DATA
    return (
        circle(x, y, RADIUS, color, width=4 if node.highlight else 2)
        + text(x, y + 6, node.name, size=18, bold=True, halo=False)
        + text(x, y - _clear(node.value, up), node.value, FORWARD, bold=True)
        + text(x, y + _clear(node.gradient, down) + 11, node.gradient, BACKWARD, bold=True)
        + (text(x + RADIUS + 6, y - 3, "target", MUTED, "start", 14) if node.target else "")
        + text(x + RADIUS + 6, y + 15, node.target, MUTED, "start", bold=True)
    )


def _edge(x1, y1, x2, y2, edge):
    color, width = (HIGHLIGHT, 4) if edge.highlight else (MUTED, 1.6)
    return arrow(*between((x1, y1), (x2, y2), RADIUS, RADIUS), color, width)


def _label(x1, y1, x2, y2, edge):
    along = 0.5 if y1 == y2 else 0.33  # slanted edges cross in the middle
    x, y = x1 + along * (x2 - x1), y1 + along * (y2 - y1)
    wide = 4 if y1 == y2 else 10  # px of halo: a slanted edge would run through the figures
    gradient = text(x, y + 21, edge.gradient, BACKWARD, bold=True, halo=wide)
    return text(x, y - 8, edge.label, PARAMETER, bold=True, halo=wide) + gradient
