"""The one mechanism for every slider: explore(draw, **controls) -> Panel."""

import re
import threading
from html import escape

import ipywidgets as widgets

from .controls import grid, make_controls
from .picture import Picture
from .style import BACKWARD, PAPER, WIDTH
from .widgets.labels import HandleLabels
from .words import symbol


def explore(draw, **controls):
    """Show draw's picture under sliders; like ipywidgets' interact, but without its flicker.

    draw: a function that takes the controls' values by name and returns a Picture, what a Picture may
        hold (SVG or HTML text, a matplotlib Figure, …), or several in a tuple.
        Its defaults are where the sliders start and where Reset returns to.
    controls: as for interact: (0, 10), (0.0, 1.0, 0.01), a list, True or False, a text, a widget.

    Returns a Panel. An error in draw is shown in the panel as one sentence.
    """
    return Panel(draw, controls)


class Panel(widgets.VBox):
    """Controls, a picture and the sentence that says what the picture shows.

    controls: the widgets by name. sentence: the picture in words. error: the last draw's, or None.
    """

    def __init__(self, draw, controls):
        self.draw, self.error, self.sentence, self._pictures = draw, None, "", []
        self.controls = make_controls(draw, controls)
        self._start = {name: control.value for name, control in self.controls.items()}
        self._lock = threading.RLock()  # callbacks may come on several threads
        self._quiet = False
        self._views = widgets.VBox()
        self._caption = widgets.HTML()
        reset = widgets.Button(description="Reset", tooltip="Back to the first values", icon="undo")
        reset.on_click(lambda _: self.reset())
        reset.layout.width = "100px"
        self._caption.layout.flex = "1"
        below = widgets.HBox([self._caption, reset], layout={"max_width": f"{WIDTH}px"})
        for control in self.controls.values():  # before grid links a number field: the picture comes first
            control.observe(self._update, "value")
        super().__init__([grid([*self.controls.values()]), self._views, below, HandleLabels()])
        self.layout.max_width = f"{WIDTH + 20}px"
        self._update()

    def values(self):
        """The controls' values by name: what draw is called with."""
        return {name: control.value for name, control in self.controls.items()}

    def reset(self):
        """Set every control back to where it started, and draw once."""
        with self._lock:
            self._quiet = True
            for name, control in self.controls.items():
                control.value = self._start[name]
            self._quiet = False
        self._update()

    def _update(self, _change=None):
        with self._lock:
            if self._quiet:
                return
            try:
                drawn = self.draw(**self.values())
                several = drawn if isinstance(drawn, (tuple, list)) else [drawn]
                pictures = [as_picture(one, self.values()) for one in several]
                views = [picture.views() for picture in pictures]
            except Exception as error:  # shown, not swallowed: the panel stays usable
                self.error = error
                self.sentence = f"This can't be drawn: {error} ({type(error).__name__})"
                self._caption.value = _paragraph(self.sentence, BACKWARD)
                return
            self.error, self._pictures = None, list(zip(pictures, views, strict=True))
            self.sentence = " ".join(picture.sentence for picture in pictures)
            kinds = [view.widget for view in views]
            if len(kinds) != len(self._views.children) or not all(
                map(isinstance, self._views.children, kinds)
            ):
                self._views.children = [view.widget() for view in views]
            for child, view in zip(self._views.children, views, strict=True):
                child.value = view.live
            self._caption.value = _paragraph(self.sentence, "#000")

    def _repr_mimebundle_(self, **kwargs):
        """The widget, a static picture, and the sentence: for readers without a kernel, and for nbval."""
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = self.sentence if self.error else " ".join(p.stored for p, _ in self._pictures)
        for _, view in self._pictures:
            if view.mime_type not in bundle:
                bundle[view.mime_type] = view.still()
        return bundle

    def __repr__(self):
        return self.sentence


def as_picture(drawn, values):
    """What draw returned as a Picture; where that has no sentence, it says where the controls stand."""
    if isinstance(drawn, Picture):
        return drawn
    return Picture(drawn, ", ".join(f"{symbol(name)} = {value}" for name, value in values.items()))


def _paragraph(sentence, color):
    """The line below a picture; as high as two lines, so that the page does not jump."""
    words = re.sub(r"∂\S+", r'<span style="white-space:nowrap">\g<0></span>', escape(sentence))  # not ∂E/ ∂w
    return (
        f'<p role="status" style="min-height:3em;line-height:1.5;margin:6px 0;padding:2px 8px;'
        f'font-size:15px;background:{PAPER};color:{color};max-width:{WIDTH}px">{words}</p>'
    )
