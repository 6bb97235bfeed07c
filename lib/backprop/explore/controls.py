"""The controls of a panel: ipywidgets in the course's look, from interact's abbreviations."""

import inspect

import ipywidgets as widgets
from ipywidgets.widgets.interaction import interactive
from ipywidgets.widgets.widget_description import DescriptionWidget

from .style import WIDTH
from .words import symbol

TRACK = 240  # px: the least of a slider; its number takes READOUT more
READOUT = 72
LONG = 300  # steps of a slider from which on its number has buttons for one step more or less


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
            widget.layout.width = "auto"
            widget.layout.min_width = "0"
            if not hasattr(widget, "readout"):
                widget.layout.max_width = f"{label_width + TRACK + READOUT}px"
        if isinstance(widget, widgets.FloatSlider):
            decimals = len(f"{widget.step:.10f}".rstrip("0").partition(".")[2])
            widget.readout_format = f".{decimals}f"
        made[name] = widget
    return made


def grid(controls):
    """The controls in columns, as many as leave every slider a track of TRACK px; a narrow page has one."""
    labels = [
        control.style.description_width for control in controls if isinstance(control, DescriptionWidget)
    ]
    least = max((int(label.removesuffix("px")) for label in labels), default=0) + TRACK + READOUT
    columns = f"repeat(auto-fit, minmax(min(100%, {least}px), 1fr))"
    layout = widgets.Layout(grid_template_columns=columns, grid_gap="0 16px", max_width=f"{WIDTH}px")
    return widgets.GridBox([stepped(control) for control in controls], layout=layout)


def stepped(control):
    """A slider with a long way, beside a number field with buttons for single steps; others as they are."""
    if not isinstance(control, widgets.IntSlider) or (control.max - control.min) / control.step < LONG:
        return control
    limits = {"min": control.min, "max": control.max, "step": control.step, "value": control.value}
    field = widgets.BoundedIntText(**limits, layout={"width": "84px"})
    field.add_class("stepped")
    widgets.link((control, "value"), (field, "value"))  # jslink would send before the picture
    control.readout, control.layout.flex = False, "1"
    return widgets.HBox([control, field])
