"""A pad to draw a digit on, and what MNIST would have made of the drawing."""

import anywidget
import numpy as np
import traitlets
from ipywidgets import ValueWidget
from PIL import Image

from .javascript import javascript

SIDE = 140  # the drawing comes as SIDE × SIDE bytes


class DrawingPad(anywidget.AnyWidget, ValueWidget):
    """A square to draw on with mouse, pen or finger; a control like any other.

    value: SIDE × SIDE bytes, row by row, 0 paper to 255 ink; b"" while nothing is drawn.
    """

    value = traitlets.CBytes(b"").tag(sync=True)

    _esm = javascript("pad.js")


def as_mnist(drawing):
    """A drawing as MNIST would hold it, (28, 28) uint8, or None where nothing is drawn.

    drawing: (H, W) uint8, 0 paper to 255 ink. The ink's longer side is scaled to 20 pixels, gray
    where strokes cover a part of a pixel; its center of mass is then put in the middle.
    """
    rows, columns = np.nonzero(drawing > 40)
    if rows.size < 20:
        return None
    ink = drawing[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = 20 / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    ink = np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BOX))
    mass = ink.sum(dtype=float)
    image = np.zeros((28, 28), dtype=np.uint8)
    top = round(13.5 - float(ink.sum(axis=1) @ np.arange(height)) / mass)
    left = round(13.5 - float(ink.sum(axis=0) @ np.arange(width)) / mass)
    top, left = min(max(top, 0), 28 - height), min(max(left, 0), 28 - width)
    image[top : top + height, left : left + width] = ink
    return image
