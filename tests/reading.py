"""What a learner can read in a picture: its texts with their places, and its lines of arithmetic."""

import math
import re
from fractions import Fraction
from functools import cache
from typing import NamedTuple
from xml.etree import ElementTree


class Text(NamedTuple):
    """One text of an SVG; x and y in px, as they are written there."""

    words: str
    x: float
    y: float
    color: str


def texts(picture):
    """Every text of an SVG picture, in the order in which it is drawn."""
    found = shapes(picture, "text")
    return [Text(t.text, float(t.get("x")), float(t.get("y")), t.get("fill")) for t in found if t.text]


def shapes(picture, tag):
    """Every shape of one tag in an SVG picture, such as "line" or "circle"."""
    return ElementTree.fromstring(picture.content).findall(f".//{{http://www.w3.org/2000/svg}}{tag}")


def overlaps(picture):
    """(text, what it lies on) for every text of an SVG picture that a line, a circle or a text crosses.

    A text's width is estimated, and below its baseline nothing counts. In its own circle it may stand.
    """
    found = []
    marks = [t for t in shapes(picture, "text") if t.text]
    lines = [[float(s.get(k)) for k in ("x1", "y1", "x2", "y2")] for s in shapes(picture, "line")
             if float(s.get("stroke-width")) < 20]  # fmt: skip
    circles = [[float(s.get(k)) for k in ("cx", "cy", "r")] for s in shapes(picture, "circle")]
    boxes = [extent(t) for t in marks]
    for i, (t, (left, top, right, bottom)) in enumerate(zip(marks, boxes, strict=True)):
        for x1, y1, x2, y2 in lines:
            along = [k / 300 for k in range(301)]
            way = ((x1 + k * (x2 - x1), y1 + k * (y2 - y1)) for k in along)
            if any(left < x < right and top < y < bottom for x, y in way):
                found.append((t.text, "a line"))
        for x, y, r in circles:
            near = min(max(x, left), right), min(max(y, top), bottom)
            inside = left < x < right and top < y < bottom
            if not inside and math.dist(near, (x, y)) < r:
                found.append((t.text, "a circle"))
        for u, (a, b, c, d) in zip(marks[i + 1 :], boxes[i + 1 :], strict=True):
            if left < c and a < right and top < d and b < bottom:
                found.append((t.text, u.text))
        if left < 0 or right > 760:
            found.append((t.text, "the edge of the picture"))
    return found


def extent(t):
    """Left, top, right and bottom of a text's box in px, about."""
    size = float(t.get("font-size"))
    width = len(t.text) * size * (0.6 if t.get("font-weight") else 0.53)
    x, y = float(t.get("x")), float(t.get("y"))
    left = x - width * {"start": 0, "middle": 0.5, "end": 1}[t.get("text-anchor")]
    return left, y - 0.72 * size, left + width, y


NUMBER = r"−?\d+(?:,\d{3})*(?:\.\d+)?(?:e[−+]\d+)?"
ATOM = rf"(?:½ )?[gσ]?\(*{NUMBER}\)*(?:²|³|\^2)?"
LINE = re.compile(rf"(?<![\w.]){ATOM}(?: [+−×·÷] {ATOM})*(?= [=≈] )")
RESULT = re.compile(rf" ([=≈]) ({NUMBER})(?![\w(]| [+−×·÷])")
SIGN = {"½ ": "Fraction(1, 2) * ", "×": "*", "·": "*", "÷": "/", "−": "-", "²": "**2", "³": "**3", "^": "**"}
TOKEN = re.compile(r"(?P<number>\d+(?:,\d{3})*(?:\.\d+)?(?:e[−+]\d+)?)|½ |[×·÷−²³^]")


def read(text):
    """A written number, exactly."""
    return Fraction(text.replace("−", "-").replace(",", ""))


def arithmetic(text):
    """The text's lines of arithmetic: (left side, "=" or "≈", result), such as ("2 × 1.1", "=", "2.2")."""
    for left in LINE.finditer(text):
        result = RESULT.match(text, left.end())
        if result and re.search(r"[gσ²³^]| [+−×·÷] ", left[0]):
            yield left[0], *result.groups()


def wrong(text):
    """The lines of arithmetic in a text that are not right as they stand there."""
    return [line for line in arithmetic(text) if not right(*line)]


@cache
def right(left, sign, result):
    """Whether "=" stands between equal numbers, and "≈" before the nearest of that many digits."""
    source = TOKEN.sub(lambda m: f"read('{m[0]}')" if m["number"] else SIGN[m[0]], left)
    exact = eval(source, {"read": read, "Fraction": Fraction, "g": squash, "σ": squash})
    shown = read(result)
    if sign == "=":
        return exact == shown
    digits, _, exponent = result.replace("−", "-").partition("e")
    last = Fraction(10) ** (int(exponent or 0) - len(digits.partition(".")[2]))
    return exact != shown and abs(exact - shown) <= last / 2 * (1 + Fraction(1, 10**9))


def squash(z):
    """The sigmoid of a Fraction as a Fraction."""
    return Fraction(1 / (1 + math.exp(-z)))
