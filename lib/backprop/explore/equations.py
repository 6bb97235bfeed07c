"""Equations as native MathML, written in one line of text each.

"∂E/∂w_5 = ∂E/∂o_1 · ∂o_1/∂w_5" is an equation: a_b sets b below, a^b above, a/b (without spaces)
is a fraction, everything else stands as it is. The same line gives the plain text for readers
without MathML.
"""

import re
from functools import lru_cache
from html import escape

from .picture import Picture
from .style import BACKWARD, FORWARD, PAPER, PARAMETER, WIDTH
from .svg import box, svg, text
from .words import SUBSCRIPT, SUPERSCRIPT

COLORS = {"forward": FORWARD, "backward": BACKWARD, "update": PARAMETER, "": "transparent"}
LETTER = 0.45  # width of a letter of an equation over its size, on average
OPERATORS = set("=+−·×()[],½Σ²→≈≤≥<>∂")


def mathml(equation):
    """One equation as a <math> element."""
    return f'<math displaystyle="true">{_row(equation)}</math>'


def plain(equation):
    """One equation as plain text: w_5^+ -> w₅⁺. A single letter stays: δ_y is no product δy."""
    equation = re.sub(r"_(\d\w*|\w\w+)", lambda m: m[1].translate(SUBSCRIPT), equation)
    return re.sub(r"\^([\w+−]+)", lambda m: m[1].translate(SUPERSCRIPT), equation)


def equations(lines, title, sentence):
    """A page of Equations as a Picture."""
    return Picture(Equations(lines, title, sentence), sentence)


class Equations:
    """A page of live equations: (equation, kind) lines, aligned at their first "=" or "≈".

    kind is "forward", "backward", "update" or "" and colors the line's edge.
    A line without either is a heading. sentence says in words what the page shows.
    """

    def __init__(self, lines, title, sentence):
        self.lines, self.title, self.sentence = list(lines), title, sentence

    def _repr_html_(self):
        rows = "".join(self._html(equation, kind) for equation, kind in self.lines)
        sides = [side for side in (_sides(plain(equation)) for equation, _ in self.lines) if side[1]]
        letters = sum(max(map(len, column)) for column in zip(*sides, strict=True)) or 1
        size = (
            f"clamp(12px, calc((100cqw - 30px) / {LETTER * letters:.1f}), 17px)"  # so that the longest fits
        )
        return (
            f'<div role="group" aria-label="{escape(self.title)}" style="background:{PAPER};color:#000;'
            f'max-width:{WIDTH}px;overflow-x:auto;container-type:inline-size">'
            f'<table style="border-collapse:collapse;font-size:{size};margin:0;background:{PAPER};'
            f'color:#000">{rows}</table></div>'
        )

    def _html(self, equation, kind):
        left, relation, right = _sides(equation)
        cell = 'style="padding:3px 4px;text-align:{};white-space:nowrap;border:none;background:#fff{}"'
        edge = f";border-left:5px solid {COLORS[kind]};padding-left:10px"
        if not relation:
            style = cell.format("left", ";font-weight:bold" + edge)
            return f'<tr><td colspan="2" {style}>{escape(equation)}</td></tr>'
        return (
            f"<tr><td {cell.format('right', edge)}>{mathml(left)}</td>"
            f"<td {cell.format('left', '')}>{mathml(f'{relation} {right}')}</td></tr>"
        )

    def _repr_svg_(self):
        shapes = [
            text(16, 26 + 24 * i, plain(equation), anchor="start", bold=not _sides(equation)[1])
            + box(4, 11 + 24 * i, 5, 20, "none", COLORS[kind], 0, 0)
            for i, (equation, kind) in enumerate(self.lines)
        ]
        return svg(24 * len(self.lines) + 16, self.title, self.sentence, *shapes)


def _sides(equation):
    """What stands left of the first = or ≈, that sign, and what stands right of it."""
    found = re.fullmatch(r"(.*?) ([=≈]) (.*)", equation)
    return found.groups() if found else (equation, "", "")


@lru_cache(maxsize=4096)
def _row(equation):
    terms = re.findall(r"−?\d+(?:,\d{3})+(?:\.\d+)?|[()\[\],]|[^\s()\[\],]+", equation)
    return "<mrow>" + "".join(map(_term, terms)) + "</mrow>"


def _term(term):
    top, slash, bottom = term.partition("/")
    if slash and top and bottom:
        return f"<mfrac>{_script(top)}{_script(bottom)}</mfrac>"
    return _script(term)


def _script(term):
    base, _, above = term.partition("^")
    base, _, below = base.partition("_")
    if base.startswith("∂") and len(base) > 1:
        return f"<mrow><mo>∂</mo>{_script(term[1:])}</mrow>"
    parts = _atom(base) + (_atom(below) if below else "") + (_atom(above) if above else "")
    tag = {(True, True): "msubsup", (True, False): "msub", (False, True): "msup"}.get(
        (bool(below), bool(above))
    )
    return f"<{tag}>{parts}</{tag}>" if tag else parts


def _atom(word):
    if word in OPERATORS:
        return f"<mo>{escape(word)}</mo>"
    if re.fullmatch(r"−?[\d.,]+(e−?\d+)?%?", word):
        return f"<mn>{word}</mn>"
    if len(word) > 1 and word.isalpha() and word.isascii():
        return f"<mtext>&nbsp;{word}&nbsp;</mtext>"  # a word or a unit, such as won
    return f"<mi>{escape(word)}</mi>"
