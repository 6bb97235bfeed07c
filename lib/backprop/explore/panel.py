"""The one mechanism for every slider: explore(draw, **controls) -> Panel."""

import inspect
import re
import textwrap
import threading
from html import escape, unescape
from io import BytesIO
from weakref import WeakKeyDictionary

import anywidget
import ipywidgets as widgets
from ipywidgets.widgets.interaction import interactive
from ipywidgets.widgets.widget_description import DescriptionWidget
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imsave

from .style import BACKWARD, PAPER, WIDTH, symbol
from .svg import svg, text


def explore(draw, **controls):
    """Show draw's picture under sliders; like ipywidgets' interact, but without its flicker.

    draw: a function that takes the controls' values by name and returns a picture: an SVG or HTML
        string, an object with _repr_svg_ or _repr_html_, a matplotlib Figure, or several in a tuple.
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
        self.draw, self.error, self.sentence, self._parts = draw, None, "", []
        self.controls = _widgets(draw, controls)
        self._start = {name: control.value for name, control in self.controls.items()}
        self._lock = threading.RLock()  # callbacks may come on several threads
        self._quiet = False
        self._pictures = widgets.VBox()
        self._caption = widgets.HTML()
        reset = widgets.Button(description="Reset", tooltip="Back to the first values", icon="undo")
        reset.on_click(lambda _: self.reset())
        reset.layout.width = "100px"
        row = widgets.HBox([*self.controls.values(), reset])
        row.layout = widgets.Layout(flex_flow="row wrap", align_items="center", max_width=f"{WIDTH}px")
        super().__init__([row, self._pictures, self._caption, _HandleLabels()])
        self.layout.max_width = f"{WIDTH + 20}px"
        self._update()
        for control in self.controls.values():
            control.observe(self._update, "value")

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
                result = self.draw(**self.values())
                parts = [_Part(p) for p in (result if isinstance(result, (tuple, list)) else (result,))]
            except Exception as error:  # shown, not swallowed: the panel stays usable
                self.error = error
                self.sentence = f"This can't be drawn: {error} ({type(error).__name__})"
                self._caption.value = _paragraph(self.sentence, BACKWARD)
                return
            self.error, self._parts = None, parts
            self.sentence = " ".join(part.sentence for part in parts if part.sentence)
            if [type(view) for view in self._pictures.children] != [part.widget for part in parts]:
                self._pictures.children = [part.widget() for part in parts]
            for view, part in zip(self._pictures.children, parts, strict=True):
                view.value = part.content
            self._caption.value = _paragraph(self.sentence, "#000")

    def _repr_mimebundle_(self, **kwargs):
        """The widget, a static picture, and the sentence: for readers without a kernel, and for nbval."""
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = self.sentence if self.error else " ".join(p.stored for p in self._parts)
        for part in self._parts:
            bundle.setdefault(part.mime_type, part.static)
        return bundle

    def __repr__(self):
        return self.sentence


class _HandleLabels(anywidget.AnyWidget):
    """Gives each slider's handle its label, for screen readers: ipywidgets leaves it nameless."""

    _esm = """
    function render({ el }) {
      el.style.display = "none";
      const label = () => {
        const panel = el.closest(".widget-vbox");
        if (!panel) { setTimeout(label, 100); return; }
        for (const slider of panel.querySelectorAll(".widget-inline-hbox:has(.noUi-handle)"))
          for (const handle of slider.querySelectorAll(".noUi-handle"))
            handle.setAttribute("aria-label", slider.querySelector(".widget-label").textContent);
      };
      label();
    }
    export default { render };
    """


class _Part:
    """One picture: what the screen gets (content), what a static page gets (static), its sentence.

    stored is the sentence for the saved notebook. A Figure may give it as figure.stored, where its
    sentence has numbers that differ between machines, as those of a trained network do.
    """

    def __init__(self, picture):
        self.widget, self.mime_type = widgets.HTML, "image/svg+xml"
        if isinstance(picture, Figure):
            self.widget, self.mime_type = widgets.Image, "image/png"
            self.content = self.static = png(picture)
            self.sentence = getattr(picture, "sentence", "")
            self.stored = getattr(picture, "stored", self.sentence)
            return
        markup = picture if isinstance(picture, str) else None
        still = getattr(picture, "_repr_svg_", lambda: markup)()
        self.content = getattr(picture, "_repr_html_", lambda: still)()
        if self.content is None:
            raise TypeError(
                f"draw returned {type(picture).__name__}; expected an SVG or HTML string, a Figure, "
                "an object with _repr_svg_ or _repr_html_, or a tuple of them"
            )
        self.sentence = self.stored = getattr(picture, "sentence", None) or _sentence(self.content)
        is_svg = still is not None and still.lstrip().startswith("<svg")
        self.static = still if is_svg else _words(self.sentence)


def png(figure):
    """A Figure as PNG bytes. Artists with animated=True are drawn over a kept background.

    So a slider that moves only such artists does not pay for axes, ticks and labels again.
    """
    canvas = figure.canvas if isinstance(figure.canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)
    if figure.stale or figure not in _kept:
        canvas.draw()  # leaves out the animated artists
        _kept[figure] = canvas.copy_from_bbox(figure.bbox), figure.findobj(Artist.get_animated)
    background, moving = _kept[figure]
    canvas.restore_region(background)
    for artist in sorted(moving, key=Artist.get_zorder):
        artist.axes.draw_artist(artist)
    file = BytesIO()
    imsave(file, canvas.buffer_rgba(), format="png", pil_kwargs={"compress_level": 1})
    return file.getvalue()


_kept = WeakKeyDictionary()  # Figure -> its background without the moving artists, and these


def _widgets(draw, controls):
    """The control widgets by name, made from interact's abbreviations and draw's defaults."""
    parameters = inspect.signature(draw).parameters
    label_width = 12 + 8 * max((len(symbol(name)) for name in controls), default=0)
    made = {}
    for name, abbreviation in controls.items():
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


def _paragraph(sentence, color):
    """The line below a picture; as high as two lines, so that the page does not jump."""
    return (
        f'<p role="status" style="min-height:3em;line-height:1.5;margin:6px 0;padding:2px 8px;'
        f'font-size:15px;background:{PAPER};color:{color};max-width:{WIDTH}px">{escape(sentence)}</p>'
    )


def _sentence(markup):
    """What a picture says: its <desc>, else its <title>, else its text without tags."""
    for tag in ("desc", "title"):
        if found := re.search(f"<{tag}[^>]*>(.*?)</{tag}>", markup, re.DOTALL):
            return unescape(found[1])
    return " ".join(unescape(re.sub("<[^>]*>", " ", markup)).split())


def _words(sentence):
    """A static picture for markup that is no SVG: its words."""
    lines = textwrap.wrap(sentence, 90) or [""]
    shapes = [text(16, 26 + 24 * i, words, anchor="start") for i, words in enumerate(lines)]
    return svg(24 * len(lines) + 16, "Text", sentence, *shapes)
