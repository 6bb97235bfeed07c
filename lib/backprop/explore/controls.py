"""The controls of a panel: ipywidgets in the course's look, from interact's abbreviations."""

import inspect

import ipywidgets as widgets
from ipywidgets.widgets.interaction import interactive
from ipywidgets.widgets.widget_description import DescriptionWidget

from .words import symbol


def one_of(options, value):
    """A slider over a few values: each is one notch."""
    return widgets.SelectionSlider(options=list(options), value=value)


def powers_of_ten(value, lowest, highest, step):
    """A slider from 10^lowest to 10^highest; step: of the exponent."""
    return widgets.FloatLogSlider(value=value, min=lowest, max=highest, step=step, readout_format=".3g")


def make_controls(draw, abbreviations):
    """The control widgets by name, made from interact's abbreviations and draw's defaults."""
    parameters = inspect.signature(draw).parameters
    label_width = 12 + 8 * max((len(symbol(name)) for name in abbreviations), default=0)
    made = {}
    for name, abbreviation in abbreviations.items():
        default = parameters[name].default if name in parameters else inspect.Parameter.empty
        widget = interactive.widget_from_abbrev(abbreviation, default)
        if widget is None:
            raise ValueError(f"{name}={abbreviation!r} can't become a control; see ipywidgets' interact")
        if isinstance(widget, DescriptionWidget):
            widget.description = widget.description or symbol(name)
            widget.style.description_width = f"{label_width}px"
            widget.layout.width = f"{label_width + 185}px"
        if isinstance(widget, widgets.FloatSlider):
            decimals = len(f"{widget.step:.10f}".rstrip("0").partition(".")[2])
            widget.readout_format = f".{decimals}f"
        made[name] = widget
    return made
