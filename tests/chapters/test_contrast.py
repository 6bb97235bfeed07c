"""Colors that can be seen: text reaches 4.5 : 1 on its ground, a line or mark that carries meaning 3 : 1."""

import re

import pytest
from backprop.explore import style
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from notebooks import CHAPTERS, panels

GUIDES = {style.GRID, style.PAPER, "#e6e6e6"}  # they only guide the eye
SHAPE = re.compile(r"<(line|polyline|circle|rect|path|polygon|text)\b([^>]*)>")


def luminance(color):
    """Relative luminance as WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b="#ffffff"):
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_by_its_definition():
    assert contrast("#000000") == pytest.approx(21) and contrast("#767676") == pytest.approx(4.54, abs=0.01)


def test_the_look():
    for color in (style.FORWARD, style.BACKWARD, style.PARAMETER, style.HIGHLIGHT, style.MUTED, style.FAINT):
        assert contrast(style.INK.get(color, color)) >= 4.5
        assert contrast(style.STROKE.get(color, color)) >= 3


def pictures(chapter):
    for panel in panels(chapter):
        for picture, view in panel._pictures:
            yield panel, picture.content, view


@pytest.mark.parametrize("chapter", [path.stem[:2] for path in CHAPTERS])
def test_every_picture(chapter):
    low = set()
    for panel, content, view in pictures(chapter):
        found = in_figure(content) if isinstance(content, Figure) else in_markup(view.live)
        low |= {(panel.draw.__qualname__, *one) for one in found}
    assert not low, "\n".join(map(str, sorted(low, key=str)))


def in_markup(markup):
    for tag, attributes in SHAPE.findall(markup):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
        if tag == "text" and given["fill"] != style.PAPER and contrast(given["fill"]) < 4.5:
            yield "text", given["fill"], round(contrast(given["fill"]), 2)
        stroke = given.get("stroke", "none")
        if tag != "text" and stroke not in {"none", *GUIDES} and contrast(stroke) < 3:
            yield tag, stroke, round(contrast(stroke), 2)
    for color in re.findall(r"(?<![-\w])color:\s*(#[0-9a-fA-F]{3,6})", markup):
        if contrast(color) < 4.5:
            yield "color", color, round(contrast(color), 2)


def in_figure(figure):
    for artist in figure.findobj(Text):
        if artist.get_text().strip() and artist.get_visible() and contrast(artist.get_color()) < 4.5:
            yield "text", artist.get_text(), artist.get_color(), round(contrast(artist.get_color()), 2)
    for artist in figure.findobj(Line2D):
        grid = artist.get_color() in GUIDES
        edged = artist.get_marker() not in ("None", "", None) and contrast(artist.get_markeredgecolor()) >= 3
        if artist.get_visible() and not grid and not edged and contrast(artist.get_color()) < 3:
            yield "line", artist.get_label(), artist.get_color(), round(contrast(artist.get_color()), 2)
