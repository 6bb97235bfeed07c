"""A plot whose background is sent once; a slider sends only what it moves."""

import anywidget
import traitlets

from .javascript import javascript


class Plot(anywidget.AnyWidget):
    """A PNG picture below, an SVG drawing of the same size above it.

    value: (background, overlay), the bytes of the one and the text of the other.
    """

    background = traitlets.Bytes().tag(sync=True)
    overlay = traitlets.Unicode().tag(sync=True)

    _esm = javascript("plot.js")

    @property
    def value(self):
        return self.background, self.overlay

    @value.setter
    def value(self, layers):
        with self.hold_sync():  # both in one message: no frame shows one without the other
            self.background, self.overlay = layers
