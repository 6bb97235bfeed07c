"""SVG as text: a handful of shapes in the course's look.

No ids, <defs> or url(#…): a page may show one picture twice, and ids would then clash.
"""

import math
import re
from html import escape

from .style import BACKWARD, DATA, FONT, FORWARD, INK, PAPER, STROKE, WIDTH


def svg(height, title, sentence, *shapes, width=WIDTH):
    """A whole picture, width × height px, shrinking with the page. title names it, sentence says it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" width="{width}" '
        f'height="{height:g}" role="img" style="max-width:100%;height:auto;display:block;'
        f'background:{PAPER}" font-family="{FONT}" font-size="15">'
        f"<title>{escape(title)}</title><desc>{escape(sentence)}</desc>"
        f'<rect width="{width}" height="{height:g}" fill="{PAPER}"/>{"".join(shapes)}</svg>'
    )


def shaded(markup):
    """The markup with darker shades for its texts and thin lines, so that they can be seen on white."""
    for color, shade in STROKE.items():
        markup = markup.replace(f'stroke="{color}"', f'stroke="{shade}"')
    return TEXT_COLOR.sub(lambda found: found[1] + INK.get(found[2], found[2]), markup)


TEXT_COLOR = re.compile(r'(<text [^>]*fill=")(#\w+)')


def text(x, y, words, color=DATA, anchor="middle", size=15, bold=False, halo=True, code=False):
    """One line of text with its baseline at y; a white halo keeps it legible on lines.

    halo: True, False or its stroke width in px; a wide one also hides a line between two digits.
    code: set it in a typewriter's letters.
    """
    width = 4 if halo is True else halo
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" text-anchor="{anchor}" font-size="{size}"'
        + (' font-weight="bold"' if bold else "")
        + (' font-family="monospace"' if code else "")
        + (f' stroke="{PAPER}" stroke-width="{width}" paint-order="stroke"' if halo else "")
        + (' stroke-linejoin="round"' if width > 4 else "")
        + f' style="font-variant-numeric:tabular-nums">{escape(str(words))}</text>'
    )


def line(x1, y1, x2, y2, color=DATA, width=2.0, dashed=False):
    """A straight line; dashed is how the course draws what flows backward."""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" '
        f'stroke-width="{width:.1f}"{_dash(dashed)}/>'
    )


def _dash(dashed):
    return ' stroke-dasharray="7 5"' if dashed else ""


def between(a, b, from_a=0.0, from_b=0.0):
    """The line from a to b, each (x, y), shortened by so many px at either end: (x1, y1, x2, y2)."""
    (x1, y1), (x2, y2) = a, b
    length = math.hypot(x2 - x1, y2 - y1) or 1
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    return x1 + dx * from_a, y1 + dy * from_a, x2 - dx * from_b, y2 - dy * from_b


def arrow(x1, y1, x2, y2, color=DATA, width=2.0, dashed=False):
    """A line with a head at (x2, y2)."""
    *_, bx, by = between((x1, y1), (x2, y2), from_b=11)  # the base of the head
    dx, dy = (x2 - bx) * 5 / 11, (y2 - by) * 5 / 11
    head = [(x2, y2), (bx - dy, by + dx), (bx + dy, by - dx)]
    return line(x1, y1, bx, by, color, width, dashed) + polygon(head, color)


def circle(x, y, r, color=DATA, fill=PAPER, width=2.0):
    """A circle with center (x, y) and radius r."""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" '
        f'stroke="{color}" stroke-width="{width:.1f}"/>'
    )


def box(x, y, width, height, color=DATA, fill=PAPER, line_width=2.0, round_by=6, dashed=False):
    """A rectangle with its top left corner at (x, y)."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{round_by}" '
        f'fill="{fill}" stroke="{color}" stroke-width="{line_width:.1f}"{_dash(dashed)}/>'
    )


def quarter(x, y, r, color=DATA, width=2.0):
    """A dotted quarter of a circle around (x, y), from its left to its top."""
    return (
        f'<path d="M{x - r:.1f} {y:.1f} A{r:.1f} {r:.1f} 0 0 1 {x:.1f} {y - r:.1f}" fill="none" '
        f'stroke="{color}" stroke-width="{width:.1f}" stroke-dasharray="2 4"/>'
    )


def polygon(points, fill=DATA):
    """A filled polygon without an edge; points: its corners, (x, y) each."""
    return f'<polygon points="{_places(points)}" fill="{fill}"/>'


def polyline(points, color=DATA, width=2.0, dashed=False):
    """A line through points, a sequence of (x, y)."""
    return (
        f'<polyline points="{_places(points)}" fill="none" stroke="{color}" '
        f'stroke-width="{width:.1f}"{_dash(dashed)}/>'
    )


def _places(points):
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def edge(x1, y1, x2, y2, value=None, gradient=None, color=FORWARD, along=0.5, anchor="middle"):
    """An arrow forward, solid, its value above; with a gradient, an arrow backward, dashed, below.

    value, gradient: text or None. along: where on the edge the text stands, 0…1.
    """
    length = math.hypot(x2 - x1, y2 - y1) or 1
    nx, ny = -(y2 - y1) / length * 5, (x2 - x1) / length * 5  # the two arrows run 10 px apart
    x, y = x1 + along * (x2 - x1), y1 + along * (y2 - y1)
    if gradient is None:
        shapes = [arrow(x1, y1, x2, y2, color)]
    else:
        shapes = [arrow(x1 - nx, y1 - ny, x2 - nx, y2 - ny, color)]
        shapes.append(arrow(x2 + nx, y2 + ny, x1 + nx, y1 + ny, BACKWARD, dashed=True))
        shapes.append(text(x, y + 25, gradient, BACKWARD, anchor, bold=True, halo=8))
    if value is not None:
        shapes.append(text(x, y - 12, value, color, anchor, bold=True))
    return "".join(shapes)


def legend(x=14, y=16):
    """What solid green and dashed vermillion mean; every diagram begins with it."""
    return (
        arrow(x, y, x + 44, y, FORWARD) + text(x + 52, y + 5, "value, forward", FORWARD, "start")
        + arrow(x + 224, y, x + 180, y, BACKWARD, dashed=True)
        + text(x + 232, y + 5, "gradient, backward", BACKWARD, "start")
    )  # fmt: skip
