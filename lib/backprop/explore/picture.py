"""What a draw function returns: a Picture, and how it reaches the screen and a static page."""

import textwrap
from collections.abc import Callable
from typing import NamedTuple

import ipywidgets as widgets
from matplotlib.figure import Figure

from .figures import layers, png
from .svg import shaded, svg, text
from .widgets.plot import Plot


class Picture:
    """What is seen, and what it says.

    content: SVG or HTML text, a matplotlib Figure, or an object with _repr_svg_ or _repr_html_.
    sentence: what the picture says; shown below it, and what a screen reader hears.
    stored: the sentence for the saved notebook, where numbers in the other one differ between
        machines, as those of a trained network do.
    """

    def __init__(self, content, sentence, stored=None):
        self.content, self.sentence = content, sentence
        self.stored = sentence if stored is None else stored

    def views(self):
        """The content for the screen and for a static page: Views. TypeError for what is no picture."""
        content = self.content
        if isinstance(content, Figure):
            return Views(Plot, layers(content), "image/png", lambda: png(content))
        markup = shaded(content) if isinstance(content, str) else None
        still = getattr(content, "_repr_svg_", lambda: markup)()
        live = getattr(content, "_repr_html_", lambda: still)()
        if live is None:
            raise TypeError(
                f"draw returned {type(content).__name__}; expected a Picture, an SVG or HTML string, a "
                "Figure, an object with _repr_svg_ or _repr_html_, or a tuple of them"
            )
        if still is None or not still.lstrip().startswith("<svg"):
            still = _words(self.sentence)
        return Views(widgets.HTML, live, "image/svg+xml", lambda: still)


class Views(NamedTuple):
    """A picture as the screen gets it, the widget's value, and as a static page gets it, when it asks."""

    widget: type
    live: str | tuple[bytes, str]
    mime_type: str
    still: Callable[[], str | bytes]


def drawing(height, title, sentence, *shapes):
    """SVG shapes as a Picture; its sentence is also the drawing's description."""
    return Picture(svg(height, title, sentence, *shapes), sentence)


def _words(sentence):
    """A static picture for markup that is no SVG: its words."""
    lines = textwrap.wrap(sentence, 90) or [""]
    shapes = [text(16, 26 + 24 * i, words, anchor="start") for i, words in enumerate(lines)]
    return svg(24 * len(lines) + 16, "Text", sentence, *shapes)
