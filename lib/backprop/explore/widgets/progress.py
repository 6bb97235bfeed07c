"""A progress bar for a loop over training steps."""

import time

import ipywidgets as widgets

from ..style import FORWARD
from ..svg import box, svg, text


class Progress(widgets.IntProgress):
    """A progress bar for a loop of so many steps: for step in progress.watch(train(…))."""

    def __init__(self, total):
        super().__init__(max=total, description=f"0 / {total:,}")
        self.style.description_width, self.style.bar_color = "120px", FORWARD
        self.layout.width = "500px"

    def watch(self, steps):
        """Yield the steps, and move the bar at most ten times a second."""
        shown = 0.0
        for done, step in enumerate(steps, 1):
            if time.monotonic() > shown + 0.1 or done == self.max:
                shown = time.monotonic()
                self.value, self.description = done, f"{done:,} / {self.max:,}"
            yield step

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        sentence = f"{self.max:,} iterations"
        bar = box(14, 12, 300, 16, FORWARD, FORWARD, round_by=3)
        bundle["text/plain"] = sentence
        bundle["image/svg+xml"] = svg(40, "Progress", sentence, bar, text(330, 26, sentence, anchor="start"))
        return bundle
