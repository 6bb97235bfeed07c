"""Names for the sliders' handles: ipywidgets leaves them nameless."""

import anywidget

from .javascript import javascript


class HandleLabels(anywidget.AnyWidget):
    """Gives each slider's handle in the panel around it its label, for screen readers."""

    _esm = javascript("labels.js")
